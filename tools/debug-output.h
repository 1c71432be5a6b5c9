/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * -debugcon: where goes what a firmware says of itself.
 */
#ifndef TOOLS_DEBUG_OUTPUT_H
#define TOOLS_DEBUG_OUTPUT_H

#include <stdio.h>
#include "tools/process.h"

/** Zeroed: nowhere. */
typedef struct DebugOutput {
    const char *text; /* as it was given, or NULL; must live as long */
    FILE *file;
} DebugOutput;

/** Takes the option's value. Returns false after it has said what is wrong with it. */
bool debug_output_add(DebugOutput *output, const Process *process, const char *text);

/** Whether stdout gets it. */
bool debug_output_is_stdio(const DebugOutput *output);

/** Opens the file, which is emptied, and connects it. Returns false after it has said why that cannot be. */
bool debug_output_connect(DebugOutput *output, const Process *process, CgvmVm *vm);

/** Closes the file. The guest must be gone. Returns false after it has said that not all could be written. */
bool debug_output_close(DebugOutput *output, const Process *process);

#endif
