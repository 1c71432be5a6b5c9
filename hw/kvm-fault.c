/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The door that makes chosen calls fail.
 */
#include <glib.h>
#include "hw/kvm-fault.h"

typedef struct FaultHost {
    KvmDoor *door; /* the one behind */
    KvmFault fault;
    char *path; /* fault.path points here */
    gint matches;
} FaultHost;

/* Counts a call that the fault is about. Returns the error it fails with, or 0 if it goes through. */
static int count_match(FaultHost *host)
{
    unsigned number = (unsigned)g_atomic_int_add(&host->matches, 1) + 1;

    return host->fault.nth == 0 || host->fault.nth == number ? -host->fault.error : 0;
}

static bool is_chosen_ioctl(const KvmFault *fault, unsigned long request, unsigned long arg)
{
    return fault->call == KVM_CALL_IOCTL && (fault->request == 0 || fault->request == request) &&
           (!fault->matches || fault->matches(arg, fault->value));
}

static int fault_open(void *opaque, const char *path, int flags)
{
    FaultHost *host = opaque;
    bool chosen = host->fault.call == KVM_CALL_OPEN && (!host->path || g_str_equal(host->path, path));
    int error = chosen ? count_match(host) : 0;

    return error ? error : host->door->ops->open(host->door->host, path, flags);
}

static int fault_ioctl(void *opaque, int fd, unsigned long request, unsigned long arg)
{
    FaultHost *host = opaque;
    int error = is_chosen_ioctl(&host->fault, request, arg) ? count_match(host) : 0;

    return error ? error : host->door->ops->ioctl(host->door->host, fd, request, arg);
}

static int fault_mmap(void *opaque, int fd, size_t length, void **ret_address)
{
    FaultHost *host = opaque;
    int error = host->fault.call == KVM_CALL_MMAP ? count_match(host) : 0;

    return error ? error : host->door->ops->mmap(host->door->host, fd, length, ret_address);
}

static int fault_munmap(void *opaque, void *address, size_t length)
{
    FaultHost *host = opaque;

    return host->door->ops->munmap(host->door->host, address, length);
}

static int fault_fallocate(void *opaque, int fd, int mode, off_t offset, off_t length)
{
    FaultHost *host = opaque;
    int error = host->fault.call == KVM_CALL_FALLOCATE ? count_match(host) : 0;

    return error ? error : host->door->ops->fallocate(host->door->host, fd, mode, offset, length);
}

static int fault_close(void *opaque, int fd)
{
    FaultHost *host = opaque;

    return host->door->ops->close(host->door->host, fd);
}

static char *fault_why_not(void *opaque)
{
    const FaultHost *host = opaque;

    return kvm_door_why_not(host->door);
}

static bool fault_written(void *opaque, bool last, Error **errp)
{
    const FaultHost *host = opaque;

    return kvm_door_written(host->door, last, errp);
}

static void fault_free(void *opaque)
{
    FaultHost *host = opaque;

    kvm_door_free(host->door);
    g_free(host->path);
    g_free(host);
}

static const KvmOps fault_ops = {
    .open = fault_open,
    .ioctl = fault_ioctl,
    .mmap = fault_mmap,
    .munmap = fault_munmap,
    .fallocate = fault_fallocate,
    .close = fault_close,
    .free = fault_free,
    .why_not = fault_why_not,
    .written = fault_written,
};

KvmDoor *kvm_fault_door_new(KvmDoor *door, const KvmFault *fault)
{
    FaultHost *host = g_new0(FaultHost, 1);
    KvmDoor *outer = g_new0(KvmDoor, 1);

    host->door = door;
    host->fault = *fault;
    host->path = g_strdup(fault->path);
    host->fault.path = host->path;

    outer->ops = &fault_ops;
    outer->host = host;
    outer->name = door->name;
    outer->instead = door->instead;
    outer->simulated = door->simulated;
    return outer;
}

unsigned kvm_fault_door_matches(const KvmDoor *door)
{
    FaultHost *host = door->host;

    return (unsigned)g_atomic_int_get(&host->matches);
}
