/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * For tests of QMP: cgvm's own commands, on a tree of objects with a machine that is not started.
 */
#ifndef TESTS_UNIT_QMP_TREE_H
#define TESTS_UNIT_QMP_TREE_H

#include "lib/qmp-context.h"
#include "qapi-commands.h"
#include "qapi/qmp-session.h"
#include "qom/object.h"

/** The tree and all that a QMP server needs. */
typedef struct QmpTree {
    GMainContext *main_context;
    QmpContext context;
    QmpService service;
} QmpTree;

static inline void qmp_tree_ignore(void *opaque G_GNUC_UNUSED)
{
}

static inline void qmp_tree_ignore_cause(void *opaque G_GNUC_UNUSED, ShutdownCause cause G_GNUC_UNUSED)
{
}

static inline void qmp_tree_ignore_error(void *opaque G_GNUC_UNUSED, const Error *error G_GNUC_UNUSED)
{
}

static inline void qmp_tree_ignore_launch(void *opaque G_GNUC_UNUSED, bool again G_GNUC_UNUSED)
{
}

static inline void qmp_tree_ignore_state(void *opaque G_GNUC_UNUSED, const VmGuestState *state G_GNUC_UNUSED)
{
}

static const VmRunHooks qmp_tree_hooks = {
    .stopped = qmp_tree_ignore,
    .resumed = qmp_tree_ignore,
    .reset = qmp_tree_ignore_cause,
    .shut_down = qmp_tree_ignore_cause,
    .failed = qmp_tree_ignore_error,
    .launched = qmp_tree_ignore_launch,
    .guest_state = qmp_tree_ignore_state,
};

static inline void qmp_tree_start(QmpTree *tree)
{
    CgvmVm *vm = cgvm_vm_new();
    const bool made = cgvm_vm_add_option(vm, "accel", "sim", NULL) &&
                      cgvm_vm_add_option(vm, "machine", "microvm", NULL) && vm_make(vm, NULL);

    g_assert_true(made);
    /* So that setters can be tried out. */
    vm->machine->frozen = false;
    tree->main_context = g_main_context_new();
    object_property_add_new_container(OBJECT(vm->machine), "peripheral");
    object_get_objects_root(vm->root);
    tree->context = (QmpContext){
        .arch = "x86_64",
        .vm = vm,
        .run = vm_run_new(vm, tree->main_context, &qmp_tree_hooks, tree),
    };
    tree->service =
        (QmpService){ .schema = &qapi_schema, .context = &tree->context, .version = qmp_version() };
}

/* Lets a step that takes long come to its end. */
static inline void qmp_tree_settle(QmpTree *tree)
{
    while (vm_run_busy(tree->context.run)) {
        g_main_context_iteration(tree->main_context, TRUE);
    }
}

static inline void qmp_tree_end(QmpTree *tree)
{
    json_object_put(tree->service.version);
    vm_run_free(tree->context.run);
    cgvm_vm_free(tree->context.vm);
    g_main_context_unref(tree->main_context);
}

#endif
