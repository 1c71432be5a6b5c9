/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the owner's side of ID blocks. What is made is accepted; and each bit of it that matters, turned,
 * is refused with the name of the field that it is in.
 */
#include "target-i386/snp-id-owner.h"
#include <string.h>
#include "qapi/fields.h"
#include "target-i386/psp-state.h"
#include "target-i386/snp-id-block.h"
#include "target-i386/snp-id-info.h"
#include "tests/unit/hex.h"

#define DIGEST                                                                                               \
    "80f93591b0f8b0b4dabd85bdf793571cbf5a8aef4659f2d33bb367211da3cceba145766d7308b8d86bb3b1f9f4fc44cc"

static const SnpIdBlockOptions typical = {
    .digest = (char *)DIGEST,
    .policy = (char *)"smt+abi=1.51",
    .svn = 7,
    .family_id = (char *)"family",
    .image_id = (char *)"000102030405060708090A0b0c0d0e0f",
};

static const SnpIdBlockExpectations everything = {
    .digest = (char *)DIGEST,
    .policy = (char *)"0x30133",
    .has_svn = true,
    .svn = 7,
    .family_id = (char *)"family",
    .image_id = (char *)"000102030405060708090a0b0c0d0e0f",
};

static void make(bool has_author, SnpIdBlockBlobs *blobs)
{
    g_autoptr(CryptoKey) id_key = crypto_key_new();
    g_autoptr(CryptoKey) author_key = has_author ? crypto_key_new() : NULL;

    g_assert_true(snp_id_make(&typical, id_key, author_key, blobs, NULL));
}

static uint32_t ask_firmware(const SnpIdBlockBlobs *blobs)
{
    SnpIdBlock block;
    PspGuest guest = { .policy = 0x30133 };
    PspLaunchFinish finish = {
        .id_block = blobs->id_block.data,
        .id_auth = blobs->id_auth.data,
        .id_block_en = true,
        .auth_key_en = blobs->author_key_enabled,
    };

    memcpy(&block, blobs->id_block.data, sizeof(block));
    memcpy(guest.digest, block.launch_digest, sizeof(guest.digest));
    return psp_id_check(&guest, &finish);
}

static void test_make(gconstpointer has_author)
{
    SnpIdBlockBlobs blobs;
    SnpIdBlock block;
    g_autoptr(Error) error = NULL;
    bool done;

    make(has_author != NULL, &blobs);
    memcpy(&block, blobs.id_block.data, sizeof(block));
    assert_hex(block.launch_digest, 48, DIGEST);
    g_assert_cmpmem(block.family_id, 16, "family\0\0\0\0\0\0\0\0\0\0", 16);
    assert_hex(block.image_id, 16, "000102030405060708090a0b0c0d0e0f");
    g_assert_cmpuint(GUINT32_FROM_LE(block.guest_svn), ==, 7);
    g_assert_cmphex(GUINT64_FROM_LE(block.policy), ==, 0x30133);
    g_assert_cmpuint(ask_firmware(&blobs), ==, SEV_STATUS_SUCCESS);
    done = snp_id_verify(&blobs, &everything, &error);
    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
    g_assert_true(done);
    snp_id_blobs_clear(&blobs);
}

static void test_refused(void)
{
    const struct {
        SnpIdBlockOptions options;
        const char *message;
    } cases[] = {
        { { .digest = (char *)"12", .policy = (char *)"0x30000" },
          "'digest' expects 48 bytes, as 96 hexadecimal digits or in base64, not \"12\"" },
        { { .digest = (char *)DIGEST, .policy = (char *)"0x10000" },
          "'policy' is 0x10000, but bit 17 of every SNP policy must be one; use 0x30000" },
        { { .digest = (char *)DIGEST, .policy = (char *)"1k" },
          "'policy' expects an integer from 0 to 18446744073709551615, not \"1k\"" },
        { { .digest = (char *)DIGEST, .policy = (char *)"0x30000", .family_id = (char *)"seventeen letters" },
          "'family-id' has 17 bytes; an id is 32 hexadecimal digits, or text of at most 16 bytes" },
        { { .digest = (char *)DIGEST,
            .policy = (char *)"0x30000",
            .image_id = (char *)"000102030405060708090a0b0c0d0e0g" },
          "'image-id' has 32 bytes; an id is 32 hexadecimal digits, or text of at most 16 bytes" },
    };
    g_autoptr(CryptoKey) key = crypto_key_new();

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Error) error = NULL;
        SnpIdBlockBlobs blobs;

        g_assert_false(snp_id_make(&cases[i].options, key, key, &blobs, &error));
        g_assert_cmpstr(cgvm_error_message(error), ==, cases[i].message);
        g_assert_null(blobs.id_block.data);
        g_assert_false(blobs.author_key_enabled);
    }
}

/* ---- one bit is wrong ---- */

typedef struct Part {
    size_t end;       /* offset of what comes behind it */
    const char *name; /* in the message */
} Part;

/* The ID block, then what authenticates it. */
static const Part block_parts[] = {
    { 48, "ID block's launch digest" }, { 64, "ID block's family id" }, { 80, "ID block's image id" },
    { 84, "'id-block' has version" },   { 88, "ID block's guest SVN" }, { 96, "policy" },
};

#define NUMBER(start, what, number)                                                                          \
    { (start) + 48, what },                                                                                  \
    {                                                                                                        \
        (start) + 72, number                                                                                 \
    }
#define BLOCK_SIGNATURE "a signature that its ID key has not made over 'id-block'"
#define KEY_SIGNATURE   "a signature that its author key has not made over the ID key"

static const Part auth_parts[] = {
    { 0x004, "algorithm" },
    { 0x008, "algorithm" },
    { 0x040, "in a reserved field" },
    NUMBER(0x040, BLOCK_SIGNATURE, "beyond the 48 bytes of R in the ID block's signature"),
    NUMBER(0x088, BLOCK_SIGNATURE, "beyond the 48 bytes of S in the ID block's signature"),
    { 0x240, "behind the ID block's signature" },
    { 0x244, "curve" },
    NUMBER(0x244, "an ID key that is no point of P-384", "beyond the 48 bytes of Qx in the ID key"),
    NUMBER(0x28c, "an ID key that is no point of P-384", "beyond the 48 bytes of Qy in the ID key"),
    { 0x644, "behind the ID key" },
    { 0x680, "in a reserved field" },
    NUMBER(0x680, KEY_SIGNATURE, "beyond the 48 bytes of R in the ID key's signature"),
    NUMBER(0x6c8, KEY_SIGNATURE, "beyond the 48 bytes of S in the ID key's signature"),
    { 0x880, "behind the ID key's signature" },
    { 0x884, "curve" },
    NUMBER(0x884, "an author key that is no point of P-384", "beyond the 48 bytes of Qx in the author key"),
    NUMBER(0x8cc, "an author key that is no point of P-384", "beyond the 48 bytes of Qy in the author key"),
    { 0xc84, "behind the author key" },
    { 0x1000, "in a reserved field" },
};

static const char *part_name(const Part *parts, size_t offset)
{
    while (parts->end <= offset) {
        parts++;
    }
    return parts->name;
}

static void turn_every_bit(const SnpIdBlockBlobs *blobs, const Blob *blob, const Part *parts,
                           const SnpIdBlockExpectations *expected)
{
    for (size_t i = 0; i < 8 * blob->size; i++) {
        g_autoptr(Error) error = NULL;
        bool verified;

        blob->data[i / 8] ^= 1 << i % 8;
        verified = snp_id_verify(blobs, expected, &error);
        g_assert_false(verified);
        g_assert_nonnull(strstr(cgvm_error_message(error), part_name(parts, i / 8)));
        blob->data[i / 8] ^= 1 << i % 8;
    }
    g_assert_true(snp_id_verify(blobs, expected, NULL));
}

static void test_bits_of_block(void)
{
    SnpIdBlockBlobs blobs;

    make(false, &blobs);
    turn_every_bit(&blobs, &blobs.id_block, block_parts, &everything);
    snp_id_blobs_clear(&blobs);
}

static void test_bits_of_auth(void)
{
    const SnpIdBlockExpectations nothing = { .digest = NULL };
    SnpIdBlockBlobs blobs;

    make(true, &blobs);
    turn_every_bit(&blobs, &blobs.id_auth, auth_parts, &nothing);
    snp_id_blobs_clear(&blobs);
}

/* Without expectations it is the signature that says so. */
static void test_bits_signed(void)
{
    const SnpIdBlockExpectations nothing = { .digest = NULL };
    SnpIdBlockBlobs blobs;

    make(false, &blobs);
    for (size_t i = 0; i < 80; i += 5) {
        g_autoptr(Error) error = NULL;

        blobs.id_block.data[i] ^= 1;
        g_assert_false(snp_id_verify(&blobs, &nothing, &error));
        g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_MISMATCH);
        g_assert_nonnull(strstr(cgvm_error_message(error), BLOCK_SIGNATURE));
        g_assert_cmpuint(ask_firmware(&blobs), ==, SEV_STATUS_BAD_SIGNATURE);
        blobs.id_block.data[i] ^= 1;
    }
    snp_id_blobs_clear(&blobs);
}

static void test_expected_keys(void)
{
    uint8_t digest[CRYPTO_SHA384_SIZE];
    g_autofree char *id = NULL, *author = NULL;
    SnpIdBlockExpectations keys = { .digest = NULL };
    g_autoptr(Error) other = NULL, none = NULL;
    SnpIdBlockBlobs blobs;

    make(true, &blobs);
    snp_id_key_digest(blobs.id_auth.data, digest);
    keys.id_key_digest = id = crypto_hex(digest, sizeof(digest));
    snp_id_author_key_digest(blobs.id_auth.data, digest);
    keys.author_key_digest = author = crypto_hex(digest, sizeof(digest));
    g_assert_true(snp_id_verify(&blobs, &keys, NULL));
    keys.id_key_digest = author;
    g_assert_false(snp_id_verify(&blobs, &keys, &other));
    g_assert_true(g_str_has_prefix(cgvm_error_message(other), "the digest of the ID key is "));
    keys.id_key_digest = id;
    blobs.author_key_enabled = false;
    g_assert_false(snp_id_verify(&blobs, &keys, &none));
    g_assert_cmpstr(cgvm_error_message(none), ==,
                    "no author has signed the ID key ('author-key-enabled' is off), but one is expected");
    snp_id_blobs_clear(&blobs);
}

static void test_described(void)
{
    g_autofree char *text = NULL;
    g_autofree char *json = NULL;
    g_autofree char *options = NULL;
    SnpIdBlockBlobs blobs;

    make(false, &blobs);
    text = snp_id_to_text(&blobs);
    json = snp_id_to_json(&blobs);
    options = snp_id_to_options(&blobs);
    g_assert_true(g_str_has_prefix(text, "ID block\n  version        1\n  launch digest  " DIGEST "\n"
                                         "  family id      66616d696c7900000000000000000000 (\"family\")\n"
                                         "  image id       000102030405060708090a0b0c0d0e0f\n"
                                         "  guest SVN      7\n  policy         0x30133 (smt, ABI 1.51)\n"
                                         "\nID key\n  algorithm      1 (ECDSA on P-384 with SHA-384)\n"));
    g_assert_true(g_str_has_suffix(text, "\n\nno author key\n"));
    g_assert_nonnull(strstr(json, "\"policy-words\": \"smt, ABI 1.51\","));
    g_assert_null(strstr(json, "author-key-digest"));
    g_assert_null(strstr(options, "author-key-enabled"));
    snp_id_blobs_clear(&blobs);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/snp-id-owner/make", NULL, test_make);
    g_test_add_data_func("/snp-id-owner/make-with-author", "author", test_make);
    g_test_add_func("/snp-id-owner/refused", test_refused);
    g_test_add_func("/snp-id-owner/bits-of-block", test_bits_of_block);
    g_test_add_func("/snp-id-owner/bits-of-auth", test_bits_of_auth);
    g_test_add_func("/snp-id-owner/bits-signed", test_bits_signed);
    g_test_add_func("/snp-id-owner/expected-keys", test_expected_keys);
    g_test_add_func("/snp-id-owner/described", test_described);
    return g_test_run();
}
