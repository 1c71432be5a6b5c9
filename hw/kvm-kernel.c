/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The door that leads to the kernel of this machine.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "hw/kvm-ops.h"

static int kernel_open(G_GNUC_UNUSED void *host, const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC);

    return fd < 0 ? -errno : fd;
}

static int kernel_ioctl(G_GNUC_UNUSED void *host, int fd, unsigned long request, unsigned long arg)
{
    int result = ioctl(fd, request, arg);

    return result < 0 ? -errno : result;
}

static int kernel_mmap(G_GNUC_UNUSED void *host, int fd, size_t length, void **ret_address)
{
    void *address = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    if (address == MAP_FAILED) {
        return -errno;
    }
    *ret_address = address;
    return 0;
}

static int kernel_munmap(G_GNUC_UNUSED void *host, void *address, size_t length)
{
    return munmap(address, length) < 0 ? -errno : 0;
}

static int kernel_fallocate(G_GNUC_UNUSED void *host, int fd, int mode, off_t offset, off_t length)
{
    return fallocate(fd, mode, offset, length) < 0 ? -errno : 0;
}

static int kernel_close(G_GNUC_UNUSED void *host, int fd)
{
    return close(fd) < 0 ? -errno : 0;
}

static void kernel_free(G_GNUC_UNUSED void *host)
{
}

static const KvmOps kernel_ops = {
    .open = kernel_open,
    .ioctl = kernel_ioctl,
    .mmap = kernel_mmap,
    .munmap = kernel_munmap,
    .fallocate = kernel_fallocate,
    .close = kernel_close,
    .free = kernel_free,
};

KvmDoor *kvm_kernel_door_new(void)
{
    KvmDoor *door = g_new0(KvmDoor, 1);

    door->ops = &kernel_ops;
    door->name = "kvm";
    door->instead = "-accel sim to simulate one";
    return door;
}

void kvm_door_free(KvmDoor *door)
{
    if (!door) {
        return;
    }
    door->ops->free(door->host);
    g_free(door);
}

char *kvm_door_why_not(const KvmDoor *door)
{
    return door->ops->why_not ? door->ops->why_not(door->host) : NULL;
}

bool kvm_door_written(const KvmDoor *door, bool last, Error **errp)
{
    return !door->ops->written || door->ops->written(door->host, last, errp);
}
