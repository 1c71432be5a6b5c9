/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "qapi/unix-socket.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 16

static bool address_set(struct sockaddr_un *address, const char *path, Error **errp)
{
    const size_t length = strlen(path);

    if (length == 0 || length >= sizeof(address->sun_path)) {
        return error_setg(errp, "the path '%.40s%s' of a socket has %zu bytes; it can have 1 to %zu", path,
                          length > 40 ? "..." : "", length, sizeof(address->sun_path) - 1);
    }
    *address = (struct sockaddr_un){ .sun_family = AF_UNIX };
    memcpy(address->sun_path, path, length + 1);
    return true;
}

static int socket_new(Error **errp)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        return error_set_errno_fd(errp, CGVM_ERROR_IO, errno, "cannot make a socket: %s", g_strerror(errno));
    }
    return fd;
}

/* Whether the socket at @p address has somebody behind it, of whatever kind; if in doubt, it has. */
static bool is_alive(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool dead;

    if (fd < 0) {
        return true;
    }
    dead = connect(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 &&
           (errno == ECONNREFUSED || errno == ENOENT);
    close(fd);
    return !dead;
}

/* Makes room for a new socket. */
static bool leftover_remove(const struct sockaddr_un *address, Error **errp)
{
    struct stat status;

    if (lstat(address->sun_path, &status) < 0) {
        return true;
    }
    if (!S_ISSOCK(status.st_mode)) {
        return error_setg(errp, "'%s' exists and is no socket; remove it or give another path",
                          address->sun_path);
    }
    if (is_alive(address)) {
        return error_setg(errp, "another program uses the socket '%s'; give another path", address->sun_path);
    }
    if (unlink(address->sun_path) < 0 && errno != ENOENT) {
        return error_set_errno(errp, CGVM_ERROR_IO, errno,
                               "cannot remove the socket '%s', which nobody uses: %s", address->sun_path,
                               g_strerror(errno));
    }
    return true;
}

static bool listener_bind(UnixListener *listener, const struct sockaddr_un *address, Error **errp)
{
    struct stat status;

    if (bind(listener->fd, (const struct sockaddr *)address, sizeof(*address)) < 0) {
        return error_set_errno(errp, CGVM_ERROR_IO, errno, "cannot make the socket '%s': %s",
                               address->sun_path, g_strerror(errno));
    }
    listener->path = g_strdup(address->sun_path);
    if (lstat(listener->path, &status) == 0) {
        listener->dev = status.st_dev;
        listener->ino = status.st_ino;
    }
    /* Nobody can connect before listen(), so the mode comes in time. */
    if (chmod(listener->path, S_IRUSR | S_IWUSR) < 0 || fcntl(listener->fd, F_SETFL, O_NONBLOCK) < 0 ||
        listen(listener->fd, BACKLOG) < 0) {
        return error_set_errno(errp, CGVM_ERROR_IO, errno, "cannot listen at the socket '%s': %s",
                               listener->path, g_strerror(errno));
    }
    return true;
}

bool unix_listener_open(UnixListener *listener, const char *path, Error **errp)
{
    struct sockaddr_un address;

    *listener = (UnixListener){ .fd = -1 };
    if (!address_set(&address, path, errp) || !leftover_remove(&address, errp)) {
        return false;
    }
    listener->fd = socket_new(errp);
    if (listener->fd < 0) {
        return false;
    }
    if (!listener_bind(listener, &address, errp)) {
        unix_listener_close(listener);
        return false;
    }
    return true;
}

bool unix_listener_adopt(UnixListener *listener, int fd, Error **errp)
{
    int listens = 0;
    socklen_t length = sizeof(listens);

    *listener = (UnixListener){ .fd = -1 };
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &length) < 0) {
        return error_setg(errp, "the inherited descriptor %d is no socket: %s", fd, g_strerror(errno));
    }
    if (!listens) {
        return error_setg(
            errp,
            "the inherited descriptor %d is a socket that does not listen; with server=off it is"
            " taken for a connection",
            fd);
    }
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0) {
        return error_set_errno(errp, CGVM_ERROR_IO, errno, "cannot use the inherited descriptor %d: %s", fd,
                               g_strerror(errno));
    }
    listener->fd = fd;
    return true;
}

void unix_listener_close(UnixListener *listener)
{
    struct stat status;

    if (listener->path && lstat(listener->path, &status) == 0 && status.st_dev == listener->dev &&
        status.st_ino == listener->ino) {
        unlink(listener->path);
    }
    if (listener->fd >= 0) {
        close(listener->fd);
    }
    g_free(listener->path);
    *listener = (UnixListener){ .fd = -1 };
}

int unix_socket_connect(const char *path, Error **errp)
{
    struct sockaddr_un address;
    int fd;

    if (!address_set(&address, path, errp)) {
        return -1;
    }
    fd = socket_new(errp);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
        const int code = errno;
        close(fd);
        return error_set_errno_fd(errp, CGVM_ERROR_IO, code,
                                  "cannot connect to the socket '%s': %s; with server=on it would be made",
                                  path, g_strerror(code));
    }
    return fd;
}
