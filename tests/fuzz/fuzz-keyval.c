/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Fuzz target: any text as a command-line option, and each of its values as that of a member of every kind.
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

/* What was taken reads back as itself; what was refused says why. */
static void try_member(const Field *field, const char *text)
{
    g_auto(Thing) thing = { 0 };
    g_autoptr(Error) error = NULL;
    g_autoptr(json_object) value = field_from_text(field, text, &error);
    g_autoptr(json_object) stored = NULL;
    g_autoptr(json_object) again = NULL;

    if (!value || !field_set(field, &thing, value, &error)) {
        check_error(error);
        return;
    }
    g_assert_null(error);
    stored = field_get(field, &thing);
    g_assert_nonnull(stored);
    g_assert_true(field_set(field, &thing, stored, NULL));
    again = field_get(field, &thing);
    g_assert_true(json_object_equal(stored, again));
}

static void try_value(const char *text)
{
    static const char *const members[] = { "flag",  "name",   "small", "port",  "cpus", "any64",  "memory",
                                           "color", "digest", "data",  "extra", "raw",  "origin", "ports" };

    for (size_t i = 0; i < G_N_ELEMENTS(members); i++) {
        try_member(find(members[i]), text);
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
    g_assert_cmpint(json_object_object_length(pairs), <=, KEYVAL_MAX_PAIRS);
    json_object_object_foreach (pairs, key, value) {
        g_assert_true(*key);
        g_assert_true(json_object_is_type(value, json_type_string));
        try_value(json_object_get_string(value));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    bool want_help;

    try_option(text, NULL, NULL);
    try_option(text, "implied", &want_help);
    try_value(text);
    return 0;
}
