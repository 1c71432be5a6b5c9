/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Fuzz target: any text as JSON. What is taken reads back from its own print as the same.
 */
#include <math.h>
#include <string.h>
#include "qapi/json.h"

#define PRINT_FLAGS (JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_error(const CgvmError *error)
{
    g_assert_nonnull(error);
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_INVALID);
    g_assert_true(g_utf8_validate(cgvm_error_message(error), -1, NULL));
    g_assert_null(strchr(cgvm_error_message(error), '\n'));
    g_assert_cmpuint(strlen(cgvm_error_message(error)), <, 512);
}

static void check_string(const char *text, size_t length)
{
    g_assert_cmpuint(strlen(text), ==, length);
    g_assert_true(g_utf8_validate(text, length, NULL));
}

static void check_value(json_object *value, int depth);

static void check_members(json_object *object, int depth)
{
    json_object_object_foreach (object, key, member) {
        check_string(key, strlen(key));
        check_value(member, depth);
    }
}

static void check_value(json_object *value, int depth)
{
    g_assert_cmpint(depth, <=, JSON_MAX_DEPTH);
    switch (json_object_get_type(value)) {
    case json_type_object:
        check_members(value, depth + 1);
        break;
    case json_type_array:
        for (size_t i = 0; i < json_object_array_length(value); i++) {
            check_value(json_object_array_get_idx(value, i), depth + 1);
        }
        break;
    case json_type_string:
        check_string(json_object_get_string(value), json_object_get_string_len(value));
        break;
    case json_type_double:
        g_assert_true(isfinite(json_object_get_double(value)));
        break;
    default:
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autofree char *printed = NULL;
    g_autoptr(Error) error = NULL;
    g_autoptr(json_object) value = json_parse(text, &error);
    g_autoptr(json_object) again = NULL;

    if (!value) {
        check_error(error);
        return 0;
    }
    g_assert_null(error);
    g_assert_cmpuint(strlen(text), <=, JSON_MAX_LENGTH);
    check_value(value, 0);
    printed = g_strdup(json_object_to_json_string_ext(value, PRINT_FLAGS));
    g_assert_cmpuint(strlen(printed), <=, strlen(text));
    again = json_parse(printed, NULL);
    g_assert_nonnull(again);
    g_assert_true(json_object_equal(value, again));
    g_assert_cmpstr(json_object_to_json_string_ext(again, PRINT_FLAGS), ==, printed);
    return 0;
}
