/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Objects that users create by name: -object TYPE,id=ID,...
 */
#ifndef QOM_USER_CREATABLE_H
#define QOM_USER_CREATABLE_H

#include "qom/object.h"

#define TYPE_USER_CREATABLE "user-creatable"

/** What a type that users may create implements. Both hooks are optional. */
typedef struct UserCreatableClass {
    InterfaceClass parent_class;
    /** All properties are set and the object has its place in the tree; a failure takes it out again. */
    bool (*complete)(Object *obj, Error **errp);
    /** Whether the object may be deleted now; the error says who uses it. NULL: always. */
    bool (*can_be_deleted)(Object *obj, Error **errp);
} UserCreatableClass;

#define USER_CREATABLE_CLASS(oc) OBJECT_CLASS_CHECK(UserCreatableClass, oc, TYPE_USER_CREATABLE)

/** Ready-made value for TypeInfo.interfaces. */
extern const InterfaceInfo user_creatable_interfaces[];

/** Whether @p id is an identifier: letters, digits, `-`, `.` and `_`, starting with a letter, at most 127
 * bytes. */
bool id_wellformed(const char *id);

/**
 * The class of the creatable type @p type. NULL with an error that tells an unknown type from an abstract one
 * and from one that is not for users, and suggests near misses.
 */
ObjectClass *user_creatable_class(const char *type, Error **errp);

/**
 * Creates an object of type @p type below /objects of @p root with the properties @p props (a JSON object
 * without `qom-type` and `id`, or NULL). The tree owns it; the returned pointer is borrowed. On failure
 * nothing remains of it.
 */
Object *user_creatable_add(Object *root, const char *type, const char *id, json_object *props, bool from_json,
                           Error **errp);

/** The same from all that -object was given, which must hold `qom-type` and `id`. */
Object *user_creatable_add_options(Object *root, json_object *options, bool from_json, Error **errp);

/** Deletes the object called @p id below /objects of @p root, unless somebody uses it. */
bool user_creatable_del(Object *root, const char *id, Error **errp);

/** What `-object help` prints: all creatable types. To be freed. */
char *user_creatable_list_help(void);
/**
 * What `-object TYPE,help` prints, and its like for other types: all writable properties with type,
 * description, default, range and whether they must be given. To be freed.
 */
char *user_creatable_class_help(ObjectClass *oc);

#endif
