/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "qmp-requests.h"

#define NOT_FOUND "CommandNotFound"
#define GENERIC   "GenericError"

static void test_capabilities(void)
{
    Requests requests;
    size_t length;

    requests_start(&requests);
    qmp_session_free(requests.session);
    requests.session = qmp_session_new(&requests.tree.service, requests_notify, NULL);
    g_assert_cmpstr(qmp_session_output(requests.session, &length), ==,
                    "{\"QMP\":{\"version\":{\"qemu\":{\"major\":10,\"minor\":0,\"micro\":0},\"package\":"
                    "\"cgvm " CGVM_VERSION "\"},\"capabilities\":[]}}\r\n");
    qmp_session_sent(requests.session, length);
    request_refused(&requests, "qmp_capabilities", "{'enable':['oob']}", GENERIC,
                    "the capability 'oob' is not offered; leave 'enable' out");
    request_refused(&requests, "qmp_capabilities", "{'enable':'oob'}", GENERIC,
                    "the argument 'enable' expects a list, not \"oob\"");
    request_refused(&requests, "query-version", NULL, NOT_FOUND,
                    "before any other command, the negotiation must end with 'qmp_capabilities'");
    request_expect(&requests, "qmp_capabilities", "{'enable':[]}", "{}");
    requests_end(&requests);
}

static void test_queries(void)
{
    Requests requests;

    requests_start(&requests);
    request_expect(&requests, "query-version", NULL,
                   "{\"qemu\":{\"major\":10,\"minor\":0,\"micro\":0},\"package\":\"cgvm " CGVM_VERSION "\"}");
    request_expect(&requests, "query-target", NULL, "{\"arch\":\"x86_64\"}");
    request_refused(&requests, "query-target", "{'arch':'x'}", GENERIC,
                    "'query-target' has no argument 'arch'; leave it out");
    requests_end(&requests);
}

/* Every command is in both lists, and in no order of its own. */
static void test_lists(void)
{
    Requests requests;
    g_autoptr(json_object) commands = NULL, schema = NULL;

    requests_start(&requests);
    commands = request_value(&requests, "query-commands", NULL);
    schema = request_value(&requests, "query-qmp-schema", NULL);
    g_assert_cmpuint(json_object_array_length(commands), ==, qapi_schema.n_commands);
    for (size_t i = 0; i < qapi_schema.n_commands; i++) {
        json_object *info = element(schema, qapi_schema.commands[i].name);

        g_assert_cmpstr(member_text(json_object_array_get_idx(commands, i), "name"), ==,
                        qapi_schema.commands[i].name);
        g_assert_cmpstr(member_text(info, "meta-type"), ==, "command");
    }
    for (size_t i = 0; i < qapi_schema.n_events; i++) {
        g_assert_cmpstr(member_text(element(schema, qapi_schema.events[i].name), "meta-type"), ==, "event");
    }
    requests_end(&requests);
}

/* Whatever a type is referred to by is the name of one. */
static void assert_known(json_object *schema, json_object *value)
{
    static const char *const references[] = { "arg-type", "ret-type", "element-type", "type", NULL };

    if (json_object_is_type(value, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(value); i++) {
            assert_known(schema, json_object_array_get_idx(value, i));
        }
    } else if (json_object_is_type(value, json_type_object)) {
        json_object_object_foreach (value, key, inner) {
            if (g_strv_contains(references, key)) {
                g_assert_nonnull(element(schema, json_object_get_string(inner)));
            }
            assert_known(schema, inner);
        }
    }
}

static void test_introspection(void)
{
    static const char *const kinds[] = { "command", "event", "builtin", "enum", "array", "object", NULL };
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(json_object) schema = NULL;
    json_object *add, *arguments, *variants;
    Requests requests;

    requests_start(&requests);
    schema = request_value(&requests, "query-qmp-schema", NULL);
    assert_known(schema, schema);
    for (size_t i = 0; i < json_object_array_length(schema); i++) {
        json_object *info = json_object_array_get_idx(schema, i);

        g_assert_true(g_strv_contains(kinds, member_text(info, "meta-type")));
        g_assert_true(g_hash_table_add(names, (char *)member_text(info, "name")));
    }
    /* As libvirt looks whether a mechanism is there: object-add/arg-type/+sev-snp-guest/kernel-hashes. */
    add = element(schema, "object-add");
    arguments = element(schema, member_text(add, "arg-type"));
    g_assert_cmpstr(member_text(arguments, "tag"), ==, "qom-type");
    variants = member(arguments, "variants");
    for (size_t i = 0; i < json_object_array_length(variants); i++) {
        json_object *variant = json_object_array_get_idx(variants, i);
        json_object *type = element(schema, member_text(variant, "type"));

        if (strcmp(member_text(variant, "case"), "sev-snp-guest") == 0) {
            json_object *property = element(member(type, "members"), "kernel-hashes");
            g_assert_cmpstr(member_text(property, "type"), ==, "bool");
            g_assert_true(json_object_object_get_ex(property, "default", NULL));
            requests_end(&requests);
            return;
        }
    }
    g_assert_not_reached();
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qmp-query/capabilities", test_capabilities);
    g_test_add_func("/qmp-query/queries", test_queries);
    g_test_add_func("/qmp-query/lists", test_lists);
    g_test_add_func("/qmp-query/introspection", test_introspection);
    return g_test_run();
}
