/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/console-input.h"
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define CTRL_A 0x01
#define BUFFER 64 /* bytes that were read and the guest did not take yet */

/* Milliseconds until it is offered them again: longer and longer if it takes none. */
#define FIRST_WAIT   1
#define LONGEST_WAIT 64

/* ---- terminal ---- */

static void make_raw(const ConsoleInput *input)
{
    struct termios raw = input->saved;

    if (!input->is_terminal) {
        return;
    }
    raw.c_iflag &= ~(BRKINT | ICRNL | IGNCR | INLCR | INPCK | ISTRIP | IXON);
    raw.c_lflag &= ~(ECHO | ECHONL | ICANON | IEXTEN);
    if (input->has_escapes) {
        raw.c_lflag &= ~ISIG;
    }
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

static void restore(const ConsoleInput *input)
{
    if (input->is_terminal) {
        tcsetattr(STDIN_FILENO, TCSANOW, &input->saved);
    }
}

/* ---- input ---- */

/* Takes the escapes out of @bytes. Returns how many are left. */
static size_t filter(ConsoleInput *input, char *bytes, size_t size)
{
    size_t kept = 0;

    for (size_t i = 0; input->has_escapes && i < size; i++) {
        bool was_escaped = input->is_escaped;

        input->is_escaped = !was_escaped && bytes[i] == CTRL_A;
        if (was_escaped && bytes[i] == 'x') {
            kill(getpid(), SIGTERM);
        }
        if (was_escaped ? bytes[i] == CTRL_A : bytes[i] != CTRL_A) {
            bytes[kept++] = bytes[i];
        }
    }
    return input->has_escapes ? kept : size;
}

/* SIGQUIT does what it would have done, but for the terminal. */
static void take_signal(const ConsoleInput *input)
{
    struct signalfd_siginfo info;
    sigset_t signal;

    if (read(input->signals, &info, sizeof(info)) != sizeof(info)) {
        return;
    }
    if (info.ssi_signo == SIGCONT) {
        make_raw(input);
        return;
    }
    restore(input);
    sigemptyset(&signal);
    sigaddset(&signal, (int)info.ssi_signo);
    raise((int)info.ssi_signo);
    pthread_sigmask(SIG_UNBLOCK, &signal, NULL);
}

static void *read_input(void *opaque)
{
    ConsoleInput *input = opaque;
    char bytes[BUFFER];
    size_t first = 0, end = 0, taken;
    int wait = FIRST_WAIT;
    struct pollfd polled[] = {
        { .fd = input->stop, .events = POLLIN },
        { .fd = input->signals, .events = POLLIN },
        { .fd = STDIN_FILENO, .events = POLLIN },
    };

    for (;;) {
        bool is_full = first < end;
        int ready = poll(polled, is_full ? 2 : 3, is_full ? wait : -1);

        if (ready > 0 && polled[0].revents) {
            return NULL;
        }
        if (ready > 0 && polled[1].revents) {
            take_signal(input);
        }
        if (!is_full && ready > 0 && polled[2].revents) {
            ssize_t size = read(STDIN_FILENO, bytes, sizeof(bytes));

            if (size == 0 || (size < 0 && errno != EINTR && errno != EAGAIN)) {
                polled[2].fd = -1; /* the end; the signals stay */
            }
            first = 0;
            end = size > 0 ? filter(input, bytes, (size_t)size) : 0;
        }
        taken = first < end ? cgvm_vm_send_console(input->vm, bytes + first, end - first) : 0;
        first += taken;
        wait = taken ? FIRST_WAIT : 2 * wait < LONGEST_WAIT ? 2 * wait : LONGEST_WAIT;
    }
}

/* ---- life ---- */

/* Of those that change a terminal's state, the ones that nobody else waits for. */
static void signals_of_terminals(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGQUIT);
    sigaddset(signals, SIGCONT);
}

static void close_all(ConsoleInput *input)
{
    sigset_t signals;

    restore(input);
    signals_of_terminals(&signals);
    pthread_sigmask(SIG_UNBLOCK, &signals, NULL);
    if (input->stop >= 0) {
        close(input->stop);
    }
    if (input->signals >= 0) {
        close(input->signals);
    }
}

bool console_input_start(ConsoleInput *input, CgvmVm *vm, bool has_escapes)
{
    sigset_t signals;
    int os_error;

    *input = (ConsoleInput){ .vm = vm, .has_escapes = has_escapes };
    signals_of_terminals(&signals);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    input->stop = eventfd(0, EFD_CLOEXEC);
    input->signals = signalfd(-1, &signals, SFD_CLOEXEC);
    os_error = input->stop < 0 || input->signals < 0 ? errno : 0;
    input->is_terminal = !os_error && tcgetattr(STDIN_FILENO, &input->saved) == 0;
    make_raw(input);
    if (!os_error) {
        os_error = pthread_create(&input->thread, NULL, read_input, input);
    }
    input->is_running = !os_error;
    if (os_error) {
        close_all(input);
        errno = os_error;
    }
    return input->is_running;
}

void console_input_stop(ConsoleInput *input)
{
    const uint64_t one = 1;

    if (!input->is_running) {
        return;
    }
    while (write(input->stop, &one, sizeof(one)) < 0 && errno == EINTR) {
    }
    pthread_join(input->thread, NULL);
    input->is_running = false;
    close_all(input);
}
