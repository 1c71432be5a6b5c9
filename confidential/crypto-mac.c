/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * HMACs with OpenSSL's libcrypto.
 */
#include <glib.h>
#include <openssl/evp.h>
#include <string.h>
#include "confidential/crypto-mac.h"
#include "confidential/crypto.h"

typedef struct Bytes {
    const void *data;
    size_t size;
} Bytes;

static void hmac(const char *digest, Bytes key, Bytes text, uint8_t *mac, size_t expected_size)
{
    size_t mac_size = 0;

    if (!EVP_Q_mac(NULL, "HMAC", NULL, digest, NULL, key.data, key.size, text.data, text.size, mac,
                   expected_size, &mac_size) ||
        mac_size != expected_size) {
        g_error("the cryptographic library failed to compute an HMAC");
    }
}

void crypto_hmac_sha256(const void *key, size_t key_size, const void *data, size_t size,
                        uint8_t mac[CRYPTO_MAC_SIZE])
{
    hmac("SHA2-256", (Bytes){ key, key_size }, (Bytes){ data, size }, mac, CRYPTO_MAC_SIZE);
}

static void append_le32(GByteArray *bytes, uint32_t value)
{
    value = GUINT32_TO_LE(value);
    g_byte_array_append(bytes, (const guint8 *)&value, sizeof(value));
}

void crypto_derive_key(const void *key, size_t key_size, const char *label, const void *context,
                       size_t context_size, void *derived, size_t size)
{
    uint8_t *out = derived;
    uint8_t mac[CRYPTO_MAC_SIZE];

    for (size_t done = 0; done < size; done += sizeof(mac)) {
        g_autoptr(GByteArray) input = g_byte_array_new();

        append_le32(input, (uint32_t)(done / sizeof(mac) + 1));
        g_byte_array_append(input, (const guint8 *)label, (guint)strlen(label) + 1);
        if (context_size > 0) {
            g_byte_array_append(input, context, (guint)context_size);
        }
        append_le32(input, (uint32_t)size * 8);
        crypto_hmac_sha256(key, key_size, input->data, input->len, mac);
        memcpy(out + done, mac, MIN(sizeof(mac), size - done));
    }
    crypto_clear(mac, sizeof(mac));
}

void crypto_hkdf_sha512(const void *key, size_t key_size, const void *salt, size_t salt_size,
                        const char *info, void *derived, size_t size)
{
    g_autofree char *text = g_strconcat(info, "\1", NULL);
    uint8_t extracted[CRYPTO_HKDF_MAX_SIZE], expanded[CRYPTO_HKDF_MAX_SIZE];

    g_assert(size <= sizeof(expanded));
    hmac("SHA2-512", (Bytes){ salt, salt_size }, (Bytes){ key, key_size }, extracted, sizeof(extracted));
    hmac("SHA2-512", (Bytes){ extracted, sizeof(extracted) }, (Bytes){ text, strlen(text) }, expanded,
         sizeof(expanded));
    memcpy(derived, expanded, size);
    crypto_clear(extracted, sizeof(extracted));
    crypto_clear(expanded, sizeof(expanded));
}
