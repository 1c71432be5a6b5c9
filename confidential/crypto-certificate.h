/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * X.509 certificates: reading them, and whether one is signed by a chain that ends at a root that is trusted.
 * Like crypto.c, crypto-certificate.c knows which library provides it.
 *
 * Nothing is trusted but what the caller names: the system's store of roots is not read.
 */
#ifndef CONFIDENTIAL_CRYPTO_CERTIFICATE_H
#define CONFIDENTIAL_CRYPTO_CERTIFICATE_H

#include <glib.h>
#include "confidential/crypto-p521.h"
#include "qapi/error.h"

/** A certificate, or a key's document in that form. */
typedef struct CryptoCertificate CryptoCertificate;
/** A list of certificates that were revoked, signed by their issuer. */
typedef struct CryptoCrl CryptoCrl;

/** The certificate in @p size bytes of PEM, or of DER. NULL with CGVM_ERROR_INVALID if there is none, or more
 * than one. */
CryptoCertificate *crypto_certificate_read(const void *data, size_t size, Error **errp);
void crypto_certificate_free(CryptoCertificate *certificate);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CryptoCertificate, crypto_certificate_free)

/** Appends each certificate in @p size bytes of PEM, or the one of DER, to @p certificates. False with
 * CGVM_ERROR_INVALID if there is none. */
bool crypto_certificates_read(GPtrArray *certificates, const void *data, size_t size, Error **errp);

/** The list in @p size bytes of PEM or DER. NULL with CGVM_ERROR_INVALID if there is none. */
CryptoCrl *crypto_crl_read(const void *data, size_t size, Error **errp);
void crypto_crl_free(CryptoCrl *crl);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CryptoCrl, crypto_crl_free)

/** The key that is certified, which must be one on P-521. */
bool crypto_certificate_p521(const CryptoCertificate *certificate, CryptoP521Point *point, Error **errp);

/** Whose it is, and who has signed it: `CN=..., O=...`. To be freed. */
char *crypto_certificate_subject(const CryptoCertificate *certificate);
char *crypto_certificate_issuer(const CryptoCertificate *certificate);

/** What a certificate is verified with. */
typedef struct CryptoTrust {
    /** CryptoCertificate *: those that are signed by themselves are trusted roots, the others come between.
     */
    GPtrArray *certificates;
    /** CryptoCrl *, or NULL. If there are any, there must be one by the issuer of what is verified. */
    GPtrArray *crls;
    /** The time at which everything must be valid, in seconds since 1970; 0: now. */
    int64_t time;
} CryptoTrust;

/**
 * Whether @p certificate is valid at that time and not revoked, and the key of one of @p trust's certificates
 * has signed it, which itself leads to a trusted root. The signer need not be an authority: those of host
 * keys are not. Fails with CGVM_ERROR_MISMATCH, naming subject or issuer and what to give.
 */
bool crypto_certificate_verify(const CryptoCertificate *certificate, const CryptoTrust *trust, Error **errp);

#endif
