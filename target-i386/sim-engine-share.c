/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * When does an encrypted guest use memory without the C-bit, and which? Its page tables tell, and the C-bit
 * in CR3, which says that it has come so far as to have it everywhere.
 *
 * OVMF and the decompressor of Linux load CR3 without the bit, as processors walk page tables of encrypted
 * guests as private ones in any case. That they know it their page tables say: they map memory with it.
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

typedef struct Scan {
    SimVm *vm;
    uint64_t cbit;
    unsigned n_tables;
    GArray *shared, *private; /* of SimRange */
} Scan;

static void add_range(GArray *ranges, uint64_t start, uint64_t size)
{
    SimRange *last = ranges->len ? &g_array_index(ranges, SimRange, ranges->len - 1) : NULL;
    SimRange range = { start, start + size };

    if (last && last->end == start) {
        last->end += size;
    } else if (ranges->len < MOST_RANGES) {
        g_array_append_val(ranges, range);
    }
}

/*
 * Firmware maps each address to itself, up to the width that CPUID tells, in which the C-bit is here; on
 * hardware it is above. Where it then takes the C-bit out of what is no memory, it maps memory without it.
 */
static bool is_alias(const Scan *scan, uint64_t virtual, uint64_t address)
{
    return virtual == (address | scan->cbit);
}

static void scan_table(Scan *scan, uint64_t table, uint64_t virtual, unsigned level)
{
    uint64_t size = SIM_PAGE_SIZE << 9 * level;
    uint64_t entries[ENTRIES];

    if (++scan->n_tables > MOST_TABLES ||
        !sim_engine_read(scan->vm, SIM_VIEW_PRIVATE, table, entries, sizeof(entries))) {
        return;
    }
    for (unsigned i = 0; i < ENTRIES; i++, virtual += size) {
        uint64_t entry = GUINT64_FROM_LE(entries[i]);
        uint64_t address = entry & PTE_ADDRESS & ~scan->cbit;

        if (!(entry & PTE_PRESENT)) {
            continue;
        }
        if (level > 2 || (level > 0 && !(entry & PTE_LARGE))) {
            scan_table(scan, address, virtual, level - 1);
        } else if (entry & scan->cbit) {
            add_range(scan->private, address & ~(size - 1), size);
        } else if (!is_alias(scan, virtual, address & ~(size - 1))) {
            add_range(scan->shared, address & ~(size - 1), size);
        }
    }
}

static int compare(const void *a, const void *b)
{
    const SimRange *left = a, *right = b;

    return left->start < right->start ? -1 : left->start > right->start;
}

/* Sorts them and makes one of those that overlap or touch: a guest may map the same memory any number of
 * times. */
static void merge(GArray *ranges)
{
    guint n = 0;

    g_array_sort(ranges, compare);
    for (guint i = 0; i < ranges->len; i++) {
        const SimRange range = g_array_index(ranges, SimRange, i);
        SimRange *last = n ? &g_array_index(ranges, SimRange, n - 1) : NULL;

        if (last && range.start <= last->end) {
            last->end = MAX(last->end, range.end);
        } else {
            g_array_index(ranges, SimRange, n++) = range;
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
        const SimRange *range = &g_array_index(ranges, SimRange, middle);

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
static void publish(const Scan *scan, const SimRange *range)
{
    const SimX86Vm *x86_vm = scan->vm->arch;

    for (uint64_t gpa = range->start; gpa < range->end; gpa += SIM_PAGE_SIZE) {
        const SimSlot *slot = sim_vm_find_slot(scan->vm, gpa);
        uint64_t size, address = slot ? slot->userspace_addr + (gpa - slot->gpa) : 0;
        const uint8_t *mirror = slot ? sim_mirrors_find(x86_vm->engine.mirrors, address, &size) : NULL;

        if (mirror && sim_mirrors_is_written(x86_vm->engine.mirrors, address) &&
            !has_page(scan->private, gpa) &&
            !(x86_vm->engine.shared && has_page(x86_vm->engine.shared, gpa))) {
            /* If the VMM has no such page any more, it sees nothing in it. */
            (void)sim_copy_to_user(address, mirror, SIM_PAGE_SIZE);
        }
    }
}

/* What of the merged @ranges is memory. */
static GArray *find_memory(const SimVm *vm, const GArray *ranges)
{
    GArray *found = g_array_new(false, false, sizeof(SimRange));

    for (guint i = 0; i < ranges->len; i++) {
        const SimRange *range = &g_array_index(ranges, SimRange, i);

        for (guint j = 0; j < vm->slots->len; j++) {
            const SimSlot *slot = &g_array_index(vm->slots, SimSlot, j);
            SimRange memory = { MAX(range->start, slot->gpa), MIN(range->end, slot->gpa + slot->size) };

            if (memory.start < memory.end) {
                g_array_append_val(found, memory);
            }
        }
    }
    merge(found);
    return found;
}

/* Whether there is any but the page in which code at its start speaks to the hypervisor. */
static bool is_more_than(const GArray *ranges, uint64_t ghcb)
{
    const SimRange *first = ranges->len ? &g_array_index(ranges, SimRange, 0) : NULL;

    return ranges->len > 1 || (first && (first->start != ghcb || first->end != ghcb + SIM_PAGE_SIZE));
}

static bool equals(const GArray *a, const GArray *b)
{
    guint n = a ? a->len : 0;

    return n == b->len && (n == 0 || memcmp(a->data, b->data, n * sizeof(SimRange)) == 0);
}

/*
 * The rest of a guest that has the C-bit in CR3 knows it everywhere, and so all memory is as its addresses
 * say. Before that, an SNP guest has said itself which pages are shared. Without it, page walks begin where
 * private memory is mapped without the bit, and so do those of the next thing that the guest starts: just the
 * pages that are shared now are the VMM's.
 */
static bool change(Scan *scan, uint64_t ghcb, bool has_cbit)
{
    SimX86Vm *x86_vm = scan->vm->arch;
    g_autoptr(GArray) memory = find_memory(scan->vm, scan->shared);
    bool is_used = is_more_than(memory, ghcb);

    if (scan->vm->has_private_memory) {
        g_atomic_int_set(&x86_vm->engine.is_shared_seen, has_cbit && is_used);
        return has_cbit && is_used;
    }
    if (has_cbit ? !is_used : !scan->private->len) {
        return false;
    }
    if (!is_used) {
        g_array_set_size(memory, 0);
    }
    if (!has_cbit && equals(x86_vm->engine.shared, memory)) {
        return false;
    }
    for (guint i = 0; i < memory->len; i++) {
        publish(scan, &g_array_index(memory, SimRange, i));
    }
    g_clear_pointer(&x86_vm->engine.shared, g_array_unref);
    if (has_cbit) {
        g_atomic_int_set(&x86_vm->engine.is_shared_seen, true);
    } else {
        x86_vm->engine.shared = g_steal_pointer(&memory);
    }
    return true;
}

bool sim_engine_finds_shared(SimVcpu *vcpu, const KvmSregs *sregs)
{
    const SimX86 *x86 = vcpu->vm->target_host;
    uint64_t ghcb = ((const SimX86Vcpu *)vcpu->arch)->ghcb.page;
    g_autoptr(GArray) shared = g_array_new(false, false, sizeof(SimRange));
    g_autoptr(GArray) private = g_array_new(false, false, sizeof(SimRange));
    Scan scan = {
        .vm = vcpu->vm,
        .cbit = UINT64_C(1) << x86->model.cbit,
        .shared = shared,
        .private = private,
    };

    if (!(sregs->cr0 & CR0_PG) || !(sregs->efer & EFER_LMA)) {
        return false;
    }
    scan_table(&scan, sregs->cr3 & PTE_ADDRESS & ~scan.cbit, 0, sregs->cr4 & CR4_LA57 ? 4 : 3);
    merge(shared);
    merge(private);
    return change(&scan, ghcb, sregs->cr3 & scan.cbit);
}

/*
 * Firmware polls its devices, and looking takes time. What a guest reads says nothing to the VMM, who is not
 * the wiser for it.
 */
static bool is_read(const KvmRun *run)
{
    return run->exit_reason == KVMEXIT_RDMSR ||
           (run->exit_reason == KVMEXIT_IO && run->io.direction == KVM_EXIT_IO_IN) ||
           (run->exit_reason == KVMEXIT_MMIO && !run->mmio.is_write);
}

bool sim_engine_look_for_shared(SimVcpu *vcpu, Error **errp)
{
    const SimX86 *x86 = vcpu->vm->target_host;
    SimX86Vm *x86_vm = vcpu->vm->arch;
    KvmSregs sregs = { .cr0 = 0 };
    bool done = true;

    if (g_atomic_int_get(&x86_vm->engine.is_shared_seen) ||
        sim_engine_vcpu_ioctl(vcpu, KVMIO_GET_SREGS, &sregs) < 0 ||
        (is_read(vcpu->run) && !(sregs.cr3 >> x86->model.cbit & 1))) {
        return true;
    }
    sim_vcpu_lock_vm(vcpu);
    if (!g_atomic_int_get(&x86_vm->engine.is_shared_seen) && sim_engine_finds_shared(vcpu, &sregs)) {
        done = sim_engine_map_slots(vcpu->vm, errp);
    }
    g_mutex_unlock(&vcpu->vm->lock);
    return done;
}
