/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the table of CPU features: names and places, other spellings, sets.
 */
#include <glib.h>
#include "target-i386/cpu-features.h"

static void assert_place(const char *name, uint32_t function, uint32_t index, char reg, unsigned bit)
{
    const X86FeatureRegister *place;
    X86Feature feature;
    X86FeatureWord word;

    g_assert_true(x86_feature_find(name, &feature));
    place = x86_feature_register(feature.word);
    g_assert_cmphex(place->function, ==, function);
    g_assert_cmpuint(place->index, ==, index);
    g_assert_cmpint(place->name, ==, reg);
    g_assert_cmpuint(feature.bit, ==, bit);
    g_assert_true(x86_feature_word_find(function, index, reg, &word));
    g_assert_cmpint(word, ==, feature.word);
}

/* At least one of each register. */
static void test_places(void)
{
    assert_place("tsc-deadline", 1, 0, 'c', 24);
    assert_place("hypervisor", 1, 0, 'c', 31);
    assert_place("sse2", 1, 0, 'd', 26);
    assert_place("arat", 6, 0, 'a', 2);
    assert_place("tsc-adjust", 7, 0, 'b', 1);
    assert_place("avx512vl", 7, 0, 'b', 31);
    assert_place("la57", 7, 0, 'c', 16);
    assert_place("spec-ctrl", 7, 0, 'd', 26);
    assert_place("avx512-bf16", 7, 1, 'a', 5);
    assert_place("prefetchiti", 7, 1, 'd', 14);
    assert_place("mcdt-no", 7, 2, 'd', 5);
    assert_place("xsaves", 0xd, 1, 'a', 3);
    assert_place("topoext", 0x80000001, 0, 'c', 22);
    assert_place("lm", 0x80000001, 0, 'd', 29);
    assert_place("succor", 0x80000007, 0, 'b', 1);
    assert_place("invtsc", 0x80000007, 0, 'd', 8);
    assert_place("virt-ssbd", 0x80000008, 0, 'b', 25);
    assert_place("svme-addr-chk", 0x8000000a, 0, 'd', 28);
    assert_place("srso-no", 0x80000021, 0, 'a', 29);
    assert_place("perfmon-v2", 0x80000022, 0, 'a', 0);
}

static void test_other_spellings(void)
{
    assert_place("sse3", 1, 0, 'c', 0);
    assert_place("pclmuldq", 1, 0, 'c', 1);
    assert_place("sse4_1", 1, 0, 'c', 19);
    assert_place("sse4-2", 1, 0, 'c', 20);
    assert_place("xd", 0x80000001, 0, 'd', 20);
    assert_place("ffxsr", 0x80000001, 0, 'd', 25);
    assert_place("i64", 0x80000001, 0, 'd', 29);
    assert_place("lahf_lm", 0x80000001, 0, 'c', 0);
    assert_place("tsc_adjust", 7, 0, 'b', 1);
}

/* Each name stands for one bit, and is found there. */
static void test_names_are_unique(void)
{
    unsigned count = 0;

    for (X86FeatureWord word = 0; word < X86_WORD__COUNT; word++) {
        for (unsigned bit = 0; bit < 32; bit++) {
            const char *name = x86_feature_name(word, bit);
            X86Feature feature;

            if (!name) {
                continue;
            }
            count++;
            g_assert_true(x86_feature_find(name, &feature));
            g_assert_cmpint(feature.word, ==, word);
            g_assert_cmpuint(feature.bit, ==, bit);
        }
    }
    g_assert_cmpuint(count, >, 200);
}

static void test_unknown(void)
{
    static const char *const unknown[] = { "", "AVX", "avx ", "osxsave", "ospke", "enforce", "avx3", "+avx" };
    g_autofree char *near = x86_feature_near_miss("virt-sbd"), *far = x86_feature_near_miss("qqqqqqqq");
    X86Feature feature;
    X86FeatureWord word;

    for (size_t i = 0; i < G_N_ELEMENTS(unknown); i++) {
        g_assert_false(x86_feature_find(unknown[i], &feature));
    }
    g_assert_cmpstr(near, ==, "; did you mean 'virt-ssbd'?");
    g_assert_cmpstr(far, ==, "");
    g_assert_false(x86_feature_word_find(1, 0, 'a', &word));
    g_assert_false(x86_feature_word_find(7, 3, 'd', &word));
    g_assert_null(x86_feature_name(X86_WORD_1_ECX, 27));
}

static void test_register_text(void)
{
    g_autofree char *plain = x86_feature_register_text(x86_feature_register(X86_WORD_80000008_EBX));
    g_autofree char *indexed = x86_feature_register_text(x86_feature_register(X86_WORD_7_1_EAX));

    g_assert_cmpstr(plain, ==, "CPUID 0x80000008 EBX");
    g_assert_cmpstr(indexed, ==, "CPUID 0x7 index 1 EAX");
}

static void assert_text(X86Features set, const char *expected)
{
    g_autofree char *text = x86_features_text(&set, "<", " ", ">");

    g_assert_cmpstr(text, ==, expected);
    g_assert_true(x86_features_empty(&set) == !*expected);
}

static void test_sets(void)
{
    X86Features one = { { 0 } }, two = { { 0 } };

    x86_features_change(&one, "avx avx2 fsrm -avx2");
    x86_features_change(&two, "fsrm invtsc");
    assert_text(one, "<avx> <fsrm>");
    assert_text(x86_features_either(&one, &two), "<avx> <fsrm> <invtsc>");
    assert_text(x86_features_both(&one, &two), "<fsrm>");
    assert_text(x86_features_without(&one, &two), "<avx>");
    assert_text(x86_features_without(&one, &one), "");
    g_assert_true(x86_features_have(&one, (X86Feature){ X86_WORD_1_ECX, 28 }));
    g_assert_false(x86_features_have(&two, (X86Feature){ X86_WORD_1_ECX, 28 }));
}

/* A processor of AMD shows some bits twice; what is only at the second place stays. */
static void test_repeated_bits(void)
{
    X86Features set = { { 0 } };

    x86_features_change(&set, "fpu mmx fxsr sep sse lm");
    x86_features_repeat(&set);
    g_assert_cmphex(set.words[X86_WORD_80000001_EDX], ==, 0x21800001);
    x86_features_change(&set, "-mmx");
    x86_features_repeat(&set);
    g_assert_cmphex(set.words[X86_WORD_80000001_EDX], ==, 0x21000001);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cpu-features/places", test_places);
    g_test_add_func("/cpu-features/other-spellings", test_other_spellings);
    g_test_add_func("/cpu-features/names-are-unique", test_names_are_unique);
    g_test_add_func("/cpu-features/unknown", test_unknown);
    g_test_add_func("/cpu-features/register-text", test_register_text);
    g_test_add_func("/cpu-features/sets", test_sets);
    g_test_add_func("/cpu-features/repeated-bits", test_repeated_bits);
    return g_test_run();
}
