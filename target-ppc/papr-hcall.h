/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Hypercalls of a pseries guest that KVM leaves to us (LoPAR, part 14).
 *
 * KVM-HV answers most itself (H_CEDE, H_REGISTER_VPA, those of the interrupt controller and, for an
 * ultravisor, H_SVM_*). What the guest passes is checked here like anything that a guest says: a call never
 * fails for us, it returns a code to the guest.
 */
#ifndef TARGET_PPC_PAPR_HCALL_H
#define TARGET_PPC_PAPR_HCALL_H

#include "target-ppc/pseries.h"

/** Arguments and results, which are in r4 to r12. */
#define PAPR_HCALL_ARGS 9

/**
 * Carries out hypercall @p number of @p vcpu, on its thread. @p args are its arguments, and then its results.
 * Returns H_SUCCESS or another code.
 */
int64_t papr_hcall(PseriesMachineState *machine, Vcpu *vcpu, uint64_t number,
                   uint64_t args[static PAPR_HCALL_ARGS]);

#endif
