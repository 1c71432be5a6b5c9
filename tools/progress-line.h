/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * A line on a terminal that says how far a slow step is, and is gone when it is done.
 *
 * A step shows up after half a second, so that a launch that is fast shows nothing. The line is rewritten in
 * place; nothing else must be written to the terminal before progress_line_erase().
 */
#ifndef TOOLS_PROGRESS_LINE_H
#define TOOLS_PROGRESS_LINE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef struct ProgressLine {
    FILE *terminal;  /* NULL: nothing is shown */
    bool is_visible; /* the line is there */
    double begun;    /* when the present step was, in seconds */
} ProgressLine;

/** Lines go to @p stream, if that is a terminal. */
void progress_line_init(ProgressLine *line, FILE *stream);

/** A CgvmProgress; @p opaque is the ProgressLine. */
void progress_line_report(void *opaque, const char *what, uint64_t done, uint64_t total);

/** The same at the time @p now, in seconds from anywhere; it never goes back. */
void progress_line_report_at(ProgressLine *line, double now, const char *what, uint64_t done, uint64_t total);

/** Removes the line, if there is one. */
void progress_line_erase(ProgressLine *line);

#endif
