/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of calls to KVM: what is made again, what errors say, and that nothing stays open.
 */
#include "hw/kvm.h"
#include <string.h>
#include "hw/vcpu.h"
#include "tests/unit/fake-door.h"

#define REQUEST 0xae99UL

typedef struct Fixture {
    FakeHost host;
    Kvm *kvm;
} Fixture;

/* With KVM open. */
static void fixture_init(Fixture *f, G_GNUC_UNUSED const void *data)
{
    fake_host_init(&f->host);
    f->kvm = kvm_open(&f->host.door, "/dev/kvm", NULL);
    g_assert_nonnull(f->kvm);
    g_string_truncate(f->host.log, 0);
}

/* With a VM, too. */
static void fixture_init_vm(Fixture *f, const void *data)
{
    fixture_init(f, data);
    g_assert_true(kvm_create_vm(f->kvm, 0, NULL));
    g_string_truncate(f->host.log, 0);
}

static void fixture_clear(Fixture *f, G_GNUC_UNUSED const void *data)
{
    kvm_close(f->kvm);
    fake_host_clear(&f->host);
}

static void assert_error(const Error *error, CgvmErrorCode code, int os_error, const char *message)
{
    g_assert_nonnull(error);
    g_assert_cmpstr(cgvm_error_message(error), ==, message);
    g_assert_cmpint(cgvm_error_code(error), ==, code);
    g_assert_cmpint(cgvm_error_errno(error), ==, os_error);
}

/* ---- opening ---- */

static void test_open(void)
{
    FakeHost host;
    Kvm *kvm;

    fake_host_init(&host);
    kvm = kvm_open(&host.door, "/dev/kvm", NULL);
    g_assert_nonnull(kvm);
    g_assert_cmpint(kvm->vm_fd, ==, -1);
    g_assert_cmpuint(kvm->run_size, ==, 3 * 4096);
    fake_assert_log(&host, "open /dev/kvm\nAPI_VERSION 0\nVCPU_MMAP_SIZE 0\n");
    kvm_close(kvm);
    fake_assert_log(&host, "close 100\n");
    fake_host_clear(&host);
}

static void test_open_path(void)
{
    FakeHost host;

    fake_host_init(&host);
    kvm_close(kvm_open(&host.door, "/tmp/other", NULL));
    g_assert_true(g_str_has_prefix(host.log->str, "open /tmp/other\n"));
    fake_host_clear(&host);
}

/* kvm_open() fails with this, and leaves nothing open. */
static void assert_open_fails(FakeHost *host, CgvmErrorCode code, int os_error, const char *message)
{
    g_autoptr(Error) error = NULL;

    g_assert_null(kvm_open(&host->door, "/dev/kvm", &error));
    assert_error(error, code, os_error, message);
    fake_host_clear(host);
}

static void assert_open_refused(int os_error, const char *message)
{
    FakeHost host;

    fake_host_init(&host);
    fake_refuse(&host, FAKE_OPEN, 1, os_error);
    assert_open_fails(&host, CGVM_ERROR_KERNEL, os_error, message);
}

static void test_open_without_device(void)
{
    assert_open_refused(ENOENT, "cannot open '/dev/kvm': No such file or directory; load the KVM module and "
                                "enable virtualization in the firmware, or try -accel sim");
}

static void test_open_without_right(void)
{
    assert_open_refused(EACCES, "cannot open '/dev/kvm': Permission denied; give this user the right to read "
                                "and write it (group kvm)");
}

static void test_open_fails_otherwise(void)
{
    assert_open_refused(
        EBUSY, "cannot open '/dev/kvm': Device or resource busy; see whether the KVM module is loaded");
}

static void test_open_again(void)
{
    FakeHost host;
    Kvm *kvm;

    fake_host_init(&host);
    fake_refuse(&host, FAKE_OPEN, 3, EINTR);
    kvm = kvm_open(&host.door, "/dev/kvm", NULL);
    g_assert_nonnull(kvm);
    g_assert_cmpuint(fake_count_calls(&host), ==, 3 + 1 + 2);
    kvm_close(kvm);
    fake_host_clear(&host);
}

static void test_open_gives_up(void)
{
    FakeHost host;

    fake_host_init(&host);
    fake_refuse(&host, FAKE_OPEN, UINT_MAX, EINTR);
    g_assert_null(kvm_open(&host.door, "/dev/kvm", NULL));
    g_assert_cmpuint(fake_count_calls(&host), ==, KVM_RETRIES);
    fake_host_clear(&host);
}

static void test_wrong_version(void)
{
    FakeHost host;

    fake_host_init(&host);
    host.api_version = 11;
    assert_open_fails(&host, CGVM_ERROR_UNSUPPORTED, 0, "KVM has ABI version 11; cgvm needs version 12");
}

static void test_no_version(void)
{
    FakeHost host;

    fake_host_init(&host);
    fake_refuse(&host, KVMIO_GET_API_VERSION, 1, EPERM);
    assert_open_fails(&host, CGVM_ERROR_KERNEL, EPERM, "KVM_GET_API_VERSION failed: Operation not permitted");
}

static void test_no_run_size(void)
{
    FakeHost host;

    fake_host_init(&host);
    fake_refuse(&host, KVMIO_GET_VCPU_MMAP_SIZE, 1, EINVAL);
    assert_open_fails(&host, CGVM_ERROR_KERNEL, EINVAL, "KVM_GET_VCPU_MMAP_SIZE failed: Invalid argument");
}

static void test_small_run_size(void)
{
    FakeHost host;

    fake_host_init(&host);
    host.run_size = sizeof(KvmRun) - 1;
    assert_open_fails(&host, CGVM_ERROR_KERNEL, 0,
                      "KVM_GET_VCPU_MMAP_SIZE gave 287 bytes, too few for a vCPU");
}

static void test_close_nothing(void)
{
    kvm_close(NULL);
}

/* ---- the VM ---- */

static void test_create_vm(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_assert_true(kvm_create_vm(f->kvm, 4, NULL));
    g_assert_cmpint(f->kvm->vm_fd, ==, 101);
    fake_assert_log(&f->host, "CREATE_VM 4\n");
    kvm_close(g_steal_pointer(&f->kvm));
    fake_assert_log(&f->host, "close 101\nclose 100\n");
}

static void test_create_vm_fails(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_autoptr(Error) error = NULL;

    fake_refuse(&f->host, KVMIO_CREATE_VM, 1, EINVAL);
    g_assert_false(kvm_create_vm(f->kvm, 4, &error));
    assert_error(error, CGVM_ERROR_KERNEL, EINVAL,
                 "cannot create a VM of type 4: KVM_CREATE_VM failed: Invalid argument");
    g_assert_cmpint(f->kvm->vm_fd, <, 0);
}

/* ---- calls ---- */

static void assert_tries(Fixture *f, int os_error, unsigned n_refusals, unsigned n_calls, int result)
{
    fake_refuse(&f->host, KVMIO_CHECK_EXTENSION, n_refusals, os_error);
    f->host.extension = 7;
    g_assert_cmpint(kvm_try(f->kvm, f->kvm->fd, KVMIO_CHECK_EXTENSION, NULL), ==, result);
    g_assert_cmpuint(fake_count_calls(&f->host), ==, n_calls);
}

static void test_try_again(Fixture *f, G_GNUC_UNUSED const void *data)
{
    assert_tries(f, EINTR, 1, 2, 7);
    assert_tries(f, EAGAIN, 1, 2, 7);
    assert_tries(f, EINTR, KVM_RETRIES - 1, KVM_RETRIES, 7);
}

static void test_try_gives_up(Fixture *f, G_GNUC_UNUSED const void *data)
{
    assert_tries(f, EINTR, KVM_RETRIES, KVM_RETRIES, -EINTR);
    assert_tries(f, EAGAIN, UINT_MAX, KVM_RETRIES, -EAGAIN);
}

static void test_other_errors_are_not_tried_again(Fixture *f, G_GNUC_UNUSED const void *data)
{
    assert_tries(f, EBUSY, 1, 1, -EBUSY);
    assert_tries(f, ENOMEM, 1, 1, -ENOMEM);
}

static void test_call(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_autoptr(Error) error = NULL;

    f->host.extension = 0;
    g_assert_cmpint(KVM_CALL(f->kvm, f->kvm->fd, CHECK_EXTENSION, NULL, &error), ==, 0);
    f->host.extension = 9;
    g_assert_cmpint(KVM_CALL(f->kvm, f->kvm->fd, CHECK_EXTENSION, NULL, &error), ==, 9);
    g_assert_null(error);
}

static void assert_call_fails(Fixture *f, int os_error, const char *message)
{
    g_autoptr(Error) error = NULL;

    fake_refuse(&f->host, REQUEST, 1, os_error);
    g_assert_cmpint(kvm_call(f->kvm, f->kvm->fd, REQUEST, "KVM_THING", NULL, &error), ==, -1);
    assert_error(error, CGVM_ERROR_KERNEL, os_error, message);
    fake_refuse(&f->host, REQUEST, 1, os_error);
    g_assert_cmpint(kvm_call(f->kvm, f->kvm->fd, REQUEST, "KVM_THING", NULL, NULL), ==, -1);
}

static void test_call_fails(Fixture *f, G_GNUC_UNUSED const void *data)
{
    assert_call_fails(f, EINVAL, "KVM_THING failed: Invalid argument");
}

static void test_causes(Fixture *f, G_GNUC_UNUSED const void *data)
{
    assert_call_fails(f, ENOTTY,
                      "KVM_THING failed: Inappropriate ioctl for device; this kernel's KVM does "
                      "not know this call");
    assert_call_fails(f, ENOMEM,
                      "KVM_THING failed: Cannot allocate memory; the kernel ran out of memory or "
                      "of what its limits allow (RLIMIT_MEMLOCK, cgroups)");
    assert_call_fails(f, EIO, "KVM_THING failed: Input/output error; KVM considers the VM dead");
    assert_call_fails(f, EMFILE,
                      "KVM_THING failed: Too many open files; too many files are open, raise RLIMIT_NOFILE");
}

static void test_name_of_a_call(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_autoptr(Error) error = NULL;

    fake_refuse(&f->host, KVMIO_CHECK_EXTENSION, 1, EINVAL);
    g_assert_cmpint(KVM_CALL(f->kvm, f->kvm->fd, CHECK_EXTENSION, NULL, &error), ==, -1);
    assert_error(error, CGVM_ERROR_KERNEL, EINVAL, "KVM_CHECK_EXTENSION failed: Invalid argument");
}

static void test_probe(Fixture *f, G_GNUC_UNUSED const void *data)
{
    f->host.extension = 5;
    g_assert_cmpint(kvm_check_extension(f->kvm, 66), ==, 5);
    g_assert_cmpint(kvm_vm_check_extension(f->kvm, 66), ==, 5);
    fake_assert_log(&f->host, "EXTENSION 100: 66\nEXTENSION 101: 66\n");
}

static void test_probe_that_fails(Fixture *f, G_GNUC_UNUSED const void *data)
{
    fake_refuse(&f->host, KVMIO_CHECK_EXTENSION, 2, EINVAL);
    g_assert_cmpint(kvm_check_extension(f->kvm, 66), ==, 0);
    g_assert_cmpint(kvm_vm_check_extension(f->kvm, 66), ==, 0);
}

static void test_enable_cap(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_assert_true(kvm_enable_cap(f->kvm, 201, "hypercall exits", 0x1000, NULL));
    fake_assert_log(&f->host, "ENABLE_CAP 101: 201 0x1000\n");
}

static void test_enable_cap_fails(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_autoptr(Error) error = NULL;

    fake_refuse(&f->host, KVMIO_ENABLE_CAP, 1, EINVAL);
    g_assert_false(kvm_enable_cap(f->kvm, 201, "hypercall exits", 0x1000, &error));
    assert_error(error, CGVM_ERROR_KERNEL, EINVAL,
                 "cannot enable hypercall exits: KVM_ENABLE_CAP failed: Invalid argument");
}

/* ---- vCPUs ---- */

static void test_vcpu(Fixture *f, G_GNUC_UNUSED const void *data)
{
    Vcpu *vcpu = vcpu_new(f->kvm, 3, 3, NULL);

    g_assert_nonnull(vcpu);
    g_assert_cmpuint(vcpu->index, ==, 3);
    g_assert_nonnull(vcpu->run);
    fake_assert_log(&f->host, "CREATE_VCPU 3\nmmap 12288\n");
    vcpu_free(vcpu);
    fake_assert_log(&f->host, "munmap 12288\nclose 102\n");
    vcpu_free(NULL);
}

static void test_vcpu_is_not_created(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_autoptr(Error) error = NULL;

    fake_refuse(&f->host, KVMIO_CREATE_VCPU, 1, EEXIST);
    g_assert_null(vcpu_new(f->kvm, 3, 3, &error));
    assert_error(error, CGVM_ERROR_KERNEL, EEXIST,
                 "cannot create vCPU 3: KVM_CREATE_VCPU failed: File exists");
}

static void test_vcpu_is_not_mapped(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_autoptr(Error) error = NULL;

    fake_refuse(&f->host, FAKE_MMAP, 1, ENOMEM);
    g_assert_null(vcpu_new(f->kvm, 3, 3, &error));
    assert_error(error, CGVM_ERROR_KERNEL, ENOMEM,
                 "cannot map the page that KVM shares about vCPU 3: Cannot allocate memory");
    fake_assert_log(&f->host, "CREATE_VCPU 3\nmmap 12288\nclose 102\n");
}

static void test_vcpu_call(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_autoptr(Error) error = NULL;
    Vcpu *vcpu = vcpu_new(f->kvm, 3, 3, NULL);

    fake_refuse(&f->host, REQUEST, 1, EINVAL);
    g_assert_cmpint(vcpu_call(vcpu, REQUEST, "KVM_THING", NULL, &error), ==, -1);
    assert_error(error, CGVM_ERROR_KERNEL, EINVAL, "vCPU 3: KVM_THING failed: Invalid argument");
    vcpu_free(vcpu);
}

static void add_test(const char *path, void (*test)(Fixture *f, const void *data))
{
    g_test_add(path, Fixture, NULL, fixture_init, test, fixture_clear);
}

static void add_vm_test(const char *path, void (*test)(Fixture *f, const void *data))
{
    g_test_add(path, Fixture, NULL, fixture_init_vm, test, fixture_clear);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/kvm/open", test_open);
    g_test_add_func("/kvm/open/path", test_open_path);
    g_test_add_func("/kvm/open/no-device", test_open_without_device);
    g_test_add_func("/kvm/open/no-right", test_open_without_right);
    g_test_add_func("/kvm/open/other-error", test_open_fails_otherwise);
    g_test_add_func("/kvm/open/again", test_open_again);
    g_test_add_func("/kvm/open/gives-up", test_open_gives_up);
    g_test_add_func("/kvm/open/wrong-version", test_wrong_version);
    g_test_add_func("/kvm/open/no-version", test_no_version);
    g_test_add_func("/kvm/open/no-run-size", test_no_run_size);
    g_test_add_func("/kvm/open/small-run-size", test_small_run_size);
    g_test_add_func("/kvm/close-nothing", test_close_nothing);
    add_test("/kvm/vm", test_create_vm);
    add_test("/kvm/vm/fails", test_create_vm_fails);
    add_test("/kvm/try/again", test_try_again);
    add_test("/kvm/try/gives-up", test_try_gives_up);
    add_test("/kvm/try/other-errors", test_other_errors_are_not_tried_again);
    add_test("/kvm/call", test_call);
    add_test("/kvm/call/fails", test_call_fails);
    add_test("/kvm/call/causes", test_causes);
    add_test("/kvm/call/name", test_name_of_a_call);
    add_vm_test("/kvm/probe", test_probe);
    add_vm_test("/kvm/probe/fails", test_probe_that_fails);
    add_vm_test("/kvm/enable-cap", test_enable_cap);
    add_vm_test("/kvm/enable-cap/fails", test_enable_cap_fails);
    add_vm_test("/kvm/vcpu", test_vcpu);
    add_vm_test("/kvm/vcpu/not-created", test_vcpu_is_not_created);
    add_vm_test("/kvm/vcpu/not-mapped", test_vcpu_is_not_mapped);
    add_vm_test("/kvm/vcpu/call", test_vcpu_call);
    return g_test_run();
}
