/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Inside the secure processor: its state, and what its files are to each other.
 */
#ifndef TARGET_I386_PSP_STATE_H
#define TARGET_I386_PSP_STATE_H

#include <glib.h>
#include "confidential/crypto-aes.h"
#include "confidential/crypto-p384.h"
#include "confidential/crypto.h"
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

/** The keys of a guest's messages, one for each VMPL. */
#define PSP_VMPCKS     4
#define PSP_VMPCK_SIZE 32

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
    uint64_t n_messages[PSP_VMPCKS]; /* so far, both ways, by key */
} PspGuest;

/** The key of a guest's memory: one for the data, one that makes it depend on the address. */
typedef struct PspMemoryKey {
    uint8_t data[CRYPTO_AES128_KEY_SIZE];
    uint8_t tweak[CRYPTO_AES128_KEY_SIZE];
} PspMemoryKey;

/** What the firmware shares with a guest owner: one key for encryption, one for integrity. */
typedef struct PspTransportKeys {
    uint8_t tek[CRYPTO_AES128_KEY_SIZE];
    uint8_t tik[CRYPTO_AES128_KEY_SIZE];
} PspTransportKeys;

/** An SEV or SEV-ES guest. */
typedef struct PspSevGuest {
    uint32_t handle;
    uint32_t state; /* SEV_GUEST_* */
    uint32_t asid;  /* 0: not activated */
    uint32_t policy;
    PspMemoryKey memory_key;
    PspTransportKeys transport;
    CryptoSha256 *digest_state;
    uint8_t digest[PSP_SEV_DIGEST_SIZE]; /* once it is measured, as the next */
    uint8_t measure[CRYPTO_SHA256_SIZE];
} PspSevGuest;

/** The keys of the platform, by the certificates that name them. */
typedef struct PspPlatformKeys {
    CryptoP384Key cek, oca, pek, pdh;
    CryptoP384Key vcek;
} PspPlatformKeys;

struct Psp {
    const SimModel *model;
    GMutex lock;
    bool sev_initialized, snp_initialized;
    GArray *faults;         /* of PspFault */
    GHashTable *rmp;        /* page -> RmpEntry */
    GHashTable *guests;     /* context page -> PspGuest */
    GHashTable *sev_guests; /* handle -> PspSevGuest */
    uint32_t last_handle;
    uint8_t *asid_in_use; /* by number, as the next */
    uint8_t *asid_unflushed;
    uint64_t n_created;
    uint64_t n_random;     /* how often psp_random() was called */
    PspPlatformKeys *keys; /* NULL before the first use */
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

/** The checks with which every command of a guest begins. A status, with @p *guest if that is SUCCESS. */
uint32_t psp_snp_find(Psp *psp, uint64_t gctx, PspGuest **guest);
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

/** The key of the messages of @p guest from VMPL @p vmpl. */
void psp_page_vmpck(const PspGuest *guest, unsigned vmpl, uint8_t key[PSP_VMPCK_SIZE]);

/* psp-message.c */

/** SNP_GUEST_REQUEST. */
uint32_t psp_snp_guest_request(Psp *psp, void *data);

/* psp-report.c: what the messages ask for. Each fills @p answer, which is zeroed, and returns its size. */

/** MSG_REPORT_RSP to the MSG_REPORT_REQ @p question of 96 bytes. */
size_t psp_report_answer(Psp *psp, const PspGuest *guest, unsigned vmpl, const uint8_t *question,
                         uint8_t *answer);
/** MSG_KEY_RSP to the MSG_KEY_REQ @p question of 32 bytes. */
size_t psp_key_answer(Psp *psp, const PspGuest *guest, unsigned vmpl, const uint8_t *question,
                      uint8_t *answer);

/* psp-rmp.c */

/** The entry of @p page, or NULL if it is the host's. */
RmpEntry *psp_rmp_entry(Psp *psp, uint64_t page);
/** SNP_PAGE_RECLAIM. */
uint32_t psp_snp_page_reclaim(Psp *psp, void *data);

/* psp-id.c */

/** Checks the ID block of SNP_LAUNCH_FINISH and stores what a report would say of it. Returns a status. */
uint32_t psp_id_check(PspGuest *guest, const PspLaunchFinish *finish);

/* psp-sev.c: the commands of SEV and SEV-ES. Each returns a status. */

/** Frees a PspSevGuest. */
void psp_sev_guest_free(gpointer guest);
/**
 * The checks with which every command of a guest begins: the platform, @p handle and, unless it is -1, the
 * guest's state.
 */
uint32_t psp_sev_find(Psp *psp, uint32_t handle, int state, PspSevGuest **guest);
uint32_t psp_sev_decommission(Psp *psp, void *data);
uint32_t psp_sev_activate(Psp *psp, void *data);
uint32_t psp_sev_deactivate(Psp *psp, void *data);
uint32_t psp_sev_status(Psp *psp, void *data);
uint32_t psp_sev_launch_start(Psp *psp, void *data);
uint32_t psp_sev_launch_finish(Psp *psp, void *data);

/* psp-memory.c: what happens to the memory of these guests. */

/** Encrypts or decrypts @p length bytes at @p data, as memory at @p address is. Both are multiples of 16. */
void psp_memory_crypt(const PspMemoryKey *key, bool encrypt, uint64_t address, void *data, size_t length);
/** SUCCESS, INVALID_ADDRESS or INVALID_LEN. */
uint32_t psp_memory_check(uint64_t address, uint32_t length);
uint32_t psp_sev_update_data(Psp *psp, void *data);
uint32_t psp_sev_update_vmsa(Psp *psp, void *data);
uint32_t psp_sev_dbg_decrypt(Psp *psp, void *data);
uint32_t psp_sev_dbg_encrypt(Psp *psp, void *data);

/* psp-measure.c: what a guest owner learns and sends. */

uint32_t psp_sev_measure(Psp *psp, void *data);
uint32_t psp_sev_update_secret(Psp *psp, void *data);
uint32_t psp_sev_attestation(Psp *psp, void *data);

/* psp-session.c */

/** Takes the transport keys out of what the guest owner sent with LAUNCH_START. Returns a status. */
uint32_t psp_session_open(Psp *psp, const PspSevStart *start, PspTransportKeys *transport);

/* psp-cert.c: the platform's identity */

/** The keys of the platform, which are made at the first call. */
const PspPlatformKeys *psp_platform_keys(Psp *psp);
/** Bytes that a real platform would draw at random; here they follow from the model and from how many came
 * before. */
void psp_random(Psp *psp, void *bytes, size_t size);
/** Bytes that follow from the model alone. */
void psp_derive(const Psp *psp, const char *label, uint64_t number, void *bytes, size_t size);
/** The number of the chip, which says that it is none. */
#define PSP_CHIP_ID_SIZE 64
void psp_chip_id(const Psp *psp, uint8_t id[PSP_CHIP_ID_SIZE]);
/** Whether a result of @p size bytes fits; writes the size. SUCCESS or INVALID_LEN. */
uint32_t psp_buffer_check(PspBuffer *buffer, uint32_t size);
uint32_t psp_sev_pdh_cert_export(Psp *psp, void *data);
uint32_t psp_sev_get_id(Psp *psp, void *data);

#endif
