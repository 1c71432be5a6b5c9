/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The simulated kernel's rules for the launch of an SEV or SEV-ES guest; sev_launch_*() of
 * arch/x86/kvm/svm/sev.c in Linux 6.12 with its stable backports. The order of a launch is the firmware's
 * business: KVM only knows a handle and a descriptor.
 *
 * The physical addresses of the simulated machine are those of this process. What the kernel hands to the
 * firmware in runs of contiguous pages is a single run here.
 */
#include <errno.h>
#include <string.h>
#include "target-i386/sim-state.h"

void sim_sev_unbind(SimVm *vm, uint32_t handle)
{
    PspSevHandle named = { .handle = handle };

    if (handle) {
        /* Nobody is left who could do anything about a failure. */
        (void)sim_ccp_do(vm->target_host, PSP_DEACTIVATE, &named, NULL);
        (void)sim_ccp_do(vm->target_host, PSP_DECOMMISSION, &named, NULL);
    }
}

/* LAUNCH_START, then ACTIVATE, with the blobs at hand. */
static int start_guest(SimVm *vm, SevCommand *command, SevLaunchStart *params, PspSevStart *start)
{
    SevVm *sev = sim_sev_guest(vm);
    int ret = sim_ccp_issue(vm, (int)command->sev_fd, PSP_LAUNCH_START, start, &command->error);
    PspSevActivate activate = { .handle = start->handle, .asid = sev->asid };
    PspSevHandle named = { .handle = start->handle };

    if (ret < 0) {
        return ret;
    }
    ret = sim_ccp_do(vm->target_host, PSP_ACTIVATE, &activate, &command->error);
    if (ret < 0) {
        (void)sim_ccp_do(vm->target_host, PSP_DECOMMISSION, &named, NULL);
        return ret;
    }
    params->handle = start->handle;
    if (sim_copy_to_user(command->data, params, sizeof(*params)) < 0) {
        sim_sev_unbind(vm, start->handle);
        return -EFAULT;
    }
    sev->handle = start->handle;
    sev->fd = (int)command->sev_fd;
    return 0;
}

int sim_sev_launch_start(SimVm *vm, SevCommand *command)
{
    g_autofree uint8_t *dh_cert = NULL;
    g_autofree uint8_t *session = NULL;
    PspSevStart start = { .handle = 0 };
    SevLaunchStart params;
    int ret;

    if (!sim_sev_guest(vm)) {
        return -ENOTTY;
    }
    ret = sim_copy_from_user(&params, command->data, sizeof(params));
    if (ret == 0 && params.dh_uaddr) {
        ret = sim_sev_copy_blob(params.dh_uaddr, params.dh_len, &dh_cert);
    }
    if (ret == 0 && params.session_uaddr) {
        ret = sim_sev_copy_blob(params.session_uaddr, params.session_len, &session);
    }
    if (ret < 0) {
        return ret;
    }
    start.handle = params.handle;
    start.policy = params.policy;
    start.dh_cert = dh_cert;
    start.dh_cert_length = dh_cert ? params.dh_len : 0;
    start.session = session;
    start.session_length = session ? params.session_len : 0;
    return start_guest(vm, command, &params, &start);
}

/* Pieces of one range come one after the other. */
void sim_sev_note_launched(SimVm *vm, uint64_t address, uint64_t size)
{
    SevVm *sev = sim_sev_guest(vm);
    KvmEncRegion region = { .addr = address, .size = size };
    KvmEncRegion *last;

    if (!sev->launched) {
        sev->launched = g_array_new(false, false, sizeof(KvmEncRegion));
    }
    last = sev->launched->len ? &g_array_index(sev->launched, KvmEncRegion, sev->launched->len - 1) : NULL;
    if (last && last->addr + last->size == address) {
        last->size += size;
    } else {
        g_array_append_val(sev->launched, region);
    }
}

int sim_sev_launch_update_data(SimVm *vm, SevCommand *command)
{
    const SevVm *sev = sim_sev_guest(vm);
    PspSevMemory memory;
    SevLaunchUpdateData params;
    int ret;

    if (!sev) {
        return -ENOTTY;
    }
    ret = sim_copy_from_user(&params, command->data, sizeof(params));
    if (ret == 0) {
        ret = sim_pin_user(params.uaddr, params.len, true);
    }
    if (ret < 0) {
        return ret;
    }
    memory = (PspSevMemory){ .handle = sev->handle, .address = params.uaddr, .length = params.len };
    ret = sim_sev_issue(vm, PSP_LAUNCH_UPDATE_DATA, &memory, command);
    if (ret == 0) {
        sim_sev_note_launched(vm, params.uaddr, params.len);
    }
    return ret;
}

static int update_vmsa(SimVm *vm, SimVcpu *vcpu, SevCommand *command)
{
    const SevVm *sev = sim_sev_guest(vm);
    SimX86Vcpu *state = vcpu->arch;
    PspSevMemory memory = {
        .handle = sev->handle,
        .address = (uintptr_t)state->vmsa,
        .length = SIM_PAGE_SIZE,
    };
    int ret = sim_vmsa_sync(vcpu);

    if (ret == 0) {
        ret = sim_sev_issue(vm, PSP_LAUNCH_UPDATE_VMSA, &memory, command);
    }
    if (ret == 0) {
        g_atomic_int_set(&state->is_state_protected, true);
    }
    return ret;
}

int sim_sev_launch_update_vmsa(SimVm *vm, SevCommand *command)
{
    const SevVm *sev = sim_sev_guest(vm);
    int ret = sev && sev->es_active ? 0 : -ENOTTY;

    for (unsigned i = 0; i < vm->vcpus->len && ret == 0; i++) {
        SimVcpu *vcpu = g_ptr_array_index(vm->vcpus, i);

        g_mutex_lock(&vcpu->lock);
        ret = update_vmsa(vm, vcpu, command);
        g_mutex_unlock(&vcpu->lock);
    }
    return ret;
}

int sim_sev_launch_secret(SimVm *vm, SevCommand *command)
{
    const SevVm *sev = sim_sev_guest(vm);
    g_autofree uint8_t *packet = NULL;
    g_autofree uint8_t *header = NULL;
    PspSevSecret secret;
    SevLaunchSecret params;
    int ret;

    if (!sev) {
        return -ENOTTY;
    }
    ret = sim_copy_from_user(&params, command->data, sizeof(params));
    if (ret == 0) {
        ret = sim_pin_user(params.guest_uaddr, params.guest_len, true);
    }
    if (ret == 0) {
        ret = sim_sev_copy_blob(params.trans_uaddr, params.trans_len, &packet);
    }
    if (ret == 0) {
        ret = sim_sev_copy_blob(params.hdr_uaddr, params.hdr_len, &header);
    }
    if (ret < 0) {
        return ret;
    }
    secret = (PspSevSecret){
        .handle = sev->handle,
        .header = header,
        .header_length = params.hdr_len,
        .guest_address = params.guest_uaddr,
        .guest_length = params.guest_len,
        .packet = packet,
        .packet_length = params.trans_len,
    };
    ret = sim_sev_issue(vm, PSP_LAUNCH_UPDATE_SECRET, &secret, command);
    if (ret == 0) {
        sim_sev_note_launched(vm, params.guest_uaddr, params.guest_len);
    }
    return ret;
}

/* LAUNCH_MEASURE and ATTESTATION: the length goes to *length if it was asked for, or with the result. */
static int get_result(SimVm *vm, SevCommand *command, PspCommand psp_command, PspSevMeasure *request,
                      uint64_t address, uint32_t *length)
{
    const SevVm *sev = sim_sev_guest(vm);
    uint32_t asked = *length;
    g_autofree uint8_t *blob = NULL;
    int ret;

    if (asked && address && asked > SIM_BLOB_MAX) {
        return -EINVAL;
    }
    request->handle = sev->handle;
    if (asked && address) {
        blob = g_malloc0(asked);
        request->result = (PspBuffer){ .address = blob, .length = asked };
    }
    ret = sim_sev_issue(vm, psp_command, request, command);
    if (ret < 0 && asked) {
        return ret;
    }
    if (blob && sim_copy_to_user(address, blob, asked) < 0) {
        ret = -EFAULT;
    }
    *length = request->result.length;
    return ret;
}

static void report_digest(SimVm *vm)
{
    const SimX86 *x86 = vm->target_host;
    const SevVm *sev = sim_sev_guest(vm);
    uint8_t digest[PSP_SEV_DIGEST_SIZE];

    if (psp_sev_digest(x86->psp, sev->handle, digest)) {
        sim_sev_report(vm, sev->es_active ? "sev-es" : "sev", digest, sizeof(digest));
    }
}

int sim_sev_launch_measure(SimVm *vm, SevCommand *command)
{
    PspSevMeasure request = { .handle = 0 };
    SevLaunchMeasure params;
    uint32_t asked;
    int ret;

    if (!sim_sev_guest(vm)) {
        return -ENOTTY;
    }
    ret = sim_copy_from_user(&params, command->data, sizeof(params));
    if (ret < 0) {
        return ret;
    }
    asked = params.len;
    ret = get_result(vm, command, PSP_LAUNCH_MEASURE, &request, params.uaddr, &params.len);
    if (ret == 0) {
        report_digest(vm);
    }
    if ((ret == 0 || asked == 0) && sim_copy_to_user(command->data, &params, sizeof(params)) < 0) {
        ret = -EFAULT;
    }
    return ret;
}

int sim_sev_attestation_report(SimVm *vm, SevCommand *command)
{
    PspSevMeasure request = { .handle = 0 };
    SevAttestationReport params;
    uint32_t asked;
    int ret;

    if (!sim_sev_guest(vm)) {
        return -ENOTTY;
    }
    ret = sim_copy_from_user(&params, command->data, sizeof(params));
    if (ret < 0) {
        return ret;
    }
    asked = params.len;
    memcpy(request.mnonce, params.mnonce, sizeof(request.mnonce));
    ret = get_result(vm, command, PSP_ATTESTATION, &request, params.uaddr, &params.len);
    if ((ret == 0 || asked == 0) && sim_copy_to_user(command->data, &params, sizeof(params)) < 0) {
        ret = -EFAULT;
    }
    return ret;
}

int sim_sev_launch_finish(SimVm *vm, SevCommand *command)
{
    SevVm *sev = sim_sev_guest(vm);
    PspSevHandle named;
    int ret;

    if (!sev) {
        return -ENOTTY;
    }
    named.handle = sev->handle;
    ret = sim_sev_issue(vm, PSP_LAUNCH_FINISH, &named, command);
    if (ret == 0) {
        g_atomic_int_set(&sev->is_launched, true);
    }
    return ret;
}

int sim_sev_guest_status(SimVm *vm, SevCommand *command)
{
    const SevVm *sev = sim_sev_guest(vm);
    PspSevStatus status = { .handle = 0 };
    SevGuestStatus params;
    int ret;

    if (!sev) {
        return -ENOTTY;
    }
    status.handle = sev->handle;
    ret = sim_sev_issue(vm, PSP_GUEST_STATUS, &status, command);
    if (ret < 0) {
        return ret;
    }
    params = (SevGuestStatus){
        .handle = status.handle,
        .policy = status.policy,
        .state = status.state,
    };
    return sim_copy_to_user(command->data, &params, sizeof(params));
}
