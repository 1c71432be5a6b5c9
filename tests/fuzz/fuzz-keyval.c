/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Fuzz target: any text as a command-line option, each of its values as that of a member of every kind, and
 * its first line merged with the rest.
 */
#include "qapi/keyval.h"
#include "tests/unit/thing.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_error(const CgvmError *error)
{
    g_assert_nonnull(error);
    g_assert_true(g_utf8_validate(cgvm_error_message(error), -1, NULL));
    g_assert_null(strchr(cgvm_error_message(error), '\n'));
}

/* What was made of a text, @p value or @p error, and taken reads back as itself; what was refused says why.
 */
static void check_member(const Field *field, json_object *value, const Error *error)
{
    g_auto(Thing) thing = { 0 };
    g_autoptr(Error) set_error = NULL;
    g_autoptr(json_object) stored = NULL;
    g_autoptr(json_object) again = NULL;

    if (!value) {
        check_error(error);
        return;
    }
    g_assert_null(error);
    if (!field_set(field, &thing, value, &set_error)) {
        check_error(set_error);
        return;
    }
    g_assert_null(set_error);
    stored = field_get(field, &thing);
    g_assert_nonnull(stored);
    g_assert_true(field_set(field, &thing, stored, NULL));
    again = field_get(field, &thing);
    g_assert_true(json_object_equal(stored, again));
}

static void try_text(const char *text)
{
    for (size_t i = 0; i < thing_table.n_fields; i++) {
        g_autoptr(Error) error = NULL;
        g_autoptr(json_object) value = field_from_text(&thing_table.fields[i], text, &error);

        check_member(&thing_table.fields[i], value, error);
    }
}

static void try_keyval(json_object *keyval)
{
    for (size_t i = 0; i < thing_table.n_fields; i++) {
        g_autoptr(Error) error = NULL;
        g_autoptr(json_object) value = field_from_keyval(&thing_table.fields[i], keyval, &error);

        check_member(&thing_table.fields[i], value, error);
    }
}

/* Counts the strings in @p value: all that lies in its objects and lists, none of which is empty but the
 * outermost. */
static int count_strings(json_object *value, int depth)
{
    int count = 0;

    switch (json_object_get_type(value)) {
    case json_type_string:
        return 1;
    case json_type_array:
        g_assert_cmpint(depth, <, KEYVAL_MAX_DEPTH);
        g_assert_cmpuint(json_object_array_length(value), >, 0);
        g_assert_cmpuint(json_object_array_length(value), <=, KEYVAL_MAX_ELEMENTS);
        for (size_t i = 0; i < json_object_array_length(value); i++) {
            count += count_strings(json_object_array_get_idx(value, i), depth + 1);
        }
        return count;
    case json_type_object:
        g_assert_cmpint(depth, <, KEYVAL_MAX_DEPTH);
        g_assert_true(depth == 0 || json_object_object_length(value) > 0);
        json_object_object_foreach (value, key, member) {
            g_assert_true(g_ascii_isalpha(*key));
            g_assert_null(strchr(key, '.'));
            count += count_strings(member, depth + 1);
        }
        return count;
    default:
        g_assert_not_reached();
    }
}

static void try_option(const char *text, const char *implied_key, bool *want_help)
{
    g_autoptr(Error) error = NULL;
    g_autoptr(json_object) pairs = keyval_parse(text, implied_key, want_help, &error);

    if (!pairs) {
        check_error(error);
        return;
    }
    g_assert_null(error);
    g_assert_cmpint(count_strings(pairs, 0), <=, KEYVAL_MAX_PAIRS);
    json_object_object_foreach (pairs, key, value) {
        g_assert_true(*key);
        try_keyval(value);
    }
}

static void try_merge(const char *earlier, const char *later)
{
    g_autoptr(json_object) into = keyval_parse(earlier, NULL, NULL, NULL);
    g_autoptr(json_object) before = keyval_parse(earlier, NULL, NULL, NULL);
    g_autoptr(json_object) from = keyval_parse(later, NULL, NULL, NULL);
    g_autoptr(json_object) same = keyval_parse(later, NULL, NULL, NULL);
    g_autoptr(Error) error = NULL;

    if (!into || !from) {
        return;
    }
    if (keyval_merge(into, from, &error)) {
        g_assert_null(error);
        count_strings(into, 0);
    } else {
        check_error(error);
        g_assert_true(json_object_equal(into, before));
    }
    g_assert_true(json_object_equal(from, same));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_auto(GStrv) lines = g_strsplit(text, "\n", 2);
    bool want_help;

    try_option(text, NULL, NULL);
    try_option(text, "implied", &want_help);
    try_text(text);
    if (g_strv_length(lines) == 2) {
        try_merge(lines[0], lines[1]);
    }
    return 0;
}
