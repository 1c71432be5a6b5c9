/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * For tests of the object model: making trees, and what setting and getting properties leads to.
 */
#ifndef TESTS_UNIT_OBJECTS_H
#define TESTS_UNIT_OBJECTS_H

#include <string.h>
#include "qom/object.h"

extern const TypeInfo container_type;

/* A new object below @p parent, which has the only reference to it. */
static inline Object *add(Object *parent, const char *type, const char *name)
{
    g_autoptr(Object) child = object_new(type);

    object_property_add_child(parent, name, child);
    return child;
}

static inline void assert_error(const Error *error, CgvmErrorCode code, const char *message)
{
    g_assert_nonnull(error);
    g_assert_cmpstr(cgvm_error_message(error), ==, message);
    g_assert_cmpint(cgvm_error_code(error), ==, code);
}

static inline json_object *parse(const char *json)
{
    enum json_tokener_error error;
    json_object *value = json_tokener_parse_verbose(json, &error);

    g_assert_cmpint(error, ==, json_tokener_success);
    return value;
}

static inline void set_json(Object *obj, const char *name, const char *json)
{
    g_autoptr(json_object) value = parse(json);
    g_autoptr(Error) error = NULL;
    bool done = object_property_set(obj, name, value, &error);

    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
    g_assert_true(done);
}

static inline void set_text(Object *obj, const char *name, const char *text)
{
    g_autoptr(Error) error = NULL;
    bool done = object_property_parse(obj, name, text, &error);

    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
    g_assert_true(done);
}

static inline void assert_json_refused(Object *obj, const char *name, const char *json, CgvmErrorCode code,
                                       const char *message)
{
    g_autoptr(json_object) value = parse(json);
    g_autoptr(Error) error = NULL;

    g_assert_false(object_property_set(obj, name, value, &error));
    assert_error(error, code, message);
    g_assert_false(object_property_set(obj, name, value, NULL));
}

static inline void assert_text_refused(Object *obj, const char *name, const char *text, CgvmErrorCode code,
                                       const char *message)
{
    g_autoptr(Error) error = NULL;

    g_assert_false(object_property_parse(obj, name, text, &error));
    assert_error(error, code, message);
    g_assert_false(object_property_parse(obj, name, text, NULL));
}

static inline void assert_print(Object *obj, const char *name, const char *expected)
{
    g_autoptr(Error) error = NULL;
    g_autofree char *text = object_property_print(obj, name, &error);

    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
    g_assert_cmpstr(text, ==, expected);
}

static inline void assert_path(const Object *obj, const char *expected)
{
    g_autofree char *path = object_get_canonical_path(obj);

    g_assert_cmpstr(path, ==, expected);
}

#endif
