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

    /** Called when the object loses its parent, before it does; NULL does nothing. */
    void (*unparent)(Object *obj);
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
        *properties;    /* name -> ObjectProperty *: children and other instance properties; NULL if none */
    GSList *weak_links; /* Object **: weak links that point here, cleared when the object goes away */
};

/**
 * Registers @p n_types types, parents before children, and makes their classes, besides "object", "interface"
 * and the interfaces of this folder. To be called once in a process, from one thread; later calls do nothing
 * and return false.
 */
bool type_register_all(const TypeInfo *const *types, size_t n_types);

/** Registers one type, whose parent and interfaces are registered. For programs that bring types of their
 * own. */
void type_register_static(const TypeInfo *info);

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

/* ---- making properties ---- */

/** Reads a property into new JSON. */
typedef bool ObjectPropertyGet(Object *obj, const ObjectProperty *prop, json_object **ret_value,
                               Error **errp);
/** Sets a property from borrowed JSON. The error names the property, not the object. */
typedef bool ObjectPropertySet(Object *obj, const ObjectProperty *prop, json_object *value, Error **errp);
/** The object that a path goes on with. */
typedef Object *ObjectPropertyResolve(Object *obj, const ObjectProperty *prop);
/** Called for every object when its property goes away. */
typedef void ObjectPropertyRelease(Object *obj, const ObjectProperty *prop);
/** Called for every object when it is made, for a class property with a default. */
typedef void ObjectPropertyInit(Object *obj, const ObjectProperty *prop);
/** A further test of a value that a field would accept. Called before it is stored. */
typedef bool ObjectPropertyCheck(Object *obj, json_object *value, Error **errp);
/**
 * Turns @p text, names that a user wrote for the number that property @p name is, into that number. False
 * with an error that calls the property @p name.
 */
typedef bool ObjectPropertyNames(const char *name, const char *text, uint64_t *ret_number, Error **errp);
/** Whether a link may be set to @p target, which has the right type. */
typedef bool ObjectLinkCheck(Object *obj, const char *name, Object *target, Error **errp);

/** A property; readable by everybody, made by the functions below. */
struct ObjectProperty {
    char *name;
    char *type;             /* as people read it: "uint64", "link<container>", "child<container>" */
    char *description;      /* or NULL */
    ObjectPropertyGet *get; /* NULL: write-only */
    ObjectPropertySet *set; /* NULL: read-only */
    ObjectPropertyResolve *resolve;
    ObjectPropertyRelease *release;
    ObjectPropertyInit *init;
    json_object *default_value; /* or NULL */
    const Field *field;         /* how text becomes a value; NULL: text is a string */
    size_t offset;              /* for the accessors: of the structure that `field` is of, in the object */
    ObjectPropertyCheck *check;
    ObjectPropertyNames *names; /* numbers may be written as names; NULL: they may not */
    void *opaque;               /* for the accessors */
    void (*free_opaque)(void *opaque);
};

/**
 * Makes every field of @p table a property of the class; the table's structure lies at @p offset in the
 * objects. All are initialised with their defaults before the first instance_init and cleared after the last
 * instance_finalize.
 */
void object_class_add_fields(ObjectClass *oc, const FieldTable *table, size_t offset);

/** Adds a further test to property @p name, which object_class_add_fields() made on this very class. */
void object_class_property_set_check(ObjectClass *oc, const char *name, ObjectPropertyCheck *check);

/**
 * Lets the number that property @p name is, made by object_class_add_fields() on this very class, be written
 * as names, too, by all ways of setting it: text that starts with a letter, and in JSON such a string. It is
 * read as a number as before.
 */
void object_class_property_set_names(ObjectClass *oc, const char *name, ObjectPropertyNames *names);

/**
 * Adds an empty property called @p name, which must be new, for the caller to fill in. @p type is copied. On
 * an object, a name that ends in `[*]` gets the first free number: `cpu[*]` becomes `cpu[0]`.
 */
ObjectProperty *object_property_add(Object *obj, const char *name, const char *type);
/** The same; refused with an error if the name is taken. */
ObjectProperty *object_property_try_add(Object *obj, const char *name, const char *type, Error **errp);
/** The same on a class, for all its objects. */
ObjectProperty *object_class_property_add(ObjectClass *oc, const char *name, const char *type);

/*
 * Properties with functions of their own. A setter or getter that is NULL makes the property read-only or
 * write-only. The getters return what the caller frees where that is a pointer.
 */
ObjectProperty *object_property_add_bool(Object *obj, const char *name, bool (*get)(Object *, Error **),
                                         void (*set)(Object *, bool, Error **));
ObjectProperty *object_class_property_add_bool(ObjectClass *oc, const char *name,
                                               bool (*get)(Object *, Error **),
                                               void (*set)(Object *, bool, Error **));
ObjectProperty *object_property_add_str(Object *obj, const char *name, char *(*get)(Object *, Error **),
                                        void (*set)(Object *, const char *, Error **));
ObjectProperty *object_class_property_add_str(ObjectClass *oc, const char *name,
                                              char *(*get)(Object *, Error **),
                                              void (*set)(Object *, const char *, Error **));
ObjectProperty *object_property_add_enum(Object *obj, const char *name, const char *type,
                                         const EnumLookup *lookup, int (*get)(Object *, Error **),
                                         void (*set)(Object *, int, Error **));
ObjectProperty *object_class_property_add_enum(ObjectClass *oc, const char *name, const char *type,
                                               const EnumLookup *lookup, int (*get)(Object *, Error **),
                                               void (*set)(Object *, int, Error **));

/** What may be done to a property that is a number in memory. */
typedef enum ObjectPropertyFlags {
    OBJ_PROP_FLAG_READ = 1 << 0,
    OBJ_PROP_FLAG_WRITE = 1 << 1,
    OBJ_PROP_FLAG_READWRITE = OBJ_PROP_FLAG_READ | OBJ_PROP_FLAG_WRITE,
} ObjectPropertyFlags;

/** The number at @p value, which must outlive the property. */
ObjectProperty *object_property_add_uint8_ptr(Object *obj, const char *name, const uint8_t *value,
                                              ObjectPropertyFlags flags);
ObjectProperty *object_property_add_uint16_ptr(Object *obj, const char *name, const uint16_t *value,
                                               ObjectPropertyFlags flags);
ObjectProperty *object_property_add_uint32_ptr(Object *obj, const char *name, const uint32_t *value,
                                               ObjectPropertyFlags flags);
ObjectProperty *object_property_add_uint64_ptr(Object *obj, const char *name, const uint64_t *value,
                                               ObjectPropertyFlags flags);

/** How a link holds its target. */
typedef enum ObjectPropertyLinkFlags {
    OBJ_PROP_LINK_WEAK = 0,        /* without a reference; it becomes NULL when the target goes away */
    OBJ_PROP_LINK_STRONG = 1 << 0, /* with a reference */
} ObjectPropertyLinkFlags;

/**
 * Adds a link: a property whose value is the path or the id of another object of the same tree, which must be
 * of
 * @p target_type; "" clears it. It is stored at @p offset in the objects. Without a @p check the property is
 * read-only; object_property_allow_set_link allows every target.
 */
ObjectProperty *object_class_property_add_link(ObjectClass *oc, const char *name, const char *target_type,
                                               ptrdiff_t offset, ObjectLinkCheck *check,
                                               ObjectPropertyLinkFlags flags);
/** The same on an object; it is stored at @p target, which must outlive the property. */
ObjectProperty *object_property_add_link(Object *obj, const char *name, const char *target_type,
                                         Object **target, ObjectLinkCheck *check,
                                         ObjectPropertyLinkFlags flags);
bool object_property_allow_set_link(Object *obj, const char *name, Object *target, Error **errp);

/**
 * Another name for property @p target_name of @p target, to which a reference is held. If that property goes
 * away, the alias stays, and using it fails.
 */
ObjectProperty *object_property_add_alias(Object *obj, const char *name, Object *target,
                                          const char *target_name);

void object_property_set_description(Object *obj, const char *name, const char *description);
void object_class_property_set_description(ObjectClass *oc, const char *name, const char *description);

/** The value with which objects start. On a class property, before the first object. */
void object_property_set_default_bool(ObjectProperty *prop, bool value);
void object_property_set_default_str(ObjectProperty *prop, const char *value);
void object_property_set_default_uint(ObjectProperty *prop, uint64_t value);

/** Takes the instance property @p name, which must exist, away. */
void object_property_del(Object *obj, const char *name);

/* ---- finding properties ---- */

/** The property called @p name of @p obj or of its class; NULL if there is none. */
ObjectProperty *object_property_find(Object *obj, const char *name);
/** The same with an error that suggests near misses. */
ObjectProperty *object_property_find_err(Object *obj, const char *name, Error **errp);
/** The property called @p name of a class or its parents; NULL if there is none. */
ObjectProperty *object_class_property_find(ObjectClass *oc, const char *name);

/** A walk over properties. Nothing may be added or taken away while it lasts. */
typedef struct ObjectPropertyIterator {
    ObjectClass *next_class;
    GHashTableIter iter;
    bool has_iter;
} ObjectPropertyIterator;

/** Starts a walk over the properties of the object, its class and the class's parents. */
void object_property_iter_init(ObjectPropertyIterator *iterator, Object *obj);
/** Starts a walk over the properties of a class and its parents. */
void object_class_property_iter_init(ObjectPropertyIterator *iterator, ObjectClass *oc);
/** The next property, in no particular order, or NULL. */
ObjectProperty *object_property_iter_next(ObjectPropertyIterator *iterator);

/** Calls @p fn for every property of the class and its parents, sorted by name. */
void object_class_property_foreach(ObjectClass *oc, void (*fn)(const ObjectProperty *prop, void *opaque),
                                   void *opaque);

/* ---- using properties ---- */

/**
 * Sets property @p name of @p obj to @p value (borrowed). Errors name the property: unknown, read-only, not
 * allowed now (ObjectClass.may_set), wrong value. On failure the property keeps its value.
 */
bool object_property_set(Object *obj, const char *name, json_object *value, Error **errp);
/** The same from what a user typed (see field_from_text()). */
bool object_property_parse(Object *obj, const char *name, const char *text, Error **errp);
/** The value of property @p name as new JSON in @p ret_value, which may be NULL, JSON's null. */
bool object_property_get(Object *obj, const char *name, json_object **ret_value, Error **errp);
/** The value of property @p name as text, to be freed; NULL with an error. */
char *object_property_print(Object *obj, const char *name, Error **errp);

/* The same with C types. The getters return false, NULL, 0 or -1 on failure. */
bool object_property_set_bool(Object *obj, const char *name, bool value, Error **errp);
bool object_property_get_bool(Object *obj, const char *name, Error **errp);
bool object_property_set_str(Object *obj, const char *name, const char *value, Error **errp);
char *object_property_get_str(Object *obj, const char *name, Error **errp);
bool object_property_set_int(Object *obj, const char *name, int64_t value, Error **errp);
int64_t object_property_get_int(Object *obj, const char *name, Error **errp);
bool object_property_set_uint(Object *obj, const char *name, uint64_t value, Error **errp);
uint64_t object_property_get_uint(Object *obj, const char *name, Error **errp);
/** The value of an enum property whose type is called @p type. */
int object_property_get_enum(Object *obj, const char *name, const char *type, Error **errp);
bool object_property_set_link(Object *obj, const char *name, Object *target, Error **errp);
/** The target of a link, a child, or an alias of one, borrowed; NULL without an error if it is not set. */
Object *object_property_get_link(Object *obj, const char *name, Error **errp);

/** Sets the properties given as pairs of strings, name and text, up to a NULL; stops at the first that fails.
 */
bool object_set_props(Object *obj, Error **errp, ...) G_GNUC_NULL_TERMINATED;
bool object_set_propv(Object *obj, Error **errp, va_list vargs);

/**
 * Sets all members of the JSON object @p props, in order, and stops at the first that fails. Unless @p
 * from_json, strings are what a user typed (keyval_parse()) and become values of the properties' types.
 */
bool object_set_properties_from_keyval(Object *obj, json_object *props, bool from_json, Error **errp);

/* ---- the tree ---- */

/**
 * A new object of type @p type with the given properties, as child @p id of @p parent (or of nobody if that
 * is NULL). It is completed if it is user-creatable. The caller owns a reference only if there is no parent.
 */
Object *object_new_with_props(const char *type, Object *parent, const char *id, Error **errp,
                              ...) G_GNUC_NULL_TERMINATED;
Object *object_new_with_propv(const char *type, Object *parent, const char *id, Error **errp, va_list vargs);

/**
 * Makes @p child, which has no parent, a child of @p obj. The parent takes a reference of its own. The name,
 * which may end in `[*]`, must be new.
 */
ObjectProperty *object_property_add_child(Object *obj, const char *name, Object *child);
/** The same; refused with an error if the name is taken. */
ObjectProperty *object_property_try_add_child(Object *obj, const char *name, Object *child, Error **errp);
/** Adds a child that only holds others. Borrowed. */
Object *object_property_add_new_container(Object *obj, const char *name);
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

/** The child, link target or alias's of @p parent called @p part, or NULL. */
Object *object_resolve_path_component(Object *parent, const char *part);

/**
 * The object at @p path in the tree of @p root. A path that starts with `/` is absolute; any other is the end
 * of one, and found wherever it occurs. Empty components are skipped. NULL if there is none, or if a partial
 * path fits several, which sets @p ambiguous (may be NULL) to true, else to false.
 */
Object *object_resolve_path(Object *root, const char *path, bool *ambiguous);
/** The same among objects of type @p type alone. */
Object *object_resolve_path_type(Object *root, const char *path, const char *type, bool *ambiguous);
/** The object at the absolute path that the components @p path below @p root make. */
Object *object_resolve_path_at(Object *parent, const char *path);

/** Calls @p fn for every child, in no particular order, until it returns non-zero, and returns that. */
int object_child_foreach(Object *obj, int (*fn)(Object *child, void *opaque), void *opaque);
/** The same for the children of the children, too; a child comes before its own. */
int object_child_foreach_recursive(Object *obj, int (*fn)(Object *child, void *opaque), void *opaque);

/** The object that holds what users create: the child "objects" of @p root, made when it is first asked for.
 */
Object *object_get_objects_root(Object *root);

#endif
