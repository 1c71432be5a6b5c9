/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/pidfile.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void pidfile_remove(const Pidfile *pidfile)
{
    struct stat ours, there;

    if (pidfile->path && fstat(pidfile->fd, &ours) == 0 && stat(pidfile->path, &there) == 0 &&
        ours.st_dev == there.st_dev && ours.st_ino == there.st_ino) {
        unlink(pidfile->path);
    }
}

/* ---- if a signal ends the process ---- */

static void ending_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGHUP);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
}

/* Waits for one of these signals, so that no handler has to know the file, and then lets it end the process.
 */
static void *wait_for_end(void *opaque)
{
    sigset_t set;
    int number;

    ending_signals(&set);
    if (sigwait(&set, &number) == 0) {
        pidfile_remove(opaque);
        pthread_sigmask(SIG_UNBLOCK, &set, NULL);
        raise(number);
    }
    return NULL;
}

static int watch_signals(Pidfile *pidfile)
{
    sigset_t set;
    pthread_t thread;
    int os_error;

    ending_signals(&set);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    os_error = pthread_create(&thread, NULL, wait_for_end, pidfile);
    if (os_error == 0) {
        pthread_detach(thread);
    }
    return os_error;
}

/* ---- writing ---- */

/* Returns a descriptor of the locked file, or -1 with the reason in `message`. */
static int open_locked(const char *path, char *message, size_t size)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0) {
        snprintf(message, size, "-pidfile: cannot open '%s': %s", path, strerror(errno));
    } else if (!S_ISREG(st.st_mode)) {
        snprintf(message, size, "-pidfile: '%s' is not a regular file; give the name of one", path);
    } else if (fcntl(fd, F_SETLK, &lock) < 0) {
        bool is_held = errno == EACCES || errno == EAGAIN;
        snprintf(message, size, "-pidfile: cannot lock '%s': %s", path,
                 is_held ? "another process has it; stop that, or give another file" : strerror(errno));
    } else {
        return fd;
    }
    if (fd >= 0) {
        close(fd);
    }
    return -1;
}

bool pidfile_write(Pidfile *pidfile, const char *path, char *message, size_t size)
{
    char text[24];
    int length = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

    pidfile->fd = open_locked(path, message, size);
    if (pidfile->fd < 0) {
        return false;
    }
    pidfile->path = realpath(path, NULL);
    errno = 0;
    if (!pidfile->path || ftruncate(pidfile->fd, 0) < 0 || write(pidfile->fd, text, length) != length) {
        snprintf(message, size, "-pidfile: cannot write '%s': %s", path,
                 errno ? strerror(errno) : "not all of it was written");
        return false;
    }
    errno = watch_signals(pidfile);
    if (errno) {
        snprintf(message, size, "-pidfile: cannot start a thread: %s", strerror(errno));
        return false;
    }
    return true;
}
