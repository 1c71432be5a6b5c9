/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The ultravisor: its life, its keys and the table of its calls.
 */
#include "target-s390x/uv.h"
#include <string.h>
#include "confidential/crypto-mac.h"
#include "confidential/crypto.h"
#include "target-s390x/uv-state.h"

typedef struct CallRow {
    UvCommand command;
    bool (*run)(Uv *uv, void *block);
    int bit; /* of UvInfo.calls, for those that not every model has; -1 for the others */
} CallRow;

static const CallRow rows[] = {
    { UV_CREATE_SEC_CONF, uv_create_conf, -1 },
    { UV_DESTROY_SEC_CONF, uv_destroy_conf, -1 },
    { UV_DESTROY_SEC_CONF_FAST, uv_destroy_conf, UV_CALL_DESTROY_SEC_CONF_FAST },
    { UV_CREATE_SEC_CPU, uv_create_cpu, -1 },
    { UV_DESTROY_SEC_CPU, uv_destroy_cpu, -1 },
    { UV_SET_SEC_CONF_PARAMS, uv_set_params, -1 },
    { UV_UNPACK_IMG, uv_unpack, -1 },
    { UV_VERIFY_IMG, uv_verify, -1 },
    { UV_CPU_RESET, uv_cpu_reset, -1 },
    { UV_CPU_RESET_INITIAL, uv_cpu_reset, -1 },
    { UV_PREPARE_RESET, uv_prepare_reset, -1 },
    { UV_CPU_RESET_CLEAR, uv_cpu_reset_clear, -1 },
    { UV_CPU_SET_STATE, uv_cpu_set_state, -1 },
    { UV_SET_UNSHARE_ALL, uv_unshare_all, -1 },
    { UV_DUMP_INIT, uv_dump_init, UV_CALL_DUMP_INIT },
    { UV_DUMP_CONF_STOR_STATE, uv_dump_storage, UV_CALL_DUMP_CONF_STORAGE_STATE },
    { UV_DUMP_CPU, uv_dump_cpu, UV_CALL_DUMP_CPU },
    { UV_DUMP_COMPLETE, uv_dump_complete, UV_CALL_DUMP_COMPLETE },
};

bool uv_info_has_call(const UvInfo *info, unsigned bit)
{
    return info->calls[bit / 64] >> (63 - bit % 64) & 1;
}

bool uv_call(Uv *uv, UvCommand command, void *block)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&uv->lock);

    if (uv_faults_next(uv->faults, command, block)) {
        return false;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (rows[i].command == command &&
            (rows[i].bit < 0 || uv_info_has_call(uv->info, (unsigned)rows[i].bit))) {
            return rows[i].run(uv, block);
        }
    }
    return uv_answer(block, UV_RC_INV_CMD, 0);
}

/* Both follow from the name of the model and nothing else. */
static void make_keys(Uv *uv)
{
    g_autofree char *seed = g_strdup_printf("cgvm simulated host key of %s", uv->model);

    crypto_p521_key(seed, strlen(seed), &uv->host_key);
    crypto_derive_key(seed, strlen(seed), "simulated root key of pages", NULL, 0, uv->root_key,
                      sizeof(uv->root_key));
    _Static_assert(sizeof(uv->host_key.point) == sizeof(PvPublicKey), "a point is in the header's format");
    crypto_sha256(&uv->host_key.point, sizeof(uv->host_key.point), uv->phkh);
}

Uv *uv_new(const char *model, const UvInfo *info, const char *fault, Error **errp)
{
    GArray *faults = uv_faults_parse(fault, errp);
    Uv *uv;

    if (!faults) {
        return NULL;
    }
    uv = g_new0(Uv, 1);
    uv->model = model;
    uv->info = info;
    uv->faults = faults;
    uv->confs = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, uv_conf_free);
    uv->cpus = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    uv->next_handle = 1;
    g_mutex_init(&uv->lock);
    make_keys(uv);
    return uv;
}

void uv_free(Uv *uv)
{
    if (!uv) {
        return;
    }
    g_array_unref(uv->faults);
    g_hash_table_unref(uv->confs);
    g_hash_table_unref(uv->cpus);
    g_mutex_clear(&uv->lock);
    g_free(uv);
}

void uv_host_key(const Uv *uv, PvPublicKey *key)
{
    memcpy(key, &uv->host_key.point, sizeof(*key));
}

UvConf *uv_find_conf(Uv *uv, uint64_t handle, UvBlock *block)
{
    UvConf *conf = g_hash_table_lookup(uv->confs, &handle);

    if (!conf) {
        uv_answer(block, UV_RC_GUEST_HANDLE, 0);
    }
    return conf;
}

UvCpu *uv_find_cpu(Uv *uv, uint64_t handle, UvBlock *block)
{
    UvCpu *cpu = g_hash_table_lookup(uv->cpus, &handle);

    if (!cpu) {
        uv_answer(block, UV_RC_CPU_HANDLE, 0);
    }
    return cpu;
}

bool uv_guest_psw(Uv *uv, uint64_t conf_handle, uint64_t *mask, uint64_t *address)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&uv->lock);
    const UvConf *conf = g_hash_table_lookup(uv->confs, &conf_handle);

    if (!conf || !conf->is_loaded) {
        return false;
    }
    *mask = conf->secrets.psw_mask;
    *address = conf->secrets.psw_addr;
    return true;
}

bool uv_guest_digest(Uv *uv, uint64_t conf_handle, uint8_t digest[PV_HASH_SIZE])
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&uv->lock);
    const UvConf *conf = g_hash_table_lookup(uv->confs, &conf_handle);

    if (!conf || conf->state != UV_CONF_VERIFIED) {
        return false;
    }
    memcpy(digest, conf->header.page_hash, PV_HASH_SIZE);
    return true;
}
