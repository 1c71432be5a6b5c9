/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The vCPUs of machines of IBM Z: what -cpu says, and what KVM is told. They have what KVM can give a guest
 * on this host; the facility to become a secure guest (`unpack`, number 161) can be left out.
 */
#ifndef TARGET_S390X_S390_CPU_H
#define TARGET_S390X_S390_CPU_H

#include "hw/kvm.h"
#include "qapi-types.h"

typedef struct S390Cpu {
    OnOffAuto unpack;
} S390Cpu;

/** Reads `MODEL[,unpack=on|off]`; NULL is the default. Fails with CGVM_ERROR_NOT_FOUND for another model, and
 * CGVM_ERROR_INVALID for another property or value. */
bool s390_cpu_parse(const char *text, S390Cpu *cpu, Error **errp);

/** What -cpu help prints. To be freed. */
char *s390_cpu_help(void);

/**
 * KVM is open: whether vCPUs have `unpack` there. Fails with CGVM_ERROR_UNSUPPORTED if @p cpu wants it and
 * this host cannot give it.
 */
bool s390_cpu_probe(const S390Cpu *cpu, const Kvm *kvm, bool *ret_has_unpack, Error **errp);

/** What a host lacks that has no KVM_CAP_S390_PROTECTED, and what to do. */
#define S390_NO_PROTECTED                                                                                    \
    "this host's KVM offers no protected virtualization (KVM_CAP_S390_PROTECTED): it takes an IBM z15, "     \
    "LinuxONE III or later with the feature Secure Execution, Linux booted with prot_virt=1, and a logical " \
    "partition, not another guest"

/** The VM exists and has no vCPUs: tells KVM what they are. */
bool s390_cpu_define(const Kvm *kvm, bool has_unpack, Error **errp);

#endif
