/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Inside the secure processor: its state, and what its files are to each other.
 */
#ifndef TARGET_I386_PSP_STATE_H
#define TARGET_I386_PSP_STATE_H

#include <glib.h>
#include "target-i386/psp.h"

/** The states of a page (AMD 56860, "Page states") that a launch meets. */
typedef enum RmpState {
    RMP_HYPERVISOR, /* not in the table */
    RMP_FIRMWARE,
    RMP_CONTEXT,
    RMP_PRE_GUEST,
    RMP_GUEST_INVALID,
    RMP_GUEST_VALID,
    RMP_RECLAIM,
} RmpState;

typedef struct RmpEntry {
    RmpState state;
    uint32_t asid;
    uint64_t gpa;
    bool vmsa;
} RmpEntry;

typedef enum PspGuestState {
    PSP_GUEST_INIT,
    PSP_GUEST_LAUNCH,
    PSP_GUEST_RUNNING,
} PspGuestState;

/** What a context page holds, where only the firmware could read it. */
typedef struct PspGuest {
    PspGuestState state;
    uint64_t number; /* from 1, in order of creation */
    uint32_t asid;   /* 0: not activated */
    uint64_t policy;
    uint8_t gosvw[16];
    uint8_t digest[PSP_DIGEST_SIZE];
    bool has_id_block, has_author_key, vcek_disabled;
    SnpIdBlock id_block; /* in its own byte order */
    uint8_t id_key_digest[PSP_DIGEST_SIZE];
    uint8_t author_key_digest[PSP_DIGEST_SIZE];
    uint8_t host_data[SNP_HOST_DATA_SIZE];
} PspGuest;

struct Psp {
    const SimModel *model;
    GMutex lock;
    bool sev_initialized, snp_initialized;
    GArray *faults;       /* of PspFault */
    GHashTable *rmp;      /* page -> RmpEntry */
    GHashTable *guests;   /* context page -> PspGuest */
    uint8_t *asid_in_use; /* by number, as the next */
    uint8_t *asid_unflushed;
    uint64_t n_created;
};

/* psp-fault.c */

/** A command that is to fail. */
typedef struct PspFault {
    PspCommand command;
    uint8_t page_type; /* of SNP_LAUNCH_UPDATE only; 0 for any */
    unsigned nth;      /* 0 for each */
    unsigned seen;
    uint32_t status;
} PspFault;

/** Parses @p text; NULL and "" have no fault. Returns an array of PspFault, or NULL with an error. */
GArray *psp_faults_parse(const char *text, Error **errp);
/** Counts this command, and returns the status with which it is to fail, or SEV_STATUS_SUCCESS. */
uint32_t psp_faults_next(GArray *faults, PspCommand command, const void *data);

/* psp-snp.c: the commands of a launch. Each returns a status. */

uint32_t psp_gctx_create(Psp *psp, void *data);
uint32_t psp_snp_activate(Psp *psp, void *data);
uint32_t psp_snp_decommission(Psp *psp, void *data);
uint32_t psp_snp_launch_start(Psp *psp, void *data);
uint32_t psp_snp_launch_update(Psp *psp, void *data);
uint32_t psp_snp_launch_finish(Psp *psp, void *data);

/* psp-page.c */

/** Appends a page to the launch digest: LD = SHA-384(PAGE_INFO). */
void psp_page_measure(PspGuest *guest, uint8_t page_type, uint64_t gpa, const uint8_t *page);
/** Writes the secrets page of @p guest. */
void psp_page_fill_secrets(const PspGuest *guest, uint32_t signature, uint8_t *page);
/** Checks a CPUID page against @p model; INVALID_PARAM leaves what is right in the page. */
uint32_t psp_page_check_cpuid(const SimModel *model, uint8_t *page);

/* psp-rmp.c */

/** The entry of @p page, or NULL if it is the host's. */
RmpEntry *psp_rmp_entry(Psp *psp, uint64_t page);
/** SNP_PAGE_RECLAIM. */
uint32_t psp_snp_page_reclaim(Psp *psp, void *data);

/* psp-id.c */

/** Checks the ID block of SNP_LAUNCH_FINISH and stores what a report would say of it. Returns a status. */
uint32_t psp_id_check(PspGuest *guest, const PspLaunchFinish *finish);

#endif
