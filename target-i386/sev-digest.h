/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Above the door: the launch digest of an SEV or SEV-ES guest, computed as the firmware computes it (AMD
 * 55766): one SHA-256 over all that is launched, in order. Addresses are not a part of it.
 */
#ifndef TARGET_I386_SEV_DIGEST_H
#define TARGET_I386_SEV_DIGEST_H

#include "confidential/crypto.h"
#include "confidential/plan.h"

/**
 * The digest of the ranges of @p plan, all of which have contents, followed by the register pages of those of
 * its vCPUs that have one. Returns how many pages of 4 KiB that are; a part of one counts as one.
 */
uint64_t sev_digest(const LaunchPlan *plan, uint8_t digest[CRYPTO_SHA256_SIZE]);

#endif
