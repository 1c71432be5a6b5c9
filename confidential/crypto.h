/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Cryptography. crypto.c is the only file that knows which library provides it.
 *
 * The functions here cannot fail at run time; a library that lacks an algorithm ends the process at its first
 * use.
 */
#ifndef CONFIDENTIAL_CRYPTO_H
#define CONFIDENTIAL_CRYPTO_H

#include <stddef.h>
#include <stdint.h>

#define CRYPTO_SHA256_SIZE 32
#define CRYPTO_SHA384_SIZE 48

/** The SHA-256 digest of @p size bytes. @p data may be NULL if @p size is 0. */
void crypto_sha256(const void *data, size_t size, uint8_t digest[CRYPTO_SHA256_SIZE]);

/** The SHA-384 digest of @p size bytes. @p data may be NULL if @p size is 0. */
void crypto_sha384(const void *data, size_t size, uint8_t digest[CRYPTO_SHA384_SIZE]);

/** A SHA-256 digest of data that comes in pieces. */
typedef struct CryptoSha256 CryptoSha256;

CryptoSha256 *crypto_sha256_new(void);
void crypto_sha256_update(CryptoSha256 *state, const void *data, size_t size);
/** The digest of all pieces; none may follow. */
void crypto_sha256_finish(CryptoSha256 *state, uint8_t digest[CRYPTO_SHA256_SIZE]);
/** Another digest of the same pieces so far. */
CryptoSha256 *crypto_sha256_copy(const CryptoSha256 *state);
/** NULL is allowed. */
void crypto_sha256_free(CryptoSha256 *state);

/** @p size bytes in lower-case hexadecimal, as digests are shown. To be freed with g_free(). */
char *crypto_hex(const void *data, size_t size);

/** Overwrites @p size bytes with zeros in a way that a compiler does not remove. */
void crypto_clear(void *data, size_t size);

#endif
