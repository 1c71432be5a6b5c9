/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Field tables: how a member is stored, checked, freed and shown as JSON.
 *
 * The element_ functions handle one value wherever it is stored, in a structure or in a list; the member_ and
 * field_ functions add lists and has_NAME.
 */
#include <inttypes.h>
#include <string.h>
#include "qapi/fields.h"

#define SHOWN_MAX 60

/* Where a value is inside of what the caller gave, for messages: a member if it has a name, else a list's
 * element. */
typedef struct Path {
    const struct Path *parent;
    const char *name;
    size_t index;
} Path;

static bool member_set(const Field *field, void *base, json_object *value, const Path *parent, Error **errp);

const Field *field_table_find(const FieldTable *table, const char *name)
{
    for (size_t i = 0; i < table->n_fields; i++) {
        if (strcmp(table->fields[i].name, name) == 0) {
            return &table->fields[i];
        }
    }
    return NULL;
}

static char *path_text(const Path *path)
{
    g_autofree char *parent = path->parent ? path_text(path->parent) : g_strdup("");

    if (!path->name) {
        return g_strdup_printf("%s[%zu]", parent, path->index);
    }
    return g_strconcat(parent, *parent ? "." : "", path->name, NULL);
}

static char *value_text(json_object *value)
{
    g_autofree char *text = NULL;
    g_autofree char *start = NULL;

    if (json_object_is_type(value, json_type_object)) {
        return g_strdup("an object");
    }
    if (json_object_is_type(value, json_type_array)) {
        return g_strdup("a list");
    }
    text = g_utf8_make_valid(json_object_to_json_string_ext(value, JSON_C_TO_STRING_NOSLASHESCAPE), -1);
    if (g_utf8_strlen(text, -1) <= SHOWN_MAX) {
        return g_steal_pointer(&text);
    }
    start = g_utf8_substring(text, 0, SHOWN_MAX);
    return g_strconcat(start, "...", NULL);
}

static bool path_error(const Path *path, Error **errp, const char *format, ...)
    G_GNUC_PRINTF(3, 4) G_GNUC_WARN_UNUSED_RESULT;
static bool path_error(const Path *path, Error **errp, const char *format, ...)
{
    g_autofree char *where = path_text(path);
    g_autofree char *what = NULL;
    va_list ap;

    va_start(ap, format);
    what = g_strdup_vprintf(format, ap);
    va_end(ap);
    return error_setg(errp, "'%s' %s", where, what);
}

/* Refuses @p value in the words "'PATH' EXPECTED, not VALUE". */
static bool value_error(const Path *path, Error **errp, const char *expected, json_object *value)
{
    g_autofree char *shown = value_text(value);

    return path_error(path, errp, "%s, not %s", expected, shown);
}

static void clear_free(void *data, size_t size)
{
    if (data) {
        explicit_bzero(data, size);
        g_free(data);
    }
}

static json_object *any_copy(json_object *value)
{
    json_object *copy = NULL;

    json_object_deep_copy(value, &copy, NULL);
    return copy;
}

size_t field_element_size(const Field *field)
{
    switch (field->kind) {
    case FIELD_BOOL:
        return sizeof(bool);
    case FIELD_UINT8:
        return sizeof(uint8_t);
    case FIELD_UINT16:
        return sizeof(uint16_t);
    case FIELD_UINT32:
        return sizeof(uint32_t);
    case FIELD_UINT64:
    case FIELD_SIZE:
        return sizeof(uint64_t);
    case FIELD_ENUM:
        return sizeof(int);
    case FIELD_BLOB:
        return sizeof(Blob);
    case FIELD_STR:
    case FIELD_ANY:
    case FIELD_BYTES:
        return sizeof(void *);
    case FIELD_STRUCT:
        return field->members->struct_size;
    }
    g_assert_not_reached();
}

static void *element_at(const Field *field, void *elements, size_t index)
{
    return (char *)elements + index * field_element_size(field);
}

static uint64_t integer_max(const Field *field)
{
    size_t size = field_element_size(field);

    return MIN(field->max, size < sizeof(uint64_t) ? (UINT64_C(1) << 8 * size) - 1 : UINT64_MAX);
}

static uint64_t integer_load(const Field *field, const void *element)
{
    switch (field_element_size(field)) {
    case sizeof(uint8_t):
        return *(const uint8_t *)element;
    case sizeof(uint16_t):
        return *(const uint16_t *)element;
    case sizeof(uint32_t):
        return *(const uint32_t *)element;
    default:
        return *(const uint64_t *)element;
    }
}

static void integer_store(const Field *field, void *element, uint64_t number)
{
    switch (field_element_size(field)) {
    case sizeof(uint8_t):
        *(uint8_t *)element = number;
        break;
    case sizeof(uint16_t):
        *(uint16_t *)element = number;
        break;
    case sizeof(uint32_t):
        *(uint32_t *)element = number;
        break;
    default:
        *(uint64_t *)element = number;
    }
}

/* json-c clamps: a negative number is 0 as an unsigned one, one above INT64_MAX is that as a signed one. */
static bool integer_is_in(json_object *value, uint64_t min, uint64_t max)
{
    const uint64_t number = json_object_get_uint64(value);

    return json_object_get_int64(value) >= 0 && number >= min && number <= max;
}

static bool integer_parse(const Field *field, void *element, json_object *value, const Path *path,
                          Error **errp)
{
    const bool is_integer = json_object_is_type(value, json_type_int);
    const uint64_t max = integer_max(field);
    g_autofree char *expected = NULL;

    if (!is_integer || !integer_is_in(value, field->min, max)) {
        expected = g_strdup_printf("%s from %" PRIu64 " to %" PRIu64,
                                   is_integer ? "must be" : "expects an integer", field->min, max);
        return value_error(path, errp, expected, value);
    }
    integer_store(field, element, json_object_get_uint64(value));
    return true;
}

/* Sets @p text to the string of @p value, which still owns it, unless C cannot hold it. */
static bool string_parse(const char **text, json_object *value, const Path *path, const char *expected,
                         Error **errp)
{
    if (!json_object_is_type(value, json_type_string)) {
        return value_error(path, errp, expected, value);
    }
    *text = json_object_get_string(value);
    if (!g_utf8_validate_len(*text, json_object_get_string_len(value), NULL)) {
        return path_error(path, errp, "must be valid UTF-8 without NUL characters");
    }
    return true;
}

static bool enum_parse(const Field *field, int *element, json_object *value, const Path *path, Error **errp)
{
    const EnumLookup *lookup = field->enumeration;
    g_autoptr(GString) expected = g_string_new("must be one of");
    const char *text = NULL;
    int number;

    for (int i = 0; i < lookup->count; i++) {
        g_string_append_printf(expected, "%s '%s'", i ? "," : "", lookup->names[i]);
    }
    if (!string_parse(&text, value, path, expected->str, errp)) {
        return false;
    }
    number = enum_value(lookup, text);
    if (number < 0) {
        return value_error(path, errp, expected->str, value);
    }
    *element = number;
    return true;
}

/* @p text may have line breaks. Returns NULL unless it is what encoding the returned bytes gives. */
static uint8_t *base64_decode(const char *text, size_t *size)
{
    const size_t length = strlen(text);
    char *joined = g_malloc(length + 1);
    char *end = joined;
    uint8_t *data;
    char *again;
    bool valid;

    for (const char *p = text; *p; p++) {
        if (*p != '\n' && *p != '\r') {
            *end++ = *p;
        }
    }
    *end = '\0';
    data = g_base64_decode(joined, size);
    again = g_base64_encode(data, *size);
    valid = strcmp(joined, again) == 0;
    clear_free(joined, length);
    clear_free(again, strlen(again));
    if (!valid) {
        clear_free(data, *size);
        return NULL;
    }
    return data;
}

/* No message shows the value, which may be a secret. */
static bool blob_parse(const Field *field, Blob *blob, json_object *value, const Path *path, Error **errp)
{
    const char *text = NULL;
    uint8_t *data;
    size_t size;

    if (!string_parse(&text, value, path, "expects a base64 string", errp)) {
        return false;
    }
    data = base64_decode(text, &size);
    if (!data) {
        return path_error(path, errp, "is not valid base64, padded with '='");
    }
    if (field->blob_size && size != field->blob_size) {
        clear_free(data, size);
        return path_error(path, errp, "is %zu byte%s long, it must be exactly %zu", size,
                          size == 1 ? "" : "s", field->blob_size);
    }
    *blob = (Blob){ .data = data, .size = size };
    return true;
}

static bool struct_parse(const FieldTable *members, void *base, json_object *value, const Path *path,
                         Error **errp)
{
    if (!json_object_is_type(value, json_type_object)) {
        return value_error(path, errp, "expects an object", value);
    }
    fields_init(members, base);
    json_object_object_foreach (value, key, member) {
        const Field *field = field_table_find(members, key);

        if (!field) {
            return path_error(path, errp, "has no member '%s'", key);
        }
        if (!member_set(field, base, member, path, errp)) {
            return false;
        }
    }
    for (size_t i = 0; i < members->n_fields; i++) {
        if (members->fields[i].mandatory &&
            !json_object_object_get_ex(value, members->fields[i].name, NULL)) {
            return path_error(path, errp, "lacks its member '%s'", members->fields[i].name);
        }
    }
    return true;
}

/* Stores @p value in the zeroed @p element. After a failure the caller clears what was stored. */
static bool element_parse(const Field *field, void *element, json_object *value, const Path *path,
                          Error **errp)
{
    const char *text = NULL;

    switch (field->kind) {
    case FIELD_BOOL:
        if (!json_object_is_type(value, json_type_boolean)) {
            return value_error(path, errp, "expects true or false", value);
        }
        *(bool *)element = json_object_get_boolean(value);
        return true;
    case FIELD_STR:
        if (!string_parse(&text, value, path, "expects a string", errp)) {
            return false;
        }
        *(char **)element = g_strdup(text);
        return true;
    case FIELD_UINT8:
    case FIELD_UINT16:
    case FIELD_UINT32:
    case FIELD_UINT64:
    case FIELD_SIZE:
        return integer_parse(field, element, value, path, errp);
    case FIELD_ENUM:
        return enum_parse(field, element, value, path, errp);
    case FIELD_BLOB:
        return blob_parse(field, element, value, path, errp);
    case FIELD_ANY:
        *(json_object **)element = any_copy(value);
        return *(json_object **)element || value_error(path, errp, "expects a value", value);
    case FIELD_BYTES:
        return path_error(path, errp, "is for programs and cannot be given as JSON or text");
    case FIELD_STRUCT:
        return struct_parse(field->members, element, value, path, errp);
    }
    g_assert_not_reached();
}

/* Frees what @p element owns and zeroes it. */
static void element_clear(const Field *field, void *element)
{
    switch (field->kind) {
    case FIELD_STR:
        g_free(*(char **)element);
        break;
    case FIELD_BLOB:
        clear_free(((Blob *)element)->data, ((Blob *)element)->size);
        break;
    case FIELD_ANY:
        json_object_put(*(json_object **)element);
        break;
    case FIELD_BYTES:
        g_clear_pointer((GBytes **)element, g_bytes_unref);
        break;
    case FIELD_STRUCT:
        fields_clear(field->members, element);
        break;
    default:
        break;
    }
    memset(element, 0, field_element_size(field));
}

static json_object *element_get(const Field *field, const void *element)
{
    const Blob *blob = element;
    json_object *value;
    char *text;

    switch (field->kind) {
    case FIELD_BOOL:
        return json_object_new_boolean(*(const bool *)element);
    case FIELD_STR:
        text = *(char *const *)element;
        return text ? json_object_new_string(text) : NULL;
    case FIELD_UINT8:
    case FIELD_UINT16:
    case FIELD_UINT32:
    case FIELD_UINT64:
    case FIELD_SIZE:
        return json_object_new_uint64(integer_load(field, element));
    case FIELD_ENUM:
        return json_object_new_string(enum_name(field->enumeration, *(const int *)element));
    case FIELD_BLOB:
        if (!blob->data) {
            return NULL;
        }
        text = g_base64_encode(blob->data, blob->size);
        value = json_object_new_string(text);
        clear_free(text, strlen(text));
        return value;
    case FIELD_ANY:
        return any_copy(*(json_object *const *)element);
    case FIELD_BYTES:
        return NULL;
    case FIELD_STRUCT:
        return fields_to_json(field->members, element);
    }
    g_assert_not_reached();
}

static void *member_at(const Field *field, const void *base)
{
    return (char *)base + field->offset;
}

/* Only set for an optional member without a default: all others need no has_NAME. */
static bool *member_has(const Field *field, const void *base)
{
    return field->has_offset == FIELD_NO_OFFSET ? NULL : (bool *)((char *)base + field->has_offset);
}

static size_t *member_count(const Field *field, const void *base)
{
    return (size_t *)((char *)base + field->count_offset);
}

/* A list is a pointer to any type: copied, as no one type may be used to access it. */
static void *list_load(const Field *field, const void *base)
{
    void *elements;

    memcpy(&elements, member_at(field, base), sizeof(elements));
    return elements;
}

static void list_store(const Field *field, void *base, void *elements, size_t count)
{
    memcpy(member_at(field, base), &elements, sizeof(elements));
    *member_count(field, base) = count;
}

static void list_free(const Field *field, void *elements, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        element_clear(field, element_at(field, elements, i));
    }
    g_free(elements);
}

static bool list_set(const Field *field, void *base, json_object *value, const Path *path, Error **errp)
{
    size_t count;
    void *elements;

    if (!json_object_is_type(value, json_type_array)) {
        return value_error(path, errp, "expects a list", value);
    }
    count = json_object_array_length(value);
    elements = g_malloc0_n(count, field_element_size(field));
    for (size_t i = 0; i < count; i++) {
        const Path element = { .parent = path, .index = i };

        if (!element_parse(field, element_at(field, elements, i), json_object_array_get_idx(value, i),
                           &element, errp)) {
            list_free(field, elements, count);
            return false;
        }
    }
    list_free(field, list_load(field, base), *member_count(field, base));
    list_store(field, base, elements, count);
    return true;
}

static void member_clear(const Field *field, void *base)
{
    if (field->list) {
        list_free(field, list_load(field, base), *member_count(field, base));
        list_store(field, base, NULL, 0);
        return;
    }
    element_clear(field, member_at(field, base));
    if (member_has(field, base)) {
        *member_has(field, base) = false;
    }
}

static bool member_set(const Field *field, void *base, json_object *value, const Path *parent, Error **errp)
{
    const Path path = { .parent = parent, .name = field->name };
    g_autofree void *fresh = NULL;

    if (field->list) {
        return list_set(field, base, value, &path, errp);
    }
    fresh = g_malloc0(field_element_size(field));
    if (!element_parse(field, fresh, value, &path, errp)) {
        element_clear(field, fresh);
        return false;
    }
    member_clear(field, base);
    memcpy(member_at(field, base), fresh, field_element_size(field));
    if (member_has(field, base)) {
        *member_has(field, base) = true;
    }
    return true;
}

/* Sets the default of the zeroed member. A structure which is always there has the defaults of its own
 * members. */
static void member_init(const Field *field, void *base)
{
    g_autoptr(json_object) value = NULL;
    g_autoptr(Error) error = NULL;

    if (field->default_text) {
        value = field_from_text(field, field->default_text, &error);
        if (!value || !field_set(field, base, value, &error)) {
            g_error("the schema's default is wrong: %s", cgvm_error_message(error));
        }
    } else if (field->kind == FIELD_STRUCT && !field->list && !member_has(field, base)) {
        fields_init(field->members, member_at(field, base));
    }
}

void fields_init(const FieldTable *table, void *base)
{
    for (size_t i = 0; i < table->n_fields; i++) {
        member_init(&table->fields[i], base);
    }
}

void fields_clear(const FieldTable *table, void *base)
{
    for (size_t i = 0; i < table->n_fields; i++) {
        member_clear(&table->fields[i], base);
    }
    memset(base, 0, table->struct_size);
}

bool field_set(const Field *field, void *base, json_object *value, Error **errp)
{
    return member_set(field, base, value, NULL, errp);
}

void field_reset(const Field *field, void *base)
{
    member_clear(field, base);
    member_init(field, base);
}

json_object *field_get(const Field *field, const void *base)
{
    g_autoptr(json_object) list = NULL;
    size_t count;

    if (!field->list) {
        return member_has(field, base) && !*member_has(field, base)
                   ? NULL
                   : element_get(field, member_at(field, base));
    }
    count = *member_count(field, base);
    if (field->kind == FIELD_BYTES || (count == 0 && !field->mandatory)) {
        return NULL;
    }
    list = json_object_new_array_ext(count);
    for (size_t i = 0; i < count; i++) {
        json_object_array_add(list, element_get(field, element_at(field, list_load(field, base), i)));
    }
    return g_steal_pointer(&list);
}

json_object *fields_to_json(const FieldTable *table, const void *base)
{
    json_object *object = json_object_new_object();

    for (size_t i = 0; i < table->n_fields; i++) {
        json_object *value = field_get(&table->fields[i], base);

        if (value) {
            json_object_object_add(object, table->fields[i].name, value);
        }
    }
    return object;
}
