/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * CPU models: the names that -cpu takes, the CPUID signatures they give a vCPU, and their features.
 *
 * Names, versions and features are QEMU's. A version of a model never changes its signature, so what a launch
 * measures depends on the model alone.
 */
#ifndef TARGET_I386_CPU_MODELS_H
#define TARGET_I386_CPU_MODELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "target-i386/cpu-features.h"

#define X86_MOST_VERSIONS 5

typedef struct X86CpuModel {
    const char *name;        /* "EPYC-Milan" */
    const char *description; /* for -cpu help */
    uint8_t family;          /* as people write it: 25 */
    uint8_t model;
    uint8_t stepping;
    uint8_t versions; /* NAME-v1 .. NAME-vN are accepted too */
    const char *base; /* the model and version whose features it has first, or NULL */
    /** What each version changes, as x86_features_change() takes it: the first to the base, the others to the
     * version before. NULL: nothing. */
    const char *changes[X86_MOST_VERSIONS];
} X86CpuModel;

/** All models, for help. @p count is set to their number. */
const X86CpuModel *x86_cpu_models(size_t *count);

/** "; did you mean 'MODEL'?" for the name of no model, or an empty string. To be freed. */
char *x86_cpu_model_near_miss(const char *name);

/** The model called @p name, with or without a version, or NULL. "host" is not a model. */
const X86CpuModel *x86_cpu_model_find(const char *name);

/** The version that @p name asks of @p model, which x86_cpu_model_find() has found for it: the newest if it
 * does not say. */
unsigned x86_cpu_model_version(const X86CpuModel *model, const char *name);

/** The features of the model called @p name, which exists. */
X86Features x86_cpu_model_features(const char *name);

/** CPUID function 1, EAX, for a family, model and stepping (AMD APM volume 3, appendix E). */
uint32_t x86_cpu_signature(unsigned family, unsigned model, unsigned stepping);

#endif
