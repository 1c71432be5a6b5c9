/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * SHA-512 of data that comes in pieces. Like crypto.c, crypto-sha512.c knows which library provides it.
 */
#ifndef CONFIDENTIAL_CRYPTO_SHA512_H
#define CONFIDENTIAL_CRYPTO_SHA512_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

#define CRYPTO_SHA512_SIZE 64

typedef struct CryptoSha512 CryptoSha512;

CryptoSha512 *crypto_sha512_new(void);
/** @p data may be NULL if @p size is 0. */
void crypto_sha512_update(CryptoSha512 *state, const void *data, size_t size);
/** The digest of all pieces; none may follow. */
void crypto_sha512_finish(CryptoSha512 *state, uint8_t digest[CRYPTO_SHA512_SIZE]);
/** NULL is allowed. */
void crypto_sha512_free(CryptoSha512 *state);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CryptoSha512, crypto_sha512_free)

#endif
