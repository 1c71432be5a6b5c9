/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Unpack Image and Verify Image: pages are decrypted one by one, in the order in which the host has them, and
 * what was unpacked is then compared with what the header says.
 */
#include <string.h>
#include "target-s390x/uv-state.h"

/* Notes content, address and tweak, as they are in memory. */
static void hash_page(UvConf *conf, const uint8_t *encrypted, uint64_t gaddr,
                      const uint8_t tweak[CRYPTO_XTS_TWEAK_SIZE])
{
    uint64_t address = GUINT64_TO_BE(gaddr);

    crypto_sha512_update(conf->page_hash, encrypted, UV_PAGE_SIZE);
    crypto_sha512_update(conf->address_hash, &address, sizeof(address));
    crypto_sha512_update(conf->tweak_hash, tweak, CRYPTO_XTS_TWEAK_SIZE);
    conf->n_unpacked++;
}

/* Decrypts, in place. */
static bool decrypt_page(const UvConf *conf, const uint8_t tweak[CRYPTO_XTS_TWEAK_SIZE], uint8_t *page)
{
    return (conf->header.plaintext_flags & PV_FLAG_NO_ENCRYPTION) ||
           crypto_aes256_xts(conf->secrets.xts_key, tweak, false, page, UV_PAGE_SIZE, page);
}

bool uv_unpack(Uv *uv, void *block)
{
    UvUnpack *unpack = block;
    UvConf *conf = uv_find_conf(uv, unpack->conf, &unpack->block);
    const uint64_t numbers[2] = { GUINT64_TO_BE(unpack->tweak[0]), GUINT64_TO_BE(unpack->tweak[1]) };
    uint8_t tweak[CRYPTO_XTS_TWEAK_SIZE], encrypted[UV_PAGE_SIZE];

    if (!conf) {
        return false;
    }
    if (conf->state != UV_CONF_UNPACKING) {
        return uv_answer(&unpack->block, UV_RC_INV_STATE, 0);
    }
    if (!uv_conf_has_page(conf, unpack->gaddr)) {
        return uv_answer(&unpack->block, UV_RC_OWN_ADDRESS, 0);
    }
    if (!unpack->page) {
        return uv_answer(&unpack->block, UV_RC_PAGE_NOT_THERE, 0);
    }
    if (g_hash_table_contains(conf->pages, &unpack->gaddr)) {
        return uv_answer(&unpack->block, UV_RC_OWN_UNPACKED, 0);
    }
    memcpy(tweak, numbers, sizeof(tweak));
    memcpy(encrypted, unpack->page, sizeof(encrypted));
    if (!decrypt_page(conf, tweak, unpack->page)) {
        memcpy(unpack->page, encrypted, sizeof(encrypted));
        return uv_answer(&unpack->block, UV_RC_OWN_KEY, 0);
    }
    /* Only now: what was refused is no part of the image that is verified. */
    hash_page(conf, encrypted, unpack->gaddr, tweak);
    uv_page_export(conf, unpack->gaddr, unpack->page);
    return uv_answer(&unpack->block, UV_RC_EXECUTED, 0);
}

static bool is_digest(CryptoSha512 *state, const uint8_t expected[PV_HASH_SIZE])
{
    uint8_t digest[CRYPTO_SHA512_SIZE];

    crypto_sha512_finish(state, digest);
    return memcmp(digest, expected, sizeof(digest)) == 0;
}

/* What is wrong with what was unpacked; 0 if nothing is. The hashes are finished. */
static unsigned find_difference(UvConf *conf)
{
    bool is_address_hash = is_digest(conf->address_hash, conf->header.address_hash);
    bool is_page_hash = is_digest(conf->page_hash, conf->header.page_hash);
    bool is_tweak_hash = is_digest(conf->tweak_hash, conf->header.tweak_hash);

    if (conf->n_unpacked != conf->header.n_pages) {
        return UV_RRC_N_PAGES;
    }
    return !is_address_hash ? UV_RRC_ADDRESS_HASH
           : !is_page_hash  ? UV_RRC_PAGE_HASH
           : !is_tweak_hash ? UV_RRC_TWEAK_HASH
                            : 0;
}

/* An image that was refused stays so: its hashes are of no use any more. */
bool uv_verify(Uv *uv, void *block)
{
    UvNoData *nodata = block;
    UvConf *conf = uv_find_conf(uv, nodata->handle, &nodata->block);
    unsigned difference;

    if (!conf) {
        return false;
    }
    if (conf->state != UV_CONF_UNPACKING) {
        return uv_answer(&nodata->block, UV_RC_INV_STATE, 0);
    }
    difference = find_difference(conf);
    if (difference) {
        conf->state = UV_CONF_REFUSED;
        return uv_answer(&nodata->block, UV_RC_VERIFY_MISMATCH, difference);
    }
    conf->state = UV_CONF_VERIFIED;
    return uv_answer(&nodata->block, UV_RC_EXECUTED, 0);
}
