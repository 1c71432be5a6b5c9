/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Something that takes long: it is done on a thread of its own, and its end is told by a main context.
 */
#ifndef LIB_STEP_H
#define LIB_STEP_H

#include "qapi/error.h"

typedef struct Step Step;

/** Does it, on its thread. Returns false with an error if it fails. */
typedef bool StepWork(void *opaque, Error **errp);
/** Takes its outcome, from the main context: owns @p error, which is NULL if it went well. */
typedef void StepDone(void *opaque, Error *error);

/**
 * Begins @p work, with @p work_opaque, on a thread called @p name. When it has ended and its thread is gone,
 * @p done is called with @p opaque; the step is freed before.
 */
Step *step_start(GMainContext *context, const char *name, StepWork *work, void *work_opaque, StepDone *done,
                 void *opaque);

/** Waits for the end of @p step and frees it, and its error: `done` is not called. NULL is allowed. */
void step_abandon(Step *step);

#endif
