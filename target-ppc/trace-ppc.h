/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * How a trace (hw/kvm-trace.h) writes the ioctls of powerpc.
 */
#ifndef TARGET_PPC_TRACE_PPC_H
#define TARGET_PPC_TRACE_PPC_H

#include "hw/kvm-trace.h"

/** The ioctls of kvm-ppc-abi.h, and those of hw/kvm-abi.h whose arguments mean more there. */
extern const TraceTable ppc_trace_table;

#endif
