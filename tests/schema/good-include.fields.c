/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Generated from the schema by qapi/generate.py: change the schema, not this file. */
#include "qapi-types.h"

static const char *const Color_names[COLOR__COUNT] = {
    [COLOR_RED] = "red",
};

const EnumLookup Color_lookup = {
    .name = "Color",
    .names = Color_names,
    .count = COLOR__COUNT,
};

static const Field Paint_members[] = {
    {
        .name = "color",
        .type = "red",
        .description = "in the same folder",
        .kind = FIELD_ENUM,
        .mandatory = true,
        .offset = offsetof(Paint, color),
        .has_offset = FIELD_NO_OFFSET,
        .count_offset = FIELD_NO_OFFSET,
        .enumeration = &Color_lookup,
    },
};

const FieldTable Paint_fields = {
    .name = "Paint",
    .struct_size = sizeof(Paint),
    .fields = Paint_members,
    .n_fields = 1,
};

static const Field Wall_members[] = {
    {
        .name = "paint",
        .type = "Paint",
        .description = "by inclusion",
        .kind = FIELD_STRUCT,
        .mandatory = true,
        .offset = offsetof(Wall, paint),
        .has_offset = FIELD_NO_OFFSET,
        .count_offset = FIELD_NO_OFFSET,
        .members = &Paint_fields,
    },
    {
        .name = "color",
        .type = "red",
        .description = "by inclusion of what was included",
        .kind = FIELD_ENUM,
        .mandatory = true,
        .offset = offsetof(Wall, color),
        .has_offset = FIELD_NO_OFFSET,
        .count_offset = FIELD_NO_OFFSET,
        .enumeration = &Color_lookup,
    },
};

const FieldTable Wall_fields = {
    .name = "Wall",
    .struct_size = sizeof(Wall),
    .fields = Wall_members,
    .n_fields = 2,
};
