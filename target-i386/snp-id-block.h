/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Above the door: the ID block, by which the owner of an SEV-SNP guest says what may be launched, and what
 * authenticates it (AMD 56860, ID_BLOCK and ID_AUTH_INFO). What the firmware would refuse at the end of a
 * launch is refused here before it begins.
 *
 * Both come as the bytes that SNP_LAUNCH_FINISH takes, SNP_ID_BLOCK_SIZE and SNP_ID_AUTH_SIZE of them, at any
 * alignment; both are borrowed. Messages call them by their properties, 'id-block' and 'id-auth'.
 */
#ifndef TARGET_I386_SNP_ID_BLOCK_H
#define TARGET_I386_SNP_ID_BLOCK_H

#include <stdbool.h>
#include "confidential/crypto.h"
#include "qapi/error.h"
#include "target-i386/sev-abi.h"

/**
 * Whether a guest with @p policy can be launched with @p block and @p auth, as far as that can be told
 * without its launch digest. Either may be NULL, not given; a guest needs neither. @p has_author: whether an
 * author has signed the ID key, without which the author's part of @p auth is not looked at, as in the
 * firmware.
 *
 * Fails with CGVM_ERROR_MISMATCH if @p block is of another policy or a signature does not verify, and with
 * CGVM_ERROR_INVALID if one is given without the other, or one of the two has not the right form: version,
 * algorithms, curves, points on the curve, and zeros wherever nothing else may be.
 */
bool snp_id_check(const uint8_t *block, const uint8_t *auth, bool has_author, uint64_t policy, Error **errp);

/**
 * Whether @p block is of a launch with @p digest, 96 digits in lower case. Fails with CGVM_ERROR_MISMATCH,
 * showing both digests.
 */
bool snp_id_check_digest(const uint8_t block[SNP_ID_BLOCK_SIZE], const char *digest, Error **errp);

/** The digest of the ID key in @p auth, as attestation reports show it (ID_KEY_DIGEST). */
void snp_id_key_digest(const uint8_t auth[SNP_ID_AUTH_SIZE], uint8_t digest[CRYPTO_SHA384_SIZE]);

/** The digest of the author key in @p auth, as attestation reports show it (AUTHOR_KEY_DIGEST). */
void snp_id_author_key_digest(const uint8_t auth[SNP_ID_AUTH_SIZE], uint8_t digest[CRYPTO_SHA384_SIZE]);

#endif
