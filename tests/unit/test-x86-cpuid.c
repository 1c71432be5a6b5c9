/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <glib.h>
#include <string.h>
#include "target-i386/x86-cpuid.h"

static SmpTopology topology(uint32_t sockets, uint32_t dies, uint32_t cores, uint32_t threads)
{
    uint32_t places = sockets * dies * cores * threads;

    return (SmpTopology){
        .cpus = places,
        .sockets = sockets,
        .dies = dies,
        .cores = cores,
        .threads = threads,
        .max_cpus = places,
    };
}

static void assert_apic_ids(SmpTopology smp, const char *expected)
{
    g_autoptr(GString) ids = g_string_new(NULL);

    for (unsigned i = 0; i < smp.max_cpus; i++) {
        g_string_append_printf(ids, "%s%u", i ? " " : "", x86_apic_id(&smp, i));
    }
    g_assert_cmpstr(ids->str, ==, expected);
}

static void test_apic_ids(void)
{
    assert_apic_ids(topology(1, 1, 1, 1), "0");
    assert_apic_ids(topology(1, 1, 4, 1), "0 1 2 3");
    assert_apic_ids(topology(1, 1, 2, 2), "0 1 2 3");
    /* Three cores need two bits, so the fourth number is left out. */
    assert_apic_ids(topology(2, 1, 3, 1), "0 1 2 4 5 6");
    assert_apic_ids(topology(2, 1, 3, 2), "0 1 2 3 4 5 8 9 10 11 12 13");
    assert_apic_ids(topology(1, 3, 1, 1), "0 1 2");
    assert_apic_ids(topology(2, 3, 1, 1), "0 1 2 4 5 6");
}

/* A table with one entry for each of the functions that a topology changes. */
static KvmCpuid *table(void)
{
    static const KvmCpuidEntry entries[] = {
        { .function = CPUID_LEAF_FEATURES, .eax = 0xa00f11, .ebx = 0xffffffff, .edx = 0x10000000 },
        { .function = CPUID_LEAF_TOPOLOGY, .index = 0, .flags = KVM_CPUID_SIGNIFICANT_INDEX, .eax = 0xff },
        { .function = CPUID_LEAF_TOPOLOGY, .index = 1, .flags = KVM_CPUID_SIGNIFICANT_INDEX, .eax = 0xff },
        { .function = CPUID_LEAF_TOPOLOGY, .index = 2, .flags = KVM_CPUID_SIGNIFICANT_INDEX, .eax = 0xff },
        { .function = CPUID_LEAF_AMD_FEATURES, .eax = 0xa00f11 },
        { .function = CPUID_LEAF_AMD_SIZES, .eax = 0x3030, .ecx = 0xffffffff },
        { .function = CPUID_LEAF_AMD_TOPOLOGY, .eax = 0xff, .ebx = 0xff, .ecx = 0xff },
    };
    KvmCpuid *cpuid = g_malloc0(sizeof(*cpuid) + sizeof(entries));

    cpuid->nent = G_N_ELEMENTS(entries);
    memcpy(cpuid->entries, entries, sizeof(entries));
    return cpuid;
}

static const KvmCpuidEntry *entry(KvmCpuid *cpuid, uint32_t function, uint32_t index)
{
    return x86_cpuid_find(cpuid, function, index);
}

static void test_one_vcpu(void)
{
    X86CpuIdentity identity = { .signature = 0x800f12, .smp = topology(1, 1, 1, 1) };
    g_autofree KvmCpuid *cpuid = table();

    x86_cpuid_specialize(cpuid, &identity, 0);
    g_assert_cmphex(entry(cpuid, CPUID_LEAF_FEATURES, 0)->eax, ==, 0x800f12);
    g_assert_cmphex(entry(cpuid, CPUID_LEAF_AMD_FEATURES, 0)->eax, ==, 0x800f12);
    g_assert_cmphex(entry(cpuid, CPUID_LEAF_FEATURES, 0)->ebx, ==, 0x00010800);
    g_assert_cmphex(entry(cpuid, CPUID_LEAF_FEATURES, 0)->edx, ==, 0);
    g_assert_cmphex(entry(cpuid, CPUID_LEAF_AMD_SIZES, 0)->eax, ==, 0x3030);
    g_assert_cmphex(entry(cpuid, CPUID_LEAF_AMD_SIZES, 0)->ecx, ==, 0);
}

/* The last of 2 sockets, 3 cores, 2 threads: APIC id 0b1101. */
static void test_many_vcpus(void)
{
    X86CpuIdentity identity = { .smp = topology(2, 1, 3, 2) };
    g_autofree KvmCpuid *cpuid = table();

    x86_cpuid_specialize(cpuid, &identity, 11);
    g_assert_cmphex(entry(cpuid, CPUID_LEAF_FEATURES, 0)->eax, ==, 0xa00f11);
    g_assert_cmphex(entry(cpuid, CPUID_LEAF_FEATURES, 0)->ebx, ==, 0x0d060800);
    g_assert_cmphex(entry(cpuid, CPUID_LEAF_FEATURES, 0)->edx, ==, 0x10000000);
    g_assert_cmphex(entry(cpuid, CPUID_LEAF_TOPOLOGY, 0)->eax, ==, 1);
    g_assert_cmphex(entry(cpuid, CPUID_LEAF_TOPOLOGY, 0)->ebx, ==, 2);
    g_assert_cmphex(entry(cpuid, CPUID_LEAF_TOPOLOGY, 0)->ecx, ==, 0x100);
    g_assert_cmphex(entry(cpuid, CPUID_LEAF_TOPOLOGY, 0)->edx, ==, 13);
    g_assert_cmphex(entry(cpuid, CPUID_LEAF_TOPOLOGY, 1)->eax, ==, 3);
    g_assert_cmphex(entry(cpuid, CPUID_LEAF_TOPOLOGY, 1)->ebx, ==, 6);
    g_assert_cmphex(entry(cpuid, CPUID_LEAF_TOPOLOGY, 1)->ecx, ==, 0x201);
    g_assert_cmphex(entry(cpuid, CPUID_LEAF_TOPOLOGY, 2)->eax, ==, 0);
    g_assert_cmphex(entry(cpuid, CPUID_LEAF_TOPOLOGY, 2)->ebx, ==, 0);
    g_assert_cmphex(entry(cpuid, CPUID_LEAF_TOPOLOGY, 2)->ecx, ==, 2);
    g_assert_cmphex(entry(cpuid, CPUID_LEAF_AMD_SIZES, 0)->ecx, ==, 0x3005);
    g_assert_cmphex(entry(cpuid, CPUID_LEAF_AMD_TOPOLOGY, 0)->eax, ==, 13);
    g_assert_cmphex(entry(cpuid, CPUID_LEAF_AMD_TOPOLOGY, 0)->ebx, ==, 0x102);
    g_assert_cmphex(entry(cpuid, CPUID_LEAF_AMD_TOPOLOGY, 0)->ecx, ==, 1);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/x86-cpuid/apic-ids", test_apic_ids);
    g_test_add_func("/x86-cpuid/one-vcpu", test_one_vcpu);
    g_test_add_func("/x86-cpuid/many-vcpus", test_many_vcpus);
    return g_test_run();
}
