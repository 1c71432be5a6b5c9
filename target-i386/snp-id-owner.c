/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Makes and verifies ID blocks.
 */
#include "target-i386/snp-id-owner.h"
#include <inttypes.h>
#include <string.h>
#include "qapi/bytes-text.h"
#include "qapi/fields.h"
#include "target-i386/sev-policy.h"
#include "target-i386/snp-id-block.h"

#define ID_SIZE 16

void snp_id_blobs_clear(SnpIdBlockBlobs *blobs)
{
    fields_clear(&SnpIdBlockBlobs_fields, blobs);
}

/* ---- making ---- */

static bool is_hex_id(const char *text)
{
    return strlen(text) == 2 * ID_SIZE && strspn(text, "0123456789abcdefABCDEF") == 2 * ID_SIZE;
}

static bool read_id(const char *name, const char *text, uint8_t id[ID_SIZE], Error **errp)
{
    memset(id, 0, ID_SIZE);
    if (text && is_hex_id(text)) {
        return bytes_from_text(name, text, id, ID_SIZE, errp);
    }
    if (text && strlen(text) > ID_SIZE) {
        return error_setg(errp,
                          "'%s' has %zu bytes; an id is 32 hexadecimal digits, or text of at most %d bytes",
                          name, strlen(text), ID_SIZE);
    }
    if (text) {
        memcpy(id, text, strlen(text));
    }
    return true;
}

static bool fill_block(const SnpIdBlockOptions *options, SnpIdBlock *block, Error **errp)
{
    uint64_t policy;

    if (!bytes_from_text("digest", options->digest, block->launch_digest, sizeof(block->launch_digest),
                         errp) ||
        !read_id("family-id", options->family_id, block->family_id, errp) ||
        !read_id("image-id", options->image_id, block->image_id, errp) ||
        !snp_policy_from_text("policy", options->policy, &policy, errp) || !snp_policy_check(policy, errp)) {
        return false;
    }
    block->version = GUINT32_TO_LE(SNP_ID_BLOCK_VERSION);
    block->guest_svn = GUINT32_TO_LE(options->svn);
    block->policy = GUINT64_TO_LE(policy);
    return true;
}

static void put_key(const CryptoKey *key, SnpIdKey *field)
{
    CryptoP384Point point;

    G_STATIC_ASSERT(sizeof(field->qx) == sizeof(point.x));
    crypto_key_public(key, &point);
    field->curve = GUINT32_TO_LE(SNP_ID_CURVE_P384);
    memcpy(&field->qx, point.x, sizeof(point.x));
    memcpy(&field->qy, point.y, sizeof(point.y));
}

static void put_signature(const CryptoKey *key, const void *data, size_t size, SnpIdSignature *field)
{
    CryptoP384Signature signature;

    G_STATIC_ASSERT(sizeof(field->r) == sizeof(signature.r));
    crypto_key_sign(key, data, size, &signature);
    memcpy(&field->r, signature.r, sizeof(signature.r));
    memcpy(&field->s, signature.s, sizeof(signature.s));
}

static void authenticate(const SnpIdBlock *block, const CryptoKey *id_key, const CryptoKey *author_key,
                         SnpIdAuth *auth)
{
    auth->id_key_algorithm = GUINT32_TO_LE(SNP_ID_ALGORITHM_ECDSA_P384_SHA384);
    put_key(id_key, &auth->id_key);
    put_signature(id_key, block, sizeof(*block), &auth->block_signature);
    if (author_key) {
        auth->author_key_algorithm = GUINT32_TO_LE(SNP_ID_ALGORITHM_ECDSA_P384_SHA384);
        put_key(author_key, &auth->author_key);
        put_signature(author_key, &auth->id_key, sizeof(auth->id_key), &auth->id_key_signature);
    }
}

bool snp_id_make(const SnpIdBlockOptions *options, const CryptoKey *id_key, const CryptoKey *author_key,
                 SnpIdBlockBlobs *blobs, Error **errp)
{
    SnpIdBlock block = { .version = 0 };
    SnpIdAuth auth = { .id_key_algorithm = 0 };

    *blobs = (SnpIdBlockBlobs){ .author_key_enabled = author_key != NULL };
    if (!fill_block(options, &block, errp)) {
        *blobs = (SnpIdBlockBlobs){ .author_key_enabled = false };
        return false;
    }
    authenticate(&block, id_key, author_key, &auth);
    blobs->id_block = (Blob){ .data = g_memdup2(&block, sizeof(block)), .size = sizeof(block) };
    blobs->id_auth = (Blob){ .data = g_memdup2(&auth, sizeof(auth)), .size = sizeof(auth) };
    return true;
}

/* ---- verifying ---- */

static bool other_bytes(const char *what, const uint8_t *bytes, const uint8_t *expected, size_t size,
                        Error **errp)
{
    g_autofree char *is = crypto_hex(bytes, size), *should = crypto_hex(expected, size);

    return error_set(errp, CGVM_ERROR_MISMATCH, "the %s is %s, not %s as expected", what, is, should);
}

/* Compares @size bytes with what @text, the expectation @name, says; NULL expects nothing. */
static bool expect_bytes(const char *what, const char *name, const char *text, const uint8_t *bytes,
                         size_t size, Error **errp)
{
    g_autofree uint8_t *expected = g_malloc(size);

    if (!text) {
        return true;
    }
    if (!bytes_from_text(name, text, expected, size, errp)) {
        return false;
    }
    return memcmp(bytes, expected, size) == 0 || other_bytes(what, bytes, expected, size, errp);
}

static bool expect_id(const char *what, const char *name, const char *text, const uint8_t id[ID_SIZE],
                      Error **errp)
{
    uint8_t expected[ID_SIZE];

    if (!text) {
        return true;
    }
    if (!read_id(name, text, expected, errp)) {
        return false;
    }
    return memcmp(id, expected, ID_SIZE) == 0 || other_bytes(what, id, expected, ID_SIZE, errp);
}

static bool expect_policy(uint64_t policy, const char *text, Error **errp)
{
    uint64_t expected;
    g_autofree char *words = snp_policy_words(policy), *expected_words = NULL;

    if (!text) {
        return true;
    }
    if (!snp_policy_from_text("policy", text, &expected, errp)) {
        return false;
    }
    expected_words = snp_policy_words(expected);
    return policy == expected ||
           error_set(errp, CGVM_ERROR_MISMATCH,
                     "the ID block's policy is 0x%" PRIx64 " (%s), not 0x%" PRIx64 " (%s) as expected",
                     policy, words, expected, expected_words);
}

static bool expect_block(const SnpIdBlock *block, const SnpIdBlockExpectations *expected, Error **errp)
{
    const uint32_t svn = GUINT32_FROM_LE(block->guest_svn);

    if (!expect_bytes("ID block's launch digest", "digest", expected->digest, block->launch_digest,
                      sizeof(block->launch_digest), errp) ||
        !expect_id("ID block's family id", "family-id", expected->family_id, block->family_id, errp) ||
        !expect_id("ID block's image id", "image-id", expected->image_id, block->image_id, errp) ||
        !expect_policy(GUINT64_FROM_LE(block->policy), expected->policy, errp)) {
        return false;
    }
    return !expected->has_svn || svn == expected->svn ||
           error_set(errp, CGVM_ERROR_MISMATCH, "the ID block's guest SVN is %u, not %u as expected", svn,
                     expected->svn);
}

static bool expect_keys(const SnpIdBlockBlobs *blobs, const SnpIdBlockExpectations *expected, Error **errp)
{
    uint8_t digest[CRYPTO_SHA384_SIZE], author_digest[CRYPTO_SHA384_SIZE];

    snp_id_key_digest(blobs->id_auth.data, digest);
    snp_id_author_key_digest(blobs->id_auth.data, author_digest);
    if (!expect_bytes("digest of the ID key", "id-key-digest", expected->id_key_digest, digest,
                      sizeof(digest), errp)) {
        return false;
    }
    if (expected->author_key_digest && !blobs->author_key_enabled) {
        return error_set(
            errp, CGVM_ERROR_MISMATCH,
            "no author has signed the ID key ('author-key-enabled' is off), but one is expected");
    }
    return expect_bytes("digest of the author key", "author-key-digest", expected->author_key_digest,
                        author_digest, sizeof(author_digest), errp);
}

bool snp_id_verify(const SnpIdBlockBlobs *blobs, const SnpIdBlockExpectations *expectations, Error **errp)
{
    SnpIdBlock block;

    memcpy(&block, blobs->id_block.data, sizeof(block));
    return snp_policy_check(GUINT64_FROM_LE(block.policy), errp) &&
           expect_block(&block, expectations, errp) && expect_keys(blobs, expectations, errp) &&
           snp_id_check(blobs->id_block.data, blobs->id_auth.data, blobs->author_key_enabled,
                        GUINT64_FROM_LE(block.policy), errp);
}
