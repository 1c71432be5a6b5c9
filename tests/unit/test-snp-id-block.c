/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of snp-id-block: each change of a good ID block or its authentication is refused in the right words,
 * and by the simulated firmware with the right status if that would reach it.
 */
#include "target-i386/psp.h"
#include "target-i386/snp-id-block.h"
#include "tests/unit/id-block.h"

#define PAGE_SIZE 4096

/** A good pair for a launch of nothing. */
typedef struct Pair {
    uint8_t block[SNP_ID_BLOCK_SIZE];
    uint8_t auth[SNP_ID_AUTH_SIZE];
} Pair;

static void make_pair(Pair *pair)
{
    put_id_block(pair->block, ID_DIGEST_OF_NOTHING, ID_POLICY);
    put_id_auth(pair->auth, OTHER_DIGEST_R, OTHER_DIGEST_S);
}

/* What the simulated firmware says at the end of a launch of nothing with @policy. */
static uint32_t ask_firmware(const Pair *pair, bool has_author, uint64_t policy)
{
    uint8_t *page = g_aligned_alloc0(1, PAGE_SIZE, PAGE_SIZE);
    const uint64_t gctx = (uintptr_t)page;
    Psp *psp = psp_new(sim_model_find(NULL), NULL, NULL);
    PspContext context = { .gctx = gctx };
    PspLaunchStart start = { .gctx = gctx, .policy = policy };
    PspLaunchFinish finish = {
        .gctx = gctx,
        .id_block = pair->block,
        .id_auth = pair->auth,
        .id_block_en = true,
        .auth_key_en = has_author,
    };
    uint32_t status;

    g_assert_cmphex(psp_command(psp, PSP_SNP_INIT, NULL), ==, SEV_STATUS_SUCCESS);
    g_assert_true(psp_rmp_assign(psp, gctx, 0, 0, true));
    g_assert_cmphex(psp_command(psp, PSP_GCTX_CREATE, &context), ==, SEV_STATUS_SUCCESS);
    g_assert_cmphex(psp_command(psp, PSP_SNP_LAUNCH_START, &start), ==, SEV_STATUS_SUCCESS);
    status = psp_command(psp, PSP_SNP_LAUNCH_FINISH, &finish);
    psp_free(psp);
    g_aligned_free(page);
    return status;
}

static void assert_error(const Error *error, CgvmErrorCode code, const char *message)
{
    g_assert_nonnull(error);
    g_assert_cmpstr(cgvm_error_message(error), ==, message);
    g_assert_cmpint(cgvm_error_code(error), ==, code);
}

static void assert_refused(const Pair *pair, bool has_author, CgvmErrorCode code, const char *message)
{
    g_autoptr(Error) error = NULL;

    g_assert_false(snp_id_check(pair->block, pair->auth, has_author, ID_POLICY, &error));
    assert_error(error, code, message);
}

static void assert_accepted(const uint8_t *block, const uint8_t *auth, bool has_author)
{
    g_autoptr(Error) error = NULL;

    if (!snp_id_check(block, auth, has_author, ID_POLICY, &error)) {
        g_error("%s", cgvm_error_message(error));
    }
}

static void test_good(void)
{
    uint8_t unaligned[SNP_ID_AUTH_SIZE + 1];
    Pair pair;

    make_pair(&pair);
    for (int has_author = 0; has_author < 2; has_author++) {
        assert_accepted(pair.block, pair.auth, has_author);
        g_assert_cmphex(ask_firmware(&pair, has_author, ID_POLICY), ==, SEV_STATUS_SUCCESS);
    }
    memcpy(unaligned + 1, pair.auth, sizeof(pair.auth));
    assert_accepted(pair.block, unaligned + 1, true);
    assert_accepted(NULL, NULL, false);
}

/* Nobody looks at what an author would have written if there is none. */
static void test_no_author(void)
{
    Pair pair;

    make_pair(&pair);
    put_le32(pair.auth + 4, 7);
    memset(pair.auth + 0x680, 0x5a, 512);
    memset(pair.auth + 0x880, 0x5a, 1028);
    assert_accepted(pair.block, pair.auth, false);
    g_assert_cmphex(ask_firmware(&pair, false, ID_POLICY), ==, SEV_STATUS_SUCCESS);
    g_assert_false(snp_id_check(pair.block, pair.auth, true, ID_POLICY, NULL));
    memset(pair.auth + 4, 0, 4);
    memset(pair.auth + 0x680, 0, 512);
    memset(pair.auth + 0x880, 0, 1028);
    assert_accepted(pair.block, pair.auth, false);
}

static void test_given(void)
{
    static const struct {
        bool block, auth, has_author;
        const char *message;
    } cases[] = {
        { true, false, false, "'id-block' is given without 'id-auth', which holds its signature; give both" },
        { false, true, false, "'id-auth' is given without 'id-block', which it authenticates; give both" },
        { false, false, true,
          "'author-key-enabled' is on, but there is no ID block that an author could have signed; give "
          "'id-block' and 'id-auth'" },
    };
    Pair pair;

    make_pair(&pair);
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Error) error = NULL;

        g_assert_false(snp_id_check(cases[i].block ? pair.block : NULL, cases[i].auth ? pair.auth : NULL,
                                    cases[i].has_author, ID_POLICY, &error));
        assert_error(error, CGVM_ERROR_INVALID, cases[i].message);
    }
}

#define UNSIGNED_BLOCK                                                                                       \
    "'id-auth' has a signature that its ID key has not made over 'id-block'; sign the ID block again, and "  \
    "pass both as that gives them"
#define UNSIGNED_KEY                                                                                         \
    "'id-auth' has a signature that its author key has not made over the ID key; have the author sign the "  \
    "ID key, all 1028 bytes of it, or turn 'author-key-enabled' off if no author has signed"
#define NOT_ZERO(byte, offset, what)                                                                         \
    "'id-auth' has " byte " at offset " offset ", " what ", where zero must be; make it anew, with "         \
    "little-endian numbers of 72 bytes each"

/** A byte that becomes another, who refuses that, and how. */
typedef struct Change {
    bool in_auth;
    uint16_t offset;
    uint8_t flipped;
    bool has_author;
    uint32_t status; /* of the firmware; it does not look at everything that must be zero */
    CgvmErrorCode code;
    const char *message;
} Change;

static const Change changes[] = {
    { false, 80, 3, false, SEV_STATUS_INVALID_PARAM, CGVM_ERROR_INVALID,
      "'id-block' has version 2, but the firmware only takes version 1; make it anew" },
    { false, 0, 1, false, SEV_STATUS_BAD_SIGNATURE, CGVM_ERROR_MISMATCH, UNSIGNED_BLOCK },
    { false, 48, 1, true, SEV_STATUS_BAD_SIGNATURE, CGVM_ERROR_MISMATCH, UNSIGNED_BLOCK },
    { false, 84, 1, true, SEV_STATUS_BAD_SIGNATURE, CGVM_ERROR_MISMATCH, UNSIGNED_BLOCK },
    { true, 0x000, 2, false, SEV_STATUS_INVALID_PARAM, CGVM_ERROR_INVALID,
      "'id-auth' has algorithm 3 for the ID key, but the firmware only takes 1 (ECDSA with P-384 and "
      "SHA-384); "
      "sign with such a key" },
    { true, 0x004, 1, true, SEV_STATUS_INVALID_PARAM, CGVM_ERROR_INVALID,
      "'id-auth' has algorithm 0 for the author key, but the firmware only takes 1 (ECDSA with P-384 and "
      "SHA-384); sign with such a key, or turn 'author-key-enabled' off if no author has signed" },
    { true, 0x240, 3, false, SEV_STATUS_BAD_SIGNATURE, CGVM_ERROR_INVALID,
      "'id-auth' has curve 1 for the ID key, but the firmware only takes 2 (P-384); sign with such a key" },
    { true, 0x881, 1, true, SEV_STATUS_BAD_SIGNATURE, CGVM_ERROR_INVALID,
      "'id-auth' has curve 258 for the author key, but the firmware only takes 2 (P-384); sign with such a "
      "key, or turn 'author-key-enabled' off if no author has signed" },
    { true, 0x244, 1, false, SEV_STATUS_BAD_SIGNATURE, CGVM_ERROR_INVALID,
      "'id-auth' has an ID key that is no point of P-384; write Qx and Qy of the public key, both "
      "little-endian" },
    { true, 0x884 + 72, 1, true, SEV_STATUS_BAD_SIGNATURE, CGVM_ERROR_INVALID,
      "'id-auth' has an author key that is no point of P-384; write Qx and Qy of the public key, both "
      "little-endian, or turn 'author-key-enabled' off if no author has signed" },
    { true, 0x040, 1, false, SEV_STATUS_BAD_SIGNATURE, CGVM_ERROR_MISMATCH, UNSIGNED_BLOCK },
    { true, 0x088, 1, true, SEV_STATUS_BAD_SIGNATURE, CGVM_ERROR_MISMATCH, UNSIGNED_BLOCK },
    { true, 0x680, 1, true, SEV_STATUS_BAD_SIGNATURE, CGVM_ERROR_MISMATCH, UNSIGNED_KEY },
    { true, 0x6c8, 1, true, SEV_STATUS_BAD_SIGNATURE, CGVM_ERROR_MISMATCH, UNSIGNED_KEY },
    /* The ends of each part that must be zero. */
    { true, 0x008, 0xa5, false, SEV_STATUS_SUCCESS, CGVM_ERROR_INVALID,
      NOT_ZERO("0xa5", "0x008", "in a reserved field") },
    { true, 0x03f, 1, false, SEV_STATUS_SUCCESS, CGVM_ERROR_INVALID,
      NOT_ZERO("0x01", "0x03f", "in a reserved field") },
    { true, 0x070, 1, false, SEV_STATUS_BAD_SIGNATURE, CGVM_ERROR_INVALID,
      NOT_ZERO("0x01", "0x070", "beyond the 48 bytes of R in the ID block's signature") },
    { true, 0x0cf, 1, false, SEV_STATUS_BAD_SIGNATURE, CGVM_ERROR_INVALID,
      NOT_ZERO("0x01", "0x0cf", "beyond the 48 bytes of S in the ID block's signature") },
    { true, 0x0d0, 1, false, SEV_STATUS_SUCCESS, CGVM_ERROR_INVALID,
      NOT_ZERO("0x01", "0x0d0", "behind the ID block's signature") },
    { true, 0x23f, 1, false, SEV_STATUS_SUCCESS, CGVM_ERROR_INVALID,
      NOT_ZERO("0x01", "0x23f", "behind the ID block's signature") },
    { true, 0x274, 1, false, SEV_STATUS_BAD_SIGNATURE, CGVM_ERROR_INVALID,
      NOT_ZERO("0x01", "0x274", "beyond the 48 bytes of Qx in the ID key") },
    { true, 0x2d3, 1, false, SEV_STATUS_BAD_SIGNATURE, CGVM_ERROR_INVALID,
      NOT_ZERO("0x01", "0x2d3", "beyond the 48 bytes of Qy in the ID key") },
    { true, 0x2d4, 1, false, SEV_STATUS_SUCCESS, CGVM_ERROR_INVALID,
      NOT_ZERO("0x01", "0x2d4", "behind the ID key") },
    { true, 0x643, 1, true, SEV_STATUS_BAD_SIGNATURE, CGVM_ERROR_INVALID,
      NOT_ZERO("0x01", "0x643", "behind the ID key") },
    { true, 0x644, 1, false, SEV_STATUS_SUCCESS, CGVM_ERROR_INVALID,
      NOT_ZERO("0x01", "0x644", "in a reserved field") },
    { true, 0x67f, 1, true, SEV_STATUS_SUCCESS, CGVM_ERROR_INVALID,
      NOT_ZERO("0x01", "0x67f", "in a reserved field") },
    { true, 0x6b0, 1, true, SEV_STATUS_BAD_SIGNATURE, CGVM_ERROR_INVALID,
      NOT_ZERO("0x01", "0x6b0", "beyond the 48 bytes of R in the ID key's signature") },
    { true, 0x70f, 1, true, SEV_STATUS_BAD_SIGNATURE, CGVM_ERROR_INVALID,
      NOT_ZERO("0x01", "0x70f", "beyond the 48 bytes of S in the ID key's signature") },
    { true, 0x710, 1, true, SEV_STATUS_SUCCESS, CGVM_ERROR_INVALID,
      NOT_ZERO("0x01", "0x710", "behind the ID key's signature") },
    { true, 0x87f, 1, true, SEV_STATUS_SUCCESS, CGVM_ERROR_INVALID,
      NOT_ZERO("0x01", "0x87f", "behind the ID key's signature") },
    { true, 0x8cb, 1, true, SEV_STATUS_BAD_SIGNATURE, CGVM_ERROR_INVALID,
      NOT_ZERO("0x01", "0x8cb", "beyond the 48 bytes of Qx in the author key") },
    { true, 0x8fc, 1, true, SEV_STATUS_BAD_SIGNATURE, CGVM_ERROR_INVALID,
      NOT_ZERO("0x01", "0x8fc", "beyond the 48 bytes of Qy in the author key") },
    { true, 0xc83, 1, true, SEV_STATUS_SUCCESS, CGVM_ERROR_INVALID,
      NOT_ZERO("0x01", "0xc83", "behind the author key") },
    { true, 0xc84, 1, false, SEV_STATUS_SUCCESS, CGVM_ERROR_INVALID,
      NOT_ZERO("0x01", "0xc84", "in a reserved field") },
    { true, 0xfff, 1, false, SEV_STATUS_SUCCESS, CGVM_ERROR_INVALID,
      NOT_ZERO("0x01", "0xfff", "in a reserved field") },
};

static void test_changes(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
        const Change *change = &changes[i];
        Pair pair;

        make_pair(&pair);
        (change->in_auth ? pair.auth : pair.block)[change->offset] ^= change->flipped;
        assert_refused(&pair, change->has_author, change->code, change->message);
        if (ask_firmware(&pair, change->has_author, ID_POLICY) != change->status) {
            g_error("the firmware differs about offset 0x%x: %s", change->offset, change->message);
        }
    }
}

/* Every byte counts: one that is wrong is refused, unless it is the author's and there is none. */
static void test_every_byte(void)
{
    Pair pair;

    make_pair(&pair);
    for (size_t i = 0; i < sizeof(pair.auth); i++) {
        const bool of_author = (i >= 4 && i < 8) || (i >= 0x680 && i < 0xc84);

        pair.auth[i] ^= 0x80;
        g_assert_false(snp_id_check(pair.block, pair.auth, true, ID_POLICY, NULL));
        g_assert_cmpint(snp_id_check(pair.block, pair.auth, false, ID_POLICY, NULL), ==, of_author);
        pair.auth[i] ^= 0x80;
    }
    for (size_t i = 0; i < sizeof(pair.block); i++) {
        pair.block[i] ^= 0x80;
        g_assert_false(snp_id_check(pair.block, pair.auth, false, ID_POLICY, NULL));
        pair.block[i] ^= 0x80;
    }
}

/* Both keys are good, but each has signed something else. */
static void test_other_keys(void)
{
    Pair pair;

    make_pair(&pair);
    memcpy(pair.auth + 0x240, pair.auth + 0x880, sizeof(SnpIdKey));
    assert_refused(&pair, false, CGVM_ERROR_MISMATCH, UNSIGNED_BLOCK);
    g_assert_cmphex(ask_firmware(&pair, false, ID_POLICY), ==, SEV_STATUS_BAD_SIGNATURE);

    make_pair(&pair);
    memcpy(pair.auth + 0x880, pair.auth + 0x240, sizeof(SnpIdKey));
    assert_refused(&pair, true, CGVM_ERROR_MISMATCH, UNSIGNED_KEY);
    g_assert_cmphex(ask_firmware(&pair, true, ID_POLICY), ==, SEV_STATUS_BAD_SIGNATURE);
}

static void test_policy(void)
{
    g_autoptr(Error) error = NULL;
    Pair pair;

    make_pair(&pair);
    g_assert_false(snp_id_check(pair.block, pair.auth, true, ID_POLICY | SNP_POLICY_DEBUG, &error));
    assert_error(error, CGVM_ERROR_MISMATCH,
                 "'id-block' was made for policy 0x30000 (smt), but 'policy' is 0xb0000 (smt, debug), and "
                 "the firmware would "
                 "refuse the launch; change 'policy', or have the ID block made for this one");
    g_assert_cmphex(ask_firmware(&pair, true, ID_POLICY | SNP_POLICY_DEBUG), ==, SEV_STATUS_POLICY_FAILURE);
}

static void test_digest(void)
{
    g_autoptr(Error) error = NULL;
    Pair pair;

    put_id_block(pair.block, ID_DIGEST, ID_POLICY);
    put_id_auth(pair.auth, BLOCK_R, BLOCK_S);
    assert_accepted(pair.block, pair.auth, true);
    g_assert_true(snp_id_check_digest(pair.block, ID_DIGEST, NULL));
    g_assert_false(snp_id_check_digest(pair.block, ID_DIGEST_OF_NOTHING, &error));
    assert_error(error, CGVM_ERROR_MISMATCH,
                 "'id-block' was made for launch digest " ID_DIGEST
                 ", but this launch would give " ID_DIGEST_OF_NOTHING
                 ", and the firmware would refuse it; compare firmware file, -smp, -cpu and features (-plan "
                 "text shows them), or have the ID block made for this digest");
    g_assert_cmphex(ask_firmware(&pair, true, ID_POLICY), ==, SEV_STATUS_BAD_MEASUREMENT);
}

/* Known answers, of Python's hashlib. */
static void test_key_digests(void)
{
    uint8_t digest[CRYPTO_SHA384_SIZE];
    Pair pair;

    make_pair(&pair);
    snp_id_key_digest(pair.auth, digest);
    assert_hex(digest, sizeof(digest),
               "3d99f80bf01119362f4666d1d842bb63ffe5de61d498bce99b3197597e179d4c"
               "b2ca7c7918124081adc7134c36d00830");
    snp_id_author_key_digest(pair.auth, digest);
    assert_hex(digest, sizeof(digest),
               "81643638b268f97a28f12bd98e8c354d2bb4f77e94e3a47ab45aa4cd9259f5e7"
               "450288cdf48905f4f8bcf66a58144ba2");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/snp-id-block/good", test_good);
    g_test_add_func("/snp-id-block/no-author", test_no_author);
    g_test_add_func("/snp-id-block/given", test_given);
    g_test_add_func("/snp-id-block/changes", test_changes);
    g_test_add_func("/snp-id-block/every-byte", test_every_byte);
    g_test_add_func("/snp-id-block/other-keys", test_other_keys);
    g_test_add_func("/snp-id-block/policy", test_policy);
    g_test_add_func("/snp-id-block/digest", test_digest);
    g_test_add_func("/snp-id-block/key-digests", test_key_digests);
    return g_test_run();
}
