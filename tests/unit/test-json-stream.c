/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include "qapi/json-stream.h"

/* Reads all of @bytes, in pieces of @piece bytes; returns what came of it: values as JSON and errors, in
 * lines. */
static char *read_all(JsonStream *stream, const char *bytes, size_t length, size_t piece)
{
    GString *lines = g_string_new(NULL);

    for (size_t at = 0; at < length; at += piece) {
        const char *next = bytes + at;
        size_t left = MIN(piece, length - at);

        while (left) {
            g_autoptr(json_object) value = NULL;
            g_autoptr(Error) error = NULL;
            JsonStreamResult result = json_stream_read(stream, &next, &left, &value, &error);

            g_assert_true((value != NULL) == (result == JSON_STREAM_VALUE));
            g_assert_true((error != NULL) == (result == JSON_STREAM_ERROR));
            if (value) {
                g_string_append_printf(lines, "%s\n",
                                       json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN));
            } else if (error) {
                g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_INVALID);
                g_string_append_printf(lines, "! %s\n", cgvm_error_message(error));
            }
        }
    }
    return g_string_free(lines, FALSE);
}

/* What comes of @bytes must not depend on the pieces in which they arrive. */
static void expect_bytes(const char *bytes, size_t length, const char *expected)
{
    for (size_t piece = 1; piece <= length + 1; piece++) {
        g_autoptr(JsonStream) stream = json_stream_new();
        g_autofree char *lines = read_all(stream, bytes, length, piece);

        g_assert_cmpstr(lines, ==, expected);
    }
}

static void expect(const char *text, const char *expected)
{
    expect_bytes(text, strlen(text), expected);
}

static void test_values(void)
{
    expect("", "");
    expect(" \t\r\n", "");
    expect("{}", "{}\n");
    expect("[1,[2,{\"a\":[]}],\"]\"]", "[1,[2,{\"a\":[]}],\"]\"]\n");
    expect("{\"a\": 1}{\"b\": 2} [3]\n", "{\"a\":1}\n{\"b\":2}\n[3]\n");
    expect("\"text\"true false 1.5e3 -7\n", "\"text\"\ntrue\nfalse\n1.5e3\n-7\n");
    /* A word is complete with the byte behind it. */
    expect("123", "");
    expect("123[]", "123\n[]\n");
    expect("[\"\\\"}\\\\\", \"\\u00e9\xc3\xa9\xf0\x9f\x98\x80\"]",
           "[\"\\\"}\\\\\",\"\xc3\xa9\xc3\xa9\xf0\x9f\x98\x80\"]\n");
    expect("[null]", "[null]\n");
}

static void test_single_quotes(void)
{
    expect("{'execute': 'it'}", "{\"execute\":\"it\"}\n");
    expect("['a\"b', 'it\\'s', \"it's\", \"it\\'s\", '\\\\', '']",
           "[\"a\\\"b\",\"it's\",\"it's\",\"it's\",\"\\\\\",\"\"]\n");
    expect("['a\\\"b']", "[\"a\\\"b\"]\n");
    expect("'alone'", "\"alone\"\n");
}

/* Each of QEMU's own malformed inputs is one error at once, and what follows is read as usual. */
static void test_recovers(void)
{
    expect("{]\n[1]", "! JSON: ']' closes nothing that is open\n[1]\n");
    expect("{\xff[1]", "! JSON: the byte 0xff is out of place\n[1]\n");
    expect("{\x01[1]",
           "! JSON: the byte 0x01 is out of place; it is to be written as an escape in a string\n[1]\n");
    expect("{'bad \xff[1]", "! JSON: the byte 0xff is in a string\n[1]\n");
    expect("{'execute': 'nonexistent', 'id':'\n[1]",
           "! JSON: the byte 0x0a is in a string; it is to be written as an escape in a string\n[1]\n");
    expect("{'a\\\n[1]",
           "! JSON: the byte 0x0a is in a string; it is to be written as an escape in a string\n[1]\n");
    expect("%p\n[1]", "! JSON: '%' is out of place\n[1]\n");
    expect("%p [1]", "! JSON: '%' is out of place\n[1]\n");
    expect("% 123 'x' abc \xfe[1]", "! JSON: '%' is out of place\n[1]\n");
    expect("[%]", "! JSON: '%' is out of place\n! JSON: ']' closes nothing that is open\n");
    expect(",:[1]", "! JSON: ',' is out of place\n! JSON: ':' is out of place\n[1]\n");
    expect("]}[1]",
           "! JSON: ']' closes nothing that is open\n! JSON: '}' closes nothing that is open\n[1]\n");
    expect("[}[1]", "! JSON: '}' closes nothing that is open\n[1]\n");
    expect("null [1]", "! the JSON text is just 'null', which is not a value here\n[1]\n");
    expect(
        "nul [1]",
        "! JSON, line 1, column 1: 'nul' is not a value; strings and names stand in quotation marks\n[1]\n");
    expect("01 [1]", "! JSON, line 1, column 1: '01' is not a number\n[1]\n");
    expect("{\"a\" 1}[1]", "! JSON, line 1, column 6: object property name separator ':' expected\n[1]\n");
    expect("{\"a\":1,\"a\":2}[1]", "! JSON, line 1, column 8: the member 'a' is given twice\n[1]\n");
    expect("[\"\xc3(\"][1]", "! the JSON text is not valid UTF-8\n[1]\n");
    expect("[1,][2]", "! JSON, line 1, column 4: unexpected character\n[2]\n");
    expect_bytes(
        "[\0[1]", 5,
        "! JSON: the byte 0x00 is out of place; it is to be written as an escape in a string\n[1]\n");
    expect_bytes("%\0[1]", 5, "! JSON: '%' is out of place\n[1]\n");
}

static void expect_pieces(GString *text, const char *expected)
{
    /* One byte at a time would take long for so much. */
    static const size_t pieces[] = { 37, 4096, SIZE_MAX };

    for (size_t i = 0; i < G_N_ELEMENTS(pieces); i++) {
        g_autoptr(JsonStream) stream = json_stream_new();
        g_autofree char *lines = read_all(stream, text->str, text->len, MIN(pieces[i], text->len));

        g_assert_cmpstr(lines, ==, expected);
    }
}

static GString *repeated(const char *before, const char *word, size_t times, const char *after)
{
    GString *text = g_string_new(before);

    for (size_t i = 0; i < times; i++) {
        g_string_append(text, word);
    }
    g_string_append(text, after);
    return text;
}

/* A nest of lists @p depth deep, and a value after it. */
static void expect_nest(size_t depth, const char *expected)
{
    g_autoptr(GString) text = repeated("", "[", depth, "");
    g_autoptr(GString) end = repeated("", "]", depth, " [1]");

    g_string_append_len(text, end->str, end->len);
    expect_pieces(text, expected);
}

static void test_depth(void)
{
    g_autoptr(GString) open = repeated("", "[", JSON_STREAM_MAX_DEPTH, "");
    g_autoptr(GString) end = repeated("", "]", JSON_STREAM_MAX_DEPTH, "");
    g_autofree char *deepest = g_strdup_printf("%s%s\n[1]\n", open->str, end->str);

    expect_nest(JSON_STREAM_MAX_DEPTH, deepest);
    expect_nest(JSON_STREAM_MAX_DEPTH + 1,
                "! JSON: values are nested deeper than 1024; it is skipped to its end\n[1]\n");
    expect_nest(100000, "! JSON: values are nested deeper than 1024; it is skipped to its end\n[1]\n");
}

static void test_length(void)
{
    g_autoptr(GString) longest = repeated("\"", "x", JSON_STREAM_MAX_LENGTH - 2, "\"");
    g_autofree char *expected = g_strdup_printf("%s\n", longest->str);
    g_autoptr(GString) longer = repeated("['", "x", JSON_STREAM_MAX_LENGTH, "', '\\']', {'a': [2]}] [1]");
    g_autoptr(GString) last_quote = repeated("'", "x", JSON_STREAM_MAX_LENGTH - 1, "' [1]");
    g_autoptr(GString) last_bracket = repeated("['", "x", JSON_STREAM_MAX_LENGTH - 3, "'] [1]");
    g_autoptr(GString) word = repeated("", "1", JSON_STREAM_MAX_LENGTH + 1, " [1]");
    const char *refused = "! JSON: a value has more bytes than 1048576; it is skipped to its end\n[1]\n";

    expect_pieces(longest, expected);
    expect_pieces(longer, refused);
    expect_pieces(last_quote, refused);
    expect_pieces(last_bracket, refused);
    expect_pieces(word, refused);
}

static void test_values_limit(void)
{
    g_autoptr(GString) most = repeated("[0", ",0", JSON_STREAM_MAX_VALUES - 2, "]");
    g_autofree char *expected = g_strdup_printf("%s\n", most->str);
    g_autoptr(JsonStream) stream = json_stream_new();
    g_autofree char *lines = NULL;
    g_autoptr(GString) more = repeated("[[0", ",0", JSON_STREAM_MAX_VALUES, "]] [1]");

    /* Once is enough: where every string call looks at the whole text, so many values take seconds. */
    lines = read_all(stream, most->str, most->len, most->len);
    g_assert_cmpstr(lines, ==, expected);
    expect_pieces(more, "! JSON: a value has more values in it than 65536; it is skipped to its end\n[1]\n");
}

/* A client need not wait for the end of a value that is skipped. */
static void test_leaves_skipped(void)
{
    g_autoptr(GString) text = repeated("", "[", 2000, "'\xff[1]");

    expect_pieces(text, "! JSON: values are nested deeper than 1024; it is skipped to its end\n[1]\n");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    json_stream_free(NULL);
    g_test_add_func("/json-stream/values", test_values);
    g_test_add_func("/json-stream/single-quotes", test_single_quotes);
    g_test_add_func("/json-stream/recovers", test_recovers);
    g_test_add_func("/json-stream/depth", test_depth);
    g_test_add_func("/json-stream/length", test_length);
    g_test_add_func("/json-stream/values-limit", test_values_limit);
    g_test_add_func("/json-stream/leaves-skipped", test_leaves_skipped);
    return g_test_run();
}
