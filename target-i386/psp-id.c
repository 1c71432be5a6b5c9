/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The ID block of SNP_LAUNCH_FINISH: who signed this launch, and whether it is the one that was signed. AMD
 * publication 56860, structures ID_BLOCK and ID_AUTH_INFO; all their numbers are little-endian.
 */
#include <string.h>
#include "confidential/crypto-ecdsa.h"
#include "confidential/crypto.h"
#include "target-i386/psp-state.h"

#define ALGORITHM_ECDSA_P384_SHA384 1
#define CURVE_P384                  2
#define ID_BLOCK_VERSION            1

/* Offsets in ID_AUTH_INFO, and sizes of a key and of a number in keys and signatures. */
#define AUTH_ID_KEY_ALGORITHM     0x000
#define AUTH_AUTHOR_KEY_ALGORITHM 0x004
#define AUTH_BLOCK_SIGNATURE      0x040
#define AUTH_ID_KEY               0x240
#define AUTH_ID_KEY_SIGNATURE     0x680
#define AUTH_AUTHOR_KEY           0x880
#define KEY_SIZE                  1028

static uint32_t get_le32(const uint8_t *bytes)
{
    uint32_t value;

    memcpy(&value, bytes, sizeof(value));
    return GUINT32_FROM_LE(value);
}

/* A key is the number of its curve, then Qx and Qy; a signature is r, then s. */
static bool signature_is_good(const uint8_t *key, const void *data, size_t size, const uint8_t *signature)
{
    const uint8_t *point = key + sizeof(uint32_t);

    return get_le32(key) == CURVE_P384 &&
           crypto_ecdsa_p384_verify(point, point + CRYPTO_ECDSA_FIELD_SIZE, data, size, signature,
                                    signature + CRYPTO_ECDSA_FIELD_SIZE);
}

/* The author key signs the ID key, the ID key signs the ID block. */
static bool psp_check_id_signatures(const uint8_t *block, const uint8_t *auth, bool has_author_key)
{
    if (!signature_is_good(auth + AUTH_ID_KEY, block, SNP_ID_BLOCK_SIZE, auth + AUTH_BLOCK_SIGNATURE)) {
        return false;
    }
    return !has_author_key || signature_is_good(auth + AUTH_AUTHOR_KEY, auth + AUTH_ID_KEY, KEY_SIZE,
                                                auth + AUTH_ID_KEY_SIGNATURE);
}

uint32_t psp_id_check(PspGuest *guest, const PspLaunchFinish *finish)
{
    const uint8_t *auth = finish->id_auth;
    SnpIdBlock block;

    memcpy(&block, finish->id_block, sizeof(block));
    if (get_le32(auth + AUTH_ID_KEY_ALGORITHM) != ALGORITHM_ECDSA_P384_SHA384 ||
        (finish->auth_key_en && get_le32(auth + AUTH_AUTHOR_KEY_ALGORITHM) != ALGORITHM_ECDSA_P384_SHA384) ||
        GUINT32_FROM_LE(block.version) != ID_BLOCK_VERSION) {
        return SEV_STATUS_INVALID_PARAM;
    }
    if (!psp_check_id_signatures(finish->id_block, auth, finish->auth_key_en)) {
        return SEV_STATUS_BAD_SIGNATURE;
    }
    if (memcmp(block.launch_digest, guest->digest, PSP_DIGEST_SIZE) != 0) {
        return SEV_STATUS_BAD_MEASUREMENT;
    }
    if (GUINT64_FROM_LE(block.policy) != guest->policy) {
        return SEV_STATUS_POLICY_FAILURE;
    }
    guest->has_id_block = true;
    guest->has_author_key = finish->auth_key_en;
    guest->id_block = block;
    crypto_sha384(auth + AUTH_ID_KEY, KEY_SIZE, guest->id_key_digest);
    if (finish->auth_key_en) {
        crypto_sha384(auth + AUTH_AUTHOR_KEY, KEY_SIZE, guest->author_key_digest);
    }
    return SEV_STATUS_SUCCESS;
}
