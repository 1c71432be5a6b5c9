/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "qmp-requests.h"

#define GENERIC   "GenericError"
#define NO_DEVICE "DeviceNotFound"

static void test_list(void)
{
    Requests requests;

    requests_start(&requests);
    request_expect(
        &requests, "qom-list", "{'path':'/'}",
        "[{\"name\":\"accel\",\"type\":\"child<sim-accel>\"},"
        "{\"name\":\"machine\",\"type\":\"child<microvm-machine>\"},"
        "{\"name\":\"objects\",\"type\":\"child<container>\"},{\"name\":\"type\",\"type\":\"string\"}]");
    request_expect(&requests, "qom-list", "{'path':'peripheral'}",
                   "[{\"name\":\"type\",\"type\":\"string\"}]");
    request_refused(&requests, "qom-list", "{'path':'/nope'}", NO_DEVICE,
                    "there is no object at '/nope'; 'qom-list' with '/' shows where to start");
    request_refused(&requests, "qom-list", "{'path':''}", GENERIC,
                    "the path '' fits several objects; give the whole path");
    request_refused(&requests, "qom-list", NULL, GENERIC,
                    "'qom-list' needs the argument 'path', path of the object, from \"/\" or the end of one "
                    "that fits only "
                    "once");
    request_refused(&requests, "qom-list", "{'path':'/','x':1}", GENERIC,
                    "'qom-list' has no argument 'x'; leave it out");
    request_refused(&requests, "qom-list", "{'path':7}", GENERIC,
                    "the argument 'path' expects a string, not 7");
    requests_end(&requests);
}

static void test_get(void)
{
    Requests requests;

    requests_start(&requests);
    request_expect(&requests, "qom-get", "{'path':'/','property':'type'}", "\"container\"");
    request_expect(&requests, "qom-get", "{'path':'/','property':'machine'}", "\"/machine\"");
    request_expect(&requests, "qom-get", "{'path':'machine','property':'confidential-guest-support'}",
                   "\"\"");
    request_refused(&requests, "qom-get", "{'path':'/nope','property':'type'}", NO_DEVICE,
                    "there is no object at '/nope'; 'qom-list' with '/' shows where to start");
    request_refused(&requests, "qom-get", "{'path':'','property':'type'}", NO_DEVICE,
                    "there is no object at ''; 'qom-list' with '/' shows where to start");
    request_refused(&requests, "qom-get", "{'path':'/','property':'typ'}", GENERIC,
                    "container has no property 'typ'");
    request_refused(&requests, "qom-get", "{'path':'/'}", GENERIC,
                    "'qom-get' needs the argument 'property', name of the property");
    requests_end(&requests);
}

static void test_objects(void)
{
    Requests requests;

    requests_start(&requests);
    request_expect(&requests, "object-add", "{'qom-type':'sev-snp-guest','id':'sev0','policy':196608}", "{}");
    request_expect(
        &requests, "qom-list", "{'path':'/objects'}",
        "[{\"name\":\"sev0\",\"type\":\"child<sev-snp-guest>\"},{\"name\":\"type\",\"type\":\"string\"}]");
    request_expect(&requests, "qom-get", "{'path':'/objects/sev0','property':'policy'}", "196608");
    request_expect(&requests, "qom-set", "{'path':'sev0','property':'policy','value':720896}", "{}");
    request_expect(&requests, "qom-get", "{'path':'sev0','property':'policy'}", "720896");
    request_refused(
        &requests, "qom-set", "{'path':'sev0','property':'policy','value':true}", GENERIC,
        "sev-snp-guest 'sev0': 'policy' expects an integer from 0 to 18446744073709551615, not true");
    request_refused(&requests, "qom-set", "{'path':'sev0','property':'policy'}", GENERIC,
                    "'qom-set' needs the argument 'value', the value, of the property's type");
    request_refused(&requests, "qom-set", "{'path':'sev0','property':'policy','value':null}", GENERIC,
                    "the argument 'value' expects a value, not null");
    request_refused(&requests, "qom-set", "{'path':'/nope','property':'policy','value':1}", NO_DEVICE,
                    "there is no object at '/nope'; 'qom-list' with '/' shows where to start");
    request_expect(&requests, "qom-set",
                   "{'path':'/machine','property':'confidential-guest-support','value':'sev0'}", "{}");
    request_expect(&requests, "qom-get", "{'path':'/machine','property':'confidential-guest-support'}",
                   "\"/objects/sev0\"");
    requests_end(&requests);
}

/* The tree's machine is made, or none that could be protected. */
static void test_add_what_protects(void)
{
    Requests requests;

    requests_start(&requests);
    requests.tree.context.vm->machine->frozen = true;
    request_refused(&requests, "object-add", "{'qom-type':'sev-guest','id':'late'}", GENERIC,
                    "a sev-guest that is added now would protect no guest, as the machine is made already; "
                    "give it with -object, and link the machine with -machine confidential-guest-support=ID");
    request_expect(&requests, "qom-list", "{'path':'/objects'}", "[{\"name\":\"type\",\"type\":\"string\"}]");
    request_expect(&requests, "object-add", "{'qom-type':'memory-backend-ram','id':'ram','size':4096}", "{}");
    requests_end(&requests);
}

static void test_add_refused(void)
{
    Requests requests;

    requests_start(&requests);
    request_expect(&requests, "object-add", "{'qom-type':'memory-backend-ram','id':'ram','size':4096}", "{}");
    request_refused(&requests, "object-add", "{'qom-type':'memory-backend-ram','id':'ram','size':4096}",
                    GENERIC, "there already is an object with the id 'ram'; ids must be unique");
    request_refused(&requests, "object-add", "{'id':'a'}", GENERIC,
                    "'object-add' needs the argument 'qom-type', type of the object");
    request_refused(
        &requests, "object-add", "{'qom-type':'memory-backend-ram'}", GENERIC,
        "'object-add' needs the argument 'id', name of the object, which is /objects/ID from then on");
    request_refused(&requests, "object-add", "{'qom-type':7,'id':'a'}", GENERIC,
                    "the argument 'qom-type' expects a string, not 7");
    request_refused(&requests, "object-add", "{'qom-type':'memory-backend-ram','id':'a'}", GENERIC,
                    "memory-backend-ram needs its property 'size' (bytes, a multiple of 4 KiB)");
    request_refused(
        &requests, "object-add", "{'qom-type':'memory-backend-ram','id':'1a','size':4096}", GENERIC,
        "'1a' cannot be the id of an object; use letters, digits, '-', '.' and '_', starting with a letter");
    request_refused(&requests, "object-add", "{'qom-type':'memory-backend-rom','id':'a'}", GENERIC,
                    "there is no object type 'memory-backend-rom'; did you mean 'memory-backend-ram'?");
    request_refused(
        &requests, "object-add", "{'qom-type':'memory-backend','id':'a'}", GENERIC,
        "object type 'memory-backend' is abstract; '-object help' lists the types to choose from");
    request_refused(
        &requests, "object-add", "{'qom-type':'memory-backend-ram','id':'a','size':'4096'}", GENERIC,
        "memory-backend-ram 'a': 'size' expects an integer from 4096 to 18446744073709551615, not \"4096\"");
    request_refused(&requests, "object-add",
                    "{'qom-type':'memory-backend-ram','id':'a','size':4096,'bogus':1}", GENERIC,
                    "memory-backend-ram 'a' has no property 'bogus'");
    request_expect(&requests, "qom-list", "{'path':'/objects'}",
                   "[{\"name\":\"ram\",\"type\":\"child<memory-backend-ram>\"},{\"name\":\"type\",\"type\":"
                   "\"string\"}]");
    requests_end(&requests);
}

static void test_del(void)
{
    Requests requests;

    requests_start(&requests);
    request_expect(&requests, "object-add", "{'qom-type':'memory-backend-ram','id':'ram','size':4096}", "{}");
    request_expect(&requests, "object-del", "{'id':'ram'}", "{}");
    request_refused(&requests, "object-del", "{'id':'ram'}", GENERIC, "there is no object with the id 'ram'");
    request_refused(&requests, "object-del", "{'id':'type'}", GENERIC,
                    "there is no object with the id 'type'");
    request_refused(&requests, "object-del", "{}", GENERIC,
                    "'object-del' needs the argument 'id', name of the object");
    requests_end(&requests);
}

static void test_types(void)
{
    g_autoptr(json_object) some = NULL, all = NULL;
    Requests requests;

    requests_start(&requests);
    request_expect(
        &requests, "qom-list-types", "{'implements':'accel'}",
        "[{\"name\":\"kvm-accel\",\"parent\":\"accel\"},{\"name\":\"sim-accel\",\"parent\":\"accel\"}]");
    request_expect(
        &requests, "qom-list-types", "{'implements':'accel','abstract':true}",
        "[{\"name\":\"accel\",\"abstract\":true,\"parent\":\"object\"},"
        "{\"name\":\"kvm-accel\",\"parent\":\"accel\"},{\"name\":\"sim-accel\",\"parent\":\"accel\"}]");
    request_expect(&requests, "qom-list-types", "{'implements':'nope'}", "[]");
    request_refused(&requests, "qom-list-types", "{'abstract':1}", GENERIC,
                    "the argument 'abstract' expects true or false, not 1");
    some = request_value(&requests, "qom-list-types", NULL);
    all = request_value(&requests, "qom-list-types", "{'abstract':true}");
    g_assert_nonnull(element(some, "container"));
    g_assert_null(element(some, "object"));
    g_assert_nonnull(element(all, "object"));
    g_assert_null(member(element(all, "object"), "parent"));
    requests_end(&requests);
}

/* Every type can be asked for its properties, and each property tells name and type. */
static void test_properties(void)
{
    g_autoptr(json_object) types = NULL, backend = NULL;
    Requests requests;

    requests_start(&requests);
    types = request_value(&requests, "qom-list-types", "{'abstract':true,'implements':'object'}");
    for (size_t i = 0; i < json_object_array_length(types); i++) {
        const char *name = member_text(json_object_array_get_idx(types, i), "name");
        g_autofree char *arguments = g_strdup_printf("{'typename':'%s'}", name);
        g_autoptr(json_object) properties = request_value(&requests, "qom-list-properties", arguments);

        g_assert_nonnull(element(properties, "type"));
        for (size_t k = 0; k < json_object_array_length(properties); k++) {
            g_assert_nonnull(member_text(json_object_array_get_idx(properties, k), "type"));
        }
    }
    backend = request_value(&requests, "qom-list-properties", "{'typename':'memory-backend-ram'}");
    g_assert_cmpstr(member_text(element(backend, "size"), "description"), ==, "bytes, a multiple of 4 KiB");
    g_assert_null(member(element(backend, "size"), "default-value"));
    g_assert_cmpstr(member_text(element(backend, "prealloc"), "default-value"), ==, "false");
    requests_end(&requests);
}

static void test_properties_refused(void)
{
    Requests requests;

    requests_start(&requests);
    request_refused(&requests, "qom-list-properties", "{'typename':'nope'}", NO_DEVICE,
                    "there is no object type 'nope'; 'qom-list-types' lists them");
    request_refused(
        &requests, "qom-list-properties", "{'typename':'user-creatable'}", GENERIC,
        "'user-creatable' is an interface, which has no properties; give a type that implements it");
    request_refused(&requests, "device-list-properties", "{'typename':'nope'}", NO_DEVICE,
                    "there is no object type 'nope'; 'qom-list-types' lists them");
    request_refused(
        &requests, "device-list-properties", "{'typename':'container'}", GENERIC,
        "'container' is no type of devices that can be made; 'qom-list-properties' is for all types");
    request_refused(&requests, "device-list-properties", NULL, GENERIC,
                    "'device-list-properties' needs the argument 'typename', the type, which is derived from "
                    "\"device\" and "
                    "not abstract");
    requests_end(&requests);
}

/* Lists all below @p path, and reads every property; returns how many objects there are. */
static int walk(Requests *requests, const char *path)
{
    g_autofree char *arguments = g_strdup_printf("{'path':'%s'}", path);
    g_autoptr(json_object) properties = request_value(requests, "qom-list", arguments);
    int n_objects = 1;

    for (size_t i = 0; i < json_object_array_length(properties); i++) {
        json_object *info = json_object_array_get_idx(properties, i);
        g_autofree char *get =
            g_strdup_printf("{'path':'%s','property':'%s'}", path, member_text(info, "name"));
        g_autofree char *reply = request_text(requests, "qom-get", get);

        g_assert_true(g_str_has_prefix(reply, "{\"return\":") ||
                      g_str_has_prefix(reply, "{\"error\":{\"class\":\"Gene"));
        if (g_str_has_prefix(member_text(info, "type"), "child<")) {
            g_autofree char *child = g_strdup_printf("%s/%s", path, member_text(info, "name"));
            n_objects += walk(requests, child);
        }
    }
    return n_objects;
}

static void test_walk(void)
{
    Requests requests;

    requests_start(&requests);
    g_assert_cmpint(walk(&requests, "/machine"), ==, 2);
    g_assert_cmpint(walk(&requests, "/"), ==, 5);
    requests_end(&requests);
}

/* Each argument of each command, with a value of every kind: the answer is one line, and the client is served
 * on. */
static void test_values(void)
{
    static const char *const values[] = {
        "null", "true",   "-1", "18446744073709551615", "1.5", "''",         "'x'",
        "[]",   "[[{}]]", "{}", "{'a':{'b':[]}}",       "'/'", "'/machine'", "'container'"
    };
    Requests requests;

    requests_start(&requests);
    for (size_t i = 1; i < qapi_schema.n_commands; i++) {
        const QmpCommand *command = &qapi_schema.commands[i];

        for (size_t v = 0; v < G_N_ELEMENTS(values) && command->arguments; v++) {
            g_autoptr(GString) arguments = g_string_new("{");
            g_autofree char *reply = NULL;

            for (size_t k = 0; k < command->arguments->n_fields; k++) {
                g_string_append_printf(arguments, "%s'%s':%s", k ? "," : "",
                                       command->arguments->fields[k].name, values[v]);
            }
            g_string_append_c(arguments, '}');
            reply = request_text(&requests, command->name, arguments->str);
            g_assert_true(g_str_has_prefix(reply, "{\"return\":") ||
                          g_str_has_prefix(reply, "{\"error\":{\"class\":"));
        }
        request_expect(&requests, "query-target", NULL, "{\"arch\":\"x86_64\"}");
    }
    requests_end(&requests);
}

/* What is huge or deeply nested is refused in few words. */
static void test_huge(void)
{
    g_autofree char *name = g_strnfill(500000, 'x');
    g_autofree char *open = g_strnfill(1000, '[');
    g_autofree char *close = g_strnfill(1000, ']');
    Requests requests;

    requests_start(&requests);
    for (size_t i = 1; i < qapi_schema.n_commands; i++) {
        const QmpCommand *command = &qapi_schema.commands[i];

        for (size_t k = 0; command->arguments && k < command->arguments->n_fields; k++) {
            const char *field = command->arguments->fields[k].name;
            g_autofree char *huge =
                g_strdup_printf("{'%s':'%s','path':'/','property':'type','id':'a'}", field, name);
            g_autofree char *deep = g_strdup_printf("{'%s':%s%s}", field, open, close);
            g_autofree char *huge_reply = request_text(&requests, command->name, huge);
            g_autofree char *deep_reply = request_text(&requests, command->name, deep);

            g_assert_cmpuint(strlen(huge_reply), <, 2000);
            g_assert_cmpuint(strlen(deep_reply), <, 1000);
        }
    }
    requests_end(&requests);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qmp-qom/list", test_list);
    g_test_add_func("/qmp-qom/get", test_get);
    g_test_add_func("/qmp-qom/objects", test_objects);
    g_test_add_func("/qmp-qom/add-refused", test_add_refused);
    g_test_add_func("/qmp-qom/add-what-protects", test_add_what_protects);
    g_test_add_func("/qmp-qom/del", test_del);
    g_test_add_func("/qmp-qom/types", test_types);
    g_test_add_func("/qmp-qom/properties", test_properties);
    g_test_add_func("/qmp-qom/properties-refused", test_properties_refused);
    g_test_add_func("/qmp-qom/walk", test_walk);
    g_test_add_func("/qmp-qom/values", test_values);
    g_test_add_func("/qmp-qom/huge", test_huge);
    return g_test_run();
}
