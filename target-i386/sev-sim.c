/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The simulated kernel's rules for SEV in general: KVM_MEMORY_ENCRYPT_OP, KVM_SEV_INIT2, ASIDs;
 * sev_mem_enc_ioctl() and sev_guest_init2() of arch/x86/kvm/svm/sev.c in Linux 6.12.
 *
 * Limits: SEV and SEV-ES guests cannot be launched yet. The host behaves as one whose BIOS gives no ASIDs to
 * guests of the old kind (KVM_SEV_INIT: -ENOTTY), and it offers no VM type for the new kind.
 */
#include <errno.h>
#include <string.h>
#include "target-i386/sim-state.h"

#define GHCB_VERSION_MAX     2
#define GHCB_VERSION_DEFAULT 2

/* All that Linux 6.12 knows; Secure TSC came with 6.16. */
uint64_t sim_sev_vmsa_features(const SimX86 *x86)
{
    return x86->model->has_sev_es ? SEV_FEATURE_DEBUG_SWAP : 0;
}

/* sev_asid_new() for guests with encrypted state: these get the low ASIDs. Freed ones are usable after a
 * flush. */
static int asid_new(SimX86 *x86, uint32_t *asid)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&x86->lock);
    uint32_t end = x86->model->min_sev_asid;

    if (end <= 1) {
        return -ENOTTY;
    }
    for (int attempt = 0; attempt < 2; attempt++) {
        for (uint32_t i = 1; i < end; i++) {
            if (!x86->asid_used[i] && !x86->asid_reclaim[i]) {
                x86->asid_used[i] = true;
                *asid = i;
                return 0;
            }
        }
        if (sim_ccp_do(x86, PSP_SNP_DF_FLUSH, NULL, NULL) < 0) {
            return -EBUSY;
        }
        memset(x86->asid_reclaim, 0, end);
    }
    return -EBUSY;
}

static void asid_free(SimX86 *x86, uint32_t asid)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&x86->lock);

    x86->asid_used[asid] = false;
    x86->asid_reclaim[asid] = true;
}

static int guest_init(SimVm *vm, SevCommand *command)
{
    (void)command;
    if (vm->type != KVM_VM_TYPE_DEFAULT || vm->vcpus->len > 0) {
        return -EINVAL;
    }
    return -ENOTTY;
}

static int guest_init2(SimVm *vm, SevCommand *command)
{
    SimX86Vm *x86_vm = vm->arch;
    SevVm *sev = &x86_vm->sev;
    uint32_t asid, error = 0;
    SevInit2 init;
    int ret;

    if (!g_atomic_int_get(&sev->need_init)) {
        return -EINVAL;
    }
    ret = sim_copy_from_user(&init, command->data, sizeof(init));
    if (ret < 0) {
        return ret;
    }
    if (vm->vcpus->len > 0 || init.flags || (init.vmsa_features & ~sim_sev_vmsa_features(vm->target_host)) ||
        init.ghcb_version > GHCB_VERSION_MAX || sev->active) {
        return -EINVAL;
    }
    ret = asid_new(vm->target_host, &asid);
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
    sev->es_active = true;
    sev->snp_active = true;
    sev->asid = asid;
    sev->vmsa_features = init.vmsa_features | SEV_FEATURE_SNP_ACTIVE;
    sev->ghcb_version = init.ghcb_version ? init.ghcb_version : GHCB_VERSION_DEFAULT;
    g_atomic_int_set(&sev->need_init, false);
    return 0;
}

/* Every command of an SEV guest begins with this check, and no VM here is one. */
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
    { SEVCMD_LAUNCH_START, 9, not_a_sev_guest },
    { 11, 12, not_a_sev_guest },
    { 15, 18, not_a_sev_guest },
    { 20, 21, not_a_sev_guest },
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
    if (command.id == SEVCMD_ES_INIT && !x86->model->has_sev_es) {
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

    if (sev->active) {
        sim_snp_decommission(vm);
        asid_free(vm->target_host, sev->asid);
    }
}
