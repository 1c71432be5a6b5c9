/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "qapi/qmp-connection.h"
#include <errno.h>
#include <glib-unix.h>
#include <limits.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_SIZE 4096

struct QmpConnection {
    QmpSession *session;
    GMainContext *context;
    int in_fd, out_fd;
    GSource *in_source; /* NULL while there is nothing to wait for */
    GSource *out_source;
    GSource *close_source;
    bool has_ended; /* no more input comes */
    bool has_failed;
    void (*closed)(QmpConnection *connection, void *opaque);
    void *opaque;
};

static void update(void *opaque);

static void source_drop(GSource **source)
{
    if (*source) {
        g_source_destroy(*source);
        g_clear_pointer(source, g_source_unref);
    }
}

static gboolean on_readable(int fd, GIOCondition condition G_GNUC_UNUSED, void *opaque)
{
    QmpConnection *connection = opaque;
    char bytes[READ_SIZE];
    const ssize_t length = read(fd, bytes, sizeof(bytes));

    if (length > 0) {
        qmp_session_input(connection->session, bytes, length);
    } else if (length == 0 || (errno != EAGAIN && errno != EINTR)) {
        connection->has_ended = true;
    }
    update(connection);
    return G_SOURCE_CONTINUE;
}

/* A pipe that is ready takes PIPE_BUF bytes without blocking. */
static ssize_t send_some(int fd, const char *bytes, size_t length)
{
    const ssize_t sent = send(fd, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);

    return sent < 0 && errno == ENOTSOCK ? write(fd, bytes, MIN(length, PIPE_BUF)) : sent;
}

static gboolean on_writable(int fd, GIOCondition condition G_GNUC_UNUSED, void *opaque)
{
    QmpConnection *connection = opaque;
    size_t length;
    const char *bytes = qmp_session_output(connection->session, &length);
    const ssize_t sent = send_some(fd, bytes, length);

    if (sent > 0) {
        qmp_session_sent(connection->session, sent);
    } else if (sent < 0 && errno != EAGAIN && errno != EINTR) {
        connection->has_failed = true;
    }
    update(connection);
    return G_SOURCE_CONTINUE;
}

static gboolean on_close(void *opaque)
{
    QmpConnection *connection = opaque;

    connection->closed(connection, connection->opaque);
    return G_SOURCE_REMOVE;
}

/* Waits on @p fd in @p source if @p wanted, else does not. */
static void source_want(QmpConnection *connection, GSource **source, bool wanted, int fd,
                        GIOCondition condition, GUnixFDSourceFunc callback)
{
    if (wanted && !*source) {
        *source = g_unix_fd_source_new(fd, condition);
        g_source_set_callback(*source, (GSourceFunc)(void (*)(void))callback, connection, NULL);
        g_source_attach(*source, connection->context);
    } else if (!wanted) {
        source_drop(source);
    }
}

/* Waits for what the session needs next. To close is left to a source, as this may be in the middle of a
 * handler. */
static void update(void *opaque)
{
    QmpConnection *connection = opaque;
    const QmpSession *session = connection->session;
    bool is_over;

    if (!session) {
        return;
    }
    is_over = connection->has_failed || qmp_session_is_lost(session) ||
              (connection->has_ended && qmp_session_is_idle(session));
    if (is_over && !connection->close_source) {
        connection->close_source = g_idle_source_new();
        g_source_set_priority(connection->close_source, G_PRIORITY_DEFAULT);
        g_source_set_callback(connection->close_source, on_close, connection, NULL);
        g_source_attach(connection->close_source, connection->context);
    }
    source_want(connection, &connection->in_source,
                !is_over && !connection->has_ended && qmp_session_wants_input(session), connection->in_fd,
                G_IO_IN | G_IO_HUP | G_IO_ERR, on_readable);
    source_want(connection, &connection->out_source, !is_over && !qmp_connection_is_drained(connection),
                connection->out_fd, G_IO_OUT | G_IO_HUP | G_IO_ERR, on_writable);
}

QmpConnection *qmp_connection_new(const QmpService *service, GMainContext *context, int in_fd, int out_fd,
                                  void (*closed)(QmpConnection *connection, void *opaque), void *opaque)
{
    QmpConnection *connection = g_new0(QmpConnection, 1);

    connection->context = g_main_context_ref(context);
    connection->in_fd = in_fd;
    connection->out_fd = out_fd;
    connection->closed = closed;
    connection->opaque = opaque;
    connection->session = qmp_session_new(service, update, connection);
    update(connection);
    return connection;
}

void qmp_connection_free(QmpConnection *connection)
{
    if (!connection) {
        return;
    }
    source_drop(&connection->in_source);
    source_drop(&connection->out_source);
    source_drop(&connection->close_source);
    qmp_session_free(connection->session);
    close(connection->in_fd);
    if (connection->out_fd != connection->in_fd) {
        close(connection->out_fd);
    }
    g_main_context_unref(connection->context);
    g_free(connection);
}

void qmp_connection_event(QmpConnection *connection, json_object *event)
{
    qmp_session_event(connection->session, event);
}

bool qmp_connection_is_drained(const QmpConnection *connection)
{
    size_t length;

    qmp_session_output(connection->session, &length);
    return length == 0;
}
