/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Bytes from hexadecimal digits or base64.
 */
#include "qapi/bytes-text.h"
#include <string.h>
#include "qapi/fields.h"

static bool is_hex(const char *text, size_t size)
{
    return strlen(text) == 2 * size && strspn(text, "0123456789abcdefABCDEF") == 2 * size;
}

static void read_hex(const char *text, uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)(g_ascii_xdigit_value(text[2 * i]) << 4 | g_ascii_xdigit_value(text[2 * i + 1]));
    }
}

/* By the rules for blobs of the schema. */
static bool read_base64(const char *text, void *bytes, size_t size)
{
    const Field field = { .name = "", .kind = FIELD_BLOB, .has_offset = FIELD_NO_OFFSET, .blob_size = size };
    g_autofree char *stripped = g_strstrip(g_strdup(text));
    g_autoptr(json_object) value = json_object_new_string(stripped);
    Blob blob = { .data = NULL };

    if (!field_set(&field, &blob, value, NULL)) {
        return false;
    }
    memcpy(bytes, blob.data, size);
    explicit_bzero(blob.data, size);
    g_free(blob.data);
    return true;
}

bool bytes_from_text(const char *name, const char *text, void *bytes, size_t size, Error **errp)
{
    g_autofree char *shown = NULL;

    if (is_hex(text, size)) {
        read_hex(text, bytes, size);
        return true;
    }
    if (g_utf8_validate(text, -1, NULL) && read_base64(text, bytes, size)) {
        return true;
    }
    shown = text_shown(text);
    return error_setg(errp, "'%s' expects %zu bytes, as %zu hexadecimal digits or in base64, not \"%s\"",
                      name, size, 2 * size, shown);
}
