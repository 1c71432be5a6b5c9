/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The launch of an SEV-SNP guest, as the firmware sees it: contexts, ASIDs, START, UPDATE, FINISH. AMD
 * publication 56860, chapter "Commands"; the lock of the secure processor is held.
 */
#include <string.h>
#include "target-i386/psp-state.h"

static gpointer guest_key(uint64_t gctx)
{
    return (gpointer)(uintptr_t)gctx;
}

uint32_t psp_snp_find(Psp *psp, uint64_t gctx, PspGuest **guest)
{
    const RmpEntry *entry;

    *guest = NULL;
    if (!psp->snp_initialized) {
        return SEV_STATUS_INVALID_PLATFORM_STATE;
    }
    if (gctx % PSP_PAGE_SIZE) {
        return SEV_STATUS_INVALID_ADDRESS;
    }
    entry = psp_rmp_entry(psp, gctx);
    if (!entry || entry->state != RMP_CONTEXT) {
        return SEV_STATUS_INVALID_GUEST;
    }
    *guest = g_hash_table_lookup(psp->guests, guest_key(gctx));
    return *guest ? SEV_STATUS_SUCCESS : SEV_STATUS_INVALID_GUEST;
}

uint32_t psp_gctx_create(Psp *psp, void *data)
{
    const PspContext *context = data;
    RmpEntry *entry = psp_rmp_entry(psp, context->gctx);
    PspGuest *guest;

    if (!psp->snp_initialized) {
        return SEV_STATUS_INVALID_PLATFORM_STATE;
    }
    if (context->gctx % PSP_PAGE_SIZE) {
        return SEV_STATUS_INVALID_ADDRESS;
    }
    if (!entry || entry->state != RMP_FIRMWARE) {
        return SEV_STATUS_INVALID_PAGE_STATE;
    }
    entry->state = RMP_CONTEXT;
    guest = g_new0(PspGuest, 1);
    guest->number = ++psp->n_created;
    g_hash_table_insert(psp->guests, guest_key(context->gctx), guest);
    return SEV_STATUS_SUCCESS;
}

uint32_t psp_snp_activate(Psp *psp, void *data)
{
    const PspActivate *activate = data;
    PspGuest *guest;
    uint32_t status = psp_snp_find(psp, activate->gctx, &guest);

    if (status != SEV_STATUS_SUCCESS) {
        return status;
    }
    if (guest->state == PSP_GUEST_INIT) {
        return SEV_STATUS_INVALID_GUEST_STATE;
    }
    if (guest->asid) {
        return SEV_STATUS_ACTIVE;
    }
    if (activate->asid == 0 || activate->asid >= psp->model->min_sev_asid) {
        return SEV_STATUS_INVALID_ASID;
    }
    if (psp->asid_in_use[activate->asid]) {
        return SEV_STATUS_ASID_OWNED;
    }
    if (psp->asid_unflushed[activate->asid]) {
        return SEV_STATUS_DFFLUSH_REQUIRED;
    }
    psp->asid_in_use[activate->asid] = true;
    guest->asid = activate->asid;
    return SEV_STATUS_SUCCESS;
}

uint32_t psp_snp_decommission(Psp *psp, void *data)
{
    const PspContext *context = data;
    PspGuest *guest;
    uint32_t status = psp_snp_find(psp, context->gctx, &guest);

    if (status != SEV_STATUS_SUCCESS) {
        return status;
    }
    if (guest->asid) {
        psp->asid_in_use[guest->asid] = false;
        psp->asid_unflushed[guest->asid] = true;
    }
    psp_rmp_entry(psp, context->gctx)->state = RMP_FIRMWARE;
    g_hash_table_remove(psp->guests, guest_key(context->gctx));
    return SEV_STATUS_SUCCESS;
}

/* The policy's two low bytes are the lowest version of the firmware interface that the guest accepts. */
static bool policy_wants_newer_firmware(const SimModel *model, uint64_t policy)
{
    uint8_t minor = policy & 0xff, major = policy >> 8 & 0xff;

    return major > model->snp_api.major || (major == model->snp_api.major && minor > model->snp_api.minor);
}

uint32_t psp_snp_launch_start(Psp *psp, void *data)
{
    const PspLaunchStart *start = data;
    PspGuest *guest;
    uint32_t status = psp_snp_find(psp, start->gctx, &guest);

    if (status != SEV_STATUS_SUCCESS) {
        return status;
    }
    if (guest->state != PSP_GUEST_INIT) {
        return SEV_STATUS_INVALID_GUEST_STATE;
    }
    if (!(start->policy & SNP_POLICY_ONE)) {
        return SEV_STATUS_INVALID_PARAM;
    }
    /* The machine has SMT enabled. */
    if (!(start->policy & SNP_POLICY_SMT) || policy_wants_newer_firmware(psp->model, start->policy)) {
        return SEV_STATUS_POLICY_FAILURE;
    }
    guest->policy = start->policy;
    memcpy(guest->gosvw, start->gosvw, sizeof(guest->gosvw));
    memset(guest->digest, 0, sizeof(guest->digest));
    guest->state = PSP_GUEST_LAUNCH;
    return SEV_STATUS_SUCCESS;
}

uint32_t psp_snp_launch_update(Psp *psp, void *data)
{
    const PspLaunchUpdate *update = data;
    uint8_t *page = (uint8_t *)(uintptr_t)update->page;
    PspGuest *guest;
    RmpEntry *entry;
    uint32_t status = psp_snp_find(psp, update->gctx, &guest);

    if (status != SEV_STATUS_SUCCESS) {
        return status;
    }
    if (guest->state != PSP_GUEST_LAUNCH) {
        return SEV_STATUS_INVALID_GUEST_STATE;
    }
    if (!guest->asid) {
        return SEV_STATUS_INACTIVE;
    }
    if (update->page_type < SNP_PAGE_TYPE_NORMAL || update->page_type > SNP_PAGE_TYPE_CPUID) {
        return SEV_STATUS_INVALID_PARAM;
    }
    if (update->page % PSP_PAGE_SIZE) {
        return SEV_STATUS_INVALID_ADDRESS;
    }
    entry = psp_rmp_entry(psp, update->page);
    if (!entry || entry->state != RMP_PRE_GUEST) {
        return SEV_STATUS_INVALID_PAGE_STATE;
    }
    if (entry->asid != guest->asid) {
        return SEV_STATUS_INVALID_PAGE_OWNER;
    }
    if (update->page_type == SNP_PAGE_TYPE_ZERO) {
        memset(page, 0, PSP_PAGE_SIZE);
    } else if (update->page_type == SNP_PAGE_TYPE_SECRETS) {
        psp_page_fill_secrets(guest, psp->model->signature, page);
    } else if (update->page_type == SNP_PAGE_TYPE_CPUID) {
        status = psp_page_check_cpuid(psp->model, page);
        if (status != SEV_STATUS_SUCCESS) {
            return status;
        }
    }
    psp_page_measure(guest, update->page_type, entry->gpa, page);
    entry->state = RMP_GUEST_VALID;
    entry->vmsa = update->page_type == SNP_PAGE_TYPE_VMSA;
    return SEV_STATUS_SUCCESS;
}

uint32_t psp_snp_launch_finish(Psp *psp, void *data)
{
    const PspLaunchFinish *finish = data;
    PspGuest *guest;
    uint32_t status = psp_snp_find(psp, finish->gctx, &guest);

    if (status != SEV_STATUS_SUCCESS) {
        return status;
    }
    if (guest->state != PSP_GUEST_LAUNCH) {
        return SEV_STATUS_INVALID_GUEST_STATE;
    }
    if (finish->id_block_en) {
        status = psp_id_check(guest, finish);
        if (status != SEV_STATUS_SUCCESS) {
            return status;
        }
    }
    guest->vcek_disabled = finish->vcek_disabled;
    memcpy(guest->host_data, finish->host_data, sizeof(guest->host_data));
    guest->state = PSP_GUEST_RUNNING;
    return SEV_STATUS_SUCCESS;
}
