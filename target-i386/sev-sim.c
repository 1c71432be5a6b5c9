/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The simulated kernel's rules for SEV in general: KVM_MEMORY_ENCRYPT_OP, KVM_SEV_INIT, _ES_INIT and _INIT2,
 * ASIDs; sev_mem_enc_ioctl() and sev_guest_init2() of arch/x86/kvm/svm/sev.c in Linux 6.12.
 *
 * Limits: no migration and no mirrors. The commands of migration answer as for a VM that is not encrypted.
 */
#include <errno.h>
#include <string.h>
#include "confidential/crypto.h"
#include "target-i386/sim-state.h"

#define GHCB_VERSION_MIN     1
#define GHCB_VERSION_MAX     2
#define GHCB_VERSION_DEFAULT 2

static bool has_es_asids(const SimX86 *x86)
{
    return x86->model.has_sev_es && x86->model.min_sev_asid > 1;
}

int sim_sev_vm_types(const SimX86 *x86)
{
    return 1 << KVM_VM_TYPE_SEV | (has_es_asids(x86) ? 1 << KVM_VM_TYPE_SEV_ES : 0) |
           (x86->model.has_snp ? 1 << KVM_VM_TYPE_SNP : 0);
}

/* Linux 6.12 knows no Secure TSC; with later ones it is a feature like the other. */
uint64_t sim_sev_vmsa_features(const SimX86 *x86)
{
    return (x86->model.has_sev_es ? SEV_FEATURE_DEBUG_SWAP : 0) |
           (x86->has_secure_tsc ? SEV_FEATURE_SECURE_TSC : 0);
}

/* sev_flush_asids() */
static int flush_asids(SimX86 *x86)
{
    int ret = sim_ccp_do(x86, x86->model.has_snp ? PSP_SNP_DF_FLUSH : PSP_DF_FLUSH, NULL, NULL);

    if (ret == 0) {
        memset(x86->asid_reclaim, 0, x86->model.asids + 1);
    }
    return ret;
}

/* sev_asid_new(): guests with encrypted state get the low ASIDs. Freed ones are usable after a flush. */
static int asid_new(SimX86 *x86, bool is_es, uint32_t *asid)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&x86->lock);
    uint32_t first = is_es ? 1 : x86->model.min_sev_asid;
    uint32_t end = is_es ? x86->model.min_sev_asid : x86->model.asids + 1;

    if (first >= end) {
        return -ENOTTY;
    }
    for (int attempt = 0; attempt < 2; attempt++) {
        for (uint32_t i = first; i < end; i++) {
            if (!x86->asid_used[i] && !x86->asid_reclaim[i]) {
                x86->asid_used[i] = true;
                *asid = i;
                return 0;
            }
        }
        if (flush_asids(x86) < 0) {
            return -EBUSY;
        }
    }
    return -EBUSY;
}

static void asid_free(SimX86 *x86, uint32_t asid)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&x86->lock);

    x86->asid_used[asid] = false;
    x86->asid_reclaim[asid] = true;
}

/* __sev_guest_init(); @type is KVM_VM_TYPE_SEV, SEV_ES or SNP, also where the VM's own is the default. */
static int init_guest(SimVm *vm, SevCommand *command, const SevInit2 *init, unsigned long type)
{
    SimX86Vm *x86_vm = vm->arch;
    SevVm *sev = &x86_vm->sev;
    bool is_es = type != KVM_VM_TYPE_SEV;
    uint64_t features = is_es ? sim_sev_vmsa_features(vm->target_host) : 0;
    uint32_t asid, error = 0;
    int ret;

    if (vm->vcpus->len > 0 || init->flags || (init->vmsa_features & ~features) ||
        init->ghcb_version > GHCB_VERSION_MAX || (!is_es && init->ghcb_version) || sev->active) {
        return -EINVAL;
    }
    ret = asid_new(vm->target_host, is_es, &asid);
    if (ret < 0) {
        return ret;
    }
    ret = sim_ccp_init(vm->target_host, &error);
    if (ret < 0) {
        command->error = error;
        asid_free(vm->target_host, asid);
        return ret;
    }
    sev->active = true;
    sev->es_active = is_es;
    sev->snp_active = type == KVM_VM_TYPE_SNP;
    sev->asid = asid;
    sev->vmsa_features = init->vmsa_features | (sev->snp_active ? SEV_FEATURE_SNP_ACTIVE : 0);
    sev->ghcb_version = is_es && !init->ghcb_version ? GHCB_VERSION_DEFAULT : init->ghcb_version;
    g_atomic_int_set(&sev->need_init, false);
    return 0;
}

static int guest_init(SimVm *vm, SevCommand *command)
{
    bool is_es = command->id == SEVCMD_ES_INIT;
    const SevInit2 init = { .ghcb_version = is_es ? GHCB_VERSION_MIN : 0 };

    if (vm->type != KVM_VM_TYPE_DEFAULT) {
        return -EINVAL;
    }
    return init_guest(vm, command, &init, is_es ? KVM_VM_TYPE_SEV_ES : KVM_VM_TYPE_SEV);
}

static int guest_init2(SimVm *vm, SevCommand *command)
{
    SimX86Vm *x86_vm = vm->arch;
    SevInit2 init;
    int ret;

    if (!g_atomic_int_get(&x86_vm->sev.need_init)) {
        return -EINVAL;
    }
    ret = sim_copy_from_user(&init, command->data, sizeof(init));
    return ret < 0 ? ret : init_guest(vm, command, &init, vm->type);
}

SevVm *sim_sev_guest(SimVm *vm)
{
    SimX86Vm *x86_vm = vm->arch;

    return x86_vm->sev.active ? &x86_vm->sev : NULL;
}

int sim_sev_issue(SimVm *vm, PspCommand command, void *data, SevCommand *sev_command)
{
    const SimX86Vm *x86_vm = vm->arch;

    return sim_ccp_issue(vm, x86_vm->sev.fd, command, data, &sev_command->error);
}

int sim_sev_copy_blob(uint64_t address, uint32_t size, uint8_t **blob)
{
    if (address == 0 || size == 0 || size > SIM_BLOB_MAX) {
        return -EINVAL;
    }
    *blob = g_malloc(size);
    return sim_copy_from_user(*blob, address, size);
}

void sim_sev_report(const SimVm *vm, const char *mechanism, const uint8_t *digest, size_t size)
{
    g_autofree char *hex = crypto_hex(digest, size);

    sim_host_report(vm->host, mechanism, hex);
}

/* What every command of an SEV guest begins with; the commands of migration end with it here. */
static int not_a_sev_guest(SimVm *vm, SevCommand *command)
{
    (void)vm;
    (void)command;
    return -ENOTTY;
}

/** A command. Those without a row are unknown. */
typedef struct SevRow {
    uint32_t first, last;
    int (*run)(SimVm *vm, SevCommand *command);
} SevRow;

static const SevRow rows[] = {
    { SEVCMD_INIT, SEVCMD_ES_INIT, guest_init },
    { SEVCMD_LAUNCH_START, SEVCMD_LAUNCH_START, sim_sev_launch_start },
    { SEVCMD_LAUNCH_UPDATE_DATA, SEVCMD_LAUNCH_UPDATE_DATA, sim_sev_launch_update_data },
    { SEVCMD_LAUNCH_UPDATE_VMSA, SEVCMD_LAUNCH_UPDATE_VMSA, sim_sev_launch_update_vmsa },
    { SEVCMD_LAUNCH_SECRET, SEVCMD_LAUNCH_SECRET, sim_sev_launch_secret },
    { SEVCMD_LAUNCH_MEASURE, SEVCMD_LAUNCH_MEASURE, sim_sev_launch_measure },
    { SEVCMD_LAUNCH_FINISH, SEVCMD_LAUNCH_FINISH, sim_sev_launch_finish },
    { 8, 9, not_a_sev_guest },
    { 11, 12, not_a_sev_guest },
    { 15, 15, not_a_sev_guest },
    { SEVCMD_GUEST_STATUS, SEVCMD_GUEST_STATUS, sim_sev_guest_status },
    { SEVCMD_DBG_DECRYPT, SEVCMD_DBG_ENCRYPT, sim_sev_dbg },
    { SEVCMD_GET_ATTESTATION_REPORT, SEVCMD_GET_ATTESTATION_REPORT, sim_sev_attestation_report },
    { 21, 21, not_a_sev_guest },
    { SEVCMD_INIT2, SEVCMD_INIT2, guest_init2 },
    { SEVCMD_SNP_LAUNCH_START, SEVCMD_SNP_LAUNCH_START, sim_snp_launch_start },
    { SEVCMD_SNP_LAUNCH_UPDATE, SEVCMD_SNP_LAUNCH_UPDATE, sim_snp_launch_update },
    { SEVCMD_SNP_LAUNCH_FINISH, SEVCMD_SNP_LAUNCH_FINISH, sim_snp_launch_finish },
};

static const SevRow *find_row(uint32_t id)
{
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (id >= rows[i].first && id <= rows[i].last) {
            return &rows[i];
        }
    }
    return NULL;
}

/* The order of the checks is the kernel's; the command is copied back only if it was one. */
int sim_sev_ioctl(SimVm *vm, unsigned long arg)
{
    const SimX86 *x86 = vm->target_host;
    SimX86Vm *x86_vm = vm->arch;
    SevCommand command;
    const SevRow *row;
    int ret;

    if (arg == 0) {
        return 0;
    }
    ret = sim_copy_from_user(&command, arg, sizeof(command));
    if (ret < 0) {
        return ret;
    }
    if (x86_vm->sev.snp_active && command.id < SEVCMD_SNP_LAUNCH_START) {
        return -EPERM;
    }
    if (command.id == SEVCMD_ES_INIT && !has_es_asids(x86)) {
        return -ENOTTY;
    }
    row = find_row(command.id);
    if (!row) {
        return -EINVAL;
    }
    ret = row->run(vm, &command);
    return sim_copy_to_user(arg, &command, sizeof(command)) < 0 ? -EFAULT : ret;
}

void sim_sev_vm_destroy(SimVm *vm)
{
    SimX86Vm *x86_vm = vm->arch;
    SevVm *sev = &x86_vm->sev;

    if (sev->regions) {
        g_array_unref(sev->regions);
    }
    if (sev->launched) {
        g_array_unref(sev->launched);
    }
    if (sev->active) {
        sim_snp_decommission(vm);
        sim_sev_unbind(vm, sev->handle);
        asid_free(vm->target_host, sev->asid);
    }
}
