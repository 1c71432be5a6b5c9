/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * CPUID: what KVM supports on this host, and what a vCPU is given.
 */
#ifndef TARGET_I386_X86_CPUID_H
#define TARGET_I386_X86_CPUID_H

#include "hw/smp.h"
#include "hw/vcpu.h"
#include "target-i386/kvm-x86-abi.h"

#define CPUID_LEAF_FEATURES     0x00000001
#define CPUID_LEAF_TOPOLOGY     0x0000000b
#define CPUID_LEAF_XSAVE        0x0000000d
#define CPUID_LEAF_AMD_FEATURES 0x80000001
#define CPUID_LEAF_AMD_SIZES    0x80000008
#define CPUID_LEAF_AMD_TOPOLOGY 0x8000001e
#define CPUID_LEAF_ENCRYPTION   0x8000001f

/** What a vCPU must say about itself besides what the host supports. */
typedef struct X86CpuIdentity {
    uint32_t signature; /* function 1, EAX; 0: the host's */
    SmpTopology smp;    /* of the machine */
} X86CpuIdentity;

/**
 * The APIC id of vCPU @p index: socket, die, core and thread number, each in as many bits as its largest
 * value needs (AMD APM volume 3, appendix E.5).
 */
uint32_t x86_apic_id(const SmpTopology *smp, unsigned index);

/**
 * What KVM supports (KVM_GET_SUPPORTED_CPUID), with the features that it has and does not list there: the
 * hypervisor bit, and the deadline mode of the APIC's timer if it has that capability. To be freed with
 * g_free().
 */
KvmCpuid *x86_cpuid_supported(const Kvm *kvm, Error **errp);

/** What @p vcpu was given (KVM_GET_CPUID2), as KVM completed it. To be freed with g_free(). */
KvmCpuid *x86_cpuid_of_vcpu(const Vcpu *vcpu, Error **errp);

/** The entry of @p function and @p index, or NULL. */
KvmCpuidEntry *x86_cpuid_find(KvmCpuid *cpuid, uint32_t function, uint32_t index);

/** Makes @p cpuid, what all vCPUs say (x86_cpuid_select()), into what vCPU @p index says. */
void x86_cpuid_specialize(KvmCpuid *cpuid, const X86CpuIdentity *identity, unsigned index);

#endif
