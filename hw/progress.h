/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * How far a step is that may take long: reading or hashing a large file, launching memory.
 *
 * Whoever does the step begins it, adds what is done, and does not care whether anybody listens:
 *
 *     Progress progress = progress_begin(&machine->progress, "hashing initrd.img", size);
 *     while (…) {
 *         …
 *         progress_add(&progress, part);
 *     }
 */
#ifndef HW_PROGRESS_H
#define HW_PROGRESS_H

#include <glib.h>
#include <stdint.h>

/** Who listens. Without a function, which is how a zeroed one starts, nobody does. */
typedef struct ProgressSink {
    /**
     * Takes how far the step @p what is, a phrase that is only valid during the call: @p done of @p total
     * bytes. The first call for a step has 0 done, the last one of a step that succeeds all of them; in
     * between there are no more than 20 in a second. Called on the thread that does the step.
     */
    void (*report)(void *opaque, const char *what, uint64_t done, uint64_t total);
    void *opaque;
} ProgressSink;

/** A step. It needs no end: one that fails is just not continued. */
typedef struct Progress {
    const ProgressSink *sink;
    const char *what;
    uint64_t done, total;
    gint64 due; /* when the next report may be made, by g_get_monotonic_time() */
} Progress;

/** Begins a step of @p total bytes, and reports that. @p sink, which may be NULL, and @p what must outlive
 * it. */
Progress progress_begin(const ProgressSink *sink, const char *what, uint64_t total);

/** @p amount more bytes are done. Reports it if that is due, or if they were the last. */
void progress_add(Progress *progress, uint64_t amount);

#endif
