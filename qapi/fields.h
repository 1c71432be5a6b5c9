/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Field tables: the members of a C structure as data.
 *
 * The schema (qapi/schema.json) is turned at build time into C structures and, for each, a constant table of
 * its members. This header is what those tables are made of, and the functions that read them: defaults, text
 * and JSON to a member, a structure to JSON. Nothing else in cgvm knows how a member of a given type is
 * stored, parsed or checked.
 *
 * How a member is stored, by schema type:
 *
 * | schema          | C                                        | absent                    |
 * | --------------- | ---------------------------------------- | ------------------------- |
 * | bool            | bool                                     | has_NAME is false         |
 * | str             | char *, owned                            | NULL                      |
 * | uint8 .. uint64 | uint8_t .. uint64_t                      | has_NAME is false         |
 * | size            | uint64_t, bytes; text may use K, M, G, T | has_NAME is false         |
 * | an enum         | that enum                                | has_NAME is false         |
 * | blob            | Blob, owned; base64 in text and JSON     | data is NULL              |
 * | any             | json_object *, owned                     | NULL                      |
 * | bytes           | GBytes *, owned; never in text or JSON   | NULL                      |
 * | a struct        | that struct, in place                    | has_NAME is false         |
 * | a list          | T *NAME and size_t n_NAME, owned         | n_NAME is 0               |
 *
 * has_NAME exists only for an optional member without a default.
 */
#ifndef QAPI_FIELDS_H
#define QAPI_FIELDS_H

#include <stddef.h>
#include "qapi/error.h"
#include "qapi/json.h"

/** A byte string of exactly `size` bytes; absent if `data` is NULL. */
typedef struct Blob {
    uint8_t *data;
    size_t size;
} Blob;

/** How one element of a member is stored. */
typedef enum FieldKind {
    FIELD_BOOL,
    FIELD_STR,
    FIELD_UINT8,
    FIELD_UINT16,
    FIELD_UINT32,
    FIELD_UINT64,
    FIELD_SIZE,
    FIELD_ENUM,
    FIELD_BLOB,
    FIELD_ANY,
    FIELD_BYTES,
    FIELD_STRUCT,
} FieldKind;

/** The names of an enum's values; value N is names[N]. */
typedef struct EnumLookup {
    const char *name;
    const char *const *names;
    int count;
} EnumLookup;

typedef struct FieldTable FieldTable;

#define FIELD_NO_OFFSET SIZE_MAX

/** One member. */
typedef struct Field {
    const char *name;        /* as users write it: "guest-visible-workarounds" */
    const char *type;        /* as users read it: "uint64", "blob of 16 bytes", "OnOffAuto" */
    const char *description; /* one line, from the schema's comment */
    FieldKind kind;
    bool list;                     /* the member is a list of elements of `kind` */
    bool mandatory;                /* neither optional nor with a default */
    size_t offset;                 /* of the member in its structure */
    size_t has_offset;             /* of has_NAME, or FIELD_NO_OFFSET */
    size_t count_offset;           /* of n_NAME, or FIELD_NO_OFFSET */
    const EnumLookup *enumeration; /* FIELD_ENUM */
    const FieldTable *members;     /* FIELD_STRUCT */
    uint64_t min, max;             /* integers: inclusive */
    size_t blob_size;              /* FIELD_BLOB: the exact size, or 0 for any */
    const char *default_text;      /* as users would write it, or NULL */
} Field;

/** All members of one structure. `name` is the schema's name: an object type or a struct. */
struct FieldTable {
    const char *name;
    size_t struct_size;
    const Field *fields;
    size_t n_fields;
};

/** The member called @p name, or NULL. */
const Field *field_table_find(const FieldTable *table, const char *name);

/** Sets every member that has a default in the zeroed structure @p base. The defaults of a schema are valid.
 */
void fields_init(const FieldTable *table, void *base);

/** The bytes that one element of @p field takes: the member itself, or an element of the list that it is. */
size_t field_element_size(const Field *field);

/** Makes @p to, whose contents do not matter, a copy of the structure @p from that owns all that it holds. */
void fields_copy(const FieldTable *table, void *to, const void *from);

/** Frees what the members of @p base own and zeroes the whole structure, blobs before they are freed. */
void fields_clear(const FieldTable *table, void *base);

/**
 * Sets member @p field of @p base from @p value (borrowed). Checked before anything is stored: JSON type,
 * range, enum value, base64 and blob size, so a refused value leaves the member as it was. Errors
 * (CGVM_ERROR_INVALID) name the member ("'policy' expects …, not …"), not the object.
 */
bool field_set(const Field *field, void *base, json_object *value, Error **errp);

/** The value of member @p field of @p base as new JSON, or NULL if it is absent or of type bytes. */
json_object *field_get(const Field *field, const void *base);

/** Makes member @p field of @p base absent, or its default if it has one. */
void field_reset(const Field *field, void *base);

/**
 * Turns what a user typed for @p field into new JSON of the member's type:
 * `on`/`off`/`yes`/`no`/`true`/`false`, numbers in decimal or with 0x, sizes with a suffix, anything else as
 * a string. NULL with an error that names the member. Lists and structures have no text form and are refused.
 */
json_object *field_from_text(const Field *field, const char *text, Error **errp);

/**
 * The same from what keyval_parse() has made of several keys: a string becomes what field_from_text() makes
 * of it, a list becomes that of its elements, and the object that stands for a structure one whose members
 * have their types. What is already neither (a number, a boolean) stays as it is, and so does all below a
 * member of type any. NULL with an error (CGVM_ERROR_INVALID) that names what was typed, 'NAME.MEMBER.0', and
 * suggests near misses of an unknown member.
 *
 * Only the form is checked; ranges, and members that are missing, are checked by field_set().
 */
json_object *field_from_keyval(const Field *field, json_object *keyval, Error **errp);

/** @p text as messages show it: valid UTF-8, and the first 60 characters only if it has more. To be freed. */
char *text_shown(const char *text);

/** All present members of @p base as a new JSON object, in the order of the schema. */
json_object *fields_to_json(const FieldTable *table, const void *base);

/** The name of @p value, which must be one of @p lookup. */
const char *enum_name(const EnumLookup *lookup, int value);

/** The value called @p name, or -1. */
int enum_value(const EnumLookup *lookup, const char *name);

#endif
