/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Inside the general part of the simulated host: the host itself and its open files.
 */
#ifndef HW_SIMHOST_FILE_H
#define HW_SIMHOST_FILE_H

#include "hw/sim-target.h"

struct SimHost {
    const SimTarget *target;
    void *target_host;
    GMutex lock;       /* of what follows, but not of constants, and of the reference counts of `files` */
    GHashTable *files; /* descriptor -> SimFile */
    GArray *mappings;  /* of SimMapping: what is mapped of vCPUs */
    char *engine_device;
    char *report;     /* SimHostOptions.report; constant */
    int report_error; /* the errno with which it could not be written, or 0 */
    char *no_engine;  /* why the last KVM_RUN could run nothing, or NULL */
    char *name;
};

/** What mmap(2) on a vCPU has returned. */
typedef struct SimMapping {
    void *address;
    size_t length;
    SimVcpu *vcpu; /* NULL: it is gone */
} SimMapping;

/** What an open file is of. */
typedef enum SimFileKind {
    SIM_FILE_KVM,
    SIM_FILE_DEVICE,
    SIM_FILE_VM,
    SIM_FILE_VCPU,
    SIM_FILE_GMEM,
    SIM_FILE_VM_DEVICE,
} SimFileKind;

/** An open file. A call that uses it holds a reference, so that closing its descriptor meanwhile is harmless.
 */
typedef struct SimFile {
    SimHost *host;
    SimFileKind kind;
    int open_flags;
    unsigned refs;
    SimVm *vm;               /* VM, VCPU, GMEM, VM_DEVICE: a reference */
    SimVcpu *vcpu;           /* VCPU: borrowed from the VM */
    SimGmem *gmem;           /* GMEM: owned */
    const SimDevice *device; /* DEVICE */
    uint32_t device_type;    /* VM_DEVICE */
} SimFile;

/**
 * A new descriptor: a memfd called @p name of @p size bytes. @p open_flags may have O_CLOEXEC. Returns it, or
 * a negative errno. It is closed with close(2) until it is installed.
 */
int sim_descriptor_new(const char *name, uint64_t size, int open_flags);

/** Puts a copy of @p file, whose ownership passes, behind @p fd, which sim_descriptor_new() made. Returns @p
 * fd. */
int sim_file_install(SimHost *host, int fd, const SimFile *file);

/** A reference to the file behind @p fd, or NULL. */
SimFile *sim_file_get(SimHost *host, int fd);

/** Drops a reference. The last one releases what the file is of; no VM's lock may be held then. */
void sim_file_unref(SimFile *file);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SimFile, sim_file_unref)

/**
 * The guest_memfd behind @p fd, which stays valid while the lock of its VM @p vm, which is held, is. NULL if
 * it is something else or of another VM.
 */
SimGmem *sim_host_find_gmem(SimHost *host, int fd, const SimVm *vm);

/**
 * Puts the page of the vCPU underneath @p vcpu where the VMM has mapped that of @p vcpu, and marks it
 * attached. False with errno set if that fails.
 */
bool sim_mappings_replace(SimVcpu *vcpu);
/** Forgets which vCPU the mappings of @p vcpu are of. */
void sim_mappings_forget(const SimVcpu *vcpu);

/* simhost-vm.c */

/** KVM_CREATE_VM. Returns a descriptor. */
int sim_vm_open(SimHost *host, unsigned long type);
/** Any ioctl of a VM. */
int sim_vm_ioctl(SimVm *vm, unsigned long request, unsigned long arg);
/** Any ioctl of a vCPU. */
int sim_vcpu_ioctl(SimVcpu *vcpu, unsigned long request, unsigned long arg);
/** KVM_CHECK_EXTENSION of /dev/kvm (@p vm is NULL) or a VM. */
int sim_check_extension(SimHost *host, const SimVm *vm, unsigned long extension);
/** One more reference. Returns @p vm. */
SimVm *sim_vm_ref(SimVm *vm);

/* simhost-device.c */

/** KVM_CREATE_DEVICE. */
int sim_device_open(SimVm *vm, unsigned long arg);
/** Any ioctl of a VM's device. Takes the VM's lock. */
int sim_device_ioctl(SimVm *vm, uint32_t type, unsigned long request, unsigned long arg);

/* simhost-slots.c */

/** KVM_SET_USER_MEMORY_REGION, or its second version if @p version2. */
int sim_slots_set(SimVm *vm, unsigned long arg, bool version2);
/** KVM_SET_MEMORY_ATTRIBUTES. */
int sim_attributes_set(SimVm *vm, unsigned long arg);

/* simhost-gmem.c */

/** KVM_CREATE_GUEST_MEMFD. Returns a descriptor. */
int sim_gmem_open(SimVm *vm, unsigned long arg);
/** fallocate(2) on a guest_memfd. Takes the VM's lock. */
int sim_gmem_fallocate(SimGmem *gmem, int mode, off_t offset, off_t length);
/**
 * Binds @p slot to the file @p fd at the slot's `gmem_offset`. Other slots that are bound to it count, except
 * one with the same id. The VM's lock is held.
 */
int sim_gmem_bind(SimVm *vm, SimSlot *slot, int fd);
/** Closes the file: unbinds its slots and gives back its pages. Takes the VM's lock. NULL is allowed. */
void sim_gmem_close(SimGmem *gmem);

#endif
