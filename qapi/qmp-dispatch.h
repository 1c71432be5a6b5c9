/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * From a request of a QMP client to its reply: negotiation, the form of a request, its arguments, and errors.
 *
 * A request is `{"execute": NAME, "arguments": {...}, "id": ANY}`; the last two are optional. `exec-oob` is
 * known, but refused: there is nothing that a command out of order could be needed for, since no command
 * blocks the others.
 */
#ifndef QAPI_QMP_DISPATCH_H
#define QAPI_QMP_DISPATCH_H

#include "qapi/qmp-command.h"

/** The most deferred commands that a client may have; with more, its requests wait. */
#define QMP_MAX_DEFERRED 16

/** What a request is carried out for. Made by qmp_client_init(). */
typedef struct QmpClient QmpClient;
struct QmpClient {
    const QmpSchema *schema;
    void *context; /* for handlers */
    /** Takes a reply, which is borrowed. Called once for each request, for deferred commands later. */
    void (*reply)(QmpClient *client, json_object *reply);
    bool negotiated;
    GQueue deferred; /* QmpCall *, in the order of their requests */
};

/** Starts a client before its negotiation. @p schema and @p context must outlive it. */
void qmp_client_init(QmpClient *client, const QmpSchema *schema, void *context,
                     void (*reply)(QmpClient *client, json_object *reply));
/** Ends it: commands that are deferred go on, but their results are dropped. */
void qmp_client_clear(QmpClient *client);

/** Whether @p request can be carried out now, or a deferred command must come to its end before. */
bool qmp_client_is_ready(const QmpClient *client, json_object *request);

/** Carries out @p request (borrowed), which is any JSON. */
void qmp_dispatch(QmpClient *client, json_object *request);

/** Replies that what has arrived was no JSON, as @p error says. */
void qmp_refuse(QmpClient *client, const Error *error);

/** A new event: @p data is the structure that goes with it, or NULL. The time is now. */
json_object *qmp_event_new(const QmpEvent *event, const void *data);

#endif
