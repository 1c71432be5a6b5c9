/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * What somebody types, or a program writes to stdin, for the guest's console.
 *
 * A terminal is taken out of line mode meanwhile, and put back when the input stops and before SIGQUIT ends
 * the process; whoever ends it for another signal stops the input first (cgvm_monitor_end_on_signals()), and
 * SIGKILL leaves it as it is. Bytes that the guest does not read stay in the descriptor.
 */
#ifndef TOOLS_CONSOLE_INPUT_H
#define TOOLS_CONSOLE_INPUT_H

#include <pthread.h>
#include <signal.h>
#include <termios.h>
#include "cgvm/vm.h"

/** Zeroed: it was not started. */
typedef struct ConsoleInput {
    CgvmVm *vm;
    bool has_escapes; /* Ctrl-A x ends cgvm, and signals are characters like others */
    bool is_escaped;  /* the last character was Ctrl-A */
    bool is_running;
    pthread_t thread;
    int stop, signals; /* descriptors */
    bool is_terminal;
    struct termios saved;
} ConsoleInput;

/**
 * Starts to read stdin on a thread of its own. No vCPU of @p vm has run yet: threads that start
 * from now on leave SIGQUIT and SIGCONT to this one. With @p has_escapes, Ctrl-A x
 * sends the process SIGTERM, and Ctrl-A Ctrl-A is one Ctrl-A. Returns false with errno if there is no thread
 * or no descriptor.
 */
bool console_input_start(ConsoleInput *input, CgvmVm *vm, bool has_escapes);

/** Ends the thread, and puts the terminal back. Nothing happens if it was not started. */
void console_input_stop(ConsoleInput *input);

#endif
