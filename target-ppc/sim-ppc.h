/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The POWER side of the simulated host: a server with KVM-HV, and in some models an ultravisor.
 *
 * Models: POWER9-ultravisor, which is the default, POWER9, POWER9-hash (its kernel gives guests no radix
 * trees), POWER9-PR (its kernel has KVM-PR alone) and POWER10.
 */
#ifndef TARGET_PPC_SIM_PPC_H
#define TARGET_PPC_SIM_PPC_H

#include "hw/simhost.h"

/** For simhost_door_new(). */
extern const SimTarget ppc_sim_target;

#endif
