/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The machine "q35"; q35.c says what it has.
 */
#ifndef TARGET_I386_Q35_MACHINE_H
#define TARGET_I386_Q35_MACHINE_H

#include "target-i386/q35-chipset.h"
#include "target-i386/x86-machine.h"

#define TYPE_Q35_MACHINE "q35-machine"

typedef struct Q35MachineState {
    X86MachineState parent;

    /* From machine_load() on. */
    Q35Chipset chipset;
} Q35MachineState;

#define Q35_MACHINE(obj) OBJECT_CHECK(Q35MachineState, obj, TYPE_Q35_MACHINE)

#endif
