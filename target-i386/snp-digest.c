/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The SEV-SNP launch digest.
 */
#include <glib.h>
#include <stdbool.h>
#include <string.h>
#include "target-i386/sev-abi.h"
#include "target-i386/snp-digest.h"
#include "target-i386/vmsa.h"

/* What the firmware hashes for each page (AMD 56860, PAGE_INFO). KVM leaves the IMI flag and the VMPLs'
 * rights 0. */
typedef struct PageInfo {
    uint8_t digest[CRYPTO_SHA384_SIZE];
    uint8_t contents[CRYPTO_SHA384_SIZE];
    uint16_t length;
    uint8_t page_type;
    uint8_t imi_page;
    uint8_t vmpl_rights[4];
    uint64_t gpa;
} PageInfo;
ABI_ASSERT_SIZE(PageInfo, 112);

static const uint8_t firmware_type[] = {
    [LAUNCH_PAGE_TYPE_NORMAL] = SNP_PAGE_TYPE_NORMAL,
    [LAUNCH_PAGE_TYPE_VMSA] = SNP_PAGE_TYPE_VMSA,
    [LAUNCH_PAGE_TYPE_ZERO] = SNP_PAGE_TYPE_ZERO,
    [LAUNCH_PAGE_TYPE_UNMEASURED] = SNP_PAGE_TYPE_UNMEASURED,
    [LAUNCH_PAGE_TYPE_SECRETS] = SNP_PAGE_TYPE_SECRETS,
    [LAUNCH_PAGE_TYPE_CPUID] = SNP_PAGE_TYPE_CPUID,
};

void snp_digest_add(SnpDigest *digest, LaunchPageType type, uint64_t gpa,
                    const uint8_t contents[CRYPTO_SHA384_SIZE])
{
    PageInfo info = {
        .length = GUINT16_TO_LE(sizeof(info)),
        .page_type = firmware_type[type],
        .gpa = GUINT64_TO_LE(gpa),
    };

    memcpy(info.digest, digest->value, sizeof(info.digest));
    memcpy(info.contents, contents, sizeof(info.contents));
    crypto_sha384(&info, sizeof(info), digest->value);
    digest->pages++;
}

void snp_digest_update(SnpDigest *digest, LaunchPageType type, uint64_t gpa, const uint8_t *contents,
                       uint64_t size)
{
    const bool covered = type == LAUNCH_PAGE_TYPE_NORMAL || type == LAUNCH_PAGE_TYPE_VMSA;
    uint8_t page_digest[CRYPTO_SHA384_SIZE] = { 0 };

    for (uint64_t offset = 0; offset < size; offset += GUEST_PAGE_SIZE) {
        const uint8_t *page = covered ? contents + offset : NULL;

        /* A firmware image has long runs of equal pages, and comparing costs a fraction of hashing. */
        if (page && (offset == 0 || memcmp(page, page - GUEST_PAGE_SIZE, GUEST_PAGE_SIZE) != 0)) {
            crypto_sha384(page, GUEST_PAGE_SIZE, page_digest);
        }
        snp_digest_add(digest, type, gpa + offset, page_digest);
    }
}

void snp_digest_plan(SnpDigest *digest, const LaunchPlan *plan)
{
    for (size_t i = 0; i < plan->n_ranges; i++) {
        const LaunchRange *range = &plan->ranges[i];
        const void *contents = range->contents ? g_bytes_get_data(range->contents, NULL) : NULL;

        snp_digest_update(digest, range->page_type, range->gpa, contents, range->size);
    }
    for (size_t i = 0; i < plan->n_vcpus; i++) {
        snp_digest_update(digest, LAUNCH_PAGE_TYPE_VMSA, SNP_VMSA_GPA,
                          g_bytes_get_data(plan->vcpus[i].page, NULL), VMSA_SIZE);
    }
}
