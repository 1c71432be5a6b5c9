/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * A simulated guest of IBM Z: carries out a script (sim-script.h) between one KVM_RUN and the next, with the
 * exits and errnos of Linux 6.12: arch/s390/kvm/intercept.c, diag.c and priv.c.
 *
 * A guest that is secure is intercepted with other codes, shows of its sim_guest_registers those of the
 * instruction only, and of its memory what the ultravisor puts into the SIDA. Its own accesses go through the
 * ultravisor; where a page was tampered with, the kernel sends SIGSEGV to the VMM, and KVM_RUN here fails
 * with EFAULT, to spare the process of a test.
 */
#include <errno.h>
#include <string.h>
#include "target-s390x/sim-guest.h"

#define PSW_WAIT     UINT64_C(0x0002000000000000)
#define PSW_64       UINT64_C(0x0000000180000000)
#define PSW_CC_SHIFT 44

#define IPA_DIAG     0x8300
#define IPB_308      (0x0308u << 16)
#define IPA_SIGP     0xae00

/* The sim_guest_registers that the guest's instructions name. */
#define DIAG_ADDRESS 2 /* an even one: the answer comes in the next */
#define DIAG_SUBCODE 4
#define SIGP_STATUS  6 /* an even one: the parameter is in the next */
#define SIGP_CPU     8

/* ---- exits ---- */

static SimOutcome exit_intercept(SimVcpu *vcpu, uint8_t code, uint16_t ipa, uint32_t ipb)
{
    KvmS390Run *run = sim_s390_run(vcpu);

    run->exit_reason = KVMEXIT_S390_SIEIC;
    memset(&run->sieic, 0, sizeof(run->sieic));
    run->sieic.icptcode = code;
    run->sieic.ipa = ipa;
    run->sieic.ipb = ipb;
    return STEP_EXIT;
}

/* An instruction that the host is to emulate. Of a secure guest only the sim_guest_registers it names are
 * shown. */
SimOutcome sim_guest_exit_instruction(SimVcpu *vcpu, uint16_t ipa, uint32_t ipb)
{
    const SimS390Vcpu *state = vcpu->arch;

    return exit_intercept(vcpu, state->pv_handle ? KVM_S390_ICPT_PV_INSTR : KVM_S390_ICPT_INSTRUCTION, ipa,
                          ipb);
}

uint64_t *sim_guest_registers(const SimVcpu *vcpu)
{
    return sim_s390_run(vcpu)->regs.gprs;
}

/* The condition code that the host has set. */
unsigned sim_guest_cc(const SimVcpu *vcpu)
{
    const SimS390Vcpu *state = vcpu->arch;

    return (unsigned)(state->psw_mask >> PSW_CC_SHIFT & 3);
}

static void set_cc(SimVcpu *vcpu, unsigned cc)
{
    SimS390Vcpu *state = vcpu->arch;

    state->psw_mask = (state->psw_mask & ~(UINT64_C(3) << PSW_CC_SHIFT)) | (uint64_t)cc << PSW_CC_SHIFT;
}

void sim_guest_hide_registers(SimVcpu *vcpu)
{
    const SimS390Vcpu *state = vcpu->arch;

    if (state->pv_handle) {
        memset(sim_guest_registers(vcpu), 0, sizeof(KvmS390Regs));
    }
}

static SimOutcome exit_wait(SimVcpu *vcpu, uint64_t address)
{
    SimS390Vcpu *state = vcpu->arch;

    state->psw_mask = PSW_WAIT | PSW_64;
    state->psw_addr = address;
    return exit_intercept(vcpu, KVM_S390_ICPT_WAIT, 0, 0);
}

/* ---- a guest that does not find what it expects ---- */

/* run_guest() goes on from there. */
SimOutcome sim_guest_complain(SimVcpu *vcpu, const S390Step *step, const char *format, ...)
{
    SimS390Vcpu *state = vcpu->arch;
    g_autofree char *what = NULL;
    va_list args;

    va_start(args, format);
    what = g_strdup_vprintf(format, args);
    va_end(args);
    g_free(state->guest.complaint);
    state->guest.complaint =
        g_strdup_printf("simulated guest: %s '%.64s': %s", step->place, step->text, what);
    state->guest.end = SIM_GUEST_COMPLAINS;
    return STEP_DONE;
}

/* ---- memory; the locks are taken in their order, so that the vCPU's is given up for a moment ---- */

/* What @access means to a guest that has executed @step. */
SimOutcome sim_guest_after_access(SimVcpu *vcpu, const S390Step *step, SimAccess access, uint64_t gpa)
{
    sim_s390_run(vcpu)->exit_reason = KVMEXIT_UNKNOWN;
    switch (access) {
    case SIM_ACCESS_DONE:
        return STEP_DONE;
    case SIM_ACCESS_NO_MEMORY:
        return sim_guest_complain(vcpu, step, "there is no memory at 0x%" G_GINT64_MODIFIER "x", gpa);
    case SIM_ACCESS_REFUSED:
        return sim_guest_complain(vcpu, step, "the ultravisor has no page for 0x%" G_GINT64_MODIFIER "x",
                                  gpa);
    case SIM_ACCESS_TAMPERED:
    default:
        return STEP_FAULT;
    }
}

/* Whether the guest takes the page at @gpa for what it is. */
static bool is_side(SimVcpu *vcpu, const S390Step *step, uint64_t gpa)
{
    const SimS390 *s390 = vcpu->vm->target_host;
    const SimS390Vm *s390_vm = vcpu->vm->arch;

    return step->is_private == (s390_vm->pv_handle && !uv_guest_is_shared(s390->uv, s390_vm->pv_handle,
                                                                          gpa & ~(SIM_PAGE_SIZE - 1)));
}

/* Reads or writes bytes of one page, which are those of the step from byte @first on. */
static SimOutcome touch(SimVcpu *vcpu, const S390Step *step, size_t first, size_t size)
{
    gsize length;
    const uint8_t *pattern = g_bytes_get_data(step->pattern, &length);
    uint64_t gpa = step->gpa + first;
    uint8_t expected[SIM_PAGE_SIZE], found[SIM_PAGE_SIZE];
    SimAccess access;

    if (!is_side(vcpu, step, gpa)) {
        return sim_guest_complain(vcpu, step, "the page at 0x%" G_GINT64_MODIFIER "x is not %s",
                                  gpa & ~(SIM_PAGE_SIZE - 1), step->is_private ? "private" : "shared");
    }
    for (size_t i = 0; i < size; i++) {
        expected[i] = pattern[(first + i) % length];
    }
    access = step->kind == S390_STEP_WRITE ? sim_s390_guest_write(vcpu->vm, gpa, expected, size)
                                           : sim_s390_guest_read(vcpu->vm, gpa, found, size);
    for (size_t i = 0; access == SIM_ACCESS_DONE && step->kind == S390_STEP_CHECK && i < size; i++) {
        if (found[i] != expected[i]) {
            return sim_guest_complain(vcpu, step,
                                      "the byte at 0x%" G_GINT64_MODIFIER "x is 0x%02x, not 0x%02x", gpa + i,
                                      found[i], expected[i]);
        }
    }
    return sim_guest_after_access(vcpu, step, access, gpa);
}

static SimOutcome access_memory(SimVcpu *vcpu, const S390Step *step)
{
    const SimS390Vcpu *state = vcpu->arch;
    SimOutcome outcome = STEP_DONE;

    sim_vcpu_lock_vm(vcpu);
    for (size_t done = 0; done < step->size && outcome == STEP_DONE && state->guest.end == SIM_GUEST_RUNS;) {
        size_t size = MIN(step->size - done, SIM_PAGE_SIZE - (step->gpa + done) % SIM_PAGE_SIZE);

        outcome = touch(vcpu, step, done, size);
        done += size;
    }
    g_mutex_unlock(&vcpu->vm->lock);
    return outcome;
}

/* Of a guest that is not secure, the instruction is refused. */
static SimOutcome share_pages(SimVcpu *vcpu, const S390Step *step)
{
    const SimS390Vcpu *state = vcpu->arch;
    SimAccess access = SIM_ACCESS_DONE;
    uint64_t gpa = step->gpa;

    if (!state->pv_handle) {
        return sim_guest_complain(vcpu, step, "the guest is not secure");
    }
    sim_vcpu_lock_vm(vcpu);
    for (uint64_t i = 0; i < step->n_pages && access == SIM_ACCESS_DONE; i++) {
        gpa = step->gpa + i * SIM_PAGE_SIZE;
        access = sim_s390_guest_share(vcpu->vm, gpa, step->kind == S390_STEP_SHARE);
    }
    g_mutex_unlock(&vcpu->vm->lock);
    return sim_guest_after_access(vcpu, step, access, gpa);
}

/* ---- DIAGNOSE 308 ---- */

/* __diag_ipl_functions() of arch/s390/kvm/diag.c: these two the kernel knows itself. */
static SimOutcome exit_reset(SimVcpu *vcpu, bool clear)
{
    SimS390Vm *s390_vm = vcpu->vm->arch;
    SimS390Vcpu *state = vcpu->arch;
    KvmS390Run *run = sim_s390_run(vcpu);

    if (!g_atomic_int_get(&s390_vm->user_cpu_state)) {
        state->is_stopped = true;
    }
    run->exit_reason = KVMEXIT_S390_RESET;
    run->reset_flags = (clear ? KVM_S390_RUN_RESET_CLEAR : 0) | KVM_S390_RUN_RESET_SUBSYSTEM |
                       KVM_S390_RUN_RESET_IPL | KVM_S390_RUN_RESET_CPU_INIT;
    return STEP_EXIT;
}

/* Whether the instruction ends in a reset, which nobody comes back from. */
static bool is_reset(uint16_t subcode)
{
    return subcode == DIAG308_RESET_MODIFIED_CLEAR || subcode == DIAG308_RESET_LOAD_NORMAL ||
           subcode == DIAG308_LOAD_CLEAR || subcode == DIAG308_LOAD_NORMAL_DUMP;
}

/* Where the image in memory says that its block is. */
static SimOutcome find_block(SimVcpu *vcpu, const S390Step *step, uint64_t *ret_gpa)
{
    PvMetadata metadata;
    SimAccess access;

    sim_vcpu_lock_vm(vcpu);
    access = sim_s390_guest_read(vcpu->vm, PV_METADATA_ADDRESS, &metadata, sizeof(metadata));
    g_mutex_unlock(&vcpu->vm->lock);
    if (access != SIM_ACCESS_DONE) {
        return sim_guest_after_access(vcpu, step, access, PV_METADATA_ADDRESS);
    }
    if (memcmp(metadata.magic, PV_METADATA_MAGIC, sizeof(metadata.magic)) != 0) {
        return sim_guest_complain(vcpu, step, "there is no image that names its block at 0x%x",
                                  PV_METADATA_ADDRESS);
    }
    *ret_gpa = GUINT64_FROM_BE(metadata.ipib_addr);
    return STEP_DONE;
}

/* Whether a switch to secure mode is over, and well. */
static bool is_switched(const SimVcpu *vcpu)
{
    const SimS390 *s390 = vcpu->vm->target_host;
    const SimS390Vcpu *state = vcpu->arch;

    return state->pv_handle && uv_cpu_is_operating(s390->uv, state->pv_handle);
}

/* The host's answers are checked in their lower half: newer ones put the codes of the ultravisor above it. */
static SimOutcome check_diag308(SimVcpu *vcpu, const S390Step *step)
{
    SimS390Vcpu *state = vcpu->arch;
    uint16_t answer = (uint16_t)sim_guest_registers(vcpu)[DIAG_ADDRESS + 1];
    int program = g_atomic_int_exchange(&state->program_irq, 0);

    if (program) {
        return step->is_program && step->answer == (uint32_t)program
                   ? STEP_DONE
                   : sim_guest_complain(vcpu, step, "there was a program interrupt with code %d", program);
    }
    if (step->subcode == DIAG308_PV_START && is_switched(vcpu)) {
        return STEP_DONE;
    }
    if (step->is_program) {
        return sim_guest_complain(vcpu, step, "there was no program interrupt, and the answer is 0x%04x",
                                  answer);
    }
    return answer == step->answer && (step->subcode != DIAG308_PV_START || answer != DIAG308_RC_OK)
               ? STEP_DONE
               : sim_guest_complain(vcpu, step, "the answer is 0x%04x", answer);
}

/* What the ultravisor refuses a secure guest, and the host does not hear of (Linux,
 * Documentation/virt/kvm/s390/s390-pv-boot.rst): to be started with its memory as it is, and to become what
 * it is already. */
static bool is_refused_secure(uint16_t subcode)
{
    return subcode == DIAG308_LOAD_NORMAL_DUMP || subcode == DIAG308_LOAD_NORMAL ||
           subcode == DIAG308_PV_SET || subcode == DIAG308_PV_STORE || subcode == DIAG308_PV_START;
}

static SimOutcome execute_diag308(SimVcpu *vcpu, const S390Step *step)
{
    SimS390Vcpu *state = vcpu->arch;
    uint64_t *gprs = sim_guest_registers(vcpu), gpa = step->gpa;

    if (step->is_in_image) {
        SimOutcome outcome = find_block(vcpu, step, &gpa);
        if (outcome != STEP_DONE) {
            return outcome;
        }
    }
    if (state->pv_handle && is_refused_secure(step->subcode)) {
        g_atomic_int_set(&state->program_irq, SIM_PGM_SPECIFICATION);
        return check_diag308(vcpu, step);
    }
    sim_guest_hide_registers(vcpu);
    gprs[DIAG_ADDRESS] = gpa;
    gprs[DIAG_ADDRESS + 1] = 0;
    gprs[DIAG_SUBCODE] = step->subcode;
    state->guest.is_answer_awaited = !is_reset(step->subcode);
    if (step->subcode == DIAG308_LOAD_CLEAR || step->subcode == DIAG308_LOAD_NORMAL_DUMP) {
        return exit_reset(vcpu, step->subcode == DIAG308_LOAD_CLEAR);
    }
    return sim_guest_exit_instruction(vcpu, IPA_DIAG | DIAG_ADDRESS << 4 | DIAG_SUBCODE, IPB_308);
}

/* ---- SIGNAL PROCESSOR ---- */

static SimOutcome execute_sigp(SimVcpu *vcpu, const S390Step *step)
{
    const SimS390Vm *s390_vm = vcpu->vm->arch;
    SimS390Vcpu *state = vcpu->arch;
    uint64_t *gprs = sim_guest_registers(vcpu);

    if (!sim_s390_is_order_for_vmm(s390_vm, step->order)) {
        return sim_guest_complain(vcpu, step, "KVM carries this order out, and no simulated one does");
    }
    sim_guest_hide_registers(vcpu);
    gprs[SIGP_STATUS] = gprs[SIGP_STATUS + 1] = 0;
    gprs[SIGP_CPU] = step->cpu;
    set_cc(vcpu, step->cc ^ 2u); /* not the one expected: a VMM that ignores the order is noticed */
    state->guest.is_answer_awaited = true;
    /* Of a secure guest, the host is only notified. */
    return exit_intercept(vcpu, state->pv_handle ? KVM_S390_ICPT_PV_NOTIFY : KVM_S390_ICPT_INSTRUCTION,
                          IPA_SIGP | SIGP_STATUS << 4 | SIGP_CPU, (uint32_t)step->order << 16);
}

static SimOutcome check_sigp(SimVcpu *vcpu, const S390Step *step)
{
    unsigned cc = sim_guest_cc(vcpu);

    return cc == step->cc ? STEP_DONE : sim_guest_complain(vcpu, step, "the condition code is %u", cc);
}

/* ---- KVM_RUN ---- */

static SimOutcome carry_out(SimVcpu *vcpu, const S390Step *step)
{
    switch (step->kind) {
    case S390_STEP_DIAG308:
        return execute_diag308(vcpu, step);
    case S390_STEP_WRITE:
    case S390_STEP_CHECK:
        return access_memory(vcpu, step);
    case S390_STEP_SHARE:
    case S390_STEP_UNSHARE:
        return share_pages(vcpu, step);
    case S390_STEP_SCLP:
        return sim_guest_print_line(vcpu, step, step->line);
    case S390_STEP_TAKE_QUIESCE:
    case S390_STEP_READ_QUIESCE:
        return sim_guest_ask_for_quiesce(vcpu, step);
    case S390_STEP_SIGP:
        return execute_sigp(vcpu, step);
    case S390_STEP_INTERCEPT:
        return exit_intercept(vcpu, step->code, step->ipa, step->ipb);
    case S390_STEP_STOP:
        return exit_intercept(vcpu, KVM_S390_ICPT_STOP, 0, 0);
    case S390_STEP_AWAIT: /* run_script() has */
    case S390_STEP_HALT:  /* it stays there */
        return STEP_DONE;
    case S390_STEP_WAIT:
    default:
        return exit_wait(vcpu, step->gpa);
    }
}

static SimOutcome check_answer(SimVcpu *vcpu, const S390Step *step)
{
    switch (step->kind) {
    case S390_STEP_DIAG308:
        return check_diag308(vcpu, step);
    case S390_STEP_SIGP:
        return check_sigp(vcpu, step);
    default:
        return sim_guest_check_service(vcpu, step);
    }
}

/* What a guest does that has not found what it expects: says so, then waits. */
static int go_away(SimVcpu *vcpu)
{
    SimS390Vcpu *state = vcpu->arch;

    if (state->guest.end == SIM_GUEST_COMPLAINS) {
        state->guest.end = SIM_GUEST_LEAVES;
        sim_guest_print_line(vcpu, NULL, state->guest.complaint);
    } else {
        exit_wait(vcpu, S390_SCRIPT_FAILED);
    }
    return 0;
}

static int run_script(SimVcpu *vcpu, const S390Script *script)
{
    SimS390 *s390 = vcpu->vm->target_host;
    SimS390Vcpu *state = vcpu->arch;
    SimGuest *guest = &state->guest;
    SimOutcome outcome = STEP_DONE;

    if (guest->is_answer_awaited) {
        guest->is_answer_awaited = false;
        outcome = check_answer(vcpu, g_ptr_array_index(script->steps, guest->next - 1));
    }
    while (outcome == STEP_DONE && guest->end == SIM_GUEST_RUNS && guest->next < script->steps->len) {
        const S390Step *step = g_ptr_array_index(script->steps, guest->next);

        if (__atomic_load_n(&vcpu->run->immediate_exit, __ATOMIC_ACQUIRE)) {
            return -EINTR;
        }
        if (step->kind == S390_STEP_HALT) {
            return sim_s390_sleep(vcpu);
        }
        if (step->kind == S390_STEP_AWAIT && !sim_guest_await_event(vcpu)) {
            return -EINTR;
        }
        outcome = carry_out(vcpu, step);
        guest->next += outcome != STEP_FAULT;
        g_atomic_int_set(&s390->script_next, (gint)guest->next);
    }
    if (guest->end != SIM_GUEST_RUNS) {
        return go_away(vcpu);
    }
    if (outcome == STEP_DONE) {
        sim_host_script_is_over(vcpu->vm->host);
        return -ENOSYS;
    }
    return outcome == STEP_FAULT ? -EFAULT : 0;
}

int sim_s390_guest_run(SimVcpu *vcpu)
{
    const SimS390 *s390 = vcpu->vm->target_host;
    const SimS390Vcpu *state = vcpu->arch;

    if (!s390->script) {
        sim_host_lacks_script(vcpu->vm->host);
        return -ENOSYS;
    }
    if (!sim_s390_can_deliver(state)) {
        return -EINVAL;
    }
    if (vcpu->id != 0) {
        return sim_s390_sleep(vcpu);
    }
    return state->guest.end != SIM_GUEST_RUNS ? go_away(vcpu) : run_script(vcpu, s390->script);
}
