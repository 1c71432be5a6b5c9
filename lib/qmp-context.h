/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * What the handlers of QMP commands work on: the context of the server, as qmp_call_context() returns it.
 */
#ifndef LIB_QMP_CONTEXT_H
#define LIB_QMP_CONTEXT_H

#include "qom/object.h"

/** All borrowed; the owner of the server fills it. */
typedef struct QmpContext {
    Object *root;     /* of the tree of objects */
    const char *arch; /* that guests are made for: "x86_64" */
} QmpContext;

/** `version` of the greeting and the result of query-version, as new JSON. */
json_object *qmp_version(void);

#endif
