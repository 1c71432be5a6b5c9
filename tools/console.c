/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/console.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define CTRL_A 0x01
#define BUFFER 64 /* bytes that were read and the guest did not take yet */

/* Milliseconds until it is offered them again: longer and longer if it takes none. */
#define FIRST_WAIT   1
#define LONGEST_WAIT 64
/* So long a vCPU waits until something can be written, before it looks whether it is to stop. */
#define WRITE_WAIT 20
/* So often is looked whether somebody has opened a pseudo-terminal. */
#define PTY_WAIT 200

/* ---- output ---- */

/* Whoever runs the guest has to end it; the first reason counts. */
static void fail(Console *console, int os_error)
{
    int none = 0;

    if (__atomic_compare_exchange_n(&console->failure, &none, os_error, false, __ATOMIC_SEQ_CST,
                                    __ATOMIC_SEQ_CST)) {
        kill(getpid(), SIGTERM);
    }
}

/* Returns how many were taken, or -1 with errno; nobody who is gone is waited for. The lock is held. */
static ssize_t write_some(const Console *console, const void *bytes, size_t size)
{
    struct pollfd polled = { .fd = console->out, .events = POLLOUT };
    int ready = console->out < 0 ? 0 : poll(&polled, 1, WRITE_WAIT);

    if (console->out < 0 || (console->may_go && ready > 0 && polled.revents & (POLLHUP | POLLERR))) {
        return (ssize_t)size;
    }
    return ready > 0 ? write(console->out, bytes, size < console->unit ? size : console->unit) : 0;
}

size_t console_write(void *opaque, const void *bytes, size_t size)
{
    Console *console = opaque;
    ssize_t done;
    int os_error;

    pthread_mutex_lock(&console->lock);
    done = write_some(console, bytes, size);
    os_error = done < 0 ? errno : 0;
    pthread_mutex_unlock(&console->lock);
    if (done >= 0) {
        return (size_t)done;
    }
    if (os_error == EAGAIN || os_error == EINTR) {
        return 0;
    }
    if (!console->may_go) {
        fail(console, os_error);
    }
    return size;
}

int console_failure(const Console *console)
{
    return __atomic_load_n(&console->failure, __ATOMIC_SEQ_CST);
}

/* ---- input ---- */

/* Takes the escapes out of @bytes. Returns how many are left. */
static size_t filter(Console *console, char *bytes, size_t size)
{
    size_t kept = 0;

    for (size_t i = 0; console->option->has_escapes && i < size; i++) {
        bool was_escaped = console->is_escaped;

        console->is_escaped = !was_escaped && bytes[i] == CTRL_A;
        if (was_escaped && bytes[i] == 'x') {
            kill(getpid(), SIGTERM);
        }
        if (was_escaped ? bytes[i] == CTRL_A : bytes[i] != CTRL_A) {
            bytes[kept++] = bytes[i];
        }
    }
    return console->option->has_escapes ? kept : size;
}

static void set_client(Console *console, int fd)
{
    pthread_mutex_lock(&console->lock);
    if (console->out >= 0) {
        close(console->out);
    }
    console->out = console->in = fd;
    pthread_mutex_unlock(&console->lock);
}

static int accept_client(const Console *console)
{
    return accept4(console->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

typedef struct Input {
    char bytes[BUFFER];
    size_t first, end;
    int wait;
} Input;

/* Nothing comes from there any more; or, where somebody else may come, from this one. */
static void end_input(Console *console)
{
    if (console->listener >= 0) {
        set_client(console, -1);
    } else if (!console->pty) {
        console->in = -1;
    }
}

static void read_some(Console *console, Input *input)
{
    ssize_t size = read(console->in, input->bytes, sizeof(input->bytes));

    if (size == 0 || (size < 0 && errno != EINTR && errno != EAGAIN)) {
        end_input(console);
    }
    input->first = 0;
    input->end = size > 0 ? filter(console, input->bytes, (size_t)size) : 0;
}

static void type(const Console *console, Input *input)
{
    size_t taken = 0;

    if (input->first < input->end) {
        taken = cgvm_vm_send_console(console->vm, input->bytes + input->first, input->end - input->first);
    }
    input->first += taken;
    input->wait = taken ? FIRST_WAIT : 2 * input->wait < LONGEST_WAIT ? 2 * input->wait : LONGEST_WAIT;
}

/* Milliseconds until there is something to do without an event, or -1. */
static int time_to_wait(const Input *input, bool is_pty_closed)
{
    return input->first < input->end ? input->wait : is_pty_closed ? PTY_WAIT : -1;
}

static void *run(void *opaque)
{
    Console *console = opaque;
    Input input = { .wait = FIRST_WAIT };
    bool is_pty_closed = false;

    for (;;) {
        bool is_full = input.first < input.end;
        struct pollfd polled[] = {
            { .fd = console->stop, .events = POLLIN },
            { .fd = console->terminal.is_open ? console->terminal.signals : -1, .events = POLLIN },
            { .fd = is_full || is_pty_closed ? -1 : console->in, .events = POLLIN },
            { .fd = console->in < 0 ? console->listener : -1, .events = POLLIN },
        };
        int ready = poll(polled, 4, time_to_wait(&input, is_pty_closed));

        is_pty_closed = console->pty && ready > 0 && polled[2].revents == POLLHUP;
        if (ready > 0 && polled[0].revents) {
            return NULL;
        }
        if (ready > 0 && polled[1].revents) {
            terminal_take_signal(&console->terminal);
        }
        if (ready > 0 && polled[2].revents && !is_pty_closed) {
            read_some(console, &input);
        }
        if (ready > 0 && polled[3].revents) {
            set_client(console, accept_client(console));
        }
        type(console, &input);
    }
}

bool console_start(Console *console, CgvmVm *vm)
{
    int os_error = 0;

    if (console->in < 0 && console->listener < 0) {
        return true;
    }
    console->vm = vm;
    if (console->in == STDIN_FILENO && !terminal_open(&console->terminal, console->option->has_escapes)) {
        return false;
    }
    console->stop = eventfd(0, EFD_CLOEXEC);
    os_error = console->stop < 0 ? errno : pthread_create(&console->thread, NULL, run, console);
    console->is_running = !os_error;
    if (os_error) {
        if (console->stop >= 0) {
            close(console->stop);
        }
        terminal_close(&console->terminal);
    }
    errno = os_error;
    return !os_error;
}

void console_stop(Console *console)
{
    const uint64_t one = 1;

    if (!console->is_running) {
        return;
    }
    while (write(console->stop, &one, sizeof(one)) < 0 && errno == EINTR) {
    }
    pthread_join(console->thread, NULL);
    console->is_running = false;
    terminal_close(&console->terminal);
    close(console->stop);
}

/* ---- opening ---- */

static bool say(char *message, size_t size, const char *what, const char *path)
{
    snprintf(message, size, "cannot %s '%s': %s", what, path, strerror(errno));
    return false;
}

static bool open_file(Console *console, char *message, size_t size)
{
    const char *path = console->option->path;
    int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | (console->option->appends ? O_APPEND : O_TRUNC);

    console->out = open(path, flags, 0666);
    return console->out >= 0 || say(message, size, "write to", path);
}

/* A socket that nobody listens at any more is one that was left behind. */
static bool remove_leftover(const struct sockaddr_un *address, char *message, size_t size)
{
    struct stat status;
    int fd, connected;

    if (lstat(address->sun_path, &status) < 0) {
        return true;
    }
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    connected = connect(fd, (const struct sockaddr *)address, sizeof(*address));
    if (!S_ISSOCK(status.st_mode) || connected == 0 || errno != ECONNREFUSED) {
        close(fd);
        snprintf(message, size, "'%s' exists and is %s; give another path", address->sun_path,
                 S_ISSOCK(status.st_mode) ? "used by another program" : "no socket");
        return false;
    }
    close(fd);
    return unlink(address->sun_path) == 0 || say(message, size, "remove the socket", address->sun_path);
}

static bool listen_at(Console *console, int fd, const struct sockaddr_un *address, char *message, size_t size)
{
    if (!remove_leftover(address, message, size)) {
        return false;
    }
    if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0) {
        return say(message, size, "make the socket", address->sun_path);
    }
    console->socket = strdup(address->sun_path);
    /* Nobody can connect before listen(), so the mode comes in time. */
    return (chmod(address->sun_path, S_IRUSR | S_IWUSR) == 0 && listen(fd, 1) == 0) ||
           say(message, size, "listen at the socket", address->sun_path);
}

static bool open_socket(Console *console, char *message, size_t size)
{
    const ConsoleOption *option = console->option;
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd;

    if (strlen(option->path) >= sizeof(address.sun_path)) {
        snprintf(message, size, "the path of a socket has at most %zu bytes, not %zu",
                 sizeof(address.sun_path) - 1, strlen(option->path));
        return false;
    }
    memcpy(address.sun_path, option->path, strlen(option->path) + 1);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return say(message, size, "make the socket", option->path);
    }
    if (option->is_server) {
        console->listener = fd;
        return listen_at(console, fd, &address, message, size);
    }
    console->in = console->out = fd;
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
        snprintf(message, size, "cannot connect to the socket '%s': %s; with server=on it would be made",
                 option->path, strerror(errno));
        return false;
    }
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return true;
}

/* Once its other side was closed, the first one tells whether somebody has opened it. */
static bool open_pty(Console *console, char *message, size_t size)
{
    int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK), other;
    struct termios raw;

    console->out = console->in = fd;
    console->pty = fd >= 0 && grantpt(fd) == 0 && unlockpt(fd) == 0 ? strdup(ptsname(fd)) : NULL;
    other = console->pty ? open(console->pty, O_RDWR | O_NOCTTY | O_CLOEXEC) : -1;
    if (other < 0 || tcgetattr(other, &raw) < 0) {
        return say(message, size, "make a pseudo-terminal at", "/dev/ptmx");
    }
    cfmakeraw(&raw);
    tcsetattr(other, TCSANOW, &raw);
    close(other);
    return true;
}

void console_init(Console *console)
{
    *console = (Console){ .out = -1, .in = -1, .listener = -1, .unit = SIZE_MAX };
    pthread_mutex_init(&console->lock, NULL);
}

/* Standard output is shared with others, who may not expect that it does not block. */
static void open_stdout(Console *console)
{
    struct stat status;

    console->out = STDOUT_FILENO;
    if (isatty(STDOUT_FILENO)) {
        console->unit = 1;
    } else if (fstat(STDOUT_FILENO, &status) < 0 || !S_ISREG(status.st_mode)) {
        console->unit = PIPE_BUF;
    }
}

static bool open_option(Console *console, char *message, size_t size)
{
    switch (console->option->kind) {
    case CONSOLE_STDIO:
        console->in = STDIN_FILENO;
        open_stdout(console);
        return true;
    case CONSOLE_STDOUT:
        open_stdout(console);
        return true;
    case CONSOLE_FILE:
        return open_file(console, message, size);
    case CONSOLE_UNIX:
        return open_socket(console, message, size);
    case CONSOLE_PTY:
        return open_pty(console, message, size);
    case CONSOLE_NULL:
        break;
    }
    return true;
}

bool console_open(Console *console, const ConsoleOption *option,
                  void (*waiting)(void *opaque, const char *path), void *opaque, char *message, size_t size)
{
    console->option = option;
    console->may_go = option->kind == CONSOLE_UNIX || option->kind == CONSOLE_PTY;
    if (!open_option(console, message, size)) {
        console_close(console);
        return false;
    }
    if (console->listener >= 0 && option->waits) {
        waiting(opaque, option->path);
        console->out = console->in = accept_client(console);
        if (console->out < 0) {
            (void)say(message, size, "wait for a client of the socket", option->path);
            console_close(console);
            return false;
        }
    }
    if (console->listener >= 0) {
        fcntl(console->listener, F_SETFL, O_NONBLOCK);
    }
    return true;
}

void console_close(Console *console)
{
    if (console->out > STDERR_FILENO) {
        close(console->out);
    }
    if (console->listener >= 0) {
        close(console->listener);
    }
    if (console->socket) {
        unlink(console->socket);
    }
    free(console->socket);
    free(console->pty);
    pthread_mutex_destroy(&console->lock);
    console_init(console);
}
