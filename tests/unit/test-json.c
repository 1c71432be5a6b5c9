/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the JSON parser: what is taken, what is refused, and where messages say that it is wrong.
 */
#include <string.h>
#include "qapi/json.h"

static void assert_parsed(const char *text, const char *expected)
{
    const int flags = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE;
    g_autoptr(Error) error = NULL;
    g_autoptr(json_object) value = json_parse(text, &error);

    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
    g_assert_nonnull(value);
    g_assert_cmpstr(json_object_to_json_string_ext(value, flags), ==, expected);
}

static void assert_refused(const char *text, const char *expected)
{
    g_autoptr(Error) error = NULL;

    g_assert_null(json_parse(text, &error));
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_INVALID);
    g_assert_cmpstr(cgvm_error_message(error), ==, expected);
    g_assert_null(json_parse(text, NULL));
}

static void test_values(void)
{
    assert_parsed("true", "true");
    assert_parsed("false", "false");
    assert_parsed("17", "17");
    assert_parsed("\"a\"", "\"a\"");
    assert_parsed("[1,\"b\",[],{}]", "[1,\"b\",[],{}]");
    assert_parsed("{\"b\":1,\"a\":{\"c\":true}}", "{\"b\":1,\"a\":{\"c\":true}}");
}

static void test_white_space(void)
{
    assert_parsed(" \t\r\n{ \"a\" :\n[ 1 , 2 ] } \n", "{\"a\":[1,2]}");
}

static void test_nested_null(void)
{
    assert_parsed("[null]", "[null]");
    assert_parsed("{\"a\":null}", "{\"a\":null}");
}

static void test_refuses_bare_null(void)
{
    assert_refused("null", "the JSON text is just 'null', which is not a value here");
    assert_refused(" null\n", "the JSON text is just 'null', which is not a value here");
}

static void test_refuses_nothing(void)
{
    assert_refused("", "JSON, line 1, column 1: the text ends too early");
    assert_refused("  \n ", "JSON, line 2, column 2: the text ends too early");
}

static void test_refuses_unfinished_text(void)
{
    assert_refused("{", "JSON, line 1, column 2: the text ends too early");
    assert_refused("[1,", "JSON, line 1, column 4: the text ends too early");
    assert_refused("{\"a\":", "JSON, line 1, column 6: the text ends too early");
    assert_refused("[\"abc", "JSON, line 1, column 2: the string has no end");
    assert_refused("\"abc\\\"", "JSON, line 1, column 1: the string has no end");
    assert_refused("\"\\", "JSON, line 1, column 1: the string has no end");
}

static void test_refuses_more_than_one_value(void)
{
    assert_refused("1 2", "JSON, line 1, column 3: unexpected character");
    assert_refused("{}{}", "JSON, line 1, column 3: unexpected character");
    assert_refused("[]]", "JSON, line 1, column 3: unexpected character");
}

static void test_refuses_wrong_separators(void)
{
    assert_refused("[1,]", "JSON, line 1, column 4: unexpected character");
    assert_refused("{\"a\":1,}", "JSON, line 1, column 8: unexpected character");
    assert_refused("[1 2]", "JSON, line 1, column 4: array value separator ',' expected");
    assert_refused("{\"a\" 1}", "JSON, line 1, column 6: object property name separator ':' expected");
    assert_refused("{1:2}", "JSON, line 1, column 2: quoted object property name expected");
    assert_refused("[1}", "JSON, line 1, column 3: array value separator ',' expected");
}

static void test_refuses_other_notations(void)
{
    assert_refused("{'a':1}", "JSON, line 1, column 2: ''' is out of place");
    assert_refused("[1] // one", "JSON, line 1, column 5: '/' is out of place");
    assert_refused("\xef\xbb\xbf[]", "JSON, line 1, column 1: '\xef\xbb\xbf' is out of place");
    assert_refused("[1,\v2]", "JSON, line 1, column 4: ' ' is out of place");
}

static void test_refuses_other_words(void)
{
    static const char *const words[] = { "TRUE", "True", "nul", "nulll", "NaN", "Infinity", "a", "abc-1.5" };

    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        g_autofree char *text = g_strdup_printf("[%s]", words[i]);
        g_autofree char *message = g_strdup_printf(
            "JSON, line 1, column 2: '%s' is not a value; strings and names stand in quotation marks",
            words[i]);

        assert_refused(text, message);
    }
}

static void test_position_counts_lines_and_characters(void)
{
    assert_refused("[\n  \"\xc3\xbc\", x]",
                   "JSON, line 2, column 8: 'x' is not a value; strings and names stand in quotation marks");
}

static void test_numbers(void)
{
    assert_parsed("[0,-1,10,1.5,-0.25,1e3,2E-2,0.1e+1]", "[0,-1,10,1.5,-0.25,1e3,2E-2,0.1e+1]");
}

static void test_refuses_malformed_numbers(void)
{
    static const char *const wrong[] = { "01",  "-01",   "00",    "-",         "1.",  ".5",
                                         "-.5", "+1",    "1e",    "1.e5",      "0x1", "1-2",
                                         "--1", "1.5.5", "1e5e5", "-Infinity", "1a",  "1e+" };

    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree char *text = g_strdup_printf("[%s]", wrong[i]);
        g_autofree char *message = g_strdup_printf("JSON, line 1, column 2: '%s' is not a number", wrong[i]);

        assert_refused(text, message);
    }
}

static void test_range_of_integers(void)
{
    g_autoptr(json_object) smallest = json_parse("-9223372036854775808", NULL);
    g_autoptr(json_object) largest = json_parse("18446744073709551615", NULL);

    g_assert_cmpint(json_object_get_int64(smallest), ==, INT64_MIN);
    g_assert_true(json_object_get_uint64(largest) == UINT64_MAX);
}

static void test_refuses_integers_out_of_range(void)
{
    assert_refused("18446744073709551616",
                   "JSON, line 1, column 1: 18446744073709551616 is out of the range of 64-bit integers");
    assert_refused("{\"a\":-9223372036854775809}",
                   "JSON, line 1, column 6: -9223372036854775809 is out of the range of 64-bit integers");
}

static void test_refuses_infinite_numbers(void)
{
    assert_parsed("1e308", "1e308");
    assert_refused("1e309", "JSON, line 1, column 1: 1e309 is too large");
    assert_refused("-1e309", "JSON, line 1, column 1: -1e309 is too large");
}

static void test_strings(void)
{
    assert_parsed("\"gr\xc3\xbcn\"", "\"gr\xc3\xbcn\"");
    assert_parsed("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\\"\\\\/\\b\\f\\n\\r\\t\"");
    assert_parsed("\"\\u0041\\u00fc\\uFFFD\"", "\"A\xc3\xbc\xef\xbf\xbd\"");
    assert_parsed("\"{[,:]} 01 x\"", "\"{[,:]} 01 x\"");
}

static void test_surrogate_pair(void)
{
    assert_parsed("\"\\ud83d\\uDE00\"", "\"\xf0\x9f\x98\x80\"");
}

static void test_refuses_half_of_a_surrogate_pair(void)
{
    static const char *const wrong[] = { "\\ud83d",        "\\ud83dx",   "\\ude00",      "\\ud83d\\u0041",
                                         "\\ud83d\\ud83d", "\\ud83d\\n", "\\ud83d\\ude0" };

    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree char *text = g_strdup_printf("\"%s\"", wrong[i]);
        g_autofree char *message = g_strdup_printf(
            "JSON, line 1, column 2: '%.6s' is half of a pair whose other half is missing", wrong[i]);

        assert_refused(text, message);
    }
}

static void test_refuses_nul_character(void)
{
    assert_refused("\"a\\u0000b\"", "JSON, line 1, column 3: the character \\u0000 is not supported");
    assert_refused("{\"a\\u0000b\":1}", "JSON, line 1, column 4: the character \\u0000 is not supported");
}

static void test_refuses_control_characters(void)
{
    assert_refused("\"a\nb\"",
                   "JSON, line 1, column 3: a string has a control character, which is to be written as an "
                   "escape");
    assert_refused("{\"\x01\":1}",
                   "JSON, line 1, column 3: a string has a control character, which is to be written as an "
                   "escape");
}

static void test_refuses_unknown_escapes(void)
{
    assert_refused("[\"\\x41\"]", "JSON, line 1, column 4: invalid string sequence");
    assert_refused("\"\\u00zz\"", "JSON, line 1, column 6: invalid string sequence");
    assert_refused("{\"\\'\":1}", "JSON, line 1, column 4: invalid string sequence");
    assert_refused("\"\\\xd9\xa3\"", "JSON, line 1, column 3: invalid string sequence");
}

static void test_refuses_other_encodings(void)
{
    assert_refused("\"\xff\"", "the JSON text is not valid UTF-8");
    assert_refused("\"\xed\xa0\x80\"", "the JSON text is not valid UTF-8");
}

static void test_refuses_member_given_twice(void)
{
    assert_refused("{\"a\":1,\"b\":2,\"a\":1}", "JSON, line 1, column 14: the member 'a' is given twice");
    assert_refused("[{},{\"b\":{\"\":1, \"\" :2}}]", "JSON, line 1, column 17: the member '' is given twice");
}

static void test_refuses_member_given_twice_in_other_words(void)
{
    assert_refused("{\"a\":1,\"\\u0061\":2}", "JSON, line 1, column 8: the member '\\u0061' is given twice");
}

static void test_equal_names_in_different_objects(void)
{
    assert_parsed("{\"a\":{\"a\":1},\"b\":[{\"a\":1},{\"a\":2},\"a\",\"a\"]}",
                  "{\"a\":{\"a\":1},\"b\":[{\"a\":1},{\"a\":2},\"a\",\"a\"]}");
}

static void test_long_words_are_cut_in_messages(void)
{
    g_autofree char *text = g_strnfill(5000, 'x');
    g_autofree char *start = g_strnfill(60, 'x');
    g_autofree char *message = g_strdup_printf(
        "JSON, line 1, column 1: '%s...' is not a value; strings and names stand in quotation marks", start);

    assert_refused(text, message);
}

/* @p depth lists, each in the other, around @p inner. To be freed. */
static char *lists(int depth, const char *inner)
{
    g_autofree char *open = g_strnfill(depth, '[');
    g_autofree char *close = g_strnfill(depth, ']');

    return g_strconcat(open, inner, close, NULL);
}

static void test_deepest_text(void)
{
    g_autofree char *empty = lists(JSON_MAX_DEPTH, "");
    g_autofree char *full = lists(JSON_MAX_DEPTH, "1");
    g_autofree char *object = lists(JSON_MAX_DEPTH - 1, "{\"a\":\"b\"}");

    assert_parsed(empty, empty);
    assert_parsed(full, full);
    assert_parsed(object, object);
}

static void test_refuses_deeper_text(void)
{
    g_autofree char *empty = lists(JSON_MAX_DEPTH + 1, "");
    g_autofree char *object = lists(JSON_MAX_DEPTH, "{}");

    assert_refused(empty, "JSON, line 1, column 33: values are nested deeper than 32 levels");
    assert_refused(object, "JSON, line 1, column 33: values are nested deeper than 32 levels");
}

static void test_longest_text(void)
{
    g_autofree char *text = g_strnfill(JSON_MAX_LENGTH, ' ');

    text[0] = text[JSON_MAX_LENGTH - 1] = '"';
    assert_parsed(text, text);
}

static void test_refuses_longer_text(void)
{
    g_autofree char *text = g_strnfill(JSON_MAX_LENGTH + 1, ' ');

    text[0] = '1';
    assert_refused(text, "the JSON text is longer than 65536 bytes");
}

static void test_lines(void)
{
    g_autoptr(json_object) json = json_parse("{\"a\":[1,\"x/y\"],\"b\":2}", NULL);
    g_autofree char *lines = json_to_lines(json);

    g_assert_cmpstr(lines, ==, "{\n  \"a\": [\n    1,\n    \"x/y\"\n  ],\n  \"b\": 2\n}\n");
}

static void test_within(void)
{
    g_autoptr(json_object) value = json_parse_within("[[1]]", 5, 2, NULL);
    g_autoptr(Error) too_long = NULL, too_deep = NULL;

    g_assert_nonnull(value);
    g_assert_null(json_parse_within("[[1]]", 4, 2, &too_long));
    g_assert_cmpstr(cgvm_error_message(too_long), ==, "the JSON text is longer than 4 bytes");
    g_assert_null(json_parse_within("[[1]]", 5, 1, &too_deep));
    g_assert_cmpstr(cgvm_error_message(too_deep), ==,
                    "JSON, line 1, column 2: values are nested deeper than 1 levels");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/json/values", test_values);
    g_test_add_func("/json/white-space", test_white_space);
    g_test_add_func("/json/nested-null", test_nested_null);
    g_test_add_func("/json/refuses-bare-null", test_refuses_bare_null);
    g_test_add_func("/json/refuses-nothing", test_refuses_nothing);
    g_test_add_func("/json/refuses-unfinished-text", test_refuses_unfinished_text);
    g_test_add_func("/json/refuses-more-than-one-value", test_refuses_more_than_one_value);
    g_test_add_func("/json/refuses-wrong-separators", test_refuses_wrong_separators);
    g_test_add_func("/json/refuses-other-notations", test_refuses_other_notations);
    g_test_add_func("/json/refuses-other-words", test_refuses_other_words);
    g_test_add_func("/json/position-counts-lines-and-characters", test_position_counts_lines_and_characters);
    g_test_add_func("/json/numbers", test_numbers);
    g_test_add_func("/json/refuses-malformed-numbers", test_refuses_malformed_numbers);
    g_test_add_func("/json/range-of-integers", test_range_of_integers);
    g_test_add_func("/json/refuses-integers-out-of-range", test_refuses_integers_out_of_range);
    g_test_add_func("/json/refuses-infinite-numbers", test_refuses_infinite_numbers);
    g_test_add_func("/json/strings", test_strings);
    g_test_add_func("/json/surrogate-pair", test_surrogate_pair);
    g_test_add_func("/json/refuses-half-of-a-surrogate-pair", test_refuses_half_of_a_surrogate_pair);
    g_test_add_func("/json/refuses-nul-character", test_refuses_nul_character);
    g_test_add_func("/json/refuses-control-characters", test_refuses_control_characters);
    g_test_add_func("/json/refuses-unknown-escapes", test_refuses_unknown_escapes);
    g_test_add_func("/json/refuses-other-encodings", test_refuses_other_encodings);
    g_test_add_func("/json/refuses-member-given-twice", test_refuses_member_given_twice);
    g_test_add_func("/json/refuses-member-given-twice-in-other-words",
                    test_refuses_member_given_twice_in_other_words);
    g_test_add_func("/json/equal-names-in-different-objects", test_equal_names_in_different_objects);
    g_test_add_func("/json/long-words-are-cut-in-messages", test_long_words_are_cut_in_messages);
    g_test_add_func("/json/deepest-text", test_deepest_text);
    g_test_add_func("/json/refuses-deeper-text", test_refuses_deeper_text);
    g_test_add_func("/json/longest-text", test_longest_text);
    g_test_add_func("/json/refuses-longer-text", test_refuses_longer_text);
    g_test_add_func("/json/lines", test_lines);
    g_test_add_func("/json/within", test_within);
    return g_test_run();
}
