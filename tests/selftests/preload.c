/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * A library to preload: programs written for the kernel's KVM find the simulated host instead.
 *
 * It stands in front of the system calls that the C library offers and leads those on /dev/kvm, on /dev/sev
 * and on what was made from them to the simulated host; all others go on to the kernel. With it the kernel's
 * own selftests judge the simulated host (scripts/kernel-selftests). The environment variable CGVM_SIM_MODEL
 * names the host's model. Not for threads that open and close at once: the tests of the kernel do not.
 */
#undef _FILE_OFFSET_BITS /* or what is defined here would have the names that it gives: open64 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "hw/kvm-abi.h"
#include "hw/simhost.h"
#include "target-i386/sim-x86.h"

#define EXPORT          __attribute__((visibility("default")))
#define MAX_DESCRIPTORS 65536

int open(const char *path, int flags, ...) EXPORT;
int ioctl(int fd, unsigned long request, ...) EXPORT;
int close(int fd) EXPORT;
int fallocate(int fd, int mode, off_t offset, off_t length) EXPORT;
void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset) EXPORT;
ssize_t read(int fd, void *to, size_t size) EXPORT;
ssize_t write(int fd, const void *from, size_t size) EXPORT;
ssize_t pread(int fd, void *to, size_t size, off_t offset) EXPORT;
ssize_t pwrite(int fd, const void *from, size_t size, off_t offset) EXPORT;

static KvmDoor *the_door;
static bool simulated[MAX_DESCRIPTORS];
/* What the simulated host itself calls is for the kernel. */
static __thread unsigned inside;

static KvmDoor *door(void)
{
    if (!the_door) {
        SimHostOptions options = { .model = g_getenv("CGVM_SIM_MODEL") };
        g_autoptr(Error) error = NULL;

        inside++;
        the_door = simhost_door_new(&x86_sim_target, &options, &error);
        if (!the_door) {
            g_error("%s", cgvm_error_message(error));
        }
        inside--;
    }
    return the_door;
}

static bool is_simulated(int fd)
{
    return !inside && fd >= 0 && fd < MAX_DESCRIPTORS && simulated[fd];
}

static long answer(long ret)
{
    inside--;
    if (ret < 0) {
        errno = (int)-ret;
        return -1;
    }
    return ret;
}

static int answer_descriptor(int fd)
{
    if (fd >= 0) {
        g_assert(fd < MAX_DESCRIPTORS);
        simulated[fd] = true;
    }
    return (int)answer(fd);
}

int open(const char *path, int flags, ...)
{
    va_list list;
    unsigned mode;

    va_start(list, flags);
    mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(list, unsigned) : 0;
    va_end(list);
    if (inside || (strcmp(path, "/dev/kvm") != 0 && strcmp(path, "/dev/sev") != 0)) {
        return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    }
    door();
    inside++;
    return answer_descriptor(the_door->ops->open(the_door->host, path, flags));
}

int ioctl(int fd, unsigned long request, ...)
{
    va_list list;
    unsigned long arg;
    int ret;

    va_start(list, request);
    arg = va_arg(list, unsigned long);
    va_end(list);
    if (!is_simulated(fd)) {
        return (int)syscall(SYS_ioctl, fd, request, arg);
    }
    inside++;
    /* The kernel's number of a request has 32 bits. */
    request = (uint32_t)request;
    ret = the_door->ops->ioctl(the_door->host, fd, request, arg);
    return request == KVMIO_CREATE_VM || request == KVMIO_CREATE_VCPU || request == KVMIO_CREATE_GUEST_MEMFD
               ? answer_descriptor(ret)
               : (int)answer(ret);
}

int close(int fd)
{
    if (!is_simulated(fd)) {
        return (int)syscall(SYS_close, fd);
    }
    simulated[fd] = false;
    inside++;
    return (int)answer(the_door->ops->close(the_door->host, fd));
}

int fallocate(int fd, int mode, off_t offset, off_t length)
{
    if (!is_simulated(fd)) {
        return (int)syscall(SYS_fallocate, fd, mode, offset, length);
    }
    inside++;
    return (int)answer(the_door->ops->fallocate(the_door->host, fd, mode, offset, length));
}

void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
    void *mapped = MAP_FAILED;

    if (!is_simulated(fd) || flags & MAP_ANONYMOUS) {
        return (void *)syscall(SYS_mmap, address, length, protection, flags, fd, offset);
    }
    inside++;
    return answer(the_door->ops->mmap(the_door->host, fd, length, &mapped)) < 0 ? MAP_FAILED : mapped;
}

/* No file of KVM can be read or written: the kernel answers EINVAL without asking KVM. */
static ssize_t refuse(void)
{
    errno = EINVAL;
    return -1;
}

ssize_t read(int fd, void *to, size_t size)
{
    return is_simulated(fd) ? refuse() : syscall(SYS_read, fd, to, size);
}

ssize_t write(int fd, const void *from, size_t size)
{
    return is_simulated(fd) ? refuse() : syscall(SYS_write, fd, from, size);
}

ssize_t pread(int fd, void *to, size_t size, off_t offset)
{
    return is_simulated(fd) ? refuse() : syscall(SYS_pread64, fd, to, size, offset);
}

ssize_t pwrite(int fd, const void *from, size_t size, off_t offset)
{
    return is_simulated(fd) ? refuse() : syscall(SYS_pwrite64, fd, from, size, offset);
}
