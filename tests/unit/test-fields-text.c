/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of field tables: enum names, and what users type for a member of each kind.
 */
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
    return g_test_run();
}
