/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * A door to a host that writes down every call and answers what a test tells it to.
 */
#ifndef TESTS_UNIT_FAKE_DOOR_H
#define TESTS_UNIT_FAKE_DOOR_H

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <inttypes.h>
#include <stdlib.h>
#include "hw/kvm-abi.h"
#include "hw/kvm-ops.h"

#define FAKE_FIRST_FD 100
#define FAKE_MAX_FDS  32

/* Stands for a call that is no ioctl in FakeHost.refused. */
#define FAKE_OPEN      1UL
#define FAKE_MMAP      2UL
#define FAKE_FALLOCATE 3UL

typedef struct FakeHost {
    KvmDoor door;
    GString *log; /* a line for each call */
    bool is_open[FAKE_MAX_FDS];
    int n_fds;
    unsigned n_mappings; /* that exist */

    /* Answers. */
    int api_version;
    int run_size;
    int extension;

    /* The first `n_refusals` calls of `refused`, behind the first `n_passes`, fail with `error`. */
    unsigned long refused;
    unsigned n_passes;
    unsigned n_refusals;
    int error;

    /* Regions as they were set last, by slot. */
    KvmRegion2 regions[8];
} FakeHost;

static inline int fake_refusal(FakeHost *host, unsigned long call)
{
    if (call != host->refused || !host->n_refusals) {
        return 0;
    }
    if (host->n_passes) {
        host->n_passes--;
        return 0;
    }
    host->n_refusals--;
    return -host->error;
}

static inline int fake_new_fd(FakeHost *host)
{
    g_assert_cmpint(host->n_fds, <, FAKE_MAX_FDS);
    host->is_open[host->n_fds] = true;
    return FAKE_FIRST_FD + host->n_fds++;
}

static inline void fake_assert_open(const FakeHost *host, int fd)
{
    g_assert_cmpint(fd, >=, FAKE_FIRST_FD);
    g_assert_cmpint(fd, <, FAKE_FIRST_FD + host->n_fds);
    g_assert_true(host->is_open[fd - FAKE_FIRST_FD]);
}

static inline int fake_open(void *opaque, const char *path, int flags)
{
    FakeHost *host = opaque;
    int refusal = fake_refusal(host, FAKE_OPEN);

    g_assert_cmpint(flags, ==, O_RDWR | O_CLOEXEC);
    g_string_append_printf(host->log, "open %s\n", path);
    return refusal ? refusal : fake_new_fd(host);
}

static inline void fake_log_region(FakeHost *host, const KvmRegion *region, const char *name)
{
    g_string_append_printf(host->log, "%s slot %u flags %u 0x%" PRIx64 "+0x%" PRIx64 "\n", name, region->slot,
                           region->flags, region->guest_phys_addr, region->memory_size);
    g_assert_cmpuint(region->slot, <, G_N_ELEMENTS(host->regions));
}

static inline int fake_region(FakeHost *host, const KvmRegion *region)
{
    fake_log_region(host, region, "REGION");
    host->regions[region->slot] = (KvmRegion2){ .userspace_addr = region->userspace_addr };
    return 0;
}

static inline int fake_region2(FakeHost *host, const KvmRegion2 *region)
{
    fake_log_region(host, (const KvmRegion *)region, "REGION2");
    host->regions[region->slot] = *region;
    return 0;
}

static inline int fake_attributes(FakeHost *host, const KvmMemoryAttributes *attributes)
{
    g_assert_cmphex(attributes->flags, ==, 0);
    g_string_append_printf(host->log, "ATTRIBUTES 0x%" PRIx64 " 0x%" PRIx64 "+0x%" PRIx64 "\n",
                           attributes->attributes, attributes->address, attributes->size);
    return 0;
}

static inline int fake_guest_memfd(FakeHost *host, const KvmCreateGuestMemfd *create)
{
    g_assert_cmphex(create->flags, ==, 0);
    g_string_append_printf(host->log, "GUEST_MEMFD 0x%" PRIx64 "\n", create->size);
    return fake_new_fd(host);
}

static inline int fake_enable_cap(FakeHost *host, int fd, const KvmEnableCap *enable)
{
    g_assert_cmphex(enable->flags, ==, 0);
    g_string_append_printf(host->log, "ENABLE_CAP %d: %u 0x%" PRIx64 "\n", fd, enable->cap, enable->args[0]);
    return 0;
}

static inline int fake_ioctl_answer(FakeHost *host, int fd, unsigned long request, unsigned long arg)
{
    const void *data = (const void *)arg;

    switch (request) {
    case KVMIO_GET_API_VERSION:
        g_string_append_printf(host->log, "API_VERSION %lu\n", arg);
        return host->api_version;
    case KVMIO_GET_VCPU_MMAP_SIZE:
        g_string_append_printf(host->log, "VCPU_MMAP_SIZE %lu\n", arg);
        return host->run_size;
    case KVMIO_CHECK_EXTENSION:
        g_string_append_printf(host->log, "EXTENSION %d: %lu\n", fd, arg);
        return host->extension;
    case KVMIO_CREATE_VM:
    case KVMIO_CREATE_VCPU:
        g_string_append_printf(host->log, "CREATE_%s %lu\n", request == KVMIO_CREATE_VM ? "VM" : "VCPU", arg);
        return fake_new_fd(host);
    case KVMIO_ENABLE_CAP:
        return fake_enable_cap(host, fd, data);
    case KVMIO_SET_USER_MEMORY_REGION:
        return fake_region(host, data);
    case KVMIO_SET_USER_MEMORY_REGION2:
        return fake_region2(host, data);
    case KVMIO_SET_MEMORY_ATTRIBUTES:
        return fake_attributes(host, data);
    case KVMIO_CREATE_GUEST_MEMFD:
        return fake_guest_memfd(host, data);
    default:
        g_string_append_printf(host->log, "ioctl 0x%lx\n", request);
        return -ENOTTY;
    }
}

static inline int fake_ioctl(void *opaque, int fd, unsigned long request, unsigned long arg)
{
    FakeHost *host = opaque;
    int refusal = fake_refusal(host, request);

    fake_assert_open(host, fd);
    if (refusal) {
        g_string_append(host->log, "refused\n");
        return refusal;
    }
    return fake_ioctl_answer(host, fd, request, arg);
}

static inline int fake_mmap(void *opaque, int fd, size_t length, void **ret_address)
{
    FakeHost *host = opaque;
    int refusal = fake_refusal(host, FAKE_MMAP);

    fake_assert_open(host, fd);
    g_string_append_printf(host->log, "mmap %zu\n", length);
    if (!refusal) {
        *ret_address = g_malloc0(length);
        host->n_mappings++;
    }
    return refusal;
}

static inline int fake_munmap(void *opaque, void *address, size_t length)
{
    FakeHost *host = opaque;

    g_string_append_printf(host->log, "munmap %zu\n", length);
    g_free(address);
    host->n_mappings--;
    return 0;
}

static inline int fake_fallocate(void *opaque, int fd, int mode, off_t offset, off_t length)
{
    FakeHost *host = opaque;

    fake_assert_open(host, fd);
    g_string_append_printf(host->log, "fallocate %d: mode %d 0x%" PRIx64 "+0x%" PRIx64 "\n", fd, mode,
                           (uint64_t)offset, (uint64_t)length);
    return fake_refusal(host, FAKE_FALLOCATE);
}

static inline int fake_close(void *opaque, int fd)
{
    FakeHost *host = opaque;

    fake_assert_open(host, fd);
    g_string_append_printf(host->log, "close %d\n", fd);
    host->is_open[fd - FAKE_FIRST_FD] = false;
    return 0;
}

/* The host is the test's. */
static inline void fake_free(void *opaque G_GNUC_UNUSED)
{
}

static inline void fake_host_init(FakeHost *host)
{
    static const KvmOps ops = {
        .open = fake_open,
        .ioctl = fake_ioctl,
        .mmap = fake_mmap,
        .munmap = fake_munmap,
        .fallocate = fake_fallocate,
        .close = fake_close,
        .free = fake_free,
    };

    *host = (FakeHost){
        .door = { .ops = &ops, .host = host, .name = "fake" },
        .log = g_string_new(NULL),
        .api_version = KVM_ABI_VERSION,
        .run_size = 3 * 4096,
        .extension = 1,
    };
}

/* Everything that was opened must be closed again. */
static inline void fake_host_clear(FakeHost *host)
{
    for (int i = 0; i < host->n_fds; i++) {
        g_assert_false(host->is_open[i]);
    }
    g_assert_cmpuint(host->n_mappings, ==, 0);
    g_string_free(host->log, TRUE);
}

/* The calls since the last time. */
static inline void fake_assert_log(FakeHost *host, const char *expected)
{
    g_assert_cmpstr(host->log->str, ==, expected);
    g_string_truncate(host->log, 0);
}

/* How many calls there were since the last time. */
static inline unsigned fake_count_calls(FakeHost *host)
{
    unsigned count = 0;

    for (const char *p = host->log->str; *p; p++) {
        count += *p == '\n';
    }
    g_string_truncate(host->log, 0);
    return count;
}

/* The next @p count calls of @p call fail with @p error. */
static inline void fake_refuse(FakeHost *host, unsigned long call, unsigned count, int error)
{
    host->refused = call;
    host->n_passes = 0;
    host->n_refusals = count;
    host->error = error;
}

#endif
