/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of private keys: reading PEM that the command openssl has written, signatures that the other
 * implementation of this tree checks, and key agreement with that of crypto-p384.h. The keys here are for
 * tests alone.
 */
#include "confidential/crypto-key.h"
#include <string.h>
#include "confidential/crypto.h"
#include "tests/unit/hex.h"

static const char pkcs8[] = "-----BEGIN PRIVATE KEY-----\n"
                            "MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDCo9LXpXAidzJzlySBO\n"
                            "rdcBPahdzAkpGqWtOgAT64aSQTbA3tmrIicMnSMtk3+uIw+hZANiAAR0SZ3d3+8Y\n"
                            "aC0TvBkTDWHjZ/K7s6DK+aZaDVHhCqXnxRcM9/i0w7LOaVLJUferfiOmIpidzurA\n"
                            "7EfxKJUxhGC75+krsnX77cvVt8QvlueArWRD0dpx5PROQpEMygkpM48=\n"
                            "-----END PRIVATE KEY-----\n";

static const char sec1[] = "-----BEGIN EC PARAMETERS-----\n"
                           "BgUrgQQAIg==\n"
                           "-----END EC PARAMETERS-----\n"
                           "-----BEGIN EC PRIVATE KEY-----\n"
                           "MIGkAgEBBDDHzIYVNDNl7AZfsecq702OiPuMOQtSzTMmVB6HHn8W8NEajMpxbzU9\n"
                           "kwZhyUphFbSgBwYFK4EEACKhZANiAARCUrgwesuU7FhZ8NrNFiYIP2JB/s+8Yf/A\n"
                           "ko8TPlkSPjuNIna3cujEO4Lq1jmW82hFPs+aNFoPYF+iDK3jQl2QkBEPFqU5/w8y\n"
                           "LhcKpx/ZSU5IqJBIEjP1SV+q/5m6/ko=\n"
                           "-----END EC PRIVATE KEY-----\n";

static const char other_curve[] = "-----BEGIN PRIVATE KEY-----\n"
                                  "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgRDgfJ9jNelPa6P3Z\n"
                                  "RHCqynGLX7qHm/5J8mutLxFqCSGhRANCAASqezET8pn4Qdd+frg/cBpVxUWprqNH\n"
                                  "7yRY8In6MgDATrzrQGq+yvp4CHEVPy5K/QDPvh09jHozgzqqTZ3LpOce\n"
                                  "-----END PRIVATE KEY-----\n";

static const char protected_key[] = "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
                                    "MIIBHDBXBgkqhkiG9w0BBQ0wSjApBgkqhkiG9w0BBQwwHAQIGhxkC9MXPDQCAggA\n"
                                    "MAwGCCqGSIb3DQIJBQAwHQYJYIZIAWUDBAECBBAXdOL1ThOvnc5fV+kszqwpBIHA\n"
                                    "RRzkezovbkKxX97boAPoeB2KlFlbF2vWNtCddXEE8CVel1kT6ZLZJgiiaPNkIODn\n"
                                    "A6+fTlBHwvY7X8ZGBLk288GOJ+/+hazaeSfS9DvlvXPdUUii97M7KLJpzBVfRqCm\n"
                                    "qL0J2/KhezHNfFmHz+iZGAp1qqqVBXuYA3eD8c4oSbcgTf6XTuIEw8odxmphkLnE\n"
                                    "Ch/9OOyHgpeQhw/m5AxfRzNj/DAVsPNi4HDDbdpJ9IhEFX4ooqbKLtc6ABvZHwsW\n"
                                    "-----END ENCRYPTED PRIVATE KEY-----\n";

static const char other_public[] = "-----BEGIN PRIVATE KEY-----\n"
                                   "MIG2AgEAMBAGByqGSM49AgEGBSuBBAAiBIGeMIGbAgEBBDCo9LXpXAidzJzlySBO\n"
                                   "rdcBPahdzAkpGqWtOgAT64aSQTbA3tmrIicMnSMtk3+uIw+hZANiAARCUrgwesuU\n"
                                   "7FhZ8NrNFiYIP2JB/s+8Yf/Ako8TPlkSPjuNIna3cujEO4Lq1jmW82hFPs+aNFoP\n"
                                   "YF+iDK3jQl2QkBEPFqU5/w8yLhcKpx/ZSU5IqJBIEjP1SV+q/5m6/ko=\n"
                                   "-----END PRIVATE KEY-----\n";

/* The start of one, which is enough. */
static const char public_key[] = "-----BEGIN PUBLIC KEY-----\n"
                                 "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEdEmd3d/vGGgtE7wZEw1h42fyu7Ogyvmm\n"
                                 "-----END PUBLIC KEY-----\n";

static CryptoKey *read_key(const char *pem)
{
    g_autoptr(Error) error = NULL;
    CryptoKey *key = crypto_key_from_pem(pem, strlen(pem), &error);

    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
    g_assert_nonnull(key);
    return key;
}

static void test_read(void)
{
    g_autoptr(CryptoKey) one = read_key(pkcs8);
    g_autoptr(CryptoKey) other = read_key(sec1);
    CryptoP384Point point;

    crypto_key_public(one, &point);
    g_assert_cmphex(point.x[CRYPTO_P384_SIZE - 1], ==, 0x74);
    g_assert_cmphex(point.y[0], ==, 0x8f);
    g_assert_cmphex(point.y[CRYPTO_P384_SIZE], ==, 0);
    crypto_key_public(other, &point);
    g_assert_cmphex(point.x[CRYPTO_P384_SIZE - 1], ==, 0x42);
    g_assert_true(crypto_ecdsa_p384_is_on_curve(point.x, point.y));
}

/* What stands around a key does not matter. */
static void test_read_among_others(void)
{
    g_autofree char *text = g_strconcat("Bag Attributes\n", public_key, pkcs8, other_curve, NULL);
    g_autoptr(CryptoKey) key = read_key(text);

    g_assert_nonnull(key);
}

static void test_refused(void)
{
    static const char nothing[] =
        "holds no private key in PEM; one is made by openssl genpkey -algorithm EC -pkeyopt "
        "ec_paramgen_curve:P-384";
    g_autofree char *truncated = g_strndup(pkcs8, 100);
    g_autofree char *damaged = g_strdup(pkcs8);
    const struct {
        const char *pem, *message;
    } cases[] = {
        { "", nothing },
        { "text", nothing },
        { public_key, nothing },
        { truncated, nothing },
        { damaged, nothing },
        { other_curve, "holds a key on the curve prime256v1; what is needed is one on P-384" },
        { protected_key,
          "holds a private key that a passphrase protects; decrypt it into a pipe, as in <(openssl "
          "pkey -in FILE)" },
        { other_public, "holds a private key whose public half is of another; make it anew" },
    };

    damaged[40] = 'A';
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Error) error = NULL;

        g_assert_null(crypto_key_from_pem(cases[i].pem, strlen(cases[i].pem), &error));
        g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_INVALID);
        g_assert_cmpstr(cgvm_error_message(error), ==, cases[i].message);
    }
}

static void test_sign(void)
{
    g_autoptr(CryptoKey) key = read_key(pkcs8);
    CryptoP384Signature one, two, sha256;
    CryptoP384Point point;

    crypto_key_public(key, &point);
    crypto_key_sign(key, "text", 4, &one);
    crypto_key_sign(key, "text", 4, &two);
    crypto_key_sign_sha256(key, "text", 4, &sha256);
    g_assert_true(crypto_ecdsa_p384_verify(point.x, point.y, "text", 4, one.r, one.s));
    g_assert_true(crypto_ecdsa_p384_verify(point.x, point.y, "text", 4, two.r, two.s));
    g_assert_false(crypto_ecdsa_p384_verify(point.x, point.y, "test", 4, one.r, one.s));
    g_assert_true(crypto_ecdsa_p384_sha256_verify(point.x, point.y, "text", 4, sha256.r, sha256.s));
    g_assert_cmpint(memcmp(one.r, two.r, sizeof(one.r)), !=, 0);
}

static void test_new(void)
{
    g_autoptr(CryptoKey) key = crypto_key_new();
    g_autoptr(CryptoKey) other = crypto_key_new();
    CryptoP384Point point, other_point;

    crypto_key_public(key, &point);
    crypto_key_public(other, &other_point);
    g_assert_true(crypto_ecdsa_p384_is_on_curve(point.x, point.y));
    g_assert_cmpint(memcmp(&point, &other_point, sizeof(point)), !=, 0);
}

static void test_agree(void)
{
    g_autoptr(CryptoKey) key = crypto_key_new();
    CryptoP384Key peer;
    CryptoP384Point point;
    uint8_t z[CRYPTO_P384_SIZE], peer_z[CRYPTO_P384_SIZE];

    crypto_p384_key("peer", 4, &peer);
    crypto_key_public(key, &point);
    g_assert_true(crypto_key_agree(key, &peer.point, z));
    g_assert_true(crypto_p384_agree(&peer, &point, peer_z));
    g_assert_cmpmem(z, sizeof(z), peer_z, sizeof(peer_z));
    peer.point.y[0] ^= 1;
    g_assert_false(crypto_key_agree(key, &peer.point, z));
}

static void test_random(void)
{
    uint8_t one[32] = { 0 }, two[32] = { 0 };

    crypto_random(one, sizeof(one));
    crypto_random(two, sizeof(two));
    g_assert_false(crypto_equal(one, two, sizeof(one)));
    g_assert_true(crypto_equal(one, one, sizeof(one)));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/crypto-key/read", test_read);
    g_test_add_func("/crypto-key/read-among-others", test_read_among_others);
    g_test_add_func("/crypto-key/refused", test_refused);
    g_test_add_func("/crypto-key/sign", test_sign);
    g_test_add_func("/crypto-key/new", test_new);
    g_test_add_func("/crypto-key/agree", test_agree);
    g_test_add_func("/crypto-key/random", test_random);
    return g_test_run();
}
