/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The devices of a simulated VM, such as interrupt controllers; kvm_ioctl_create_device() and
 * kvm_device_ioctl() of virt/kvm/kvm_main.c in Linux 6.12.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>
#include "hw/simhost-file.h"

/* Whoever has asked gets the number of the descriptor, or there is none. */
static int install(SimVm *vm, KvmCreateDevice *create, unsigned long arg)
{
    const SimTarget *target = vm->host->target;
    SimFile file = { .kind = SIM_FILE_VM_DEVICE, .open_flags = O_RDWR, .device_type = create->type };
    int fd = sim_descriptor_new("kvm-device (simulated)", 0, O_CLOEXEC), ret;

    if (fd < 0) {
        return fd;
    }
    create->fd = (uint32_t)fd;
    ret = sim_copy_to_user(arg, create, sizeof(*create));
    if (ret == 0) {
        ret = target->device_create(vm, create->type, false);
    }
    if (ret < 0) {
        close(fd);
        return ret;
    }
    file.vm = sim_vm_ref(vm);
    sim_file_install(vm->host, fd, &file);
    return 0;
}

int sim_device_open(SimVm *vm, unsigned long arg)
{
    const SimTarget *target = vm->host->target;
    KvmCreateDevice create;
    int ret = sim_copy_from_user(&create, arg, sizeof(create));

    if (ret < 0) {
        return ret;
    }
    if (!target->device_create) {
        return -ENODEV;
    }
    ret = target->device_create(vm, create.type, true);
    if (ret < 0 || create.flags & KVM_CREATE_DEVICE_TEST) {
        return ret;
    }
    return install(vm, &create, arg);
}

int sim_device_ioctl(SimVm *vm, uint32_t type, unsigned long request, unsigned long arg)
{
    g_autoptr(GMutexLocker) locker = NULL;
    KvmDeviceAttr attr;
    int ret;

    if (vm->pid != getpid()) {
        return -EIO;
    }
    if (request != KVMIO_SET_DEVICE_ATTR && request != KVMIO_GET_DEVICE_ATTR &&
        request != KVMIO_HAS_DEVICE_ATTR) {
        return -ENOTTY;
    }
    ret = sim_copy_from_user(&attr, arg, sizeof(attr));
    if (ret < 0) {
        return ret;
    }
    locker = g_mutex_locker_new(&vm->lock);
    return vm->host->target->device_attr(vm, type, request, &attr);
}
