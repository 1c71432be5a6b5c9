/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of scripts of simulated POWER guests: what the steps become, and how what is none is refused.
 */
#include "target-ppc/sim-ppc-script.h"
#include <string.h>

static const SimPpcStep *step_at(const SimPpcScript *script, unsigned index)
{
    return g_ptr_array_index(script->steps, index);
}

static void assert_bytes(const SimPpcStep *step, const char *expected)
{
    size_t size;
    const void *data = g_bytes_get_data(step->bytes, &size);

    g_assert_cmpmem(data, size, expected, strlen(expected));
}

static void test_steps(void)
{
    g_autoptr(Error) error = NULL;
    g_autoptr(SimPpcScript) script = sim_ppc_script_parse(
        "term:a:b\\n\\x2b+read:x+hcall:0x58:1:-1=-4+rtas:power-off:-1:2+rtas:get-time-of-day=-1+"
        "esm+esm:bad:fail+share:0x10000+unshare:65536+write:8:abCD*2+check:8:00+halt+fail-entry+irq:0x1000",
        &error);

    g_assert_null(error);
    g_assert_nonnull(script);
    g_assert_cmpuint(script->steps->len, ==, 14);
    g_assert_cmpint(step_at(script, 0)->kind, ==, SIM_PPC_TERM);
    assert_bytes(step_at(script, 0), "a:b\n+");
    g_assert_cmpint(step_at(script, 1)->kind, ==, SIM_PPC_READ);
    g_assert_cmphex(step_at(script, 2)->number, ==, 0x58);
    g_assert_cmpuint(step_at(script, 2)->n_args, ==, 2);
    g_assert_cmphex(step_at(script, 2)->args[1], ==, UINT64_MAX);
    g_assert_cmpint(step_at(script, 2)->expected, ==, -4);
    g_assert_cmpstr(step_at(script, 3)->name, ==, "power-off");
    g_assert_cmpuint(step_at(script, 3)->n_args, ==, 2);
    g_assert_cmpint(step_at(script, 3)->expected, ==, 0);
    g_assert_cmpstr(step_at(script, 4)->name, ==, "get-time-of-day");
    g_assert_cmpint(step_at(script, 4)->expected, ==, -1);
    g_assert_false(step_at(script, 5)->is_bad || step_at(script, 5)->must_fail);
    g_assert_true(step_at(script, 6)->is_bad && step_at(script, 6)->must_fail);
    g_assert_cmphex(step_at(script, 7)->number, ==, step_at(script, 8)->number);
    assert_bytes(step_at(script, 9), "\xab\xcd\xab\xcd");
    g_assert_cmpint(step_at(script, 11)->kind, ==, SIM_PPC_HALT);
    g_assert_cmpstr(step_at(script, 12)->place, ==, "step 13");
    g_assert_cmpint(step_at(script, 13)->kind, ==, SIM_PPC_IRQ);
    g_assert_cmphex(step_at(script, 13)->number, ==, 0x1000);
}

static void test_refusals(void)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        { "", "the script is empty; give steps that are joined with '+', or @FILE" },
        { "halt+",
          "script, step 2 '': there is no such step; there are term, read, hcall, rtas, esm, share, unshare, "
          "write, check, irq, halt, fail-entry" },
        { "shar:x", "script, step 1 'shar:x': there is no such step; did you mean 'share'?" },
        { "term", "script, step 1 'term': write it as term:TEXT" },
        { "term:", "script, step 1 'term:': TEXT has from 1 to 65536 bytes" },
        { "term:\\q", "script, step 1 'term:\\q': in TEXT, a backslash starts \\n or \\xNN" },
        { "term:\\x4", "script, step 1 'term:\\x4': in TEXT, a backslash starts \\n or \\xNN" },
        { "hcall:x", "script, step 1 'hcall:x': NR is 'x', not a number" },
        { "hcall:1:2:3:4:5:6:7:8:9:10:11",
          "script, step 1 'hcall:1:2:3:4:5:6:7:8:9:10:11': write it as hcall:NR[:ARG...][=CODE]" },
        { "hcall:0x999=y", "script, step 1 'hcall:0x999=y': what is expected is 'y', not a number" },
        { "hcall:0xe0",
          "script, step 1 'hcall:0xe0': KVM answers this hypercall itself, and nothing of it reaches the "
          "VMM" },
        { "hcall:0xf000", "script, step 1 'hcall:0xf000': use rtas: for RTAS calls" },
        { "esm:now", "script, step 1 'esm:now': 'now' is neither bad nor fail" },
        { "write:0:abc",
          "script, step 1 'write:0:abc': BYTES are pairs of hexadecimal digits, and *COUNT to repeat them" },
        { "write:0:zz",
          "script, step 1 'write:0:zz': BYTES are pairs of hexadecimal digits, and *COUNT to repeat them" },
        { "write:0:ab*99999999",
          "script, step 1 'write:0:ab*99999999': COUNT is '99999999', not a number from 0 to 0x10000" },
        { "check:0xffffffffffffffff:abab",
          "script, step 1 'check:0xffffffffffffffff:abab': the access would go beyond "
          "the end of the address space" },
        { "share:-1", "script, step 1 'share:-1': GPA is '-1', not a number" },
        { "@/nonexistent", "cannot open the script '/nonexistent': No such file or directory" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Error) error = NULL;

        g_assert_null(sim_ppc_script_parse(cases[i].text, &error));
        g_assert_cmpstr(cgvm_error_message(error), ==, cases[i].message);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim-ppc-script/steps", test_steps);
    g_test_add_func("/sim-ppc-script/refusals", test_refusals);
    return g_test_run();
}
