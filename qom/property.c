/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include "qapi/near-miss.h"
#include "qom/object.h"
#include "qom/type-impl.h"

void object_property_free(ObjectProperty *prop)
{
    if (prop->free_opaque) {
        prop->free_opaque(prop->opaque);
    }
    json_object_put(prop->default_value);
    g_free(prop->name);
    g_free(prop->type);
    g_free(prop->description);
    g_free(prop);
}

static ObjectProperty *property_new(const char *name, const char *type)
{
    ObjectProperty *prop = g_new0(ObjectProperty, 1);

    prop->name = g_strdup(name);
    prop->type = g_strdup(type);
    return prop;
}

/* ---- adding ---- */

ObjectProperty *object_class_property_add(ObjectClass *oc, const char *name, const char *type)
{
    ObjectProperty *prop = property_new(name, type);

    g_assert(!object_class_property_find(oc, name));
    if (!oc->properties) {
        oc->properties = g_hash_table_new(g_str_hash, g_str_equal);
    }
    g_hash_table_insert(oc->properties, prop->name, prop);
    return prop;
}

/* `name[*]` becomes the first of name[0], name[1], ... that is free. */
static char *free_name(Object *obj, const char *name)
{
    size_t stem = strlen(name) - strlen("[*]");

    for (unsigned i = 0;; i++) {
        g_autofree char *numbered = g_strdup_printf("%.*s[%u]", (int)stem, name, i);
        if (!object_property_find(obj, numbered)) {
            return g_steal_pointer(&numbered);
        }
    }
}

ObjectProperty *object_property_try_add(Object *obj, const char *name, const char *type, Error **errp)
{
    g_autofree char *numbered = g_str_has_suffix(name, "[*]") ? free_name(obj, name) : NULL;
    ObjectProperty *prop;

    if (!numbered && object_property_find(obj, name)) {
        g_autofree char *path = object_get_canonical_path(obj);
        return error_setg_null(errp, "'%s' already has something called '%s'; choose another name", path,
                               name);
    }
    prop = property_new(numbered ? numbered : name, type);
    if (!obj->properties) {
        obj->properties = g_hash_table_new(g_str_hash, g_str_equal);
    }
    g_hash_table_insert(obj->properties, prop->name, prop);
    return prop;
}

ObjectProperty *object_property_add(Object *obj, const char *name, const char *type)
{
    Error *error = NULL;
    ObjectProperty *prop = object_property_try_add(obj, name, type, &error);

    if (!prop) {
        g_error("%s", cgvm_error_message(error));
    }
    return prop;
}

void object_property_del(Object *obj, const char *name)
{
    ObjectProperty *prop = obj->properties ? g_hash_table_lookup(obj->properties, name) : NULL;

    g_assert(prop);
    g_hash_table_steal(obj->properties, name);
    if (prop->release) {
        prop->release(obj, prop);
    }
    object_property_free(prop);
}

static bool field_property_get(Object *obj, const ObjectProperty *prop, json_object **ret_value,
                               Error **errp G_GNUC_UNUSED)
{
    *ret_value = field_get(prop->field, (char *)obj + prop->offset);
    return true;
}

/* Whether @p text is names of a number. A number itself starts with a digit, or is none. */
static bool is_names(const ObjectProperty *prop, const char *text)
{
    return prop->names && g_ascii_isalpha(*text);
}

/* The same in JSON, whose strings may be longer than those of C. */
static bool is_names_in_json(const ObjectProperty *prop, json_object *value)
{
    return json_object_is_type(value, json_type_string) && is_names(prop, json_object_get_string(value)) &&
           strlen(json_object_get_string(value)) == (size_t)json_object_get_string_len(value);
}

static bool field_property_set(Object *obj, const ObjectProperty *prop, json_object *value, Error **errp)
{
    g_autoptr(json_object) named = NULL;
    uint64_t number;

    if (is_names_in_json(prop, value)) {
        if (!prop->names(prop->name, json_object_get_string(value), &number, errp)) {
            return false;
        }
        value = named = json_object_new_uint64(number);
    }
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
    fields->defaults = g_malloc0(table->struct_size);
    fields_init(table, fields->defaults);
    oc->fields = g_slist_append(oc->fields, fields);
    for (size_t i = 0; i < table->n_fields; i++) {
        const Field *field = &table->fields[i];
        ObjectProperty *prop = object_class_property_add(oc, field->name, field->type);
        prop->description = g_strdup(field->description);
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

void object_class_property_set_names(ObjectClass *oc, const char *name, ObjectPropertyNames *names)
{
    ObjectProperty *prop = g_hash_table_lookup(oc->properties, name);

    g_assert(prop && prop->field);
    prop->names = names;
}

static void set_description(ObjectProperty *prop, const char *description)
{
    g_assert(prop);
    g_free(prop->description);
    prop->description = g_strdup(description);
}

void object_property_set_description(Object *obj, const char *name, const char *description)
{
    set_description(object_property_find(obj, name), description);
}

void object_class_property_set_description(ObjectClass *oc, const char *name, const char *description)
{
    set_description(object_class_property_find(oc, name), description);
}

static void property_init(Object *obj, const ObjectProperty *prop)
{
    Error *error = NULL;

    if (!prop->set(obj, prop, prop->default_value, &error)) {
        g_error("the default of %s.%s is refused: %s", object_get_typename(obj), prop->name,
                cgvm_error_message(error));
    }
}

static void set_default(ObjectProperty *prop, json_object *value)
{
    g_assert(prop->set && !prop->default_value);
    prop->default_value = value;
    prop->init = property_init;
}

void object_property_set_default_bool(ObjectProperty *prop, bool value)
{
    set_default(prop, json_object_new_boolean(value));
}

void object_property_set_default_str(ObjectProperty *prop, const char *value)
{
    set_default(prop, json_object_new_string(value));
}

void object_property_set_default_uint(ObjectProperty *prop, uint64_t value)
{
    set_default(prop, json_object_new_uint64(value));
}

/* ---- finding ---- */

ObjectProperty *object_class_property_find(ObjectClass *oc, const char *name)
{
    for (; oc; oc = object_class_get_parent(oc)) {
        ObjectProperty *prop = oc->properties ? g_hash_table_lookup(oc->properties, name) : NULL;
        if (prop) {
            return prop;
        }
    }
    return NULL;
}

ObjectProperty *object_property_find(Object *obj, const char *name)
{
    ObjectProperty *prop = object_class_property_find(obj->klass, name);

    return prop || !obj->properties ? prop : g_hash_table_lookup(obj->properties, name);
}

ObjectProperty *object_property_find_err(Object *obj, const char *name, Error **errp)
{
    ObjectProperty *prop = object_property_find(obj, name);
    ObjectPropertyIterator iterator;
    NearMiss search = { .word = name };
    g_autofree char *label = NULL, *suggestion = NULL;

    if (prop || !errp) {
        return prop;
    }
    object_property_iter_init(&iterator, obj);
    while ((prop = object_property_iter_next(&iterator))) {
        if (prop->set) {
            near_miss_consider(&search, prop->name);
        }
    }
    label = object_label(obj);
    suggestion = near_miss_text(&search);
    return error_set_null(errp, CGVM_ERROR_NOT_FOUND, "%s has no property '%s'%s", label, name, suggestion);
}

static void iterator_take(ObjectPropertyIterator *iterator, GHashTable *properties)
{
    iterator->has_iter = properties != NULL;
    if (properties) {
        g_hash_table_iter_init(&iterator->iter, properties);
    }
}

void object_property_iter_init(ObjectPropertyIterator *iterator, Object *obj)
{
    iterator->next_class = obj->klass;
    iterator_take(iterator, obj->properties);
}

void object_class_property_iter_init(ObjectPropertyIterator *iterator, ObjectClass *oc)
{
    iterator->next_class = object_class_get_parent(oc);
    iterator_take(iterator, oc->properties);
}

/* The next of the same object or class. */
static void *iterator_step(ObjectPropertyIterator *iterator)
{
    void *value = NULL;

    iterator->has_iter = iterator->has_iter && g_hash_table_iter_next(&iterator->iter, NULL, &value);
    return value;
}

ObjectProperty *object_property_iter_next(ObjectPropertyIterator *iterator)
{
    void *value;

    while (!(value = iterator_step(iterator))) {
        if (!iterator->next_class) {
            return NULL;
        }
        iterator_take(iterator, iterator->next_class->properties);
        iterator->next_class = object_class_get_parent(iterator->next_class);
    }
    return value;
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
    ObjectPropertyIterator iterator;
    ObjectProperty *prop;

    object_class_property_iter_init(&iterator, oc);
    while ((prop = object_property_iter_next(&iterator))) {
        g_ptr_array_add(sorted, prop);
    }
    g_ptr_array_sort(sorted, compare_properties);
    for (guint i = 0; i < sorted->len; i++) {
        fn(g_ptr_array_index(sorted, i), opaque);
    }
}

/* ---- using ---- */

/* An object without a place has no name that would help: whoever makes it knows better. */
bool object_name_error(Object *obj, Error **errp)
{
    g_autofree char *label = object_label(obj);

    return obj->parent ? error_prepend(errp, "%s: ", label) : false;
}

static bool property_set(Object *obj, const ObjectProperty *prop, json_object *value, Error **errp)
{
    if (!prop->set) {
        return error_setg(errp, "'%s' can only be read", prop->name);
    }
    return (!obj->klass->may_set || obj->klass->may_set(obj, prop->name, errp)) &&
           prop->set(obj, prop, value, errp);
}

bool object_property_set(Object *obj, const char *name, json_object *value, Error **errp)
{
    const ObjectProperty *prop = object_property_find_err(obj, name, errp);

    return prop && (property_set(obj, prop, value, errp) || object_name_error(obj, errp));
}

static json_object *value_from_text(const ObjectProperty *prop, const char *text, Error **errp)
{
    return prop->field && !is_names(prop, text) ? field_from_text(prop->field, text, errp)
                                                : json_object_new_string(text);
}

static bool property_parse(Object *obj, const ObjectProperty *prop, const char *text, Error **errp)
{
    g_autoptr(json_object) value = value_from_text(prop, text, errp);

    return value && property_set(obj, prop, value, errp);
}

bool object_property_parse(Object *obj, const char *name, const char *text, Error **errp)
{
    const ObjectProperty *prop = object_property_find_err(obj, name, errp);

    return prop && (property_parse(obj, prop, text, errp) || object_name_error(obj, errp));
}

bool object_property_get(Object *obj, const char *name, json_object **ret_value, Error **errp)
{
    const ObjectProperty *prop = object_property_find_err(obj, name, errp);

    if (!prop) {
        return false;
    }
    if (!prop->get) {
        return error_setg(errp, "'%s' can only be written", name);
    }
    return prop->get(obj, prop, ret_value, errp);
}

char *object_property_print(Object *obj, const char *name, Error **errp)
{
    g_autoptr(json_object) value = NULL;

    if (!object_property_get(obj, name, &value, errp)) {
        return NULL;
    }
    if (json_object_is_type(value, json_type_string)) {
        return g_strdup(json_object_get_string(value));
    }
    return g_strdup(
        json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}

bool object_set_propv_of_new(Object *obj, Error **errp, va_list vargs)
{
    const char *name;

    while ((name = va_arg(vargs, const char *))) {
        const ObjectProperty *prop = object_property_find_err(obj, name, errp);
        if (!prop || !property_parse(obj, prop, va_arg(vargs, const char *), errp)) {
            return false;
        }
    }
    return true;
}

bool object_set_propv(Object *obj, Error **errp, va_list vargs)
{
    const char *name;

    while ((name = va_arg(vargs, const char *))) {
        if (!object_property_parse(obj, name, va_arg(vargs, const char *), errp)) {
            return false;
        }
    }
    return true;
}

bool object_set_props(Object *obj, Error **errp, ...)
{
    va_list vargs;
    bool done;

    va_start(vargs, errp);
    done = object_set_propv(obj, errp, vargs);
    va_end(vargs);
    return done;
}

/* What a user typed as nested keys, made a value of the property's type. */
static bool set_from_keyval(Object *obj, const char *name, json_object *keyval, Error **errp)
{
    const ObjectProperty *prop = object_property_find_err(obj, name, errp);
    g_autoptr(json_object) value = NULL;

    if (!prop) {
        return false;
    }
    value = prop->field && !is_names_in_json(prop, keyval) ? field_from_keyval(prop->field, keyval, errp)
                                                           : json_object_get(keyval);
    return (value && property_set(obj, prop, value, errp)) || object_name_error(obj, errp);
}

bool object_set_properties_from_keyval(Object *obj, json_object *props, bool from_json, Error **errp)
{
    json_object_object_foreach (props, name, value) {
        bool done =
            from_json ? object_property_set(obj, name, value, errp) : set_from_keyval(obj, name, value, errp);
        if (!done) {
            return false;
        }
    }
    return true;
}
