/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The launch digest of SEV and SEV-ES.
 */
#include "target-i386/sev-digest.h"

static uint64_t add(CryptoSha256 *state, GBytes *part)
{
    gsize size;
    const void *data = g_bytes_get_data(part, &size);

    crypto_sha256_update(state, data, size);
    return (size + GUEST_PAGE_SIZE - 1) / GUEST_PAGE_SIZE;
}

uint64_t sev_digest(const LaunchPlan *plan, uint8_t digest[CRYPTO_SHA256_SIZE])
{
    CryptoSha256 *state = crypto_sha256_new();
    uint64_t pages = 0;

    for (size_t i = 0; i < plan->n_ranges; i++) {
        pages += add(state, plan->ranges[i].contents);
    }
    for (size_t i = 0; i < plan->n_vcpus; i++) {
        if (plan->vcpus[i].page) {
            pages += add(state, plan->vcpus[i].page);
        }
    }
    crypto_sha256_finish(state, digest);
    crypto_sha256_free(state);
    return pages;
}
