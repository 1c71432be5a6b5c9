/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The memory of VMs of the simulated host: slots, guest_memfd, attributes. Each errno is that of Linux 6.12.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <linux/falloc.h>
#include <sys/stat.h>
#include "tests/unit/sim-host.h"

#define EVERYTHING UINT64_C(0xffffffffffffffff)

/** A refused region in a VM with nothing but slot 1 at 1 MiB, of 64 KiB. 0 stands for a good value. */
typedef struct RegionRow {
    const char *what;
    bool plain;
    KvmRegion2 region;
    int error;
} RegionRow;

static const RegionRow region_rows[] = {
    { "unknown flag", false, { .slot = 2, .flags = 8, .memory_size = 4096 }, EINVAL },
    { "read-only in protected VM", false, { .slot = 2, .flags = 2, .memory_size = 4096 }, EINVAL },
    { "guest_memfd in plain VM", true, { .slot = 2, .flags = 4, .memory_size = 4096 }, EINVAL },
    { "guest_memfd, dirty log", false, { .slot = 2, .flags = 5, .memory_size = 4096 }, EINVAL },
    { "guest_memfd, read-only", false, { .slot = 2, .flags = 6, .memory_size = 4096 }, EINVAL },
    { "size", false, { .slot = 2, .memory_size = 4095 }, EINVAL },
    { "guest address", false, { .slot = 2, .guest_phys_addr = 1, .memory_size = 4096 }, EINVAL },
    { "address", false, { .slot = 2, .memory_size = 4096, .userspace_addr = 1 }, EINVAL },
    { "kernel's address", false, { .slot = 2, .memory_size = 4096, .userspace_addr = 1ul << 63 }, EINVAL },
    { "offset", false, { .slot = 2, .flags = 4, .memory_size = 4096, .guest_memfd_offset = 1 }, EINVAL },
    { "offset wraps",
      false,
      { .slot = 2, .flags = 4, .memory_size = 8192, .guest_memfd_offset = EVERYTHING - 4095 },
      EINVAL },
    { "slot", false, { .slot = 32764, .memory_size = 4096 }, EINVAL },
    { "address space of protected VM", false, { .slot = 1 << 16, .memory_size = 4096 }, EINVAL },
    { "address space", true, { .slot = 2 << 16, .memory_size = 4096 }, EINVAL },
    { "guest address wraps",
      false,
      { .slot = 2, .guest_phys_addr = EVERYTHING - 4095, .memory_size = 8192 },
      EINVAL },
    { "guest address beyond the bus",
      false,
      { .slot = 2, .guest_phys_addr = UINT64_C(1) << 52, .memory_size = 4096 },
      EINVAL },
    { "too long", false, { .slot = 2, .memory_size = UINT64_C(1) << 43 }, EINVAL },
    { "nothing to delete", false, { .slot = 2 }, EINVAL },
    { "size of an existing slot", false, { .slot = 1, .guest_phys_addr = MIB, .memory_size = 4096 }, EINVAL },
    { "overlap", false, { .slot = 2, .guest_phys_addr = MIB + 0xf000, .memory_size = 4096 }, EEXIST },
    { "overlap from below",
      false,
      { .slot = 2, .guest_phys_addr = MIB - 4096, .memory_size = 8192 },
      EEXIST },
    { "no such file", false, { .slot = 2, .flags = 4, .memory_size = 4096, .guest_memfd = 999 }, EBADF },
    { "another file", false, { .slot = 2, .flags = 4, .memory_size = 4096, .guest_memfd = 0 }, EINVAL },
};

static void test_slots(Fixture *fixture, gconstpointer data)
{
    KvmRegion2 region = { .slot = 1, .guest_phys_addr = MIB, .memory_size = 0x10000 };

    (void)data;
    g_assert_cmpint(call(fixture, fixture->vm, KVMIO_SET_USER_MEMORY_REGION, 0), ==, -EFAULT);
    g_assert_cmpint(call(fixture, fixture->vm, KVMIO_SET_USER_MEMORY_REGION2, BAD), ==, -EFAULT);
    region.userspace_addr = (uintptr_t)fixture->memory;
    g_assert_cmpint(call_with(fixture, fixture->vm, KVMIO_SET_USER_MEMORY_REGION2, &region), ==, 0);
    g_assert_cmpint(call_with(fixture, fixture->plain, KVMIO_SET_USER_MEMORY_REGION, &region), ==, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(region_rows); i++) {
        const RegionRow *row = &region_rows[i];
        KvmRegion2 bad = row->region;
        int vm = row->plain ? fixture->plain : fixture->vm, ret;

        bad.userspace_addr += bad.userspace_addr < 4096 ? (uintptr_t)fixture->memory : 0;
        ret = call_with(fixture, vm, KVMIO_SET_USER_MEMORY_REGION2, &bad);
        if (ret != -row->error) {
            g_error("%s: %d", row->what, ret);
        }
    }
}

static void test_slot_changes(Fixture *fixture, gconstpointer data)
{
    KvmRegion2 region = { .slot = 1, .guest_phys_addr = MIB, .memory_size = 0x10000 };
    int vm = fixture->plain;

    (void)data;
    region.userspace_addr = (uintptr_t)fixture->memory;
    g_assert_cmpint(call_with(fixture, vm, KVMIO_SET_USER_MEMORY_REGION, &region), ==, 0);
    g_assert_cmpint(call_with(fixture, vm, KVMIO_SET_USER_MEMORY_REGION, &region), ==, 0);
    region.flags = 1;
    g_assert_cmpint(call_with(fixture, vm, KVMIO_SET_USER_MEMORY_REGION, &region), ==, 0);
    region.flags = 2;
    g_assert_cmpint(call_with(fixture, vm, KVMIO_SET_USER_MEMORY_REGION, &region), ==, -EINVAL);
    region.flags = 4;
    g_assert_cmpint(call_with(fixture, vm, KVMIO_SET_USER_MEMORY_REGION, &region), ==, -EINVAL);
    region.flags = 0;
    region.userspace_addr += 4096;
    g_assert_cmpint(call_with(fixture, vm, KVMIO_SET_USER_MEMORY_REGION, &region), ==, -EINVAL);
    region.userspace_addr -= 4096;
    region.guest_phys_addr = 2 * MIB;
    g_assert_cmpint(call_with(fixture, vm, KVMIO_SET_USER_MEMORY_REGION, &region), ==, 0);
    region.slot = 2;
    region.guest_phys_addr = MIB;
    g_assert_cmpint(call_with(fixture, vm, KVMIO_SET_USER_MEMORY_REGION, &region), ==, 0);
    region.guest_phys_addr = 2 * MIB;
    g_assert_cmpint(call_with(fixture, vm, KVMIO_SET_USER_MEMORY_REGION, &region), ==, -EEXIST);
    /* The other address space has its own guest memory. */
    region.slot = 1 << 16 | 2;
    g_assert_cmpint(call_with(fixture, vm, KVMIO_SET_USER_MEMORY_REGION, &region), ==, 0);
    region.slot = 1;
    region.memory_size = 0;
    g_assert_cmpint(call_with(fixture, vm, KVMIO_SET_USER_MEMORY_REGION, &region), ==, 0);
    g_assert_cmpint(call_with(fixture, vm, KVMIO_SET_USER_MEMORY_REGION, &region), ==, -EINVAL);
    region.slot = 2;
    g_assert_cmpint(call_with(fixture, vm, KVMIO_SET_USER_MEMORY_REGION, &region), ==, 0);
}

static void test_private_slots(Fixture *fixture, gconstpointer data)
{
    int gmem = new_gmem(fixture, fixture->vm, MIB), foreign = new_gmem(fixture, fixture->plain, MIB);
    KvmRegion2 region = { .slot = 1, .flags = 4, .memory_size = MIB / 2 };

    (void)data;
    region.userspace_addr = (uintptr_t)fixture->memory;
    region.guest_memfd = (uint32_t)foreign;
    g_assert_cmpint(call_with(fixture, fixture->vm, KVMIO_SET_USER_MEMORY_REGION2, &region), ==, -EINVAL);
    region.guest_memfd = (uint32_t)fixture->vm;
    g_assert_cmpint(call_with(fixture, fixture->vm, KVMIO_SET_USER_MEMORY_REGION2, &region), ==, -EINVAL);
    region.guest_memfd = (uint32_t)gmem;
    g_assert_cmpint(call_with(fixture, fixture->vm, KVMIO_SET_USER_MEMORY_REGION, &region), ==, -EINVAL);
    g_assert_cmpint(call_with(fixture, fixture->vm, KVMIO_SET_USER_MEMORY_REGION2, &region), ==, 0);
    /* What is private does not change. */
    g_assert_cmpint(call_with(fixture, fixture->vm, KVMIO_SET_USER_MEMORY_REGION2, &region), ==, -EINVAL);
    region.flags = 0;
    g_assert_cmpint(call_with(fixture, fixture->vm, KVMIO_SET_USER_MEMORY_REGION2, &region), ==, -EINVAL);
    region.flags = 4;
    region.slot = 2;
    region.guest_phys_addr = 4 * MIB;
    g_assert_cmpint(call_with(fixture, fixture->vm, KVMIO_SET_USER_MEMORY_REGION2, &region), ==, -EINVAL);
    region.guest_memfd_offset = MIB / 2 + 4096;
    g_assert_cmpint(call_with(fixture, fixture->vm, KVMIO_SET_USER_MEMORY_REGION2, &region), ==, -EINVAL);
    region.guest_memfd_offset = MIB / 2;
    g_assert_cmpint(call_with(fixture, fixture->vm, KVMIO_SET_USER_MEMORY_REGION2, &region), ==, 0);
    region.memory_size = 0;
    region.guest_memfd = 0;
    g_assert_cmpint(call_with(fixture, fixture->vm, KVMIO_SET_USER_MEMORY_REGION2, &region), ==, 0);
    /* A slot does not keep the file open; its part of the file is free again when it is gone. */
    g_assert_cmpint(close_fd(fixture, gmem), ==, 0);
    region.slot = 1;
    g_assert_cmpint(call_with(fixture, fixture->vm, KVMIO_SET_USER_MEMORY_REGION2, &region), ==, 0);
}

static void test_gmem(Fixture *fixture, gconstpointer data)
{
    KvmCreateGuestMemfd create = { .size = MIB, .flags = 1 };
    int gmem = new_gmem(fixture, fixture->plain, MIB);
    struct stat status;
    void *address;

    (void)data;
    g_assert_cmpint(gmem, >=, 0);
    g_assert_cmpint(fcntl(gmem, F_GETFD), ==, 0);
    g_assert_cmpint(fstat(gmem, &status), ==, 0);
    g_assert_cmpint(status.st_size, ==, MIB);
    g_assert_cmpint(call_with(fixture, fixture->vm, KVMIO_CREATE_GUEST_MEMFD, &create), ==, -EINVAL);
    g_assert_cmpint(new_gmem(fixture, fixture->vm, 0), ==, -EINVAL);
    g_assert_cmpint(new_gmem(fixture, fixture->vm, 4095), ==, -EINVAL);
    g_assert_cmpint(new_gmem(fixture, fixture->vm, EVERYTHING - 4095), ==, -EINVAL);
    g_assert_cmpint(call(fixture, fixture->vm, KVMIO_CREATE_GUEST_MEMFD, 0), ==, -EFAULT);
    g_assert_cmpint(call(fixture, gmem, KVMIO_CHECK_EXTENSION, 0), ==, -ENOTTY);
    g_assert_cmpint(fixture->door->ops->mmap(fixture->door->host, gmem, 4096, &address), ==, -ENODEV);
    g_assert_cmpint(close_fd(fixture, gmem), ==, 0);
}

typedef struct FallocateRow {
    int mode;
    off_t offset, length;
    int result;
} FallocateRow;

#define KEEP  FALLOC_FL_KEEP_SIZE
#define PUNCH (FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE)

/* Of a file of 1 MiB. */
static const FallocateRow fallocate_rows[] = {
    { 0, 0, 4096, -EOPNOTSUPP },
    { FALLOC_FL_PUNCH_HOLE, 0, 4096, -EOPNOTSUPP },
    { KEEP | FALLOC_FL_ZERO_RANGE, 0, 4096, -EOPNOTSUPP },
    { KEEP, 1, 4096, -EINVAL },
    { KEEP, 0, 4095, -EINVAL },
    { KEEP, 0, 0, -EINVAL },
    { KEEP, -4096, 4096, -EINVAL },
    { KEEP, 0, 0x100000, 0 },
    { KEEP, 0, 0x101000, -EINVAL },
    { PUNCH, 0, 0x101000, 0 },
    { PUNCH, 0x200000, 4096, 0 },
    { PUNCH, 0xff000, 4096, 0 },
    { PUNCH, 0, 100, -EINVAL },
    { KEEP, 4096, INT64_MAX - 4095, -EFBIG },
};

static void test_fallocate(Fixture *fixture, gconstpointer data)
{
    int gmem = new_gmem(fixture, fixture->vm, MIB);

    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(fallocate_rows); i++) {
        const FallocateRow *row = &fallocate_rows[i];
        int ret =
            fixture->door->ops->fallocate(fixture->door->host, gmem, row->mode, row->offset, row->length);

        if (ret != row->result) {
            g_error("row %zu: %d", i, ret);
        }
    }
}

/** KVM_SET_MEMORY_ATTRIBUTES. */
typedef struct AttributesRow {
    bool plain;
    KvmMemoryAttributes attributes;
    int result;
} AttributesRow;

static const AttributesRow attributes_rows[] = {
    { false, { .size = 4096, .attributes = 8 }, 0 },
    { false, { .size = 4096, .attributes = 0 }, 0 },
    { false, { .address = 0x1000, .size = 0x7000, .attributes = 8 }, 0 },
    { false, { .size = 4096, .attributes = 8, .flags = 1 }, -EINVAL },
    { false, { .size = 4096, .attributes = 1 }, -EINVAL },
    { false, { .size = 4096, .attributes = 0x18 }, -EINVAL },
    { true, { .size = 4096, .attributes = 8 }, -EINVAL },
    { true, { .size = 4096, .attributes = 0 }, 0 },
    { false, { .size = 0, .attributes = 8 }, -EINVAL },
    { false, { .address = EVERYTHING - 4095, .size = 8192, .attributes = 8 }, -EINVAL },
    { false, { .address = 1, .size = 4096, .attributes = 8 }, -EINVAL },
    { false, { .size = 4095, .attributes = 8 }, -EINVAL },
};

static void test_attributes(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_assert_cmpint(call(fixture, fixture->vm, KVMIO_SET_MEMORY_ATTRIBUTES, 0), ==, -EFAULT);
    for (size_t i = 0; i < G_N_ELEMENTS(attributes_rows); i++) {
        const AttributesRow *row = &attributes_rows[i];
        int ret = call_with(fixture, row->plain ? fixture->plain : fixture->vm, KVMIO_SET_MEMORY_ATTRIBUTES,
                            &row->attributes);

        if (ret != row->result) {
            g_error("row %zu: %d", i, ret);
        }
    }
}

static void add(const char *path, void (*test)(Fixture *fixture, gconstpointer data))
{
    g_test_add(path, Fixture, NULL, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add("/simhost-memory/slots", test_slots);
    add("/simhost-memory/slot-changes", test_slot_changes);
    add("/simhost-memory/private-slots", test_private_slots);
    add("/simhost-memory/gmem", test_gmem);
    add("/simhost-memory/fallocate", test_fallocate);
    add("/simhost-memory/attributes", test_attributes);
    return g_test_run();
}
