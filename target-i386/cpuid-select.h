/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * From features to CPUID and back: the part of what KVM supports that a vCPU with given features is shown.
 */
#ifndef TARGET_I386_CPUID_SELECT_H
#define TARGET_I386_CPUID_SELECT_H

#include "target-i386/cpu-features.h"
#include "target-i386/kvm-x86-abi.h"

/** The register @p name ('a' to 'd') of @p entry. */
uint32_t *x86_cpuid_register(KvmCpuidEntry *entry, char name);

/** The features that @p cpuid shows; those of a function that it has not are off. */
X86Features x86_cpuid_features(const KvmCpuid *cpuid);

/**
 * A copy of @p cpuid that shows @p features, where it has their functions, and no other. What depends on them
 * follows: functions that describe a feature which is off are left out, and so are the components of the
 * XSAVE area whose feature is off, with the sizes of the area. The copy has an entry for
 * CPUID_LEAF_ENCRYPTION, which is empty if @p cpuid has none. To be freed with g_free().
 */
KvmCpuid *x86_cpuid_select(const KvmCpuid *cpuid, const X86Features *features);

#endif
