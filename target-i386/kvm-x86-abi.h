/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The x86 part of the KVM ABI, in our own names; see hw/kvm-abi.h. Layouts follow Linux 6.12
 * (arch/x86/include/uapi/asm/kvm.h).
 */
#ifndef TARGET_I386_KVM_X86_ABI_H
#define TARGET_I386_KVM_X86_ABI_H

#include "hw/kvm-abi.h"

#define KVMIO_GET_SUPPORTED_CPUID         KVM_IOWR(0x05, 8)
#define KVMIO_SET_TSS_ADDR                KVM_IO(0x47)
#define KVMIO_SET_IDENTITY_MAP_ADDR       KVM_IOW(0x48, 8)
#define KVMIO_CREATE_IRQCHIP              KVM_IO(0x60)
#define KVMIO_CREATE_PIT2                 KVM_IOW(0x77, 64)
#define KVMIO_GET_REGS                    KVM_IOR(0x81, 144)
#define KVMIO_SET_REGS                    KVM_IOW(0x82, 144)
#define KVMIO_GET_SREGS                   KVM_IOR(0x83, 312)
#define KVMIO_SET_SREGS                   KVM_IOW(0x84, 312)
#define KVMIO_TRANSLATE                   KVM_IOWR(0x85, 24)
#define KVMIO_GET_LAPIC                   KVM_IOR(0x8e, 1024)
#define KVMIO_SET_LAPIC                   KVM_IOW(0x8f, 1024)
#define KVMIO_SIGNAL_MSI                  KVM_IOW(0xa5, 32)
#define KVMIO_GET_MSRS                    KVM_IOWR(0x88, 8)
#define KVMIO_SET_MSRS                    KVM_IOW(0x89, 8)
#define KVMIO_GET_FPU                     KVM_IOR(0x8c, 416)
#define KVMIO_SET_FPU                     KVM_IOW(0x8d, 416)
#define KVMIO_SET_CPUID2                  KVM_IOW(0x90, 8)
#define KVMIO_GET_CPUID2                  KVM_IOWR(0x91, 8)
#define KVMIO_SET_TSC_KHZ                 KVM_IO(0xa2)
#define KVMIO_GET_XCRS                    KVM_IOR(0xa6, 392)
#define KVMIO_SET_XCRS                    KVM_IOW(0xa7, 392)
#define KVMIO_X86_SET_MSR_FILTER          KVM_IOW(0xc6, 392)

#define KVMIO_MEMORY_ENCRYPT_REG_REGION   KVM_IOR(0xbb, 16)
#define KVMIO_MEMORY_ENCRYPT_UNREG_REGION KVM_IOR(0xbc, 16)

#define KVMCAP_SET_TSS_ADDR               4
#define KVMCAP_EXT_CPUID                  7
#define KVMCAP_SET_IDENTITY_MAP_ADDR      37
#define KVMCAP_XCRS                       56
#define KVMCAP_TSC_CONTROL                60
#define KVMCAP_TSC_DEADLINE_TIMER         72
#define KVMCAP_X86_SMM                    117
#define KVMCAP_X86_USER_SPACE_MSR         188
#define KVMCAP_X86_MSR_FILTER             189
#define KVMCAP_VM_TSC_CONTROL             214

/* Types of VM, the argument of KVMIO_CREATE_VM and the bits of KVMCAP_VM_TYPES. */
#define KVM_VM_TYPE_DEFAULT      0
#define KVM_VM_TYPE_SW_PROTECTED 1
#define KVM_VM_TYPE_SEV          2
#define KVM_VM_TYPE_SEV_ES       3
#define KVM_VM_TYPE_SNP          4

/* Attributes of /dev/kvm. */
#define KVM_ATTR_GROUP_SEV         1
#define KVM_ATTR_SEV_VMSA_FEATURES 0

/* KvmMpState.mp_state */
#define KVM_MP_STATE_RUNNABLE      0
#define KVM_MP_STATE_INIT_RECEIVED 2
#define KVM_MP_STATE_HALTED        3

typedef struct KvmPitConfig {
    uint32_t flags;
    uint32_t pad[15];
} KvmPitConfig;
ABI_ASSERT_SIZE(KvmPitConfig, 64);

/* KvmPitConfig.flags: answer at port 0x61, too. */
#define KVM_PIT_SPEAKER_DUMMY 1

/** Memory of this process that an encrypted guest uses: the kernel must not move it. */
typedef struct KvmEncRegion {
    uint64_t addr;
    uint64_t size;
} KvmEncRegion;
ABI_ASSERT_SIZE(KvmEncRegion, 16);

typedef struct KvmSegment {
    uint64_t base;
    uint32_t limit;
    uint16_t selector;
    uint8_t type;
    uint8_t present, dpl, db, s, l, g, avl;
    uint8_t unusable;
    uint8_t padding;
} KvmSegment;
ABI_ASSERT_SIZE(KvmSegment, 24);

typedef struct KvmDescriptorTable {
    uint64_t base;
    uint16_t limit;
    uint16_t padding[3];
} KvmDescriptorTable;
ABI_ASSERT_SIZE(KvmDescriptorTable, 16);

typedef struct KvmSregs {
    KvmSegment cs, ds, es, fs, gs, ss;
    KvmSegment tr, ldt;
    KvmDescriptorTable gdt, idt;
    uint64_t cr0, cr2, cr3, cr4, cr8;
    uint64_t efer;
    uint64_t apic_base;
    uint64_t interrupt_bitmap[4];
} KvmSregs;
ABI_ASSERT_SIZE(KvmSregs, 312);

/** The registers of a local APIC, 0x10 apart. */
typedef struct KvmLapic {
    uint8_t regs[1024];
} KvmLapic;
ABI_ASSERT_SIZE(KvmLapic, 1024);

/** A message that is an interrupt. */
typedef struct KvmMsi {
    uint32_t address_lo, address_hi;
    uint32_t data;
    uint32_t flags;
    uint32_t devid;
    uint8_t padding[12];
} KvmMsi;
ABI_ASSERT_SIZE(KvmMsi, 32);

typedef struct KvmRegs {
    uint64_t rax, rbx, rcx, rdx;
    uint64_t rsi, rdi, rsp, rbp;
    uint64_t r8, r9, r10, r11;
    uint64_t r12, r13, r14, r15;
    uint64_t rip, rflags;
} KvmRegs;
ABI_ASSERT_SIZE(KvmRegs, 144);

typedef struct KvmFpu {
    uint8_t fpr[8][16];
    uint16_t fcw;
    uint16_t fsw;
    uint8_t ftwx;
    uint8_t pad1;
    uint16_t last_opcode;
    uint64_t last_ip;
    uint64_t last_dp;
    uint8_t xmm[16][16];
    uint32_t mxcsr;
    uint32_t pad2;
} KvmFpu;
ABI_ASSERT_SIZE(KvmFpu, 416);

typedef struct KvmXcr {
    uint32_t xcr;
    uint32_t reserved;
    uint64_t value;
} KvmXcr;

typedef struct KvmXcrs {
    uint32_t nr_xcrs;
    uint32_t flags;
    KvmXcr xcrs[16];
    uint64_t padding[16];
} KvmXcrs;
ABI_ASSERT_SIZE(KvmXcrs, 392);

typedef struct KvmMsrEntry {
    uint32_t index;
    uint32_t reserved;
    uint64_t data;
} KvmMsrEntry;
ABI_ASSERT_SIZE(KvmMsrEntry, 16);

/** The header of KVMIO_GET_MSRS and KVMIO_SET_MSRS; the entries follow. Both return how many they handled. */
typedef struct KvmMsrs {
    uint32_t nmsrs;
    uint32_t pad;
    KvmMsrEntry entries[];
} KvmMsrs;
ABI_ASSERT_SIZE(KvmMsrs, 8);

#define MSR_PAT           0x277
#define MSR_MTRR_DEF_TYPE 0x2ff

/* What KVMCAP_X86_USER_SPACE_MSR is enabled with: accesses that the filter denies leave KVM_RUN. */
#define KVM_MSR_EXIT_FILTER  (UINT64_C(1) << 2)

#define KVM_MSR_FILTER_READ  (1u << 0)
#define KVM_MSR_FILTER_WRITE (1u << 1)

/** Accesses to MSRs that are denied: those with a 0 in the bitmap. */
typedef struct KvmMsrFilterRange {
    uint32_t flags; /* KVM_MSR_FILTER_*: which accesses are meant */
    uint32_t nmsrs;
    uint32_t base;
    uint32_t padding;
    uint64_t bitmap; /* address of one bit for each MSR */
} KvmMsrFilterRange;
ABI_ASSERT_SIZE(KvmMsrFilterRange, 24);

typedef struct KvmMsrFilter {
    uint32_t flags; /* 0: what is in no range is allowed */
    uint32_t padding;
    KvmMsrFilterRange ranges[16];
} KvmMsrFilter;
ABI_ASSERT_SIZE(KvmMsrFilter, 392);

/** What a linear address means to a vCPU. */
typedef struct KvmTranslation {
    uint64_t linear_address;
    uint64_t physical_address;
    uint8_t valid, writeable, usermode;
    uint8_t pad[5];
} KvmTranslation;
ABI_ASSERT_SIZE(KvmTranslation, 24);

/* KvmCpuidEntry.flags */
#define KVM_CPUID_SIGNIFICANT_INDEX (1u << 0)

typedef struct KvmCpuidEntry {
    uint32_t function;
    uint32_t index;
    uint32_t flags;
    uint32_t eax, ebx, ecx, edx;
    uint32_t padding[3];
} KvmCpuidEntry;
ABI_ASSERT_SIZE(KvmCpuidEntry, 40);

/** The header of the CPUID ioctls; the entries follow. E2BIG asks for more room than `nent`. */
typedef struct KvmCpuid {
    uint32_t nent;
    uint32_t padding;
    KvmCpuidEntry entries[];
} KvmCpuid;
ABI_ASSERT_SIZE(KvmCpuid, 8);

#endif
