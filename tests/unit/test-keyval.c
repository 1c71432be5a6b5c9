/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of keyval: the syntax of option text, nested keys, merging, and what is refused.
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
    assert_parsed("aZ09-_=1", NULL, "{\"aZ09-_\":\"1\"}");
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

static void assert_malformed(const char *key)
{
    g_autofree char *text = g_strconcat(key, "=1", NULL);
    g_autofree char *message =
        g_strdup_printf("'%s' is not a key, which starts with a letter and has only letters, digits, '-' and "
                        "'_'; a member is written KEY.MEMBER, an element of a list KEY.NUMBER",
                        key);

    assert_refused(text, NULL, message);
}

static void test_refuses_malformed_key(void)
{
    static const char *const keys[] = {
        "a b", "a/b", "\xc3\xbc", "-a", "_a", "1a", "0", "0.a", "a.\xc3\xbc"
    };

    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
        assert_malformed(keys[i]);
    }
}

static void test_refuses_empty_part(void)
{
    assert_malformed(".");
    assert_malformed(".a");
    assert_malformed("a.");
    assert_malformed("a..b");
}

static void test_refuses_malformed_number(void)
{
    static const char *const keys[] = { "a.00", "a.01", "a.0x1", "a.-1", "a.1b", "a.b.007" };

    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
        assert_malformed(keys[i]);
    }
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

static void test_help_counts_as_a_pair(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(Error) error = NULL;
    bool want_help;

    for (int i = 0; i <= KEYVAL_MAX_PAIRS; i++) {
        g_string_append(text, "?,");
    }
    g_assert_null(keyval_parse(text->str, NULL, &want_help, &error));
    g_assert_cmpstr(cgvm_error_message(error), ==, "the option has more than 256 pairs");
}

static void test_pairs_below_a_member_count(void)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (int i = 0; i <= KEYVAL_MAX_PAIRS; i++) {
        g_string_append_printf(text, "a.b%d.c=,", i);
    }
    assert_refused(text->str, NULL, "the option has more than 256 pairs");
}

static void test_nested_keys(void)
{
    assert_parsed("a.b.c=1", NULL, "{\"a\":{\"b\":{\"c\":\"1\"}}}");
    assert_parsed("a.b=1,c=2,a.d=3", NULL, "{\"a\":{\"b\":\"1\",\"d\":\"3\"},\"c\":\"2\"}");
    assert_parsed("q35,smp.cpus=2", "type", "{\"type\":\"q35\",\"smp\":{\"cpus\":\"2\"}}");
}

static void test_nested_value_with_dots_and_commas(void)
{
    assert_parsed("a.b=c.d,,e.f=1", NULL, "{\"a\":{\"b\":\"c.d,e.f=1\"}}");
}

static void test_list(void)
{
    assert_parsed("a.0=x,a.1=y", NULL, "{\"a\":[\"x\",\"y\"]}");
    assert_parsed("a.0=x", NULL, "{\"a\":[\"x\"]}");
}

static void test_list_in_any_order(void)
{
    assert_parsed("a.2=z,a.0=x,a.1=y", NULL, "{\"a\":[\"x\",\"y\",\"z\"]}");
}

static void test_list_of_objects(void)
{
    assert_parsed("a.0.b=1,a.1.b=2,a.0.c=3", NULL, "{\"a\":[{\"b\":\"1\",\"c\":\"3\"},{\"b\":\"2\"}]}");
}

static void test_list_of_lists(void)
{
    assert_parsed("a.0.0=1,a.0.1=2,a.1.0=3", NULL, "{\"a\":[[\"1\",\"2\"],[\"3\"]]}");
}

static void test_list_of_different_elements(void)
{
    assert_parsed("a.0=1,a.1.b=2,a.2.0=3", NULL, "{\"a\":[\"1\",{\"b\":\"2\"},[\"3\"]]}");
}

static void test_name_that_has_digits(void)
{
    assert_parsed("a.b0=1,a.c1=2", NULL, "{\"a\":{\"b0\":\"1\",\"c1\":\"2\"}}");
}

static void test_refuses_gap_in_list(void)
{
    assert_refused("a.1=x", NULL,
                   "'a.0' is missing: the elements of a list are numbered from 0 without a gap");
    assert_refused("a.0=x,a.2=y", NULL,
                   "'a.1' is missing: the elements of a list are numbered from 0 without a gap");
    assert_refused("a.b.0.1=x", NULL,
                   "'a.b.0.0' is missing: the elements of a list are numbered from 0 without a gap");
}

static void test_refuses_list_with_names(void)
{
    assert_refused("a.0=x,a.b=y", NULL, "'a' is given both the element 'a.0' of a list and the member 'a.b'");
    assert_refused("c.a.b=x,c.a.7=y", NULL,
                   "'c.a' is given both the element 'c.a.7' of a list and the member 'c.a.b'");
}

static void test_refuses_members_of_a_value(void)
{
    assert_refused("a=1,a.b=2", NULL, "'a' is given both a value and the member 'a.b'");
    assert_refused("a.b=1,a.b.c.d=2", NULL, "'a.b' is given both a value and the member 'a.b.c.d'");
    assert_refused("x,type.0=y", "type", "'type' is given both a value and the member 'type.0'");
}

static void test_refuses_value_of_what_has_members(void)
{
    assert_refused("a.b=1,a=2", NULL, "'a' is given both a value and the member 'a.b'");
    assert_refused("a.b.c.d=1,a.b=2", NULL, "'a.b' is given both a value and the member 'a.b.c'");
    assert_refused("a.0=1,a=2", NULL, "'a' is given both a value and the member 'a.0'");
}

static void test_refuses_nested_key_given_twice(void)
{
    assert_refused("a.b=1,a.b=1", NULL, "'a.b' is given twice");
    assert_refused("a.0=1,a.0=2", NULL, "'a.0' is given twice");
}

static void test_number_of_parts(void)
{
    assert_parsed("a.b.c.d.e.f.g.h=1", NULL,
                  "{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":{\"g\":{\"h\":\"1\"}}}}}}}}");
    assert_refused("a.b.c.d.e.f.g.h.i=1", NULL, "the key 'a.b.c.d.e.f.g.h.i' has more than 8 parts");
}

static void test_number_of_elements(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(json_object) pairs = NULL;
    json_object *list;

    for (int i = 0; i < KEYVAL_MAX_ELEMENTS; i++) {
        g_string_append_printf(text, "a.%d=%d,", i, i);
    }
    pairs = keyval_parse(text->str, NULL, NULL, NULL);
    g_assert_true(json_object_object_get_ex(pairs, "a", &list));
    g_assert_cmpuint(json_object_array_length(list), ==, KEYVAL_MAX_ELEMENTS);
    g_assert_cmpstr(json_object_get_string(json_object_array_get_idx(list, 255)), ==, "255");
}

static void test_refuses_larger_number(void)
{
    assert_refused("a.256=x", NULL, "'a.256' is refused: the elements of a list are numbered from 0 to 255");
    assert_refused(
        "a.18446744073709551616.b=x", NULL,
        "'a.18446744073709551616.b' is refused: the elements of a list are numbered from 0 to 255");
}

static void test_refuses_options_from_a_file(void)
{
    g_autoptr(Error) error = NULL;

    g_assert_null(keyval_parse("@file,id=a", "type", NULL, &error));
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_UNSUPPORTED);
    g_assert_cmpstr(cgvm_error_message(error), ==,
                    "'@file': reading options from a file is not supported; write them out, or write "
                    "type=@file if that is the value");
}

static void test_value_that_starts_with_at_sign(void)
{
    assert_parsed("type=@file,a=@", "type", "{\"type\":\"@file\",\"a\":\"@\"}");
    assert_parsed("a@b", "type", "{\"type\":\"a@b\"}");
}

/* Merges the options @p texts, up to a NULL, one after the other. */
static void assert_merged(const char *const *texts, const char *expected)
{
    g_autoptr(json_object) into = json_object_new_object();

    for (; *texts; texts++) {
        g_autoptr(json_object) from = keyval_parse(*texts, NULL, NULL, NULL);
        g_autoptr(Error) error = NULL;

        g_assert_true(keyval_merge(into, from, &error));
        g_assert_null(error);
    }
    g_assert_cmpstr(json_object_to_json_string_ext(into, JSON_C_TO_STRING_PLAIN), ==, expected);
}

#define MERGED(expected, ...) assert_merged((const char *const[]){ __VA_ARGS__, NULL }, expected)

static void assert_merge_refused(const char *earlier, const char *later, const char *expected)
{
    g_autoptr(json_object) into = keyval_parse(earlier, NULL, NULL, NULL);
    g_autoptr(json_object) before = keyval_parse(earlier, NULL, NULL, NULL);
    g_autoptr(json_object) from = keyval_parse(later, NULL, NULL, NULL);
    g_autoptr(Error) error = NULL;

    g_assert_false(keyval_merge(into, from, &error));
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_INVALID);
    g_assert_cmpstr(cgvm_error_message(error), ==, expected);
    g_assert_false(keyval_merge(into, from, NULL));
    g_assert_true(json_object_equal(into, before));
}

static void test_merge_adds_keys(void)
{
    MERGED("{\"a\":\"1\",\"b\":\"2\",\"c\":{\"d\":\"3\"}}", "a=1", "b=2,c.d=3", "");
}

static void test_merge_replaces_values(void)
{
    MERGED("{\"a\":\"3\",\"b\":\"2\"}", "a=1,b=2", "a=3");
    MERGED("{\"a\":{\"b\":\"2\"}}", "a.b=1", "a.b=2");
}

static void test_merge_of_objects(void)
{
    MERGED("{\"a\":{\"b\":{\"c\":\"1\",\"d\":\"3\"},\"e\":\"2\",\"f\":\"4\"}}", "a.b.c=1,a.e=2",
           "a.b.d=3,a.f=4");
}

static void test_merge_appends_to_lists(void)
{
    MERGED("{\"a\":[\"1\",\"2\",\"3\",{\"b\":\"4\"}]}", "a.0=1,a.1=2", "a.0=3", "a.0.b=4");
}

static void test_merge_copies(void)
{
    g_autoptr(json_object) into = json_object_new_object();
    g_autoptr(json_object) first = keyval_parse("a.b=1,c.0=2", NULL, NULL, NULL);
    g_autoptr(json_object) again = keyval_parse("a.b=1,c.0=2", NULL, NULL, NULL);
    g_autoptr(json_object) second = keyval_parse("a.b=3,c.0=4", NULL, NULL, NULL);

    g_assert_true(keyval_merge(into, first, NULL));
    g_assert_true(keyval_merge(into, second, NULL));
    g_assert_true(json_object_equal(first, again));
}

static void test_merge_refuses_another_kind(void)
{
    assert_merge_refused("a=1", "a.b=2", "'a' is given members, but an earlier option gave it a value");
    assert_merge_refused("a.b=1", "a=2", "'a' is given a value, but an earlier option gave it members");
    assert_merge_refused("a.0=1", "a=2", "'a' is given a value, but an earlier option gave it a list");
    assert_merge_refused("a.0=1", "a.b=2", "'a' is given members, but an earlier option gave it a list");
    assert_merge_refused("a.b.c=1", "a.b=2", "'a.b' is given a value, but an earlier option gave it members");
}

static void test_refused_merge_changes_nothing(void)
{
    assert_merge_refused("a=1,b.c=1,d.0=1,z=1", "a=2,b.c=2,b.e=2,d.0=2,z.y=2",
                         "'z' is given members, but an earlier option gave it a value");
}

static void test_merge_refuses_long_list(void)
{
    g_autoptr(GString) text = g_string_new(NULL);

    for (int i = 0; i < KEYVAL_MAX_ELEMENTS; i++) {
        g_string_append_printf(text, "a.%d=,", i);
    }
    assert_merge_refused(text->str, "a.0=x", "the list 'a' has more than 256 elements in all");
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
    g_test_add_func("/keyval/refuses-empty-part", test_refuses_empty_part);
    g_test_add_func("/keyval/refuses-malformed-number", test_refuses_malformed_number);
    g_test_add_func("/keyval/refuses-key-given-twice", test_refuses_key_given_twice);
    g_test_add_func("/keyval/refuses-other-encodings", test_refuses_other_encodings);
    g_test_add_func("/keyval/longest-text", test_longest_text);
    g_test_add_func("/keyval/refuses-longer-text", test_refuses_longer_text);
    g_test_add_func("/keyval/number-of-pairs", test_number_of_pairs);
    g_test_add_func("/keyval/help-counts-as-a-pair", test_help_counts_as_a_pair);
    g_test_add_func("/keyval/pairs-below-a-member-count", test_pairs_below_a_member_count);
    g_test_add_func("/keyval/nested-keys", test_nested_keys);
    g_test_add_func("/keyval/nested-value-with-dots-and-commas", test_nested_value_with_dots_and_commas);
    g_test_add_func("/keyval/list", test_list);
    g_test_add_func("/keyval/list-in-any-order", test_list_in_any_order);
    g_test_add_func("/keyval/list-of-objects", test_list_of_objects);
    g_test_add_func("/keyval/list-of-lists", test_list_of_lists);
    g_test_add_func("/keyval/list-of-different-elements", test_list_of_different_elements);
    g_test_add_func("/keyval/name-that-has-digits", test_name_that_has_digits);
    g_test_add_func("/keyval/refuses-gap-in-list", test_refuses_gap_in_list);
    g_test_add_func("/keyval/refuses-list-with-names", test_refuses_list_with_names);
    g_test_add_func("/keyval/refuses-members-of-a-value", test_refuses_members_of_a_value);
    g_test_add_func("/keyval/refuses-value-of-what-has-members", test_refuses_value_of_what_has_members);
    g_test_add_func("/keyval/refuses-nested-key-given-twice", test_refuses_nested_key_given_twice);
    g_test_add_func("/keyval/number-of-parts", test_number_of_parts);
    g_test_add_func("/keyval/number-of-elements", test_number_of_elements);
    g_test_add_func("/keyval/refuses-larger-number", test_refuses_larger_number);
    g_test_add_func("/keyval/refuses-options-from-a-file", test_refuses_options_from_a_file);
    g_test_add_func("/keyval/value-that-starts-with-at-sign", test_value_that_starts_with_at_sign);
    g_test_add_func("/keyval/merge-adds-keys", test_merge_adds_keys);
    g_test_add_func("/keyval/merge-replaces-values", test_merge_replaces_values);
    g_test_add_func("/keyval/merge-of-objects", test_merge_of_objects);
    g_test_add_func("/keyval/merge-appends-to-lists", test_merge_appends_to_lists);
    g_test_add_func("/keyval/merge-copies", test_merge_copies);
    g_test_add_func("/keyval/merge-refuses-another-kind", test_merge_refuses_another_kind);
    g_test_add_func("/keyval/refused-merge-changes-nothing", test_refused_merge_changes_nothing);
    g_test_add_func("/keyval/merge-refuses-long-list", test_merge_refuses_long_list);
    return g_test_run();
}
