/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Fuzzes the comparison of CPUID pages: whatever comes back from the firmware, the explanation is one line of
 * a readable length, and there is one if and only if something differs. The first half of the input is the
 * page that was given, the second the one that came back.
 */
#include <string.h>
#include "target-i386/snp-cpuid.h"

/* All features could be flags of the advice. */
#define LONGEST 16384

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool differ(const SnpCpuidPage *given, const SnpCpuidPage *expected)
{
    const size_t count = MIN(GUINT32_FROM_LE(given->count), SNP_CPUID_ENTRIES);

    return memcmp(given, expected, offsetof(SnpCpuidPage, entries) + count * sizeof(SnpCpuidEntry)) != 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const size_t half = MIN(size / 2, sizeof(SnpCpuidPage));
    SnpCpuidPage given = { .count = 0 }, expected = { .count = 0 };
    g_autofree char *explanation = NULL, *nothing = NULL;

    memcpy(&given, data, half);
    memcpy(&expected, data + half, half);
    explanation = snp_cpuid_explain(&given, &expected, "EPYC-Milan,+virt-ssbd");
    nothing = snp_cpuid_explain(&given, &given, NULL);
    g_assert_true((explanation != NULL) == differ(&given, &expected));
    g_assert_null(nothing);
    if (explanation) {
        g_assert_cmpuint(strlen(explanation), <, LONGEST);
        g_assert_null(strchr(explanation, '\n'));
        g_assert_true(g_str_is_ascii(explanation));
    }
    return 0;
}
