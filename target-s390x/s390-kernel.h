/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Linux kernels for s390x as they are on disk (arch/s390/boot/bzImage): loaded at 0, entered at 0x10000, with
 * a place for parameters behind the entry (Linux, Documentation/arch/s390 and arch/s390/include/asm/setup.h).
 */
#ifndef TARGET_S390X_S390_KERNEL_H
#define TARGET_S390X_S390_KERNEL_H

#include <glib.h>
#include <stdbool.h>
#include "qapi/error.h"

#define S390_KERNEL_ENTRY   0x10000
#define S390_KERNEL_LARGEST (UINT64_C(1) << 30)

/** Whether @p size bytes say that they are such a kernel. */
bool s390_kernel_is(const uint8_t *data, size_t size);

/** Whether they say that they are a Linux kernel for x86. */
bool s390_kernel_is_for_x86(const uint8_t *data, size_t size);

/** Whether they are a kernel for s390x; fails with CGVM_ERROR_INVALID and what it seems to be instead. */
bool s390_kernel_check(const uint8_t *data, size_t size, Error **errp);

/** Whether the kernel in @p data, which was checked, takes the command line @p append (NULL: none). Fails
 * with CGVM_ERROR_INVALID if it is longer than this kernel takes. */
bool s390_kernel_check_line(const uint8_t *data, size_t size, const char *append, Error **errp);

/**
 * Tells the kernel in @p data, which was checked, about @p append (NULL: the line that it has stays) and an
 * initrd of @p initrd_size bytes (0: none) at guest address @p initrd_gpa. Fails with CGVM_ERROR_INVALID if
 * the line is longer than this kernel takes.
 */
bool s390_kernel_patch(uint8_t *data, size_t size, const char *append, uint64_t initrd_gpa,
                       uint64_t initrd_size, Error **errp);

#endif
