/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The memory slots and memory attributes of a simulated VM; kvm_set_memory_region() and
 * kvm_vm_ioctl_set_mem_attributes() of virt/kvm/kvm_main.c.
 */
#include <errno.h>
#include <string.h>
#include "hw/simhost-file.h"

#define REGION_LOG_DIRTY  (1u << 0)

#define USER_MEMORY_SLOTS 32764
#define MAX_SLOT_PAGES    ((UINT64_C(1) << 31) - 1)
#define MAX_GUEST_ADDRESS (UINT64_C(1) << 52)
#define MAX_USER_ADDRESS  ((UINT64_C(1) << 47) - SIM_PAGE_SIZE)

/** Guest addresses from `start` up to but excluding `end`. */
static bool is_unaligned(uint64_t value)
{
    return value % SIM_PAGE_SIZE != 0;
}

SimSlot *sim_vm_find_slot(SimVm *vm, uint64_t gpa)
{
    for (unsigned i = 0; i < vm->slots->len; i++) {
        SimSlot *slot = &g_array_index(vm->slots, SimSlot, i);

        /* The upper half of a slot's number is its address space; guests are in space 0 unless in SMM. */
        if (slot->id >> 16 == 0 && gpa >= slot->gpa && gpa - slot->gpa < slot->size) {
            return slot;
        }
    }
    return NULL;
}

static SimSlot *find_slot_by_id(SimVm *vm, uint32_t id)
{
    for (unsigned i = 0; i < vm->slots->len; i++) {
        SimSlot *slot = &g_array_index(vm->slots, SimSlot, i);

        if (slot->id == id) {
            return slot;
        }
    }
    return NULL;
}

/* Whether another slot of the same address space has guest memory in this range. */
static bool range_is_taken(SimVm *vm, const KvmRegion2 *region)
{
    for (unsigned i = 0; i < vm->slots->len; i++) {
        const SimSlot *slot = &g_array_index(vm->slots, SimSlot, i);

        if (slot->id != region->slot && slot->id >> 16 == region->slot >> 16 &&
            slot->gpa < region->guest_phys_addr + region->memory_size &&
            region->guest_phys_addr < slot->gpa + slot->size) {
            return true;
        }
    }
    return false;
}

static uint32_t valid_slot_flags(const SimVm *vm, uint32_t flags)
{
    if (flags & KVM_REGION_GUEST_MEMFD) {
        return vm->has_private_memory ? KVM_REGION_GUEST_MEMFD : 0;
    }
    return REGION_LOG_DIRTY |
           (vm->host->target->has_readonly_slots && !vm->has_protected_state ? KVM_REGION_READONLY : 0);
}

/* The checks that need no slot; all of them give EINVAL. */
static bool region_is_valid(const SimVm *vm, const KvmRegion2 *region)
{
    unsigned spaces = vm->has_private_memory ? 1 : vm->host->target->max_address_spaces;

    if (region->flags & ~valid_slot_flags(vm, region->flags)) {
        return false;
    }
    if (is_unaligned(region->memory_size) || is_unaligned(region->guest_phys_addr) ||
        is_unaligned(region->userspace_addr)) {
        return false;
    }
    if (region->memory_size > MAX_USER_ADDRESS ||
        region->userspace_addr > MAX_USER_ADDRESS - region->memory_size) {
        return false;
    }
    if ((region->flags & KVM_REGION_GUEST_MEMFD) &&
        (is_unaligned(region->guest_memfd_offset) ||
         region->guest_memfd_offset + region->memory_size < region->guest_memfd_offset)) {
        return false;
    }
    return (region->slot & 0xffff) < USER_MEMORY_SLOTS && region->slot >> 16 < spaces &&
           region->guest_phys_addr + region->memory_size >= region->guest_phys_addr &&
           region->memory_size / SIM_PAGE_SIZE <= MAX_SLOT_PAGES;
}

static int prepare(SimVm *vm, const SimSlot *slot)
{
    const SimTarget *target = vm->host->target;

    return target->slot_prepare ? target->slot_prepare(vm, slot) : 0;
}

static int change_slot(SimVm *vm, SimSlot *slot, const KvmRegion2 *region)
{
    SimSlot changed = *slot;
    int ret;

    if ((region->flags | slot->flags) & KVM_REGION_GUEST_MEMFD) {
        return -EINVAL;
    }
    if (region->userspace_addr != slot->userspace_addr || region->memory_size != slot->size ||
        ((region->flags ^ slot->flags) & KVM_REGION_READONLY)) {
        return -EINVAL;
    }
    if (region->guest_phys_addr != slot->gpa && range_is_taken(vm, region)) {
        return -EEXIST;
    }
    changed.gpa = region->guest_phys_addr;
    changed.flags = region->flags;
    ret = prepare(vm, &changed);
    if (ret < 0) {
        return ret;
    }
    *slot = changed;
    return 0;
}

static int create_slot(SimVm *vm, const KvmRegion2 *region)
{
    SimSlot slot = {
        .id = region->slot,
        .flags = region->flags,
        .gpa = region->guest_phys_addr,
        .size = region->memory_size,
        .userspace_addr = region->userspace_addr,
    };
    int ret;

    if (range_is_taken(vm, region)) {
        return -EEXIST;
    }
    if (region->flags & KVM_REGION_GUEST_MEMFD) {
        slot.gmem_offset = region->guest_memfd_offset;
        ret = sim_gmem_bind(vm, &slot, (int)region->guest_memfd);
        if (ret < 0) {
            return ret;
        }
    }
    if (region->guest_phys_addr + region->memory_size > MAX_GUEST_ADDRESS) {
        return -EINVAL;
    }
    ret = prepare(vm, &slot);
    if (ret < 0) {
        return ret;
    }
    g_array_append_val(vm->slots, slot);
    return 0;
}

int sim_slots_set(SimVm *vm, unsigned long arg, bool version2)
{
    KvmRegion2 region = { .slot = 0 };
    SimSlot *slot;
    int ret = sim_copy_from_user(&region, arg, version2 ? sizeof(KvmRegion2) : sizeof(KvmRegion));

    if (ret < 0) {
        return ret;
    }
    if (!version2 && (region.flags & ~(REGION_LOG_DIRTY | KVM_REGION_READONLY))) {
        return -EINVAL;
    }
    if (!region_is_valid(vm, &region)) {
        return -EINVAL;
    }
    slot = find_slot_by_id(vm, region.slot);
    if (region.memory_size == 0) {
        if (!slot) {
            return -EINVAL;
        }
        ret = prepare(vm, NULL);
        if (ret < 0) {
            return ret;
        }
        g_array_remove_index_fast(vm->slots, (guint)(slot - &g_array_index(vm->slots, SimSlot, 0)));
        return 0;
    }
    return slot ? change_slot(vm, slot, &region) : create_slot(vm, &region);
}

/* Appends [start, end) behind all others, to the last one if they touch. */
static void append_range(GArray *ranges, uint64_t start, uint64_t end)
{
    SimRange range = { start, end };
    SimRange *last = ranges->len ? &g_array_index(ranges, SimRange, ranges->len - 1) : NULL;

    if (start >= end) {
        return;
    }
    if (last && last->end == start) {
        last->end = end;
    } else {
        g_array_append_val(ranges, range);
    }
}

static GArray *ranges_with(const GArray *old, uint64_t start, uint64_t end, bool private)
{
    GArray *ranges = g_array_new(false, false, sizeof(SimRange));

    for (unsigned i = 0; i < old->len; i++) {
        const SimRange *range = &g_array_index(old, SimRange, i);

        append_range(ranges, range->start, MIN(range->end, start));
    }
    if (private) {
        append_range(ranges, start, end);
    }
    for (unsigned i = 0; i < old->len; i++) {
        const SimRange *range = &g_array_index(old, SimRange, i);

        append_range(ranges, MAX(range->start, end), range->end);
    }
    return ranges;
}

int sim_attributes_set(SimVm *vm, unsigned long arg)
{
    KvmMemoryAttributes attributes;
    GArray *ranges;
    int ret = sim_copy_from_user(&attributes, arg, sizeof(attributes));

    if (ret < 0) {
        return ret;
    }
    if (attributes.flags || (attributes.attributes & ~(vm->has_private_memory ? KVM_ATTRIBUTE_PRIVATE : 0)) ||
        attributes.size == 0 || attributes.address + attributes.size < attributes.address ||
        is_unaligned(attributes.address) || is_unaligned(attributes.size)) {
        return -EINVAL;
    }
    ranges = ranges_with(vm->private_ranges, attributes.address, attributes.address + attributes.size,
                         attributes.attributes & KVM_ATTRIBUTE_PRIVATE);
    g_array_unref(vm->private_ranges);
    vm->private_ranges = ranges;
    return 0;
}

bool sim_vm_find_private(const SimVm *vm, uint64_t gpa, uint64_t *ret_end)
{
    const SimRange *ranges = (const SimRange *)(const void *)vm->private_ranges->data;
    unsigned low = 0, high = vm->private_ranges->len;

    while (low < high) {
        unsigned middle = low + (high - low) / 2;

        if (gpa < ranges[middle].start) {
            high = middle;
        } else if (gpa >= ranges[middle].end) {
            low = middle + 1;
        } else {
            *ret_end = ranges[middle].end;
            return true;
        }
    }
    *ret_end = low < vm->private_ranges->len ? ranges[low].start : UINT64_MAX;
    return false;
}

bool sim_vm_is_private(const SimVm *vm, uint64_t gpa)
{
    uint64_t end;

    return sim_vm_find_private(vm, gpa, &end);
}
