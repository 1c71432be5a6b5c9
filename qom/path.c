/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The tree of objects: children, and the paths to them.
 */
#include <string.h>
#include "qom/object.h"
#include "qom/type-impl.h"

static bool child_get(Object *obj G_GNUC_UNUSED, const ObjectProperty *prop, json_object **ret_value,
                      Error **errp G_GNUC_UNUSED)
{
    g_autofree char *path = object_get_canonical_path(prop->opaque);

    *ret_value = json_object_new_string(path);
    return true;
}

static Object *child_resolve(Object *obj G_GNUC_UNUSED, const ObjectProperty *prop)
{
    return prop->opaque;
}

static void child_release(Object *obj G_GNUC_UNUSED, const ObjectProperty *prop)
{
    Object *child = prop->opaque;

    if (child->klass->unparent) {
        child->klass->unparent(child);
    }
    child->parent = NULL;
    g_clear_pointer(&child->name, g_free);
    object_unref(child);
}

static bool is_child(const ObjectProperty *prop)
{
    return prop->resolve == child_resolve;
}

ObjectProperty *object_property_try_add_child(Object *obj, const char *name, Object *child, Error **errp)
{
    g_autofree char *type = g_strdup_printf("child<%s>", object_get_typename(child));
    ObjectProperty *prop;

    g_assert(!child->parent);
    prop = object_property_try_add(obj, name, type, errp);
    if (!prop) {
        return NULL;
    }
    prop->get = child_get;
    prop->resolve = child_resolve;
    prop->release = child_release;
    prop->opaque = object_ref(child);
    child->parent = obj;
    child->name = g_strdup(prop->name);
    return prop;
}

ObjectProperty *object_property_add_child(Object *obj, const char *name, Object *child)
{
    Error *error = NULL;
    ObjectProperty *prop = object_property_try_add_child(obj, name, child, &error);

    if (!prop) {
        g_error("%s", cgvm_error_message(error));
    }
    return prop;
}

Object *object_property_add_new_container(Object *obj, const char *name)
{
    g_autoptr(Object) container = object_new(TYPE_CONTAINER);

    object_property_add_child(obj, name, container);
    return container;
}

void object_unparent(Object *obj)
{
    if (obj->parent) {
        g_autofree char *name = g_strdup(obj->name);
        object_property_del(obj->parent, name);
    }
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

/* ---- resolving ---- */

Object *object_resolve_path_component(Object *parent, const char *part)
{
    const ObjectProperty *prop = object_property_find(parent, part);

    return prop && prop->resolve ? prop->resolve(parent, prop) : NULL;
}

static Object *resolve_parts(Object *obj, char **parts)
{
    for (; *parts && obj; parts++) {
        if (**parts) {
            obj = object_resolve_path_component(obj, *parts);
        }
    }
    return obj;
}

Object *object_resolve_path_at(Object *parent, const char *path)
{
    g_auto(GStrv) parts = g_strsplit(path, "/", -1);

    return resolve_parts(parent, parts);
}

/** A search for the end of a path. */
typedef struct PartialSearch {
    char **parts;
    const char *type;
    Object *found;
    bool ambiguous;
} PartialSearch;

static int search_below(Object *obj, void *opaque)
{
    PartialSearch *search = opaque;
    Object *here = object_dynamic_cast(resolve_parts(obj, search->parts), search->type);

    if (here && search->found && here != search->found) {
        search->ambiguous = true;
        return 1;
    }
    search->found = here ? here : search->found;
    return object_child_foreach(obj, search_below, search);
}

Object *object_resolve_path_type(Object *root, const char *path, const char *type, bool *ambiguous)
{
    g_auto(GStrv) parts = g_strsplit(path, "/", -1);
    PartialSearch search = { .parts = parts, .type = type };

    if (*path == '/') {
        search.found = object_dynamic_cast(resolve_parts(root, parts), type);
    } else {
        search_below(root, &search);
    }
    if (ambiguous) {
        *ambiguous = search.ambiguous;
    }
    return search.ambiguous ? NULL : search.found;
}

Object *object_resolve_path(Object *root, const char *path, bool *ambiguous)
{
    return object_resolve_path_type(root, path, TYPE_OBJECT, ambiguous);
}

static int child_foreach(Object *obj, int (*fn)(Object *child, void *opaque), void *opaque, bool recursive)
{
    GHashTableIter iter;
    void *value;

    if (!obj->properties) {
        return 0;
    }
    g_hash_table_iter_init(&iter, obj->properties);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const ObjectProperty *prop = value;
        Object *child = is_child(prop) ? prop->opaque : NULL;
        int result = child ? fn(child, opaque) : 0;

        if (child && !result && recursive) {
            result = child_foreach(child, fn, opaque, true);
        }
        if (result) {
            return result;
        }
    }
    return 0;
}

int object_child_foreach(Object *obj, int (*fn)(Object *child, void *opaque), void *opaque)
{
    return child_foreach(obj, fn, opaque, false);
}

int object_child_foreach_recursive(Object *obj, int (*fn)(Object *child, void *opaque), void *opaque)
{
    return child_foreach(obj, fn, opaque, true);
}

Object *object_get_objects_root(Object *root)
{
    Object *objects = object_resolve_path_component(root, "objects");

    return objects ? objects : object_property_add_new_container(root, "objects");
}
