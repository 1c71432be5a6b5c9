/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The ABI of AMD SEV: KVM's commands (arch/x86/include/uapi/asm/kvm.h of Linux 6.12), the commands of
 * /dev/sev (include/uapi/linux/psp-sev.h) and the structures of the SEV-SNP firmware ABI (AMD publication
 * 56860) that a VMM fills, in our own names.
 */
#ifndef TARGET_I386_SEV_ABI_H
#define TARGET_I386_SEV_ABI_H

#include "hw/kvm-abi.h"

/* KVM_MEMORY_ENCRYPT_OP: SevCommand.id */
enum {
    SEVCMD_INIT = 0,
    SEVCMD_ES_INIT = 1,
    SEVCMD_LAUNCH_START = 2,
    SEVCMD_LAUNCH_UPDATE_DATA = 3,
    SEVCMD_LAUNCH_UPDATE_VMSA = 4,
    SEVCMD_LAUNCH_SECRET = 5,
    SEVCMD_LAUNCH_MEASURE = 6,
    SEVCMD_LAUNCH_FINISH = 7,
    SEVCMD_GUEST_STATUS = 16,
    SEVCMD_DBG_DECRYPT = 17,
    SEVCMD_DBG_ENCRYPT = 18,
    SEVCMD_GET_ATTESTATION_REPORT = 20,
    SEVCMD_INIT2 = 22,
    SEVCMD_SNP_LAUNCH_START = 100,
    SEVCMD_SNP_LAUNCH_UPDATE = 101,
    SEVCMD_SNP_LAUNCH_FINISH = 102,
};

/** The argument of KVM_MEMORY_ENCRYPT_OP. KVM writes `error` only if it reached the firmware. */
typedef struct SevCommand {
    uint32_t id;
    uint32_t pad0;
    uint64_t data; /* address of the command's structure */
    uint32_t error;
    uint32_t sev_fd;
} SevCommand;
ABI_ASSERT_SIZE(SevCommand, 24);

typedef struct SevInit2 {
    uint64_t vmsa_features;
    uint32_t flags;
    uint16_t ghcb_version;
    uint16_t pad1;
    uint32_t pad2[8];
} SevInit2;
ABI_ASSERT_SIZE(SevInit2, 48);

/** KVM writes `handle`. A blob whose address is 0 is not given. */
typedef struct SevLaunchStart {
    uint32_t handle; /* not 0: the guest whose key this one shares */
    uint32_t policy; /* SEV_POLICY_* */
    uint64_t dh_uaddr;
    uint32_t dh_len;
    uint32_t pad0;
    uint64_t session_uaddr;
    uint32_t session_len;
    uint32_t pad1;
} SevLaunchStart;
ABI_ASSERT_SIZE(SevLaunchStart, 40);

typedef struct SevLaunchUpdateData {
    uint64_t uaddr;
    uint32_t len;
    uint32_t pad0;
} SevLaunchUpdateData;
ABI_ASSERT_SIZE(SevLaunchUpdateData, 16);

/** KVM writes `len`. A `len` of 0 asks for it, with -EIO and INVALID_LEN. */
typedef struct SevLaunchMeasure {
    uint64_t uaddr;
    uint32_t len;
    uint32_t pad0;
} SevLaunchMeasure;
ABI_ASSERT_SIZE(SevLaunchMeasure, 16);

typedef struct SevLaunchSecret {
    uint64_t hdr_uaddr;
    uint32_t hdr_len;
    uint32_t pad0;
    uint64_t guest_uaddr;
    uint32_t guest_len;
    uint32_t pad1;
    uint64_t trans_uaddr;
    uint32_t trans_len;
    uint32_t pad2;
} SevLaunchSecret;
ABI_ASSERT_SIZE(SevLaunchSecret, 48);

typedef struct SevGuestStatus {
    uint32_t handle;
    uint32_t policy;
    uint32_t state; /* SEV_GUEST_* */
} SevGuestStatus;
ABI_ASSERT_SIZE(SevGuestStatus, 12);

typedef struct SevDbg {
    uint64_t src_uaddr;
    uint64_t dst_uaddr;
    uint32_t len;
    uint32_t pad0;
} SevDbg;
ABI_ASSERT_SIZE(SevDbg, 24);

/** KVM writes `len`, as for SevLaunchMeasure. */
typedef struct SevAttestationReport {
    uint8_t mnonce[16];
    uint64_t uaddr;
    uint32_t len;
    uint32_t pad0;
} SevAttestationReport;
ABI_ASSERT_SIZE(SevAttestationReport, 32);

/* SevGuestStatus.state, the firmware's GSTATE. */
enum {
    SEV_GUEST_UNINIT = 0,
    SEV_GUEST_LAUNCH_UPDATE = 1,
    SEV_GUEST_LAUNCH_SECRET = 2,
    SEV_GUEST_RUNNING = 3,
    SEV_GUEST_SEND_UPDATE = 4,
    SEV_GUEST_RECEIVE_UPDATE = 5,
    SEV_GUEST_SENT = 6,
};

/* Bits of the policy of an SEV or SEV-ES guest. */
#define SEV_POLICY_NODBG           (1u << 0)
#define SEV_POLICY_NOKS            (1u << 1)
#define SEV_POLICY_ES              (1u << 2)
#define SEV_POLICY_NOSEND          (1u << 3)
#define SEV_POLICY_DOMAIN          (1u << 4)
#define SEV_POLICY_SEV             (1u << 5)
#define SEV_POLICY_API_MAJOR_SHIFT 16
#define SEV_POLICY_API_MINOR_SHIFT 24

/** What a guest owner sends for LAUNCH_START, besides a certificate (AMD 55766, "Session data"). */
typedef struct SevSession {
    uint8_t nonce[16];
    uint8_t wrap_tk[32];
    uint8_t wrap_iv[16];
    uint8_t wrap_mac[32];
    uint8_t policy_mac[32];
} SevSession;
ABI_ASSERT_SIZE(SevSession, 128);

/** What LAUNCH_MEASURE returns (AMD 55766). */
typedef struct SevMeasurement {
    uint8_t measure[32];
    uint8_t mnonce[16];
} SevMeasurement;
ABI_ASSERT_SIZE(SevMeasurement, 48);

/** The header of a packet for LAUNCH_SECRET (AMD 55766). */
typedef struct SevSecretHeader {
    uint32_t flags; /* bit 0: compressed */
    uint8_t iv[16];
    uint8_t mac[32];
} SevSecretHeader;
ABI_ASSERT_SIZE(SevSecretHeader, 52);

#define SEV_ATTESTATION_REPORT_SIZE 208

typedef struct SnpLaunchStart {
    uint64_t policy;
    uint8_t gosvw[16];
    uint16_t flags;
    uint8_t pad0[6];
    uint64_t pad1[4];
} SnpLaunchStart;
ABI_ASSERT_SIZE(SnpLaunchStart, 64);

/* SnpLaunchUpdate.type */
enum {
    SNP_PAGE_TYPE_NORMAL = 1,
    SNP_PAGE_TYPE_VMSA = 2, /* the firmware's; KVM refuses it from a VMM */
    SNP_PAGE_TYPE_ZERO = 3,
    SNP_PAGE_TYPE_UNMEASURED = 4,
    SNP_PAGE_TYPE_SECRETS = 5,
    SNP_PAGE_TYPE_CPUID = 6,
};

/** KVM advances gfn_start, uaddr and len by what it has done. */
typedef struct SnpLaunchUpdate {
    uint64_t gfn_start;
    uint64_t uaddr;
    uint64_t len;
    uint8_t type;
    uint8_t pad0;
    uint16_t flags;
    uint32_t pad1;
    uint64_t pad2[4];
} SnpLaunchUpdate;
ABI_ASSERT_SIZE(SnpLaunchUpdate, 64);

#define SNP_ID_BLOCK_SIZE  96
#define SNP_ID_AUTH_SIZE   4096
#define SNP_HOST_DATA_SIZE 32

typedef struct SnpLaunchFinish {
    uint64_t id_block_uaddr;
    uint64_t id_auth_uaddr;
    uint8_t id_block_en;
    uint8_t auth_key_en;
    uint8_t vcek_disabled;
    uint8_t host_data[SNP_HOST_DATA_SIZE];
    uint8_t pad0[3];
    uint16_t flags;
    uint64_t pad1[4];
} SnpLaunchFinish;
ABI_ASSERT_SIZE(SnpLaunchFinish, 88);

/** One entry of the CPUID page (AMD 56860, CPUID_FUNCTION). */
typedef struct SnpCpuidEntry {
    uint32_t eax_in, ecx_in;
    uint64_t xcr0_in, xss_in;
    uint32_t eax, ebx, ecx, edx;
    uint64_t reserved;
} SnpCpuidEntry;
ABI_ASSERT_SIZE(SnpCpuidEntry, 48);

#define SNP_CPUID_ENTRIES 64

/**
 * The CPUID page (AMD 56860, CPUID_PAGE); the rest of its 4096 bytes is zero. Its numbers and those of its
 * entries are little-endian, whatever the host is.
 */
typedef struct SnpCpuidPage {
    uint32_t count;
    uint32_t reserved1;
    uint64_t reserved2;
    SnpCpuidEntry entries[SNP_CPUID_ENTRIES];
} SnpCpuidPage;
ABI_ASSERT_SIZE(SnpCpuidPage, 16 + 64 * 48);

/** The first part of an ID block (AMD 56860, ID_BLOCK). */
typedef struct SnpIdBlock {
    uint8_t launch_digest[48];
    uint8_t family_id[16];
    uint8_t image_id[16];
    uint32_t version;
    uint32_t guest_svn;
    uint64_t policy;
} SnpIdBlock;
ABI_ASSERT_SIZE(SnpIdBlock, SNP_ID_BLOCK_SIZE);

/** A number in a key or a signature of ID_AUTH_INFO: little-endian, of up to 384 bits. */
typedef struct SnpIdNumber {
    uint8_t value[48];
    uint8_t padding[24];
} SnpIdNumber;
ABI_ASSERT_SIZE(SnpIdNumber, 72);

typedef struct SnpIdSignature {
    SnpIdNumber r, s;
    uint8_t padding[368];
} SnpIdSignature;
ABI_ASSERT_SIZE(SnpIdSignature, 512);

typedef struct SnpIdKey {
    uint32_t curve;
    SnpIdNumber qx, qy;
    uint8_t padding[880];
} SnpIdKey;
ABI_ASSERT_SIZE(SnpIdKey, 1028);

/** What authenticates an ID block (AMD 56860, ID_AUTH_INFO). The author's members may be left zero. */
typedef struct SnpIdAuth {
    uint32_t id_key_algorithm;
    uint32_t author_key_algorithm;
    uint8_t reserved1[0x38];
    SnpIdSignature block_signature; /* by the ID key, over the ID block */
    SnpIdKey id_key;
    uint8_t reserved2[0x3c];
    SnpIdSignature id_key_signature; /* by the author key, over id_key */
    SnpIdKey author_key;
    uint8_t reserved3[0x37c];
} SnpIdAuth;
ABI_ASSERT_SIZE(SnpIdAuth, SNP_ID_AUTH_SIZE);

#define SNP_ID_BLOCK_VERSION               1
#define SNP_ID_ALGORITHM_ECDSA_P384_SHA384 1
#define SNP_ID_CURVE_P384                  2

/* Bits of an SNP guest policy. */
#define SNP_POLICY_SMT           (UINT64_C(1) << 16)
#define SNP_POLICY_ONE           (UINT64_C(1) << 17)
#define SNP_POLICY_MIGRATE_MA    (UINT64_C(1) << 18)
#define SNP_POLICY_DEBUG         (UINT64_C(1) << 19)
#define SNP_POLICY_SINGLE_SOCKET (UINT64_C(1) << 20)

/* Bits of SEV_FEATURES, which are those of SevInit2.vmsa_features. */
#define SEV_FEATURE_SNP_ACTIVE (UINT64_C(1) << 0)
#define SEV_FEATURE_DEBUG_SWAP (UINT64_C(1) << 5)
#define SEV_FEATURE_SECURE_TSC (UINT64_C(1) << 9)

/** The guest address that KVM gives the firmware for the VMSA of every vCPU. */
#define SNP_VMSA_GPA UINT64_C(0xfffffffff000)

/* /dev/sev: SevIssueCommand.cmd */
enum {
    SEV_PLATFORM_STATUS = 1,
    SEV_PDH_CERT_EXPORT = 5,
    SEV_GET_ID2 = 8,
    SEV_SNP_PLATFORM_STATUS = 9,
};

#define SEV_ISSUE_CMD_IOCTL 0xc0105300UL

/** The argument of SEV_ISSUE_CMD. */
typedef struct __attribute__((packed)) SevIssueCommand {
    uint32_t cmd;
    uint64_t data;
    uint32_t error;
} SevIssueCommand;
ABI_ASSERT_SIZE(SevIssueCommand, 16);

typedef struct __attribute__((packed)) SevPlatformStatus {
    uint8_t api_major;
    uint8_t api_minor;
    uint8_t state;
    uint32_t flags; /* bit 0: owned by somebody else; bit 8: SEV-ES is configured */
    uint8_t build;
    uint32_t guest_count;
} SevPlatformStatus;
ABI_ASSERT_SIZE(SevPlatformStatus, 12);

/** The driver writes both lengths; a member that is 0 asks for them, with -EIO and INVALID_LEN. */
typedef struct __attribute__((packed)) SevPdhCertExport {
    uint64_t pdh_cert_address;
    uint32_t pdh_cert_len;
    uint64_t cert_chain_address; /* PEK, OCA and CEK in one */
    uint32_t cert_chain_len;
} SevPdhCertExport;
ABI_ASSERT_SIZE(SevPdhCertExport, 24);

/** The same convention. The number of the chip, of up to two sockets. */
typedef struct __attribute__((packed)) SevGetId2 {
    uint64_t address;
    uint32_t length;
} SevGetId2;
ABI_ASSERT_SIZE(SevGetId2, 12);

#define SEV_CERT_SIZE 2084

typedef struct SnpPlatformStatus {
    uint8_t api_major;
    uint8_t api_minor;
    uint8_t state;
    uint8_t rmp_initialized; /* bit 0 */
    uint32_t build_id;
    uint32_t masks; /* bit 0: chip id masked, bit 1: chip key masked, bit 2: VLEK enabled */
    uint32_t guest_count;
    uint64_t current_tcb;
    uint64_t reported_tcb;
} SnpPlatformStatus;
ABI_ASSERT_SIZE(SnpPlatformStatus, 32);

/* Status codes of the firmware (include/uapi/linux/psp-sev.h); sev-errors.c has their meaning. */
enum {
    SEV_STATUS_SUCCESS = 0x00,
    SEV_STATUS_INVALID_PLATFORM_STATE = 0x01,
    SEV_STATUS_INVALID_GUEST_STATE = 0x02,
    SEV_STATUS_INVALID_CONFIG = 0x03,
    SEV_STATUS_INVALID_LEN = 0x04,
    SEV_STATUS_ALREADY_OWNED = 0x05,
    SEV_STATUS_INVALID_CERTIFICATE = 0x06,
    SEV_STATUS_POLICY_FAILURE = 0x07,
    SEV_STATUS_INACTIVE = 0x08,
    SEV_STATUS_INVALID_ADDRESS = 0x09,
    SEV_STATUS_BAD_SIGNATURE = 0x0a,
    SEV_STATUS_BAD_MEASUREMENT = 0x0b,
    SEV_STATUS_ASID_OWNED = 0x0c,
    SEV_STATUS_INVALID_ASID = 0x0d,
    SEV_STATUS_WBINVD_REQUIRED = 0x0e,
    SEV_STATUS_DFFLUSH_REQUIRED = 0x0f,
    SEV_STATUS_INVALID_GUEST = 0x10,
    SEV_STATUS_INVALID_COMMAND = 0x11,
    SEV_STATUS_ACTIVE = 0x12,
    SEV_STATUS_HWERROR_PLATFORM = 0x13,
    SEV_STATUS_HWERROR_UNSAFE = 0x14,
    SEV_STATUS_UNSUPPORTED = 0x15,
    SEV_STATUS_INVALID_PARAM = 0x16,
    SEV_STATUS_RESOURCE_LIMIT = 0x17,
    SEV_STATUS_SECURE_DATA_INVALID = 0x18,
    SEV_STATUS_INVALID_PAGE_SIZE = 0x19,
    SEV_STATUS_INVALID_PAGE_STATE = 0x1a,
    SEV_STATUS_INVALID_MDATA_ENTRY = 0x1b,
    SEV_STATUS_INVALID_PAGE_OWNER = 0x1c,
    SEV_STATUS_AEAD_OVERFLOW = 0x1d,
    SEV_STATUS_EXIT_RING_BUFFER = 0x1f,
    SEV_STATUS_RMP_INIT_REQUIRED = 0x20,
    SEV_STATUS_BAD_SVN = 0x21,
    SEV_STATUS_BAD_VERSION = 0x22,
    SEV_STATUS_SHUTDOWN_REQUIRED = 0x23,
    SEV_STATUS_UPDATE_FAILED = 0x24,
    SEV_STATUS_RESTORE_REQUIRED = 0x25,
    SEV_STATUS_RMP_INITIALIZATION_FAILED = 0x26,
    SEV_STATUS_INVALID_KEY = 0x27,
};

#endif
