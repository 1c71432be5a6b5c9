/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Generated from the schema by qapi/generate.py: change the schema, not this file. */
#ifndef QAPI_TYPES_H
#define QAPI_TYPES_H

#include "qapi/fields.h"

/** Included by many. */
typedef enum Color {
    COLOR_RED, /* like a brick */
} Color;

#define COLOR__COUNT 1

extern const EnumLookup Color_lookup;

/** A file name is relative to the file that includes it. */
typedef struct Paint {
    Color color; /* in the same folder */
} Paint;

extern const FieldTable Paint_fields;

/** Uses what was included. */
typedef struct Wall {
    Paint paint; /* by inclusion */
    Color color; /* by inclusion of what was included */
} Wall;

extern const FieldTable Wall_fields;

#endif
