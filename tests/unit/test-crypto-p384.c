/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of keys on P-384: the key agreement of RFC 5903, and signatures, which the other implementation of
 * this tree (crypto-ecdsa.c) checks.
 */
#include "confidential/crypto-p384.h"
#include "tests/unit/hex.h"

static void test_known_agreement(void)
{
    CryptoP384Key key = { .d = { 0 } };
    CryptoP384Point peer = { .x = { 0 } };
    uint8_t z[CRYPTO_P384_SIZE];

    from_hex_reversed("099f3c7034d4a2c699884d73a375a67f7624ef7c6b3c0f160647b67414dce655"
                      "e35b538041e649ee3faef896783ab194",
                      key.d, CRYPTO_P384_SIZE);
    from_hex_reversed("e558dbef53eecde3d3fccfc1aea08a89a987475d12fd950d83cfa41732bc509d"
                      "0d1ac43a0336def96fda41d0774a3571",
                      peer.x, CRYPTO_P384_SIZE);
    from_hex_reversed("dcfbec7aacf3196472169e838430367f66eebe3c6e70c416dd5f0c68759dd1ff"
                      "f83fa40142209dff5eaad96db9e6386c",
                      peer.y, CRYPTO_P384_SIZE);
    g_assert_true(crypto_p384_agree(&key, &peer, z));
    assert_hex(z, sizeof(z),
               "11187331c279962d93d604243fd592cb9d0a926f422e47187521287e7156c5c4"
               "d603135569b9e9d09cf5d4a270f59746");
    peer.y[0] ^= 1;
    g_assert_false(crypto_p384_agree(&key, &peer, z));
}

static void test_agreement(void)
{
    CryptoP384Key a, b;
    uint8_t z_a[CRYPTO_P384_SIZE], z_b[CRYPTO_P384_SIZE];

    crypto_p384_key("a", 1, &a);
    crypto_p384_key("b", 1, &b);
    g_assert_true(crypto_p384_agree(&a, &b.point, z_a));
    g_assert_true(crypto_p384_agree(&b, &a.point, z_b));
    g_assert_cmpmem(z_a, sizeof(z_a), z_b, sizeof(z_b));
    crypto_p384_key("a", 1, &b);
    g_assert_cmpmem(&a, sizeof(a), &b, sizeof(b));
}

static bool is_good(const CryptoP384Key *key, const char *text, const CryptoP384Signature *signature)
{
    return crypto_ecdsa_p384_sha256_verify(key->point.x, key->point.y, text, strlen(text), signature->r,
                                           signature->s);
}

static void test_signatures(void)
{
    CryptoP384Key key, other;
    CryptoP384Signature one, two, again;

    crypto_p384_key("key", 3, &key);
    crypto_p384_key("other", 5, &other);
    crypto_p384_sign(&key, "one", 3, &one);
    crypto_p384_sign(&key, "two", 3, &two);
    crypto_p384_sign(&key, "one", 3, &again);
    g_assert_true(is_good(&key, "one", &one));
    g_assert_true(is_good(&key, "two", &two));
    g_assert_false(is_good(&key, "two", &one));
    g_assert_false(is_good(&other, "one", &one));
    g_assert_cmpint(memcmp(one.r, two.r, sizeof(one.r)), !=, 0);
    g_assert_cmpmem(&one, sizeof(one), &again, sizeof(again));
}

static void test_points(void)
{
    static const uint8_t zero[CRYPTO_ECDSA_FIELD_SIZE];
    CryptoP384Key key;
    CryptoP384Point *point = &key.point;

    crypto_p384_key("point", 5, &key);
    g_assert_true(crypto_ecdsa_p384_is_on_curve(point->x, point->y));
    g_assert_false(crypto_ecdsa_p384_is_on_curve(point->y, point->x));
    g_assert_false(crypto_ecdsa_p384_is_on_curve(zero, zero));
    point->x[0] ^= 1;
    g_assert_false(crypto_ecdsa_p384_is_on_curve(point->x, point->y));
    point->x[0] ^= 1;
    point->y[CRYPTO_P384_SIZE] = 1;
    g_assert_false(crypto_ecdsa_p384_is_on_curve(point->x, point->y));
    /* Nor is a number that is not below the field's prime. */
    memset(point->y, 0xff, CRYPTO_P384_SIZE);
    point->y[CRYPTO_P384_SIZE] = 0;
    g_assert_false(crypto_ecdsa_p384_is_on_curve(point->x, point->y));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/crypto-p384/known-agreement", test_known_agreement);
    g_test_add_func("/crypto-p384/agreement", test_agreement);
    g_test_add_func("/crypto-p384/signatures", test_signatures);
    g_test_add_func("/crypto-p384/points", test_points);
    return g_test_run();
}
