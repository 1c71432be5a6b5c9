/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Generated from the schema by qapi/generate.py: change the schema, not this file. */
#ifndef QAPI_BUILTINS_H
#define QAPI_BUILTINS_H

#include "qom/object.h"

extern const TypeInfo widget_type; /* What widgets have in common. */
extern const TypeInfo round_widget_type; /* A widget with a property of its own. */
extern const TypeInfo plain_widget_type; /* A widget without any. */
extern const TypeInfo bare_type; /* No property at all. */

/** Initialiser of an array of pointers to all of them; each follows its parent. */
#define QAPI_BUILTIN_TYPES \
    &widget_type, \
    &round_widget_type, \
    &plain_widget_type, \
    &bare_type

#endif
