/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Inside a simulated guest of IBM Z: what the files that carry out steps of its script are to each other.
 */
#ifndef TARGET_S390X_SIM_GUEST_H
#define TARGET_S390X_SIM_GUEST_H

#include "target-s390x/sim-state.h"

/** What has come of a step. */
typedef enum SimOutcome {
    STEP_DONE,  /* go on with the next */
    STEP_EXIT,  /* KVM_RUN returns 0 */
    STEP_FAULT, /* KVM_RUN returns -EFAULT, and the step is tried again */
} SimOutcome;

/* sim-guest.c */

/** The registers of the vCPU, as its VMM sees them. */
uint64_t *sim_guest_registers(const SimVcpu *vcpu);
/** The condition code. */
unsigned sim_guest_cc(const SimVcpu *vcpu);
/** Leaves of a secure guest's registers nothing to see. */
void sim_guest_hide_registers(SimVcpu *vcpu);
/** Makes the exit one for an instruction. */
SimOutcome sim_guest_exit_instruction(SimVcpu *vcpu, uint16_t ipa, uint32_t ipb);
/** The guest has not found what it expects, says so and ends. STEP_DONE. */
SimOutcome sim_guest_complain(SimVcpu *vcpu, const S390Step *step, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
/** What @p access, to @p gpa, means to a guest that has executed @p step. */
SimOutcome sim_guest_after_access(SimVcpu *vcpu, const S390Step *step, SimAccess access, uint64_t gpa);

/* sim-guest-console.c */

/** Writes @p line. @p step may be NULL: what becomes of it does not matter. */
SimOutcome sim_guest_print_line(SimVcpu *vcpu, const S390Step *step, const char *line);
/** Asks to be told when it shall end. */
SimOutcome sim_guest_ask_for_quiesce(SimVcpu *vcpu, const S390Step *step);
/** Sleeps until there is something to read. False if a signal came. */
bool sim_guest_await_event(SimVcpu *vcpu);
/** Looks at the answer to such a call. */
SimOutcome sim_guest_check_service(SimVcpu *vcpu, const S390Step *step);

#endif
