/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * GUIDs as UEFI stores them: the first three fields are little-endian.
 */
#ifndef TARGET_I386_GUID_H
#define TARGET_I386_GUID_H

#include <stdbool.h>
#include <stdint.h>

#define GUID_SIZE        16

#define GUID_LE16(value) (uint8_t)(value), (uint8_t)((value) >> 8)

/** Initialises an array of GUID_SIZE bytes: GUID(0x96b582de, 0x1fb2, 0x45f7, 0xba, 0xea, …). */
#define GUID(a, b, c, ...)                                                                                   \
    {                                                                                                        \
        GUID_LE16(a), GUID_LE16((a) >> 16), GUID_LE16(b), GUID_LE16(c), __VA_ARGS__                          \
    }

/** @p guid as people write it, "96b582de-1fb2-45f7-baea-a366c55a082d". To be freed with g_free(). */
char *guid_to_text(const uint8_t guid[GUID_SIZE]);

/** Reads what guid_to_text() writes, in upper or lower case. False, and nothing stored, for other text. */
bool guid_from_text(const char *text, uint8_t guid[GUID_SIZE]);

#endif
