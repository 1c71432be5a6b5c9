/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * A Linux kernel that is started without a firmware (linux-direct.h), as ranges of a launch plan: everything
 * that the kernel finds in memory is launched, and so measured and encrypted.
 *
 * Memory that is not launched is what the processor makes of it with the guest's key, and no longer zeros. So
 * every range ends with its page, filled up with zeros, and the page of the BIOS data area at 0, in which
 * kernels look for the end of low memory, is launched as zeros. What a kernel has beyond its file (its BSS,
 * up to the header's init_size) is not: it clears that itself.
 */
#ifndef TARGET_I386_LINUX_LAUNCH_H
#define TARGET_I386_LINUX_LAUNCH_H

#include "confidential/plan.h"
#include "target-i386/linux-direct.h"

/**
 * Adds the parts of @p direct, for which linux_direct_encrypt() has been called, to @p plan, in their order
 * after the BIOS data area. The last page of what a file has is a range of its own, if the file does not fill
 * it. None of them overlap.
 */
void linux_launch_plan(const LinuxDirect *direct, LaunchPlan *plan);

#endif
