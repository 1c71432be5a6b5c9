/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Unix sockets with a path: listening, connecting, and cleaning up behind oneself.
 */
#ifndef QAPI_UNIX_SOCKET_H
#define QAPI_UNIX_SOCKET_H

#include <sys/types.h>
#include "qapi/error.h"

/** A socket that listens. */
typedef struct UnixListener {
    int fd;     /* close-on-exec, does not block */
    char *path; /* NULL: somebody else has made it */
    dev_t dev;  /* of the file at the path, to know it again */
    ino_t ino;
} UnixListener;

/**
 * Listens at @p path, where only this user can connect. A socket that lies there and has nobody behind it is
 * replaced, as one is left behind by a program that was killed; anything else is refused. Fails with
 * CGVM_ERROR_INVALID if the path is too long or taken, with CGVM_ERROR_IO if the system refuses.
 */
bool unix_listener_open(UnixListener *listener, const char *path, Error **errp);
/** Takes over @p fd, which listens already; fails with CGVM_ERROR_INVALID, and leaves it open, if it does
 * not. */
bool unix_listener_adopt(UnixListener *listener, int fd, Error **errp);
/** Closes @p listener, and removes the file at its path if that is still the one that it has made. */
void unix_listener_close(UnixListener *listener);

/** Connects to the socket at @p path. Returns a descriptor, or -1 with an error as above. */
int unix_socket_connect(const char *path, Error **errp);

#endif
