/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * What a CgvmVm is, for the files of the library that work on one.
 */
#ifndef LIB_VM_H
#define LIB_VM_H

#include "cgvm/vm.h"
#include "confidential/confidential-guest-support.h"
#include "lib/options.h"

struct CgvmVm {
    VmOptions options;
    Object *root; /* NULL until the machine is made */
    MachineState *machine;
    Accel *accel;
    bool prepared;           /* the machine is on its host */
    bool launched;           /* and can run */
    bool has_run;            /* since the launch or the last reset */
    uint8_t *planned_digest; /* cgvm_vm_planned_digest() */
    ConsoleWriter *console;
    void *console_opaque;
    CgvmDebugConsole *debug;
    void *debug_opaque;
    ProgressSink progress;
    NoteSink notes;
};

/** Makes the objects, the machine and the accelerator that the options name, unless that is done. */
bool vm_make(CgvmVm *vm, Error **errp);

/** Stops the machine, and drops it and all objects. Nothing happens if there are none. */
void vm_drop_objects(CgvmVm *vm);

/** The object that makes the guest a confidential one, or NULL. The machine is made. */
ConfidentialGuestSupport *vm_guard(const CgvmVm *vm);

/** A machine that is prepared or launched and does not run is prepared once more: see machine_rebuild(). One
 * that is neither is prepared. */
bool vm_rebuild(CgvmVm *vm, Error **errp);

#endif
