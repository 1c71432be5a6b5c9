/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the headers of this system say about the kernel's ABI, as far as they know it. */
#include "tests/abi/abi-facts.h"

/* An architecture without KVM has no <asm/kvm.h>, and then no usable <linux/kvm.h> either. */
#if __has_include(<asm/kvm.h>) && __has_include(<linux/psp-sev.h>)
#include <linux/kvm.h>
#include <linux/kvm_para.h>
#include <linux/psp-sev.h>
#include <linux/version.h>
#else
#define LINUX_VERSION_CODE      0
#define KERNEL_VERSION(a, b, c) 1
#endif

#define SIZE(structure, type) { "sizeof(" #type ")", sizeof(struct structure), 0 },
#define RENAMED(structure, member, type, our)                                                                \
    { #type "." #our, offsetof(struct structure, member), sizeof(((struct structure *)0)->member) },
#define MEMBER(structure, type, member) RENAMED(structure, member, type, member)
#define VALUE(constant, our)            { #our, (constant), 0 },

#define COMPARED(name)                                                                                       \
    static const AbiFact name##_facts[] = { ABI_##name(SIZE, MEMBER, RENAMED, VALUE) };                      \
    const AbiGroup system_##name = { NULL, name##_facts, sizeof(name##_facts) / sizeof(name##_facts[0]) };
#define SKIPPED(name, why) const AbiGroup system_##name = { why, NULL, 0 };

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#define OLD                     "there are no KVM headers of Linux 6.1 or later"
#define SKIPPED_OLD(name, path) SKIPPED(name, OLD)
ABI_GROUPS(SKIPPED_OLD)
#else

/* These architectures encode directions or sizes in their own way. */
#if defined(__powerpc__) || defined(__mips__) || defined(__sparc__) || defined(__alpha__)
#define ODD_IOCTLS "ioctl numbers of this architecture are not the generic ones"
#endif
/* The program status word comes before the union. */
#ifdef __s390__
#define ODD_RUN "struct kvm_run of this architecture has another layout"
#endif

#ifdef ODD_IOCTLS
SKIPPED(KVM_IOCTLS, ODD_IOCTLS)
#else
COMPARED(KVM_IOCTLS)
#endif

COMPARED(KVM_NUMBERS)
COMPARED(KVM_STRUCTS)

#ifdef ODD_RUN
SKIPPED(KVM_RUN_LAYOUT, ODD_RUN)
#else
COMPARED(KVM_RUN_LAYOUT)
#endif

#ifdef KVM_CAP_GUEST_MEMFD
COMPARED(KVM_GUEST_MEMFD)
#ifdef ODD_IOCTLS
SKIPPED(KVM_GUEST_MEMFD_IOCTLS, ODD_IOCTLS)
#else
COMPARED(KVM_GUEST_MEMFD_IOCTLS)
#endif
#ifdef ODD_RUN
SKIPPED(KVM_GUEST_MEMFD_RUN, ODD_RUN)
#else
COMPARED(KVM_GUEST_MEMFD_RUN)
#endif
#else
#define NO_GUEST_MEMFD "<linux/kvm.h> is older than Linux 6.8"
SKIPPED(KVM_GUEST_MEMFD, NO_GUEST_MEMFD)
SKIPPED(KVM_GUEST_MEMFD_IOCTLS, NO_GUEST_MEMFD)
SKIPPED(KVM_GUEST_MEMFD_RUN, NO_GUEST_MEMFD)
#endif

#ifdef __x86_64__
COMPARED(X86_NUMBERS)
COMPARED(X86_STRUCTS)
COMPARED(SEV)
#else
#define NOT_X86 "<asm/kvm.h> is not that of x86"
SKIPPED(X86_NUMBERS, NOT_X86)
SKIPPED(X86_STRUCTS, NOT_X86)
SKIPPED(SEV, NOT_X86)
#endif

#ifdef KVM_X86_SNP_VM
COMPARED(SNP)
#else
SKIPPED(SNP, "<asm/kvm.h> is not that of x86, or older than Linux 6.11")
#endif

#ifdef ODD_IOCTLS
SKIPPED(PSP, ODD_IOCTLS)
#else
COMPARED(PSP)
#endif

/* Enumerators cannot be asked for; 6.12 is the first that is known to have all of these. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0)
COMPARED(PSP_SNP)
#else
SKIPPED(PSP_SNP, "<linux/psp-sev.h> is older than Linux 6.12")
#endif

#ifdef ODD_IOCTLS
SKIPPED(S390_NUMBERS, ODD_IOCTLS)
#else
COMPARED(S390_NUMBERS)
#endif

/* It moved from <linux/kvm.h> to <asm/kvm.h> of s390. */
#if defined(KVM_S390_MEMOP_LOGICAL_READ) && !defined(ODD_IOCTLS)
COMPARED(S390_PV)
#else
SKIPPED(S390_PV, "<linux/kvm.h> is that of Linux 6.9 or later, and <asm/kvm.h> not that of s390")
#endif

#ifdef __s390__
COMPARED(S390_CPU)
#else
SKIPPED(S390_CPU, "<asm/kvm.h> is not that of s390")
#endif

#endif
