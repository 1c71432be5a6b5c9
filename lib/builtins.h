/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The types that are built in.
 */
#ifndef LIB_BUILTINS_H
#define LIB_BUILTINS_H

/** Registers them, once in a process; may be called from any thread and any number of times. */
void builtins_init(void);

#endif
