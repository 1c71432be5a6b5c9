/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Checks the certificates of SEV platforms.
 */
#include "target-i386/sev-cert.h"
#include <glib.h>
#include <string.h>

static const char *usage_name(uint32_t usage)
{
    switch (usage) {
    case SEV_CERT_USAGE_OCA:
        return "OCA";
    case SEV_CERT_USAGE_PEK:
        return "PEK";
    case SEV_CERT_USAGE_PDH:
        return "PDH";
    case SEV_CERT_USAGE_CEK:
        return "CEK";
    default:
        return "other";
    }
}

static bool has_algorithm(uint32_t usage, uint32_t algorithm)
{
    if (usage == SEV_CERT_USAGE_PDH) {
        return algorithm == SEV_CERT_ECDH_SHA256 || algorithm == SEV_CERT_ECDH_SHA384;
    }
    return algorithm == SEV_CERT_ECDSA_SHA256 || algorithm == SEV_CERT_ECDSA_SHA384;
}

bool sev_cert_check(const SevCert *cert, uint32_t usage, Error **errp)
{
    const uint32_t version = GUINT32_FROM_LE(cert->version), found = GUINT32_FROM_LE(cert->key_usage);
    const uint32_t algorithm = GUINT32_FROM_LE(cert->key_algorithm), curve = GUINT32_FROM_LE(cert->curve);
    const char *name = usage_name(usage);

    if (version != SEV_CERT_VERSION) {
        return error_setg(errp, "the %s certificate has version %u, not %u; export it anew", name, version,
                          SEV_CERT_VERSION);
    }
    if (found != usage) {
        return error_setg(errp,
                          "the %s certificate is of a key for usage 0x%x (%s), not 0x%x; give the right one",
                          name, found, usage_name(found), usage);
    }
    if (!has_algorithm(usage, algorithm) || curve != SEV_CERT_CURVE_P384) {
        return error_setg(
            errp,
            "the %s certificate is of a key with algorithm 0x%x on curve %u, which no SEV platform "
            "has",
            name, algorithm, curve);
    }
    return crypto_ecdsa_p384_is_on_curve(cert->point.x, cert->point.y) ||
           error_setg(errp, "the %s certificate has a key that is no point of P-384; it is damaged", name);
}

static bool signed_in_slot(const SevCert *cert, const SevCertSignature *slot, const SevCert *issuer)
{
    const size_t size = offsetof(SevCert, signatures);

    if (slot->usage != issuer->key_usage) {
        return false;
    }
    switch (GUINT32_FROM_LE(slot->algorithm)) {
    case SEV_CERT_ECDSA_SHA256:
        return crypto_ecdsa_p384_sha256_verify(issuer->point.x, issuer->point.y, cert, size,
                                               slot->signature.r, slot->signature.s);
    case SEV_CERT_ECDSA_SHA384:
        return crypto_ecdsa_p384_verify(issuer->point.x, issuer->point.y, cert, size, slot->signature.r,
                                        slot->signature.s);
    default:
        return false;
    }
}

static bool check_signed(const SevCert *cert, const SevCert *issuer, Error **errp)
{
    for (size_t i = 0; i < G_N_ELEMENTS(cert->signatures); i++) {
        if (signed_in_slot(cert, &cert->signatures[i], issuer)) {
            return true;
        }
    }
    return error_set(errp, CGVM_ERROR_MISMATCH,
                     "the %s certificate has no good signature by the %s; the certificates are not of one "
                     "platform, or damaged",
                     usage_name(GUINT32_FROM_LE(cert->key_usage)),
                     usage_name(GUINT32_FROM_LE(issuer->key_usage)));
}

bool sev_cert_check_chain(const SevCert *pdh, const uint8_t chain[SEV_CERT_CHAIN_SIZE], Error **errp)
{
    SevCert pek, oca, cek;

    memcpy(&pek, chain, sizeof(pek));
    memcpy(&oca, chain + sizeof(pek), sizeof(oca));
    memcpy(&cek, chain + sizeof(pek) + sizeof(oca), sizeof(cek));
    return sev_cert_check(pdh, SEV_CERT_USAGE_PDH, errp) && sev_cert_check(&pek, SEV_CERT_USAGE_PEK, errp) &&
           sev_cert_check(&oca, SEV_CERT_USAGE_OCA, errp) && sev_cert_check(&cek, SEV_CERT_USAGE_CEK, errp) &&
           check_signed(pdh, &pek, errp) && check_signed(&pek, &oca, errp) &&
           check_signed(&pek, &cek, errp) && check_signed(&oca, &oca, errp);
}

void sev_cert_init_pdh(SevCert *cert, const CryptoP384Point *point, uint8_t api_major, uint8_t api_minor)
{
    *cert = (SevCert){
        .version = GUINT32_TO_LE(SEV_CERT_VERSION),
        .api_major = api_major,
        .api_minor = api_minor,
        .key_usage = GUINT32_TO_LE(SEV_CERT_USAGE_PDH),
        .key_algorithm = GUINT32_TO_LE(SEV_CERT_ECDH_SHA256),
        .curve = GUINT32_TO_LE(SEV_CERT_CURVE_P384),
        .point = *point,
    };
    cert->signatures[0].usage = GUINT32_TO_LE(SEV_CERT_USAGE_INVALID);
    cert->signatures[1].usage = GUINT32_TO_LE(SEV_CERT_USAGE_INVALID);
}
