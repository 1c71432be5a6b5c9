/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of bytes from hexadecimal digits and base64.
 */
#include "qapi/bytes-text.h"
#include <string.h>

static void test_accepted(void)
{
    static const char *const forms[] = {
        "00102030fFfE", "ABAgMP/+", "ABAgMP/+\n", "  ABAg\nMP/+\r\n", "00102030FFFE",
    };
    const uint8_t expected[] = { 0x00, 0x10, 0x20, 0x30, 0xff, 0xfe };

    for (size_t i = 0; i < G_N_ELEMENTS(forms); i++) {
        uint8_t bytes[sizeof(expected)] = { 0 };

        g_assert_true(bytes_from_text("x", forms[i], bytes, sizeof(bytes), NULL));
        g_assert_cmpmem(bytes, sizeof(bytes), expected, sizeof(expected));
    }
}

static void test_refused(void)
{
    static const char *const bad[] = {
        "",         "0010203",      "00102030fffe00", "0010", "ABAgMP/", "ABAgMP/+AA==",
        "ABAgMP_-", "00102030ffzz", "\xff",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        uint8_t bytes[6] = { 0x5a };
        g_autoptr(Error) error = NULL;

        g_assert_false(bytes_from_text("digest", bad[i], bytes, sizeof(bytes), &error));
        g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_INVALID);
        g_assert_true(
            g_str_has_prefix(cgvm_error_message(error),
                             "'digest' expects 6 bytes, as 12 hexadecimal digits or in base64, not \""));
        g_assert_cmphex(bytes[0], ==, 0x5a);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/bytes-text/accepted", test_accepted);
    g_test_add_func("/bytes-text/refused", test_refused);
    return g_test_run();
}
