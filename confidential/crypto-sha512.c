/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * SHA-512 with OpenSSL's libcrypto.
 */
#include "confidential/crypto-sha512.h"
#include <openssl/evp.h>
#include <stdbool.h>

/* What this structure is, is the library's business. */
static EVP_MD_CTX *context(CryptoSha512 *state)
{
    return (EVP_MD_CTX *)state;
}

static void expect(bool is_done)
{
    if (!is_done) {
        g_error("the cryptographic library failed to compute SHA-512");
    }
}

CryptoSha512 *crypto_sha512_new(void)
{
    EVP_MD_CTX *state = EVP_MD_CTX_new();

    expect(state && EVP_DigestInit_ex2(state, EVP_sha512(), NULL) > 0);
    return (CryptoSha512 *)state;
}

void crypto_sha512_update(CryptoSha512 *state, const void *data, size_t size)
{
    expect(size == 0 || EVP_DigestUpdate(context(state), data, size) > 0);
}

void crypto_sha512_finish(CryptoSha512 *state, uint8_t digest[CRYPTO_SHA512_SIZE])
{
    expect(EVP_DigestFinal_ex(context(state), digest, NULL) > 0);
}

void crypto_sha512_free(CryptoSha512 *state)
{
    EVP_MD_CTX_free(context(state));
}
