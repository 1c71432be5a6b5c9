/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/option-fields.h"
#include <string.h>
#include "qapi/bytes-text.h"
#include "qapi/keyval.h"
#include "qapi/near-miss.h"

static const Field *find_field(const FieldTable *table, const char *name, Error **errp)
{
    const Field *field = field_table_find(table, name);
    g_autoptr(GString) known = g_string_new(NULL);
    g_autofree char *suggestion = NULL;
    NearMiss search = { .word = name };

    for (size_t i = 0; !field && i < table->n_fields; i++) {
        near_miss_consider(&search, table->fields[i].name);
        g_string_append_printf(known, "%s%s", i ? ", " : "", table->fields[i].name);
    }
    suggestion = near_miss_text(&search);
    return field ? field
                 : error_set_null(errp, CGVM_ERROR_NOT_FOUND, "there is no option '%s'%s; there are %s", name,
                                  suggestion, known->str);
}

static bool set_field(const FieldTable *table, void *base, const char *name, json_object *text, Error **errp)
{
    const Field *field = find_field(table, name, errp);
    g_autoptr(json_object) value = field ? field_from_keyval(field, text, errp) : NULL;

    return value && field_set(field, base, value, errp);
}

static bool set_fields(const FieldTable *table, void *base, json_object *keyval, Error **errp)
{
    json_object_object_foreach (keyval, name, value) {
        if (!set_field(table, base, name, value, errp)) {
            return false;
        }
    }
    for (size_t i = 0; i < table->n_fields; i++) {
        if (table->fields[i].mandatory && !json_object_object_get_ex(keyval, table->fields[i].name, NULL)) {
            return error_setg(errp, "'%s' is missing", table->fields[i].name);
        }
    }
    return true;
}

bool option_fields_parse(const FieldTable *table, void *base, const char *text, Error **errp)
{
    g_autoptr(json_object) keyval = NULL;

    memset(base, 0, table->struct_size);
    keyval = text && *text ? keyval_parse(text, NULL, NULL, errp) : json_object_new_object();
    if (!keyval) {
        return false;
    }
    fields_init(table, base);
    if (!set_fields(table, base, keyval, errp)) {
        fields_clear(table, base);
        return false;
    }
    return true;
}

uint8_t *option_blob_read(const char *name, CgvmBytes input, size_t size, Error **errp)
{
    /* In base64 with line breaks it is not half as long again. */
    g_autofree char *text = input.size <= 2 * size + 64 ? g_strndup(input.data, input.size) : NULL;
    g_autofree uint8_t *bytes = g_malloc(size);

    if (input.size == size) {
        memcpy(bytes, input.data, size);
        return g_steal_pointer(&bytes);
    }
    if (!text || strlen(text) != input.size || !bytes_from_text("", text, bytes, size, NULL)) {
        return error_setg_null(errp, "%s has %zu bytes; it is %zu bytes, or their base64", name, input.size,
                               size);
    }
    return g_steal_pointer(&bytes);
}
