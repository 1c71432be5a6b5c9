/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * What a simulated POWER guest does: a list of steps, as text.
 *
 * | step | the guest ... |
 * | --- | --- |
 * | `term:TEXT` | prints TEXT on the hypervisor's console |
 * | `read:TEXT` | reads from there, and expects TEXT |
 * | `hcall:NR[:ARG...][=CODE]` | makes a hypercall with up to nine arguments that returns CODE (0) |
 * | `rtas:NAME[:ARG...][=STATUS]` | makes an RTAS call of the device tree that returns STATUS (0) |
 * | `esm[:bad][:fail]` | asks to become secure (UV_ESM), and expects to be, or with `fail` not to be |
 * | `share:GPA`, `unshare:GPA` | makes the page of 64 KiB a normal one that the host sees, and back |
 * | `write:GPA:BYTES` | writes BYTES, pairs of hexadecimal digits, with *COUNT repeated |
 * | `check:GPA:BYTES` | expects them there |
 * | `irq:NR` | waits for interrupt NR, which it has unmasked by `rtas:ibm,set-xive` |
 * | `halt` | waits for ever |
 * | `fail-entry` | is not entered by the processor |
 *
 * An image that becomes secure is what its ESM blob says, unless it is `bad`.
 *
 * NR, ARG, CODE, STATUS and GPA are numbers; ARG, CODE and STATUS may be negative. In TEXT, \n and \xNN stand
 * for characters. Steps are joined with `+`, or are the lines of @FILE (sim-steps.h).
 *
 * Steps are those of vCPU 0; others that are started wait. A guest that does not find what it expects says so
 * to the VMM as a guest does that crashes, by the RTAS call ibm,os-term.
 */
#ifndef TARGET_PPC_SIM_PPC_SCRIPT_H
#define TARGET_PPC_SIM_PPC_SCRIPT_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include "qapi/error.h"

#define SIM_PPC_MAX_ARGS  9
#define SIM_PPC_MAX_BYTES 65536 /* of a write or check, or of a text */

typedef enum SimPpcStepKind {
    SIM_PPC_TERM,
    SIM_PPC_READ,
    SIM_PPC_HCALL,
    SIM_PPC_RTAS,
    SIM_PPC_ESM,
    SIM_PPC_SHARE,
    SIM_PPC_UNSHARE,
    SIM_PPC_WRITE,
    SIM_PPC_CHECK,
    SIM_PPC_IRQ,
    SIM_PPC_HALT,
    SIM_PPC_FAIL_ENTRY,
} SimPpcStepKind;

typedef struct SimPpcStep {
    SimPpcStepKind kind;
    char *text;                      /* as it was written */
    char *place;                     /* "step 3" or "FILE:7" */
    GBytes *bytes;                   /* term, read, write, check: all of them */
    char *name;                      /* rtas */
    uint64_t number;                 /* hcall, irq: which; share, unshare, write, check: the address */
    uint64_t args[SIM_PPC_MAX_ARGS]; /* hcall, rtas */
    unsigned n_args;
    int64_t expected;       /* hcall, rtas */
    bool is_bad, must_fail; /* esm */
} SimPpcStep;

typedef struct SimPpcScript {
    GPtrArray *steps; /* of SimPpcStep *, in order */
} SimPpcScript;

/** The script @p text. NULL with an error as that of sim_steps_read(), or CGVM_ERROR_INVALID that names the
 * step and what is wrong with it. */
SimPpcScript *sim_ppc_script_parse(const char *text, Error **errp);

/** NULL is allowed. */
void sim_ppc_script_free(SimPpcScript *script);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SimPpcScript, sim_ppc_script_free)

#endif
