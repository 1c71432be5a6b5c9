/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Fuzzes the check of a platform's certificates: PDH, then PEK, OCA and CEK; zeros follow if the input is too
 * short. A session can be opened for a PDH that is accepted, and for no other.
 */
#include <glib.h>
#include <string.h>
#include "confidential/crypto.h"
#include "target-i386/sev-cert.h"
#include "target-i386/sev-owner.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct Input {
    SevCert pdh;
    uint8_t chain[SEV_CERT_CHAIN_SIZE];
} Input;

static void check_refusal(const Error *error)
{
    const char *message = cgvm_error_message(error);

    g_assert_true(g_str_has_prefix(message, "the P") || g_str_has_prefix(message, "the OCA ") ||
                  g_str_has_prefix(message, "the CEK "));
    g_assert_null(strchr(message, '\n'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(Error) chain_error = NULL, error = NULL;
    Input input;
    SevCert cert;
    SevSession session;
    SevOwner owner;
    bool is_pdh, certified;

    memset(&input, 0, sizeof(input));
    memcpy(&input, data, MIN(size, sizeof(input)));
    is_pdh = sev_cert_check(&input.pdh, SEV_CERT_USAGE_PDH, NULL);
    certified = sev_cert_check_chain(&input.pdh, input.chain, &chain_error);
    g_assert_true(is_pdh || !certified);
    g_assert_cmpint(sev_owner_open(&owner, 0, &input.pdh, &cert, &session, &error), ==, is_pdh);
    if (!certified) {
        check_refusal(chain_error);
    }
    if (!is_pdh) {
        check_refusal(error);
    }
    crypto_clear(&owner, sizeof(owner));
    return 0;
}
