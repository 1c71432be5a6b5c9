/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * AES-256 in XTS and GCM mode with OpenSSL's libcrypto.
 */
#include "confidential/crypto-aes256.h"
#include <glib.h>
#include <openssl/evp.h>
#include <string.h>
#include "confidential/crypto.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_CIPHER, EVP_CIPHER_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_CIPHER_CTX, EVP_CIPHER_CTX_free)

static void expect(bool is_done)
{
    if (!is_done) {
        g_error("the cryptographic library failed to run AES-256");
    }
}

bool crypto_aes256_xts(const uint8_t key[CRYPTO_XTS_KEY_SIZE], const uint8_t tweak[CRYPTO_XTS_TWEAK_SIZE],
                       bool encrypt, const void *in, size_t size, void *out)
{
    g_autoptr(EVP_CIPHER) cipher = NULL;
    g_autoptr(EVP_CIPHER_CTX) context = NULL;
    int written = 0;

    /* OpenSSL refuses this as well, but its answer would be the same to a real failure. */
    if (memcmp(key, key + CRYPTO_AES256_KEY_SIZE, CRYPTO_AES256_KEY_SIZE) == 0) {
        return false;
    }
    cipher = EVP_CIPHER_fetch(NULL, "AES-256-XTS", NULL);
    context = EVP_CIPHER_CTX_new();
    expect(cipher && context && size >= 16 && size <= CRYPTO_XTS_MAX_SIZE &&
           EVP_CipherInit_ex2(context, cipher, key, tweak, encrypt, NULL) > 0 &&
           EVP_CipherUpdate(context, out, &written, in, (int)size) > 0 && (size_t)written == size);
    return true;
}

/* A context that has seen the bytes that are only authenticated. */
static EVP_CIPHER_CTX *gcm_new(const uint8_t *key, const CryptoGcmHeader *header, bool encrypt)
{
    g_autoptr(EVP_CIPHER) cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int written = 0;

    expect(cipher && context && header->aad_size <= INT_MAX &&
           EVP_CipherInit_ex2(context, cipher, key, header->iv, encrypt, NULL) > 0 &&
           (header->aad_size == 0 ||
            EVP_CipherUpdate(context, NULL, &written, header->aad, (int)header->aad_size) > 0));
    return context;
}

static void gcm_update(EVP_CIPHER_CTX *context, const void *in, size_t size, void *out)
{
    int written = 0;

    expect(size <= INT_MAX && (size == 0 || (EVP_CipherUpdate(context, out, &written, in, (int)size) > 0 &&
                                             (size_t)written == size)));
}

void crypto_aes256_gcm_encrypt(const uint8_t key[CRYPTO_AES256_KEY_SIZE], const CryptoGcmHeader *header,
                               const void *in, size_t size, void *out, uint8_t tag[CRYPTO_GCM_TAG_SIZE])
{
    g_autoptr(EVP_CIPHER_CTX) context = gcm_new(key, header, true);
    uint8_t nothing[16];
    int written = 0;

    gcm_update(context, in, size, out);
    expect(EVP_CipherFinal_ex(context, nothing, &written) > 0 && written == 0 &&
           EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, CRYPTO_GCM_TAG_SIZE, tag) > 0);
}

bool crypto_aes256_gcm_decrypt(const uint8_t key[CRYPTO_AES256_KEY_SIZE], const CryptoGcmHeader *header,
                               const void *in, size_t size, void *out, const uint8_t tag[CRYPTO_GCM_TAG_SIZE])
{
    g_autoptr(EVP_CIPHER_CTX) context = gcm_new(key, header, false);
    uint8_t nothing[16], expected[CRYPTO_GCM_TAG_SIZE];
    int written = 0;

    memcpy(expected, tag, sizeof(expected));
    gcm_update(context, in, size, out);
    expect(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, sizeof(expected), expected) > 0);
    if (EVP_CipherFinal_ex(context, nothing, &written) > 0) {
        return true;
    }
    crypto_clear(out, size);
    return false;
}
