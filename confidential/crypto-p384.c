/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Keys on the curve P-384 with OpenSSL's libcrypto.
 */
#include <glib.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <string.h>
#include "confidential/crypto-mac.h"
#include "confidential/crypto-p384.h"
#include "confidential/crypto.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIGNUM, BN_clear_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BN_CTX, BN_CTX_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EC_GROUP, EC_GROUP_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EC_POINT, EC_POINT_free)

static EC_GROUP *curve(void)
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_secp384r1);

    if (!group) {
        g_error("the cryptographic library has no P-384");
    }
    return group;
}

static void expect(bool is_done)
{
    if (!is_done) {
        g_error("the cryptographic library failed to compute on P-384");
    }
}

/* A number from 1 up to but excluding the order of @group, from a key and a context. */
static BIGNUM *derive_scalar(const EC_GROUP *group, const void *key, size_t key_size, const char *label,
                             const void *context, size_t context_size)
{
    /* So much longer than the order that no remainder is more likely than another. */
    uint8_t bytes[CRYPTO_P384_SIZE + 16];
    BIGNUM *scalar;
    g_autoptr(BN_CTX) numbers = BN_CTX_new();
    g_autoptr(BIGNUM) limit = BN_dup(EC_GROUP_get0_order(group));

    crypto_derive_key(key, key_size, label, context, context_size, bytes, sizeof(bytes));
    scalar = BN_bin2bn(bytes, sizeof(bytes), NULL);
    expect(numbers && limit && scalar && BN_sub_word(limit, 1) && BN_mod(scalar, scalar, limit, numbers) &&
           BN_add_word(scalar, 1));
    return scalar;
}

void crypto_p384_key(const void *seed, size_t size, CryptoP384Key *key)
{
    g_autoptr(EC_GROUP) group = curve();
    g_autoptr(EC_POINT) point = EC_POINT_new(group);
    g_autoptr(BIGNUM) d = derive_scalar(group, seed, size, "p384-key", NULL, 0);
    g_autoptr(BIGNUM) x = BN_new();
    g_autoptr(BIGNUM) y = BN_new();

    expect(point && x && y && EC_POINT_mul(group, point, d, NULL, NULL, NULL) &&
           EC_POINT_get_affine_coordinates(group, point, x, y, NULL) &&
           BN_bn2lebinpad(d, key->d, sizeof(key->d)) > 0 &&
           BN_bn2lebinpad(x, key->point.x, sizeof(key->point.x)) > 0 &&
           BN_bn2lebinpad(y, key->point.y, sizeof(key->point.y)) > 0);
}

static bool agree(const CryptoP384Key *key, const CryptoP384Point *peer, uint8_t z[CRYPTO_P384_SIZE])
{
    g_autoptr(EC_GROUP) group = curve();
    g_autoptr(EC_POINT) point = EC_POINT_new(group);
    g_autoptr(BIGNUM) d = BN_lebin2bn(key->d, sizeof(key->d), NULL);
    g_autoptr(BIGNUM) x = BN_lebin2bn(peer->x, sizeof(peer->x), NULL);
    g_autoptr(BIGNUM) y = BN_lebin2bn(peer->y, sizeof(peer->y), NULL);

    return point && d && x && y && EC_POINT_set_affine_coordinates(group, point, x, y, NULL) &&
           EC_POINT_mul(group, point, NULL, point, d, NULL) &&
           EC_POINT_get_affine_coordinates(group, point, x, NULL, NULL) &&
           BN_bn2binpad(x, z, CRYPTO_P384_SIZE) > 0;
}

bool crypto_p384_agree(const CryptoP384Key *key, const CryptoP384Point *peer, uint8_t z[CRYPTO_P384_SIZE])
{
    bool is_on_curve;

    /* OpenSSL's record of what is wrong with a bad point would be found by whoever asks it next. */
    ERR_set_mark();
    is_on_curve = agree(key, peer, z);
    ERR_pop_to_mark();
    return is_on_curve;
}

/* The secret number k of a signature follows from the key and the message, so that no two messages share it.
 */
/* No digest has more bits than the order of the curve. */
static void sign(const CryptoP384Key *key, const uint8_t *digest, int size, CryptoP384Signature *signature)
{
    g_autoptr(EC_GROUP) group = curve();
    const BIGNUM *order = EC_GROUP_get0_order(group);
    g_autoptr(EC_POINT) point = EC_POINT_new(group);
    g_autoptr(BN_CTX) numbers = BN_CTX_new();
    g_autoptr(BIGNUM) d = BN_lebin2bn(key->d, sizeof(key->d), NULL);
    g_autoptr(BIGNUM) r = BN_new();
    g_autoptr(BIGNUM) s = BN_new();
    g_autoptr(BIGNUM) k = NULL;
    g_autoptr(BIGNUM) e = NULL;

    k = derive_scalar(group, key->d, sizeof(key->d), "p384-sign", digest, (size_t)size);
    e = BN_bin2bn(digest, size, NULL);
    expect(point && numbers && d && r && s && e && EC_POINT_mul(group, point, k, NULL, NULL, numbers) &&
           EC_POINT_get_affine_coordinates(group, point, r, NULL, numbers) && BN_nnmod(r, r, order, numbers));
    /* s = (e + r d) / k */
    expect(BN_mod_mul(s, r, d, order, numbers) && BN_mod_add(s, s, e, order, numbers) &&
           BN_mod_inverse(k, k, order, numbers) && BN_mod_mul(s, s, k, order, numbers) && !BN_is_zero(r) &&
           !BN_is_zero(s));
    expect(BN_bn2lebinpad(r, signature->r, sizeof(signature->r)) > 0 &&
           BN_bn2lebinpad(s, signature->s, sizeof(signature->s)) > 0);
}

void crypto_p384_sign(const CryptoP384Key *key, const void *data, size_t size, CryptoP384Signature *signature)
{
    uint8_t digest[CRYPTO_SHA256_SIZE];

    crypto_sha256(data, size, digest);
    sign(key, digest, sizeof(digest), signature);
}

void crypto_p384_sha384_sign(const CryptoP384Key *key, const void *data, size_t size,
                             CryptoP384Signature *signature)
{
    uint8_t digest[CRYPTO_SHA384_SIZE];

    crypto_sha384(data, size, digest);
    sign(key, digest, sizeof(digest), signature);
}
