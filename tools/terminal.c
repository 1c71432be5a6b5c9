/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/terminal.h"
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

static void make_raw(const Terminal *terminal)
{
    struct termios raw = terminal->saved;

    if (!terminal->is_terminal) {
        return;
    }
    raw.c_iflag &= ~(BRKINT | ICRNL | IGNCR | INLCR | INPCK | ISTRIP | IXON);
    raw.c_lflag &= ~(ECHO | ECHONL | ICANON | IEXTEN);
    if (terminal->takes_signals) {
        raw.c_lflag &= ~ISIG;
    }
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

static void restore(const Terminal *terminal)
{
    if (terminal->is_terminal) {
        tcsetattr(STDIN_FILENO, TCSANOW, &terminal->saved);
    }
}

/* Of those that change a terminal's state, the ones that nobody else waits for. */
static void mask_signals(int how)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGQUIT);
    sigaddset(&signals, SIGCONT);
    pthread_sigmask(how, &signals, NULL);
}

bool terminal_open(Terminal *terminal, bool takes_signals)
{
    sigset_t signals;

    *terminal = (Terminal){ .takes_signals = takes_signals };
    sigemptyset(&signals);
    sigaddset(&signals, SIGQUIT);
    sigaddset(&signals, SIGCONT);
    mask_signals(SIG_BLOCK);
    terminal->signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
    if (terminal->signals < 0) {
        mask_signals(SIG_UNBLOCK);
        return false;
    }
    terminal->is_open = true;
    terminal->is_terminal = tcgetattr(STDIN_FILENO, &terminal->saved) == 0;
    make_raw(terminal);
    return true;
}

void terminal_take_signal(const Terminal *terminal)
{
    struct signalfd_siginfo info;
    sigset_t signal;

    if (read(terminal->signals, &info, sizeof(info)) != sizeof(info)) {
        return;
    }
    if (info.ssi_signo == SIGCONT) {
        make_raw(terminal);
        return;
    }
    restore(terminal);
    sigemptyset(&signal);
    sigaddset(&signal, (int)info.ssi_signo);
    raise((int)info.ssi_signo);
    pthread_sigmask(SIG_UNBLOCK, &signal, NULL);
    /* Whoever has started this process lets it ignore the signal, as shells do with what is in the
     * background. */
    pthread_sigmask(SIG_BLOCK, &signal, NULL);
    make_raw(terminal);
}

void terminal_close(Terminal *terminal)
{
    if (!terminal->is_open) {
        return;
    }
    restore(terminal);
    mask_signals(SIG_UNBLOCK);
    close(terminal->signals);
    *terminal = (Terminal){ .is_open = false };
}
