/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The memory of a guest, secure or not, in the pages of its VMM; arch/s390/kernel/uv.c of Linux 6.12.
 */
#include <errno.h>
#include <string.h>
#include "target-s390x/sim-state.h"

/* The address in this process of @size bytes of one page at @gpa, or 0. */
static uint64_t translate(SimVm *vm, uint64_t gpa, size_t size, bool write)
{
    const SimSlot *slot = sim_vm_find_slot(vm, gpa);
    uint64_t address = slot ? slot->userspace_addr + (gpa - slot->gpa) : 0;

    return slot && sim_pin_user(address, size, write) == 0 ? address : 0;
}

/* How many of @size bytes at @gpa are on the page there. */
static size_t on_page(uint64_t gpa, size_t size)
{
    return MIN(size, SIM_PAGE_SIZE - gpa % SIM_PAGE_SIZE);
}

/* Calls @touch for the part of an access on each page, until one is not done. */
typedef SimAccess TouchFn(SimVm *vm, uint64_t gpa, uint8_t *data, size_t size);

static SimAccess touch_pages(SimVm *vm, uint64_t gpa, uint8_t *data, size_t size, TouchFn *touch)
{
    SimAccess access = SIM_ACCESS_DONE;

    if (size > UINT64_MAX - gpa) {
        return SIM_ACCESS_NO_MEMORY;
    }
    for (size_t done = 0; done < size && access == SIM_ACCESS_DONE;) {
        size_t part = on_page(gpa + done, size - done);

        access = touch(vm, gpa + done, data + done, part);
        done += part;
    }
    return access;
}

/* ---- what the host sees ---- */

static SimAccess host_read_part(SimVm *vm, uint64_t gpa, uint8_t *data, size_t size)
{
    uint64_t address = translate(vm, gpa, size, false);

    return address && sim_copy_from_user(data, address, size) == 0 ? SIM_ACCESS_DONE : SIM_ACCESS_NO_MEMORY;
}

static SimAccess host_write_part(SimVm *vm, uint64_t gpa, uint8_t *data, size_t size)
{
    uint64_t address = translate(vm, gpa, size, true);

    return address && sim_copy_to_user(address, data, size) == 0 ? SIM_ACCESS_DONE : SIM_ACCESS_NO_MEMORY;
}

int sim_s390_host_read(SimVm *vm, uint64_t gpa, void *data, size_t size)
{
    return touch_pages(vm, gpa, data, size, host_read_part) == SIM_ACCESS_DONE ? 0 : -EFAULT;
}

int sim_s390_host_write(SimVm *vm, uint64_t gpa, const void *data, size_t size)
{
    /* The bytes are read only. */
    return touch_pages(vm, gpa, (uint8_t *)data, size, host_write_part) == SIM_ACCESS_DONE ? 0 : -EFAULT;
}

/* ---- what a secure guest sees ---- */

/** PG_arch_1 of the kernel: whose a page in this process is. */
static void note_secure(SimS390Vm *s390_vm, uint64_t address, uint64_t handle)
{
    g_hash_table_replace(s390_vm->secure_pages, g_memdup2(&address, sizeof(address)),
                         g_memdup2(&handle, sizeof(handle)));
}

/** What a secure guest does with one page. */
typedef struct SecureTouch {
    enum { TOUCH_READ, TOUCH_WRITE, TOUCH_SHARE, TOUCH_UNSHARE } kind;
    uint8_t *data;
    size_t size;
} SecureTouch;

static UvAccess call_uv(Uv *uv, uint64_t handle, uint64_t gpa, uint8_t *page, const SecureTouch *touch)
{
    switch (touch->kind) {
    case TOUCH_READ:
        return uv_guest_read(uv, handle, gpa, page, touch->data, touch->size);
    case TOUCH_WRITE:
        return uv_guest_write(uv, handle, gpa, page, touch->data, touch->size);
    case TOUCH_SHARE:
    case TOUCH_UNSHARE:
    default:
        return uv_guest_share(uv, handle, gpa, page, touch->kind == TOUCH_SHARE);
    }
}

/* The host's copy of the page is read, changed and written: the kernel maps the page for writing in any case.
 */
static SimAccess touch_secure(SimVm *vm, uint64_t gpa, const SecureTouch *touch)
{
    const SimS390 *s390 = vm->target_host;
    SimS390Vm *s390_vm = vm->arch;
    uint64_t address = translate(vm, gpa - gpa % SIM_PAGE_SIZE, SIM_PAGE_SIZE, true);
    uint8_t page[SIM_PAGE_SIZE];
    UvAccess access;

    if (!address || sim_copy_from_user(page, address, sizeof(page)) < 0) {
        return SIM_ACCESS_NO_MEMORY;
    }
    access = call_uv(s390->uv, s390_vm->pv_handle, gpa, page, touch);
    if (access != UV_ACCESS_DONE) {
        return access == UV_ACCESS_TAMPERED ? SIM_ACCESS_TAMPERED : SIM_ACCESS_REFUSED;
    }
    if (sim_copy_to_user(address, page, sizeof(page)) < 0) {
        return SIM_ACCESS_NO_MEMORY; /* it could be written a moment ago */
    }
    note_secure(s390_vm, address, s390_vm->pv_handle);
    return SIM_ACCESS_DONE;
}

static SimAccess secure_read_part(SimVm *vm, uint64_t gpa, uint8_t *data, size_t size)
{
    const SecureTouch touch = { TOUCH_READ, data, size };

    return touch_secure(vm, gpa, &touch);
}

static SimAccess secure_write_part(SimVm *vm, uint64_t gpa, uint8_t *data, size_t size)
{
    const SecureTouch touch = { TOUCH_WRITE, data, size };

    return touch_secure(vm, gpa, &touch);
}

SimAccess sim_s390_guest_read(SimVm *vm, uint64_t gpa, void *data, size_t size)
{
    const SimS390Vm *s390_vm = vm->arch;

    return touch_pages(vm, gpa, data, size, s390_vm->pv_handle ? secure_read_part : host_read_part);
}

SimAccess sim_s390_guest_write(SimVm *vm, uint64_t gpa, const void *data, size_t size)
{
    const SimS390Vm *s390_vm = vm->arch;

    return touch_pages(vm, gpa, (uint8_t *)data, size,
                       s390_vm->pv_handle ? secure_write_part : host_write_part);
}

SimAccess sim_s390_guest_share(SimVm *vm, uint64_t gpa, bool shared)
{
    const SecureTouch touch = { .kind = shared ? TOUCH_SHARE : TOUCH_UNSHARE };

    return touch_secure(vm, gpa, &touch);
}

/* ---- pages that become secure, and are destroyed ---- */

bool sim_s390_is_huge(SimVm *vm, uint64_t gpa)
{
    const SimSlot *slot = sim_vm_find_slot(vm, gpa);

    return slot && sim_user_is_hugetlb(slot->userspace_addr + (gpa - slot->gpa));
}

int sim_s390_unpack_page(SimVm *vm, UvUnpack *unpack)
{
    SimS390 *s390 = vm->target_host;
    uint64_t address = translate(vm, unpack->gaddr, SIM_PAGE_SIZE, true);
    uint8_t page[SIM_PAGE_SIZE];

    if (!address || sim_copy_from_user(page, address, sizeof(page)) < 0) {
        return -EFAULT;
    }
    unpack->page = page;
    if (!uv_call(s390->uv, UV_UNPACK_IMG, unpack)) {
        return -EINVAL;
    }
    note_secure(vm->arch, address, unpack->conf);
    return sim_copy_to_user(address, page, sizeof(page));
}

/* Whether the page at @address in this process is at a guest address below @limit. One that is in no slot is
 * not: nobody knows what the process has there now. */
static bool is_below(SimVm *vm, uint64_t address, uint64_t limit)
{
    for (unsigned i = 0; i < vm->slots->len; i++) {
        const SimSlot *slot = &g_array_index(vm->slots, SimSlot, i);

        if (address >= slot->userspace_addr && address - slot->userspace_addr < slot->size) {
            return slot->gpa + (address - slot->userspace_addr) < limit;
        }
    }
    return false;
}

void sim_s390_destroy_pages(SimVm *vm, uint64_t handle, uint64_t limit)
{
    static const uint8_t zeros[SIM_PAGE_SIZE];
    SimS390Vm *s390_vm = vm->arch;
    GHashTableIter iter;
    gpointer address, owner;

    g_hash_table_iter_init(&iter, s390_vm->secure_pages);
    while (g_hash_table_iter_next(&iter, &address, &owner)) {
        if (*(uint64_t *)owner != handle || !is_below(vm, *(uint64_t *)address, limit)) {
            continue;
        }
        /* What is not mapped any more was destroyed when it was unmapped. */
        (void)sim_copy_to_user(*(uint64_t *)address, zeros, sizeof(zeros));
        g_hash_table_iter_remove(&iter);
    }
}
