/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The terminal at stdin while it is a guest's console: without lines, echo and, if the guest gets those keys,
 * signals. It is put back as it was at the end, and before SIGQUIT ends the process; SIGKILL leaves it
 * changed.
 */
#ifndef TOOLS_TERMINAL_H
#define TOOLS_TERMINAL_H

#include <stdbool.h>
#include <termios.h>

/** Zeroed: it was not opened. */
typedef struct Terminal {
    bool is_open;
    bool is_terminal;   /* else there is nothing to change, and the signals are taken all the same */
    bool takes_signals; /* signals are characters like others */
    int signals;        /* a descriptor, readable when terminal_take_signal() has to be called */
    struct termios saved;
} Terminal;

/**
 * Changes stdin, if it is a terminal. Threads that start from now on leave SIGQUIT and SIGCONT to whoever
 * calls terminal_take_signal(). Returns false with errno if there is no descriptor.
 */
bool terminal_open(Terminal *terminal, bool takes_signals);

/** Deals with a signal that has come: what it would have done, but the terminal is put back first. */
void terminal_take_signal(const Terminal *terminal);

/** Puts the terminal back as it was, and the signals. Nothing happens if it was not opened. */
void terminal_close(Terminal *terminal);

#endif
