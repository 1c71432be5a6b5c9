/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the certificates of SEV platforms: a chain that is right, and every way in which it is not.
 */
#include "target-i386/sev-cert.h"
#include <glib.h>
#include <string.h>

typedef struct Platform {
    SevCert pdh, chain[3]; /* PEK, OCA, CEK */
    CryptoP384Key pek, oca, cek;
} Platform;

static void init_cert(SevCert *cert, uint32_t usage, const char *seed, CryptoP384Key *key)
{
    crypto_p384_key(seed, strlen(seed), key);
    *cert = (SevCert){
        .version = GUINT32_TO_LE(1),
        .key_usage = GUINT32_TO_LE(usage),
        .key_algorithm = GUINT32_TO_LE(usage == SEV_CERT_USAGE_PDH ? 3 : 2),
        .curve = GUINT32_TO_LE(2),
        .point = key->point,
    };
    cert->signatures[0].usage = cert->signatures[1].usage = GUINT32_TO_LE(SEV_CERT_USAGE_INVALID);
}

static void sign(SevCert *cert, size_t slot, uint32_t usage, const CryptoP384Key *key)
{
    cert->signatures[slot].usage = GUINT32_TO_LE(usage);
    cert->signatures[slot].algorithm = GUINT32_TO_LE(2);
    crypto_p384_sign(key, cert, offsetof(SevCert, signatures), &cert->signatures[slot].signature);
}

static void platform_init(Platform *platform)
{
    CryptoP384Key pdh;

    init_cert(&platform->pdh, SEV_CERT_USAGE_PDH, "pdh", &pdh);
    init_cert(&platform->chain[0], SEV_CERT_USAGE_PEK, "pek", &platform->pek);
    init_cert(&platform->chain[1], SEV_CERT_USAGE_OCA, "oca", &platform->oca);
    init_cert(&platform->chain[2], SEV_CERT_USAGE_CEK, "cek", &platform->cek);
    sign(&platform->pdh, 0, SEV_CERT_USAGE_PEK, &platform->pek);
    sign(&platform->chain[0], 1, SEV_CERT_USAGE_CEK, &platform->cek);
    sign(&platform->chain[0], 0, SEV_CERT_USAGE_OCA, &platform->oca);
    sign(&platform->chain[1], 0, SEV_CERT_USAGE_OCA, &platform->oca);
}

static void assert_chain(const Platform *platform, CgvmErrorCode code, const char *message)
{
    g_autoptr(Error) error = NULL;
    uint8_t chain[SEV_CERT_CHAIN_SIZE];
    bool done;

    G_STATIC_ASSERT(sizeof(platform->chain) == sizeof(chain));
    memcpy(chain, platform->chain, sizeof(chain));
    done = sev_cert_check_chain(&platform->pdh, chain, &error);
    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, message);
    g_assert_cmpint(done, ==, message == NULL);
    g_assert_true(!error || cgvm_error_code(error) == code);
}

static void test_right(void)
{
    Platform platform;

    platform_init(&platform);
    assert_chain(&platform, 0, NULL);
    /* The two signatures of the PEK may be in either place. */
    sign(&platform.chain[0], 0, SEV_CERT_USAGE_CEK, &platform.cek);
    sign(&platform.chain[0], 1, SEV_CERT_USAGE_OCA, &platform.oca);
    assert_chain(&platform, 0, NULL);
}

#define NOT_SIGNED(cert, issuer)                                                                             \
    "the " cert " certificate has no good signature by the " issuer                                          \
    "; the certificates are not of one platform, or damaged"

/* A byte of what is signed, or of the signature, of each certificate. */
static void test_damaged(void)
{
    static const struct {
        size_t offset;
        const char *message;
    } cases[] = {
        { offsetof(Platform, pdh.padding), NOT_SIGNED("PDH", "PEK") },
        { offsetof(Platform, pdh.signatures[0].signature.r), NOT_SIGNED("PDH", "PEK") },
        { offsetof(Platform, pdh.signatures[0].usage), NOT_SIGNED("PDH", "PEK") },
        { offsetof(Platform, pdh.signatures[0].algorithm), NOT_SIGNED("PDH", "PEK") },
        { offsetof(Platform, chain[0].api_major), NOT_SIGNED("PEK", "OCA") },
        { offsetof(Platform, chain[0].signatures[0].signature.s), NOT_SIGNED("PEK", "OCA") },
        { offsetof(Platform, chain[0].signatures[1].signature.s), NOT_SIGNED("PEK", "CEK") },
        { offsetof(Platform, chain[1].signatures[0].signature.s), NOT_SIGNED("OCA", "OCA") },
        { offsetof(Platform, chain[1].reserved), NOT_SIGNED("OCA", "OCA") },
    };
    Platform platform;

    platform_init(&platform);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        ((uint8_t *)&platform)[cases[i].offset] ^= 1;
        assert_chain(&platform, CGVM_ERROR_MISMATCH, cases[i].message);
        ((uint8_t *)&platform)[cases[i].offset] ^= 1;
    }
    assert_chain(&platform, 0, NULL);
}

static void test_other_platform(void)
{
    Platform platform, other;

    platform_init(&platform);
    platform_init(&other);
    init_cert(&other.chain[2], SEV_CERT_USAGE_CEK, "another cek", &other.cek);
    platform.chain[2] = other.chain[2];
    assert_chain(&platform, CGVM_ERROR_MISMATCH, NOT_SIGNED("PEK", "CEK"));
}

static void test_malformed(void)
{
    Platform platform;

    platform_init(&platform);
    platform.pdh.version = GUINT32_TO_LE(2);
    assert_chain(&platform, CGVM_ERROR_INVALID, "the PDH certificate has version 2, not 1; export it anew");
    platform_init(&platform);
    platform.chain[0] = platform.chain[1];
    assert_chain(&platform, CGVM_ERROR_INVALID,
                 "the PEK certificate is of a key for usage 0x1001 (OCA), not 0x1002; give the right one");
    platform_init(&platform);
    platform.chain[2].curve = GUINT32_TO_LE(1);
    assert_chain(&platform, CGVM_ERROR_INVALID,
                 "the CEK certificate is of a key with algorithm 0x2 on curve 1, which no SEV platform has");
    platform_init(&platform);
    platform.chain[1].key_algorithm = GUINT32_TO_LE(3);
    assert_chain(&platform, CGVM_ERROR_INVALID,
                 "the OCA certificate is of a key with algorithm 0x3 on curve 2, which no SEV platform has");
    platform_init(&platform);
    platform.pdh.point.x[71] = 1;
    assert_chain(&platform, CGVM_ERROR_INVALID,
                 "the PDH certificate has a key that is no point of P-384; it is damaged");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sev-cert/right", test_right);
    g_test_add_func("/sev-cert/damaged", test_damaged);
    g_test_add_func("/sev-cert/other-platform", test_other_platform);
    g_test_add_func("/sev-cert/malformed", test_malformed);
    return g_test_run();
}
