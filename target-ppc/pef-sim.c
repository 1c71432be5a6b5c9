/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Secure guests in the simulated kernel; arch/powerpc/kvm/book3s_hv_uvmem.c and the functions with `svm` in
 * book3s_hv.c of Linux 6.12.
 *
 * There, a page that moved to secure memory has no contents for the host until somebody touches it: then it
 * gets what UV_PAGE_OUT gives. Here the host's memory holds that ciphertext as soon as the page has moved.
 * Pages of zeros are left as they are, so that a guest's untouched memory costs nothing.
 */
#include <errno.h>
#include <string.h>
#include "target-ppc/sim-ppc-state.h"

bool sim_pef_is_available(const SimPpc *ppc)
{
    return ppc->model->has_hv && ppc->uv;
}

int sim_pef_enable(SimVm *vm)
{
    SimPpcVm *ppc_vm = vm->arch;

    if (!ppc_vm->is_hv || !sim_pef_is_available(vm->target_host)) {
        return -EINVAL;
    }
    ppc_vm->svm_enabled = true;
    return 0;
}

/* ---- pages ---- */

static bool is_zero(const uint8_t *bytes, size_t size)
{
    return size == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0);
}

static size_t page_rest(const SimSlot *slot, uint64_t offset)
{
    return MIN(slot->size - offset, UV_PAGE_SIZE);
}

/* kvmppc_svm_page_in(): the page moves to secure memory. */
static int64_t move_in(SimVm *vm, const SimSlot *slot, uint64_t offset)
{
    const SimPpc *ppc = vm->target_host;
    const SimPpcVm *ppc_vm = vm->arch;
    uint8_t page[UV_PAGE_SIZE];
    size_t size = page_rest(slot, offset);
    bool has_contents;
    int64_t ret;

    if (sim_copy_from_user(page, slot->userspace_addr + offset, size) < 0) {
        return H_PARAMETER;
    }
    has_contents = !is_zero(page, size);
    ret = ppc_uv_page_in(ppc->uv, ppc_vm->lpid, slot->gpa + offset, has_contents ? page : NULL, size);
    if (ret != H_SUCCESS || !has_contents) {
        return ret;
    }
    ret = ppc_uv_page_out(ppc->uv, ppc_vm->lpid, slot->gpa + offset, page, size);
    return ret == H_SUCCESS && sim_copy_to_user(slot->userspace_addr + offset, page, size) < 0 ? H_PARAMETER
                                                                                               : ret;
}

/* kvmppc_uv_migrate_mem_slot() */
static int64_t move_slot(SimVm *vm, const SimSlot *slot)
{
    const SimPpc *ppc = vm->target_host;
    const SimPpcVm *ppc_vm = vm->arch;

    for (uint64_t offset = 0; offset < slot->size; offset += UV_PAGE_SIZE) {
        if (ppc_uv_page_kind(ppc->uv, ppc_vm->lpid, slot->gpa + offset) == UV_PAGE_NORMAL &&
            move_in(vm, slot, offset) != H_SUCCESS) {
            return H_STATE;
        }
    }
    return H_SUCCESS;
}

/* ---- becoming secure ---- */

static int64_t register_slots(SimVm *vm)
{
    const SimPpc *ppc = vm->target_host;
    const SimPpcVm *ppc_vm = vm->arch;

    for (guint i = 0; i < vm->slots->len; i++) {
        const SimSlot *slot = &g_array_index(vm->slots, SimSlot, i);

        if (ppc_uv_register_mem_slot(ppc->uv, ppc_vm->lpid, slot->gpa, slot->size, slot->id) != H_SUCCESS) {
            return H_PARAMETER;
        }
    }
    return H_SUCCESS;
}

/* kvmppc_h_svm_init_start() */
static int64_t h_svm_init_start(SimVm *vm)
{
    SimPpcVm *ppc_vm = vm->arch;

    ppc_vm->init_started = true;
    ppc_vm->init_done = false;
    if (!sim_pef_is_available(vm->target_host) || !ppc_vm->is_radix) {
        return H_UNSUPPORTED;
    }
    return ppc_vm->svm_enabled ? register_slots(vm) : H_AUTHORITY;
}

/* kvmppc_h_svm_init_done() */
static int64_t h_svm_init_done(SimVm *vm)
{
    SimPpcVm *ppc_vm = vm->arch;

    if (!ppc_vm->init_started) {
        return H_UNSUPPORTED;
    }
    for (guint i = 0; i < vm->slots->len; i++) {
        int64_t ret = move_slot(vm, &g_array_index(vm->slots, SimSlot, i));

        if (ret != H_SUCCESS) {
            return ret;
        }
    }
    ppc_vm->init_done = true;
    return H_SUCCESS;
}

/* kvmppc_uvmem_drop_pages() of all slots. With the ordinary pages that come in their place, contents are
 * lost. */
static void drop_pages(SimVm *vm)
{
    static const uint8_t nothing[UV_PAGE_SIZE];
    const SimPpc *ppc = vm->target_host;
    const SimPpcVm *ppc_vm = vm->arch;

    for (guint i = 0; i < vm->slots->len; i++) {
        const SimSlot *slot = &g_array_index(vm->slots, SimSlot, i);

        for (uint64_t offset = 0; offset < slot->size; offset += UV_PAGE_SIZE) {
            if (ppc_uv_page_kind(ppc->uv, ppc_vm->lpid, slot->gpa + offset) == UV_PAGE_SECURE) {
                sim_copy_to_user(slot->userspace_addr + offset, nothing, page_rest(slot, offset));
            }
        }
    }
}

/* kvmppc_h_svm_init_abort(): what it returns is what the guest gets of its UV_ESM. */
static int64_t h_svm_init_abort(SimVm *vm)
{
    const SimPpc *ppc = vm->target_host;
    SimPpcVm *ppc_vm = vm->arch;

    if (!ppc_vm->init_started) {
        return H_UNSUPPORTED;
    }
    if (ppc_vm->init_done) {
        return H_STATE;
    }
    drop_pages(vm);
    ppc_vm->init_started = false;
    ppc_uv_svm_terminate(ppc->uv, ppc_vm->lpid);
    return H_PARAMETER;
}

int64_t sim_pef_esm(SimVm *vm, bool is_genuine)
{
    const SimPpc *ppc = vm->target_host;
    int64_t ret;

    if (!ppc->uv) {
        return H_FUNCTION; /* the hypervisor gets the call then */
    }
    ret = h_svm_init_start(vm);
    if (ret != H_SUCCESS) {
        return ret;
    }
    if (!is_genuine || h_svm_init_done(vm) != H_SUCCESS) {
        return h_svm_init_abort(vm);
    }
    return H_SUCCESS;
}

/* ---- pages that both use ---- */

static bool find_page(SimVm *vm, uint64_t gpa, const SimSlot **ret_slot, uint64_t *ret_offset)
{
    const SimPpcVm *ppc_vm = vm->arch;
    const SimSlot *slot = gpa % UV_PAGE_SIZE ? NULL : sim_vm_find_slot(vm, gpa);

    *ret_slot = slot;
    *ret_offset = slot ? gpa - slot->gpa : 0;
    return ppc_vm->init_done && slot;
}

/* kvmppc_share_page(): the page that the host provides is a new one. */
int64_t sim_pef_share(SimVm *vm, uint64_t gpa)
{
    static const uint8_t nothing[UV_PAGE_SIZE];
    const SimPpc *ppc = vm->target_host;
    const SimPpcVm *ppc_vm = vm->arch;
    const SimSlot *slot;
    uint64_t offset;

    if (!find_page(vm, gpa, &slot, &offset)) {
        return H_PARAMETER;
    }
    if (ppc_uv_page_kind(ppc->uv, ppc_vm->lpid, gpa) == UV_PAGE_NORMAL) {
        return H_SUCCESS;
    }
    if (sim_copy_to_user(slot->userspace_addr + offset, nothing, page_rest(slot, offset)) < 0) {
        return H_PARAMETER;
    }
    return ppc_uv_page_inval(ppc->uv, ppc_vm->lpid, gpa);
}

int64_t sim_pef_unshare(SimVm *vm, uint64_t gpa)
{
    const SimPpc *ppc = vm->target_host;
    const SimPpcVm *ppc_vm = vm->arch;
    const SimSlot *slot;
    uint64_t offset;

    if (!find_page(vm, gpa, &slot, &offset)) {
        return H_PARAMETER;
    }
    return ppc_uv_page_kind(ppc->uv, ppc_vm->lpid, gpa) == UV_PAGE_NORMAL ? move_in(vm, slot, offset)
                                                                          : H_SUCCESS;
}

/* ---- the end ---- */

/* kvmhv_svm_off() */
int sim_pef_svm_off(SimVm *vm)
{
    const SimPpc *ppc = vm->target_host;
    SimPpcVm *ppc_vm = vm->arch;

    if (!ppc_vm->is_hv || !ppc_vm->init_started) {
        return 0;
    }
    if (g_atomic_int_get(&ppc_vm->vcpus_running)) {
        return -EBUSY;
    }
    if (!ppc->uv) {
        return -EINVAL;
    }
    drop_pages(vm);
    for (guint i = 0; i < vm->slots->len; i++) {
        ppc_uv_unregister_mem_slot(ppc->uv, ppc_vm->lpid, g_array_index(vm->slots, SimSlot, i).id);
    }
    if (ppc_uv_svm_terminate(ppc->uv, ppc_vm->lpid) != H_SUCCESS) {
        return -EINVAL;
    }
    ppc_vm->init_started = ppc_vm->init_done = false;
    return 0;
}

void sim_pef_destroy(SimVm *vm)
{
    const SimPpc *ppc = vm->target_host;
    const SimPpcVm *ppc_vm = vm->arch;

    if (ppc->uv && ppc_vm->init_started) {
        ppc_uv_svm_terminate(ppc->uv, ppc_vm->lpid);
    }
}
