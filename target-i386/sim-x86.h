/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The x86 side of the simulated host: an AMD machine with KVM and the secure processor.
 *
 * Models: EPYC-Naples (SEV), EPYC-Rome (SEV, SEV-ES), EPYC-Milan, EPYC-Genoa and EPYC-Turin (these and
 * SEV-SNP), in QEMU's spelling; EPYC-Milan is the default. What each offers is in the table of sim-x86.c.
 */
#ifndef TARGET_I386_SIM_X86_H
#define TARGET_I386_SIM_X86_H

#include <stdbool.h>
#include <stdint.h>
#include "hw/simhost.h"

/** For simhost_door_new(). */
extern const SimTarget x86_sim_target;

/**
 * For tests only: the launch digest that the firmware computed for the guest of the VM @p vm_fd. No real host
 * offers this. @p door is one made by simhost_door_new() with x86_sim_target and not wrapped. False, with @p
 * digest untouched, if @p vm_fd is not an SNP VM whose launch is finished.
 */
bool sim_x86_launch_digest(const KvmDoor *door, int vm_fd, uint8_t digest[48]);

/** The same for an SEV or SEV-ES VM, as soon as it is measured. */
bool sim_x86_sev_digest(const KvmDoor *door, int vm_fd, uint8_t digest[32]);

#endif
