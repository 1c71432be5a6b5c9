/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Private keys on P-521 that are real secrets: that of the one who seals an image. They are made of the
 * system's randomness, agree in constant time, and are cleared when they are freed. Like crypto.c,
 * crypto-p521-secret.c knows which library provides it.
 *
 * crypto-p521.h is for keys that are no secret, those of the simulated firmware and of tests.
 */
#ifndef CONFIDENTIAL_CRYPTO_P521_SECRET_H
#define CONFIDENTIAL_CRYPTO_P521_SECRET_H

#include <glib.h>
#include "confidential/crypto-p521.h"

/** A private key. */
typedef struct CryptoP521Secret CryptoP521Secret;

/** A new key that exists nowhere else. */
CryptoP521Secret *crypto_p521_secret_new(void);

/** Clears and frees @p secret; NULL is allowed. */
void crypto_p521_secret_free(CryptoP521Secret *secret);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CryptoP521Secret, crypto_p521_secret_free)

/** The public half of @p secret. */
void crypto_p521_secret_public(const CryptoP521Secret *secret, CryptoP521Point *point);

/**
 * ECDH: the x coordinate of the point that @p secret shares with @p peer, big-endian. False if @p peer is not
 * on the curve, or if something other than zeroes is in front of its numbers. The caller clears @p z.
 */
bool crypto_p521_secret_agree(const CryptoP521Secret *secret, const CryptoP521Point *peer,
                              uint8_t z[CRYPTO_P521_SIZE]);

#endif
