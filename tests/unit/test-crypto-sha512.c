/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of SHA-512: the examples of FIPS 180, whole and in pieces.
 */
#include "confidential/crypto-sha512.h"
#include "tests/unit/hex.h"

#define NOTHING                                                                                              \
    "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931" \
    "b"                                                                                                      \
    "d47417a81a538327af927da3e"
#define ABC                                                                                                  \
    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d44" \
    "2"                                                                                                      \
    "3643ce80e2a9ac94fa54ca49f"

static void test_known(void)
{
    uint8_t digest[CRYPTO_SHA512_SIZE];
    g_autoptr(CryptoSha512) nothing = crypto_sha512_new();
    g_autoptr(CryptoSha512) whole = crypto_sha512_new();
    g_autoptr(CryptoSha512) pieces = crypto_sha512_new();

    crypto_sha512_update(nothing, NULL, 0);
    crypto_sha512_finish(nothing, digest);
    assert_hex(digest, sizeof(digest), NOTHING);
    crypto_sha512_update(whole, "abc", 3);
    crypto_sha512_finish(whole, digest);
    assert_hex(digest, sizeof(digest), ABC);
    crypto_sha512_update(pieces, "a", 1);
    crypto_sha512_update(pieces, "bc", 2);
    crypto_sha512_finish(pieces, digest);
    assert_hex(digest, sizeof(digest), ABC);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/crypto-sha512/known", test_known);
    return g_test_run();
}
