/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Fuzzes private keys in PEM: what is accepted signs, and what is not leaves a message that shows nothing of
 * it.
 */
#include <glib.h>
#include <string.h>
#include "confidential/crypto-key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(Error) error = NULL;
    g_autoptr(CryptoKey) key = crypto_key_from_pem(data, size, &error);
    CryptoP384Signature signature;
    CryptoP384Point point;

    g_assert_true((key != NULL) == (error == NULL));
    if (!key) {
        g_assert_true(g_str_has_prefix(cgvm_error_message(error), "holds "));
        g_assert_cmpuint(strlen(cgvm_error_message(error)), <, 160);
        return 0;
    }
    crypto_key_public(key, &point);
    crypto_key_sign(key, "x", 1, &signature);
    g_assert_true(crypto_ecdsa_p384_verify(point.x, point.y, "x", 1, signature.r, signature.s));
    return 0;
}
