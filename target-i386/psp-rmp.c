/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The RMP of the simulated machine: whose page is whose. AMD publication 56860, "Page states".
 *
 * A page that is not in the table is the host's. The state stands for the flags of the real table: Pre-Guest
 * and Firmware are immutable, Context as well; Reclaim is assigned but nobody's.
 */
#include "target-i386/psp-state.h"

static gpointer rmp_key(uint64_t page)
{
    return (gpointer)(uintptr_t)(page / PSP_PAGE_SIZE);
}

RmpEntry *psp_rmp_entry(Psp *psp, uint64_t page)
{
    return g_hash_table_lookup(psp->rmp, rmp_key(page));
}

bool psp_rmp_is_assigned(Psp *psp, uint64_t page)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&psp->lock);

    return psp_rmp_entry(psp, page) != NULL;
}

bool psp_rmp_assign(Psp *psp, uint64_t page, uint64_t gpa, uint32_t asid, bool immutable)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&psp->lock);
    RmpEntry *entry;

    if (psp_rmp_entry(psp, page)) {
        return false;
    }
    entry = g_new0(RmpEntry, 1);
    entry->gpa = gpa;
    entry->asid = asid;
    if (immutable) {
        entry->state = asid ? RMP_PRE_GUEST : RMP_FIRMWARE;
    } else {
        entry->state = asid ? RMP_GUEST_INVALID : RMP_RECLAIM;
    }
    g_hash_table_insert(psp->rmp, rmp_key(page), entry);
    return true;
}

bool psp_rmp_share(Psp *psp, uint64_t page)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&psp->lock);
    const RmpEntry *entry = psp_rmp_entry(psp, page);

    if (entry &&
        (entry->state == RMP_FIRMWARE || entry->state == RMP_CONTEXT || entry->state == RMP_PRE_GUEST)) {
        return false;
    }
    g_hash_table_remove(psp->rmp, rmp_key(page));
    return true;
}

/* The page's entry, if it is the guest's with @asid at @gpa. */
static RmpEntry *find_guest_page(Psp *psp, uint64_t page, uint64_t gpa, uint32_t asid)
{
    RmpEntry *entry = psp_rmp_entry(psp, page);
    bool is_guest = entry && (entry->state == RMP_GUEST_INVALID || entry->state == RMP_GUEST_VALID);

    return is_guest && entry->asid == asid && entry->gpa == gpa ? entry : NULL;
}

bool psp_rmp_validate(Psp *psp, uint64_t page, uint64_t gpa, uint32_t asid, bool validate, bool *ret_changed)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&psp->lock);
    RmpEntry *entry = find_guest_page(psp, page, gpa, asid);
    RmpState state = validate ? RMP_GUEST_VALID : RMP_GUEST_INVALID;

    if (!entry || entry->vmsa) {
        return false;
    }
    *ret_changed = entry->state != state;
    entry->state = state;
    return true;
}

bool psp_rmp_adjust(Psp *psp, uint64_t page, uint64_t gpa, uint32_t asid, bool vmsa)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&psp->lock);
    RmpEntry *entry = find_guest_page(psp, page, gpa, asid);

    if (!entry || entry->state != RMP_GUEST_VALID) {
        return false;
    }
    entry->vmsa = vmsa;
    return true;
}

bool psp_rmp_is_valid(Psp *psp, uint64_t page, bool vmsa)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&psp->lock);
    const RmpEntry *entry = psp_rmp_entry(psp, page);

    return entry && entry->state == RMP_GUEST_VALID && (entry->vmsa || !vmsa);
}

uint32_t psp_snp_page_reclaim(Psp *psp, void *data)
{
    const PspPageReclaim *reclaim = data;
    RmpEntry *entry = psp_rmp_entry(psp, reclaim->page);

    if (!psp->snp_initialized) {
        return SEV_STATUS_INVALID_PLATFORM_STATE;
    }
    if (reclaim->page % PSP_PAGE_SIZE) {
        return SEV_STATUS_INVALID_ADDRESS;
    }
    if (!entry || (entry->state != RMP_FIRMWARE && entry->state != RMP_PRE_GUEST)) {
        return SEV_STATUS_INVALID_PAGE_STATE;
    }
    entry->state = RMP_RECLAIM;
    entry->asid = 0;
    return SEV_STATUS_SUCCESS;
}
