/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "qapi/unix-socket.h"
#include "temporary-folder.h"

static void assert_message(const Error *error, CgvmErrorCode code, const char *format, ...)
    G_GNUC_PRINTF(3, 4);
static void assert_message(const Error *error, CgvmErrorCode code, const char *format, ...)
{
    g_autofree char *expected = NULL;
    va_list ap;

    va_start(ap, format);
    expected = g_strdup_vprintf(format, ap);
    va_end(ap);
    g_assert_nonnull(error);
    g_assert_cmpstr(cgvm_error_message(error), ==, expected);
    g_assert_cmpint(cgvm_error_code(error), ==, code);
}

static void test_open(void)
{
    char *folder = folder_new();
    g_autofree char *path = g_build_filename(folder, "socket", NULL);
    g_autoptr(Error) error = NULL;
    UnixListener listener;
    struct stat status;
    int fd;

    g_assert_true(unix_listener_open(&listener, path, NULL));
    g_assert_cmpint(stat(path, &status), ==, 0);
    g_assert_true(S_ISSOCK(status.st_mode));
    g_assert_cmpuint(status.st_mode & 07777, ==, 0600);
    fd = unix_socket_connect(path, NULL);
    g_assert_cmpint(fd, >=, 0);
    close(fd);

    unix_listener_close(&listener);
    g_assert_cmpint(access(path, F_OK), !=, 0);
    g_assert_cmpint(unix_socket_connect(path, &error), ==, -1);
    assert_message(
        error, CGVM_ERROR_IO,
        "cannot connect to the socket '%s': No such file or directory; with server=on it would be made",
        path);
    folder_remove(folder);
}

static int bound_socket(const char *path, int type)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, type, 0);

    g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
    g_assert_cmpint(bind(fd, (struct sockaddr *)&address, sizeof(address)), ==, 0);
    return fd;
}

static void test_taken(void)
{
    char *folder = folder_new();
    g_autofree char *path = g_build_filename(folder, "socket", NULL);
    g_autofree char *missing = g_build_filename(folder, "no", "socket", NULL);
    g_autoptr(Error) alive = NULL, datagrams = NULL, file = NULL, nowhere = NULL;
    UnixListener listener, other;
    int fd;

    /* Nobody is behind a socket that a killed program has left. */
    close(bound_socket(path, SOCK_STREAM));
    g_assert_true(unix_listener_open(&listener, path, NULL));
    g_assert_false(unix_listener_open(&other, path, &alive));
    assert_message(alive, CGVM_ERROR_INVALID, "another program uses the socket '%s'; give another path",
                   path);
    g_assert_cmpint(access(path, F_OK), ==, 0);
    unix_listener_close(&other);
    g_assert_cmpint(access(path, F_OK), ==, 0);
    unix_listener_close(&listener);

    fd = bound_socket(path, SOCK_DGRAM);
    g_assert_false(unix_listener_open(&other, path, &datagrams));
    assert_message(datagrams, CGVM_ERROR_INVALID, "another program uses the socket '%s'; give another path",
                   path);
    close(fd);
    g_assert_cmpint(unlink(path), ==, 0);

    g_assert_true(g_file_set_contents(path, "data", -1, NULL));
    g_assert_false(unix_listener_open(&other, path, &file));
    assert_message(file, CGVM_ERROR_INVALID, "'%s' exists and is no socket; remove it or give another path",
                   path);
    g_assert_cmpint(unlink(path), ==, 0);

    g_assert_false(unix_listener_open(&other, missing, &nowhere));
    assert_message(nowhere, CGVM_ERROR_IO, "cannot make the socket '%s': No such file or directory", missing);
    folder_remove(folder);
}

/* What somebody has put in the place of the socket is not removed with it. */
static void test_replaced(void)
{
    char *folder = folder_new();
    g_autofree char *path = g_build_filename(folder, "socket", NULL);
    UnixListener listener;

    g_assert_true(unix_listener_open(&listener, path, NULL));
    g_assert_cmpint(unlink(path), ==, 0);
    g_assert_true(g_file_set_contents(path, "data", -1, NULL));
    unix_listener_close(&listener);
    g_assert_cmpint(unlink(path), ==, 0);
    folder_remove(folder);
}

static void test_length(void)
{
    char *folder = folder_new();
    const size_t longest = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;
    g_autofree char *name = g_strnfill(longest - strlen(folder) - 1, 'x');
    g_autofree char *path = g_build_filename(folder, name, NULL);
    g_autofree char *longer = g_strconcat(path, "y", NULL);
    g_autoptr(Error) too_long = NULL, empty = NULL;
    UnixListener listener;

    g_assert_true(unix_listener_open(&listener, path, NULL));
    unix_listener_close(&listener);
    g_assert_false(unix_listener_open(&listener, longer, &too_long));
    assert_message(too_long, CGVM_ERROR_INVALID,
                   "the path '%.40s...' of a socket has 108 bytes; it can have 1 to 107", longer);
    g_assert_cmpint(unix_socket_connect("", &empty), ==, -1);
    assert_message(empty, CGVM_ERROR_INVALID, "the path '' of a socket has 0 bytes; it can have 1 to 107");
    folder_remove(folder);
}

static void test_adopt(void)
{
    char *folder = folder_new();
    g_autofree char *path = g_build_filename(folder, "socket", NULL);
    g_autoptr(Error) no_socket = NULL, silent = NULL;
    UnixListener made, adopted;
    int fds[2];

    g_assert_true(unix_listener_open(&made, path, NULL));
    g_assert_true(unix_listener_adopt(&adopted, dup(made.fd), NULL));
    unix_listener_close(&adopted);
    /* Somebody else's path stays. */
    g_assert_cmpint(access(path, F_OK), ==, 0);
    unix_listener_close(&made);

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), ==, 0);
    g_assert_false(unix_listener_adopt(&adopted, fds[0], &silent));
    assert_message(
        silent, CGVM_ERROR_INVALID,
        "the inherited descriptor %d is a socket that does not listen; with server=off it is taken for a "
        "connection",
        fds[0]);
    close(fds[0]);
    close(fds[1]);
    g_assert_cmpint(pipe(fds), ==, 0);
    g_assert_false(unix_listener_adopt(&adopted, fds[0], &no_socket));
    assert_message(no_socket, CGVM_ERROR_INVALID,
                   "the inherited descriptor %d is no socket: Socket operation on non-socket", fds[0]);
    close(fds[0]);
    close(fds[1]);
    folder_remove(folder);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/unix-socket/open", test_open);
    g_test_add_func("/unix-socket/taken", test_taken);
    g_test_add_func("/unix-socket/replaced", test_replaced);
    g_test_add_func("/unix-socket/length", test_length);
    g_test_add_func("/unix-socket/adopt", test_adopt);
    return g_test_run();
}
