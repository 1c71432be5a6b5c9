/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Requests of SNP guests that KVM carries out itself: messages for the secure processor, and the start of
 * other vCPUs (AMD publication 56421, sections 4.1.7 to 4.1.9; snp_handle_guest_req() and
 * sev_snp_ap_creation() of arch/x86/kvm/svm/sev.c in Linux 6.12).
 *
 * A vCPU that nobody has started waits here, not in the KVM underneath: what it starts with is in memory of
 * the guest.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "target-i386/sim-engine-request.h"

#define CREATE_ON_INIT 0
#define CREATE         1
#define DESTROY        2

#define ERROR_FIRMWARE 0 /* the bit where what the firmware says begins, in SW_EXITINFO2 */

#define MESSAGE_TYPE   0x34 /* in a message */
#define REPORT_REQUEST 5

/* The end of an empty table of certificates. */
#define TABLE_END_SIZE 24

/* ---- messages ---- */

/* KVM has no certificates of its own, and says so by an empty table. */
static bool clear_table(SimVcpu *vcpu, const SimRequest *request, const uint8_t *message)
{
    static const uint8_t end[TABLE_END_SIZE];
    uint64_t gpa = request->fields[SAVE_RAX];

    if (message[MESSAGE_TYPE] != REPORT_REQUEST || !request->fields[SAVE_RBX]) {
        return true;
    }
    return sim_request_has(request, SAVE_RAX) && sim_request_has(request, SAVE_RBX) &&
           gpa % SIM_PAGE_SIZE == 0 && sim_request_write(vcpu, gpa, end, sizeof(end));
}

void sim_request_message(SimVcpu *vcpu, SimRequest *request, bool is_extended)
{
    const SimVm *vm = vcpu->vm;
    const SevVm *sev = sim_sev_guest(vcpu->vm);
    uint8_t question[SIM_PAGE_SIZE], answer[SIM_PAGE_SIZE] = { 0 };
    PspGuestRequest command = {
        .gctx = (uintptr_t)sev->context,
        .request = question,
        .response = answer,
    };
    uint32_t error = 0;

    if (request->info1 % SIM_PAGE_SIZE || request->info2 % SIM_PAGE_SIZE ||
        !sim_request_read(vcpu, request->info1, question, sizeof(question)) ||
        (is_extended && !clear_table(vcpu, request, question))) {
        sim_request_fail(request, SIM_REQUEST_INVALID_INPUT);
        return;
    }
    (void)sim_ccp_do(vm->target_host, PSP_SNP_GUEST_REQUEST, &command, &error);
    if (!sim_request_write(vcpu, request->info2, answer, sizeof(answer))) {
        sim_request_fail(request, SIM_REQUEST_INVALID_INPUT);
        return;
    }
    sim_request_reply(request, SAVE_EXIT_INFO_2, (uint64_t)error << ERROR_FIRMWARE);
}

/* ---- other vCPUs ---- */

static SimVcpu *find_vcpu(const SimVm *vm, uint32_t id)
{
    for (guint i = 0; i < vm->vcpus->len; i++) {
        SimVcpu *vcpu = g_ptr_array_index(vm->vcpus, i);

        if (vcpu->id == id) {
            return vcpu;
        }
    }
    return NULL;
}

/* Whether the guest has a VMSA there. */
static bool is_vmsa(SimVm *vm, uint64_t gpa)
{
    const SimX86 *x86 = vm->target_host;
    const SimSlot *slot = sim_vm_find_slot(vm, gpa);

    return gpa % SIM_PAGE_SIZE == 0 && slot && sim_gmem_memory(slot) && sim_gmem_is_used(slot, gpa) &&
           psp_rmp_is_valid(x86->psp, (uintptr_t)sim_gmem_memory(slot) + (gpa - slot->gpa), true);
}

/* With the VM's lock held. */
static bool create(SimVcpu *vcpu, uint64_t vmsa)
{
    SimX86Vcpu *state = vcpu->arch;
    const uint64_t one = 1;

    if (!is_vmsa(vcpu->vm, vmsa)) {
        return false;
    }
    state->start.vmsa = vmsa;
    state->start.is_asked_for = true;
    /* It counts up to more than there are vCPUs. */
    return state->start.event < 0 || write(state->start.event, &one, sizeof(one)) == sizeof(one);
}

void sim_request_create_vcpu(SimVcpu *vcpu, SimRequest *request)
{
    uint32_t operation = (uint32_t)request->info1 & 0xffff, vmpl = request->info1 >> 16 & 0xf;
    SimVcpu *target;
    bool done = false;

    sim_vcpu_lock_vm(vcpu);
    target = find_vcpu(vcpu->vm, (uint32_t)(request->info1 >> 32));
    if (target && target != vcpu && vmpl == 0) {
        SimX86Vcpu *state = target->arch;

        /* One that runs is not stopped: a guest starts those that it has not started, or that hold. */
        done = operation == DESTROY
                   ? state->start.is_held
                   : operation <= CREATE && state->start.is_held && create(target, request->info2);
    }
    g_mutex_unlock(&vcpu->vm->lock);
    if (!done) {
        sim_request_fail(request, SIM_REQUEST_INVALID_INPUT);
    }
}

/* Where the VM's lock is held, and the vCPU is ready for it. Whether somebody has started it. */
static bool take_start(SimVcpu *vcpu, uint8_t *vmsa)
{
    SimX86Vcpu *state = vcpu->arch;
    bool is_asked_for;

    sim_vcpu_lock_vm(vcpu);
    is_asked_for = state->start.is_asked_for && is_vmsa(vcpu->vm, state->start.vmsa) &&
                   sim_engine_read(vcpu->vm, SIM_VIEW_PRIVATE, state->start.vmsa, vmsa, SIM_PAGE_SIZE);
    state->start.is_asked_for = false;
    if (state->start.event < 0) {
        state->start.event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    }
    g_mutex_unlock(&vcpu->vm->lock);
    return is_asked_for;
}

/* As sim-guest.c waits for a signal, or until somebody writes to @fd. 0, or -EINTR. */
static int wait_for_event(const SimVcpu *vcpu, int fd)
{
    struct pollfd event = { .fd = fd, .events = POLLIN };
    sigset_t all, before;
    int ready = -1;
    uint64_t n;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (!__atomic_load_n(&vcpu->run->immediate_exit, __ATOMIC_ACQUIRE)) {
        ready = ppoll(&event, 1, NULL, &before);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return ready > 0 && read(fd, &n, sizeof(n)) == sizeof(n) ? 0 : -EINTR;
}

/*
 * A vCPU that has asked for this by its MSR is, to the KVM underneath, still at that instruction, and must
 * not be when it gets other registers. Somebody who sets the flag meanwhile is not overheard.
 */
static void leave_instruction(SimVcpu *vcpu)
{
    KvmRun *run = vcpu->run;
    uint8_t none = 0, mine = 2;

    if (run->exit_reason != KVMEXIT_WRMSR) {
        return;
    }
    run->msr.error = 0;
    __atomic_compare_exchange_n(&run->immediate_exit, &none, mine, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    (void)sim_engine_vcpu_ioctl(vcpu, KVMIO_RUN, NULL);
    __atomic_compare_exchange_n(&run->immediate_exit, &mine, 0, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

int sim_engine_wait_for_start(SimVcpu *vcpu)
{
    _Alignas(16) uint8_t vmsa[SIM_PAGE_SIZE];
    SimX86Vcpu *state = vcpu->arch;
    Error *error = NULL;

    while (!take_start(vcpu, vmsa)) {
        int result = wait_for_event(vcpu, state->start.event);

        if (result < 0) {
            return result;
        }
    }
    leave_instruction(vcpu);
    if (!sim_engine_start(vcpu, vmsa, &error)) {
        sim_host_set_no_engine(vcpu->vm->host, error);
        return -ENOSYS;
    }
    sim_vcpu_lock_vm(vcpu);
    state->start.is_held = false;
    g_mutex_unlock(&vcpu->vm->lock);
    return 0;
}

void sim_engine_free_start(SimX86Vcpu *state)
{
    if (state->start.event >= 0) {
        close(state->start.event);
    }
}
