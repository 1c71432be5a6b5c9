/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * A QMP session behind a pair of descriptors, served by a main context. Never blocks.
 */
#ifndef QAPI_QMP_CONNECTION_H
#define QAPI_QMP_CONNECTION_H

#include "qapi/qmp-session.h"

typedef struct QmpConnection QmpConnection;

/**
 * Serves the client that sends on @p in_fd and reads @p out_fd, which may be the same and are closed in the
 * end. They need not be set to non-blocking, so others can share them. Unless @p out_fd is a socket, the
 * program ignores SIGPIPE.
 *
 * @p closed is called with @p opaque from @p context when the client has gone and all is done that it asked
 * for, or when it has been given up; it frees the connection.
 */
QmpConnection *qmp_connection_new(const QmpService *service, GMainContext *context, int in_fd, int out_fd,
                                  void (*closed)(QmpConnection *connection, void *opaque), void *opaque);
/** Frees @p connection, whatever is under way; NULL is allowed. Not from within a handler. */
void qmp_connection_free(QmpConnection *connection);

/** Sends @p event (borrowed), if the negotiation has ended. */
void qmp_connection_event(QmpConnection *connection, json_object *event);
/** Whether all that there is to send has been sent. */
bool qmp_connection_is_drained(const QmpConnection *connection);

#endif
