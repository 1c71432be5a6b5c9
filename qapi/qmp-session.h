/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * One QMP client from greeting to end, as bytes: what it sent goes in, what it is to get comes out. Nothing
 * in here reads, writes or waits.
 *
 * Neither a client that sends without end nor one that does not read takes more than a bounded amount of
 * memory: while QMP_OUTPUT_HIGH bytes wait to be read by it, it is sent events only, and of its requests none
 * is carried out; at QMP_OUTPUT_MAX bytes it is lost.
 */
#ifndef QAPI_QMP_SESSION_H
#define QAPI_QMP_SESSION_H

#include "qapi/qmp-command.h"

/** How many bytes may wait for a client before its requests wait, too, and before it is given up. */
#define QMP_OUTPUT_HIGH (64 * 1024)
#define QMP_OUTPUT_MAX  (4 * 1024 * 1024)

/** What clients get. All of it must outlive the sessions. */
typedef struct QmpService {
    const QmpSchema *schema;
    void *context;        /* for the handlers of the schema's commands */
    json_object *version; /* `version` of the greeting */
} QmpService;

typedef struct QmpSession QmpSession;

/**
 * A new session, which has its greeting to send. @p notify is called with @p opaque when there may be more to
 * send, or to read, than before, in the middle of any function below and of qmp_call_complete(); it must not
 * free the session.
 */
QmpSession *qmp_session_new(const QmpService *service, void (*notify)(void *opaque), void *opaque);
/** Frees @p session; NULL is allowed. Not from within a handler. */
void qmp_session_free(QmpSession *session);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(QmpSession, qmp_session_free)

/** Whether it is time to give it more input. */
bool qmp_session_wants_input(const QmpSession *session);
/** Whether it has nothing to do and to send that input led to. */
bool qmp_session_is_idle(const QmpSession *session);
/** Whether so much waits to be sent that the client is to be given up. */
bool qmp_session_is_lost(const QmpSession *session);

/** Takes @p length bytes that the client has sent, and carries out the requests that are complete. */
void qmp_session_input(QmpSession *session, const char *bytes, size_t length);

/** The bytes that wait to be sent, borrowed until any other function is called. */
const char *qmp_session_output(const QmpSession *session, size_t *ret_length);
/** The first @p length of these bytes are sent. May carry out requests that had to wait for that. */
void qmp_session_sent(QmpSession *session, size_t length);

/** Sends @p event (borrowed), if the negotiation has ended. */
void qmp_session_event(QmpSession *session, json_object *event);

#endif
