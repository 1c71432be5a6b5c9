/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Field tables: a structure copied with all that it owns.
 */
#include <string.h>
#include "qapi/fields.h"

static bool owns_memory(const Field *field)
{
    return field->list || field->kind == FIELD_STR || field->kind == FIELD_BLOB || field->kind == FIELD_ANY ||
           field->kind == FIELD_BYTES || field->kind == FIELD_STRUCT;
}

/* Rare kinds go the long way, by their JSON. */
static void copy_by_json(const Field *field, void *to, const void *from)
{
    g_autoptr(json_object) value = field_get(field, from);
    bool done;

    if (value) {
        done = field_set(field, to, value, NULL);
        g_assert(done);
    }
}

static void copy_owned(const Field *field, void *to, const void *from)
{
    void *member = (char *)to + field->offset;
    const void *source = (const char *)from + field->offset;

    if (!field->list && field->kind == FIELD_STR) {
        *(char **)member = g_strdup(*(char *const *)source);
    } else if (!field->list && field->kind == FIELD_BYTES) {
        GBytes *bytes = *(GBytes *const *)source;
        *(GBytes **)member = bytes ? g_bytes_ref(bytes) : NULL;
    } else if (!field->list && field->kind == FIELD_STRUCT) {
        fields_copy(field->members, member, source);
    } else {
        memset(member, 0,
               field->list                 ? sizeof(void *)
               : field->kind == FIELD_BLOB ? sizeof(Blob)
                                           : sizeof(void *));
        if (field->list) {
            *(size_t *)((char *)to + field->count_offset) = 0;
        }
        copy_by_json(field, to, from);
    }
}

void fields_copy(const FieldTable *table, void *to, const void *from)
{
    memcpy(to, from, table->struct_size);
    for (size_t i = 0; i < table->n_fields; i++) {
        if (owns_memory(&table->fields[i])) {
            copy_owned(&table->fields[i], to, from);
        }
    }
}
