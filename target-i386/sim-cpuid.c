/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * CPUID in the simulated kernel: what KVM supports, and what a vCPU was given; arch/x86/kvm/cpuid.c of
 * Linux 6.12.
 */
#include <errno.h>
#include "target-i386/sim-state.h"

#define ALL 0xffffffffu
/** What KVM does with a register: it lets the bits of `mask` through and adds those of `emulated`. */
typedef struct KvmRule {
    uint32_t mask, emulated;
} KvmRule;

/** What KVM does with a function; the index is that of the table of functions, or -1 for all. */
typedef struct KvmLeafRule {
    uint32_t function;
    int index;
    KvmRule eax, ebx, ecx, edx;
} KvmLeafRule;

/*
 * Not all of what is emulated exists in hardware: TSC_ADJUST (7.0 EBX bit 1), the Intel names of the
 * speculation controls (7.0 EDX) and VIRT_SSBD (0x80000008 EBX bit 25) do not, so the firmware refuses them
 * in a CPUID page.
 */
static const KvmLeafRule rules[] = {
    { 0x00000001, -1, { ALL, 0 }, { ALL, 0 }, { 0x76fa3203, 0x00200000 }, { 0x078bfbff, 0 } },
    { 0x00000005, -1, { 0, 0 }, { 0, 0 }, { 0, 0 }, { 0, 0 } },
    { 0x00000006, -1, { 0, 0x4 }, { 0, 0 }, { 0, 0 }, { 0, 0 } },
    { 0x00000007, 0, { ALL, 0 }, { 0xfdbf4ff9, 0x2 }, { 0x1b415f4e, 0 }, { 0x00804510, 0xac000000 } },
    { 0x00000007, 1, { 0x00000030, 0 }, { 0, 0 }, { 0, 0 }, { 0, 0 } },
    { 0x0000000b, -1, { 0, 0 }, { 0, 0 }, { 0, 0 }, { ALL, 0 } },
    { 0x0000000d, 1, { ALL, 0 }, { ALL, 0 }, { 0, 0 }, { 0, 0 } },
    { 0x80000001, -1, { ALL, 0 }, { ALL, 0 }, { 0x00e10bf1, 0 }, { 0x2fd3fbff, 0 } },
    { 0x80000007, -1, { 0, 0 }, { 0, 0 }, { 0, 0 }, { 0x100, 0 } },
    { 0x80000008, -1, { ALL, 0 }, { 0x1502d205, 0x02000000 }, { 0xf0ff, 0 }, { 0, 0 } },
    { 0x8000001e, -1, { 0, 0 }, { 0, 0 }, { 0, 0 }, { 0, 0 } },
    { 0x8000001f, -1, { 0x41a, 0 }, { 0x3f, 0 }, { ALL, 0 }, { ALL, 0 } },
    { 0x80000021, -1, { 0x345, 0x40 }, { 0, 0 }, { 0, 0 }, { 0, 0 } },
};

/* KVM's own leaves: the signature "KVMKVMKVM" and the paravirtual features. */
static const KvmCpuidEntry kvm_leaves[] = {
    { .function = 0x40000000, .eax = 0x40000001, .ebx = 0x4b4d564b, .ecx = 0x564b4d56, .edx = 0x0000004d },
    { .function = 0x40000001, .eax = 0x01007efb },
};

static uint32_t apply(KvmRule rule, uint32_t value)
{
    return (value & rule.mask) | rule.emulated;
}

static KvmCpuidEntry kvm_entry(const SimCpuidLeaf *leaf, bool has_index)
{
    KvmCpuidEntry entry = {
        .function = leaf->function,
        .index = leaf->index,
        .flags = has_index ? KVM_CPUID_SIGNIFICANT_INDEX : 0,
        .eax = leaf->eax,
        .ebx = leaf->ebx,
        .ecx = leaf->ecx,
        .edx = leaf->edx,
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rules); i++) {
        const KvmLeafRule *rule = &rules[i];

        if (rule->function == leaf->function && (rule->index == -1 || rule->index == (int)leaf->index)) {
            entry.eax = apply(rule->eax, entry.eax);
            entry.ebx = apply(rule->ebx, entry.ebx);
            entry.ecx = apply(rule->ecx, entry.ecx);
            entry.edx = apply(rule->edx, entry.edx);
        }
    }
    /* KVM reports the size for all components, whatever is enabled. */
    if (leaf->function == 0xd && leaf->index == 0) {
        entry.ebx = leaf->ecx;
    }
    return entry;
}

/* Only the first index of the topology says anything without a second one. */
static uint32_t n_kvm_indices(const SimCpuidFunction *function)
{
    return function->function == 0xb ? 1 : MAX(function->n_indices, 1);
}

int sim_supported_cpuid(const SimModel *model, unsigned long arg)
{
    g_autofree KvmCpuidEntry *entries = g_new0(KvmCpuidEntry, SIM_MAX_CPUID_ENTRIES);
    size_t n_functions;
    const SimCpuidFunction *functions = sim_cpuid_functions(&n_functions);
    KvmCpuid header;
    uint32_t n = 0;
    int ret = sim_copy_from_user(&header, arg, sizeof(header));

    if (ret < 0) {
        return ret;
    }
    for (size_t i = 0; i < n_functions; i++) {
        for (uint32_t index = 0; index < n_kvm_indices(&functions[i]); index++) {
            SimCpuidLeaf leaf;

            if (sim_model_cpuid(model, functions[i].function, index, &leaf)) {
                entries[n++] = kvm_entry(&leaf, functions[i].n_indices > 0);
            }
        }
    }
    for (size_t i = 0; i < G_N_ELEMENTS(kvm_leaves); i++) {
        entries[n++] = kvm_leaves[i];
    }
    if (header.nent < n) {
        return -E2BIG;
    }
    header.nent = n;
    ret = sim_copy_to_user(arg + sizeof(header), entries, n * sizeof(*entries));
    return ret < 0 ? ret : sim_copy_to_user(arg, &header, sizeof(header));
}

int sim_vcpu_set_cpuid(SimX86Vcpu *state, unsigned long arg)
{
    g_autofree KvmCpuidEntry *entries = NULL;
    KvmCpuid header;
    int ret = sim_copy_from_user(&header, arg, sizeof(header));

    if (ret < 0) {
        return ret;
    }
    if (header.nent > SIM_MAX_CPUID_ENTRIES) {
        return -E2BIG;
    }
    entries = g_new0(KvmCpuidEntry, header.nent + 1);
    ret = sim_copy_from_user(entries, arg + sizeof(header), header.nent * sizeof(*entries));
    if (ret < 0) {
        return ret;
    }
    g_free(state->cpuid);
    state->cpuid = g_steal_pointer(&entries);
    state->n_cpuid = header.nent;
    return 0;
}

int sim_vcpu_get_cpuid(const SimX86Vcpu *state, unsigned long arg)
{
    KvmCpuid header;
    int ret = sim_copy_from_user(&header, arg, sizeof(header));

    if (ret < 0) {
        return ret;
    }
    if (header.nent < state->n_cpuid) {
        return -E2BIG;
    }
    header.nent = state->n_cpuid;
    ret = sim_copy_to_user(arg + sizeof(header), state->cpuid, state->n_cpuid * sizeof(*state->cpuid));
    return ret < 0 ? ret : sim_copy_to_user(arg, &header, sizeof(header));
}

const KvmCpuidEntry *sim_vcpu_find_cpuid(const SimX86Vcpu *state, uint32_t function, uint32_t index)
{
    for (uint32_t i = 0; i < state->n_cpuid; i++) {
        const KvmCpuidEntry *entry = &state->cpuid[i];

        if (entry->function == function &&
            (entry->index == index || !(entry->flags & KVM_CPUID_SIGNIFICANT_INDEX))) {
            return entry;
        }
    }
    return NULL;
}
