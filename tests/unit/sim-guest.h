/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * An SNP VM on a simulated host, for tests of the simulated kernel: with 8 MiB of private memory, but not
 * initialized.
 */
#ifndef TESTS_UNIT_SIM_GUEST_H
#define TESTS_UNIT_SIM_GUEST_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "target-i386/kvm-x86-abi.h"
#include "target-i386/sev-abi.h"
#include "target-i386/sim-x86.h"

#define PAGE     UINT64_C(4096)
#define RAM      UINT64_C(0x800000)
#define BAD      0x10 /* an address that nobody has */
#define POLICY   (SNP_POLICY_ONE | SNP_POLICY_SMT)
#define RUN_SIZE 12288

/* What `error` of a command holds when nobody wrote it. */
#define UNTOUCHED 0xdeadbeef

/* A NORMAL page of zeros at 0, and a ZERO page at 0x1000 after it. */
#define DIGEST_1                                                                                             \
    "9d13634b6014bb21cf059b2dc694e7bff01a8a7137041100cd2b695f3d10fb687267b97808b27f8f471d943bc6f53a20"
#define DIGEST_2                                                                                             \
    "3bb77aec4f0d90c147b6b7884b6bd5741994d2575305f89639c95186690d949261186702ef51f2fa7c0dd4c90f03ebfd"
typedef struct Fixture {
    KvmDoor *door;
    int n_open; /* descriptors of this process before the door's */
    int kvm, sev, vm, gmem;
    uint8_t *memory;
    uint8_t *source;
    uint32_t error; /* of the last command */
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

/* Closes *fd through the door, unless it is -1 already, which it is then. */
static inline void close_fd(Fixture *fixture, int *fd)
{
    if (*fd >= 0) {
        g_assert_cmpint(fixture->door->ops->close(fixture->door->host, *fd), ==, 0);
    }
    *fd = -1;
}

/* KVM_MEMORY_ENCRYPT_OP. `error` of the fixture is what the command has in it afterwards. */
static inline int sev_command(Fixture *fixture, uint32_t id, const void *data, int sev_fd)
{
    SevCommand command = {
        .id = id, .data = (uintptr_t)data, .error = UNTOUCHED, .sev_fd = (uint32_t)sev_fd
    };
    int ret = call_with(fixture, fixture->vm, KVMIO_MEMORY_ENCRYPT_OP, &command);

    fixture->error = command.error;
    return ret;
}

static inline int init2(Fixture *fixture)
{
    SevInit2 init = { .vmsa_features = 0 };

    return sev_command(fixture, SEVCMD_INIT2, &init, -1);
}

static inline int launch_start(Fixture *fixture)
{
    SnpLaunchStart start = { .policy = POLICY };

    return sev_command(fixture, SEVCMD_SNP_LAUNCH_START, &start, fixture->sev);
}

static inline int launch_update(Fixture *fixture, uint64_t gpa, uint64_t length, uint8_t type)
{
    SnpLaunchUpdate update = { .gfn_start = gpa / PAGE, .len = length, .type = type };

    update.uaddr = (uintptr_t)fixture->source;
    return sev_command(fixture, SEVCMD_SNP_LAUNCH_UPDATE, &update, fixture->sev);
}

static inline int launch_finish(Fixture *fixture)
{
    SnpLaunchFinish finish = { .flags = 0 };

    return sev_command(fixture, SEVCMD_SNP_LAUNCH_FINISH, &finish, fixture->sev);
}

static inline int set_private(Fixture *fixture, uint64_t gpa, uint64_t size, bool private)
{
    KvmMemoryAttributes attributes = { gpa, size, private ? KVM_ATTRIBUTE_PRIVATE : 0, 0 };

    return call_with(fixture, fixture->vm, KVMIO_SET_MEMORY_ATTRIBUTES, &attributes);
}

static inline void add_memory(Fixture *fixture)
{
    KvmCreateGuestMemfd create = { .size = RAM };
    KvmRegion2 region = { .slot = 0, .flags = KVM_REGION_GUEST_MEMFD, .memory_size = RAM };

    fixture->gmem = call_with(fixture, fixture->vm, KVMIO_CREATE_GUEST_MEMFD, &create);
    g_assert_cmpint(fixture->gmem, >=, 0);
    region.userspace_addr = (uintptr_t)fixture->memory;
    region.guest_memfd = (uint32_t)fixture->gmem;
    g_assert_cmpint(call_with(fixture, fixture->vm, KVMIO_SET_USER_MEMORY_REGION2, &region), ==, 0);
    g_assert_cmpint(set_private(fixture, 0, RAM, true), ==, 0);
}

/* @data is a SimHostOptions, or NULL. */
static inline void set_up(Fixture *fixture, gconstpointer data)
{
    fixture->n_open = count_descriptors();
    fixture->door = simhost_door_new(&x86_sim_target, data, NULL);
    g_assert_nonnull(fixture->door);
    fixture->kvm = fixture->door->ops->open(fixture->door->host, "/dev/kvm", O_RDWR | O_CLOEXEC);
    fixture->sev = fixture->door->ops->open(fixture->door->host, "/dev/sev", O_RDWR | O_CLOEXEC);
    fixture->vm = call(fixture, fixture->kvm, KVMIO_CREATE_VM, KVM_VM_TYPE_SNP);
    fixture->memory = mmap(NULL, RAM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    fixture->source = mmap(NULL, RAM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    g_assert_cmpint(MIN(fixture->vm, fixture->sev), >=, 0);
    add_memory(fixture);
}

/* Nothing is left open when everything is closed, whatever happened before. */
static inline void tear_down(Fixture *fixture, gconstpointer data)
{
    (void)data;
    munmap(fixture->memory, RAM);
    munmap(fixture->source, RAM);
    close_fd(fixture, &fixture->vm);
    close_fd(fixture, &fixture->gmem);
    close_fd(fixture, &fixture->sev);
    close_fd(fixture, &fixture->kvm);
    g_assert_cmpint(count_descriptors(), ==, fixture->n_open);
    kvm_door_free(fixture->door);
}

/* The digest as text, or "" if there is none. */
static inline char *launch_digest(Fixture *fixture)
{
    uint8_t digest[48];
    GString *text = g_string_new(NULL);

    if (!sim_x86_launch_digest(fixture->door, fixture->vm, digest)) {
        return g_string_free(text, false);
    }
    for (size_t i = 0; i < sizeof(digest); i++) {
        g_string_append_printf(text, "%02x", digest[i]);
    }
    return g_string_free(text, false);
}

static inline void check_digest(Fixture *fixture, const char *expected)
{
    g_autofree char *digest = launch_digest(fixture);

    g_assert_cmpstr(digest, ==, expected);
}

static inline void check(Fixture *fixture, int result, int expected, uint32_t expected_error)
{
    g_assert_cmpint(result, ==, expected);
    g_assert_cmphex(fixture->error, ==, expected_error);
}

/* INIT2, START, and the two pages of DIGEST_2. */
static inline void launch_known_pages(Fixture *fixture)
{
    check(fixture, init2(fixture), 0, UNTOUCHED);
    check(fixture, launch_start(fixture), 0, 0);
    check(fixture, launch_update(fixture, 0, PAGE, SNP_PAGE_TYPE_NORMAL), 0, UNTOUCHED);
    check(fixture, launch_update(fixture, PAGE, PAGE, SNP_PAGE_TYPE_ZERO), 0, UNTOUCHED);
}

#endif
