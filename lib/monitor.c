/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cgvm/monitor.h"
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include "lib/argument.h"
#include "lib/qmp-context.h"
#include "lib/qmp-options.h"
#include "qapi-commands.h"

/* How long clients have to read what there is for them when the program ends. */
#define DRAIN_MILLISECONDS 1000

struct CgvmMonitor {
    CgvmVm *vm;
    QmpOptions options;
    VmRunOptions run_options;
    char *name, *uuid;
    const char *const *option_names;
    CgvmMonitorLaunched *launched;
    void *launched_opaque;

    GMainContext *main_context;
    QmpContext context;
    QmpService service;
    QmpServer *server;
    VmRun *run;
};

CgvmMonitor *cgvm_monitor_new(CgvmVm *vm)
{
    CgvmMonitor *monitor = vm ? g_new0(CgvmMonitor, 1) : NULL;

    if (!monitor) {
        return NULL;
    }
    monitor->vm = vm;
    qmp_options_init(&monitor->options);
    monitor->main_context = g_main_context_new();
    return monitor;
}

void cgvm_monitor_free(CgvmMonitor *monitor)
{
    if (!monitor) {
        return;
    }
    vm_run_free(monitor->run);
    qmp_server_free(monitor->server);
    json_object_put(monitor->service.version);
    qmp_options_clear(&monitor->options);
    g_main_context_unref(monitor->main_context);
    g_free(monitor->name);
    g_free(monitor->uuid);
    g_free(monitor);
}

/* ---- options ---- */

static bool *find_switch(CgvmMonitor *monitor, const char *name)
{
    if (strcmp(name, "S") == 0) {
        return &monitor->run_options.paused;
    }
    if (strcmp(name, "no-shutdown") == 0) {
        return &monitor->run_options.no_shutdown;
    }
    return strcmp(name, "no-reboot") == 0 ? &monitor->run_options.no_reboot : NULL;
}

static bool add_switch(bool *value, const char *name, const char *text, Error **errp)
{
    *value = true;
    return strcmp(text, "on") == 0 || error_setg(errp, "-%s: it is an option without a value", name);
}

static bool add_text(char **value, const char *text)
{
    g_free(*value);
    *value = g_strdup(text);
    return true;
}

bool cgvm_monitor_add_option(CgvmMonitor *monitor, const char *name, const char *text, CgvmError **error)
{
    bool *value;

    if (!argument_given(name, "name", error) || !argument_given(text, "text", error)) {
        return false;
    }
    value = find_switch(monitor, name);
    if (value) {
        return add_switch(value, name, text, error);
    }
    if (strcmp(name, "name") == 0) {
        return add_text(&monitor->name, text);
    }
    if (strcmp(name, "uuid") == 0) {
        return add_text(&monitor->uuid, text);
    }
    if (strcmp(name, "qmp") == 0 || strcmp(name, "chardev") == 0 || strcmp(name, "mon") == 0) {
        return qmp_options_add(&monitor->options, name, text, error);
    }
    return error_set(error, CGVM_ERROR_NOT_FOUND, "a monitor has no option '%s'", name);
}

void cgvm_monitor_set_option_names(CgvmMonitor *monitor, const char *const *names)
{
    monitor->option_names = names;
}

bool cgvm_monitor_is_used(const CgvmMonitor *monitor)
{
    return qmp_options_n_monitors(&monitor->options) > 0;
}

bool cgvm_monitor_uses_stdio(const CgvmMonitor *monitor)
{
    return qmp_options_use_stdio(&monitor->options);
}

void cgvm_monitor_set_launched(CgvmMonitor *monitor, CgvmMonitorLaunched *launched, void *opaque)
{
    monitor->launched = launched;
    monitor->launched_opaque = opaque;
}

/* ---- events ---- */

static void emit(CgvmMonitor *monitor, unsigned event, const void *data)
{
    qmp_server_emit(monitor->server, &qapi_events[event], data);
}

static bool is_by_guest(ShutdownCause cause)
{
    return cause == SHUTDOWN_CAUSE_GUEST_SHUTDOWN || cause == SHUTDOWN_CAUSE_GUEST_RESET;
}

static void stopped(void *opaque)
{
    emit(opaque, QAPI_EVENT_STOP, NULL);
}

static void resumed(void *opaque)
{
    emit(opaque, QAPI_EVENT_RESUME, NULL);
}

static void was_reset(void *opaque, ShutdownCause cause)
{
    const ResetData data = { .guest = is_by_guest(cause), .reason = cause };

    emit(opaque, QAPI_EVENT_RESET, &data);
}

static void shut_down(void *opaque, ShutdownCause cause)
{
    const ShutdownData data = { .guest = is_by_guest(cause), .reason = cause };

    emit(opaque, QAPI_EVENT_SHUTDOWN, &data);
}

static void failed(void *opaque, const Error *error)
{
    const RunFailedData data = { .reason = (char *)cgvm_error_message(error) };

    emit(opaque, QAPI_EVENT_RUN_FAILED, &data);
}

static void launched(void *opaque, bool again)
{
    const CgvmMonitor *monitor = opaque;

    if (monitor->launched) {
        monitor->launched(monitor->launched_opaque, again);
    }
}

static void asked_to_end(void *opaque)
{
    emit(opaque, QAPI_EVENT_POWERDOWN, NULL);
}

static void guest_state(void *opaque, const VmGuestState *state)
{
    const CgvmMonitor *monitor = opaque;
    const ConfidentialGuestStateData data = {
        .id = (char *)object_get_canonical_path_component(monitor->vm->machine->guard),
        .state = state->state,
        .digest = state->digest,
    };

    emit(opaque, QAPI_EVENT_CONFIDENTIAL_GUEST_STATE, &data);
}

static const VmRunHooks hooks = {
    .stopped = stopped,
    .resumed = resumed,
    .reset = was_reset,
    .shut_down = shut_down,
    .failed = failed,
    .launched = launched,
    .asked_to_end = asked_to_end,
    .guest_state = guest_state,
};

/* ---- life ---- */

/* QEMU's name of the architecture of the guest. */
static const char *guest_arch(const CgvmVm *vm)
{
    const char *name = MACHINE_GET_CLASS(vm->machine)->target->name;

    return strcmp(name, "i386") == 0 ? "x86_64" : name;
}

bool cgvm_monitor_open(CgvmMonitor *monitor, CgvmError **error)
{
    g_assert(!monitor->run);
    if (!qmp_options_check(&monitor->options, error) || !vm_make(monitor->vm, error)) {
        return false;
    }
    monitor->run_options.stays = cgvm_monitor_is_used(monitor);
    monitor->run = vm_run_new(monitor->vm, monitor->main_context, &hooks, monitor);
    monitor->context = (QmpContext){
        .arch = guest_arch(monitor->vm),
        .vm = monitor->vm,
        .run = monitor->run,
        .name = monitor->name,
        .uuid = monitor->uuid,
        .options = monitor->option_names,
    };
    monitor->service = (QmpService){
        .schema = &qapi_schema,
        .context = &monitor->context,
        .version = qmp_version(),
    };
    monitor->server = qmp_server_new(&monitor->service, monitor->main_context);
    if (!qmp_options_open(&monitor->options, monitor->server, error)) {
        return false;
    }
    qmp_server_wait(monitor->server);
    return true;
}

bool cgvm_monitor_launch(CgvmMonitor *monitor, CgvmError **error)
{
    return vm_run_launch(monitor->run, &monitor->run_options, error);
}

static gboolean signalled(void *opaque)
{
    const CgvmMonitor *monitor = opaque;

    vm_run_quit(monitor->run, SHUTDOWN_CAUSE_HOST_SIGNAL);
    return G_SOURCE_CONTINUE;
}

void cgvm_monitor_end_on_signals(CgvmMonitor *monitor)
{
    static const int signals[] = { SIGTERM, SIGINT, SIGHUP };

    for (size_t i = 0; i < G_N_ELEMENTS(signals); i++) {
        GSource *source = g_unix_signal_source_new(signals[i]);

        g_source_set_callback(source, signalled, monitor, NULL);
        g_source_attach(source, monitor->main_context);
        g_source_unref(source);
    }
}

CgvmRunResult cgvm_monitor_serve(CgvmMonitor *monitor, uint8_t *exit_value, CgvmError **error)
{
    const VmRunEnd *end;
    bool propagated;

    vm_run_begin(monitor->run);
    while (!(end = vm_run_end(monitor->run))) {
        g_main_context_iteration(monitor->main_context, TRUE);
    }
    qmp_server_drain(monitor->server, DRAIN_MILLISECONDS);
    if (exit_value) {
        *exit_value = end->value;
    }
    if (!end->error) {
        return end->result;
    }
    propagated = error_propagate(error, vm_run_take_error(monitor->run));
    return propagated ? CGVM_RUN_FAILED : end->result;
}
