/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * QMP: the commands that run and stop the machine.
 */
#include "lib/qmp-context.h"
#include "qapi-commands.h"

QmpContext *qmp_idle_context(const QmpCall *call, Error **errp)
{
    QmpContext *context = qmp_call_context(call);

    return vm_run_check_idle(context->run, errp) ? context : NULL;
}

bool qmp_query_status(QmpCall *call, const void *arguments G_GNUC_UNUSED, Error **errp G_GNUC_UNUSED)
{
    const QmpContext *context = qmp_call_context(call);
    const RunState state = vm_run_state(context->run);
    const StatusInfo info = { .status = state, .running = state == RUN_STATE_RUNNING };

    return qmp_call_return_fields(call, &StatusInfo_fields, &info);
}

bool qmp_stop(QmpCall *call, const void *arguments G_GNUC_UNUSED, Error **errp)
{
    const QmpContext *context = qmp_call_context(call);

    return vm_run_stop(context->run, errp);
}

static void complete(void *opaque, Error *error)
{
    qmp_call_complete(opaque, NULL, error);
}

bool qmp_cont(QmpCall *call, const void *arguments G_GNUC_UNUSED, Error **errp)
{
    const QmpContext *context = qmp_call_context(call);
    bool pending;

    return vm_run_cont(context->run, complete, call, &pending, errp) && (!pending || qmp_call_defer(call));
}

bool qmp_system_reset(QmpCall *call, const void *arguments G_GNUC_UNUSED, Error **errp)
{
    const QmpContext *context = qmp_call_context(call);
    bool pending;

    return vm_run_reset(context->run, complete, call, &pending, errp) && (!pending || qmp_call_defer(call));
}

bool qmp_system_powerdown(QmpCall *call, const void *arguments G_GNUC_UNUSED, Error **errp)
{
    const QmpContext *context = qmp_call_context(call);

    return vm_run_power_down(context->run, errp);
}

bool qmp_quit(QmpCall *call, const void *arguments G_GNUC_UNUSED, Error **errp G_GNUC_UNUSED)
{
    const QmpContext *context = qmp_call_context(call);

    vm_run_quit(context->run, SHUTDOWN_CAUSE_HOST_QMP_QUIT);
    return true;
}
