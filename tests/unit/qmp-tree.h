/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * For tests of QMP: cgvm's own commands, on a tree of objects with a machine that is not started.
 */
#ifndef TESTS_UNIT_QMP_TREE_H
#define TESTS_UNIT_QMP_TREE_H

#include "lib/builtins.h"
#include "lib/qmp-context.h"
#include "qapi-commands.h"
#include "qapi/qmp-session.h"
#include "qom/object.h"

/** The tree and all that a QMP server needs. */
typedef struct QmpTree {
    QmpContext context;
    QmpService service;
} QmpTree;

static inline void qmp_tree_start(QmpTree *tree)
{
    g_autoptr(Object) machine = NULL;

    builtins_init();
    tree->context = (QmpContext){ .root = object_new(TYPE_CONTAINER), .arch = "x86_64" };
    machine = object_new("microvm-machine");
    object_property_add_child(tree->context.root, "machine", machine);
    object_property_add_new_container(machine, "peripheral");
    object_get_objects_root(tree->context.root);
    tree->service =
        (QmpService){ .schema = &qapi_schema, .context = &tree->context, .version = qmp_version() };
}

static inline void qmp_tree_end(QmpTree *tree)
{
    json_object_put(tree->service.version);
    object_unref(tree->context.root);
}

#endif
