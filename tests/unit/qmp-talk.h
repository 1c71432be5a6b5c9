/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * For tests of QMP: a schema with one command for each thing that a handler can do, and a client to talk to
 * it.
 */
#ifndef TESTS_UNIT_QMP_TALK_H
#define TESTS_UNIT_QMP_TALK_H

#include <string.h>
#include "qapi/qmp-dispatch.h"
#include "qapi/qmp-session.h"

typedef struct EchoArguments {
    char *text;
    uint8_t times;
    bool *flags;
    size_t n_flags;
    Blob seal;
    json_object *extra;
} EchoArguments;

static const Field echo_members[] = {
    { .name = "text",
      .type = "str",
      .description = "what to say",
      .kind = FIELD_STR,
      .mandatory = true,
      .offset = offsetof(EchoArguments, text),
      .has_offset = FIELD_NO_OFFSET,
      .count_offset = FIELD_NO_OFFSET },
    { .name = "times",
      .type = "uint8",
      .description = "how often",
      .kind = FIELD_UINT8,
      .min = 1,
      .max = 9,
      .default_text = "1",
      .offset = offsetof(EchoArguments, times),
      .has_offset = FIELD_NO_OFFSET,
      .count_offset = FIELD_NO_OFFSET },
    { .name = "flags",
      .type = "list of bool",
      .description = "some",
      .kind = FIELD_BOOL,
      .list = true,
      .offset = offsetof(EchoArguments, flags),
      .has_offset = FIELD_NO_OFFSET,
      .count_offset = offsetof(EchoArguments, n_flags) },
    { .name = "seal",
      .type = "blob",
      .description = "bytes",
      .kind = FIELD_BLOB,
      .offset = offsetof(EchoArguments, seal),
      .has_offset = FIELD_NO_OFFSET,
      .count_offset = FIELD_NO_OFFSET },
    { .name = "extra",
      .type = "any",
      .description = "anything",
      .kind = FIELD_ANY,
      .offset = offsetof(EchoArguments, extra),
      .has_offset = FIELD_NO_OFFSET,
      .count_offset = FIELD_NO_OFFSET },
};

static const FieldTable echo_fields = {
    .name = "echo",
    .struct_size = sizeof(EchoArguments),
    .fields = echo_members,
    .n_fields = G_N_ELEMENTS(echo_members),
};

/* The context of the handlers. */
typedef struct TalkContext {
    GPtrArray *calls; /* QmpCall *, deferred by "slow" */
    void (*on_shout)(void *opaque);
    void *opaque;
} TalkContext;

static inline bool talk_capabilities(QmpCall *call, const void *arguments G_GNUC_UNUSED,
                                     Error **errp G_GNUC_UNUSED)
{
    qmp_call_negotiated(call);
    return true;
}

static inline bool talk_nothing(QmpCall *call G_GNUC_UNUSED, const void *arguments,
                                Error **errp G_GNUC_UNUSED)
{
    g_assert_null(arguments);
    return true;
}

static inline bool talk_null(QmpCall *call, const void *arguments G_GNUC_UNUSED, Error **errp G_GNUC_UNUSED)
{
    return qmp_call_return(call, NULL);
}

static inline bool talk_echo(QmpCall *call, const void *arguments, Error **errp G_GNUC_UNUSED)
{
    return qmp_call_return_fields(call, &echo_fields, arguments);
}

static inline bool talk_open(QmpCall *call, const void *arguments G_GNUC_UNUSED, Error **errp G_GNUC_UNUSED)
{
    return qmp_call_return(call, json_object_get(qmp_call_arguments(call)));
}

static inline bool talk_fail(QmpCall *call, const void *arguments G_GNUC_UNUSED, Error **errp)
{
    qmp_call_return(call, json_object_new_string("never seen"));
    return error_set(errp, CGVM_ERROR_STATE, "this command always fails; use another");
}

static inline bool talk_lost(QmpCall *call, const void *arguments G_GNUC_UNUSED, Error **errp)
{
    qmp_call_set_error_class(call, QMP_ERROR_DEVICE_NOT_FOUND);
    return error_setg(errp, "there is no such device; look for another");
}

static inline bool talk_slow(QmpCall *call, const void *arguments G_GNUC_UNUSED, Error **errp G_GNUC_UNUSED)
{
    TalkContext *context = qmp_call_context(call);

    g_ptr_array_add(context->calls, call);
    return qmp_call_defer(call);
}

static inline bool talk_shout(QmpCall *call, const void *arguments G_GNUC_UNUSED, Error **errp G_GNUC_UNUSED)
{
    TalkContext *context = qmp_call_context(call);

    context->on_shout(context->opaque);
    return true;
}

/* So long that a few of them fill what may wait for a client. */
static inline bool talk_long(QmpCall *call, const void *arguments G_GNUC_UNUSED, Error **errp G_GNUC_UNUSED)
{
    g_autofree char *text = g_strnfill(30000, 'x');

    return qmp_call_return(call, json_object_new_string(text));
}

static const QmpCommand talk_commands[] = {
    { .name = "qmp_capabilities", .handler = talk_capabilities },
    { .name = "nothing", .handler = talk_nothing },
    { .name = "null", .handler = talk_null },
    { .name = "echo", .arguments = &echo_fields, .handler = talk_echo },
    { .name = "open", .arguments = &echo_fields, .open = true, .handler = talk_open },
    { .name = "fail", .handler = talk_fail },
    { .name = "lost", .handler = talk_lost },
    { .name = "slow", .handler = talk_slow },
    { .name = "shout", .handler = talk_shout },
    { .name = "long", .handler = talk_long },
};

static const QmpEvent talk_events[] = {
    { .name = "SHOUT" },
    { .name = "ECHO", .data = &echo_fields },
};

static const QmpSchema talk_schema = {
    .commands = talk_commands,
    .n_commands = G_N_ELEMENTS(talk_commands),
    .events = talk_events,
    .n_events = G_N_ELEMENTS(talk_events),
    .introspection = "[]",
};

#define TALK_GREETING "{\"QMP\":{\"version\":{\"a\":1},\"capabilities\":[]}}\r\n"
#define TALK_READY    "{\"return\":{}}\r\n"

/* A client, and the session that serves it. */
typedef struct Talk {
    TalkContext context;
    QmpService service;
    QmpSession *session;
    unsigned n_notified;
} Talk;

static inline void talk_notify(void *opaque)
{
    ((Talk *)opaque)->n_notified++;
}

/* All that there is to read, which is read. To be freed. */
static inline char *talk_read(Talk *talk)
{
    GString *all = g_string_new(NULL);
    size_t length;
    const char *bytes;

    while ((bytes = qmp_session_output(talk->session, &length)), length > 0) {
        g_string_append_len(all, bytes, length);
        qmp_session_sent(talk->session, length);
    }
    return g_string_free(all, FALSE);
}

/* Sends @p text, which has led to @p expected, line by line, without line ends if it is one line. */
static inline void talk_expect(Talk *talk, const char *text, const char *expected)
{
    g_autofree char *lines = NULL;

    qmp_session_input(talk->session, text, strlen(text));
    lines = talk_read(talk);
    if (!strchr(expected, '\n') && g_str_has_suffix(lines, "\r\n")) {
        lines[strlen(lines) - 2] = '\0';
    }
    g_assert_cmpstr(lines, ==, expected);
}

static inline void talk_start_greeted(Talk *talk)
{
    *talk = (Talk){ .context.calls = g_ptr_array_new() };
    talk->service = (QmpService){ .schema = &talk_schema,
                                  .context = &talk->context,
                                  .version = json_tokener_parse("{\"a\":1}") };
    talk->session = qmp_session_new(&talk->service, talk_notify, talk);
}

/* A client that has negotiated. */
static inline void talk_start(Talk *talk)
{
    talk_start_greeted(talk);
    talk_expect(talk, "{\"execute\":\"qmp_capabilities\"}", TALK_GREETING TALK_READY);
}

static inline void talk_end(Talk *talk)
{
    qmp_session_free(talk->session);
    json_object_put(talk->service.version);
    g_ptr_array_unref(talk->context.calls);
}

#endif
