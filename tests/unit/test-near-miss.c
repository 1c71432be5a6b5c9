/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of suggestions for mistyped names: what is near enough, and which of several names wins.
 */
#include <glib.h>
#include <string.h>
#include "qapi/near-miss.h"

/* Which of the candidates is suggested for @p word: a list that ends with NULL. */
static void assert_best(const char *expected, const char *word, ...) G_GNUC_NULL_TERMINATED;
static void assert_best(const char *expected, const char *word, ...)
{
    NearMiss search = { .word = word };
    const char *candidate;
    va_list ap;

    va_start(ap, word);
    while ((candidate = va_arg(ap, const char *))) {
        near_miss_consider(&search, candidate);
    }
    va_end(ap);
    g_assert_cmpstr(search.best, ==, expected);
}

static void test_edits(void)
{
    assert_best("policy", "polcy", "policy", NULL);   /* a letter is missing */
    assert_best("policy", "policcy", "policy", NULL); /* one is too many */
    assert_best("policy", "pomicy", "policy", NULL);  /* one is wrong */
    assert_best("policy", "poilcy", "policy", NULL);  /* two are swapped */
}

static void test_third_of_the_word(void)
{
    assert_best("abcdef", "abcdXX", "abcdef", NULL);
    assert_best(NULL, "abcXXX", "abcdef", NULL);
    assert_best("abcdefghi", "abcdefXXX", "abcdefghi", NULL);
    assert_best(NULL, "abcdeXXXX", "abcdefghi", NULL);
}

static void test_short_words_may_have_one_edit(void)
{
    assert_best("smp", "sm", "smp", NULL);
    assert_best("bios", "bois", "bios", NULL); /* two are swapped */
    assert_best(NULL, "bosi", "bios", NULL);
    assert_best(NULL, "sp", "cpu", NULL);
}

static void test_single_letters_are_like_nothing(void)
{
    assert_best(NULL, "m", "m", "n", "mm", NULL);
    assert_best(NULL, "", "m", "", NULL);
}

static void test_far_away(void)
{
    assert_best(NULL, "banana", "policy", "id-block", NULL);
}

static void test_underscore_and_hyphen(void)
{
    assert_best("id-block", "id_block", "id-auth", "id-block", NULL);
    assert_best("a-b-c-d", "a_b_c_d", "a-b-c-d", NULL);
    assert_best("guest-visible-workarounds", "guest_visible_workarounds", "guest-visible-workarounds", NULL);
}

static void test_case(void)
{
    assert_best("EPYC-Milan", "epyc-milan", "EPYC-Genoa", "EPYC-Milan", NULL);
}

static void test_word_inside_the_candidate(void)
{
    assert_best("sev-snp-guest", "guest", "container", "sev-snp-guest", NULL);
    assert_best("confidential-guest-support", "confidential", "confidential-guest-support", NULL);
}

static void test_candidate_inside_the_word(void)
{
    assert_best("policy", "my-long-policy-name", "policy", NULL);
}

static void test_short_parts_do_not_count(void)
{
    assert_best(NULL, "sev", "sev-snp-guest", NULL);
    assert_best(NULL, "a-very-long-word", "a", "ver", NULL);
}

static void test_nearest_wins(void)
{
    assert_best("abcdefghX", "abcdefghi", "abcdefXXX", "abcdefghX", "abcdefgXX", NULL);
    assert_best("abcdefghX", "abcdefghi", "abcdefghX", "abcdefXXX", NULL);
}

static void test_edits_win_over_parts(void)
{
    assert_best("id-blocks", "id-block", "my-id-block-of-old", "id-blocks", NULL);
    assert_best("id-blocks", "id-block", "id-blocks", "my-id-block-of-old", NULL);
}

static void test_first_of_equals_wins(void)
{
    assert_best("polica", "policx", "polica", "policb", NULL);
}

static void test_exact_word_wins(void)
{
    NearMiss search = { .word = "policy" };

    near_miss_consider(&search, "policx");
    near_miss_consider(&search, "policy");
    g_assert_cmpstr(search.best, ==, "policy");
    g_assert_cmpuint(search.distance, ==, 0);
}

static void test_long_words_are_left_out(void)
{
    g_autofree char *word = g_strnfill(65, 'a');
    g_autofree char *longest = g_strnfill(64, 'a');
    g_autofree char *huge = g_strnfill(100000, 'a');

    assert_best(NULL, word, longest, word, NULL);
    assert_best(NULL, longest, word, huge, NULL);
    assert_best(longest, longest, longest, NULL);
    assert_best(NULL, huge, huge, longest, NULL);
}

static void test_text(void)
{
    NearMiss search = { .word = "polcy" };
    g_autofree char *without = near_miss_text(&search);
    g_autofree char *with = NULL;

    g_assert_cmpstr(without, ==, "");
    near_miss_consider(&search, "policy");
    with = near_miss_text(&search);
    g_assert_cmpstr(with, ==, "; did you mean 'policy'?");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/near-miss/edits", test_edits);
    g_test_add_func("/near-miss/third-of-the-word", test_third_of_the_word);
    g_test_add_func("/near-miss/short-words", test_short_words_may_have_one_edit);
    g_test_add_func("/near-miss/single-letters", test_single_letters_are_like_nothing);
    g_test_add_func("/near-miss/far-away", test_far_away);
    g_test_add_func("/near-miss/underscore", test_underscore_and_hyphen);
    g_test_add_func("/near-miss/case", test_case);
    g_test_add_func("/near-miss/inside/candidate", test_word_inside_the_candidate);
    g_test_add_func("/near-miss/inside/word", test_candidate_inside_the_word);
    g_test_add_func("/near-miss/inside/short", test_short_parts_do_not_count);
    g_test_add_func("/near-miss/nearest-wins", test_nearest_wins);
    g_test_add_func("/near-miss/edits-win-over-parts", test_edits_win_over_parts);
    g_test_add_func("/near-miss/first-of-equals", test_first_of_equals_wins);
    g_test_add_func("/near-miss/exact", test_exact_word_wins);
    g_test_add_func("/near-miss/long-words", test_long_words_are_left_out);
    g_test_add_func("/near-miss/text", test_text);
    return g_test_run();
}
