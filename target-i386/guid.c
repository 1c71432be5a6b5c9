/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * GUIDs and their text.
 */
#include "target-i386/guid.h"
#include <glib.h>
#include <string.h>

#define TEXT_LENGTH 36

/* Which byte of a GUID each pair of digits shows, in the order of the text. */
static const uint8_t order[GUID_SIZE] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };

/* Where the digits of byte number @i of the text are: dashes stand behind 4, 6, 8 and 10 bytes. */
static size_t position(size_t i)
{
    return 2 * i + (i >= 4) + (i >= 6) + (i >= 8) + (i >= 10);
}

char *guid_to_text(const uint8_t guid[GUID_SIZE])
{
    char *text = g_strnfill(TEXT_LENGTH, '-');

    for (size_t i = 0; i < GUID_SIZE; i++) {
        text[position(i)] = "0123456789abcdef"[guid[order[i]] >> 4];
        text[position(i) + 1] = "0123456789abcdef"[guid[order[i]] & 15];
    }
    return text;
}

bool guid_from_text(const char *text, uint8_t guid[GUID_SIZE])
{
    uint8_t bytes[GUID_SIZE];
    g_autofree char *dashes = strlen(text) == TEXT_LENGTH ? g_strdup(text) : NULL;

    for (size_t i = 0; dashes && i < GUID_SIZE; i++) {
        int high = g_ascii_xdigit_value(text[position(i)]), low = g_ascii_xdigit_value(text[position(i) + 1]);

        if (high < 0 || low < 0) {
            return false;
        }
        bytes[order[i]] = (uint8_t)(high << 4 | low);
        dashes[position(i)] = dashes[position(i) + 1] = 'x';
    }
    if (!dashes || strcmp(dashes, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx") != 0) {
        return false;
    }
    memcpy(guid, bytes, sizeof(bytes));
    return true;
}
