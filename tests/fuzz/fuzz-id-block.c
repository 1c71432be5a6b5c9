/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Fuzzes the check of ID blocks: what is accepted above the door the simulated firmware accepts, and what it
 * would refuse is refused before.
 *
 * The input is a byte whose lowest bit says that there is an author, the ID block, and what authenticates it;
 * zeros follow if it is too short.
 */
#include <glib.h>
#include <string.h>
#include "target-i386/psp-state.h"
#include "target-i386/snp-id-block.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct Input {
    uint8_t has_author;
    uint8_t block[SNP_ID_BLOCK_SIZE];
    uint8_t auth[SNP_ID_AUTH_SIZE];
} Input;

static uint32_t ask_firmware(const Input *input, const SnpIdBlock *block, bool has_author)
{
    PspGuest guest = { .policy = GUINT64_FROM_LE(block->policy) };
    PspLaunchFinish finish = {
        .id_block = input->block,
        .id_auth = input->auth,
        .id_block_en = true,
        .auth_key_en = has_author,
    };

    G_STATIC_ASSERT(sizeof(guest.digest) == sizeof(block->launch_digest));
    memcpy(guest.digest, block->launch_digest, sizeof(guest.digest));
    return psp_id_check(&guest, &finish);
}

static void check_refusal(const Error *error, uint32_t status)
{
    const char *message = cgvm_error_message(error);

    g_assert_true(g_str_has_prefix(message, "'id-block' ") || g_str_has_prefix(message, "'id-auth' "));
    g_assert_null(strchr(message, '\n'));
    /* The firmware does not look at all that must be zero. */
    g_assert_true(status != SEV_STATUS_SUCCESS || strstr(message, "where zero must be"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input input = { .has_author = 0 };
    SnpIdBlock block;
    g_autofree char *digest = NULL;
    g_autoptr(Error) error = NULL;
    bool has_author;
    uint32_t status;

    memcpy(&input, data, MIN(size, sizeof(input)));
    has_author = input.has_author & 1;
    memcpy(&block, input.block, sizeof(block));
    digest = crypto_hex(block.launch_digest, sizeof(block.launch_digest));
    status = ask_firmware(&input, &block, has_author);
    if (snp_id_check(input.block, input.auth, has_author, GUINT64_FROM_LE(block.policy), &error)) {
        g_assert_null(error);
        g_assert_cmphex(status, ==, SEV_STATUS_SUCCESS);
    } else {
        check_refusal(error, status);
    }
    g_assert_true(snp_id_check_digest(input.block, digest, NULL));
    return 0;
}
