/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The door to KVM: the system calls through which cgvm reaches a host, as a table.
 *
 * Everything above this table runs the same code whatever is behind it: the kernel (kvm-kernel.c), the
 * simulated host (simhost.c), or one of the decorators trace (kvm-trace.c) and fault (kvm-fault.c) around
 * another door. The table stays at the level of system calls, so that what a test sees is the exact structure
 * and order that a kernel would see. Guest memory is ordinary memory of the process, which every
 * implementation reads in place.
 *
 * All functions may be called from any thread. KVM_RUN blocks without any lock that other calls need, and
 * returns -EINTR on a signal or when immediate_exit is set.
 */
#ifndef HW_KVM_OPS_H
#define HW_KVM_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "qapi/error.h"

/** Each function returns a value >= 0, or a negative errno. `host` is the implementation's own. */
typedef struct KvmOps {
    /** open(2) of a device file; the descriptor is closed with `close`. */
    int (*open)(void *host, const char *path, int flags);
    /** ioctl(2). `arg` is the argument as the kernel would get it: a value or an address. */
    int (*ioctl)(void *host, int fd, unsigned long request, unsigned long arg);
    /** mmap(2) of `length` bytes from offset 0, shared, readable and writable. Sets *ret_address on success.
     */
    int (*mmap)(void *host, int fd, size_t length, void **ret_address);
    /** munmap(2) of exactly what `mmap` returned. */
    int (*munmap)(void *host, void *address, size_t length);
    /** fallocate(2). */
    int (*fallocate)(void *host, int fd, int mode, off_t offset, off_t length);
    /** close(2). The descriptor is gone whatever is returned. */
    int (*close)(void *host, int fd);
    /** Frees the implementation itself; all its descriptors and mappings must be closed before. */
    void (*free)(void *host);
    /**
     * Why KVM_RUN has failed: with -ENOSYS, which no kernel returns, what keeps this host from running guest
     * code, else what the guest has done, as a phrase to be freed. NULL if it does not know, and the function
     * may be NULL.
     */
    char *(*why_not)(void *host);
    /**
     * Whether all that was to be written into files on the way, such as a trace, has been; with @p last they
     * are closed first, and later calls are not written any more. False with CGVM_ERROR_IO, whose message
     * names the file, as often as it is called after a failure. NULL: it writes none.
     */
    bool (*written)(void *host, bool last, Error **errp);
} KvmOps;

/** A door that somebody owns: implementation, its data, and what to call it. */
typedef struct KvmDoor {
    const KvmOps *ops;
    void *host;
    const char *name;    /* "kvm", "simulated Milan host": for messages */
    bool simulated;      /* printed wherever a result is, never branched on */
    const char *instead; /* what to use where this host lacks something: behind "..., or " in messages */
} KvmDoor;

/** Frees @p door and what is behind it. NULL is allowed. */
void kvm_door_free(KvmDoor *door);

/** KvmOps.why_not of @p door: to be freed, or NULL. */
char *kvm_door_why_not(const KvmDoor *door);

/** KvmOps.written of @p door. */
bool kvm_door_written(const KvmDoor *door, bool last, Error **errp);

/** The kernel of this machine. Never fails; a missing device is found by the first `open`. */
KvmDoor *kvm_kernel_door_new(void);

#endif
