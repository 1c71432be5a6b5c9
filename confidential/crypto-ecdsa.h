/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Signatures with ECDSA over P-384 and SHA-384, in the form that AMD's structures have: numbers are
 * little-endian, each in a field of 72 bytes that is padded with zeros. Like crypto.c, crypto-ecdsa.c knows
 * which library provides it.
 */
#ifndef CONFIDENTIAL_CRYPTO_ECDSA_H
#define CONFIDENTIAL_CRYPTO_ECDSA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CRYPTO_ECDSA_FIELD_SIZE 72

/**
 * Whether (@p r, @p s) is the signature of @p size bytes of @p data by the key with the public point (@p qx,
 * @p qy). A point that is not on the curve, or a number that is out of range, makes it false.
 */
bool crypto_ecdsa_p384_verify(const uint8_t qx[CRYPTO_ECDSA_FIELD_SIZE],
                              const uint8_t qy[CRYPTO_ECDSA_FIELD_SIZE], const void *data, size_t size,
                              const uint8_t r[CRYPTO_ECDSA_FIELD_SIZE],
                              const uint8_t s[CRYPTO_ECDSA_FIELD_SIZE]);

/** The same with SHA-256, which SEV's certificates and reports have. */
bool crypto_ecdsa_p384_sha256_verify(const uint8_t qx[CRYPTO_ECDSA_FIELD_SIZE],
                                     const uint8_t qy[CRYPTO_ECDSA_FIELD_SIZE], const void *data, size_t size,
                                     const uint8_t r[CRYPTO_ECDSA_FIELD_SIZE],
                                     const uint8_t s[CRYPTO_ECDSA_FIELD_SIZE]);

/** Whether the point (@p qx, @p qy) is on the curve, as that of every key is. */
bool crypto_ecdsa_p384_is_on_curve(const uint8_t qx[CRYPTO_ECDSA_FIELD_SIZE],
                                   const uint8_t qy[CRYPTO_ECDSA_FIELD_SIZE]);

/**
 * For other files that know the library: the public key with this point as its EVP_PKEY, to be freed with
 * EVP_PKEY_free(). NULL if the point is not on the curve.
 */
struct evp_pkey_st *crypto_ecdsa_p384_public_key(const uint8_t qx[CRYPTO_ECDSA_FIELD_SIZE],
                                                 const uint8_t qy[CRYPTO_ECDSA_FIELD_SIZE]);

#endif
