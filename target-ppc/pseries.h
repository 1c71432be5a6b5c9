/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The machine "pseries": a logical partition of a POWER server as PAPR+ describes it, under KVM-HV.
 *
 * It has RAM from 0, a hypervisor's console, the interrupt controller XICS, which is KVM's, and a small
 * non-volatile memory. It starts a kernel (an ELF file, such as vmlinux) without a firmware, with a device
 * tree that is final. Guests translate addresses with radix trees, which POWER9 and later have.
 */
#ifndef TARGET_PPC_PSERIES_H
#define TARGET_PPC_PSERIES_H

#include "hw/machine.h"
#include "hw/target.h"
#include "target-ppc/boot-parts.h"
#include "target-ppc/papr-events.h"
#include "target-ppc/papr-vty.h"
#include "target-ppc/ppc-cpu.h"

#define TYPE_PSERIES_MACHINE "pseries-machine"

/* Interrupts of XICS, both edge-triggered. */
#define PSERIES_EPOW_IRQ 0x1000 /* the platform has something to tell */
#define PSERIES_TERM_IRQ 0x1001 /* the terminal has input, which it had not before */

/** Bytes of the non-volatile memory, which lives as long as the process. */
#define PSERIES_NVRAM_SIZE 0x4000

typedef struct PseriesMachineState {
    MachineState parent;
    const PpcCpuModel *cpu;
    BootParts boot;
    PaprVty vty;
    bool has_vty;
    int xics_fd; /* -1: there is none */

    /* RTAS: one call at a time. */
    GMutex lock;
    int64_t clock_offset; /* in microseconds: what the guest's clock is ahead of the host's */
    PaprEvents events;
    uint8_t nvram[PSERIES_NVRAM_SIZE];
} PseriesMachineState;

#define PSERIES_MACHINE(obj) OBJECT_CHECK(PseriesMachineState, obj, TYPE_PSERIES_MACHINE)

/** The architecture. */
extern const TargetInfo ppc_target;

/** The registers with which vCPU @p index of a loaded machine starts, for people. */
json_object *pseries_registers(const PseriesMachineState *machine, unsigned index);

#endif
