/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The memory of the simulated host's caller, which is memory of this process but may be any address.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>
#include "hw/sim-target.h"

#define PIPE_BYTES 65536u /* what a pipe has room for, unless its user has many */

typedef ssize_t TransferFn(pid_t, const struct iovec *, unsigned long, const struct iovec *, unsigned long,
                           unsigned long);

static bool is_forbidden(int error)
{
    return error == EPERM || error == ENOSYS;
}

/* By way of a pipe, which takes as much as it has room for: a page at least. */
static int transfer_by_pipe(void *to, const void *from, size_t size)
{
    int ends[2], ret = 0;
    ssize_t n;

    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) {
        return -errno;
    }
    for (size_t done = 0; done < size && ret == 0; done += (size_t)n) {
        n = write(ends[1], (const uint8_t *)from + done, MIN(size - done, PIPE_BYTES));
        if (n <= 0 || read(ends[0], (uint8_t *)to + done, (size_t)n) != n) {
            ret = -EFAULT;
        }
    }
    close(ends[0]);
    close(ends[1]);
    return ret;
}

/*
 * The kernel does the copying, because it knows which addresses are mapped. A sandbox may forbid the call
 * that is made for it, and an emulator may not have it.
 */
static int transfer(TransferFn *transfer_fn, void *local, uint64_t address, size_t size)
{
    void *remote = (void *)(uintptr_t)address;
    struct iovec local_vector = { .iov_base = local, .iov_len = size };
    struct iovec remote_vector = { .iov_base = remote, .iov_len = size };
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
    if (!is_forbidden(errno)) {
        return -EFAULT;
    }
    return transfer_fn == process_vm_readv ? transfer_by_pipe(local, remote, size)
                                           : transfer_by_pipe(remote, local, size);
}

int sim_copy_from_user(void *to, uint64_t address, size_t size)
{
    return transfer(process_vm_readv, to, address, size);
}

int sim_copy_to_user(uint64_t address, const void *from, size_t size)
{
    return transfer(process_vm_writev, (void *)(uintptr_t)from, address, size);
}

#define PINS_AT_ONCE 256

/* A byte of each page says it all; it is written back as it was read. */
static bool touch_pages(uint64_t page, size_t n, bool write)
{
    uint8_t bytes[PINS_AT_ONCE];
    struct iovec local = { .iov_base = bytes, .iov_len = n };
    struct iovec remote[PINS_AT_ONCE];
    ssize_t done;

    for (size_t i = 0; i < n; i++) {
        remote[i] = (struct iovec){
            .iov_base = (void *)(uintptr_t)(page + i * SIM_PAGE_SIZE),
            .iov_len = 1,
        };
    }
    done = process_vm_readv(getpid(), &local, 1, remote, n, 0);
    if (done < 0 && is_forbidden(errno)) {
        for (size_t i = 0; i < n; i++) {
            if (transfer_by_pipe(bytes, remote[i].iov_base, 1) < 0 ||
                (write && transfer_by_pipe(remote[i].iov_base, bytes, 1) < 0)) {
                return false;
            }
        }
        return true;
    }
    if (done == (ssize_t)n && write) {
        done = process_vm_writev(getpid(), &local, 1, remote, n, 0);
    }
    return done == (ssize_t)n;
}

/*
 * How far from @address on memory is mapped and readable: what is pinned for reading may be all of a guest's,
 * and touching that takes longer than the whole launch. 0 if nothing is, or the kernel does not tell.
 */
static uint64_t readable_end(uint64_t address)
{
    g_autofree char *maps = NULL;
    uint64_t end = 0;

    if (!g_file_get_contents("/proc/self/maps", &maps, NULL, NULL)) {
        return 0;
    }
    for (const char *line = maps; line && *line; line = strchr(line, '\n')) {
        uint64_t first, last;
        char readable;

        line += *line == '\n';
        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %c", &first, &last, &readable) == 3 && readable == 'r' &&
            first <= MAX(address, end) && last > MAX(address, end)) {
            end = last;
        }
    }
    return end;
}

int sim_pin_user(uint64_t address, uint64_t size, bool write)
{
    uint64_t page = address & ~(SIM_PAGE_SIZE - 1), n_pages;

    if (size == 0 || address + size < address) {
        return -EINVAL;
    }
    if (address + size > UINTPTR_MAX) {
        return -ENOMEM;
    }
    n_pages = (address + size - 1 - page) / SIM_PAGE_SIZE + 1;
    if (!write && n_pages > PINS_AT_ONCE && readable_end(address) >= address + size) {
        return 0;
    }
    while (n_pages > 0) {
        size_t n = MIN(n_pages, PINS_AT_ONCE);

        if (!touch_pages(page, n, write)) {
            return -ENOMEM;
        }
        page += n * SIM_PAGE_SIZE;
        n_pages -= n;
    }
    return 0;
}

bool sim_user_is_hugetlb(uint64_t address)
{
    g_autofree char *maps = NULL;
    bool is_here = false;
    size_t left;

    if (!g_file_get_contents("/proc/self/smaps", &maps, &left, NULL)) {
        return false;
    }
    /* Each line becomes a string of its own: sscanf() looks for the end of its input first. */
    for (char *line = maps, *end; (end = memchr(line, '\n', left)) != NULL; line = end + 1) {
        uint64_t first, last, size;

        left -= (size_t)(end - line) + 1;
        *end = '\0';
        if (sscanf(line, "%" SCNx64 "-%" SCNx64 " ", &first, &last) == 2) {
            is_here = address >= first && address < last;
        } else if (is_here && sscanf(line, "KernelPageSize: %" SCNu64 " kB", &size) == 1) {
            return size * 1024 > (uint64_t)sysconf(_SC_PAGESIZE);
        }
    }
    return false;
}
