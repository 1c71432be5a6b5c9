/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The plain VM of this machine's KVM that runs the guest of a simulated one.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "hw/simhost-engine.h"
#include "hw/simhost-file.h"

struct SimEngine {
    char *device;
    int fd, vm_fd;
    GArray *slots; /* of SimEngineRegion, by number; one of size 0 is free */
};

/* ---- the device ---- */

static int call(int fd, unsigned long request, const void *arg)
{
    int result;

    do {
        result = ioctl(fd, request, arg);
    } while (result < 0 && errno == EINTR && request != KVMIO_RUN);
    return result < 0 ? -errno : result;
}

static const char *open_advice(int os_error)
{
    switch (os_error) {
    case ENOENT:
    case ENXIO:
    case ENODEV:
        return "load the KVM module, or enable virtualization in the machine's firmware";
    case EACCES:
    case EPERM:
        return "give this user the right to read and write it (group kvm)";
    default:
        return "see whether another hypervisor uses the processor";
    }
}

static bool open_device(SimEngine *engine, Error **errp)
{
    engine->fd = open(engine->device, O_RDWR | O_CLOEXEC);
    return engine->fd >= 0 || error_set_errno(errp, CGVM_ERROR_KERNEL, errno, "'%s' cannot be opened: %s; %s",
                                              engine->device, g_strerror(errno), open_advice(errno));
}

/* What follows is asked of nothing but a KVM. */
static bool check_device(SimEngine *engine, size_t run_size, Error **errp)
{
    int version = call(engine->fd, KVMIO_GET_API_VERSION, NULL);
    int size = call(engine->fd, KVMIO_GET_VCPU_MMAP_SIZE, NULL);

    if (version != KVM_ABI_VERSION) {
        return error_set(errp, CGVM_ERROR_UNSUPPORTED, "'%s' is not KVM with ABI version %d", engine->device,
                         KVM_ABI_VERSION);
    }
    if (size < 0 || (size_t)size < run_size ||
        call(engine->fd, KVMIO_CHECK_EXTENSION, (void *)KVMCAP_IMMEDIATE_EXIT) <= 0) {
        return error_set(errp, CGVM_ERROR_UNSUPPORTED,
                         "the KVM behind '%s' is older than Linux 4.13, which is the oldest that can be used",
                         engine->device);
    }
    return true;
}

static bool create_vm(SimEngine *engine, Error **errp)
{
    engine->vm_fd = call(engine->fd, KVMIO_CREATE_VM, NULL);
    return engine->vm_fd >= 0 ||
           error_set_errno(errp, CGVM_ERROR_KERNEL, -engine->vm_fd, "'%s' makes no VM: %s; %s",
                           engine->device, g_strerror(-engine->vm_fd), open_advice(-engine->vm_fd));
}

SimEngine *sim_engine_new(const SimVm *vm, Error **errp)
{
    const char *device = vm->host->engine_device;
    SimEngine *engine;

    if (!device) {
        return error_set_null(errp, CGVM_ERROR_UNSUPPORTED,
                              "the simulated host was told to have no KVM underneath");
    }
    engine = g_new0(SimEngine, 1);
    engine->device = g_strdup(device);
    engine->fd = engine->vm_fd = -1;
    engine->slots = g_array_new(false, true, sizeof(SimEngineRegion));
    if (!open_device(engine, errp) || !check_device(engine, vm->host->target->run_size, errp) ||
        !create_vm(engine, errp)) {
        sim_engine_free(engine);
        return NULL;
    }
    return engine;
}

void sim_engine_free(SimEngine *engine)
{
    if (!engine) {
        return;
    }
    if (engine->vm_fd >= 0) {
        close(engine->vm_fd);
    }
    if (engine->fd >= 0) {
        close(engine->fd);
    }
    g_array_unref(engine->slots);
    g_free(engine->device);
    g_free(engine);
}

int sim_engine_ioctl(const SimEngine *engine, unsigned long request, const void *arg)
{
    return call(engine->vm_fd, request, arg);
}

int sim_engine_check(const SimEngine *engine, unsigned long extension)
{
    return MAX(call(engine->vm_fd, KVMIO_CHECK_EXTENSION, (const void *)extension), 0);
}

int sim_engine_system_ioctl(const SimEngine *engine, unsigned long request, const void *arg)
{
    return call(engine->fd, request, arg);
}

/* ---- memory ---- */

static int set_slot(const SimEngine *engine, uint32_t id, const SimEngineRegion *region, uint64_t size)
{
    const KvmRegion slot = {
        .slot = region->space << 16 | id,
        .flags = size ? region->flags : 0,
        .guest_phys_addr = region->gpa,
        .memory_size = size,
        .userspace_addr = region->address,
    };

    return call(engine->vm_fd, KVMIO_SET_USER_MEMORY_REGION, &slot);
}

/* The number of a slot that is free, in a table that has room for it. */
static uint32_t free_slot(SimEngine *engine)
{
    for (guint i = 0; i < engine->slots->len; i++) {
        if (g_array_index(engine->slots, SimEngineRegion, i).size == 0) {
            return i;
        }
    }
    g_array_set_size(engine->slots, engine->slots->len + 1);
    return engine->slots->len - 1;
}

bool sim_engine_can_map(SimEngine *engine, uint64_t gpa)
{
    void *page = mmap(NULL, SIM_PAGE_SIZE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    SimEngineRegion region = { .gpa = gpa, .size = SIM_PAGE_SIZE, .address = (uintptr_t)page };
    uint32_t id = free_slot(engine);
    bool can_map = false;

    if (page != MAP_FAILED) {
        can_map = set_slot(engine, id, &region, region.size) == 0;
        if (can_map) {
            set_slot(engine, id, &region, 0);
        }
        munmap(page, SIM_PAGE_SIZE);
    }
    return can_map;
}

static bool equals(const SimEngineRegion *a, const SimEngineRegion *b)
{
    return a->gpa == b->gpa && a->size == b->size && a->address == b->address && a->flags == b->flags &&
           a->space == b->space;
}

static bool contains(const GArray *regions, const SimEngineRegion *region)
{
    for (guint i = 0; i < regions->len; i++) {
        if (equals(&g_array_index(regions, SimEngineRegion, i), region)) {
            return true;
        }
    }
    return false;
}

static bool region_error(const SimEngine *engine, const SimEngineRegion *region, int result, Error **errp)
{
    return error_set_errno(errp, CGVM_ERROR_KERNEL, -result,
                           "the KVM behind '%s' does not map 0x%" PRIx64 "-0x%" PRIx64 ": %s", engine->device,
                           region->gpa, region->gpa + region->size - 1, g_strerror(-result));
}

bool sim_engine_set_regions(SimEngine *engine, const GArray *regions, Error **errp)
{
    for (guint i = 0; i < engine->slots->len; i++) {
        SimEngineRegion *slot = &g_array_index(engine->slots, SimEngineRegion, i);

        if (slot->size && !contains(regions, slot)) {
            int result = set_slot(engine, i, slot, 0);

            if (result < 0) {
                return region_error(engine, slot, result, errp);
            }
            slot->size = 0;
        }
    }
    for (guint i = 0; i < regions->len; i++) {
        const SimEngineRegion *region = &g_array_index(regions, SimEngineRegion, i);

        if (!contains(engine->slots, region)) {
            uint32_t id = free_slot(engine);
            int result = set_slot(engine, id, region, region->size);

            if (result < 0) {
                return region_error(engine, region, result, errp);
            }
            g_array_index(engine->slots, SimEngineRegion, id) = *region;
        }
    }
    return true;
}

/* ---- vCPUs ---- */

bool sim_engine_create_vcpu(const SimEngine *engine, SimVcpu *vcpu, Error **errp)
{
    int fd = call(engine->vm_fd, KVMIO_CREATE_VCPU, (const void *)vcpu->id);

    if (fd < 0) {
        return error_set_errno(errp, CGVM_ERROR_KERNEL, -fd,
                               "the KVM behind '%s' makes no vCPU with id %lu: %s", engine->device, vcpu->id,
                               g_strerror(-fd));
    }
    vcpu->engine_fd = fd;
    return true;
}

bool sim_engine_is_attached(const SimVcpu *vcpu)
{
    return vcpu->is_attached;
}

/*
 * The VMM may write `immediate_exit` at any time. What it wrote before its mapping was replaced is in the old
 * page, and what it writes later is in the new one, so the old one is looked at last.
 */
bool sim_engine_attach(SimVcpu *vcpu, Error **errp)
{
    SimHost *host = vcpu->vm->host;
    size_t size = host->target->run_size;
    KvmRun *run = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->engine_fd, 0);

    if (run == MAP_FAILED || !sim_mappings_replace(vcpu)) {
        int os_error = errno;

        if (run != MAP_FAILED) {
            munmap(run, size);
        }
        return error_set_errno(errp, CGVM_ERROR_KERNEL, os_error,
                               "the page that KVM shares about vCPU %lu cannot be mapped: %s", vcpu->id,
                               g_strerror(os_error));
    }
    run->request_interrupt_window = vcpu->run->request_interrupt_window;
    if (__atomic_load_n(&vcpu->run->immediate_exit, __ATOMIC_SEQ_CST)) {
        __atomic_store_n(&run->immediate_exit, 1, __ATOMIC_SEQ_CST);
    }
    munmap(vcpu->run, size);
    vcpu->run = run;
    return true;
}

int sim_engine_vcpu_ioctl(const SimVcpu *vcpu, unsigned long request, const void *arg)
{
    return call(vcpu->engine_fd, request, arg);
}

void sim_engine_vcpu_close(SimVcpu *vcpu)
{
    if (vcpu->engine_fd >= 0) {
        close(vcpu->engine_fd);
        vcpu->engine_fd = -1;
    }
}
