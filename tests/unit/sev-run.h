/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * For tests of what a guest does while it runs: an SEV guest as its launch leaves it, on a fake host. RAM is
 * two blocks of 16 pages, at 0 and at 0x20000; descriptors 100 and 101 are KVM and the VM, 102 and 103
 * private memory.
 */
#ifndef TESTS_UNIT_SEV_RUN_H
#define TESTS_UNIT_SEV_RUN_H

#include "lib/builtins.h"
#include "qapi-builtins.h"
#include "qom/user-creatable.h"
#include "target-i386/sev-exits.h"
#include "tests/unit/fake-door.h"

#define PAGE       UINT64_C(4096)
#define BLOCK_SIZE (16 * PAGE)
#define LOW        UINT64_C(0)
#define HIGH       UINT64_C(0x20000)

typedef struct SevRun {
    FakeHost host;
    Object *root;
    ConfidentialGuestSupport *cgs;
    MachineState *machine;
    Vcpu vcpu;
    union {
        KvmRun run;
        uint8_t bytes[3 * 4096];
    } shared;
} SevRun;

/* @has_page: whether the registers are encrypted, which shows in the plan. */
static inline void sev_run_init(SevRun *f, const char *type, bool has_page)
{
    g_autoptr(GBytes) page = g_bytes_new_static("", 1);

    fake_host_init(&f->host);
    f->root = object_new(TYPE_CONTAINER);
    f->cgs = CONFIDENTIAL_GUEST_SUPPORT(user_creatable_add(f->root, type, "sev0", NULL, false, NULL));
    f->cgs->plan = launch_plan_new();
    launch_plan_add_vcpu(f->cgs->plan, "test", json_object_new_object(), has_page ? page : NULL);
    f->machine = MACHINE(object_new("microvm-machine"));
    f->machine->kvm = kvm_open(&f->host.door, "/dev/kvm", NULL);
    g_assert_true(kvm_create_vm(f->machine->kvm, 0, NULL));
    guest_ram_init(&f->machine->ram);
    g_assert_nonnull(guest_ram_add_main(&f->machine->ram, "low", LOW, BLOCK_SIZE, NULL));
    g_assert_nonnull(guest_ram_add_main(&f->machine->ram, "high", HIGH, BLOCK_SIZE, NULL));
    g_assert_true(guest_ram_create_memfds(&f->machine->ram, f->machine->kvm, NULL));
    g_assert_true(guest_ram_allocate(&f->machine->ram, NULL, NULL));
    f->vcpu = (Vcpu){ .kvm = f->machine->kvm, .run = &f->shared.run };
    memset(&f->shared, 0, sizeof(f->shared));
    g_string_truncate(f->host.log, 0);
}

static inline void sev_run_clear(SevRun *f)
{
    cgvm_error_free(f->machine->exit.error);
    object_unref(OBJECT(f->machine));
    object_unref(f->root);
    fake_host_clear(&f->host);
}

/* The guest runs on: nothing has asked for the machine's end. */
static inline void assert_goes_on(SevRun *f)
{
    g_assert_cmpstr(f->machine->exit.error ? cgvm_error_message(f->machine->exit.error) : NULL, ==, NULL);
    g_assert_false(f->machine->stopping);
}

static inline void assert_ended(SevRun *f, CgvmErrorCode code, const char *message)
{
    g_assert_true(f->machine->stopping);
    g_assert_cmpint(f->machine->exit.kind, ==, MACHINE_EXIT_ERROR);
    g_assert_cmpstr(cgvm_error_message(f->machine->exit.error), ==, message);
    g_assert_cmpint(cgvm_error_code(f->machine->exit.error), ==, code);
}

/* The exit of a request for conversion. Returns the answer. */
static inline uint64_t map_gpa_range(SevRun *f, uint64_t gpa, uint64_t n_pages, uint64_t attributes)
{
    f->shared.run.exit_reason = KVMEXIT_HYPERCALL;
    f->shared.run.hypercall.nr = KVM_HYPERCALL_MAP_GPA_RANGE;
    f->shared.run.hypercall.args[0] = gpa;
    f->shared.run.hypercall.args[1] = n_pages;
    f->shared.run.hypercall.args[2] = attributes;
    f->shared.run.hypercall.ret = UINT64_MAX;
    g_assert_true(sev_exit(f->cgs, f->machine, &f->vcpu));
    return f->shared.run.hypercall.ret;
}

/* A memory fault, the @nth like it. */
static inline void memory_fault(SevRun *f, uint64_t gpa, uint64_t size, uint64_t flags, unsigned nth)
{
    f->shared.run.exit_reason = KVMEXIT_MEMORY_FAULT;
    f->shared.run.memory_fault.flags = flags;
    f->shared.run.memory_fault.gpa = gpa;
    f->shared.run.memory_fault.size = size;
    f->vcpu.faults.count = nth;
    g_assert_true(sev_exit(f->cgs, f->machine, &f->vcpu));
}

#endif
