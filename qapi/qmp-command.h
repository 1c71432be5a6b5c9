/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * QMP commands and events as data, and what the function sees that carries a command out.
 *
 * The schema is turned into a QmpSchema, qapi_schema in qapi-commands.h, and a prototype `QmpHandler
 * qmp_NAME` for each command. A handler is a plain function:
 *
 *     bool qmp_object_del(QmpCall *call, const void *arguments, Error **errp)
 *     {
 *         const ObjectDelArguments *args = arguments;
 *         QmpContext *context = qmp_call_context(call);
 *
 *         return user_creatable_del(context->root, args->id, errp);
 *     }
 *
 * Handlers and all functions below run on one thread: that of the main context which the client's connection
 * is in.
 */
#ifndef QAPI_QMP_COMMAND_H
#define QAPI_QMP_COMMAND_H

#include "qapi/fields.h"

/** The class of an error, by which programs tell some apart. */
typedef enum QmpErrorClass {
    QMP_ERROR_GENERIC, /* all others */
    QMP_ERROR_COMMAND_NOT_FOUND,
    QMP_ERROR_DEVICE_NOT_ACTIVE,
    QMP_ERROR_DEVICE_NOT_FOUND,
    QMP_ERROR_KVM_MISSING_CAP,
} QmpErrorClass;

/** One command that a client has sent. */
typedef struct QmpCall QmpCall;

/**
 * Carries out a command. @p arguments is the command's structure, filled and checked as the schema says; NULL
 * if it has none. It is gone after the return, as is @p call unless qmp_call_defer() was called.
 *
 * Returns true for success, which is what the functions below make of it or `{}`; false with an error.
 */
typedef bool QmpHandler(QmpCall *call, const void *arguments, Error **errp);

/** A command. */
typedef struct QmpCommand {
    const char *name;
    const FieldTable *arguments; /* NULL: it takes none */
    bool open;                   /* further arguments are allowed, and for the handler to check */
    QmpHandler *handler;
} QmpCommand;

/** An event. */
typedef struct QmpEvent {
    const char *name;
    const FieldTable *data; /* NULL: it has none */
} QmpEvent;

/** All commands and events that a client is told of. */
typedef struct QmpSchema {
    const QmpCommand *commands;
    size_t n_commands;
    const QmpEvent *events;
    size_t n_events;
    const char *introspection; /* JSON: what query-qmp-schema returns */
} QmpSchema;

/** What the client's server was given for its handlers; each kind of server says what that is. */
void *qmp_call_context(const QmpCall *call);
/** The schema that the command is of. */
const QmpSchema *qmp_call_schema(const QmpCall *call);
/** All arguments as they were sent, borrowed: an object. For commands that are `open`. */
json_object *qmp_call_arguments(const QmpCall *call);
/** Ends the negotiation: from now on the client's commands are carried out, and it gets events. */
void qmp_call_negotiated(QmpCall *call);

/** Makes @p result, which is owned from now on and may be NULL, JSON's null, what the command returns.
 * Returns true.
 */
bool qmp_call_return(QmpCall *call, json_object *result);
/** The same with the structure @p base, described by @p table, which stays the caller's. Returns true. */
bool qmp_call_return_fields(QmpCall *call, const FieldTable *table, const void *base);
/** Makes @p error_class that of the error with which the command fails, if it does; else it is
 * QMP_ERROR_GENERIC. */
void qmp_call_set_error_class(QmpCall *call, QmpErrorClass error_class);

/**
 * Keeps the command open beyond the return of its handler, which then returns true; whoever carries it out
 * ends it with qmp_call_complete(), once. Meanwhile other clients are served, and so are later commands of
 * this one if both they and this one have an `id`, so that the client can tell the replies apart. Returns
 * true.
 *
 * The client may go away meanwhile, and its server, too: qmp_call_context() is only to be used while the
 * handler runs.
 */
bool qmp_call_defer(QmpCall *call);
/**
 * Ends a deferred command and frees @p call: with @p error if that is not NULL, else with @p result, which is
 * NULL for
 * `{}`. Owns both from now on. To be called from the thread of the client's main context, after the handler's
 * return.
 */
void qmp_call_complete(QmpCall *call, json_object *result, Error *error);

#endif
