/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Fuzzes the reader of -cpu: whatever the text, what is read keeps what x86-cpu.h promises, on a host that
 * has everything and on one that has nothing.
 */
#include <string.h>
#include "target-i386/x86-cpu.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_failure(const X86Cpu *cpu, const CgvmError *error)
{
    static const X86Cpu nothing;

    g_assert_nonnull(error);
    g_assert_true(cgvm_error_code(error) == CGVM_ERROR_INVALID ||
                  cgvm_error_code(error) == CGVM_ERROR_NOT_FOUND ||
                  cgvm_error_code(error) == CGVM_ERROR_UNSUPPORTED);
    g_assert_cmpmem(cpu, sizeof(*cpu), &nothing, sizeof(nothing));
}

static void check_offer(const X86Cpu *cpu, const X86Features *supported)
{
    g_autoptr(Error) error = NULL;
    X86Features offered, more, both;

    if (!x86_cpu_offer(cpu, supported, &offered, &error)) {
        g_assert_nonnull(error);
        return;
    }
    g_assert_null(error);
    more = x86_features_without(&offered, supported);
    g_assert_true(x86_features_empty(&more));
    more = x86_features_without(&cpu->on, &offered);
    g_assert_true(x86_features_empty(&more));
    both = x86_features_both(&cpu->off, &offered);
    g_assert_true(x86_features_empty(&both));
}

static void check_success(const char *text, const X86Cpu *cpu)
{
    X86Features everything, nothing = { { 0 } }, both = x86_features_both(&cpu->on, &cpu->off);
    g_autofree char *same = x86_cpu_text_changed(text, &nothing, &nothing);
    g_autofree char *changed = x86_cpu_text_changed(text, &cpu->off, &cpu->on);
    g_autoptr(Error) error = NULL;
    X86Cpu opposite;

    memset(&everything, 0xff, sizeof(everything));
    g_assert_cmpstr(cpu->text, ==, text);
    g_assert_cmpstr(same, ==, text);
    g_assert_true(x86_features_empty(&both));
    g_assert_true(x86_cpu_signature_on(cpu, 0xa00f11) != 0);
    check_offer(cpu, &everything);
    check_offer(cpu, &nothing);
    /* What is advised can be given, and is the opposite. */
    g_assert_true(x86_cpu_parse(changed, &opposite, &error));
    g_assert_cmpmem(&opposite.on, sizeof(opposite.on), &cpu->off, sizeof(cpu->off));
    g_assert_cmpmem(&opposite.off, sizeof(opposite.off), &cpu->on, sizeof(cpu->on));
    x86_cpu_clear(&opposite);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autoptr(Error) error = NULL;
    X86Cpu cpu;

    if (x86_cpu_parse(text, &cpu, &error)) {
        g_assert_null(error);
        check_success(text, &cpu);
    } else {
        check_failure(&cpu, error);
    }
    x86_cpu_clear(&cpu);
    return 0;
}
