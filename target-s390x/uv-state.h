/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Inside the ultravisor: its state, and what its files are to each other.
 */
#ifndef TARGET_S390X_UV_STATE_H
#define TARGET_S390X_UV_STATE_H

#include <glib.h>
#include "confidential/crypto-aes256.h"
#include "confidential/crypto-p521.h"
#include "confidential/crypto-sha512.h"
#include "confidential/crypto.h"
#include "target-s390x/uv.h"

/* Response codes from kvm-unit-tests' s390x/uv-host.c and Linux's arch/s390 that no VMM needs to know. */
#define UV_RC_GUEST_HANDLE 0x0020
#define UV_RC_CPU_HANDLE   0x0021
#define UV_RC_CONF_ORIGIN  0x0101 /* CREATE_SEC_CONF: beyond the largest address */
#define UV_RC_CONF_LENGTH  0x0102 /* CREATE_SEC_CONF: ends beyond it, or is nothing */
#define UV_RC_CPU_NUMBER   0x0103 /* CREATE_SEC_CPU */
#define UV_RC_CPU_EXISTS   0x0104 /* CREATE_SEC_CPU */
#define UV_RC_CONF_IN_USE                                                                                    \
    0x0104 /* DESTROY_SEC_CONF_FAST: there are CPUs; that of the slow one is taken alike */
#define UV_RC_HEADER_NOT_THERE 0x0103 /* SET_SEC_CONF_PARAMS: the host's memory cannot be read */
#define UV_RC_PAGE_NOT_THERE   0x010a /* UNPACK_IMG: the host has no page there */

/* Codes that no public source tells: of this ultravisor only. */
#define UV_RC_OWN_TOO_MANY     0x0110 /* CREATE_SEC_CONF: there are as many as there may be */
#define UV_RC_OWN_ADDRESS      0x0103 /* UNPACK_IMG: not a page of this guest */
#define UV_RC_OWN_UNPACKED     0x0104 /* UNPACK_IMG: the page is the guest's already */
#define UV_RC_OWN_KEY          0x0105 /* UNPACK_IMG: the key of the image cannot be used */
#define UV_RC_OWN_CPU_STATE    0x0103 /* CPU_SET_STATE: no such state */
#define UV_RC_OWN_NO_DUMP      0x0103 /* DUMP_INIT: the image does not allow it */
#define UV_RC_OWN_DUMP_ADDRESS 0x0103 /* DUMP_CONF_STOR_STATE: not a megabyte of this guest */
#define UV_RRC_OWN_MAGIC       0x0101 /* SET_SEC_CONF_PARAMS, with UV_RC_HEADER_CORRUPT */
#define UV_RRC_OWN_KEY_SLOT    0x0102 /* the slot of this host is not what its maker wrapped */
#define UV_RRC_OWN_TAG         0x0103 /* nor is the header */
#define UV_RRC_OWN_ITEMS       0x0104 /* it has optional items */

/** A page that is a guest's: what is needed to import it. */
typedef struct UvPage {
    bool is_shared;
    uint64_t number;                    /* of the export, which no other of its configuration has */
    uint8_t digest[CRYPTO_SHA256_SIZE]; /* of what the host was given */
} UvPage;

/** By what pages of a configuration are exported: AES-256-XTS, with the number of the export for the last 8
 * bytes of the tweak. */
typedef struct UvPageKeys {
    uint8_t key[CRYPTO_XTS_KEY_SIZE];
    uint8_t nonce[8]; /* the first bytes of each tweak */
} UvPageKeys;

#define UV_DUMP_SEED_SIZE 64

/** A dump that was begun. */
typedef struct UvDump {
    bool is_begun;
    uint8_t seed[UV_DUMP_SEED_SIZE];
    uint8_t key[CRYPTO_AES256_KEY_SIZE]; /* which follows from that and from the owner's key */
    uint64_t n_parts;                    /* that were encrypted by it */
} UvDump;

typedef enum UvConfState {
    UV_CONF_CREATED,
    UV_CONF_UNPACKING, /* it has a header */
    UV_CONF_VERIFIED,
    UV_CONF_REFUSED, /* it can only be destroyed */
} UvConfState;

/** A secure configuration: a guest. */
typedef struct UvConf {
    uint64_t handle;
    uint64_t origin, length; /* guest addresses */
    UvConfState state;
    bool is_loaded;    /* a CPU has the PSW of the image */
    bool is_resetting; /* PREPARE_RESET: CPUs may be cleared */
    GHashTable *cpus;  /* number -> UvCpu, owned by Uv.cpus */
    GHashTable *pages; /* page number -> UvPage */
    uint64_t n_exports;
    UvPageKeys page_keys;
    UvDump dump;
    PvHeader header;   /* in the order of this process's bytes */
    PvSecrets secrets; /* the same */
    uint64_t n_unpacked;
    CryptoSha512 *page_hash, *address_hash, *tweak_hash;
} UvConf;

typedef struct UvCpu {
    uint64_t handle;
    UvConf *conf;
    uint16_t number;
    UvCpuState state;
} UvCpu;

/** One call that is to fail. */
typedef struct UvFault {
    UvCommand command;
    unsigned nth;  /* 0: all of them */
    unsigned seen; /* how many there were */
    uint16_t rc, rrc;
} UvFault;

struct Uv {
    const char *model;
    const UvInfo *info;
    GMutex lock;
    CryptoP521Key host_key;
    uint8_t phkh[PV_PHKH_SIZE];
    uint8_t root_key[CRYPTO_AES256_KEY_SIZE]; /* from which those of pages are derived */
    GArray *faults;                           /* of UvFault */
    GHashTable *confs;                        /* handle -> UvConf */
    GHashTable *cpus;                         /* handle -> UvCpu */
    uint64_t next_handle;
};

/** Sets the codes of @p block. Returns whether they are those of success. */
static inline bool uv_answer(UvBlock *block, unsigned rc, unsigned rrc)
{
    block->rc = (uint16_t)rc;
    block->rrc = (uint16_t)rrc;
    return rc == UV_RC_EXECUTED;
}

/** The configuration @p handle, or NULL with the codes of @p block set. */
UvConf *uv_find_conf(Uv *uv, uint64_t handle, UvBlock *block);
/** The CPU @p handle, or NULL with the codes of @p block set. */
UvCpu *uv_find_cpu(Uv *uv, uint64_t handle, UvBlock *block);
/** Whether the page at @p gaddr is one that @p conf may have. */
bool uv_conf_has_page(const UvConf *conf, uint64_t gaddr);

/* The calls; Uv.lock is held. */

/* uv-conf.c */
bool uv_create_conf(Uv *uv, void *block);
bool uv_destroy_conf(Uv *uv, void *block);
bool uv_create_cpu(Uv *uv, void *block);
bool uv_destroy_cpu(Uv *uv, void *block);
bool uv_prepare_reset(Uv *uv, void *block);
bool uv_cpu_reset(Uv *uv, void *block);
bool uv_cpu_reset_clear(Uv *uv, void *block);
bool uv_cpu_set_state(Uv *uv, void *block);
/** Frees a UvConf, but not its CPUs. */
void uv_conf_free(void *conf);

/* uv-header.c */
bool uv_set_params(Uv *uv, void *block);

/* uv-image.c */
bool uv_unpack(Uv *uv, void *block);
bool uv_verify(Uv *uv, void *block);

/* uv-memory.c */
bool uv_unshare_all(Uv *uv, void *block);
/**
 * Makes the page at @p gaddr, which @p conf may have, what is in @p page, and @p page what the host sees of
 * it.
 */
void uv_page_export(UvConf *conf, uint64_t gaddr, uint8_t *page);

/* uv-dump.c */
bool uv_dump_init(Uv *uv, void *block);
bool uv_dump_storage(Uv *uv, void *block);
bool uv_dump_cpu(Uv *uv, void *block);
bool uv_dump_complete(Uv *uv, void *block);

/* uv-fault.c */

/** The faults that @p text asks for, none if it is NULL. NULL with an error. */
GArray *uv_faults_parse(const char *text, Error **errp);
/** Notes that @p command is called. Whether it is to fail, with the codes of @p block set then. */
bool uv_faults_next(GArray *faults, UvCommand command, UvBlock *block);

#endif
