/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "qom/object.h"
#include "qom/type-impl.h"

static void object_init_fields(Object *obj, const TypeImpl *type)
{
    if (type->parent) {
        object_init_fields(obj, type->parent);
    }
    for (GSList *item = type->class->fields; item; item = item->next) {
        const ClassFields *fields = item->data;
        fields_copy(fields->table, (char *)obj + fields->offset, fields->defaults);
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

/* Classes are complete when the first object is made, on whatever thread. */
static const GPtrArray *hooked_properties(TypeImpl *type)
{
    ObjectPropertyIterator iterator;
    ObjectProperty *prop;
    GPtrArray *hooked;

    if (g_once_init_enter(&type->hooked)) {
        hooked = g_ptr_array_new();
        object_class_property_iter_init(&iterator, type->class);
        while ((prop = object_property_iter_next(&iterator))) {
            if (prop->init || prop->release) {
                g_ptr_array_add(hooked, prop);
            }
        }
        g_once_init_leave(&type->hooked, hooked);
    }
    return type->hooked;
}

static void object_init_class_properties(Object *obj)
{
    const GPtrArray *hooked = hooked_properties(obj->klass->type);

    for (guint i = 0; i < hooked->len; i++) {
        const ObjectProperty *prop = g_ptr_array_index(hooked, i);
        if (prop->init) {
            prop->init(obj, prop);
        }
    }
}

static void object_release_class_properties(Object *obj)
{
    const GPtrArray *hooked = hooked_properties(obj->klass->type);

    for (guint i = 0; i < hooked->len; i++) {
        const ObjectProperty *prop = g_ptr_array_index(hooked, i);
        if (prop->release) {
            prop->release(obj, prop);
        }
    }
}

static void object_clear_weak_links(Object *obj)
{
    for (GSList *item = obj->weak_links; item; item = item->next) {
        *(Object **)item->data = NULL;
    }
    g_clear_pointer(&obj->weak_links, g_slist_free);
}

static void object_release_properties(Object *obj)
{
    GHashTableIter iter;
    void *name;

    if (!obj->properties) {
        return;
    }
    /* A child that is finalized may take others away: take them out one by one. */
    for (g_hash_table_iter_init(&iter, obj->properties); g_hash_table_iter_next(&iter, &name, NULL);
         g_hash_table_iter_init(&iter, obj->properties)) {
        object_property_del(obj, name);
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
    object_init_class_properties(obj);
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
    object_clear_weak_links(obj);
    object_release_properties(obj);
    object_release_class_properties(obj);
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
