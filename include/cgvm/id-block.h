/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * ID blocks, with which the owner of an SEV-SNP guest says what may be launched: made, signed, described and
 * verified, on the owner's machine (AMD publication 56860, ID_BLOCK and ID_AUTH_INFO).
 *
 *     CgvmIdBlock *id = cgvm_id_block_create("digest=…,policy=smt,svn=3", id_key_pem, author_key_pem,
 * &error); char *options = cgvm_id_block_describe(id, CGVM_FORMAT_OPTIONS); // for -object sev-snp-guest,…
 *
 * Options are text, "NAME=VALUE,…", with a comma in a value written twice; their names are those of
 * structures in docs/objects.md. Private keys are PEM, PKCS#8 or SEC 1, on the curve P-384; they are cleared
 * in this library's memory as soon as they have signed, and the caller clears what was read.
 */
#ifndef CGVM_ID_BLOCK_H
#define CGVM_ID_BLOCK_H

#include <stdbool.h>
#include "cgvm/bytes.h"
#include "cgvm/error.h"

#ifdef __cplusplus
extern "C" {
#endif
#ifdef __GNUC__
#pragma GCC visibility push(default)
#endif

/** An ID block of 96 bytes and the 4096 bytes that authenticate it. Immutable, and opaque. */
typedef struct CgvmIdBlock CgvmIdBlock;

/**
 * Makes and signs an ID block. @p options are those of the schema's SnpIdBlockOptions. @p id_key signs it; if
 * it is empty, a key is made that signs once and is forgotten, so that nobody can sign another block in its
 * name. @p author_key, unless it is empty, signs the ID key. NULL with CGVM_ERROR_INVALID for wrong options
 * or keys.
 */
CgvmIdBlock *cgvm_id_block_create(const char *options, CgvmBytes id_key, CgvmBytes author_key,
                                  CgvmError **error);

/**
 * The ID block that is in @p text, properties of sev-snp-guest: id-block, id-auth, and author-key-enabled.
 * Nothing of it is verified. NULL with CGVM_ERROR_INVALID if they have another form or size.
 */
CgvmIdBlock *cgvm_id_block_parse(const char *text, CgvmError **error);

/**
 * The same from its two parts, each as it is or in base64; @p has_author: whether an author has signed the ID
 * key.
 */
CgvmIdBlock *cgvm_id_block_new(CgvmBytes block, CgvmBytes auth, bool has_author, CgvmError **error);

/** Frees @p id; NULL is allowed. */
void cgvm_id_block_free(CgvmIdBlock *id);

/** The ID block's 96 bytes, and the 4096 that authenticate it. Owned by @p id. */
CgvmBytes cgvm_id_block_bytes(const CgvmIdBlock *id);
CgvmBytes cgvm_id_block_auth(const CgvmIdBlock *id);

/**
 * The digest of the ID key, or with @p of_author of the author key, as attestation reports show it
 * (ID_KEY_DIGEST, AUTHOR_KEY_DIGEST), in hexadecimal. NULL if no author has signed. To be freed with
 * cgvm_string_free().
 */
char *cgvm_id_block_key_digest(const CgvmIdBlock *id, bool of_author);

/**
 * All of its fields, and the digests of its keys as attestation reports show them: as text, as the schema's
 * SnpIdBlockInfo, or as properties of sev-snp-guest. Nothing is verified. To be freed with
 * cgvm_string_free().
 */
char *cgvm_id_block_describe(const CgvmIdBlock *id, CgvmFormat format);

/**
 * Verifies it: it says what @p expected (options of the schema's SnpIdBlockExpectations; NULL expects
 * nothing) says, the firmware would take it, and its signatures are right. Fails with CGVM_ERROR_MISMATCH if
 * it says something else or a signature is wrong, with CGVM_ERROR_INVALID for what no firmware takes or for
 * wrong options. The message names the field.
 */
bool cgvm_id_block_verify(const CgvmIdBlock *id, const char *expected, CgvmError **error);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif

#endif
