/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Secure configurations and their CPUs: how they come and go, and the states of a CPU.
 */
#include <string.h>
#include "confidential/crypto-mac.h"
#include "confidential/crypto.h"
#include "target-s390x/uv-state.h"

/* ---- configurations ---- */

void uv_conf_free(void *data)
{
    UvConf *conf = data;

    g_hash_table_unref(conf->cpus);
    g_hash_table_unref(conf->pages);
    crypto_sha512_free(conf->page_hash);
    crypto_sha512_free(conf->address_hash);
    crypto_sha512_free(conf->tweak_hash);
    crypto_clear(conf, sizeof(*conf));
    g_free(conf);
}

bool uv_conf_has_page(const UvConf *conf, uint64_t gaddr)
{
    return gaddr % UV_PAGE_SIZE == 0 && gaddr >= conf->origin && gaddr - conf->origin < conf->length;
}

static UvConf *conf_new(Uv *uv, const UvCreateConf *create)
{
    UvConf *conf = g_new0(UvConf, 1);

    conf->handle = uv->next_handle++;
    conf->origin = create->stor_origin;
    conf->length = create->stor_length;
    conf->cpus = g_hash_table_new(NULL, NULL);
    conf->pages = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    conf->page_hash = crypto_sha512_new();
    conf->address_hash = crypto_sha512_new();
    conf->tweak_hash = crypto_sha512_new();
    crypto_derive_key(uv->root_key, sizeof(uv->root_key), "simulated pages of a configuration", &conf->handle,
                      sizeof(conf->handle), &conf->page_keys, sizeof(conf->page_keys));
    g_hash_table_insert(uv->confs, &conf->handle, conf);
    return conf;
}

bool uv_create_conf(Uv *uv, void *block)
{
    UvCreateConf *create = block;
    uint64_t end = uv->info->largest_address + 1;

    if (create->stor_origin >= end) {
        return uv_answer(&create->block, UV_RC_CONF_ORIGIN, 0);
    }
    if (create->stor_length == 0 || create->stor_length > end - create->stor_origin) {
        return uv_answer(&create->block, UV_RC_CONF_LENGTH, 0);
    }
    if (g_hash_table_size(uv->confs) >= uv->info->most_guests) {
        return uv_answer(&create->block, UV_RC_OWN_TOO_MANY, 0);
    }
    create->handle = conf_new(uv, create)->handle;
    return uv_answer(&create->block, UV_RC_EXECUTED, 0);
}

bool uv_destroy_conf(Uv *uv, void *block)
{
    UvNoData *nodata = block;
    UvConf *conf = uv_find_conf(uv, nodata->handle, &nodata->block);

    if (!conf) {
        return false;
    }
    if (g_hash_table_size(conf->cpus) > 0) {
        return uv_answer(&nodata->block, UV_RC_CONF_IN_USE, 0);
    }
    g_hash_table_remove(uv->confs, &nodata->handle);
    return uv_answer(&nodata->block, UV_RC_EXECUTED, 0);
}

bool uv_prepare_reset(Uv *uv, void *block)
{
    UvNoData *nodata = block;
    UvConf *conf = uv_find_conf(uv, nodata->handle, &nodata->block);

    if (!conf) {
        return false;
    }
    if (conf->state != UV_CONF_VERIFIED) {
        return uv_answer(&nodata->block, UV_RC_INV_STATE, 0);
    }
    conf->is_resetting = true;
    conf->is_loaded = false;
    return uv_answer(&nodata->block, UV_RC_EXECUTED, 0);
}

/* ---- CPUs ---- */

bool uv_create_cpu(Uv *uv, void *block)
{
    UvCreateCpu *create = block;
    UvConf *conf = uv_find_conf(uv, create->conf, &create->block);
    UvCpu *cpu;

    if (!conf) {
        return false;
    }
    if (create->number > uv->info->largest_cpu_number) {
        return uv_answer(&create->block, UV_RC_CPU_NUMBER, 0);
    }
    if (g_hash_table_contains(conf->cpus, GUINT_TO_POINTER(create->number))) {
        return uv_answer(&create->block, UV_RC_CPU_EXISTS, 0);
    }
    cpu = g_new0(UvCpu, 1);
    cpu->handle = uv->next_handle++;
    cpu->conf = conf;
    cpu->number = create->number;
    cpu->state = UV_CPU_STOPPED;
    g_hash_table_insert(conf->cpus, GUINT_TO_POINTER(cpu->number), cpu);
    g_hash_table_insert(uv->cpus, &cpu->handle, cpu);
    create->handle = cpu->handle;
    return uv_answer(&create->block, UV_RC_EXECUTED, 0);
}

bool uv_destroy_cpu(Uv *uv, void *block)
{
    UvNoData *nodata = block;
    UvCpu *cpu = uv_find_cpu(uv, nodata->handle, &nodata->block);

    if (!cpu) {
        return false;
    }
    g_hash_table_remove(cpu->conf->cpus, GUINT_TO_POINTER(cpu->number));
    g_hash_table_remove(uv->cpus, &nodata->handle);
    return uv_answer(&nodata->block, UV_RC_EXECUTED, 0);
}

bool uv_cpu_reset(Uv *uv, void *block)
{
    UvNoData *nodata = block;
    UvCpu *cpu = uv_find_cpu(uv, nodata->handle, &nodata->block);

    if (!cpu) {
        return false;
    }
    cpu->state = UV_CPU_STOPPED;
    return uv_answer(&nodata->block, UV_RC_EXECUTED, 0);
}

/* A CPU is cleared only as part of a reset of the whole. */
bool uv_cpu_reset_clear(Uv *uv, void *block)
{
    UvNoData *nodata = block;
    const UvCpu *cpu = uv_find_cpu(uv, nodata->handle, &nodata->block);

    if (!cpu) {
        return false;
    }
    if (!cpu->conf->is_resetting) {
        return uv_answer(&nodata->block, UV_RC_INV_STATE, 0);
    }
    return uv_cpu_reset(uv, block);
}

/* One CPU is loaded first: until then there is nobody who could start the others. */
bool uv_cpu_set_state(Uv *uv, void *block)
{
    UvCpuSetState *set = block;
    UvCpu *cpu = uv_find_cpu(uv, set->handle, &set->block);
    bool is_start = set->state == UV_CPU_LOAD || set->state == UV_CPU_OPERATING;

    if (!cpu) {
        return false;
    }
    if (!is_start && set->state != UV_CPU_STOPPED && set->state != UV_CPU_CHECK_STOPPED) {
        return uv_answer(&set->block, UV_RC_OWN_CPU_STATE, 0);
    }
    if (is_start &&
        (cpu->conf->state != UV_CONF_VERIFIED || (set->state == UV_CPU_OPERATING && !cpu->conf->is_loaded))) {
        return uv_answer(&set->block, UV_RC_INV_STATE, 0);
    }
    if (set->state == UV_CPU_LOAD) {
        cpu->conf->is_loaded = true;
        cpu->conf->is_resetting = false;
    }
    cpu->state = set->state;
    return uv_answer(&set->block, UV_RC_EXECUTED, 0);
}

bool uv_cpu_is_operating(Uv *uv, uint64_t cpu_handle)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&uv->lock);
    const UvCpu *cpu = g_hash_table_lookup(uv->cpus, &cpu_handle);

    return cpu && (cpu->state == UV_CPU_OPERATING || cpu->state == UV_CPU_LOAD);
}
