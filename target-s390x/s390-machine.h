/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The machine "s390-ccw-virtio": RAM from address 0, vCPUs, the SCLP with a console, and what diagnose 308
 * does about starting: resets, and the switch to secure mode. It has no channel devices yet, so nothing to
 * boot from but what -kernel names.
 */
#ifndef TARGET_S390X_S390_MACHINE_H
#define TARGET_S390X_S390_MACHINE_H

#include "hw/machine.h"
#include "target-s390x/kvm-s390-abi.h"
#include "target-s390x/s390-boot.h"
#include "target-s390x/s390-cpu.h"
#include "target-s390x/s390-pv.h"
#include "target-s390x/sclp.h"

#define TYPE_S390_MACHINE "s390-ccw-virtio-machine"

/** What this architecture hands to the rest. */
extern const TargetInfo s390_target;

/** What a guest has asked to be started as. */
typedef struct S390Request {
    GBytes *bytes; /* the block as the guest has passed it, or NULL */
    PvBlock block;
} S390Request;

typedef struct S390MachineState {
    MachineState parent;

    /* From machine_load() on. */
    S390Cpu cpu;
    S390Boot boot;
    Sclp sclp;
    bool has_sclp;

    /* Set by a mechanism, on a machine that is guarded. */
    /** The guest wants to be started as what @p block and @p header say. */
    void (*check_request)(Object *guard, MachineState *machine, const PvBlock *block, GBytes *header);

    /* While the machine is started. */
    bool has_unpack;     /* the vCPUs can ask for secure mode */
    GMutex request_lock; /* of the next */
    S390Request request;
    S390Pv pv;
} S390MachineState;

#define S390_MACHINE(obj) OBJECT_CHECK(S390MachineState, obj, TYPE_S390_MACHINE)

/** The page that @p vcpu shares, as it is on this architecture. */
KvmS390Run *s390_run(const Vcpu *vcpu);

/** MachineClass.fill_memory, for a mechanism: its machine's memory is filled as a plain guest's. */
bool s390_machine_fill_memory(MachineState *machine, Error **errp);

/** Tells KVM whether @p vcpu runs, and its thread, too. */
bool s390_machine_set_state(MachineState *machine, Vcpu *vcpu, uint32_t mp_state, Error **errp);

/** MachineClass.exit: s390-exits.c. */
bool s390_machine_exit(MachineState *machine, Vcpu *vcpu);

/** MachineClass.dump: s390-dump.c. */
bool s390_machine_dump(MachineState *machine, CoreFile *file, Error **errp);

/** Diagnose 308 of @p vcpu with the numbers of its registers: s390-ipl.c. */
void s390_machine_diag308(MachineState *machine, Vcpu *vcpu, unsigned r1, unsigned r3);

/** Ends the run with @p error, which it takes over, and which does not name the vCPU. */
void s390_machine_fail(MachineState *machine, Vcpu *vcpu, Error *error);

/** Has @p vcpu take a program interruption; the run ends if KVM refuses. A secure guest can take only
 * S390_PGM_SPECIFICATION of these: with another, the run ends, too. */
void s390_machine_program_check(MachineState *machine, Vcpu *vcpu, uint16_t code);

/* Codes of program interruptions. */
#define S390_PGM_OPERATION     0x0001
#define S390_PGM_PRIVILEGED    0x0002
#define S390_PGM_ADDRESSING    0x0005
#define S390_PGM_SPECIFICATION 0x0006

/**
 * Copies @p size bytes, at most KVM_S390_SIDA_SIZE, between @p buffer and what an instruction of @p vcpu has
 * at
 * @p gpa: guest memory or, of a secure guest, what the ultravisor shows of it from @p gpa modulo a page on.
 * False if there is no such memory.
 */
bool s390_machine_read(MachineState *machine, Vcpu *vcpu, uint64_t gpa, void *buffer, uint32_t size);
bool s390_machine_write(MachineState *machine, Vcpu *vcpu, uint64_t gpa, const void *buffer, uint32_t size);

#endif
