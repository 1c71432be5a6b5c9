/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * HMAC-SHA-256, and keys that are derived with HMACs. Like crypto.c, crypto-mac.c knows which library
 * provides it.
 */
#ifndef CONFIDENTIAL_CRYPTO_MAC_H
#define CONFIDENTIAL_CRYPTO_MAC_H

#include <stddef.h>
#include <stdint.h>

#define CRYPTO_MAC_SIZE 32

/** HMAC-SHA-256 of @p size bytes of @p data under a key of @p key_size bytes. */
void crypto_hmac_sha256(const void *key, size_t key_size, const void *data, size_t size,
                        uint8_t mac[CRYPTO_MAC_SIZE]);

/**
 * Derives @p size bytes from a key: NIST SP 800-108 in counter mode with HMAC-SHA-256, where the counter
 * (from 1) and the length in bits are little-endian numbers of 32 bits: counter, @p label, a zero byte,
 * @p context, length. @p context may be NULL if its size is 0.
 */
void crypto_derive_key(const void *key, size_t key_size, const char *label, const void *context,
                       size_t context_size, void *derived, size_t size);

/* The most bytes that crypto_hkdf_sha512() gives: more takes a second round. */
#define CRYPTO_HKDF_MAX_SIZE 64

/** Derives @p size bytes, at most CRYPTO_HKDF_MAX_SIZE, from a key: HKDF with SHA-512 (RFC 5869). */
void crypto_hkdf_sha512(const void *key, size_t key_size, const void *salt, size_t salt_size,
                        const char *info, void *derived, size_t size);

#endif
