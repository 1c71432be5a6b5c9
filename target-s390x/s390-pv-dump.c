/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-s390x/s390-pv-dump.h"
#include <inttypes.h>
#include "target-s390x/kvm-s390-abi.h"
#include "target-s390x/s390-pv-errors.h"

/* ---- a command ---- */

/* @fd is the VM's, or for a CPU that of its vCPU. KVM writes @dump back. Returns 0 or a positive errno, and
 * the ultravisor's answer in @command. */
static int try_dump(const Kvm *kvm, int fd, KvmS390PvDump *dump, KvmS390PvCommand *command)
{
    int result;

    *command = (KvmS390PvCommand){ .cmd = KVM_S390_PV_DUMP, .data = (uintptr_t)dump };
    result = kvm_try(kvm, fd,
                     dump->subcmd == KVM_S390_PV_DUMP_CPU ? KVMIO_S390_PV_CPU_COMMAND : KVMIO_S390_PV_COMMAND,
                     command);
    return result < 0 ? -result : 0;
}

static bool run_dump(const Kvm *kvm, int fd, KvmS390PvDump *dump, const char *what, Error **errp)
{
    KvmS390PvCommand command;
    const int os_error = try_dump(kvm, fd, dump, &command);

    return !os_error || s390_pv_set_error(errp, &command, os_error, what);
}

/* ---- whether there can be one ---- */

static bool check_size(const char *what, uint64_t size, uint64_t largest, Error **errp)
{
    return (size > 0 && size <= largest) ||
           error_set(errp, CGVM_ERROR_UNSUPPORTED,
                     "KVM says that a dump has %" PRIu64 " bytes %s, where 1 to %" PRIu64
                     " are expected; this kernel or its ultravisor has another interface",
                     size, what, largest);
}

static bool check_dump(const S390PvDump *dump, Error **errp)
{
    if (!dump->is_offered) {
        return error_set(
            errp, CGVM_ERROR_UNSUPPORTED,
            "this host cannot dump secure guests (KVM_CAP_S390_PROTECTED_DUMP is 0): it takes an "
            "IBM z16 or later, and a kernel that knows it, as Linux 6.1 does");
    }
    if (!dump->is_allowed) {
        return error_set(errp, CGVM_ERROR_UNSUPPORTED,
                         "the guest's image does not allow dumps: its header has bit 34 of the plaintext "
                         "control flags off; its owner can make one that does, with 'cgctl pvimage create "
                         "--dump on' or 'pvimg create --enable-dump'");
    }
    return check_size("for a CPU", dump->cpu_size, S390_PV_DUMP_LARGEST_CPU, errp) &&
           check_size("for a MiB of memory", dump->storage_size, S390_PV_DUMP_LARGEST_STORAGE, errp) &&
           check_size("at its end", dump->end_size, S390_PV_DUMP_LARGEST_END, errp);
}

/* ---- from start to end ---- */

bool s390_pv_dump_begin(S390Pv *pv, const Kvm *kvm, Error **errp)
{
    KvmS390PvDump init = { .subcmd = KVM_S390_PV_DUMP_INIT };

    if (!check_dump(&pv->dump, errp) || !s390_pv_dump_abandon(pv, kvm, errp)) {
        return false;
    }
    pv->dump.is_begun = run_dump(kvm, kvm->vm_fd, &init, "beginning the dump", errp);
    return pv->dump.is_begun;
}

bool s390_pv_dump_cpu(const S390Pv *pv, const Vcpu *vcpu, uint8_t *buffer, Error **errp)
{
    KvmS390PvDump cpu = {
        .subcmd = KVM_S390_PV_DUMP_CPU,
        .buff_addr = (uintptr_t)buffer,
        .buff_len = pv->dump.cpu_size,
    };
    g_autofree char *what = g_strdup_printf("dumping vCPU %u", vcpu->index);

    return run_dump(vcpu->kvm, vcpu->fd, &cpu, what, errp);
}

/* How much of @size bytes at @gpa KVM has told about: by its documentation the address comes back moved,
 * should it end early, while Linux up to 6.12 leaves it and does not. 0: no such part. */
static uint64_t progress_of(const KvmS390PvDump *dump, uint64_t gpa, uint64_t size)
{
    const uint64_t done = dump->gaddr - gpa;

    if (done == 0) {
        return size;
    }
    return done <= size && done % S390_PV_DUMP_MIB == 0 ? done : 0;
}

bool s390_pv_dump_storage(const S390Pv *pv, const Kvm *kvm, uint64_t gpa, uint64_t size, uint8_t *buffer,
                          Error **errp)
{
    const uint64_t end = gpa + size;

    while (gpa < end) {
        const uint64_t length = (end - gpa) / S390_PV_DUMP_MIB * pv->dump.storage_size;
        KvmS390PvDump storage = {
            .subcmd = KVM_S390_PV_DUMP_CONFIG_STOR_STATE,
            .buff_addr = (uintptr_t)buffer,
            .buff_len = length,
            .gaddr = gpa,
        };
        g_autofree char *what =
            g_strdup_printf("dumping the states of pages at 0x%" PRIx64 "-0x%" PRIx64, gpa, end - 1);
        uint64_t done;

        if (!run_dump(kvm, kvm->vm_fd, &storage, what, errp)) {
            return false;
        }
        done = progress_of(&storage, gpa, end - gpa);
        if (!done) {
            return error_set(
                errp, CGVM_ERROR_KERNEL,
                "KVM_PV_DUMP_CONFIG_STOR_STATE failed while %s: KVM says that it came to 0x%" PRIx64, what,
                storage.gaddr);
        }
        buffer += done / S390_PV_DUMP_MIB * pv->dump.storage_size;
        gpa += done;
    }
    return true;
}

/* Whether it is over is the ultravisor's word alone: KVM may then still fail to copy what it has got. */
static bool complete(S390Pv *pv, const Kvm *kvm, uint8_t *buffer, uint64_t size, const char *what,
                     Error **errp)
{
    KvmS390PvDump end = {
        .subcmd = KVM_S390_PV_DUMP_COMPLETE,
        .buff_addr = (uintptr_t)buffer,
        .buff_len = size,
    };
    KvmS390PvCommand command;
    const int os_error = try_dump(kvm, kvm->vm_fd, &end, &command);

    pv->dump.is_begun = os_error && command.rc != UV_RC_EXECUTED;
    return !os_error || s390_pv_set_error(errp, &command, os_error, what);
}

bool s390_pv_dump_complete(S390Pv *pv, const Kvm *kvm, uint8_t *buffer, Error **errp)
{
    return complete(pv, kvm, buffer, pv->dump.end_size, "completing the dump", errp);
}

bool s390_pv_dump_abandon(S390Pv *pv, const Kvm *kvm, Error **errp)
{
    g_autofree uint8_t *unused = NULL;

    if (!pv->dump.is_begun) {
        return true;
    }
    /* It may have failed because that size was too small. */
    unused = g_malloc0(S390_PV_DUMP_LARGEST_END);
    return complete(pv, kvm, unused, S390_PV_DUMP_LARGEST_END, "ending the dump", errp);
}
