/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "qapi/near-miss.h"
#include "qom/object.h"
#include "qom/type-impl.h"
#include <string.h>

void object_property_free(ObjectProperty *prop)
{
    g_free(prop->name);
    g_free(prop->type);
    g_free(prop);
}

/* ---- on the class ---- */

static ObjectProperty *class_add_property(ObjectClass *oc, const char *name, char *type)
{
    ObjectProperty *prop = g_new0(ObjectProperty, 1);

    g_assert(!object_class_property_find(oc, name));
    prop->name = g_strdup(name);
    prop->type = type;
    if (!oc->properties) {
        oc->properties = g_hash_table_new(g_str_hash, g_str_equal);
    }
    g_hash_table_insert(oc->properties, prop->name, prop);
    return prop;
}

static json_object *field_property_get(Object *obj, const ObjectProperty *prop)
{
    return field_get(prop->field, (char *)obj + prop->offset);
}

static bool field_property_set(Object *obj, const ObjectProperty *prop, json_object *value, Error **errp)
{
    if (prop->check && !prop->check(obj, value, errp)) {
        return false;
    }
    return field_set(prop->field, (char *)obj + prop->offset, value, errp);
}

void object_class_add_fields(ObjectClass *oc, const FieldTable *table, size_t offset)
{
    ClassFields *fields = g_new0(ClassFields, 1);

    fields->table = table;
    fields->offset = offset;
    oc->fields = g_slist_append(oc->fields, fields);
    for (size_t i = 0; i < table->n_fields; i++) {
        const Field *field = &table->fields[i];
        ObjectProperty *prop = class_add_property(oc, field->name, g_strdup(field->type));
        prop->description = field->description;
        prop->get = field_property_get;
        prop->set = field_property_set;
        prop->field = field;
        prop->offset = offset;
    }
}

void object_class_property_set_check(ObjectClass *oc, const char *name, ObjectPropertyCheck *check)
{
    ObjectProperty *prop = g_hash_table_lookup(oc->properties, name);

    g_assert(prop && prop->field);
    prop->check = check;
}

static Object **link_pointer(Object *obj, const ObjectProperty *prop)
{
    return (Object **)((char *)obj + prop->offset);
}

static json_object *link_get(Object *obj, const ObjectProperty *prop)
{
    Object *target = *link_pointer(obj, prop);
    g_autofree char *path = target ? object_get_canonical_path(target) : g_strdup("");

    return json_object_new_string(path);
}

static bool link_set(Object *obj, const ObjectProperty *prop, json_object *value, Error **errp)
{
    g_autofree char *wanted = g_strndup(prop->type + strlen("link<"), strlen(prop->type) - strlen("link<>"));
    Object *root = object_get_root(obj), *target = NULL, **pointer = link_pointer(obj, prop);
    const char *path;

    if (!json_object_is_type(value, json_type_string)) {
        return error_setg(errp, "'%s' expects the id or the path of an object, not %s", prop->name,
                          json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN));
    }
    path = json_object_get_string(value);
    if (*path) {
        target = *path == '/' ? object_resolve_path(root, path)
                              : object_resolve_path_component(object_get_objects_root(root), path);
        if (!target) {
            return error_set(
                errp, CGVM_ERROR_NOT_FOUND,
                "'%s' names an object '%s' that does not exist; create it with -object TYPE,id=%s",
                prop->name, path, path);
        }
        if (!object_dynamic_cast(target, wanted)) {
            return error_setg(errp, "'%s' needs an object of type %s, but '%s' is a %s", prop->name, wanted,
                              path, object_get_typename(target));
        }
        if (prop->link_check && !prop->link_check(obj, target, errp)) {
            return false;
        }
        object_ref(target);
    }
    object_unref(*pointer);
    *pointer = target;
    return true;
}

static void link_release(Object *obj, ObjectProperty *prop)
{
    g_clear_pointer(link_pointer(obj, prop), object_unref);
}

ObjectProperty *object_class_property_add_link(ObjectClass *oc, const char *name, const char *target_type,
                                               size_t offset, ObjectLinkCheck *check, const char *description)
{
    ObjectProperty *prop = class_add_property(oc, name, g_strdup_printf("link<%s>", target_type));

    prop->description = description;
    prop->get = link_get;
    prop->set = link_set;
    prop->release = link_release;
    prop->offset = offset;
    prop->link_check = check;
    return prop;
}

const ObjectProperty *object_class_property_find(ObjectClass *oc, const char *name)
{
    for (; oc; oc = object_class_get_parent(oc)) {
        const ObjectProperty *prop = oc->properties ? g_hash_table_lookup(oc->properties, name) : NULL;
        if (prop) {
            return prop;
        }
    }
    return NULL;
}

static int compare_properties(const void *a, const void *b)
{
    const ObjectProperty *const *left = a, *const *right = b;

    return strcmp((*left)->name, (*right)->name);
}

void object_class_property_foreach(ObjectClass *oc, void (*fn)(const ObjectProperty *prop, void *opaque),
                                   void *opaque)
{
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();

    for (; oc; oc = object_class_get_parent(oc)) {
        GHashTableIter iter;
        void *value;

        if (!oc->properties) {
            continue;
        }
        g_hash_table_iter_init(&iter, oc->properties);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
            g_ptr_array_add(sorted, value);
        }
    }
    g_ptr_array_sort(sorted, compare_properties);
    for (guint i = 0; i < sorted->len; i++) {
        fn(g_ptr_array_index(sorted, i), opaque);
    }
}

json_object *object_class_props_from_text(ObjectClass *oc, json_object *texts, Error **errp)
{
    g_autoptr(json_object) typed = json_object_new_object();

    json_object_object_foreach (texts, name, text) {
        const ObjectProperty *prop = object_class_property_find(oc, name);
        json_object *value;

        if (prop && prop->field) {
            value = field_from_text(prop->field, json_object_get_string(text), errp);
            if (!value) {
                return error_prepend_null(errp, "%s: ", object_class_get_name(oc));
            }
        } else {
            value = json_object_get(text);
        }
        json_object_object_add(typed, name, value);
    }
    return g_steal_pointer(&typed);
}

/* ---- on an object ---- */

static void consider_property(const ObjectProperty *prop, void *opaque)
{
    near_miss_consider(opaque, prop->name);
}

const ObjectProperty *object_property_find(Object *obj, const char *name, Error **errp)
{
    const ObjectProperty *prop = object_class_property_find(obj->klass, name);
    NearMiss search = { .word = name };
    g_autofree char *label = NULL, *suggestion = NULL;

    if (!prop && obj->properties) {
        prop = g_hash_table_lookup(obj->properties, name);
    }
    if (prop || !errp) {
        return prop;
    }
    object_class_property_foreach(obj->klass, consider_property, &search);
    label = object_label(obj);
    suggestion = near_miss_text(&search);
    return error_set_null(errp, CGVM_ERROR_NOT_FOUND, "%s has no property '%s'%s", label, name, suggestion);
}

bool object_property_set(Object *obj, const char *name, json_object *value, Error **errp)
{
    const ObjectProperty *prop = object_property_find(obj, name, errp);
    g_autofree char *label = NULL;

    if (!prop) {
        return false;
    }
    label = object_label(obj);
    if (!prop->set) {
        return error_setg(errp, "%s: '%s' cannot be set", label, name);
    }
    if ((obj->klass->may_set && !obj->klass->may_set(obj, name, errp)) ||
        !prop->set(obj, prop, value, errp)) {
        return error_prepend(errp, "%s: ", label);
    }
    return true;
}

bool object_property_set_text(Object *obj, const char *name, const char *text, Error **errp)
{
    const ObjectProperty *prop = object_property_find(obj, name, errp);
    g_autoptr(json_object) value = NULL;

    if (!prop) {
        return false;
    }
    if (prop->field) {
        value = field_from_text(prop->field, text, errp);
        if (!value) {
            g_autofree char *label = object_label(obj);
            return error_prepend(errp, "%s: ", label);
        }
    } else {
        value = json_object_new_string(text);
    }
    return object_property_set(obj, name, value, errp);
}

bool object_property_get(Object *obj, const char *name, json_object **ret_value, Error **errp)
{
    const ObjectProperty *prop = object_property_find(obj, name, errp);

    if (!prop) {
        return false;
    }
    *ret_value = prop->get(obj, prop);
    return true;
}

bool object_set_props(Object *obj, json_object *props, Error **errp)
{
    json_object_object_foreach (props, name, value) {
        if (!object_property_set(obj, name, value, errp)) {
            return false;
        }
    }
    return true;
}
