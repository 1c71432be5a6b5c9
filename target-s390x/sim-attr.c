/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The attributes of a VM: its memory and its CPU model; kvm_s390_vm_set_attr() and its like in
 * arch/s390/kvm/kvm-s390.c of Linux 6.12.
 *
 * Limits: the groups of the clock, of cryptography, migration and topology are not there, nor are the queries
 * of instructions (SUBFUNC), of which a simulated guest has none.
 */
#include <errno.h>
#include <string.h>
#include "target-s390x/sim-state.h"

/* Of the group CPU_MODEL, besides those that a VMM of this tree uses. */
#define CPU_PROCESSOR_FEAT    2
#define CPU_MACHINE_FEAT      3
#define CPU_PROCESSOR_UV_FEAT 6
#define CPU_MACHINE_UV_FEAT   7

/* Features that KVM can give: ESOP, SIEF2 and 64BSCAO to KSS, as a machine with all of them has. */
#define CPU_FEATURES (UINT64_C(0xfffc) << 48)

/* What guests of the ultravisor can do with AP devices, which there are none of. */
#define UV_FEATURES 0

/* ---- memory ---- */

static int enable_cmma(SimVm *vm)
{
    SimS390Vm *s390_vm = vm->arch;

    if (vm->vcpus->len > 0) {
        return -EBUSY;
    }
    s390_vm->uses_cmma = true;
    return 0;
}

/* The limit of the slots stays: what changes is how large the tables of the guest's address space are. */
static int set_limit(SimVm *vm, uint64_t address)
{
    SimS390Vm *s390_vm = vm->arch;
    uint64_t limit;

    if (sim_copy_from_user(&limit, address, sizeof(limit)) < 0) {
        return -EFAULT;
    }
    if (limit > s390_vm->mem_limit) {
        return -E2BIG;
    }
    if (limit == 0) {
        return -EINVAL;
    }
    if (vm->vcpus->len > 0) {
        return -EBUSY;
    }
    s390_vm->gmap_limit = limit;
    return 0;
}

static int set_memory(SimVm *vm, const KvmDeviceAttr *attr)
{
    const SimS390Vm *s390_vm = vm->arch;

    switch (attr->attr) {
    case KVM_S390_MEMORY_ENABLE_CMMA:
        return enable_cmma(vm);
    case KVM_S390_MEMORY_CLEAR_CMMA:
        return s390_vm->uses_cmma ? 0 : -EINVAL;
    case KVM_S390_MEMORY_LIMIT:
        return set_limit(vm, attr->addr);
    default:
        return -ENXIO;
    }
}

static int get_memory(const SimVm *vm, const KvmDeviceAttr *attr)
{
    const SimS390Vm *s390_vm = vm->arch;

    return attr->attr == KVM_S390_MEMORY_LIMIT
               ? sim_copy_to_user(attr->addr, &s390_vm->mem_limit, sizeof(s390_vm->mem_limit))
               : -ENXIO;
}

/* ---- CPU model ---- */

static int set_processor(SimVm *vm, uint64_t address)
{
    const SimS390 *s390 = vm->target_host;
    SimS390Vm *s390_vm = vm->arch;
    uint16_t lowest = s390->model->ibc >> 16 & 0xfff, unblocked = s390->model->ibc & 0xfff;
    KvmS390Processor processor;

    if (vm->vcpus->len > 0) {
        return -EBUSY;
    }
    if (sim_copy_from_user(&processor, address, sizeof(processor)) < 0) {
        return -EFAULT;
    }
    s390_vm->processor.cpuid = processor.cpuid;
    if (processor.ibc) {
        s390_vm->processor.ibc = CLAMP(processor.ibc, lowest, unblocked);
    }
    memcpy(s390_vm->processor.fac_list, processor.fac_list, sizeof(processor.fac_list));
    return 0;
}

static int set_bits(SimVm *vm, uint64_t address, uint64_t allowed, size_t words)
{
    uint64_t bits[16] = { 0 };

    if (sim_copy_from_user(bits, address, words * sizeof(*bits)) < 0) {
        return -EFAULT;
    }
    for (size_t i = 0; i < words; i++) {
        if (bits[i] & ~(i == 0 ? allowed : 0)) {
            return -EINVAL;
        }
    }
    return vm->vcpus->len > 0 ? -EBUSY : 0;
}

static int set_cpu_model(SimVm *vm, const KvmDeviceAttr *attr)
{
    switch (attr->attr) {
    case KVM_S390_CPU_PROCESSOR:
        return set_processor(vm, attr->addr);
    case CPU_PROCESSOR_FEAT:
        return set_bits(vm, attr->addr, CPU_FEATURES, 16);
    case CPU_PROCESSOR_UV_FEAT:
        return set_bits(vm, attr->addr, UV_FEATURES, 1);
    default:
        return -ENXIO;
    }
}

static int get_machine(const SimVm *vm, uint64_t address)
{
    const SimS390 *s390 = vm->target_host;
    g_autofree KvmS390Machine *machine = g_new0(KvmS390Machine, 1);

    machine->cpuid = s390_model_cpuid(s390->model);
    machine->ibc = s390->model->ibc;
    s390_model_facility_mask(s390->model, machine->fac_mask);
    s390_model_facilities(s390->model, machine->fac_list);
    return sim_copy_to_user(address, machine, sizeof(*machine));
}

static int get_cpu_model(const SimVm *vm, const KvmDeviceAttr *attr)
{
    const SimS390Vm *s390_vm = vm->arch;
    const uint64_t features[16] = { CPU_FEATURES }, uv_features = UV_FEATURES;

    switch (attr->attr) {
    case KVM_S390_CPU_PROCESSOR:
        return sim_copy_to_user(attr->addr, &s390_vm->processor, sizeof(s390_vm->processor));
    case KVM_S390_CPU_MACHINE:
        return get_machine(vm, attr->addr);
    case CPU_PROCESSOR_FEAT:
    case CPU_MACHINE_FEAT:
        return sim_copy_to_user(attr->addr, features, sizeof(features));
    case CPU_PROCESSOR_UV_FEAT:
    case CPU_MACHINE_UV_FEAT:
        return sim_copy_to_user(attr->addr, &uv_features, sizeof(uv_features));
    default:
        return -ENXIO;
    }
}

/* ---- the ioctls ---- */

static int has_attr(const KvmDeviceAttr *attr)
{
    switch (attr->group) {
    case KVM_S390_GROUP_MEMORY:
        return attr->attr <= KVM_S390_MEMORY_LIMIT ? 0 : -ENXIO;
    case KVM_S390_GROUP_CPU_MODEL:
        return attr->attr <= CPU_MACHINE_FEAT || attr->attr == CPU_PROCESSOR_UV_FEAT ||
                       attr->attr == CPU_MACHINE_UV_FEAT
                   ? 0
                   : -ENXIO;
    default:
        return -ENXIO;
    }
}

int sim_s390_vm_attr(SimVm *vm, unsigned long request, unsigned long arg)
{
    bool is_set = request == KVMIO_SET_DEVICE_ATTR;
    KvmDeviceAttr attr;

    if (sim_copy_from_user(&attr, arg, sizeof(attr)) < 0) {
        return -EFAULT;
    }
    if (request == KVMIO_HAS_DEVICE_ATTR) {
        return has_attr(&attr);
    }
    switch (attr.group) {
    case KVM_S390_GROUP_MEMORY:
        return is_set ? set_memory(vm, &attr) : get_memory(vm, &attr);
    case KVM_S390_GROUP_CPU_MODEL:
        return is_set ? set_cpu_model(vm, &attr) : get_cpu_model(vm, &attr);
    default:
        return -ENXIO;
    }
}
