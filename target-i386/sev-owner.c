/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The owner's side of an SEV launch: session and measurement.
 */
#include "target-i386/sev-owner.h"
#include <string.h>
#include "confidential/crypto-key.h"
#include "confidential/crypto-mac.h"
#include "confidential/crypto.h"
#include "qapi/bytes-text.h"
#include "target-i386/sev-cert.h"
#include "target-i386/sev-policy.h"

#define CONTEXT_MEASURE 0x04

#define STATE_MAGIC     "CGVMSEV1"

/** The first interface whose measurement covers the firmware's version and the policy. */
#define LEAST_MINOR 17

/** How an owner's secrets lie in a file. Little-endian. */
typedef struct State {
    uint8_t magic[8];
    uint32_t policy;
    uint32_t reserved;
    uint8_t nonce[16];
    uint8_t tek[16];
    uint8_t tik[16];
} State;
ABI_ASSERT_SIZE(State, SEV_OWNER_STATE_SIZE);

/* ---- session ---- */

typedef struct WrapKeys {
    uint8_t master[16], kek[CRYPTO_AES128_KEY_SIZE], kik[CRYPTO_AES128_KEY_SIZE];
} WrapKeys;

void sev_owner_wrap(const SevOwner *owner, const void *z, size_t z_size,
                    const uint8_t iv[CRYPTO_AES_BLOCK_SIZE], SevSession *session)
{
    const uint32_t policy = GUINT32_TO_LE(owner->policy);
    uint8_t keys[sizeof(session->wrap_tk)];
    WrapKeys wrap;

    crypto_derive_key(z, z_size, "sev-master-secret", owner->nonce, sizeof(owner->nonce), wrap.master,
                      sizeof(wrap.master));
    crypto_derive_key(wrap.master, sizeof(wrap.master), "sev-kek", NULL, 0, wrap.kek, sizeof(wrap.kek));
    crypto_derive_key(wrap.master, sizeof(wrap.master), "sev-kik", NULL, 0, wrap.kik, sizeof(wrap.kik));
    memcpy(keys, owner->tek, sizeof(owner->tek));
    memcpy(keys + sizeof(owner->tek), owner->tik, sizeof(owner->tik));
    memcpy(session->nonce, owner->nonce, sizeof(session->nonce));
    memcpy(session->wrap_iv, iv, sizeof(session->wrap_iv));
    crypto_aes128_ctr(wrap.kek, iv, keys, sizeof(keys), session->wrap_tk);
    crypto_hmac_sha256(wrap.kik, sizeof(wrap.kik), session->wrap_tk, sizeof(session->wrap_tk),
                       session->wrap_mac);
    crypto_hmac_sha256(owner->tik, sizeof(owner->tik), &policy, sizeof(policy), session->policy_mac);
    crypto_clear(keys, sizeof(keys));
    crypto_clear(&wrap, sizeof(wrap));
}

bool sev_owner_open(SevOwner *owner, uint32_t policy, const SevCert *pdh, SevCert *dh_cert,
                    SevSession *session, Error **errp)
{
    g_autoptr(CryptoKey) key = NULL;
    uint8_t z[CRYPTO_P384_SIZE], iv[CRYPTO_AES_BLOCK_SIZE];
    CryptoP384Point point;
    bool agreed;

    *owner = (SevOwner){ .policy = 0 };
    if (!sev_policy_check(policy, errp) || !sev_cert_check(pdh, SEV_CERT_USAGE_PDH, errp)) {
        return false;
    }
    owner->policy = policy;
    crypto_random(owner->nonce, sizeof(owner->nonce));
    crypto_random(owner->tek, sizeof(owner->tek));
    crypto_random(owner->tik, sizeof(owner->tik));
    crypto_random(iv, sizeof(iv));
    key = crypto_key_new();
    crypto_key_public(key, &point);
    sev_cert_init_pdh(dh_cert, &point, pdh->api_major, pdh->api_minor);
    agreed = crypto_key_agree(key, &pdh->point, z);
    g_assert(agreed); /* the point was checked */
    sev_owner_wrap(owner, z, sizeof(z), iv, session);
    crypto_clear(z, sizeof(z));
    return true;
}

/* ---- state ---- */

void sev_owner_save(const SevOwner *owner, uint8_t bytes[SEV_OWNER_STATE_SIZE])
{
    State state = { .policy = GUINT32_TO_LE(owner->policy) };

    memcpy(state.magic, STATE_MAGIC, sizeof(state.magic));
    memcpy(state.nonce, owner->nonce, sizeof(state.nonce));
    memcpy(state.tek, owner->tek, sizeof(state.tek));
    memcpy(state.tik, owner->tik, sizeof(state.tik));
    memcpy(bytes, &state, sizeof(state));
    crypto_clear(&state, sizeof(state));
}

bool sev_owner_load(SevOwner *owner, const uint8_t *bytes, size_t size, Error **errp)
{
    State state;

    *owner = (SevOwner){ .policy = 0 };
    if (size != sizeof(state) || memcmp(bytes, STATE_MAGIC, sizeof(state.magic)) != 0) {
        return error_setg(errp,
                          "the owner's state is not one that `cgctl secret session` has written; name its "
                          "file");
    }
    memcpy(&state, bytes, sizeof(state));
    owner->policy = GUINT32_FROM_LE(state.policy);
    memcpy(owner->nonce, state.nonce, sizeof(owner->nonce));
    memcpy(owner->tek, state.tek, sizeof(owner->tek));
    memcpy(owner->tik, state.tik, sizeof(owner->tik));
    crypto_clear(&state, sizeof(state));
    return true;
}

/* ---- measurement ---- */

void sev_owner_measure(const SevOwner *owner, const SevFirmwareVersion *firmware, const uint8_t digest[32],
                       const uint8_t mnonce[16], uint8_t measure[32])
{
    struct __attribute__((packed)) {
        uint8_t context, api_major, api_minor, build;
        uint32_t policy;
        uint8_t digest[32], mnonce[16];
    } input = {
        .context = CONTEXT_MEASURE,
        .api_major = firmware->api_major,
        .api_minor = firmware->api_minor,
        .build = firmware->build,
        .policy = GUINT32_TO_LE(owner->policy),
    };

    memcpy(input.digest, digest, sizeof(input.digest));
    memcpy(input.mnonce, mnonce, sizeof(input.mnonce));
    crypto_hmac_sha256(owner->tik, sizeof(owner->tik), &input, sizeof(input), measure);
}

/* MAJOR.MINOR, each from 0 to 255 and without leading zeros. */
static bool read_api(const char *text, SevFirmwareVersion *firmware, Error **errp)
{
    g_auto(GStrv) parts = g_strsplit(text, ".", -1);
    guint64 major, minor;

    if (g_strv_length(parts) != 2 || !g_ascii_string_to_unsigned(parts[0], 10, 0, 255, &major, NULL) ||
        !g_ascii_string_to_unsigned(parts[1], 10, 0, 255, &minor, NULL)) {
        return error_setg(errp, "'api' expects MAJOR.MINOR, each from 0 to 255, like 1.55, not \"%s\"", text);
    }
    if (major == 0 && minor < LEAST_MINOR) {
        return error_set(errp, CGVM_ERROR_UNSUPPORTED,
                         "'api' is %s, but firmware before 0.%d measures neither its version nor the policy; "
                         "update it",
                         text, LEAST_MINOR);
    }
    firmware->api_major = (uint8_t)major;
    firmware->api_minor = (uint8_t)minor;
    return true;
}

bool sev_owner_verify(const SevOwner *owner, const SevMeasurement *measurement,
                      const SevLaunchExpectations *expected, Error **errp)
{
    SevFirmwareVersion firmware = { .build = expected->build };
    uint8_t digest[CRYPTO_SHA256_SIZE], measure[CRYPTO_MAC_SIZE];
    g_autofree char *words = sev_policy_words(owner->policy);

    if (!bytes_from_text("digest", expected->digest, digest, sizeof(digest), errp) ||
        !read_api(expected->api, &firmware, errp)) {
        return false;
    }
    sev_owner_measure(owner, &firmware, digest, measurement->mnonce, measure);
    return crypto_equal(measure, measurement->measure, sizeof(measure)) ||
           error_set(
               errp, CGVM_ERROR_MISMATCH,
               "the measurement is not that of a launch with this digest, firmware %u.%u build %u and policy "
               "0x%x (%s) in the session; do not hand in secrets, and compare firmware file, -smp, -cpu, "
               "the platform's version and the state file",
               firmware.api_major, firmware.api_minor, firmware.build, owner->policy, words);
}
