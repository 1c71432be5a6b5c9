/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The formats of IBM Secure Execution for Linux: the header of an image, the IPL parameter block of type 5 by
 * which a guest asks to be started as that image, and what says where both lie in an image. All numbers are
 * big-endian, on every host.
 *
 * An image is loaded at guest address 0, byte by byte. Its components, encrypted page by page with
 * AES-256-XTS, lie in it at the addresses where the ultravisor unpacks them in place. Page number N of a
 * component has the tweak { tweak_pref, N * 4096 }, 16 big-endian bytes.
 */
#ifndef TARGET_S390X_PV_HEADER_ABI_H
#define TARGET_S390X_PV_HEADER_ABI_H

#include <stddef.h>
#include <stdint.h>

#define PV_ASSERT_SIZE(type, size) _Static_assert(sizeof(type) == (size), #type " has the format's size")

#define PV_PAGE_SIZE               4096

/* ---- the header ---- */

#define PV_HEADER_MAGIC   "IBMSecEx"
#define PV_HEADER_VERSION 0x100
#define PV_HEADER_LARGEST 8192
#define PV_IV_SIZE        12
#define PV_TAG_SIZE       16
#define PV_HASH_SIZE      64 /* SHA-512 */
#define PV_KEY_SIZE       32 /* AES-256 */
#define PV_XTS_KEY_SIZE   64
#define PV_PHKH_SIZE      32 /* SHA-256 of a host key's PvPublicKey */

/** A point of the curve P-521: each coordinate is 66 bytes, with zeroes before them. */
typedef struct PvPublicKey {
    uint8_t x[80];
    uint8_t y[80];
} PvPublicKey;
PV_ASSERT_SIZE(PvPublicKey, 160);

/**
 * The header's key, wrapped for one host: AES-256-GCM with an IV of zeroes, nothing authenticated besides,
 * and as key the SHA-256 of the ECDH secret (66 bytes) followed by the bytes 00 00 00 01.
 */
typedef struct PvKeySlot {
    uint8_t phkh[PV_PHKH_SIZE];
    uint8_t wrapped_key[PV_KEY_SIZE];
    uint8_t tag[PV_TAG_SIZE];
} PvKeySlot;
PV_ASSERT_SIZE(PvKeySlot, 80);

/**
 * The start of the header. Then come `n_key_slots` PvKeySlots, `encrypted_size` bytes of ciphertext that
 * begin with a PvSecrets, and the tag (PV_TAG_SIZE). AES-256-GCM with `iv`; everything before the ciphertext
 * is authenticated.
 */
typedef struct PvHeader {
    uint8_t magic[8];
    uint32_t version;
    uint32_t size; /* of all of it */
    uint8_t iv[PV_IV_SIZE];
    uint32_t reserved;
    uint64_t n_key_slots;
    uint64_t encrypted_size;
    uint64_t n_pages; /* of all components */
    uint64_t plaintext_flags;
    PvPublicKey customer_key;
    uint8_t page_hash[PV_HASH_SIZE];    /* of the encrypted pages, in the order of addresses */
    uint8_t address_hash[PV_HASH_SIZE]; /* of their addresses, each as 8 bytes */
    uint8_t tweak_hash[PV_HASH_SIZE];   /* of their tweaks, each as 16 bytes */
} PvHeader;
PV_ASSERT_SIZE(PvHeader, 416);

/* PvHeader.plaintext_flags */
#define PV_FLAG(bit)          (UINT64_C(1) << (63 - (bit)))
#define PV_FLAG_ALLOW_DUMP    PV_FLAG(34)
#define PV_FLAG_NO_ENCRYPTION PV_FLAG(35) /* components are plaintext */
#define PV_FLAG_PCKMO_DEA     PV_FLAG(56)
#define PV_FLAG_PCKMO_AES     PV_FLAG(57)
#define PV_FLAG_PCKMO_ECC     PV_FLAG(58)
#define PV_FLAG_PCKMO_HMAC    PV_FLAG(59)
#define PV_FLAG_BACKUP_KEYS   PV_FLAG(62)

/** What the header hides. `n_items` optional items may follow, of which version 1 knows none. */
typedef struct PvSecrets {
    uint8_t customer_communication_key[PV_KEY_SIZE];
    uint8_t xts_key[PV_XTS_KEY_SIZE]; /* of the components */
    uint64_t psw_mask;                /* where the guest starts */
    uint64_t psw_addr;
    uint64_t secret_flags;
    uint32_t n_items;
    uint32_t reserved;
} PvSecrets;
PV_ASSERT_SIZE(PvSecrets, 128);

/* PvSecrets.secret_flags */
#define PV_SECRET_FLAG_ENFORCE_EXTENSION PV_FLAG(1)
#define PV_SECRET_FLAG_CCK_UPDATE        PV_FLAG(2)

/* A 64-bit program status word that is as such blocks have it: 64-bit addresses, everything else off. */
#define PV_PSW_MASK UINT64_C(0x0000000180000000)

/* ---- the IPL parameter block ---- */

#define PV_IPIB_TYPE         5
#define PV_IPIB_LARGEST      4096
#define PV_IPIB_VERSION      1    /* of the block, and of the part about protected virtualization */
#define PV_IPIB_HAS_LOADPARM 0x80 /* PvIpib.flags of older blocks */

typedef struct PvIpibComponent {
    uint64_t tweak_pref;
    uint64_t addr;
    uint64_t size;
} PvIpibComponent;
PV_ASSERT_SIZE(PvIpibComponent, 24);

/** The block without its components, of which `n_components` follow. */
typedef struct PvIpib {
    uint32_t size; /* of all of it */
    uint8_t flags;
    uint8_t reserved1[2];
    uint8_t version;
    uint32_t block_size; /* from here on */
    uint8_t type;
    uint8_t block_flags;
    uint8_t reserved2[2];
    uint8_t loadparm[8];
    uint8_t reserved3[84];
    uint8_t reserved4[3];
    uint8_t pv_version;
    uint8_t reserved5[4];
    uint32_t n_components;
    uint64_t header_addr; /* in the guest */
    uint64_t header_size;
} PvIpib;
PV_ASSERT_SIZE(PvIpib, 136);
_Static_assert(offsetof(PvIpib, type) == 12 && offsetof(PvIpib, pv_version) == 0x6f &&
                   offsetof(PvIpib, n_components) == 0x74 && offsetof(PvIpib, header_addr) == 0x78,
               "PvIpib has the format's layout");

/* The size of a block with one component less than is useful. */
#define PV_IPIB_SMALLEST 148

/* ---- where both are in an image ---- */

#define PV_METADATA_ADDRESS 0xc000
#define PV_METADATA_MAGIC   "SeImgLnx"
#define PV_METADATA_VERSION 1

/** Absent from images that older tools have made: their header is at the start of one of the first pages. */
typedef struct __attribute__((packed)) PvMetadata {
    uint8_t magic[8];
    uint64_t header_addr; /* offset in the image and, as it is loaded at 0, address in the guest */
    uint32_t version;
    uint64_t ipib_addr;
} PvMetadata;
PV_ASSERT_SIZE(PvMetadata, 28);

/* ---- diagnose 308 ---- */

/* Subcodes. */
enum {
    DIAG308_RESET_MODIFIED_CLEAR = 0,
    DIAG308_RESET_LOAD_NORMAL = 1,
    DIAG308_LOAD_CLEAR = 3,
    DIAG308_LOAD_NORMAL_DUMP = 4,
    DIAG308_SET = 5,
    DIAG308_STORE = 6,
    DIAG308_LOAD_NORMAL = 7,
    DIAG308_PV_SET = 8,
    DIAG308_PV_STORE = 9,
    DIAG308_PV_START = 10,
};

/* What register r1+1 has afterwards, in its low 16 bits. */
#define DIAG308_RC_OK             0x0001
#define DIAG308_RC_NO_CONF        0x0102
#define DIAG308_RC_INVALID        0x0402
#define DIAG308_RC_NO_PV_CONF     0x0902
#define DIAG308_RC_INVALID_FOR_PV 0x0a02

/* ---- return codes of the ultravisor ---- */

#define UV_RC_EXECUTED     0x0001
#define UV_RC_INV_CMD      0x0002
#define UV_RC_INV_STATE    0x0003
#define UV_RC_INV_LEN      0x0005
#define UV_RC_NO_RESUME    0x0007
#define UV_RC_NEED_DESTROY 0x8000 /* set with another: what was made must be destroyed */

/* Of VERIFY: rc, and what differs in rrc. */
#define UV_RC_VERIFY_MISMATCH 0x0102
#define UV_RRC_ADDRESS_HASH   0x001a
#define UV_RRC_PAGE_HASH      0x001b
#define UV_RRC_TWEAK_HASH     0x001c
#define UV_RRC_N_PAGES        0x001d

/* Of SET_SEC_PARMS: rc with its rrcs. */
#define UV_RC_HEADER_VERSION   0x0104
#define UV_RRC_HEADER_VERSION  0x0001
#define UV_RC_PLAINTEXT_FLAGS  0x0106
#define UV_RRC_PLAINTEXT_FLAGS 0x0030
#define UV_RC_HOST_KEY         0x0108
#define UV_RRC_HOST_KEY        0x0005 /* no slot is for this host */
#define UV_RRC_CUSTOMER_KEY    0x000b /* it is no point of the curve */
#define UV_RRC_BACKUP_HOST_KEY 0x0034
#define UV_RC_SECRET_FLAGS     0x0109
#define UV_RC_HEADER_CORRUPT   0x010a
#define UV_RRC_HEADER_SIZE     0x0031
#define UV_RRC_ENCRYPTED_SIZE  0x0039
#define UV_RRC_NO_KEY_SLOTS    0x0040

#endif
