/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The ultravisor of IBM Z in software: the calls that a host makes to create secure guests, to have images
 * decrypted and checked, and to get pages of them.
 *
 * It knows no KVM. Its user is the simulated kernel. A control block is a structure of this process, not of
 * an absolute address; its numbers are in the order of this process's bytes. What is an image's or a guest's
 * is big-endian.
 *
 * Memory. On a real machine a page of a secure guest is inaccessible to the host until the host has it
 * exported, which encrypts it and remembers what it was, and to the guest until it is imported, which checks
 * that. This one exports a page as soon as the guest does not use it any more, so that the host's memory
 * always holds what a host that looks at it would see: ciphertext. A call that concerns a page gets the
 * host's copy of it and changes that.
 *
 * Public sources tell only part of the response codes (target-s390x/pv-header-abi.h has those). What they do
 * not tell is in uv-state.h, as UV_RC_OWN_*, and is of this ultravisor only.
 *
 * Its keys follow from the name of the model, so that a launch can be repeated; they protect nothing.
 *
 * Limits: no AP devices, no secrets besides the image's, no attestation. Guests make no calls but sharing.
 *
 * All functions may be called from any thread; calls are carried out one at a time.
 */
#ifndef TARGET_S390X_UV_H
#define TARGET_S390X_UV_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include "qapi/error.h"
#include "target-s390x/pv-header-abi.h"

#define UV_PAGE_SIZE 4096

#define UV_MEGABYTE  UINT64_C(0x100000)

/** Calls of the host, by their numbers (arch/s390/include/asm/uv.h), with the structure that each takes. */
typedef enum UvCommand {
    UV_CREATE_SEC_CONF = 0x0100,       /* UvCreateConf */
    UV_DESTROY_SEC_CONF = 0x0101,      /* UvNoData, a configuration */
    UV_DESTROY_SEC_CONF_FAST = 0x0102, /* UvNoData, a configuration */
    UV_CREATE_SEC_CPU = 0x0120,        /* UvCreateCpu */
    UV_DESTROY_SEC_CPU = 0x0121,       /* UvNoData, a CPU */
    UV_SET_SEC_CONF_PARAMS = 0x0300,   /* UvSetParams */
    UV_UNPACK_IMG = 0x0301,            /* UvUnpack */
    UV_VERIFY_IMG = 0x0302,            /* UvNoData, a configuration */
    UV_CPU_RESET = 0x0310,             /* UvNoData, a CPU */
    UV_CPU_RESET_INITIAL = 0x0311,     /* UvNoData, a CPU */
    UV_PREPARE_RESET = 0x0320,         /* UvNoData, a configuration */
    UV_CPU_RESET_CLEAR = 0x0321,       /* UvNoData, a CPU */
    UV_CPU_SET_STATE = 0x0330,         /* UvCpuSetState */
    UV_SET_UNSHARE_ALL = 0x0340,       /* UvNoData, a configuration */
    UV_DUMP_INIT = 0x0400,             /* UvNoData, a configuration */
    UV_DUMP_CONF_STOR_STATE = 0x0401,  /* UvDumpStorage */
    UV_DUMP_CPU = 0x0402,              /* UvDumpCpu */
    UV_DUMP_COMPLETE = 0x0403,         /* UvDumpComplete */
} UvCommand;

/** The start of every control block, written by the call. */
typedef struct UvBlock {
    uint16_t rc;
    uint16_t rrc;
} UvBlock;

typedef struct UvNoData {
    UvBlock block;
    uint64_t handle; /* of a configuration or a CPU */
} UvNoData;

typedef struct UvCreateConf {
    UvBlock block;
    uint64_t stor_origin; /* guest addresses from here ... */
    uint64_t stor_length; /* ... on */
    uint64_t handle;      /* written */
} UvCreateConf;

typedef struct UvCreateCpu {
    UvBlock block;
    uint64_t conf;
    uint16_t number;
    uint64_t handle; /* written */
} UvCreateCpu;

typedef struct UvSetParams {
    UvBlock block;
    uint64_t conf;
    const void *header; /* NULL if the host's memory could not be read */
    uint64_t length;
} UvSetParams;

typedef struct UvUnpack {
    UvBlock block;
    uint64_t conf;
    uint64_t gaddr;
    uint64_t tweak[2];
    uint8_t *page; /* the host's copy, or NULL if it has none */
} UvUnpack;

/** UvCpuSetState.state */
typedef enum UvCpuState {
    UV_CPU_OPERATING = 1,
    UV_CPU_STOPPED = 2,
    UV_CPU_CHECK_STOPPED = 3,
    UV_CPU_LOAD = 5, /* operating, with the PSW of the image */
} UvCpuState;

typedef struct UvCpuSetState {
    UvBlock block;
    uint64_t handle;
    UvCpuState state;
} UvCpuSetState;

typedef struct UvDumpStorage {
    UvBlock block;
    uint64_t conf;
    uint64_t gaddr;  /* of a megabyte */
    uint8_t *buffer; /* UvInfo.dump_storage_length bytes */
} UvDumpStorage;

typedef struct UvDumpCpu {
    UvBlock block;
    uint64_t handle;
    uint8_t *buffer; /* UvInfo.cpu_storage_length bytes */
} UvDumpCpu;

typedef struct UvDumpComplete {
    UvBlock block;
    uint64_t conf;
    uint8_t *buffer; /* UvInfo.dump_complete_length bytes */
} UvDumpComplete;

/** What a model's ultravisor can do; the answer to the call QUERY. Bits are counted from the highest. */
typedef struct UvInfo {
    uint64_t calls[4]; /* the bit of each call; UV_CALL_* */
    uint64_t features; /* UV_FEATURE_* */
    uint64_t header_flags;
    uint64_t largest_address; /* that a secure guest may have */
    uint32_t most_guests;
    uint16_t largest_cpu_number;
    uint64_t cpu_storage_length;
    uint64_t dump_storage_length; /* for a megabyte */
    uint64_t dump_complete_length;
} UvInfo;

/* UvInfo.calls */
#define UV_CALL_DESTROY_SEC_CONF_FAST   23
#define UV_CALL_DUMP_INIT               24
#define UV_CALL_DUMP_CONF_STORAGE_STATE 25
#define UV_CALL_DUMP_CPU                26
#define UV_CALL_DUMP_COMPLETE           27

/* UvInfo.features */
#define UV_FEATURE_MISC (UINT64_C(1) << 63)
#define UV_FEATURE_AIV  (UINT64_C(1) << 62)

/** Whether @p info has the call of bit @p bit. */
bool uv_info_has_call(const UvInfo *info, unsigned bit);

typedef struct Uv Uv;

/**
 * The ultravisor of a machine with the name @p model and the abilities @p info; both are borrowed. @p fault
 * says which calls fail: `COMMAND[:NTH]=RC[/RRC]`, joined with `+` (SimHostOptions.fault), or is NULL. NULL
 * with an error if the syntax is wrong.
 */
Uv *uv_new(const char *model, const UvInfo *info, const char *fault, Error **errp);

/** Frees it, with all guests. NULL is allowed. */
void uv_free(Uv *uv);

/**
 * Carries out a call with its control block @p block. Whether it has succeeded (condition code 0); it is
 * never busy, and never does a part.
 */
bool uv_call(Uv *uv, UvCommand command, void *block);

/** The public host key, for those who make images for this machine. */
void uv_host_key(const Uv *uv, PvPublicKey *key);

/* What a guest does, with the host's copy @p page of the page at the address @p gaddr. */

typedef enum UvAccess {
    UV_ACCESS_DONE,
    UV_ACCESS_TAMPERED, /* the host's copy is not what was exported: the import fails */
    UV_ACCESS_INVALID,  /* no such configuration, or it is not verified, or the address is not its own */
} UvAccess;

/**
 * Copies @p size bytes at @p gaddr, all of one page, from @p page to @p data. A page that was never the
 * guest's becomes it, and is zeroed. @p page is what the host sees afterwards.
 */
UvAccess uv_guest_read(Uv *uv, uint64_t conf, uint64_t gaddr, uint8_t *page, void *data, size_t size);
/** The same from @p data to @p page. */
UvAccess uv_guest_write(Uv *uv, uint64_t conf, uint64_t gaddr, uint8_t *page, const void *data, size_t size);
/** Set Shared Access and Remove Shared Access: the host can read a page that is shared, and write it. */
UvAccess uv_guest_share(Uv *uv, uint64_t conf, uint64_t gaddr, uint8_t *page, bool shared);

/** Whether the page at @p gaddr is shared with the host. */
bool uv_guest_is_shared(Uv *uv, uint64_t conf, uint64_t gaddr);

/** Whether the CPU @p cpu can be run: it exists, and is operating. */
bool uv_cpu_is_operating(Uv *uv, uint64_t cpu);

/** Where the image starts. False, with both untouched, unless a CPU of the configuration was loaded. */
bool uv_guest_psw(Uv *uv, uint64_t conf, uint64_t *mask, uint64_t *address);

/** For tests: the digest of the pages of an image that is verified. False, with @p digest untouched, if not.
 */
bool uv_guest_digest(Uv *uv, uint64_t conf, uint8_t digest[PV_HASH_SIZE]);

#endif
