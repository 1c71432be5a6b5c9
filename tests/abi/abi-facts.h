/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * What our ABI headers (hw/kvm-abi.h, target-i386/kvm-x86-abi.h, target-i386/sev-abi.h,
 * target-s390x/kvm-s390-abi.h) and the system's have in common, as lists that are expanded twice: with the
 * system's names in abi-system.c and with ours in test-abi.c. No source file can include both kinds of
 * header, because they define some names both.
 *
 * A list takes the macros that expand its rows:
 *   SIZE(struct, type)                      the size of `struct struct` and of our `type`
 *   MEMBER(struct, type, member)            offset and size of a member that has the same name in both
 *   RENAMED(struct, member, type, our)      offset and size of a member that has not
 *   VALUE(constant, our)                    a number
 * A group is what appeared in the system's headers at one time.
 */
#ifndef TESTS_ABI_ABI_FACTS_H
#define TESTS_ABI_ABI_FACTS_H

#include <stddef.h>
#include "tests/abi/abi-facts-s390.h"

typedef struct AbiFact {
    const char *name;         /* in our names */
    unsigned long long value; /* a number, or an offset */
    unsigned long long size;  /* of a member, otherwise 0 */
} AbiFact;

typedef struct AbiGroup {
    const char *skipped; /* why the system's headers do not tell, or NULL */
    const AbiFact *facts;
    size_t n_facts;
} AbiGroup;

#define ABI_KVM_IOCTLS(SIZE, MEMBER, RENAMED, VALUE)                                                         \
    VALUE(KVM_GET_API_VERSION, KVMIO_GET_API_VERSION)                                                        \
    VALUE(KVM_CREATE_VM, KVMIO_CREATE_VM)                                                                    \
    VALUE(KVM_CHECK_EXTENSION, KVMIO_CHECK_EXTENSION)                                                        \
    VALUE(KVM_GET_VCPU_MMAP_SIZE, KVMIO_GET_VCPU_MMAP_SIZE)                                                  \
    VALUE(KVM_CREATE_VCPU, KVMIO_CREATE_VCPU)                                                                \
    VALUE(KVM_SET_USER_MEMORY_REGION, KVMIO_SET_USER_MEMORY_REGION)                                          \
    VALUE(KVM_ENABLE_CAP, KVMIO_ENABLE_CAP)                                                                  \
    VALUE(KVM_MEMORY_ENCRYPT_OP, KVMIO_MEMORY_ENCRYPT_OP)                                                    \
    VALUE(KVM_RUN, KVMIO_RUN)                                                                                \
    VALUE(KVM_GET_DEVICE_ATTR, KVMIO_GET_DEVICE_ATTR)                                                        \
    VALUE(KVM_HAS_DEVICE_ATTR, KVMIO_HAS_DEVICE_ATTR)                                                        \
    VALUE(KVM_CREATE_DEVICE, KVMIO_CREATE_DEVICE)                                                            \
    VALUE(KVM_SET_DEVICE_ATTR, KVMIO_SET_DEVICE_ATTR)

#define ABI_KVM_NUMBERS(SIZE, MEMBER, RENAMED, VALUE)                                                        \
    VALUE(KVM_API_VERSION, KVM_ABI_VERSION)                                                                  \
    VALUE(KVM_CAP_IRQCHIP, KVMCAP_IRQCHIP)                                                                   \
    VALUE(KVM_CAP_USER_MEMORY, KVMCAP_USER_MEMORY)                                                           \
    VALUE(KVM_CAP_NR_VCPUS, KVMCAP_NR_VCPUS)                                                                 \
    VALUE(KVM_CAP_MAX_VCPUS, KVMCAP_MAX_VCPUS)                                                               \
    VALUE(KVM_CAP_DEVICE_CTRL, KVMCAP_DEVICE_CTRL)                                                           \
    VALUE(KVM_CREATE_DEVICE_TEST, KVM_CREATE_DEVICE_TEST)                                                    \
    VALUE(KVM_EXIT_PAPR_HCALL, KVMEXIT_PAPR_HCALL)                                                           \
    VALUE(KVM_CAP_READONLY_MEM, KVMCAP_READONLY_MEM)                                                         \
    VALUE(KVM_CAP_IMMEDIATE_EXIT, KVMCAP_IMMEDIATE_EXIT)                                                     \
    VALUE(KVM_CAP_EXIT_HYPERCALL, KVMCAP_EXIT_HYPERCALL)                                                     \
    VALUE(KVM_MEM_READONLY, KVM_REGION_READONLY)                                                             \
    VALUE(KVM_HC_MAP_GPA_RANGE, KVM_HYPERCALL_MAP_GPA_RANGE)                                                 \
    VALUE(KVM_EXIT_UNKNOWN, KVMEXIT_UNKNOWN)                                                                 \
    VALUE(KVM_EXIT_EXCEPTION, KVMEXIT_EXCEPTION)                                                             \
    VALUE(KVM_EXIT_IO, KVMEXIT_IO)                                                                           \
    VALUE(KVM_EXIT_HYPERCALL, KVMEXIT_HYPERCALL)                                                             \
    VALUE(KVM_EXIT_DEBUG, KVMEXIT_DEBUG)                                                                     \
    VALUE(KVM_EXIT_HLT, KVMEXIT_HLT)                                                                         \
    VALUE(KVM_EXIT_MMIO, KVMEXIT_MMIO)                                                                       \
    VALUE(KVM_EXIT_SHUTDOWN, KVMEXIT_SHUTDOWN)                                                               \
    VALUE(KVM_EXIT_FAIL_ENTRY, KVMEXIT_FAIL_ENTRY)                                                           \
    VALUE(KVM_EXIT_INTR, KVMEXIT_INTR)                                                                       \
    VALUE(KVM_EXIT_INTERNAL_ERROR, KVMEXIT_INTERNAL_ERROR)                                                   \
    VALUE(KVM_EXIT_SYSTEM_EVENT, KVMEXIT_SYSTEM_EVENT)                                                       \
    VALUE(KVM_EXIT_X86_RDMSR, KVMEXIT_RDMSR)                                                                 \
    VALUE(KVM_EXIT_X86_WRMSR, KVMEXIT_WRMSR)                                                                 \
    VALUE(KVM_EXIT_IO_IN, KVM_EXIT_IO_IN)                                                                    \
    VALUE(KVM_EXIT_IO_OUT, KVM_EXIT_IO_OUT)                                                                  \
    VALUE(KVM_SYSTEM_EVENT_SEV_TERM, KVM_SYSTEM_EVENT_TYPE_SEV_TERM)

#define ABI_KVM_STRUCTS(SIZE, MEMBER, RENAMED, VALUE)                                                        \
    SIZE(kvm_userspace_memory_region, KvmRegion)                                                             \
    SIZE(kvm_create_device, KvmCreateDevice)                                                                 \
    MEMBER(kvm_create_device, KvmCreateDevice, type)                                                         \
    MEMBER(kvm_create_device, KvmCreateDevice, fd)                                                           \
    MEMBER(kvm_create_device, KvmCreateDevice, flags)                                                        \
    MEMBER(kvm_userspace_memory_region, KvmRegion, slot)                                                     \
    MEMBER(kvm_userspace_memory_region, KvmRegion, flags)                                                    \
    MEMBER(kvm_userspace_memory_region, KvmRegion, guest_phys_addr)                                          \
    MEMBER(kvm_userspace_memory_region, KvmRegion, memory_size)                                              \
    MEMBER(kvm_userspace_memory_region, KvmRegion, userspace_addr)                                           \
    SIZE(kvm_enable_cap, KvmEnableCap)                                                                       \
    MEMBER(kvm_enable_cap, KvmEnableCap, cap)                                                                \
    MEMBER(kvm_enable_cap, KvmEnableCap, flags)                                                              \
    MEMBER(kvm_enable_cap, KvmEnableCap, args)                                                               \
    MEMBER(kvm_enable_cap, KvmEnableCap, pad)                                                                \
    SIZE(kvm_device_attr, KvmDeviceAttr)                                                                     \
    MEMBER(kvm_device_attr, KvmDeviceAttr, flags)                                                            \
    MEMBER(kvm_device_attr, KvmDeviceAttr, group)                                                            \
    MEMBER(kvm_device_attr, KvmDeviceAttr, attr)                                                             \
    MEMBER(kvm_device_attr, KvmDeviceAttr, addr)

#define ABI_KVM_RUN_LAYOUT(SIZE, MEMBER, RENAMED, VALUE)                                                     \
    VALUE(offsetof(struct kvm_run, kvm_valid_regs), sizeof(KvmRun))                                          \
    MEMBER(kvm_run, KvmRun, request_interrupt_window)                                                        \
    MEMBER(kvm_run, KvmRun, immediate_exit)                                                                  \
    MEMBER(kvm_run, KvmRun, padding1)                                                                        \
    MEMBER(kvm_run, KvmRun, exit_reason)                                                                     \
    MEMBER(kvm_run, KvmRun, ready_for_interrupt_injection)                                                   \
    MEMBER(kvm_run, KvmRun, if_flag)                                                                         \
    MEMBER(kvm_run, KvmRun, flags)                                                                           \
    MEMBER(kvm_run, KvmRun, cr8)                                                                             \
    MEMBER(kvm_run, KvmRun, apic_base)                                                                       \
    MEMBER(kvm_run, KvmRun, hw.hardware_exit_reason)                                                         \
    MEMBER(kvm_run, KvmRun, fail_entry.hardware_entry_failure_reason)                                        \
    MEMBER(kvm_run, KvmRun, fail_entry.cpu)                                                                  \
    MEMBER(kvm_run, KvmRun, io.direction)                                                                    \
    MEMBER(kvm_run, KvmRun, io.size)                                                                         \
    MEMBER(kvm_run, KvmRun, io.port)                                                                         \
    MEMBER(kvm_run, KvmRun, io.count)                                                                        \
    MEMBER(kvm_run, KvmRun, io.data_offset)                                                                  \
    MEMBER(kvm_run, KvmRun, mmio.phys_addr)                                                                  \
    MEMBER(kvm_run, KvmRun, mmio.data)                                                                       \
    MEMBER(kvm_run, KvmRun, mmio.len)                                                                        \
    MEMBER(kvm_run, KvmRun, mmio.is_write)                                                                   \
    MEMBER(kvm_run, KvmRun, hypercall.nr)                                                                    \
    MEMBER(kvm_run, KvmRun, hypercall.args)                                                                  \
    MEMBER(kvm_run, KvmRun, hypercall.ret)                                                                   \
    MEMBER(kvm_run, KvmRun, internal.suberror)                                                               \
    MEMBER(kvm_run, KvmRun, internal.ndata)                                                                  \
    MEMBER(kvm_run, KvmRun, internal.data)                                                                   \
    MEMBER(kvm_run, KvmRun, papr_hcall.nr)                                                                   \
    MEMBER(kvm_run, KvmRun, papr_hcall.ret)                                                                  \
    MEMBER(kvm_run, KvmRun, papr_hcall.args)                                                                 \
    MEMBER(kvm_run, KvmRun, system_event.type)                                                               \
    MEMBER(kvm_run, KvmRun, msr.error)                                                                       \
    MEMBER(kvm_run, KvmRun, msr.index)                                                                       \
    MEMBER(kvm_run, KvmRun, msr.data)                                                                        \
    MEMBER(kvm_run, KvmRun, system_event.ndata)                                                              \
    MEMBER(kvm_run, KvmRun, system_event.data)                                                               \
    MEMBER(kvm_run, KvmRun, padding)

/* Linux 6.8, and kvm_run.hypercall.flags of 6.4. */
#define ABI_KVM_GUEST_MEMFD(SIZE, MEMBER, RENAMED, VALUE)                                                    \
    VALUE(KVM_CAP_USER_MEMORY2, KVMCAP_USER_MEMORY2)                                                         \
    VALUE(KVM_CAP_MEMORY_FAULT_INFO, KVMCAP_MEMORY_FAULT_INFO)                                               \
    VALUE(KVM_CAP_MEMORY_ATTRIBUTES, KVMCAP_MEMORY_ATTRIBUTES)                                               \
    VALUE(KVM_CAP_GUEST_MEMFD, KVMCAP_GUEST_MEMFD)                                                           \
    VALUE(KVM_CAP_VM_TYPES, KVMCAP_VM_TYPES)                                                                 \
    VALUE(KVM_MEM_GUEST_MEMFD, KVM_REGION_GUEST_MEMFD)                                                       \
    VALUE(KVM_MEMORY_ATTRIBUTE_PRIVATE, KVM_ATTRIBUTE_PRIVATE)                                               \
    VALUE(KVM_EXIT_MEMORY_FAULT, KVMEXIT_MEMORY_FAULT)                                                       \
    VALUE(KVM_MEMORY_EXIT_FLAG_PRIVATE, KVM_MEMORY_FAULT_PRIVATE)                                            \
    SIZE(kvm_userspace_memory_region2, KvmRegion2)                                                           \
    MEMBER(kvm_userspace_memory_region2, KvmRegion2, slot)                                                   \
    MEMBER(kvm_userspace_memory_region2, KvmRegion2, flags)                                                  \
    MEMBER(kvm_userspace_memory_region2, KvmRegion2, guest_phys_addr)                                        \
    MEMBER(kvm_userspace_memory_region2, KvmRegion2, memory_size)                                            \
    MEMBER(kvm_userspace_memory_region2, KvmRegion2, userspace_addr)                                         \
    MEMBER(kvm_userspace_memory_region2, KvmRegion2, guest_memfd_offset)                                     \
    MEMBER(kvm_userspace_memory_region2, KvmRegion2, guest_memfd)                                            \
    MEMBER(kvm_userspace_memory_region2, KvmRegion2, pad1)                                                   \
    MEMBER(kvm_userspace_memory_region2, KvmRegion2, pad2)                                                   \
    SIZE(kvm_memory_attributes, KvmMemoryAttributes)                                                         \
    MEMBER(kvm_memory_attributes, KvmMemoryAttributes, address)                                              \
    MEMBER(kvm_memory_attributes, KvmMemoryAttributes, size)                                                 \
    MEMBER(kvm_memory_attributes, KvmMemoryAttributes, attributes)                                           \
    MEMBER(kvm_memory_attributes, KvmMemoryAttributes, flags)                                                \
    SIZE(kvm_create_guest_memfd, KvmCreateGuestMemfd)                                                        \
    MEMBER(kvm_create_guest_memfd, KvmCreateGuestMemfd, size)                                                \
    MEMBER(kvm_create_guest_memfd, KvmCreateGuestMemfd, flags)                                               \
    MEMBER(kvm_create_guest_memfd, KvmCreateGuestMemfd, reserved)

#define ABI_KVM_GUEST_MEMFD_IOCTLS(SIZE, MEMBER, RENAMED, VALUE)                                             \
    VALUE(KVM_SET_USER_MEMORY_REGION2, KVMIO_SET_USER_MEMORY_REGION2)                                        \
    VALUE(KVM_SET_MEMORY_ATTRIBUTES, KVMIO_SET_MEMORY_ATTRIBUTES)                                            \
    VALUE(KVM_CREATE_GUEST_MEMFD, KVMIO_CREATE_GUEST_MEMFD)

#define ABI_KVM_GUEST_MEMFD_RUN(SIZE, MEMBER, RENAMED, VALUE)                                                \
    MEMBER(kvm_run, KvmRun, hypercall.flags)                                                                 \
    MEMBER(kvm_run, KvmRun, memory_fault.flags)                                                              \
    MEMBER(kvm_run, KvmRun, memory_fault.gpa)                                                                \
    MEMBER(kvm_run, KvmRun, memory_fault.size)

#define ABI_X86_NUMBERS(SIZE, MEMBER, RENAMED, VALUE)                                                        \
    VALUE(KVM_GET_SUPPORTED_CPUID, KVMIO_GET_SUPPORTED_CPUID)                                                \
    VALUE(KVM_SET_TSS_ADDR, KVMIO_SET_TSS_ADDR)                                                              \
    VALUE(KVM_SET_IDENTITY_MAP_ADDR, KVMIO_SET_IDENTITY_MAP_ADDR)                                            \
    VALUE(KVM_CREATE_IRQCHIP, KVMIO_CREATE_IRQCHIP)                                                          \
    VALUE(KVM_IRQ_LINE, KVMIO_IRQ_LINE)                                                                      \
    VALUE(KVM_CREATE_PIT2, KVMIO_CREATE_PIT2)                                                                \
    VALUE(KVM_GET_REGS, KVMIO_GET_REGS)                                                                      \
    VALUE(KVM_SET_REGS, KVMIO_SET_REGS)                                                                      \
    VALUE(KVM_GET_SREGS, KVMIO_GET_SREGS)                                                                    \
    VALUE(KVM_SET_SREGS, KVMIO_SET_SREGS)                                                                    \
    VALUE(KVM_GET_MSRS, KVMIO_GET_MSRS)                                                                      \
    VALUE(KVM_SET_MSRS, KVMIO_SET_MSRS)                                                                      \
    VALUE(KVM_GET_FPU, KVMIO_GET_FPU)                                                                        \
    VALUE(KVM_SET_FPU, KVMIO_SET_FPU)                                                                        \
    VALUE(KVM_SET_CPUID2, KVMIO_SET_CPUID2)                                                                  \
    VALUE(KVM_GET_CPUID2, KVMIO_GET_CPUID2)                                                                  \
    VALUE(KVM_SET_TSC_KHZ, KVMIO_SET_TSC_KHZ)                                                                \
    VALUE(KVM_GET_XCRS, KVMIO_GET_XCRS)                                                                      \
    VALUE(KVM_SET_XCRS, KVMIO_SET_XCRS)                                                                      \
    VALUE(KVM_TRANSLATE, KVMIO_TRANSLATE)                                                                    \
    VALUE(KVM_GET_LAPIC, KVMIO_GET_LAPIC)                                                                    \
    VALUE(KVM_SET_LAPIC, KVMIO_SET_LAPIC)                                                                    \
    VALUE(KVM_SIGNAL_MSI, KVMIO_SIGNAL_MSI)                                                                  \
    VALUE(KVM_SET_MP_STATE, KVMIO_SET_MP_STATE)                                                              \
    VALUE(KVM_X86_SET_MSR_FILTER, KVMIO_X86_SET_MSR_FILTER)                                                  \
    VALUE(KVM_CAP_X86_USER_SPACE_MSR, KVMCAP_X86_USER_SPACE_MSR)                                             \
    VALUE(KVM_CAP_X86_MSR_FILTER, KVMCAP_X86_MSR_FILTER)                                                     \
    VALUE(KVM_MSR_EXIT_REASON_FILTER, KVM_MSR_EXIT_FILTER)                                                   \
    VALUE(KVM_MSR_FILTER_READ, KVM_MSR_FILTER_READ)                                                          \
    VALUE(KVM_MSR_FILTER_WRITE, KVM_MSR_FILTER_WRITE)                                                        \
    VALUE(KVM_MP_STATE_INIT_RECEIVED, KVM_MP_STATE_INIT_RECEIVED)                                            \
    VALUE(KVM_MP_STATE_HALTED, KVM_MP_STATE_HALTED)                                                          \
    VALUE(KVM_MEMORY_ENCRYPT_REG_REGION, KVMIO_MEMORY_ENCRYPT_REG_REGION)                                    \
    VALUE(KVM_MEMORY_ENCRYPT_UNREG_REGION, KVMIO_MEMORY_ENCRYPT_UNREG_REGION)                                \
    VALUE(KVM_CAP_SET_TSS_ADDR, KVMCAP_SET_TSS_ADDR)                                                         \
    VALUE(KVM_CAP_EXT_CPUID, KVMCAP_EXT_CPUID)                                                               \
    VALUE(KVM_CAP_SET_IDENTITY_MAP_ADDR, KVMCAP_SET_IDENTITY_MAP_ADDR)                                       \
    VALUE(KVM_CAP_XCRS, KVMCAP_XCRS)                                                                         \
    VALUE(KVM_CAP_TSC_CONTROL, KVMCAP_TSC_CONTROL)                                                           \
    VALUE(KVM_CAP_X86_SMM, KVMCAP_X86_SMM)                                                                   \
    VALUE(KVM_CAP_TSC_DEADLINE_TIMER, KVMCAP_TSC_DEADLINE_TIMER)                                             \
    VALUE(KVM_CAP_VM_TSC_CONTROL, KVMCAP_VM_TSC_CONTROL)                                                     \
    VALUE(KVM_CPUID_FLAG_SIGNIFCANT_INDEX, KVM_CPUID_SIGNIFICANT_INDEX)

#define ABI_X86_STRUCTS(SIZE, MEMBER, RENAMED, VALUE)                                                        \
    SIZE(kvm_irq_level, KvmIrqLevel)                                                                         \
    MEMBER(kvm_irq_level, KvmIrqLevel, irq)                                                                  \
    MEMBER(kvm_irq_level, KvmIrqLevel, level)                                                                \
    SIZE(kvm_pit_config, KvmPitConfig)                                                                       \
    MEMBER(kvm_pit_config, KvmPitConfig, flags)                                                              \
    SIZE(kvm_enc_region, KvmEncRegion)                                                                       \
    MEMBER(kvm_enc_region, KvmEncRegion, addr)                                                               \
    MEMBER(kvm_enc_region, KvmEncRegion, size)                                                               \
    SIZE(kvm_segment, KvmSegment)                                                                            \
    MEMBER(kvm_segment, KvmSegment, base)                                                                    \
    MEMBER(kvm_segment, KvmSegment, limit)                                                                   \
    MEMBER(kvm_segment, KvmSegment, selector)                                                                \
    MEMBER(kvm_segment, KvmSegment, type)                                                                    \
    MEMBER(kvm_segment, KvmSegment, present)                                                                 \
    MEMBER(kvm_segment, KvmSegment, dpl)                                                                     \
    MEMBER(kvm_segment, KvmSegment, db)                                                                      \
    MEMBER(kvm_segment, KvmSegment, s)                                                                       \
    MEMBER(kvm_segment, KvmSegment, l)                                                                       \
    MEMBER(kvm_segment, KvmSegment, g)                                                                       \
    MEMBER(kvm_segment, KvmSegment, avl)                                                                     \
    MEMBER(kvm_segment, KvmSegment, unusable)                                                                \
    MEMBER(kvm_segment, KvmSegment, padding)                                                                 \
    SIZE(kvm_dtable, KvmDescriptorTable)                                                                     \
    MEMBER(kvm_dtable, KvmDescriptorTable, base)                                                             \
    MEMBER(kvm_dtable, KvmDescriptorTable, limit)                                                            \
    MEMBER(kvm_dtable, KvmDescriptorTable, padding)                                                          \
    SIZE(kvm_lapic_state, KvmLapic)                                                                          \
    MEMBER(kvm_lapic_state, KvmLapic, regs)                                                                  \
    SIZE(kvm_msi, KvmMsi)                                                                                    \
    MEMBER(kvm_msi, KvmMsi, address_lo)                                                                      \
    MEMBER(kvm_msi, KvmMsi, data)                                                                            \
    MEMBER(kvm_msi, KvmMsi, flags)                                                                           \
    SIZE(kvm_sregs, KvmSregs)                                                                                \
    MEMBER(kvm_sregs, KvmSregs, cs)                                                                          \
    MEMBER(kvm_sregs, KvmSregs, ds)                                                                          \
    MEMBER(kvm_sregs, KvmSregs, es)                                                                          \
    MEMBER(kvm_sregs, KvmSregs, fs)                                                                          \
    MEMBER(kvm_sregs, KvmSregs, gs)                                                                          \
    MEMBER(kvm_sregs, KvmSregs, ss)                                                                          \
    MEMBER(kvm_sregs, KvmSregs, tr)                                                                          \
    MEMBER(kvm_sregs, KvmSregs, ldt)                                                                         \
    MEMBER(kvm_sregs, KvmSregs, gdt)                                                                         \
    MEMBER(kvm_sregs, KvmSregs, idt)                                                                         \
    MEMBER(kvm_sregs, KvmSregs, cr0)                                                                         \
    MEMBER(kvm_sregs, KvmSregs, cr2)                                                                         \
    MEMBER(kvm_sregs, KvmSregs, cr3)                                                                         \
    MEMBER(kvm_sregs, KvmSregs, cr4)                                                                         \
    MEMBER(kvm_sregs, KvmSregs, cr8)                                                                         \
    MEMBER(kvm_sregs, KvmSregs, efer)                                                                        \
    MEMBER(kvm_sregs, KvmSregs, apic_base)                                                                   \
    MEMBER(kvm_sregs, KvmSregs, interrupt_bitmap)                                                            \
    SIZE(kvm_regs, KvmRegs)                                                                                  \
    MEMBER(kvm_regs, KvmRegs, rax)                                                                           \
    MEMBER(kvm_regs, KvmRegs, rbx)                                                                           \
    MEMBER(kvm_regs, KvmRegs, rcx)                                                                           \
    MEMBER(kvm_regs, KvmRegs, rdx)                                                                           \
    MEMBER(kvm_regs, KvmRegs, rsi)                                                                           \
    MEMBER(kvm_regs, KvmRegs, rdi)                                                                           \
    MEMBER(kvm_regs, KvmRegs, rsp)                                                                           \
    MEMBER(kvm_regs, KvmRegs, rbp)                                                                           \
    MEMBER(kvm_regs, KvmRegs, r8)                                                                            \
    MEMBER(kvm_regs, KvmRegs, r9)                                                                            \
    MEMBER(kvm_regs, KvmRegs, r10)                                                                           \
    MEMBER(kvm_regs, KvmRegs, r11)                                                                           \
    MEMBER(kvm_regs, KvmRegs, r12)                                                                           \
    MEMBER(kvm_regs, KvmRegs, r13)                                                                           \
    MEMBER(kvm_regs, KvmRegs, r14)                                                                           \
    MEMBER(kvm_regs, KvmRegs, r15)                                                                           \
    MEMBER(kvm_regs, KvmRegs, rip)                                                                           \
    MEMBER(kvm_regs, KvmRegs, rflags)                                                                        \
    SIZE(kvm_fpu, KvmFpu)                                                                                    \
    MEMBER(kvm_fpu, KvmFpu, fpr)                                                                             \
    MEMBER(kvm_fpu, KvmFpu, fcw)                                                                             \
    MEMBER(kvm_fpu, KvmFpu, fsw)                                                                             \
    MEMBER(kvm_fpu, KvmFpu, ftwx)                                                                            \
    MEMBER(kvm_fpu, KvmFpu, pad1)                                                                            \
    MEMBER(kvm_fpu, KvmFpu, last_opcode)                                                                     \
    MEMBER(kvm_fpu, KvmFpu, last_ip)                                                                         \
    MEMBER(kvm_fpu, KvmFpu, last_dp)                                                                         \
    MEMBER(kvm_fpu, KvmFpu, xmm)                                                                             \
    MEMBER(kvm_fpu, KvmFpu, mxcsr)                                                                           \
    MEMBER(kvm_fpu, KvmFpu, pad2)                                                                            \
    SIZE(kvm_xcr, KvmXcr)                                                                                    \
    MEMBER(kvm_xcr, KvmXcr, xcr)                                                                             \
    MEMBER(kvm_xcr, KvmXcr, reserved)                                                                        \
    MEMBER(kvm_xcr, KvmXcr, value)                                                                           \
    SIZE(kvm_xcrs, KvmXcrs)                                                                                  \
    SIZE(kvm_translation, KvmTranslation)                                                                    \
    MEMBER(kvm_translation, KvmTranslation, linear_address)                                                  \
    MEMBER(kvm_translation, KvmTranslation, physical_address)                                                \
    MEMBER(kvm_translation, KvmTranslation, valid)                                                           \
    SIZE(kvm_mp_state, KvmMpState)                                                                           \
    SIZE(kvm_msr_filter_range, KvmMsrFilterRange)                                                            \
    MEMBER(kvm_msr_filter_range, KvmMsrFilterRange, flags)                                                   \
    MEMBER(kvm_msr_filter_range, KvmMsrFilterRange, nmsrs)                                                   \
    MEMBER(kvm_msr_filter_range, KvmMsrFilterRange, base)                                                    \
    MEMBER(kvm_msr_filter_range, KvmMsrFilterRange, bitmap)                                                  \
    SIZE(kvm_msr_filter, KvmMsrFilter)                                                                       \
    MEMBER(kvm_msr_filter, KvmMsrFilter, flags)                                                              \
    MEMBER(kvm_msr_filter, KvmMsrFilter, ranges)                                                             \
    MEMBER(kvm_xcrs, KvmXcrs, nr_xcrs)                                                                       \
    MEMBER(kvm_xcrs, KvmXcrs, flags)                                                                         \
    MEMBER(kvm_xcrs, KvmXcrs, xcrs)                                                                          \
    MEMBER(kvm_xcrs, KvmXcrs, padding)                                                                       \
    SIZE(kvm_msr_entry, KvmMsrEntry)                                                                         \
    MEMBER(kvm_msr_entry, KvmMsrEntry, index)                                                                \
    MEMBER(kvm_msr_entry, KvmMsrEntry, reserved)                                                             \
    MEMBER(kvm_msr_entry, KvmMsrEntry, data)                                                                 \
    SIZE(kvm_msrs, KvmMsrs)                                                                                  \
    MEMBER(kvm_msrs, KvmMsrs, nmsrs)                                                                         \
    MEMBER(kvm_msrs, KvmMsrs, pad)                                                                           \
    VALUE(offsetof(struct kvm_msrs, entries), offsetof(KvmMsrs, entries))                                    \
    SIZE(kvm_cpuid_entry2, KvmCpuidEntry)                                                                    \
    MEMBER(kvm_cpuid_entry2, KvmCpuidEntry, function)                                                        \
    MEMBER(kvm_cpuid_entry2, KvmCpuidEntry, index)                                                           \
    MEMBER(kvm_cpuid_entry2, KvmCpuidEntry, flags)                                                           \
    MEMBER(kvm_cpuid_entry2, KvmCpuidEntry, eax)                                                             \
    MEMBER(kvm_cpuid_entry2, KvmCpuidEntry, ebx)                                                             \
    MEMBER(kvm_cpuid_entry2, KvmCpuidEntry, ecx)                                                             \
    MEMBER(kvm_cpuid_entry2, KvmCpuidEntry, edx)                                                             \
    MEMBER(kvm_cpuid_entry2, KvmCpuidEntry, padding)                                                         \
    SIZE(kvm_cpuid2, KvmCpuid)                                                                               \
    MEMBER(kvm_cpuid2, KvmCpuid, nent)                                                                       \
    MEMBER(kvm_cpuid2, KvmCpuid, padding)                                                                    \
    VALUE(offsetof(struct kvm_cpuid2, entries), offsetof(KvmCpuid, entries))

#define ABI_SEV(SIZE, MEMBER, RENAMED, VALUE)                                                                \
    VALUE(KVM_SEV_INIT, SEVCMD_INIT)                                                                         \
    VALUE(KVM_SEV_ES_INIT, SEVCMD_ES_INIT)                                                                   \
    VALUE(KVM_SEV_LAUNCH_START, SEVCMD_LAUNCH_START)                                                         \
    VALUE(KVM_SEV_LAUNCH_UPDATE_DATA, SEVCMD_LAUNCH_UPDATE_DATA)                                             \
    VALUE(KVM_SEV_LAUNCH_UPDATE_VMSA, SEVCMD_LAUNCH_UPDATE_VMSA)                                             \
    VALUE(KVM_SEV_LAUNCH_SECRET, SEVCMD_LAUNCH_SECRET)                                                       \
    VALUE(KVM_SEV_LAUNCH_MEASURE, SEVCMD_LAUNCH_MEASURE)                                                     \
    VALUE(KVM_SEV_LAUNCH_FINISH, SEVCMD_LAUNCH_FINISH)                                                       \
    VALUE(KVM_SEV_GUEST_STATUS, SEVCMD_GUEST_STATUS)                                                         \
    VALUE(KVM_SEV_DBG_DECRYPT, SEVCMD_DBG_DECRYPT)                                                           \
    VALUE(KVM_SEV_DBG_ENCRYPT, SEVCMD_DBG_ENCRYPT)                                                           \
    VALUE(KVM_SEV_GET_ATTESTATION_REPORT, SEVCMD_GET_ATTESTATION_REPORT)                                     \
    SIZE(kvm_sev_cmd, SevCommand)                                                                            \
    MEMBER(kvm_sev_cmd, SevCommand, id)                                                                      \
    MEMBER(kvm_sev_cmd, SevCommand, data)                                                                    \
    MEMBER(kvm_sev_cmd, SevCommand, error)                                                                   \
    MEMBER(kvm_sev_cmd, SevCommand, sev_fd)                                                                  \
    SIZE(kvm_sev_launch_start, SevLaunchStart)                                                               \
    MEMBER(kvm_sev_launch_start, SevLaunchStart, handle)                                                     \
    MEMBER(kvm_sev_launch_start, SevLaunchStart, policy)                                                     \
    MEMBER(kvm_sev_launch_start, SevLaunchStart, dh_uaddr)                                                   \
    MEMBER(kvm_sev_launch_start, SevLaunchStart, dh_len)                                                     \
    MEMBER(kvm_sev_launch_start, SevLaunchStart, session_uaddr)                                              \
    MEMBER(kvm_sev_launch_start, SevLaunchStart, session_len)                                                \
    SIZE(kvm_sev_launch_update_data, SevLaunchUpdateData)                                                    \
    MEMBER(kvm_sev_launch_update_data, SevLaunchUpdateData, uaddr)                                           \
    MEMBER(kvm_sev_launch_update_data, SevLaunchUpdateData, len)                                             \
    SIZE(kvm_sev_launch_measure, SevLaunchMeasure)                                                           \
    MEMBER(kvm_sev_launch_measure, SevLaunchMeasure, uaddr)                                                  \
    MEMBER(kvm_sev_launch_measure, SevLaunchMeasure, len)                                                    \
    SIZE(kvm_sev_launch_secret, SevLaunchSecret)                                                             \
    MEMBER(kvm_sev_launch_secret, SevLaunchSecret, hdr_uaddr)                                                \
    MEMBER(kvm_sev_launch_secret, SevLaunchSecret, hdr_len)                                                  \
    MEMBER(kvm_sev_launch_secret, SevLaunchSecret, guest_uaddr)                                              \
    MEMBER(kvm_sev_launch_secret, SevLaunchSecret, guest_len)                                                \
    MEMBER(kvm_sev_launch_secret, SevLaunchSecret, trans_uaddr)                                              \
    MEMBER(kvm_sev_launch_secret, SevLaunchSecret, trans_len)                                                \
    SIZE(kvm_sev_guest_status, SevGuestStatus)                                                               \
    MEMBER(kvm_sev_guest_status, SevGuestStatus, handle)                                                     \
    MEMBER(kvm_sev_guest_status, SevGuestStatus, policy)                                                     \
    MEMBER(kvm_sev_guest_status, SevGuestStatus, state)                                                      \
    SIZE(kvm_sev_dbg, SevDbg)                                                                                \
    MEMBER(kvm_sev_dbg, SevDbg, src_uaddr)                                                                   \
    MEMBER(kvm_sev_dbg, SevDbg, dst_uaddr)                                                                   \
    MEMBER(kvm_sev_dbg, SevDbg, len)                                                                         \
    SIZE(kvm_sev_attestation_report, SevAttestationReport)                                                   \
    MEMBER(kvm_sev_attestation_report, SevAttestationReport, mnonce)                                         \
    MEMBER(kvm_sev_attestation_report, SevAttestationReport, uaddr)                                          \
    MEMBER(kvm_sev_attestation_report, SevAttestationReport, len)

/* Linux 6.11. */
#define ABI_SNP(SIZE, MEMBER, RENAMED, VALUE)                                                                \
    VALUE(KVM_X86_DEFAULT_VM, KVM_VM_TYPE_DEFAULT)                                                           \
    VALUE(KVM_X86_SW_PROTECTED_VM, KVM_VM_TYPE_SW_PROTECTED)                                                 \
    VALUE(KVM_X86_SEV_VM, KVM_VM_TYPE_SEV)                                                                   \
    VALUE(KVM_X86_SEV_ES_VM, KVM_VM_TYPE_SEV_ES)                                                             \
    VALUE(KVM_X86_SNP_VM, KVM_VM_TYPE_SNP)                                                                   \
    VALUE(KVM_X86_GRP_SEV, KVM_ATTR_GROUP_SEV)                                                               \
    VALUE(KVM_X86_SEV_VMSA_FEATURES, KVM_ATTR_SEV_VMSA_FEATURES)                                             \
    VALUE(KVM_SEV_INIT2, SEVCMD_INIT2)                                                                       \
    VALUE(KVM_SEV_SNP_LAUNCH_START, SEVCMD_SNP_LAUNCH_START)                                                 \
    VALUE(KVM_SEV_SNP_LAUNCH_UPDATE, SEVCMD_SNP_LAUNCH_UPDATE)                                               \
    VALUE(KVM_SEV_SNP_LAUNCH_FINISH, SEVCMD_SNP_LAUNCH_FINISH)                                               \
    VALUE(KVM_SEV_SNP_PAGE_TYPE_NORMAL, SNP_PAGE_TYPE_NORMAL)                                                \
    VALUE(KVM_SEV_SNP_PAGE_TYPE_ZERO, SNP_PAGE_TYPE_ZERO)                                                    \
    VALUE(KVM_SEV_SNP_PAGE_TYPE_UNMEASURED, SNP_PAGE_TYPE_UNMEASURED)                                        \
    VALUE(KVM_SEV_SNP_PAGE_TYPE_SECRETS, SNP_PAGE_TYPE_SECRETS)                                              \
    VALUE(KVM_SEV_SNP_PAGE_TYPE_CPUID, SNP_PAGE_TYPE_CPUID)                                                  \
    VALUE(KVM_SEV_SNP_ID_BLOCK_SIZE, SNP_ID_BLOCK_SIZE)                                                      \
    VALUE(KVM_SEV_SNP_ID_AUTH_SIZE, SNP_ID_AUTH_SIZE)                                                        \
    VALUE(KVM_SEV_SNP_FINISH_DATA_SIZE, SNP_HOST_DATA_SIZE)                                                  \
    MEMBER(kvm_sev_cmd, SevCommand, pad0)                                                                    \
    SIZE(kvm_sev_init, SevInit2)                                                                             \
    MEMBER(kvm_sev_init, SevInit2, vmsa_features)                                                            \
    MEMBER(kvm_sev_init, SevInit2, flags)                                                                    \
    MEMBER(kvm_sev_init, SevInit2, ghcb_version)                                                             \
    MEMBER(kvm_sev_init, SevInit2, pad1)                                                                     \
    MEMBER(kvm_sev_init, SevInit2, pad2)                                                                     \
    SIZE(kvm_sev_snp_launch_start, SnpLaunchStart)                                                           \
    MEMBER(kvm_sev_snp_launch_start, SnpLaunchStart, policy)                                                 \
    MEMBER(kvm_sev_snp_launch_start, SnpLaunchStart, gosvw)                                                  \
    MEMBER(kvm_sev_snp_launch_start, SnpLaunchStart, flags)                                                  \
    MEMBER(kvm_sev_snp_launch_start, SnpLaunchStart, pad0)                                                   \
    MEMBER(kvm_sev_snp_launch_start, SnpLaunchStart, pad1)                                                   \
    SIZE(kvm_sev_snp_launch_update, SnpLaunchUpdate)                                                         \
    MEMBER(kvm_sev_snp_launch_update, SnpLaunchUpdate, gfn_start)                                            \
    MEMBER(kvm_sev_snp_launch_update, SnpLaunchUpdate, uaddr)                                                \
    MEMBER(kvm_sev_snp_launch_update, SnpLaunchUpdate, len)                                                  \
    MEMBER(kvm_sev_snp_launch_update, SnpLaunchUpdate, type)                                                 \
    MEMBER(kvm_sev_snp_launch_update, SnpLaunchUpdate, pad0)                                                 \
    MEMBER(kvm_sev_snp_launch_update, SnpLaunchUpdate, flags)                                                \
    MEMBER(kvm_sev_snp_launch_update, SnpLaunchUpdate, pad1)                                                 \
    MEMBER(kvm_sev_snp_launch_update, SnpLaunchUpdate, pad2)                                                 \
    SIZE(kvm_sev_snp_launch_finish, SnpLaunchFinish)                                                         \
    MEMBER(kvm_sev_snp_launch_finish, SnpLaunchFinish, id_block_uaddr)                                       \
    MEMBER(kvm_sev_snp_launch_finish, SnpLaunchFinish, id_auth_uaddr)                                        \
    MEMBER(kvm_sev_snp_launch_finish, SnpLaunchFinish, id_block_en)                                          \
    MEMBER(kvm_sev_snp_launch_finish, SnpLaunchFinish, auth_key_en)                                          \
    MEMBER(kvm_sev_snp_launch_finish, SnpLaunchFinish, vcek_disabled)                                        \
    MEMBER(kvm_sev_snp_launch_finish, SnpLaunchFinish, host_data)                                            \
    MEMBER(kvm_sev_snp_launch_finish, SnpLaunchFinish, pad0)                                                 \
    MEMBER(kvm_sev_snp_launch_finish, SnpLaunchFinish, flags)                                                \
    MEMBER(kvm_sev_snp_launch_finish, SnpLaunchFinish, pad1)

#define ABI_PSP(SIZE, MEMBER, RENAMED, VALUE)                                                                \
    VALUE(SEV_ISSUE_CMD, SEV_ISSUE_CMD_IOCTL)                                                                \
    VALUE(SEV_PLATFORM_STATUS, SEV_PLATFORM_STATUS)                                                          \
    VALUE(SEV_PDH_CERT_EXPORT, SEV_PDH_CERT_EXPORT)                                                          \
    VALUE(SEV_GET_ID2, SEV_GET_ID2)                                                                          \
    SIZE(sev_issue_cmd, SevIssueCommand)                                                                     \
    MEMBER(sev_issue_cmd, SevIssueCommand, cmd)                                                              \
    MEMBER(sev_issue_cmd, SevIssueCommand, data)                                                             \
    MEMBER(sev_issue_cmd, SevIssueCommand, error)                                                            \
    SIZE(sev_user_data_status, SevPlatformStatus)                                                            \
    MEMBER(sev_user_data_status, SevPlatformStatus, api_major)                                               \
    MEMBER(sev_user_data_status, SevPlatformStatus, api_minor)                                               \
    MEMBER(sev_user_data_status, SevPlatformStatus, state)                                                   \
    MEMBER(sev_user_data_status, SevPlatformStatus, flags)                                                   \
    MEMBER(sev_user_data_status, SevPlatformStatus, build)                                                   \
    MEMBER(sev_user_data_status, SevPlatformStatus, guest_count)                                             \
    SIZE(sev_user_data_pdh_cert_export, SevPdhCertExport)                                                    \
    MEMBER(sev_user_data_pdh_cert_export, SevPdhCertExport, pdh_cert_address)                                \
    MEMBER(sev_user_data_pdh_cert_export, SevPdhCertExport, pdh_cert_len)                                    \
    MEMBER(sev_user_data_pdh_cert_export, SevPdhCertExport, cert_chain_address)                              \
    MEMBER(sev_user_data_pdh_cert_export, SevPdhCertExport, cert_chain_len)                                  \
    SIZE(sev_user_data_get_id2, SevGetId2)                                                                   \
    MEMBER(sev_user_data_get_id2, SevGetId2, address)                                                        \
    MEMBER(sev_user_data_get_id2, SevGetId2, length)                                                         \
    VALUE(SEV_RET_SUCCESS, SEV_STATUS_SUCCESS)                                                               \
    VALUE(SEV_RET_INVALID_PLATFORM_STATE, SEV_STATUS_INVALID_PLATFORM_STATE)                                 \
    VALUE(SEV_RET_INVALID_GUEST_STATE, SEV_STATUS_INVALID_GUEST_STATE)                                       \
    VALUE(SEV_RET_INAVLID_CONFIG, SEV_STATUS_INVALID_CONFIG)                                                 \
    VALUE(SEV_RET_INVALID_LEN, SEV_STATUS_INVALID_LEN)                                                       \
    VALUE(SEV_RET_ALREADY_OWNED, SEV_STATUS_ALREADY_OWNED)                                                   \
    VALUE(SEV_RET_INVALID_CERTIFICATE, SEV_STATUS_INVALID_CERTIFICATE)                                       \
    VALUE(SEV_RET_POLICY_FAILURE, SEV_STATUS_POLICY_FAILURE)                                                 \
    VALUE(SEV_RET_INACTIVE, SEV_STATUS_INACTIVE)                                                             \
    VALUE(SEV_RET_INVALID_ADDRESS, SEV_STATUS_INVALID_ADDRESS)                                               \
    VALUE(SEV_RET_BAD_SIGNATURE, SEV_STATUS_BAD_SIGNATURE)                                                   \
    VALUE(SEV_RET_BAD_MEASUREMENT, SEV_STATUS_BAD_MEASUREMENT)                                               \
    VALUE(SEV_RET_ASID_OWNED, SEV_STATUS_ASID_OWNED)                                                         \
    VALUE(SEV_RET_INVALID_ASID, SEV_STATUS_INVALID_ASID)                                                     \
    VALUE(SEV_RET_WBINVD_REQUIRED, SEV_STATUS_WBINVD_REQUIRED)                                               \
    VALUE(SEV_RET_DFFLUSH_REQUIRED, SEV_STATUS_DFFLUSH_REQUIRED)                                             \
    VALUE(SEV_RET_INVALID_GUEST, SEV_STATUS_INVALID_GUEST)                                                   \
    VALUE(SEV_RET_INVALID_COMMAND, SEV_STATUS_INVALID_COMMAND)                                               \
    VALUE(SEV_RET_ACTIVE, SEV_STATUS_ACTIVE)                                                                 \
    VALUE(SEV_RET_HWSEV_RET_PLATFORM, SEV_STATUS_HWERROR_PLATFORM)                                           \
    VALUE(SEV_RET_HWSEV_RET_UNSAFE, SEV_STATUS_HWERROR_UNSAFE)                                               \
    VALUE(SEV_RET_UNSUPPORTED, SEV_STATUS_UNSUPPORTED)                                                       \
    VALUE(SEV_RET_INVALID_PARAM, SEV_STATUS_INVALID_PARAM)                                                   \
    VALUE(SEV_RET_RESOURCE_LIMIT, SEV_STATUS_RESOURCE_LIMIT)                                                 \
    VALUE(SEV_RET_SECURE_DATA_INVALID, SEV_STATUS_SECURE_DATA_INVALID)

/* The bit fields of the platform's status have no offset; their neighbours pin them down. */
#define ABI_PSP_SNP(SIZE, MEMBER, RENAMED, VALUE)                                                            \
    VALUE(SNP_PLATFORM_STATUS, SEV_SNP_PLATFORM_STATUS)                                                      \
    SIZE(sev_user_data_snp_status, SnpPlatformStatus)                                                        \
    MEMBER(sev_user_data_snp_status, SnpPlatformStatus, api_major)                                           \
    MEMBER(sev_user_data_snp_status, SnpPlatformStatus, api_minor)                                           \
    MEMBER(sev_user_data_snp_status, SnpPlatformStatus, state)                                               \
    MEMBER(sev_user_data_snp_status, SnpPlatformStatus, build_id)                                            \
    MEMBER(sev_user_data_snp_status, SnpPlatformStatus, guest_count)                                         \
    RENAMED(sev_user_data_snp_status, current_tcb_version, SnpPlatformStatus, current_tcb)                   \
    RENAMED(sev_user_data_snp_status, reported_tcb_version, SnpPlatformStatus, reported_tcb)                 \
    VALUE(SEV_RET_INVALID_PAGE_SIZE, SEV_STATUS_INVALID_PAGE_SIZE)                                           \
    VALUE(SEV_RET_INVALID_PAGE_STATE, SEV_STATUS_INVALID_PAGE_STATE)                                         \
    VALUE(SEV_RET_INVALID_MDATA_ENTRY, SEV_STATUS_INVALID_MDATA_ENTRY)                                       \
    VALUE(SEV_RET_INVALID_PAGE_OWNER, SEV_STATUS_INVALID_PAGE_OWNER)                                         \
    VALUE(SEV_RET_AEAD_OFLOW, SEV_STATUS_AEAD_OVERFLOW)                                                      \
    VALUE(SEV_RET_EXIT_RING_BUFFER, SEV_STATUS_EXIT_RING_BUFFER)                                             \
    VALUE(SEV_RET_RMP_INIT_REQUIRED, SEV_STATUS_RMP_INIT_REQUIRED)                                           \
    VALUE(SEV_RET_BAD_SVN, SEV_STATUS_BAD_SVN)                                                               \
    VALUE(SEV_RET_BAD_VERSION, SEV_STATUS_BAD_VERSION)                                                       \
    VALUE(SEV_RET_SHUTDOWN_REQUIRED, SEV_STATUS_SHUTDOWN_REQUIRED)                                           \
    VALUE(SEV_RET_UPDATE_FAILED, SEV_STATUS_UPDATE_FAILED)                                                   \
    VALUE(SEV_RET_RESTORE_REQUIRED, SEV_STATUS_RESTORE_REQUIRED)                                             \
    VALUE(SEV_RET_RMP_INITIALIZATION_FAILED, SEV_STATUS_RMP_INITIALIZATION_FAILED)                           \
    VALUE(SEV_RET_INVALID_KEY, SEV_STATUS_INVALID_KEY)

/** All groups: the name of the list without ABI_, and the name of the test. */
#define ABI_GROUPS(GROUP)                                                                                    \
    GROUP(KVM_IOCTLS, "kvm/ioctls")                                                                          \
    GROUP(KVM_NUMBERS, "kvm/numbers")                                                                        \
    GROUP(KVM_STRUCTS, "kvm/structs")                                                                        \
    GROUP(KVM_RUN_LAYOUT, "kvm/run")                                                                         \
    GROUP(KVM_GUEST_MEMFD, "kvm/guest-memfd")                                                                \
    GROUP(KVM_GUEST_MEMFD_IOCTLS, "kvm/guest-memfd-ioctls")                                                  \
    GROUP(KVM_GUEST_MEMFD_RUN, "kvm/guest-memfd-run")                                                        \
    GROUP(X86_NUMBERS, "x86/numbers")                                                                        \
    GROUP(X86_STRUCTS, "x86/structs")                                                                        \
    GROUP(SEV, "x86/sev")                                                                                    \
    GROUP(SNP, "x86/snp")                                                                                    \
    GROUP(PSP, "psp/sev")                                                                                    \
    GROUP(PSP_SNP, "psp/snp")                                                                                \
    GROUP(S390_NUMBERS, "s390/numbers")                                                                      \
    GROUP(S390_PV, "s390/pv")                                                                                \
    GROUP(S390_CPU, "s390/cpu")

/** What the system's headers say: one `system_NAME` for each group, in abi-system.c. */
#define ABI_DECLARE_GROUP(name, path) extern const AbiGroup system_##name;
ABI_GROUPS(ABI_DECLARE_GROUP)

#endif
