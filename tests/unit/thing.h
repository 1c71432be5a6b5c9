/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Thing: a structure and its field table by hand, with a member of every kind, and how tests of fields use
 * it.
 */
#ifndef TESTS_UNIT_THING_H
#define TESTS_UNIT_THING_H

#include <string.h>
#include "qapi/fields.h"

typedef enum Color {
    COLOR_RED,
    COLOR_GREEN,
    COLOR_BLUE,
} Color;

typedef struct Point {
    uint32_t x;
    bool has_y;
    uint32_t y;
    char *label;
    uint8_t weight;
} Point;

typedef struct Shape {
    Point *corners;
    size_t n_corners;
    Blob seal;
} Shape;

typedef struct Thing {
    bool has_flag;
    bool flag;
    bool quiet;
    char *name;
    bool has_small;
    uint8_t small;
    bool has_port;
    uint16_t port;
    bool has_cpus;
    uint32_t cpus;
    bool has_any64;
    uint64_t any64;
    uint64_t policy;
    uint64_t memory;
    bool has_color;
    Color color;
    Color paint;
    Blob digest;
    Blob data;
    json_object *extra;
    GBytes *raw;
    bool has_shape;
    Shape shape;
    Point origin;
    bool *flags;
    size_t n_flags;
    char **names;
    size_t n_names;
    uint8_t *bytes;
    size_t n_bytes;
    uint16_t *ports;
    size_t n_ports;
    uint64_t *sizes;
    size_t n_sizes;
    Color *colors;
    size_t n_colors;
    Blob *blobs;
    size_t n_blobs;
    json_object **extras;
    size_t n_extras;
    GBytes **raws;
    size_t n_raws;
    Shape *shapes;
    size_t n_shapes;
    char **needed;
    size_t n_needed;
} Thing;

static const char *const color_names[] = { "red", "green", "blue" };
static const EnumLookup color_lookup = { .name = "Color", .names = color_names, .count = 3 };

#define NONE              .has_offset = FIELD_NO_OFFSET, .count_offset = FIELD_NO_OFFSET
#define HAS(type, member) .has_offset = offsetof(type, has_##member), .count_offset = FIELD_NO_OFFSET
#define LIST(type, member)                                                                                   \
    .list = true, .has_offset = FIELD_NO_OFFSET, .count_offset = offsetof(type, n_##member)
#define MEMBER(type, member, k, ...)                                                                         \
    {                                                                                                        \
        .name = #member, .offset = offsetof(type, member), .kind = FIELD_##k, __VA_ARGS__                    \
    }

static const Field point_fields[] = {
    MEMBER(Point, x, UINT32, NONE, .mandatory = true, .max = UINT32_MAX),
    MEMBER(Point, y, UINT32, HAS(Point, y), .max = UINT32_MAX),
    MEMBER(Point, label, STR, NONE),
    MEMBER(Point, weight, UINT8, NONE, .max = UINT8_MAX, .default_text = "3"),
};

static const FieldTable point_table = {
    .name = "Point",
    .struct_size = sizeof(Point),
    .fields = point_fields,
    .n_fields = G_N_ELEMENTS(point_fields),
};

static const Field shape_fields[] = {
    MEMBER(Shape, corners, STRUCT, LIST(Shape, corners), .mandatory = true, .members = &point_table),
    MEMBER(Shape, seal, BLOB, NONE),
};

static const FieldTable shape_table = {
    .name = "Shape",
    .struct_size = sizeof(Shape),
    .fields = shape_fields,
    .n_fields = G_N_ELEMENTS(shape_fields),
};

static const Field thing_fields[] = {
    MEMBER(Thing, flag, BOOL, HAS(Thing, flag)),
    MEMBER(Thing, quiet, BOOL, NONE, .default_text = "on"),
    MEMBER(Thing, name, STR, NONE),
    MEMBER(Thing, small, UINT8, HAS(Thing, small), .max = UINT8_MAX),
    MEMBER(Thing, port, UINT16, HAS(Thing, port), .max = UINT16_MAX),
    MEMBER(Thing, cpus, UINT32, HAS(Thing, cpus), .min = 1, .max = 4096),
    MEMBER(Thing, any64, UINT64, HAS(Thing, any64), .max = UINT64_MAX),
    MEMBER(Thing, policy, UINT64, NONE, .max = UINT64_MAX, .default_text = "0x30000"),
    MEMBER(Thing, memory, SIZE, NONE, .max = UINT64_MAX, .default_text = "128M"),
    MEMBER(Thing, color, ENUM, HAS(Thing, color), .enumeration = &color_lookup),
    MEMBER(Thing, paint, ENUM, NONE, .enumeration = &color_lookup, .default_text = "blue"),
    MEMBER(Thing, digest, BLOB, NONE, .blob_size = 4),
    MEMBER(Thing, data, BLOB, NONE),
    MEMBER(Thing, extra, ANY, NONE),
    MEMBER(Thing, raw, BYTES, NONE),
    MEMBER(Thing, shape, STRUCT, HAS(Thing, shape), .members = &shape_table),
    MEMBER(Thing, origin, STRUCT, NONE, .mandatory = true, .members = &point_table),
    MEMBER(Thing, flags, BOOL, LIST(Thing, flags)),
    MEMBER(Thing, names, STR, LIST(Thing, names)),
    MEMBER(Thing, bytes, UINT8, LIST(Thing, bytes), .max = UINT8_MAX),
    MEMBER(Thing, ports, UINT16, LIST(Thing, ports), .min = 10, .max = UINT16_MAX),
    MEMBER(Thing, sizes, SIZE, LIST(Thing, sizes), .max = UINT64_MAX),
    MEMBER(Thing, colors, ENUM, LIST(Thing, colors), .enumeration = &color_lookup),
    MEMBER(Thing, blobs, BLOB, LIST(Thing, blobs), .blob_size = 1),
    MEMBER(Thing, extras, ANY, LIST(Thing, extras)),
    MEMBER(Thing, raws, BYTES, LIST(Thing, raws)),
    MEMBER(Thing, shapes, STRUCT, LIST(Thing, shapes), .members = &shape_table),
    MEMBER(Thing, needed, STR, LIST(Thing, needed), .mandatory = true),
};

static const FieldTable thing_table = {
    .name = "Thing",
    .struct_size = sizeof(Thing),
    .fields = thing_fields,
    .n_fields = G_N_ELEMENTS(thing_fields),
};

static inline void thing_clear(Thing *thing)
{
    fields_clear(&thing_table, thing);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Thing, thing_clear)

static inline const Field *find(const char *name)
{
    const Field *field = field_table_find(&thing_table, name);

    g_assert_nonnull(field);
    return field;
}

static inline json_object *parse(const char *json)
{
    enum json_tokener_error tokener_error;
    json_object *value = json_tokener_parse_verbose(json, &tokener_error);

    g_assert_cmpint(tokener_error, ==, json_tokener_success);
    return value;
}

static inline void set(Thing *thing, const char *name, const char *json)
{
    g_autoptr(json_object) value = parse(json);
    g_autoptr(Error) error = NULL;
    const bool ok = field_set(find(name), thing, value, &error);

    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
    g_assert_true(ok);
}

static inline void assert_json(json_object *value, const char *expected)
{
    const int flags = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE;

    g_assert_cmpstr(value ? json_object_to_json_string_ext(value, flags) : NULL, ==, expected);
    json_object_put(value);
}

static inline void assert_get(const Thing *thing, const char *name, const char *expected)
{
    assert_json(field_get(find(name), thing), expected);
}

static inline void assert_round_trip(const char *name, const char *json)
{
    g_auto(Thing) thing = { 0 };

    set(&thing, name, json);
    assert_get(&thing, name, json);
}

static inline void assert_value_refused(Thing *thing, const char *name, json_object *value,
                                        const char *expected)
{
    g_autoptr(json_object) before = fields_to_json(&thing_table, thing);
    g_autoptr(json_object) after = NULL;
    g_autoptr(Error) error = NULL;

    g_assert_false(field_set(find(name), thing, value, &error));
    g_assert_cmpstr(cgvm_error_message(error), ==, expected);
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_INVALID);
    g_assert_false(field_set(find(name), thing, value, NULL));
    after = fields_to_json(&thing_table, thing);
    g_assert_true(json_object_equal(before, after));
}

/* Refused both when the member is absent and, without a change, when it holds @p good. */
static inline void assert_refused(const char *name, const char *good, const char *json, const char *expected)
{
    g_autoptr(json_object) value = parse(json);
    g_auto(Thing) thing = { 0 };

    assert_value_refused(&thing, name, value, expected);
    set(&thing, name, good);
    assert_value_refused(&thing, name, value, expected);
    assert_get(&thing, name, good);
}

#endif
