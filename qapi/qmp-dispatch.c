/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "qapi/qmp-dispatch.h"
#include <string.h>
#include "qapi/near-miss.h"

/* The most that is told of a name which the client has thought of, and of an error, in characters. */
#define SHOWN_MAX 60
#define DESC_MAX  1000

struct QmpCall {
    QmpClient *client; /* NULL once it has gone */
    const QmpSchema *schema;
    void *context;
    json_object *request;   /* for its id and its arguments */
    json_object *arguments; /* borrowed from the request, or empty and owned */
    bool has_own_arguments;
    json_object *result;
    bool has_result; /* JSON's null is NULL */
    QmpErrorClass error_class;
    bool deferred;
};

static const char *const class_names[] = {
    [QMP_ERROR_GENERIC] = "GenericError",
    [QMP_ERROR_COMMAND_NOT_FOUND] = "CommandNotFound",
    [QMP_ERROR_DEVICE_NOT_ACTIVE] = "DeviceNotActive",
    [QMP_ERROR_DEVICE_NOT_FOUND] = "DeviceNotFound",
    [QMP_ERROR_KVM_MISSING_CAP] = "KVMMissingCap",
};

/* ---- the client ---- */

void qmp_client_init(QmpClient *client, const QmpSchema *schema, void *context,
                     void (*reply)(QmpClient *client, json_object *reply))
{
    *client = (QmpClient){ .schema = schema, .context = context, .reply = reply };
    g_queue_init(&client->deferred);
}

void qmp_client_clear(QmpClient *client)
{
    for (GList *item = client->deferred.head; item; item = item->next) {
        ((QmpCall *)item->data)->client = NULL;
    }
    g_queue_clear(&client->deferred);
}

static bool has_id(json_object *request)
{
    return json_object_is_type(request, json_type_object) && json_object_object_get_ex(request, "id", NULL);
}

bool qmp_client_is_ready(const QmpClient *client, json_object *request)
{
    if (g_queue_is_empty((GQueue *)&client->deferred)) {
        return true;
    }
    for (GList *item = client->deferred.head; item; item = item->next) {
        if (!has_id(((QmpCall *)item->data)->request)) {
            return false;
        }
    }
    return has_id(request) && client->deferred.length < QMP_MAX_DEFERRED;
}

/* ---- replies ---- */

/* @p text, of which at most @p max characters are shown. */
static char *shown(const char *text, long max)
{
    g_autofree char *start = NULL;

    if (g_utf8_strlen(text, -1) <= max) {
        return g_strdup(text);
    }
    start = g_utf8_substring(text, 0, max);
    return g_strconcat(start, "...", NULL);
}

static json_object *error_reply(QmpErrorClass error_class, const Error *error)
{
    json_object *reply = json_object_new_object();
    json_object *body = json_object_new_object();
    g_autofree char *desc = shown(cgvm_error_message(error), DESC_MAX);

    json_object_object_add(body, "class", json_object_new_string(class_names[error_class]));
    json_object_object_add(body, "desc", json_object_new_string(desc));
    json_object_object_add(reply, "error", body);
    return reply;
}

static void reply_send(QmpClient *client, json_object *request, json_object *reply)
{
    json_object *id;

    if (json_object_is_type(request, json_type_object) && json_object_object_get_ex(request, "id", &id)) {
        json_object_object_add(reply, "id", json_object_get(id));
    }
    client->reply(client, reply);
}

static void reply_error(QmpClient *client, json_object *request, QmpErrorClass error_class,
                        const Error *error)
{
    g_autoptr(json_object) reply = error_reply(error_class, error);

    reply_send(client, request, reply);
}

void qmp_refuse(QmpClient *client, const Error *error)
{
    reply_error(client, NULL, QMP_ERROR_GENERIC, error);
}

json_object *qmp_event_new(const QmpEvent *event, const void *data)
{
    const int64_t now = g_get_real_time();
    json_object *object = json_object_new_object();
    json_object *timestamp = json_object_new_object();

    json_object_object_add(object, "event", json_object_new_string(event->name));
    if (event->data) {
        json_object_object_add(object, "data", fields_to_json(event->data, data));
    }
    json_object_object_add(timestamp, "seconds", json_object_new_int64(now / G_USEC_PER_SEC));
    json_object_object_add(timestamp, "microseconds", json_object_new_int64(now % G_USEC_PER_SEC));
    json_object_object_add(object, "timestamp", timestamp);
    return object;
}

/* ---- what handlers see ---- */

void *qmp_call_context(const QmpCall *call)
{
    return call->context;
}

const QmpSchema *qmp_call_schema(const QmpCall *call)
{
    return call->schema;
}

json_object *qmp_call_arguments(const QmpCall *call)
{
    return call->arguments;
}

void qmp_call_negotiated(QmpCall *call)
{
    call->client->negotiated = true;
}

bool qmp_call_return(QmpCall *call, json_object *result)
{
    json_object_put(call->result);
    call->result = result;
    call->has_result = true;
    return true;
}

bool qmp_call_return_fields(QmpCall *call, const FieldTable *table, const void *base)
{
    return qmp_call_return(call, fields_to_json(table, base));
}

void qmp_call_set_error_class(QmpCall *call, QmpErrorClass error_class)
{
    call->error_class = error_class;
}

bool qmp_call_defer(QmpCall *call)
{
    g_assert(!call->deferred);
    call->deferred = true;
    g_queue_push_tail(&call->client->deferred, call);
    return true;
}

static void call_free(QmpCall *call)
{
    json_object_put(call->request);
    if (call->has_own_arguments) {
        json_object_put(call->arguments);
    }
    json_object_put(call->result);
    g_free(call);
}

static void call_reply(QmpCall *call, const Error *error)
{
    g_autoptr(json_object) reply = NULL;

    if (error) {
        reply_error(call->client, call->request, call->error_class, error);
        return;
    }
    reply = json_object_new_object();
    json_object_object_add(reply, "return",
                           call->has_result ? json_object_get(call->result) : json_object_new_object());
    reply_send(call->client, call->request, reply);
}

void qmp_call_complete(QmpCall *call, json_object *result, Error *error)
{
    g_autoptr(Error) owned = error;

    g_assert(call->deferred);
    if (result) {
        qmp_call_return(call, result);
    }
    if (call->client) {
        g_queue_remove(&call->client->deferred, call);
        call_reply(call, owned);
    }
    call_free(call);
}

/* ---- arguments ---- */

/* Refuses the argument @p name, which @p command does not have. */
static bool unexpected_argument(const QmpCommand *command, const char *name, Error **errp)
{
    g_autofree char *cut = shown(name, SHOWN_MAX);
    NearMiss search = { .word = cut };
    g_autofree char *suggestion = NULL;

    for (size_t i = 0; command->arguments && i < command->arguments->n_fields; i++) {
        near_miss_consider(&search, command->arguments->fields[i].name);
    }
    suggestion = near_miss_text(&search);
    return error_setg(errp, "'%s' has no argument '%s'%s", command->name, cut,
                      *suggestion ? suggestion : "; leave it out");
}

/* Stores @p json in @p arguments, which are zeroed; the caller clears them after a failure, too. */
static bool arguments_set(const QmpCommand *command, json_object *json, void *arguments, Error **errp)
{
    const FieldTable *table = command->arguments;

    if (table) {
        fields_init(table, arguments);
    }
    json_object_object_foreach (json, name, value) {
        const Field *field = table ? field_table_find(table, name) : NULL;

        if (!field && !command->open) {
            return unexpected_argument(command, name, errp);
        }
        if (field && !field_set(field, arguments, value, errp)) {
            return error_prepend(errp, "the argument ");
        }
    }
    for (size_t i = 0; table && i < table->n_fields; i++) {
        const Field *field = &table->fields[i];
        if (field->mandatory && !json_object_object_get_ex(json, field->name, NULL)) {
            return error_setg(errp, "'%s' needs the argument '%s', %s", command->name, field->name,
                              field->description);
        }
    }
    return true;
}

/* ---- requests ---- */

/* The name of the command that @p request asks for; NULL with an error if it has not the form of a request.
 */
static const char *request_check(json_object *request, Error **errp)
{
    json_object *name = NULL, *arguments = NULL;

    if (!json_object_is_type(request, json_type_object)) {
        return error_setg_null(errp, "a request is an object, as in {\"execute\": \"query-version\"}");
    }
    json_object_object_foreach (request, key, value) {
        if (strcmp(key, "execute") == 0) {
            name = value;
            if (!json_object_is_type(value, json_type_string)) {
                return error_setg_null(errp, "'execute' of a request is a string, the name of a command");
            }
        } else if (strcmp(key, "arguments") == 0) {
            arguments = value;
            if (!json_object_is_type(arguments, json_type_object)) {
                return error_setg_null(errp,
                                       "'arguments' of a request is an object; without any, leave it out");
            }
        } else if (strcmp(key, "exec-oob") == 0) {
            return error_setg_null(
                errp, "'exec-oob' needs the capability 'oob', which is not offered; use 'execute'");
        } else if (strcmp(key, "id") != 0) {
            g_autofree char *cut = shown(key, SHOWN_MAX);
            return error_setg_null(
                errp, "a request has no member '%s'; it has 'execute', 'arguments' and 'id'", cut);
        }
    }
    if (!name) {
        return error_setg_null(errp, "a request needs the member 'execute', the name of a command");
    }
    return json_object_get_string(name);
}

/* NULL with an error, of class CommandNotFound, if @p client cannot use the command @p name, at least not
 * now. */
static const QmpCommand *command_find(const QmpClient *client, const char *name, Error **errp)
{
    const bool negotiates = strcmp(name, "qmp_capabilities") == 0;
    g_autofree char *cut = shown(name, SHOWN_MAX);
    NearMiss search = { .word = cut };
    g_autofree char *suggestion = NULL;

    if (!client->negotiated && !negotiates) {
        return error_setg_null(errp,
                               "before any other command, the negotiation must end with 'qmp_capabilities'");
    }
    if (client->negotiated && negotiates) {
        return error_setg_null(errp, "the negotiation has ended already; leave 'qmp_capabilities' out");
    }
    for (size_t i = 0; i < client->schema->n_commands; i++) {
        if (strcmp(client->schema->commands[i].name, name) == 0) {
            return &client->schema->commands[i];
        }
        near_miss_consider(&search, client->schema->commands[i].name);
    }
    suggestion = near_miss_text(&search);
    return error_set_null(errp, CGVM_ERROR_NOT_FOUND, "there is no command '%s'%s", cut,
                          *suggestion ? suggestion : "; 'query-commands' lists them");
}

static bool command_run(const QmpCommand *command, QmpCall *call, Error **errp)
{
    g_autofree void *arguments = command->arguments ? g_malloc0(command->arguments->struct_size) : NULL;
    const bool done =
        arguments_set(command, call->arguments, arguments, errp) && command->handler(call, arguments, errp);

    if (arguments) {
        fields_clear(command->arguments, arguments);
    }
    return done;
}

static QmpCall *call_new(QmpClient *client, json_object *request)
{
    QmpCall *call = g_new0(QmpCall, 1);

    call->client = client;
    call->schema = client->schema;
    call->context = client->context;
    call->request = json_object_get(request);
    call->has_own_arguments = !json_object_object_get_ex(request, "arguments", &call->arguments);
    if (call->has_own_arguments) {
        call->arguments = json_object_new_object();
    }
    return call;
}

void qmp_dispatch(QmpClient *client, json_object *request)
{
    g_autoptr(Error) error = NULL;
    const char *name = request_check(request, &error);
    const QmpCommand *command;
    QmpCall *call;

    if (!name) {
        reply_error(client, request, QMP_ERROR_GENERIC, error);
        return;
    }
    command = command_find(client, name, &error);
    if (!command) {
        reply_error(client, request, QMP_ERROR_COMMAND_NOT_FOUND, error);
        return;
    }
    call = call_new(client, request);
    if (!command_run(command, call, &error)) {
        /* A handler that fails has not deferred. */
        g_assert(!call->deferred);
        call_reply(call, error);
        call_free(call);
    } else if (!call->deferred) {
        call_reply(call, NULL);
        call_free(call);
    }
}
