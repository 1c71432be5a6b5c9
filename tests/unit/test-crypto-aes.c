/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of AES-128: known answers of NIST SP 800-38A.
 */
#include "confidential/crypto-aes.h"
#include "tests/unit/hex.h"

#define KEY   "2b7e151628aed2a6abf7158809cf4f3c"
#define PLAIN "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"

static void test_ctr(void)
{
    uint8_t key[16], iv[16], bytes[32];

    from_hex(KEY, key, sizeof(key));
    from_hex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", iv, sizeof(iv));
    from_hex(PLAIN, bytes, sizeof(bytes));
    crypto_aes128_ctr(key, iv, bytes, 20, bytes);
    assert_hex(bytes, 20, "874d6191b620e3261bef6864990db6ce9806f66b");
    crypto_aes128_ctr(key, iv, bytes, 20, bytes);
    assert_hex(bytes, sizeof(bytes), PLAIN);
}

static void test_blocks(void)
{
    uint8_t key[16], bytes[32];

    from_hex(KEY, key, sizeof(key));
    from_hex(PLAIN, bytes, sizeof(bytes));
    crypto_aes128_blocks(key, true, bytes, sizeof(bytes));
    assert_hex(bytes, sizeof(bytes), "3ad77bb40d7a3660a89ecaf32466ef97f5d3d58503b9699de785895a96fdbaaf");
    crypto_aes128_blocks(key, false, bytes, sizeof(bytes));
    assert_hex(bytes, sizeof(bytes), PLAIN);
    crypto_aes128_blocks(key, true, bytes, 0);
    assert_hex(bytes, sizeof(bytes), PLAIN);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/crypto-aes/ctr", test_ctr);
    g_test_add_func("/crypto-aes/blocks", test_blocks);
    return g_test_run();
}
