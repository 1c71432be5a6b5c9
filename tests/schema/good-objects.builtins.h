/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Generated from the schema by qapi/generate.py: change the schema, not this file. */
#ifndef QAPI_BUILTINS_H
#define QAPI_BUILTINS_H

#include "qom/object.h"

extern const TypeInfo guest_support_type; /* The root. */
extern const TypeInfo sev_common_type; /* A parent that has a parent. */
extern const TypeInfo sev_guest_type; /* A type before its parent, with members of its own. */
extern const TypeInfo plain_type;

/** Initialiser of an array of pointers to all of them; each follows its parent. */
#define QAPI_BUILTIN_TYPES \
    &guest_support_type, \
    &sev_common_type, \
    &sev_guest_type, \
    &plain_type

#endif
