/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * A door that makes chosen calls fail, for tests.
 */
#ifndef HW_KVM_FAULT_H
#define HW_KVM_FAULT_H

#include "hw/kvm-ops.h"

/** Which of the door's functions. */
typedef enum KvmCall {
    KVM_CALL_OPEN,
    KVM_CALL_IOCTL,
    KVM_CALL_MMAP,
    KVM_CALL_FALLOCATE,
} KvmCall;

/**
 * The @p nth call (from 1) that matches fails with @p error (a positive errno) and does not reach the door
 * behind; all other calls do. With @p nth 0 every matching call fails.
 */
typedef struct KvmFault {
    KvmCall call;
    const char *path;      /* KVM_CALL_OPEN: this path only, or NULL for any */
    unsigned long request; /* KVM_CALL_IOCTL: this request only, or 0 for any */
    /** KVM_CALL_IOCTL: a further test of the argument, e.g. the command of KVM_MEMORY_ENCRYPT_OP; NULL for
     * none. */
    bool (*matches)(unsigned long arg, unsigned long value);
    unsigned long value; /* passed to `matches` */
    unsigned nth;
    int error;
} KvmFault;

/** A door around @p door (whose ownership it takes) with one fault, which is copied. */
KvmDoor *kvm_fault_door_new(KvmDoor *door, const KvmFault *fault);

/** How many calls have matched the fault of @p door, which kvm_fault_door_new() made. */
unsigned kvm_fault_door_matches(const KvmDoor *door);

#endif
