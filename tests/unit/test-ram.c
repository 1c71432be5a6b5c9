/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of guest memory: its layout, the one way to its bytes, and what a VM is told about it.
 */
#include "hw/ram.h"
#include <string.h>
#include "tests/unit/fake-door.h"

#define PAGE GUEST_PAGE_SIZE

typedef struct Fixture {
    FakeHost host;
    Kvm *kvm; /* with a VM, descriptors 100 and 101 */
    GuestRam ram;
} Fixture;

static void fixture_init(Fixture *f, G_GNUC_UNUSED const void *data)
{
    fake_host_init(&f->host);
    f->kvm = kvm_open(&f->host.door, "/dev/kvm", NULL);
    g_assert_true(kvm_create_vm(f->kvm, 0, NULL));
    g_string_truncate(f->host.log, 0);
    guest_ram_init(&f->ram);
}

static void fixture_clear(Fixture *f, G_GNUC_UNUSED const void *data)
{
    guest_ram_clear(&f->ram, f->kvm);
    kvm_close(f->kvm);
    fake_host_clear(&f->host);
}

static RamBlock *add(Fixture *f, uint64_t gpa, uint64_t size)
{
    RamBlock *block = guest_ram_add(&f->ram, "RAM", gpa, size, false, NULL);

    g_assert_nonnull(block);
    return block;
}

static void assert_add_refused(Fixture *f, uint64_t gpa, uint64_t size, const char *message)
{
    g_autoptr(Error) error = NULL;
    guint before = f->ram.blocks->len;

    g_assert_null(guest_ram_add(&f->ram, "new", gpa, size, false, &error));
    g_assert_cmpstr(cgvm_error_message(error), ==, message);
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_INVALID);
    g_assert_cmpuint(f->ram.blocks->len, ==, before);
}

static void assert_error(const Error *error, int os_error, const char *message)
{
    g_assert_nonnull(error);
    g_assert_cmpstr(cgvm_error_message(error), ==, message);
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_KERNEL);
    g_assert_cmpint(cgvm_error_errno(error), ==, os_error);
}

/* ---- layout ---- */

static void test_add(Fixture *f, G_GNUC_UNUSED const void *data)
{
    RamBlock *block = guest_ram_add(&f->ram, "ROM", 0x4000, 2 * PAGE, true, NULL);

    g_assert_cmpstr(block->name, ==, "ROM");
    g_assert_cmphex(block->gpa, ==, 0x4000);
    g_assert_cmphex(block->size, ==, 2 * PAGE);
    g_assert_true(block->readonly);
    g_assert_null(block->host);
    g_assert_cmpint(block->guest_memfd, ==, -1);
    g_assert_cmpuint(block->slot, ==, 0);
    g_assert_cmpuint(add(f, 0, PAGE)->slot, ==, 1);
    fake_assert_log(&f->host, "");
}

static void test_neighbours(Fixture *f, G_GNUC_UNUSED const void *data)
{
    add(f, 0x2000, 2 * PAGE);
    add(f, 0x1000, PAGE);
    add(f, 0x4000, PAGE);
}

static void test_overlap(Fixture *f, G_GNUC_UNUSED const void *data)
{
    add(f, 0x2000, 2 * PAGE);
    assert_add_refused(f, 0x2000, PAGE, "'new' at 0x2000-0x2fff overlaps 'RAM' at 0x2000-0x3fff");
    assert_add_refused(f, 0x3000, PAGE, "'new' at 0x3000-0x3fff overlaps 'RAM' at 0x2000-0x3fff");
    assert_add_refused(f, 0x1000, 2 * PAGE, "'new' at 0x1000-0x2fff overlaps 'RAM' at 0x2000-0x3fff");
    assert_add_refused(f, 0x3000, 2 * PAGE, "'new' at 0x3000-0x4fff overlaps 'RAM' at 0x2000-0x3fff");
    assert_add_refused(f, 0x1000, 4 * PAGE, "'new' at 0x1000-0x4fff overlaps 'RAM' at 0x2000-0x3fff");
}

static void test_larger_than_a_slot(Fixture *f, G_GNUC_UNUSED const void *data)
{
    add(f, 0, GUEST_BLOCK_MAX);
    assert_add_refused(
        f, UINT64_C(1) << 50, UINT64_C(1) << 43,
        "'new' would have 8796093022208 bytes, and a memory slot of KVM has at most 8796093018112 "
        "(2^31 - 1 pages); give the machine less memory with -m");
}

static void test_empty(Fixture *f, G_GNUC_UNUSED const void *data)
{
    assert_add_refused(f, 0x1000, 0,
                       "'new' cannot have 0 bytes at 0x1000; address and size must be multiples of 4096 and "
                       "fit the address space");
}

static void test_unaligned(Fixture *f, G_GNUC_UNUSED const void *data)
{
    assert_add_refused(f, 0x1000, 4095,
                       "'new' cannot have 4095 bytes at 0x1000; address and size must be multiples of 4096 "
                       "and fit the address space");
    assert_add_refused(f, 0x1800, 4096,
                       "'new' cannot have 4096 bytes at 0x1800; address and size must be multiples of 4096 "
                       "and fit the address space");
}

static void test_end_of_the_address_space(Fixture *f, G_GNUC_UNUSED const void *data)
{
    assert_add_refused(f, 0xfffffffffffff000, 2 * PAGE,
                       "'new' cannot have 8192 bytes at 0xfffffffffffff000; address and size must be "
                       "multiples of 4096 and fit the address space");
    add(f, 0xfffffffffffff000, PAGE);
    assert_add_refused(f, 0xfffffffffffff000, PAGE,
                       "'new' at 0xfffffffffffff000-0xffffffffffffffff overlaps 'RAM' at "
                       "0xfffffffffffff000-0xffffffffffffffff");
    g_assert_true(guest_ram_covers(&f->ram, UINT64_MAX, 1));
    g_assert_false(guest_ram_covers(&f->ram, UINT64_MAX, 2));
}

static void test_covers(Fixture *f, G_GNUC_UNUSED const void *data)
{
    add(f, 0x2000, 2 * PAGE);
    g_assert_true(guest_ram_covers(&f->ram, 0x2000, 2 * PAGE));
    g_assert_true(guest_ram_covers(&f->ram, 0x3fff, 1));
    g_assert_false(guest_ram_covers(&f->ram, 0x1fff, 1));
    g_assert_false(guest_ram_covers(&f->ram, 0x1fff, 2));
    g_assert_false(guest_ram_covers(&f->ram, 0x3fff, 2));
    g_assert_false(guest_ram_covers(&f->ram, 0x4000, 1));
    g_assert_false(guest_ram_covers(&f->ram, 0x2001, UINT64_MAX));
}

static void test_covers_needs_one_block(Fixture *f, G_GNUC_UNUSED const void *data)
{
    add(f, 0, PAGE);
    add(f, 0x1000, PAGE);
    g_assert_false(guest_ram_covers(&f->ram, 0, 2 * PAGE));
}

/* ---- bytes ---- */

static void assert_no_pointer(Fixture *f, uint64_t gpa, uint64_t size, const char *message)
{
    g_autoptr(Error) error = NULL;

    g_assert_null(guest_ram_pointer(&f->ram, gpa, size, &error));
    g_assert_cmpstr(cgvm_error_message(error), ==, message);
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_INVALID);
}

static void test_pointer(Fixture *f, G_GNUC_UNUSED const void *data)
{
    RamBlock *block = add(f, 0x2000, 2 * PAGE);

    g_assert_true(guest_ram_allocate(&f->ram, NULL, NULL));
    g_assert_true(guest_ram_pointer(&f->ram, 0x2000, 2 * PAGE, NULL) == block->host);
    g_assert_true(guest_ram_pointer(&f->ram, 0x3ffe, 2, NULL) == block->host + 0x1ffe);
}

static void test_pointer_to_nothing(Fixture *f, G_GNUC_UNUSED const void *data)
{
    add(f, 0x2000, 2 * PAGE);
    g_assert_true(guest_ram_allocate(&f->ram, NULL, NULL));
    assert_no_pointer(f, 0x1000, 1, "the guest has no memory for 1 bytes at 0x1000");
    assert_no_pointer(f, 0x3fff, 2, "the guest has no memory for 2 bytes at 0x3fff");
    assert_no_pointer(f, 0x2000, UINT64_MAX,
                      "the guest has no memory for 18446744073709551615 bytes at 0x2000");
}

static void test_pointer_before_there_is_memory(Fixture *f, G_GNUC_UNUSED const void *data)
{
    add(f, 0x2000, PAGE);
    assert_no_pointer(f, 0x2000, 1, "the guest has no memory for 1 bytes at 0x2000");
}

static void test_pointer_across_blocks(Fixture *f, G_GNUC_UNUSED const void *data)
{
    add(f, 0, PAGE);
    add(f, 0x1000, PAGE);
    g_assert_true(guest_ram_allocate(&f->ram, NULL, NULL));
    assert_no_pointer(f, 0xfff, 2, "the guest has no memory for 2 bytes at 0xfff");
}

static void test_memory_is_zeroed(Fixture *f, G_GNUC_UNUSED const void *data)
{
    uint8_t *bytes;

    add(f, 0, 4 * PAGE);
    g_assert_true(guest_ram_allocate(&f->ram, NULL, NULL));
    bytes = guest_ram_pointer(&f->ram, 0, 4 * PAGE, NULL);
    for (size_t i = 0; i < 4 * PAGE; i++) {
        g_assert_cmphex(bytes[i], ==, 0);
    }
    memset(bytes, 0xaa, 4 * PAGE);
}

static void test_allocate_again_keeps_memory(Fixture *f, G_GNUC_UNUSED const void *data)
{
    RamBlock *block = add(f, 0, PAGE);
    uint8_t *host;

    g_assert_true(guest_ram_allocate(&f->ram, NULL, NULL));
    host = block->host;
    add(f, 0x1000, PAGE);
    g_assert_true(guest_ram_allocate(&f->ram, NULL, NULL));
    g_assert_true(block->host == host);
    g_assert_nonnull(guest_ram_pointer(&f->ram, 0x1000, PAGE, NULL));
}

static void test_untouched_memory_costs_nothing(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_autofree char *overcommit = NULL;

    if (g_file_get_contents("/proc/sys/vm/overcommit_memory", &overcommit, NULL, NULL) &&
        *overcommit == '2') {
        g_test_skip("this machine counts reserved memory as used (vm.overcommit_memory)");
        return;
    }
    add(f, 0, UINT64_C(1) << 40);
    g_assert_true(guest_ram_allocate(&f->ram, NULL, NULL));
    *guest_ram_pointer(&f->ram, (UINT64_C(1) << 40) - 1, 1, NULL) = 1;
}

static void test_too_much_memory(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_autoptr(Error) error = NULL;

    /* A process has addresses for 128 TiB. */
    for (uint64_t i = 0; i < 33; i++) {
        add(f, i << 42, UINT64_C(1) << 42);
    }
    g_assert_false(guest_ram_allocate(&f->ram, NULL, &error));
    g_assert_cmpstr(cgvm_error_message(error), ==,
                    "cannot allocate 4194304 MiB for 'RAM': Cannot allocate memory; give the guest "
                    "less memory with -m");
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_IO);
    g_assert_cmpint(cgvm_error_errno(error), ==, ENOMEM);
}

static void test_alias(Fixture *f, G_GNUC_UNUSED const void *data)
{
    RamBlock *block = add(f, 0x10000, 4 * PAGE);
    RamBlock *alias;

    g_assert_true(guest_ram_allocate(&f->ram, NULL, NULL));
    alias = guest_ram_add_alias(&f->ram, "low", 0x1000, PAGE, block, NULL);
    g_assert_nonnull(alias);
    g_assert_cmpuint(alias->slot, ==, 1);
    g_assert_true(guest_ram_pointer(&f->ram, 0x1000, PAGE, NULL) == block->host + 3 * PAGE);
}

static void test_alias_is_as_readonly(Fixture *f, G_GNUC_UNUSED const void *data)
{
    RamBlock *block = guest_ram_add(&f->ram, "ROM", 0x10000, PAGE, true, NULL);

    g_assert_true(guest_ram_allocate(&f->ram, NULL, NULL));
    g_assert_true(guest_ram_add_alias(&f->ram, "low", 0x1000, PAGE, block, NULL)->readonly);
}

static void test_alias_overlaps(Fixture *f, G_GNUC_UNUSED const void *data)
{
    RamBlock *block = add(f, 0x10000, 4 * PAGE);
    g_autoptr(Error) error = NULL;

    g_assert_true(guest_ram_allocate(&f->ram, NULL, NULL));
    g_assert_null(guest_ram_add_alias(&f->ram, "low", 0x11000, PAGE, block, &error));
    g_assert_cmpstr(cgvm_error_message(error), ==,
                    "'low' at 0x11000-0x11fff overlaps 'RAM' at 0x10000-0x13fff");
    g_assert_cmpuint(f->ram.blocks->len, ==, 1);
}

/* ---- the VM's ---- */

static void test_map(Fixture *f, G_GNUC_UNUSED const void *data)
{
    RamBlock *block = add(f, 0x10000, 2 * PAGE);

    guest_ram_add(&f->ram, "ROM", 0x20000, PAGE, true, NULL);
    g_assert_true(guest_ram_allocate(&f->ram, NULL, NULL));
    g_assert_true(guest_ram_map(&f->ram, f->kvm, NULL));
    fake_assert_log(&f->host, "REGION slot 0 flags 0 0x10000+0x2000\n"
                              "REGION slot 1 flags 2 0x20000+0x1000\n");
    g_assert_cmphex(f->host.regions[0].userspace_addr, ==, (uintptr_t)block->host);
}

static void test_map_private(Fixture *f, G_GNUC_UNUSED const void *data)
{
    RamBlock *block = add(f, 0x10000, 2 * PAGE);

    add(f, 0x20000, PAGE);
    g_assert_true(guest_ram_allocate(&f->ram, NULL, NULL));
    g_assert_true(guest_ram_create_memfds(&f->ram, f->kvm, NULL));
    fake_assert_log(&f->host, "GUEST_MEMFD 0x2000\nGUEST_MEMFD 0x1000\n");
    g_assert_true(guest_ram_map(&f->ram, f->kvm, NULL));
    fake_assert_log(&f->host, "REGION2 slot 0 flags 4 0x10000+0x2000\n"
                              "ATTRIBUTES 0x8 0x10000+0x2000\n"
                              "REGION2 slot 1 flags 4 0x20000+0x1000\n"
                              "ATTRIBUTES 0x8 0x20000+0x1000\n");
    g_assert_cmpint(f->host.regions[0].guest_memfd, ==, 102);
    g_assert_cmphex(f->host.regions[0].guest_memfd_offset, ==, 0);
    g_assert_cmphex(f->host.regions[0].userspace_addr, ==, (uintptr_t)block->host);
    g_assert_cmpint(f->host.regions[1].guest_memfd, ==, 103);
}

static void test_clear_closes_memfds(Fixture *f, G_GNUC_UNUSED const void *data)
{
    add(f, 0, PAGE);
    add(f, 0x1000, PAGE);
    g_assert_true(guest_ram_create_memfds(&f->ram, f->kvm, NULL));
    g_string_truncate(f->host.log, 0);
    guest_ram_clear(&f->ram, f->kvm);
    fake_assert_log(&f->host, "close 102\nclose 103\n");
    guest_ram_clear(&f->ram, f->kvm);
    fake_assert_log(&f->host, "");
}

static void test_clear_without_a_vm(Fixture *f, G_GNUC_UNUSED const void *data)
{
    GuestRam ram;

    guest_ram_init(&ram);
    g_assert_nonnull(guest_ram_add(&ram, "RAM", 0, PAGE, false, NULL));
    g_assert_true(guest_ram_allocate(&ram, NULL, NULL));
    guest_ram_clear(&ram, NULL);
    fake_assert_log(&f->host, "");
}

static void test_memfd_fails(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_autoptr(Error) error = NULL;

    add(f, 0, PAGE);
    add(f, 0x1000, PAGE);
    fake_refuse(&f->host, KVMIO_CREATE_GUEST_MEMFD, 1, EINVAL);
    f->host.n_passes = 1;
    g_assert_false(guest_ram_create_memfds(&f->ram, f->kvm, &error));
    assert_error(error, EINVAL,
                 "cannot make private memory for 'RAM': KVM_CREATE_GUEST_MEMFD failed: Invalid argument");
}

static void test_map_fails(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_autoptr(Error) error = NULL;

    add(f, 0, PAGE);
    add(f, 0x1000, PAGE);
    g_assert_true(guest_ram_allocate(&f->ram, NULL, NULL));
    fake_refuse(&f->host, KVMIO_SET_USER_MEMORY_REGION, 1, EEXIST);
    f->host.n_passes = 1;
    g_assert_false(guest_ram_map(&f->ram, f->kvm, &error));
    assert_error(error, EEXIST, "cannot map 'RAM' at 0x1000: KVM_SET_USER_MEMORY_REGION failed: File exists");
}

static void test_map_private_fails(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_autoptr(Error) error = NULL;

    add(f, 0x1000, PAGE);
    g_assert_true(guest_ram_allocate(&f->ram, NULL, NULL));
    g_assert_true(guest_ram_create_memfds(&f->ram, f->kvm, NULL));
    fake_refuse(&f->host, KVMIO_SET_MEMORY_ATTRIBUTES, 1, EINVAL);
    g_assert_false(guest_ram_map(&f->ram, f->kvm, &error));
    assert_error(error, EINVAL,
                 "cannot make 0x1000-0x1fff private: KVM_SET_MEMORY_ATTRIBUTES failed: Invalid argument");
}

static void test_set_private(Fixture *f, G_GNUC_UNUSED const void *data)
{
    add(f, 0, 16 * PAGE);
    g_assert_true(guest_ram_set_private(&f->ram, f->kvm, 0x2000, PAGE, true, NULL));
    g_assert_true(guest_ram_set_private(&f->ram, f->kvm, 0x3000, 2 * PAGE, false, NULL));
    fake_assert_log(&f->host, "ATTRIBUTES 0x8 0x2000+0x1000\nATTRIBUTES 0x0 0x3000+0x2000\n");
}

static void test_set_private_fails(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_autoptr(Error) error = NULL;

    add(f, 0, 16 * PAGE);
    fake_refuse(&f->host, KVMIO_SET_MEMORY_ATTRIBUTES, 1, ENOTTY);
    g_assert_false(guest_ram_set_private(&f->ram, f->kvm, 0x2000, PAGE, false, &error));
    assert_error(error, ENOTTY,
                 "cannot make 0x2000-0x2fff shared: KVM_SET_MEMORY_ATTRIBUTES failed: Inappropriate ioctl "
                 "for device; this kernel's KVM does not know this call");
}

/* What a guest asks for can be anything: KVM is not bothered with memory that is not there. */
static void test_set_private_outside(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_autoptr(Error) error = NULL;

    add(f, 0, PAGE);
    g_assert_false(guest_ram_set_private(&f->ram, f->kvm, 0x1000, PAGE, true, &error));
    g_assert_cmpstr(cgvm_error_message(error), ==,
                    "the guest has no memory at 0x1000-0x1fff that could be made private");
    fake_assert_log(&f->host, "");
}

static void test_aligned(Fixture *f, G_GNUC_UNUSED const void *data)
{
    RamBlock *block = add(f, 0, 3 * PAGE);

    f->ram.alignment = 1 << 20;
    g_assert_true(guest_ram_allocate(&f->ram, NULL, NULL));
    g_assert_cmpuint((uintptr_t)block->host % f->ram.alignment, ==, 0);
    block->host[3 * PAGE - 1] = 1;
    guest_ram_empty(&f->ram);
    g_assert_cmpuint(block->host[3 * PAGE - 1], ==, 0);
}

/* KVM maps huge pages only where both addresses are at the same place in one; kernels start a lot faster
 * then. */
static void test_huge_pages(Fixture *f, G_GNUC_UNUSED const void *data)
{
    const uint64_t huge = 2 << 20;
    RamBlock *blocks[] = {
        add(f, 0, huge),
        add(f, huge, 3 * PAGE), /* too small to have one */
        add(f, 3 * huge + 5 * PAGE, 2 * huge + PAGE),
        add(f, ((uint64_t)4 << 30) - PAGE, 2 * huge),
    };

    g_assert_true(guest_ram_allocate(&f->ram, NULL, NULL));
    for (size_t i = 0; i < G_N_ELEMENTS(blocks); i++) {
        uint8_t *host = blocks[i]->host;

        if (blocks[i]->size >= huge) {
            g_assert_cmpuint((uintptr_t)host % huge, ==, blocks[i]->gpa % huge);
        }
        host[0] = host[blocks[i]->size - 1] = 1;
    }
}

/* Memory of somebody else's is where it is, and keeps what it holds. */
static void test_misaligned(Fixture *f, G_GNUC_UNUSED const void *data)
{
    static uint8_t memory[4 * PAGE] __attribute__((aligned(8192)));
    g_autoptr(Error) error = NULL;

    g_assert_nonnull(guest_ram_add_main(&f->ram, "RAM", 0, PAGE, NULL));
    f->ram.alignment = 2 * PAGE;
    memory[PAGE] = 1;
    g_assert_true(guest_ram_allocate(&f->ram, memory, NULL));
    guest_ram_empty(&f->ram);
    g_assert_cmpuint(memory[PAGE], ==, 1);
    guest_ram_release(&f->ram, NULL);
    g_assert_false(guest_ram_allocate(&f->ram, memory + PAGE, &error));
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_UNSUPPORTED);
    g_assert_nonnull(strstr(cgvm_error_message(error), "no multiple of 0x2000"));
}

static void add_test(const char *path, void (*test)(Fixture *f, const void *data))
{
    g_test_add(path, Fixture, NULL, fixture_init, test, fixture_clear);
}

/* What devices do with memory: across blocks, and never a part of it. */
static void test_device_accesses(Fixture *f, G_GNUC_UNUSED const void *data)
{
    uint8_t bytes[16] = { 0 };

    add(f, 0, PAGE);
    add(f, PAGE, PAGE);
    g_assert_nonnull(guest_ram_add(&f->ram, "ROM", 2 * PAGE, PAGE, true, NULL));
    g_assert_false(guest_ram_read(&f->ram, 0, bytes, 1)); /* nothing is allocated yet */
    g_assert_true(guest_ram_allocate(&f->ram, NULL, NULL));
    g_assert_true(guest_ram_write(&f->ram, PAGE - 3, "abcdef", 6));
    g_assert_cmpmem(guest_ram_pointer(&f->ram, PAGE - 3, 3, NULL), 3, "abc", 3);
    g_assert_cmpmem(guest_ram_pointer(&f->ram, PAGE, 3, NULL), 3, "def", 3);
    g_assert_true(guest_ram_read(&f->ram, PAGE - 4, bytes, 8));
    g_assert_cmpmem(bytes, 8, "\0abcdef\0", 8);
    g_assert_true(guest_ram_zero(&f->ram, PAGE - 2, 3));
    g_assert_true(guest_ram_read(&f->ram, PAGE - 3, bytes, 6));
    g_assert_cmpmem(bytes, 6, "a\0\0\0ef", 6);
    g_assert_true(guest_ram_write(&f->ram, UINT64_MAX, NULL, 0));
    /* ROM can be read; what does not exist cannot; and a refused access changes nothing. */
    g_assert_true(guest_ram_read(&f->ram, 2 * PAGE - 1, bytes, 2));
    g_assert_false(guest_ram_write(&f->ram, 2 * PAGE - 3, "xyz!", 4));
    g_assert_false(guest_ram_zero(&f->ram, 0, 2 * PAGE + 1));
    g_assert_false(guest_ram_read(&f->ram, 3 * PAGE - 1, bytes, 2));
    g_assert_false(guest_ram_read(&f->ram, UINT64_MAX, bytes, 2));
    g_assert_false(guest_ram_zero(&f->ram, PAGE, UINT64_MAX));
    g_assert_true(guest_ram_read(&f->ram, PAGE - 3, bytes, 6));
    g_assert_cmpmem(bytes, 6, "a\0\0\0ef", 6);
    g_assert_true(guest_ram_read(&f->ram, 2 * PAGE - 3, bytes, 3));
    g_assert_cmpmem(bytes, 3, "\0\0\0", 3);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add_test("/ram/layout/add", test_add);
    add_test("/ram/layout/neighbours", test_neighbours);
    add_test("/ram/layout/overlap", test_overlap);
    add_test("/ram/layout/larger-than-a-slot", test_larger_than_a_slot);
    add_test("/ram/layout/empty", test_empty);
    add_test("/ram/layout/unaligned", test_unaligned);
    add_test("/ram/layout/end-of-the-address-space", test_end_of_the_address_space);
    add_test("/ram/layout/covers", test_covers);
    add_test("/ram/layout/covers-one-block", test_covers_needs_one_block);
    add_test("/ram/pointer", test_pointer);
    add_test("/ram/pointer/nothing", test_pointer_to_nothing);
    add_test("/ram/pointer/before-there-is-memory", test_pointer_before_there_is_memory);
    add_test("/ram/pointer/across-blocks", test_pointer_across_blocks);
    add_test("/ram/allocate/zeroed", test_memory_is_zeroed);
    add_test("/ram/allocate/again", test_allocate_again_keeps_memory);
    add_test("/ram/allocate/costs-nothing", test_untouched_memory_costs_nothing);
    add_test("/ram/allocate/too-much", test_too_much_memory);
    add_test("/ram/allocate/aligned", test_aligned);
    add_test("/ram/allocate/misaligned", test_misaligned);
    add_test("/ram/allocate/huge-pages", test_huge_pages);
    add_test("/ram/alias", test_alias);
    add_test("/ram/alias/readonly", test_alias_is_as_readonly);
    add_test("/ram/alias/overlaps", test_alias_overlaps);
    add_test("/ram/map", test_map);
    add_test("/ram/map/private", test_map_private);
    add_test("/ram/map/fails", test_map_fails);
    add_test("/ram/map/private-fails", test_map_private_fails);
    add_test("/ram/memfd/closed", test_clear_closes_memfds);
    add_test("/ram/memfd/fails", test_memfd_fails);
    add_test("/ram/clear-without-a-vm", test_clear_without_a_vm);
    add_test("/ram/devices", test_device_accesses);
    add_test("/ram/set-private", test_set_private);
    add_test("/ram/set-private/fails", test_set_private_fails);
    add_test("/ram/set-private/outside", test_set_private_outside);
    return g_test_run();
}
