/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * QMP: the commands about objects and their types.
 */
#include <string.h>
#include "lib/qmp-context.h"
#include "qapi-commands.h"
#include "qom/user-creatable.h"

/* ---- lists of properties ---- */

static int compare_properties(const void *a, const void *b)
{
    const ObjectProperty *const *left = a, *const *right = b;

    return strcmp((*left)->name, (*right)->name);
}

/* The rest of @p iterator, sorted by name. */
static GPtrArray *properties_sorted(ObjectPropertyIterator *iterator)
{
    GPtrArray *sorted = g_ptr_array_new();
    ObjectProperty *prop;

    while ((prop = object_property_iter_next(iterator))) {
        g_ptr_array_add(sorted, prop);
    }
    g_ptr_array_sort(sorted, compare_properties);
    return sorted;
}

/* The value that objects start with as new JSON, or NULL. */
static json_object *default_value(const ObjectProperty *prop)
{
    if (prop->default_value) {
        return json_object_get(prop->default_value);
    }
    return prop->field && prop->field->default_text
               ? field_from_text(prop->field, prop->field->default_text, NULL)
               : NULL;
}

static json_object *property_info(const ObjectProperty *prop, bool with_details)
{
    g_autoptr(json_object) value = with_details ? default_value(prop) : NULL;
    const ObjectPropertyInfo info = {
        .name = prop->name,
        .type = prop->type,
        .description = with_details ? prop->description : NULL,
        .default_value = value,
    };

    return fields_to_json(&ObjectPropertyInfo_fields, &info);
}

static json_object *properties_list(ObjectPropertyIterator *iterator, bool with_details)
{
    g_autoptr(GPtrArray) sorted = properties_sorted(iterator);
    json_object *list = json_object_new_array_ext(sorted->len);

    for (guint i = 0; i < sorted->len; i++) {
        json_object_array_add(list, property_info(sorted->pdata[i], with_details));
    }
    return list;
}

/* ---- objects ---- */

/* The object at @p path. As in QEMU, a path that fits several is only for qom-list another error than none.
 */
static Object *object_find(QmpCall *call, const char *path, bool tells_ambiguous, Error **errp)
{
    const QmpContext *context = qmp_call_context(call);
    bool ambiguous;
    Object *obj = object_resolve_path(context->vm->root, path, &ambiguous);

    if (ambiguous && tells_ambiguous) {
        return error_setg_null(errp, "the path '%s' fits several objects; give the whole path", path);
    }
    if (obj) {
        return obj;
    }
    qmp_call_set_error_class(call, QMP_ERROR_DEVICE_NOT_FOUND);
    return error_set_null(errp, CGVM_ERROR_NOT_FOUND,
                          "there is no object at '%s'; 'qom-list' with '/' shows where to start", path);
}

bool qmp_qom_list(QmpCall *call, const void *arguments, Error **errp)
{
    const QomListArguments *args = arguments;
    Object *obj = object_find(call, args->path, true, errp);
    ObjectPropertyIterator iterator;

    if (!obj) {
        return false;
    }
    object_property_iter_init(&iterator, obj);
    return qmp_call_return(call, properties_list(&iterator, false));
}

bool qmp_qom_get(QmpCall *call, const void *arguments, Error **errp)
{
    const QomGetArguments *args = arguments;
    Object *obj = object_find(call, args->path, false, errp);
    json_object *value;

    return obj && object_property_get(obj, args->property, &value, errp) && qmp_call_return(call, value);
}

bool qmp_qom_set(QmpCall *call, const void *arguments, Error **errp)
{
    const QomSetArguments *args = arguments;
    Object *obj = qmp_idle_context(call, errp) ? object_find(call, args->path, false, errp) : NULL;

    return obj && object_property_set(obj, args->property, args->value, errp);
}

/* A machine that is made keeps its link, so what is added now would protect nothing. */
static bool check_can_protect(const CgvmVm *vm, const char *type, Error **errp)
{
    return !vm->machine->frozen || !machine_can_start(vm->machine) ||
           !object_class_dynamic_cast(object_class_by_name(type), TYPE_CONFIDENTIAL_GUEST_SUPPORT) ||
           error_set(errp, CGVM_ERROR_STATE,
                     "a %s that is added now would protect no guest, as the machine is made already; give it "
                     "with -object, and link the machine with -machine confidential-guest-support=ID",
                     type);
}

bool qmp_object_add(QmpCall *call, const void *arguments, Error **errp)
{
    const QmpContext *context = qmp_idle_context(call, errp);
    const ObjectAddArguments *args = arguments;

    return context && check_can_protect(context->vm, args->qom_type, errp) &&
           user_creatable_add_options(context->vm->root, qmp_call_arguments(call), true, errp) != NULL;
}

bool qmp_object_del(QmpCall *call, const void *arguments, Error **errp)
{
    const QmpContext *context = qmp_idle_context(call, errp);
    const ObjectDelArguments *args = arguments;

    return context && user_creatable_del(context->vm->root, args->id, errp);
}

/* ---- types ---- */

static void append_type(ObjectClass *oc, void *opaque)
{
    ObjectClass *parent = object_class_get_parent(oc);
    const bool is_abstract = object_class_is_abstract(oc);
    const ObjectTypeInfo info = {
        .name = (char *)object_class_get_name(oc),
        .has_abstract = is_abstract,
        .abstract = is_abstract,
        .parent = parent ? (char *)object_class_get_name(parent) : NULL,
    };

    json_object_array_add(opaque, fields_to_json(&ObjectTypeInfo_fields, &info));
}

bool qmp_qom_list_types(QmpCall *call, const void *arguments, Error **errp G_GNUC_UNUSED)
{
    const QomListTypesArguments *args = arguments;
    json_object *types = json_object_new_array();

    object_class_foreach(append_type, args->implements, args->abstract, types);
    return qmp_call_return(call, types);
}

static ObjectClass *class_find(QmpCall *call, const char *type, Error **errp)
{
    ObjectClass *oc = object_class_by_name(type);

    if (oc) {
        return oc;
    }
    qmp_call_set_error_class(call, QMP_ERROR_DEVICE_NOT_FOUND);
    return error_set_null(errp, CGVM_ERROR_NOT_FOUND,
                          "there is no object type '%s'; 'qom-list-types' lists them", type);
}

/* Returns the properties of the class @p oc. Of what makes some for each object, one is made to see them. */
static bool return_properties(QmpCall *call, ObjectClass *oc)
{
    g_autoptr(Object) obj = object_class_is_abstract(oc) ? NULL : object_new_with_class(oc);
    ObjectPropertyIterator iterator;

    if (obj) {
        object_property_iter_init(&iterator, obj);
    } else {
        object_class_property_iter_init(&iterator, oc);
    }
    return qmp_call_return(call, properties_list(&iterator, true));
}

bool qmp_qom_list_properties(QmpCall *call, const void *arguments, Error **errp)
{
    const QomListPropertiesArguments *args = arguments;
    ObjectClass *oc = class_find(call, args->typename, errp);

    if (!oc) {
        return false;
    }
    if (!object_class_dynamic_cast(oc, TYPE_OBJECT)) {
        return error_setg(errp,
                          "'%s' is an interface, which has no properties; give a type that implements it",
                          args->typename);
    }
    return return_properties(call, oc);
}

bool qmp_device_list_properties(QmpCall *call, const void *arguments, Error **errp)
{
    const DeviceListPropertiesArguments *args = arguments;
    ObjectClass *oc = class_find(call, args->typename, errp);

    if (!oc) {
        return false;
    }
    if (!object_class_dynamic_cast(oc, "device") || object_class_is_abstract(oc)) {
        return error_setg(
            errp, "'%s' is no type of devices that can be made; 'qom-list-properties' is for all types",
            args->typename);
    }
    return return_properties(call, oc);
}
