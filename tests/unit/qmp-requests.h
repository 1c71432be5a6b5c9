/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * For tests of cgvm's own QMP commands: a client that sends one and looks at the reply.
 */
#ifndef TESTS_UNIT_QMP_REQUESTS_H
#define TESTS_UNIT_QMP_REQUESTS_H

#include <string.h>
#include "qmp-tree.h"

typedef struct Requests {
    QmpTree tree;
    QmpSession *session;
} Requests;

static inline void requests_notify(void *opaque G_GNUC_UNUSED)
{
}

/* The reply to the command @p name with @p arguments, JSON or NULL, as text. To be freed. */
static inline char *request_text(Requests *requests, const char *name, const char *arguments)
{
    g_autofree char *request = g_strdup_printf("{'execute':'%s'%s%s}", name, arguments ? ",'arguments':" : "",
                                               arguments ? arguments : "");
    const char *bytes;
    char *reply;
    size_t length;

    qmp_session_input(requests->session, request, strlen(request));
    bytes = qmp_session_output(requests->session, &length);
    g_assert_cmpuint(length, >, 2);
    reply = g_strndup(bytes, length - 2);
    g_assert_null(strchr(reply, '\n'));
    qmp_session_sent(requests->session, length);
    return reply;
}

/* What it returned. To be put. */
static inline json_object *request_value(Requests *requests, const char *name, const char *arguments)
{
    g_autofree char *text = request_text(requests, name, arguments);
    g_autoptr(json_object) reply = json_tokener_parse(text);
    json_object *value = NULL;

    if (!json_object_object_get_ex(reply, "return", &value)) {
        g_error("%s: %s", name, text);
    }
    return json_object_get(value);
}

static inline void request_expect(Requests *requests, const char *name, const char *arguments,
                                  const char *returned)
{
    g_autofree char *text = request_text(requests, name, arguments);
    g_autofree char *expected = g_strdup_printf("{\"return\":%s}", returned);

    g_assert_cmpstr(text, ==, expected);
}

static inline void request_refused(Requests *requests, const char *name, const char *arguments,
                                   const char *error_class, const char *message)
{
    g_autofree char *text = request_text(requests, name, arguments);
    g_autoptr(json_object) reply = json_tokener_parse(text);
    json_object *error = NULL, *value;

    if (!json_object_object_get_ex(reply, "error", &error)) {
        g_error("%s %s: %s", name, arguments, text);
    }
    json_object_object_get_ex(error, "desc", &value);
    g_assert_cmpstr(json_object_get_string(value), ==, message);
    json_object_object_get_ex(error, "class", &value);
    g_assert_cmpstr(json_object_get_string(value), ==, error_class);
}

/* The member @p key of @p object, borrowed; NULL if it has none. */
static inline json_object *member(json_object *object, const char *key)
{
    json_object *value = NULL;

    json_object_object_get_ex(object, key, &value);
    return value;
}

static inline const char *member_text(json_object *object, const char *key)
{
    return json_object_get_string(member(object, key));
}

/* The element of the list @p list whose name is @p name, borrowed, or NULL. */
static inline json_object *element(json_object *list, const char *name)
{
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        json_object *item = json_object_array_get_idx(list, i);
        if (g_strcmp0(member_text(item, "name"), name) == 0) {
            return item;
        }
    }
    return NULL;
}

static inline void requests_start(Requests *requests)
{
    size_t length;

    qmp_tree_start(&requests->tree);
    requests->session = qmp_session_new(&requests->tree.service, requests_notify, NULL);
    qmp_session_output(requests->session, &length);
    qmp_session_sent(requests->session, length);
    request_expect(requests, "qmp_capabilities", NULL, "{}");
}

static inline void requests_end(Requests *requests)
{
    qmp_session_free(requests->session);
    qmp_tree_end(&requests->tree);
}

#endif
