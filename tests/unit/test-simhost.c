/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The general part of the simulated host, on the x86 target: descriptors, VMs, vCPUs, slots, guest_memfd,
 * attributes. Each errno is that of Linux 6.12.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <linux/falloc.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "cgvm/error.h"
#include "target-i386/sev-abi.h"
#include "tests/unit/sim-host.h"

#define PUNCH (FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE)

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

        if (type <= KVM_VM_TYPE_SNP && type != KVM_VM_TYPE_SW_PROTECTED) {
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
    { KVMCAP_VM_TYPES, 0x1d, 0x1d, 0x1d },
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
    add("/simhost/lifetimes", test_lifetimes);
    add("/simhost/threads", test_threads);
    return g_test_run();
}
