/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of what a vCPU with given features is shown, on simulated hosts.
 */
#include <glib.h>
#include "target-i386/cpu-models.h"
#include "target-i386/cpuid-select.h"
#include "target-i386/sim-cpuid.h"
#include "target-i386/x86-cpuid.h"

static KvmCpuid *supported(const char *host)
{
    KvmCpuid *cpuid = g_malloc0(sizeof(*cpuid) + SIM_MAX_CPUID_ENTRIES * sizeof(cpuid->entries[0]));

    cpuid->nent = SIM_MAX_CPUID_ENTRIES;
    g_assert_cmpint(sim_supported_cpuid(sim_model_find(host), (unsigned long)(uintptr_t)cpuid), ==, 0);
    return cpuid;
}

/* What a guest with the features @changes to those of @model is shown on @host. */
static KvmCpuid *select_for(const char *host, const char *model, const char *changes)
{
    g_autofree KvmCpuid *cpuid = supported(host);
    X86Features all = x86_cpuid_features(cpuid), features = all;

    if (model) {
        X86Features wanted = x86_cpu_model_features(model);
        features = x86_features_both(&all, &wanted);
    }
    if (*changes) {
        x86_features_change(&features, changes);
    }
    return x86_cpuid_select(cpuid, &features);
}

static const KvmCpuidEntry *entry(KvmCpuid *cpuid, uint32_t function, uint32_t index)
{
    const KvmCpuidEntry *found = x86_cpuid_find(cpuid, function, index);

    g_assert_nonnull(found);
    return found;
}

/* With all that the host has nothing changes, but for the one size that KVM only knows of running vCPUs. */
static void test_everything(void)
{
    static const char *const hosts[] = { "EPYC-Milan", "EPYC-Genoa", "EPYC-Turin", "EPYC-Rome",
                                         "EPYC-Naples" };

    for (size_t i = 0; i < G_N_ELEMENTS(hosts); i++) {
        g_autofree KvmCpuid *host = supported(hosts[i]);
        g_autofree KvmCpuid *guest = select_for(hosts[i], NULL, "");

        g_assert_cmpuint(guest->nent, ==, host->nent);
        for (uint32_t j = 0; j < host->nent; j++) {
            KvmCpuidEntry *is = &guest->entries[j], *was = &host->entries[j];

            if (is->function == CPUID_LEAF_XSAVE && is->index == 1) {
                was->ebx = is->ebx;
            }
            g_assert_cmpmem(is, sizeof(*is), was, sizeof(*was));
        }
    }
}

static void test_features_there_and_back(void)
{
    g_autofree KvmCpuid *guest = select_for("EPYC-Genoa", "EPYC-Milan", "");
    X86Features shown = x86_cpuid_features(guest), model = x86_cpu_model_features("EPYC-Milan");
    X86Features more = x86_features_without(&shown, &model);

    g_assert_true(x86_features_empty(&more));
    g_assert_cmphex(shown.words[X86_WORD_7_0_EBX], ==, model.words[X86_WORD_7_0_EBX]);
    g_assert_cmphex(entry(guest, 7, 0)->ebx, ==, model.words[X86_WORD_7_0_EBX]);
    g_assert_cmphex(entry(guest, 0x80000008, 0)->ebx, ==, model.words[X86_WORD_80000008_EBX]);
    /* What shares a function with features stays. */
    g_assert_cmphex(entry(guest, 0x80000008, 0)->eax, ==, 0x3934);
}

/* A Milan on a Genoa: no AVX-512, neither as a feature nor as a part of the XSAVE area. */
static void test_xsave_without_avx512(void)
{
    g_autofree KvmCpuid *genoa = select_for("EPYC-Genoa", "EPYC-Genoa", "");
    g_autofree KvmCpuid *milan = select_for("EPYC-Genoa", "EPYC-Milan", "");

    g_assert_cmphex(entry(genoa, CPUID_LEAF_XSAVE, 0)->eax, ==, 0x2e7);
    g_assert_cmphex(entry(genoa, CPUID_LEAF_XSAVE, 0)->ebx, ==, 0x988);
    g_assert_cmphex(entry(genoa, CPUID_LEAF_XSAVE, 0)->ecx, ==, 0x988);
    g_assert_cmphex(entry(genoa, CPUID_LEAF_XSAVE, 1)->ebx, ==, 0x240 + 0x100 + 0x40 + 0x200 + 0x400 + 8);
    g_assert_cmphex(entry(milan, CPUID_LEAF_XSAVE, 0)->eax, ==, 0x207);
    g_assert_cmphex(entry(milan, CPUID_LEAF_XSAVE, 0)->ebx, ==, 0x988);
    g_assert_cmphex(entry(milan, CPUID_LEAF_XSAVE, 1)->ebx, ==, 0x240 + 0x100 + 8);
    for (uint32_t index = 5; index <= 7; index++) {
        g_assert_nonnull(x86_cpuid_find(genoa, CPUID_LEAF_XSAVE, index));
        g_assert_null(x86_cpuid_find(milan, CPUID_LEAF_XSAVE, index));
    }
    g_assert_cmphex(entry(milan, CPUID_LEAF_XSAVE, 2)->eax, ==, 0x100);
    g_assert_cmphex(entry(milan, CPUID_LEAF_XSAVE, 9)->eax, ==, 8);
}

static void test_xsave_without_pku_and_avx(void)
{
    g_autofree KvmCpuid *no_pku = select_for("EPYC-Milan", "EPYC-Milan", "-pku");
    g_autofree KvmCpuid *no_avx = select_for("EPYC-Milan", "EPYC-Milan", "-pku -avx -xsavec -xsaves");
    g_autofree KvmCpuid *no_xsave = select_for("EPYC-Milan", "EPYC-Milan", "-xsave");

    g_assert_cmphex(entry(no_pku, CPUID_LEAF_XSAVE, 0)->eax, ==, 7);
    g_assert_cmphex(entry(no_pku, CPUID_LEAF_XSAVE, 0)->ecx, ==, 0x340);
    g_assert_null(x86_cpuid_find(no_pku, CPUID_LEAF_XSAVE, 9));
    g_assert_cmphex(entry(no_avx, CPUID_LEAF_XSAVE, 0)->eax, ==, 3);
    g_assert_cmphex(entry(no_avx, CPUID_LEAF_XSAVE, 0)->ecx, ==, 0x240);
    g_assert_cmphex(entry(no_avx, CPUID_LEAF_XSAVE, 1)->ebx, ==, 0);
    g_assert_null(x86_cpuid_find(no_xsave, CPUID_LEAF_XSAVE, 0));
}

/* Components of XSS, and the alignment that some ask for in the compacted format. */
static void test_supervisor_components(void)
{
    static const KvmCpuidEntry entries[] = {
        { .function = CPUID_LEAF_XSAVE, .index = 0, .flags = KVM_CPUID_SIGNIFICANT_INDEX, .eax = 0x207 },
        { .function = CPUID_LEAF_XSAVE, .index = 1, .flags = 1, .eax = 0xa, .ecx = 0x1800 },
        { .function = CPUID_LEAF_XSAVE, .index = 2, .flags = 1, .eax = 0x100, .ebx = 0x240 },
        { .function = CPUID_LEAF_XSAVE, .index = 9, .flags = 1, .eax = 8, .ebx = 0x980 },
        { .function = CPUID_LEAF_XSAVE, .index = 11, .flags = 1, .eax = 0x10, .ecx = 1 | 2 },
        { .function = CPUID_LEAF_XSAVE, .index = 12, .flags = 1, .eax = 0x18, .ecx = 1 },
        { .function = CPUID_LEAF_XSAVE, .index = 64, .flags = 1, .eax = 0x18, .ecx = 1 },
    };
    g_autofree KvmCpuid *cpuid = g_malloc0(sizeof(*cpuid) + sizeof(entries));
    X86Features features = { { 0 } };

    cpuid->nent = G_N_ELEMENTS(entries);
    memcpy(cpuid->entries, entries, sizeof(entries));
    x86_features_change(&features, "xsave xsavec xsaves avx pku shstk");
    {
        g_autofree KvmCpuid *guest = x86_cpuid_select(cpuid, &features);

        g_assert_cmphex(entry(guest, CPUID_LEAF_XSAVE, 1)->ecx, ==, 0x1800);
        g_assert_cmphex(entry(guest, CPUID_LEAF_XSAVE, 1)->ebx, ==, 0x380 + 0x10 + 0x18);
        g_assert_null(x86_cpuid_find(guest, CPUID_LEAF_XSAVE, 64));
    }
    x86_features_change(&features, "-shstk");
    {
        g_autofree KvmCpuid *guest = x86_cpuid_select(cpuid, &features);

        g_assert_cmphex(entry(guest, CPUID_LEAF_XSAVE, 1)->ecx, ==, 0);
        g_assert_cmphex(entry(guest, CPUID_LEAF_XSAVE, 1)->ebx, ==, 0x348);
        g_assert_null(x86_cpuid_find(guest, CPUID_LEAF_XSAVE, 11));
    }
}

/* Function 7 ends where its features end. */
static void test_highest_index(void)
{
    g_autofree KvmCpuid *genoa = select_for("EPYC-Genoa", "EPYC-Genoa", "");
    g_autofree KvmCpuid *milan = select_for("EPYC-Genoa", "EPYC-Milan", "");

    g_assert_cmpuint(entry(genoa, 7, 0)->eax, ==, 1);
    g_assert_cmphex(entry(genoa, 7, 1)->eax, ==, 0x20);
    g_assert_cmpuint(entry(milan, 7, 0)->eax, ==, 0);
    g_assert_null(x86_cpuid_find(milan, 7, 1));
}

static void test_details(void)
{
    g_autofree KvmCpuid *with = select_for("EPYC-Milan", "EPYC-Milan", "");
    g_autofree KvmCpuid *without = select_for("EPYC-Milan", "EPYC-Milan", "-topoext");

    g_assert_nonnull(x86_cpuid_find(with, CPUID_LEAF_AMD_TOPOLOGY, 0));
    g_assert_null(x86_cpuid_find(without, CPUID_LEAF_AMD_TOPOLOGY, 0));
    g_assert_null(x86_cpuid_find(without, 0x8000001d, 0));
}

static void test_encryption_entry(void)
{
    g_autofree KvmCpuid *cpuid = g_malloc0(sizeof(*cpuid));
    X86Features none = { { 0 } };
    g_autofree KvmCpuid *guest = x86_cpuid_select(cpuid, &none);

    g_assert_cmpuint(guest->nent, ==, 1);
    g_assert_cmphex(guest->entries[0].function, ==, CPUID_LEAF_ENCRYPTION);
}

static void test_registers(void)
{
    KvmCpuidEntry one = { .eax = 1, .ebx = 2, .ecx = 3, .edx = 4 };

    for (char name = 'a'; name <= 'd'; name++) {
        g_assert_cmpuint(*x86_cpuid_register(&one, name), ==, (uint32_t)(name - 'a' + 1));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/cpuid-select/everything", test_everything);
    g_test_add_func("/cpuid-select/features-there-and-back", test_features_there_and_back);
    g_test_add_func("/cpuid-select/xsave/without-avx512", test_xsave_without_avx512);
    g_test_add_func("/cpuid-select/xsave/without-pku-and-avx", test_xsave_without_pku_and_avx);
    g_test_add_func("/cpuid-select/xsave/supervisor-components", test_supervisor_components);
    g_test_add_func("/cpuid-select/highest-index", test_highest_index);
    g_test_add_func("/cpuid-select/details", test_details);
    g_test_add_func("/cpuid-select/encryption-entry", test_encryption_entry);
    g_test_add_func("/cpuid-select/registers", test_registers);
    return g_test_run();
}
