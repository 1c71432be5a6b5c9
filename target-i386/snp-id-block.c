/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * ID blocks and their authentication, checked above the door.
 */
#include <glib.h>
#include <inttypes.h>
#include <string.h>
#include "confidential/crypto-ecdsa.h"
#include "target-i386/sev-policy.h"
#include "target-i386/snp-id-block.h"

/** A part of ID_AUTH_INFO that must be zero. */
typedef struct Padding {
    size_t offset, size;
    const char *what;
    bool of_author; /* only looked at if there is one */
} Padding;

#define PADDING(member, is_of_author, name)                                                                  \
    {                                                                                                        \
        .offset = offsetof(SnpIdAuth, member), .size = sizeof(((SnpIdAuth *)NULL)->member), .what = (name),  \
        .of_author = (is_of_author)                                                                          \
    }
#define PADDINGS_OF_SIGNATURE(member, is_of_author, name)                                                    \
    PADDING(member.r.padding, is_of_author, "beyond the 48 bytes of R in " name),                            \
        PADDING(member.s.padding, is_of_author, "beyond the 48 bytes of S in " name),                        \
        PADDING(member.padding, is_of_author, "behind " name)
#define PADDINGS_OF_KEY(member, is_of_author, name)                                                          \
    PADDING(member.qx.padding, is_of_author, "beyond the 48 bytes of Qx in " name),                          \
        PADDING(member.qy.padding, is_of_author, "beyond the 48 bytes of Qy in " name),                      \
        PADDING(member.padding, is_of_author, "behind " name)

/* In the order in which they lie. */
static const Padding paddings[] = {
    PADDING(reserved1, false, "in a reserved field"),
    PADDINGS_OF_SIGNATURE(block_signature, false, "the ID block's signature"),
    PADDINGS_OF_KEY(id_key, false, "the ID key"),
    PADDING(reserved2, false, "in a reserved field"),
    PADDINGS_OF_SIGNATURE(id_key_signature, true, "the ID key's signature"),
    PADDINGS_OF_KEY(author_key, true, "the author key"),
    PADDING(reserved3, false, "in a reserved field"),
};

static bool check_given(const uint8_t *block, const uint8_t *auth, bool has_author, Error **errp)
{
    if (block && !auth) {
        return error_setg(errp,
                          "'id-block' is given without 'id-auth', which holds its signature; give both");
    }
    if (auth && !block) {
        return error_setg(errp, "'id-auth' is given without 'id-block', which it authenticates; give both");
    }
    if (has_author && !block) {
        return error_setg(
            errp, "'author-key-enabled' is on, but there is no ID block that an author could have signed; "
                  "give 'id-block' and 'id-auth'");
    }
    return true;
}

static bool set_policy_error(Error **errp, uint64_t signed_policy, uint64_t policy)
{
    g_autofree char *signed_words = snp_policy_words(signed_policy);
    g_autofree char *words = snp_policy_words(policy);

    return error_set(errp, CGVM_ERROR_MISMATCH,
                     "'id-block' was made for policy 0x%" PRIx64 " (%s), but 'policy' is 0x%" PRIx64
                     " (%s), and the firmware would refuse the launch; change 'policy', or have the ID block "
                     "made for this one",
                     signed_policy, signed_words, policy, words);
}

static bool check_block(const SnpIdBlock *block, uint64_t policy, Error **errp)
{
    const uint32_t version = GUINT32_FROM_LE(block->version);

    if (version != SNP_ID_BLOCK_VERSION) {
        return error_setg(errp,
                          "'id-block' has version %u, but the firmware only takes version %u; make it anew",
                          version, SNP_ID_BLOCK_VERSION);
    }
    return GUINT64_FROM_LE(block->policy) == policy ||
           set_policy_error(errp, GUINT64_FROM_LE(block->policy), policy);
}

/* What to do about a wrong part of the author's. */
static const char *author_advice(bool is_author)
{
    return is_author ? ", or turn 'author-key-enabled' off if no author has signed" : "";
}

static bool check_key(const SnpIdKey *key, uint32_t algorithm, bool is_author, Error **errp)
{
    const char *name = is_author ? "author key" : "ID key";
    const uint32_t curve = GUINT32_FROM_LE(key->curve);

    if (GUINT32_FROM_LE(algorithm) != SNP_ID_ALGORITHM_ECDSA_P384_SHA384) {
        return error_setg(errp,
                          "'id-auth' has algorithm %u for the %s, but the firmware only takes %u (ECDSA with "
                          "P-384 and SHA-384); sign with such a key%s",
                          GUINT32_FROM_LE(algorithm), name, SNP_ID_ALGORITHM_ECDSA_P384_SHA384,
                          author_advice(is_author));
    }
    if (curve != SNP_ID_CURVE_P384) {
        return error_setg(errp,
                          "'id-auth' has curve %u for the %s, but the firmware only takes %u (P-384); sign "
                          "with such a key%s",
                          curve, name, SNP_ID_CURVE_P384, author_advice(is_author));
    }
    return true;
}

static bool check_paddings(const SnpIdAuth *auth, bool has_author, Error **errp)
{
    const uint8_t *bytes = (const uint8_t *)auth;

    for (size_t i = 0; i < G_N_ELEMENTS(paddings); i++) {
        const Padding *padding = &paddings[i];
        const size_t end = padding->offset + padding->size;
        size_t at = padding->offset;

        while (at < end && bytes[at] == 0) {
            at++;
        }
        if (at < end && (has_author || !padding->of_author)) {
            return error_setg(errp,
                              "'id-auth' has 0x%02x at offset 0x%03zx, %s, where zero must be; make it anew, "
                              "with little-endian numbers of 72 bytes each",
                              bytes[at], at, padding->what);
        }
    }
    return true;
}

static const uint8_t *number(const SnpIdNumber *value)
{
    G_STATIC_ASSERT(sizeof(*value) == CRYPTO_ECDSA_FIELD_SIZE);
    return (const uint8_t *)value;
}

static bool check_point(const SnpIdKey *key, bool is_author, Error **errp)
{
    return crypto_ecdsa_p384_is_on_curve(number(&key->qx), number(&key->qy)) ||
           error_setg(
               errp,
               "'id-auth' has an %s that is no point of P-384; write Qx and Qy of the public key, both "
               "little-endian%s",
               is_author ? "author key" : "ID key", author_advice(is_author));
}

static bool is_signed(const SnpIdKey *key, const void *data, size_t size, const SnpIdSignature *signature)
{
    return crypto_ecdsa_p384_verify(number(&key->qx), number(&key->qy), data, size, number(&signature->r),
                                    number(&signature->s));
}

static bool check_signatures(const SnpIdBlock *block, const SnpIdAuth *auth, bool has_author, Error **errp)
{
    if (!is_signed(&auth->id_key, block, sizeof(*block), &auth->block_signature)) {
        return error_set(
            errp, CGVM_ERROR_MISMATCH,
            "'id-auth' has a signature that its ID key has not made over 'id-block'; sign the ID "
            "block again, and pass both as that gives them");
    }
    if (has_author &&
        !is_signed(&auth->author_key, &auth->id_key, sizeof(auth->id_key), &auth->id_key_signature)) {
        return error_set(
            errp, CGVM_ERROR_MISMATCH,
            "'id-auth' has a signature that its author key has not made over the ID key; have the "
            "author sign the ID key, all 1028 bytes of it%s",
            author_advice(true));
    }
    return true;
}

/* What says most comes first: an ID key of another algorithm has no curve, and a point whose numbers are in
 * the wrong order no place on it. */
static bool check_auth(const SnpIdBlock *block, const SnpIdAuth *auth, bool has_author, Error **errp)
{
    return check_key(&auth->id_key, auth->id_key_algorithm, false, errp) &&
           (!has_author || check_key(&auth->author_key, auth->author_key_algorithm, true, errp)) &&
           check_paddings(auth, has_author, errp) && check_point(&auth->id_key, false, errp) &&
           (!has_author || check_point(&auth->author_key, true, errp)) &&
           check_signatures(block, auth, has_author, errp);
}

bool snp_id_check(const uint8_t *block, const uint8_t *auth, bool has_author, uint64_t policy, Error **errp)
{
    SnpIdBlock block_copy;
    SnpIdAuth auth_copy;

    if (!check_given(block, auth, has_author, errp)) {
        return false;
    }
    if (!block) {
        return true;
    }
    memcpy(&block_copy, block, sizeof(block_copy));
    memcpy(&auth_copy, auth, sizeof(auth_copy));
    return check_block(&block_copy, policy, errp) && check_auth(&block_copy, &auth_copy, has_author, errp);
}

bool snp_id_check_digest(const uint8_t block[SNP_ID_BLOCK_SIZE], const char *digest, Error **errp)
{
    g_autofree char *expected =
        crypto_hex(block + offsetof(SnpIdBlock, launch_digest), sizeof(((SnpIdBlock *)NULL)->launch_digest));

    return strcmp(digest, expected) == 0 ||
           error_set(errp, CGVM_ERROR_MISMATCH,
                     "'id-block' was made for launch digest %s, but this launch would give %s, and the "
                     "firmware would refuse it; compare firmware file, -smp, -cpu and features (-plan text "
                     "shows them), or have the ID block made for this digest",
                     expected, digest);
}

void snp_id_key_digest(const uint8_t auth[SNP_ID_AUTH_SIZE], uint8_t digest[CRYPTO_SHA384_SIZE])
{
    crypto_sha384(auth + offsetof(SnpIdAuth, id_key), sizeof(SnpIdKey), digest);
}

void snp_id_author_key_digest(const uint8_t auth[SNP_ID_AUTH_SIZE], uint8_t digest[CRYPTO_SHA384_SIZE])
{
    crypto_sha384(auth + offsetof(SnpIdAuth, author_key), sizeof(SnpIdKey), digest);
}
