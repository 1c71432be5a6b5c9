/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Scripts of simulated guests, as text: steps that are joined with `+`, or `@FILE` with a step on each line.
 * What steps there are is the target's.
 */
#ifndef HW_SIM_STEPS_H
#define HW_SIM_STEPS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include "qapi/error.h"

#define SIM_SCRIPT_MAX_FILE (64 * 1024 * 1024) /* bytes of a file */

/** Takes a step: its @p text as it was written, and where that was, "step 3" or "FILE:7". */
typedef bool SimStepTake(void *opaque, const char *text, const char *place, Error **errp);

/**
 * Hands all steps of @p script to @p take, in order, until one is refused. Empty lines of a file and those
 * that start with # are none. Fails as @p take does, with CGVM_ERROR_INVALID for an empty script or a file
 * that is no plain text or too large, and CGVM_ERROR_IO if it cannot be read.
 */
bool sim_steps_read(const char *script, SimStepTake *take, void *opaque, Error **errp);

/** Sets an error that says which step is wrong, and ends with what is wrong with it. Returns false. */
bool sim_step_refuse(const char *text, const char *place, Error **errp, const char *format, va_list args)
    G_GNUC_PRINTF(4, 0);

/** A number in decimal, or in hexadecimal with 0x, of at most @p max. */
bool sim_step_number(const char *word, uint64_t max, uint64_t *value);

#endif
