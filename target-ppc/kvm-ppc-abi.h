/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The powerpc part of the KVM ABI, in our own names; see hw/kvm-abi.h. Layouts follow Linux 6.12
 * (arch/powerpc/include/uapi/asm/kvm.h).
 */
#ifndef TARGET_PPC_KVM_PPC_ABI_H
#define TARGET_PPC_KVM_PPC_ABI_H

#include "hw/kvm-abi.h"

/* Of a VM, ... */
#define KVMIO_PPC_RTAS_DEFINE_TOKEN KVM_IOW(0xac, 128)
#define KVMIO_PPC_CONFIGURE_V3_MMU  KVM_IOW(0xaf, 16)
#define KVMIO_PPC_SVM_OFF           KVM_IO(0xb3)
/* ... and of a vCPU. */
#define KVMIO_GET_REGS    KVM_IOR(0x81, 392)
#define KVMIO_SET_REGS    KVM_IOW(0x82, 392)
#define KVMIO_GET_SREGS   KVM_IOR(0x83, 1232)
#define KVMIO_SET_SREGS   KVM_IOW(0x84, 1232)
#define KVMIO_GET_ONE_REG KVM_IOW(0xab, 16)
#define KVMIO_SET_ONE_REG KVM_IOW(0xac, 16)

/* Capabilities. */
#define KVMCAP_PPC_GET_PVINFO   57 /* of KVM-PR alone */
#define KVMCAP_PPC_PAPR         68
#define KVMCAP_ONE_REG          70
#define KVMCAP_PPC_RTAS         91
#define KVMCAP_IRQ_XICS         92
#define KVMCAP_PPC_ENABLE_HCALL 104
#define KVMCAP_PPC_MMU_RADIX    134
#define KVMCAP_PPC_MMU_HASH_V3  135
#define KVMCAP_PPC_SECURE_GUEST 181

/* Types of VM, the argument of KVMIO_CREATE_VM. */
#define KVM_VM_TYPE_PPC_AUTO 0 /* HV if there is one, else PR */
#define KVM_VM_TYPE_PPC_HV   1
#define KVM_VM_TYPE_PPC_PR   2

/* Types of device, of KVMIO_CREATE_DEVICE. */
#define KVM_DEVICE_XICS 3

/* Its attributes: a source's number in KvmDeviceAttr.attr, and 64 bits of which the low half is the server.
 */
#define KVM_XICS_SOURCES        1 /* KvmDeviceAttr.group */
#define KVM_XICS_PRIORITY_SHIFT 32
#define KVM_XICS_MASKED         (UINT64_C(1) << 41)
#define KVM_XICS_PENDING        (UINT64_C(1) << 42)

/** The general registers. */
typedef struct KvmPpcRegs {
    uint64_t pc;
    uint64_t cr;
    uint64_t ctr;
    uint64_t lr;
    uint64_t xer;
    uint64_t msr;
    uint64_t srr0;
    uint64_t srr1;
    uint64_t pid;
    uint64_t sprg[8];
    uint64_t gpr[32];
} KvmPpcRegs;
ABI_ASSERT_SIZE(KvmPpcRegs, 392);

/** The special registers; of a server processor only the version and the segments. */
typedef struct KvmPpcSregs {
    uint32_t pvr;
    uint32_t pad;
    uint64_t sdr1;
    struct {
        uint64_t slbe;
        uint64_t slbv;
    } slb[64];
    uint8_t other[192]; /* of other processors */
} KvmPpcSregs;
ABI_ASSERT_SIZE(KvmPpcSregs, 1232);

/** Of KVMIO_GET_ONE_REG and KVMIO_SET_ONE_REG. */
typedef struct KvmOneReg {
    uint64_t id;   /* with its size in it */
    uint64_t addr; /* of the value in this process */
} KvmOneReg;
ABI_ASSERT_SIZE(KvmOneReg, 16);

/* KvmOneReg.id */
#define KVM_REG_PPC_LPCR UINT64_C(0x10300000000000b5) /* 64 bits */
#define KVM_REG_PPC_ARCH_COMPAT                                                                              \
    UINT64_C(0x10200000000000b7) /* 32 bits: a logical version of the processor                              \
                                  */

/* Bits of the logical partition control register that a VMM may set. */
#define LPCR_ILE (UINT64_C(1) << 25) /* interrupts are taken in little endian */
#define LPCR_AIL (UINT64_C(3) << 23) /* interrupts are taken with translation on, at 0xc000000000004000 */

/* Bits of the machine state register. */
#define MSR_SF (UINT64_C(1) << 63) /* 64 bits */
#define MSR_ME (UINT64_C(1) << 12) /* machine checks are taken */
#define MSR_LE (UINT64_C(1) << 0)  /* little endian */

/** Of KVMIO_PPC_RTAS_DEFINE_TOKEN. */
typedef struct KvmRtasToken {
    char name[120];
    uint64_t token; /* 0: not defined any more */
} KvmRtasToken;
ABI_ASSERT_SIZE(KvmRtasToken, 128);

/* KvmMmuV3.flags */
#define KVM_MMU_V3_RADIX (UINT64_C(1) << 0)
#define KVM_MMU_V3_GTSE  (UINT64_C(1) << 1) /* the guest invalidates translations itself */

/** KvmMmuV3.process_table: the guest uses radix trees. */
#define PROCESS_TABLE_RADIX (UINT64_C(1) << 63)

/** Of KVMIO_PPC_CONFIGURE_V3_MMU. */
typedef struct KvmMmuV3 {
    uint64_t flags;
    uint64_t process_table; /* the second half of a partition table entry */
} KvmMmuV3;
ABI_ASSERT_SIZE(KvmMmuV3, 16);

/* The processor's version register, and logical versions, which stand for what an architecture has. */
#define PVR_POWER9          0x004e0000u
#define PVR_POWER10         0x00800000u
#define PVR_FAMILY          0xffff0000u
#define PVR_POWER9_LOGICAL  0x0f000005u
#define PVR_POWER10_LOGICAL 0x0f000006u

/** What a hypercall returns in r3, and an ultracall too. */
enum {
    H_SUCCESS = 0,
    H_BUSY = 1,
    H_HARDWARE = -1,
    H_FUNCTION = -2,
    H_PRIVILEGE = -3,
    H_PARAMETER = -4,
    H_AUTHORITY = -10,
    H_P2 = -55,
    H_P3 = -56,
    H_P4 = -57,
    H_UNSUPPORTED = -67,
    H_STATE = -75,
    H_UNSUPPORTED_FLAG = -256,
    H_MULTI_THREADS_ACTIVE = -9005,
};

/* Numbers of hypercalls (`sc 1`): of PAPR+, KVM's own from 0xf000 on, and those of an ultravisor. */
#define H_LOGICAL_CI_LOAD   0x3c
#define H_LOGICAL_CI_STORE  0x40
#define H_GET_TERM_CHAR     0x54
#define H_PUT_TERM_CHAR     0x58
#define H_REGISTER_VPA      0xdc
#define H_CEDE              0xe0
#define H_RANDOM            0x300
#define H_SET_MODE          0x31c
#define H_REGISTER_PROC_TBL 0x37c
#define H_RTAS              0xf000
#define H_SVM_PAGE_IN       0xef00
#define H_SVM_PAGE_OUT      0xef04
#define H_SVM_INIT_START    0xef08
#define H_SVM_INIT_DONE     0xef0c
#define H_SVM_INIT_ABORT    0xef14

/* H_SET_MODE: what is set. */
#define H_SET_MODE_ADDR_TRANS 3
#define H_SET_MODE_LE         4

/* H_REGISTER_PROC_TBL: its flags. */
#define PROC_TABLE_GTSE     0x01
#define PROC_TABLE_TYPE     0x06
#define PROC_TABLE_RADIX    0x04
#define PROC_TABLE_OP       0x18
#define PROC_TABLE_OP_CLEAR 0x10
#define PROC_TABLE_OP_NEW   0x18

/** The handle of the first terminal: its unit address in the device tree. */
#define PAPR_TERM_UNIT   0x71000000u
#define PAPR_TERM_OUTPUT 16 /* bytes in an H_PUT_TERM_CHAR or H_GET_TERM_CHAR */

#endif
