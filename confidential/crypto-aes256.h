/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * AES-256 in the modes of IBM Z's Secure Execution: XTS for memory, GCM for keys and headers. Like crypto.c,
 * crypto-aes256.c knows which library provides it.
 */
#ifndef CONFIDENTIAL_CRYPTO_AES256_H
#define CONFIDENTIAL_CRYPTO_AES256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CRYPTO_AES256_KEY_SIZE 32
#define CRYPTO_XTS_KEY_SIZE    64 /* two keys of AES-256 */
#define CRYPTO_XTS_TWEAK_SIZE  16
#define CRYPTO_XTS_MAX_SIZE    (1 << 24) /* IEEE 1619's limit of a unit is 2^20 blocks of 16 bytes */
#define CRYPTO_GCM_IV_SIZE     12
#define CRYPTO_GCM_TAG_SIZE    16

/**
 * Encrypts or decrypts one data unit of 16 to CRYPTO_XTS_MAX_SIZE bytes. @p out may be @p in. False, with @p
 * out undefined, if both halves of @p key are the same, which is no key for XTS.
 */
bool crypto_aes256_xts(const uint8_t key[CRYPTO_XTS_KEY_SIZE], const uint8_t tweak[CRYPTO_XTS_TWEAK_SIZE],
                       bool encrypt, const void *in, size_t size, void *out);

/** What GCM authenticates and does not encrypt. */
typedef struct CryptoGcmHeader {
    const uint8_t *iv; /* CRYPTO_GCM_IV_SIZE bytes */
    const void *aad;   /* may be NULL if there are none */
    size_t aad_size;   /* less than 2^31 */
} CryptoGcmHeader;

/** Encrypts @p size bytes, less than 2^31; @p out may be @p in. */
void crypto_aes256_gcm_encrypt(const uint8_t key[CRYPTO_AES256_KEY_SIZE], const CryptoGcmHeader *header,
                               const void *in, size_t size, void *out, uint8_t tag[CRYPTO_GCM_TAG_SIZE]);

/**
 * Decrypts @p size bytes, less than 2^31; @p out may be @p in. False, with @p out cleared, if the tag is not
 * that of these bytes, this header and this key.
 */
bool crypto_aes256_gcm_decrypt(const uint8_t key[CRYPTO_AES256_KEY_SIZE], const CryptoGcmHeader *header,
                               const void *in, size_t size, void *out,
                               const uint8_t tag[CRYPTO_GCM_TAG_SIZE]);

#endif
