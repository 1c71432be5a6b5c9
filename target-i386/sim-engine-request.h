/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * A request that a guest has put into its GHCB, as the files of the engine see it that carry one out (AMD
 * publication 56421, section 2.6).
 */
#ifndef TARGET_I386_SIM_ENGINE_REQUEST_H
#define TARGET_I386_SIM_ENGINE_REQUEST_H

#include "target-i386/sim-engine.h"

/* Fields of the page: 8 bytes each, by number from its start. */
#define SAVE_RAX         (0x1f8 / 8)
#define SAVE_RCX         (0x308 / 8)
#define SAVE_RDX         (0x310 / 8)
#define SAVE_RBX         (0x318 / 8)
#define SAVE_EXIT_CODE   (0x390 / 8)
#define SAVE_EXIT_INFO_1 (0x398 / 8)
#define SAVE_EXIT_INFO_2 (0x3a0 / 8)
#define SAVE_SCRATCH     (0x3a8 / 8)
#define SAVE_VALID       (0x3f0 / 8) /* a bit for each field before it */
#define SAVE_WORDS       (SAVE_VALID + 2)

/** Why a request cannot be carried out. */
typedef enum SimRequestError {
    SIM_REQUEST_NOT_REGISTERED = 1,
    SIM_REQUEST_INVALID_USAGE = 2,
    SIM_REQUEST_INVALID_SCRATCH = 3,
    SIM_REQUEST_MISSING_INPUT = 4,
    SIM_REQUEST_INVALID_INPUT = 5,
    SIM_REQUEST_INVALID_EVENT = 6,
} SimRequestError;

/** A request: the part of its page that has fields. */
typedef struct SimRequest {
    uint64_t gpa;
    uint64_t valid[2]; /* which fields the guest has filled in */
    uint64_t info1, info2;
    uint64_t fields[SAVE_WORDS];
} SimRequest;

/** Reads the page that the vCPU has in its MSR. False if it is no memory that the VMM could see. */
bool sim_request_load(SimVcpu *vcpu, SimRequest *request, uint32_t *usage);
/** Writes the fields back. */
void sim_request_store(SimVcpu *vcpu, const SimRequest *request);
/** From now on nothing is valid but what is answered, and nothing has failed yet. */
void sim_request_accept(SimRequest *request);
/** Whether the guest has filled in @p field. */
bool sim_request_has(const SimRequest *request, unsigned field);
/** Answers with a field. */
void sim_request_reply(SimRequest *request, unsigned field, uint64_t value);
/** Answers that it is not carried out. */
void sim_request_fail(SimRequest *request, SimRequestError why);
/** Copies @p size bytes of memory that the guest shares, at @p gpa. False if it is none. */
bool sim_request_read(SimVcpu *vcpu, uint64_t gpa, void *bytes, size_t size);
bool sim_request_write(SimVcpu *vcpu, uint64_t gpa, const void *bytes, size_t size);

/* sim-engine-psc.c */

/** Page State Change. Whether that was all; else the VMM is asked. */
bool sim_request_convert(SimVcpu *vcpu, SimRequest *request);
/** The VMM has converted what it was asked for. Whether that was all; else it is asked for more. */
bool sim_request_convert_more(SimVcpu *vcpu, SimRequest *request);

/* sim-engine-snp.c */

/** A message for the secure processor; @p is_extended asks for certificates, too, of which there are none. */
void sim_request_message(SimVcpu *vcpu, SimRequest *request, bool is_extended);
/** AP Creation: starts another vCPU with registers in memory of the guest. */
void sim_request_create_vcpu(SimVcpu *vcpu, SimRequest *request);

#endif
