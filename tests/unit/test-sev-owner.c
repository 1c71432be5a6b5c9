/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the owner's side of an SEV launch, with the test values that are published for it: those of the
 * Rust crate sev (session, measurement), which sev-tool agrees with.
 */
#include "target-i386/sev-owner.h"
#include <string.h>
#include "confidential/crypto-mac.h"
#include "target-i386/sev-cert.h"
#include "tests/unit/hex.h"

static const SevOwner zeros;

static void test_known_session(void)
{
    const uint8_t z[16] = { 0 }, iv[16] = { 0 };
    SevSession session;

    sev_owner_wrap(&zeros, z, sizeof(z), iv, &session);
    assert_hex(session.nonce, 16, "00000000000000000000000000000000");
    assert_hex(session.wrap_iv, 16, "00000000000000000000000000000000");
    assert_hex(session.wrap_tk, 32, "2137bc7f9bb8bd7c3e55a576a15d3454b3856b8ba27afadf46dcfee9f02c02c4");
    assert_hex(session.wrap_mac, 32, "3176c0752738bd9d5e86689534020f528c088f16238826b000b327dee6aeed7d");
    assert_hex(session.policy_mac, 32, "aa7855e13839dd767cd5da7c1ff5036540c9264b7a803029315e55375287b4af");
}

#define KNOWN_DIGEST "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static void init_known(SevOwner *owner, SevMeasurement *measurement)
{
    *owner = zeros;
    from_hex("66320db73158a35a255d051758e95ed4", owner->tik, 16);
    from_hex("4fbe0bedbad6c86ae8f68971d103e554", measurement->mnonce, 16);
    from_hex("6faab2daae389bcd3405a05d6cafe33c0414f7bedd0bae19ba5f38b7fd1664ea", measurement->measure, 32);
}

static void test_known_measurement(void)
{
    const SevFirmwareVersion firmware = { 0, 18, 15 };
    SevMeasurement measurement;
    uint8_t digest[32], measure[32];
    SevOwner owner;

    init_known(&owner, &measurement);
    from_hex(KNOWN_DIGEST, digest, sizeof(digest));
    sev_owner_measure(&owner, &firmware, digest, measurement.mnonce, measure);
    g_assert_cmpmem(measure, sizeof(measure), measurement.measure, sizeof(measurement.measure));
}

static void assert_verify(const SevOwner *owner, const SevMeasurement *measurement, const char *digest,
                          const char *api, uint8_t build, CgvmErrorCode code, const char *message)
{
    const SevLaunchExpectations expected = {
        .digest = (char *)digest,
        .api = (char *)api,
        .build = build,
    };
    g_autoptr(Error) error = NULL;

    g_assert_cmpint(sev_owner_verify(owner, measurement, &expected, &error), ==, message == NULL);
    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, message);
    g_assert_true(!error || cgvm_error_code(error) == code);
}

static void test_verify(void)
{
    static const char other[] = "the measurement is not that of a launch with this digest, firmware 0.18 "
                                "build 15 and policy 0x0 (host may read its memory) in "
                                "the session; do not hand in secrets, and compare firmware file, -smp, "
                                "-cpu, the platform's version and "
                                "the state file";
    SevMeasurement measurement;
    SevOwner owner;

    init_known(&owner, &measurement);
    assert_verify(&owner, &measurement, KNOWN_DIGEST, "0.18", 15, 0, NULL);
    assert_verify(&owner, &measurement, "f3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                  "0.18", 15, CGVM_ERROR_MISMATCH, other);
    assert_verify(&owner, &measurement, "12", "0.18", 15, CGVM_ERROR_INVALID,
                  "'digest' expects 32 bytes, as 64 hexadecimal digits or in base64, not \"12\"");
    assert_verify(&owner, &measurement, KNOWN_DIGEST, "18", 15, CGVM_ERROR_INVALID,
                  "'api' expects MAJOR.MINOR, each from 0 to 255, like 1.55, not \"18\"");
    assert_verify(&owner, &measurement, KNOWN_DIGEST, "1.256", 15, CGVM_ERROR_INVALID,
                  "'api' expects MAJOR.MINOR, each from 0 to 255, like 1.55, not \"1.256\"");
    assert_verify(
        &owner, &measurement, KNOWN_DIGEST, "0.16", 15, CGVM_ERROR_UNSUPPORTED,
        "'api' is 0.16, but firmware before 0.17 measures neither its version nor the policy; update it");
    for (size_t i = 0; i < 8 * sizeof(measurement); i++) {
        ((uint8_t *)&measurement)[i / 8] ^= 1 << i % 8;
        assert_verify(&owner, &measurement, KNOWN_DIGEST, "0.18", 15, CGVM_ERROR_MISMATCH, other);
        ((uint8_t *)&measurement)[i / 8] ^= 1 << i % 8;
    }
    owner.tik[0] ^= 1;
    assert_verify(&owner, &measurement, KNOWN_DIGEST, "0.18", 15, CGVM_ERROR_MISMATCH, other);
}

/* What the firmware does with a session, by the other implementation of key agreement. */
static void unwrap(const CryptoP384Key *pdh, const SevCert *cert, const SevSession *session, uint8_t keys[32])
{
    uint8_t z[CRYPTO_P384_SIZE], master[16], kek[16], kik[16], mac[CRYPTO_MAC_SIZE];

    g_assert_true(crypto_p384_agree(pdh, &cert->point, z));
    crypto_derive_key(z, sizeof(z), "sev-master-secret", session->nonce, 16, master, sizeof(master));
    crypto_derive_key(master, sizeof(master), "sev-kek", NULL, 0, kek, sizeof(kek));
    crypto_derive_key(master, sizeof(master), "sev-kik", NULL, 0, kik, sizeof(kik));
    crypto_hmac_sha256(kik, sizeof(kik), session->wrap_tk, 32, mac);
    g_assert_cmpmem(mac, sizeof(mac), session->wrap_mac, sizeof(session->wrap_mac));
    crypto_aes128_ctr(kek, session->wrap_iv, session->wrap_tk, 32, keys);
}

static void test_open(void)
{
    CryptoP384Key pdh;
    SevCert pdh_cert, cert, other_cert;
    SevSession session, other_session;
    SevOwner owner, other;
    uint8_t keys[32];

    crypto_p384_key("pdh", 3, &pdh);
    sev_cert_init_pdh(&pdh_cert, &pdh.point, 1, 55);
    g_assert_true(sev_owner_open(&owner, 5, &pdh_cert, &cert, &session, NULL));
    g_assert_true(sev_owner_open(&other, 5, &pdh_cert, &other_cert, &other_session, NULL));
    g_assert_true(sev_cert_check(&cert, SEV_CERT_USAGE_PDH, NULL));
    unwrap(&pdh, &cert, &session, keys);
    g_assert_cmpmem(keys, 16, owner.tek, 16);
    g_assert_cmpmem(keys + 16, 16, owner.tik, 16);
    /* Nothing is the same in two sessions. */
    g_assert_cmpint(memcmp(&cert.point, &other_cert.point, sizeof(cert.point)), !=, 0);
    g_assert_cmpint(memcmp(owner.tek, other.tek, 16), !=, 0);
    g_assert_cmpint(memcmp(owner.tik, other.tik, 16), !=, 0);
    g_assert_cmpint(memcmp(owner.nonce, other.nonce, 16), !=, 0);
    g_assert_cmpint(memcmp(session.wrap_iv, other_session.wrap_iv, 16), !=, 0);
}

static void test_open_refused(void)
{
    g_autoptr(Error) policy = NULL, point = NULL;
    SevCert pdh_cert, cert;
    SevSession session;
    CryptoP384Key pdh;
    SevOwner owner;

    crypto_p384_key("pdh", 3, &pdh);
    sev_cert_init_pdh(&pdh_cert, &pdh.point, 1, 55);
    g_assert_false(sev_owner_open(&owner, 0x40, &pdh_cert, &cert, &session, &policy));
    g_assert_cmpstr(cgvm_error_message(policy), ==,
                    "'policy' is 0x40, but its bits 15:6 are reserved and must be zero");
    pdh_cert.point.x[0] ^= 1;
    g_assert_false(sev_owner_open(&owner, 0, &pdh_cert, &cert, &session, &point));
    g_assert_cmpstr(cgvm_error_message(point), ==,
                    "the PDH certificate has a key that is no point of P-384; it is damaged");
    g_assert_cmpmem(&owner, sizeof(owner), &zeros, sizeof(zeros));
}

static void test_state(void)
{
    uint8_t state[SEV_OWNER_STATE_SIZE], again[SEV_OWNER_STATE_SIZE];
    SevOwner owner = { .policy = 0x01020305 }, loaded;

    memset(owner.nonce, 1, 16);
    memset(owner.tek, 2, 16);
    memset(owner.tik, 3, 16);
    sev_owner_save(&owner, state);
    assert_hex(state, 16, "4347564d534556310503020100000000");
    g_assert_true(sev_owner_load(&loaded, state, sizeof(state), NULL));
    sev_owner_save(&loaded, again);
    g_assert_cmpmem(state, sizeof(state), again, sizeof(again));
    g_assert_cmpmem(loaded.tik, 16, owner.tik, 16);
    for (size_t size = 0; size < sizeof(state); size++) {
        g_autofree uint8_t *copy = g_memdup2(state, size);

        g_assert_false(sev_owner_load(&loaded, copy, size, NULL));
    }
    state[0] ^= 1;
    g_assert_false(sev_owner_load(&loaded, state, sizeof(state), NULL));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sev-owner/known-session", test_known_session);
    g_test_add_func("/sev-owner/known-measurement", test_known_measurement);
    g_test_add_func("/sev-owner/verify", test_verify);
    g_test_add_func("/sev-owner/open", test_open);
    g_test_add_func("/sev-owner/open-refused", test_open_refused);
    g_test_add_func("/sev-owner/state", test_state);
    return g_test_run();
}
