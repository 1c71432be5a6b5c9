/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * AES-128 with OpenSSL's libcrypto.
 */
#include <glib.h>
#include <openssl/evp.h>
#include "confidential/crypto-aes.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_CIPHER, EVP_CIPHER_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(EVP_CIPHER_CTX, EVP_CIPHER_CTX_free)

/* The library counts in ints. A multiple of the block size. */
#define MAX_STEP (1 << 30)

static void run_cipher(const char *name, const uint8_t *key, const uint8_t *iv, bool encrypt,
                       const uint8_t *in, size_t size, uint8_t *out)
{
    g_autoptr(EVP_CIPHER) cipher = EVP_CIPHER_fetch(NULL, name, NULL);
    g_autoptr(EVP_CIPHER_CTX) context = EVP_CIPHER_CTX_new();
    bool is_done = cipher && context && EVP_CipherInit_ex2(context, cipher, key, iv, encrypt, NULL) > 0 &&
                   EVP_CIPHER_CTX_set_padding(context, 0) > 0;

    while (is_done && size > 0) {
        int step = (int)MIN(size, MAX_STEP), written = 0;

        is_done = EVP_CipherUpdate(context, out, &written, in, step) > 0 && written == step;
        in += step;
        out += step;
        size -= (size_t)step;
    }
    if (!is_done) {
        g_error("the cryptographic library failed to run %s", name);
    }
}

void crypto_aes128_ctr(const uint8_t key[CRYPTO_AES128_KEY_SIZE], const uint8_t iv[CRYPTO_AES_BLOCK_SIZE],
                       const void *in, size_t size, void *out)
{
    run_cipher("AES-128-CTR", key, iv, true, in, size, out);
}

void crypto_aes128_blocks(const uint8_t key[CRYPTO_AES128_KEY_SIZE], bool encrypt, void *data, size_t size)
{
    run_cipher("AES-128-ECB", key, NULL, encrypt, data, size, data);
}
