/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Makes X.509 certificates for keys of a simulated host, which are no secret. Like crypto.c,
 * crypto-certificate-make.c knows which library provides it.
 */
#ifndef CONFIDENTIAL_CRYPTO_CERTIFICATE_MAKE_H
#define CONFIDENTIAL_CRYPTO_CERTIFICATE_MAKE_H

#include <stdbool.h>
#include "confidential/crypto-p521.h"

/** Who signs, or is certified. */
typedef struct CryptoParty {
    const char *name; /* the common name; the organization is that of cgvm's simulated hosts */
    const CryptoP521Point *point;
    const CryptoP521Key *key; /* of one who signs */
} CryptoParty;

/**
 * A certificate of @p subject, valid from 2020 to 2099 and signed with SHA-512 by @p issuer, which is @p
 * subject itself for a root; with @p is_authority one that may sign others. In PEM, to be freed with
 * g_free().
 */
char *crypto_certificate_make(const CryptoParty *subject, const CryptoParty *issuer, bool is_authority);

#endif
