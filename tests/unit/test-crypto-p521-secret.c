/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of secret keys on P-521: both sides of an agreement have the same number, whoever has made the key
 * how.
 */
#include "confidential/crypto-p521-secret.h"
#include <string.h>

static void test_agree(void)
{
    g_autoptr(CryptoP521Secret) secret = crypto_p521_secret_new();
    uint8_t ours[CRYPTO_P521_SIZE], theirs[CRYPTO_P521_SIZE];
    CryptoP521Point point;
    CryptoP521Key key;

    crypto_p521_key("seed", 4, &key);
    crypto_p521_secret_public(secret, &point);
    g_assert_true(crypto_p521_secret_agree(secret, &key.point, ours));
    g_assert_true(crypto_p521_agree(&key, &point, theirs));
    g_assert_cmpmem(ours, sizeof(ours), theirs, sizeof(theirs));
}

static void test_new(void)
{
    g_autoptr(CryptoP521Secret) one = crypto_p521_secret_new(), two = crypto_p521_secret_new();
    CryptoP521Point first, second;

    crypto_p521_secret_public(one, &first);
    crypto_p521_secret_public(two, &second);
    g_assert_cmpint(memcmp(&first, &second, sizeof(first)), !=, 0);
}

/* Points that are on no curve, and fields with something in front of the number. */
static void test_bad_points(void)
{
    g_autoptr(CryptoP521Secret) secret = crypto_p521_secret_new();
    uint8_t z[CRYPTO_P521_SIZE];
    CryptoP521Point right, wrong;

    crypto_p521_secret_public(secret, &right);
    wrong = right;
    wrong.y[CRYPTO_P521_FIELD_SIZE - 1] ^= 1;
    g_assert_false(crypto_p521_secret_agree(secret, &wrong, z));
    wrong = right;
    wrong.x[0] = 1;
    g_assert_false(crypto_p521_secret_agree(secret, &wrong, z));
    wrong = (CryptoP521Point){ .x = { 0 } };
    g_assert_false(crypto_p521_secret_agree(secret, &wrong, z));
    g_assert_true(crypto_p521_secret_agree(secret, &right, z));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/crypto-p521-secret/agree", test_agree);
    g_test_add_func("/crypto-p521-secret/new", test_new);
    g_test_add_func("/crypto-p521-secret/bad-points", test_bad_points);
    return g_test_run();
}
