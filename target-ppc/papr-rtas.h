/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The run-time abstraction services of a pseries guest (LoPAR, part 7), which come in as the hypercall
 * H_RTAS.
 *
 * The guest fills a block of big-endian words: a token, how many arguments and results there are, the
 * arguments, and room for the results, of which the first is the status. The tokens are in the device tree.
 */
#ifndef TARGET_PPC_PAPR_RTAS_H
#define TARGET_PPC_PAPR_RTAS_H

#include "target-ppc/pseries.h"

/** The token of the first call; each next one has the next. */
#define RTAS_FIRST_TOKEN 0x2000u

/** The names of all calls, in the order of their tokens; NULL-terminated. */
const char *const *papr_rtas_names(void);

/**
 * Carries out what the block at @p address of guest memory asks for, on the thread of @p vcpu. False if there
 * is no such block, or it is not long enough for what it says; everything else is in the block's status.
 */
bool papr_rtas(PseriesMachineState *machine, Vcpu *vcpu, uint64_t address);

/** Has KVM answer the calls of its interrupt controller. */
bool papr_rtas_define_tokens(const Kvm *kvm, Error **errp);

/** Makes the non-volatile memory empty: a single free partition. */
void papr_nvram_format(PseriesMachineState *machine);

#endif
