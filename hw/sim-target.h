/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * What an architecture and the general part of the simulated host are to each other.
 *
 * A SimTarget is the architecture's side: functions that the general part calls when a system call is not its
 * own business. In the other direction the general part lends the functions at the end of this header. Names
 * follow the kernel's division of labour: virt/kvm is the general part, arch/ARCH/kvm and its drivers are the
 * target.
 *
 * Return values are those of the system calls: >= 0, or a negative errno.
 *
 * Locks, in the order in which they may be taken: a VM's `lock` (the kernel's kvm->lock and slots_lock in
 * one), a vCPU's `lock` (vcpu->mutex), the target's own, the host's table of descriptors.
 */
#ifndef HW_SIM_TARGET_H
#define HW_SIM_TARGET_H

#include <glib.h>
#include "hw/kvm-abi.h"
#include "hw/simhost.h"

#define SIM_PAGE_SIZE UINT64_C(4096)

typedef struct SimHost SimHost;
typedef struct SimGmem SimGmem;
typedef struct SimEngine SimEngine; /* hw/simhost-engine.h */

/** Guest memory, whole pages. */
typedef struct SimRange {
    uint64_t start, end;
} SimRange;

/** A simulated VM. It lives as long as a descriptor of it, of one of its vCPUs or of its memory is open. */
typedef struct SimVm {
    SimHost *host;
    void *target_host;  /* what SimTarget.host_new returned */
    unsigned long type; /* the argument of KVM_CREATE_VM */
    GMutex lock;
    GPtrArray *vcpus;         /* of SimVcpu, in order of creation, which is the kernel's index order */
    bool has_private_memory;  /* set by SimTarget.vm_create */
    bool has_protected_state; /* the same: registers become inaccessible, there are no read-only slots */
    void *arch;               /* the target's own */
    GArray *slots;            /* of SimSlot; simhost-slots.c */
    GArray *private_ranges;   /* of SimRange, sorted and disjoint; simhost-slots.c */
    SimEngine *engine;        /* runs the guest, or NULL; made by the target, freed with the VM */
    gint refs;                /* simhost-vm.c, as the next */
    GPid pid;
} SimVm;

/** A simulated vCPU. It lives as long as its VM. */
typedef struct SimVcpu {
    SimVm *vm;
    unsigned long id; /* the argument of KVM_CREATE_VCPU */
    KvmRun *run;      /* mapped, like the VMM's own; changes with the lock held */
    GMutex lock;
    void *arch;
    int engine_fd;    /* the vCPU underneath, or -1; simhost-engine.c */
    bool is_attached; /* what is shared is that one's page; the host's lock */
} SimVcpu;

/** A memory slot. */
typedef struct SimSlot {
    uint32_t id;
    uint32_t flags;
    uint64_t gpa, size;
    uint64_t userspace_addr;
    SimGmem *gmem; /* NULL: none, or the file was closed */
    uint64_t gmem_offset;
} SimSlot;

/** A device file besides /dev/kvm. */
typedef struct SimDevice {
    const char *path;
    /** ioctl(2) on a descriptor that was opened with @p open_flags. */
    int (*ioctl)(void *target_host, int open_flags, unsigned long request, unsigned long arg);
} SimDevice;

/** The target's side. Every function is mandatory, unless it says otherwise. `vm->lock` is held where a VM is
 * given, unless it says otherwise. */
struct SimTarget {
    const char *name;
    const SimDevice *devices;
    size_t n_devices;
    unsigned long max_vcpu_ids;
    unsigned max_address_spaces; /* of memory slots, in a VM without private memory */
    size_t run_size;             /* what KVM_GET_VCPU_MMAP_SIZE returns */
    bool has_readonly_slots;     /* KVM_MEM_READONLY */
    bool has_guest_memfd;        /* guest_memfd and memory attributes, for VMs with private memory */

    /** A new host as @p options say. NULL with an error if it does not know them. */
    void *(*host_new)(const SimHostOptions *options, Error **errp);
    /** Frees it; all VMs are gone. */
    void (*host_free)(void *target_host);
    /** The name of its model, owned by it. */
    const char *(*host_model)(const void *target_host);

    /** KVM_CHECK_EXTENSION for what the general part does not know. @p vm is NULL for /dev/kvm. */
    int (*check_extension)(const void *target_host, const SimVm *vm, unsigned long extension);
    /** An ioctl of /dev/kvm that the general part does not know. No lock is held. */
    int (*system_ioctl)(void *target_host, unsigned long request, unsigned long arg);
    /** KVM_GET_DEVICE_ATTR of /dev/kvm: 0 with the value, or -ENXIO. */
    int (*system_attr)(const void *target_host, uint32_t group, uint64_t attr, uint64_t *ret_value);

    /** KVM_CREATE_VM: checks `vm->type`, sets `arch` and the two properties. -EINVAL for a type it does not
     * offer. */
    int (*vm_create)(SimVm *vm);
    /** Frees `vm->arch`. The vCPUs and all memory are gone; nobody else knows the VM and no lock is held. */
    void (*vm_free)(SimVm *vm);
    /** An ioctl of a VM that the general part does not know. */
    int (*vm_ioctl)(SimVm *vm, unsigned long request, unsigned long arg);
    /** KVM_ENABLE_CAP. */
    int (*vm_enable_cap)(SimVm *vm, const KvmEnableCap *cap);
    /**
     * kvm_arch_prepare_memory_region(): whether a slot may become @p slot, after the general checks. @p slot
     * is NULL if one is about to be deleted. May be NULL: all may.
     */
    int (*slot_prepare)(SimVm *vm, const SimSlot *slot);
    /** Private pages at @p address (in this process) are about to be given back, which the kernel has
     * prepared. Given if `has_guest_memfd` is true. */
    void (*memory_invalidate)(SimVm *vm, uint8_t *address, size_t length);
    /** The slots of @p vm, which has an engine, are others now. 0, or what KVM_SET_USER_MEMORY_REGION
     * returns. NULL in a target that makes no engines. */
    int (*slots_changed)(SimVm *vm);

    /** Whether @p vm can have a device of @p type (KVM_CREATE_DEVICE), which exists from now on unless @p
     * test: 0, or an errno. NULL: there are none. */
    int (*device_create)(SimVm *vm, uint32_t type, bool test);
    /** KVM_SET_, KVM_GET_ or KVM_HAS_DEVICE_ATTR of a device. Given if `device_create` is. */
    int (*device_attr)(SimVm *vm, uint32_t type, unsigned long request, const KvmDeviceAttr *attr);

    /** Fills `vcpu->arch` of a new vCPU, whose `run` is zeroed. */
    int (*vcpu_create)(SimVcpu *vcpu);
    /** Frees it. Nobody else knows the vCPU any more. */
    void (*vcpu_free)(SimVcpu *vcpu);
    /** An ioctl of a vCPU other than KVM_RUN, with the vCPU's lock held but not the VM's. */
    int (*vcpu_ioctl)(SimVcpu *vcpu, unsigned long request, unsigned long arg);
    /**
     * kvm_arch_vcpu_async_ioctl(): an ioctl that does not wait for the vCPU's lock, which is not held, nor is
     * the VM's. -ENOTTY if it is none of these. May be NULL: there are none.
     */
    int (*vcpu_async_ioctl)(SimVcpu *vcpu, unsigned long request, unsigned long arg);
    /** KVM_RUN after the general checks, with the vCPU's lock held but not the VM's. */
    int (*vcpu_run)(SimVcpu *vcpu);
};

/* simhost-user.c: the caller's memory, which may be anything. */

/** Copies @p size bytes from @p address. 0, or -EFAULT if not all of them are readable. */
int sim_copy_from_user(void *to, uint64_t address, size_t size);
/** Copies @p size bytes to @p address. 0, or -EFAULT if not all of them are writable. */
int sim_copy_to_user(uint64_t address, const void *from, size_t size);

/**
 * Whether the kernel could pin these pages: 0, -EINVAL for an empty range or one that wraps around, -ENOMEM
 * if not all of it is readable and, if @p write is set, writable. Memory that only its owner may not exceed
 * (RLIMIT_MEMLOCK) is not accounted for.
 */
int sim_pin_user(uint64_t address, uint64_t size, bool write);

/** Whether the page at @p address is of hugetlbfs. False if the kernel does not tell. It takes milliseconds.
 */
bool sim_user_is_hugetlb(uint64_t address);

/* simhost.c */

/** The type of the device of @p vm behind @p fd, or -1 if it is none. */
int64_t sim_host_device_type(SimHost *host, int fd, const SimVm *vm);
/** Remembers why KVM_RUN fails, with -ENOSYS if nothing can run the guest: the message of @p error, which is
 * freed. */
void sim_host_set_no_engine(SimHost *host, Error *error);
/** The same because the guest's script has no step left. */
void sim_host_script_is_over(SimHost *host);
/** The same because the target runs no guest code, and there is no script either. */
void sim_host_lacks_script(SimHost *host);
/** Appends the line of a launch by @p mechanism with @p digest, in hexadecimal, to SimHostOptions.report, if
 * there is one. What goes wrong is said by KvmOps.written. */
void sim_host_report(SimHost *host, const char *mechanism, const char *digest);
/** Whether @p fd is open on the target's device @p path. */
bool sim_host_fd_is_device(SimHost *host, int fd, const char *path);
/**
 * A reference to the VM behind @p fd of @p door, if that is a simulated host of @p target and the descriptor
 * one of a VM; else NULL.
 */
SimVm *sim_door_get_vm(const KvmDoor *door, const SimTarget *target, int fd);

/* simhost-vm.c */

/**
 * Takes the VM's lock of @p vcpu, whose own is held. As that comes second, it is given up for a moment, in
 * which another call for the vCPU may have come first. The caller unlocks `vcpu->vm->lock`.
 */
void sim_vcpu_lock_vm(SimVcpu *vcpu);
/** Drops a reference; frees the VM with the last one. Takes the VM's lock then. */
void sim_vm_unref(SimVm *vm);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SimVm, sim_vm_unref)

/* simhost-slots.c, all with the VM's lock held */

/** The slot with guest address @p gpa, or NULL. */
SimSlot *sim_vm_find_slot(SimVm *vm, uint64_t gpa);
/** Whether the page at @p gpa has the attribute PRIVATE. */
bool sim_vm_is_private(const SimVm *vm, uint64_t gpa);
/** The same; @p *ret_end is where that ends. */
bool sim_vm_find_private(const SimVm *vm, uint64_t gpa, uint64_t *ret_end);

/* simhost-gmem.c, with the VM's lock held */

/**
 * Puts initial contents into one page: @p page is the memory in this process that backs @p gpa, @p source the
 * caller's address of its contents (0 if there are none). 0 makes the page `prepared`; an errno stops the
 * whole.
 */
typedef int SimPopulate(SimVm *vm, uint64_t gpa, uint8_t *page, uint64_t source, void *opaque);

/**
 * kvm_gmem_populate() of virt/kvm/guest_memfd.c: calls @p populate for @p n_pages from @p gpa, which lies in
 * a slot with guest_memfd, but not beyond the end of the slot. @p source advances by a page for each, unless
 * it is 0. Returns how many it did, or the errno of the first: -EFAULT if the file is closed, -EEXIST if the
 * page is prepared, -EINVAL if it is not private, or what @p populate returned.
 */
int64_t sim_gmem_populate(SimVm *vm, uint64_t gpa, uint64_t source, uint64_t n_pages, SimPopulate *populate,
                          void *opaque);

/**
 * kvm_gmem_get_pfn() of the same file: the memory in this process that backs the private page at @p gpa,
 * which lies in a slot with guest_memfd. A page that was not used yet is zeros, and @p prepare, which is
 * called as above without a source, makes it the guest's. 0 with *@p ret_page, -EFAULT if the file is closed,
 * or what @p prepare returned.
 */
int sim_gmem_get_page(SimVm *vm, uint64_t gpa, SimPopulate *prepare, void *opaque, uint8_t **ret_page);

/** The memory in this process that backs the slot's private pages, in one piece. NULL if there is none. */
uint8_t *sim_gmem_memory(const SimSlot *slot);
/** Whether the private page at @p gpa of the slot has been used since it was given back. */
bool sim_gmem_is_used(const SimSlot *slot, uint64_t gpa);
/**
 * Puts the slot's private pages out of everybody's reach, until they are opened; those that are given back
 * are from now on, too.
 */
void sim_gmem_guard(const SimSlot *slot);
/** Opens the pages from @p gpa of the slot, or closes them. False if they cannot be. */
bool sim_gmem_set_open(const SimSlot *slot, uint64_t gpa, uint64_t n_pages, bool open);

#endif
