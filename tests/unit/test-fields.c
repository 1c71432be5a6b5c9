/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of field tables: single members of every kind.
 */
#include <stdlib.h>
#include "tests/unit/thing.h"

static void test_find(void)
{
    g_assert_cmpstr(field_table_find(&thing_table, "policy")->name, ==, "policy");
    g_assert_null(field_table_find(&thing_table, "polic"));
    g_assert_null(field_table_find(&thing_table, "policy2"));
    g_assert_null(field_table_find(&thing_table, ""));
}

static void test_bool(void)
{
    g_auto(Thing) thing = { 0 };

    assert_get(&thing, "flag", NULL);
    set(&thing, "flag", "true");
    g_assert_true(thing.has_flag && thing.flag);
    assert_get(&thing, "flag", "true");
    set(&thing, "flag", "false");
    g_assert_true(thing.has_flag && !thing.flag);
    assert_get(&thing, "flag", "false");
    assert_get(&thing, "quiet", "false");
}

static void test_bool_refusals(void)
{
    assert_refused("flag", "true", "1", "'flag' expects true or false, not 1");
    assert_refused("flag", "true", "\"on\"", "'flag' expects true or false, not \"on\"");
    assert_refused("flag", "true", "null", "'flag' expects true or false, not null");
}

static void test_string(void)
{
    g_auto(Thing) thing = { 0 };

    assert_get(&thing, "name", NULL);
    set(&thing, "name", "\"\"");
    assert_get(&thing, "name", "\"\"");
    set(&thing, "name", "\"gr\xc3\xbcn/a\"");
    g_assert_cmpstr(thing.name, ==, "gr\xc3\xbcn/a");
    assert_get(&thing, "name", "\"gr\xc3\xbcn/a\"");
}

static void test_string_refusals(void)
{
    assert_refused("name", "\"a\"", "5", "'name' expects a string, not 5");
    assert_refused("name", "\"a\"", "null", "'name' expects a string, not null");
    assert_refused("name", "\"a\"", "[\"b\"]", "'name' expects a string, not a list");
    assert_refused("name", "\"a\"", "\"b\\u0000c\"", "'name' must be valid UTF-8 without NUL characters");
}

static void test_string_of_other_encoding(void)
{
    g_autoptr(json_object) value = json_object_new_string("\xff");
    g_auto(Thing) thing = { 0 };

    assert_value_refused(&thing, "name", value, "'name' must be valid UTF-8 without NUL characters");
    assert_value_refused(&thing, "color", value, "'color' must be valid UTF-8 without NUL characters");
}

static void test_integers(void)
{
    g_auto(Thing) thing = { 0 };

    set(&thing, "small", "255");
    set(&thing, "port", "65535");
    set(&thing, "cpus", "4096");
    set(&thing, "any64", "0");
    g_assert_cmpuint(thing.small, ==, 255);
    g_assert_cmpuint(thing.port, ==, 65535);
    g_assert_cmpuint(thing.cpus, ==, 4096);
    g_assert_true(thing.has_small && thing.has_port && thing.has_cpus && thing.has_any64);
    assert_get(&thing, "small", "255");
    assert_get(&thing, "port", "65535");
    assert_get(&thing, "cpus", "4096");
    assert_get(&thing, "any64", "0");
}

static void test_largest_integers(void)
{
    assert_round_trip("any64", "18446744073709551615");
    assert_round_trip("any64", "9223372036854775808");
    assert_round_trip("any64", "9223372036854775807");
    assert_round_trip("memory", "18446744073709551615");
}

static void test_integer_ranges(void)
{
    assert_refused("cpus", "2", "0", "'cpus' must be from 1 to 4096, not 0");
    assert_refused("cpus", "2", "4097", "'cpus' must be from 1 to 4096, not 4097");
    assert_refused("cpus", "2", "-1", "'cpus' must be from 1 to 4096, not -1");
    assert_refused("cpus", "2", "4294967297", "'cpus' must be from 1 to 4096, not 4294967297");
    assert_refused("small", "2", "256", "'small' must be from 0 to 255, not 256");
    assert_refused("port", "2", "65536", "'port' must be from 0 to 65535, not 65536");
    assert_refused("any64", "2", "-1", "'any64' must be from 0 to 18446744073709551615, not -1");
    assert_refused("any64", "2", "-9223372036854775808",
                   "'any64' must be from 0 to 18446744073709551615, not -9223372036854775808");
    assert_refused("small", "2", "18446744073709551615",
                   "'small' must be from 0 to 255, not 18446744073709551615");
}

static void test_integer_refusals(void)
{
    assert_refused("policy", "2", "\"abc\"",
                   "'policy' expects an integer from 0 to 18446744073709551615, not \"abc\"");
    assert_refused("policy", "2", "\"1\"",
                   "'policy' expects an integer from 0 to 18446744073709551615, not \"1\"");
    assert_refused("cpus", "2", "1.0", "'cpus' expects an integer from 1 to 4096, not 1.0");
    assert_refused("cpus", "2", "true", "'cpus' expects an integer from 1 to 4096, not true");
    assert_refused("cpus", "2", "null", "'cpus' expects an integer from 1 to 4096, not null");
    assert_refused("cpus", "2", "{}", "'cpus' expects an integer from 1 to 4096, not an object");
}

static void test_range_never_exceeds_the_type(void)
{
    const Field field = MEMBER(Thing, small, UINT8, HAS(Thing, small), .max = UINT64_MAX);
    g_autoptr(json_object) value = json_object_new_int(256);
    g_auto(Thing) thing = { 0 };

    g_assert_false(field_set(&field, &thing, value, NULL));
}

static void test_long_values_are_cut_in_messages(void)
{
    g_autofree char *long_text = g_strnfill(5000, 'x');
    g_autofree char *start = g_strnfill(59, 'x');
    g_autofree char *message =
        g_strdup_printf("'cpus' expects an integer from 1 to 4096, not \"%s...", start);
    g_autoptr(json_object) value = json_object_new_string(long_text);
    g_auto(Thing) thing = { 0 };

    assert_value_refused(&thing, "cpus", value, message);
}

static void test_enum(void)
{
    g_auto(Thing) thing = { 0 };

    assert_get(&thing, "color", NULL);
    set(&thing, "color", "\"red\"");
    g_assert_true(thing.has_color);
    g_assert_cmpint(thing.color, ==, COLOR_RED);
    assert_get(&thing, "color", "\"red\"");
    set(&thing, "color", "\"blue\"");
    g_assert_cmpint(thing.color, ==, COLOR_BLUE);
}

static void test_enum_refusals(void)
{
    assert_refused("color", "\"red\"", "\"pink\"",
                   "'color' must be one of 'red', 'green', 'blue', not \"pink\"");
    assert_refused("color", "\"red\"", "0", "'color' must be one of 'red', 'green', 'blue', not 0");
    assert_refused("color", "\"red\"", "\"green\\u0000\"",
                   "'color' must be valid UTF-8 without NUL characters");
}

static void test_blob(void)
{
    g_auto(Thing) thing = { 0 };

    assert_get(&thing, "digest", NULL);
    set(&thing, "digest", "\"AQID/w==\"");
    g_assert_cmpmem(thing.digest.data, thing.digest.size, "\x01\x02\x03\xff", 4);
    assert_get(&thing, "digest", "\"AQID/w==\"");
    set(&thing, "digest", "\"AAAAAA==\"");
    assert_get(&thing, "digest", "\"AAAAAA==\"");
}

static void test_blob_of_any_size(void)
{
    assert_round_trip("data", "\"AQ==\"");
    assert_round_trip("data", "\"AQI=\"");
    assert_round_trip("data", "\"AQID\"");
}

static void test_blob_of_no_bytes_is_present(void)
{
    g_auto(Thing) thing = { 0 };

    set(&thing, "data", "\"\"");
    g_assert_nonnull(thing.data.data);
    g_assert_cmpuint(thing.data.size, ==, 0);
    assert_get(&thing, "data", "\"\"");
}

static void test_blob_with_line_breaks(void)
{
    g_auto(Thing) thing = { 0 };

    set(&thing, "data", "\"AQ\\nID\\r\\nBA==\\n\"");
    assert_get(&thing, "data", "\"AQIDBA==\"");
}

static void test_blob_that_is_not_base64(void)
{
    static const char *const wrong[] = {
        "AAA",   "a=b",   "A",        "AA",    "AA=",  "AAAA=", "====", "=",    "AB==",  "AAB=",
        "AQID!", "AQ ID", "AQ==AQ==", " AQID", "AQ-_", "AQID=", "AQ=D", "A===", "AAAAA", "\xc3\xbc\xc3\xbc"
    };

    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree char *json = g_strdup_printf("\"%s\"", wrong[i]);

        assert_refused("data", "\"AQ==\"", json, "'data' is not valid base64, padded with '='");
    }
}

static void test_blob_size(void)
{
    assert_refused("digest", "\"AQIDBA==\"", "\"AQID\"", "'digest' is 3 bytes long, it must be exactly 4");
    assert_refused("digest", "\"AQIDBA==\"", "\"AQ==\"", "'digest' is 1 byte long, it must be exactly 4");
    assert_refused("digest", "\"AQIDBA==\"", "\"\"", "'digest' is 0 bytes long, it must be exactly 4");
    assert_refused("digest", "\"AQIDBA==\"", "\"AQIDBAU=\"",
                   "'digest' is 5 bytes long, it must be exactly 4");
}

static void test_blob_refusals(void)
{
    assert_refused("data", "\"AQ==\"", "17", "'data' expects a base64 string, not 17");
    assert_refused("data", "\"AQ==\"", "\"AQ==\\u0000\"",
                   "'data' must be valid UTF-8 without NUL characters");
}

static struct {
    const void *memory;
    size_t size;
    bool freed_clean;
} watched;

/* Takes the place of GLib's: the only moment at which memory that is about to be freed can be looked at. */
#undef g_free
void g_free(gpointer memory)
{
    if (memory && memory == watched.memory) {
        watched.freed_clean = true;
        for (size_t i = 0; i < watched.size; i++) {
            watched.freed_clean &= ((const uint8_t *)memory)[i] == 0;
        }
        watched.memory = NULL;
    }
    free(memory);
}

static void watch(const Blob *blob)
{
    watched.memory = blob->data;
    watched.size = blob->size;
    watched.freed_clean = false;
}

static void test_blob_is_cleared_before_it_is_freed(void)
{
    g_auto(Thing) thing = { 0 };

    set(&thing, "digest", "\"AQIDBA==\"");
    watch(&thing.digest);
    set(&thing, "digest", "\"BQYHCA==\"");
    g_assert_true(watched.freed_clean);

    watch(&thing.digest);
    field_reset(find("digest"), &thing);
    g_assert_true(watched.freed_clean);

    set(&thing, "shapes", "[{\"corners\":[],\"seal\":\"AQIDBA==\"}]");
    watch(&thing.shapes[0].seal);
    fields_clear(&thing_table, &thing);
    g_assert_true(watched.freed_clean);
}

static void test_any(void)
{
    assert_round_trip("extra", "{\"a\":[1,null,2.50,\"x\"],\"b\":18446744073709551615}");
    assert_round_trip("extra", "\"text\"");
    assert_round_trip("extra", "false");
    assert_refused("extra", "1", "null", "'extra' expects a value, not null");
}

static void test_any_is_a_copy(void)
{
    g_autoptr(json_object) value = parse("{\"a\":1}");
    g_autoptr(json_object) shown = NULL;
    g_auto(Thing) thing = { 0 };

    g_assert_true(field_set(find("extra"), &thing, value, NULL));
    json_object_object_add(value, "b", json_object_new_int(2));
    assert_get(&thing, "extra", "{\"a\":1}");
    shown = field_get(find("extra"), &thing);
    json_object_object_add(shown, "b", json_object_new_int(2));
    assert_get(&thing, "extra", "{\"a\":1}");
}

static void test_bytes_are_for_programs(void)
{
    static const char message[] = "'raw' is for programs and cannot be given as JSON or text";
    g_autoptr(json_object) value = json_object_new_string("AQ==");
    g_auto(Thing) thing = { .raw = g_bytes_new_static("a", 1) };

    assert_get(&thing, "raw", NULL);
    assert_value_refused(&thing, "raw", value, message);
    g_assert_nonnull(thing.raw);
    assert_get(&thing, "raws", NULL);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/fields/find", test_find);
    g_test_add_func("/fields/bool", test_bool);
    g_test_add_func("/fields/bool-refusals", test_bool_refusals);
    g_test_add_func("/fields/string", test_string);
    g_test_add_func("/fields/string-refusals", test_string_refusals);
    g_test_add_func("/fields/string-of-other-encoding", test_string_of_other_encoding);
    g_test_add_func("/fields/integers", test_integers);
    g_test_add_func("/fields/largest-integers", test_largest_integers);
    g_test_add_func("/fields/integer-ranges", test_integer_ranges);
    g_test_add_func("/fields/integer-refusals", test_integer_refusals);
    g_test_add_func("/fields/range-never-exceeds-the-type", test_range_never_exceeds_the_type);
    g_test_add_func("/fields/long-values-are-cut-in-messages", test_long_values_are_cut_in_messages);
    g_test_add_func("/fields/enum", test_enum);
    g_test_add_func("/fields/enum-refusals", test_enum_refusals);
    g_test_add_func("/fields/blob", test_blob);
    g_test_add_func("/fields/blob-of-any-size", test_blob_of_any_size);
    g_test_add_func("/fields/blob-of-no-bytes-is-present", test_blob_of_no_bytes_is_present);
    g_test_add_func("/fields/blob-with-line-breaks", test_blob_with_line_breaks);
    g_test_add_func("/fields/blob-that-is-not-base64", test_blob_that_is_not_base64);
    g_test_add_func("/fields/blob-size", test_blob_size);
    g_test_add_func("/fields/blob-refusals", test_blob_refusals);
    g_test_add_func("/fields/blob-is-cleared-before-it-is-freed", test_blob_is_cleared_before_it_is_freed);
    g_test_add_func("/fields/any", test_any);
    g_test_add_func("/fields/any-is-a-copy", test_any_is_a_copy);
    g_test_add_func("/fields/bytes-are-for-programs", test_bytes_are_for_programs);
    return g_test_run();
}
