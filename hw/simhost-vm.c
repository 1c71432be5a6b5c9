/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The VMs and vCPUs of the simulated host; virt/kvm/kvm_main.c without its memory slots.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "hw/simhost-engine.h"
#include "hw/simhost-file.h"

/* KVM_USER_MEM_SLOTS of x86; s390 and powerpc have the same. */
#define USER_MEMORY_SLOTS               32764

#define CAP_NR_MEMSLOTS                 10
#define CAP_DESTROY_MEMORY_REGION_WORKS 21
#define CAP_JOIN_MEMORY_REGIONS_WORKS   30
#define CAP_ENABLE_CAP_VM               98
#define CAP_CHECK_EXTENSION_VM          105
#define CAP_MULTI_ADDRESS_SPACE         118

static void vcpu_free(SimVcpu *vcpu)
{
    if (vcpu->arch) {
        vcpu->vm->host->target->vcpu_free(vcpu);
    }
    if (vcpu->run) {
        munmap(vcpu->run, vcpu->vm->host->target->run_size);
    }
    sim_mappings_forget(vcpu);
    sim_engine_vcpu_close(vcpu);
    g_mutex_clear(&vcpu->lock);
    g_free(vcpu);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SimVcpu, vcpu_free)

static void vcpu_free_element(gpointer vcpu)
{
    vcpu_free(vcpu);
}

SimVm *sim_vm_ref(SimVm *vm)
{
    g_atomic_int_inc(&vm->refs);
    return vm;
}

void sim_vm_unref(SimVm *vm)
{
    if (!vm || !g_atomic_int_dec_and_test(&vm->refs)) {
        return;
    }
    g_ptr_array_unref(vm->vcpus);
    g_array_unref(vm->slots);
    g_array_unref(vm->private_ranges);
    if (vm->arch) {
        vm->host->target->vm_free(vm);
    }
    sim_engine_free(vm->engine);
    g_mutex_clear(&vm->lock);
    g_free(vm);
}

int sim_vm_open(SimHost *host, unsigned long type)
{
    g_autoptr(SimVm) vm = g_new0(SimVm, 1);
    SimFile file = { .kind = SIM_FILE_VM, .open_flags = O_RDWR };
    int ret;

    vm->refs = 1;
    vm->host = host;
    vm->target_host = host->target_host;
    vm->type = type;
    vm->pid = getpid();
    vm->vcpus = g_ptr_array_new_with_free_func(vcpu_free_element);
    vm->slots = g_array_new(false, false, sizeof(SimSlot));
    vm->private_ranges = g_array_new(false, false, sizeof(SimRange));
    g_mutex_init(&vm->lock);
    ret = host->target->vm_create(vm);
    if (ret < 0) {
        return ret;
    }
    ret = sim_descriptor_new("kvm-vm (simulated)", 0, O_CLOEXEC);
    if (ret < 0) {
        return ret;
    }
    file.vm = g_steal_pointer(&vm);
    return sim_file_install(host, ret, &file);
}

int sim_check_extension(SimHost *host, const SimVm *vm, unsigned long extension)
{
    const SimTarget *target = host->target;
    bool has_private_memory = target->has_guest_memfd && (!vm || vm->has_private_memory);

    switch (extension) {
    case KVMCAP_USER_MEMORY:
    case KVMCAP_USER_MEMORY2:
    case KVMCAP_IMMEDIATE_EXIT:
    case CAP_DESTROY_MEMORY_REGION_WORKS:
    case CAP_JOIN_MEMORY_REGIONS_WORKS:
    case KVMCAP_DEVICE_CTRL:
    case CAP_ENABLE_CAP_VM:
    case CAP_CHECK_EXTENSION_VM:
        return 1;
    case CAP_NR_MEMSLOTS:
        return USER_MEMORY_SLOTS;
    case CAP_MULTI_ADDRESS_SPACE:
        if (target->max_address_spaces < 2) {
            return 0; /* the kernel was built without */
        }
        return vm && vm->has_private_memory ? 1 : (int)target->max_address_spaces;
    case KVMCAP_READONLY_MEM:
        return target->has_readonly_slots && (!vm || !vm->has_protected_state);
    case KVMCAP_MEMORY_ATTRIBUTES:
        return has_private_memory ? (int)KVM_ATTRIBUTE_PRIVATE : 0;
    case KVMCAP_GUEST_MEMFD:
        return has_private_memory;
    default:
        return target->check_extension(host->target_host, vm, extension);
    }
}

static bool vcpu_exists(const SimVm *vm, unsigned long id)
{
    for (unsigned i = 0; i < vm->vcpus->len; i++) {
        const SimVcpu *vcpu = g_ptr_array_index(vm->vcpus, i);

        if (vcpu->id == id) {
            return true;
        }
    }
    return false;
}

/* kvm_vm_ioctl_create_vcpu(). The vCPU's number stays taken for the life of the VM, as a vCPU lives as long.
 */
static int create_vcpu(SimVm *vm, unsigned long id)
{
    const SimTarget *target = vm->host->target;
    g_autoptr(SimVcpu) vcpu = NULL;
    g_autofree char *name = g_strdup_printf("kvm-vcpu:%lu (simulated)", id);
    SimFile file = { .kind = SIM_FILE_VCPU, .open_flags = O_RDWR };
    void *run;
    int fd, ret;

    if (id >= target->max_vcpu_ids) {
        return -EINVAL;
    }
    if (vcpu_exists(vm, id)) {
        return -EEXIST;
    }
    vcpu = g_new0(SimVcpu, 1);
    vcpu->vm = vm;
    vcpu->id = id;
    vcpu->engine_fd = -1;
    g_mutex_init(&vcpu->lock);
    fd = sim_descriptor_new(name, target->run_size, O_CLOEXEC);
    if (fd < 0) {
        return fd;
    }
    run = mmap(NULL, target->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (run == MAP_FAILED) {
        close(fd);
        return -ENOMEM;
    }
    vcpu->run = run;
    ret = target->vcpu_create(vcpu);
    if (ret < 0) {
        close(fd);
        return ret;
    }
    file.vm = sim_vm_ref(vm);
    file.vcpu = vcpu;
    g_ptr_array_add(vm->vcpus, g_steal_pointer(&vcpu));
    return sim_file_install(vm->host, fd, &file);
}

static int enable_cap(SimVm *vm, unsigned long arg)
{
    KvmEnableCap cap;
    int ret = sim_copy_from_user(&cap, arg, sizeof(cap));

    return ret < 0 ? ret : vm->host->target->vm_enable_cap(vm, &cap);
}

void sim_vcpu_lock_vm(SimVcpu *vcpu)
{
    g_mutex_unlock(&vcpu->lock);
    g_mutex_lock(&vcpu->vm->lock);
    g_mutex_lock(&vcpu->lock);
}

static int set_slots(SimVm *vm, unsigned long arg, bool version2)
{
    int ret = sim_slots_set(vm, arg, version2);

    return ret == 0 && vm->engine ? vm->host->target->slots_changed(vm) : ret;
}

/* kvm_vm_ioctl(). A child process that inherited the descriptor has another address space. */
int sim_vm_ioctl(SimVm *vm, unsigned long request, unsigned long arg)
{
    const SimTarget *target = vm->host->target;
    g_autoptr(GMutexLocker) locker = NULL;

    if (vm->pid != getpid()) {
        return -EIO;
    }
    locker = g_mutex_locker_new(&vm->lock);
    switch (request) {
    case KVMIO_CHECK_EXTENSION:
        return sim_check_extension(vm->host, vm, arg);
    case KVMIO_CREATE_VCPU:
        return create_vcpu(vm, arg);
    case KVMIO_SET_USER_MEMORY_REGION:
        return set_slots(vm, arg, false);
    case KVMIO_SET_USER_MEMORY_REGION2:
        return set_slots(vm, arg, true);
    case KVMIO_SET_MEMORY_ATTRIBUTES:
        return target->has_guest_memfd ? sim_attributes_set(vm, arg) : -ENOTTY;
    case KVMIO_CREATE_GUEST_MEMFD:
        return target->has_guest_memfd ? sim_gmem_open(vm, arg) : -ENOTTY;
    case KVMIO_CREATE_DEVICE:
        return sim_device_open(vm, arg);
    case KVMIO_ENABLE_CAP:
        return enable_cap(vm, arg);
    default:
        return target->vm_ioctl(vm, request, arg);
    }
}

/* kvm_vcpu_ioctl(), then kvm_arch_vcpu_ioctl_run(), where immediate_exit comes before what the target checks.
 */
int sim_vcpu_ioctl(SimVcpu *vcpu, unsigned long request, unsigned long arg)
{
    const SimTarget *target = vcpu->vm->host->target;
    g_autoptr(GMutexLocker) locker = NULL;

    if (vcpu->vm->pid != getpid()) {
        return -EIO;
    }
    if ((request & 0xff00) != (KVMIO_RUN & 0xff00)) {
        return -EINVAL;
    }
    if (target->vcpu_async_ioctl) {
        int ret = target->vcpu_async_ioctl(vcpu, request, arg);

        if (ret != -ENOTTY) {
            return ret;
        }
    }
    locker = g_mutex_locker_new(&vcpu->lock);
    if (request != KVMIO_RUN) {
        return target->vcpu_ioctl(vcpu, request, arg);
    }
    if (arg) {
        return -EINVAL;
    }
    if (__atomic_load_n(&vcpu->run->immediate_exit, __ATOMIC_ACQUIRE)) {
        return -EINTR;
    }
    return target->vcpu_run(vcpu);
}
