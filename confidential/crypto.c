/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Cryptography by OpenSSL's libcrypto.
 */
#include <glib.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include "confidential/crypto.h"

/* A launch makes two digests for each page: setting up a context for each would cost more than a tenth of the
 * small one. */
static EVP_MD_CTX *thread_context(void)
{
    static GPrivate contexts = G_PRIVATE_INIT((GDestroyNotify)EVP_MD_CTX_free);
    EVP_MD_CTX *context = g_private_get(&contexts);

    if (!context) {
        context = EVP_MD_CTX_new();
        g_private_set(&contexts, context);
    }
    return context;
}

static gpointer fetch(gpointer name)
{
    EVP_MD *md = EVP_MD_fetch(NULL, name, NULL);

    if (!md) {
        g_error("the cryptographic library has no %s", (const char *)name);
    }
    return md;
}

static void digest_one(const EVP_MD *md, const void *data, size_t size, uint8_t *digest)
{
    EVP_MD_CTX *context = thread_context();

    if (!EVP_DigestInit_ex2(context, md, NULL) || !EVP_DigestUpdate(context, data, size) ||
        !EVP_DigestFinal_ex(context, digest, NULL)) {
        g_error("the cryptographic library failed to compute a %s digest", EVP_MD_get0_name(md));
    }
}

void crypto_sha256(const void *data, size_t size, uint8_t digest[CRYPTO_SHA256_SIZE])
{
    static GOnce sha256 = G_ONCE_INIT;

    digest_one(g_once(&sha256, fetch, (gpointer) "SHA2-256"), data, size, digest);
}

void crypto_sha384(const void *data, size_t size, uint8_t digest[CRYPTO_SHA384_SIZE])
{
    static GOnce sha384 = G_ONCE_INIT;

    digest_one(g_once(&sha384, fetch, (gpointer) "SHA2-384"), data, size, digest);
}

/* What this structure is, is the library's business. */
static EVP_MD_CTX *sha256_context(CryptoSha256 *state)
{
    return (EVP_MD_CTX *)state;
}

static void expect_sha256(bool is_done)
{
    if (!is_done) {
        g_error("the cryptographic library failed to compute a SHA-256 digest in pieces");
    }
}

CryptoSha256 *crypto_sha256_new(void)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    expect_sha256(context && EVP_DigestInit_ex2(context, EVP_sha256(), NULL));
    return (CryptoSha256 *)context;
}

void crypto_sha256_update(CryptoSha256 *state, const void *data, size_t size)
{
    expect_sha256(EVP_DigestUpdate(sha256_context(state), data, size));
}

void crypto_sha256_finish(CryptoSha256 *state, uint8_t digest[CRYPTO_SHA256_SIZE])
{
    expect_sha256(EVP_DigestFinal_ex(sha256_context(state), digest, NULL));
}

CryptoSha256 *crypto_sha256_copy(const CryptoSha256 *state)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();

    expect_sha256(context && EVP_MD_CTX_copy_ex(context, (const EVP_MD_CTX *)state));
    return (CryptoSha256 *)context;
}

void crypto_sha256_free(CryptoSha256 *state)
{
    EVP_MD_CTX_free(sha256_context(state));
}

void crypto_clear(void *data, size_t size)
{
    OPENSSL_cleanse(data, size);
}

char *crypto_hex(const void *data, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t *bytes = data;
    char *hex = g_malloc(2 * size + 1);

    for (size_t i = 0; i < size; i++) {
        hex[2 * i] = digits[bytes[i] >> 4];
        hex[2 * i + 1] = digits[bytes[i] & 15];
    }
    hex[2 * size] = '\0';
    return hex;
}
