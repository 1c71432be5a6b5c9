/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The CPUID of a guest that runs: what the VMM has set, as far as the processor underneath can do it.
 *
 * The VMM chooses among the features of the simulated processor; what the guest then executes is another one.
 * So features are those that both have, and the layout of XSAVE is that of the one underneath. The VMM's own
 * table, which KVM_GET_CPUID2 returns, stays as it is.
 */
#include <errno.h>
#include "target-i386/sim-engine.h"

#define HYPERVISOR       (1u << 31) /* 1 ECX: software, and any KVM's */
#define TSC_DEADLINE     (1u << 24) /* 1 ECX: a capability of its own */
#define MULTITHREADED    (1u << 28) /* 1 EDX: topology, the VMM's choice */

#define XSAVE_HEADER_END 0x240u

/** Registers that consist of features; `free` bits need not be supported. */
typedef struct FeatureWord {
    uint32_t function, index;
    size_t offset;
    uint32_t free;
} FeatureWord;

#define EAX offsetof(KvmCpuidEntry, eax)
#define EBX offsetof(KvmCpuidEntry, ebx)
#define ECX offsetof(KvmCpuidEntry, ecx)
#define EDX offsetof(KvmCpuidEntry, edx)

static const FeatureWord feature_words[] = {
    { 0x00000001, 0, ECX, HYPERVISOR | TSC_DEADLINE },
    { 0x00000001, 0, EDX, MULTITHREADED },
    { 0x00000007, 0, EBX, 0 },
    { 0x00000007, 0, ECX, 0 },
    { 0x00000007, 0, EDX, 0 },
    { 0x00000007, 1, EAX, 0 },
    { 0x0000000d, 1, EAX, 0 },
    { 0x40000001, 0, EAX, 0 },
    { 0x80000001, 0, ECX, 0 },
    { 0x80000001, 0, EDX, 0 },
    { 0x80000007, 0, EDX, 0 },
    { 0x80000008, 0, EBX, 0 },
    { 0x80000021, 0, EAX, 0 },
};

static KvmCpuid *table_new(void)
{
    KvmCpuid *table = g_malloc0(sizeof(*table) + SIM_MAX_CPUID_ENTRIES * sizeof(KvmCpuidEntry));

    table->nent = SIM_MAX_CPUID_ENTRIES;
    return table;
}

static KvmCpuidEntry *find(KvmCpuid *table, uint32_t function, uint32_t index)
{
    for (uint32_t i = 0; i < table->nent; i++) {
        KvmCpuidEntry *entry = &table->entries[i];

        if (entry->function == function &&
            (entry->index == index || !(entry->flags & KVM_CPUID_SIGNIFICANT_INDEX))) {
            return entry;
        }
    }
    return NULL;
}

static void leave_supported(KvmCpuid *table, KvmCpuid *supported)
{
    for (size_t i = 0; i < G_N_ELEMENTS(feature_words); i++) {
        const FeatureWord *word = &feature_words[i];
        KvmCpuidEntry *entry = find(table, word->function, word->index);
        KvmCpuidEntry *other = find(supported, word->function, word->index);

        if (entry) {
            uint32_t has = other ? *(uint32_t *)(void *)((uint8_t *)other + word->offset) : 0;

            *(uint32_t *)(void *)((uint8_t *)entry + word->offset) &= has | word->free;
        }
    }
}

/* The components of state that both have, with the sizes and places that the processor underneath uses. */
static void lay_out_xsave(KvmCpuid *table, KvmCpuid *supported)
{
    KvmCpuidEntry *entry = find(table, 0xd, 0), *other = find(supported, 0xd, 0);
    uint64_t components = 0;

    if (!entry) {
        return;
    }
    if (other) {
        components = ((uint64_t)entry->edx << 32 | entry->eax) & ((uint64_t)other->edx << 32 | other->eax);
    }
    entry->eax = (uint32_t)components;
    entry->edx = (uint32_t)(components >> 32);
    entry->ebx = XSAVE_HEADER_END;
    entry->ecx = XSAVE_HEADER_END;
    for (uint32_t i = 2; i < 63; i++) {
        KvmCpuidEntry *component = find(table, 0xd, i);

        other = components >> i & 1 ? find(supported, 0xd, i) : NULL;
        if (component && !other) {
            *component = (KvmCpuidEntry){ .function = 0xd, .index = i, .flags = KVM_CPUID_SIGNIFICANT_INDEX };
        } else if (component) {
            *component = *other;
            entry->ecx = MAX(entry->ecx, other->ebx + other->eax);
        }
    }
}

/* The C-bit is an address bit to a processor that does not know of it, which it must not take for reserved.
 */
static void widen_addresses(KvmCpuid *table, unsigned cbit)
{
    KvmCpuidEntry *entry = find(table, 0x80000008, 0);

    if (entry && (entry->eax & 0xff) <= cbit) {
        entry->eax = (entry->eax & ~0xffu) | (cbit + 1);
    }
}

bool sim_engine_set_cpuid(SimVcpu *vcpu, Error **errp)
{
    const SimX86 *x86 = vcpu->vm->target_host;
    const SimX86Vcpu *state = vcpu->arch;
    g_autofree KvmCpuid *table = table_new();
    g_autofree KvmCpuid *supported = table_new();
    int result = sim_engine_system_ioctl(vcpu->vm->engine, KVMIO_GET_SUPPORTED_CPUID, supported);

    if (result < 0) {
        return error_set_errno(errp, CGVM_ERROR_KERNEL, -result,
                               "the KVM underneath does not tell what CPUID it supports: %s",
                               g_strerror(-result));
    }
    table->nent = state->n_cpuid;
    for (uint32_t i = 0; i < state->n_cpuid; i++) {
        table->entries[i] = state->cpuid[i];
    }
    leave_supported(table, supported);
    lay_out_xsave(table, supported);
    if (sim_sev_guest(vcpu->vm)) {
        widen_addresses(table, x86->model.cbit);
    }
    result = sim_engine_vcpu_ioctl(vcpu, KVMIO_SET_CPUID2, table);
    return result == 0 || error_set_errno(errp, CGVM_ERROR_KERNEL, -result,
                                          "the KVM underneath refuses the CPUID of vCPU %lu: %s", vcpu->id,
                                          g_strerror(-result));
}

void sim_engine_cpuid(const SimVcpu *vcpu, uint32_t function, uint32_t index, KvmCpuidEntry *entry)
{
    g_autofree KvmCpuid *table = table_new();
    const KvmCpuidEntry *found = NULL;

    if (sim_engine_vcpu_ioctl(vcpu, KVMIO_GET_CPUID2, table) == 0) {
        found = find(table, function, index);
    }
    *entry = found ? *found : (KvmCpuidEntry){ .function = function, .index = index };
}
