/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * What callers of the library hand in.
 */
#ifndef LIB_ARGUMENT_H
#define LIB_ARGUMENT_H

#include "qapi/error.h"

/** Whether the caller gave @p argument, which the header calls @p name; else CGVM_ERROR_INVALID. */
static inline bool argument_given(const void *argument, const char *name, Error **errp)
{
    return argument || error_setg(errp, "the argument '%s' is NULL; give one", name);
}

#endif
