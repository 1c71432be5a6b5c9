/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Private to qom/: a registered type.
 */
#ifndef QOM_TYPE_IMPL_H
#define QOM_TYPE_IMPL_H

#include "qom/object.h"

struct TypeImpl {
    const TypeInfo *info;
    TypeImpl *parent;
    size_t class_size;
    size_t instance_size;
    ObjectClass *class;
    GPtrArray
        *hooked; /* ObjectProperty *: class properties with `init` or `release`; made with the first object */
};

/** A field table of a class and where its structure lies in the objects. */
typedef struct ClassFields {
    const FieldTable *table;
    size_t offset;
    void *defaults; /* the structure as objects start with it */
} ClassFields;

/** Puts what messages call @p obj before an error, unless it has no place in a tree. Returns false. */
bool object_name_error(Object *obj, Error **errp);

/** object_set_propv() for an object that is being made: errors do not name it, since its maker knows it. */
bool object_set_propv_of_new(Object *obj, Error **errp, va_list vargs);

/** Frees an instance property. */
void object_property_free(ObjectProperty *prop);

#endif
