/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The options that are about the process and not the guest: its messages, its console, the background and the
 * pidfile.
 */
#ifndef TOOLS_PROCESS_H
#define TOOLS_PROCESS_H

#include "tools/console.h"
#include "tools/pidfile.h"

typedef struct Process {
    char *name;       /* of the guest, or NULL */
    const char *uuid; /* of the guest, as it was given, or NULL */
    bool with_timestamp, with_name;
    ConsoleOption console_option;
    bool has_stdio; /* standard output and input are somebody else's; the console is not there unless asked
                       for */
    Console console;
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

/** Whether @p text, a value of -chardev, is that of the guest's console, which -serial has named. */
bool process_is_chardev(const Process *process, const char *text);

/** The guest's console is that one; NULL if there was none, which is right if -serial names none. Returns
 * false after it has said what is wrong. */
bool process_set_chardev(Process *process, const char *text);

/** Whether the options, all of them given, do not contradict each other; says so if they do. */
bool process_check(const Process *process);

/** Whether the guest's console is standard output, or input as well, because an option says so. */
bool process_wants_stdio(const Process *process);

/**
 * Opens what the guest's console is, as -serial says, and connects it. May wait for somebody there. Returns
 * false after it has said why that cannot be.
 */
bool process_connect_console(Process *process, CgvmVm *vm);

/** The guest gets what is typed there. No vCPU has run yet. Returns false after it has said why that cannot
 * be.
 */
bool process_start_input(Process *process, CgvmVm *vm);

/** Stops that; before the guest goes away. Returns false after it has said why output was lost, if it was. */
bool process_stop_input(Process *process);

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
