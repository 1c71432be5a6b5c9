/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * QMP: confidential guests, of whatever mechanism.
 */
#include "lib/qmp-context.h"
#include "qapi-commands.h"

/* The guest's object, or NULL with an error. */
static ConfidentialGuestSupport *find_guard(const QmpContext *context, Error **errp)
{
    ConfidentialGuestSupport *cgs = vm_guard(context->vm);

    return cgs ? cgs
               : error_set_null(errp, CGVM_ERROR_UNSUPPORTED,
                                "the guest is not a confidential one: 'confidential-guest-support' of its "
                                "machine names no object");
}

bool qmp_query_confidential_guest(QmpCall *call, const void *arguments G_GNUC_UNUSED, Error **errp)
{
    const QmpContext *context = qmp_call_context(call);
    const ConfidentialGuestSupport *cgs = find_guard(context, errp);
    const VmGuestState *state = vm_run_guest_state(context->run);
    ConfidentialGuestInfo info = { .state = state->state, .digest = state->digest };

    if (!cgs) {
        return false;
    }
    info.id = (char *)object_get_canonical_path_component(OBJECT(cgs));
    info.mechanism = (char *)object_get_typename(OBJECT(cgs));
    info.simulated = accel_is_simulated(context->vm->accel);
    return qmp_call_return_fields(call, &ConfidentialGuestInfo_fields, &info);
}

bool qmp_query_launch_plan(QmpCall *call, const void *arguments G_GNUC_UNUSED, Error **errp)
{
    const QmpContext *context = qmp_idle_context(call, errp);
    ConfidentialGuestSupport *cgs = context ? find_guard(context, errp) : NULL;
    const LaunchPlan *plan = NULL;

    if (cgs) {
        plan = context->vm->prepared ? cgs->plan : confidential_guest_plan(cgs, context->vm->machine, errp);
    }
    return plan && qmp_call_return_fields(call, &LaunchPlan_fields, plan);
}

/* ---- what is refused ---- */

/* A guest cannot be taken away from its host. Returns false. */
static bool refuse_move(const QmpCall *call, Error **errp)
{
    const QmpContext *context = qmp_call_context(call);
    ConfidentialGuestSupport *cgs = vm_guard(context->vm);
    g_autofree char *label = cgs ? object_label(OBJECT(cgs)) : NULL;

    if (cgs) {
        return error_set(errp, CGVM_ERROR_UNSUPPORTED,
                         "%s: the guest's memory cannot leave the host, which has it encrypted, or out of "
                         "reach; stop the guest and launch it elsewhere",
                         label);
    }
    return error_set(errp, CGVM_ERROR_UNSUPPORTED,
                     "a guest cannot be saved or moved; stop it and launch it elsewhere");
}

bool qmp_migrate(QmpCall *call, const void *arguments G_GNUC_UNUSED, Error **errp)
{
    return refuse_move(call, errp);
}

bool qmp_snapshot_save(QmpCall *call, const void *arguments G_GNUC_UNUSED, Error **errp)
{
    return refuse_move(call, errp);
}
