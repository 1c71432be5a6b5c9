/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Running a machine under a monitor: QMP, by which other programs manage it.
 *
 *     CgvmMonitor *monitor = cgvm_monitor_new(vm);
 *     if (!cgvm_monitor_add_option(monitor, "qmp", "unix:qmp.sock,server=on,wait=off", &error) ||
 *         !cgvm_monitor_add_option(monitor, "S", "on", &error) || !cgvm_monitor_open(monitor, &error) ||
 *         !cgvm_monitor_launch(monitor, &error)) …
 *     result = cgvm_monitor_serve(monitor, &value, &error);
 *
 * A monitor and its machine belong to one thread, but for its vCPUs and the steps that take long, which have
 * threads of their own while cgvm_monitor_serve() is running. Without a place where clients come in, the
 * machine is run all the same, and as cgvm_vm_run() would.
 */
#ifndef CGVM_MONITOR_H
#define CGVM_MONITOR_H

#include "cgvm/vm.h"

#ifdef __cplusplus
extern "C" {
#endif
#ifdef __GNUC__
#pragma GCC visibility push(default)
#endif

/** A machine under a monitor. Opaque. */
typedef struct CgvmMonitor CgvmMonitor;

/** A monitor for @p vm, which must have all its options by cgvm_monitor_open() and outlive the monitor. Free
 * it with cgvm_monitor_free(). NULL without a machine. */
CgvmMonitor *cgvm_monitor_new(CgvmVm *vm);

/** Stops the machine, closes all connections and frees @p monitor; NULL is allowed. */
void cgvm_monitor_free(CgvmMonitor *monitor);

/**
 * Adds the option @p name (without a dash) with its value @p text: `qmp`, `chardev` and `mon` say where
 * clients come in, as QEMU's do; `S`, `no-shutdown` and `no-reboot`, whose value is "on", how the machine is
 * run; `name` (the name alone) and `uuid` are what query-name and query-uuid return. Fails with
 * CGVM_ERROR_NOT_FOUND for an unknown option, CGVM_ERROR_INVALID for malformed text, CGVM_ERROR_UNSUPPORTED
 * for what only QEMU has.
 */
bool cgvm_monitor_add_option(CgvmMonitor *monitor, const char *name, const char *text, CgvmError **error);

/** What query-command-line-options lists: @p names ends with NULL, and stays the caller's. */
void cgvm_monitor_set_option_names(CgvmMonitor *monitor, const char *const *names);

/** Whether there is a place where clients come in. Known once all options are added. */
bool cgvm_monitor_is_used(const CgvmMonitor *monitor);
/** Whether one of them is standard input and output, which then belongs to the monitor. */
bool cgvm_monitor_uses_stdio(const CgvmMonitor *monitor);

/** Told when the machine can run from now on; with @p again after a reset. */
typedef void CgvmMonitorLaunched(void *opaque, bool again);

/** Who is told that; on the thread that launches or serves. NULL: nobody. */
void cgvm_monitor_set_launched(CgvmMonitor *monitor, CgvmMonitorLaunched *launched, void *opaque);

/**
 * Makes the machine, checks the options and opens the places where clients come in; with wait=on, waits for
 * the first of them. Clients are served from cgvm_monitor_serve() on. Call it once.
 */
bool cgvm_monitor_open(CgvmMonitor *monitor, CgvmError **error);

/**
 * Launches the machine, so that it runs as soon as it is served; with the option `S` everything but the last
 * step of the launch is done, and "cont" does that. After a failure nothing of the machine is on the host,
 * and the monitor is only good for cgvm_monitor_free().
 */
bool cgvm_monitor_launch(CgvmMonitor *monitor, CgvmError **error);

/** Lets SIGTERM, SIGINT and SIGHUP end cgvm_monitor_serve(), of one monitor in the process. */
void cgvm_monitor_end_on_signals(CgvmMonitor *monitor);

/**
 * Serves clients and lets the machine run until it ends, or is ended by a client or a signal
 * (CGVM_RUN_STOPPED). Results, and @p exit_value, are those of cgvm_vm_run(); resets that the guest asks for
 * are done here, but for the option `no-reboot`. With clients, a machine that cannot run on does not end it.
 */
CgvmRunResult cgvm_monitor_serve(CgvmMonitor *monitor, uint8_t *exit_value, CgvmError **error);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif

#endif
