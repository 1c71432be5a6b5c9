/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of structures that are copied: a copy says the same, and owns all that it holds.
 */
#include "tests/unit/thing.h"

/* A copy of a thing with one member set, looked at when the original is gone. */
static void assert_copied(const char *name, const char *json)
{
    g_auto(Thing) copy;
    Thing thing = { 0 };

    memset(&copy, 0x5a, sizeof(copy));
    set(&thing, name, json);
    fields_copy(&thing_table, &copy, &thing);
    fields_clear(&thing_table, &thing);
    assert_get(&copy, name, json);
}

static void test_nothing(void)
{
    static const Thing empty;
    g_auto(Thing) copy;
    Thing thing = { 0 };

    memset(&copy, 0x5a, sizeof(copy));
    fields_copy(&thing_table, &copy, &thing);
    g_assert_cmpmem(&copy, sizeof(copy), &empty, sizeof(empty));
}

static void test_defaults(void)
{
    g_auto(Thing) thing = { 0 }, copy;

    fields_init(&thing_table, &thing);
    fields_copy(&thing_table, &copy, &thing);
    g_assert_true(copy.quiet);
    g_assert_cmpuint(copy.policy, ==, 0x30000);
    g_assert_cmpuint(copy.memory, ==, 128 << 20);
    g_assert_cmpint(copy.paint, ==, COLOR_BLUE);
}

static void test_scalars(void)
{
    assert_copied("flag", "true");
    assert_copied("flag", "false");
    assert_copied("small", "255");
    assert_copied("port", "65535");
    assert_copied("cpus", "4096");
    assert_copied("any64", "18446744073709551615");
    assert_copied("memory", "1073741824");
    assert_copied("color", "\"green\"");
}

static void test_str(void)
{
    assert_copied("name", "\"Kim\"");
    assert_copied("name", "\"\"");
}

static void test_blob(void)
{
    assert_copied("digest", "\"AQIDBA==\"");
    assert_copied("data", "\"AA==\"");
    assert_copied("data", "\"\"");
}

static void test_any(void)
{
    assert_copied("extra", "{\"a\":[1,\"b\",null]}");
    assert_copied("extra", "7");
}

static void test_bytes(void)
{
    g_auto(Thing) copy;
    Thing thing = { .raw = g_bytes_new_static("abc", 3) };

    fields_copy(&thing_table, &copy, &thing);
    g_assert_true(copy.raw == thing.raw);
    fields_clear(&thing_table, &thing);
    g_assert_cmpuint(g_bytes_get_size(copy.raw), ==, 3);
    g_assert_cmpmem(g_bytes_get_data(copy.raw, NULL), 3, "abc", 3);
}

static void test_structures(void)
{
    assert_copied("origin", "{\"x\":1,\"y\":2,\"label\":\"a\",\"weight\":3}");
    assert_copied("origin", "{\"x\":1,\"weight\":3}");
    assert_copied("shape", "{\"corners\":[{\"x\":1,\"label\":\"a\",\"weight\":3}],\"seal\":\"AQ==\"}");
}

static void test_lists(void)
{
    assert_copied("flags", "[true,false]");
    assert_copied("names", "[\"a\",\"\",\"b\"]");
    assert_copied("bytes", "[0,255]");
    assert_copied("ports", "[10,65535]");
    assert_copied("sizes", "[1,2]");
    assert_copied("colors", "[\"red\",\"blue\"]");
    assert_copied("blobs", "[\"AQ==\",\"Ag==\"]");
    assert_copied("extras", "[{\"a\":1},\"b\"]");
    assert_copied("shapes", "[{\"corners\":[{\"x\":1,\"weight\":3},{\"x\":2,\"y\":5,\"weight\":4}]}]");
}

/* It is the same as none. */
static void test_empty_list(void)
{
    g_auto(Thing) thing = { 0 }, copy;

    set(&thing, "names", "[]");
    fields_copy(&thing_table, &copy, &thing);
    g_assert_cmpuint(copy.n_names, ==, 0);
    assert_get(&copy, "names", NULL);
}

static void test_list_of_bytes(void)
{
    g_auto(Thing) thing = { 0 }, copy;

    thing.raws = g_new0(GBytes *, 2);
    thing.n_raws = 2;
    thing.raws[0] = g_bytes_new_static("abc", 3);
    thing.raws[1] = g_bytes_new_static("de", 2);
    fields_copy(&thing_table, &copy, &thing);
    g_assert_cmpuint(copy.n_raws, ==, 2);
    g_assert_true(copy.raws != thing.raws);
    g_assert_true(g_bytes_equal(copy.raws[1], thing.raws[1]));
}

/* To change one is not to change the other. */
static void test_copy_is_its_own(void)
{
    g_auto(Thing) thing = { 0 }, copy;

    set(&thing, "name", "\"Kim\"");
    set(&thing, "data", "\"AQI=\"");
    set(&thing, "names", "[\"a\",\"b\"]");
    set(&thing, "extra", "{\"a\":1}");
    fields_copy(&thing_table, &copy, &thing);
    g_assert_true(copy.name != thing.name);
    g_assert_true(copy.data.data != thing.data.data);
    g_assert_true(copy.names != thing.names && copy.names[0] != thing.names[0]);
    thing.name[0] = 'T';
    thing.data.data[0] = 9;
    thing.names[0][0] = 'z';
    json_object_object_add(thing.extra, "b", NULL);
    assert_get(&copy, "name", "\"Kim\"");
    assert_get(&copy, "data", "\"AQI=\"");
    assert_get(&copy, "names", "[\"a\",\"b\"]");
    assert_get(&copy, "extra", "{\"a\":1}");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/fields-copy/nothing", test_nothing);
    g_test_add_func("/fields-copy/defaults", test_defaults);
    g_test_add_func("/fields-copy/scalars", test_scalars);
    g_test_add_func("/fields-copy/str", test_str);
    g_test_add_func("/fields-copy/blob", test_blob);
    g_test_add_func("/fields-copy/any", test_any);
    g_test_add_func("/fields-copy/bytes", test_bytes);
    g_test_add_func("/fields-copy/structures", test_structures);
    g_test_add_func("/fields-copy/lists", test_lists);
    g_test_add_func("/fields-copy/lists/empty", test_empty_list);
    g_test_add_func("/fields-copy/lists/bytes", test_list_of_bytes);
    g_test_add_func("/fields-copy/own", test_copy_is_its_own);
    return g_test_run();
}
