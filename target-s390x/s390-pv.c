/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-s390x/s390-pv.h"
#include <inttypes.h>
#include <string.h>
#include "target-s390x/kvm-s390-abi.h"
#include "target-s390x/pv-header-abi.h"
#include "target-s390x/s390-pv-errors.h"

/* Below it, giving back the memory at once takes no longer than a reset does anyway. */
#define ASYNC_FROM (UINT64_C(2) << 30)

bool s390_pv_is_secure(const S390Pv *pv)
{
    return g_atomic_int_get(&pv->is_secure);
}

/* ---- a command ---- */

/* Sets @command's answer. Returns 0 or a positive errno. */
static int try_command(const Kvm *kvm, uint32_t number, const void *data, KvmS390PvCommand *command)
{
    int result;

    *command = (KvmS390PvCommand){ .cmd = number, .data = (uintptr_t)data };
    result = kvm_try(kvm, kvm->vm_fd, KVMIO_S390_PV_COMMAND, command);
    return result < 0 ? -result : 0;
}

/* The same with an error; @response (or NULL) gets what the guest is told. */
static bool run_command(const Kvm *kvm, uint32_t number, const void *data, const char *what,
                        S390PvResponse *response, Error **errp)
{
    KvmS390PvCommand command;
    int os_error = try_command(kvm, number, data, &command);

    if (os_error && response) {
        response->command = (uint16_t)number;
        response->rrc = command.rrc;
        response->rc = command.rc;
    }
    return !os_error || s390_pv_set_error(errp, &command, os_error, what);
}

/* ---- in ---- */

/* How large the buffers of a dump are; only the host's administrator may want one. */
static bool ask_sizes(S390PvDump *dump, const Kvm *kvm, Error **errp)
{
    KvmS390PvInfo info = {
        .header = { .id = KVM_S390_PV_INFO_DUMP, .len_max = KVM_S390_PV_INFO_DUMP_SIZE },
    };

    dump->is_offered = kvm_check_extension(kvm, KVMCAP_S390_PROTECTED_DUMP) > 0;
    if (!dump->is_offered) {
        return true;
    }
    if (!run_command(kvm, KVM_S390_PV_INFO, &info, "asking for the sizes of a dump", NULL, errp)) {
        return false;
    }
    dump->cpu_size = info.dump.dump_cpu_buffer_len;
    dump->storage_size = info.dump.dump_config_mem_buffer_per_1m;
    dump->end_size = info.dump.dump_config_finalize_len;
    return true;
}

/* A header that is too short to have flags is none that the ultravisor accepts. */
static bool allows_dump(GBytes *header)
{
    PvHeader read = { .plaintext_flags = 0 };
    size_t size;
    const uint8_t *data = g_bytes_get_data(header, &size);

    memcpy(&read, data, MIN(size, sizeof(read)));
    return GUINT64_FROM_BE(read.plaintext_flags) & PV_FLAG_ALLOW_DUMP;
}

static bool unpack(const Kvm *kvm, const PvBlock *block, S390PvResponse *response, Error **errp)
{
    for (size_t i = 0; i < block->n_components; i++) {
        const PvComponent *component = &block->components[i];
        const KvmS390PvUnpack data = { component->gpa, component->size, component->tweak };
        g_autofree char *what = g_strdup_printf("unpacking component %zu (%s) at 0x%" PRIx64 "-0x%" PRIx64, i,
                                                pv_component_kind(component), component->gpa,
                                                component->gpa + component->size - 1);

        if (!run_command(kvm, KVM_S390_PV_UNPACK, &data, what, response, errp)) {
            return false;
        }
    }
    return true;
}

static bool load_image(S390Pv *pv, const Kvm *kvm, const PvBlock *block, GBytes *header,
                       S390PvResponse *response, Error **errp)
{
    KvmS390PvSecParm parameters = { .origin = (uintptr_t)g_bytes_get_data(header, NULL) };

    parameters.length = g_bytes_get_size(header);
    return ask_sizes(&pv->dump, kvm, errp) &&
           run_command(kvm, KVM_S390_PV_SET_SEC_PARMS, &parameters, "setting the image's header", response,
                       errp) &&
           unpack(kvm, block, response, errp) &&
           run_command(kvm, KVM_S390_PV_VERIFY, NULL, "verifying the unpacked components", response, errp);
}

bool s390_pv_enter(S390Pv *pv, const Kvm *kvm, const PvBlock *block, GBytes *header, S390PvResponse *response,
                   Error **errp)
{
    KvmS390PvCommand disable;
    int os_error;

    *response = (S390PvResponse){ .command = 0 };
    s390_pv_wait(pv);
    if (!run_command(kvm, KVM_S390_PV_ENABLE, NULL, "making the VM a secure one", response, errp)) {
        return false;
    }
    if (load_image(pv, kvm, block, header, response, errp)) {
        pv->dump.is_allowed = allows_dump(header);
        g_atomic_int_set(&pv->is_secure, true);
        return true;
    }
    os_error = try_command(kvm, KVM_S390_PV_DISABLE, NULL, &disable);
    response->is_stuck = os_error != 0;
    return !os_error
               ? false
               : error_prepend(errp,
                               "KVM_PV_DISABLE failed, too (%s), so the guest cannot go on; before that, ",
                               g_strerror(os_error));
}

/* ---- resets, and out ---- */

bool s390_pv_prepare_reset(const S390Pv *pv, const Kvm *kvm, Error **errp)
{
    return !s390_pv_is_secure(pv) ||
           (run_command(kvm, KVM_S390_PV_UNSHARE_ALL, NULL, "taking back what the guest has shared", NULL,
                        errp) &&
            run_command(kvm, KVM_S390_PV_PREP_RESET, NULL, "preparing the guest's reset", NULL, errp));
}

/* What becomes of it only matters to the kernel, which does it at the end of the VM otherwise. */
static void *clean_up(void *opaque)
{
    const Kvm *kvm = opaque;
    KvmS390PvCommand command;

    try_command(kvm, KVM_S390_PV_ASYNC_CLEANUP_PERFORM, NULL, &command);
    return NULL;
}

static bool leave_later(S390Pv *pv, const Kvm *kvm)
{
    KvmS390PvCommand command;

    if (kvm_check_extension(kvm, KVMCAP_S390_PROTECTED_ASYNC_DISABLE) <= 0 ||
        try_command(kvm, KVM_S390_PV_ASYNC_CLEANUP_PREPARE, NULL, &command) != 0) {
        return false;
    }
    pv->cleanup = g_thread_new("pv-cleanup", clean_up, (void *)kvm);
    return true;
}

bool s390_pv_leave(S390Pv *pv, const Kvm *kvm, uint64_t memory_size, Error **errp)
{
    if (!s390_pv_is_secure(pv)) {
        return true;
    }
    s390_pv_wait(pv);
    if ((memory_size <= ASYNC_FROM || !leave_later(pv, kvm)) &&
        !run_command(kvm, KVM_S390_PV_DISABLE, NULL, "making the guest a plain one", NULL, errp)) {
        return false;
    }
    g_atomic_int_set(&pv->is_secure, false);
    return true;
}

void s390_pv_wait(S390Pv *pv)
{
    g_clear_pointer(&pv->cleanup, g_thread_join);
}
