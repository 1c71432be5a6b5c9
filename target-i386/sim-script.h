/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The script of a simulated guest: what its vCPU 0 does, on machines on which no guest code can run.
 *
 * A script is steps joined with `+`, or `@FILE`, a file with a step on each line, where blank lines and lines
 * that start with `#` are skipped. The parts of a step are joined with `:`. Numbers are decimal, or
 * hexadecimal with 0x.
 *
 * | step | the guest ... |
 * | --- | --- |
 * | `map:GPA:SIZE:private\|shared[:ok\|fail]` | asks for the conversion of whole pages (MAP_GPA_RANGE) |
 * | `request:GPA:PAGES:ATTRIBUTES[:ok\|fail]` | asks the same with any arguments, be they wrong |
 * | `fault:GPA:private\|shared\|FLAGS` | takes a memory fault, whatever the page is |
 * | `write:GPA:private\|shared:BYTES` | writes, with or without the C-bit |
 * | `check:GPA:private\|shared:BYTES` | reads so, and fails if there is anything else |
 * | `out:PORT:VALUE` | writes a byte to a port |
 * | `halt` | waits for an interrupt, which never comes |
 * | `sevterm:SET:CODE` | asks to be terminated, for a reason (0 to 15, 0 to 255) |
 * | `shutdown` | suffers a triple fault |
 * | `fail-entry` | cannot be entered |
 *
 * `ok`, which is meant if nothing is said, or `fail` is the answer that the guest expects; a request that KVM
 * has no exit for fails. BYTES are pairs of hexadecimal digits; `*COUNT` behind them repeats them all:
 * `5a*4096` fills a page.
 *
 * A guest that is reset, which takes a new VM, goes on where it was.
 *
 * As on a real host, an access to a page that is not what the guest takes it for makes KVM_RUN fail with
 * EFAULT and a memory fault, and is tried again by the next KVM_RUN. A guest that does not find what it
 * expects says so on its first serial port, writes SIM_SCRIPT_FAILED to the debug exit (port 0xf4), and shuts
 * down if it still runs then.
 */
#ifndef TARGET_I386_SIM_SCRIPT_H
#define TARGET_I386_SIM_SCRIPT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include "qapi/error.h"

#define SIM_SCRIPT_FAILED    0x7f

#define SIM_SCRIPT_MAX_BYTES 65536 /* of a write or check */

typedef enum SimStepKind {
    SIM_STEP_REQUEST, /* map as well */
    SIM_STEP_FAULT,
    SIM_STEP_WRITE,
    SIM_STEP_CHECK,
    SIM_STEP_OUT,
    SIM_STEP_HALT,
    SIM_STEP_SEVTERM,
    SIM_STEP_SHUTDOWN,
    SIM_STEP_FAIL_ENTRY,
} SimStepKind;

typedef struct SimStep {
    SimStepKind kind;
    char *text;   /* as it was written */
    char *place;  /* "step 3" or "FILE:7" */
    uint64_t gpa; /* request, fault, write, check */
    bool is_private;
    uint64_t n_pages, attributes; /* request */
    bool must_fail;
    uint64_t flags;  /* fault */
    GBytes *pattern; /* write, check: what is repeated, ... */
    uint32_t size;   /* ... and how many bytes that are in all */
    uint16_t port;   /* out */
    uint8_t value;
    uint8_t set, code; /* sevterm */
} SimStep;

typedef struct SimScript {
    GPtrArray *steps; /* of SimStep *, in order */
} SimScript;

/**
 * The script @p text. NULL with CGVM_ERROR_INVALID, which names the step and what is wrong with it, or
 * CGVM_ERROR_IO, if a file cannot be read.
 */
SimScript *sim_script_parse(const char *text, Error **errp);

/** Frees it. NULL is allowed. */
void sim_script_free(SimScript *script);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SimScript, sim_script_free)

#endif
