/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * How many vCPUs a machine has, and in which sockets, dies and cores they are.
 */
#ifndef HW_SMP_H
#define HW_SMP_H

#include "qapi-types.h"

/** A complete arrangement: sockets * dies * cores * threads = max_cpus >= cpus >= 1. */
typedef struct SmpTopology {
    uint32_t cpus;
    uint32_t sockets, dies, cores, threads;
    uint32_t max_cpus;
} SmpTopology;

/**
 * Completes @p configuration as QEMU does: what is missing is one, but the first of cores, sockets and
 * threads that is missing makes up for the rest. Fails with CGVM_ERROR_INVALID if the numbers contradict each
 * other; the message shows the product.
 */
bool smp_resolve(const SmpConfiguration *configuration, SmpTopology *topology, Error **errp);

#endif
