/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * What the architecture-independent part of cgvm is handed by an architecture.
 */
#ifndef HW_TARGET_H
#define HW_TARGET_H

typedef struct SimTarget SimTarget;   /* hw/simhost.h: its side of the simulated host */
typedef struct TraceTable TraceTable; /* hw/kvm-trace.h: how to print its ioctls */

/** One per architecture, constant. A machine class points at its own. */
typedef struct TargetInfo {
    const char *name;               /* as QEMU calls the target: "i386", "ppc64", "s390x" */
    const SimTarget *sim;           /* NULL: there is no simulated host of this architecture */
    const TraceTable *const *trace; /* NULL-terminated, or NULL */
} TargetInfo;

#endif
