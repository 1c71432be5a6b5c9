/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Secret keys on the curve P-521 with OpenSSL's libcrypto, which clears them when it frees them.
 */
#include "confidential/crypto-p521-secret.h"
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>

G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_PKEY, EVP_PKEY_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_PKEY_CTX, EVP_PKEY_CTX_free)

/* What this structure is, is the library's business. */
static EVP_PKEY *pkey(const CryptoP521Secret *secret)
{
    return (EVP_PKEY *)secret;
}

static void expect(bool is_done)
{
    if (!is_done) {
        g_error("the cryptographic library failed to compute with a secret key on P-521");
    }
}

CryptoP521Secret *crypto_p521_secret_new(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-521");

    expect(key != NULL);
    return (CryptoP521Secret *)key;
}

void crypto_p521_secret_free(CryptoP521Secret *secret)
{
    EVP_PKEY_free(pkey(secret));
}

static void get_number(const CryptoP521Secret *secret, const char *name,
                       uint8_t field[CRYPTO_P521_FIELD_SIZE])
{
    BIGNUM *value = NULL;

    expect(EVP_PKEY_get_bn_param(pkey(secret), name, &value) &&
           BN_bn2binpad(value, field, CRYPTO_P521_FIELD_SIZE) > 0);
    BN_free(value);
}

void crypto_p521_secret_public(const CryptoP521Secret *secret, CryptoP521Point *point)
{
    get_number(secret, OSSL_PKEY_PARAM_EC_PUB_X, point->x);
    get_number(secret, OSSL_PKEY_PARAM_EC_PUB_Y, point->y);
}

static bool agree(const CryptoP521Secret *secret, const CryptoP521Point *peer, uint8_t z[CRYPTO_P521_SIZE])
{
    g_autoptr(EVP_PKEY) other = crypto_p521_public_key(peer);
    g_autoptr(EVP_PKEY_CTX) context = EVP_PKEY_CTX_new_from_pkey(NULL, pkey(secret), NULL);
    size_t size = CRYPTO_P521_SIZE;

    if (!other) {
        return false;
    }
    expect(context && EVP_PKEY_derive_init(context) > 0 && EVP_PKEY_derive_set_peer(context, other) > 0 &&
           EVP_PKEY_derive(context, z, &size) > 0 && size == CRYPTO_P521_SIZE);
    return true;
}

bool crypto_p521_secret_agree(const CryptoP521Secret *secret, const CryptoP521Point *peer,
                              uint8_t z[CRYPTO_P521_SIZE])
{
    bool is_on_curve;

    /* OpenSSL's record of what is wrong with a bad point would be found by whoever asks it next. */
    ERR_set_mark();
    is_on_curve = agree(secret, peer, z);
    ERR_pop_to_mark();
    return is_on_curve;
}
