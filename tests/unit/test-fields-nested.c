/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of field tables: whole structures, structures in structures, and lists.
 */
#include "tests/unit/thing.h"

static void test_init_sets_defaults(void)
{
    g_auto(Thing) thing = { 0 };

    fields_init(&thing_table, &thing);
    g_assert_true(thing.quiet);
    g_assert_cmphex(thing.policy, ==, 0x30000);
    g_assert_cmpuint(thing.memory, ==, 128 * 1024 * 1024);
    g_assert_cmpint(thing.paint, ==, COLOR_BLUE);
    g_assert_cmpint(thing.origin.weight, ==, 3);
    g_assert_false(thing.has_flag || thing.has_small || thing.has_color || thing.has_shape);
    g_assert_cmpint(thing.shape.n_corners, ==, 0);
}

static void test_clear_zeroes(void)
{
    static const Thing zero;
    Thing thing = { 0 };

    fields_init(&thing_table, &thing);
    set(&thing, "name", "\"a\"");
    set(&thing, "digest", "\"AQIDBA==\"");
    set(&thing, "extra", "{\"a\":[1]}");
    set(&thing, "names", "[\"a\",\"b\"]");
    set(&thing, "extras", "[{},1]");
    set(&thing, "shapes", "[{\"corners\":[{\"x\":1,\"label\":\"l\"}],\"seal\":\"AQID\"}]");
    thing.raw = g_bytes_new_static("x", 1);
    thing.raws = g_new0(GBytes *, 2);
    thing.raws[1] = g_bytes_ref(thing.raw);
    thing.n_raws = 2;
    fields_clear(&thing_table, &thing);
    g_assert_cmpmem(&thing, offsetof(Thing, n_needed), &zero, offsetof(Thing, n_needed));
    fields_clear(&thing_table, &thing);
}

static void test_clear_zeroes_what_no_field_describes(void)
{
    const FieldTable table = { .name = "Bare", .struct_size = sizeof(uint64_t) };
    uint64_t bare = UINT64_MAX;

    fields_clear(&table, &bare);
    g_assert_cmphex(bare, ==, 0);
}

static void test_struct(void)
{
    g_auto(Thing) thing = { 0 };

    assert_get(&thing, "shape", NULL);
    set(&thing, "shape", "{\"corners\":[{\"x\":1},{\"x\":2,\"y\":0,\"label\":\"b\",\"weight\":9}]}");
    g_assert_true(thing.has_shape);
    g_assert_cmpuint(thing.shape.n_corners, ==, 2);
    g_assert_cmpuint(thing.shape.corners[1].x, ==, 2);
    g_assert_true(thing.shape.corners[1].has_y && !thing.shape.corners[0].has_y);
    assert_get(&thing, "shape",
               "{\"corners\":[{\"x\":1,\"weight\":3},{\"x\":2,\"y\":0,\"label\":\"b\",\"weight\":9}]}");
    set(&thing, "shape", "{\"corners\":[]}");
    assert_get(&thing, "shape", "{\"corners\":[]}");
}

static void test_struct_that_is_always_there(void)
{
    g_auto(Thing) thing = { 0 };

    fields_init(&thing_table, &thing);
    assert_get(&thing, "origin", "{\"x\":0,\"weight\":3}");
    set(&thing, "origin", "{\"x\":7,\"weight\":1}");
    assert_get(&thing, "origin", "{\"x\":7,\"weight\":1}");
    set(&thing, "origin", "{\"x\":8}");
    assert_get(&thing, "origin", "{\"x\":8,\"weight\":3}");
}

static void test_struct_refusals(void)
{
    static const char good[] = "{\"corners\":[{\"x\":1,\"weight\":3}],\"seal\":\"AQ==\"}";

    assert_refused("shape", good, "[]", "'shape' expects an object, not a list");
    assert_refused("shape", good, "null", "'shape' expects an object, not null");
    assert_refused("shape", good, "{\"corners\":[],\"angles\":1}", "'shape' has no member 'angles'");
    assert_refused("shape", good, "{}", "'shape' lacks its member 'corners'");
    assert_refused("shape", good, "{\"seal\":\"AQ==\"}", "'shape' lacks its member 'corners'");
    assert_refused("shape", good, "{\"corners\":{}}", "'shape.corners' expects a list, not an object");
    assert_refused("shape", good, "{\"corners\":[{\"x\":1},2]}",
                   "'shape.corners[1]' expects an object, not 2");
    assert_refused("shape", good, "{\"corners\":[{\"x\":1,\"label\":\"l\"},{\"label\":\"m\"}]}",
                   "'shape.corners[1]' lacks its member 'x'");
    assert_refused("shape", good, "{\"corners\":[{\"x\":1,\"label\":\"l\",\"weight\":256}]}",
                   "'shape.corners[0].weight' must be from 0 to 255, not 256");
}

static void test_lists(void)
{
    assert_round_trip("flags", "[true,false]");
    assert_round_trip("names", "[\"a\",\"\",\"c\"]");
    assert_round_trip("bytes", "[0,255]");
    assert_round_trip("ports", "[10,65535]");
    assert_round_trip("sizes", "[0,18446744073709551615]");
    assert_round_trip("colors", "[\"blue\",\"red\"]");
    assert_round_trip("blobs", "[\"AQ==\",\"Ag==\"]");
    assert_round_trip("extras", "[{\"a\":null},1,\"x\"]");
    assert_round_trip("shapes",
                      "[{\"corners\":[{\"x\":1,\"weight\":3}],\"seal\":\"AQID\"},{\"corners\":[]}]");
}

static void test_list_in_the_structure(void)
{
    g_auto(Thing) thing = { 0 };

    set(&thing, "ports", "[10,20,30]");
    g_assert_cmpuint(thing.n_ports, ==, 3);
    g_assert_cmpuint(thing.ports[2], ==, 30);
    set(&thing, "ports", "[40]");
    g_assert_cmpuint(thing.n_ports, ==, 1);
    g_assert_cmpuint(thing.ports[0], ==, 40);
}

static void test_empty_list(void)
{
    g_auto(Thing) thing = { 0 };

    assert_get(&thing, "names", NULL);
    set(&thing, "names", "[\"a\"]");
    set(&thing, "names", "[]");
    g_assert_cmpuint(thing.n_names, ==, 0);
    assert_get(&thing, "names", NULL);
    assert_get(&thing, "needed", "[]");
}

static void test_list_refusals(void)
{
    assert_refused("ports", "[10]", "10", "'ports' expects a list, not 10");
    assert_refused("ports", "[10]", "null", "'ports' expects a list, not null");
    assert_refused("ports", "[10]", "[11,9]", "'ports[1]' must be from 10 to 65535, not 9");
    assert_refused("ports", "[10]", "[\"11\"]", "'ports[0]' expects an integer from 10 to 65535, not \"11\"");
    assert_refused("names", "[\"a\"]", "[\"b\",null]", "'names[1]' expects a string, not null");
    assert_refused("colors", "[\"red\"]", "[\"blue\",\"x\"]",
                   "'colors[1]' must be one of 'red', 'green', 'blue', not \"x\"");
    assert_refused("blobs", "[\"AQ==\"]", "[\"Ag==\",\"AQID\"]",
                   "'blobs[1]' is 3 bytes long, it must be exactly 1");
    assert_refused("shapes", "[{\"corners\":[]}]", "[{\"corners\":[{\"x\":1,\"label\":\"l\"},{\"x\":-1}]}]",
                   "'shapes[0].corners[1].x' must be from 0 to 4294967295, not -1");
}

static void test_reset(void)
{
    g_auto(Thing) thing = { 0 };

    fields_init(&thing_table, &thing);
    set(&thing, "small", "9");
    set(&thing, "policy", "1");
    set(&thing, "name", "\"a\"");
    set(&thing, "names", "[\"a\"]");
    set(&thing, "shape", "{\"corners\":[]}");
    set(&thing, "origin", "{\"x\":5,\"label\":\"l\",\"weight\":6}");
    for (size_t i = 0; i < thing_table.n_fields; i++) {
        field_reset(&thing_table.fields[i], &thing);
    }
    g_assert_false(thing.has_small);
    g_assert_cmpuint(thing.small, ==, 0);
    assert_json(fields_to_json(&thing_table, &thing),
                "{\"quiet\":true,\"policy\":196608,\"memory\":134217728,\"paint\":\"blue\","
                "\"origin\":{\"x\":0,\"weight\":3},\"needed\":[]}");
}

static void test_to_json_and_back(void)
{
    g_auto(Thing) thing = { 0 };
    g_auto(Thing) copy = { 0 };
    g_autoptr(json_object) json = NULL;
    g_autoptr(json_object) again = NULL;

    fields_init(&thing_table, &thing);
    thing.raw = g_bytes_new_static("a", 1);
    set(&thing, "flag", "false");
    set(&thing, "name", "\"n\"");
    set(&thing, "any64", "18446744073709551615");
    set(&thing, "digest", "\"AQIDBA==\"");
    set(&thing, "shapes", "[{\"corners\":[{\"x\":1}]}]");
    set(&thing, "colors", "[\"green\"]");
    json = fields_to_json(&thing_table, &thing);
    json_object_object_foreach (json, name, value) {
        g_assert_true(field_set(find(name), &copy, value, NULL));
    }
    again = fields_to_json(&thing_table, &copy);
    g_assert_true(json_object_equal(json, again));
    g_assert_false(json_object_object_get_ex(json, "raw", NULL));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/fields-nested/init-sets-defaults", test_init_sets_defaults);
    g_test_add_func("/fields-nested/clear-zeroes", test_clear_zeroes);
    g_test_add_func("/fields-nested/clear-zeroes-what-no-field-describes",
                    test_clear_zeroes_what_no_field_describes);
    g_test_add_func("/fields-nested/struct", test_struct);
    g_test_add_func("/fields-nested/struct-that-is-always-there", test_struct_that_is_always_there);
    g_test_add_func("/fields-nested/struct-refusals", test_struct_refusals);
    g_test_add_func("/fields-nested/lists", test_lists);
    g_test_add_func("/fields-nested/list-in-the-structure", test_list_in_the_structure);
    g_test_add_func("/fields-nested/empty-list", test_empty_list);
    g_test_add_func("/fields-nested/list-refusals", test_list_refusals);
    g_test_add_func("/fields-nested/reset", test_reset);
    g_test_add_func("/fields-nested/to-json-and-back", test_to_json_and_back);
    return g_test_run();
}
