/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The memory of the simulated host's caller, which is memory of this process but may be any address.
 */
#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>
#include "hw/sim-target.h"

typedef ssize_t TransferFn(pid_t, const struct iovec *, unsigned long, const struct iovec *, unsigned long,
                           unsigned long);

/*
 * The kernel does the copying, because it knows which addresses are mapped. A sandbox may forbid that system
 * call; then only the page at 0 is known to be bad, and any other bad address is the caller's crash.
 */
static int transfer(TransferFn *transfer_fn, void *local, uint64_t address, size_t size)
{
    struct iovec local_vector = { .iov_base = local, .iov_len = size };
    struct iovec remote_vector = { .iov_base = (void *)(uintptr_t)address, .iov_len = size };
    ssize_t done;

    if (address != (uintptr_t)address) {
        return -EFAULT;
    }
    if (size == 0) {
        return 0;
    }
    done = transfer_fn(getpid(), &local_vector, 1, &remote_vector, 1, 0);
    if (done >= 0) {
        return (size_t)done == size ? 0 : -EFAULT;
    }
    if (errno != EPERM && errno != ENOSYS) {
        return -EFAULT;
    }
    if (address < SIM_PAGE_SIZE || address + size < address) {
        return -EFAULT;
    }
    if (transfer_fn == process_vm_readv) {
        memcpy(local, (const void *)(uintptr_t)address, size);
    } else {
        memcpy((void *)(uintptr_t)address, local, size);
    }
    return 0;
}

int sim_copy_from_user(void *to, uint64_t address, size_t size)
{
    return transfer(process_vm_readv, to, address, size);
}

int sim_copy_to_user(uint64_t address, const void *from, size_t size)
{
    return transfer(process_vm_writev, (void *)(uintptr_t)from, address, size);
}
