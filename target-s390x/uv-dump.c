/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Dumps of secure guests: what the owner of an image, who knows its customer communication key (CCK), needs
 * to read the ciphertext that the host has of the guest's memory.
 *
 * The formats of a real ultravisor are known to zgetdump and nobody else; these are of this one. All numbers
 * are big-endian.
 *
 * - Storage state: 32 bytes for each page: the number of its export (8; 0: the page is not the guest's),
 * flags (8; 1: it is shared, so plaintext), tag (16).
 * - Completion: IV (12), zeros (4), the key of pages (32) and tag (16) under the CCK; then zeros.
 * - CPU: IV (12), zeros (4), then number (8), state (8), PSW (16) and tag (16) under the key of pages; then
 * zeros.
 *
 * Everything is AES-256-GCM. A page's nonce is its number behind 4 zero bytes, and its address is
 * authenticated.
 */
#include <string.h>
#include "confidential/crypto.h"
#include "target-s390x/uv-state.h"

#define STATE_SHARED 1

/** An entry of the storage state. */
typedef struct PageState {
    uint64_t number;
    uint64_t flags;
    uint8_t tag[CRYPTO_GCM_TAG_SIZE];
} PageState;

/** The start of a completion or of a CPU. */
typedef struct Envelope {
    uint8_t iv[CRYPTO_GCM_IV_SIZE];
    uint8_t zeros[4];
    uint8_t hidden[32];
    uint8_t tag[CRYPTO_GCM_TAG_SIZE];
} Envelope;

#define PAGES_OF_MEGABYTE (UV_MEGABYTE / UV_PAGE_SIZE)

/* The configuration @handle, if it is being dumped. */
static UvConf *find_dumping(Uv *uv, uint64_t handle, UvBlock *block)
{
    UvConf *conf = uv_find_conf(uv, handle, block);

    if (conf && !conf->is_dumping) {
        uv_answer(block, UV_RC_INV_STATE, 0);
        return NULL;
    }
    return conf;
}

bool uv_dump_init(Uv *uv, void *block)
{
    UvNoData *nodata = block;
    UvConf *conf = uv_find_conf(uv, nodata->handle, &nodata->block);

    if (!conf) {
        return false;
    }
    if (conf->state != UV_CONF_VERIFIED || conf->is_dumping) {
        return uv_answer(&nodata->block, UV_RC_INV_STATE, 0);
    }
    if (!(conf->header.plaintext_flags & PV_FLAG_ALLOW_DUMP)) {
        return uv_answer(&nodata->block, UV_RC_OWN_NO_DUMP, 0);
    }
    conf->is_dumping = true;
    return uv_answer(&nodata->block, UV_RC_EXECUTED, 0);
}

bool uv_dump_storage(Uv *uv, void *block)
{
    UvDumpStorage *dump = block;
    const UvConf *conf = find_dumping(uv, dump->conf, &dump->block);

    if (!conf) {
        return false;
    }
    if (dump->gaddr % UV_MEGABYTE != 0 || !uv_conf_has_page(conf, dump->gaddr)) {
        return uv_answer(&dump->block, UV_RC_OWN_DUMP_ADDRESS, 0);
    }
    for (uint64_t i = 0; i < PAGES_OF_MEGABYTE; i++) {
        uint64_t gaddr = dump->gaddr + i * UV_PAGE_SIZE;
        const UvPage *page = g_hash_table_lookup(conf->pages, &gaddr);
        PageState state = { .number = 0 };

        if (page) {
            state.number = GUINT64_TO_BE(page->number);
            state.flags = page->is_shared ? GUINT64_TO_BE(STATE_SHARED) : 0;
            memcpy(state.tag, page->tag, sizeof(state.tag));
        }
        memcpy(dump->buffer + i * sizeof(state), &state, sizeof(state));
    }
    return uv_answer(&dump->block, UV_RC_EXECUTED, 0);
}

/* Hides 32 bytes in an envelope at the start of @buffer, whose nonce is @number, and clears the rest. */
static void fill_envelope(uint8_t *buffer, size_t size, const uint8_t *key, uint64_t number, const void *text)
{
    Envelope envelope = { .zeros = { 0 } };
    uint64_t be_number = GUINT64_TO_BE(number);
    const CryptoGcmHeader gcm = { envelope.iv, NULL, 0 };

    memset(envelope.iv, 0xff, sizeof(envelope.iv) - sizeof(be_number));
    memcpy(envelope.iv + sizeof(envelope.iv) - sizeof(be_number), &be_number, sizeof(be_number));
    crypto_aes256_gcm_encrypt(key, &gcm, text, sizeof(envelope.hidden), envelope.hidden, envelope.tag);
    memset(buffer, 0, size);
    memcpy(buffer, &envelope, sizeof(envelope));
}

/* No two of a configuration have the same number: it counts with the exports. */
bool uv_dump_cpu(Uv *uv, void *block)
{
    UvDumpCpu *dump = block;
    const UvCpu *cpu = uv_find_cpu(uv, dump->handle, &dump->block);
    UvConf *conf = cpu ? find_dumping(uv, cpu->conf->handle, &dump->block) : NULL;
    uint64_t text[4];

    if (!conf) {
        return false;
    }
    text[0] = GUINT64_TO_BE(cpu->number);
    text[1] = GUINT64_TO_BE((uint64_t)cpu->state);
    text[2] = GUINT64_TO_BE(conf->secrets.psw_mask);
    text[3] = GUINT64_TO_BE(conf->secrets.psw_addr);
    fill_envelope(dump->buffer, uv->info->cpu_storage_length, conf->page_key, ++conf->n_exports, text);
    crypto_clear(text, sizeof(text));
    return uv_answer(&dump->block, UV_RC_EXECUTED, 0);
}

bool uv_dump_complete(Uv *uv, void *block)
{
    UvDumpComplete *dump = block;
    UvConf *conf = find_dumping(uv, dump->conf, &dump->block);

    if (!conf) {
        return false;
    }
    fill_envelope(dump->buffer, uv->info->dump_complete_length, conf->secrets.customer_communication_key,
                  ++conf->n_exports, conf->page_key);
    conf->is_dumping = false;
    return uv_answer(&dump->block, UV_RC_EXECUTED, 0);
}
