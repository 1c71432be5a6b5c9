/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * ECDSA over P-384 with OpenSSL's libcrypto.
 */
#include <glib.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include "confidential/crypto-ecdsa.h"

#define COORDINATE_SIZE 48

/* An uncompressed point: a byte that says so, then both coordinates. */
#define POINT_UNCOMPRESSED 0x04
#define POINT_SIZE         (1 + 2 * COORDINATE_SIZE)

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIGNUM, BN_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ECDSA_SIG, ECDSA_SIG_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_MD_CTX, EVP_MD_CTX_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_PKEY, EVP_PKEY_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_PKEY_CTX, EVP_PKEY_CTX_free)

/* Reverses a field into @coordinate. False if it does not fit, because its padding is not zero. */
static bool to_coordinate(const uint8_t field[CRYPTO_ECDSA_FIELD_SIZE], uint8_t coordinate[COORDINATE_SIZE])
{
    for (size_t i = COORDINATE_SIZE; i < CRYPTO_ECDSA_FIELD_SIZE; i++) {
        if (field[i] != 0) {
            return false;
        }
    }
    for (size_t i = 0; i < COORDINATE_SIZE; i++) {
        coordinate[i] = field[COORDINATE_SIZE - 1 - i];
    }
    return true;
}

/* The public key with this point; NULL if there is none. */
static EVP_PKEY *public_key(const uint8_t *qx, const uint8_t *qy)
{
    g_autoptr(EVP_PKEY_CTX) context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    uint8_t point[POINT_SIZE] = { POINT_UNCOMPRESSED };
    char group[] = SN_secp384r1;
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY *key = NULL;

    if (!to_coordinate(qx, point + 1) || !to_coordinate(qy, point + 1 + COORDINATE_SIZE) || !context ||
        EVP_PKEY_fromdata_init(context) <= 0 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) <= 0) {
        return NULL;
    }
    return key;
}

/* The signature as DER, which the caller frees with OPENSSL_free(). Returns its size, or a value <= 0. */
static int signature_to_der(const uint8_t *r, const uint8_t *s, unsigned char **der)
{
    g_autoptr(ECDSA_SIG) signature = ECDSA_SIG_new();
    g_autoptr(BIGNUM) r_number = BN_lebin2bn(r, CRYPTO_ECDSA_FIELD_SIZE, NULL);
    g_autoptr(BIGNUM) s_number = BN_lebin2bn(s, CRYPTO_ECDSA_FIELD_SIZE, NULL);

    if (!signature || !r_number || !s_number || !ECDSA_SIG_set0(signature, r_number, s_number)) {
        return 0;
    }
    (void)g_steal_pointer(&r_number);
    (void)g_steal_pointer(&s_number);
    return i2d_ECDSA_SIG(signature, der);
}

static bool verify(const char *md_name, const uint8_t *qx, const uint8_t *qy, const void *data, size_t size,
                   const uint8_t *r, const uint8_t *s)
{
    g_autoptr(EVP_PKEY) key = public_key(qx, qy);
    g_autoptr(EVP_MD_CTX) context = EVP_MD_CTX_new();
    unsigned char *der = NULL;
    int der_size = signature_to_der(r, s, &der);
    bool is_good = key && context && der_size > 0 &&
                   EVP_DigestVerifyInit_ex(context, NULL, md_name, NULL, NULL, key, NULL) > 0 &&
                   EVP_DigestVerify(context, der, (size_t)der_size, data, size) > 0;

    OPENSSL_free(der);
    return is_good;
}

/* OpenSSL's record of what is wrong with a bad signature would be found by whoever asks it next. */
static bool verify_quietly(const char *md_name, const uint8_t *qx, const uint8_t *qy, const void *data,
                           size_t size, const uint8_t *r, const uint8_t *s)
{
    bool is_good;

    ERR_set_mark();
    is_good = verify(md_name, qx, qy, data, size, r, s);
    ERR_pop_to_mark();
    return is_good;
}

bool crypto_ecdsa_p384_verify(const uint8_t qx[CRYPTO_ECDSA_FIELD_SIZE],
                              const uint8_t qy[CRYPTO_ECDSA_FIELD_SIZE], const void *data, size_t size,
                              const uint8_t r[CRYPTO_ECDSA_FIELD_SIZE],
                              const uint8_t s[CRYPTO_ECDSA_FIELD_SIZE])
{
    return verify_quietly("SHA384", qx, qy, data, size, r, s);
}

bool crypto_ecdsa_p384_sha256_verify(const uint8_t qx[CRYPTO_ECDSA_FIELD_SIZE],
                                     const uint8_t qy[CRYPTO_ECDSA_FIELD_SIZE], const void *data, size_t size,
                                     const uint8_t r[CRYPTO_ECDSA_FIELD_SIZE],
                                     const uint8_t s[CRYPTO_ECDSA_FIELD_SIZE])
{
    return verify_quietly("SHA256", qx, qy, data, size, r, s);
}

EVP_PKEY *crypto_ecdsa_p384_public_key(const uint8_t qx[CRYPTO_ECDSA_FIELD_SIZE],
                                       const uint8_t qy[CRYPTO_ECDSA_FIELD_SIZE])
{
    EVP_PKEY *key;

    /* The library makes no key of a point that is elsewhere. */
    ERR_set_mark();
    key = public_key(qx, qy);
    ERR_pop_to_mark();
    return key;
}

bool crypto_ecdsa_p384_is_on_curve(const uint8_t qx[CRYPTO_ECDSA_FIELD_SIZE],
                                   const uint8_t qy[CRYPTO_ECDSA_FIELD_SIZE])
{
    g_autoptr(EVP_PKEY) key = crypto_ecdsa_p384_public_key(qx, qy);

    return key != NULL;
}
