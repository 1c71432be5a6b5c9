/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Field tables: the names of enum values, and what a user types for a member, made JSON of its type.
 *
 * Only the form of a text is checked here. Ranges, enums and blobs are checked where the JSON is stored.
 */
#include <inttypes.h>
#include <string.h>
#include "qapi/fields.h"
#include "qapi/near-miss.h"

#define SHOWN_MAX 60

typedef enum NumberForm {
    NUMBER_GOOD,
    NUMBER_MALFORMED,
    NUMBER_TOO_LARGE,
} NumberForm;

const char *enum_name(const EnumLookup *lookup, int value)
{
    g_return_val_if_fail(value >= 0 && value < lookup->count, "");
    return lookup->names[value];
}

int enum_value(const EnumLookup *lookup, const char *name)
{
    for (int i = 0; i < lookup->count; i++) {
        if (strcmp(lookup->names[i], name) == 0) {
            return i;
        }
    }
    return -1;
}

char *text_shown(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    g_autofree char *start = NULL;

    if (g_utf8_strlen(valid, -1) <= SHOWN_MAX) {
        return g_steal_pointer(&valid);
    }
    start = g_utf8_substring(valid, 0, SHOWN_MAX);
    return g_strconcat(start, "...", NULL);
}

/* Returns where the digits of @p text end, and sets @p too_large if their value does not fit. */
static const char *digits_parse(const char *text, unsigned base, uint64_t *value, bool *too_large)
{
    *value = 0;
    for (; base == 16 ? g_ascii_isxdigit(*text) : g_ascii_isdigit(*text); text++) {
        if (__builtin_mul_overflow(*value, base, value) ||
            __builtin_add_overflow(*value, g_ascii_xdigit_value(*text), value)) {
            *too_large = true;
        }
    }
    return text;
}

/* The power of two that the suffix stands for; -1 if it is not one. */
static int suffix_shift(char suffix)
{
    static const char suffixes[] = "BKMGTPE";
    const char *found = suffix ? strchr(suffixes, g_ascii_toupper(suffix)) : NULL;

    return found ? 10 * (int)(found - suffixes) : -1;
}

static NumberForm number_parse(const char *text, bool allow_suffix, uint64_t *value)
{
    const bool is_hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
    const char *digits = is_hex ? text + 2 : text;
    bool too_large = false;
    const char *end = digits_parse(digits, is_hex ? 16 : 10, value, &too_large);
    int shift;

    if (end == digits) {
        return NUMBER_MALFORMED;
    }
    /* B and E are hexadecimal digits, so a suffix of a hexadecimal number could be taken for either. */
    if (*end && allow_suffix && !is_hex) {
        shift = suffix_shift(*end++);
        if (shift < 0) {
            return NUMBER_MALFORMED;
        }
        too_large |= __builtin_mul_overflow(*value, UINT64_C(1) << shift, value);
    }
    if (*end) {
        return NUMBER_MALFORMED;
    }
    return too_large ? NUMBER_TOO_LARGE : NUMBER_GOOD;
}

static json_object *number_from_text(const Field *field, const char *text, Error **errp)
{
    g_autofree char *shown = text_shown(text);
    uint64_t value = 0;

    switch (number_parse(text, field->kind == FIELD_SIZE, &value)) {
    case NUMBER_GOOD:
        return json_object_new_uint64(value);
    case NUMBER_TOO_LARGE:
        return error_setg_null(errp, "'%s' must be from %" PRIu64 " to %" PRIu64 ", not %s", field->name,
                               field->min, field->max, shown);
    case NUMBER_MALFORMED:
        if (field->kind == FIELD_SIZE) {
            return error_setg_null(
                errp,
                "'%s' expects a whole number of bytes, alone or with one of the suffixes B, K, M, "
                "G, T, P and E, not \"%s\"",
                field->name, shown);
        }
        return error_setg_null(errp, "'%s' expects an integer from %" PRIu64 " to %" PRIu64 ", not \"%s\"",
                               field->name, field->min, field->max, shown);
    }
    g_assert_not_reached();
}

static json_object *bool_from_text(const Field *field, const char *text, Error **errp)
{
    static const char *const yes[] = { "on", "yes", "true", "y", NULL };
    static const char *const no[] = { "off", "no", "false", "n", NULL };
    g_autofree char *shown = NULL;

    if (g_strv_contains(yes, text)) {
        return json_object_new_boolean(true);
    }
    if (g_strv_contains(no, text)) {
        return json_object_new_boolean(false);
    }
    shown = text_shown(text);
    return error_setg_null(errp, "'%s' expects 'on' or 'off', not \"%s\"", field->name, shown);
}

json_object *field_from_text(const Field *field, const char *text, Error **errp)
{
    if (field->list || field->kind == FIELD_STRUCT) {
        return error_setg_null(errp, "'%s' is %s and cannot be given as text; use JSON", field->name,
                               field->list ? "a list" : "a structure");
    }
    switch (field->kind) {
    case FIELD_BOOL:
        return bool_from_text(field, text, errp);
    case FIELD_UINT8:
    case FIELD_UINT16:
    case FIELD_UINT32:
    case FIELD_UINT64:
    case FIELD_SIZE:
        return number_from_text(field, text, errp);
    case FIELD_BYTES:
        return error_setg_null(errp, "'%s' is for programs and cannot be given as text", field->name);
    default:
        return json_object_new_string(text);
    }
}

/* Converts @p keyval for @p field under the name @p path, the keys that were typed. */
static json_object *from_keyval_at(const Field *field, const char *path, json_object *keyval, Error **errp)
{
    Field renamed = *field;

    renamed.name = path;
    return field_from_keyval(&renamed, keyval, errp);
}

static json_object *list_from_keyval(const Field *field, json_object *keyval, Error **errp)
{
    g_autoptr(json_object) list = json_object_new_array();
    Field element = *field;

    if (!json_object_is_type(keyval, json_type_array)) {
        const char *member = field->kind == FIELD_STRUCT ? field->members->fields[0].name : NULL;

        return error_setg_null(errp, "'%s' is a list, whose elements are given one by one: write '%s.0%s%s='",
                               field->name, field->name, member ? "." : "", member ? member : "");
    }
    element.list = false;
    for (size_t i = 0; i < json_object_array_length(keyval); i++) {
        g_autofree char *path = g_strdup_printf("%s.%zu", field->name, i);
        json_object *value = from_keyval_at(&element, path, json_object_array_get_idx(keyval, i), errp);

        if (!value) {
            return NULL;
        }
        json_object_array_add(list, value);
    }
    return g_steal_pointer(&list);
}

static json_object *unknown_member(const Field *field, const char *name, Error **errp)
{
    NearMiss search = { .word = name };

    for (size_t i = 0; i < field->members->n_fields; i++) {
        near_miss_consider(&search, field->members->fields[i].name);
    }
    if (search.best) {
        return error_setg_null(errp, "there is no '%s.%s'; did you mean '%s.%s'?", field->name, name,
                               field->name, search.best);
    }
    return error_setg_null(errp, "there is no '%s.%s'", field->name, name);
}

static json_object *struct_from_keyval(const Field *field, json_object *keyval, Error **errp)
{
    g_autoptr(json_object) object = json_object_new_object();

    if (!json_object_is_type(keyval, json_type_object)) {
        return error_setg_null(errp, "'%s' has members, which are given one by one: write '%s.%s='",
                               field->name, field->name, field->members->fields[0].name);
    }
    json_object_object_foreach (keyval, key, value) {
        const Field *member = field_table_find(field->members, key);
        g_autofree char *path = g_strconcat(field->name, ".", key, NULL);
        json_object *converted =
            member ? from_keyval_at(member, path, value, errp) : unknown_member(field, key, errp);

        if (!converted) {
            return NULL;
        }
        json_object_object_add(object, key, converted);
    }
    return g_steal_pointer(&object);
}

/* @p keyval for a member that has no members and elements of its own. */
static json_object *value_from_keyval(const Field *field, json_object *keyval, Error **errp)
{
    json_object *copy = NULL;

    switch (json_object_get_type(keyval)) {
    case json_type_string:
        return field_from_text(field, json_object_get_string(keyval), errp);
    case json_type_null:
        return error_setg_null(errp, "'%s' has no value", field->name);
    case json_type_object:
    case json_type_array:
        if (field->kind != FIELD_ANY) {
            return error_setg_null(errp, "'%s' is a single value and has no %s: write '%s='", field->name,
                                   json_object_is_type(keyval, json_type_object) ? "members" : "elements",
                                   field->name);
        }
        break;
    default:
        break;
    }
    json_object_deep_copy(keyval, &copy, NULL);
    return copy;
}

json_object *field_from_keyval(const Field *field, json_object *keyval, Error **errp)
{
    if (field->list) {
        return list_from_keyval(field, keyval, errp);
    }
    if (field->kind == FIELD_STRUCT) {
        return struct_from_keyval(field, keyval, errp);
    }
    return value_from_keyval(field, keyval, errp);
}
