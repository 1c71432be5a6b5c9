/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * What target-ppc/kvm-ppc-abi.h and the system's headers have in common, where these are those of powerpc; as
 * abi-facts.h, which is for the others.
 */
#ifndef TESTS_ABI_PPC_FACTS_H
#define TESTS_ABI_PPC_FACTS_H

#include "tests/abi/abi-facts.h"

#define ABI_PPC(SIZE, MEMBER, RENAMED, VALUE)                                                                \
    VALUE(KVM_PPC_RTAS_DEFINE_TOKEN, KVMIO_PPC_RTAS_DEFINE_TOKEN)                                            \
    VALUE(KVM_PPC_CONFIGURE_V3_MMU, KVMIO_PPC_CONFIGURE_V3_MMU)                                              \
    VALUE(KVM_PPC_SVM_OFF, KVMIO_PPC_SVM_OFF)                                                                \
    VALUE(KVM_GET_REGS, KVMIO_GET_REGS)                                                                      \
    VALUE(KVM_SET_REGS, KVMIO_SET_REGS)                                                                      \
    VALUE(KVM_GET_SREGS, KVMIO_GET_SREGS)                                                                    \
    VALUE(KVM_SET_SREGS, KVMIO_SET_SREGS)                                                                    \
    VALUE(KVM_GET_ONE_REG, KVMIO_GET_ONE_REG)                                                                \
    VALUE(KVM_SET_ONE_REG, KVMIO_SET_ONE_REG)                                                                \
    VALUE(KVM_CAP_PPC_GET_PVINFO, KVMCAP_PPC_GET_PVINFO)                                                     \
    VALUE(KVM_CAP_PPC_PAPR, KVMCAP_PPC_PAPR)                                                                 \
    VALUE(KVM_CAP_ONE_REG, KVMCAP_ONE_REG)                                                                   \
    VALUE(KVM_CAP_PPC_RTAS, KVMCAP_PPC_RTAS)                                                                 \
    VALUE(KVM_CAP_IRQ_XICS, KVMCAP_IRQ_XICS)                                                                 \
    VALUE(KVM_CAP_PPC_ENABLE_HCALL, KVMCAP_PPC_ENABLE_HCALL)                                                 \
    VALUE(KVM_CAP_PPC_MMU_RADIX, KVMCAP_PPC_MMU_RADIX)                                                       \
    VALUE(KVM_CAP_PPC_MMU_HASH_V3, KVMCAP_PPC_MMU_HASH_V3)                                                   \
    VALUE(KVM_CAP_PPC_SECURE_GUEST, KVMCAP_PPC_SECURE_GUEST)                                                 \
    VALUE(KVM_VM_PPC_HV, KVM_VM_TYPE_PPC_HV)                                                                 \
    VALUE(KVM_VM_PPC_PR, KVM_VM_TYPE_PPC_PR)                                                                 \
    VALUE(KVM_DEV_TYPE_XICS, KVM_DEVICE_XICS)                                                                \
    VALUE(KVM_DEV_XICS_GRP_SOURCES, KVM_XICS_SOURCES)                                                        \
    VALUE(KVM_XICS_PRIORITY_SHIFT, KVM_XICS_PRIORITY_SHIFT)                                                  \
    VALUE(KVM_REG_PPC_LPCR_64, KVM_REG_PPC_LPCR)                                                             \
    VALUE(KVM_REG_PPC_ARCH_COMPAT, KVM_REG_PPC_ARCH_COMPAT)                                                  \
    VALUE(KVM_PPC_MMUV3_RADIX, KVM_MMU_V3_RADIX)                                                             \
    VALUE(KVM_PPC_MMUV3_GTSE, KVM_MMU_V3_GTSE)                                                               \
    SIZE(kvm_regs, KvmPpcRegs)                                                                               \
    MEMBER(kvm_regs, KvmPpcRegs, pc)                                                                         \
    MEMBER(kvm_regs, KvmPpcRegs, lr)                                                                         \
    MEMBER(kvm_regs, KvmPpcRegs, msr)                                                                        \
    MEMBER(kvm_regs, KvmPpcRegs, pid)                                                                        \
    MEMBER(kvm_regs, KvmPpcRegs, gpr)                                                                        \
    SIZE(kvm_sregs, KvmPpcSregs)                                                                             \
    MEMBER(kvm_sregs, KvmPpcSregs, pvr)                                                                      \
    RENAMED(kvm_sregs, u.s.sdr1, KvmPpcSregs, sdr1)                                                          \
    RENAMED(kvm_sregs, u.s.ppc64.slb, KvmPpcSregs, slb)                                                      \
    SIZE(kvm_one_reg, KvmOneReg)                                                                             \
    MEMBER(kvm_one_reg, KvmOneReg, id)                                                                       \
    MEMBER(kvm_one_reg, KvmOneReg, addr)                                                                     \
    SIZE(kvm_rtas_token_args, KvmRtasToken)                                                                  \
    MEMBER(kvm_rtas_token_args, KvmRtasToken, name)                                                          \
    MEMBER(kvm_rtas_token_args, KvmRtasToken, token)                                                         \
    SIZE(kvm_ppc_mmuv3_cfg, KvmMmuV3)                                                                        \
    MEMBER(kvm_ppc_mmuv3_cfg, KvmMmuV3, flags)                                                               \
    MEMBER(kvm_ppc_mmuv3_cfg, KvmMmuV3, process_table)

/** What the system's headers say, in ppc-system.c. */
extern const AbiGroup system_PPC;

#endif
