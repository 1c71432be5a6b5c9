/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * What target-s390x/kvm-s390-abi.h and the system's headers have in common; a part of abi-facts.h, which says
 * how lists are written.
 */
#ifndef TESTS_ABI_ABI_FACTS_S390_H
#define TESTS_ABI_ABI_FACTS_S390_H

/* In <linux/kvm.h> of every architecture. */
#define ABI_S390_NUMBERS(SIZE, MEMBER, RENAMED, VALUE)                                                       \
    VALUE(KVM_CAP_MP_STATE, KVMCAP_MP_STATE)                                                                 \
    VALUE(KVM_CAP_SYNC_REGS, KVMCAP_SYNC_REGS)                                                               \
    VALUE(KVM_CAP_VM_ATTRIBUTES, KVMCAP_VM_ATTRIBUTES)                                                       \
    VALUE(KVM_CAP_S390_USER_SIGP, KVMCAP_S390_USER_SIGP)                                                     \
    VALUE(KVM_CAP_S390_MEM_OP, KVMCAP_S390_MEM_OP)                                                           \
    VALUE(KVM_CAP_S390_USER_STSI, KVMCAP_S390_USER_STSI)                                                     \
    VALUE(KVM_CAP_S390_INJECT_IRQ, KVMCAP_S390_INJECT_IRQ)                                                   \
    VALUE(KVM_CAP_S390_HPAGE_1M, KVMCAP_S390_HPAGE_1M)                                                       \
    VALUE(KVM_CAP_S390_VCPU_RESETS, KVMCAP_S390_VCPU_RESETS)                                                 \
    VALUE(KVM_CAP_S390_PROTECTED, KVMCAP_S390_PROTECTED)                                                     \
    VALUE(KVM_CAP_S390_MEM_OP_EXTENSION, KVMCAP_S390_MEM_OP_EXTENSION)                                       \
    VALUE(KVM_CAP_S390_PROTECTED_DUMP, KVMCAP_S390_PROTECTED_DUMP)                                           \
    VALUE(KVM_S390_INITIAL_RESET, KVMIO_S390_INITIAL_RESET)                                                  \
    VALUE(KVM_S390_NORMAL_RESET, KVMIO_S390_NORMAL_RESET)                                                    \
    VALUE(KVM_S390_CLEAR_RESET, KVMIO_S390_CLEAR_RESET)                                                      \
    VALUE(KVM_MP_STATE_STOPPED, KVM_MP_STATE_STOPPED_S390)                                                   \
    VALUE(KVM_MP_STATE_OPERATING, KVM_MP_STATE_OPERATING_S390)                                               \
    VALUE(KVM_MP_STATE_LOAD, KVM_MP_STATE_LOAD_S390)                                                         \
    VALUE(KVM_EXIT_S390_SIEIC, KVMEXIT_S390_SIEIC)                                                           \
    VALUE(KVM_EXIT_S390_RESET, KVMEXIT_S390_RESET)                                                           \
    VALUE(KVM_EXIT_S390_UCONTROL, KVMEXIT_S390_UCONTROL)                                                     \
    VALUE(KVM_EXIT_S390_TSCH, KVMEXIT_S390_TSCH)                                                             \
    VALUE(KVM_EXIT_S390_STSI, KVMEXIT_S390_STSI)

/* In <linux/kvm.h> of every architecture before Linux 6.9, then in <asm/kvm.h> of s390. */
#define ABI_S390_PV(SIZE, MEMBER, RENAMED, VALUE)                                                            \
    VALUE(KVM_S390_PV_COMMAND, KVMIO_S390_PV_COMMAND)                                                        \
    VALUE(KVM_S390_PV_CPU_COMMAND, KVMIO_S390_PV_CPU_COMMAND)                                                \
    VALUE(KVM_S390_MEM_OP, KVMIO_S390_MEM_OP)                                                                \
    VALUE(KVM_S390_INTERRUPT, KVMIO_S390_INTERRUPT)                                                          \
    VALUE(KVM_S390_IRQ, KVMIO_S390_IRQ)                                                                      \
    VALUE(KVM_S390_STORE_STATUS, KVMIO_S390_STORE_STATUS)                                                    \
    VALUE(KVM_GET_MP_STATE, KVMIO_GET_MP_STATE)                                                              \
    VALUE(KVM_SET_MP_STATE, KVMIO_SET_MP_STATE)                                                              \
    SIZE(kvm_pv_cmd, KvmS390PvCommand)                                                                       \
    MEMBER(kvm_pv_cmd, KvmS390PvCommand, cmd)                                                                \
    MEMBER(kvm_pv_cmd, KvmS390PvCommand, rc)                                                                 \
    MEMBER(kvm_pv_cmd, KvmS390PvCommand, rrc)                                                                \
    MEMBER(kvm_pv_cmd, KvmS390PvCommand, data)                                                               \
    MEMBER(kvm_pv_cmd, KvmS390PvCommand, flags)                                                              \
    SIZE(kvm_s390_pv_sec_parm, KvmS390PvSecParm)                                                             \
    MEMBER(kvm_s390_pv_sec_parm, KvmS390PvSecParm, origin)                                                   \
    MEMBER(kvm_s390_pv_sec_parm, KvmS390PvSecParm, length)                                                   \
    SIZE(kvm_s390_pv_unp, KvmS390PvUnpack)                                                                   \
    MEMBER(kvm_s390_pv_unp, KvmS390PvUnpack, addr)                                                           \
    MEMBER(kvm_s390_pv_unp, KvmS390PvUnpack, size)                                                           \
    MEMBER(kvm_s390_pv_unp, KvmS390PvUnpack, tweak)                                                          \
    SIZE(kvm_s390_pv_dmp, KvmS390PvDump)                                                                     \
    MEMBER(kvm_s390_pv_dmp, KvmS390PvDump, subcmd)                                                           \
    MEMBER(kvm_s390_pv_dmp, KvmS390PvDump, buff_addr)                                                        \
    MEMBER(kvm_s390_pv_dmp, KvmS390PvDump, buff_len)                                                         \
    MEMBER(kvm_s390_pv_dmp, KvmS390PvDump, gaddr)                                                            \
    SIZE(kvm_s390_pv_info, KvmS390PvInfo)                                                                    \
    MEMBER(kvm_s390_pv_info, KvmS390PvInfo, header.len_max)                                                  \
    MEMBER(kvm_s390_pv_info, KvmS390PvInfo, header.len_written)                                              \
    MEMBER(kvm_s390_pv_info, KvmS390PvInfo, vm.inst_calls_list)                                              \
    MEMBER(kvm_s390_pv_info, KvmS390PvInfo, vm.max_cpus)                                                     \
    MEMBER(kvm_s390_pv_info, KvmS390PvInfo, vm.max_guests)                                                   \
    MEMBER(kvm_s390_pv_info, KvmS390PvInfo, vm.max_guest_addr)                                               \
    MEMBER(kvm_s390_pv_info, KvmS390PvInfo, vm.feature_indication)                                           \
    MEMBER(kvm_s390_pv_info, KvmS390PvInfo, dump.dump_cpu_buffer_len)                                        \
    MEMBER(kvm_s390_pv_info, KvmS390PvInfo, dump.dump_config_mem_buffer_per_1m)                              \
    MEMBER(kvm_s390_pv_info, KvmS390PvInfo, dump.dump_config_finalize_len)                                   \
    VALUE(KVM_PV_ENABLE, KVM_S390_PV_ENABLE)                                                                 \
    VALUE(KVM_PV_DISABLE, KVM_S390_PV_DISABLE)                                                               \
    VALUE(KVM_PV_SET_SEC_PARMS, KVM_S390_PV_SET_SEC_PARMS)                                                   \
    VALUE(KVM_PV_UNPACK, KVM_S390_PV_UNPACK)                                                                 \
    VALUE(KVM_PV_VERIFY, KVM_S390_PV_VERIFY)                                                                 \
    VALUE(KVM_PV_PREP_RESET, KVM_S390_PV_PREP_RESET)                                                         \
    VALUE(KVM_PV_UNSHARE_ALL, KVM_S390_PV_UNSHARE_ALL)                                                       \
    VALUE(KVM_PV_INFO, KVM_S390_PV_INFO)                                                                     \
    VALUE(KVM_PV_DUMP, KVM_S390_PV_DUMP)                                                                     \
    VALUE(KVM_PV_INFO_DUMP, KVM_S390_PV_INFO_DUMP)                                                           \
    VALUE(KVM_PV_DUMP_CONFIG_STOR_STATE, KVM_S390_PV_DUMP_CONFIG_STOR_STATE)                                 \
    VALUE(KVM_PV_DUMP_COMPLETE, KVM_S390_PV_DUMP_COMPLETE)                                                   \
    VALUE(KVM_PV_DUMP_CPU, KVM_S390_PV_DUMP_CPU)                                                             \
    SIZE(kvm_s390_mem_op, KvmS390MemOp)                                                                      \
    MEMBER(kvm_s390_mem_op, KvmS390MemOp, gaddr)                                                             \
    MEMBER(kvm_s390_mem_op, KvmS390MemOp, flags)                                                             \
    MEMBER(kvm_s390_mem_op, KvmS390MemOp, size)                                                              \
    MEMBER(kvm_s390_mem_op, KvmS390MemOp, op)                                                                \
    MEMBER(kvm_s390_mem_op, KvmS390MemOp, buf)                                                               \
    MEMBER(kvm_s390_mem_op, KvmS390MemOp, ar)                                                                \
    MEMBER(kvm_s390_mem_op, KvmS390MemOp, key)                                                               \
    MEMBER(kvm_s390_mem_op, KvmS390MemOp, sida_offset)                                                       \
    VALUE(KVM_S390_MEMOP_LOGICAL_READ, KVM_S390_MEMOP_OP_LOGICAL_READ)                                       \
    VALUE(KVM_S390_MEMOP_SIDA_READ, KVM_S390_MEMOP_OP_SIDA_READ)                                             \
    VALUE(KVM_S390_MEMOP_SIDA_WRITE, KVM_S390_MEMOP_OP_SIDA_WRITE)                                           \
    VALUE(KVM_S390_MEMOP_ABSOLUTE_WRITE, KVM_S390_MEMOP_OP_ABSOLUTE_WRITE)                                   \
    SIZE(kvm_s390_interrupt, KvmS390Interrupt)                                                               \
    MEMBER(kvm_s390_interrupt, KvmS390Interrupt, type)                                                       \
    MEMBER(kvm_s390_interrupt, KvmS390Interrupt, parm)                                                       \
    MEMBER(kvm_s390_interrupt, KvmS390Interrupt, parm64)                                                     \
    VALUE(KVM_S390_SIGP_STOP, KVM_S390_IRQ_STOP)                                                             \
    VALUE(KVM_S390_PROGRAM_INT, KVM_S390_IRQ_PROGRAM)                                                        \
    VALUE(KVM_S390_RESTART, KVM_S390_IRQ_RESTART)                                                            \
    VALUE(KVM_S390_INT_SERVICE, KVM_S390_IRQ_SERVICE)                                                        \
    VALUE(KVM_S390_INT_VIRTIO, KVM_S390_IRQ_VIRTIO)

/* Only where <asm/kvm.h> is that of s390. */
#define ABI_S390_CPU(SIZE, MEMBER, RENAMED, VALUE)                                                           \
    VALUE(KVM_GET_REGS, KVMIO_GET_REGS_S390)                                                                 \
    VALUE(KVM_SET_REGS, KVMIO_SET_REGS_S390)                                                                 \
    VALUE(KVM_GET_SREGS, KVMIO_GET_SREGS_S390)                                                               \
    VALUE(KVM_SET_SREGS, KVMIO_SET_SREGS_S390)                                                               \
    SIZE(kvm_regs, KvmS390Regs)                                                                              \
    SIZE(kvm_sregs, KvmS390Sregs)                                                                            \
    MEMBER(kvm_sregs, KvmS390Sregs, crs)                                                                     \
    VALUE(KVM_S390_VM_MEM_CTRL, KVM_S390_GROUP_MEMORY)                                                       \
    VALUE(KVM_S390_VM_MEM_ENABLE_CMMA, KVM_S390_MEMORY_ENABLE_CMMA)                                          \
    VALUE(KVM_S390_VM_MEM_CLR_CMMA, KVM_S390_MEMORY_CLEAR_CMMA)                                              \
    VALUE(KVM_S390_VM_MEM_LIMIT_SIZE, KVM_S390_MEMORY_LIMIT)                                                 \
    VALUE(KVM_S390_VM_CPU_MODEL, KVM_S390_GROUP_CPU_MODEL)                                                   \
    VALUE(KVM_S390_VM_CPU_PROCESSOR, KVM_S390_CPU_PROCESSOR)                                                 \
    VALUE(KVM_S390_VM_CPU_MACHINE, KVM_S390_CPU_MACHINE)                                                     \
    SIZE(kvm_s390_vm_cpu_processor, KvmS390Processor)                                                        \
    MEMBER(kvm_s390_vm_cpu_processor, KvmS390Processor, ibc)                                                 \
    MEMBER(kvm_s390_vm_cpu_processor, KvmS390Processor, fac_list)                                            \
    SIZE(kvm_s390_vm_cpu_machine, KvmS390Machine)                                                            \
    MEMBER(kvm_s390_vm_cpu_machine, KvmS390Machine, ibc)                                                     \
    MEMBER(kvm_s390_vm_cpu_machine, KvmS390Machine, fac_mask)                                                \
    MEMBER(kvm_s390_vm_cpu_machine, KvmS390Machine, fac_list)                                                \
    SIZE(kvm_run, KvmS390Run)                                                                                \
    MEMBER(kvm_run, KvmS390Run, immediate_exit)                                                              \
    MEMBER(kvm_run, KvmS390Run, exit_reason)                                                                 \
    MEMBER(kvm_run, KvmS390Run, psw_mask)                                                                    \
    MEMBER(kvm_run, KvmS390Run, psw_addr)                                                                    \
    RENAMED(kvm_run, s390_sieic.icptcode, KvmS390Run, sieic.icptcode)                                        \
    RENAMED(kvm_run, s390_sieic.ipa, KvmS390Run, sieic.ipa)                                                  \
    RENAMED(kvm_run, s390_sieic.ipb, KvmS390Run, sieic.ipb)                                                  \
    RENAMED(kvm_run, s390_reset_flags, KvmS390Run, reset_flags)                                              \
    RENAMED(kvm_run, s390_stsi.addr, KvmS390Run, stsi.addr)                                                  \
    RENAMED(kvm_run, s390_stsi.sel2, KvmS390Run, stsi.sel2)                                                  \
    RENAMED(kvm_run, s390_tsch.dequeued, KvmS390Run, tsch.dequeued)                                          \
    RENAMED(kvm_run, kvm_valid_regs, KvmS390Run, valid_regs)                                                 \
    RENAMED(kvm_run, kvm_dirty_regs, KvmS390Run, dirty_regs)                                                 \
    RENAMED(kvm_run, s.regs.prefix, KvmS390Run, regs.prefix)                                                 \
    RENAMED(kvm_run, s.regs.gprs, KvmS390Run, regs.gprs)                                                     \
    RENAMED(kvm_run, s.regs.acrs, KvmS390Run, regs.acrs)                                                     \
    RENAMED(kvm_run, s.regs.crs, KvmS390Run, regs.crs)                                                       \
    RENAMED(kvm_run, s.regs.todpr, KvmS390Run, regs.todpr)                                                   \
    RENAMED(kvm_run, s.regs.pfc, KvmS390Run, regs.pfc)                                                       \
    RENAMED(kvm_run, s.regs.vrs, KvmS390Run, regs.vrs)                                                       \
    RENAMED(kvm_run, s.regs.fprs, KvmS390Run, regs.fprs)                                                     \
    RENAMED(kvm_run, s.regs.fpc, KvmS390Run, regs.fpc)                                                       \
    RENAMED(kvm_run, s.regs.gscb, KvmS390Run, regs.gscb)                                                     \
    VALUE(KVM_SYNC_PREFIX, KVM_S390_SYNC_PREFIX)                                                             \
    VALUE(KVM_SYNC_GPRS, KVM_S390_SYNC_GPRS)                                                                 \
    VALUE(KVM_SYNC_ACRS, KVM_S390_SYNC_ACRS)                                                                 \
    VALUE(KVM_SYNC_CRS, KVM_S390_SYNC_CRS)                                                                   \
    VALUE(KVM_SYNC_ARCH0, KVM_S390_SYNC_ARCH0)                                                               \
    VALUE(KVM_SYNC_VRS, KVM_S390_SYNC_VRS)                                                                   \
    VALUE(KVM_SYNC_FPRS, KVM_S390_SYNC_FPRS)                                                                 \
    VALUE(KVM_SYNC_GSCB, KVM_S390_SYNC_GSCB)                                                                 \
    VALUE(KVM_S390_RESET_POR, KVM_S390_RUN_RESET_POR)                                                        \
    VALUE(KVM_S390_RESET_CLEAR, KVM_S390_RUN_RESET_CLEAR)                                                    \
    VALUE(KVM_S390_RESET_SUBSYSTEM, KVM_S390_RUN_RESET_SUBSYSTEM)                                            \
    VALUE(KVM_S390_RESET_CPU_INIT, KVM_S390_RUN_RESET_CPU_INIT)                                              \
    VALUE(KVM_S390_RESET_IPL, KVM_S390_RUN_RESET_IPL)

#endif
