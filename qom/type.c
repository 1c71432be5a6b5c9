/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "qom/object.h"
#include "qom/type-impl.h"
#include "qom/user-creatable.h"
#include <string.h>

/* The registry: the one global of cgvm. Filled by type_register_all(), read-only afterwards. */
static GHashTable *types;

static char *object_get_type(Object *obj, Error **errp G_GNUC_UNUSED)
{
    return g_strdup(object_get_typename(obj));
}

static void object_class_init(ObjectClass *oc, const void *data G_GNUC_UNUSED)
{
    object_class_property_add_str(oc, "type", object_get_type, NULL);
}

static const TypeInfo object_type = {
    .name = TYPE_OBJECT,
    .instance_size = sizeof(Object),
    .class_size = sizeof(ObjectClass),
    .class_init = object_class_init,
    .abstract = true,
};

static const TypeInfo interface_type = {
    .name = TYPE_INTERFACE,
    .class_size = sizeof(InterfaceClass),
    .abstract = true,
};

static const TypeInfo user_creatable_type = {
    .name = TYPE_USER_CREATABLE,
    .parent = TYPE_INTERFACE,
    .class_size = sizeof(UserCreatableClass),
    .abstract = true,
};

const TypeInfo container_type = {
    .name = TYPE_CONTAINER,
    .parent = TYPE_OBJECT,
};

static TypeImpl *type_find(const char *name)
{
    return types ? g_hash_table_lookup(types, name) : NULL;
}

static bool type_is(const TypeImpl *type, const TypeImpl *ancestor)
{
    while (type && type != ancestor) {
        type = type->parent;
    }
    return type != NULL;
}

static InterfaceClass *class_own_interface(const ObjectClass *oc, const TypeImpl *interface)
{
    for (GSList *item = oc->interfaces; item; item = item->next) {
        InterfaceClass *ic = item->data;
        if (type_is(ic->parent_class.type, interface)) {
            return ic;
        }
    }
    return NULL;
}

static void class_add_interface(ObjectClass *oc, const ObjectClass *model, TypeImpl *interface)
{
    InterfaceClass *ic;

    if (class_own_interface(oc, interface)) {
        return;
    }
    ic = g_malloc(interface->class_size);
    memcpy(ic, model, interface->class_size);
    ic->parent_class.type = interface;
    ic->parent_class.interfaces = NULL;
    ic->concrete_class = oc;
    oc->interfaces = g_slist_append(oc->interfaces, ic);
}

static void class_add_interfaces(TypeImpl *type, ObjectClass *oc)
{
    if (type->parent) {
        for (GSList *item = type->parent->class->interfaces; item; item = item->next) {
            ObjectClass *inherited = item->data;
            class_add_interface(oc, inherited, inherited->type);
        }
    }
    for (const InterfaceInfo *info = type->info->interfaces; info && info->type; info++) {
        TypeImpl *interface = type_find(info->type);
        g_assert(interface && interface->class);
        class_add_interface(oc, interface->class, interface);
    }
}

static void type_make_class(TypeImpl *type)
{
    ObjectClass *oc = g_malloc0(type->class_size);

    if (type->parent) {
        memcpy(oc, type->parent->class, type->parent->class_size);
    }
    oc->type = type;
    oc->interfaces = NULL;
    oc->properties = NULL;
    oc->fields = NULL;
    type->class = oc;
    class_add_interfaces(type, oc);
    if (type->info->class_init) {
        type->info->class_init(oc, type->info->class_data);
    }
}

/* The types of this folder, which every program has. */
static void types_init(void)
{
    types = g_hash_table_new(g_str_hash, g_str_equal);
    type_register_static(&object_type);
    type_register_static(&interface_type);
    type_register_static(&user_creatable_type);
}

void type_register_static(const TypeInfo *info)
{
    TypeImpl *type = g_new0(TypeImpl, 1);

    if (!types) {
        types_init();
    }
    type->info = info;
    if (info->parent) {
        type->parent = type_find(info->parent);
        g_assert(type->parent);
    }
    type->class_size = info->class_size ? info->class_size : type->parent->class_size;
    type->instance_size =
        info->instance_size || !type->parent ? info->instance_size : type->parent->instance_size;
    g_assert(!type->parent || type->class_size >= type->parent->class_size);
    g_assert(!type->parent || type->instance_size >= type->parent->instance_size);
    g_assert(!type_find(info->name));
    g_hash_table_insert(types, (char *)info->name, type);
    type_make_class(type);
}

bool type_register_all(const TypeInfo *const *infos, size_t n_types)
{
    if (types) {
        return false;
    }
    for (size_t i = 0; i < n_types; i++) {
        type_register_static(infos[i]);
    }
    return true;
}

ObjectClass *object_class_by_name(const char *name)
{
    TypeImpl *type = type_find(name);

    return type ? type->class : NULL;
}

const char *object_class_get_name(const ObjectClass *oc)
{
    return oc->type->info->name;
}

ObjectClass *object_class_get_parent(const ObjectClass *oc)
{
    return oc->type->parent ? oc->type->parent->class : NULL;
}

bool object_class_is_abstract(const ObjectClass *oc)
{
    return oc->type->info->abstract;
}

ObjectClass *object_class_dynamic_cast(ObjectClass *oc, const char *name)
{
    const TypeImpl *target = type_find(name);

    if (!oc || !target) {
        return NULL;
    }
    if (type_is(oc->type, target)) {
        return oc;
    }
    return (ObjectClass *)class_own_interface(oc, target);
}

ObjectClass *object_class_dynamic_cast_assert(ObjectClass *oc, const char *name)
{
    ObjectClass *cast = object_class_dynamic_cast(oc, name);

    if (!cast) {
        g_error("class %s is not a %s", oc ? object_class_get_name(oc) : "NULL", name);
    }
    return cast;
}

static int compare_types(const void *a, const void *b)
{
    const TypeImpl *const *left = a, *const *right = b;

    return strcmp((*left)->info->name, (*right)->info->name);
}

void object_class_foreach(void (*fn)(ObjectClass *oc, void *opaque), const char *implements,
                          bool include_abstract, void *opaque)
{
    g_autoptr(GPtrArray) sorted = g_ptr_array_new();
    GHashTableIter iter;
    void *value;

    g_hash_table_iter_init(&iter, types);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        g_ptr_array_add(sorted, value);
    }
    g_ptr_array_sort(sorted, compare_types);
    for (guint i = 0; i < sorted->len; i++) {
        TypeImpl *type = g_ptr_array_index(sorted, i);
        if ((include_abstract || !type->info->abstract) &&
            (!implements || object_class_dynamic_cast(type->class, implements))) {
            fn(type->class, opaque);
        }
    }
}
