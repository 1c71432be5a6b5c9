/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of crypto: known answers of the digests (FIPS 180-4 examples), also from several threads, and
 * clearing.
 */
#include <glib.h>
#include <string.h>
#include "confidential/crypto.h"

static char *hex(const uint8_t *bytes, size_t size)
{
    GString *text = g_string_new(NULL);

    for (size_t i = 0; i < size; i++) {
        g_string_append_printf(text, "%02x", bytes[i]);
    }
    return g_string_free(text, FALSE);
}

static void assert_sha256(const void *data, size_t size, const char *expected)
{
    uint8_t digest[CRYPTO_SHA256_SIZE];
    g_autofree char *text = NULL;

    crypto_sha256(data, size, digest);
    text = hex(digest, sizeof(digest));
    g_assert_cmpstr(text, ==, expected);
}

static void assert_sha384(const void *data, size_t size, const char *expected)
{
    uint8_t digest[CRYPTO_SHA384_SIZE];
    g_autofree char *text = NULL;

    crypto_sha384(data, size, digest);
    text = hex(digest, sizeof(digest));
    g_assert_cmpstr(text, ==, expected);
}

static void test_sha256(void)
{
    assert_sha256("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
                  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void test_sha384(void)
{
    assert_sha384("abc", 3,
                  "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
                  "8086072ba1e7cc2358baeca134c825a7");
    assert_sha384("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
                  "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
                  112,
                  "09330c33f71147e83d192fc782cd1b4753111b173b3b05d22fa08086e3b0f712"
                  "fcc7c71a557e2db966c3e9fa91746039");
}

static void test_sha256_of_nothing(void)
{
    static const char expected[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    assert_sha256(NULL, 0, expected);
    assert_sha256("", 0, expected);
}

static void test_sha384_of_nothing(void)
{
    static const char expected[] = "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da"
                                   "274edebfe76f65fbd51ad2f14898b95b";

    assert_sha384(NULL, 0, expected);
    assert_sha384("", 0, expected);
}

static void test_million(void)
{
    g_autofree char *text = g_strnfill(1000000, 'a');

    assert_sha256(text, 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    assert_sha384(text, 1000000,
                  "9d0e1809716474cb086e834e310a4a1ced149e9c00f248527972cec5704c2a5b"
                  "07b8b3dc38ecc4ebae97ddd87f3d8985");
}

/* Both share what a thread keeps between two digests. */
static void test_digests_alternate(void)
{
    for (int i = 0; i < 3; i++) {
        test_sha384();
        test_sha256();
    }
}

static gpointer hash_often(gpointer unused)
{
    for (int i = 0; i < 200; i++) {
        test_digests_alternate();
    }
    return unused;
}

static void test_threads(void)
{
    GThread *threads[4];

    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++) {
        threads[i] = g_thread_new("hash", hash_often, NULL);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++) {
        g_thread_join(threads[i]);
    }
}

static void test_clear(void)
{
    char secret[8] = "secrets";

    crypto_clear(secret + 1, 3);
    g_assert_cmpmem(secret, sizeof(secret), "s\0\0\0ets\0", 8);
    crypto_clear(secret, sizeof(secret));
    g_assert_cmpmem(secret, sizeof(secret), "\0\0\0\0\0\0\0\0", 8);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    /* First, so that the threads race for the first use. */
    g_test_add_func("/crypto/threads", test_threads);
    g_test_add_func("/crypto/sha256", test_sha256);
    g_test_add_func("/crypto/sha384", test_sha384);
    g_test_add_func("/crypto/sha256-of-nothing", test_sha256_of_nothing);
    g_test_add_func("/crypto/sha384-of-nothing", test_sha384_of_nothing);
    g_test_add_func("/crypto/million", test_million);
    g_test_add_func("/crypto/digests-alternate", test_digests_alternate);
    g_test_add_func("/crypto/clear", test_clear);
    return g_test_run();
}
