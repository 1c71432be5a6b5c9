/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * What a guest asks the firmware for: an attestation report, signed by the chip's key, and keys that nobody
 * else gets (AMD publication 56860, tables "ATTESTATION_REPORT", "MSG_REPORT_RSP" and "MSG_KEY_RSP").
 *
 * The signature is by a key of the simulated chip, for which AMD has no certificate: no verifier takes it for
 * a real one, and the number of the chip says so in words.
 */
#include <string.h>
#include "confidential/crypto-mac.h"
#include "target-i386/psp-state.h"

#define INVALID_PARAM        0x16 /* the status of an answer */

#define ALGORITHM_ECDSA_P384 1
#define PLATFORM_SMT         1
#define AUTHOR_KEY_EN        1
#define NO_SIGNING_KEY       (7u << 2) /* of VCEK and VLEK, in key_info */

#define HAS_CPUID_MINOR      56 /* the firmware 1.56 is the first to tell the processor's family */

/** ATTESTATION_REPORT, little-endian. */
typedef struct SnpReport {
    uint32_t version;
    uint32_t guest_svn;
    uint64_t policy;
    uint8_t family_id[16];
    uint8_t image_id[16];
    uint32_t vmpl;
    uint32_t signature_algorithm;
    uint64_t current_tcb;
    uint64_t platform_info;
    uint32_t key_info;
    uint32_t reserved1;
    uint8_t report_data[64];
    uint8_t measurement[48];
    uint8_t host_data[32];
    uint8_t id_key_digest[48];
    uint8_t author_key_digest[48];
    uint8_t report_id[32];
    uint8_t report_id_ma[32];
    uint64_t reported_tcb;
    uint8_t cpuid_family, cpuid_model, cpuid_stepping;
    uint8_t reserved2[21];
    uint8_t chip_id[PSP_CHIP_ID_SIZE];
    uint64_t committed_tcb;
    uint8_t current_build, current_minor, current_major, reserved3;
    uint8_t committed_build, committed_minor, committed_major, reserved4;
    uint64_t launch_tcb;
    uint8_t reserved5[168];
    CryptoP384Signature signature;
    uint8_t reserved6[368];
} SnpReport;
ABI_ASSERT_SIZE(SnpReport, 1184);
G_STATIC_ASSERT(offsetof(SnpReport, signature) == 0x2a0);

/** MSG_REPORT_RSP */
typedef struct ReportAnswer {
    uint32_t status;
    uint32_t size;
    uint8_t reserved[24];
    SnpReport report;
} ReportAnswer;

/** MSG_KEY_RSP */
typedef struct KeyAnswer {
    uint32_t status;
    uint8_t reserved[28];
    uint8_t key[32];
} KeyAnswer;

/* Where the questions have what is looked at. */
#define REPORT_DATA_SIZE 64
#define REPORT_VMPL      64
#define KEY_VMPL         16

static uint32_t load32(const uint8_t *bytes)
{
    uint32_t value;

    memcpy(&value, bytes, sizeof(value));
    return GUINT32_FROM_LE(value);
}

static void tell_cpu(const SimModel *model, SnpReport *report)
{
    uint32_t signature = model->signature;

    report->cpuid_family = (uint8_t)((signature >> 8 & 0xf) + (signature >> 20 & 0xff));
    report->cpuid_model = (uint8_t)((signature >> 4 & 0xf) | (signature >> 12 & 0xf0));
    report->cpuid_stepping = signature & 0xf;
}

static void tell_versions(const SimModel *model, SnpReport *report)
{
    report->current_tcb = report->reported_tcb = report->committed_tcb = report->launch_tcb =
        GUINT64_TO_LE(model->tcb);
    report->current_major = report->committed_major = model->snp_api.major;
    report->current_minor = report->committed_minor = model->snp_api.minor;
    report->current_build = report->committed_build = model->snp_api.build;
}

static void tell_guest(const Psp *psp, const PspGuest *guest, SnpReport *report)
{
    report->policy = GUINT64_TO_LE(guest->policy);
    memcpy(report->measurement, guest->digest, sizeof(report->measurement));
    memcpy(report->host_data, guest->host_data, sizeof(report->host_data));
    psp_derive(psp, "report id", guest->number, report->report_id, sizeof(report->report_id));
    memset(report->report_id_ma, 0xff, sizeof(report->report_id_ma));
    if (guest->has_id_block) {
        report->guest_svn = guest->id_block.guest_svn;
        memcpy(report->family_id, guest->id_block.family_id, sizeof(report->family_id));
        memcpy(report->image_id, guest->id_block.image_id, sizeof(report->image_id));
        memcpy(report->id_key_digest, guest->id_key_digest, sizeof(report->id_key_digest));
    }
    if (guest->has_author_key) {
        memcpy(report->author_key_digest, guest->author_key_digest, sizeof(report->author_key_digest));
    }
}

size_t psp_report_answer(Psp *psp, const PspGuest *guest, unsigned vmpl, const uint8_t *question,
                         uint8_t *answer)
{
    const SimModel *model = psp->model;
    bool has_cpuid = model->snp_api.major > 1 || model->snp_api.minor >= HAS_CPUID_MINOR;
    uint32_t asked = load32(question + REPORT_VMPL);
    ReportAnswer response = { .status = GUINT32_TO_LE(INVALID_PARAM) };
    SnpReport *report = &response.report;

    if (asked < vmpl || asked >= PSP_VMPCKS) {
        memcpy(answer, &response, sizeof(response));
        return sizeof(response);
    }
    response.status = 0;
    response.size = GUINT32_TO_LE(sizeof(*report));
    report->version = GUINT32_TO_LE(has_cpuid ? 3 : 2);
    report->vmpl = GUINT32_TO_LE(asked);
    report->platform_info = GUINT64_TO_LE(PLATFORM_SMT);
    report->key_info = GUINT32_TO_LE((guest->has_author_key ? AUTHOR_KEY_EN : 0) |
                                     (guest->vcek_disabled ? NO_SIGNING_KEY : 0));
    memcpy(report->report_data, question, REPORT_DATA_SIZE);
    tell_guest(psp, guest, report);
    tell_versions(model, report);
    psp_chip_id(psp, report->chip_id);
    if (has_cpuid) {
        tell_cpu(model, report);
    }
    if (!guest->vcek_disabled) {
        report->signature_algorithm = GUINT32_TO_LE(ALGORITHM_ECDSA_P384);
        crypto_p384_sha384_sign(&psp_platform_keys(psp)->vcek, report, offsetof(SnpReport, signature),
                                &report->signature);
    }
    memcpy(answer, &response, sizeof(response));
    return sizeof(response);
}

/* The key follows from what was asked for and from the guest, so that the same guest gets it again. */
size_t psp_key_answer(Psp *psp, const PspGuest *guest, unsigned vmpl, const uint8_t *question,
                      uint8_t *answer)
{
    uint32_t asked = load32(question + KEY_VMPL);
    KeyAnswer response = { .status = GUINT32_TO_LE(INVALID_PARAM) };
    uint8_t root[32];

    if (asked >= vmpl && asked < PSP_VMPCKS) {
        response.status = 0;
        psp_derive(psp, "derived key", 0, root, sizeof(root));
        crypto_derive_key(root, sizeof(root), "guest", guest->digest, sizeof(guest->digest), root,
                          sizeof(root));
        crypto_derive_key(root, sizeof(root), "key", question, 32, response.key, sizeof(response.key));
    }
    memcpy(answer, &response, sizeof(response));
    crypto_clear(&response, sizeof(response));
    crypto_clear(root, sizeof(root));
    return sizeof(response);
}
