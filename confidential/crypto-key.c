/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Private keys on P-384 with OpenSSL's libcrypto, which clears them when it frees them.
 */
#include "confidential/crypto-key.h"
#include <openssl/bn.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <string.h>

#define CURVE      "P-384"
#define CURVE_NAME SN_secp384r1

G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIGNUM, BN_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(BIO, BIO_free_all)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ECDSA_SIG, ECDSA_SIG_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_MD_CTX, EVP_MD_CTX_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_PKEY, EVP_PKEY_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_PKEY_CTX, EVP_PKEY_CTX_free)

/* What this structure is, is the library's business. */
static EVP_PKEY *pkey(const CryptoKey *key)
{
    return (EVP_PKEY *)key;
}

static void expect(bool is_done)
{
    if (!is_done) {
        g_error("the cryptographic library failed to compute with a key on " CURVE);
    }
}

CryptoKey *crypto_key_new(void)
{
    EVP_PKEY *key = EVP_EC_gen(CURVE);

    expect(key != NULL);
    return (CryptoKey *)key;
}

/* ---- PEM ---- */

/* Notes that a passphrase was asked for, and has none: where one comes from is not a library's business. */
static int refuse_passphrase(char *buffer G_GNUC_UNUSED, int size G_GNUC_UNUSED, int is_write G_GNUC_UNUSED,
                             void *was_asked)
{
    *(bool *)was_asked = true;
    return -1;
}

static bool check_key(EVP_PKEY *key, Error **errp)
{
    g_autoptr(EVP_PKEY_CTX) context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    char curve[40] = "";

    if (!EVP_PKEY_is_a(key, "EC")) {
        return error_setg(errp, "holds a key for %s; what is needed is one on the curve " CURVE,
                          EVP_PKEY_get0_type_name(key));
    }
    EVP_PKEY_get_group_name(key, curve, sizeof(curve), NULL);
    if (strcmp(curve, CURVE_NAME) != 0) {
        return error_setg(errp, "holds a key on the curve %s; what is needed is one on " CURVE,
                          *curve ? curve : "of nobody");
    }
    return (context && EVP_PKEY_check(context) > 0) ||
           error_setg(errp, "holds a private key whose public half is of another; make it anew");
}

static EVP_PKEY *read_pem(const void *pem, size_t size, Error **errp)
{
    g_autoptr(BIO) bio = size <= INT_MAX ? BIO_new_mem_buf(pem, (int)size) : NULL;
    bool was_asked = false;
    g_autoptr(EVP_PKEY) key = bio ? PEM_read_bio_PrivateKey(bio, NULL, refuse_passphrase, &was_asked) : NULL;

    if (was_asked) {
        return error_setg_null(errp,
                               "holds a private key that a passphrase protects; decrypt it into a pipe, as "
                               "in <(openssl pkey -in FILE)");
    }
    if (!key) {
        return error_setg_null(errp,
                               "holds no private key in PEM; one is made by openssl genpkey -algorithm EC "
                               "-pkeyopt ec_paramgen_curve:" CURVE);
    }
    return check_key(key, errp) ? g_steal_pointer(&key) : NULL;
}

CryptoKey *crypto_key_from_pem(const void *pem, size_t size, Error **errp)
{
    EVP_PKEY *key;

    /* OpenSSL's record of what it has tried would be found by whoever asks it next. */
    ERR_set_mark();
    key = read_pem(pem, size, errp);
    ERR_pop_to_mark();
    return (CryptoKey *)key;
}

void crypto_key_free(CryptoKey *key)
{
    EVP_PKEY_free(pkey(key));
}

/* ---- use ---- */

static void get_number(const CryptoKey *key, const char *name, uint8_t field[CRYPTO_ECDSA_FIELD_SIZE])
{
    BIGNUM *value = NULL;

    expect(EVP_PKEY_get_bn_param(pkey(key), name, &value) &&
           BN_bn2lebinpad(value, field, CRYPTO_ECDSA_FIELD_SIZE) > 0);
    BN_free(value);
}

void crypto_key_public(const CryptoKey *key, CryptoP384Point *point)
{
    get_number(key, OSSL_PKEY_PARAM_EC_PUB_X, point->x);
    get_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, point->y);
}

static void sign(const CryptoKey *key, const char *md_name, const void *data, size_t size,
                 CryptoP384Signature *signature)
{
    g_autoptr(EVP_MD_CTX) context = EVP_MD_CTX_new();
    g_autoptr(ECDSA_SIG) numbers = NULL;
    unsigned char der[128];
    const unsigned char *start = der;
    size_t der_size = sizeof(der);

    expect(context && EVP_DigestSignInit_ex(context, NULL, md_name, NULL, NULL, pkey(key), NULL) > 0 &&
           EVP_DigestSign(context, der, &der_size, data, size) > 0);
    numbers = d2i_ECDSA_SIG(NULL, &start, (long)der_size);
    expect(numbers && BN_bn2lebinpad(ECDSA_SIG_get0_r(numbers), signature->r, sizeof(signature->r)) > 0 &&
           BN_bn2lebinpad(ECDSA_SIG_get0_s(numbers), signature->s, sizeof(signature->s)) > 0);
}

void crypto_key_sign(const CryptoKey *key, const void *data, size_t size, CryptoP384Signature *signature)
{
    sign(key, "SHA384", data, size, signature);
}

void crypto_key_sign_sha256(const CryptoKey *key, const void *data, size_t size,
                            CryptoP384Signature *signature)
{
    sign(key, "SHA256", data, size, signature);
}

bool crypto_key_agree(const CryptoKey *key, const CryptoP384Point *peer, uint8_t z[CRYPTO_P384_SIZE])
{
    g_autoptr(EVP_PKEY) other = crypto_ecdsa_p384_public_key(peer->x, peer->y);
    g_autoptr(EVP_PKEY_CTX) context = EVP_PKEY_CTX_new_from_pkey(NULL, pkey(key), NULL);
    size_t size = CRYPTO_P384_SIZE;

    if (!other) {
        return false;
    }
    expect(context && EVP_PKEY_derive_init(context) > 0 && EVP_PKEY_derive_set_peer(context, other) > 0 &&
           EVP_PKEY_derive(context, z, &size) > 0 && size == CRYPTO_P384_SIZE);
    return true;
}

void crypto_random(void *bytes, size_t size)
{
    expect(size <= INT_MAX && RAND_priv_bytes(bytes, (int)size) > 0);
}

bool crypto_equal(const void *a, const void *b, size_t size)
{
    return CRYPTO_memcmp(a, b, size) == 0;
}
