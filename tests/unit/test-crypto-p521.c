/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of keys on P-521: the key agreement of RFC 5903, section 8.3, and keys that follow from a seed.
 */
#include <openssl/evp.h>
#include "confidential/crypto-p521.h"
#include "tests/unit/hex.h"

#define I                                                                                                    \
    "0037ade9319a89f4dabdb3ef411aaccca5123c61acab57b5393dce47608172a095aa85a30fe1c2952c6771d937ba9777"       \
    "f5957b2639bab072462f68c27a57382d4a52"
#define GRX                                                                                                  \
    "00d0b3975ac4b799f5bea16d5e13e9af971d5e9b984c9f39728b5e5739735a219b97c356436adc6e95bb0352f6be64a6"       \
    "c2912d4ef2d0433ced2b6171640012d9460f"
#define GRY                                                                                                  \
    "015c68226383956e3bd066e797b623c27ce0eac2f551a10c2c724d9852077b87220b6536c5c408a1d2aebb8e86d678ae"       \
    "49cb57091f4732296579ab44fcd17f0fc56a"
#define SHARED                                                                                               \
    "01144c7d79ae6956bc8edb8e7c787c4521cb086fa64407f97894e5e6b2d79b04d1427e73ca4baa240a34786859810c06"       \
    "b3c715a3a8cc3151f2bee417996d19f3ddea"

static void test_known_agreement(void)
{
    CryptoP521Key key = { .d = { 0 } };
    CryptoP521Point peer = { .x = { 0 } };
    const size_t padding = CRYPTO_P521_FIELD_SIZE - CRYPTO_P521_SIZE;
    uint8_t z[CRYPTO_P521_SIZE];

    from_hex(I, key.d, CRYPTO_P521_SIZE);
    from_hex(GRX, peer.x + padding, CRYPTO_P521_SIZE);
    from_hex(GRY, peer.y + padding, CRYPTO_P521_SIZE);
    g_assert_true(crypto_p521_agree(&key, &peer, z));
    assert_hex(z, sizeof(z), SHARED);
    peer.y[CRYPTO_P521_FIELD_SIZE - 1] ^= 1;
    g_assert_false(crypto_p521_agree(&key, &peer, z));
    assert_hex(z, sizeof(z), SHARED);
}

static void test_no_points(void)
{
    CryptoP521Key key;
    CryptoP521Point peer = { .x = { 0 } };
    uint8_t z[CRYPTO_P521_SIZE];

    crypto_p521_key("a", 1, &key);
    g_assert_false(crypto_p521_agree(&key, &peer, z));
    /* Larger than the field, which a number in a field of 80 bytes can be. */
    peer = key.point;
    g_assert_true(crypto_p521_agree(&key, &peer, z));
    peer.x[0] = 1;
    g_assert_false(crypto_p521_agree(&key, &peer, z));
    memset(&peer, 0xff, sizeof(peer));
    g_assert_false(crypto_p521_agree(&key, &peer, z));
}

static void test_seeds(void)
{
    CryptoP521Key a, b, again;
    uint8_t z_a[CRYPTO_P521_SIZE], z_b[CRYPTO_P521_SIZE];

    crypto_p521_key("a", 1, &a);
    crypto_p521_key("b", 1, &b);
    crypto_p521_key("a", 1, &again);
    g_assert_cmpmem(&a, sizeof(a), &again, sizeof(again));
    g_assert_cmpint(memcmp(a.d, b.d, sizeof(a.d)), !=, 0);
    g_assert_true(crypto_p521_agree(&a, &b.point, z_a));
    g_assert_true(crypto_p521_agree(&b, &a.point, z_b));
    g_assert_cmpmem(z_a, sizeof(z_a), z_b, sizeof(z_b));
}

/* The library's own idea of the key, which checks that both halves fit. */
static void test_private_key(void)
{
    CryptoP521Key key;
    EVP_PKEY *pkey;
    EVP_PKEY_CTX *context;

    crypto_p521_key("a", 1, &key);
    pkey = crypto_p521_private_key(&key);
    context = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    g_assert_cmpint(EVP_PKEY_check(context), ==, 1);
    g_assert_cmpint(EVP_PKEY_get_bits(pkey), ==, 521);
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(pkey);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/crypto-p521/known-agreement", test_known_agreement);
    g_test_add_func("/crypto-p521/no-points", test_no_points);
    g_test_add_func("/crypto-p521/seeds", test_seeds);
    g_test_add_func("/crypto-p521/private-key", test_private_key);
    return g_test_run();
}
