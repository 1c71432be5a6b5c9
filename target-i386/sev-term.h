/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Why an SEV-ES or SEV-SNP guest ended itself: the reasons that it writes to the GHCB MSR with its request to
 * be terminated (GHCB specification, AMD publication 56421, "Termination Request").
 *
 * A reason is a code of a set. Set 0 is the specification's; the others belong to the software in the guest,
 * and set 1 is used by Linux and by OVMF's reset vector for reasons of their own. So a reason can have more
 * than one meaning.
 */
#ifndef TARGET_I386_SEV_TERM_H
#define TARGET_I386_SEV_TERM_H

#include <stddef.h>
#include <stdint.h>

/** A reason as one kind of software means it. All are constant. */
typedef struct SevTermReason {
    uint8_t set;         /* 0 to 15 */
    uint8_t code;        /* 0 to 255 */
    const char *name;    /* "PVALIDATE" */
    const char *who;     /* who asks so: "Linux" */
    const char *meaning; /* a phrase: what went wrong in the guest */
    const char *advice;  /* a phrase: what to do about it */
} SevTermReason;

/** All reasons that are known, by set and code, with their number in @p ret_count. */
const SevTermReason *sev_term_reasons(size_t *ret_count);

/** The @p nth (from 0) of the known meanings of code @p code of set @p set, or NULL if there are no more. */
const SevTermReason *sev_term_reason_find(uint8_t set, uint8_t code, unsigned nth);

/** Set and code of a termination request, as the GHCB MSR @p msr holds it: bits 15:12 and 23:16. */
uint8_t sev_term_set(uint64_t msr);
uint8_t sev_term_code(uint64_t msr);

/**
 * The request @p msr for people, on one line: its numbers, and each meaning it has with who means it and what
 * to do. To be freed.
 */
char *sev_term_describe(uint64_t msr);

#endif
