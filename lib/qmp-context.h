/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * What the handlers of QMP commands work on: the context of the server, as qmp_call_context() returns it.
 */
#ifndef LIB_QMP_CONTEXT_H
#define LIB_QMP_CONTEXT_H

#include "lib/vm-run.h"
#include "qapi/qmp-command.h"

/** All borrowed; the owner of the server fills it. */
typedef struct QmpContext {
    const char *arch;           /* that guests are made for: "x86_64" */
    CgvmVm *vm;                 /* made; its root is the tree of objects */
    VmRun *run;                 /* of @vm */
    const char *name;           /* of the guest, or NULL */
    const char *uuid;           /* of the guest, or NULL */
    const char *const *options; /* of the command line that have an effect; ends with NULL. NULL: unknown */
} QmpContext;

/** `version` of the greeting and the result of query-version, as new JSON. */
json_object *qmp_version(void);

/**
 * The context, for a command that reads or changes what a launch is working on: NULL with CGVM_ERROR_STATE
 * while there is one.
 */
QmpContext *qmp_idle_context(const QmpCall *call, Error **errp);

#endif
