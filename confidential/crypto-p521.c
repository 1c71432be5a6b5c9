/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Keys on the curve P-521 with OpenSSL's libcrypto.
 */
#include "confidential/crypto-p521.h"
#include <glib.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <string.h>
#include "confidential/crypto-mac.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIGNUM, BN_clear_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BN_CTX, BN_CTX_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EC_GROUP, EC_GROUP_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EC_POINT, EC_POINT_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_PKEY_CTX, EVP_PKEY_CTX_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OSSL_PARAM, OSSL_PARAM_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(OSSL_PARAM_BLD, OSSL_PARAM_BLD_free)

static EC_GROUP *curve(void)
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_secp521r1);

    if (!group) {
        g_error("the cryptographic library has no P-521");
    }
    return group;
}

static void expect(bool is_done)
{
    if (!is_done) {
        g_error("the cryptographic library failed to compute on P-521");
    }
}

static void set_point(const EC_GROUP *group, const EC_POINT *from, CryptoP521Point *point)
{
    g_autoptr(BIGNUM) x = BN_new();
    g_autoptr(BIGNUM) y = BN_new();

    expect(x && y && EC_POINT_get_affine_coordinates(group, from, x, y, NULL) &&
           BN_bn2binpad(x, point->x, sizeof(point->x)) > 0 &&
           BN_bn2binpad(y, point->y, sizeof(point->y)) > 0);
}

void crypto_p521_key(const void *seed, size_t size, CryptoP521Key *key)
{
    /* So much longer than the order that no remainder is more likely than another. */
    uint8_t bytes[CRYPTO_P521_SIZE + 16];
    g_autoptr(EC_GROUP) group = curve();
    g_autoptr(EC_POINT) point = EC_POINT_new(group);
    g_autoptr(BN_CTX) numbers = BN_CTX_new();
    g_autoptr(BIGNUM) limit = BN_dup(EC_GROUP_get0_order(group));
    g_autoptr(BIGNUM) d = NULL;

    crypto_derive_key(seed, size, "p521-key", NULL, 0, bytes, sizeof(bytes));
    d = BN_bin2bn(bytes, sizeof(bytes), NULL);
    expect(point && numbers && limit && d && BN_sub_word(limit, 1) && BN_mod(d, d, limit, numbers) &&
           BN_add_word(d, 1) && EC_POINT_mul(group, point, d, NULL, NULL, NULL) &&
           BN_bn2binpad(d, key->d, sizeof(key->d)) > 0);
    set_point(group, point, &key->point);
}

static bool agree(const CryptoP521Key *key, const CryptoP521Point *peer, uint8_t z[CRYPTO_P521_SIZE])
{
    g_autoptr(EC_GROUP) group = curve();
    g_autoptr(EC_POINT) point = EC_POINT_new(group);
    g_autoptr(BIGNUM) d = BN_bin2bn(key->d, sizeof(key->d), NULL);
    g_autoptr(BIGNUM) x = BN_bin2bn(peer->x, sizeof(peer->x), NULL);
    g_autoptr(BIGNUM) y = BN_bin2bn(peer->y, sizeof(peer->y), NULL);

    return point && d && x && y && EC_POINT_set_affine_coordinates(group, point, x, y, NULL) &&
           EC_POINT_mul(group, point, NULL, point, d, NULL) &&
           EC_POINT_get_affine_coordinates(group, point, x, NULL, NULL) &&
           BN_bn2binpad(x, z, CRYPTO_P521_SIZE) > 0;
}

bool crypto_p521_agree(const CryptoP521Key *key, const CryptoP521Point *peer, uint8_t z[CRYPTO_P521_SIZE])
{
    bool is_on_curve;

    /* OpenSSL's record of what is wrong with a bad point would be found by whoever asks it next. */
    ERR_set_mark();
    is_on_curve = agree(key, peer, z);
    ERR_pop_to_mark();
    return is_on_curve;
}

EVP_PKEY *crypto_p521_private_key(const CryptoP521Key *key)
{
    /* An uncompressed point: 4, x, y. */
    uint8_t point[1 + 2 * CRYPTO_P521_SIZE] = { 4 };
    const size_t padding = CRYPTO_P521_FIELD_SIZE - CRYPTO_P521_SIZE;
    g_autoptr(EVP_PKEY_CTX) context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    g_autoptr(OSSL_PARAM_BLD) builder = OSSL_PARAM_BLD_new();
    g_autoptr(OSSL_PARAM) parameters = NULL;
    g_autoptr(BIGNUM) d = BN_bin2bn(key->d, sizeof(key->d), NULL);
    EVP_PKEY *result = NULL;

    for (size_t i = 0; i < CRYPTO_P521_SIZE; i++) {
        point[1 + i] = key->point.x[padding + i];
        point[1 + CRYPTO_P521_SIZE + i] = key->point.y[padding + i];
    }
    expect(builder && d &&
           OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, SN_secp521r1, 0) &&
           OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, d) &&
           OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)));
    parameters = OSSL_PARAM_BLD_to_param(builder);
    expect(context && parameters && EVP_PKEY_fromdata_init(context) > 0 &&
           EVP_PKEY_fromdata(context, &result, EVP_PKEY_KEYPAIR, parameters) > 0);
    return result;
}

EVP_PKEY *crypto_p521_public_key(const CryptoP521Point *point)
{
    static const uint8_t zeroes[CRYPTO_P521_FIELD_SIZE - CRYPTO_P521_SIZE];
    uint8_t encoded[1 + 2 * CRYPTO_P521_SIZE] = { POINT_CONVERSION_UNCOMPRESSED };
    char curve[] = SN_secp521r1;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, curve, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, encoded, sizeof(encoded)),
        OSSL_PARAM_construct_end(),
    };
    g_autoptr(EVP_PKEY_CTX) context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *key = NULL;

    if (memcmp(point->x, zeroes, sizeof(zeroes)) != 0 || memcmp(point->y, zeroes, sizeof(zeroes)) != 0) {
        return NULL;
    }
    memcpy(encoded + 1, point->x + sizeof(zeroes), CRYPTO_P521_SIZE);
    memcpy(encoded + 1 + CRYPTO_P521_SIZE, point->y + sizeof(zeroes), CRYPTO_P521_SIZE);
    expect(context && EVP_PKEY_fromdata_init(context) > 0);
    return EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) > 0 ? key : NULL;
}
