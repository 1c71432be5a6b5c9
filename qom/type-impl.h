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

/** Frees an instance property. */
void object_property_free(ObjectProperty *prop);

#endif
