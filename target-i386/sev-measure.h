/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Launch digests of any VMM's guests, computed from files and options alone: no machine is set up, and no
 * host is asked.
 *
 * The result is a plan like that of a launch by cgvm, and made by the same code, so what could not be
 * launched gets no digest. What another VMM does differently is in vmm-registers.h and snp-sections.h.
 */
#ifndef TARGET_I386_SEV_MEASURE_H
#define TARGET_I386_SEV_MEASURE_H

#include "confidential/plan.h"
#include "target-i386/x86-machine.h"

/** The most vCPUs that a guest of KVM can have. */
#define SEV_MEASURE_MAX_VCPUS 4096

/** What a digest is computed from: options that fit each other, and files that were read. */
typedef struct SevMeasure {
    MeasureOptions options;
    MachineState *machine; /* holds what was read, and is never started */
    char *svsm_name;
    GBytes *svsm; /* NULL: there is none */
    OvmfInfo svsm_info;
    uint64_t svsm_gpa;
    uint32_t signature; /* of the CPUs; 0 if it does not matter */
} SevMeasure;

/**
 * Reads the files that @p options, which is copied, name. Fails with CGVM_ERROR_INVALID for options that
 * contradict each other, lack something, or name a file that a launch would refuse; CGVM_ERROR_NOT_FOUND for
 * an unknown CPU model; CGVM_ERROR_IO for a file that cannot be read.
 */
SevMeasure *sev_measure_new(const MeasureOptions *options, Error **errp);

/** Frees it. NULL is allowed. */
void sev_measure_free(SevMeasure *measure);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SevMeasure, sev_measure_free)

/** Whether the vCPUs of @p mode are measured. */
bool sev_measure_has_vcpus(MeasureMode mode);

/** The memory of the launch, without vCPUs and digest; NULL with CGVM_ERROR_INVALID if ranges overlap. */
LaunchPlan *sev_measure_memory(const SevMeasure *measure, Error **errp);

/** The register page of vCPU 0, or of the others, which are all alike. */
void sev_measure_vcpu_page(const SevMeasure *measure, bool is_ap, X86Registers *registers, uint8_t *page);

/** The whole launch, with its digest. Fails as sev_measure_memory(). */
LaunchPlan *sev_measure_plan(const SevMeasure *measure, Error **errp);

#endif
