/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of HMAC and key derivation: known answers of RFC 4231, and those of SEV sessions that other
 * implementations agree on.
 */
#include "confidential/crypto-aes.h"
#include "confidential/crypto-mac.h"
#include "tests/unit/hex.h"

static void test_hmac(void)
{
    uint8_t mac[CRYPTO_MAC_SIZE];

    crypto_hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, mac);
    assert_hex(mac, sizeof(mac), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

/* Of zeros for the shared secret, nonce, IV, both transport keys and the policy. */
static void test_session(void)
{
    const uint8_t zeros[32] = { 0 };
    uint8_t master[16], kek[16], kik[16], wrapped[32], mac[CRYPTO_MAC_SIZE];

    crypto_derive_key(zeros, 16, "sev-master-secret", zeros, 16, master, sizeof(master));
    assert_hex(master, sizeof(master), "ab4d269fcc62bedb4511d56c386ce706");
    crypto_derive_key(master, sizeof(master), "sev-kek", NULL, 0, kek, sizeof(kek));
    assert_hex(kek, sizeof(kek), "b6abfbfb75ea1ea74ed8750b8afdb973");
    crypto_derive_key(master, sizeof(master), "sev-kik", NULL, 0, kik, sizeof(kik));
    assert_hex(kik, sizeof(kik), "53b524bf5669a363f365c864acba8572");
    crypto_aes128_ctr(kek, zeros, zeros, sizeof(wrapped), wrapped);
    assert_hex(wrapped, sizeof(wrapped), "2137bc7f9bb8bd7c3e55a576a15d3454b3856b8ba27afadf46dcfee9f02c02c4");
    crypto_hmac_sha256(kik, sizeof(kik), wrapped, sizeof(wrapped), mac);
    assert_hex(mac, sizeof(mac), "3176c0752738bd9d5e86689534020f528c088f16238826b000b327dee6aeed7d");
    crypto_hmac_sha256(zeros, 16, zeros, 4, mac);
    assert_hex(mac, sizeof(mac), "aa7855e13839dd767cd5da7c1ff5036540c9264b7a803029315e55375287b4af");
}

/* What LAUNCH_MEASURE of firmware 0.18, build 15, returns for a guest without any memory. */
static void test_measurement(void)
{
    uint8_t tik[16], input[56] = { 0x04, 0, 18, 15 }, mac[CRYPTO_MAC_SIZE];

    from_hex("66320db73158a35a255d051758e95ed4", tik, sizeof(tik));
    crypto_sha256(NULL, 0, input + 8);
    from_hex("4fbe0bedbad6c86ae8f68971d103e554", input + 40, 16);
    crypto_hmac_sha256(tik, sizeof(tik), input, sizeof(input), mac);
    assert_hex(mac, sizeof(mac), "6faab2daae389bcd3405a05d6cafe33c0414f7bedd0bae19ba5f38b7fd1664ea");
}

/* Longer keys than a digest: the parts differ, and what comes first does depend on the length. */
static void test_long_key(void)
{
    uint8_t bytes[80], shorter[32];

    crypto_derive_key("key", 3, "label", "context", 7, bytes, sizeof(bytes));
    crypto_derive_key("key", 3, "label", "context", 7, shorter, sizeof(shorter));
    g_assert_cmpint(memcmp(bytes, bytes + 32, 32), !=, 0);
    g_assert_cmpint(memcmp(bytes, shorter, sizeof(shorter)), !=, 0);
}

/* RFC 5869's first case, with SHA-512: other implementations agree on it. */
static void test_hkdf(void)
{
    uint8_t key[22], salt[13], derived[42];

    memset(key, 0x0b, sizeof(key));
    for (size_t i = 0; i < sizeof(salt); i++) {
        salt[i] = (uint8_t)i;
    }
    crypto_hkdf_sha512(key, sizeof(key), salt, sizeof(salt), "\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9",
                       derived, sizeof(derived));
    assert_hex(derived, sizeof(derived),
               "832390086cda71fb47625bb5ceb168e4c8e26a1a16ed34d9fc7fe92c1481579338da362cb8d9f925d7cb");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/crypto-mac/hmac", test_hmac);
    g_test_add_func("/crypto-mac/session", test_session);
    g_test_add_func("/crypto-mac/measurement", test_measurement);
    g_test_add_func("/crypto-mac/long-key", test_long_key);
    g_test_add_func("/crypto-mac/hkdf", test_hkdf);
    return g_test_run();
}
