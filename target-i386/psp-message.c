/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * SNP_GUEST_REQUEST: a guest speaks to the firmware in messages that nobody else can read or change (AMD
 * publication 56860, chapter "Guest messages"). The host carries them, and can only refuse to.
 *
 * Each has a number, by which a message that was seen before is known. The firmware counts them by key.
 */
#include <string.h>
#include "confidential/crypto-aes256.h"
#include "target-i386/psp-state.h"

#define MESSAGE_SIZE    PSP_PAGE_SIZE

#define ALGORITHM_GCM   1
#define HEADER_VERSION  1
#define MESSAGE_VERSION 1

#define KEY_REQUEST     3
#define REPORT_REQUEST  5

#define KEY_SIZE        32
#define REPORT_SIZE     96

/** The header, little-endian. What follows `algorithm` is authenticated. */
typedef struct MessageHeader {
    uint8_t tag[32];
    uint64_t number;
    uint8_t reserved1[8];
    uint8_t algorithm;
    uint8_t header_version;
    uint16_t header_size;
    uint8_t type;
    uint8_t version;
    uint16_t size; /* of the payload */
    uint32_t reserved2;
    uint8_t vmpck;
    uint8_t reserved3[35];
} MessageHeader;
ABI_ASSERT_SIZE(MessageHeader, 0x60);

#define MOST_PAYLOAD (MESSAGE_SIZE - sizeof(MessageHeader))

static void prepare(const MessageHeader *header, uint8_t iv[CRYPTO_GCM_IV_SIZE], CryptoGcmHeader *gcm)
{
    memset(iv, 0, CRYPTO_GCM_IV_SIZE);
    memcpy(iv, &header->number, sizeof(header->number));
    *gcm = (CryptoGcmHeader){
        .iv = iv,
        .aad = &header->algorithm,
        .aad_size = sizeof(*header) - offsetof(MessageHeader, algorithm),
    };
}

static bool is_well_formed(const MessageHeader *header)
{
    return header->algorithm == ALGORITHM_GCM && header->header_version == HEADER_VERSION &&
           GUINT16_FROM_LE(header->header_size) == sizeof(*header) && header->version == MESSAGE_VERSION &&
           header->vmpck < PSP_VMPCKS && GUINT16_FROM_LE(header->size) <= MOST_PAYLOAD;
}

/* The payload of the answer, and its size. 0: there is no such message, or not of this size. */
static size_t answer(Psp *psp, const PspGuest *guest, const MessageHeader *header, const uint8_t *question,
                     uint8_t *payload)
{
    size_t size = GUINT16_FROM_LE(header->size);

    if (header->type == REPORT_REQUEST && size == REPORT_SIZE) {
        return psp_report_answer(psp, guest, header->vmpck, question, payload);
    }
    if (header->type == KEY_REQUEST && size == KEY_SIZE) {
        return psp_key_answer(psp, guest, header->vmpck, question, payload);
    }
    return 0;
}

static void seal(const MessageHeader *question, const uint8_t key[PSP_VMPCK_SIZE], const uint8_t *payload,
                 size_t size, uint8_t *page)
{
    MessageHeader header = *question;
    uint8_t iv[CRYPTO_GCM_IV_SIZE];
    CryptoGcmHeader gcm;

    header.number = GUINT64_TO_LE(GUINT64_FROM_LE(question->number) + 1);
    header.type++;
    header.size = GUINT16_TO_LE((uint16_t)size);
    memset(header.tag, 0, sizeof(header.tag));
    prepare(&header, iv, &gcm);
    crypto_aes256_gcm_encrypt(key, &gcm, payload, size, page + sizeof(header), header.tag);
    memcpy(page, &header, sizeof(header));
}

uint32_t psp_snp_guest_request(Psp *psp, void *data)
{
    const PspGuestRequest *request = data;
    uint8_t key[PSP_VMPCK_SIZE], question[MOST_PAYLOAD], payload[MOST_PAYLOAD] = { 0 };
    uint8_t iv[CRYPTO_GCM_IV_SIZE];
    MessageHeader header;
    CryptoGcmHeader gcm;
    PspGuest *guest;
    size_t size;
    bool is_genuine;
    uint32_t status = psp_snp_find(psp, request->gctx, &guest);

    if (status != SEV_STATUS_SUCCESS) {
        return status;
    }
    if (guest->state != PSP_GUEST_RUNNING) {
        return SEV_STATUS_INVALID_GUEST_STATE;
    }
    memcpy(&header, request->request, sizeof(header));
    if (!is_well_formed(&header)) {
        return SEV_STATUS_INVALID_PARAM;
    }
    if (guest->n_messages[header.vmpck] >= UINT64_MAX - 2) {
        return SEV_STATUS_AEAD_OVERFLOW;
    }
    psp_page_vmpck(guest, header.vmpck, key);
    prepare(&header, iv, &gcm);
    is_genuine = GUINT64_FROM_LE(header.number) == guest->n_messages[header.vmpck] + 1 &&
                 crypto_aes256_gcm_decrypt(key, &gcm, (const uint8_t *)request->request + sizeof(header),
                                           GUINT16_FROM_LE(header.size), question, header.tag);
    size = is_genuine ? answer(psp, guest, &header, question, payload) : 0;
    if (size) {
        guest->n_messages[header.vmpck] += 2;
        seal(&header, key, payload, size, request->response);
    }
    crypto_clear(key, sizeof(key));
    crypto_clear(payload, sizeof(payload));
    return size ? SEV_STATUS_SUCCESS : is_genuine ? SEV_STATUS_INVALID_PARAM : SEV_STATUS_BAD_MEASUREMENT;
}
