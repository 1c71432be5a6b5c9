/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * A QMP server: any number of places where clients come in, and all that are connected, each with a
 * negotiation of its own. Served by one main context, whose thread calls all functions here; the server has
 * no thread of its own.
 */
#ifndef QAPI_QMP_SERVER_H
#define QAPI_QMP_SERVER_H

#include "qapi/qmp-session.h"

/** The most clients at a time; others are left to wait in the backlogs of the sockets. */
#define QMP_MAX_CLIENTS 256

typedef struct QmpServer QmpServer;

/** A new server that nobody can reach yet. @p service must outlive it; it takes a reference to @p context. */
QmpServer *qmp_server_new(const QmpService *service, GMainContext *context);
/** Closes all connections and sockets; NULL is allowed. Not from within a handler. */
void qmp_server_free(QmpServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(QmpServer, qmp_server_free)

/**
 * Lets clients in at the Unix socket @p path, which is made now and removed in the end (see
 * unix_listener_open()). With
 * @p wait, qmp_server_wait() waits for the first of them.
 */
bool qmp_server_listen(QmpServer *server, const char *path, bool wait, Error **errp);
/** The same at the inherited socket @p fd, which listens already and is owned from now on if that succeeds.
 */
bool qmp_server_listen_fd(QmpServer *server, int fd, bool wait, Error **errp);
/** Connects to a client that listens at the Unix socket @p path. */
bool qmp_server_connect(QmpServer *server, const char *path, Error **errp);
/** Serves the client behind @p in_fd and @p out_fd, which are owned from now on (see qmp_connection_new()).
 */
void qmp_server_add(QmpServer *server, int in_fd, int out_fd);

/** Serves the main context until at every socket that is to be waited for a client has come. Not from within
 * a handler. */
void qmp_server_wait(QmpServer *server);
/** Serves the main context until all has been sent, but for at most @p milliseconds: for the end of a
 * program. Not from within a handler. */
void qmp_server_drain(QmpServer *server, unsigned milliseconds);

/** The number of clients that are connected. */
size_t qmp_server_n_clients(const QmpServer *server);

/**
 * Sends @p event with the structure @p data, or NULL, to every client whose negotiation has ended. A handler
 * that causes an event sends it before it returns: then its client gets it before the reply.
 */
void qmp_server_emit(QmpServer *server, const QmpEvent *event, const void *data);

#endif
