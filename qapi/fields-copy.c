/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Field tables: a structure copied with all that it owns.
 */
#include <string.h>
#include "qapi/fields.h"

static void fields_own(const FieldTable *table, void *base);

/* Replaces what @p element, a copy byte by byte, still shares with the original. */
static void element_own(const Field *field, void *element)
{
    switch (field->kind) {
    case FIELD_STR: {
        char **string = element;
        *string = g_strdup(*string);
        break;
    }
    case FIELD_BLOB: {
        Blob *blob = element;
        uint8_t *data = blob->data ? g_malloc(MAX(blob->size, 1)) : NULL;
        if (blob->size) {
            memcpy(data, blob->data, blob->size);
        }
        blob->data = data;
        break;
    }
    case FIELD_ANY: {
        json_object **json = element, *original = *json;
        *json = NULL;
        if (original) {
            json_object_deep_copy(original, json, NULL);
        }
        break;
    }
    case FIELD_BYTES: {
        GBytes *bytes = *(GBytes **)element;
        if (bytes) {
            g_bytes_ref(bytes);
        }
        break;
    }
    case FIELD_STRUCT:
        fields_own(field->members, element);
        break;
    default:
        break;
    }
}

/* A list is a pointer to any type: copied, as no one type may be used to access it. */
static void list_own(const Field *field, void *base)
{
    void *member = (char *)base + field->offset, *original, *elements = NULL;
    size_t count = *(size_t *)((char *)base + field->count_offset), size = field_element_size(field);

    memcpy(&original, member, sizeof(original));
    if (count) {
        elements = g_malloc_n(count, size);
        memcpy(elements, original, count * size);
    }
    for (size_t i = 0; i < count; i++) {
        element_own(field, (char *)elements + i * size);
    }
    memcpy(member, &elements, sizeof(elements));
}

static void fields_own(const FieldTable *table, void *base)
{
    for (size_t i = 0; i < table->n_fields; i++) {
        const Field *field = &table->fields[i];
        if (field->list) {
            list_own(field, base);
        } else {
            element_own(field, (char *)base + field->offset);
        }
    }
}

void fields_copy(const FieldTable *table, void *to, const void *from)
{
    memcpy(to, from, table->struct_size);
    fields_own(table, to);
}
