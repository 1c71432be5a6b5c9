/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* hw/kvm-kernel.c, with files that every machine has. */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "hw/kvm-ops.h"
#include "tests/unit/emulated.h"

#define LENGTH 8192

G_DEFINE_AUTOPTR_CLEANUP_FUNC(KvmDoor, kvm_door_free)

static int make_memfd(void)
{
    int fd = memfd_create("test-kvm-kernel", MFD_CLOEXEC);

    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(ftruncate(fd, LENGTH), ==, 0);
    return fd;
}

static void test_is_not_simulated(void)
{
    g_autoptr(KvmDoor) door = kvm_kernel_door_new();

    g_assert_cmpstr(door->name, ==, "kvm");
    g_assert_false(door->simulated);
}

static void test_open_returns_a_descriptor(void)
{
    g_autoptr(KvmDoor) door = kvm_kernel_door_new();
    int fd = door->ops->open(door->host, "/dev/null", O_WRONLY);

    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(fcntl(fd, F_GETFL) & O_ACCMODE, ==, O_WRONLY);
    g_assert_cmpint(close(fd), ==, 0);
}

static void test_open_sets_cloexec(void)
{
    g_autoptr(KvmDoor) door = kvm_kernel_door_new();
    int fd = door->ops->open(door->host, "/dev/null", O_RDWR);

    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(fcntl(fd, F_GETFD) & FD_CLOEXEC, ==, FD_CLOEXEC);
    g_assert_cmpint(close(fd), ==, 0);
}

static void test_open_of_a_missing_path_fails(void)
{
    g_autoptr(KvmDoor) door = kvm_kernel_door_new();
    g_autoptr(GError) error = NULL;
    g_autofree char *directory = g_dir_make_tmp("test-kvm-kernel-XXXXXX", &error);
    g_autofree char *path = NULL;

    g_assert_no_error(error);
    path = g_build_filename(directory, "missing", NULL);
    g_assert_cmpint(door->ops->open(door->host, path, O_RDWR), ==, -ENOENT);
    g_assert_cmpint(g_rmdir(directory), ==, 0);
}

static void test_ioctl_hands_on_an_address(void)
{
    g_autoptr(KvmDoor) door = kvm_kernel_door_new();
    int ends[2];
    int available = 0;

    g_assert_cmpint(pipe2(ends, O_CLOEXEC), ==, 0);
    g_assert_cmpint(write(ends[1], "12345", 5), ==, 5);
    g_assert_cmpint(door->ops->ioctl(door->host, ends[0], FIONREAD, (unsigned long)&available), ==, 0);
    g_assert_cmpint(available, ==, 5);
    g_assert_cmpint(close(ends[0]), ==, 0);
    g_assert_cmpint(close(ends[1]), ==, 0);
}

static void test_ioctl_that_the_file_does_not_know_fails(void)
{
    g_autoptr(KvmDoor) door = kvm_kernel_door_new();
    int fd;

    if (skip_emulated("QEMU answers an ioctl that it does not know itself")) {
        return;
    }
    fd = make_memfd();
    g_assert_cmpint(door->ops->ioctl(door->host, fd, 0xae00UL, 0), ==, -ENOTTY);
    g_assert_cmpint(close(fd), ==, 0);
}

static void test_mmap_is_shared_and_writable(void)
{
    g_autoptr(KvmDoor) door = kvm_kernel_door_new();
    int fd = make_memfd();
    void *address = NULL;
    char byte = 0;

    g_assert_cmpint(door->ops->mmap(door->host, fd, LENGTH, &address), ==, 0);
    memset(address, 'x', LENGTH);
    g_assert_cmpint(pread(fd, &byte, 1, LENGTH - 1), ==, 1);
    g_assert_cmpint(byte, ==, 'x');
    g_assert_cmpint(door->ops->munmap(door->host, address, LENGTH), ==, 0);
    g_assert_cmpint(close(fd), ==, 0);
}

static void test_mmap_failure_leaves_the_address(void)
{
    g_autoptr(KvmDoor) door = kvm_kernel_door_new();
    char untouched;
    void *address = &untouched;

    g_assert_cmpint(door->ops->mmap(door->host, -1, LENGTH, &address), ==, -EBADF);
    g_assert_true(address == &untouched);
}

static void test_munmap_takes_the_mapping_away(void)
{
    g_autoptr(KvmDoor) door = kvm_kernel_door_new();
    int fd = make_memfd();
    void *address = NULL;

    g_assert_cmpint(door->ops->mmap(door->host, fd, LENGTH, &address), ==, 0);
    g_assert_cmpint(door->ops->munmap(door->host, address, LENGTH), ==, 0);
    g_assert_cmpint(msync(address, LENGTH, MS_ASYNC), ==, -1);
    g_assert_cmpint(errno, ==, ENOMEM);
    g_assert_cmpint(close(fd), ==, 0);
}

static void test_munmap_of_an_unaligned_address_fails(void)
{
    g_autoptr(KvmDoor) door = kvm_kernel_door_new();

    g_assert_cmpint(door->ops->munmap(door->host, (void *)1, LENGTH), ==, -EINVAL);
}

static void test_fallocate_punches_a_hole(void)
{
    g_autoptr(KvmDoor) door = kvm_kernel_door_new();
    int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    int fd = make_memfd();
    struct stat status;
    char byte = 'y';

    g_assert_cmpint(pwrite(fd, &byte, 1, 4096), ==, 1);
    g_assert_cmpint(door->ops->fallocate(door->host, fd, mode, 4096, 4096), ==, 0);
    g_assert_cmpint(pread(fd, &byte, 1, 4096), ==, 1);
    g_assert_cmpint(byte, ==, 0);
    g_assert_cmpint(fstat(fd, &status), ==, 0);
    g_assert_cmpint(status.st_size, ==, LENGTH);
    g_assert_cmpint(close(fd), ==, 0);
}

static void test_fallocate_of_nothing_fails(void)
{
    g_autoptr(KvmDoor) door = kvm_kernel_door_new();
    int fd = make_memfd();

    g_assert_cmpint(door->ops->fallocate(door->host, fd, 0, 0, 0), ==, -EINVAL);
    g_assert_cmpint(close(fd), ==, 0);
}

static void test_close_closes(void)
{
    g_autoptr(KvmDoor) door = kvm_kernel_door_new();
    int fd = make_memfd();

    g_assert_cmpint(door->ops->close(door->host, fd), ==, 0);
    g_assert_cmpint(fcntl(fd, F_GETFD), ==, -1);
}

static void test_close_of_a_closed_descriptor_fails(void)
{
    g_autoptr(KvmDoor) door = kvm_kernel_door_new();

    g_assert_cmpint(door->ops->close(door->host, -1), ==, -EBADF);
}

static void test_free_of_nothing(void)
{
    kvm_door_free(NULL);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/kvm-kernel/is-not-simulated", test_is_not_simulated);
    g_test_add_func("/kvm-kernel/open/returns-a-descriptor", test_open_returns_a_descriptor);
    g_test_add_func("/kvm-kernel/open/sets-cloexec", test_open_sets_cloexec);
    g_test_add_func("/kvm-kernel/open/missing-path", test_open_of_a_missing_path_fails);
    g_test_add_func("/kvm-kernel/ioctl/address", test_ioctl_hands_on_an_address);
    g_test_add_func("/kvm-kernel/ioctl/unknown", test_ioctl_that_the_file_does_not_know_fails);
    g_test_add_func("/kvm-kernel/mmap/shared-and-writable", test_mmap_is_shared_and_writable);
    g_test_add_func("/kvm-kernel/mmap/failure", test_mmap_failure_leaves_the_address);
    g_test_add_func("/kvm-kernel/munmap/takes-away", test_munmap_takes_the_mapping_away);
    g_test_add_func("/kvm-kernel/munmap/unaligned", test_munmap_of_an_unaligned_address_fails);
    g_test_add_func("/kvm-kernel/fallocate/punches-a-hole", test_fallocate_punches_a_hole);
    g_test_add_func("/kvm-kernel/fallocate/nothing", test_fallocate_of_nothing_fails);
    g_test_add_func("/kvm-kernel/close/closes", test_close_closes);
    g_test_add_func("/kvm-kernel/close/closed", test_close_of_a_closed_descriptor_fails);
    g_test_add_func("/kvm-kernel/free/null", test_free_of_nothing);
    return g_test_run();
}
