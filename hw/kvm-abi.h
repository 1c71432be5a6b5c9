/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The part of the KVM ABI that all architectures share, in our own names.
 *
 * The kernel's headers of many distributions lack or move what cgvm needs, and an x86 build cannot see the
 * structures of other architectures, so nothing here comes from <linux/kvm.h>. Layouts follow Linux 6.12
 * (include/uapi/linux/kvm.h); tests/abi compares them with the system's headers wherever these define them.
 * The numbers are those of the machine that this is compiled for, as its kernel expects them: powerpc has
 * other bits for the direction of an ioctl than everybody else. Both sides of a simulated host see the same
 * ones.
 */
#ifndef HW_KVM_ABI_H
#define HW_KVM_ABI_H

#include <stdint.h>

#define ABI_ASSERT_SIZE(type, size) _Static_assert(sizeof(type) == (size), #type " has the kernel's size")

#define KVM_ABI_VERSION             12

/* include/uapi/asm-generic/ioctl.h and arch/powerpc/include/uapi/asm/ioctl.h: who writes what to whom. */
#ifdef __powerpc__
#define KVM_IOC_NONE  0x20000000UL
#define KVM_IOC_READ  0x40000000UL
#define KVM_IOC_WRITE 0x80000000UL
#else
#define KVM_IOC_NONE  0x00000000UL
#define KVM_IOC_READ  0x80000000UL
#define KVM_IOC_WRITE 0x40000000UL
#endif

/* KVM's ioctl number @p number, with an argument of @p size bytes that the kernel reads (IOW), writes (IOR)
 * or both (IOWR), or with a value or nothing (IO). */
#define KVM_IO(number)         (KVM_IOC_NONE | 0xae00UL | (number))
#define KVM_IOR(number, size)  (KVM_IOC_READ | (size)*0x10000UL | 0xae00UL | (number))
#define KVM_IOW(number, size)  (KVM_IOC_WRITE | (size)*0x10000UL | 0xae00UL | (number))
#define KVM_IOWR(number, size) (KVM_IOC_READ | KVM_IOC_WRITE | (size)*0x10000UL | 0xae00UL | (number))

/* ioctl numbers: of /dev/kvm, ... */
#define KVMIO_GET_API_VERSION    KVM_IO(0x00)
#define KVMIO_CREATE_VM          KVM_IO(0x01)
#define KVMIO_CHECK_EXTENSION    KVM_IO(0x03)
#define KVMIO_GET_VCPU_MMAP_SIZE KVM_IO(0x04)
/* ... of a VM, ... */
#define KVMIO_CREATE_VCPU             KVM_IO(0x41)
#define KVMIO_SET_USER_MEMORY_REGION  KVM_IOW(0x46, 32)
#define KVMIO_SET_USER_MEMORY_REGION2 KVM_IOW(0x49, 160)
#define KVMIO_ENABLE_CAP              KVM_IOW(0xa3, 104)
#define KVMIO_IRQ_LINE                KVM_IOW(0x61, 8)
#define KVMIO_MEMORY_ENCRYPT_OP       KVM_IOWR(0xba, 8)
#define KVMIO_SET_MEMORY_ATTRIBUTES   KVM_IOW(0xd2, 32)
#define KVMIO_CREATE_GUEST_MEMFD      KVM_IOWR(0xd4, 64)
/* ... of a vCPU, ... */
#define KVMIO_RUN          KVM_IO(0x80)
#define KVMIO_GET_MP_STATE KVM_IOR(0x98, 4)
#define KVMIO_SET_MP_STATE KVM_IOW(0x99, 4)
/* ... of a VM again, whose devices are descriptors, too, ... */
#define KVMIO_CREATE_DEVICE   KVM_IOWR(0xe0, 12)
#define KVMIO_SET_DEVICE_ATTR KVM_IOW(0xe1, 24)
/* ... and of any of them that has attributes. */
#define KVMIO_GET_DEVICE_ATTR KVM_IOW(0xe2, 24)
#define KVMIO_HAS_DEVICE_ATTR KVM_IOW(0xe3, 24)

/* Capabilities, the argument of KVMIO_CHECK_EXTENSION and KVMIO_ENABLE_CAP. */
#define KVMCAP_IRQCHIP           0
#define KVMCAP_USER_MEMORY       3
#define KVMCAP_NR_VCPUS          9
#define KVMCAP_MAX_VCPUS         66
#define KVMCAP_READONLY_MEM      81
#define KVMCAP_DEVICE_CTRL       89
#define KVMCAP_IMMEDIATE_EXIT    136
#define KVMCAP_EXIT_HYPERCALL    201
#define KVMCAP_USER_MEMORY2      231
#define KVMCAP_MEMORY_FAULT_INFO 232
#define KVMCAP_MEMORY_ATTRIBUTES 233
#define KVMCAP_GUEST_MEMFD       234
#define KVMCAP_VM_TYPES          235

/* KvmRegion.flags */
#define KVM_REGION_READONLY    (1u << 1)
#define KVM_REGION_GUEST_MEMFD (1u << 2)

/* KvmMemoryAttributes.attributes */
#define KVM_ATTRIBUTE_PRIVATE (UINT64_C(1) << 3)

/* KVM_CAP_EXIT_HYPERCALL: a bit for each hypercall number. */
#define KVM_HYPERCALL_MAP_GPA_RANGE 12

/** Of KVMIO_SET_USER_MEMORY_REGION, and the first part of that of KVMIO_SET_USER_MEMORY_REGION2. */
typedef struct KvmRegion {
    uint32_t slot;
    uint32_t flags;
    uint64_t guest_phys_addr;
    uint64_t memory_size;
    uint64_t userspace_addr;
} KvmRegion;
ABI_ASSERT_SIZE(KvmRegion, 32);

typedef struct KvmRegion2 {
    uint32_t slot;
    uint32_t flags;
    uint64_t guest_phys_addr;
    uint64_t memory_size;
    uint64_t userspace_addr;
    uint64_t guest_memfd_offset;
    uint32_t guest_memfd;
    uint32_t pad1;
    uint64_t pad2[14];
} KvmRegion2;
ABI_ASSERT_SIZE(KvmRegion2, 160);

typedef struct KvmMemoryAttributes {
    uint64_t address;
    uint64_t size;
    uint64_t attributes;
    uint64_t flags;
} KvmMemoryAttributes;
ABI_ASSERT_SIZE(KvmMemoryAttributes, 32);

typedef struct KvmCreateGuestMemfd {
    uint64_t size;
    uint64_t flags;
    uint64_t reserved[6];
} KvmCreateGuestMemfd;
ABI_ASSERT_SIZE(KvmCreateGuestMemfd, 64);

/** What a vCPU does besides running; the values are an architecture's own. */
typedef struct KvmMpState {
    uint32_t mp_state;
} KvmMpState;
ABI_ASSERT_SIZE(KvmMpState, 4);

typedef struct KvmEnableCap {
    uint32_t cap;
    uint32_t flags;
    uint64_t args[4];
    uint8_t pad[64];
} KvmEnableCap;
ABI_ASSERT_SIZE(KvmEnableCap, 104);

/** KvmCreateDevice.flags: only say whether there can be one. */
#define KVM_CREATE_DEVICE_TEST 1

typedef struct KvmCreateDevice {
    uint32_t type; /* a number that all architectures share */
    uint32_t fd;   /* set by the kernel */
    uint32_t flags;
} KvmCreateDevice;
ABI_ASSERT_SIZE(KvmCreateDevice, 12);

/** A level on one of the interrupt controller's inputs. */
typedef struct KvmIrqLevel {
    uint32_t irq;
    uint32_t level;
} KvmIrqLevel;
ABI_ASSERT_SIZE(KvmIrqLevel, 8);

typedef struct KvmDeviceAttr {
    uint32_t flags;
    uint32_t group;
    uint64_t attr;
    uint64_t addr;
} KvmDeviceAttr;
ABI_ASSERT_SIZE(KvmDeviceAttr, 24);

/* KvmRun.exit_reason */
enum {
    KVMEXIT_UNKNOWN = 0,
    KVMEXIT_EXCEPTION = 1,
    KVMEXIT_IO = 2,
    KVMEXIT_HYPERCALL = 3,
    KVMEXIT_DEBUG = 4,
    KVMEXIT_HLT = 5,
    KVMEXIT_MMIO = 6,
    KVMEXIT_SHUTDOWN = 8,
    KVMEXIT_FAIL_ENTRY = 9,
    KVMEXIT_INTR = 10,
    KVMEXIT_INTERNAL_ERROR = 17,
    KVMEXIT_PAPR_HCALL = 19,
    KVMEXIT_SYSTEM_EVENT = 24,
    KVMEXIT_RDMSR = 29,
    KVMEXIT_WRMSR = 30,
    KVMEXIT_MEMORY_FAULT = 39,
};

#define KVM_EXIT_IO_IN  0
#define KVM_EXIT_IO_OUT 1

/* KvmRun.system_event.type */
#define KVM_SYSTEM_EVENT_TYPE_SEV_TERM 6

/** The start of the page that a vCPU shares with its VMM. The page goes on behind it. */
typedef struct KvmRun {
    uint8_t request_interrupt_window;
    uint8_t immediate_exit;
    uint8_t padding1[6];
    uint32_t exit_reason;
    uint8_t ready_for_interrupt_injection;
    uint8_t if_flag;
    uint16_t flags;
    uint64_t cr8;
    uint64_t apic_base;
    union {
        struct {
            uint64_t hardware_exit_reason;
        } hw;
        struct {
            uint64_t hardware_entry_failure_reason;
            uint32_t cpu;
        } fail_entry;
        struct {
            uint8_t direction;
            uint8_t size;
            uint16_t port;
            uint32_t count;
            uint64_t data_offset; /* from the start of this structure */
        } io;
        struct {
            uint64_t phys_addr;
            uint8_t data[8];
            uint32_t len;
            uint8_t is_write;
        } mmio;
        struct {
            uint64_t nr;
            uint64_t args[6];
            uint64_t ret;
            uint64_t flags;
        } hypercall;
        struct {
            uint32_t suberror;
            uint32_t ndata;
            uint64_t data[16];
        } internal;
        struct {
            uint64_t nr;
            uint64_t ret;
            uint64_t args[9];
        } papr_hcall;
        struct {
            uint32_t type;
            uint32_t ndata;
            uint64_t data[16];
        } system_event;
        struct {
            uint8_t error; /* of the VMM: the instruction is a fault */
            uint8_t pad[7];
            uint32_t reason;
            uint32_t index;
            uint64_t data;
        } msr;
        struct {
            uint64_t flags;
            uint64_t gpa;
            uint64_t size;
        } memory_fault;
        uint8_t padding[256];
    };
} KvmRun;
ABI_ASSERT_SIZE(KvmRun, 32 + 256);

/** Bit of KvmRun.memory_fault.flags: the access was to private memory. */
#define KVM_MEMORY_FAULT_PRIVATE (UINT64_C(1) << 3)

#endif
