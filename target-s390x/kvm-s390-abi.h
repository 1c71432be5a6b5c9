/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The s390 part of the KVM ABI, in our own names; see hw/kvm-abi.h. Layouts follow Linux 6.12
 * (arch/s390/include/uapi/asm/kvm.h, include/uapi/linux/kvm.h). Everything is in the byte order of the host
 * that the kernel runs on; bits of facility lists and features are counted from the most significant one of
 * the first 64-bit word, as the architecture does.
 */
#ifndef TARGET_S390X_KVM_S390_ABI_H
#define TARGET_S390X_KVM_S390_ABI_H

#include <stddef.h>
#include "hw/kvm-abi.h"

/* ioctl numbers: of a VM, ... */
#define KVMIO_S390_PV_COMMAND KVM_IOWR(0xc5, 32)
/* ... of a VM or a vCPU, ... */
#define KVMIO_S390_INTERRUPT KVM_IOW(0x94, 16)
#define KVMIO_S390_MEM_OP    KVM_IOW(0xb1, 64)
/* ... and of a vCPU. */
#define KVMIO_S390_STORE_STATUS   KVM_IOW(0x95, 8)
#define KVMIO_S390_INITIAL_RESET  KVM_IO(0x97)
#define KVMIO_S390_IRQ            KVM_IOW(0xb4, 72)
#define KVMIO_S390_NORMAL_RESET   KVM_IO(0xc3)
#define KVMIO_S390_CLEAR_RESET    KVM_IO(0xc4)
#define KVMIO_S390_PV_CPU_COMMAND KVM_IOWR(0xd0, 32)
#define KVMIO_GET_REGS_S390       KVM_IOR(0x81, 128)
#define KVMIO_SET_REGS_S390       KVM_IOW(0x82, 128)
#define KVMIO_GET_SREGS_S390      KVM_IOR(0x83, 192)
#define KVMIO_SET_SREGS_S390      KVM_IOW(0x84, 192)

/* Capabilities. */
#define KVMCAP_MP_STATE                     14
#define KVMCAP_SYNC_REGS                    74
#define KVMCAP_S390_USER_SIGP               106
#define KVMCAP_S390_MEM_OP                  108
#define KVMCAP_S390_USER_STSI               109
#define KVMCAP_S390_INJECT_IRQ              113
#define KVMCAP_S390_HPAGE_1M                156
#define KVMCAP_S390_VCPU_RESETS             179
#define KVMCAP_S390_PROTECTED               180
#define KVMCAP_VM_ATTRIBUTES                101
#define KVMCAP_S390_MEM_OP_EXTENSION        211
#define KVMCAP_S390_PROTECTED_DUMP          217
#define KVMCAP_S390_PROTECTED_ASYNC_DISABLE 224

/* A memory slot begins and ends, in the guest and in this process, at multiples of this. */
#define KVM_S390_SLOT_ALIGNMENT UINT64_C(0x100000)

/* ---- attributes of a VM (KvmDeviceAttr.group and .attr) ---- */

#define KVM_S390_GROUP_MEMORY       0
#define KVM_S390_MEMORY_ENABLE_CMMA 0
#define KVM_S390_MEMORY_CLEAR_CMMA  1
#define KVM_S390_MEMORY_LIMIT       2 /* uint64_t: bytes; before vCPUs */

#define KVM_S390_GROUP_CPU_MODEL    3
#define KVM_S390_CPU_PROCESSOR      0 /* KvmS390Processor; set before vCPUs */
#define KVM_S390_CPU_MACHINE        1 /* KvmS390Machine; cannot be set */

#define KVM_S390_FACILITY_WORDS     256
#define KVM_S390_FACILITY_UNPACK    161 /* the guest can ask to be switched into secure mode */

/** What the vCPUs are. */
typedef struct KvmS390Processor {
    uint64_t cpuid;
    uint16_t ibc;
    uint8_t pad[6];
    uint64_t fac_list[KVM_S390_FACILITY_WORDS];
} KvmS390Processor;
ABI_ASSERT_SIZE(KvmS390Processor, 2064);

/** What the host could make them. */
typedef struct KvmS390Machine {
    uint64_t cpuid;
    uint32_t ibc;
    uint8_t pad[4];
    uint64_t fac_mask[KVM_S390_FACILITY_WORDS]; /* that KVM can give to guests */
    uint64_t fac_list[KVM_S390_FACILITY_WORDS]; /* of the host itself */
} KvmS390Machine;
ABI_ASSERT_SIZE(KvmS390Machine, 4112);

/* ---- protected virtualization ---- */

/* KvmS390PvCommand.cmd */
enum {
    KVM_S390_PV_ENABLE = 0,
    KVM_S390_PV_DISABLE = 1,
    KVM_S390_PV_SET_SEC_PARMS = 2, /* data: KvmS390PvSecParm */
    KVM_S390_PV_UNPACK = 3,        /* data: KvmS390PvUnpack */
    KVM_S390_PV_VERIFY = 4,
    KVM_S390_PV_PREP_RESET = 5,
    KVM_S390_PV_UNSHARE_ALL = 6,
    KVM_S390_PV_INFO = 7, /* data: KvmS390PvInfo */
    KVM_S390_PV_DUMP = 8, /* data: KvmS390PvDump */
    KVM_S390_PV_ASYNC_CLEANUP_PREPARE = 9,
    KVM_S390_PV_ASYNC_CLEANUP_PERFORM = 10,
};

/** Of KVMIO_S390_PV_COMMAND and KVMIO_S390_PV_CPU_COMMAND. The kernel writes it back even if it refuses. */
typedef struct KvmS390PvCommand {
    uint32_t cmd;
    uint16_t rc;   /* of the ultravisor's header: 1 is success */
    uint16_t rrc;  /* its reason */
    uint64_t data; /* an address in this process */
    uint32_t flags;
    uint32_t reserved[3];
} KvmS390PvCommand;
ABI_ASSERT_SIZE(KvmS390PvCommand, 32);

typedef struct KvmS390PvSecParm {
    uint64_t origin; /* address of the header in this process */
    uint64_t length;
} KvmS390PvSecParm;
ABI_ASSERT_SIZE(KvmS390PvSecParm, 16);

/* The largest KvmS390PvSecParm.length. */
#define KVM_S390_PV_LARGEST_HEADER 8192

typedef struct KvmS390PvUnpack {
    uint64_t addr; /* in the guest */
    uint64_t size;
    uint64_t tweak;
} KvmS390PvUnpack;
ABI_ASSERT_SIZE(KvmS390PvUnpack, 24);

/* KvmS390PvInfo.header.id */
#define KVM_S390_PV_INFO_VM   0
#define KVM_S390_PV_INFO_DUMP 1

typedef struct KvmS390PvInfo {
    struct {
        uint32_t id;
        uint32_t len_max;
        uint32_t len_written;
        uint32_t reserved;
    } header;
    union {
        struct {
            uint64_t inst_calls_list[4];
            uint64_t max_cpus;
            uint64_t max_guests;
            uint64_t max_guest_addr;
            uint64_t feature_indication;
        } vm;
        struct {
            uint64_t dump_cpu_buffer_len;
            uint64_t dump_config_mem_buffer_per_1m;
            uint64_t dump_config_finalize_len;
        } dump;
    };
} KvmS390PvInfo;
ABI_ASSERT_SIZE(KvmS390PvInfo, 80);

/* What KVM_PV_INFO needs room for, and writes. */
#define KVM_S390_PV_INFO_VM_SIZE   80
#define KVM_S390_PV_INFO_DUMP_SIZE 40

/* KvmS390PvDump.subcmd; the last is one of KVMIO_S390_PV_CPU_COMMAND. */
#define KVM_S390_PV_DUMP_INIT              0
#define KVM_S390_PV_DUMP_CONFIG_STOR_STATE 1
#define KVM_S390_PV_DUMP_COMPLETE          2
#define KVM_S390_PV_DUMP_CPU               3

typedef struct KvmS390PvDump {
    uint64_t subcmd;
    uint64_t buff_addr;
    uint64_t buff_len;
    uint64_t gaddr;
    uint64_t reserved[4];
} KvmS390PvDump;
ABI_ASSERT_SIZE(KvmS390PvDump, 64);

/* ---- guest memory and the intercepted instruction's data ---- */

/* KvmS390MemOp.op */
#define KVM_S390_MEMOP_OP_LOGICAL_READ   0
#define KVM_S390_MEMOP_OP_LOGICAL_WRITE  1
#define KVM_S390_MEMOP_OP_SIDA_READ      2 /* of a vCPU in secure mode */
#define KVM_S390_MEMOP_OP_SIDA_WRITE     3
#define KVM_S390_MEMOP_OP_ABSOLUTE_READ  4
#define KVM_S390_MEMOP_OP_ABSOLUTE_WRITE 5

/* What the ultravisor shows of an instruction's data, for the host to read and to write. */
#define KVM_S390_SIDA_SIZE 4096

typedef struct KvmS390MemOp {
    uint64_t gaddr;
    uint64_t flags;
    uint32_t size;
    uint32_t op;
    uint64_t buf; /* an address in this process */
    union {
        struct {
            uint8_t ar;
            uint8_t key;
        };
        uint32_t sida_offset;
        uint8_t reserved[32];
    };
} KvmS390MemOp;
ABI_ASSERT_SIZE(KvmS390MemOp, 64);

/* ---- state and interrupts of a vCPU ---- */

/* KvmMpState.mp_state */
#define KVM_MP_STATE_STOPPED_S390   5
#define KVM_MP_STATE_CHECK_STOP     6
#define KVM_MP_STATE_OPERATING_S390 7
#define KVM_MP_STATE_LOAD_S390      8 /* of a vCPU in secure mode: it starts as the image's header says */

/* KvmS390Interrupt.type */
#define KVM_S390_IRQ_STOP    0xfffe0000u
#define KVM_S390_IRQ_PROGRAM 0xfffe0001u /* parm: the code */
#define KVM_S390_IRQ_RESTART 0xfffe0003u
#define KVM_S390_IRQ_SERVICE 0xffff2401u /* of a VM; parm: the SCLP's */
#define KVM_S390_IRQ_VIRTIO  0xffff2603u

typedef struct KvmS390Interrupt {
    uint32_t type;
    uint32_t parm;
    uint64_t parm64;
} KvmS390Interrupt;
ABI_ASSERT_SIZE(KvmS390Interrupt, 16);

typedef struct KvmS390Regs {
    uint64_t gprs[16];
} KvmS390Regs;
ABI_ASSERT_SIZE(KvmS390Regs, 128);

typedef struct KvmS390Sregs {
    uint32_t acrs[16];
    uint64_t crs[16];
} KvmS390Sregs;
ABI_ASSERT_SIZE(KvmS390Sregs, 192);

/* ---- the page that a vCPU shares with its VMM ---- */

/* KvmRun.exit_reason: those of this architecture. */
#define KVMEXIT_S390_SIEIC    13
#define KVMEXIT_S390_RESET    14
#define KVMEXIT_S390_UCONTROL 20
#define KVMEXIT_S390_TSCH     22
#define KVMEXIT_S390_STSI     25

/* KvmS390Run.sieic.icptcode */
#define KVM_S390_ICPT_INSTRUCTION 0x04
#define KVM_S390_ICPT_PROGRAM     0x08
#define KVM_S390_ICPT_EXTERNAL    0x14
#define KVM_S390_ICPT_WAIT        0x1c
#define KVM_S390_ICPT_STOP        0x28
#define KVM_S390_ICPT_OPEREXC     0x2c
#define KVM_S390_ICPT_IO          0x40
#define KVM_S390_ICPT_PV_INSTR    0x68
#define KVM_S390_ICPT_PV_NOTIFY   0x6c
#define KVM_S390_ICPT_PV_PREF     0x70

/* KvmS390Run.reset_flags */
#define KVM_S390_RUN_RESET_POR       1
#define KVM_S390_RUN_RESET_CLEAR     2
#define KVM_S390_RUN_RESET_SUBSYSTEM 4
#define KVM_S390_RUN_RESET_CPU_INIT  8
#define KVM_S390_RUN_RESET_IPL       16

/* KvmS390Run.valid_regs and .dirty_regs */
#define KVM_S390_SYNC_PREFIX (UINT64_C(1) << 0)
#define KVM_S390_SYNC_GPRS   (UINT64_C(1) << 1)
#define KVM_S390_SYNC_ACRS   (UINT64_C(1) << 2)
#define KVM_S390_SYNC_CRS    (UINT64_C(1) << 3)
#define KVM_S390_SYNC_ARCH0  (UINT64_C(1) << 4) /* todpr, cputm, ckc, pp and gbea */
#define KVM_S390_SYNC_VRS    (UINT64_C(1) << 6) /* vrs and fpc */
#define KVM_S390_SYNC_FPRS   (UINT64_C(1) << 8) /* fprs and fpc, where there are no vector registers */
#define KVM_S390_SYNC_GSCB   (UINT64_C(1) << 9)

/** The registers that a vCPU shares: struct kvm_sync_regs. */
typedef struct KvmS390SyncRegs {
    uint64_t prefix;
    uint64_t gprs[16];
    uint32_t acrs[16];
    uint64_t crs[16];
    uint64_t todpr;
    uint64_t cputm;
    uint64_t ckc;
    uint64_t pp;
    uint64_t gbea;
    uint64_t pft;
    uint64_t pfs;
    uint64_t pfc;
    union {
        uint64_t vrs[32][2]; /* the first half of the first 16 are the floating point registers */
        uint64_t fprs[16];
    };
    uint8_t reserved1[512];
    uint32_t fpc;
    uint8_t other[308]; /* branch prediction, runtime instrumentation, diagnose 318 */
    uint64_t reserved2[2];
    uint64_t gscb[4]; /* guarded storage: a reserved word, designation, section mask, address of the list */
    uint8_t rest[208];
} KvmS390SyncRegs;
ABI_ASSERT_SIZE(KvmS390SyncRegs, 1984);
_Static_assert(offsetof(KvmS390SyncRegs, vrs) == 392 && offsetof(KvmS390SyncRegs, fpc) == 1416 &&
                   offsetof(KvmS390SyncRegs, gscb) == 1744,
               "KvmS390SyncRegs has the kernel's layout");

/**
 * KvmRun as it is on this architecture: the program status word comes before what the exit has to tell, so of
 * KvmRun only the members before its union may be used.
 */
typedef struct KvmS390Run {
    uint8_t request_interrupt_window;
    uint8_t immediate_exit;
    uint8_t padding1[6];
    uint32_t exit_reason;
    uint8_t ready_for_interrupt_injection;
    uint8_t if_flag;
    uint16_t flags;
    uint64_t cr8;
    uint64_t apic_base;
    uint64_t psw_mask;
    uint64_t psw_addr;
    union {
        struct {
            uint64_t hardware_exit_reason;
        } hw;
        struct {
            uint64_t hardware_entry_failure_reason;
            uint32_t cpu;
        } fail_entry;
        struct {
            uint8_t icptcode;
            uint16_t ipa;
            uint32_t ipb;
        } sieic;
        uint64_t reset_flags;
        struct {
            uint64_t trans_exc_code;
            uint32_t pgm_code;
        } ucontrol;
        struct {
            uint16_t subchannel_id;
            uint16_t subchannel_nr;
            uint32_t io_int_parm;
            uint32_t io_int_word;
            uint32_t ipb;
            uint8_t dequeued;
        } tsch;
        struct {
            uint64_t addr;
            uint8_t ar;
            uint8_t reserved;
            uint8_t fc;
            uint8_t sel1;
            uint16_t sel2;
        } stsi;
        struct {
            uint32_t suberror;
            uint32_t ndata;
            uint64_t data[16];
        } internal;
        uint8_t padding[256];
    };
    uint64_t valid_regs;
    uint64_t dirty_regs;
    union {
        KvmS390SyncRegs regs;
        uint8_t regs_padding[2048];
    };
} KvmS390Run;
ABI_ASSERT_SIZE(KvmS390Run, 32 + 16 + 256 + 16 + 2048);
_Static_assert(offsetof(KvmS390Run, padding) == sizeof(KvmRun) - 256 + 16, "the PSW comes before the union");

#endif
