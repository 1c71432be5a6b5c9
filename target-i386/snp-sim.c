/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The simulated kernel's rules for launching an SEV-SNP guest: snp_launch_start(), snp_launch_update() and
 * snp_launch_finish() of arch/x86/kvm/svm/sev.c in Linux 6.12 with its stable backports.
 */
#include <errno.h>
#include <string.h>
#include "target-i386/sim-state.h"

/* Of a policy, KVM 6.12 knows the version, SMT, the bit that must be 1, debugging and single socket. */
#define POLICY_KNOWN                                                                                         \
    (UINT64_C(0xffff) | SNP_POLICY_SMT | SNP_POLICY_ONE | SNP_POLICY_DEBUG | SNP_POLICY_SINGLE_SOCKET)
#define POLICY_MUST_BE_ONE  (SNP_POLICY_ONE | SNP_POLICY_SMT)
#define POLICY_MUST_BE_ZERO (~POLICY_KNOWN | SNP_POLICY_SINGLE_SOCKET)

static SevVm *get_sev(const SimVm *vm)
{
    SimX86Vm *x86_vm = vm->arch;

    return &x86_vm->sev;
}

void sim_snp_decommission(SimVm *vm)
{
    SevVm *sev = get_sev(vm);
    PspContext context = { .gctx = (uintptr_t)sev->context };

    if (!sev->context) {
        return;
    }
    /* A page that is still a context cannot be reclaimed, and is lost then. */
    (void)sim_ccp_do(vm->target_host, PSP_SNP_DECOMMISSION, &context, NULL);
    sim_ccp_firmware_page_free(vm->target_host, sev->context);
    sev->context = NULL;
}

/* snp_context_create() */
static bool create_context(SimVm *vm, SevCommand *command)
{
    SevVm *sev = get_sev(vm);
    uint8_t *page = sim_ccp_firmware_page_new(vm->target_host);
    PspContext context = { .gctx = (uintptr_t)page };

    if (!page) {
        return false;
    }
    if (sim_ccp_issue(vm, (int)command->sev_fd, PSP_GCTX_CREATE, &context, &command->error) < 0) {
        sim_ccp_firmware_page_free(vm->target_host, page);
        return false;
    }
    sev->context = page;
    return true;
}

static int start_context(SimVm *vm, SevCommand *command, const SnpLaunchStart *params)
{
    SevVm *sev = get_sev(vm);
    PspLaunchStart start = { .gctx = (uintptr_t)sev->context, .policy = params->policy };
    PspActivate activate = { .gctx = start.gctx, .asid = sev->asid };
    int ret;

    memcpy(start.gosvw, params->gosvw, sizeof(start.gosvw));
    ret = sim_ccp_issue(vm, (int)command->sev_fd, PSP_SNP_LAUNCH_START, &start, &command->error);
    if (ret < 0) {
        return ret;
    }
    sev->fd = (int)command->sev_fd;
    return sim_ccp_issue(vm, sev->fd, PSP_SNP_ACTIVATE, &activate, &command->error);
}

int sim_snp_launch_start(SimVm *vm, SevCommand *command)
{
    SevVm *sev = get_sev(vm);
    SnpLaunchStart params;
    int ret;

    if (!sev->snp_active) {
        return -ENOTTY;
    }
    ret = sim_copy_from_user(&params, command->data, sizeof(params));
    if (ret < 0) {
        return ret;
    }
    if (sev->context || params.flags || (params.policy & POLICY_MUST_BE_ZERO) ||
        (params.policy & POLICY_MUST_BE_ONE) != POLICY_MUST_BE_ONE) {
        return -EINVAL;
    }
    if (!create_context(vm, command)) {
        return -ENOTTY;
    }
    ret = start_context(vm, command, &params);
    if (ret < 0) {
        sim_snp_decommission(vm);
    }
    return ret;
}

/** What sev_gmem_post_populate() is handed. */
typedef struct PopulateArgs {
    uint8_t type;
    int sev_fd;
    uint32_t error;
} PopulateArgs;

/* The firmware has refused @page. A CPUID page goes back to the caller with what the firmware would accept.
 */
static void take_back(SimVm *vm, uint8_t *page, uint64_t source, const PopulateArgs *args)
{
    if (sim_ccp_reclaim(vm->target_host, page) && args->type == SNP_PAGE_TYPE_CPUID &&
        args->error == SEV_STATUS_INVALID_PARAM) {
        (void)sim_copy_to_user(source, page, SIM_PAGE_SIZE);
    }
}

static int populate_page(SimVm *vm, uint64_t gpa, uint8_t *page, uint64_t source, void *opaque)
{
    const SimX86 *x86 = vm->target_host;
    const SevVm *sev = get_sev(vm);
    PopulateArgs *args = opaque;
    PspLaunchUpdate update = {
        .gctx = (uintptr_t)sev->context,
        .page = (uintptr_t)page,
        .page_type = args->type,
    };
    int ret;

    if (args->type != SNP_PAGE_TYPE_ZERO && source == 0) {
        return -EINVAL;
    }
    if (psp_rmp_is_assigned(x86->psp, (uintptr_t)page)) {
        return -EEXIST;
    }
    if (source && sim_copy_from_user(page, source, SIM_PAGE_SIZE) < 0) {
        return -EFAULT;
    }
    if (!psp_rmp_assign(x86->psp, (uintptr_t)page, gpa, sev->asid, true)) {
        return -EINVAL;
    }
    ret = sim_ccp_issue(vm, args->sev_fd, PSP_SNP_LAUNCH_UPDATE, &update, &args->error);
    if (ret < 0) {
        take_back(vm, page, source, args);
    }
    return ret;
}

int sim_snp_launch_update(SimVm *vm, SevCommand *command)
{
    const SevVm *sev = get_sev(vm);
    PopulateArgs args = { .sev_fd = (int)command->sev_fd };
    SnpLaunchUpdate params;
    const SimSlot *slot;
    int64_t done;
    int ret;

    if (!sev->snp_active || !sev->context) {
        return -EINVAL;
    }
    ret = sim_copy_from_user(&params, command->data, sizeof(params));
    if (ret < 0) {
        return ret;
    }
    if (params.len % SIM_PAGE_SIZE || params.flags || params.type == SNP_PAGE_TYPE_VMSA ||
        params.type < SNP_PAGE_TYPE_NORMAL || params.type > SNP_PAGE_TYPE_CPUID) {
        return -EINVAL;
    }
    if (params.gfn_start > UINT64_MAX / SIM_PAGE_SIZE) {
        return -EINVAL;
    }
    slot = sim_vm_find_slot(vm, params.gfn_start * SIM_PAGE_SIZE);
    if (!slot || !(slot->flags & KVM_REGION_GUEST_MEMFD)) {
        return -EINVAL;
    }
    args.type = params.type;
    done = sim_gmem_populate(vm, params.gfn_start * SIM_PAGE_SIZE,
                             params.type == SNP_PAGE_TYPE_ZERO ? 0 : params.uaddr, params.len / SIM_PAGE_SIZE,
                             populate_page, &args);
    if (done < 0) {
        command->error = args.error;
        return -EIO;
    }
    sim_sev_note_launched(vm, params.gfn_start * SIM_PAGE_SIZE, (uint64_t)done * SIM_PAGE_SIZE);
    params.gfn_start += (uint64_t)done;
    params.len -= (uint64_t)done * SIM_PAGE_SIZE;
    if (params.type != SNP_PAGE_TYPE_ZERO) {
        params.uaddr += (uint64_t)done * SIM_PAGE_SIZE;
    }
    return sim_copy_to_user(command->data, &params, sizeof(params));
}

/* One round of snp_launch_update_vmsa(). */
static int launch_vmsa(SimVm *vm, SimVcpu *vcpu, SevCommand *command)
{
    SimX86 *x86 = vm->target_host;
    const SevVm *sev = get_sev(vm);
    SimX86Vcpu *state = vcpu->arch;
    PspLaunchUpdate update = {
        .gctx = (uintptr_t)sev->context,
        .page = (uintptr_t)state->vmsa,
        .page_type = SNP_PAGE_TYPE_VMSA,
    };
    int ret = sim_vmsa_sync(vcpu);

    if (ret < 0) {
        return ret;
    }
    if (!psp_rmp_assign(x86->psp, (uintptr_t)state->vmsa, SNP_VMSA_GPA, sev->asid, true)) {
        return -EIO;
    }
    ret = sim_ccp_issue(vm, (int)command->sev_fd, PSP_SNP_LAUNCH_UPDATE, &update, &command->error);
    if (ret < 0) {
        sim_ccp_reclaim(x86, state->vmsa);
        return ret;
    }
    g_atomic_int_set(&state->is_state_protected, true);
    return 0;
}

static int launch_vmsas(SimVm *vm, SevCommand *command)
{
    int ret = 0;

    for (unsigned i = 0; i < vm->vcpus->len && ret == 0; i++) {
        SimVcpu *vcpu = g_ptr_array_index(vm->vcpus, i);

        g_mutex_lock(&vcpu->lock);
        ret = launch_vmsa(vm, vcpu, command);
        g_mutex_unlock(&vcpu->lock);
    }
    return ret;
}

int sim_snp_prepare_page(SimVm *vm, uint64_t gpa, uint8_t *page, uint64_t source, void *opaque)
{
    const SimX86 *x86 = vm->target_host;
    const SevVm *sev = sim_sev_guest(vm);

    (void)source;
    (void)opaque;
    if (psp_rmp_is_assigned(x86->psp, (uintptr_t)page)) {
        return 0;
    }
    return psp_rmp_assign(x86->psp, (uintptr_t)page, gpa, sev->asid, false) ? 0 : -EINVAL;
}

static void report_digest(const SimVm *vm, const SevVm *sev)
{
    const SimX86 *x86 = vm->target_host;
    uint8_t digest[PSP_DIGEST_SIZE];

    if (psp_guest_digest(x86->psp, (uintptr_t)sev->context, digest)) {
        sim_sev_report(vm, "sev-snp", digest, sizeof(digest));
    }
}

int sim_snp_launch_finish(SimVm *vm, SevCommand *command)
{
    SevVm *sev = get_sev(vm);
    g_autofree uint8_t *id_block = NULL;
    g_autofree uint8_t *id_auth = NULL;
    PspLaunchFinish finish = { .gctx = (uintptr_t)sev->context };
    SnpLaunchFinish params;
    int ret;

    if (!sev->snp_active) {
        return -ENOTTY;
    }
    if (!sev->context) {
        return -EINVAL;
    }
    ret = sim_copy_from_user(&params, command->data, sizeof(params));
    if (ret < 0) {
        return ret;
    }
    if (params.flags) {
        return -EINVAL;
    }
    ret = launch_vmsas(vm, command);
    if (ret == 0 && params.id_block_en) {
        ret = sim_sev_copy_blob(params.id_block_uaddr, SNP_ID_BLOCK_SIZE, &id_block);
    }
    if (ret == 0 && params.id_block_en) {
        ret = sim_sev_copy_blob(params.id_auth_uaddr, SNP_ID_AUTH_SIZE, &id_auth);
    }
    if (ret < 0) {
        return ret;
    }
    finish.id_block_en = params.id_block_en;
    finish.id_block = id_block;
    finish.id_auth = id_auth;
    finish.auth_key_en = params.id_block_en && params.auth_key_en;
    finish.vcek_disabled = params.vcek_disabled;
    memcpy(finish.host_data, params.host_data, sizeof(finish.host_data));
    ret = sim_ccp_issue(vm, sev->fd, PSP_SNP_LAUNCH_FINISH, &finish, &command->error);
    if (ret == 0) {
        g_atomic_int_set(&sev->is_launched, true);
        report_digest(vm, sev);
    }
    return ret;
}
