/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The secure processor: its life, its platform state and the table of its commands.
 */
#include <string.h>
#include "target-i386/psp-state.h"

/* The platform's states; those of SEV and SNP are numbered alike. */
enum {
    PLATFORM_UNINIT = 0,
    PLATFORM_INIT = 1,
    PLATFORM_WORKING = 2, /* there are guests; of SEV only */
};

#define SEV_STATUS_FLAG_ES 0x100u

static uint32_t sev_init(Psp *psp, void *data)
{
    (void)data;
    if (psp->sev_initialized) {
        return SEV_STATUS_INVALID_PLATFORM_STATE;
    }
    psp->sev_initialized = true;
    return SEV_STATUS_SUCCESS;
}

static uint32_t snp_init(Psp *psp, void *data)
{
    (void)data;
    if (!psp->model->has_snp) {
        return SEV_STATUS_INVALID_COMMAND;
    }
    if (psp->snp_initialized) {
        return SEV_STATUS_INVALID_PLATFORM_STATE;
    }
    psp->snp_initialized = true;
    return SEV_STATUS_SUCCESS;
}

static uint8_t sev_state(const Psp *psp)
{
    if (!psp->sev_initialized) {
        return PLATFORM_UNINIT;
    }
    return g_hash_table_size(psp->sev_guests) > 0 ? PLATFORM_WORKING : PLATFORM_INIT;
}

static uint32_t sev_platform_status(Psp *psp, void *data)
{
    SevPlatformStatus *status = data;

    *status = (SevPlatformStatus){
        .api_major = psp->model->sev_api.major,
        .api_minor = psp->model->sev_api.minor,
        .state = sev_state(psp),
        .flags = psp->sev_initialized && psp->model->has_sev_es ? SEV_STATUS_FLAG_ES : 0,
        .build = psp->model->sev_api.build,
        .guest_count = g_hash_table_size(psp->sev_guests),
    };
    return SEV_STATUS_SUCCESS;
}

static uint32_t snp_platform_status(Psp *psp, void *data)
{
    SnpPlatformStatus *status = data;

    if (!psp->model->has_snp) {
        return SEV_STATUS_INVALID_COMMAND;
    }
    *status = (SnpPlatformStatus){
        .api_major = psp->model->snp_api.major,
        .api_minor = psp->model->snp_api.minor,
        .state = psp->snp_initialized ? PLATFORM_INIT : PLATFORM_UNINIT,
        .rmp_initialized = psp->snp_initialized,
        .build_id = psp->model->snp_api.build,
        .guest_count = g_hash_table_size(psp->guests),
        .current_tcb = psp->model->tcb,
        .reported_tcb = psp->model->tcb,
    };
    return SEV_STATUS_SUCCESS;
}

static uint32_t flush(Psp *psp, bool is_initialized)
{
    if (!is_initialized) {
        return SEV_STATUS_INVALID_PLATFORM_STATE;
    }
    memset(psp->asid_unflushed, 0, psp->model->asids + 1);
    return SEV_STATUS_SUCCESS;
}

static uint32_t sev_df_flush(Psp *psp, void *data)
{
    (void)data;
    return flush(psp, psp->sev_initialized);
}

static uint32_t snp_df_flush(Psp *psp, void *data)
{
    (void)data;
    return flush(psp, psp->snp_initialized);
}

typedef struct CommandRow {
    PspCommand command;
    uint32_t (*run)(Psp *psp, void *data);
} CommandRow;

static const CommandRow command_rows[] = {
    { PSP_INIT, sev_init },
    { PSP_PLATFORM_STATUS, sev_platform_status },
    { PSP_PDH_CERT_EXPORT, psp_sev_pdh_cert_export },
    { PSP_DF_FLUSH, sev_df_flush },
    { PSP_GET_ID, psp_sev_get_id },
    { PSP_DECOMMISSION, psp_sev_decommission },
    { PSP_ACTIVATE, psp_sev_activate },
    { PSP_DEACTIVATE, psp_sev_deactivate },
    { PSP_GUEST_STATUS, psp_sev_status },
    { PSP_LAUNCH_START, psp_sev_launch_start },
    { PSP_LAUNCH_UPDATE_DATA, psp_sev_update_data },
    { PSP_LAUNCH_UPDATE_VMSA, psp_sev_update_vmsa },
    { PSP_LAUNCH_MEASURE, psp_sev_measure },
    { PSP_LAUNCH_UPDATE_SECRET, psp_sev_update_secret },
    { PSP_LAUNCH_FINISH, psp_sev_launch_finish },
    { PSP_ATTESTATION, psp_sev_attestation },
    { PSP_DBG_DECRYPT, psp_sev_dbg_decrypt },
    { PSP_DBG_ENCRYPT, psp_sev_dbg_encrypt },
    { PSP_SNP_INIT, snp_init },
    { PSP_SNP_PLATFORM_STATUS, snp_platform_status },
    { PSP_SNP_DF_FLUSH, snp_df_flush },
    { PSP_SNP_DECOMMISSION, psp_snp_decommission },
    { PSP_SNP_ACTIVATE, psp_snp_activate },
    { PSP_GCTX_CREATE, psp_gctx_create },
    { PSP_SNP_GUEST_REQUEST, psp_snp_guest_request },
    { PSP_SNP_LAUNCH_START, psp_snp_launch_start },
    { PSP_SNP_LAUNCH_UPDATE, psp_snp_launch_update },
    { PSP_SNP_LAUNCH_FINISH, psp_snp_launch_finish },
    { PSP_SNP_PAGE_RECLAIM, psp_snp_page_reclaim },
};

uint32_t psp_command(Psp *psp, PspCommand command, void *data)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&psp->lock);
    uint32_t status = psp_faults_next(psp->faults, command, data);

    if (status != SEV_STATUS_SUCCESS) {
        return status;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(command_rows); i++) {
        if (command_rows[i].command == command) {
            return command_rows[i].run(psp, data);
        }
    }
    return SEV_STATUS_INVALID_COMMAND;
}

Psp *psp_new(const SimModel *model, const char *fault, Error **errp)
{
    GArray *faults = psp_faults_parse(fault, errp);
    Psp *psp;

    if (!faults) {
        return NULL;
    }
    psp = g_new0(Psp, 1);
    psp->model = model;
    psp->faults = faults;
    psp->rmp = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    psp->guests = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    psp->sev_guests = g_hash_table_new_full(NULL, NULL, NULL, psp_sev_guest_free);
    psp->asid_in_use = g_new0(uint8_t, model->asids + 1);
    psp->asid_unflushed = g_new0(uint8_t, model->asids + 1);
    g_mutex_init(&psp->lock);
    return psp;
}

void psp_free(Psp *psp)
{
    if (!psp) {
        return;
    }
    g_array_unref(psp->faults);
    g_hash_table_unref(psp->rmp);
    g_hash_table_unref(psp->guests);
    g_hash_table_unref(psp->sev_guests);
    g_free(psp->keys);
    g_free(psp->asid_in_use);
    g_free(psp->asid_unflushed);
    g_mutex_clear(&psp->lock);
    g_free(psp);
}

bool psp_guest_digest(Psp *psp, uint64_t gctx, uint8_t digest[PSP_DIGEST_SIZE])
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&psp->lock);
    const PspGuest *guest = g_hash_table_lookup(psp->guests, (gpointer)(uintptr_t)gctx);

    if (!guest || guest->state != PSP_GUEST_RUNNING) {
        return false;
    }
    memcpy(digest, guest->digest, PSP_DIGEST_SIZE);
    return true;
}

bool psp_sev_digest(Psp *psp, uint32_t handle, uint8_t digest[PSP_SEV_DIGEST_SIZE])
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&psp->lock);
    const PspSevGuest *guest = g_hash_table_lookup(psp->sev_guests, GUINT_TO_POINTER(handle));

    if (!guest || guest->state < SEV_GUEST_LAUNCH_SECRET) {
        return false;
    }
    memcpy(digest, guest->digest, PSP_SEV_DIGEST_SIZE);
    return true;
}
