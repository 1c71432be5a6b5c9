/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The memory of a guest that runs: which of the VMM's pages and which mirrors the VM underneath has where.
 */
#include <inttypes.h>
#include <string.h>
#include "target-i386/sim-engine.h"

#define GARBAGE_SIZE 65536
#define LOG_DIRTY    (1u << 0)

/* Up to here vCPUs start without paging: the vector of a startup interrupt is 8 bits of a page's number. */
#define LOW_END UINT64_C(0x100000)

static uint64_t cbit_mask(const SimVm *vm)
{
    const SimX86 *x86 = vm->target_host;

    return UINT64_C(1) << x86->model.cbit;
}

/* Whether the guest sees its private memory at @gpa without the C-bit, too, as it does up to *ret_end. */
static bool is_private(SimVm *vm, uint64_t gpa, uint64_t *ret_end)
{
    SimX86Vm *x86_vm = vm->arch;
    const GArray *shared = x86_vm->engine.shared;

    *ret_end = UINT64_MAX;
    if (g_atomic_int_get(&x86_vm->engine.is_shared_seen)) {
        bool is_low = vm->vcpus->len > 1 && gpa < LOW_END;

        *ret_end = is_low ? LOW_END : UINT64_MAX;
        return is_low;
    }
    if (vm->has_private_memory) {
        return sim_vm_find_private(vm, gpa, ret_end);
    }
    for (guint i = 0; shared && i < shared->len; i++) {
        const SimRange *range = &g_array_index(shared, SimRange, i);

        if (gpa < range->end) {
            *ret_end = gpa < range->start ? range->start : range->end;
            return gpa < range->start;
        }
    }
    return true;
}

/* Where the guest's private memory at @gpa in @slot is, good for *ret_size bytes. NULL if there is none. */
static uint8_t *find_private(const SimVm *vm, const SimSlot *slot, uint64_t gpa, uint64_t *ret_size)
{
    const SimX86Vm *x86_vm = vm->arch;
    uint64_t offset = gpa - slot->gpa;
    uint8_t *memory;

    if (!vm->has_private_memory) {
        return sim_mirrors_find(x86_vm->engine.mirrors, slot->userspace_addr + offset, ret_size);
    }
    memory = sim_gmem_memory(slot);
    *ret_size = slot->size - offset;
    return memory ? memory + offset : NULL;
}

/* ---- what is in the mirrors ---- */

/* Whole pages around what was launched: the rest of them is garbage as well as any other. */
static bool decrypt(SimVm *vm, const KvmEncRegion *region, Error **errp)
{
    const SimX86 *x86 = vm->target_host;
    SimX86Vm *x86_vm = vm->arch;
    uint64_t address = region->addr & ~(SIM_PAGE_SIZE - 1);
    uint64_t end = (region->addr + region->size + SIM_PAGE_SIZE - 1) & ~(SIM_PAGE_SIZE - 1);

    while (address < end) {
        uint64_t size;
        uint8_t *mirror = sim_mirrors_find(x86_vm->engine.mirrors, address, &size);

        size = MIN(size, end - address);
        if (!mirror || sim_copy_from_user(mirror, address, size) < 0) {
            return error_set(errp, CGVM_ERROR_KERNEL,
                             "what was launched at address 0x%" PRIx64 " is no memory any more", address);
        }
        psp_sev_crypt(x86->psp, x86_vm->sev.handle, false, address, mirror, size);
        address += size;
    }
    return true;
}

/* The regions come first: they are whole blocks of the VMM's memory, of which slots may be parts. */
static bool cover(SimVm *vm, Error **errp)
{
    SimX86Vm *x86_vm = vm->arch;
    SimMirrors *mirrors = x86_vm->engine.mirrors;

    for (guint i = 0; x86_vm->sev.regions && i < x86_vm->sev.regions->len; i++) {
        const KvmEncRegion *region = &g_array_index(x86_vm->sev.regions, KvmEncRegion, i);
        uint64_t start = region->addr & ~(SIM_PAGE_SIZE - 1);
        uint64_t end = (region->addr + region->size + SIM_PAGE_SIZE - 1) & ~(SIM_PAGE_SIZE - 1);

        if (!sim_mirrors_cover(mirrors, start, end - start, errp)) {
            return false;
        }
    }
    for (guint i = 0; i < vm->slots->len; i++) {
        const SimSlot *slot = &g_array_index(vm->slots, SimSlot, i);

        if (!sim_mirrors_cover(mirrors, slot->userspace_addr, slot->size, errp)) {
            return false;
        }
    }
    return true;
}

/* ---- what is in guest_memfd ---- */

/* Maps what the guest has validated, in the slot's pages from @gpa on. Returns where the next ones are. */
static uint64_t open_valid(SimVm *vm, const SimSlot *slot, uint64_t gpa)
{
    const SimX86 *x86 = vm->target_host;
    uint64_t end = slot->gpa + slot->size, start = gpa;
    const uint8_t *memory = sim_gmem_memory(slot);

    while (gpa < end && sim_gmem_is_used(slot, gpa) &&
           psp_rmp_is_valid(x86->psp, (uintptr_t)memory + (gpa - slot->gpa), false)) {
        gpa += SIM_PAGE_SIZE;
    }
    if (gpa == start) {
        return gpa + SIM_PAGE_SIZE;
    }
    sim_gmem_set_open(slot, start, (gpa - start) / SIM_PAGE_SIZE, true);
    return gpa;
}

void sim_engine_guard_memory(SimVm *vm)
{
    for (guint i = 0; i < vm->slots->len; i++) {
        const SimSlot *slot = &g_array_index(vm->slots, SimSlot, i);
        uint64_t gpa = slot->gpa;

        sim_gmem_guard(slot);
        while (sim_gmem_memory(slot) && gpa < slot->gpa + slot->size) {
            gpa = open_valid(vm, slot, gpa);
        }
    }
}

bool sim_engine_make_mirrors(SimVm *vm, Error **errp)
{
    const SimX86 *x86 = vm->target_host;
    SimX86Vm *x86_vm = vm->arch;
    g_autofree uint8_t *garbage = g_malloc0(GARBAGE_SIZE);

    /* What zeros decrypt to. */
    psp_sev_crypt(x86->psp, x86_vm->sev.handle, false, 0, garbage, GARBAGE_SIZE);
    x86_vm->engine.mirrors = sim_mirrors_new(garbage, GARBAGE_SIZE, errp);
    if (!x86_vm->engine.mirrors || !cover(vm, errp)) {
        return false;
    }
    for (guint i = 0; x86_vm->sev.launched && i < x86_vm->sev.launched->len; i++) {
        if (!decrypt(vm, &g_array_index(x86_vm->sev.launched, KvmEncRegion, i), errp)) {
            return false;
        }
    }
    return true;
}

/* ---- what is mapped where ---- */

/* Maps the private memory of [start, end) of a slot, which may be several pieces, at these addresses with
 * @bits set. */
static void add_private(const SimVm *vm, GArray *regions, const SimSlot *slot, uint64_t start, uint64_t end,
                        uint64_t bits)
{
    while (start < end) {
        uint64_t size = end - start;
        const uint8_t *memory = find_private(vm, slot, start, &size);
        SimEngineRegion region = {
            .gpa = start | bits,
            .size = MIN(size, end - start),
            .address = (uintptr_t)memory,
            .flags = slot->flags & KVM_REGION_READONLY,
        };

        if (memory) {
            g_array_append_val(regions, region);
        }
        start += region.size;
    }
}

static void add_slot(GArray *regions, const SimSlot *slot, uint64_t start, uint64_t end)
{
    SimEngineRegion region = {
        .gpa = start,
        .size = end - start,
        .address = slot->userspace_addr + (start - slot->gpa),
        .flags = slot->flags & (KVM_REGION_READONLY | LOG_DIRTY),
        .space = slot->id >> 16,
    };

    g_array_append_val(regions, region);
}

/* What an encrypted guest sees without the C-bit. */
static void add_plain(SimVm *vm, GArray *regions, const SimSlot *slot)
{
    uint64_t start = slot->gpa, end = slot->gpa + slot->size, next;

    while (start < end) {
        bool is_hidden = is_private(vm, start, &next);

        next = MIN(next, end);
        if (is_hidden) {
            add_private(vm, regions, slot, start, next, 0);
        } else {
            add_slot(regions, slot, start, next);
        }
        start = next;
    }
}

bool sim_engine_map_slots(SimVm *vm, Error **errp)
{
    SimX86Vm *x86_vm = vm->arch;
    g_autoptr(GArray) regions = g_array_new(false, false, sizeof(SimEngineRegion));

    if (x86_vm->engine.mirrors && !cover(vm, errp)) {
        return false;
    }
    for (guint i = 0; i < vm->slots->len; i++) {
        const SimSlot *slot = &g_array_index(vm->slots, SimSlot, i);
        uint64_t end = slot->gpa + slot->size;

        if (sim_sev_guest(vm)) {
            add_private(vm, regions, slot, slot->gpa, end, cbit_mask(vm));
            add_plain(vm, regions, slot);
        } else {
            add_slot(regions, slot, slot->gpa, end);
        }
    }
    x86_vm->engine.is_map_stale = false;
    return sim_engine_set_regions(vm->engine, regions, errp);
}

/* ---- in the guest's eyes ---- */

/* The address in this process, at which *ret_size bytes follow. 0 if there is no memory. What an SNP guest
 * shares it has said itself. */
static uint64_t find(SimVm *vm, SimView view, uint64_t gpa, uint64_t *ret_size)
{
    const SimSlot *slot = sim_vm_find_slot(vm, gpa);
    uint64_t end = UINT64_MAX, left;
    uint64_t address = 0;

    if (!slot) {
        return 0;
    }
    left = slot->size - (gpa - slot->gpa);
    if (sim_sev_guest(vm) &&
        (view == SIM_VIEW_PRIVATE || (!vm->has_private_memory && is_private(vm, gpa, &end)))) {
        address = (uintptr_t)find_private(vm, slot, gpa, &left);
    } else if (!vm->has_private_memory || !sim_vm_find_private(vm, gpa, &end)) {
        address = slot->userspace_addr + (gpa - slot->gpa);
    }
    *ret_size = MIN(left, end - gpa);
    return address;
}

typedef int CopyFn(uint64_t address, void *bytes, size_t size);

static int copy_out(uint64_t address, void *bytes, size_t size)
{
    return sim_copy_from_user(bytes, address, size);
}

static int copy_in(uint64_t address, void *bytes, size_t size)
{
    return sim_copy_to_user(address, bytes, size);
}

static bool copy(SimVm *vm, SimView view, uint64_t gpa, uint8_t *bytes, size_t size, CopyFn *copy_fn)
{
    while (size > 0) {
        uint64_t left, address = find(vm, view, gpa, &left);

        left = address ? MIN(left, size) : 0;
        if (!left || copy_fn(address, bytes, left) < 0) {
            return false;
        }
        gpa += left;
        bytes += left;
        size -= left;
    }
    return true;
}

bool sim_engine_read(SimVm *vm, SimView view, uint64_t gpa, void *to, size_t size)
{
    return copy(vm, view, gpa, to, size, copy_out);
}

bool sim_engine_write(SimVm *vm, SimView view, uint64_t gpa, const void *from, size_t size)
{
    return copy(vm, view, gpa, (uint8_t *)(uintptr_t)from, size, copy_in);
}
