/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The script of a simulated guest of IBM Z: what its vCPU 0 does, as nothing free runs secure guests, nor
 * others on machines of another architecture.
 *
 * A script is steps joined with `+`, or `@FILE`, a file with a step on each line, where blank lines and lines
 * that start with `#` are skipped. The parts of a step are joined with `:`. Numbers are decimal, or
 * hexadecimal with 0x.
 *
 * | step | the guest ... |
 * | --- | --- |
 * | `stage3a[:ADDRESS]` | is the loader of an image: `diag308:8:ADDRESS`, then `diag308:10` |
 * | `diag308:SUBCODE[:ADDRESS[:ANSWER]]` | executes DIAGNOSE 308, with the block at ADDRESS (0) |
 * | `write:GPA:private\|shared:BYTES` | writes memory that it takes for its own, or for shared |
 * | `check:GPA:private\|shared:BYTES` | reads so, and fails if there is anything else |
 * | `share:GPA[:PAGES]` | lets the host have pages (Set Shared Access) |
 * | `unshare:GPA[:PAGES]` | takes them back, zeroed (Remove Shared Access) |
 * | `sclp:TEXT` | writes a line to its console, and waits for the interrupt |
 * | `sigp:ORDER:CPU[:CC]` | gives an order to a CPU (SIGNAL PROCESSOR), and expects the condition code (0) |
 * | `intercept:CODE:IPA:IPB` | does anything that leaves it with this intercept |
 * | `quiesce` | wants to be told when it should end (signal quiesce of the SCLP), and waits for that |
 * | `halt` | waits for an interrupt, which never comes |
 * | `wait:ADDRESS` | loads a PSW with this address that waits with all interrupts off |
 * | `shutdown` | the same with address 0xfff, which means that it is done |
 * | `stop` | stops its CPU (SIGP STOP) |
 *
 * Without an ADDRESS, `stage3a` takes that which the image in memory names (PvMetadata).
 *
 * All memory of a guest that is not secure is shared. BYTES are pairs of hexadecimal digits; `*COUNT` behind
 * them repeats them all: `5a*4096` fills a page.
 *
 * ANSWER is the response code that the guest expects in the register after that of ADDRESS, or `pgmCODE` for
 * a program interrupt; 1 if nothing is said. Subcodes 0, 1, 3 and 4 reset the machine, and have none. Subcode
 * 10 has one only if it fails: if it succeeds, the secure guest that is loaded goes on with the next step.
 *
 * A guest that is reset goes on where it was. One that does not find what it expects says so on its console
 * and then waits with the address S390_SCRIPT_FAILED.
 */
#ifndef TARGET_S390X_SIM_SCRIPT_H
#define TARGET_S390X_SIM_SCRIPT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include "qapi/error.h"

#define S390_SCRIPT_FAILED    0xdead

#define S390_SCRIPT_MAX_BYTES 65536 /* of a write or check */
#define S390_SCRIPT_MAX_TEXT  2048  /* of a line to the console */

typedef enum S390StepKind {
    S390_STEP_DIAG308,
    S390_STEP_WRITE,
    S390_STEP_CHECK,
    S390_STEP_SHARE,
    S390_STEP_UNSHARE,
    S390_STEP_SCLP,
    S390_STEP_TAKE_QUIESCE, /* quiesce is this, ... */
    S390_STEP_AWAIT,        /* ... then this: a service interrupt that tells of an event, ... */
    S390_STEP_READ_QUIESCE, /* ... and this */
    S390_STEP_SIGP,
    S390_STEP_INTERCEPT,
    S390_STEP_HALT,
    S390_STEP_WAIT, /* shutdown as well */
    S390_STEP_STOP,
} S390StepKind;

typedef struct S390Step {
    S390StepKind kind;
    char *text;       /* as it was written */
    char *place;      /* "step 3" or "FILE:7" */
    uint64_t gpa;     /* diag308, write, check, share, unshare, wait */
    uint16_t subcode; /* diag308 */
    bool is_in_image; /* diag308: ADDRESS is the one that the image names */
    uint32_t answer;  /* diag308: response code, or ... */
    bool is_program;  /* ... of a program interrupt */
    bool is_private;  /* write, check */
    GBytes *pattern;  /* write, check: what is repeated, ... */
    uint32_t size;    /* ... and how many bytes that are in all */
    uint64_t n_pages; /* share, unshare */
    char *line;       /* sclp */
    uint8_t order;    /* sigp */
    uint16_t cpu;
    uint8_t cc;
    uint8_t code; /* intercept */
    uint16_t ipa;
    uint32_t ipb;
} S390Step;

typedef struct S390Script {
    GPtrArray *steps; /* of S390Step *, in order */
} S390Script;

/**
 * The script @p text. NULL with CGVM_ERROR_INVALID, which names the step and what is wrong with it, or
 * CGVM_ERROR_IO, if a file cannot be read.
 */
S390Script *s390_script_parse(const char *text, Error **errp);

/** Frees it. NULL is allowed. */
void s390_script_free(S390Script *script);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(S390Script, s390_script_free)

#endif
