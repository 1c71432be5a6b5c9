/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "qapi/qmp-session.h"
#include <string.h>
#include "qapi/json-stream.h"
#include "qapi/qmp-dispatch.h"

struct QmpSession {
    QmpClient client; /* first, so that its reply() finds the session */
    JsonStream *stream;
    GString *input;       /* what has not been looked at */
    json_object *waiting; /* a request that a deferred command must end before */
    GString *output;
    bool is_processing;
    bool is_lost;
    void (*notify)(void *opaque);
    void *opaque;
};

static void process(QmpSession *session);

/* Sends @p object, as QEMU does with the line end of terminals. */
static void output_append(QmpSession *session, json_object *object)
{
    const char *text =
        json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);

    if (session->is_lost) {
        return;
    }
    g_string_append(session->output, text);
    g_string_append(session->output, "\r\n");
    if (session->output->len > QMP_OUTPUT_MAX) {
        g_string_truncate(session->output, 0);
        session->is_lost = true;
    }
    session->notify(session->opaque);
}

static void session_reply(QmpClient *client, json_object *reply)
{
    QmpSession *session = (QmpSession *)client;

    output_append(session, reply);
    /* A deferred command has ended: what waited for that goes on. */
    process(session);
}

static void greet(QmpSession *session, const QmpService *service)
{
    g_autoptr(json_object) greeting = json_object_new_object();
    json_object *body = json_object_new_object();

    json_object_object_add(body, "version", json_object_get(service->version));
    json_object_object_add(body, "capabilities", json_object_new_array());
    json_object_object_add(greeting, "QMP", body);
    output_append(session, greeting);
}

QmpSession *qmp_session_new(const QmpService *service, void (*notify)(void *opaque), void *opaque)
{
    QmpSession *session = g_new0(QmpSession, 1);

    qmp_client_init(&session->client, service->schema, service->context, session_reply);
    session->stream = json_stream_new();
    session->input = g_string_new(NULL);
    session->output = g_string_new(NULL);
    session->notify = notify;
    session->opaque = opaque;
    greet(session, service);
    return session;
}

static void wipe_free(GString *bytes)
{
    explicit_bzero(bytes->str, bytes->allocated_len);
    g_string_free(bytes, TRUE);
}

void qmp_session_free(QmpSession *session)
{
    if (!session) {
        return;
    }
    g_assert(!session->is_processing);
    qmp_client_clear(&session->client);
    json_stream_free(session->stream);
    json_object_put(session->waiting);
    wipe_free(session->input);
    wipe_free(session->output);
    g_free(session);
}

bool qmp_session_is_lost(const QmpSession *session)
{
    return session->is_lost;
}

/* Whether another request may be carried out. */
static bool may_process(const QmpSession *session)
{
    return !session->is_lost && session->output->len < QMP_OUTPUT_HIGH &&
           (!session->waiting || qmp_client_is_ready(&session->client, session->waiting));
}

bool qmp_session_wants_input(const QmpSession *session)
{
    return may_process(session) && session->input->len == 0 && !session->waiting;
}

bool qmp_session_is_idle(const QmpSession *session)
{
    return session->output->len == 0 && session->input->len == 0 && !session->waiting &&
           g_queue_is_empty((GQueue *)&session->client.deferred);
}

/* The next request in @p request, or an error; false if more input is needed. */
static bool next_request(QmpSession *session, json_object **request, Error **errp)
{
    const char *bytes = session->input->str;
    size_t length = session->input->len;
    JsonStreamResult result;

    if (session->waiting) {
        *request = g_steal_pointer(&session->waiting);
        return true;
    }
    result = json_stream_read(session->stream, &bytes, &length, request, errp);
    g_string_erase(session->input, 0, bytes - session->input->str);
    return result != JSON_STREAM_MORE;
}

/* Carries out what can be. A reply in the middle of this leaves the rest to the call that is under way. */
static void process(QmpSession *session)
{
    if (session->is_processing) {
        return;
    }
    session->is_processing = true;
    while (may_process(session)) {
        g_autoptr(json_object) request = NULL;
        g_autoptr(Error) error = NULL;

        if (!next_request(session, &request, &error)) {
            break;
        }
        if (error) {
            qmp_refuse(&session->client, error);
        } else if (qmp_client_is_ready(&session->client, request)) {
            qmp_dispatch(&session->client, request);
        } else {
            session->waiting = g_steal_pointer(&request);
        }
    }
    session->is_processing = false;
    session->notify(session->opaque);
}

void qmp_session_input(QmpSession *session, const char *bytes, size_t length)
{
    g_string_append_len(session->input, bytes, length);
    process(session);
}

const char *qmp_session_output(const QmpSession *session, size_t *ret_length)
{
    *ret_length = session->output->len;
    return session->output->str;
}

void qmp_session_sent(QmpSession *session, size_t length)
{
    g_string_erase(session->output, 0, length);
    process(session);
}

void qmp_session_event(QmpSession *session, json_object *event)
{
    if (session->client.negotiated) {
        output_append(session, event);
    }
}
