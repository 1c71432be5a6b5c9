/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The session that a guest owner opens with LAUNCH_START: a certificate with the owner's Diffie-Hellman key,
 * and transport keys that are wrapped for the platform's. AMD publication 55766, "Session data".
 */
#include <string.h>
#include "confidential/crypto-mac.h"
#include "target-i386/psp-state.h"
#include "target-i386/sev-cert-abi.h"

typedef struct SessionKeys {
    uint8_t kek[CRYPTO_AES128_KEY_SIZE];
    uint8_t kik[CRYPTO_AES128_KEY_SIZE];
} SessionKeys;

/* The certificate's signature is the owner's business: the session proves that its key is the right one. */
static uint32_t agree(Psp *psp, const SevCert *cert, uint8_t z[CRYPTO_P384_SIZE])
{
    uint32_t algorithm = GUINT32_FROM_LE(cert->key_algorithm);

    if (GUINT32_FROM_LE(cert->version) != SEV_CERT_VERSION ||
        GUINT32_FROM_LE(cert->key_usage) != SEV_CERT_USAGE_PDH ||
        (algorithm != SEV_CERT_ECDH_SHA256 && algorithm != SEV_CERT_ECDH_SHA384) ||
        GUINT32_FROM_LE(cert->curve) != SEV_CERT_CURVE_P384 ||
        !crypto_p384_agree(&psp_platform_keys(psp)->pdh, &cert->point, z)) {
        return SEV_STATUS_INVALID_CERTIFICATE;
    }
    return SEV_STATUS_SUCCESS;
}

static void derive_session_keys(const uint8_t z[CRYPTO_P384_SIZE], const SevSession *session,
                                SessionKeys *keys)
{
    uint8_t master[16];

    crypto_derive_key(z, CRYPTO_P384_SIZE, "sev-master-secret", session->nonce, sizeof(session->nonce),
                      master, sizeof(master));
    crypto_derive_key(master, sizeof(master), "sev-kek", NULL, 0, keys->kek, sizeof(keys->kek));
    crypto_derive_key(master, sizeof(master), "sev-kik", NULL, 0, keys->kik, sizeof(keys->kik));
    crypto_clear(master, sizeof(master));
}

static bool mac_is_good(const uint8_t *key, const void *data, size_t size, const uint8_t *expected)
{
    uint8_t mac[CRYPTO_MAC_SIZE];

    crypto_hmac_sha256(key, CRYPTO_AES128_KEY_SIZE, data, size, mac);
    return memcmp(mac, expected, sizeof(mac)) == 0;
}

static uint32_t unwrap(const SessionKeys *keys, const SevSession *session, uint32_t policy,
                       PspTransportKeys *transport)
{
    uint32_t le_policy = GUINT32_TO_LE(policy);

    if (!mac_is_good(keys->kik, session->wrap_tk, sizeof(session->wrap_tk), session->wrap_mac)) {
        return SEV_STATUS_BAD_MEASUREMENT;
    }
    G_STATIC_ASSERT(sizeof(*transport) == sizeof(session->wrap_tk));
    crypto_aes128_ctr(keys->kek, session->wrap_iv, session->wrap_tk, sizeof(*transport), transport);
    return mac_is_good(transport->tik, &le_policy, sizeof(le_policy), session->policy_mac)
               ? SEV_STATUS_SUCCESS
               : SEV_STATUS_BAD_MEASUREMENT;
}

uint32_t psp_session_open(Psp *psp, const PspSevStart *start, PspTransportKeys *transport)
{
    uint8_t z[CRYPTO_P384_SIZE];
    SessionKeys keys;
    SevSession session;
    SevCert cert;
    uint32_t status;

    if (!start->dh_cert || !start->session || start->dh_cert_length != sizeof(cert) ||
        start->session_length != sizeof(session)) {
        return SEV_STATUS_INVALID_LEN;
    }
    memcpy(&cert, start->dh_cert, sizeof(cert));
    memcpy(&session, start->session, sizeof(session));
    status = agree(psp, &cert, z);
    if (status == SEV_STATUS_SUCCESS) {
        derive_session_keys(z, &session, &keys);
        status = unwrap(&keys, &session, start->policy, transport);
        crypto_clear(&keys, sizeof(keys));
        crypto_clear(z, sizeof(z));
    }
    return status;
}
