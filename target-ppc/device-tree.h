/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The device tree of a pseries guest.
 *
 * A firmware would negotiate with the guest (ibm,client-architecture-support) and then change the tree. There
 * is none, so the tree is final from the start: it says what the negotiation would have come to for a guest
 * that has radix trees and takes its interrupts by XICS. Linux, started with a flattened tree, does not
 * negotiate.
 *
 * Follows the Devicetree Specification 0.4 and PAPR+ (LoPAR), parts B (device tree) and 7 (RTAS).
 */
#ifndef TARGET_PPC_DEVICE_TREE_H
#define TARGET_PPC_DEVICE_TREE_H

#include <glib.h>
#include "target-ppc/ppc-cpu.h"

/** All ticks of a POWER server's time base, which no software can change: 512 MHz since POWER6. */
#define PPC_TIMEBASE_HZ 512000000u

/** What the tree depends on. */
typedef struct DeviceTreeFacts {
    const PpcCpuModel *cpu;
    unsigned n_cpus;
    uint64_t memory_size;
    uint64_t rtas_gpa;
    uint64_t rtas_size;
    uint32_t nvram_size;
    uint32_t epow_irq, term_irq;       /* interrupts of warnings, and of the terminal */
    const char *bootargs;              /* NULL: none */
    uint64_t initrd_start, initrd_end; /* equal: there is none */
    const char *const *rtas_calls;     /* names, NULL-terminated; the token of each is its index ... */
    uint32_t rtas_first_token;         /* ... more than this */
} DeviceTreeFacts;

/** The tree as the guest gets it, flattened. A reference of the caller's. */
GBytes *device_tree_new(const DeviceTreeFacts *facts);

#endif
