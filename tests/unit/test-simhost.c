/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The general part of the simulated host, on the x86 target: descriptors, VMs, vCPUs, slots, guest_memfd,
 * attributes. Each errno is that of Linux 6.12.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <linux/falloc.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "cgvm/error.h"
#include "target-i386/kvm-x86-abi.h"
#include "target-i386/sev-abi.h"
#include "target-i386/sim-x86.h"

#define MIB        UINT64_C(0x100000)
#define BAD        0x10 /* an address that nobody has */
#define RUN_SIZE   12288

#define EVERYTHING UINT64_C(0xffffffffffffffff)

typedef struct Fixture {
    KvmDoor *door;
    int n_open; /* descriptors of this process before */
    int kvm;
    int vm;    /* of type SNP */
    int plain; /* of the default type */
    uint8_t *memory;
} Fixture;

static int count_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    int n = 0;

    g_assert_nonnull(directory);
    while (readdir(directory)) {
        n++;
    }
    closedir(directory);
    return n;
}

static int call(Fixture *fixture, int fd, unsigned long request, unsigned long arg)
{
    return fixture->door->ops->ioctl(fixture->door->host, fd, request, arg);
}

static int call_with(Fixture *fixture, int fd, unsigned long request, const void *arg)
{
    return call(fixture, fd, request, (uintptr_t)arg);
}

static int close_fd(Fixture *fixture, int fd)
{
    return fixture->door->ops->close(fixture->door->host, fd);
}

static int open_path(Fixture *fixture, const char *path, int flags)
{
    return fixture->door->ops->open(fixture->door->host, path, flags);
}

static void set_up(Fixture *fixture, gconstpointer data)
{
    Error *error = NULL;

    (void)data;
    fixture->n_open = count_descriptors();
    fixture->door = simhost_door_new(&x86_sim_target, NULL, &error);
    g_assert_null(error);
    fixture->kvm = open_path(fixture, "/dev/kvm", O_RDWR | O_CLOEXEC);
    g_assert_cmpint(fixture->kvm, >=, 0);
    fixture->vm = call(fixture, fixture->kvm, KVMIO_CREATE_VM, KVM_VM_TYPE_SNP);
    fixture->plain = call(fixture, fixture->kvm, KVMIO_CREATE_VM, KVM_VM_TYPE_DEFAULT);
    g_assert_cmpint(fixture->vm, >=, 0);
    g_assert_cmpint(fixture->plain, >=, 0);
    fixture->memory = mmap(NULL, 4 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    g_assert_true(fixture->memory != MAP_FAILED);
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
    (void)data;
    munmap(fixture->memory, 4 * MIB);
    fixture->door->ops->free(fixture->door->host);
    g_free(fixture->door);
    g_assert_cmpint(count_descriptors(), ==, fixture->n_open);
}

static int new_gmem(Fixture *fixture, int vm, uint64_t size)
{
    KvmCreateGuestMemfd create = { .size = size };

    return call_with(fixture, vm, KVMIO_CREATE_GUEST_MEMFD, &create);
}

static void test_door(Fixture *fixture, gconstpointer data)
{
    Error *error = NULL;
    const SimHostOptions options = { .model = "EPYC-Nowhere" };

    (void)data;
    g_assert_cmpstr(fixture->door->name, ==, "simulated EPYC-Milan host");
    g_assert_true(fixture->door->simulated);
    g_assert_null(simhost_door_new(&x86_sim_target, &options, &error));
    g_assert_nonnull(strstr(cgvm_error_message(error), "EPYC-Genoa"));
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_INVALID);
    g_clear_pointer(&error, cgvm_error_free);
}

static void test_report_path(Fixture *fixture, gconstpointer data)
{
    Error *error = NULL;
    const SimHostOptions options = { .report = "/nowhere/report" };

    (void)data;
    g_assert_nonnull(fixture->door);
    g_assert_null(simhost_door_new(&x86_sim_target, &options, &error));
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_IO);
    g_assert_cmpint(cgvm_error_errno(error), ==, ENOENT);
    g_clear_pointer(&error, cgvm_error_free);
}

static void test_descriptors(Fixture *fixture, gconstpointer data)
{
    int sev = open_path(fixture, "/dev/sev", O_RDONLY), pipes[2], inheritable;
    void *address;

    (void)data;
    g_assert_cmpint(open_path(fixture, "/dev/uv", O_RDWR), ==, -ENOENT);
    g_assert_cmpint(sev, >=, 0);
    /* Each is open for the process as well, and takes a number that nobody else has. */
    g_assert_cmpint(fcntl(sev, F_GETFD), ==, 0);
    g_assert_cmpint(fcntl(fixture->kvm, F_GETFD), ==, FD_CLOEXEC);
    g_assert_cmpint(fcntl(fixture->vm, F_GETFD), ==, FD_CLOEXEC);
    g_assert_cmpint(pipe(pipes), ==, 0);
    g_assert_cmpint(call(fixture, pipes[0], KVMIO_GET_API_VERSION, 0), ==, -EBADF);
    g_assert_cmpint(call(fixture, -1, KVMIO_GET_API_VERSION, 0), ==, -EBADF);
    g_assert_cmpint(close_fd(fixture, pipes[0]), ==, -EBADF);
    close(pipes[0]);
    close(pipes[1]);
    g_assert_cmpint(fixture->door->ops->mmap(fixture->door->host, sev, 4096, &address), ==, -ENODEV);
    g_assert_cmpint(fixture->door->ops->mmap(fixture->door->host, fixture->vm, 4096, &address), ==, -ENODEV);
    g_assert_cmpint(fixture->door->ops->mmap(fixture->door->host, 999, 4096, &address), ==, -EBADF);
    g_assert_cmpint(fixture->door->ops->fallocate(fixture->door->host, sev, 0, 0, 4096), ==, -ENODEV);
    g_assert_cmpint(fixture->door->ops->fallocate(fixture->door->host, 999, 0, 0, 4096), ==, -EBADF);
    g_assert_cmpint(close_fd(fixture, sev), ==, 0);
    g_assert_cmpint(close_fd(fixture, sev), ==, -EBADF);
    inheritable = open_path(fixture, "/dev/kvm", O_RDONLY);
    g_assert_cmpint(fcntl(inheritable, F_GETFD), ==, 0);
    g_assert_cmpint(close_fd(fixture, inheritable), ==, 0);
}

static void test_system(Fixture *fixture, gconstpointer data)
{
    KvmDeviceAttr attr = { .group = KVM_ATTR_GROUP_SEV, .attr = KVM_ATTR_SEV_VMSA_FEATURES };
    uint64_t value = 0;

    (void)data;
    g_assert_cmpint(call(fixture, fixture->kvm, KVMIO_GET_API_VERSION, 0), ==, 12);
    g_assert_cmpint(call(fixture, fixture->kvm, KVMIO_GET_API_VERSION, 1), ==, -EINVAL);
    g_assert_cmpint(call(fixture, fixture->kvm, KVMIO_GET_VCPU_MMAP_SIZE, 0), ==, RUN_SIZE);
    g_assert_cmpint(call(fixture, fixture->kvm, KVMIO_GET_VCPU_MMAP_SIZE, 1), ==, -EINVAL);
    g_assert_cmpint(call(fixture, fixture->kvm, KVMIO_RUN, 0), ==, -EINVAL);
    g_assert_cmpint(call(fixture, fixture->vm, KVMIO_RUN, 0), ==, -ENOTTY);
    g_assert_cmpint(call_with(fixture, fixture->kvm, KVMIO_HAS_DEVICE_ATTR, &attr), ==, 0);
    attr.addr = (uintptr_t)&value;
    g_assert_cmpint(call_with(fixture, fixture->kvm, KVMIO_GET_DEVICE_ATTR, &attr), ==, 0);
    g_assert_cmphex(value, ==, SEV_FEATURE_DEBUG_SWAP);
    attr.addr = BAD;
    g_assert_cmpint(call_with(fixture, fixture->kvm, KVMIO_GET_DEVICE_ATTR, &attr), ==, -EFAULT);
    attr.attr = 1;
    g_assert_cmpint(call_with(fixture, fixture->kvm, KVMIO_HAS_DEVICE_ATTR, &attr), ==, -ENXIO);
    attr.group = 7;
    g_assert_cmpint(call_with(fixture, fixture->kvm, KVMIO_GET_DEVICE_ATTR, &attr), ==, -ENXIO);
    g_assert_cmpint(call(fixture, fixture->kvm, KVMIO_GET_DEVICE_ATTR, BAD), ==, -EFAULT);
    g_assert_cmpint(call(fixture, fixture->kvm, KVMIO_HAS_DEVICE_ATTR, 0), ==, -EFAULT);
    for (unsigned long type = 0; type < 80; type++) {
        int vm = call(fixture, fixture->kvm, KVMIO_CREATE_VM, type);

        if (type == KVM_VM_TYPE_DEFAULT || type == KVM_VM_TYPE_SNP) {
            g_assert_cmpint(vm, >=, 0);
            g_assert_cmpint(close_fd(fixture, vm), ==, 0);
        } else {
            g_assert_cmpint(vm, ==, -EINVAL);
        }
    }
}

/** What KVM_CHECK_EXTENSION says of /dev/kvm, a plain VM and an SNP VM. */
typedef struct ExtensionRow {
    unsigned long extension;
    int of_kvm, of_plain, of_snp;
} ExtensionRow;

static const ExtensionRow extension_rows[] = {
    { KVMCAP_USER_MEMORY, 1, 1, 1 },
    { KVMCAP_IRQCHIP, 1, 1, 1 },
    { KVMCAP_IMMEDIATE_EXIT, 1, 1, 1 },
    { KVMCAP_USER_MEMORY2, 1, 1, 1 },
    { KVMCAP_MEMORY_FAULT_INFO, 1, 1, 1 },
    { KVMCAP_EXIT_HYPERCALL, 0x1000, 0x1000, 0x1000 },
    { KVMCAP_MEMORY_ATTRIBUTES, 8, 0, 8 },
    { KVMCAP_GUEST_MEMFD, 1, 0, 1 },
    { KVMCAP_READONLY_MEM, 1, 1, 0 },
    { KVMCAP_X86_SMM, 1, 1, 1 }, /* until KVM_SEV_INIT2 */
    { 118, 2, 2, 1 },            /* KVM_CAP_MULTI_ADDRESS_SPACE */
    { KVMCAP_VM_TYPES, 0x11, 0x11, 0x11 },
    { KVMCAP_MAX_VCPUS, 1024, 1024, 1024 },
    { 100000, 0, 0, 0 },
};

static void test_extensions(Fixture *fixture, gconstpointer data)
{
    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(extension_rows); i++) {
        const ExtensionRow *row = &extension_rows[i];

        g_assert_cmpint(call(fixture, fixture->kvm, KVMIO_CHECK_EXTENSION, row->extension), ==, row->of_kvm);
        g_assert_cmpint(call(fixture, fixture->plain, KVMIO_CHECK_EXTENSION, row->extension), ==,
                        row->of_plain);
        g_assert_cmpint(call(fixture, fixture->vm, KVMIO_CHECK_EXTENSION, row->extension), ==, row->of_snp);
    }
}

static void test_enable_cap(Fixture *fixture, gconstpointer data)
{
    KvmEnableCap cap = { .cap = KVMCAP_EXIT_HYPERCALL, .args = { 1 << KVM_HYPERCALL_MAP_GPA_RANGE } };

    (void)data;
    g_assert_cmpint(call_with(fixture, fixture->vm, KVMIO_ENABLE_CAP, &cap), ==, 0);
    cap.args[0] = 1;
    g_assert_cmpint(call_with(fixture, fixture->vm, KVMIO_ENABLE_CAP, &cap), ==, -EINVAL);
    cap.args[0] = 0;
    cap.flags = 1;
    g_assert_cmpint(call_with(fixture, fixture->vm, KVMIO_ENABLE_CAP, &cap), ==, -EINVAL);
    cap.flags = 0;
    cap.cap = KVMCAP_IRQCHIP;
    g_assert_cmpint(call_with(fixture, fixture->vm, KVMIO_ENABLE_CAP, &cap), ==, -EINVAL);
    g_assert_cmpint(call(fixture, fixture->vm, KVMIO_ENABLE_CAP, 0), ==, -EFAULT);
}

static void test_vcpus(Fixture *fixture, gconstpointer data)
{
    int vcpu = call(fixture, fixture->plain, KVMIO_CREATE_VCPU, 0);
    void *address = NULL;
    KvmRun *run;

    (void)data;
    g_assert_cmpint(vcpu, >=, 0);
    g_assert_cmpint(call(fixture, fixture->plain, KVMIO_CREATE_VCPU, 0), ==, -EEXIST);
    g_assert_cmpint(call(fixture, fixture->plain, KVMIO_CREATE_VCPU, 4096), ==, -EINVAL);
    g_assert_cmpint(call(fixture, fixture->plain, KVMIO_CREATE_VCPU, ~0ul), ==, -EINVAL);
    g_assert_cmpint(fixture->door->ops->mmap(fixture->door->host, vcpu, 0, &address), ==, -EINVAL);
    g_assert_cmpint(fixture->door->ops->mmap(fixture->door->host, vcpu, RUN_SIZE, &address), ==, 0);
    run = address;
    g_assert_cmpint(call(fixture, vcpu, KVMIO_RUN, 1), ==, -EINVAL);
    run->immediate_exit = 1;
    g_assert_cmpint(call(fixture, vcpu, KVMIO_RUN, 0), ==, -EINTR);
    run->immediate_exit = 0;
    /* The answer that no kernel gives: there is nothing here that could run it. */
    g_assert_cmpint(call(fixture, vcpu, KVMIO_RUN, 0), ==, -ENOSYS);
    g_assert_cmpint(call(fixture, vcpu, SEV_ISSUE_CMD_IOCTL, 0), ==, -EINVAL);
    g_assert_cmpint(fixture->door->ops->munmap(fixture->door->host, address, RUN_SIZE), ==, 0);

    /* A vCPU outlives the VM's descriptor, and its number stays taken after its own. */
    g_assert_cmpint(close_fd(fixture, vcpu), ==, 0);
    g_assert_cmpint(call(fixture, fixture->plain, KVMIO_CREATE_VCPU, 0), ==, -EEXIST);
    vcpu = call(fixture, fixture->plain, KVMIO_CREATE_VCPU, 1);
    g_assert_cmpint(close_fd(fixture, fixture->plain), ==, 0);
    g_assert_cmpint(call(fixture, vcpu, KVMIO_RUN, 0), ==, -ENOSYS);
    g_assert_cmpint(close_fd(fixture, vcpu), ==, 0);
}

static void test_child_process(Fixture *fixture, gconstpointer data)
{
    int vcpu = call(fixture, fixture->plain, KVMIO_CREATE_VCPU, 0), status = 0;
    pid_t child = fork();

    (void)data;
    if (child == 0) {
        bool refused = call(fixture, fixture->plain, KVMIO_CHECK_EXTENSION, 0) == -EIO &&
                       call(fixture, vcpu, KVMIO_RUN, 0) == -EIO;

        _exit(refused ? 0 : 1);
    }
    g_assert_cmpint(waitpid(child, &status, 0), ==, child);
    g_assert_cmpint(status, ==, 0);
}

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

/* A VM lives as long as anything of it, and a door may be freed with all of it open. */
static void test_lifetimes(Fixture *fixture, gconstpointer data)
{
    int gmem = new_gmem(fixture, fixture->vm, MIB), vcpu = call(fixture, fixture->vm, KVMIO_CREATE_VCPU, 3);

    (void)data;
    g_assert_cmpint(close_fd(fixture, fixture->vm), ==, 0);
    g_assert_cmpint(close_fd(fixture, vcpu), ==, 0);
    g_assert_cmpint(fixture->door->ops->fallocate(fixture->door->host, gmem, PUNCH, 0, 4096), ==, 0);
    g_assert_cmpint(close_fd(fixture, gmem), ==, 0);
    g_assert_cmpint(new_gmem(fixture, fixture->plain, MIB), >=, 0);
    g_assert_cmpint(call(fixture, fixture->plain, KVMIO_CREATE_VCPU, 3), >=, 0);
}

/** A thread that makes and closes things in a VM of its own, and asks the shared one. */
static gpointer hammer(gpointer opaque)
{
    Fixture *fixture = opaque;

    for (int i = 0; i < 200; i++) {
        int vm = call(fixture, fixture->kvm, KVMIO_CREATE_VM, KVM_VM_TYPE_SNP);
        int gmem = new_gmem(fixture, vm, MIB), vcpu = call(fixture, vm, KVMIO_CREATE_VCPU, 0);
        KvmMemoryAttributes attributes = { .address = (uint64_t)i * 4096, .size = 4096, .attributes = 8 };

        g_assert_cmpint(MIN(MIN(vm, gmem), vcpu), >=, 0);
        g_assert_cmpint(call_with(fixture, fixture->vm, KVMIO_SET_MEMORY_ATTRIBUTES, &attributes), ==, 0);
        g_assert_cmpint(close_fd(fixture, vm), ==, 0);
        g_assert_cmpint(call(fixture, vcpu, KVMIO_RUN, 0), ==, -EINVAL);
        g_assert_cmpint(close_fd(fixture, gmem), ==, 0);
        g_assert_cmpint(close_fd(fixture, vcpu), ==, 0);
    }
    return NULL;
}

static void test_threads(Fixture *fixture, gconstpointer data)
{
    GThread *threads[4];

    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++) {
        threads[i] = g_thread_new("hammer", hammer, fixture);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++) {
        g_thread_join(threads[i]);
    }
}

static void add(const char *path, void (*test)(Fixture *fixture, gconstpointer data))
{
    g_test_add(path, Fixture, NULL, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add("/simhost/door", test_door);
    add("/simhost/report-path", test_report_path);
    add("/simhost/descriptors", test_descriptors);
    add("/simhost/system", test_system);
    add("/simhost/extensions", test_extensions);
    add("/simhost/enable-cap", test_enable_cap);
    add("/simhost/vcpus", test_vcpus);
    add("/simhost/child-process", test_child_process);
    add("/simhost/slots", test_slots);
    add("/simhost/slot-changes", test_slot_changes);
    add("/simhost/private-slots", test_private_slots);
    add("/simhost/gmem", test_gmem);
    add("/simhost/fallocate", test_fallocate);
    add("/simhost/attributes", test_attributes);
    add("/simhost/lifetimes", test_lifetimes);
    add("/simhost/threads", test_threads);
    return g_test_run();
}
