/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The engine of the simulated host: a plain VM of this machine's own KVM, underneath a simulated one, that
 * runs the guest's code.
 *
 * A simulated VM has at most one, which its target makes when a vCPU enters the guest for the first time: a
 * VM that is only launched costs nothing here. The engine has descriptors and memory slots of its own. What
 * the VMM sees of it is the page that a vCPU shares with it: from sim_engine_attach() on that is the page of
 * the vCPU underneath, at the addresses where the simulated one was. So `immediate_exit` reaches the KVM that
 * runs the guest without a copy that could be late, and what an exit says needs none.
 *
 * Every function that returns an int returns what the system call does: >= 0, or a negative errno.
 */
#ifndef HW_SIMHOST_ENGINE_H
#define HW_SIMHOST_ENGINE_H

#include "hw/sim-target.h"

/**
 * Other memory for memory of the caller's: a second page for each page, which nobody but the guest has. What
 * nobody has written to it takes no room. Of that, the first SIM_MIRROR_GARBAGE bytes of a mirror are
 * garbage, and what follows is zeros, which costs a guest much less time.
 */
#define SIM_MIRROR_GARBAGE (UINT64_C(16) << 20)

typedef struct SimMirrors SimMirrors;

/** Guest memory of the VM underneath: a slot, whose number is the engine's own business. */
typedef struct SimEngineRegion {
    uint64_t gpa, size;
    uint64_t address; /* in this process */
    uint32_t flags;   /* KVM_REGION_*, log of dirty pages */
    uint32_t space;   /* address space */
} SimEngineRegion;

/**
 * Makes a plain VM of the KVM that the host of @p vm has underneath. NULL with an error that says why there
 * is none: the host's fault, never the caller's.
 */
SimEngine *sim_engine_new(const SimVm *vm, Error **errp);

/** Closes it. Its vCPUs are gone. NULL is allowed. */
void sim_engine_free(SimEngine *engine);

/** An ioctl of the VM underneath. */
int sim_engine_ioctl(const SimEngine *engine, unsigned long request, const void *arg);

/** KVM_CHECK_EXTENSION of it: 0 if it is unknown. */
int sim_engine_check(const SimEngine *engine, unsigned long extension);

/** KVM_GET_SUPPORTED_CPUID and its like: an ioctl of /dev/kvm. */
int sim_engine_system_ioctl(const SimEngine *engine, unsigned long request, const void *arg);

/** Whether it maps guest memory at @p gpa, where it has none yet. */
bool sim_engine_can_map(SimEngine *engine, uint64_t gpa);

/**
 * Makes @p regions, an array of SimEngineRegion, the memory of the VM: those that it has and that are not in
 * it go, then those that it has not come. False with an error that names the region; what is mapped then is
 * undefined.
 */
bool sim_engine_set_regions(SimEngine *engine, const GArray *regions, Error **errp);

/** Makes the vCPU underneath @p vcpu, whose VM's lock is held. */
bool sim_engine_create_vcpu(const SimEngine *engine, SimVcpu *vcpu, Error **errp);

/** Whether sim_engine_attach() has been called for it. */
bool sim_engine_is_attached(const SimVcpu *vcpu);

/**
 * Makes the page that the vCPU underneath shares the one that the VMM sees. The lock of @p vcpu is held, and
 * it has been created. Somebody who sets `immediate_exit` meanwhile is not overheard.
 */
bool sim_engine_attach(SimVcpu *vcpu, Error **errp);

/** An ioctl of the vCPU underneath, which exists. */
int sim_engine_vcpu_ioctl(const SimVcpu *vcpu, unsigned long request, const void *arg);

/** Closes the vCPU underneath, if there is one. */
void sim_engine_vcpu_close(SimVcpu *vcpu);

/* simhost-mirror.c */

/** New ones, of nothing. @p garbage, of whole pages, is what garbage consists of, over and over. */
SimMirrors *sim_mirrors_new(const uint8_t *garbage, size_t size, Error **errp);

/** Frees them with all their memory. NULL is allowed. */
void sim_mirrors_free(SimMirrors *mirrors);

/** Mirrors what is not mirrored yet of the pages from @p address to @p address + @p size. */
bool sim_mirrors_cover(SimMirrors *mirrors, uint64_t address, uint64_t size, Error **errp);

/**
 * Where the mirror of @p address is, which is good for @p *ret_size bytes at most; at least one. NULL if it
 * is not mirrored.
 */
uint8_t *sim_mirrors_find(const SimMirrors *mirrors, uint64_t address, uint64_t *ret_size);

/** Whether the mirror of the page at @p address has anything that was not there to begin with. */
bool sim_mirrors_is_written(const SimMirrors *mirrors, uint64_t address);

#endif
