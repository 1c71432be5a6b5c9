/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The object model: types with single inheritance and interfaces, reference-counted objects, properties, and
 * a tree of objects with paths. Names and semantics are QEMU's; where QEMU uses its one process-wide tree,
 * these functions take the root first, since every virtual machine has its own.
 *
 * Values of properties are JSON. Most properties come from a table that the schema generated
 * (object_class_add_fields()); links and children are added by hand.
 *
 * Types are registered once, before the first object, and are read-only from then on. Objects belong to one
 * thread at a time; only reference counting is atomic.
 */
#ifndef QOM_OBJECT_H
#define QOM_OBJECT_H

#include "qapi/fields.h"

typedef struct TypeInfo TypeInfo;
typedef struct TypeImpl TypeImpl;
typedef struct ObjectClass ObjectClass;
typedef struct Object Object;
typedef struct ObjectProperty ObjectProperty;

#define TYPE_OBJECT    "object"
#define TYPE_INTERFACE "interface"
#define TYPE_CONTAINER "container"

/* ---- types and classes ---- */

/** An interface that a type implements. */
typedef struct InterfaceInfo {
    const char *type;
} InterfaceInfo;

/** A type as its file declares it. Constant, and valid for the life of the process. */
struct TypeInfo {
    const char *name;
    const char *parent;

    /** Size of an object; 0: that of the parent. Objects start zeroed. */
    size_t instance_size;
    /** Called for every object, the parent's before the child's, after all field defaults are set. */
    void (*instance_init)(Object *obj);
    /** Called when the last reference is dropped, the child's before the parent's. Fields are freed
     * afterwards. */
    void (*instance_finalize)(Object *obj);

    /** No objects of this very type can be made. */
    bool abstract;

    /** Size of the class; 0: that of the parent. A class starts as a copy of its parent's. */
    size_t class_size;
    /** Fills the class: hooks, fields, properties. Called once, parents first. */
    void (*class_init)(ObjectClass *oc, const void *data);
    const void *class_data;

    /** Ends with an entry whose type is NULL; may be NULL. */
    const InterfaceInfo *interfaces;
};

/** The class of a type. The first member of every class structure. */
struct ObjectClass {
    TypeImpl *type;
    GSList *interfaces;     /* InterfaceClass *, this class's own copies */
    GHashTable *properties; /* name -> ObjectProperty *, without those of the parents; NULL if none */
    GSList *fields;         /* field tables of this class, without those of the parents */

    /**
     * Asked before a property of an object is set: whether that is allowed now. NULL allows all. Returns
     * false with an error that gives the reason.
     */
    bool (*may_set)(Object *obj, const char *name, Error **errp);
};

/** The class of an interface as one type implements it. The first member of every interface's class. */
typedef struct InterfaceClass {
    ObjectClass parent_class;
    ObjectClass *concrete_class; /* the class that implements it */
} InterfaceClass;

/** The first member of every object. Its members are for the object model alone. */
struct Object {
    ObjectClass *klass;
    int ref;
    Object *parent; /* not a reference */
    char *name;     /* of the property of the parent that holds it */
    GHashTable
        *properties; /* name -> ObjectProperty *: children and other instance properties; NULL if none */
};

/**
 * Registers @p n_types types, parents before children, and makes their classes, besides "object", "interface"
 * and the interfaces of this folder. To be called once in a process, from one thread; later calls do nothing
 * and return false.
 */
bool type_register_all(const TypeInfo *const *types, size_t n_types);

/** The class of type @p name, or NULL. */
ObjectClass *object_class_by_name(const char *name);
const char *object_class_get_name(const ObjectClass *oc);
/** The parent class, or NULL for "object". */
ObjectClass *object_class_get_parent(const ObjectClass *oc);
bool object_class_is_abstract(const ObjectClass *oc);

/**
 * @p oc if it is of type @p type or derived from it; its interface class if @p type is an interface that it
 * implements; else NULL. @p oc may be NULL.
 */
ObjectClass *object_class_dynamic_cast(ObjectClass *oc, const char *type);
/** The same, for a caller who knows that it holds: ends the process if it does not. */
ObjectClass *object_class_dynamic_cast_assert(ObjectClass *oc, const char *type);

/**
 * Calls @p fn for every class that is of, derives from or implements @p implements (NULL: all), sorted by
 * name, abstract ones only if @p include_abstract.
 */
void object_class_foreach(void (*fn)(ObjectClass *oc, void *opaque), const char *implements,
                          bool include_abstract, void *opaque);

/* ---- objects ---- */

/** A new object of the concrete type @p type, which must exist. The caller owns its one reference. */
Object *object_new(const char *type);
Object *object_new_with_class(ObjectClass *oc);

/** Takes a reference. Returns @p obj. */
Object *object_ref(Object *obj);
/** Drops a reference; with the last one the object is finalized. NULL is allowed. */
void object_unref(Object *obj);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Object, object_unref)

ObjectClass *object_get_class(const Object *obj);
const char *object_get_typename(const Object *obj);
/** @p obj if it is of, derives from or implements @p type, else NULL. @p obj may be NULL. */
Object *object_dynamic_cast(Object *obj, const char *type);
Object *object_dynamic_cast_assert(Object *obj, const char *type);

#define OBJECT(obj)                    ((Object *)(obj))
#define OBJECT_CHECK(ctype, obj, name) ((ctype *)object_dynamic_cast_assert(OBJECT(obj), (name)))
#define OBJECT_CLASS(oc)               ((ObjectClass *)(oc))
#define OBJECT_CLASS_CHECK(ctype, oc, name)                                                                  \
    ((ctype *)object_class_dynamic_cast_assert(OBJECT_CLASS(oc), (name)))
#define OBJECT_GET_CLASS(ctype, obj, name) OBJECT_CLASS_CHECK(ctype, object_get_class(OBJECT(obj)), name)

/* ---- properties ---- */

/** Reads a property. Returns new JSON (NULL is JSON's null). */
typedef json_object *ObjectPropertyGet(Object *obj, const ObjectProperty *prop);
/** Sets a property from borrowed JSON. The error does not need to name object or property. */
typedef bool ObjectPropertySet(Object *obj, const ObjectProperty *prop, json_object *value, Error **errp);
/** Called when an instance property goes away. */
typedef void ObjectPropertyRelease(Object *obj, ObjectProperty *prop);
/** A further test of a value that a field would accept. Called before it is stored. */
typedef bool ObjectPropertyCheck(Object *obj, json_object *value, Error **errp);
/** A further test of an object that a link would accept. */
typedef bool ObjectLinkCheck(Object *obj, Object *target, Error **errp);

/** A property; readable by everybody, made by the functions below. */
struct ObjectProperty {
    char *name;
    char *type;              /* as people read it: "uint64", "link<container>", "child<container>" */
    const char *description; /* or NULL */
    ObjectPropertyGet *get;
    ObjectPropertySet *set; /* NULL: read-only */
    ObjectPropertyRelease *release;
    /* For the accessors. */
    const Field *field;
    size_t offset; /* of the field table's structure, or of the link's pointer, in the object */
    ObjectPropertyCheck *check;
    ObjectLinkCheck *link_check;
    Object *child;
};

/**
 * Makes every field of @p table a property of the class; the table's structure lies at @p offset in the
 * objects. It is initialised with the defaults before instance_init and cleared after instance_finalize.
 */
void object_class_add_fields(ObjectClass *oc, const FieldTable *table, size_t offset);

/** Adds a further test to property @p name, which object_class_add_fields() made on this very class. */
void object_class_property_set_check(ObjectClass *oc, const char *name, ObjectPropertyCheck *check);

/**
 * Adds a link: a property whose value is the path or the id of another object of the same tree, which must be
 * of
 * @p target_type. The `Object *` at @p offset in the objects holds a reference to it; "" clears it. @p check
 * may be NULL.
 */
ObjectProperty *object_class_property_add_link(ObjectClass *oc, const char *name, const char *target_type,
                                               size_t offset, ObjectLinkCheck *check,
                                               const char *description);

/** The property called @p name of @p obj or of its class; NULL with an error that lists near misses. */
const ObjectProperty *object_property_find(Object *obj, const char *name, Error **errp);
/** The same for the properties of a class. NULL without an error if there is none. */
const ObjectProperty *object_class_property_find(ObjectClass *oc, const char *name);

/** Calls @p fn for every property of the class and its parents, sorted by name. */
void object_class_property_foreach(ObjectClass *oc, void (*fn)(const ObjectProperty *prop, void *opaque),
                                   void *opaque);

/**
 * Sets property @p name of @p obj to @p value (borrowed). Errors name the object and the property: unknown,
 * read-only, not allowed now (ObjectClass.may_set), wrong value. On failure the property keeps its value.
 */
bool object_property_set(Object *obj, const char *name, json_object *value, Error **errp);
/** The same from what a user typed (see field_from_text()). */
bool object_property_set_text(Object *obj, const char *name, const char *text, Error **errp);
/** The value of property @p name as new JSON in @p ret_value; it may be NULL, which is JSON's null. */
bool object_property_get(Object *obj, const char *name, json_object **ret_value, Error **errp);

/** Sets all members of the JSON object @p props, in order, and stops at the first that fails. */
bool object_set_props(Object *obj, json_object *props, Error **errp);

/**
 * Turns a JSON object of strings (keyval_parse()) into one with the types of the properties of class @p oc.
 * Names of unknown properties are kept, for the setter to refuse.
 */
json_object *object_class_props_from_text(ObjectClass *oc, json_object *texts, Error **errp);

/* ---- the tree of objects ---- */

/**
 * Makes @p child, which has no parent, a child of @p obj. The parent takes a reference of its own. Refused if
 * @p obj already has a property called @p name.
 */
bool object_property_try_add_child(Object *obj, const char *name, Object *child, Error **errp);
/** Takes @p obj out of its parent, if it has one, which may finalize it. */
void object_unparent(Object *obj);

/** The object without a parent above @p obj. */
Object *object_get_root(Object *obj);
/** The name under which the parent holds @p obj, or NULL without a parent. */
const char *object_get_canonical_path_component(const Object *obj);
/** The absolute path of @p obj, to be freed. */
char *object_get_canonical_path(const Object *obj);
/** How messages call @p obj: `sev-snp-guest 'sev0'`, or just the type without a parent. To be freed. */
char *object_label(const Object *obj);

/** The child or link target of @p parent called @p part, or NULL. */
Object *object_resolve_path_component(Object *parent, const char *part);
/** The object at the absolute path @p path below @p root, or NULL. */
Object *object_resolve_path(Object *root, const char *path);

/** Calls @p fn for every child, in no particular order, until it returns non-zero, and returns that. */
int object_child_foreach(Object *obj, int (*fn)(Object *child, void *opaque), void *opaque);

/** The object that holds what users create: the child "objects" of @p root, made when it is first asked for.
 */
Object *object_get_objects_root(Object *root);

#endif
