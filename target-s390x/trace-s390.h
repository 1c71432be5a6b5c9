/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * How a trace (hw/kvm-trace.h) writes the ioctls of s390x.
 */
#ifndef TARGET_S390X_TRACE_S390_H
#define TARGET_S390X_TRACE_S390_H

#include "hw/kvm-trace.h"

/** The ioctls of kvm-s390-abi.h, and those of hw/kvm-abi.h whose arguments mean more on s390x. */
extern const TraceTable s390_trace_table;

#endif
