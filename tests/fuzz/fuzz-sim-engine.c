/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Fuzz target: what a hostile guest can make the simulated host read while it runs there: its GHCB, what it
 * writes to the MSR for that, and its page tables.
 *
 * The input is a byte of flags (1: memory without the C-bit is the VMM's), what is written to the MSR (8
 * bytes), CR3 (8 bytes), and what guest memory starts with, up to 32 KiB. The GHCB is at 0x2000. No KVM takes
 * part.
 */
#include <string.h>
#include "target-i386/sim-engine.h"
#include "tests/unit/sim-sev-guest.h"

#define HEADER   17
#define MEMORY   UINT64_C(0x8000)
#define GHCB     UINT64_C(0x2000)
#define GHCB_MSR 0xc0010130
#define CBIT     36

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct Input {
    bool is_shared;
    uint64_t msr, cr3;
    size_t size;
    const uint8_t *memory;
} Input;

static Input read_input(const uint8_t *data, size_t size)
{
    Input input = { .is_shared = data[0] & 1, .size = MIN(size - HEADER, MEMORY), .memory = data + HEADER };

    memcpy(&input.msr, data + 1, sizeof(input.msr));
    memcpy(&input.cr3, data + 9, sizeof(input.cr3));
    input.msr = GUINT64_FROM_LE(input.msr);
    input.cr3 = GUINT64_FROM_LE(input.cr3);
    return input;
}

/* A launched SEV-ES guest with a vCPU, none of which runs. */
static SimVm *set_up_vm(Fixture *fixture)
{
    static const GuestKind kind = { .options = { .cbit = CBIT }, KIND_SEV_ES };
    KvmRegion region = { .memory_size = MEMORY };
    SimVm *vm;

    set_up_sev(fixture, &kind);
    check(fixture, sev_init(fixture, &kind), 0, UNTOUCHED);
    region.userspace_addr = (uintptr_t)fixture->memory;
    g_assert_cmpint(call_with(fixture, fixture->vm, KVMIO_SET_USER_MEMORY_REGION, &region), ==, 0);
    check(fixture, sev_start(fixture, SEV_POLICY_ES), 0, 0);
    vm = sim_door_get_vm(fixture->door, &x86_sim_target, fixture->vm);
    g_assert_true(sim_engine_make_mirrors(vm, NULL));
    return vm;
}

/* The VMM does what the exit says, and no more than it may. */
static void do_io(SimVcpu *vcpu)
{
    const SimX86Vcpu *state = vcpu->arch;
    KvmRun *run = vcpu->run;

    if (state->ghcb.io == SIM_GHCB_IO_PORT) {
        g_assert_cmpuint(run->io.data_offset, ==, PAGE);
        g_assert_cmpuint((uint64_t)run->io.size * run->io.count, <=, PAGE);
        memset((uint8_t *)run + PAGE, 0x5a, PAGE);
    } else if (state->ghcb.io == SIM_GHCB_IO_MEMORY) {
        g_assert_cmpuint(run->mmio.len, <=, sizeof(run->mmio.data));
        memset(run->mmio.data, 0x5a, sizeof(run->mmio.data));
    }
}

static void try_page(SimVcpu *vcpu)
{
    SimX86Vcpu *state = vcpu->arch;

    state->ghcb.msr = state->ghcb.page = GHCB;
    if (!sim_engine_vmgexit(vcpu)) {
        do_io(vcpu);
        g_assert_true(sim_engine_finish_vmgexit(vcpu));
    }
    g_assert_cmpint(state->ghcb.io, ==, SIM_GHCB_IO_NONE);
}

static void try_msr(SimVcpu *vcpu, uint64_t value)
{
    const SimX86Vcpu *state = vcpu->arch;

    vcpu->run->msr.index = GHCB_MSR;
    vcpu->run->msr.data = value;
    if (sim_engine_write_msr(vcpu)) {
        g_assert_false(state->ghcb.is_over);
    } else if (state->ghcb.is_over) {
        g_assert_cmpuint(vcpu->run->exit_reason, ==, KVMEXIT_SYSTEM_EVENT);
        g_assert_cmphex(vcpu->run->system_event.data[0], ==, value);
    } else {
        do_io(vcpu);
        g_assert_true(sim_engine_finish_vmgexit(vcpu));
        g_assert_cmpuint(vcpu->run->msr.error, ==, 0);
    }
}

/* What is shared is sorted, and memory. */
static void check_shared(SimVm *vm)
{
    const GArray *shared = ((SimX86Vm *)vm->arch)->engine.shared;
    uint64_t end = 0;

    for (guint i = 0; shared && i < shared->len; i++) {
        const SimRange *range = &g_array_index(shared, SimRange, i);

        g_assert_true(i == 0 || range->start > end);
        g_assert_cmphex(range->start, <, range->end);
        end = range->end;
    }
    g_assert_cmphex(end, <=, MEMORY);
}

static void try_page_tables(SimVcpu *vcpu, uint64_t cr3, uint64_t other_bits)
{
    const KvmSregs sregs = { .cr0 = UINT64_C(1) << 31, .efer = UINT64_C(1) << 10, .cr3 = cr3 | other_bits };

    g_mutex_lock(&vcpu->vm->lock);
    sim_engine_finds_shared(vcpu, &sregs);
    check_shared(vcpu->vm);
    g_mutex_unlock(&vcpu->vm->lock);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Fixture fixture;
    Input input;
    SimVcpu *vcpu;
    SimVm *vm;
    int fd;

    if (size < HEADER) {
        return 0;
    }
    input = read_input(data, size);
    vm = set_up_vm(&fixture);
    fd = call(&fixture, fixture.vm, KVMIO_CREATE_VCPU, 0);
    vcpu = g_ptr_array_index(vm->vcpus, 0);
    memcpy(fixture.memory, input.memory, input.size);
    ((SimX86Vm *)vm->arch)->engine.is_shared_seen = input.is_shared;
    g_mutex_lock(&vm->lock);
    g_assert_true(sim_engine_write(vm, SIM_VIEW_PRIVATE, 0, input.memory, input.size));
    g_mutex_unlock(&vm->lock);
    g_mutex_lock(&vcpu->lock);
    try_page(vcpu);
    try_page_tables(vcpu, input.cr3, 0);
    try_page_tables(vcpu, input.cr3, UINT64_C(1) << CBIT);
    try_msr(vcpu, input.msr);
    g_mutex_unlock(&vcpu->lock);
    sim_vm_unref(vm);
    close_fd(&fixture, &fd);
    tear_down(&fixture, NULL);
    return 0;
}
