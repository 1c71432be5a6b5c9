/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of keyval: the syntax of option text and what is refused.
 */
#include <string.h>
#include "qapi/keyval.h"

static void assert_parsed(const char *text, const char *implied_key, const char *expected)
{
    g_autoptr(Error) error = NULL;
    g_autoptr(json_object) pairs = keyval_parse(text, implied_key, NULL, &error);

    g_assert_null(error);
    g_assert_cmpstr(json_object_to_json_string_ext(pairs, JSON_C_TO_STRING_PLAIN), ==, expected);
}

static void assert_refused(const char *text, const char *implied_key, const char *expected)
{
    g_autoptr(Error) error = NULL;

    g_assert_null(keyval_parse(text, implied_key, NULL, &error));
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_INVALID);
    g_assert_cmpstr(cgvm_error_message(error), ==, expected);
    g_assert_null(keyval_parse(text, implied_key, NULL, NULL));
}

static void test_empty(void)
{
    assert_parsed("", NULL, "{}");
    assert_parsed("", "type", "{}");
}

static void test_pairs(void)
{
    assert_parsed("id=sev0", NULL, "{\"id\":\"sev0\"}");
    assert_parsed("a=1,b=2", NULL, "{\"a\":\"1\",\"b\":\"2\"}");
}

static void test_pairs_keep_their_order(void)
{
    assert_parsed("z=1,m=2,a=3", NULL, "{\"z\":\"1\",\"m\":\"2\",\"a\":\"3\"}");
}

static void test_value_stays_text(void)
{
    assert_parsed("a=0x10,b=on,c={}", NULL, "{\"a\":\"0x10\",\"b\":\"on\",\"c\":\"{}\"}");
}

static void test_value_with_equals_sign(void)
{
    assert_parsed("append=root=/dev/vda", NULL, "{\"append\":\"root=\\/dev\\/vda\"}");
    assert_parsed("a==", NULL, "{\"a\":\"=\"}");
}

static void test_empty_value(void)
{
    assert_parsed("a=,b=", NULL, "{\"a\":\"\",\"b\":\"\"}");
}

static void test_double_comma(void)
{
    assert_parsed("a=x,,y,b=2", NULL, "{\"a\":\"x,y\",\"b\":\"2\"}");
    assert_parsed("a=,,", NULL, "{\"a\":\",\"}");
    assert_parsed("a=,,,,b=1", NULL, "{\"a\":\",,b=1\"}");
    assert_parsed("a=,,,b=1", NULL, "{\"a\":\",\",\"b\":\"1\"}");
}

static void test_trailing_comma(void)
{
    assert_parsed("a=1,", NULL, "{\"a\":\"1\"}");
    assert_parsed("q35,", "type", "{\"type\":\"q35\"}");
}

static void test_characters_of_keys(void)
{
    assert_parsed("aZ09-_.x=1", NULL, "{\"aZ09-_.x\":\"1\"}");
    assert_parsed("a-b=1,a_b=2", NULL, "{\"a-b\":\"1\",\"a_b\":\"2\"}");
}

static void test_utf8_value(void)
{
    assert_parsed("a=gr\xc3\xbcn", NULL, "{\"a\":\"gr\xc3\xbcn\"}");
}

static void test_implied_key(void)
{
    assert_parsed("sev-guest,id=sev0", "qom-type", "{\"qom-type\":\"sev-guest\",\"id\":\"sev0\"}");
    assert_parsed("sev-guest", "qom-type", "{\"qom-type\":\"sev-guest\"}");
    assert_parsed("id=sev0", "qom-type", "{\"id\":\"sev0\"}");
}

static void test_implied_value_with_commas(void)
{
    assert_parsed("a,,b,c=1", "file", "{\"file\":\"a,b\",\"c\":\"1\"}");
    assert_parsed(",,a", "file", "{\"file\":\",a\"}");
}

static void test_help(void)
{
    static const char *const texts[] = { "help", "?", "q35,help", "q35,?,a=1", "help,a=1" };

    for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
        g_autoptr(json_object) pairs = NULL;
        bool want_help = false;

        pairs = keyval_parse(texts[i], "type", &want_help, NULL);
        g_assert_nonnull(pairs);
        g_assert_true(want_help);
        g_assert_false(json_object_object_get_ex(pairs, "help", NULL));
    }
}

static void test_help_adds_no_pair(void)
{
    bool want_help = false;
    g_autoptr(json_object) pairs = keyval_parse("help", "type", &want_help, NULL);

    g_assert_true(want_help);
    g_assert_cmpint(json_object_object_length(pairs), ==, 0);
}

static void test_help_not_asked_for(void)
{
    bool want_help = true;
    g_autoptr(json_object) pairs = keyval_parse("helper,help=help", "type", &want_help, NULL);

    g_assert_nonnull(pairs);
    g_assert_false(want_help);
}

static void test_help_where_there_is_none(void)
{
    assert_refused("a=1,help", NULL,
                   "'help' has no value, write KEY=VALUE; a comma inside a value is written twice");
    assert_parsed("help", "type", "{\"type\":\"help\"}");
}

static void test_refuses_bare_word(void)
{
    assert_refused("word", NULL,
                   "'word' has no value, write KEY=VALUE; a comma inside a value is written twice");
    assert_refused("q35,word", "type",
                   "'word' has no value, write KEY=VALUE; a comma inside a value is written twice");
    assert_refused("a=1,word", "type",
                   "'word' has no value, write KEY=VALUE; a comma inside a value is written twice");
}

static void test_refuses_empty_pair(void)
{
    static const char message[] = "nothing is between two commas; a comma inside a value is written twice";

    assert_refused(",", NULL, message);
    assert_refused(",", "type", message);
    assert_refused(",a=1", NULL, message);
    assert_refused(",a=1", "type", message);
}

static void test_refuses_empty_key(void)
{
    assert_refused("=1", NULL, "a key is missing before '='");
    assert_refused("a=1,=2", NULL, "a key is missing before '='");
    assert_refused("=1", "type", "a key is missing before '='");
}

static void test_refuses_malformed_key(void)
{
    assert_refused("a b=1", NULL, "'a b' is not a key, which has only letters, digits, '-', '_' and '.'");
    assert_refused("a/b=1", NULL, "'a/b' is not a key, which has only letters, digits, '-', '_' and '.'");
    assert_refused("\xc3\xbc=1", NULL,
                   "'\xc3\xbc' is not a key, which has only letters, digits, '-', '_' and '.'");
}

static void test_refuses_key_given_twice(void)
{
    assert_refused("a=1,b=2,a=1", NULL, "'a' is given twice");
    assert_refused("q35,type=q35", "type", "'type' is given twice");
}

static void test_refuses_other_encodings(void)
{
    assert_refused("a=\xff", NULL, "the option is not valid UTF-8");
    assert_refused("a=\xc0\x80", NULL, "the option is not valid UTF-8");
}

static void test_longest_text(void)
{
    g_autofree char *text = g_strnfill(KEYVAL_MAX_LENGTH, 'x');
    g_autoptr(json_object) pairs = NULL;
    json_object *value = NULL;

    text[1] = '=';
    pairs = keyval_parse(text, NULL, NULL, NULL);
    g_assert_true(json_object_object_get_ex(pairs, "x", &value));
    g_assert_cmpint(json_object_get_string_len(value), ==, KEYVAL_MAX_LENGTH - 2);
}

static void test_refuses_longer_text(void)
{
    g_autofree char *text = g_strnfill(KEYVAL_MAX_LENGTH + 1, 'x');

    text[1] = '=';
    assert_refused(text, NULL, "the option is longer than 65536 bytes");
}

static void test_number_of_pairs(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(json_object) pairs = NULL;

    for (int i = 0; i < KEYVAL_MAX_PAIRS; i++) {
        g_string_append_printf(text, "k%d=%d,", i, i);
    }
    pairs = keyval_parse(text->str, NULL, NULL, NULL);
    g_assert_cmpint(json_object_object_length(pairs), ==, KEYVAL_MAX_PAIRS);
    g_string_append(text, "more=1");
    assert_refused(text->str, NULL, "the option has more than 256 pairs");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/keyval/empty", test_empty);
    g_test_add_func("/keyval/pairs", test_pairs);
    g_test_add_func("/keyval/pairs-keep-their-order", test_pairs_keep_their_order);
    g_test_add_func("/keyval/value-stays-text", test_value_stays_text);
    g_test_add_func("/keyval/value-with-equals-sign", test_value_with_equals_sign);
    g_test_add_func("/keyval/empty-value", test_empty_value);
    g_test_add_func("/keyval/double-comma", test_double_comma);
    g_test_add_func("/keyval/trailing-comma", test_trailing_comma);
    g_test_add_func("/keyval/characters-of-keys", test_characters_of_keys);
    g_test_add_func("/keyval/utf8-value", test_utf8_value);
    g_test_add_func("/keyval/implied-key", test_implied_key);
    g_test_add_func("/keyval/implied-value-with-commas", test_implied_value_with_commas);
    g_test_add_func("/keyval/help", test_help);
    g_test_add_func("/keyval/help-adds-no-pair", test_help_adds_no_pair);
    g_test_add_func("/keyval/help-not-asked-for", test_help_not_asked_for);
    g_test_add_func("/keyval/help-where-there-is-none", test_help_where_there_is_none);
    g_test_add_func("/keyval/refuses-bare-word", test_refuses_bare_word);
    g_test_add_func("/keyval/refuses-empty-pair", test_refuses_empty_pair);
    g_test_add_func("/keyval/refuses-empty-key", test_refuses_empty_key);
    g_test_add_func("/keyval/refuses-malformed-key", test_refuses_malformed_key);
    g_test_add_func("/keyval/refuses-key-given-twice", test_refuses_key_given_twice);
    g_test_add_func("/keyval/refuses-other-encodings", test_refuses_other_encodings);
    g_test_add_func("/keyval/longest-text", test_longest_text);
    g_test_add_func("/keyval/refuses-longer-text", test_refuses_longer_text);
    g_test_add_func("/keyval/number-of-pairs", test_number_of_pairs);
    return g_test_run();
}
