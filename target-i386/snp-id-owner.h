/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The owner's side of ID blocks: making and signing them, and comparing them with what is expected.
 *
 * An ID block comes as the schema's SnpIdBlockBlobs, which are properties of sev-snp-guest. Whatever is
 * signed here snp_id_check() accepts.
 */
#ifndef TARGET_I386_SNP_ID_OWNER_H
#define TARGET_I386_SNP_ID_OWNER_H

#include "confidential/crypto-key.h"
#include "qapi-types.h"
#include "target-i386/sev-abi.h"

/**
 * Makes an ID block from @p options, signed by @p id_key, whose public half @p author_key signs unless that
 * is NULL. @p blobs is overwritten, and freed with snp_id_blobs_clear(). Fails with CGVM_ERROR_INVALID and
 * leaves it zeroed: a digest, an id or a policy that is malformed, or a policy that no firmware takes.
 */
bool snp_id_make(const SnpIdBlockOptions *options, const CryptoKey *id_key, const CryptoKey *author_key,
                 SnpIdBlockBlobs *blobs, Error **errp);

/**
 * Verifies @p blobs, which have both parts: the ID block says what is expected of it, keys are the expected
 * ones, and everything is so that the firmware takes it, the signatures included. Fails with
 * CGVM_ERROR_MISMATCH if it is another block, and with what snp_id_check() says.
 */
bool snp_id_verify(const SnpIdBlockBlobs *blobs, const SnpIdBlockExpectations *expectations, Error **errp);

/** Frees what @p blobs own and zeroes them. */
void snp_id_blobs_clear(SnpIdBlockBlobs *blobs);

#endif
