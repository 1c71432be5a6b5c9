/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "qom/user-creatable.h"
#include "qapi/near-miss.h"
#include "qom/type-impl.h"
#include <string.h>

#define LONGEST_ID 127

const InterfaceInfo user_creatable_interfaces[] = { { TYPE_USER_CREATABLE }, { NULL } };

bool id_wellformed(const char *id)
{
    size_t length = strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._");

    return g_ascii_isalpha(id[0]) && id[length] == '\0' && length <= LONGEST_ID;
}

static void consider_type(ObjectClass *oc, void *opaque)
{
    near_miss_consider(opaque, object_class_get_name(oc));
}

ObjectClass *user_creatable_class(const char *type, Error **errp)
{
    ObjectClass *oc = object_class_by_name(type);
    NearMiss search = { .word = type };
    g_autofree char *suggestion = NULL;

    if (oc && object_class_dynamic_cast(oc, TYPE_USER_CREATABLE) && !object_class_is_abstract(oc)) {
        return oc;
    }
    if (oc && object_class_is_abstract(oc)) {
        return error_setg_null(
            errp, "object type '%s' is abstract; '-object help' lists the types to choose from", type);
    }
    if (oc) {
        return error_setg_null(errp, "objects of type '%s' are made by cgvm itself, not with -object", type);
    }
    object_class_foreach(consider_type, TYPE_USER_CREATABLE, false, &search);
    suggestion = near_miss_text(&search);
    return error_set_null(errp, CGVM_ERROR_NOT_FOUND, "there is no object type '%s'%s", type,
                          *suggestion ? suggestion : "; '-object help' lists the types to choose from");
}

typedef struct MissingProperty {
    json_object *props;
    const ObjectProperty *missing;
} MissingProperty;

static void note_missing(const ObjectProperty *prop, void *opaque)
{
    MissingProperty *search = opaque;

    if (prop->field && prop->field->mandatory &&
        !json_object_object_get_ex(search->props, prop->name, NULL)) {
        search->missing = prop;
    }
}

static bool check_mandatory(ObjectClass *oc, json_object *props, Error **errp)
{
    MissingProperty search = { .props = props };

    object_class_property_foreach(oc, note_missing, &search);
    if (search.missing) {
        return error_setg(errp, "%s needs its property '%s' (%s)", object_class_get_name(oc),
                          search.missing->name, search.missing->description);
    }
    return true;
}

static bool complete(Object *obj, Error **errp)
{
    UserCreatableClass *ucc =
        (UserCreatableClass *)object_class_dynamic_cast(obj->klass, TYPE_USER_CREATABLE);

    return !ucc || !ucc->complete || ucc->complete(obj, errp);
}

Object *user_creatable_add(Object *root, const char *type, const char *id, json_object *props, bool from_json,
                           Error **errp)
{
    ObjectClass *oc = user_creatable_class(type, errp);
    g_autoptr(Object) obj = NULL;

    if (!oc) {
        return NULL;
    }
    if (!id_wellformed(id)) {
        return error_setg_null(errp,
                               "'%s' cannot be the id of an object; use letters, digits, '-', '.' and '_', "
                               "starting with a letter",
                               id);
    }
    if (object_resolve_path_component(object_get_objects_root(root), id)) {
        return error_setg_null(errp, "there already is an object with the id '%s'; ids must be unique", id);
    }
    if (!check_mandatory(oc, props, errp)) {
        return NULL;
    }
    obj = object_new_with_class(oc);
    if (!object_property_try_add_child(object_get_objects_root(root), id, obj, errp)) {
        return NULL;
    }
    if ((props && !object_set_properties_from_keyval(obj, props, from_json, errp)) || !complete(obj, errp)) {
        object_unparent(obj);
        return NULL;
    }
    return obj;
}

/* The string @p key of @p options; NULL with an error if it is missing or something else. */
static const char *required_string(json_object *options, const char *key, const char *missing, Error **errp)
{
    json_object *value;

    if (!json_object_object_get_ex(options, key, &value)) {
        return error_setg_null(errp, "an object needs %s, as in -object sev-snp-guest,id=sev0", missing);
    }
    if (!json_object_is_type(value, json_type_string)) {
        return error_setg_null(errp, "'%s' of an object expects a string, not %s", key,
                               json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN));
    }
    return json_object_get_string(value);
}

Object *user_creatable_add_options(Object *root, json_object *options, bool from_json, Error **errp)
{
    g_autoptr(json_object) props = json_object_new_object();
    const char *type = required_string(options, "qom-type", "a type", errp);
    const char *id = type ? required_string(options, "id", "an id", errp) : NULL;

    if (!id) {
        return NULL;
    }
    json_object_object_foreach (options, name, value) {
        if (strcmp(name, "qom-type") != 0 && strcmp(name, "id") != 0) {
            json_object_object_add(props, name, json_object_get(value));
        }
    }
    return user_creatable_add(root, type, id, props, from_json, errp);
}

static ObjectClass *concrete_class(const char *type, Error **errp)
{
    ObjectClass *oc = object_class_by_name(type);

    if (!oc) {
        return error_set_null(errp, CGVM_ERROR_NOT_FOUND, "there is no object type '%s'", type);
    }
    return object_class_is_abstract(oc) ? error_setg_null(errp, "object type '%s' is abstract", type) : oc;
}

Object *object_new_with_propv(const char *type, Object *parent, const char *id, Error **errp, va_list vargs)
{
    ObjectClass *oc = concrete_class(type, errp);
    g_autoptr(Object) obj = oc ? object_new_with_class(oc) : NULL;

    /* Its place comes first: links are found from there. */
    if (!obj || (parent && !object_property_try_add_child(parent, id, obj, errp))) {
        return NULL;
    }
    if (!object_set_propv_of_new(obj, errp, vargs) || !complete(obj, errp)) {
        object_unparent(obj);
        return NULL;
    }
    /* The parent's reference is enough. */
    return parent ? obj : object_ref(obj);
}

Object *object_new_with_props(const char *type, Object *parent, const char *id, Error **errp, ...)
{
    va_list vargs;
    Object *obj;

    va_start(vargs, errp);
    obj = object_new_with_propv(type, parent, id, errp, vargs);
    va_end(vargs);
    return obj;
}

bool user_creatable_del(Object *root, const char *id, Error **errp)
{
    Object *obj = object_resolve_path_component(object_get_objects_root(root), id);
    UserCreatableClass *ucc;

    if (!obj) {
        return error_set(errp, CGVM_ERROR_NOT_FOUND, "there is no object with the id '%s'", id);
    }
    ucc = USER_CREATABLE_CLASS(object_get_class(obj));
    if (ucc->can_be_deleted && !ucc->can_be_deleted(obj, errp)) {
        return false;
    }
    object_unparent(obj);
    return true;
}

/* ---- help ---- */

static void append_type(ObjectClass *oc, void *opaque)
{
    g_string_append_printf(opaque, "  %s\n", object_class_get_name(oc));
}

char *user_creatable_list_help(void)
{
    GString *text = g_string_new("List of user creatable objects:\n");

    object_class_foreach(append_type, TYPE_USER_CREATABLE, false, text);
    return g_string_free(text, FALSE);
}

static bool is_integer(FieldKind kind)
{
    return kind == FIELD_UINT8 || kind == FIELD_UINT16 || kind == FIELD_UINT32 || kind == FIELD_UINT64 ||
           kind == FIELD_SIZE;
}

static uint64_t type_max(FieldKind kind)
{
    return kind == FIELD_UINT8    ? UINT8_MAX
           : kind == FIELD_UINT16 ? UINT16_MAX
           : kind == FIELD_UINT32 ? UINT32_MAX
                                  : UINT64_MAX;
}

/* What a user has to know about a value besides its type. */
static void append_limits(const Field *field, GString *text)
{
    const char *separator = " (";

    if (field->default_text) {
        g_string_append_printf(text, "%sdefault: %s", separator, field->default_text);
        separator = "; ";
    } else if (field->mandatory) {
        g_string_append_printf(text, "%smust be given", separator);
        separator = "; ";
    }
    if (is_integer(field->kind) && !field->list && (field->min || field->max < type_max(field->kind))) {
        if (field->max < type_max(field->kind)) {
            g_string_append_printf(text, "%s%" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT, separator,
                                   field->min, field->max);
        } else {
            g_string_append_printf(text, "%sat least %" G_GUINT64_FORMAT, separator, field->min);
        }
        separator = "; ";
    }
    if (separator[0] == ';') {
        g_string_append_c(text, ')');
    }
}

static void append_member(const char *prefix, const Field *field, GString *text)
{
    g_autofree char *head = g_strdup_printf("%s%s=<%s>", prefix, field->name, field->type);

    g_string_append_printf(text, "  %-40s - %s", head, field->description ? field->description : "");
    append_limits(field, text);
    g_string_append_c(text, '\n');
}

static void append_property(const ObjectProperty *prop, void *opaque)
{
    GString *text = opaque;

    if (!prop->set) {
        return;
    }
    if (prop->field && prop->field->kind == FIELD_STRUCT && !prop->field->list) {
        g_autofree char *prefix = g_strconcat(prop->name, ".", NULL);
        for (size_t i = 0; i < prop->field->members->n_fields; i++) {
            append_member(prefix, &prop->field->members->fields[i], text);
        }
        return;
    }
    if (prop->field && prop->field->description) {
        append_member("", prop->field, text);
    } else {
        g_autofree char *head = g_strdup_printf("%s=<%s>", prop->name, prop->type);
        g_string_append_printf(text, "  %-40s - %s\n", head, prop->description ? prop->description : "");
    }
}

char *user_creatable_class_help(ObjectClass *oc)
{
    GString *text = g_string_new(NULL);

    object_class_property_foreach(oc, append_property, text);
    if (!text->len) {
        g_string_append_printf(text, "There are no options for %s.\n", object_class_get_name(oc));
    } else {
        g_autofree char *title = g_strdup_printf("%s options:\n", object_class_get_name(oc));
        g_string_prepend(text, title);
    }
    return g_string_free(text, FALSE);
}
