/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Generated from the schema by qapi/generate.py: change the schema, not this file. */
#ifndef QAPI_TYPES_H
#define QAPI_TYPES_H

#include "qapi/fields.h"

/** An enum. */
typedef enum Color {
    COLOR_RED, /* one */
    COLOR_GREEN, /* two */
} Color;

#define COLOR__COUNT 2

extern const EnumLookup Color_lookup;

/** A struct. */
typedef struct Thing {
    Color *colors; /* list of an enum */
    size_t n_colors;
    struct json_object *extra; /* optional any */
} Thing;

extern const FieldTable Thing_fields;

/** What goes with command 'query_one'. */
typedef struct QueryOneArguments {
    char *name; /* str */
    bool has_maybe;
    bool maybe; /* optional bool */
    Thing *many; /* list of structs */
    size_t n_many;
    uint16_t number; /* with a default */
    Blob seal; /* blob */
} QueryOneArguments;

extern const FieldTable QueryOneArguments_fields;

/** What goes with command 'make'. */
typedef struct MakeArguments {
    char *type; /* which type */
    char *name; /* how it is to be called */
} MakeArguments;

extern const FieldTable MakeArguments_fields;

/** What goes with event 'COLOR_CHANGED'. */
typedef struct ColorChangedData {
    Color color; /* enum */
} ColorChangedData;

extern const FieldTable ColorChangedData_fields;

/** What widgets have in common. */
typedef struct WidgetProperties {
    Color color; /* enum with a default */
} WidgetProperties;

extern const FieldTable widget_fields;

/** A widget with a property of its own. */
typedef struct RoundWidgetProperties {
    uint32_t radius; /* must be given */
} RoundWidgetProperties;

extern const FieldTable round_widget_fields;

#endif
