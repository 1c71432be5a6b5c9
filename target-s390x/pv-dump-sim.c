/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Dumps of protected VMs: kvm_s390_pv_dmp() and kvm_s390_handle_pv_vcpu_dump() of arch/s390/kvm/kvm-s390.c of
 * Linux 6.12, which writes the codes of the vCPU's command where they belong.
 */
#include <errno.h>
#include "confidential/crypto.h"
#include "target-s390x/sim-state.h"

/* vCPUs do not run while their VM is dumped, which KVM forgets to end when the VM is not protected any more.
 */
static int dump_init(SimVm *vm, KvmS390PvCommand *command)
{
    SimS390Vm *s390_vm = vm->arch;
    int ret;

    if (g_atomic_int_get(&s390_vm->dumping)) {
        return -EINVAL;
    }
    ret = sim_s390_uv_nodata(vm->target_host, UV_DUMP_INIT, s390_vm->pv_handle, &command->rc, &command->rrc);
    if (ret == 0) {
        g_atomic_int_set(&s390_vm->dumping, true);
    }
    return ret;
}

/* kvm_s390_pv_dump_stor_state(). The codes are those of the last megabyte. */
static int dump_storage(SimVm *vm, const KvmS390PvDump *dump, KvmS390PvCommand *command)
{
    SimS390 *s390 = vm->target_host;
    const SimS390Vm *s390_vm = vm->arch;
    uint64_t step = s390->model->uv.dump_storage_length;
    g_autofree uint8_t *buffer = g_malloc0(step);
    UvDumpStorage call = { .conf = s390_vm->pv_handle, .gaddr = dump->gaddr, .buffer = buffer };
    int ret = 0;

    command->rc = 0;
    command->rrc = 0;
    if (dump->gaddr % UV_MEGABYTE || dump->buff_len == 0 || dump->buff_len % step) {
        return -EINVAL;
    }
    for (uint64_t done = 0; done < dump->buff_len && ret == 0; done += step) {
        if (!uv_call(s390->uv, UV_DUMP_CONF_STOR_STATE, &call)) {
            ret = -EINVAL;
        } else if (sim_copy_to_user(dump->buff_addr + done, buffer, step) < 0) {
            ret = -EFAULT;
        }
        call.gaddr += UV_MEGABYTE;
    }
    command->rc = call.block.rc;
    command->rrc = call.block.rrc;
    return ret;
}

static int dump_complete(SimVm *vm, const KvmS390PvDump *dump, KvmS390PvCommand *command)
{
    SimS390 *s390 = vm->target_host;
    SimS390Vm *s390_vm = vm->arch;
    uint64_t length = s390->model->uv.dump_complete_length;
    g_autofree uint8_t *buffer = g_malloc0(length);
    UvDumpComplete call = { .conf = s390_vm->pv_handle, .buffer = buffer };
    bool is_done;

    if (dump->buff_len < length) {
        return -EINVAL;
    }
    is_done = uv_call(s390->uv, UV_DUMP_COMPLETE, &call);
    command->rc = call.block.rc;
    command->rrc = call.block.rrc;
    if (!is_done) {
        return -EINVAL;
    }
    g_atomic_int_set(&s390_vm->dumping, false);
    return sim_copy_to_user(dump->buff_addr, buffer, length);
}

/* The kernel's handler has a copy of @dump, so that the address it has come to is lost. */
int sim_s390_pv_dump(SimVm *vm, KvmS390PvCommand *command)
{
    const SimS390Vm *s390_vm = vm->arch;
    KvmS390PvDump dump;
    int ret;

    if (!s390_vm->pv_handle) {
        return -EINVAL;
    }
    if (sim_copy_from_user(&dump, command->data, sizeof(dump)) < 0) {
        return -EFAULT;
    }
    switch (dump.subcmd) {
    case KVM_S390_PV_DUMP_INIT:
        ret = dump_init(vm, command);
        break;
    case KVM_S390_PV_DUMP_CONFIG_STOR_STATE:
        ret = g_atomic_int_get(&s390_vm->dumping) ? dump_storage(vm, &dump, command) : -EINVAL;
        break;
    case KVM_S390_PV_DUMP_COMPLETE:
        ret = g_atomic_int_get(&s390_vm->dumping) ? dump_complete(vm, &dump, command) : -EINVAL;
        break;
    default:
        return -ENOTTY;
    }
    return ret < 0 ? ret : sim_copy_to_user(command->data, &dump, sizeof(dump));
}

static int dump_cpu(SimVcpu *vcpu, KvmS390PvCommand *command)
{
    SimS390 *s390 = vcpu->vm->target_host;
    const SimS390Vm *s390_vm = vcpu->vm->arch;
    const SimS390Vcpu *state = vcpu->arch;
    uint64_t length = s390->model->uv.cpu_storage_length;
    g_autofree uint8_t *buffer = NULL;
    UvDumpCpu call = { .handle = state->pv_handle };
    KvmS390PvDump dump;
    bool is_done;

    if (!g_atomic_int_get(&s390_vm->dumping)) {
        return -EINVAL;
    }
    if (sim_copy_from_user(&dump, command->data, sizeof(dump)) < 0) {
        return -EFAULT;
    }
    if (dump.subcmd != KVM_S390_PV_DUMP_CPU || dump.buff_len != length) {
        return -EINVAL;
    }
    buffer = g_malloc0(length);
    call.buffer = buffer;
    is_done = uv_call(s390->uv, UV_DUMP_CPU, &call);
    command->rc = call.block.rc;
    command->rrc = call.block.rrc;
    return is_done ? sim_copy_to_user(dump.buff_addr, buffer, length) : -EINVAL;
}

int sim_s390_pv_cpu_command(SimVcpu *vcpu, unsigned long arg)
{
    const SimS390 *s390 = vcpu->vm->target_host;
    KvmS390PvCommand command;
    int ret;

    if (!s390->uv) {
        return -EINVAL;
    }
    if (sim_copy_from_user(&command, arg, sizeof(command)) < 0) {
        return -EFAULT;
    }
    if (command.flags || command.cmd != KVM_S390_PV_DUMP) {
        return -EINVAL;
    }
    ret = dump_cpu(vcpu, &command);
    return sim_copy_to_user(arg + offsetof(KvmS390PvCommand, rc), &command.rc,
                            sizeof(command.rc) + sizeof(command.rrc)) < 0
               ? -EFAULT
               : ret;
}
