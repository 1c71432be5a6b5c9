/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The processors that a pseries guest can have.
 *
 * KVM-HV runs a guest on the host's own processor, in a mode in which it has no more than an older one: the
 * guest gets the architecture of its model, whatever the host is, if that is not older than the model.
 */
#ifndef TARGET_PPC_PPC_CPU_H
#define TARGET_PPC_PPC_CPU_H

#include <stddef.h>
#include <stdint.h>
#include "qapi/error.h"

typedef struct PpcCpuModel {
    const char *name;     /* as QEMU calls it: "POWER9" */
    uint32_t family;      /* the version register of the processor, without its revision */
    uint32_t logical_pvr; /* what stands for its architecture */
} PpcCpuModel;

/** The model called @p name, in any case of letters; NULL asks for the default. NULL with
 * CGVM_ERROR_NOT_FOUND naming those there are. */
const PpcCpuModel *ppc_cpu_find(const char *name, Error **errp);

/** All models, the default first. */
const PpcCpuModel *ppc_cpu_models(size_t *ret_count);

/** What `-cpu help` prints. To be freed. */
char *ppc_cpu_help(void);

/** The name of the processor with version @p pvr, or NULL. */
const char *ppc_cpu_name(uint32_t pvr);

#endif
