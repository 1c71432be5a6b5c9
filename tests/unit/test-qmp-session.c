/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "qmp-talk.h"

static void test_greeting(void)
{
    Talk talk;

    talk_start_greeted(&talk);
    g_assert_cmpuint(talk.n_notified, >, 0);
    g_assert_true(qmp_session_wants_input(talk.session));
    g_assert_false(qmp_session_is_idle(talk.session));
    talk_expect(&talk, "", TALK_GREETING);
    g_assert_true(qmp_session_is_idle(talk.session));
    talk_end(&talk);
    qmp_session_free(NULL);
}

static void test_pieces(void)
{
    static const char requests[] =
        "{'execute':'echo','arguments':{'text':'}'}}{'execute':'nothing','id':1}\n1 ";
    Talk talk;

    talk_start(&talk);
    for (const char *p = requests; *p; p++) {
        qmp_session_input(talk.session, p, 1);
    }
    talk_expect(
        &talk, "",
        "{\"return\":{\"text\":\"}\",\"times\":1}}\r\n{\"return\":{},\"id\":1}\r\n"
        "{\"error\":{\"class\":\"GenericError\",\"desc\":\"a request is an object, as in {\\\"execute\\\": "
        "\\\"query-version\\\"}\"}}\r\n");
    /* What is begun is no reason to stay. */
    talk_expect(&talk, "{'execute':", "");
    g_assert_true(qmp_session_is_idle(talk.session));
    talk_end(&talk);
}

/* Requests without an id wait for the slow one, so that replies have the order of requests. */
static void test_deferred_in_order(void)
{
    Talk talk;

    talk_start(&talk);
    talk_expect(&talk, "{'execute':'slow'}{'execute':'nothing','id':1}{'execute':'nothing','id':2}", "");
    g_assert_cmpuint(talk.context.calls->len, ==, 1);
    g_assert_false(qmp_session_wants_input(talk.session));
    g_assert_false(qmp_session_is_idle(talk.session));
    qmp_call_complete(talk.context.calls->pdata[0], json_object_new_int(5), NULL);
    talk_expect(&talk, "", "{\"return\":5}\r\n{\"return\":{},\"id\":1}\r\n{\"return\":{},\"id\":2}\r\n");
    g_assert_true(qmp_session_is_idle(talk.session));
    g_assert_true(qmp_session_wants_input(talk.session));
    talk_end(&talk);
}

/* With ids on both sides, the slow one holds nobody up. */
static void test_deferred_overtaken(void)
{
    g_autoptr(Error) error = NULL;
    Talk talk;

    talk_start(&talk);
    talk_expect(&talk, "{'execute':'slow','id':1}{'execute':'nothing','id':2}{'execute':'slow','id':3}",
                "{\"return\":{},\"id\":2}");
    talk_expect(&talk, "{'execute':'fail'}{'execute':'nothing','id':4}", "");
    g_assert_cmpuint(talk.context.calls->len, ==, 2);
    error = error_new(CGVM_ERROR_STATE, 0, "it took too long; try again");
    qmp_call_set_error_class(talk.context.calls->pdata[1], QMP_ERROR_DEVICE_NOT_ACTIVE);
    qmp_call_complete(talk.context.calls->pdata[1], NULL, g_steal_pointer(&error));
    talk_expect(
        &talk, "",
        "{\"error\":{\"class\":\"DeviceNotActive\",\"desc\":\"it took too long; try again\"},\"id\":3}");
    qmp_call_complete(talk.context.calls->pdata[0], NULL, NULL);
    talk_expect(
        &talk, "",
        "{\"return\":{},\"id\":1}\r\n"
        "{\"error\":{\"class\":\"GenericError\",\"desc\":\"this command always fails; use another\"}}\r\n"
        "{\"return\":{},\"id\":4}\r\n");
    talk_end(&talk);
}

static void test_deferred_limit(void)
{
    Talk talk;

    talk_start(&talk);
    for (int i = 0; i < QMP_MAX_DEFERRED + 3; i++) {
        talk_expect(&talk, "{'execute':'slow','id':1}", "");
    }
    g_assert_cmpuint(talk.context.calls->len, ==, QMP_MAX_DEFERRED);
    g_assert_false(qmp_session_wants_input(talk.session));
    for (guint i = 0; i < talk.context.calls->len; i++) {
        qmp_call_complete(talk.context.calls->pdata[i], NULL, NULL);
        talk_expect(&talk, "", "{\"return\":{},\"id\":1}");
    }
    g_assert_cmpuint(talk.context.calls->len, ==, QMP_MAX_DEFERRED + 3);
    g_assert_true(qmp_session_is_idle(talk.session));
    talk_end(&talk);
}

/* The client goes away while its command is carried out. */
static void test_deferred_gone(void)
{
    Talk talk;

    talk_start(&talk);
    talk_expect(&talk, "{'execute':'slow','id':1}{'execute':'slow','id':2}", "");
    qmp_session_free(g_steal_pointer(&talk.session));
    qmp_call_complete(talk.context.calls->pdata[0], json_object_new_int(5), NULL);
    qmp_call_complete(talk.context.calls->pdata[1], NULL, error_new(CGVM_ERROR_STATE, 0, "failed"));
    talk_end(&talk);
}

static void shout(void *opaque)
{
    Talk *talk = opaque;
    g_autoptr(json_object) event = json_tokener_parse("{\"event\":\"SHOUT\"}");

    qmp_session_event(talk->session, event);
}

static void test_events(void)
{
    Talk talk;

    talk_start_greeted(&talk);
    talk.context.on_shout = shout;
    talk.context.opaque = &talk;
    shout(&talk);
    talk_expect(&talk, "{'execute':'qmp_capabilities'}", TALK_GREETING TALK_READY);
    shout(&talk);
    talk_expect(&talk, "", "{\"event\":\"SHOUT\"}");
    /* Before the reply to the command that causes it. */
    talk_expect(&talk, "{'execute':'shout'}", "{\"event\":\"SHOUT\"}\r\n{\"return\":{}}\r\n");
    talk_end(&talk);
}

/* A client that sends, but does not read, is not served beyond a limit, and loses nothing. */
static void test_flood(void)
{
    g_autoptr(GString) flood = g_string_new(NULL);
    g_autofree char *all = NULL;
    size_t length;
    Talk talk;

    talk_start(&talk);
    for (int i = 0; i < 100; i++) {
        g_string_append(flood, "{'execute':'long'}");
    }
    qmp_session_input(talk.session, flood->str, flood->len);
    qmp_session_output(talk.session, &length);
    g_assert_cmpuint(length, >=, QMP_OUTPUT_HIGH);
    g_assert_cmpuint(length, <, QMP_OUTPUT_HIGH + 31000);
    g_assert_false(qmp_session_wants_input(talk.session));
    all = talk_read(&talk);
    g_assert_cmpuint(strlen(all), ==, 100 * (30000 + strlen("{\"return\":\"\"}\r\n")));
    g_assert_true(qmp_session_wants_input(talk.session));
    g_assert_false(qmp_session_is_lost(talk.session));
    talk_end(&talk);
}

/* Events cannot wait for a client that does not read: it is given up. */
static void test_lost(void)
{
    size_t length;
    int n_events = 0;
    Talk talk;

    talk_start(&talk);
    while (!qmp_session_is_lost(talk.session)) {
        shout(&talk);
        g_assert_cmpint(++n_events, <, QMP_OUTPUT_MAX);
    }
    g_assert_cmpint(n_events, ==, QMP_OUTPUT_MAX / strlen("{\"event\":\"SHOUT\"}\r\n") + 1);
    shout(&talk);
    qmp_session_output(talk.session, &length);
    g_assert_cmpuint(length, ==, 0);
    g_assert_false(qmp_session_wants_input(talk.session));
    qmp_session_input(talk.session, "{'execute':'slow'}", 18);
    g_assert_cmpuint(talk.context.calls->len, ==, 0);
    talk_end(&talk);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qmp-session/greeting", test_greeting);
    g_test_add_func("/qmp-session/pieces", test_pieces);
    g_test_add_func("/qmp-session/deferred-in-order", test_deferred_in_order);
    g_test_add_func("/qmp-session/deferred-overtaken", test_deferred_overtaken);
    g_test_add_func("/qmp-session/deferred-limit", test_deferred_limit);
    g_test_add_func("/qmp-session/deferred-gone", test_deferred_gone);
    g_test_add_func("/qmp-session/events", test_events);
    g_test_add_func("/qmp-session/flood", test_flood);
    g_test_add_func("/qmp-session/lost", test_lost);
    return g_test_run();
}
