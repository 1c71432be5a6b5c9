/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "qapi/qmp-server.h"
#include <errno.h>
#include <glib-unix.h>
#include <sys/socket.h>
#include <unistd.h>
#include "qapi/qmp-connection.h"
#include "qapi/qmp-dispatch.h"
#include "qapi/unix-socket.h"

/* How long nobody is let in after the system has refused, or while there are too many. */
#define PAUSE_MS 200

/* A place where clients come in. */
typedef struct Entrance {
    QmpServer *server;
    UnixListener listener;
    GSource *source;
    bool awaits; /* its first client */
} Entrance;

struct QmpServer {
    const QmpService *service;
    GMainContext *context;
    GPtrArray *connections;
    GPtrArray *entrances;
};

static void source_drop(GSource *source)
{
    if (source) {
        g_source_destroy(source);
        g_source_unref(source);
    }
}

static void entrance_free(void *opaque)
{
    Entrance *entrance = opaque;

    source_drop(entrance->source);
    unix_listener_close(&entrance->listener);
    g_free(entrance);
}

static void connection_free(void *opaque)
{
    qmp_connection_free(opaque);
}

QmpServer *qmp_server_new(const QmpService *service, GMainContext *context)
{
    QmpServer *server = g_new0(QmpServer, 1);

    server->service = service;
    server->context = g_main_context_ref(context);
    server->connections = g_ptr_array_new_with_free_func(connection_free);
    server->entrances = g_ptr_array_new_with_free_func(entrance_free);
    return server;
}

void qmp_server_free(QmpServer *server)
{
    if (!server) {
        return;
    }
    g_ptr_array_unref(server->entrances);
    g_ptr_array_unref(server->connections);
    g_main_context_unref(server->context);
    g_free(server);
}

static void on_closed(QmpConnection *connection, void *opaque)
{
    QmpServer *server = opaque;

    g_ptr_array_remove(server->connections, connection);
}

void qmp_server_add(QmpServer *server, int in_fd, int out_fd)
{
    g_ptr_array_add(server->connections,
                    qmp_connection_new(server->service, server->context, in_fd, out_fd, on_closed, server));
}

static void entrance_open(Entrance *entrance);

static gboolean on_pause_end(void *opaque)
{
    entrance_open(opaque);
    return G_SOURCE_REMOVE;
}

static void entrance_pause(Entrance *entrance)
{
    source_drop(entrance->source);
    entrance->source = g_timeout_source_new(PAUSE_MS);
    g_source_set_callback(entrance->source, on_pause_end, entrance, NULL);
    g_source_attach(entrance->source, entrance->server->context);
}

static gboolean on_client(int fd, GIOCondition condition G_GNUC_UNUSED, void *opaque)
{
    Entrance *entrance = opaque;
    int client;

    if (entrance->server->connections->len >= QMP_MAX_CLIENTS) {
        entrance_pause(entrance);
        return G_SOURCE_REMOVE;
    }
    client = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
    if (client >= 0) {
        entrance->awaits = false;
        qmp_server_add(entrance->server, client, client);
    } else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
        /* No descriptors or no memory: waiting for the socket again would be an endless loop. */
        entrance_pause(entrance);
        return G_SOURCE_REMOVE;
    }
    return G_SOURCE_CONTINUE;
}

static void entrance_open(Entrance *entrance)
{
    GUnixFDSourceFunc callback = on_client;

    source_drop(entrance->source);
    entrance->source = g_unix_fd_source_new(entrance->listener.fd, G_IO_IN);
    g_source_set_callback(entrance->source, (GSourceFunc)(void (*)(void))callback, entrance, NULL);
    g_source_attach(entrance->source, entrance->server->context);
}

static void entrance_add(QmpServer *server, const UnixListener *listener, bool wait)
{
    Entrance *entrance = g_new0(Entrance, 1);

    entrance->server = server;
    entrance->listener = *listener;
    entrance->awaits = wait;
    g_ptr_array_add(server->entrances, entrance);
    entrance_open(entrance);
}

bool qmp_server_listen(QmpServer *server, const char *path, bool wait, Error **errp)
{
    UnixListener listener;

    if (!unix_listener_open(&listener, path, errp)) {
        return false;
    }
    entrance_add(server, &listener, wait);
    return true;
}

bool qmp_server_listen_fd(QmpServer *server, int fd, bool wait, Error **errp)
{
    UnixListener listener;

    if (!unix_listener_adopt(&listener, fd, errp)) {
        return false;
    }
    entrance_add(server, &listener, wait);
    return true;
}

bool qmp_server_connect(QmpServer *server, const char *path, Error **errp)
{
    const int fd = unix_socket_connect(path, errp);

    if (fd < 0) {
        return false;
    }
    qmp_server_add(server, fd, fd);
    return true;
}

static bool is_awaited(const QmpServer *server)
{
    for (guint i = 0; i < server->entrances->len; i++) {
        if (((const Entrance *)server->entrances->pdata[i])->awaits) {
            return true;
        }
    }
    return false;
}

void qmp_server_wait(QmpServer *server)
{
    while (is_awaited(server)) {
        g_main_context_iteration(server->context, TRUE);
    }
}

static bool is_drained(const QmpServer *server)
{
    for (guint i = 0; i < server->connections->len; i++) {
        if (!qmp_connection_is_drained(server->connections->pdata[i])) {
            return false;
        }
    }
    return true;
}

static gboolean on_timeout(void *opaque)
{
    *(bool *)opaque = true;
    return G_SOURCE_CONTINUE;
}

void qmp_server_drain(QmpServer *server, unsigned milliseconds)
{
    GSource *timeout = g_timeout_source_new(milliseconds);
    bool is_over = false;

    g_source_set_callback(timeout, on_timeout, &is_over, NULL);
    g_source_attach(timeout, server->context);
    while (!is_over && !is_drained(server)) {
        g_main_context_iteration(server->context, TRUE);
    }
    source_drop(timeout);
}

size_t qmp_server_n_clients(const QmpServer *server)
{
    return server->connections->len;
}

void qmp_server_emit(QmpServer *server, const QmpEvent *event, const void *data)
{
    g_autoptr(json_object) object = qmp_event_new(event, data);

    for (guint i = 0; i < server->connections->len; i++) {
        qmp_connection_event(server->connections->pdata[i], object);
    }
}
