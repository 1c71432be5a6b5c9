/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The machines that the x86 side of the simulated host can be: processor, firmware version, numbers of ASIDs.
 */
#ifndef TARGET_I386_SIM_MODEL_H
#define TARGET_I386_SIM_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What CPUID returns for one function and index. */
typedef struct SimCpuidLeaf {
    uint32_t function, index;
    uint32_t eax, ebx, ecx, edx;
} SimCpuidLeaf;

/** The version of a firmware interface. */
typedef struct SimApiVersion {
    uint8_t major, minor, build;
} SimApiVersion;

/** A machine. All are constant. */
typedef struct SimModel {
    const char *name; /* QEMU's: "EPYC-Milan" */
    uint32_t signature;
    bool has_sev_es, has_snp;
    uint8_t cbit;
    uint8_t physical_bits, linear_bits;
    uint32_t asids;        /* the highest one */
    uint32_t min_sev_asid; /* SEV-ES and SEV-SNP guests get those below */
    SimApiVersion sev_api;
    SimApiVersion snp_api;
    uint64_t tcb;
    uint64_t xcr0;              /* the bits that the processor supports */
    const SimCpuidLeaf *leaves; /* of this processor only; the rest is common to all */
    size_t n_leaves;
} SimModel;

/** The model called @p name, or NULL. NULL asks for the default. */
const SimModel *sim_model_find(const char *name);

/** The names of all models, separated by ", ". The caller frees it. */
char *sim_model_names(void);

/**
 * What the CPUID instruction returns on @p model. False, and all zero, if it does not know @p function or @p
 * index. Functions without an index ignore it.
 */
bool sim_model_cpuid(const SimModel *model, uint32_t function, uint32_t index, SimCpuidLeaf *leaf);

/** The functions that exist, in ascending order, with as many indices of each as have contents. */
typedef struct SimCpuidFunction {
    uint32_t function;
    uint32_t n_indices; /* 0: the function has no index */
} SimCpuidFunction;

/** The table of them, the same for all models, with its length in @p n_functions. */
const SimCpuidFunction *sim_cpuid_functions(size_t *n_functions);

#endif
