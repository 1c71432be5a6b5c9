/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Scripts of simulated guests, as text: steps that are joined with `+`, or `@FILE` with a step on each line.
 * What steps there are is the target's.
 */
#ifndef HW_SIM_STEPS_H
#define HW_SIM_STEPS_H

#include <glib.h>
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

/**
 * A kind of step. A target's own tables have rows that begin with one.
 */
typedef struct SimStepForm {
    const char *name;
    const char *usage; /* the parts behind the name */
    unsigned min, max; /* how many of them there are */
} SimStepForm;

/**
 * Finds the row of the step @p text among @p n_rows of @p row_size bytes each, by what is before the first
 * colon. Returns its number, and the parts behind the name in @p parts, which ends with NULL; or -1 with an
 * error that says what steps there are, or how to write this one.
 */
int sim_step_find(const char *text, const char *place, const void *rows, size_t n_rows, size_t row_size,
                  GStrv *parts, Error **errp);

/** Sets an error that says which step is wrong, and ends with what is wrong with it. Returns false. */
bool sim_step_refuse(const char *text, const char *place, Error **errp, const char *format, ...)
    G_GNUC_PRINTF(4, 5);

/** A number in decimal, or in hexadecimal with 0x, of at most @p max. */
bool sim_step_number(const char *word, uint64_t max, uint64_t *value);

/** The same for the part @p name of a step, which is refused if it is none. */
bool sim_step_part(const char *text, const char *place, const char *name, const char *word, uint64_t max,
                   uint64_t *value, Error **errp);

/**
 * Reads pairs of hexadecimal digits, behind which `*COUNT` can say how often they come: returns them once,
 * and in @p size how many bytes they are in all, at most @p max, from the guest address @p gpa on. NULL if
 * the step is refused.
 */
GBytes *sim_step_bytes(const char *text, const char *place, const char *word, uint64_t gpa, uint32_t max,
                       uint32_t *size, Error **errp);

#endif
