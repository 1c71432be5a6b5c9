/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Dumps of secure guests: what the owner of an image, who knows its customer communication key (CCK), needs
 * to read the ciphertext that the host has of the guest's memory.
 *
 * The formats are those that zgetdump of s390-tools (2.35 and 2.40 were tried) opens (zdump/pv_defs.h and
 * pv_utils.c), version 1. All numbers are big-endian.
 *
 * - Storage state: 16 bytes for each page, that with a nonce or-ed to them are the tweak by which it is
 *   encrypted with AES-256-XTS; or 0xffffffff and a last byte that says: zero, or shared and so plaintext.
 * - The key of a dump is HKDF-SHA-512 of the CCK with a seed, which is new for each dump.
 * - CPU: registers, with AES-256-GCM under the key of the dump.
 * - Completion: the seed; then, the same way, nonce and key of pages.
 *
 * What follows each of them in its buffer is zero. Nothing here executes instructions: of registers there is
 * the program status word by which the image is started.
 */
#include <string.h>
#include "confidential/crypto-mac.h"
#include "target-s390x/uv-state.h"

#define VERSION     1
#define KEY_INFO    "IBM Z Ultravisor Dump"
#define INDICATOR   0xffffffffu
#define STATE_ZERO  1
#define STATE_SHARE 2

/** An entry of the storage state. */
typedef union PageState {
    struct {
        uint64_t zero;
        uint64_t number;
    } tweak;
    struct {
        uint32_t indicator;
        uint8_t reserved[11];
        uint8_t flags;
    } special;
} PageState;
PV_ASSERT_SIZE(PageState, 16);

typedef struct CpuHeader {
    uint32_t version;
    uint32_t size; /* of all */
    uint8_t iv[CRYPTO_GCM_IV_SIZE];
    uint8_t reserved[12];
} CpuHeader;
PV_ASSERT_SIZE(CpuHeader, 32);

typedef struct CpuDump {
    CpuHeader header;
    struct {
        uint64_t gprs[16];
        uint64_t psw_mask, psw_addr;
        uint8_t others[1376];
    } hidden;
    uint8_t tag[CRYPTO_GCM_TAG_SIZE];
} CpuDump;
PV_ASSERT_SIZE(CpuDump, 1568);

typedef struct CompletionHeader {
    uint32_t version;
    uint32_t size; /* of all */
    uint64_t reserved1;
    uint8_t seed[UV_DUMP_SEED_SIZE];
    uint8_t iv[CRYPTO_GCM_IV_SIZE];
    uint32_t reserved2;
} CompletionHeader;
PV_ASSERT_SIZE(CompletionHeader, 96);

typedef struct Completion {
    CompletionHeader header;
    struct {
        uint8_t nonce[CRYPTO_XTS_TWEAK_SIZE];
        uint8_t key[CRYPTO_XTS_KEY_SIZE];
        uint8_t reserved[96];
    } hidden;
    uint8_t tag[CRYPTO_GCM_TAG_SIZE];
} Completion;
PV_ASSERT_SIZE(Completion, 288);

#define PAGES_OF_MEGABYTE (UV_MEGABYTE / UV_PAGE_SIZE)

/* The configuration @handle, if it is being dumped. */
static UvConf *find_dumping(Uv *uv, uint64_t handle, UvBlock *block)
{
    UvConf *conf = uv_find_conf(uv, handle, block);

    if (conf && !conf->dump.is_begun) {
        uv_answer(block, UV_RC_INV_STATE, 0);
        return NULL;
    }
    return conf;
}

/* No two dumps of a configuration begin with the same number of exports: that of one is counted here. */
static void begin(UvConf *conf)
{
    UvDump *dump = &conf->dump;
    const uint64_t number = ++conf->n_exports;

    crypto_derive_key(&conf->page_keys, sizeof(conf->page_keys), "simulated seed of a dump", &number,
                      sizeof(number), dump->seed, sizeof(dump->seed));
    crypto_hkdf_sha512(conf->secrets.customer_communication_key,
                       sizeof(conf->secrets.customer_communication_key), dump->seed, sizeof(dump->seed),
                       KEY_INFO, dump->key, sizeof(dump->key));
    dump->n_parts = 0;
    dump->is_begun = true;
}

static void end(UvDump *dump)
{
    crypto_clear(dump, sizeof(*dump));
}

bool uv_dump_init(Uv *uv, void *block)
{
    UvNoData *nodata = block;
    UvConf *conf = uv_find_conf(uv, nodata->handle, &nodata->block);

    if (!conf) {
        return false;
    }
    if (conf->state != UV_CONF_VERIFIED || conf->dump.is_begun) {
        return uv_answer(&nodata->block, UV_RC_INV_STATE, 0);
    }
    if (!(conf->header.plaintext_flags & PV_FLAG_ALLOW_DUMP)) {
        return uv_answer(&nodata->block, UV_RC_OWN_NO_DUMP, 0);
    }
    begin(conf);
    return uv_answer(&nodata->block, UV_RC_EXECUTED, 0);
}

static PageState state_of(const UvPage *page)
{
    PageState state = { .tweak = { 0, 0 } };

    if (page && !page->is_shared) {
        state.tweak.number = GUINT64_TO_BE(page->number);
    } else {
        state.special.indicator = INDICATOR;
        state.special.flags = page ? STATE_SHARE : STATE_ZERO;
    }
    return state;
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
        const uint64_t gaddr = dump->gaddr + i * UV_PAGE_SIZE;
        const PageState state = state_of(g_hash_table_lookup(conf->pages, &gaddr));

        memcpy(dump->buffer + i * sizeof(state), &state, sizeof(state));
    }
    return uv_answer(&dump->block, UV_RC_EXECUTED, 0);
}

/* Makes @iv one that no other part of the dump has. */
static void set_iv(UvDump *dump, uint8_t iv[CRYPTO_GCM_IV_SIZE])
{
    const uint64_t number = GUINT64_TO_BE(++dump->n_parts);

    memcpy(iv + CRYPTO_GCM_IV_SIZE - sizeof(number), &number, sizeof(number));
}

bool uv_dump_cpu(Uv *uv, void *block)
{
    UvDumpCpu *dump = block;
    const UvCpu *cpu = uv_find_cpu(uv, dump->handle, &dump->block);
    UvConf *conf = cpu ? find_dumping(uv, cpu->conf->handle, &dump->block) : NULL;
    CpuDump text = {
        .header = { .version = GUINT32_TO_BE(VERSION), .size = GUINT32_TO_BE((uint32_t)sizeof(text)) },
    };
    const CryptoGcmHeader gcm = { text.header.iv, &text.header, sizeof(text.header) };

    if (!conf) {
        return false;
    }
    text.hidden.psw_mask = GUINT64_TO_BE(conf->secrets.psw_mask);
    text.hidden.psw_addr = GUINT64_TO_BE(conf->secrets.psw_addr);
    set_iv(&conf->dump, text.header.iv);
    crypto_aes256_gcm_encrypt(conf->dump.key, &gcm, &text.hidden, sizeof(text.hidden), &text.hidden,
                              text.tag);
    memset(dump->buffer, 0, uv->info->cpu_storage_length);
    memcpy(dump->buffer, &text, sizeof(text));
    return uv_answer(&dump->block, UV_RC_EXECUTED, 0);
}

bool uv_dump_complete(Uv *uv, void *block)
{
    UvDumpComplete *dump = block;
    UvConf *conf = find_dumping(uv, dump->conf, &dump->block);
    Completion text = {
        .header = { .version = GUINT32_TO_BE(VERSION), .size = GUINT32_TO_BE((uint32_t)sizeof(text)) },
    };
    const CryptoGcmHeader gcm = { text.header.iv, &text.header, sizeof(text.header) };

    if (!conf) {
        return false;
    }
    memcpy(text.header.seed, conf->dump.seed, sizeof(text.header.seed));
    memcpy(text.hidden.nonce, conf->page_keys.nonce, sizeof(conf->page_keys.nonce));
    memcpy(text.hidden.key, conf->page_keys.key, sizeof(text.hidden.key));
    set_iv(&conf->dump, text.header.iv);
    crypto_aes256_gcm_encrypt(conf->dump.key, &gcm, &text.hidden, sizeof(text.hidden), &text.hidden,
                              text.tag);
    memset(dump->buffer, 0, uv->info->dump_complete_length);
    memcpy(dump->buffer, &text, sizeof(text));
    end(&conf->dump);
    return uv_answer(&dump->block, UV_RC_EXECUTED, 0);
}
