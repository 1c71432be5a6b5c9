/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * How a trace (hw/kvm-trace.h) writes the ioctls of x86.
 */
#ifndef TARGET_I386_TRACE_X86_H
#define TARGET_I386_TRACE_X86_H

#include "hw/kvm-trace.h"

/** The ioctls of kvm-x86-abi.h, and those of hw/kvm-abi.h whose arguments mean more on x86. */
extern const TraceTable x86_trace_table;

/** KVM_MEMORY_ENCRYPT_OP with the commands of AMD SEV, and the ioctl of /dev/sev. */
extern const TraceTable sev_trace_table;

#endif
