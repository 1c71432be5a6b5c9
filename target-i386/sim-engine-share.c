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

/* Whether one of the sorted @ranges has the page. */
static bool has_page(const GArray *ranges, uint64_t gpa)
{
    for (guint i = 0; i < ranges->len && g_array_index(ranges, Range, i).start <= gpa; i++) {
        if (gpa < g_array_index(ranges, Range, i).end) {
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

/* The VM's lock is held. */
static bool look(SimVcpu *vcpu, const KvmSregs *sregs, Error **errp)
{
    const SimX86 *x86 = vcpu->vm->target_host;
    SimX86Vm *x86_vm = vcpu->vm->arch;
    uint64_t ghcb = ((const SimX86Vcpu *)vcpu->arch)->ghcb.page;
    g_autoptr(GArray) shared = g_array_new(false, false, sizeof(Range));
    g_autoptr(GArray) private = g_array_new(false, false, sizeof(Range));
    Scan scan = {
        .vm = vcpu->vm,
        .cbit = UINT64_C(1) << x86->model.cbit,
        .shared = shared,
        .private = private,
    };

    if (g_atomic_int_get(&x86_vm->engine.is_shared_seen)) {
        return true;
    }
    scan_table(&scan, sregs->cr3 & PTE_ADDRESS & ~scan.cbit, sregs->cr4 & CR4_LA57 ? 4 : 3);
    if (!find_shared(&scan, ghcb, false)) {
        return true;
    }
    g_array_sort(private, compare);
    find_shared(&scan, ghcb, true);
    g_atomic_int_set(&x86_vm->engine.is_shared_seen, true);
    return sim_engine_map_slots(vcpu->vm, errp);
}

bool sim_engine_look_for_shared(SimVcpu *vcpu, Error **errp)
{
    const SimX86 *x86 = vcpu->vm->target_host;
    SimX86Vm *x86_vm = vcpu->vm->arch;
    bool done;
    KvmSregs sregs = { .cr0 = 0 };

    if (g_atomic_int_get(&x86_vm->engine.is_shared_seen) ||
        sim_engine_vcpu_ioctl(vcpu, KVMIO_GET_SREGS, &sregs) < 0 || !(sregs.cr0 & CR0_PG) ||
        !(sregs.efer & EFER_LMA) || !(sregs.cr3 >> x86->model.cbit & 1)) {
        return true;
    }
    sim_vcpu_lock_vm(vcpu);
    done = look(vcpu, &sregs, errp);
    g_mutex_unlock(&vcpu->vm->lock);
    return done;
}
