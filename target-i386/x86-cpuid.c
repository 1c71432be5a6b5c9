/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-i386/x86-cpuid.h"
#include <errno.h>
#include <string.h>

/* Enough for all kernels known (KVM_MAX_CPUID_ENTRIES), and more than any will have. */
#define USUAL_ENTRIES 256
#define MOST_ENTRIES  1024

static size_t cpuid_size(uint32_t nent)
{
    return sizeof(KvmCpuid) + nent * sizeof(KvmCpuidEntry);
}

/* Both ioctls answer E2BIG until there is room for all entries. */
static KvmCpuid *cpuid_read(const Kvm *kvm, int fd, unsigned long request, int *ret_error)
{
    for (uint32_t nent = USUAL_ENTRIES; nent <= MOST_ENTRIES; nent *= 2) {
        g_autofree KvmCpuid *cpuid = g_malloc0(cpuid_size(nent));
        int result;

        cpuid->nent = nent;
        result = kvm_try(kvm, fd, request, cpuid);
        if (result >= 0 && cpuid->nent <= nent) {
            return g_steal_pointer(&cpuid);
        }
        if (result != -E2BIG) {
            *ret_error = -result;
            return NULL;
        }
    }
    *ret_error = E2BIG;
    return NULL;
}

/* Features that KVM leaves to capabilities, or to whoever wants to be recognised as a hypervisor. */
static void add_unlisted(const Kvm *kvm, KvmCpuid *cpuid)
{
    const uint32_t hypervisor = UINT32_C(1) << 31, tsc_deadline = UINT32_C(1) << 24;
    KvmCpuidEntry *features = x86_cpuid_find(cpuid, CPUID_LEAF_FEATURES, 0);

    if (features) {
        features->ecx |= hypervisor;
        features->ecx |= kvm_check_extension(kvm, KVMCAP_TSC_DEADLINE_TIMER) ? tsc_deadline : 0;
    }
}

KvmCpuid *x86_cpuid_supported(const Kvm *kvm, Error **errp)
{
    int os_error = 0;
    KvmCpuid *cpuid = cpuid_read(kvm, kvm->fd, KVMIO_GET_SUPPORTED_CPUID, &os_error);

    if (!cpuid) {
        return error_set_errno_null(
            errp, CGVM_ERROR_KERNEL, os_error,
            "cannot learn which CPU features KVM supports: KVM_GET_SUPPORTED_CPUID failed: %s",
            g_strerror(os_error));
    }
    add_unlisted(kvm, cpuid);
    return cpuid;
}

KvmCpuid *x86_cpuid_of_vcpu(const Vcpu *vcpu, Error **errp)
{
    int os_error = 0;
    KvmCpuid *cpuid = cpuid_read(vcpu->kvm, vcpu->fd, KVMIO_GET_CPUID2, &os_error);

    if (!cpuid) {
        return error_set_errno_null(errp, CGVM_ERROR_KERNEL, os_error,
                                    "vCPU %u: cannot read its CPUID table back: KVM_GET_CPUID2 failed: %s",
                                    vcpu->index, g_strerror(os_error));
    }
    return cpuid;
}

KvmCpuidEntry *x86_cpuid_find(KvmCpuid *cpuid, uint32_t function, uint32_t index)
{
    for (uint32_t i = 0; i < cpuid->nent; i++) {
        KvmCpuidEntry *entry = &cpuid->entries[i];
        if (entry->function == function &&
            (!(entry->flags & KVM_CPUID_SIGNIFICANT_INDEX) || entry->index == index)) {
            return entry;
        }
    }
    return NULL;
}

/* ---- topology ---- */

/* Bits of a number below `count`. */
static unsigned id_width(uint32_t count)
{
    unsigned width = 0;

    while ((UINT32_C(1) << width) < count) {
        width++;
    }
    return width;
}

static unsigned core_shift(const SmpTopology *smp)
{
    return id_width(smp->threads);
}

static unsigned die_shift(const SmpTopology *smp)
{
    return core_shift(smp) + id_width(smp->cores);
}

static unsigned socket_shift(const SmpTopology *smp)
{
    return die_shift(smp) + id_width(smp->dies);
}

uint32_t x86_apic_id(const SmpTopology *smp, unsigned index)
{
    uint32_t thread = index % smp->threads, rest = index / smp->threads;
    uint32_t core = rest % smp->cores, die = rest / smp->cores % smp->dies,
             socket = rest / smp->cores / smp->dies;

    return socket << socket_shift(smp) | die << die_shift(smp) | core << core_shift(smp) | thread;
}

static uint32_t threads_of_socket(const SmpTopology *smp)
{
    return smp->dies * smp->cores * smp->threads;
}

static void set_features(KvmCpuidEntry *entry, const X86CpuIdentity *identity, unsigned index)
{
    const uint32_t several = UINT32_C(1) << 28, clflush_size = 8;
    uint32_t threads = threads_of_socket(&identity->smp);

    if (identity->signature) {
        entry->eax = identity->signature;
    }
    entry->ebx = x86_apic_id(&identity->smp, index) << 24 | MIN(threads, 255u) << 16 | clflush_size << 8;
    entry->edx = threads > 1 ? entry->edx | several : entry->edx & ~several;
}

static void set_topology(KvmCpuidEntry *entry, const SmpTopology *smp, unsigned index)
{
    enum { LEVEL_NONE = 0, LEVEL_THREAD = 1, LEVEL_CORE = 2 };

    entry->eax = entry->ebx = 0;
    entry->ecx = entry->index;
    entry->edx = x86_apic_id(smp, index);
    if (entry->index == 0) {
        entry->eax = core_shift(smp);
        entry->ebx = smp->threads;
        entry->ecx |= LEVEL_THREAD << 8;
    } else if (entry->index == 1) {
        entry->eax = socket_shift(smp);
        entry->ebx = threads_of_socket(smp);
        entry->ecx |= LEVEL_CORE << 8;
    }
}

/* Sizes of the processor: how many threads, and how many bits of the APIC id they take. */
static void set_amd_sizes(KvmCpuidEntry *entry, const SmpTopology *smp)
{
    entry->ecx = socket_shift(smp) << 12 | MIN(threads_of_socket(smp) - 1, 255u);
}

static void set_amd_topology(KvmCpuidEntry *entry, const SmpTopology *smp, unsigned index)
{
    uint32_t id = x86_apic_id(smp, index), cores = id_width(smp->cores) + id_width(smp->dies);

    entry->eax = id;
    entry->ebx = (smp->threads - 1) << 8 | (id >> core_shift(smp) & ((1u << cores) - 1));
    entry->ecx = (smp->dies - 1) << 8 | (id >> die_shift(smp) & 0xff);
}

void x86_cpuid_specialize(KvmCpuid *cpuid, const X86CpuIdentity *identity, unsigned index)
{
    for (uint32_t i = 0; i < cpuid->nent; i++) {
        KvmCpuidEntry *entry = &cpuid->entries[i];

        switch (entry->function) {
        case CPUID_LEAF_FEATURES:
            set_features(entry, identity, index);
            break;
        case CPUID_LEAF_TOPOLOGY:
            set_topology(entry, &identity->smp, index);
            break;
        case CPUID_LEAF_AMD_FEATURES:
            if (identity->signature) {
                entry->eax = identity->signature;
            }
            break;
        case CPUID_LEAF_AMD_SIZES:
            set_amd_sizes(entry, &identity->smp);
            break;
        case CPUID_LEAF_AMD_TOPOLOGY:
            set_amd_topology(entry, &identity->smp, index);
            break;
        default:
            break;
        }
    }
}
