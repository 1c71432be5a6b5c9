/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the reasons with which a guest ends itself.
 */
#include "target-i386/sev-term.h"
#include <glib.h>
#include <string.h>

static void test_fields(void)
{
    g_assert_cmpuint(sev_term_set(0x123456789abc5100), ==, 5);
    g_assert_cmpuint(sev_term_code(0x00000000ffa50100), ==, 0xa5);
    g_assert_cmpuint(sev_term_set(0xffffffffffff0fff), ==, 0);
    g_assert_cmpuint(sev_term_code(0xffffffffff00ffff), ==, 0);
}

/* arch/x86/include/asm/sev-common.h and the GHCB specification. */
static void test_numbers(void)
{
    static const struct {
        uint8_t set, code;
        const char *name;
    } known[] = {
        { 0, 0, "GENERAL" },  { 0, 1, "PROTOCOL" },     { 0, 2, "SNP_FEATURES" },   { 1, 0, "REGISTER" },
        { 1, 1, "PSC" },      { 1, 2, "PVALIDATE" },    { 1, 3, "NOT_VMPL0" },      { 1, 4, "CPUID" },
        { 1, 5, "CPUID_HV" }, { 1, 6, "SECRETS_PAGE" }, { 1, 7, "NO_SVSM" },        { 1, 8, "SVSM_VMPL0" },
        { 1, 9, "SVSM_CAA" }, { 1, 10, "SECURE_TSC" },  { 1, 11, "SVSM_CA_REMAP" }, { 1, 12, "SAVIC" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
        const SevTermReason *reason = sev_term_reason_find(known[i].set, known[i].code, 0);

        g_assert_nonnull(reason);
        g_assert_cmpstr(reason->name, ==, known[i].name);
    }
    g_assert_null(sev_term_reason_find(0, 3, 0));
    g_assert_null(sev_term_reason_find(1, 13, 0));
    g_assert_null(sev_term_reason_find(2, 0, 0));
    g_assert_null(sev_term_reason_find(15, 255, 0));
}

static void test_two_meanings(void)
{
    g_assert_cmpstr(sev_term_reason_find(1, 1, 1)->name, ==, "NOT_CPUID");
    g_assert_cmpstr(sev_term_reason_find(1, 2, 1)->name, ==, "UNEXPECTED_RESPONSE");
    g_assert_null(sev_term_reason_find(1, 2, 2));
}

static void assert_phrase(const char *text)
{
    size_t length = strlen(text);

    g_assert_cmpuint(length, >, 10);
    g_assert_true(g_utf8_validate(text, -1, NULL));
    g_assert_null(strchr(text, '\n'));
    g_assert_cmpint(text[length - 1], !=, '.');
}

/* Sorted, so that a page made of it is; and every one can be found. */
static void test_table(void)
{
    size_t count;
    const SevTermReason *reasons = sev_term_reasons(&count);

    g_assert_cmpuint(count, >, 0);
    for (size_t i = 0; i < count; i++) {
        unsigned nth = 0;

        g_assert_cmpuint(reasons[i].set, <=, 15);
        assert_phrase(reasons[i].meaning);
        assert_phrase(reasons[i].advice);
        if (i > 0) {
            g_assert_cmpuint(reasons[i - 1].set << 8 | reasons[i - 1].code, <=,
                             reasons[i].set << 8 | reasons[i].code);
        }
        while (sev_term_reason_find(reasons[i].set, reasons[i].code, nth) != &reasons[i]) {
            g_assert_nonnull(sev_term_reason_find(reasons[i].set, reasons[i].code, nth++));
        }
    }
}

static void assert_described(uint64_t msr, const char *expected)
{
    g_autofree char *text = sev_term_describe(msr);

    g_assert_cmpstr(text, ==, expected);
}

static void test_describe(void)
{
    assert_described(0x10100,
                     "code 1 of set 0 (GHCB MSR 0x10100), PROTOCOL, asked for by the firmware or Linux: "
                     "it and KVM have no version of the GHCB protocol in common; use a newer kernel on "
                     "the host, or a guest of its age");
    assert_described(
        0x21100, "code 2 of set 1 (GHCB MSR 0x21100), PVALIDATE, asked for by Linux: a page could not be "
                 "validated; use a newer kernel in the guest; a host that remaps private memory looks the "
                 "same; or UNEXPECTED_RESPONSE, asked for by OVMF's reset vector: KVM did not answer a "
                 "request as the GHCB protocol says; use a newer kernel on the host");
    assert_described(0xfff100, "code 255 of set 15 (GHCB MSR 0xfff100), which only the software in the guest "
                               "knows; see the end of its console");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sev-term/fields", test_fields);
    g_test_add_func("/sev-term/numbers", test_numbers);
    g_test_add_func("/sev-term/two-meanings", test_two_meanings);
    g_test_add_func("/sev-term/table", test_table);
    g_test_add_func("/sev-term/describe", test_describe);
    return g_test_run();
}
