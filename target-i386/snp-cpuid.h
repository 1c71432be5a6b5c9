/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The CPUID page of an SEV-SNP guest: what the vCPUs say about themselves, which the firmware compares with
 * the processor before the guest may rely on it.
 */
#ifndef TARGET_I386_SNP_CPUID_H
#define TARGET_I386_SNP_CPUID_H

#include "qapi/error.h"
#include "target-i386/cpu-features.h"
#include "target-i386/kvm-x86-abi.h"
#include "target-i386/sev-abi.h"

/**
 * Features that KVM emulates, or that processors have under other names: the firmware refuses a page that
 * shows them.
 */
X86Features snp_cpuid_hidden_features(void);

/**
 * Makes @p page, as it will lie in the guest's memory, of @p cpuid, the table that KVM has for a vCPU.
 * @p page is overwritten. Fails with CGVM_ERROR_UNSUPPORTED if there are more entries than a page has room
 * for.
 */
bool snp_cpuid_build(const KvmCpuid *cpuid, SnpCpuidPage *page, Error **errp);

/**
 * Why the firmware has refused @p given, in one line: the differences to @p expected, which it has put in its
 * place, by register and feature, and the -cpu that avoids them. @p cpu is what -cpu was given, or NULL. NULL
 * if nothing differs. To be freed.
 */
char *snp_cpuid_explain(const SnpCpuidPage *given, const SnpCpuidPage *expected, const char *cpu);

#endif
