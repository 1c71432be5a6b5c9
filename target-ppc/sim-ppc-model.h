/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The machines that the POWER side of the simulated host can be.
 */
#ifndef TARGET_PPC_SIM_PPC_MODEL_H
#define TARGET_PPC_SIM_PPC_MODEL_H

#include <stdbool.h>
#include <stdint.h>

/** A machine with its kernel. All are constant. */
typedef struct SimPpcModel {
    const char *name;
    uint32_t pvr;
    uint8_t architecture; /* in tenths: 30 is version 3.0 */
    bool has_hv;          /* the kernel has KVM-HV; else KVM-PR */
    bool has_radix;
    bool has_ultravisor;
} SimPpcModel;

/** The model called @p name, or NULL. NULL asks for the default. */
const SimPpcModel *sim_ppc_model_find(const char *name);

/** The names of all models, separated by ", ". The caller frees it. */
char *sim_ppc_model_names(void);

#endif
