/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Bytes and their hexadecimal digits, for tests with known answers.
 */
#ifndef TESTS_UNIT_HEX_H
#define TESTS_UNIT_HEX_H

#include <glib.h>
#include <string.h>
#include "confidential/crypto.h"

/* Reads @size bytes. */
static inline void from_hex(const char *text, uint8_t *bytes, size_t size)
{
    g_assert_cmpuint(strlen(text), ==, 2 * size);
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)(g_ascii_xdigit_value(text[2 * i]) << 4 | g_ascii_xdigit_value(text[2 * i + 1]));
    }
}

/* The same in the opposite order. */
static inline void from_hex_reversed(const char *text, uint8_t *bytes, size_t size)
{
    from_hex(text, bytes, size);
    for (size_t i = 0; i < size / 2; i++) {
        uint8_t byte = bytes[i];

        bytes[i] = bytes[size - 1 - i];
        bytes[size - 1 - i] = byte;
    }
}

static inline void assert_hex(const void *bytes, size_t size, const char *expected)
{
    g_autofree char *text = crypto_hex(bytes, size);

    g_assert_cmpstr(text, ==, expected);
}

#endif
