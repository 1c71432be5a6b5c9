/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the CPUID page: how it is made of KVM's table, and how the firmware's refusal is explained.
 */
#include <glib.h>
#include "target-i386/snp-cpuid.h"

static KvmCpuid *table(uint32_t nent)
{
    KvmCpuid *cpuid = g_malloc0(sizeof(*cpuid) + nent * sizeof(cpuid->entries[0]));

    cpuid->nent = nent;
    for (uint32_t i = 0; i < nent; i++) {
        cpuid->entries[i] =
            (KvmCpuidEntry){ .function = i, .eax = i + 1, .ebx = i + 2, .ecx = i + 3, .edx = i + 4 };
    }
    return cpuid;
}

/* @page, which is in the host's byte order, as it lies in a guest's memory; or back. */
static SnpCpuidPage reordered(const SnpCpuidPage *page)
{
    SnpCpuidPage result = *page;

    result.count = GUINT32_TO_LE(page->count);
    result.reserved1 = GUINT32_TO_LE(page->reserved1);
    result.reserved2 = GUINT64_TO_LE(page->reserved2);
    for (size_t i = 0; i < SNP_CPUID_ENTRIES; i++) {
        SnpCpuidEntry *entry = &result.entries[i];

        entry->eax_in = GUINT32_TO_LE(entry->eax_in);
        entry->ecx_in = GUINT32_TO_LE(entry->ecx_in);
        entry->xcr0_in = GUINT64_TO_LE(entry->xcr0_in);
        entry->xss_in = GUINT64_TO_LE(entry->xss_in);
        entry->eax = GUINT32_TO_LE(entry->eax);
        entry->ebx = GUINT32_TO_LE(entry->ebx);
        entry->ecx = GUINT32_TO_LE(entry->ecx);
        entry->edx = GUINT32_TO_LE(entry->edx);
        entry->reserved = GUINT64_TO_LE(entry->reserved);
    }
    return result;
}

/* ---- building ---- */

static void test_build(void)
{
    g_autofree KvmCpuid *cpuid = table(SNP_CPUID_ENTRIES);
    g_autofree SnpCpuidPage *page = g_malloc(sizeof(*page));

    memset(page, 0xff, sizeof(*page));
    g_assert_true(snp_cpuid_build(cpuid, page, NULL));
    *page = reordered(page);
    g_assert_cmpuint(page->count, ==, SNP_CPUID_ENTRIES);
    g_assert_true(page->reserved1 == 0 && page->reserved2 == 0);
    for (uint32_t i = 0; i < SNP_CPUID_ENTRIES; i++) {
        SnpCpuidEntry expected = { .eax_in = i, .eax = i + 1, .ebx = i + 2, .ecx = i + 3, .edx = i + 4 };

        if (i == 0xd) {
            expected.xcr0_in = 1;
            expected.ebx = 0x240;
        }
        g_assert_cmpmem(&page->entries[i], sizeof(expected), &expected, sizeof(expected));
    }
}

/* An index only counts where KVM says so; the sizes of XSAVE are those after a reset. */
static void test_build_indices(void)
{
    g_autofree KvmCpuid *cpuid = table(4);
    SnpCpuidPage page;

    cpuid->entries[0] = (KvmCpuidEntry){ .function = 0xd, .index = 1, .flags = 1, .eax = 0xf, .ebx = 0x988 };
    cpuid->entries[1] =
        (KvmCpuidEntry){ .function = 0xd, .index = 2, .flags = 1, .eax = 0x100, .ebx = 0x240 };
    cpuid->entries[2] = (KvmCpuidEntry){ .function = 0xb, .index = 1, .flags = 1, .ebx = 7 };
    cpuid->entries[3] = (KvmCpuidEntry){ .function = 0x80000008, .index = 5, .ebx = 7 };
    g_assert_true(snp_cpuid_build(cpuid, &page, NULL));
    page = reordered(&page);
    g_assert_cmphex(page.entries[0].ebx, ==, 0x240);
    g_assert_true(page.entries[0].ecx_in == 1 && page.entries[0].xcr0_in == 1);
    g_assert_true(page.entries[1].ecx_in == 2 && page.entries[1].xcr0_in == 0);
    g_assert_true(page.entries[2].ecx_in == 1 && page.entries[2].xcr0_in == 0);
    g_assert_true(page.entries[3].ecx_in == 0);
}

/* Byte for byte: it is an x86 processor's, whatever the host is. */
static void test_build_bytes(void)
{
    static const uint8_t bytes[16 + 48] = {
        [0] = 1,     [16] = 0x0d, [20] = 0x01, [24] = 0x01, [40] = 0x0f, [41] = 0x10,
        [42] = 0x20, [43] = 0x30, [44] = 0x40, [45] = 0x02, [48] = 0x44, [49] = 0x33,
        [50] = 0x22, [51] = 0x11, [52] = 0x88, [53] = 0x77, [54] = 0x66, [55] = 0x55,
    };
    g_autofree KvmCpuid *cpuid = table(1);
    SnpCpuidPage page;

    cpuid->entries[0] = (KvmCpuidEntry){
        .function = 0xd,
        .index = 1,
        .flags = 1,
        .eax = 0x3020100f,
        .ebx = 0x988,
        .ecx = 0x11223344,
        .edx = 0x55667788,
    };
    g_assert_true(snp_cpuid_build(cpuid, &page, NULL));
    g_assert_cmpmem(&page, sizeof(bytes), bytes, sizeof(bytes));
}

static void test_build_too_many(void)
{
    g_autofree KvmCpuid *cpuid = table(SNP_CPUID_ENTRIES + 1);
    g_autoptr(Error) error = NULL;
    SnpCpuidPage page;

    g_assert_false(snp_cpuid_build(cpuid, &page, &error));
    g_assert_cmpstr(
        cgvm_error_message(error), ==,
        "the vCPUs have 65 CPUID entries, but the CPUID page has room for 64; use a CPU model with "
        "fewer");
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_UNSUPPORTED);
}

static void test_hidden_features(void)
{
    X86Features hidden = snp_cpuid_hidden_features();
    g_autofree char *text = x86_features_text(&hidden, "", " ", "");

    g_assert_cmpstr(text, ==,
                    "tsc-deadline tsc-adjust spec-ctrl stibp flush-l1d arch-capabilities "
                    "core-capability ssbd virt-ssbd");
}

/* ---- explaining ---- */

static const SnpCpuidPage page = {
    .count = 5,
    .entries = {
        { .eax_in = 0x1, .eax = 0xa00f11, .ebx = 0x800, .ecx = 0xf7fa3203, .edx = 0x178bfbff },
        { .eax_in = 0x7, .ebx = 0x219c97ab, .edx = 0x84000010 },
        { .eax_in = 0xd, .ecx_in = 1, .xcr0_in = 1, .eax = 0xf, .ebx = 0x240 },
        { .eax_in = 0x80000008, .eax = 0x3030, .ebx = 0x1302d205 },
        { .eax_in = 0x40000001, .eax = 1 },
    },
};

static void assert_explained(const SnpCpuidPage *expected, const char *cpu, const char *text)
{
    const SnpCpuidPage from = reordered(&page), to = reordered(expected);
    g_autofree char *explanation = snp_cpuid_explain(&from, &to, cpu);

    g_assert_cmpstr(explanation, ==, text);
}

static void test_no_difference(void)
{
    SnpCpuidPage same = page;

    assert_explained(&same, "EPYC-Milan", NULL);
    /* What lies behind the last entry means nothing. */
    same.entries[5].eax = 1;
    assert_explained(&same, "EPYC-Milan", NULL);
}

static void test_one_feature(void)
{
    SnpCpuidPage expected = page;

    expected.entries[3].ebx &= ~(1u << 25);
    assert_explained(
        &expected, "EPYC-Milan",
        "CPUID 0x80000008 EBX is 0x1302d205 instead of 0x1102d205: bit 25 (virt-ssbd) must be off; "
        "use -cpu EPYC-Milan,-virt-ssbd");
    assert_explained(
        &expected, NULL,
        "CPUID 0x80000008 EBX is 0x1302d205 instead of 0x1102d205: bit 25 (virt-ssbd) must be off; "
        "use -cpu host,-virt-ssbd");
    assert_explained(
        &expected, "host,+virt-ssbd,-avx",
        "CPUID 0x80000008 EBX is 0x1302d205 instead of 0x1102d205: bit 25 (virt-ssbd) must be off; "
        "use -cpu host,-avx,-virt-ssbd");
}

static void test_several_features(void)
{
    SnpCpuidPage expected = page;

    expected.entries[1].ebx ^= 1u << 1 | 1u << 11;
    expected.entries[1].edx = 0x10;
    expected.entries[2].eax = 7;
    assert_explained(
        &expected, "EPYC-Milan",
        "CPUID 0x7 index 0 EBX is 0x219c97ab instead of 0x219c9fa9: bit 1 (tsc-adjust) must be off, "
        "bit 11 (rtm) must be on; CPUID 0x7 index 0 EDX is 0x84000010 instead of 0x00000010: bit 26 "
        "(spec-ctrl), bit 31 (ssbd) must be off; CPUID 0xd index 1 EAX is 0x0000000f instead of "
        "0x00000007: bit 3 (xsaves) must be off; use -cpu "
        "EPYC-Milan,+rtm,-tsc-adjust,-spec-ctrl,-ssbd,-xsaves");
}

/* Sizes, topology, and bits that -cpu does not know. */
static void test_other_fields(void)
{
    SnpCpuidPage expected = page;

    expected.entries[2].ebx = 0x340;
    assert_explained(
        &expected, "EPYC",
        "CPUID 0xd index 1 EBX (size of the XSAVE area) is 0x00000240 instead of 0x00000340; no flag "
        "of -cpu changes that");
    expected = page;
    expected.entries[0].edx &= ~(1u << 28);
    expected.entries[0].ecx &= ~(1u << 24 | 1u << 16);
    expected.entries[0].ebx = 0x10800;
    assert_explained(
        &expected, "EPYC",
        "CPUID 0x1 EBX (APIC id and number of threads) is 0x00000800 instead of 0x00010800; CPUID "
        "0x1 ECX is 0xf7fa3203 instead of 0xf6fa3203: bit 24 (tsc-deadline) must be off; CPUID 0x1 "
        "EDX is 0x178bfbff instead of 0x078bfbff: bit 28 (ht) must be off; use -cpu "
        "EPYC,-tsc-deadline; no flag of -cpu changes the others");
    expected = page;
    expected.entries[4].eax = 0;
    assert_explained(
        &expected, "EPYC",
        "CPUID 0x40000001 EAX is 0x00000001 instead of 0x00000000; no flag of -cpu changes that");
    expected = page;
    expected.entries[0].ecx |= 1u << 11;
    assert_explained(&expected, "EPYC",
                     "CPUID 0x1 ECX is 0xf7fa3203 instead of 0xf7fa3a03: bit 11 must be on; no flag of -cpu "
                     "changes that");
}

static void test_structure(void)
{
    SnpCpuidPage expected = page;

    expected.count = 4;
    expected.reserved2 = 7;
    expected.entries[0].reserved = 1;
    expected.entries[1].xss_in = 0x1800;
    assert_explained(
        &expected, "EPYC",
        "the page has 5 entries instead of 4; the reserved fields of its header are 0x0 and 0x0 "
        "instead of 0x0 and 0x7; the reserved field of entry 0 is 0x0 instead of 0x1; entry 1 is for "
        "CPUID 0x7 index 0, XCR0 0x0, XSS 0x0 instead of 0x7 index 0, XCR0 0x0, XSS 0x1800; no flag "
        "of -cpu changes that");
}

/* Of many differences only the first are shown; the flags are for all. */
static void test_too_many(void)
{
    SnpCpuidPage expected = page;

    expected.entries[0].ecx &= ~(1u << 24);
    expected.entries[0].edx &= ~1u;
    expected.entries[1].ebx &= ~2u;
    expected.entries[1].edx = 0x10;
    expected.entries[2].eax = 7;
    expected.entries[3].ebx &= ~(1u << 25);
    assert_explained(
        &expected, "EPYC",
        "CPUID 0x1 ECX is 0xf7fa3203 instead of 0xf6fa3203: bit 24 (tsc-deadline) must be off; CPUID "
        "0x1 EDX is 0x178bfbff instead of 0x178bfbfe: bit 0 (fpu) must be off; CPUID 0x7 index 0 EBX "
        "is 0x219c97ab instead of 0x219c97a9: bit 1 (tsc-adjust) must be off; CPUID 0x7 index 0 EDX "
        "is 0x84000010 instead of 0x00000010: bit 26 (spec-ctrl), bit 31 (ssbd) must be off; and 2 "
        "more; use -cpu EPYC,-tsc-deadline,-fpu,-tsc-adjust,-spec-ctrl,-ssbd,-xsaves,-virt-ssbd");
}

/* A firmware that claims more entries than there is room for is not followed. */
static void test_wild_counts(void)
{
    SnpCpuidPage given = { .count = GUINT32_TO_LE(UINT32_MAX) };
    SnpCpuidPage expected = { .count = GUINT32_TO_LE(UINT32_MAX - 1) };
    g_autofree char *text = snp_cpuid_explain(&given, &expected, NULL);

    g_assert_cmpstr(text, ==,
                    "the page has 4294967295 entries instead of 4294967294; no flag of -cpu changes that");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/snp-cpuid/build", test_build);
    g_test_add_func("/snp-cpuid/build/indices", test_build_indices);
    g_test_add_func("/snp-cpuid/build/bytes", test_build_bytes);
    g_test_add_func("/snp-cpuid/build/too-many", test_build_too_many);
    g_test_add_func("/snp-cpuid/hidden-features", test_hidden_features);
    g_test_add_func("/snp-cpuid/explain/no-difference", test_no_difference);
    g_test_add_func("/snp-cpuid/explain/one-feature", test_one_feature);
    g_test_add_func("/snp-cpuid/explain/several-features", test_several_features);
    g_test_add_func("/snp-cpuid/explain/other-fields", test_other_fields);
    g_test_add_func("/snp-cpuid/explain/structure", test_structure);
    g_test_add_func("/snp-cpuid/explain/too-many", test_too_many);
    g_test_add_func("/snp-cpuid/explain/wild-counts", test_wild_counts);
    return g_test_run();
}
