/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * What the owner of an SEV or SEV-ES guest learns and sends: LAUNCH_MEASURE, LAUNCH_UPDATE_SECRET and
 * ATTESTATION of AMD publication 55766, as firmware from version 0.17 on has them. The lock of the secure
 * processor is held. All numbers are little-endian.
 */
#include <string.h>
#include "confidential/crypto-mac.h"
#include "target-i386/psp-state.h"

/* What a MAC is of. */
#define CONTEXT_SECRET         0x01
#define CONTEXT_MEASURE        0x04

#define FLAG_COMPRESSED        1u
#define MAX_SECRET             16384

#define USAGE_PEK              0x1002
#define ALGORITHM_ECDSA_SHA256 2

/** An attestation report. The signature is of what comes before `sig_usage`. */
typedef struct SevReport {
    uint8_t mnonce[16];
    uint8_t digest[PSP_SEV_DIGEST_SIZE];
    uint32_t policy;
    uint32_t sig_usage;
    uint32_t sig_algorithm;
    uint32_t reserved;
    CryptoP384Signature signature;
} SevReport;
ABI_ASSERT_SIZE(SevReport, SEV_ATTESTATION_REPORT_SIZE);

static void append_byte(GByteArray *bytes, uint8_t value)
{
    g_byte_array_append(bytes, &value, 1);
}

static void append_le32(GByteArray *bytes, uint32_t value)
{
    value = GUINT32_TO_LE(value);
    g_byte_array_append(bytes, (const guint8 *)&value, sizeof(value));
}

static void measure(const Psp *psp, const PspSevGuest *guest, SevMeasurement *out)
{
    g_autoptr(GByteArray) input = g_byte_array_new();

    append_byte(input, CONTEXT_MEASURE);
    append_byte(input, psp->model->sev_api.major);
    append_byte(input, psp->model->sev_api.minor);
    append_byte(input, psp->model->sev_api.build);
    append_le32(input, guest->policy);
    g_byte_array_append(input, guest->digest, sizeof(guest->digest));
    g_byte_array_append(input, out->mnonce, sizeof(out->mnonce));
    crypto_hmac_sha256(guest->transport.tik, sizeof(guest->transport.tik), input->data, input->len,
                       out->measure);
}

/* The length is looked at first: it can be asked for in every state. */
uint32_t psp_sev_measure(Psp *psp, void *data)
{
    PspSevMeasure *request = data;
    PspSevGuest *guest;
    SevMeasurement result;
    uint32_t status = psp_sev_find(psp, request->handle, -1, &guest);

    if (status == SEV_STATUS_SUCCESS) {
        status = psp_buffer_check(&request->result, sizeof(result));
    }
    if (status == SEV_STATUS_SUCCESS) {
        status = psp_sev_find(psp, request->handle, SEV_GUEST_LAUNCH_UPDATE, &guest);
    }
    if (status != SEV_STATUS_SUCCESS) {
        return status;
    }
    crypto_sha256_finish(guest->digest_state, guest->digest);
    psp_random(psp, result.mnonce, sizeof(result.mnonce));
    measure(psp, guest, &result);
    memcpy(guest->measure, result.measure, sizeof(guest->measure));
    memcpy(request->result.address, &result, sizeof(result));
    guest->state = SEV_GUEST_LAUNCH_SECRET;
    return SEV_STATUS_SUCCESS;
}

static bool mac_is_good(const PspSevGuest *guest, const PspSevSecret *secret, const SevSecretHeader *header)
{
    g_autoptr(GByteArray) input = g_byte_array_new();
    uint8_t mac[CRYPTO_MAC_SIZE];

    append_byte(input, CONTEXT_SECRET);
    g_byte_array_append(input, (const guint8 *)&header->flags, sizeof(header->flags));
    g_byte_array_append(input, header->iv, sizeof(header->iv));
    append_le32(input, secret->guest_length);
    append_le32(input, secret->packet_length);
    g_byte_array_append(input, secret->packet, secret->packet_length);
    g_byte_array_append(input, guest->measure, sizeof(guest->measure));
    crypto_hmac_sha256(guest->transport.tik, sizeof(guest->transport.tik), input->data, input->len, mac);
    return memcmp(mac, header->mac, sizeof(mac)) == 0;
}

/* Limit: a compressed packet is UNSUPPORTED. */
uint32_t psp_sev_update_secret(Psp *psp, void *data)
{
    const PspSevSecret *secret = data;
    void *memory = (void *)(uintptr_t)secret->guest_address;
    PspSevGuest *guest;
    SevSecretHeader header;
    uint32_t status = psp_sev_find(psp, secret->handle, SEV_GUEST_LAUNCH_SECRET, &guest);

    if (status != SEV_STATUS_SUCCESS) {
        return status;
    }
    if (!guest->asid) {
        return SEV_STATUS_INACTIVE;
    }
    status = psp_memory_check(secret->guest_address, secret->guest_length);
    if (status != SEV_STATUS_SUCCESS) {
        return status;
    }
    if (secret->header_length != sizeof(header) || secret->guest_length > MAX_SECRET) {
        return SEV_STATUS_INVALID_LEN;
    }
    memcpy(&header, secret->header, sizeof(header));
    if (GUINT32_FROM_LE(header.flags) & FLAG_COMPRESSED) {
        return SEV_STATUS_UNSUPPORTED;
    }
    if (secret->packet_length != secret->guest_length) {
        return SEV_STATUS_INVALID_LEN;
    }
    if (!mac_is_good(guest, secret, &header)) {
        return SEV_STATUS_BAD_MEASUREMENT;
    }
    crypto_aes128_ctr(guest->transport.tek, header.iv, secret->packet, secret->guest_length, memory);
    psp_memory_crypt(&guest->memory_key, true, secret->guest_address, memory, secret->guest_length);
    return SEV_STATUS_SUCCESS;
}

uint32_t psp_sev_attestation(Psp *psp, void *data)
{
    PspSevMeasure *request = data;
    PspSevGuest *guest;
    SevReport report = {
        .sig_usage = GUINT32_TO_LE(USAGE_PEK),
        .sig_algorithm = GUINT32_TO_LE(ALGORITHM_ECDSA_SHA256),
    };
    uint32_t status = psp_sev_find(psp, request->handle, -1, &guest);

    if (status == SEV_STATUS_SUCCESS) {
        status = psp_buffer_check(&request->result, sizeof(report));
    }
    if (status != SEV_STATUS_SUCCESS) {
        return status;
    }
    if (guest->state != SEV_GUEST_LAUNCH_SECRET && guest->state != SEV_GUEST_RUNNING) {
        return SEV_STATUS_INVALID_GUEST_STATE;
    }
    memcpy(report.mnonce, request->mnonce, sizeof(report.mnonce));
    memcpy(report.digest, guest->digest, sizeof(report.digest));
    report.policy = GUINT32_TO_LE(guest->policy);
    crypto_p384_sign(&psp_platform_keys(psp)->pek, &report, offsetof(SevReport, sig_usage),
                     &report.signature);
    memcpy(request->result.address, &report, sizeof(report));
    return SEV_STATUS_SUCCESS;
}
