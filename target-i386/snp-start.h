/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * How an SEV-SNP guest with a kernel and no firmware starts: what a firmware would do for the kernel.
 *
 * A guest can only access private pages that it has validated. Those that are launched are; all other memory
 * is validated by a page of code, which is launched itself, before it enters the kernel (PVALIDATE, in large
 * pages where the host has them). If a page was validated before, the host plays foul: the guest asks to be
 * terminated (set 0, reason 0).
 *
 * The kernel learns from a node of its setup data (SETUP_CC_BLOB; Linux, struct cc_blob_sev_info in
 * arch/x86/include/asm/sev.h) where the secrets page and the CPUID page are, which the firmware of the secure
 * processor fills in. It maps the former like a device, so they lie where the memory map has no RAM.
 */
#ifndef TARGET_I386_SNP_START_H
#define TARGET_I386_SNP_START_H

#include "confidential/plan.h"
#include "hw/ram.h"
#include "target-i386/linux-direct.h"

#define SNP_START_GPA   UINT64_C(0xe2000)
#define SNP_SECRETS_GPA UINT64_C(0xe3000)
#define SNP_CPUID_GPA   UINT64_C(0xe4000)
#define SNP_BLOB_GPA    UINT64_C(0x30000)

/** Memory, whole pages, that is to be validated. */
typedef struct SnpMemory {
    uint64_t start, end;
} SnpMemory;

/** As many ranges as there is room for. */
#define SNP_START_RANGES 239

/**
 * The page of code, for a kernel whose 64-bit entry is at @p kernel_entry, below 4 GiB. @p n is at most
 * SNP_START_RANGES.
 */
GBytes *snp_start_new(uint32_t kernel_entry, const SnpMemory *memory, unsigned n);

/** The node of setup data, for SNP_BLOB_GPA. */
GBytes *snp_start_blob_new(void);

/**
 * Adds to @p plan what is launched of a guest with the memory @p ram that starts the kernel of @p direct, and
 * changes that accordingly. @p cbitpos is from 32 to 51. Fails if the guest has more memory than its first
 * page tables can map, 512 GiB.
 */
bool snp_start_plan(LinuxDirect *direct, const GuestRam *ram, unsigned cbitpos, LaunchPlan *plan,
                    Error **errp);

#endif
