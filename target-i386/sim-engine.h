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

/* sim-engine-ghcb.c */

/** An access to this port takes the place of the instruction VMGEXIT. */
#define SIM_VMGEXIT_PORT 0xe6

/** An access to an MSR that is not the KVM's underneath; the exit is answered. Whether the guest goes on. */
bool sim_engine_read_msr(SimVcpu *vcpu);
bool sim_engine_write_msr(SimVcpu *vcpu);
/** Whether the exit is one of an instruction that has taken the place of VMGEXIT. */
bool sim_engine_is_vmgexit(SimVcpu *vcpu);
/** Makes the exit one by which the guest asks to be terminated, with what is in its MSR. Returns false. */
bool sim_engine_terminate(SimVcpu *vcpu);

/* sim-engine-vmgexit.c */

/** Carries out what the guest's GHCB asks for. Whether the guest goes on; else the VMM is asked by an exit.
 */
bool sim_engine_vmgexit(SimVcpu *vcpu);
/** The VMM has answered, or had nothing to. Returns true. */
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
