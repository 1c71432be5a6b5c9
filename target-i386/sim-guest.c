/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * A simulated guest: carries out a script (sim-script.h) between one KVM_RUN and the next, with the exits and
 * errnos of Linux 6.12.
 *
 * Its accesses to memory go the way of a real one's: the attribute of the page decides whether KVM lets it
 * through, private pages of SNP guests lie in guest_memfd and must be the guest's in the RMP, and what other
 * encrypted guests access with the C-bit passes through the memory controller.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include "target-i386/sim-state.h"

#define COM1       0x3f8
#define DEBUG_EXIT 0xf4

/* Where the bytes of port I/O are in what a vCPU shares with its VMM: KVM_PIO_PAGE_OFFSET. */
#define PIO_PAGE          UINT64_C(4096)

#define GHCB_TERMINATE    UINT64_C(0x100)

#define FAIL_ENTRY_REASON 0xffffffffu

#define BLOCK             UINT64_C(16) /* that the memory controller encrypts at a time */

/** What has come of a step. */
typedef enum Outcome {
    STEP_DONE,  /* go on with the next */
    STEP_EXIT,  /* KVM_RUN returns 0 */
    STEP_FAULT, /* KVM_RUN returns -EFAULT, and the step is tried again */
} Outcome;

/* ---- exits ---- */

static Outcome exit_with(SimVcpu *vcpu, uint32_t reason)
{
    vcpu->run->exit_reason = reason;
    return STEP_EXIT;
}

static Outcome exit_memory_fault(SimVcpu *vcpu, uint64_t gpa, uint64_t flags)
{
    exit_with(vcpu, KVMEXIT_MEMORY_FAULT);
    vcpu->run->memory_fault.flags = flags;
    vcpu->run->memory_fault.gpa = gpa & ~(SIM_PAGE_SIZE - 1);
    vcpu->run->memory_fault.size = SIM_PAGE_SIZE;
    return STEP_FAULT;
}

static Outcome exit_out(SimVcpu *vcpu, uint16_t port, const void *bytes, size_t count)
{
    KvmRun *run = vcpu->run;

    exit_with(vcpu, KVMEXIT_IO);
    memcpy((uint8_t *)run + PIO_PAGE, bytes, count);
    run->io.direction = KVM_EXIT_IO_OUT;
    run->io.size = 1;
    run->io.port = port;
    run->io.count = (uint32_t)count;
    run->io.data_offset = PIO_PAGE;
    return STEP_EXIT;
}

static Outcome exit_fail_entry(SimVcpu *vcpu)
{
    exit_with(vcpu, KVMEXIT_FAIL_ENTRY);
    vcpu->run->fail_entry.hardware_entry_failure_reason = FAIL_ENTRY_REASON;
    vcpu->run->fail_entry.cpu = 0;
    return STEP_EXIT;
}

/* ---- a guest that does not find what it expects ---- */

static Outcome complain(SimVcpu *vcpu, const SimStep *step, const char *format, ...) G_GNUC_PRINTF(3, 4);

static Outcome complain(SimVcpu *vcpu, const SimStep *step, const char *format, ...)
{
    SimX86Vcpu *state = vcpu->arch;
    g_autofree char *what = NULL, *line = NULL;
    va_list args;

    va_start(args, format);
    what = g_strdup_vprintf(format, args);
    va_end(args);
    line = g_strdup_printf("simulated guest: %s '%.64s': %s\n", step->place, step->text, what);
    state->guest.end = SIM_GUEST_COMPLAINS;
    return exit_out(vcpu, COM1, line, MIN(strlen(line), SIM_PAGE_SIZE));
}

static Outcome go_away(SimVcpu *vcpu)
{
    SimX86Vcpu *state = vcpu->arch;
    const uint8_t value = SIM_SCRIPT_FAILED;

    if (state->guest.end == SIM_GUEST_LEAVES) {
        return exit_with(vcpu, KVMEXIT_SHUTDOWN);
    }
    state->guest.end = SIM_GUEST_LEAVES;
    return exit_out(vcpu, DEBUG_EXIT, &value, sizeof(value));
}

/* ---- requests ---- */

static Outcome check_answer(SimVcpu *vcpu, const SimStep *step, bool has_failed)
{
    if (has_failed == step->must_fail) {
        return STEP_DONE;
    }
    return complain(vcpu, step, has_failed ? "the request failed" : "the request should have failed");
}

/* What is in `ret` before is what no VMM answers, so that one that forgets to is found out. */
static Outcome request(SimVcpu *vcpu, const SimStep *step)
{
    const SimX86Vm *x86_vm = vcpu->vm->arch;
    SimX86Vcpu *state = vcpu->arch;
    KvmRun *run = vcpu->run;

    if (!(x86_vm->hypercall_exits >> KVM_HYPERCALL_MAP_GPA_RANGE & 1)) {
        return check_answer(vcpu, step, true);
    }
    exit_with(vcpu, KVMEXIT_HYPERCALL);
    run->hypercall.nr = KVM_HYPERCALL_MAP_GPA_RANGE;
    memset(run->hypercall.args, 0, sizeof(run->hypercall.args));
    run->hypercall.args[0] = step->gpa;
    run->hypercall.args[1] = step->n_pages;
    run->hypercall.args[2] = step->attributes;
    run->hypercall.ret = UINT64_MAX;
    run->hypercall.flags = 0;
    state->guest.is_answer_awaited = true;
    return STEP_EXIT;
}

/* ---- memory ---- */

/* Reads or writes @size bytes of @memory, which are those of the step from byte @first on. */
static Outcome touch(SimVcpu *vcpu, const SimStep *step, size_t first, uint8_t *memory, size_t size)
{
    gsize length;
    const uint8_t *pattern = g_bytes_get_data(step->pattern, &length);

    for (size_t i = 0; i < size; i++) {
        uint8_t expected = pattern[(first + i) % length];

        if (step->kind == SIM_STEP_WRITE) {
            memory[i] = expected;
        } else if (memory[i] != expected) {
            return complain(vcpu, step, "the byte at 0x%" G_GINT64_MODIFIER "x is 0x%02x, not 0x%02x",
                            step->gpa + first + i, memory[i], expected);
        }
    }
    return STEP_DONE;
}

/* A page of an SNP guest. It validates each page at its first access, as a guest does that was told to. */
static Outcome touch_gmem(SimVcpu *vcpu, const SimStep *step, size_t first, size_t size)
{
    const SimX86 *x86 = vcpu->vm->target_host;
    uint64_t gpa = step->gpa + first, offset = gpa % SIM_PAGE_SIZE;
    uint8_t *page;
    bool changed;

    if (sim_gmem_get_page(vcpu->vm, gpa, sim_snp_prepare_page, NULL, &page) < 0) {
        return exit_memory_fault(vcpu, gpa, KVM_MEMORY_FAULT_PRIVATE);
    }
    if (!psp_rmp_validate(x86->psp, (uintptr_t)page, gpa - offset, sim_sev_guest(vcpu->vm)->asid, true,
                          &changed)) {
        return complain(vcpu, step, "the page at 0x%" G_GINT64_MODIFIER "x is not this guest's",
                        gpa - offset);
    }
    return touch(vcpu, step, first, page + offset, size);
}

/*
 * Memory that the VMM has as well, within a page. With the C-bit, which is not for SNP guests, it is
 * ciphertext, and whole blocks of it pass through the memory controller.
 */
static Outcome touch_user(SimVcpu *vcpu, const SimStep *step, size_t first, uint64_t address, size_t size)
{
    const SimX86 *x86 = vcpu->vm->target_host;
    const SevVm *sev = step->is_private ? sim_sev_guest(vcpu->vm) : NULL;
    uint64_t start = sev ? address & ~(BLOCK - 1) : address;
    uint64_t end = sev ? (address + size + BLOCK - 1) & ~(BLOCK - 1) : address + size;
    _Alignas(16) uint8_t bytes[SIM_PAGE_SIZE];
    Outcome outcome;

    if (sim_pin_user(start, end - start, step->kind == SIM_STEP_WRITE) < 0 ||
        sim_copy_from_user(bytes, start, end - start) < 0) {
        exit_with(vcpu, KVMEXIT_UNKNOWN);
        return STEP_FAULT;
    }
    if (sev && !psp_sev_crypt(x86->psp, sev->handle, false, start, bytes, end - start)) {
        return complain(vcpu, step, "the guest has no key");
    }
    outcome = touch(vcpu, step, first, bytes + (address - start), size);
    if (outcome != STEP_DONE || step->kind != SIM_STEP_WRITE) {
        return outcome;
    }
    if (sev) {
        psp_sev_crypt(x86->psp, sev->handle, true, start, bytes, end - start);
    }
    /* It could be written a moment ago. */
    return sim_copy_to_user(start, bytes, end - start) < 0 ? exit_with(vcpu, KVMEXIT_SHUTDOWN) : STEP_DONE;
}

/* An access within a page. The VM's lock is held. */
static Outcome access_page(SimVcpu *vcpu, const SimStep *step, size_t first, size_t size)
{
    SimVm *vm = vcpu->vm;
    uint64_t gpa = step->gpa + first;
    const SimSlot *slot = sim_vm_find_slot(vm, gpa);

    if (vm->has_private_memory && sim_vm_is_private(vm, gpa) != step->is_private) {
        return exit_memory_fault(vcpu, gpa, step->is_private ? KVM_MEMORY_FAULT_PRIVATE : 0);
    }
    if (!slot) {
        return complain(vcpu, step, "there is no memory at 0x%" G_GINT64_MODIFIER "x", gpa);
    }
    if (step->kind == SIM_STEP_WRITE && (slot->flags & KVM_REGION_READONLY)) {
        return complain(vcpu, step, "memory at 0x%" G_GINT64_MODIFIER "x cannot be written", gpa);
    }
    if (step->is_private && !sim_sev_guest(vm)) {
        return complain(vcpu, step, "the guest has no private memory");
    }
    return step->is_private && vm->has_private_memory
               ? touch_gmem(vcpu, step, first, size)
               : touch_user(vcpu, step, first, slot->userspace_addr + (gpa - slot->gpa), size);
}

static Outcome access_memory(SimVcpu *vcpu, const SimStep *step)
{
    Outcome outcome = STEP_DONE;

    sim_vcpu_lock_vm(vcpu);
    for (size_t done = 0; done < step->size && outcome == STEP_DONE;) {
        size_t size = MIN(step->size - done, SIM_PAGE_SIZE - (step->gpa + done) % SIM_PAGE_SIZE);

        outcome = access_page(vcpu, step, done, size);
        done += size;
    }
    g_mutex_unlock(&vcpu->vm->lock);
    return outcome;
}

/* ---- ends ---- */

/* Without a GHCB there is no way to ask for it: the write to its MSR is a fault, which ends like any other.
 */
static Outcome ask_for_termination(SimVcpu *vcpu, const SimStep *step)
{
    const SevVm *sev = sim_sev_guest(vcpu->vm);
    KvmRun *run = vcpu->run;

    if (!sev || !sev->es_active) {
        return exit_with(vcpu, KVMEXIT_SHUTDOWN);
    }
    exit_with(vcpu, KVMEXIT_SYSTEM_EVENT);
    run->system_event.type = KVM_SYSTEM_EVENT_TYPE_SEV_TERM;
    run->system_event.ndata = 1;
    run->system_event.data[0] = GHCB_TERMINATE | (uint64_t)step->set << 12 | (uint64_t)step->code << 16;
    return STEP_EXIT;
}

/* ---- KVM_RUN ---- */

static Outcome carry_out(SimVcpu *vcpu, const SimStep *step)
{
    switch (step->kind) {
    case SIM_STEP_REQUEST:
        return request(vcpu, step);
    case SIM_STEP_FAULT:
        return exit_memory_fault(vcpu, step->gpa, step->flags);
    case SIM_STEP_WRITE:
    case SIM_STEP_CHECK:
        return access_memory(vcpu, step);
    case SIM_STEP_OUT:
        return exit_out(vcpu, step->port, &step->value, sizeof(step->value));
    case SIM_STEP_HALT: /* run_script() stays there */
        return STEP_DONE;
    case SIM_STEP_SEVTERM:
        return ask_for_termination(vcpu, step);
    case SIM_STEP_FAIL_ENTRY:
        return exit_fail_entry(vcpu);
    case SIM_STEP_SHUTDOWN:
    default:
        return exit_with(vcpu, KVMEXIT_SHUTDOWN);
    }
}

/*
 * kvm_vcpu_block(): nobody starts or wakes this vCPU, so that only a signal ends the wait. Whoever wants the
 * vCPU back sets immediate_exit and then sends one. Signals are held back from before the look at that flag
 * until the thread sleeps, so none is lost.
 */
static int wait_for_signal(const SimVcpu *vcpu)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (!__atomic_load_n(&vcpu->run->immediate_exit, __ATOMIC_ACQUIRE)) {
        ppoll(NULL, 0, NULL, &before);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return -EINTR;
}

/* A fault that the script asks for has happened then; one of an access is to be dealt with first. */
static bool is_over(const SimStep *step, Outcome outcome)
{
    return outcome != STEP_FAULT || step->kind == SIM_STEP_FAULT;
}

static int run_script(SimVcpu *vcpu, const SimScript *script)
{
    SimX86 *x86 = vcpu->vm->target_host;
    SimX86Vcpu *state = vcpu->arch;
    SimGuest *guest = &state->guest;
    Outcome outcome = STEP_DONE;

    if (guest->is_answer_awaited) {
        guest->is_answer_awaited = false;
        outcome = check_answer(vcpu, g_ptr_array_index(script->steps, guest->next - 1),
                               vcpu->run->hypercall.ret != 0);
    }
    while (outcome == STEP_DONE && guest->next < script->steps->len) {
        const SimStep *step = g_ptr_array_index(script->steps, guest->next);

        if (__atomic_load_n(&vcpu->run->immediate_exit, __ATOMIC_ACQUIRE)) {
            return -EINTR;
        }
        if (step->kind == SIM_STEP_HALT) {
            return wait_for_signal(vcpu);
        }
        outcome = carry_out(vcpu, step);
        guest->next += is_over(step, outcome);
        g_atomic_int_set(&x86->script_next, (gint)guest->next);
    }
    if (outcome == STEP_DONE) {
        sim_host_script_is_over(vcpu->vm->host);
        return -ENOSYS;
    }
    return outcome == STEP_FAULT ? -EFAULT : 0;
}

int sim_guest_run(SimVcpu *vcpu)
{
    const SimX86 *x86 = vcpu->vm->target_host;
    const SimX86Vcpu *state = vcpu->arch;

    if (vcpu->id != 0) {
        return wait_for_signal(vcpu);
    }
    if (state->guest.end != SIM_GUEST_RUNS) {
        go_away(vcpu);
        return 0;
    }
    return run_script(vcpu, x86->script);
}
