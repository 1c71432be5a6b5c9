/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * When does an encrypted guest begin to use memory without the C-bit? Its page tables tell, and the C-bit in
 * CR3, which says that it has come so far as to know where that bit is.
 *
 * Code that is still at its start has one of the two, but not both: the decompressor of Linux and OVMF load
 * CR3 without the bit, as processors walk page tables of encrypted guests as private ones in any case.
 */
#include <string.h>
#include "target-i386/sim-engine.h"

#define CR0_PG      (UINT64_C(1) << 31)
#define CR4_LA57    (UINT64_C(1) << 12)
#define EFER_LMA    (UINT64_C(1) << 10)

#define PTE_PRESENT UINT64_C(1)
#define PTE_LARGE   (UINT64_C(1) << 7)
#define PTE_ADDRESS UINT64_C(0x000ffffffffff000)

#define ENTRIES     512

/* A guest can build page tables without end. These map 8 GiB in pages of 4 KiB. */
#define MOST_TABLES 4096
#define MOST_RANGES 65536

/** Guest memory that is mapped in one way. */
typedef struct Range {
    uint64_t start, end;
} Range;

typedef struct Scan {
    SimVm *vm;
    uint64_t cbit;
    unsigned n_tables;
    GArray *shared, *private; /* of Range */
} Scan;

static void add_range(GArray *ranges, uint64_t start, uint64_t size)
{
    Range *last = ranges->len ? &g_array_index(ranges, Range, ranges->len - 1) : NULL;
    Range range = { start, start + size };

    if (last && last->end == start) {
        last->end += size;
    } else if (ranges->len < MOST_RANGES) {
        g_array_append_val(ranges, range);
    }
}

static void scan_table(Scan *scan, uint64_t table, unsigned level)
{
    uint64_t entries[ENTRIES];

    if (++scan->n_tables > MOST_TABLES ||
        !sim_engine_read(scan->vm, SIM_VIEW_PRIVATE, table, entries, sizeof(entries))) {
        return;
    }
    for (unsigned i = 0; i < ENTRIES; i++) {
        uint64_t entry = GUINT64_FROM_LE(entries[i]), size = SIM_PAGE_SIZE << 9 * level;
        uint64_t address = entry & PTE_ADDRESS & ~scan->cbit;

        if (!(entry & PTE_PRESENT)) {
            continue;
        }
        if (level == 0 || (level <= 2 && (entry & PTE_LARGE))) {
            add_range(entry & scan->cbit ? scan->private : scan->shared, address & ~(size - 1), size);
        } else {
            scan_table(scan, address, level - 1);
        }
    }
}

static int compare(const void *a, const void *b)
{
    const Range *left = a, *right = b;

    return left->start < right->start ? -1 : left->start > right->start;
}

/* Sorts them and makes one of those that overlap or touch: a guest may map the same memory any number of
 * times. */
static void merge(GArray *ranges)
{
    guint n = 0;

    g_array_sort(ranges, compare);
    for (guint i = 0; i < ranges->len; i++) {
        const Range range = g_array_index(ranges, Range, i);
        Range *last = n ? &g_array_index(ranges, Range, n - 1) : NULL;

        if (last && range.start <= last->end) {
            last->end = MAX(last->end, range.end);
        } else {
            g_array_index(ranges, Range, n++) = range;
        }
    }
    g_array_set_size(ranges, n);
}

/* Whether one of the merged @ranges has the page. */
static bool has_page(const GArray *ranges, uint64_t gpa)
{
    guint low = 0, high = ranges->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;
        const Range *range = &g_array_index(ranges, Range, middle);

        if (gpa < range->start) {
            high = middle;
        } else if (gpa >= range->end) {
            low = middle + 1;
        } else {
            return true;
        }
    }
    return false;
}

/*
 * What the guest has written without the C-bit up to now went to the mirror. Where it maps a page in no other
 * way, that was meant for everybody. Pages without a mark of the guest are the VMM's.
 */
static void publish(Scan *scan, const SimSlot *slot, uint64_t start, uint64_t end)
{
    const SimX86Vm *x86_vm = scan->vm->arch;

    for (uint64_t gpa = start; gpa < end; gpa += SIM_PAGE_SIZE) {
        uint64_t size, address = slot->userspace_addr + (gpa - slot->gpa);
        const uint8_t *mirror = sim_mirrors_find(x86_vm->engine.mirrors, address, &size);

        if (sim_mirrors_is_written(x86_vm->engine.mirrors, address) && !has_page(scan->private, gpa)) {
            /* If the VMM has no such page any more, it sees nothing in it. */
            (void)sim_copy_to_user(address, mirror, SIM_PAGE_SIZE);
        }
    }
}

/*
 * Calls publish() for all memory that is mapped without the C-bit, if @publishes. Whether there is any but
 * the page in which code at its start speaks to the hypervisor.
 */
static bool find_shared(Scan *scan, uint64_t ghcb, bool publishes)
{
    bool found = false;

    for (guint i = 0; i < scan->shared->len; i++) {
        const Range *range = &g_array_index(scan->shared, Range, i);

        for (guint j = 0; j < scan->vm->slots->len; j++) {
            const SimSlot *slot = &g_array_index(scan->vm->slots, SimSlot, j);
            uint64_t start = MAX(range->start, slot->gpa), end = MIN(range->end, slot->gpa + slot->size);

            found |= start < end && (start != ghcb || end != ghcb + SIM_PAGE_SIZE);
            if (start < end && publishes) {
                publish(scan, slot, start, end);
            }
        }
    }
    return found;
}

bool sim_engine_finds_shared(SimVcpu *vcpu, const KvmSregs *sregs)
{
    const SimX86 *x86 = vcpu->vm->target_host;
    uint64_t ghcb = ((const SimX86Vcpu *)vcpu->arch)->ghcb.page;
    g_autoptr(GArray) shared = g_array_new(false, false, sizeof(Range));
    g_autoptr(GArray) private = g_array_new(false, false, sizeof(Range));
    Scan scan = {
        .vm = vcpu->vm,
        .cbit = UINT64_C(1) << x86->model.cbit,
        .shared = shared,
        .private = private,
    };

    if (!(sregs->cr0 & CR0_PG) || !(sregs->efer & EFER_LMA) || !(sregs->cr3 & scan.cbit)) {
        return false;
    }
    scan_table(&scan, sregs->cr3 & PTE_ADDRESS & ~scan.cbit, sregs->cr4 & CR4_LA57 ? 4 : 3);
    merge(shared);
    if (!find_shared(&scan, ghcb, false)) {
        return false;
    }
    merge(private);
    find_shared(&scan, ghcb, true);
    return true;
}

bool sim_engine_look_for_shared(SimVcpu *vcpu, Error **errp)
{
    SimX86Vm *x86_vm = vcpu->vm->arch;
    KvmSregs sregs = { .cr0 = 0 };
    bool done = true;

    if (g_atomic_int_get(&x86_vm->engine.is_shared_seen) ||
        sim_engine_vcpu_ioctl(vcpu, KVMIO_GET_SREGS, &sregs) < 0) {
        return true;
    }
    sim_vcpu_lock_vm(vcpu);
    if (!g_atomic_int_get(&x86_vm->engine.is_shared_seen) && sim_engine_finds_shared(vcpu, &sregs)) {
        g_atomic_int_set(&x86_vm->engine.is_shared_seen, true);
        done = sim_engine_map_slots(vcpu->vm, errp);
    }
    g_mutex_unlock(&vcpu->vm->lock);
    return done;
}
