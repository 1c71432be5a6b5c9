/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * KVM_GET_SUPPORTED_CPUID of the simulated host.
 */
#ifndef TARGET_I386_SIM_CPUID_H
#define TARGET_I386_SIM_CPUID_H

#include "target-i386/sim-model.h"

/** KVM_MAX_CPUID_ENTRIES */
#define SIM_MAX_CPUID_ENTRIES 256

/**
 * KVM_GET_SUPPORTED_CPUID with the address @p arg, as kvm_dev_ioctl_get_cpuid() of arch/x86/kvm/cpuid.c: what
 * @p model has and KVM supports, and what KVM emulates. 0, -EFAULT, or -E2BIG without an answer.
 */
int sim_supported_cpuid(const SimModel *model, unsigned long arg);

#endif
