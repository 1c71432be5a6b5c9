/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The s390x side of the simulated host: an IBM Z machine with KVM and the ultravisor.
 *
 * Models: z16, which is the default, z15 (no dumps, no fast destruction of guests), and z14, which has no
 * ultravisor. What each offers is in the table of sim-model.c.
 */
#ifndef TARGET_S390X_SIM_S390_H
#define TARGET_S390X_SIM_S390_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "hw/simhost.h"
#include "target-s390x/pv-header-abi.h"

/** For simhost_door_new(). */
extern const SimTarget s390_sim_target;

/**
 * For those who make images for the simulated machine @p model (NULL: the default): its public host key. No
 * real host offers this: there it comes in a host-key document. False if there is no such model, or it has no
 * ultravisor.
 */
bool sim_s390_host_key(const char *model, PvPublicKey *key);

/**
 * For tests only, as the next: what the guest of the VM @p vm_fd has in @p size bytes at @p gpa, whether it
 * runs in secure mode or not. @p door is one made by simhost_door_new() with s390_sim_target and not wrapped.
 * False, with @p data undefined, if that is no such VM, if there is no memory, if the image is not verified,
 * or if the host has changed a page.
 */
bool sim_s390_read_guest(const KvmDoor *door, int vm_fd, uint64_t gpa, void *data, size_t size);

/** The SHA-512 of the encrypted pages of the verified image. False, with @p digest untouched, if there is
 * none. */
bool sim_s390_digest(const KvmDoor *door, int vm_fd, uint8_t digest[PV_HASH_SIZE]);

#endif
