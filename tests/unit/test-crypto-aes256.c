/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of AES-256: vector 10 of IEEE 1619 for XTS, test case 16 of the specification of GCM.
 */
#include "confidential/crypto-aes256.h"
#include "tests/unit/hex.h"

#define XTS_KEY                                                                                              \
    "27182818284590452353602874713526624977572470936999595749669676273141592653589793238462643383279502"     \
    "884197169399375105820974944592"
#define XTS_TWEAK  "ff000000000000000000000000000000"
#define XTS_CIPHER "1c3b3a102f770386e4836c99e370cf9bea00803f5e482357a4ae12d414a3e63b"

static void test_xts(void)
{
    uint8_t key[CRYPTO_XTS_KEY_SIZE], tweak[CRYPTO_XTS_TWEAK_SIZE], data[32], out[32];

    from_hex(XTS_KEY, key, sizeof(key));
    from_hex(XTS_TWEAK, tweak, sizeof(tweak));
    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = (uint8_t)i;
    }
    g_assert_true(crypto_aes256_xts(key, tweak, true, data, sizeof(data), out));
    assert_hex(out, sizeof(out), XTS_CIPHER);
    g_assert_true(crypto_aes256_xts(key, tweak, false, out, sizeof(out), out));
    g_assert_cmpmem(out, sizeof(out), data, sizeof(data));
    tweak[15] ^= 1;
    g_assert_true(crypto_aes256_xts(key, tweak, true, data, sizeof(data), out));
    g_assert_cmpint(memcmp(out, data, sizeof(data)), !=, 0);
}

static void test_xts_equal_halves(void)
{
    uint8_t key[CRYPTO_XTS_KEY_SIZE], tweak[CRYPTO_XTS_TWEAK_SIZE] = { 0 }, data[16] = { 0 };

    memset(key, 0x5a, sizeof(key));
    g_assert_false(crypto_aes256_xts(key, tweak, true, data, sizeof(data), data));
    g_assert_false(crypto_aes256_xts(key, tweak, false, data, sizeof(data), data));
    key[0] ^= 1;
    g_assert_true(crypto_aes256_xts(key, tweak, false, data, sizeof(data), data));
}

#define GCM_KEY "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"
#define GCM_IV  "cafebabefacedbaddecaf888"
#define GCM_AAD "feedfacedeadbeeffeedfacedeadbeefabaddad2"
#define GCM_PLAIN                                                                                            \
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525"       \
    "b16aedf5aa0de657ba637b39"
#define GCM_CIPHER                                                                                           \
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838"       \
    "c5f61e6393ba7a0abcc9f662"
#define GCM_TAG "76fc6ece0f4e1768cddf8853bb2d551b"

typedef struct Gcm {
    uint8_t key[CRYPTO_AES256_KEY_SIZE], iv[CRYPTO_GCM_IV_SIZE], aad[20], data[60], tag[CRYPTO_GCM_TAG_SIZE];
    CryptoGcmHeader header;
} Gcm;

static void set_up_gcm(Gcm *gcm, gconstpointer data)
{
    (void)data;
    from_hex(GCM_KEY, gcm->key, sizeof(gcm->key));
    from_hex(GCM_IV, gcm->iv, sizeof(gcm->iv));
    from_hex(GCM_AAD, gcm->aad, sizeof(gcm->aad));
    from_hex(GCM_PLAIN, gcm->data, sizeof(gcm->data));
    gcm->header = (CryptoGcmHeader){ gcm->iv, gcm->aad, sizeof(gcm->aad) };
    crypto_aes256_gcm_encrypt(gcm->key, &gcm->header, gcm->data, sizeof(gcm->data), gcm->data, gcm->tag);
}

static bool open_gcm(Gcm *gcm, uint8_t *out)
{
    return crypto_aes256_gcm_decrypt(gcm->key, &gcm->header, gcm->data, sizeof(gcm->data), out, gcm->tag);
}

static void test_gcm(Gcm *gcm, gconstpointer data)
{
    uint8_t out[60];

    (void)data;
    assert_hex(gcm->data, sizeof(gcm->data), GCM_CIPHER);
    assert_hex(gcm->tag, sizeof(gcm->tag), GCM_TAG);
    g_assert_true(open_gcm(gcm, out));
    assert_hex(out, sizeof(out), GCM_PLAIN);
}

/* A bit of anything makes it another, and nothing of the text is left behind. */
static void test_gcm_refuses(Gcm *gcm, gconstpointer data)
{
    uint8_t *parts[] = { gcm->key, gcm->iv, gcm->aad, gcm->data, gcm->tag };
    const uint8_t zeros[60] = { 0 };

    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++) {
        uint8_t out[60];

        memset(out, 0xa5, sizeof(out));
        parts[i][11] ^= 0x10;
        g_assert_false(open_gcm(gcm, out));
        g_assert_cmpmem(out, sizeof(out), zeros, sizeof(zeros));
        parts[i][11] ^= 0x10;
        g_assert_true(open_gcm(gcm, out));
    }
    gcm->header.aad_size--;
    g_assert_false(open_gcm(gcm, gcm->data));
}

static void test_gcm_nothing(Gcm *gcm, gconstpointer data)
{
    const CryptoGcmHeader header = { gcm->iv, NULL, 0 };
    uint8_t tag[CRYPTO_GCM_TAG_SIZE];

    (void)data;
    crypto_aes256_gcm_encrypt(gcm->key, &header, NULL, 0, NULL, tag);
    g_assert_true(crypto_aes256_gcm_decrypt(gcm->key, &header, NULL, 0, NULL, tag));
    tag[0] ^= 1;
    g_assert_false(crypto_aes256_gcm_decrypt(gcm->key, &header, NULL, 0, NULL, tag));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/crypto-aes256/xts", test_xts);
    g_test_add_func("/crypto-aes256/xts-equal-halves", test_xts_equal_halves);
    g_test_add("/crypto-aes256/gcm", Gcm, NULL, set_up_gcm, test_gcm, NULL);
    g_test_add("/crypto-aes256/gcm-refuses", Gcm, NULL, set_up_gcm, test_gcm_refuses, NULL);
    g_test_add("/crypto-aes256/gcm-nothing", Gcm, NULL, set_up_gcm, test_gcm_nothing, NULL);
    return g_test_run();
}
