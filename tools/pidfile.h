/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The file that holds this process's number while its guest lives.
 */
#ifndef TOOLS_PIDFILE_H
#define TOOLS_PIDFILE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct Pidfile {
    char *path; /* from the root, so that it is found again from another folder */
    int fd;     /* locked as long as the process lives; -1 without a file */
} Pidfile;

/**
 * Locks @p path, which is made if it does not exist, and writes the number into it. From then on the file is
 * also removed if a signal ends the process, so it has to be called before there are other threads. On
 * failure returns false with the reason in @p message.
 */
bool pidfile_write(Pidfile *pidfile, const char *path, char *message, size_t size);

/** Removes the file, unless somebody has put another one in its place. It stays locked until the process
 * ends.
 */
void pidfile_remove(const Pidfile *pidfile);

#endif
