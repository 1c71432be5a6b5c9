/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * keyval: reads the `key=value,key=value` text of command-line options.
 */
#include <string.h>
#include "qapi/keyval.h"

/* Where the value that starts at @p value ends: at a comma which is not followed by another one, or at the
 * end. */
static const char *value_end(const char *value)
{
    for (;;) {
        value += strcspn(value, ",");
        if (value[0] != ',' || value[1] != ',') {
            return value;
        }
        value += 2;
    }
}

/* The bytes from @p value up to @p end, each double comma made one. */
static char *value_unescape(const char *value, const char *end)
{
    g_autoptr(GString) text = g_string_sized_new(end - value);

    while (value < end) {
        g_string_append_c(text, *value);
        value += *value == ',' ? 2 : 1;
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static bool is_word(const char *text, size_t length, const char *word)
{
    return strlen(word) == length && memcmp(text, word, length) == 0;
}

static bool key_check(const char *key, Error **errp)
{
    if (!*key) {
        return error_setg(errp, "a key is missing before '='");
    }
    for (const char *p = key; *p; p++) {
        if (!g_ascii_isalnum(*p) && !strchr("-_.", *p)) {
            return error_setg(errp, "'%s' is not a key, which has only letters, digits, '-', '_' and '.'",
                              key);
        }
    }
    return true;
}

static bool pair_add(json_object *pairs, const char *key, const char *value, Error **errp)
{
    if (json_object_object_get_ex(pairs, key, NULL)) {
        return error_setg(errp, "'%s' is given twice", key);
    }
    if (json_object_object_length(pairs) == KEYVAL_MAX_PAIRS) {
        return error_setg(errp, "the option has more than %d pairs", KEYVAL_MAX_PAIRS);
    }
    json_object_object_add(pairs, key, json_object_new_string(value));
    return true;
}

/* Adds what is from @p text up to the next single comma to @p pairs. Returns that comma or the end, NULL on
 * error. */
static const char *pair_parse(json_object *pairs, const char *text, const char *implied_key, bool *want_help,
                              Error **errp)
{
    size_t length = strcspn(text, "=,");
    g_autofree char *key = NULL;
    g_autofree char *value = NULL;
    const char *end;

    if (text[length] == '=') {
        key = g_strndup(text, length);
        text += length + 1;
        end = value_end(text);
        value = value_unescape(text, end);
        return key_check(key, errp) && pair_add(pairs, key, value, errp) ? end : NULL;
    }
    end = value_end(text);
    length = end - text;
    if (length == 0) {
        return error_setg_null(errp,
                               "nothing is between two commas; a comma inside a value is written twice");
    }
    if (want_help && (is_word(text, length, "help") || is_word(text, length, "?"))) {
        *want_help = true;
        return end;
    }
    value = value_unescape(text, end);
    if (!implied_key) {
        return error_setg_null(
            errp, "'%s' has no value, write KEY=VALUE; a comma inside a value is written twice", value);
    }
    return pair_add(pairs, implied_key, value, errp) ? end : NULL;
}

json_object *keyval_parse(const char *text, const char *implied_key, bool *want_help, Error **errp)
{
    g_autoptr(json_object) pairs = NULL;

    if (want_help) {
        *want_help = false;
    }
    if (strnlen(text, KEYVAL_MAX_LENGTH + 1) > KEYVAL_MAX_LENGTH) {
        return error_setg_null(errp, "the option is longer than %d bytes", KEYVAL_MAX_LENGTH);
    }
    if (!g_utf8_validate(text, -1, NULL)) {
        return error_setg_null(errp, "the option is not valid UTF-8");
    }
    pairs = json_object_new_object();
    while (*text) {
        text = pair_parse(pairs, text, implied_key, want_help, errp);
        if (!text) {
            return NULL;
        }
        if (*text) {
            text++;
        }
        implied_key = NULL;
    }
    return g_steal_pointer(&pairs);
}
