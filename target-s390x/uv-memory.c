/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Pages of secure guests: how they are kept from the host, and how it is noticed that the host has changed
 * one, or put an old one back.
 *
 * A page that is exported is encrypted with AES-256-XTS under a key of its configuration, as dumps of a real
 * ultravisor show (uv-dump.c). Its tweak has a number that no other export of that configuration has. Number
 * and digest of the ciphertext stay here: nothing else is taken back.
 */
#include <string.h>
#include "target-s390x/uv-state.h"

static void set_tweak(const UvConf *conf, uint64_t number, uint8_t tweak[CRYPTO_XTS_TWEAK_SIZE])
{
    const uint64_t be_number = GUINT64_TO_BE(number);

    memcpy(tweak, conf->page_keys.nonce, sizeof(conf->page_keys.nonce));
    memcpy(tweak + sizeof(conf->page_keys.nonce), &be_number, sizeof(be_number));
}

/* The two halves of a derived key are never the same. */
static void crypt_page(const UvConf *conf, const UvPage *entry, bool encrypt, const uint8_t *in, uint8_t *out)
{
    uint8_t tweak[CRYPTO_XTS_TWEAK_SIZE];

    set_tweak(conf, entry->number, tweak);
    if (!crypto_aes256_xts(conf->page_keys.key, tweak, encrypt, in, UV_PAGE_SIZE, out)) {
        g_assert_not_reached();
    }
}

/* The entry of the page at @gaddr, which is made if there is none. */
static UvPage *get_entry(UvConf *conf, uint64_t gaddr)
{
    UvPage *entry = g_hash_table_lookup(conf->pages, &gaddr);

    if (!entry) {
        entry = g_new0(UvPage, 1);
        g_hash_table_insert(conf->pages, g_memdup2(&gaddr, sizeof(gaddr)), entry);
    }
    return entry;
}

void uv_page_export(UvConf *conf, uint64_t gaddr, uint8_t *page)
{
    UvPage *entry = get_entry(conf, gaddr);

    entry->is_shared = false;
    entry->number = ++conf->n_exports;
    crypt_page(conf, entry, true, page, page);
    crypto_sha256(page, UV_PAGE_SIZE, entry->digest);
}

/* Makes @plain what is in the page at @gaddr, of which the host may change its copy meanwhile. */
static bool import_page(const UvConf *conf, uint64_t gaddr, const uint8_t *page, uint8_t plain[UV_PAGE_SIZE])
{
    const UvPage *entry = g_hash_table_lookup(conf->pages, &gaddr);
    uint8_t digest[CRYPTO_SHA256_SIZE];

    if (!entry) {
        memset(plain, 0, UV_PAGE_SIZE);
        return true;
    }
    memcpy(plain, page, UV_PAGE_SIZE);
    if (entry->is_shared) {
        return true;
    }
    crypto_sha256(plain, UV_PAGE_SIZE, digest);
    if (memcmp(digest, entry->digest, sizeof(digest)) != 0) {
        crypto_clear(plain, UV_PAGE_SIZE);
        return false;
    }
    crypt_page(conf, entry, false, plain, plain);
    return true;
}

/* Makes @page what the host sees of a page with the content @plain, which stays what it is: shared or not. */
static void return_page(UvConf *conf, uint64_t gaddr, const uint8_t plain[UV_PAGE_SIZE], uint8_t *page)
{
    const UvPage *entry = g_hash_table_lookup(conf->pages, &gaddr);

    memcpy(page, plain, UV_PAGE_SIZE);
    if (!entry || !entry->is_shared) {
        uv_page_export(conf, gaddr, page);
    }
}

/* The configuration of a running guest that has a page at @gaddr, or NULL. */
static UvConf *find_running(Uv *uv, uint64_t handle, uint64_t gaddr)
{
    UvConf *conf = g_hash_table_lookup(uv->confs, &handle);

    return conf && conf->state == UV_CONF_VERIFIED && uv_conf_has_page(conf, gaddr) ? conf : NULL;
}

UvAccess uv_guest_read(Uv *uv, uint64_t conf_handle, uint64_t gaddr, uint8_t *page, void *data, size_t size)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&uv->lock);
    uint64_t offset = gaddr % UV_PAGE_SIZE;
    UvConf *conf = find_running(uv, conf_handle, gaddr - offset);
    uint8_t plain[UV_PAGE_SIZE];

    if (!conf || size > UV_PAGE_SIZE - offset) {
        return UV_ACCESS_INVALID;
    }
    if (!import_page(conf, gaddr - offset, page, plain)) {
        return UV_ACCESS_TAMPERED;
    }
    memcpy(data, plain + offset, size);
    return_page(conf, gaddr - offset, plain, page);
    crypto_clear(plain, sizeof(plain));
    return UV_ACCESS_DONE;
}

UvAccess uv_guest_write(Uv *uv, uint64_t conf_handle, uint64_t gaddr, uint8_t *page, const void *data,
                        size_t size)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&uv->lock);
    uint64_t offset = gaddr % UV_PAGE_SIZE;
    UvConf *conf = find_running(uv, conf_handle, gaddr - offset);
    uint8_t plain[UV_PAGE_SIZE];

    if (!conf || size > UV_PAGE_SIZE - offset) {
        return UV_ACCESS_INVALID;
    }
    if (!import_page(conf, gaddr - offset, page, plain)) {
        return UV_ACCESS_TAMPERED;
    }
    memcpy(plain + offset, data, size);
    return_page(conf, gaddr - offset, plain, page);
    crypto_clear(plain, sizeof(plain));
    return UV_ACCESS_DONE;
}

/* What was shared does not become secure: the host has written it. The page is as one that was never used. */
static void take_back(UvConf *conf, uint64_t gaddr, uint8_t *page)
{
    memset(page, 0, UV_PAGE_SIZE);
    uv_page_export(conf, gaddr, page);
}

UvAccess uv_guest_share(Uv *uv, uint64_t conf_handle, uint64_t gaddr, uint8_t *page, bool shared)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&uv->lock);
    UvConf *conf = find_running(uv, conf_handle, gaddr);
    uint8_t plain[UV_PAGE_SIZE];

    if (!conf) {
        return UV_ACCESS_INVALID;
    }
    if (!import_page(conf, gaddr, page, plain)) {
        return UV_ACCESS_TAMPERED;
    }
    if (shared) {
        get_entry(conf, gaddr)->is_shared = true;
        memcpy(page, plain, UV_PAGE_SIZE);
    } else if (get_entry(conf, gaddr)->is_shared) {
        take_back(conf, gaddr, page);
    } else {
        return_page(conf, gaddr, plain, page);
    }
    crypto_clear(plain, sizeof(plain));
    return UV_ACCESS_DONE;
}

bool uv_guest_is_shared(Uv *uv, uint64_t conf_handle, uint64_t gaddr)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&uv->lock);
    const UvConf *conf = g_hash_table_lookup(uv->confs, &conf_handle);
    const UvPage *entry = conf ? g_hash_table_lookup(conf->pages, &gaddr) : NULL;

    return entry && entry->is_shared;
}

static gboolean is_shared(gpointer gaddr, gpointer entry, gpointer opaque)
{
    (void)gaddr;
    (void)opaque;
    return ((const UvPage *)entry)->is_shared;
}

/* Shared pages are forgotten, so that they are zeroed when the guest comes to them. */
bool uv_unshare_all(Uv *uv, void *block)
{
    UvNoData *nodata = block;
    UvConf *conf = uv_find_conf(uv, nodata->handle, &nodata->block);

    if (!conf) {
        return false;
    }
    if (conf->state != UV_CONF_VERIFIED) {
        return uv_answer(&nodata->block, UV_RC_INV_STATE, 0);
    }
    g_hash_table_foreach_remove(conf->pages, is_shared, NULL);
    return uv_answer(&nodata->block, UV_RC_EXECUTED, 0);
}
