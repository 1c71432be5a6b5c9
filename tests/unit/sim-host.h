/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * A simulated host with an SNP VM and a plain one, for tests of its general part.
 */
#ifndef TESTS_UNIT_SIM_HOST_H
#define TESTS_UNIT_SIM_HOST_H

#include <dirent.h>
#include <fcntl.h>
#include <glib.h>
#include <stdint.h>
#include <sys/mman.h>
#include "target-i386/kvm-x86-abi.h"
#include "target-i386/sim-x86.h"

#define MIB        UINT64_C(0x100000)
#define BAD        0x10 /* an address that nobody has */
#define RUN_SIZE   12288

#define EVERYTHING UINT64_C(0xffffffffffffffff)

typedef struct Fixture {
    KvmDoor *door;
    int n_open; /* descriptors of this process before */
    int kvm;
    int vm;    /* of type SNP */
    int plain; /* of the default type */
    uint8_t *memory;
} Fixture;

/* How many descriptors this process has open. */
static inline int count_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    int n = 0;

    g_assert_nonnull(directory);
    while (readdir(directory)) {
        n++;
    }
    closedir(directory);
    return n;
}

/* An ioctl through the door. */
static inline int call(Fixture *fixture, int fd, unsigned long request, unsigned long arg)
{
    return fixture->door->ops->ioctl(fixture->door->host, fd, request, arg);
}

static inline int call_with(Fixture *fixture, int fd, unsigned long request, const void *arg)
{
    return call(fixture, fd, request, (uintptr_t)arg);
}

static inline int close_fd(Fixture *fixture, int fd)
{
    return fixture->door->ops->close(fixture->door->host, fd);
}

static inline int open_path(Fixture *fixture, const char *path, int flags)
{
    return fixture->door->ops->open(fixture->door->host, path, flags);
}

static inline void set_up(Fixture *fixture, gconstpointer data)
{
    Error *error = NULL;

    (void)data;
    fixture->n_open = count_descriptors();
    fixture->door = simhost_door_new(&x86_sim_target, NULL, &error);
    g_assert_null(error);
    fixture->kvm = open_path(fixture, "/dev/kvm", O_RDWR | O_CLOEXEC);
    g_assert_cmpint(fixture->kvm, >=, 0);
    fixture->vm = call(fixture, fixture->kvm, KVMIO_CREATE_VM, KVM_VM_TYPE_SNP);
    fixture->plain = call(fixture, fixture->kvm, KVMIO_CREATE_VM, KVM_VM_TYPE_DEFAULT);
    g_assert_cmpint(fixture->vm, >=, 0);
    g_assert_cmpint(fixture->plain, >=, 0);
    fixture->memory = mmap(NULL, 4 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    g_assert_true(fixture->memory != MAP_FAILED);
}

/* Nothing of the host is left open, whatever the test left. */
static inline void tear_down(Fixture *fixture, gconstpointer data)
{
    (void)data;
    munmap(fixture->memory, 4 * MIB);
    kvm_door_free(fixture->door);
    g_assert_cmpint(count_descriptors(), ==, fixture->n_open);
}

static inline int new_gmem(Fixture *fixture, int vm, uint64_t size)
{
    KvmCreateGuestMemfd create = { .size = size };

    return call_with(fixture, vm, KVMIO_CREATE_GUEST_MEMFD, &create);
}

#endif
