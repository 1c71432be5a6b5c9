/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The owner of an SEV guest, for tests: a session for LAUNCH_START, and packets with secrets. Written from
 * the structures' offsets, and not with the firmware's definitions.
 */
#ifndef TESTS_UNIT_GUEST_OWNER_H
#define TESTS_UNIT_GUEST_OWNER_H

#include "confidential/crypto-aes.h"
#include "confidential/crypto-mac.h"
#include "confidential/crypto-p384.h"
#include "target-i386/sev-abi.h"
#include "tests/unit/hex.h"

typedef struct GuestOwner {
    uint8_t cert[SEV_CERT_SIZE];
    SevSession session;
    uint8_t tek[16], tik[16];
} GuestOwner;

static inline void put_le32(uint8_t *bytes, uint32_t value)
{
    value = GUINT32_TO_LE(value);
    memcpy(bytes, &value, sizeof(value));
}

static inline uint32_t get_le32(const uint8_t *bytes)
{
    uint32_t value;

    memcpy(&value, bytes, sizeof(value));
    return GUINT32_FROM_LE(value);
}

/* Opens a session for a guest with @policy on the platform whose PDH certificate is @pdh. */
static inline void owner_open(GuestOwner *owner, const uint8_t *pdh, uint32_t policy)
{
    CryptoP384Key key;
    CryptoP384Point peer;
    uint8_t z[48], master[16], kek[16], kik[16], keys[32], policy_bytes[4];

    memset(owner, 0, sizeof(*owner));
    memset(owner->tek, 0x11, sizeof(owner->tek));
    memset(owner->tik, 0x22, sizeof(owner->tik));
    memset(owner->session.nonce, 0x33, sizeof(owner->session.nonce));
    memset(owner->session.wrap_iv, 0x44, sizeof(owner->session.wrap_iv));
    crypto_p384_key("guest owner", 11, &key);
    put_le32(owner->cert + 0x00, 1);
    put_le32(owner->cert + 0x08, 0x1003);
    put_le32(owner->cert + 0x0c, 3);
    put_le32(owner->cert + 0x10, 2);
    memcpy(owner->cert + 0x14, &key.point, sizeof(key.point));
    memcpy(&peer, pdh + 0x14, sizeof(peer));
    g_assert_true(crypto_p384_agree(&key, &peer, z));
    crypto_derive_key(z, sizeof(z), "sev-master-secret", owner->session.nonce, 16, master, sizeof(master));
    crypto_derive_key(master, sizeof(master), "sev-kek", NULL, 0, kek, sizeof(kek));
    crypto_derive_key(master, sizeof(master), "sev-kik", NULL, 0, kik, sizeof(kik));
    memcpy(keys, owner->tek, 16);
    memcpy(keys + 16, owner->tik, 16);
    crypto_aes128_ctr(kek, owner->session.wrap_iv, keys, sizeof(keys), owner->session.wrap_tk);
    crypto_hmac_sha256(kik, sizeof(kik), owner->session.wrap_tk, 32, owner->session.wrap_mac);
    put_le32(policy_bytes, policy);
    crypto_hmac_sha256(owner->tik, 16, policy_bytes, sizeof(policy_bytes), owner->session.policy_mac);
}

/* What LAUNCH_MEASURE has to return for @digest with the nonce that it chose. */
static inline void owner_measure(const GuestOwner *owner, const uint8_t api[3], uint32_t policy,
                                 const uint8_t digest[32], const uint8_t mnonce[16], uint8_t mac[32])
{
    uint8_t input[56] = { 0x04, api[0], api[1], api[2] };

    put_le32(input + 4, policy);
    memcpy(input + 8, digest, 32);
    memcpy(input + 40, mnonce, 16);
    crypto_hmac_sha256(owner->tik, 16, input, sizeof(input), mac);
}

/* A packet with @size bytes of @secret. */
static inline void owner_seal(const GuestOwner *owner, const uint8_t measure[32], const void *secret,
                              uint32_t size, uint8_t header[52], uint8_t *packet)
{
    g_autoptr(GByteArray) input = g_byte_array_new();
    uint8_t start[29] = { 0x01 };

    memset(header, 0, 52);
    memset(header + 4, 0x55, 16);
    crypto_aes128_ctr(owner->tek, header + 4, secret, size, packet);
    memcpy(start + 1, header, 20);
    put_le32(start + 21, size);
    put_le32(start + 25, size);
    g_byte_array_append(input, start, sizeof(start));
    g_byte_array_append(input, packet, size);
    g_byte_array_append(input, measure, 32);
    crypto_hmac_sha256(owner->tik, 16, input->data, input->len, header + 20);
}

#endif
