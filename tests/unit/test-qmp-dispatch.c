/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "qmp-talk.h"

#define GENERIC(text)           "{\"error\":{\"class\":\"GenericError\",\"desc\":\"" text "\"}}"
#define COMMAND_NOT_FOUND(text) "{\"error\":{\"class\":\"CommandNotFound\",\"desc\":\"" text "\"}}"
#define UNREADY                                                                                              \
    COMMAND_NOT_FOUND("before any other command, the negotiation must end with 'qmp_capabilities'")

static void test_negotiation(void)
{
    Talk talk;

    talk_start_greeted(&talk);
    talk_expect(&talk, "{'execute':'nothing'}", TALK_GREETING UNREADY "\r\n");
    talk_expect(&talk, "{'execute':'no-such'}", UNREADY);
    talk_expect(&talk, "{'execute':7}", GENERIC("'execute' of a request is a string, the name of a command"));
    /* A negotiation that fails can be tried again. */
    talk_expect(&talk, "{'execute':'qmp_capabilities','arguments':{'a':1}}",
                GENERIC("'qmp_capabilities' has no argument 'a'; leave it out"));
    talk_expect(&talk, "{'execute':'nothing'}", UNREADY);
    talk_expect(&talk, "{'execute':'qmp_capabilities'}", "{\"return\":{}}");
    talk_expect(&talk, "{'execute':'nothing'}", "{\"return\":{}}");
    talk_expect(&talk, "{'execute':'qmp_capabilities'}",
                COMMAND_NOT_FOUND("the negotiation has ended already; leave 'qmp_capabilities' out"));
    talk_end(&talk);
}

static void test_form(void)
{
    static const char *const requests[][2] = {
        { "1 ", GENERIC("a request is an object, as in {\\\"execute\\\": \\\"query-version\\\"}") },
        { "'x'", GENERIC("a request is an object, as in {\\\"execute\\\": \\\"query-version\\\"}") },
        { "[]", GENERIC("a request is an object, as in {\\\"execute\\\": \\\"query-version\\\"}") },
        { "null ", GENERIC("the JSON text is just 'null', which is not a value here") },
        { "{]", GENERIC("JSON: ']' closes nothing that is open") },
        { "{}", GENERIC("a request needs the member 'execute', the name of a command") },
        { "{'execute':null}", GENERIC("'execute' of a request is a string, the name of a command") },
        { "{'execute':{}}", GENERIC("'execute' of a request is a string, the name of a command") },
        { "{'execute':'nothing','arguments':[]}",
          GENERIC("'arguments' of a request is an object; without any, leave it out") },
        { "{'execute':'nothing','arguments':null}",
          GENERIC("'arguments' of a request is an object; without any, leave it out") },
        { "{'execute':'nothing','extra':1}",
          GENERIC("a request has no member 'extra'; it has 'execute', 'arguments' and 'id'") },
        { "{'execute':'nothing','exec-oob':'nothing'}",
          GENERIC("'exec-oob' needs the capability 'oob', which is not offered; use 'execute'") },
        { "{'exec-oob':'nothing'}",
          GENERIC("'exec-oob' needs the capability 'oob', which is not offered; use 'execute'") },
        { "{'execute':'banana'}",
          COMMAND_NOT_FOUND("there is no command 'banana'; 'query-commands' lists them") },
        { "{'execute':'ehco'}", COMMAND_NOT_FOUND("there is no command 'ehco'; did you mean 'echo'?") },
        { "{'execute':'nothin'}",
          COMMAND_NOT_FOUND("there is no command 'nothin'; did you mean 'nothing'?") },
        { "{'execute':''}", COMMAND_NOT_FOUND("there is no command ''; 'query-commands' lists them") },
    };
    Talk talk;

    talk_start(&talk);
    for (size_t i = 0; i < G_N_ELEMENTS(requests); i++) {
        talk_expect(&talk, requests[i][0], requests[i][1]);
        talk_expect(&talk, "{'execute':'nothing','id':1}", "{\"return\":{},\"id\":1}");
    }
    talk_end(&talk);
}

static void test_id(void)
{
    static const char *const ids[] = { "1",
                                       "-1.5",
                                       "\"x\"",
                                       "null",
                                       "true",
                                       "[1,[]]",
                                       "{\"a\":{\"id\":2}}",
                                       "18446744073709551615",
                                       "\"\xc3\xa9\"" };
    Talk talk;

    talk_start(&talk);
    for (size_t i = 0; i < G_N_ELEMENTS(ids); i++) {
        g_autofree char *request = g_strdup_printf("{\"execute\":\"nothing\",\"id\":%s}", ids[i]);
        g_autofree char *reply = g_strdup_printf("{\"return\":{},\"id\":%s}", ids[i]);
        g_autofree char *bad = g_strdup_printf("{\"id\":%s}", ids[i]);
        g_autofree char *refusal = g_strdup_printf("{\"error\":{\"class\":\"GenericError\",\"desc\":\"a "
                                                   "request needs the member 'execute', the name of a "
                                                   "command\"},\"id\":%s}",
                                                   ids[i]);

        talk_expect(&talk, request, reply);
        talk_expect(&talk, bad, refusal);
    }
    talk_end(&talk);
}

static void test_results(void)
{
    Talk talk;

    talk_start(&talk);
    talk_expect(&talk, "{'execute':'nothing'}", "{\"return\":{}}");
    talk_expect(&talk, "{'execute':'nothing','arguments':{}}", "{\"return\":{}}");
    talk_expect(&talk, "{'execute':'null'}", "{\"return\":null}");
    talk_expect(&talk, "{'execute':'fail','id':1}",
                "{\"error\":{\"class\":\"GenericError\",\"desc\":\"this command always fails; use "
                "another\"},\"id\":1}");
    talk_expect(
        &talk, "{'execute':'lost'}",
        "{\"error\":{\"class\":\"DeviceNotFound\",\"desc\":\"there is no such device; look for another\"}}");
    talk_expect(&talk, "{'execute':'open','arguments':{'text':'a','more':[1]}}",
                "{\"return\":{\"text\":\"a\",\"more\":[1]}}");
    talk_end(&talk);
}

static void test_arguments(void)
{
    static const char *const arguments[][2] = {
        { "'text':'a'", "{\"return\":{\"text\":\"a\",\"times\":1}}" },
        { "'extra':{'a':[]},'seal':'AAA=','flags':[true],'times':9,'text':''",
          "{\"return\":{\"text\":\"\",\"times\":9,\"flags\":[true],\"seal\":\"AAA=\",\"extra\":{\"a\":[]}}"
          "}" },
        { "", GENERIC("'echo' needs the argument 'text', what to say") },
        { "'times':2", GENERIC("'echo' needs the argument 'text', what to say") },
        { "'text':'a','banana':1", GENERIC("'echo' has no argument 'banana'; leave it out") },
        { "'text':'a','texts':1", GENERIC("'echo' has no argument 'texts'; did you mean 'text'?") },
        { "'text':1", GENERIC("the argument 'text' expects a string, not 1") },
        { "'text':null", GENERIC("the argument 'text' expects a string, not null") },
        { "'text':{}", GENERIC("the argument 'text' expects a string, not an object") },
        { "'text':'a','times':0", GENERIC("the argument 'times' must be from 1 to 9, not 0") },
        { "'text':'a','times':18446744073709551615",
          GENERIC("the argument 'times' must be from 1 to 9, not 18446744073709551615") },
        { "'text':'a','times':'1'",
          GENERIC("the argument 'times' expects an integer from 1 to 9, not \\\"1\\\"") },
        { "'text':'a','flags':true", GENERIC("the argument 'flags' expects a list, not true") },
        { "'text':'a','flags':[true,0]", GENERIC("the argument 'flags[1]' expects true or false, not 0") },
        { "'text':'a','seal':'A'", GENERIC("the argument 'seal' is not valid base64, padded with '='") },
        { "'text':'a','extra':null", GENERIC("the argument 'extra' expects a value, not null") },
    };
    Talk talk;

    talk_start(&talk);
    for (size_t i = 0; i < G_N_ELEMENTS(arguments); i++) {
        g_autofree char *request = g_strdup_printf("{'execute':'echo','arguments':{%s}}", arguments[i][0]);

        talk_expect(&talk, request, arguments[i][1]);
    }
    talk_expect(&talk, "{'execute':'nothing','arguments':{'a':1}}",
                GENERIC("'nothing' has no argument 'a'; leave it out"));
    talk_end(&talk);
}

/* However long a name is, the message stays one readable line. */
static void test_huge(void)
{
    g_autofree char *name = g_strnfill(100000, 'x');
    g_autofree char *start = g_strnfill(60, 'x');
    g_autofree char *cut = g_strconcat(start, "...", NULL);
    g_autofree char *command = g_strdup_printf("{'execute':'%s'}", name);
    g_autofree char *no_command =
        g_strdup_printf(COMMAND_NOT_FOUND("there is no command '%s'; 'query-commands' lists them"), cut);
    g_autofree char *argument = g_strdup_printf("{'execute':'echo','arguments':{'%s':1}}", name);
    g_autofree char *no_argument = g_strdup_printf(GENERIC("'echo' has no argument '%s'; leave it out"), cut);
    g_autofree char *member = g_strdup_printf("{'execute':'echo','%s':1}", name);
    g_autofree char *no_member =
        g_strdup_printf(GENERIC("a request has no member '%s'; it has 'execute', 'arguments' and 'id'"), cut);
    Talk talk;

    talk_start(&talk);
    talk_expect(&talk, command, no_command);
    talk_expect(&talk, argument, no_argument);
    talk_expect(&talk, member, no_member);
    talk_end(&talk);
}

static void test_nested(void)
{
    g_autofree char *open = g_strnfill(1021, '[');
    g_autofree char *close = g_strnfill(1021, ']');
    g_autofree char *request =
        g_strdup_printf("{\"execute\":\"echo\",\"arguments\":{\"text\":\"a\",\"extra\":%s%s}}", open, close);
    g_autofree char *reply =
        g_strdup_printf("{\"return\":{\"text\":\"a\",\"times\":1,\"extra\":%s%s}}", open, close);
    Talk talk;

    talk_start(&talk);
    talk_expect(&talk, request, reply);
    talk_end(&talk);
}

static void test_event(void)
{
    EchoArguments data = { .text = (char *)"a", .times = 2 };
    g_autoptr(json_object) plain = qmp_event_new(&talk_events[0], NULL);
    g_autoptr(json_object) full = qmp_event_new(&talk_events[1], &data);
    json_object *timestamp, *value;
    const int64_t now = g_get_real_time();

    g_assert_cmpint(json_object_object_length(plain), ==, 2);
    g_assert_true(json_object_object_get_ex(plain, "event", &value));
    g_assert_cmpstr(json_object_get_string(value), ==, "SHOUT");
    g_assert_true(json_object_object_get_ex(plain, "timestamp", &timestamp));
    g_assert_true(json_object_object_get_ex(timestamp, "seconds", &value));
    g_assert_cmpint(ABS(json_object_get_int64(value) - now / G_USEC_PER_SEC), <=, 60);
    g_assert_true(json_object_object_get_ex(timestamp, "microseconds", &value));
    g_assert_cmpint(json_object_get_int64(value), <, G_USEC_PER_SEC);
    g_assert_true(json_object_object_get_ex(full, "data", &value));
    g_assert_cmpstr(json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN), ==,
                    "{\"text\":\"a\",\"times\":2}");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qmp-dispatch/negotiation", test_negotiation);
    g_test_add_func("/qmp-dispatch/form", test_form);
    g_test_add_func("/qmp-dispatch/id", test_id);
    g_test_add_func("/qmp-dispatch/results", test_results);
    g_test_add_func("/qmp-dispatch/arguments", test_arguments);
    g_test_add_func("/qmp-dispatch/huge", test_huge);
    g_test_add_func("/qmp-dispatch/nested", test_nested);
    g_test_add_func("/qmp-dispatch/event", test_event);
    return g_test_run();
}
