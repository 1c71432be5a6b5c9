/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of field tables: enum names, and what users type for a member of each kind, in one piece or in
 * several keys.
 */
#include "qapi/keyval.h"
#include "tests/unit/thing.h"

static void set_text(Thing *thing, const char *name, const char *text)
{
    g_autoptr(Error) error = NULL;
    g_autoptr(json_object) value = field_from_text(find(name), text, &error);

    g_assert_null(error);
    g_assert_true(field_set(find(name), thing, value, &error));
}

static void assert_text(const char *name, const char *text, const char *expected)
{
    g_autoptr(Error) error = NULL;
    g_autoptr(json_object) value = field_from_text(find(name), text, &error);

    g_assert_null(error);
    g_assert_cmpstr(json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN), ==, expected);
}

static void assert_text_refused(const char *name, const char *text, const char *expected)
{
    g_autoptr(Error) error = NULL;

    g_assert_null(field_from_text(find(name), text, &error));
    g_assert_cmpstr(cgvm_error_message(error), ==, expected);
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_INVALID);
    g_assert_null(field_from_text(find(name), text, NULL));
}

static void test_enum_names(void)
{
    for (int i = 0; i < color_lookup.count; i++) {
        g_assert_cmpint(enum_value(&color_lookup, enum_name(&color_lookup, i)), ==, i);
    }
    g_assert_cmpint(enum_value(&color_lookup, "Red"), ==, -1);
    g_assert_cmpint(enum_value(&color_lookup, ""), ==, -1);
}

static void test_of_bool(void)
{
    static const char *const yes[] = { "on", "yes", "true", "y" };
    static const char *const no[] = { "off", "no", "false", "n" };

    for (size_t i = 0; i < G_N_ELEMENTS(yes); i++) {
        assert_text("flag", yes[i], "true");
        assert_text("flag", no[i], "false");
    }
    assert_text_refused("flag", "On", "'flag' expects 'on' or 'off', not \"On\"");
    assert_text_refused("flag", "1", "'flag' expects 'on' or 'off', not \"1\"");
    assert_text_refused("flag", "", "'flag' expects 'on' or 'off', not \"\"");
}

static void test_of_integer(void)
{
    assert_text("any64", "0", "0");
    assert_text("small", "255", "255");
    assert_text("port", "65535", "65535");
    assert_text("cpus", "8", "8");
    assert_text("any64", "007", "7");
    assert_text("any64", "0x30000", "196608");
    assert_text("any64", "0XfF", "255");
    assert_text("any64", "18446744073709551615", "18446744073709551615");
    assert_text("any64", "0xffffffffffffffff", "18446744073709551615");
}

static void test_that_is_no_integer(void)
{
    static const char *const wrong[] = { "",     "abc",  "-1",    "+1",  " 1",      "1 ",
                                         "0x",   "x1",   "1.0",   "1e3", "4K",      "0xg",
                                         "0x 1", "0x-1", "1,000", "0b1", "\xd9\xa1" };

    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree char *message =
            g_strdup_printf("'cpus' expects an integer from 1 to 4096, not \"%s\"", wrong[i]);

        assert_text_refused("cpus", wrong[i], message);
    }
}

static void test_of_integer_overflow(void)
{
    assert_text_refused("any64", "18446744073709551616",
                        "'any64' must be from 0 to 18446744073709551615, not 18446744073709551616");
    assert_text_refused("any64", "0x10000000000000000",
                        "'any64' must be from 0 to 18446744073709551615, not 0x10000000000000000");
    assert_text_refused("cpus", "99999999999999999999999",
                        "'cpus' must be from 1 to 4096, not 99999999999999999999999");
}

static void test_of_size(void)
{
    assert_text("memory", "0", "0");
    assert_text("memory", "512", "512");
    assert_text("memory", "0x1E", "30");
    assert_text("memory", "512b", "512");
    assert_text("memory", "512B", "512");
    assert_text("memory", "1K", "1024");
    assert_text("memory", "4k", "4096");
    assert_text("memory", "128M", "134217728");
    assert_text("memory", "128m", "134217728");
    assert_text("memory", "2G", "2147483648");
    assert_text("memory", "2g", "2147483648");
    assert_text("memory", "1T", "1099511627776");
    assert_text("memory", "1t", "1099511627776");
    assert_text("memory", "1P", "1125899906842624");
    assert_text("memory", "1p", "1125899906842624");
    assert_text("memory", "15E", "17293822569102704640");
    assert_text("memory", "15e", "17293822569102704640");
    assert_text("memory", "0E", "0");
}

static void test_that_is_no_size(void)
{
    static const char *const wrong[] = { "",      "K",  "1.5G", "1KB", "1Ki", "1 K", "-1K",
                                         "0x10K", "1Q", "1K1",  "0x",  "1KK", "k1",  "1\xc3\xbc" };

    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree char *message =
            g_strdup_printf("'memory' expects a whole number of bytes, alone or with one "
                            "of the suffixes B, K, M, G, T, P and E, not \"%s\"",
                            wrong[i]);

        assert_text_refused("memory", wrong[i], message);
    }
}

static void test_of_size_overflow(void)
{
    static const char *const wrong[] = { "16E", "16384P", "18446744073709551616", "18446744073709551615K",
                                         "18446744073709551616B" };

    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree char *message =
            g_strdup_printf("'memory' must be from 0 to 18446744073709551615, not %s", wrong[i]);

        assert_text_refused("memory", wrong[i], message);
    }
}

static void test_of_strings(void)
{
    assert_text("name", "123", "\"123\"");
    assert_text("color", "red", "\"red\"");
    assert_text("digest", "AQIDBA==", "\"AQIDBA==\"");
    assert_text("extra", "on", "\"on\"");
}

static void test_lists_and_structures(void)
{
    assert_text_refused("ports", "1", "'ports' is a list and cannot be given as text; use JSON");
    assert_text_refused("shapes", "1", "'shapes' is a list and cannot be given as text; use JSON");
    assert_text_refused("origin", "1", "'origin' is a structure and cannot be given as text; use JSON");
}

static void test_of_bytes(void)
{
    assert_text_refused("raw", "AQ==", "'raw' is for programs and cannot be given as text");
}

static void test_long_text_is_cut_in_messages(void)
{
    g_autofree char *text = g_strnfill(5000, 'x');
    g_autofree char *start = g_strnfill(60, 'x');
    g_autofree char *message = g_strdup_printf("'flag' expects 'on' or 'off', not \"%s...\"", start);

    assert_text_refused("flag", text, message);
}

static void test_to_member(void)
{
    g_auto(Thing) thing = { 0 };

    set_text(&thing, "flag", "on");
    set_text(&thing, "any64", "0xffffffffffffffff");
    set_text(&thing, "memory", "2G");
    set_text(&thing, "color", "green");
    set_text(&thing, "digest", "AQIDBA==");
    g_assert_true(thing.flag);
    g_assert_cmphex(thing.any64, ==, UINT64_MAX);
    g_assert_cmphex(thing.memory, ==, 0x80000000);
    g_assert_cmpint(thing.color, ==, COLOR_GREEN);
    g_assert_cmpmem(thing.digest.data, thing.digest.size, "\x01\x02\x03\x04", 4);
}

/* What @p text, whose keys all belong to member @p name, becomes. */
static json_object *convert(const char *name, const char *text, Error **errp)
{
    g_autoptr(json_object) pairs = keyval_parse(text, NULL, NULL, NULL);
    json_object *keyval;

    g_assert_cmpint(json_object_object_length(pairs), ==, 1);
    g_assert_true(json_object_object_get_ex(pairs, name, &keyval));
    return field_from_keyval(find(name), keyval, errp);
}

static void assert_keyval(const char *name, const char *text, const char *expected)
{
    g_autoptr(Error) error = NULL;
    json_object *value = convert(name, text, &error);

    g_assert_null(error);
    assert_json(value, expected);
}

static void assert_keyval_refused(const char *name, const char *text, const char *expected)
{
    g_autoptr(Error) error = NULL;

    g_assert_null(convert(name, text, &error));
    g_assert_cmpstr(cgvm_error_message(error), ==, expected);
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_INVALID);
    g_assert_null(convert(name, text, NULL));
}

static void test_keyval_of_single_values(void)
{
    assert_keyval("flag", "flag=on", "true");
    assert_keyval("any64", "any64=0x10", "16");
    assert_keyval("memory", "memory=2K", "2048");
    assert_keyval("name", "name=on", "\"on\"");
    assert_keyval_refused("cpus", "cpus=x", "'cpus' expects an integer from 1 to 4096, not \"x\"");
}

static void test_keyval_of_struct(void)
{
    assert_keyval("origin", "origin.x=0x10,origin.label=5", "{\"x\":16,\"label\":\"5\"}");
}

static void test_keyval_of_lists(void)
{
    assert_keyval("ports", "ports.0=80,ports.1=0x10", "[80,16]");
    assert_keyval("flags", "flags.0=on,flags.1=no", "[true,false]");
    assert_keyval("sizes", "sizes.0=1K", "[1024]");
    assert_keyval("names", "names.0=1,names.1=", "[\"1\",\"\"]");
    assert_keyval("colors", "colors.0=red", "[\"red\"]");
}

static void test_keyval_of_structs_in_lists(void)
{
    assert_keyval("shapes", "shapes.0.corners.1.x=2,shapes.0.corners.0.x=1,shapes.1.seal=AQ==",
                  "[{\"corners\":[{\"x\":1},{\"x\":2}]},{\"seal\":\"AQ==\"}]");
}

static void test_keyval_of_any(void)
{
    assert_keyval("extra", "extra=on", "\"on\"");
    assert_keyval("extra", "extra.a=1,extra.b.0=2", "{\"a\":\"1\",\"b\":[\"2\"]}");
    assert_keyval("extras", "extras.0=1,extras.1.a=2", "[\"1\",{\"a\":\"2\"}]");
}

static void test_keyval_of_any_is_a_copy(void)
{
    g_autoptr(json_object) keyval = parse("{\"a\":\"1\"}");
    json_object *value = field_from_keyval(find("extra"), keyval, NULL);

    json_object_object_add(keyval, "a", NULL);
    assert_json(value, "{\"a\":\"1\"}");
}

static void test_keyval_with_values_of_other_types(void)
{
    g_autoptr(json_object) keyval = parse("{\"x\":5,\"label\":true,\"weight\":\"7\"}");

    assert_json(field_from_keyval(find("origin"), keyval, NULL), "{\"x\":5,\"label\":true,\"weight\":7}");
}

static void test_keyval_with_null(void)
{
    g_autoptr(json_object) keyval = parse("{\"x\":null}");
    g_autoptr(Error) error = NULL;

    g_assert_null(field_from_keyval(find("origin"), keyval, &error));
    g_assert_cmpstr(cgvm_error_message(error), ==, "'origin.x' has no value");
}

static void test_keyval_errors_name_the_path(void)
{
    assert_keyval_refused("origin", "origin.weight=x",
                          "'origin.weight' expects an integer from 0 to 255, not \"x\"");
    assert_keyval_refused("ports", "ports.0=80,ports.1=x",
                          "'ports.1' expects an integer from 10 to 65535, not \"x\"");
    assert_keyval_refused("shapes", "shapes.0.corners.0.x=1,shapes.0.corners.1.x=18446744073709551616",
                          "'shapes.0.corners.1.x' must be from 0 to 4294967295, not 18446744073709551616");
    assert_keyval_refused("raws", "raws.0=AQ==", "'raws.0' is for programs and cannot be given as text");
}

static void test_keyval_unknown_member(void)
{
    assert_keyval_refused("origin", "origin.labl=a",
                          "there is no 'origin.labl'; did you mean 'origin.label'?");
    assert_keyval_refused("origin", "origin.colour=red", "there is no 'origin.colour'");
    assert_keyval_refused("shapes", "shapes.0.corner.0.x=1",
                          "there is no 'shapes.0.corner'; did you mean 'shapes.0.corners'?");
}

static void test_keyval_one_value_for_a_list(void)
{
    assert_keyval_refused("ports", "ports=80",
                          "'ports' is a list, whose elements are given one by one: write 'ports.0='");
    assert_keyval_refused("ports", "ports.a=80",
                          "'ports' is a list, whose elements are given one by one: write 'ports.0='");
    assert_keyval_refused("shapes", "shapes=80",
                          "'shapes' is a list, whose elements are given one by one: write "
                          "'shapes.0.corners='");
}

static void test_keyval_one_value_for_a_struct(void)
{
    assert_keyval_refused("origin", "origin=1",
                          "'origin' has members, which are given one by one: write 'origin.x='");
    assert_keyval_refused("origin", "origin.0=1",
                          "'origin' has members, which are given one by one: write 'origin.x='");
    assert_keyval_refused("shapes", "shapes.0=1",
                          "'shapes.0' has members, which are given one by one: write 'shapes.0.corners='");
}

static void test_keyval_members_of_a_single_value(void)
{
    assert_keyval_refused("cpus", "cpus.x=1", "'cpus' is a single value and has no members: write 'cpus='");
    assert_keyval_refused("cpus", "cpus.0=1", "'cpus' is a single value and has no elements: write 'cpus='");
    assert_keyval_refused("ports", "ports.0.0=1",
                          "'ports.0' is a single value and has no elements: write 'ports.0='");
}

static void test_keyval_to_member(void)
{
    g_auto(Thing) thing = { 0 };
    g_autoptr(json_object) value =
        convert("shape", "shape.corners.0.x=3,shape.corners.0.label=l,shape.seal=AQI=", NULL);

    g_assert_true(field_set(find("shape"), &thing, value, NULL));
    g_assert_cmpuint(thing.shape.n_corners, ==, 1);
    g_assert_cmpuint(thing.shape.corners[0].x, ==, 3);
    g_assert_cmpstr(thing.shape.corners[0].label, ==, "l");
    g_assert_cmpuint(thing.shape.corners[0].weight, ==, 3);
    g_assert_cmpmem(thing.shape.seal.data, thing.shape.seal.size, "\x01\x02", 2);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/fields-text/enum-names", test_enum_names);
    g_test_add_func("/fields-text/of-bool", test_of_bool);
    g_test_add_func("/fields-text/of-integer", test_of_integer);
    g_test_add_func("/fields-text/that-is-no-integer", test_that_is_no_integer);
    g_test_add_func("/fields-text/of-integer-overflow", test_of_integer_overflow);
    g_test_add_func("/fields-text/of-size", test_of_size);
    g_test_add_func("/fields-text/that-is-no-size", test_that_is_no_size);
    g_test_add_func("/fields-text/of-size-overflow", test_of_size_overflow);
    g_test_add_func("/fields-text/of-strings", test_of_strings);
    g_test_add_func("/fields-text/lists-and-structures", test_lists_and_structures);
    g_test_add_func("/fields-text/of-bytes", test_of_bytes);
    g_test_add_func("/fields-text/long-text-is-cut-in-messages", test_long_text_is_cut_in_messages);
    g_test_add_func("/fields-text/to-member", test_to_member);
    g_test_add_func("/fields-text/keyval-of-single-values", test_keyval_of_single_values);
    g_test_add_func("/fields-text/keyval-of-struct", test_keyval_of_struct);
    g_test_add_func("/fields-text/keyval-of-lists", test_keyval_of_lists);
    g_test_add_func("/fields-text/keyval-of-structs-in-lists", test_keyval_of_structs_in_lists);
    g_test_add_func("/fields-text/keyval-of-any", test_keyval_of_any);
    g_test_add_func("/fields-text/keyval-of-any-is-a-copy", test_keyval_of_any_is_a_copy);
    g_test_add_func("/fields-text/keyval-with-values-of-other-types", test_keyval_with_values_of_other_types);
    g_test_add_func("/fields-text/keyval-with-null", test_keyval_with_null);
    g_test_add_func("/fields-text/keyval-errors-name-the-path", test_keyval_errors_name_the_path);
    g_test_add_func("/fields-text/keyval-unknown-member", test_keyval_unknown_member);
    g_test_add_func("/fields-text/keyval-one-value-for-a-list", test_keyval_one_value_for_a_list);
    g_test_add_func("/fields-text/keyval-one-value-for-a-struct", test_keyval_one_value_for_a_struct);
    g_test_add_func("/fields-text/keyval-members-of-a-single-value", test_keyval_members_of_a_single_value);
    g_test_add_func("/fields-text/keyval-to-member", test_keyval_to_member);
    return g_test_run();
}
