/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The simulated host: another side for the door to KVM, in software.
 *
 * It answers each system call as a Linux host with the hardware would: same structures, same order of checks,
 * same errnos, with real state behind them. What is general (descriptors, VMs, vCPUs, memory slots,
 * guest_memfd, memory attributes) is in hw/simhost*.c and knows no mechanism; what an architecture adds comes
 * from its SimTarget (hw/sim-target.h). Nothing here includes anything of the launch above the door: what it
 * computes, it computes from the bytes that came through.
 *
 * Guests run on a plain VM of this machine's own KVM (hw/simhost-engine.h), or do what a script says.
 *
 * Limits: the caller's memory is memory of this process. Where nothing can run a guest, or its script is
 * over, KVM_RUN returns -ENOSYS, which no kernel does; KvmOps.why_not says why.
 */
#ifndef HW_SIMHOST_H
#define HW_SIMHOST_H

#include "hw/kvm-ops.h"
#include "hw/target.h"
#include "qapi/error.h"

/** What kind of host to simulate. All strings are borrowed for the call; each may be NULL. */
typedef struct SimHostOptions {
    /** A model that the target knows, such as "EPYC-Milan"; NULL for the target's default. */
    const char *model;
    /**
     * Which firmware commands fail: `COMMAND[:NTH]=STATUS`, several joined with `+`. Without NTH (counted
     * from 1) every one of them fails. STATUS is a number or a name; the target says which commands and names
     * there are, also in the message with which it refuses anything else.
     */
    const char *fault;
    /** A file to which one line `MECHANISM DIGEST simulated` is appended when the firmware has the digest of
     * a launch. */
    const char *report;
    /**
     * What the guests of this host do, on vCPU 0: steps joined with `+`, or `@FILE`. The target says which
     * steps there are. Other vCPUs wait for ever.
     */
    const char *script;
    /** Where the C-bit is; 0 asks for the model's. */
    unsigned cbit;
    /** The device of this machine's own KVM, on which guests without a script run; NULL if none are to. */
    const char *engine_device;
    /** Turns off features of the model that the firmware setup or the kernel of a real host may leave off. */
    bool no_es, no_snp;
    /** Adds a feature that kernels newer than the simulated one have. */
    bool secure_tsc;
} SimHostOptions;

/**
 * A new simulated host of @p target, behind a door that the caller frees with kvm_door_free(). @p options may
 * be NULL, which means all defaults. Its name is like "simulated EPYC-Milan host". NULL with an error if the
 * target refuses an option.
 *
 * Freeing the door frees the host and whatever was left open in it.
 */
KvmDoor *simhost_door_new(const SimTarget *target, const SimHostOptions *options, Error **errp);

#endif
