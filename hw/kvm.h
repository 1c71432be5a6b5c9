/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * A virtual machine of KVM: its descriptors, and calls through the door with errors that say what failed.
 *
 * A call that answers EINTR or EAGAIN is made again, for at most KVM_RETRIES times; KVM_RUN is never made
 * from here.
 */
#ifndef HW_KVM_H
#define HW_KVM_H

#include <stdint.h>
#include "hw/kvm-ops.h"
#include "qapi/error.h"

#define KVM_RETRIES 1000

typedef struct Kvm {
    KvmDoor *door;   /* borrowed */
    int fd;          /* of /dev/kvm */
    int vm_fd;       /* -1 before kvm_create_vm() */
    size_t run_size; /* bytes that each vCPU shares with us */
} Kvm;

/** Opens the device file @p path behind @p door for reading and writing. Returns a descriptor or a negative
 * errno. */
int kvm_open_device(const KvmDoor *door, const char *path);

/**
 * Opens KVM's device file @p path behind @p door, which must live longer than the result. Fails with
 * CGVM_ERROR_KERNEL: no such device, no right to use it, or an ABI version other than 12.
 */
Kvm *kvm_open(KvmDoor *door, const char *path, Error **errp);

/** Closes the VM and the device. All vCPUs and guest memory must be closed before. NULL is allowed. */
void kvm_close(Kvm *kvm);

/** Makes the one VM of @p kvm, of the architecture's type @p type. */
bool kvm_create_vm(Kvm *kvm, uint32_t type, Error **errp);

/** What KVM answers for capability @p cap of the device, or 0: probing cannot fail. */
int kvm_check_extension(const Kvm *kvm, uint32_t cap);
/** The same, asked of the VM, which may differ by its type. */
int kvm_vm_check_extension(const Kvm *kvm, uint32_t cap);

/** Enables capability @p cap of the VM; @p name is its name for messages. */
bool kvm_enable_cap(const Kvm *kvm, uint32_t cap, const char *name, uint64_t arg, Error **errp);

/** An ioctl on @p fd. Returns its result or a negative errno. */
int kvm_try(const Kvm *kvm, int fd, unsigned long request, const void *arg);

/** Maps the page that KVM shares about the vCPU @p fd. Returns 0 or a negative errno. */
int kvm_map_vcpu(const Kvm *kvm, int fd, void **ret_address);

/** kvm_try() with an error of kind CGVM_ERROR_KERNEL that names the ioctl @p name. Returns its result, or -1.
 */
int kvm_call(const Kvm *kvm, int fd, unsigned long request, const char *name, const void *arg, Error **errp);

/** kvm_call() with the name made of the request's: KVM_CALL(kvm, fd, CREATE_VCPU, arg, errp). */
#define KVM_CALL(kvm, fd, request, arg, errp)                                                                \
    kvm_call((kvm), (fd), KVMIO_##request, "KVM_" #request, (const void *)(arg), (errp))

#endif
