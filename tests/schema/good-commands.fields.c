/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Generated from the schema by qapi/generate.py: change the schema, not this file. */
#include "qapi-types.h"

static const char *const Color_names[COLOR__COUNT] = {
    [COLOR_RED] = "red",
    [COLOR_GREEN] = "green",
};

const EnumLookup Color_lookup = {
    .name = "Color",
    .names = Color_names,
    .count = COLOR__COUNT,
};

static const Field Thing_members[] = {
    {
        .name = "colors",
        .type = "list of red|green",
        .description = "list of an enum",
        .kind = FIELD_ENUM,
        .list = true,
        .mandatory = true,
        .offset = offsetof(Thing, colors),
        .has_offset = FIELD_NO_OFFSET,
        .count_offset = offsetof(Thing, n_colors),
        .enumeration = &Color_lookup,
    },
    {
        .name = "extra",
        .type = "any",
        .description = "optional any",
        .kind = FIELD_ANY,
        .offset = offsetof(Thing, extra),
        .has_offset = FIELD_NO_OFFSET,
        .count_offset = FIELD_NO_OFFSET,
    },
};

const FieldTable Thing_fields = {
    .name = "Thing",
    .struct_size = sizeof(Thing),
    .fields = Thing_members,
    .n_fields = 2,
};

static const Field QueryOneArguments_members[] = {
    {
        .name = "name",
        .type = "str",
        .description = "str",
        .kind = FIELD_STR,
        .mandatory = true,
        .offset = offsetof(QueryOneArguments, name),
        .has_offset = FIELD_NO_OFFSET,
        .count_offset = FIELD_NO_OFFSET,
    },
    {
        .name = "maybe",
        .type = "bool",
        .description = "optional bool",
        .kind = FIELD_BOOL,
        .offset = offsetof(QueryOneArguments, maybe),
        .has_offset = offsetof(QueryOneArguments, has_maybe),
        .count_offset = FIELD_NO_OFFSET,
    },
    {
        .name = "many",
        .type = "list of Thing",
        .description = "list of structs",
        .kind = FIELD_STRUCT,
        .list = true,
        .mandatory = true,
        .offset = offsetof(QueryOneArguments, many),
        .has_offset = FIELD_NO_OFFSET,
        .count_offset = offsetof(QueryOneArguments, n_many),
        .members = &Thing_fields,
    },
    {
        .name = "number",
        .type = "uint16",
        .description = "with a default",
        .kind = FIELD_UINT16,
        .offset = offsetof(QueryOneArguments, number),
        .has_offset = FIELD_NO_OFFSET,
        .count_offset = FIELD_NO_OFFSET,
        .min = 0,
        .max = UINT16_MAX,
        .default_text = "7",
    },
    {
        .name = "seal",
        .type = "blob",
        .description = "blob",
        .kind = FIELD_BLOB,
        .offset = offsetof(QueryOneArguments, seal),
        .has_offset = FIELD_NO_OFFSET,
        .count_offset = FIELD_NO_OFFSET,
    },
};

const FieldTable QueryOneArguments_fields = {
    .name = "QueryOneArguments",
    .struct_size = sizeof(QueryOneArguments),
    .fields = QueryOneArguments_members,
    .n_fields = 5,
};

static const Field MakeArguments_members[] = {
    {
        .name = "type",
        .type = "str",
        .description = "which type",
        .kind = FIELD_STR,
        .mandatory = true,
        .offset = offsetof(MakeArguments, type),
        .has_offset = FIELD_NO_OFFSET,
        .count_offset = FIELD_NO_OFFSET,
    },
    {
        .name = "name",
        .type = "str",
        .description = "how it is to be called",
        .kind = FIELD_STR,
        .mandatory = true,
        .offset = offsetof(MakeArguments, name),
        .has_offset = FIELD_NO_OFFSET,
        .count_offset = FIELD_NO_OFFSET,
    },
};

const FieldTable MakeArguments_fields = {
    .name = "MakeArguments",
    .struct_size = sizeof(MakeArguments),
    .fields = MakeArguments_members,
    .n_fields = 2,
};

static const Field ColorChangedData_members[] = {
    {
        .name = "color",
        .type = "red|green",
        .description = "enum",
        .kind = FIELD_ENUM,
        .mandatory = true,
        .offset = offsetof(ColorChangedData, color),
        .has_offset = FIELD_NO_OFFSET,
        .count_offset = FIELD_NO_OFFSET,
        .enumeration = &Color_lookup,
    },
};

const FieldTable ColorChangedData_fields = {
    .name = "ColorChangedData",
    .struct_size = sizeof(ColorChangedData),
    .fields = ColorChangedData_members,
    .n_fields = 1,
};

static const Field WidgetProperties_members[] = {
    {
        .name = "color",
        .type = "red|green",
        .description = "enum with a default",
        .kind = FIELD_ENUM,
        .offset = offsetof(WidgetProperties, color),
        .has_offset = FIELD_NO_OFFSET,
        .count_offset = FIELD_NO_OFFSET,
        .enumeration = &Color_lookup,
        .default_text = "red",
    },
};

const FieldTable widget_fields = {
    .name = "widget",
    .struct_size = sizeof(WidgetProperties),
    .fields = WidgetProperties_members,
    .n_fields = 1,
};

static const Field RoundWidgetProperties_members[] = {
    {
        .name = "radius",
        .type = "uint32",
        .description = "must be given",
        .kind = FIELD_UINT32,
        .mandatory = true,
        .offset = offsetof(RoundWidgetProperties, radius),
        .has_offset = FIELD_NO_OFFSET,
        .count_offset = FIELD_NO_OFFSET,
        .min = 0,
        .max = UINT32_MAX,
    },
};

const FieldTable round_widget_fields = {
    .name = "round-widget",
    .struct_size = sizeof(RoundWidgetProperties),
    .fields = RoundWidgetProperties_members,
    .n_fields = 1,
};
