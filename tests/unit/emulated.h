/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * What a test cannot do where QEMU emulates its program and not a whole machine, as scripts/s390x-tests and
 * scripts/check-ppc do: system calls are then QEMU's approximation of the kernel's, and the process is
 * QEMU's, too.
 */
#ifndef TESTS_UNIT_EMULATED_H
#define TESTS_UNIT_EMULATED_H

#include <glib.h>
#include <stdbool.h>

/** Whether QEMU emulates this program: tests/meson.build says so by $CGVM_EMULATED. */
static inline bool is_emulated(void)
{
    return g_getenv("CGVM_EMULATED") != NULL;
}

/** Where QEMU emulates this program, skips the test that calls it, because of @p why, and is true. */
static inline bool skip_emulated(const char *why)
{
    if (is_emulated()) {
        g_test_skip(why);
    }
    return is_emulated();
}

#endif
