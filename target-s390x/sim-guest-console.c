/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * What a simulated guest of IBM Z says to its service processor: lines for the console, and the events that
 * it reads (SERVICE CALL; arch/s390/kvm/intercept.c of Linux 6.12, sclp.c here).
 */
#include <string.h>
#include "target-s390x/sim-guest.h"
#include "target-s390x/sim-sclp.h"

#define IPA_SERVC     0xb220

#define SERVC_COMMAND 2
#define SERVC_SCCB    4

/* Where a guest has its SCCB: a page that images do not use. */
#define SCCB_ADDRESS UINT64_C(0x7000)

/* Of the parameter of a service interrupt, besides the address of a block: there is an event to read. */
#define SERVICE_EVENT 1u

/* Puts the SCCB where the host looks for it. */
static SimOutcome place_sccb(SimVcpu *vcpu, const S390Step *step, const uint8_t *sccb, size_t size)
{
    SimS390Vcpu *state = vcpu->arch;
    SimAccess access = SIM_ACCESS_DONE;

    if (state->pv_handle) {
        memset(state->sida, 0, KVM_S390_SIDA_SIZE);
        memcpy(state->sida, sccb, size);
        return STEP_DONE;
    }
    sim_vcpu_lock_vm(vcpu);
    access = sim_s390_guest_write(vcpu->vm, SCCB_ADDRESS, sccb, size);
    g_mutex_unlock(&vcpu->vm->lock);
    return step ? sim_guest_after_access(vcpu, step, access, SCCB_ADDRESS) : STEP_DONE;
}

/* @step is NULL for a complaint, after which nothing is checked. */
static SimOutcome call_service(SimVcpu *vcpu, const S390Step *step, uint32_t command, const uint8_t *sccb,
                               size_t size)
{
    SimS390Vcpu *state = vcpu->arch;
    uint64_t *gprs = sim_guest_registers(vcpu);
    SimOutcome outcome = place_sccb(vcpu, step, sccb, size);

    if (step && (outcome != STEP_DONE || state->guest.end != SIM_GUEST_RUNS)) {
        return outcome;
    }
    sim_guest_hide_registers(vcpu);
    gprs[SERVC_COMMAND] = command;
    gprs[SERVC_SCCB] = SCCB_ADDRESS;
    state->guest.is_answer_awaited = step != NULL;
    return sim_guest_exit_instruction(vcpu, IPA_SERVC, SERVC_COMMAND << 20 | SERVC_SCCB << 16);
}

SimOutcome sim_guest_print_line(SimVcpu *vcpu, const S390Step *step, const char *line)
{
    uint8_t sccb[SIM_SCLP_SIZE];
    size_t size = sim_sclp_write(line, sccb);

    return call_service(vcpu, step, SIM_SCLP_WRITE_EVENT_DATA, sccb, size);
}

/* What has to do with the event by which the guest is asked to end: wants it, or reads it. */
SimOutcome sim_guest_ask_for_quiesce(SimVcpu *vcpu, const S390Step *step)
{
    const bool is_read = step->kind == S390_STEP_READ_QUIESCE;
    uint8_t sccb[SIM_SCLP_SIZE];
    size_t size = is_read ? sim_sclp_read(sccb) : sim_sclp_take_quiesce(sccb);

    return call_service(vcpu, step, is_read ? SIM_SCLP_READ_EVENT_DATA : SIM_SCLP_WRITE_EVENT_MASK, sccb,
                        size);
}

/* What the host has made of the SCCB. */
static void get_sccb(SimVcpu *vcpu, uint8_t sccb[SIM_SCLP_SIZE])
{
    SimS390Vcpu *state = vcpu->arch;

    memset(sccb, 0, SIM_SCLP_SIZE);
    if (state->pv_handle) {
        memcpy(sccb, state->sida, SIM_SCLP_SIZE);
    } else {
        sim_vcpu_lock_vm(vcpu);
        (void)sim_s390_guest_read(vcpu->vm, SCCB_ADDRESS, sccb, SIM_SCLP_SIZE);
        g_mutex_unlock(&vcpu->vm->lock);
    }
}

static SimOutcome check_sccb(SimVcpu *vcpu, const S390Step *step)
{
    uint8_t sccb[SIM_SCLP_SIZE];
    uint16_t response;

    get_sccb(vcpu, sccb);
    response = sim_sclp_response(sccb);
    if (response != SIM_SCLP_DONE) {
        return sim_guest_complain(vcpu, step, "the response code is 0x%04x", response);
    }
    if (step->kind == S390_STEP_TAKE_QUIESCE && !sim_sclp_has_quiesce(sccb)) {
        return sim_guest_complain(vcpu, step, "the host has no such event");
    }
    return step->kind != S390_STEP_READ_QUIESCE || sim_sclp_is_quiesce(sccb)
               ? STEP_DONE
               : sim_guest_complain(vcpu, step, "it was told of another event");
}

/* What tells of an event may come with the answer to a service call, or alone. */
bool sim_guest_await_event(SimVcpu *vcpu)
{
    SimS390Vcpu *state = vcpu->arch;
    uint32_t parm = 0;
    bool has_come;

    sim_s390_mask_service_irq(vcpu->vm, false);
    has_come = state->guest.has_event || sim_s390_await_service_irq(vcpu, &parm);
    sim_s390_mask_service_irq(vcpu->vm, state->pv_handle != 0);
    state->guest.has_event = false;
    return has_come;
}

/* handle_pv_sclp(): a secure guest is intercepted a second time when the instruction is over, and only then
 * gets the interrupt. The address in it is the host's idea, which the ultravisor replaces. */
SimOutcome sim_guest_check_service(SimVcpu *vcpu, const S390Step *step)
{
    SimS390Vcpu *state = vcpu->arch;
    unsigned cc = sim_guest_cc(vcpu);
    uint32_t parm = 0;
    bool is_interrupted;

    if (cc != 0) {
        return sim_guest_complain(vcpu, step, "the condition code is %u", cc);
    }
    if (state->pv_handle) {
        sim_s390_mask_service_irq(vcpu->vm, false);
    }
    is_interrupted = sim_s390_take_service_irq(vcpu->vm, &parm);
    if (state->pv_handle) {
        sim_s390_mask_service_irq(vcpu->vm, true);
    }
    if (!is_interrupted) {
        return sim_guest_complain(vcpu, step, "there was no interrupt");
    }
    if (!state->pv_handle && (parm & ~7u) != SCCB_ADDRESS) {
        return sim_guest_complain(vcpu, step, "the interrupt is for the block at 0x%x", parm & ~7u);
    }
    state->guest.has_event |= parm & SERVICE_EVENT;
    return check_sccb(vcpu, step);
}
