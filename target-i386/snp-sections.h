/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The sections of an image's SEV metadata, as the ranges that an SEV-SNP launch makes of them.
 */
#ifndef TARGET_I386_SNP_SECTIONS_H
#define TARGET_I386_SNP_SECTIONS_H

#include "confidential/plan.h"
#include "target-i386/x86-machine.h"

/** Where sections come from, and who launches them. */
typedef struct SnpSections {
    const char *name; /* of the image, for people */
    const OvmfInfo *info;
    MeasureVmm vmm;
    X86MachineState *hashes; /* whose kernel is hashed into the section for that; NULL: it stays empty */
} SnpSections;

/**
 * Adds the sections to @p plan, in launch order: that of the image, but for EC2, where the CPUID page is the
 * last. firmware_fit_snp() has accepted the image, and kernel_hashes_check_page() the machine.
 */
void snp_sections_plan(const SnpSections *sections, LaunchPlan *plan);

#endif
