/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * A door that writes one line for every call to the door behind it.
 *
 * The lines are canonical: descriptors are named by what they are (`kvm`, `sev`; those that calls have made
 * are numbered from 0 in order of appearance: `vm0`, `vcpu1`, `gmem0`), addresses of the process are not
 * shown, and contents are shown by length. Two runs of the same launch give the same text, which makes it fit
 * for golden files.
 */
#ifndef HW_KVM_TRACE_H
#define HW_KVM_TRACE_H

#include <glib.h>
#include <stdio.h>
#include "hw/kvm-ops.h"
#include "hw/target.h"

/** What a decoder may ask. */
typedef struct TraceContext {
    /** The name of a descriptor ("sev"), or "fd?" for one that the door did not make. */
    const char *(*descriptor_name)(const struct TraceContext *context, int fd);
} TraceContext;

/** How one ioctl is printed. */
typedef struct TraceIoctl {
    unsigned long request;
    const char *name;              /* "KVM_CREATE_VM" */
    const char *result_descriptor; /* the kind of descriptor that it makes ("vm"), or NULL */
    /**
     * Appends the argument to @p text, without a space at either end, or nothing. Called before the call,
     * with the argument as it is passed. It may follow the pointers that the ABI of this ioctl has in its
     * argument; a pointer that is NULL must be bearable.
     */
    void (*argument)(const TraceContext *context, unsigned long arg, GString *text);
    /** Appends what the call has written to its argument, after a call that succeeded or failed. May be NULL.
     */
    void (*outcome)(const TraceContext *context, unsigned long arg, int result, GString *text);
} TraceIoctl;

/** The ioctls of one header. */
struct TraceTable {
    const TraceIoctl *ioctls;
    size_t n_ioctls;
};

/** The ioctls of hw/kvm-abi.h. */
extern const TraceTable kvm_trace_table;

/**
 * A door that passes every call to @p door (whose ownership it takes) and writes it to @p stream. With
 * @p path, the name of that file, the door owns the stream and closes it; without, it stays the caller's.
 * @p tables is a NULL-terminated list besides kvm_trace_table, or NULL; it must outlive the door. The door
 * keeps the name and the simulated flag of @p door.
 *
 * Every line is flushed. The first one that cannot be written ends the trace, which has no gaps therefore;
 * calls go on, and kvm_door_written() fails from then on.
 */
KvmDoor *kvm_trace_door_new(KvmDoor *door, const TraceTable *const *tables, FILE *stream, const char *path);

#endif
