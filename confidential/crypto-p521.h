/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Keys on the curve P-521: key agreement. Numbers are in the form that IBM Z's structures have: big-endian,
 * each in a field that is padded with zeros in front. Like crypto.c, crypto-p521.c knows which library
 * provides it.
 *
 * Everything follows from its input. It is meant for keys that are no secret, those of tests and of the
 * simulated firmware: no care is taken that a private key leaves no trace in memory.
 */
#ifndef CONFIDENTIAL_CRYPTO_P521_H
#define CONFIDENTIAL_CRYPTO_P521_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CRYPTO_P521_SIZE       66 /* bytes of a number */
#define CRYPTO_P521_FIELD_SIZE 80 /* of one in a structure of IBM Z */

/** A public key. */
typedef struct CryptoP521Point {
    uint8_t x[CRYPTO_P521_FIELD_SIZE];
    uint8_t y[CRYPTO_P521_FIELD_SIZE];
} CryptoP521Point;

typedef struct CryptoP521Key {
    uint8_t d[CRYPTO_P521_SIZE];
    CryptoP521Point point;
} CryptoP521Key;

/** The key that follows from @p size bytes of @p seed. */
void crypto_p521_key(const void *seed, size_t size, CryptoP521Key *key);

/**
 * ECDH: the x coordinate of the point that @p key shares with @p peer. False, with @p z untouched, if @p peer
 * is not on the curve.
 */
bool crypto_p521_agree(const CryptoP521Key *key, const CryptoP521Point *peer, uint8_t z[CRYPTO_P521_SIZE]);

/**
 * For other files that know the library: the private key @p key as its EVP_PKEY, to be freed with
 * EVP_PKEY_free().
 */
struct evp_pkey_st *crypto_p521_private_key(const CryptoP521Key *key);

/** The same of a public key; NULL if @p point is not on the curve, or something other than zeros is in front
 * of its numbers, and the library has noted why. */
struct evp_pkey_st *crypto_p521_public_key(const CryptoP521Point *point);

#endif
