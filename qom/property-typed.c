/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Properties with a C type: made of functions or of a number in memory, and used through C values.
 */
#include <inttypes.h>
#include <string.h>
#include "qom/object.h"

/* What text and JSON of such a property look like, and whom to call. */
typedef struct Typed {
    Field field;
    char *name;
    union {
        bool (*get_bool)(Object *, Error **);
        char *(*get_str)(Object *, Error **);
        int (*get_enum)(Object *, Error **);
    };
    union {
        void (*set_bool)(Object *, bool, Error **);
        void (*set_str)(Object *, const char *, Error **);
        void (*set_enum)(Object *, int, Error **);
    };
    void *number;
} Typed;

static void typed_free(void *opaque)
{
    Typed *typed = opaque;

    g_free(typed->name);
    g_free(typed);
}

static Typed *typed_attach(ObjectProperty *prop, FieldKind kind)
{
    Typed *typed = g_new0(Typed, 1);

    typed->name = g_strdup(prop->name);
    typed->field.name = typed->name;
    typed->field.kind = kind;
    typed->field.has_offset = typed->field.count_offset = FIELD_NO_OFFSET;
    typed->field.max = UINT64_MAX;
    prop->field = &typed->field;
    prop->opaque = typed;
    prop->free_opaque = typed_free;
    return typed;
}

/* Setters and getters of this kind report through errp alone. */
static bool finish(Error *error, Error **errp)
{
    return !error || error_propagate(errp, error);
}

/* ---- bool ---- */

static bool bool_get(Object *obj, const ObjectProperty *prop, json_object **ret_value, Error **errp)
{
    const Typed *typed = prop->opaque;
    Error *error = NULL;
    bool value = typed->get_bool(obj, &error);

    *ret_value = error ? NULL : json_object_new_boolean(value);
    return finish(error, errp);
}

static bool bool_set(Object *obj, const ObjectProperty *prop, json_object *json, Error **errp)
{
    const Typed *typed = prop->opaque;
    Error *error = NULL;
    bool value;

    if (!field_set(&typed->field, &value, json, errp)) {
        return false;
    }
    typed->set_bool(obj, value, &error);
    return finish(error, errp);
}

static ObjectProperty *bool_fill(ObjectProperty *prop, bool (*get)(Object *, Error **),
                                 void (*set)(Object *, bool, Error **))
{
    Typed *typed = typed_attach(prop, FIELD_BOOL);

    typed->get_bool = get;
    typed->set_bool = set;
    prop->get = get ? bool_get : NULL;
    prop->set = set ? bool_set : NULL;
    return prop;
}

ObjectProperty *object_property_add_bool(Object *obj, const char *name, bool (*get)(Object *, Error **),
                                         void (*set)(Object *, bool, Error **))
{
    return bool_fill(object_property_add(obj, name, "bool"), get, set);
}

ObjectProperty *object_class_property_add_bool(ObjectClass *oc, const char *name,
                                               bool (*get)(Object *, Error **),
                                               void (*set)(Object *, bool, Error **))
{
    return bool_fill(object_class_property_add(oc, name, "bool"), get, set);
}

/* ---- str ---- */

static bool str_get(Object *obj, const ObjectProperty *prop, json_object **ret_value, Error **errp)
{
    const Typed *typed = prop->opaque;
    Error *error = NULL;
    g_autofree char *value = typed->get_str(obj, &error);

    *ret_value = error ? NULL : json_object_new_string(value ? value : "");
    return finish(error, errp);
}

static bool str_set(Object *obj, const ObjectProperty *prop, json_object *json, Error **errp)
{
    const Typed *typed = prop->opaque;
    g_autofree char *value = NULL;
    Error *error = NULL;

    if (!field_set(&typed->field, &value, json, errp)) {
        return false;
    }
    typed->set_str(obj, value, &error);
    return finish(error, errp);
}

static ObjectProperty *str_fill(ObjectProperty *prop, char *(*get)(Object *, Error **),
                                void (*set)(Object *, const char *, Error **))
{
    Typed *typed = typed_attach(prop, FIELD_STR);

    typed->get_str = get;
    typed->set_str = set;
    prop->get = get ? str_get : NULL;
    prop->set = set ? str_set : NULL;
    return prop;
}

ObjectProperty *object_property_add_str(Object *obj, const char *name, char *(*get)(Object *, Error **),
                                        void (*set)(Object *, const char *, Error **))
{
    return str_fill(object_property_add(obj, name, "string"), get, set);
}

ObjectProperty *object_class_property_add_str(ObjectClass *oc, const char *name,
                                              char *(*get)(Object *, Error **),
                                              void (*set)(Object *, const char *, Error **))
{
    return str_fill(object_class_property_add(oc, name, "string"), get, set);
}

/* ---- enum ---- */

static bool enum_get(Object *obj, const ObjectProperty *prop, json_object **ret_value, Error **errp)
{
    const Typed *typed = prop->opaque;
    Error *error = NULL;
    int value = typed->get_enum(obj, &error);

    *ret_value = error ? NULL : json_object_new_string(enum_name(typed->field.enumeration, value));
    return finish(error, errp);
}

static bool enum_set(Object *obj, const ObjectProperty *prop, json_object *json, Error **errp)
{
    const Typed *typed = prop->opaque;
    Error *error = NULL;
    int value;

    if (!json_object_is_type(json, json_type_string)) {
        return error_setg(errp, "Invalid parameter type for '%s', expected: string", prop->name);
    }
    value = enum_value(typed->field.enumeration, json_object_get_string(json));
    if (value < 0) {
        /* These are QEMU's words, which its own tests compare. */
        return error_setg(errp, "Parameter '%s' does not accept value '%s'", prop->name,
                          json_object_get_string(json));
    }
    typed->set_enum(obj, value, &error);
    return finish(error, errp);
}

static ObjectProperty *enum_fill(ObjectProperty *prop, const EnumLookup *lookup,
                                 int (*get)(Object *, Error **), void (*set)(Object *, int, Error **))
{
    Typed *typed = typed_attach(prop, FIELD_ENUM);

    typed->field.enumeration = lookup;
    typed->get_enum = get;
    typed->set_enum = set;
    prop->get = get ? enum_get : NULL;
    prop->set = set ? enum_set : NULL;
    return prop;
}

ObjectProperty *object_property_add_enum(Object *obj, const char *name, const char *type,
                                         const EnumLookup *lookup, int (*get)(Object *, Error **),
                                         void (*set)(Object *, int, Error **))
{
    return enum_fill(object_property_add(obj, name, type), lookup, get, set);
}

ObjectProperty *object_class_property_add_enum(ObjectClass *oc, const char *name, const char *type,
                                               const EnumLookup *lookup, int (*get)(Object *, Error **),
                                               void (*set)(Object *, int, Error **))
{
    return enum_fill(object_class_property_add(oc, name, type), lookup, get, set);
}

/* ---- numbers in memory ---- */

static bool number_get(Object *obj G_GNUC_UNUSED, const ObjectProperty *prop, json_object **ret_value,
                       Error **errp G_GNUC_UNUSED)
{
    const Typed *typed = prop->opaque;

    *ret_value = field_get(&typed->field, typed->number);
    return true;
}

static bool number_set(Object *obj G_GNUC_UNUSED, const ObjectProperty *prop, json_object *json, Error **errp)
{
    const Typed *typed = prop->opaque;

    return field_set(&typed->field, typed->number, json, errp);
}

static ObjectProperty *number_add(Object *obj, const char *name, const char *type, FieldKind kind,
                                  uint64_t max, const void *number, ObjectPropertyFlags flags)
{
    ObjectProperty *prop = object_property_add(obj, name, type);
    Typed *typed = typed_attach(prop, kind);

    typed->field.type = type;
    typed->field.max = max;
    typed->number = (void *)number;
    prop->get = flags & OBJ_PROP_FLAG_READ ? number_get : NULL;
    prop->set = flags & OBJ_PROP_FLAG_WRITE ? number_set : NULL;
    return prop;
}

ObjectProperty *object_property_add_uint8_ptr(Object *obj, const char *name, const uint8_t *value,
                                              ObjectPropertyFlags flags)
{
    return number_add(obj, name, "uint8", FIELD_UINT8, UINT8_MAX, value, flags);
}

ObjectProperty *object_property_add_uint16_ptr(Object *obj, const char *name, const uint16_t *value,
                                               ObjectPropertyFlags flags)
{
    return number_add(obj, name, "uint16", FIELD_UINT16, UINT16_MAX, value, flags);
}

ObjectProperty *object_property_add_uint32_ptr(Object *obj, const char *name, const uint32_t *value,
                                               ObjectPropertyFlags flags)
{
    return number_add(obj, name, "uint32", FIELD_UINT32, UINT32_MAX, value, flags);
}

ObjectProperty *object_property_add_uint64_ptr(Object *obj, const char *name, const uint64_t *value,
                                               ObjectPropertyFlags flags)
{
    return number_add(obj, name, "uint64", FIELD_UINT64, UINT64_MAX, value, flags);
}

/* ---- through C values ---- */

static json_object *get_of_type(Object *obj, const char *name, enum json_type type, const char *type_name,
                                Error **errp)
{
    g_autoptr(json_object) value = NULL;

    if (!object_property_get(obj, name, &value, errp)) {
        return NULL;
    }
    if (!json_object_is_type(value, type)) {
        return error_setg_null(errp, "'%s' is not of type %s", name, type_name);
    }
    return g_steal_pointer(&value);
}

bool object_property_set_bool(Object *obj, const char *name, bool value, Error **errp)
{
    g_autoptr(json_object) json = json_object_new_boolean(value);

    return object_property_set(obj, name, json, errp);
}

bool object_property_get_bool(Object *obj, const char *name, Error **errp)
{
    g_autoptr(json_object) json = get_of_type(obj, name, json_type_boolean, "bool", errp);

    return json && json_object_get_boolean(json);
}

bool object_property_set_str(Object *obj, const char *name, const char *value, Error **errp)
{
    g_autoptr(json_object) json = json_object_new_string(value ? value : "");

    return object_property_set(obj, name, json, errp);
}

char *object_property_get_str(Object *obj, const char *name, Error **errp)
{
    g_autoptr(json_object) json = get_of_type(obj, name, json_type_string, "string", errp);

    return json ? g_strdup(json_object_get_string(json)) : NULL;
}

bool object_property_set_int(Object *obj, const char *name, int64_t value, Error **errp)
{
    g_autoptr(json_object) json = json_object_new_int64(value);

    return object_property_set(obj, name, json, errp);
}

int64_t object_property_get_int(Object *obj, const char *name, Error **errp)
{
    g_autoptr(json_object) json = get_of_type(obj, name, json_type_int, "int", errp);

    if (json && json_object_get_int64(json) >= 0 && json_object_get_uint64(json) > INT64_MAX) {
        return error_setg_fd(errp, "'%s' is too large: %" PRIu64, name, json_object_get_uint64(json));
    }
    return json ? json_object_get_int64(json) : -1;
}

bool object_property_set_uint(Object *obj, const char *name, uint64_t value, Error **errp)
{
    g_autoptr(json_object) json = json_object_new_uint64(value);

    return object_property_set(obj, name, json, errp);
}

uint64_t object_property_get_uint(Object *obj, const char *name, Error **errp)
{
    g_autoptr(json_object) json = get_of_type(obj, name, json_type_int, "uint", errp);

    return json ? json_object_get_uint64(json) : 0;
}

int object_property_get_enum(Object *obj, const char *name, const char *type, Error **errp)
{
    const ObjectProperty *prop = object_property_find_err(obj, name, errp);
    g_autoptr(json_object) json = NULL;

    if (!prop) {
        return -1;
    }
    if (!prop->field || prop->field->kind != FIELD_ENUM || strcmp(prop->type, type) != 0) {
        return error_setg_fd(errp, "'%s' is of type %s, not %s", name, prop->type, type);
    }
    json = get_of_type(obj, name, json_type_string, type, errp);
    return json ? enum_value(prop->field->enumeration, json_object_get_string(json)) : -1;
}
