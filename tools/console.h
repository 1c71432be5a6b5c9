/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The guest's console: what it prints goes where -serial says, and what comes from there is typed to it.
 *
 * A reader that is slow slows the guest down. One that is gone, or a disk that is full, ends the run of a
 * guest whose output would be lost: the process gets SIGTERM, and console_failure() tells why. A socket or a
 * pseudo-terminal without anybody behind it is no failure, what is printed meanwhile is dropped. Bytes that
 * the guest does not read stay in the descriptor.
 */
#ifndef TOOLS_CONSOLE_H
#define TOOLS_CONSOLE_H

#include <pthread.h>
#include "cgvm/vm.h"
#include "tools/console-option.h"
#include "tools/terminal.h"

typedef struct Console {
    const ConsoleOption *option;
    int out;              /* where it prints; -1: nowhere */
    int in;               /* what is typed; -1: nothing */
    int listener;         /* where a client comes in, or -1 */
    bool may_go;          /* whoever is behind `out` and `in` comes and goes */
    size_t unit;          /* `out` takes so many bytes without waiting, once it polls as writable */
    int failure;          /* errno, or 0; atomic */
    char *socket;         /* the path at which it listens, or NULL */
    char *pty;            /* name of the pseudo-terminal, or NULL */
    pthread_mutex_t lock; /* of `out`, which the thread below changes */
    /* While the thread runs. */
    CgvmVm *vm;
    bool is_running;
    bool is_escaped; /* the last character was Ctrl-A */
    pthread_t thread;
    int stop; /* a descriptor */
    Terminal terminal;
} Console;

/** Before console_open(). */
void console_init(Console *console);

/**
 * Opens what @p option, which must outlive @p console, names. For a socket with wait=on, waits for somebody
 * to connect, after calling @p waiting with its path. On failure returns false with the reason in @p message.
 */
bool console_open(Console *console, const ConsoleOption *option,
                  void (*waiting)(void *opaque, const char *path), void *opaque, char *message, size_t size);

/** A CgvmConsole; its argument is the console. */
size_t console_write(void *console, const void *bytes, size_t size);

/**
 * Starts to read what is typed, on a thread of its own. No vCPU of @p vm has run yet. Returns false with
 * errno if there is no thread or no descriptor.
 */
bool console_start(Console *console, CgvmVm *vm);

/** Ends the thread, and puts a terminal back. The guest may print on. Nothing happens if it was not started.
 */
void console_stop(Console *console);

/** Why what the guest has printed could not be written: an errno, or 0. */
int console_failure(const Console *console);

/** Closes all that console_open() has opened. */
void console_close(Console *console);

#endif
