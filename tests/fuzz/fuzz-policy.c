/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Fuzzes policies by name: what is accepted is legal, and its words, written as names, stand for the same
 * policy; what is refused says why.
 */
#include <glib.h>
#include <string.h>
#include "target-i386/sev-policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_error(const Error *error)
{
    g_assert_nonnull(error);
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_INVALID);
    g_assert_true(g_str_has_prefix(cgvm_error_message(error), "'policy' has "));
    g_assert_null(strchr(cgvm_error_message(error), '\n'));
    g_assert_true(g_utf8_validate(cgvm_error_message(error), -1, NULL));
    g_assert_cmpuint(strlen(cgvm_error_message(error)), <, 1000);
}

/* "smt, ABI 1.51" as a user would write it. What follows from a flag that is not there has no name, and a
 * policy without any has none but that of the lowest version. */
static char *words_to_names(const char *words)
{
    g_auto(GStrv) parts = g_strsplit(words, ", ", -1);
    g_autoptr(GString) names = g_string_new(NULL);

    for (size_t i = 0; parts[i]; i++) {
        bool has_name = strcmp(parts[i], "none") != 0 && strcmp(parts[i], "host may read its memory") != 0;
        bool is_version = g_str_has_prefix(parts[i], "ABI ");

        if (has_name) {
            g_string_append_printf(names, "%s%s%s", names->len ? "+" : "", is_version ? "abi=" : "",
                                   parts[i] + (is_version ? strlen("ABI ") : 0));
        }
    }
    return g_strdup(names->len ? names->str : "abi=0.0");
}

static void try_snp(const char *text)
{
    g_autoptr(Error) error = NULL;
    g_autofree char *words = NULL, *names = NULL;
    uint64_t policy, again = 0;

    if (!snp_policy_from_names("policy", text, &policy, &error)) {
        check_error(error);
        return;
    }
    g_assert_null(error);
    g_assert_true(snp_policy_check(policy, NULL));
    words = snp_policy_words(policy);
    names = words_to_names(words);
    g_assert_true(snp_policy_from_names("policy", names, &again, NULL));
    g_assert_cmphex(policy, ==, again);
}

static void try_sev(const char *text)
{
    g_autoptr(Error) error = NULL;
    g_autofree char *words = NULL, *names = NULL;
    uint64_t policy, again = 0;

    if (!sev_policy_from_names("policy", text, &policy, &error)) {
        check_error(error);
        return;
    }
    g_assert_null(error);
    g_assert_cmphex(policy, <=, UINT32_MAX);
    g_assert_true(sev_policy_check((uint32_t)policy, NULL));
    words = sev_policy_words((uint32_t)policy);
    names = words_to_names(words);
    g_assert_true(sev_policy_from_names("policy", names, &again, NULL));
    g_assert_cmphex(policy, ==, again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);

    try_snp(text);
    try_sev(text);
    return 0;
}
