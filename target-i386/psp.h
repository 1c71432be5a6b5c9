/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The AMD secure processor in software: the SEV API (AMD publication 55766) and the SEV-SNP firmware ABI
 * (56860) as far as a launch needs them, and the RMP of the machine, which decides whose page is whose.
 *
 * It knows no KVM. Its user is the simulated kernel, which assigns pages in the RMP and sends commands. A
 * physical address of the simulated machine is an address in this process. The launch digest is computed from
 * the bytes that these addresses hold, in code that shares nothing with what predicts it.
 *
 * Its keys and all that it would draw at random follow from the name of the model, so that a launch can be
 * repeated; they protect nothing.
 *
 * Limits: one firmware version per model; of guest messages those for reports and derived keys, no migration.
 * Memory of SEV and SEV-ES guests becomes ciphertext; pages of SNP guests stay plaintext in memory that only
 * the firmware and the simulated kernel can reach.
 *
 * All functions may be called from any thread; commands are carried out one at a time, as in the real one.
 */
#ifndef TARGET_I386_PSP_H
#define TARGET_I386_PSP_H

#include <stdbool.h>
#include <stdint.h>
#include "qapi/error.h"
#include "target-i386/sev-abi.h"
#include "target-i386/sim-model.h"

#define PSP_PAGE_SIZE       4096
#define PSP_DIGEST_SIZE     48
#define PSP_SEV_DIGEST_SIZE 32

typedef struct Psp Psp;

/** The commands, by their numbers (include/linux/psp-sev.h), with the structure that each takes. */
typedef enum PspCommand {
    PSP_INIT = 0x01,                 /* none */
    PSP_PLATFORM_STATUS = 0x04,      /* SevPlatformStatus, written */
    PSP_PDH_CERT_EXPORT = 0x08,      /* PspPdhCertExport */
    PSP_DF_FLUSH = 0x0a,             /* none */
    PSP_GET_ID = 0x0c,               /* PspBuffer */
    PSP_DECOMMISSION = 0x20,         /* PspSevHandle */
    PSP_ACTIVATE = 0x21,             /* PspSevActivate */
    PSP_DEACTIVATE = 0x22,           /* PspSevHandle */
    PSP_GUEST_STATUS = 0x23,         /* PspSevStatus */
    PSP_LAUNCH_START = 0x30,         /* PspSevStart */
    PSP_LAUNCH_UPDATE_DATA = 0x31,   /* PspSevMemory */
    PSP_LAUNCH_UPDATE_VMSA = 0x32,   /* PspSevMemory */
    PSP_LAUNCH_MEASURE = 0x33,       /* PspSevMeasure */
    PSP_LAUNCH_UPDATE_SECRET = 0x34, /* PspSevSecret */
    PSP_LAUNCH_FINISH = 0x35,        /* PspSevHandle */
    PSP_ATTESTATION = 0x36,          /* PspSevMeasure */
    PSP_DBG_DECRYPT = 0x60,          /* PspSevDbg */
    PSP_DBG_ENCRYPT = 0x61,          /* PspSevDbg */
    PSP_SNP_INIT = 0x81,             /* none */
    PSP_SNP_PLATFORM_STATUS = 0x83,  /* SnpPlatformStatus, written */
    PSP_SNP_DF_FLUSH = 0x84,         /* none */
    PSP_SNP_DECOMMISSION = 0x90,     /* PspContext */
    PSP_SNP_ACTIVATE = 0x91,         /* PspActivate */
    PSP_GCTX_CREATE = 0x93,          /* PspContext */
    PSP_SNP_GUEST_REQUEST = 0x94,    /* PspGuestRequest */
    PSP_SNP_LAUNCH_START = 0xa0,     /* PspLaunchStart */
    PSP_SNP_LAUNCH_UPDATE = 0xa1,    /* PspLaunchUpdate */
    PSP_SNP_LAUNCH_FINISH = 0xa2,    /* PspLaunchFinish */
    PSP_SNP_PAGE_RECLAIM = 0xc7,     /* PspPageReclaim */
} PspCommand;

/** Room for a result. A length that is too small is INVALID_LEN; it is written in any case. */
typedef struct PspBuffer {
    void *address;
    uint32_t length;
} PspBuffer;

typedef struct PspPdhCertExport {
    PspBuffer pdh;   /* a certificate */
    PspBuffer chain; /* three: PEK, OCA, CEK */
} PspPdhCertExport;

/** An SEV or SEV-ES guest is named by a number that LAUNCH_START returns. */
typedef struct PspSevHandle {
    uint32_t handle;
} PspSevHandle;

typedef struct PspSevActivate {
    uint32_t handle;
    uint32_t asid;
} PspSevActivate;

typedef struct PspSevStatus {
    uint32_t handle;
    uint32_t policy, asid, state; /* written */
} PspSevStatus;

typedef struct PspSevStart {
    uint32_t handle; /* 0, or the guest whose key is shared; the new guest is written */
    uint32_t policy;
    const void *dh_cert; /* both are NULL without a guest owner */
    uint32_t dh_cert_length;
    const void *session;
    uint32_t session_length;
} PspSevStart;

/** Memory that becomes the guest's: plaintext before, ciphertext after. */
typedef struct PspSevMemory {
    uint32_t handle;
    uint64_t address;
    uint32_t length;
} PspSevMemory;

/** For LAUNCH_MEASURE a SevMeasurement, for ATTESTATION a report. */
typedef struct PspSevMeasure {
    uint32_t handle;
    uint8_t mnonce[16]; /* of ATTESTATION only */
    PspBuffer result;
} PspSevMeasure;

typedef struct PspSevSecret {
    uint32_t handle;
    const void *header; /* SevSecretHeader */
    uint32_t header_length;
    uint64_t guest_address;
    uint32_t guest_length;
    const void *packet;
    uint32_t packet_length;
} PspSevSecret;

/** The guest's memory is the source of DBG_DECRYPT and the destination of DBG_ENCRYPT. */
typedef struct PspSevDbg {
    uint32_t handle;
    uint64_t source, destination;
    uint32_t length;
} PspSevDbg;

/** An SNP guest is named by the physical address of its context page. */
typedef struct PspContext {
    uint64_t gctx;
} PspContext;

typedef struct PspActivate {
    uint64_t gctx;
    uint32_t asid;
} PspActivate;

typedef struct PspLaunchStart {
    uint64_t gctx;
    uint64_t policy;
    uint8_t gosvw[16];
} PspLaunchStart;

/** The guest address is not here: the firmware takes it from the RMP. */
typedef struct PspLaunchUpdate {
    uint64_t gctx;
    uint64_t page;
    uint8_t page_type; /* SNP_PAGE_TYPE_* */
} PspLaunchUpdate;

typedef struct PspLaunchFinish {
    uint64_t gctx;
    const void *id_block; /* SNP_ID_BLOCK_SIZE bytes */
    const void *id_auth;  /* SNP_ID_AUTH_SIZE bytes */
    bool id_block_en, auth_key_en, vcek_disabled;
    uint8_t host_data[SNP_HOST_DATA_SIZE];
} PspLaunchFinish;

/** A message of the guest, and the answer to it: a page each. */
typedef struct PspGuestRequest {
    uint64_t gctx;
    const void *request;
    void *response; /* written if the command succeeds */
} PspGuestRequest;

typedef struct PspPageReclaim {
    uint64_t page;
} PspPageReclaim;

/**
 * A secure processor of @p model, which is borrowed, after reset. @p fault says which commands fail, in the
 * syntax of SimHostOptions, or is NULL. NULL with an error if the syntax is wrong.
 */
Psp *psp_new(const SimModel *model, const char *fault, Error **errp);

/** Frees it. NULL is allowed. */
void psp_free(Psp *psp);

/** Carries out a command with its structure @p data. Returns a SEV_STATUS_*. */
uint32_t psp_command(Psp *psp, PspCommand command, void *data);

/**
 * For tests: the launch digest of the guest with the context @p gctx. False, with @p digest untouched, unless
 * its launch is finished.
 */
bool psp_guest_digest(Psp *psp, uint64_t gctx, uint8_t digest[PSP_DIGEST_SIZE]);

/**
 * For tests: the launch digest of the SEV or SEV-ES guest @p handle. False, with @p digest untouched, unless
 * it has been measured.
 */
bool psp_sev_digest(Psp *psp, uint32_t handle, uint8_t digest[PSP_SEV_DIGEST_SIZE]);

/** Whether a page belongs to a guest or to the firmware. */
bool psp_rmp_is_assigned(Psp *psp, uint64_t page);

/**
 * The RMPUPDATE instruction: gives @p page, which must be the host's, at @p gpa to the guest with @p asid, or
 * to the firmware if that is 0. @p immutable keeps the host from taking it back without the firmware's help.
 * False if the page is not the host's.
 */
bool psp_rmp_assign(Psp *psp, uint64_t page, uint64_t gpa, uint32_t asid, bool immutable);

/** The RMPUPDATE instruction: takes @p page back. False, and nothing happens, if it is immutable. */
bool psp_rmp_share(Psp *psp, uint64_t page);

/**
 * The PVALIDATE instruction of the guest with @p asid: it takes @p page, which is at @p gpa, into use, or out
 * of it. False if the page is not this guest's at this address, or a VMSA; else @p *ret_changed says whether
 * it was otherwise before.
 */
bool psp_rmp_validate(Psp *psp, uint64_t page, uint64_t gpa, uint32_t asid, bool validate, bool *ret_changed);

/**
 * The RMPADJUST instruction of the guest with @p asid, of which only the VMSA flag is kept: @p page, which is
 * at @p gpa and validated, becomes one or is none any more. False if the page is not such a one.
 */
bool psp_rmp_adjust(Psp *psp, uint64_t page, uint64_t gpa, uint32_t asid, bool vmsa);

/** Whether @p page is a guest's and validated, and a VMSA if @p vmsa is set. */
bool psp_rmp_is_valid(Psp *psp, uint64_t page, bool vmsa);

/**
 * The memory controller, between the caches and memory at @p address: encrypts or decrypts @p data, @p length
 * bytes, with the key of the SEV or SEV-ES guest @p handle. Address and length are multiples of 16. False,
 * and nothing happens, if there is no such guest.
 */
bool psp_sev_crypt(Psp *psp, uint32_t handle, bool encrypt, uint64_t address, void *data, size_t length);

#endif
