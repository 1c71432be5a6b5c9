/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of GUIDs and their text.
 */
#include "target-i386/guid.h"
#include <glib.h>

#define TEXT "00010203-0405-0607-0809-0a0b0c0d0e0f"

static const uint8_t in_memory[GUID_SIZE] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };

static void test_to_text(void)
{
    const uint8_t written[GUID_SIZE] =
        GUID(0x96b582de, 0x1fb2, 0x45f7, 0xba, 0xea, 0xa3, 0x66, 0xc5, 0x5a, 0x08, 0x2d);
    g_autofree char *one = guid_to_text(in_memory);
    g_autofree char *other = guid_to_text(written);

    g_assert_cmpstr(one, ==, TEXT);
    g_assert_cmpstr(other, ==, "96b582de-1fb2-45f7-baea-a366c55a082d");
}

static void test_from_text(void)
{
    uint8_t guid[GUID_SIZE];

    g_assert_true(guid_from_text(TEXT, guid));
    g_assert_cmpmem(guid, sizeof(guid), in_memory, sizeof(in_memory));
    g_assert_true(guid_from_text("00010203-0405-0607-0809-0A0B0C0D0E0F", guid));
    g_assert_cmpmem(guid, sizeof(guid), in_memory, sizeof(in_memory));
}

static void test_refused(void)
{
    static const char *const bad[] = {
        "",
        "00010203-0405-0607-0809-0a0b0c0d0e0",
        "00010203-0405-0607-0809-0a0b0c0d0e0f0",
        "00010203-0405-0607-0809-0a0b0c0d0e0g",
        "00010203-0405-0607-0809.0a0b0c0d0e0f",
        "0001020304-05-0607-0809-0a0b0c0d0e0f",
        "000102030405060708090a0b0c0d0e0f0000",
        "-0010203-0405-0607-0809-0a0b0c0d0e0f",
        "{0010203-0405-0607-0809-0a0b0c0d0e0f",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        uint8_t guid[GUID_SIZE] = { 0x5a };

        g_assert_false(guid_from_text(bad[i], guid));
        g_assert_cmphex(guid[0], ==, 0x5a);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/guid/to-text", test_to_text);
    g_test_add_func("/guid/from-text", test_from_text);
    g_test_add_func("/guid/refused", test_refused);
    return g_test_run();
}
