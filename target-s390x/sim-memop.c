/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * KVM_S390_MEM_OP: a VMM reads and writes the memory of a guest that is not protected, and what the
 * ultravisor shows of an instruction of one that is; kvm_s390_vm_mem_op() and kvm_s390_vcpu_memsida_op() of
 * arch/s390/kvm/kvm-s390.c of Linux 6.12.
 *
 * Limits: simulated guests have dynamic address translation off and no storage keys, so that logical, real
 * (with prefix 0) and absolute addresses are the same. COMPARE AND SWAP is not there.
 */
#include <errno.h>
#include "target-s390x/sim-state.h"

#define MAX_SIZE           65536

#define FLAG_CHECK_ONLY    (UINT64_C(1) << 0)
#define FLAG_INJECT        (UINT64_C(1) << 1)
#define FLAG_KEY           (UINT64_C(1) << 2)

#define PROGRAM_ADDRESSING 5

#define N_ACCESS_REGISTERS 16

static int validate(const KvmS390MemOp *op, uint64_t flags)
{
    if ((op->flags & ~flags) || op->size == 0) {
        return -EINVAL;
    }
    if (op->size > MAX_SIZE) {
        return -E2BIG;
    }
    return (op->flags & FLAG_KEY) && op->key > 0xf ? -EINVAL : 0;
}

/* Whether all of it is in slots. */
static bool has_memory(SimVm *vm, uint64_t gpa, uint64_t size)
{
    if (size > UINT64_MAX - gpa) {
        return false;
    }
    for (uint64_t page = gpa & ~(SIM_PAGE_SIZE - 1); page < gpa + size; page += SIM_PAGE_SIZE) {
        if (!sim_vm_find_slot(vm, page)) {
            return false;
        }
    }
    return true;
}

/* 0, an errno, or the code of a program interrupt. The VM is not protected, and its lock is held. */
static int access_memory(SimVm *vm, const KvmS390MemOp *op, bool is_read)
{
    g_autofree uint8_t *buffer = NULL;

    if (!has_memory(vm, op->gaddr, op->size)) {
        return PROGRAM_ADDRESSING;
    }
    if (op->flags & FLAG_CHECK_ONLY) {
        return 0;
    }
    buffer = g_malloc(op->size);
    if (is_read) {
        return sim_s390_host_read(vm, op->gaddr, buffer, op->size) < 0
                   ? -EFAULT
                   : sim_copy_to_user(op->buf, buffer, op->size);
    }
    return sim_copy_from_user(buffer, op->buf, op->size) < 0
               ? -EFAULT
               : sim_s390_host_write(vm, op->gaddr, buffer, op->size);
}

int sim_s390_vm_mem_op(SimVm *vm, unsigned long arg)
{
    const SimS390Vm *s390_vm = vm->arch;
    KvmS390MemOp op;
    int ret;

    if (sim_copy_from_user(&op, arg, sizeof(op)) < 0) {
        return -EFAULT;
    }
    if (s390_vm->pv_handle ||
        (op.op != KVM_S390_MEMOP_OP_ABSOLUTE_READ && op.op != KVM_S390_MEMOP_OP_ABSOLUTE_WRITE)) {
        return -EINVAL;
    }
    ret = validate(&op, FLAG_CHECK_ONLY | FLAG_KEY);
    return ret < 0 ? ret : access_memory(vm, &op, op.op == KVM_S390_MEMOP_OP_ABSOLUTE_READ);
}

/* kvm_s390_vcpu_sida_op() */
static int access_sida(SimVcpu *vcpu, const KvmS390MemOp *op)
{
    const SimS390Vcpu *state = vcpu->arch;

    if (op->flags || op->size == 0 || op->sida_offset > UINT32_MAX - op->size) {
        return -EINVAL;
    }
    if (op->size + op->sida_offset > KVM_S390_SIDA_SIZE) {
        return -E2BIG;
    }
    if (!state->pv_handle) {
        return -EINVAL;
    }
    return op->op == KVM_S390_MEMOP_OP_SIDA_READ
               ? sim_copy_to_user(op->buf, state->sida + op->sida_offset, op->size)
               : sim_copy_from_user(state->sida + op->sida_offset, op->buf, op->size);
}

/* kvm_s390_vcpu_mem_op(). Locks are taken in their order, so that the vCPU's is given up for a moment. */
static int access_logical(SimVcpu *vcpu, const KvmS390MemOp *op)
{
    SimVm *vm = vcpu->vm;
    SimS390Vcpu *state = vcpu->arch;
    int ret = validate(op, FLAG_CHECK_ONLY | FLAG_INJECT | FLAG_KEY);

    if (ret < 0) {
        return ret;
    }
    if (op->ar >= N_ACCESS_REGISTERS || state->pv_handle) {
        return -EINVAL;
    }
    g_mutex_unlock(&vcpu->lock);
    g_mutex_lock(&vm->lock);
    g_mutex_lock(&vcpu->lock);
    ret = access_memory(vm, op, op->op == KVM_S390_MEMOP_OP_LOGICAL_READ);
    g_mutex_unlock(&vm->lock);
    if (ret > 0 && (op->flags & FLAG_INJECT)) {
        g_atomic_int_set(&state->program_irq, ret);
    }
    return ret;
}

int sim_s390_vcpu_mem_op(SimVcpu *vcpu, unsigned long arg)
{
    KvmS390MemOp op;

    if (sim_copy_from_user(&op, arg, sizeof(op)) < 0) {
        return -EFAULT;
    }
    switch (op.op) {
    case KVM_S390_MEMOP_OP_LOGICAL_READ:
    case KVM_S390_MEMOP_OP_LOGICAL_WRITE:
        return access_logical(vcpu, &op);
    case KVM_S390_MEMOP_OP_SIDA_READ:
    case KVM_S390_MEMOP_OP_SIDA_WRITE:
        return access_sida(vcpu, &op);
    default:
        return -EINVAL;
    }
}
