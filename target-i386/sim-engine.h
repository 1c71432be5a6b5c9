/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The x86 side of the engine (hw/simhost-engine.h): what a plain VM underneath needs to run a guest of the
 * simulated host, encrypted or not.
 *
 * To an encrypted guest memory is two memories. With the C-bit in an address it is private: a mirror of the
 * VMM's memory, in which what was launched is plaintext and everything else garbage. Without it, it is the
 * VMM's own. A plain VM knows nothing of a C-bit, so the mirrors are mapped where the bit is set.
 *
 * An SNP guest has no mirrors: its private memory is that of guest_memfd, and what of it is in its reach the
 * RMP says (sim-engine-rmp.c). "Mirrors" below are that memory then.
 *
 * On hardware, accesses without paging, instruction fetches and page walks are private whatever an address
 * says. So the mirrors are mapped without the bit, too, until a vCPU is seen that maps memory without it.
 * With the C-bit in CR3 that is a guest that is done with its start, and memory without the bit is the VMM's
 * from then on, but for the first MiB of a guest with several vCPUs, in which they start without paging.
 * Without it in CR3 that is firmware, and only the pages that it maps so are, for as long as it does.
 */
#ifndef TARGET_I386_SIM_ENGINE_H
#define TARGET_I386_SIM_ENGINE_H

#include "hw/simhost-engine.h"
#include "target-i386/sim-state.h"

/* sim-engine-memory.c, with the VM's lock held */

/** Makes the mirrors of an encrypted guest, with what was launched in them. */
bool sim_engine_make_mirrors(SimVm *vm, Error **errp);
/** Leaves an SNP guest those of its private pages that are validated. */
void sim_engine_guard_memory(SimVm *vm);
/** Maps the memory of the slots as they are now. */
bool sim_engine_map_slots(SimVm *vm, Error **errp);

/** Whose eyes look at memory. */
typedef enum SimView {
    SIM_VIEW_PRIVATE, /* the guest's, with the C-bit */
    SIM_VIEW_SHARED,  /* the guest's, without it */
} SimView;

/** Copies @p size bytes at @p gpa, without a C-bit. False if not all of them are memory. */
bool sim_engine_read(SimVm *vm, SimView view, uint64_t gpa, void *to, size_t size);
bool sim_engine_write(SimVm *vm, SimView view, uint64_t gpa, const void *from, size_t size);

/* sim-engine-share.c */

/**
 * Looks whether the vCPU, which is outside of its guest, uses memory without the C-bit, and shows the guest
 * the VMM's memory there. The vCPU's lock is held. False with an error if the KVM underneath
 * refuses.
 */
bool sim_engine_look_for_shared(SimVcpu *vcpu, Error **errp);
/**
 * Whether a vCPU with these registers uses other such memory than before, and sim_engine_map_slots() has to
 * be called. What the guest has written to it is then the VMM's to see. The VM's lock is held.
 */
bool sim_engine_finds_shared(SimVcpu *vcpu, const KvmSregs *sregs);

/* sim-engine-apic.c */

/** Whether an exit for memory I/O is the local APIC's, with the C-bit. It is answered then. */
bool sim_engine_is_apic(SimVcpu *vcpu);

/* sim-engine-insn.c */

/** What the processor underneath does not have. */
typedef enum SimInsn {
    SIM_INSN_NONE,
    SIM_INSN_VMGEXIT,
    SIM_INSN_PVALIDATE,
    SIM_INSN_RMPADJUST,
    SIM_INSN_ENTER_KERNEL, /* not missing, but the moment to look for the others in it */
} SimInsn;

/** Replaces such instructions where the vCPU, of an SNP guest, is about to start. */
void sim_engine_replace_first_insns(SimVcpu *vcpu);
/** Replaces such instructions near where the vCPU is. Returns in how many places VMGEXIT is replaced. */
unsigned sim_engine_replace_insns(SimVcpu *vcpu);
/** Does so in the kernel that the vCPU enters, and lets it. Returns true. */
bool sim_engine_enter_kernel(SimVcpu *vcpu);
/** Which of them the exit is of. */
SimInsn sim_engine_insn(SimVcpu *vcpu);

/* sim-engine-rmp.c */

/** Carries out PVALIDATE. Whether the guest goes on; else the VMM is asked for the page by a memory fault. */
bool sim_engine_pvalidate(SimVcpu *vcpu);
/** Puts out of the guest's reach what it has given up since the last time. The VM's lock is held. */
void sim_engine_close_memory(SimVm *vm);
/** Carries out RMPADJUST. Returns true. */
bool sim_engine_rmpadjust(SimVcpu *vcpu);

/* sim-engine-psc.c */

/** Asks the VMM to convert the page that @p request, from the MSR, is about. Whether the guest goes on. */
bool sim_engine_convert_page(SimVcpu *vcpu, uint64_t request);
/** The VMM has answered. */
void sim_engine_page_converted(SimVcpu *vcpu);

/* sim-engine-snp.c */

/** Waits until another vCPU starts this one, which is held. 0, or what KVM_RUN returns. */
int sim_engine_wait_for_start(SimVcpu *vcpu);
/** Frees what that takes. */
void sim_engine_free_start(SimX86Vcpu *state);

/* sim-engine-ghcb.c */

/** An access to an MSR that is not the KVM's underneath; the exit is answered. Whether the guest goes on. */
bool sim_engine_read_msr(SimVcpu *vcpu);
bool sim_engine_write_msr(SimVcpu *vcpu);
/** Makes the exit one by which the guest asks to be terminated, with what is in its MSR. Returns false. */
bool sim_engine_terminate(SimVcpu *vcpu);

/* sim-engine-vmgexit.c */

/** Carries out what the guest's GHCB asks for. Whether the guest goes on; else the VMM is asked by an exit.
 */
bool sim_engine_vmgexit(SimVcpu *vcpu);
/** The VMM has answered, or had nothing to. Whether the guest goes on; else the VMM is asked for more. */
bool sim_engine_finish_vmgexit(SimVcpu *vcpu);
/** Holds the vCPU until it is started again. */
void sim_engine_hold(SimVcpu *vcpu);

/* sim-engine-cpuid.c */

/** KVM_SET_CPUID2 of the vCPU underneath: what the VMM has set, as far as that KVM has it. */
bool sim_engine_set_cpuid(SimVcpu *vcpu, Error **errp);
/** What the instruction gives there: zeros for what there is not. */
void sim_engine_cpuid(const SimVcpu *vcpu, uint32_t function, uint32_t index, KvmCpuidEntry *entry);

/* sim-engine-state.c */

/** Gives the vCPU underneath the registers of @p vcpu, or those of its VMSA. */
bool sim_engine_set_state(SimVcpu *vcpu, Error **errp);
/** Lets it start with the registers of @p vmsa, a page. */
bool sim_engine_start(SimVcpu *vcpu, const uint8_t *vmsa, Error **errp);

/* sim-engine.c */

/** KVM_RUN of a vCPU without a script, with its lock held. -ENOSYS if nothing can run it. */
int sim_engine_run(SimVcpu *vcpu);
/** SimTarget.slots_changed */
int sim_engine_slots_changed(SimVm *vm);
/** A vCPU of a VM that has an engine already. 0, or a negative errno. */
int sim_engine_add_vcpu(SimVcpu *vcpu);
/** Frees what belongs to the engine besides it. */
void sim_engine_vm_free(SimX86Vm *x86_vm);

#endif
