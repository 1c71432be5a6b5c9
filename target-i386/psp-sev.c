/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * SEV and SEV-ES guests, as the firmware sees them: handles, ASIDs, the states of a launch. AMD publication
 * 55766, chapters "Guest management" and "Guest launch"; the lock of the secure processor is held.
 */
#include <string.h>
#include "target-i386/psp-state.h"

void psp_sev_guest_free(gpointer data)
{
    PspSevGuest *guest = data;

    crypto_sha256_free(guest->digest_state);
    crypto_clear(guest, sizeof(*guest));
    g_free(guest);
}

uint32_t psp_sev_find(Psp *psp, uint32_t handle, int state, PspSevGuest **guest)
{
    *guest = NULL;
    if (!psp->sev_initialized) {
        return SEV_STATUS_INVALID_PLATFORM_STATE;
    }
    *guest = g_hash_table_lookup(psp->sev_guests, GUINT_TO_POINTER(handle));
    if (!*guest) {
        return SEV_STATUS_INVALID_GUEST;
    }
    return state < 0 || (*guest)->state == (uint32_t)state ? SEV_STATUS_SUCCESS
                                                           : SEV_STATUS_INVALID_GUEST_STATE;
}

/* SEV-ES guests have the low ASIDs, SEV guests the others. */
static bool asid_is_valid(const SimModel *model, const PspSevGuest *guest, uint32_t asid)
{
    if (guest->policy & SEV_POLICY_ES) {
        return asid > 0 && asid < model->min_sev_asid;
    }
    return asid >= model->min_sev_asid && asid <= model->asids;
}

uint32_t psp_sev_activate(Psp *psp, void *data)
{
    const PspSevActivate *activate = data;
    PspSevGuest *guest;
    uint32_t status = psp_sev_find(psp, activate->handle, -1, &guest);

    if (status != SEV_STATUS_SUCCESS) {
        return status;
    }
    if (guest->asid) {
        return SEV_STATUS_ACTIVE;
    }
    if (!asid_is_valid(psp->model, guest, activate->asid)) {
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

uint32_t psp_sev_deactivate(Psp *psp, void *data)
{
    const PspSevHandle *named = data;
    PspSevGuest *guest;
    uint32_t status = psp_sev_find(psp, named->handle, -1, &guest);

    if (status == SEV_STATUS_SUCCESS && guest->asid) {
        psp->asid_in_use[guest->asid] = false;
        psp->asid_unflushed[guest->asid] = true;
        guest->asid = 0;
    }
    return status;
}

uint32_t psp_sev_decommission(Psp *psp, void *data)
{
    const PspSevHandle *named = data;
    PspSevGuest *guest;
    uint32_t status = psp_sev_find(psp, named->handle, -1, &guest);

    if (status != SEV_STATUS_SUCCESS) {
        return status;
    }
    if (guest->asid) {
        return SEV_STATUS_ACTIVE;
    }
    g_hash_table_remove(psp->sev_guests, GUINT_TO_POINTER(named->handle));
    return SEV_STATUS_SUCCESS;
}

uint32_t psp_sev_status(Psp *psp, void *data)
{
    PspSevStatus *out = data;
    PspSevGuest *guest;
    uint32_t status = psp_sev_find(psp, out->handle, -1, &guest);

    if (status == SEV_STATUS_SUCCESS) {
        out->policy = guest->policy;
        out->asid = guest->asid;
        out->state = guest->state;
    }
    return status;
}

/* The platform is older than the guest accepts, or cannot encrypt registers. */
static bool policy_is_unmet(const SimModel *model, uint32_t policy)
{
    uint8_t major = policy >> SEV_POLICY_API_MAJOR_SHIFT & 0xff;
    uint8_t minor = policy >> SEV_POLICY_API_MINOR_SHIFT & 0xff;

    return major > model->sev_api.major || (major == model->sev_api.major && minor > model->sev_api.minor) ||
           ((policy & SEV_POLICY_ES) && !model->has_sev_es);
}

/* The memory's key is a new one, or that of the guest @handle if it allows that. */
static uint32_t take_memory_key(Psp *psp, uint32_t handle, PspMemoryKey *key)
{
    const PspSevGuest *sharer = g_hash_table_lookup(psp->sev_guests, GUINT_TO_POINTER(handle));

    if (handle == 0) {
        psp_random(psp, key, sizeof(*key));
        return SEV_STATUS_SUCCESS;
    }
    if (!sharer) {
        return SEV_STATUS_INVALID_GUEST;
    }
    if (sharer->policy & SEV_POLICY_NOKS) {
        return SEV_STATUS_POLICY_FAILURE;
    }
    *key = sharer->memory_key;
    return SEV_STATUS_SUCCESS;
}

static uint32_t take_transport_keys(Psp *psp, const PspSevStart *start, PspTransportKeys *transport)
{
    if (start->dh_cert || start->session) {
        return psp_session_open(psp, start, transport);
    }
    psp_random(psp, transport, sizeof(*transport));
    return SEV_STATUS_SUCCESS;
}

uint32_t psp_sev_launch_start(Psp *psp, void *data)
{
    PspSevStart *start = data;
    PspSevGuest new_guest = { .state = SEV_GUEST_LAUNCH_UPDATE, .policy = start->policy };
    uint32_t status;

    if (!psp->sev_initialized) {
        return SEV_STATUS_INVALID_PLATFORM_STATE;
    }
    if (policy_is_unmet(psp->model, start->policy)) {
        return SEV_STATUS_POLICY_FAILURE;
    }
    status = take_memory_key(psp, start->handle, &new_guest.memory_key);
    if (status == SEV_STATUS_SUCCESS) {
        status = take_transport_keys(psp, start, &new_guest.transport);
    }
    if (status == SEV_STATUS_SUCCESS) {
        new_guest.handle = ++psp->last_handle;
        new_guest.digest_state = crypto_sha256_new();
        start->handle = new_guest.handle;
        g_hash_table_insert(psp->sev_guests, GUINT_TO_POINTER(new_guest.handle),
                            g_memdup2(&new_guest, sizeof(new_guest)));
    }
    crypto_clear(&new_guest, sizeof(new_guest));
    return status;
}

uint32_t psp_sev_launch_finish(Psp *psp, void *data)
{
    const PspSevHandle *named = data;
    PspSevGuest *guest;
    uint32_t status = psp_sev_find(psp, named->handle, SEV_GUEST_LAUNCH_SECRET, &guest);

    if (status == SEV_STATUS_SUCCESS) {
        guest->state = SEV_GUEST_RUNNING;
    }
    return status;
}
