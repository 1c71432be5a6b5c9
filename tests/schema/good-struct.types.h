/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Generated from the schema by qapi/generate.py: change the schema, not this file. */
#ifndef QAPI_TYPES_H
#define QAPI_TYPES_H

#include "qapi/fields.h"

/** A choice. */
typedef enum Choice {
    CHOICE_LEFT, /* one of two */
    CHOICE_RIGHT, /* the other */
} Choice;

#define CHOICE__COUNT 2

extern const EnumLookup Choice_lookup;

/** A struct in another. */
typedef struct Inner {
    Blob id; /* blob of many bytes */
} Inner;

extern const FieldTable Inner_fields;

/** One member of every kind, the enum and the struct before they are defined. */
typedef struct Everything {
    bool flag; /* bool */
    bool has_maybe_flag;
    bool maybe_flag; /* optional bool */
    bool default_flag; /* bool with a default */
    char *text; /* str */
    char *maybe_text; /* optional str */
    char *default_text; /* str with a default */
    uint8_t small; /* uint8 */
    bool has_maybe_medium;
    uint16_t maybe_medium; /* optional uint16 */
    uint32_t large; /* uint32 with limits */
    uint64_t huge; /* uint64 with a hexadecimal default */
    uint64_t length; /* size with limits */
    Choice choice; /* enum */
    bool has_maybe_choice;
    Choice maybe_choice; /* optional enum */
    Choice default_choice; /* enum with a default */
    Blob data; /* blob of any size */
    Blob maybe_data; /* blob of one byte */
    struct json_object *anything; /* any */
    struct json_object *maybe_anything; /* optional any */
    GBytes *raw; /* bytes */
    GBytes *maybe_raw; /* optional bytes */
    Inner inner; /* struct */
    bool has_maybe_inner;
    Inner maybe_inner; /* optional struct */
    char **texts; /* list of str */
    size_t n_texts;
    uint16_t *numbers; /* list of uint16 */
    size_t n_numbers;
    Choice *maybe_choices; /* optional list of an enum */
    size_t n_maybe_choices;
    Inner *inners; /* list of a struct */
    size_t n_inners;
    struct json_object **anythings; /* list of any */
    size_t n_anythings;
} Everything;

extern const FieldTable Everything_fields;

#endif
