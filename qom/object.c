/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "qom/object.h"
#include "qom/type-impl.h"
#include <string.h>

/* ---- life of an object ---- */

static void object_init_fields(Object *obj, const TypeImpl *type)
{
    if (type->parent) {
        object_init_fields(obj, type->parent);
    }
    for (GSList *item = type->class->fields; item; item = item->next) {
        const ClassFields *fields = item->data;
        fields_init(fields->table, (char *)obj + fields->offset);
    }
}

static void object_clear_fields(Object *obj, const TypeImpl *type)
{
    for (; type; type = type->parent) {
        for (GSList *item = type->class->fields; item; item = item->next) {
            const ClassFields *fields = item->data;
            fields_clear(fields->table, (char *)obj + fields->offset);
        }
    }
}

static void object_init_with_type(Object *obj, const TypeImpl *type)
{
    if (type->parent) {
        object_init_with_type(obj, type->parent);
    }
    if (type->info->instance_init) {
        type->info->instance_init(obj);
    }
}

static void object_deinit_with_type(Object *obj, const TypeImpl *type)
{
    for (; type; type = type->parent) {
        if (type->info->instance_finalize) {
            type->info->instance_finalize(obj);
        }
    }
}

static void object_release_links(Object *obj)
{
    for (ObjectClass *oc = obj->klass; oc; oc = object_class_get_parent(oc)) {
        GHashTableIter iter;
        void *value;

        if (!oc->properties) {
            continue;
        }
        g_hash_table_iter_init(&iter, oc->properties);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
            ObjectProperty *prop = value;
            if (prop->release) {
                prop->release(obj, prop);
            }
        }
    }
}

static void object_release_properties(Object *obj)
{
    GHashTableIter iter;
    void *value;

    if (!obj->properties) {
        return;
    }
    /* A child that is finalized may look at its parent: take them out one by one. */
    for (g_hash_table_iter_init(&iter, obj->properties); g_hash_table_iter_next(&iter, NULL, &value);
         g_hash_table_iter_init(&iter, obj->properties)) {
        ObjectProperty *prop = value;

        g_hash_table_iter_steal(&iter);
        if (prop->release) {
            prop->release(obj, prop);
        }
        object_property_free(prop);
    }
    g_hash_table_unref(obj->properties);
    obj->properties = NULL;
}

Object *object_new_with_class(ObjectClass *oc)
{
    Object *obj;

    g_assert(!oc->type->info->abstract);
    obj = g_malloc0(oc->type->instance_size);
    obj->klass = oc;
    obj->ref = 1;
    object_init_fields(obj, oc->type);
    object_init_with_type(obj, oc->type);
    return obj;
}

Object *object_new(const char *type)
{
    ObjectClass *oc = object_class_by_name(type);

    g_assert(oc);
    return object_new_with_class(oc);
}

Object *object_ref(Object *obj)
{
    g_atomic_int_inc(&obj->ref);
    return obj;
}

void object_unref(Object *obj)
{
    if (!obj || !g_atomic_int_dec_and_test(&obj->ref)) {
        return;
    }
    g_assert(!obj->parent);
    object_release_properties(obj);
    object_release_links(obj);
    object_deinit_with_type(obj, obj->klass->type);
    object_clear_fields(obj, obj->klass->type);
    g_free(obj);
}

ObjectClass *object_get_class(const Object *obj)
{
    return obj->klass;
}

const char *object_get_typename(const Object *obj)
{
    return obj->klass->type->info->name;
}

Object *object_dynamic_cast(Object *obj, const char *type)
{
    return obj && object_class_dynamic_cast(obj->klass, type) ? obj : NULL;
}

Object *object_dynamic_cast_assert(Object *obj, const char *type)
{
    if (!object_dynamic_cast(obj, type)) {
        g_error("object of type %s is not a %s", obj ? object_get_typename(obj) : "NULL", type);
    }
    return obj;
}

/* ---- the tree ---- */

static json_object *child_get(Object *obj G_GNUC_UNUSED, const ObjectProperty *prop)
{
    g_autofree char *path = object_get_canonical_path(prop->child);

    return json_object_new_string(path);
}

static void child_release(Object *obj G_GNUC_UNUSED, ObjectProperty *prop)
{
    Object *child = prop->child;

    child->parent = NULL;
    g_clear_pointer(&child->name, g_free);
    object_unref(child);
}

bool object_property_try_add_child(Object *obj, const char *name, Object *child, Error **errp)
{
    ObjectProperty *prop;

    g_assert(!child->parent);
    if (object_property_find(obj, name, NULL)) {
        g_autofree char *path = object_get_canonical_path(obj);
        return error_setg(errp, "'%s' already has something called '%s'; choose another name", path, name);
    }
    prop = g_new0(ObjectProperty, 1);
    prop->name = g_strdup(name);
    prop->type = g_strdup_printf("child<%s>", object_get_typename(child));
    prop->get = child_get;
    prop->release = child_release;
    prop->child = object_ref(child);
    if (!obj->properties) {
        obj->properties = g_hash_table_new(g_str_hash, g_str_equal);
    }
    g_hash_table_insert(obj->properties, prop->name, prop);
    child->parent = obj;
    child->name = g_strdup(name);
    return true;
}

void object_unparent(Object *obj)
{
    ObjectProperty *prop;

    if (!obj->parent) {
        return;
    }
    prop = g_hash_table_lookup(obj->parent->properties, obj->name);
    g_hash_table_steal(obj->parent->properties, obj->name);
    prop->release(obj->parent, prop);
    object_property_free(prop);
}

Object *object_get_root(Object *obj)
{
    while (obj->parent) {
        obj = obj->parent;
    }
    return obj;
}

const char *object_get_canonical_path_component(const Object *obj)
{
    return obj->name;
}

char *object_get_canonical_path(const Object *obj)
{
    GString *path = g_string_new(obj->parent ? NULL : "/");

    for (; obj->parent; obj = obj->parent) {
        g_string_prepend(path, obj->name);
        g_string_prepend_c(path, '/');
    }
    return g_string_free(path, FALSE);
}

char *object_label(const Object *obj)
{
    if (!obj->name) {
        return g_strdup(object_get_typename(obj));
    }
    return g_strdup_printf("%s '%s'", object_get_typename(obj), obj->name);
}

Object *object_resolve_path_component(Object *parent, const char *part)
{
    const ObjectProperty *prop = object_property_find(parent, part, NULL);

    if (!prop) {
        return NULL;
    }
    if (prop->child) {
        return prop->child;
    }
    if (g_str_has_prefix(prop->type, "link<")) {
        return *(Object **)((char *)parent + prop->offset);
    }
    return NULL;
}

Object *object_resolve_path(Object *root, const char *path)
{
    g_auto(GStrv) parts = g_strsplit(path, "/", -1);
    Object *obj = root;

    if (path[0] != '/') {
        return NULL;
    }
    for (char **part = parts; *part && obj; part++) {
        if (**part) {
            obj = object_resolve_path_component(obj, *part);
        }
    }
    return obj;
}

int object_child_foreach(Object *obj, int (*fn)(Object *child, void *opaque), void *opaque)
{
    GHashTableIter iter;
    void *value;

    if (!obj->properties) {
        return 0;
    }
    g_hash_table_iter_init(&iter, obj->properties);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const ObjectProperty *prop = value;
        int result = prop->child ? fn(prop->child, opaque) : 0;
        if (result) {
            return result;
        }
    }
    return 0;
}

Object *object_get_objects_root(Object *root)
{
    Object *objects = object_resolve_path_component(root, "objects");

    if (!objects) {
        g_autoptr(Object) container = object_new(TYPE_CONTAINER);
        bool added = object_property_try_add_child(root, "objects", container, NULL);
        g_assert(added);
        objects = container;
    }
    return objects;
}
