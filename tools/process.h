/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The options that are about the process and not the guest: its messages, its console, the background and the
 * pidfile.
 */
#ifndef TOOLS_PROCESS_H
#define TOOLS_PROCESS_H

#include "tools/console-input.h"
#include "tools/pidfile.h"

typedef struct Process {
    char *name;       /* of the guest, or NULL */
    const char *uuid; /* of the guest, as it was given, or NULL */
    bool with_timestamp, with_name;
    bool has_serial, to_stdout, drop_console;
    bool has_escapes; /* -serial mon:stdio */
    ConsoleInput input;
    bool daemonize;
    int parent;               /* the socket to whoever waits for the launch, or -1 */
    const char *pidfile_path; /* as it was given, or NULL */
    Pidfile pidfile;
} Process;

typedef enum ProcessResult {
    PROCESS_DONE,
    PROCESS_OTHER, /* the option is not about the process */
    PROCESS_FAILED,
} ProcessResult;

void process_init(Process *process);

/** Removes the pidfile, and tells a parent that still waits that the launch has failed. */
void process_clear(Process *process);

/** Writes a line to stderr that begins as -msg wants it. */
void process_say(const Process *process, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Whoever gets PROCESS_FAILED finds the reason said. @p value must live as long as the process. */
ProcessResult process_add_option(Process *process, const char *name, const char *value);

/** Whether the options, all of them given, do not contradict each other; says so if they do. */
bool process_check(const Process *process);

/** The guest's console goes where -serial says. */
void process_connect_console(const Process *process, CgvmVm *vm);

/**
 * The guest gets what comes from stdin, if -serial says so. No vCPU has run yet. Returns false after it has
 * said why that cannot be.
 */
bool process_start_input(Process *process, CgvmVm *vm);

/** Stops that. To be called before the guest goes away. */
void process_stop_input(Process *process);

/**
 * -daemonize: the process goes on as a child. Returns true there, and without -daemonize; false in the
 * parent, with its exit status, when the child was launched or has failed.
 */
bool process_detach(Process *process, int *status);

/** Another signal that would end the process does not come between it and its end any more. */
void process_hold_signals(void);

/** To be called when the guest was launched: writes the pidfile, and lets the parent end. */
bool process_launched(Process *process);

#endif
