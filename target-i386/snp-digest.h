/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Above the door: the launch digest of an SEV-SNP guest, computed as the firmware computes it (AMD 56860,
 * section 8.17.2 "PAGE_INFO"): a chain of SHA-384 over every launched 4 KiB page.
 */
#ifndef TARGET_I386_SNP_DIGEST_H
#define TARGET_I386_SNP_DIGEST_H

#include "confidential/crypto.h"
#include "confidential/plan.h"

/** A digest under construction; zero it to start. */
typedef struct SnpDigest {
    uint8_t value[CRYPTO_SHA384_SIZE]; /* the launch digest so far */
    uint64_t pages;                    /* how many pages it covers */
} SnpDigest;

/**
 * Adds the pages of @p size bytes from guest address @p gpa, both multiples of 4096. @p contents is @p size
 * bytes for LAUNCH_PAGE_TYPE_NORMAL and LAUNCH_PAGE_TYPE_VMSA, and is ignored (may be NULL) for all others,
 * whose contents the digest does not cover. A VMSA is a single page at SNP_VMSA_GPA.
 */
void snp_digest_update(SnpDigest *digest, LaunchPageType type, uint64_t gpa, const uint8_t *contents,
                       uint64_t size);

/** Adds one page whose contents have the SHA-384 digest @p contents, or zeros where that is not covered. */
void snp_digest_add(SnpDigest *digest, LaunchPageType type, uint64_t gpa,
                    const uint8_t contents[CRYPTO_SHA384_SIZE]);

/** Adds all ranges of @p plan, then the register page of each of its vCPUs. */
void snp_digest_plan(SnpDigest *digest, const LaunchPlan *plan);

#endif
