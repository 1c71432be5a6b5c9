/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * A VM of 4 MiB with two vCPUs on a simulated machine of IBM Z, for tests of its kernel and of the
 * ultravisor.
 */
#ifndef TESTS_S390X_SECURE_VM_H
#define TESTS_S390X_SECURE_VM_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>
#include "target-s390x/kvm-s390-abi.h"
#include "target-s390x/pv-header-abi.h"
#include "target-s390x/sim-s390.h"
#include "tests/s390x/se-image.h"

#define PAGE     UINT64_C(4096)
#define MIB      UINT64_C(0x100000)
#define RAM      (4 * MIB)
#define BAD      0x10 /* an address that nobody has */
#define RUN_SIZE 4096
#define N_VCPUS  2

typedef struct Vm {
    KvmDoor *door;
    int n_open; /* descriptors of this process before the door's */
    int kvm, vm, vcpus[N_VCPUS];
    KvmS390Run *runs[N_VCPUS];
    uint8_t *mapping, *memory; /* the second is aligned as KVM wants it */
    uint16_t rc, rrc;          /* of the last command */
} Vm;

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

/* Whether the simulated host can find out what memory the process has: sandboxes and emulators do not let it.
 */
static inline bool can_probe(void)
{
    char from = 1, to = 0;
    struct iovec local = { &to, 1 }, remote = { &from, 1 };

    return process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == 1;
}

/* An ioctl through the door. */
static inline int call(Vm *vm, int fd, unsigned long request, unsigned long arg)
{
    return vm->door->ops->ioctl(vm->door->host, fd, request, arg);
}

static inline int call_with(Vm *vm, int fd, unsigned long request, const void *arg)
{
    return call(vm, fd, request, (uintptr_t)arg);
}

static inline void add_memory(Vm *vm)
{
    KvmRegion region = { .memory_size = RAM };

    vm->mapping = mmap(NULL, RAM + MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    g_assert_true(vm->mapping != MAP_FAILED);
    vm->memory = vm->mapping + (MIB - (uintptr_t)vm->mapping % MIB) % MIB;
    region.userspace_addr = (uintptr_t)vm->memory;
    g_assert_cmpint(call_with(vm, vm->vm, KVMIO_SET_USER_MEMORY_REGION, &region), ==, 0);
}

static inline void add_vcpus(Vm *vm)
{
    for (int i = 0; i < N_VCPUS; i++) {
        void *run;

        vm->vcpus[i] = call(vm, vm->vm, KVMIO_CREATE_VCPU, (unsigned)i);
        g_assert_cmpint(vm->vcpus[i], >=, 0);
        g_assert_cmpint(vm->door->ops->mmap(vm->door->host, vm->vcpus[i], RUN_SIZE, &run), ==, 0);
        vm->runs[i] = run;
    }
}

/* @data is a SimHostOptions, or NULL. */
static inline void set_up_bare(Vm *vm, gconstpointer data)
{
    Error *error = NULL;

    vm->n_open = count_descriptors();
    vm->door = simhost_door_new(&s390_sim_target, data, &error);
    g_assert_null(error);
    vm->kvm = vm->door->ops->open(vm->door->host, "/dev/kvm", O_RDWR | O_CLOEXEC);
    vm->vm = call(vm, vm->kvm, KVMIO_CREATE_VM, 0);
    g_assert_cmpint(vm->vm, >=, 0);
    add_memory(vm);
}

static inline void set_up(Vm *vm, gconstpointer data)
{
    set_up_bare(vm, data);
    add_vcpus(vm);
}

/* Nothing is left open, whatever the test left. */
static inline void tear_down(Vm *vm, gconstpointer data)
{
    (void)data;
    for (int i = 0; i < N_VCPUS; i++) {
        if (vm->runs[i]) {
            vm->door->ops->munmap(vm->door->host, vm->runs[i], RUN_SIZE);
        }
    }
    kvm_door_free(vm->door);
    munmap(vm->mapping, RAM + MIB);
    g_assert_cmpint(count_descriptors(), ==, vm->n_open);
}

/* KVM_S390_PV_COMMAND; the codes are in the fixture then. */
static inline int pv(Vm *vm, uint32_t cmd, const void *data)
{
    KvmS390PvCommand command = { .cmd = cmd, .data = (uintptr_t)data };
    int ret = call_with(vm, vm->vm, KVMIO_S390_PV_COMMAND, &command);

    g_assert_cmpuint(command.cmd, ==, cmd);
    vm->rc = command.rc;
    vm->rrc = command.rrc;
    return ret;
}

/* A command that the ultravisor carries out. */
static inline void pv_done(Vm *vm, uint32_t cmd, const void *data)
{
    g_assert_cmpint(pv(vm, cmd, data), ==, 0);
    g_assert_cmphex(vm->rc, ==, UV_RC_EXECUTED);
}

/* One that fails. */
static inline void pv_fails(Vm *vm, uint32_t cmd, const void *data, int error, unsigned rc, unsigned rrc)
{
    g_assert_cmpint(pv(vm, cmd, data), ==, -error);
    g_assert_cmphex(vm->rc, ==, rc);
    g_assert_cmphex(vm->rrc, ==, rrc);
}

static inline void load_components(Vm *vm, const SeImage *image)
{
    for (int i = 0; i < N_COMPONENTS; i++) {
        const SeComponent *component = &image->components[i];

        memcpy(vm->memory + component->address, component->encrypted, component->size);
    }
}

static inline KvmS390PvUnpack unpack_of(const SeComponent *component)
{
    return (KvmS390PvUnpack){ component->address, component->size, component->tweak };
}

/* ENABLE, and SET_SEC_PARMS. */
static inline void start(Vm *vm, const SeImage *image)
{
    const KvmS390PvSecParm parm = { (uintptr_t)image->header, image->header_size };

    pv_done(vm, KVM_S390_PV_ENABLE, NULL);
    pv_done(vm, KVM_S390_PV_SET_SEC_PARMS, &parm);
}

static inline void unpack_all(Vm *vm, const SeImage *image)
{
    for (int i = 0; i < N_COMPONENTS; i++) {
        const KvmS390PvUnpack unpack = unpack_of(&image->components[i]);

        pv_done(vm, KVM_S390_PV_UNPACK, &unpack);
    }
}

static inline void set_mp_state(Vm *vm, int vcpu, uint32_t state)
{
    const KvmMpState mp_state = { state };

    g_assert_cmpint(call_with(vm, vm->vcpus[vcpu], KVMIO_SET_MP_STATE, &mp_state), ==, 0);
}

/* Everything until the image is verified. */
static inline void launch(Vm *vm, const SeImage *image)
{
    load_components(vm, image);
    start(vm, image);
    unpack_all(vm, image);
    pv_done(vm, KVM_S390_PV_VERIFY, NULL);
}

/* Whether the guest has the plain components. */
static inline bool has_plain(Vm *vm, const SeImage *image)
{
    bool is_same = true;

    for (int i = 0; i < N_COMPONENTS; i++) {
        const SeComponent *component = &image->components[i];
        g_autofree uint8_t *data = g_malloc(component->size);

        is_same = is_same &&
                  sim_s390_read_guest(vm->door, vm->vm, component->address, data, component->size) &&
                  memcmp(data, component->plain, component->size) == 0;
    }
    return is_same;
}

#endif
