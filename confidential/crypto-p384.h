/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Keys on the curve P-384: key agreement and signatures. Numbers are in the form that AMD's structures have:
 * little-endian, each in a field that is padded with zeros. Like crypto.c, crypto-p384.c knows which library
 * provides it.
 *
 * Everything follows from its input, signatures too. It is meant for keys that are no secret, those of tests
 * and of the simulated firmware: no care is taken that a private key leaves no trace in memory.
 */
#ifndef CONFIDENTIAL_CRYPTO_P384_H
#define CONFIDENTIAL_CRYPTO_P384_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "confidential/crypto-ecdsa.h"

#define CRYPTO_P384_SIZE 48

/** A public key. */
typedef struct CryptoP384Point {
    uint8_t x[CRYPTO_ECDSA_FIELD_SIZE];
    uint8_t y[CRYPTO_ECDSA_FIELD_SIZE];
} CryptoP384Point;

typedef struct CryptoP384Key {
    uint8_t d[CRYPTO_P384_SIZE]; /* little-endian */
    CryptoP384Point point;
} CryptoP384Key;

typedef struct CryptoP384Signature {
    uint8_t r[CRYPTO_ECDSA_FIELD_SIZE];
    uint8_t s[CRYPTO_ECDSA_FIELD_SIZE];
} CryptoP384Signature;

/** The key that follows from @p size bytes of @p seed. */
void crypto_p384_key(const void *seed, size_t size, CryptoP384Key *key);

/**
 * ECDH: the x coordinate of the point that @p key shares with @p peer, big-endian as other software has it.
 * False if @p peer is not on the curve.
 */
bool crypto_p384_agree(const CryptoP384Key *key, const CryptoP384Point *peer, uint8_t z[CRYPTO_P384_SIZE]);

/** ECDSA with SHA-256: signs @p size bytes of @p data. */
void crypto_p384_sign(const CryptoP384Key *key, const void *data, size_t size,
                      CryptoP384Signature *signature);

/** The same with SHA-384, which reports of SEV-SNP have. */
void crypto_p384_sha384_sign(const CryptoP384Key *key, const void *data, size_t size,
                             CryptoP384Signature *signature);

#endif
