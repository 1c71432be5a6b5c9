/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/process.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "tools/pairs.h"

void process_init(Process *process)
{
    *process = (Process){ .parent = -1, .pidfile.fd = -1 };
    console_init(&process->console);
}

/* Says how the launch has ended to the parent that waits for it, if there is one. */
static void tell_parent(Process *process, int status)
{
    char byte = status;

    if (process->parent >= 0) {
        send(process->parent, &byte, 1, MSG_NOSIGNAL);
        close(process->parent);
        process->parent = -1;
    }
}

void process_clear(Process *process)
{
    pidfile_remove(&process->pidfile);
    tell_parent(process, EXIT_FAILURE);
    console_close(&process->console);
    console_option_clear(&process->console_option);
    free(process->pidfile.path);
    free(process->name);
}

/* ---- messages ---- */

void process_say(const Process *process, const char *format, ...)
{
    struct timespec now;
    struct tm utc;
    char second[32];
    va_list arguments;

    flockfile(stderr);
    if (process->with_timestamp && clock_gettime(CLOCK_REALTIME, &now) == 0 && gmtime_r(&now.tv_sec, &utc) &&
        strftime(second, sizeof(second), "%Y-%m-%dT%H:%M:%S", &utc)) {
        fprintf(stderr, "%s.%06ldZ ", second, now.tv_nsec / 1000);
    }
    if (process->with_name && process->name) {
        fprintf(stderr, "%s ", process->name);
    }
    fputs("cgvm: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    funlockfile(stderr);
}

/* ---- options ---- */

static bool set_switch(const Process *process, const char *option, const char *pair, const char *key,
                       bool *result)
{
    const char *value = pair_value(pair, key);

    *result = strcmp(value, "on") == 0;
    if (*result || strcmp(value, "off") == 0) {
        return true;
    }
    process_say(process, "-%s: '%s' expects 'on' or 'off', not \"%s\"", option, key, value);
    return false;
}

static bool add_name_pair(Process *process, const char *pair, bool is_first)
{
    const char *guest = pair_value(pair, "guest");
    bool debug_threads;

    if (!guest && is_first && !strchr(pair, '=')) {
        guest = pair;
    }
    if (guest) {
        free(process->name);
        process->name = strdup(guest);
        return process->name != NULL;
    }
    if (pair_value(pair, "debug-threads")) {
        return set_switch(process, "name", pair, "debug-threads", &debug_threads);
    }
    if (pair_value(pair, "process")) {
        process_say(process, "-name: 'process' is not supported, cgvm does not rename itself; leave it out");
        return false;
    }
    process_say(process, "-name: '%s' is neither guest=NAME nor debug-threads=on|off", pair);
    return false;
}

static bool add_msg_pair(Process *process, const char *pair, bool is_first)
{
    (void)is_first;
    if (pair_value(pair, "timestamp")) {
        return set_switch(process, "msg", pair, "timestamp", &process->with_timestamp);
    }
    if (pair_value(pair, "guest-name")) {
        return set_switch(process, "msg", pair, "guest-name", &process->with_name);
    }
    process_say(process, "-msg: '%s' is neither timestamp=on|off nor guest-name=on|off", pair);
    return false;
}

static bool add_pairs(Process *process, const char *text,
                      bool (*add)(Process *process, const char *pair, bool is_first))
{
    char *copy = strdup(text), *rest = copy;
    bool is_first = true, done = copy != NULL;

    for (char *pair = pairs_cut(&rest); done && pair; pair = pairs_cut(&rest)) {
        done = add(process, pair, is_first);
        is_first = false;
    }
    free(copy);
    return done;
}

static bool add_name(Process *process, const char *text)
{
    return add_pairs(process, text, add_name_pair);
}

static bool add_msg(Process *process, const char *text)
{
    return add_pairs(process, text, add_msg_pair);
}

static bool add_uuid(Process *process, const char *text)
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    bool fits = strlen(text) == strlen(form);

    for (size_t i = 0; fits && form[i]; i++) {
        fits = form[i] == 'x' ? isxdigit((unsigned char)text[i]) : text[i] == form[i];
    }
    if (!fits) {
        process_say(process, "-uuid: '%s' is not a UUID; write it as %s, in hexadecimal", text, form);
    }
    process->uuid = text;
    return fits;
}

static bool add_serial(Process *process, const char *text)
{
    char message[256];

    if (process->console_option.is_given) {
        process_say(process, "-serial %s: the machine has one serial port, and it was given; leave this out",
                    text);
        return false;
    }
    if (!console_option_parse(&process->console_option, text, message, sizeof(message))) {
        process_say(process, "-serial %s: %s", text, message);
        return false;
    }
    return true;
}

static bool add_pidfile(Process *process, const char *text)
{
    process->pidfile_path = text;
    return true;
}

static bool add_daemonize(Process *process, const char *text)
{
    (void)text;
    process->daemonize = true;
    return true;
}

static const struct {
    const char *name;
    bool (*add)(Process *process, const char *text);
} options[] = {
    { "name", add_name },     { "uuid", add_uuid },       { "msg", add_msg },
    { "serial", add_serial }, { "pidfile", add_pidfile }, { "daemonize", add_daemonize },
};

ProcessResult process_add_option(Process *process, const char *name, const char *value)
{
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        if (strcmp(name, options[i].name) == 0) {
            return options[i].add(process, value) ? PROCESS_DONE : PROCESS_FAILED;
        }
    }
    return PROCESS_OTHER;
}

bool process_is_chardev(const Process *process, const char *text)
{
    const char *id = process->console_option.chardev;

    return id && console_option_is_chardev(text, id);
}

bool process_set_chardev(Process *process, const char *text)
{
    ConsoleOption *option = &process->console_option;
    char message[256];

    if (!option->chardev) {
        return true;
    }
    if (!text) {
        process_say(process, "-serial %s: there is no -chardev with that id; add one", option->text);
        return false;
    }
    if (!console_option_set_chardev(option, text, message, sizeof(message))) {
        process_say(process, "-chardev %s: %s", text, message);
        return false;
    }
    return true;
}

bool process_check(const Process *process)
{
    if (process->daemonize && process_wants_stdio(process)) {
        process_say(process,
                    "-daemonize: stdout does not stay open for '-serial stdio'; leave one of them out, or "
                    "use -serial null");
        return false;
    }
    return true;
}

/* ---- console ---- */

bool process_wants_stdio(const Process *process)
{
    return process->console_option.kind == CONSOLE_STDIO;
}

static void say_waiting(void *opaque, const char *path)
{
    process_say(opaque, "waiting for somebody to connect to the guest's console at '%s'", path);
}

bool process_connect_console(Process *process, CgvmVm *vm)
{
    char message[256];

    if (process->has_stdio && process->console_option.kind == CONSOLE_STDOUT) {
        process->console_option.kind = CONSOLE_NULL;
    }
    /* A reader that goes away is told about by the write that fails. */
    signal(SIGPIPE, SIG_IGN);
    fflush(stdout);
    if (!console_open(&process->console, &process->console_option, say_waiting, process, message,
                      sizeof(message))) {
        process_say(process, "-serial %s: %s", process->console_option.text, message);
        return false;
    }
    if (process->console.pty) {
        process_say(process, "the guest's console is '%s'", process->console.pty);
    }
    cgvm_vm_set_console(vm, process->console_option.kind == CONSOLE_NULL ? NULL : console_write,
                        &process->console);
    return true;
}

bool process_start_input(Process *process, CgvmVm *vm)
{
    if (console_start(&process->console, vm)) {
        return true;
    }
    process_say(process, "-serial %s: cannot read it: %s", process->console_option.text, strerror(errno));
    return false;
}

bool process_stop_input(Process *process)
{
    int os_error = console_failure(&process->console);

    console_stop(&process->console);
    if (os_error) {
        process_say(process, "cannot write the guest's console to %s: %s",
                    process->console_option.path ? process->console_option.path : "stdout",
                    strerror(os_error));
    }
    return !os_error;
}

/* ---- background ---- */

/* The child has said what went wrong, unless it had no time for that. */
static int wait_for_launch(const Process *process, int child)
{
    char status;
    ssize_t length;

    do {
        length = read(child, &status, 1);
    } while (length < 0 && errno == EINTR);
    if (length == 1) {
        return status;
    }
    process_say(process, "-daemonize: the process in the background has died before the guest was launched");
    return EXIT_FAILURE;
}

bool process_detach(Process *process, int *status)
{
    int ends[2];
    pid_t pid;

    if (!process->daemonize) {
        return true;
    }
    *status = EXIT_FAILURE;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
        process_say(process, "-daemonize: cannot make a socket: %s", strerror(errno));
        return false;
    }
    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        close(ends[0]);
        process->parent = ends[1];
        setsid();
        return true;
    }
    close(ends[1]);
    if (pid < 0) {
        process_say(process, "-daemonize: cannot start a process: %s", strerror(errno));
    } else {
        *status = wait_for_launch(process, ends[0]);
    }
    close(ends[0]);
    return false;
}

static bool leave_terminal(const Process *process)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    fflush(NULL);
    if (null < 0 || chdir("/") < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0) {
        process_say(process, "-daemonize: cannot leave the terminal: %s", strerror(errno));
        return false;
    }
    /* The last one, so that there was a place for messages until now. */
    dup2(null, STDERR_FILENO);
    if (null > STDERR_FILENO) {
        close(null);
    }
    return true;
}

bool process_launched(Process *process)
{
    char message[512];

    if (process->pidfile_path &&
        !pidfile_write(&process->pidfile, process->pidfile_path, message, sizeof(message))) {
        process_say(process, "%s", message);
        return false;
    }
    if (process->parent >= 0 && !leave_terminal(process)) {
        return false;
    }
    tell_parent(process, EXIT_SUCCESS);
    return true;
}

void process_hold_signals(void)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
}
