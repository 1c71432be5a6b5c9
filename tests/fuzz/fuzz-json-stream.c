/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Fuzz target: any bytes as a stream of JSON. In what pieces they arrive makes no difference, the stream
 * finds its way back after 0xff, and its values are ones.
 */
#include <string.h>
#include "qapi/json-stream.h"

#define PRINT_FLAGS (JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_error(const Error *error)
{
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_INVALID);
    g_assert_true(g_utf8_validate(cgvm_error_message(error), -1, NULL));
    g_assert_null(strchr(cgvm_error_message(error), '\n'));
    g_assert_cmpuint(strlen(cgvm_error_message(error)), <, 512);
}

/* Appends what is read of the @p length bytes at @p bytes. */
static void read_bytes(JsonStream *stream, const char *bytes, size_t length, GString *ret_lines)
{
    while (length) {
        g_autoptr(json_object) value = NULL;
        g_autoptr(Error) error = NULL;
        const JsonStreamResult result = json_stream_read(stream, &bytes, &length, &value, &error);

        g_assert_true((value != NULL) == (result == JSON_STREAM_VALUE));
        g_assert_true((error != NULL) == (result == JSON_STREAM_ERROR));
        if (value) {
            g_string_append_printf(ret_lines, "%s\n", json_object_to_json_string_ext(value, PRINT_FLAGS));
        } else if (error) {
            check_error(error);
            g_string_append_printf(ret_lines, "! %s\n", cgvm_error_message(error));
        } else {
            g_assert_cmpuint(length, ==, 0);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data;
    g_autoptr(JsonStream) whole = json_stream_new(), pieces = json_stream_new();
    g_autoptr(GString) expected = g_string_new(NULL), got = g_string_new(NULL), after = g_string_new(NULL);

    read_bytes(whole, bytes, size, expected);
    for (size_t i = 0; i < size; i++) {
        read_bytes(pieces, bytes + i, 1, got);
    }
    g_assert_cmpstr(got->str, ==, expected->str);
    read_bytes(pieces, "\xff\n{\"a\":1}", 9, after);
    g_assert_true(g_str_has_suffix(after->str, "{\"a\":1}\n"));
    return 0;
}
