/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * What lets QEMU's own tests of its object model compile against ours: the one tree of a process, and QEMU's
 * names for what we take from elsewhere (JSON, keyval, enums).
 */
#ifndef TESTS_QEMU_GLUE_H
#define TESTS_QEMU_GLUE_H

#include <glib.h>
#include <string.h>
#include "qapi-builtins.h"
#include "qapi/error.h"
#include "qapi/keyval.h"
#include "qom/user-creatable.h"

/* ---- macros of QEMU's headers ---- */

#define ARRAY_SIZE(array) G_N_ELEMENTS(array)

#define DECLARE_INSTANCE_CHECKER(type, checker, name)                                                        \
    static inline G_GNUC_UNUSED type *checker(const void *obj)                                               \
    {                                                                                                        \
        return OBJECT_CHECK(type, obj, name);                                                                \
    }
#define DECLARE_CLASS_CHECKERS(type, prefix, name)                                                           \
    static inline G_GNUC_UNUSED type *prefix##_GET_CLASS(const void *obj)                                    \
    {                                                                                                        \
        return OBJECT_GET_CLASS(type, obj, name);                                                            \
    }                                                                                                        \
    static inline G_GNUC_UNUSED type *prefix##_CLASS(const void *oc)                                         \
    {                                                                                                        \
        return OBJECT_CLASS_CHECK(type, oc, name);                                                           \
    }
#define INTERFACE_CHECK(type, obj, name) ((type *)object_dynamic_cast_assert(OBJECT(obj), name))

#define MODULE_INIT_QOM                  0
#define module_call_init(which)          type_register_static(&container_type)

/* ---- errors ---- */

#define error_get_pretty(error) cgvm_error_message(error)
#define error_free(error)       cgvm_error_free(error)

static inline G_GNUC_UNUSED Error **error_abort_pointer(void)
{
    return NULL;
}
#define error_abort (*error_abort_pointer())

static inline G_GNUC_UNUSED void error_free_or_abort(Error **error)
{
    g_assert(*error);
    g_clear_pointer(error, cgvm_error_free);
}

/* ---- enums ---- */

typedef struct QEnumLookup {
    const char *const *array;
    int size;
} QEnumLookup;

static inline G_GNUC_UNUSED const EnumLookup *glue_lookup(const QEnumLookup *map)
{
    static EnumLookup lookup;

    lookup = (EnumLookup){ .names = map->array, .count = map->size };
    return &lookup;
}
#define object_class_property_add_enum(oc, name, type, map, get, set)                                        \
    (object_class_property_add_enum)(oc, name, type, glue_lookup(map), get, set)

/* ---- the one tree of a process; never freed, as in QEMU ---- */

static inline G_GNUC_UNUSED Object *glue_root(void)
{
    static Object *root;

    if (!root) {
        root = object_new(TYPE_CONTAINER);
    }
    return root;
}
#define object_get_objects_root()            (object_get_objects_root)(glue_root())
#define object_resolve_path(path, ambiguous) (object_resolve_path)(glue_root(), path, ambiguous)
#define object_resolve_path_type(path, type, ambiguous)                                                      \
    (object_resolve_path_type)(glue_root(), path, type, ambiguous)

/* ---- creating objects from text ---- */

typedef json_object QDict;
typedef json_object Visitor;
typedef struct QemuOptsList {
    const char *name, *implied_opt_name;
    int head;
    struct {
        const char *name;
    } desc[1];
} QemuOptsList;

#define QOBJECT(dict)                         (dict)
#define QTAILQ_HEAD_INITIALIZER(head)         0
#define qobject_input_visitor_new_keyval(obj) (obj)
#define qobject_unref(obj)                    json_object_put(obj)
#define visit_free(visitor)
#define qemu_add_opts(opts) (void)(opts)

static inline G_GNUC_UNUSED Object *user_creatable_add_type(const char *type, const char *id,
                                                            const QDict *dict, Visitor *visitor G_GNUC_UNUSED,
                                                            Error **errp)
{
    Object *obj = user_creatable_add(glue_root(), type, id, (json_object *)dict, false, errp);

    return obj ? object_ref(obj) : NULL; /* QEMU's gives the caller a reference */
}
#define user_creatable_del(id, errp) g_assert((user_creatable_del)(glue_root(), id, NULL))

#endif
