/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hw/kvm.h"
#include <errno.h>
#include <fcntl.h>
#include "hw/kvm-abi.h"

static bool again(int result)
{
    return result == -EINTR || result == -EAGAIN;
}

int kvm_try(const Kvm *kvm, int fd, unsigned long request, const void *arg)
{
    int result = -EINTR;

    for (int i = 0; i < KVM_RETRIES && again(result); i++) {
        result = kvm->door->ops->ioctl(kvm->door->host, fd, request, (unsigned long)arg);
    }
    return result;
}

int kvm_open_device(const KvmDoor *door, const char *path)
{
    int result = -EINTR;

    for (int i = 0; i < KVM_RETRIES && again(result); i++) {
        result = door->ops->open(door->host, path, O_RDWR | O_CLOEXEC);
    }
    return result;
}

int kvm_map_vcpu(const Kvm *kvm, int fd, void **ret_address)
{
    int result = -EINTR;

    for (int i = 0; i < KVM_RETRIES && again(result); i++) {
        result = kvm->door->ops->mmap(kvm->door->host, fd, kvm->run_size, ret_address);
    }
    return result;
}

/* What an errno of any KVM ioctl means whatever was asked. */
static const char *common_cause(int os_error)
{
    switch (os_error) {
    case ENOTTY:
        return "; this kernel's KVM does not know this call";
    case ENOMEM:
        return "; the kernel ran out of memory or of what its limits allow (RLIMIT_MEMLOCK, cgroups)";
    case EIO:
        return "; KVM considers the VM dead";
    case EMFILE:
    case ENFILE:
        return "; too many files are open, raise RLIMIT_NOFILE";
    default:
        return "";
    }
}

int kvm_call(const Kvm *kvm, int fd, unsigned long request, const char *name, const void *arg, Error **errp)
{
    int result = kvm_try(kvm, fd, request, arg);

    if (result < 0) {
        return error_set_errno_fd(errp, CGVM_ERROR_KERNEL, -result, "%s failed: %s%s", name,
                                  g_strerror(-result), common_cause(-result));
    }
    return result;
}

int kvm_check_extension(const Kvm *kvm, uint32_t cap)
{
    int result = kvm_try(kvm, kvm->fd, KVMIO_CHECK_EXTENSION, (const void *)(uintptr_t)cap);

    return MAX(result, 0);
}

int kvm_vm_check_extension(const Kvm *kvm, uint32_t cap)
{
    int result = kvm_try(kvm, kvm->vm_fd, KVMIO_CHECK_EXTENSION, (const void *)(uintptr_t)cap);

    return MAX(result, 0);
}

bool kvm_enable_cap(const Kvm *kvm, uint32_t cap, const char *name, uint64_t arg, Error **errp)
{
    KvmEnableCap enable = { .cap = cap, .args = { arg } };

    if (KVM_CALL(kvm, kvm->vm_fd, ENABLE_CAP, &enable, errp) < 0) {
        return error_prepend(errp, "cannot enable %s: ", name);
    }
    return true;
}

static const char *open_advice(int os_error)
{
    switch (os_error) {
    case ENOENT:
    case ENXIO:
    case ENODEV:
        return "load the KVM module and enable virtualization in the firmware, or try -accel sim";
    case EACCES:
    case EPERM:
        return "give this user the right to read and write it (group kvm)";
    default:
        return "see whether the KVM module is loaded";
    }
}

static bool kvm_read_properties(Kvm *kvm, Error **errp)
{
    int version = KVM_CALL(kvm, kvm->fd, GET_API_VERSION, NULL, errp);
    int size;

    if (version < 0) {
        return false;
    }
    if (version != KVM_ABI_VERSION) {
        return error_set(errp, CGVM_ERROR_UNSUPPORTED, "KVM has ABI version %d; cgvm needs version %d",
                         version, KVM_ABI_VERSION);
    }
    size = KVM_CALL(kvm, kvm->fd, GET_VCPU_MMAP_SIZE, NULL, errp);
    if (size < 0) {
        return false;
    }
    if ((size_t)size < sizeof(KvmRun)) {
        return error_set(errp, CGVM_ERROR_KERNEL, "KVM_GET_VCPU_MMAP_SIZE gave %d bytes, too few for a vCPU",
                         size);
    }
    kvm->run_size = size;
    return true;
}

Kvm *kvm_open(KvmDoor *door, const char *path, Error **errp)
{
    int fd = kvm_open_device(door, path);
    Kvm *kvm;

    if (fd < 0) {
        return error_set_errno_null(errp, CGVM_ERROR_KERNEL, -fd, "cannot open '%s': %s; %s", path,
                                    g_strerror(-fd), open_advice(-fd));
    }
    kvm = g_new0(Kvm, 1);
    kvm->door = door;
    kvm->fd = fd;
    kvm->vm_fd = -1;
    if (!kvm_read_properties(kvm, errp)) {
        kvm_close(kvm);
        return NULL;
    }
    return kvm;
}

bool kvm_create_vm(Kvm *kvm, uint32_t type, Error **errp)
{
    g_assert(kvm->vm_fd < 0);
    kvm->vm_fd = KVM_CALL(kvm, kvm->fd, CREATE_VM, (uintptr_t)type, errp);
    if (kvm->vm_fd < 0) {
        return error_prepend(errp, "cannot create a VM of type %u: ", type);
    }
    return true;
}

void kvm_close(Kvm *kvm)
{
    if (!kvm) {
        return;
    }
    if (kvm->vm_fd >= 0) {
        kvm->door->ops->close(kvm->door->host, kvm->vm_fd);
    }
    kvm->door->ops->close(kvm->door->host, kvm->fd);
    g_free(kvm);
}
