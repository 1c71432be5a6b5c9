/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Private keys on P-384 that are real secrets: an owner's. They are made of the system's randomness or read
 * from PEM, sign and agree with randomness and in constant time, and are cleared when they are freed. Like
 * crypto.c, crypto-key.c knows which library provides it.
 *
 * crypto-p384.h is for keys that are no secret, those of the simulated firmware and of tests.
 */
#ifndef CONFIDENTIAL_CRYPTO_KEY_H
#define CONFIDENTIAL_CRYPTO_KEY_H

#include <glib.h>
#include "confidential/crypto-p384.h"
#include "qapi/error.h"

/** A private key. */
typedef struct CryptoKey CryptoKey;

/** A new key that exists nowhere else. */
CryptoKey *crypto_key_new(void);

/**
 * The private key in @p size bytes of PEM, PKCS#8 ("BEGIN PRIVATE KEY") or SEC 1 ("BEGIN EC PRIVATE KEY");
 * what else is in there is passed over. NULL with CGVM_ERROR_INVALID if there is none, if a passphrase
 * protects it, or if it is no key on P-384 whose public half fits. No message shows anything of what was
 * read.
 */
CryptoKey *crypto_key_from_pem(const void *pem, size_t size, Error **errp);

/** Clears and frees @p key; NULL is allowed. */
void crypto_key_free(CryptoKey *key);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CryptoKey, crypto_key_free)

/** The public half of @p key. */
void crypto_key_public(const CryptoKey *key, CryptoP384Point *point);

/** ECDSA with SHA-384: signs @p size bytes of @p data. */
void crypto_key_sign(const CryptoKey *key, const void *data, size_t size, CryptoP384Signature *signature);

/** ECDSA with SHA-256, as SEV's certificates have it. */
void crypto_key_sign_sha256(const CryptoKey *key, const void *data, size_t size,
                            CryptoP384Signature *signature);

/**
 * ECDH: the x coordinate of the point that @p key shares with @p peer, big-endian. False if @p peer is not on
 * the curve. The caller clears @p z.
 */
bool crypto_key_agree(const CryptoKey *key, const CryptoP384Point *peer, uint8_t z[CRYPTO_P384_SIZE]);

/** Fills @p size bytes with the system's randomness. */
void crypto_random(void *bytes, size_t size);

/** Whether @p size bytes are the same, in a time that does not depend on where they differ. */
bool crypto_equal(const void *a, const void *b, size_t size);

#endif
