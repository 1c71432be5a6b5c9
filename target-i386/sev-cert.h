/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Above the door: the certificates of SEV platforms, as the owner of a guest sees them (AMD publication
 * 55766).
 *
 * A platform's PDH is signed by its PEK; that by its owner's CA (OCA), and by its CEK, which AMD has signed.
 * A chain is PEK, OCA and CEK, as PDH_CERT_EXPORT gives them.
 */
#ifndef TARGET_I386_SEV_CERT_H
#define TARGET_I386_SEV_CERT_H

#include "qapi/error.h"
#include "target-i386/sev-cert-abi.h"

#define SEV_CERT_CHAIN_SIZE (3 * SEV_CERT_SIZE)

/**
 * Whether @p cert is the certificate of a key with @p usage (SEV_CERT_USAGE_*) on P-384, as far as it says so
 * itself. Fails with CGVM_ERROR_INVALID.
 */
bool sev_cert_check(const SevCert *cert, uint32_t usage, Error **errp);

/**
 * Whether @p chain certifies @p pdh: each certificate is of the right kind, and signed by the next. AMD's
 * signature of the CEK is not a part of the chain: that the platform is a real one, this does not show.
 * Fails with CGVM_ERROR_INVALID for what is no such certificate, and with CGVM_ERROR_MISMATCH for a signature
 * that is missing or wrong.
 */
bool sev_cert_check_chain(const SevCert *pdh, const uint8_t chain[SEV_CERT_CHAIN_SIZE], Error **errp);

/** Makes @p cert the certificate of an owner's Diffie-Hellman key, which nobody signs. */
void sev_cert_init_pdh(SevCert *cert, const CryptoP384Point *point, uint8_t api_major, uint8_t api_minor);

#endif
