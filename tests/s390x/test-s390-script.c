/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the scripts of simulated guests of IBM Z as text: what is understood, and what is refused and how.
 */
#include <string.h>
#include "target-s390x/sim-script.h"

static const S390Step *step_of(const S390Script *script, unsigned i)
{
    g_assert_cmpuint(i, <, script->steps->len);
    return g_ptr_array_index(script->steps, i);
}

static S390Script *parse(const char *text)
{
    Error *error = NULL;
    S390Script *script = s390_script_parse(text, &error);

    g_assert_null(error);
    g_assert_nonnull(script);
    return script;
}

static void test_steps(void)
{
    g_autoptr(S390Script) script = parse(
        "diag308:8:0x9000:0x402+diag308:10+write:4096:private:5aA5*3+check:0x1000:shared:00+share:0x2000:2+"
        "unshare:0x2000+sclp:a: b+intercept:0x68:0x8302:7+halt+wait:0xbad+shutdown+stop+diag308:5:1:pgm6");
    const S390Step *step = step_of(script, 0);

    g_assert_cmpuint(script->steps->len, ==, 13);
    g_assert_cmpint(step->kind, ==, S390_STEP_DIAG308);
    g_assert_cmpuint(step->subcode, ==, 8);
    g_assert_cmphex(step->gpa, ==, 0x9000);
    g_assert_cmphex(step->answer, ==, 0x402);
    g_assert_false(step->is_program);
    g_assert_cmphex(step_of(script, 1)->answer, ==, 1);
    step = step_of(script, 2);
    g_assert_cmpint(step->kind, ==, S390_STEP_WRITE);
    g_assert_true(step->is_private);
    g_assert_cmpuint(step->size, ==, 6);
    g_assert_cmpuint(g_bytes_get_size(step->pattern), ==, 2);
    g_assert_false(step_of(script, 3)->is_private);
    g_assert_cmpuint(step_of(script, 4)->n_pages, ==, 2);
    g_assert_cmpuint(step_of(script, 5)->n_pages, ==, 1);
    g_assert_cmpstr(step_of(script, 6)->line, ==, "a: b");
    g_assert_cmphex(step_of(script, 7)->ipa, ==, 0x8302);
    g_assert_cmphex(step_of(script, 9)->gpa, ==, 0xbad);
    g_assert_cmphex(step_of(script, 10)->gpa, ==, 0xfff);
    g_assert_true(step_of(script, 12)->is_program);
    g_assert_cmpuint(step_of(script, 12)->answer, ==, 6);
}

static void test_sigp(void)
{
    g_autoptr(S390Script) script = parse("sigp:6:1+sigp:0x0b:2:3");
    const S390Step *step = step_of(script, 1);

    g_assert_cmpuint(step_of(script, 0)->cc, ==, 0);
    g_assert_cmpint(step->kind, ==, S390_STEP_SIGP);
    g_assert_cmpuint(step->order, ==, 11);
    g_assert_cmpuint(step->cpu, ==, 2);
    g_assert_cmpuint(step->cc, ==, 3);
}

static void test_stage3a(void)
{
    g_autoptr(S390Script) script = parse("stage3a:0xb000");

    g_assert_cmpuint(script->steps->len, ==, 2);
    g_assert_cmpuint(step_of(script, 0)->subcode, ==, 8);
    g_assert_cmphex(step_of(script, 0)->gpa, ==, 0xb000);
    g_assert_cmpuint(step_of(script, 1)->subcode, ==, 10);
    g_assert_cmpstr(step_of(script, 1)->text, ==, "stage3a:0xb000");
    g_assert_false(step_of(script, 0)->is_in_image);
    g_clear_pointer(&script, s390_script_free);
    script = parse("stage3a");
    g_assert_cmpuint(script->steps->len, ==, 2);
    g_assert_true(step_of(script, 0)->is_in_image);
    g_assert_false(step_of(script, 1)->is_in_image);
}

static void test_quiesce(void)
{
    static const S390StepKind kinds[] = { S390_STEP_TAKE_QUIESCE, S390_STEP_AWAIT, S390_STEP_READ_QUIESCE,
                                          S390_STEP_STOP };
    g_autoptr(S390Script) script = parse("quiesce+stop");

    g_assert_cmpuint(script->steps->len, ==, G_N_ELEMENTS(kinds));
    for (unsigned i = 0; i < G_N_ELEMENTS(kinds); i++) {
        g_assert_cmpint(step_of(script, i)->kind, ==, kinds[i]);
        g_assert_cmpstr(step_of(script, i)->text, ==, i < 3 ? "quiesce" : "stop");
    }
}

static void test_refused(void)
{
    const char *const rows[][2] = {
        { "", "the script is empty" },
        { "shutdow", "there is no such step; did you mean 'shutdown'?" },
        { "x", "there is no such step; there are stage3a, diag308, write" },
        { "stage3a:1:2", "write it as stage3a[:ADDRESS]" },
        { "stage3a:x", "ADDRESS is 'x', not a number" },
        { "diag308", "write it as diag308:SUBCODE[:ADDRESS[:ANSWER]]" },
        { "diag308:65536", "SUBCODE is '65536', not a number from 0 to 0xffff" },
        { "diag308:8:0:pgm", "ANSWER is '', not a number" },
        { "diag308:8:0:1:2", "write it as diag308" },
        { "write:0:secret:00", "'secret' is neither private nor shared" },
        { "write:0:private:0", "BYTES are pairs of hexadecimal digits" },
        { "write:0:private:xx", "BYTES are pairs of hexadecimal digits" },
        { "write:0:private:00*0", "BYTES are pairs of hexadecimal digits" },
        { "write:0:private:0011*65536", "these are more than 65536 bytes" },
        { "check:0xffffffffffffffff:private:0011", "beyond the end of the address space" },
        { "share:1", "only whole pages can be shared" },
        { "share:0:-1", "PAGES is '-1'" },
        { "sigp:6", "write it as sigp:ORDER:CPU[:CC]" },
        { "sigp:256:0", "ORDER is '256'" },
        { "sigp:6:65536", "CPU is '65536'" },
        { "sigp:6:1:4", "CC is '4', not a number from 0 to 0x3" },
        { "intercept:256:0:0", "CODE is '256'" },
        { "intercept:0:65536:0", "IPA is '65536'" },
        { "intercept:0:0:0x100000000", "IPB is '0x100000000'" },
        { "halt:1", "write it as halt" },
        { "quiesce:1", "write it as quiesce" },
        { "shutdown+", "step 2 '': there is no such step" },
        { "@/nowhere/script", "cannot open the script '/nowhere/script'" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Error *error = NULL;

        g_assert_null(s390_script_parse(rows[i][0], &error));
        if (!strstr(cgvm_error_message(error), rows[i][1])) {
            g_error("'%s': %s", rows[i][0], cgvm_error_message(error));
        }
        g_clear_pointer(&error, cgvm_error_free);
    }
}

static void test_long_lines(void)
{
    g_autofree char *text = g_strnfill(S390_SCRIPT_MAX_TEXT + 1, 'x'),
                    *step = g_strconcat("sclp:", text, NULL);
    Error *error = NULL;

    g_assert_null(s390_script_parse(step, &error));
    g_assert_nonnull(strstr(cgvm_error_message(error), "TEXT is longer than 2048 characters"));
    g_clear_pointer(&error, cgvm_error_free);
    step[strlen(step) - 1] = '\0';
    s390_script_free(parse(step));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/s390-script/steps", test_steps);
    g_test_add_func("/s390-script/sigp", test_sigp);
    g_test_add_func("/s390-script/stage3a", test_stage3a);
    g_test_add_func("/s390-script/quiesce", test_quiesce);
    g_test_add_func("/s390-script/refused", test_refused);
    g_test_add_func("/s390-script/long-lines", test_long_lines);
    return g_test_run();
}
