/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * keyval: reads the `key=value,key=value` text of command-line options.
 *
 * All pairs are first put into nested objects, where the elements of a list are members called "0", "1" and
 * so on. When the text is read, such objects become lists.
 */
#include <string.h>
#include "qapi/keyval.h"

#define NOT_A_KEY                                                                                            \
    "'%s' is not a key, which starts with a letter and has only letters, digits, '-' and '_'; a member is "  \
    "written KEY.MEMBER, an element of a list KEY.NUMBER"

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

static bool part_is_name(const char *part)
{
    return g_ascii_isalpha(*part) && !part[strspn(part, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "-_")];
}

static bool part_is_index(const char *part)
{
    return g_ascii_isdigit(*part) && !part[strspn(part, G_CSET_DIGITS)] && (*part != '0' || !part[1]);
}

/* The parts of @p key, each of which is a name or an index in range. */
static char **key_split(const char *key, Error **errp)
{
    g_auto(GStrv) parts = g_strsplit(key, ".", KEYVAL_MAX_DEPTH + 1);

    if (!*key) {
        return error_setg_null(errp, "a key is missing before '='");
    }
    if (g_strv_length(parts) > KEYVAL_MAX_DEPTH) {
        return error_setg_null(errp, "the key '%s' has more than %d parts", key, KEYVAL_MAX_DEPTH);
    }
    for (int i = 0; parts[i]; i++) {
        if (part_is_name(parts[i])) {
            continue;
        }
        if (i == 0 || !part_is_index(parts[i])) {
            return error_setg_null(errp, NOT_A_KEY, key);
        }
        if (g_ascii_strtoull(parts[i], NULL, 10) >= KEYVAL_MAX_ELEMENTS) {
            return error_setg_null(errp, "'%s' is refused: the elements of a list are numbered from 0 to %d",
                                   key, KEYVAL_MAX_ELEMENTS - 1);
        }
    }
    return g_steal_pointer(&parts);
}

/* The name of the first member of @p object, which is not empty. */
static const char *first_member(json_object *object)
{
    struct json_object_iterator first = json_object_iter_begin(object);

    return json_object_iter_peek_name(&first);
}

/* The object at the first parts of @p key, all but the last; made where it is missing. */
static json_object *parent_get(json_object *pairs, const char *key, char **parts, Error **errp)
{
    size_t length = 0;

    for (int i = 0; parts[i + 1]; i++) {
        json_object *child = NULL;

        length += strlen(parts[i]);
        if (!json_object_object_get_ex(pairs, parts[i], &child)) {
            child = json_object_new_object();
            json_object_object_add(pairs, parts[i], child);
        } else if (!json_object_is_type(child, json_type_object)) {
            return error_setg_null(errp, "'%.*s' is given both a value and the member '%s'", (int)length, key,
                                   key);
        }
        pairs = child;
        length++;
    }
    return pairs;
}

static bool pair_add(json_object *pairs, const char *key, const char *value, Error **errp)
{
    g_auto(GStrv) parts = key_split(key, errp);
    json_object *parent = parts ? parent_get(pairs, key, parts, errp) : NULL;
    const char *name;
    json_object *existing;

    if (!parent) {
        return false;
    }
    name = parts[g_strv_length(parts) - 1];
    if (!json_object_object_get_ex(parent, name, &existing)) {
        json_object_object_add(parent, name, json_object_new_string(value));
        return true;
    }
    if (json_object_is_type(existing, json_type_string)) {
        return error_setg(errp, "'%s' is given twice", key);
    }
    return error_setg(errp, "'%s' is given both a value and the member '%s.%s'", key, key,
                      first_member(existing));
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
        return pair_add(pairs, key, value, errp) ? end : NULL;
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
    if (*value == '@') {
        return error_set_null(errp, CGVM_ERROR_UNSUPPORTED,
                              "'%s': reading options from a file is not supported; write them out, or write "
                              "%s=%s if that is the value",
                              value, implied_key, value);
    }
    return pair_add(pairs, implied_key, value, errp) ? end : NULL;
}

/* The members of @p object, which is called @p path, as a new list. All are called by their numbers. */
static json_object *list_from_members(json_object *object, const char *path, Error **errp)
{
    const int count = json_object_object_length(object);
    g_autoptr(json_object) list = json_object_new_array_ext(count);

    for (int i = 0; i < count; i++) {
        g_autofree char *name = g_strdup_printf("%d", i);
        json_object *element;

        if (!json_object_object_get_ex(object, name, &element)) {
            return error_setg_null(
                errp, "'%s.%s' is missing: the elements of a list are numbered from 0 without a gap", path,
                name);
        }
        json_object_array_add(list, json_object_get(element));
    }
    return g_steal_pointer(&list);
}

static char *path_join(const char *path, const char *name)
{
    return g_strconcat(path, *path ? "." : "", name, NULL);
}

/* Makes lists of the objects in @p object, which is called @p path, whose members are numbers. Returns a new
 * reference to what becomes of @p object itself. */
static json_object *lists_make(json_object *object, const char *path, Error **errp)
{
    const char *number = NULL, *name = NULL;

    json_object_object_foreach (object, key, value) {
        g_autofree char *member = path_join(path, key);
        json_object *made;

        if (part_is_index(key)) {
            number = number ? number : key;
        } else {
            name = name ? name : key;
        }
        if (!json_object_is_type(value, json_type_object)) {
            continue;
        }
        made = lists_make(value, member, errp);
        if (!made) {
            return NULL;
        }
        json_object_object_add(object, key, made);
    }
    if (number && name) {
        return error_setg_null(errp,
                               "'%s' is given both the element '%s.%s' of a list and the member '%s.%s'",
                               path, path, number, path, name);
    }
    return number ? list_from_members(object, path, errp) : json_object_get(object);
}

json_object *keyval_parse(const char *text, const char *implied_key, bool *want_help, Error **errp)
{
    g_autoptr(json_object) pairs = NULL;
    int n_pairs = 0;

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
        if (n_pairs++ == KEYVAL_MAX_PAIRS) {
            return error_setg_null(errp, "the option has more than %d pairs", KEYVAL_MAX_PAIRS);
        }
        text = pair_parse(pairs, text, implied_key, want_help, errp);
        if (!text) {
            return NULL;
        }
        if (*text) {
            text++;
        }
        implied_key = NULL;
    }
    return lists_make(pairs, "", errp);
}

/* What @p value, which may be JSON's null, is in messages. */
static const char *kind_text(json_object *value)
{
    switch (json_object_get_type(value)) {
    case json_type_object:
        return "members";
    case json_type_array:
        return "a list";
    default:
        return "a value";
    }
}

static bool merge_check(json_object *into, json_object *from, const char *path, Error **errp)
{
    json_object_object_foreach (from, key, value) {
        g_autofree char *member = path_join(path, key);
        const char *kind = kind_text(value), *old_kind;
        json_object *old;

        if (!json_object_object_get_ex(into, key, &old)) {
            continue;
        }
        old_kind = kind_text(old);
        if (strcmp(kind, old_kind) != 0) {
            return error_setg(errp, "'%s' is given %s, but an earlier option gave it %s", member, kind,
                              old_kind);
        }
        if (json_object_is_type(value, json_type_array) &&
            json_object_array_length(old) + json_object_array_length(value) > KEYVAL_MAX_ELEMENTS) {
            return error_setg(errp, "the list '%s' has more than %d elements in all", member,
                              KEYVAL_MAX_ELEMENTS);
        }
        if (json_object_is_type(value, json_type_object) && !merge_check(old, value, member, errp)) {
            return false;
        }
    }
    return true;
}

static json_object *value_copy(json_object *value)
{
    json_object *copy = NULL;

    json_object_deep_copy(value, &copy, NULL);
    return copy;
}

/* Does what merge_check() allowed. */
static void merge(json_object *into, json_object *from)
{
    json_object_object_foreach (from, key, value) {
        json_object *old = NULL;

        json_object_object_get_ex(into, key, &old);
        if (old && json_object_is_type(value, json_type_object)) {
            merge(old, value);
        } else if (old && json_object_is_type(value, json_type_array)) {
            for (size_t i = 0; i < json_object_array_length(value); i++) {
                json_object_array_add(old, value_copy(json_object_array_get_idx(value, i)));
            }
        } else {
            json_object_object_add(into, key, value_copy(value));
        }
    }
}

bool keyval_merge(json_object *into, json_object *from, Error **errp)
{
    g_return_val_if_fail(into != from, false);
    if (!merge_check(into, from, "", errp)) {
        return false;
    }
    merge(into, from);
    return true;
}
