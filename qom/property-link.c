/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Links and aliases: properties that lead to other objects.
 *
 * A weak link is noted at its target, so that it can be cleared when the target goes away: no link ever
 * points to freed memory.
 */
#include <string.h>
#include "qom/object.h"
#include "qom/type-impl.h"

typedef struct Link {
    char *target_type;
    Object **target; /* on an object; NULL on a class, where ObjectProperty.offset counts */
    ObjectLinkCheck *check;
    ObjectPropertyLinkFlags flags;
} Link;

static void link_free(void *opaque)
{
    Link *link = opaque;

    g_free(link->target_type);
    g_free(link);
}

static Object **link_pointer(Object *obj, const ObjectProperty *prop)
{
    const Link *link = prop->opaque;

    return link->target ? link->target : (Object **)((char *)obj + prop->offset);
}

static void link_point(Object *obj, const ObjectProperty *prop, Object *target)
{
    const Link *link = prop->opaque;
    Object **pointer = link_pointer(obj, prop), *old = *pointer;

    *pointer = target;
    if (link->flags & OBJ_PROP_LINK_STRONG) {
        if (target) {
            object_ref(target);
        }
        object_unref(old);
        return;
    }
    if (old) {
        old->weak_links = g_slist_remove(old->weak_links, pointer);
    }
    if (target) {
        target->weak_links = g_slist_prepend(target->weak_links, pointer);
    }
}

static bool link_get(Object *obj, const ObjectProperty *prop, json_object **ret_value,
                     Error **errp G_GNUC_UNUSED)
{
    Object *target = *link_pointer(obj, prop);
    /* An object that was taken out of the tree has no path; it looks like the root, but is not. */
    bool has_path = target && (target->parent || target == object_get_root(obj));
    g_autofree char *path = has_path ? object_get_canonical_path(target) : g_strdup("");

    *ret_value = json_object_new_string(path);
    return true;
}

static Object *link_resolve(Object *obj, const ObjectProperty *prop)
{
    return *link_pointer(obj, prop);
}

/* An id comes first, since that is what users mean; then any path. */
static Object *find_target(Object *obj, const char *path, const char *type, bool *ambiguous)
{
    Object *root = object_get_root(obj);
    Object *objects = object_resolve_path_component(root, "objects");
    Object *target = objects ? object_resolve_path_component(objects, path) : NULL;

    *ambiguous = false;
    return target ? target : object_resolve_path_type(root, path, type, ambiguous);
}

static bool link_assign(Object *obj, const ObjectProperty *prop, Object *target, Error **errp)
{
    const Link *link = prop->opaque;

    if (target && !object_dynamic_cast(target, link->target_type)) {
        const char *id = object_get_canonical_path_component(target);
        return error_setg(errp, "'%s' needs an object of type %s, but '%s' is a %s", prop->name,
                          link->target_type, id ? id : "it", object_get_typename(target));
    }
    if (target && !link->check(obj, prop->name, target, errp)) {
        return false;
    }
    link_point(obj, prop, target);
    return true;
}

static bool link_set(Object *obj, const ObjectProperty *prop, json_object *value, Error **errp)
{
    const Link *link = prop->opaque;
    Object *target = NULL;
    const char *path;
    bool ambiguous;

    if (!json_object_is_type(value, json_type_string)) {
        return error_setg(errp, "'%s' expects the id or the path of an object, not %s", prop->name,
                          json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN));
    }
    path = json_object_get_string(value);
    if (*path) {
        target = find_target(obj, path, link->target_type, &ambiguous);
        if (ambiguous) {
            return error_setg(errp, "'%s' names several objects with '%s'; give the whole path", prop->name,
                              path);
        }
        if (!target) {
            target = object_resolve_path(object_get_root(obj), path, NULL);
        }
        if (!target) {
            return error_set(
                errp, CGVM_ERROR_NOT_FOUND,
                "'%s' names an object '%s' that does not exist; create it with -object TYPE,id=%s",
                prop->name, path, path);
        }
    }
    return link_assign(obj, prop, target, errp);
}

/* The pointer of a weak link stays: it may be one that the owner uses for purposes of its own. */
static void link_release(Object *obj, const ObjectProperty *prop)
{
    const Link *link = prop->opaque;
    Object **pointer = link_pointer(obj, prop);

    if (link->flags & OBJ_PROP_LINK_STRONG) {
        link_point(obj, prop, NULL);
    } else if (*pointer) {
        (*pointer)->weak_links = g_slist_remove((*pointer)->weak_links, pointer);
    }
}

static ObjectProperty *link_fill(ObjectProperty *prop, const char *target_type, Object **target,
                                 ObjectLinkCheck *check, ObjectPropertyLinkFlags flags)
{
    Link *link = g_new0(Link, 1);

    link->target_type = g_strdup(target_type);
    link->target = target;
    link->check = check;
    link->flags = flags;
    prop->opaque = link;
    prop->free_opaque = link_free;
    prop->get = link_get;
    prop->set = check ? link_set : NULL;
    prop->resolve = link_resolve;
    prop->release = link_release;
    return prop;
}

ObjectProperty *object_class_property_add_link(ObjectClass *oc, const char *name, const char *target_type,
                                               ptrdiff_t offset, ObjectLinkCheck *check,
                                               ObjectPropertyLinkFlags flags)
{
    g_autofree char *type = g_strdup_printf("link<%s>", target_type);
    ObjectProperty *prop = object_class_property_add(oc, name, type);

    prop->offset = offset;
    return link_fill(prop, target_type, NULL, check, flags);
}

ObjectProperty *object_property_add_link(Object *obj, const char *name, const char *target_type,
                                         Object **target, ObjectLinkCheck *check,
                                         ObjectPropertyLinkFlags flags)
{
    g_autofree char *type = g_strdup_printf("link<%s>", target_type);

    return link_fill(object_property_add(obj, name, type), target_type, target, check, flags);
}

bool object_property_allow_set_link(Object *obj G_GNUC_UNUSED, const char *name G_GNUC_UNUSED,
                                    Object *target G_GNUC_UNUSED, Error **errp G_GNUC_UNUSED)
{
    return true;
}

/* ---- aliases ---- */

typedef struct Alias {
    Object *target;
    char *name;
    Field field; /* a copy, since the property that it is of may go away */
} Alias;

static void alias_free(void *opaque)
{
    Alias *alias = opaque;

    g_free(alias->name);
    g_free(alias);
}

static bool alias_get(Object *obj G_GNUC_UNUSED, const ObjectProperty *prop, json_object **ret_value,
                      Error **errp)
{
    const Alias *alias = prop->opaque;

    return object_property_get(alias->target, alias->name, ret_value, errp);
}

static bool alias_set(Object *obj G_GNUC_UNUSED, const ObjectProperty *prop, json_object *value, Error **errp)
{
    const Alias *alias = prop->opaque;

    return object_property_set(alias->target, alias->name, value, errp);
}

static Object *alias_resolve(Object *obj G_GNUC_UNUSED, const ObjectProperty *prop)
{
    const Alias *alias = prop->opaque;

    return object_resolve_path_component(alias->target, alias->name);
}

static void alias_release(Object *obj G_GNUC_UNUSED, const ObjectProperty *prop)
{
    object_unref(((const Alias *)prop->opaque)->target);
}

ObjectProperty *object_property_add_alias(Object *obj, const char *name, Object *target,
                                          const char *target_name)
{
    const ObjectProperty *of = object_property_find(target, target_name);
    g_autofree char *type = NULL;
    Alias *alias = g_new0(Alias, 1);
    ObjectProperty *prop;

    g_assert(of);
    /* An alias of a child does not own it, so it looks like a link. */
    type = g_str_has_prefix(of->type, "child<") ? g_strconcat("link", of->type + strlen("child"), NULL)
                                                : g_strdup(of->type);
    prop = object_property_add(obj, name, type);
    alias->target = object_ref(target);
    alias->name = g_strdup(target_name);
    prop->opaque = alias;
    prop->free_opaque = alias_free;
    prop->description = g_strdup(of->description);
    if (of->field) {
        alias->field = *of->field;
        alias->field.name = prop->name;
        prop->field = &alias->field;
        prop->names = of->names;
    }
    prop->get = of->get ? alias_get : NULL;
    prop->set = of->set ? alias_set : NULL;
    prop->resolve = of->resolve ? alias_resolve : NULL;
    prop->release = alias_release;
    return prop;
}

/* ---- through pointers ---- */

/* A child and an alias of either lead to an object, too. */
static const ObjectProperty *find_link(Object *obj, const char *name, Error **errp)
{
    const ObjectProperty *prop = object_property_find_err(obj, name, errp);

    if (prop && !prop->resolve) {
        g_autofree char *label = object_label(obj);
        return error_setg_null(errp, "'%s' of %s is not a link", name, label);
    }
    return prop;
}

static bool set_link(Object *obj, const ObjectProperty *prop, Object *target, Error **errp)
{
    if (!prop->set) {
        return error_setg(errp, "'%s' can only be read", prop->name);
    }
    if (obj->klass->may_set && !obj->klass->may_set(obj, prop->name, errp)) {
        return false;
    }
    if (prop->set == alias_set) {
        const Alias *alias = prop->opaque;
        return object_property_set_link(alias->target, alias->name, target, errp);
    }
    g_assert(prop->set == link_set);
    return link_assign(obj, prop, target, errp);
}

bool object_property_set_link(Object *obj, const char *name, Object *target, Error **errp)
{
    const ObjectProperty *prop = find_link(obj, name, errp);

    return prop && (set_link(obj, prop, target, errp) || object_name_error(obj, errp));
}

Object *object_property_get_link(Object *obj, const char *name, Error **errp)
{
    const ObjectProperty *prop = find_link(obj, name, errp);

    return prop ? prop->resolve(obj, prop) : NULL;
}
