/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * KVM's rules for protected virtualization: KVM_S390_PV_COMMAND and what it does to vCPUs;
 * kvm_s390_handle_pv() of arch/s390/kvm/kvm-s390.c and arch/s390/kvm/pv.c of Linux 6.12.
 *
 * A real kernel tries again what the ultravisor is too busy for; this one never is.
 */
#include <errno.h>
#include "confidential/crypto.h"
#include "target-s390x/sim-state.h"

/* What PREPARE answers for itself. */
#define RRC_SET_ASIDE 42

#define TWO_GIBIBYTES (UINT64_C(1) << 31)

int sim_s390_uv_nodata(SimS390 *s390, UvCommand command, uint64_t handle, uint16_t *rc, uint16_t *rrc)
{
    UvNoData nodata = { .handle = handle };
    bool is_done = uv_call(s390->uv, command, &nodata);

    *rc = nodata.block.rc;
    *rrc = nodata.block.rrc;
    return is_done ? 0 : -EINVAL;
}

/* ---- vCPUs, with their locks held ---- */

int sim_s390_pv_create_cpu(SimVcpu *vcpu, uint16_t *rc, uint16_t *rrc)
{
    SimS390 *s390 = vcpu->vm->target_host;
    const SimS390Vm *s390_vm = vcpu->vm->arch;
    SimS390Vcpu *state = vcpu->arch;
    UvCreateCpu create = { .conf = s390_vm->pv_handle, .number = (uint16_t)vcpu->id };
    bool is_done;

    if (state->pv_handle) {
        return -EINVAL;
    }
    is_done = uv_call(s390->uv, UV_CREATE_SEC_CPU, &create);
    *rc = create.block.rc;
    *rrc = create.block.rrc;
    if (!is_done) {
        return -EIO;
    }
    state->pv_handle = create.handle;
    state->sida = g_malloc0(KVM_S390_SIDA_SIZE);
    return 0;
}

int sim_s390_pv_destroy_cpu(SimVcpu *vcpu, uint16_t *rc, uint16_t *rrc)
{
    SimS390Vcpu *state = vcpu->arch;
    int ret;

    if (!state->pv_handle) {
        return 0;
    }
    ret = sim_s390_uv_nodata(vcpu->vm->target_host, UV_DESTROY_SEC_CPU, state->pv_handle, rc, rrc);
    state->pv_handle = 0;
    g_clear_pointer(&state->sida, g_free);
    return ret < 0 ? -EIO : 0;
}

int sim_s390_pv_set_cpu_state(SimVcpu *vcpu, UvCpuState cpu_state)
{
    SimS390 *s390 = vcpu->vm->target_host;
    const SimS390Vcpu *state = vcpu->arch;
    UvCpuSetState set = { .handle = state->pv_handle, .state = cpu_state };

    return uv_call(s390->uv, UV_CPU_SET_STATE, &set) ? 0 : -EINVAL;
}

/* kvm_s390_cpus_from_pv(): all of them; the codes are those of the first that failed. */
static int cpus_from_pv(SimVm *vm, uint16_t *rc, uint16_t *rrc)
{
    int ret = 0;

    for (unsigned i = 0; i < vm->vcpus->len; i++) {
        SimVcpu *vcpu = g_ptr_array_index(vm->vcpus, i);
        uint16_t its_rc = UV_RC_EXECUTED, its_rrc = 0;

        g_mutex_lock(&vcpu->lock);
        if (sim_s390_pv_destroy_cpu(vcpu, &its_rc, &its_rrc) < 0 && ret == 0) {
            *rc = its_rc;
            *rrc = its_rrc;
            ret = -EIO;
        }
        g_mutex_unlock(&vcpu->lock);
    }
    return ret;
}

/* kvm_s390_cpus_to_pv(): all of them, or none. */
static int cpus_to_pv(SimVm *vm, uint16_t *rc, uint16_t *rrc)
{
    uint16_t dummy;
    int ret = 0;

    for (unsigned i = 0; i < vm->vcpus->len && ret == 0; i++) {
        SimVcpu *vcpu = g_ptr_array_index(vm->vcpus, i);

        g_mutex_lock(&vcpu->lock);
        ret = sim_s390_pv_create_cpu(vcpu, rc, rrc);
        g_mutex_unlock(&vcpu->lock);
    }
    if (ret < 0) {
        cpus_from_pv(vm, &dummy, &dummy);
    }
    return ret;
}

/* ---- configurations ---- */

/* kvm_s390_get_gfn_end() */
static uint64_t guest_length(const SimVm *vm)
{
    uint64_t end = 0;

    for (unsigned i = 0; i < vm->slots->len; i++) {
        const SimSlot *slot = &g_array_index(vm->slots, SimSlot, i);

        end = MAX(end, slot->gpa + slot->size);
    }
    return end;
}

static int init_vm(SimVm *vm, KvmS390PvCommand *command)
{
    SimS390 *s390 = vm->target_host;
    SimS390Vm *s390_vm = vm->arch;
    UvCreateConf create = { .stor_length = guest_length(vm) };
    bool is_done = uv_call(s390->uv, UV_CREATE_SEC_CONF, &create);

    command->rc = create.block.rc;
    command->rrc = create.block.rrc;
    if (!is_done) {
        return -EIO;
    }
    s390_vm->pv_handle = create.handle;
    return 0;
}

/* kvm_s390_pv_deinit_vm(). A VM that cannot be destroyed stays protected. */
static int deinit_vm(SimVm *vm, uint16_t *rc, uint16_t *rrc)
{
    SimS390Vm *s390_vm = vm->arch;

    if (sim_s390_uv_nodata(vm->target_host, UV_DESTROY_SEC_CONF, s390_vm->pv_handle, rc, rrc) < 0) {
        return -EIO;
    }
    s390_vm->pv_handle = 0;
    return 0;
}

static int enable(SimVm *vm, KvmS390PvCommand *command)
{
    SimS390Vm *s390_vm = vm->arch;
    uint16_t dummy;
    int ret;

    if (s390_vm->pv_handle) {
        return -EINVAL;
    }
    ret = init_vm(vm, command);
    if (ret < 0) {
        return ret;
    }
    ret = cpus_to_pv(vm, &command->rc, &command->rrc);
    if (ret < 0) {
        deinit_vm(vm, &dummy, &dummy);
    }
    sim_s390_mask_service_irq(vm, true);
    return ret;
}

/* kvm_s390_pv_dispose_one_leftover(), and its pages. */
static int dispose_aside(SimVm *vm, uint16_t *rc, uint16_t *rrc)
{
    SimS390Vm *s390_vm = vm->arch;
    int ret = 0;

    if (s390_vm->aside_handle) {
        ret = sim_s390_uv_nodata(vm->target_host, UV_DESTROY_SEC_CONF, s390_vm->aside_handle, rc, rrc);
    }
    sim_s390_destroy_pages(vm, s390_vm->aside_pages, UINT64_MAX);
    s390_vm->has_aside = false;
    return ret < 0 ? -EIO : 0;
}

/* kvm_s390_pv_deinit_cleanup_all() */
static int disable(SimVm *vm, KvmS390PvCommand *command)
{
    SimS390Vm *s390_vm = vm->arch;
    uint64_t handle = s390_vm->pv_handle;
    uint16_t rc = UV_RC_EXECUTED, rrc = 0;
    int ret;

    if (!handle) {
        return -EINVAL;
    }
    ret = cpus_from_pv(vm, &command->rc, &command->rrc);
    if (ret < 0) {
        return ret;
    }
    ret = deinit_vm(vm, &command->rc, &command->rrc);
    if (s390_vm->has_aside && dispose_aside(vm, &rc, &rrc) < 0) {
        ret = -EIO;
        if (command->rc == UV_RC_EXECUTED) {
            command->rc = rc;
            command->rrc = rrc;
        }
    }
    sim_s390_destroy_pages(vm, handle, UINT64_MAX);
    sim_s390_mask_service_irq(vm, false);
    return ret;
}

/* kvm_s390_pv_set_aside() */
static int set_aside(SimVm *vm, KvmS390PvCommand *command)
{
    SimS390 *s390 = vm->target_host;
    SimS390Vm *s390_vm = vm->arch;

    /* A guest whose address space is so small has tables of another kind, which cannot be replaced. */
    if (s390_vm->has_aside || s390_vm->gmap_limit <= TWO_GIBIBYTES) {
        return -EINVAL;
    }
    s390_vm->aside_handle = s390_vm->pv_handle;
    if (uv_info_has_call(&s390->model->uv, UV_CALL_DESTROY_SEC_CONF_FAST)) {
        s390_vm->aside_handle = 0;
        if (sim_s390_uv_nodata(s390, UV_DESTROY_SEC_CONF_FAST, s390_vm->pv_handle, &command->rc,
                               &command->rrc) < 0) {
            return -EIO;
        }
    }
    s390_vm->aside_pages = s390_vm->pv_handle;
    s390_vm->has_aside = true;
    s390_vm->pv_handle = 0;
    sim_s390_destroy_pages(vm, s390_vm->aside_pages, TWO_GIBIBYTES);
    command->rc = UV_RC_EXECUTED;
    command->rrc = RRC_SET_ASIDE;
    return 0;
}

static int cleanup_prepare(SimVm *vm, KvmS390PvCommand *command)
{
    const SimS390Vm *s390_vm = vm->arch;
    int ret;

    if (!s390_vm->pv_handle) {
        return -EINVAL;
    }
    ret = cpus_from_pv(vm, &command->rc, &command->rrc);
    if (ret < 0) {
        return ret;
    }
    ret = set_aside(vm, command);
    sim_s390_mask_service_irq(vm, false);
    return ret;
}

static int cleanup_perform(SimVm *vm, KvmS390PvCommand *command)
{
    const SimS390Vm *s390_vm = vm->arch;

    return s390_vm->has_aside ? dispose_aside(vm, &command->rc, &command->rrc) : -EINVAL;
}

/* Pages are not destroyed here: whoever closes a VM has often unmapped its memory before, and who knows what
 * is at these addresses now. */
void sim_s390_pv_vm_destroy(SimVm *vm)
{
    SimS390Vm *s390_vm = vm->arch;
    uint16_t dummy;

    if (s390_vm->pv_handle) {
        deinit_vm(vm, &dummy, &dummy);
    }
    if (s390_vm->has_aside && s390_vm->aside_handle) {
        sim_s390_uv_nodata(vm->target_host, UV_DESTROY_SEC_CONF, s390_vm->aside_handle, &dummy, &dummy);
    }
}

/* ---- images ---- */

static int set_sec_parms(SimVm *vm, KvmS390PvCommand *command)
{
    SimS390 *s390 = vm->target_host;
    const SimS390Vm *s390_vm = vm->arch;
    uint8_t header[KVM_S390_PV_LARGEST_HEADER];
    UvSetParams set = { .conf = s390_vm->pv_handle, .header = header };
    KvmS390PvSecParm parm;
    bool is_done;

    if (!s390_vm->pv_handle) {
        return -EINVAL;
    }
    if (sim_copy_from_user(&parm, command->data, sizeof(parm)) < 0) {
        return -EFAULT;
    }
    if (parm.length > sizeof(header)) {
        return -EINVAL;
    }
    if (parm.length == 0) {
        return -ENOMEM; /* vmalloc() of nothing */
    }
    if (sim_copy_from_user(header, parm.origin, parm.length) < 0) {
        return -EFAULT;
    }
    set.length = parm.length;
    is_done = uv_call(s390->uv, UV_SET_SEC_CONF_PARAMS, &set);
    command->rc = set.block.rc;
    command->rrc = set.block.rrc;
    return is_done ? 0 : -EINVAL;
}

static int unpack(SimVm *vm, KvmS390PvCommand *command)
{
    const SimS390Vm *s390_vm = vm->arch;
    KvmS390PvUnpack unpack;

    if (!s390_vm->pv_handle) {
        return -EINVAL;
    }
    if (sim_copy_from_user(&unpack, command->data, sizeof(unpack)) < 0) {
        return -EFAULT;
    }
    if (unpack.addr % SIM_PAGE_SIZE || unpack.size == 0 || unpack.size % SIM_PAGE_SIZE) {
        return -EINVAL;
    }
    /* The kernel looks at each page; a component is hardly ever in memory of both kinds. */
    if (sim_s390_is_huge(vm, unpack.addr)) {
        return -EFAULT;
    }
    for (uint64_t offset = 0; offset < unpack.size; offset += SIM_PAGE_SIZE) {
        UvUnpack uv_unpack = { .conf = s390_vm->pv_handle,
                               .gaddr = unpack.addr + offset,
                               .tweak = { unpack.tweak, offset } };
        int ret = sim_s390_unpack_page(vm, &uv_unpack);

        command->rc = uv_unpack.block.rc;
        command->rrc = uv_unpack.block.rrc;
        if (ret < 0) {
            return ret;
        }
    }
    return 0;
}

static void report(SimVm *vm)
{
    const SimS390 *s390 = vm->target_host;
    const SimS390Vm *s390_vm = vm->arch;
    uint8_t digest[PV_HASH_SIZE];

    if (uv_guest_digest(s390->uv, s390_vm->pv_handle, digest)) {
        g_autofree char *hex = crypto_hex(digest, sizeof(digest));

        sim_host_report(vm->host, "s390-pv", hex);
    }
}

/* A call with nothing but the handle of the VM. */
static int call_for_vm(SimVm *vm, UvCommand uv_command, KvmS390PvCommand *command)
{
    const SimS390Vm *s390_vm = vm->arch;

    return s390_vm->pv_handle ? sim_s390_uv_nodata(vm->target_host, uv_command, s390_vm->pv_handle,
                                                   &command->rc, &command->rrc)
                              : -EINVAL;
}

static int verify(SimVm *vm, KvmS390PvCommand *command)
{
    int ret = call_for_vm(vm, UV_VERIFY_IMG, command);

    if (ret == 0) {
        report(vm);
    }
    return ret;
}

/* kvm_s390_handle_pv_info() */
static int info(SimVm *vm, const KvmS390PvCommand *command)
{
    const SimS390 *s390 = vm->target_host;
    const UvInfo *uv = &s390->model->uv;
    KvmS390PvInfo out = { .header = { .id = 0 } };
    uint32_t length;

    if (sim_copy_from_user(&out.header, command->data, sizeof(out.header)) < 0) {
        return -EFAULT;
    }
    if (out.header.len_max < sizeof(out.header) || out.header.id > KVM_S390_PV_INFO_DUMP) {
        return -EINVAL;
    }
    length = out.header.id == KVM_S390_PV_INFO_VM ? KVM_S390_PV_INFO_VM_SIZE : KVM_S390_PV_INFO_DUMP_SIZE;
    if (out.header.len_max < length) {
        return -EINVAL;
    }
    out.header.len_written = length;
    if (out.header.id == KVM_S390_PV_INFO_VM) {
        for (size_t i = 0; i < G_N_ELEMENTS(uv->calls); i++) {
            out.vm.inst_calls_list[i] = uv->calls[i];
        }
        out.vm.max_cpus = uv->largest_cpu_number + 1u;
        out.vm.max_guests = uv->most_guests;
        out.vm.max_guest_addr = uv->largest_address;
        out.vm.feature_indication = uv->features;
    } else {
        out.dump.dump_cpu_buffer_len = uv->cpu_storage_length;
        out.dump.dump_config_mem_buffer_per_1m = uv->dump_storage_length;
        out.dump.dump_config_finalize_len = uv->dump_complete_length;
    }
    return sim_copy_to_user(command->data, &out, length);
}

/* ---- the ioctl ---- */

static int carry_out(SimVm *vm, KvmS390PvCommand *command)
{
    switch (command->cmd) {
    case KVM_S390_PV_ENABLE:
        return enable(vm, command);
    case KVM_S390_PV_DISABLE:
        return disable(vm, command);
    case KVM_S390_PV_SET_SEC_PARMS:
        return set_sec_parms(vm, command);
    case KVM_S390_PV_UNPACK:
        return unpack(vm, command);
    case KVM_S390_PV_VERIFY:
        return verify(vm, command);
    case KVM_S390_PV_PREP_RESET:
        return call_for_vm(vm, UV_PREPARE_RESET, command);
    case KVM_S390_PV_UNSHARE_ALL:
        return call_for_vm(vm, UV_SET_UNSHARE_ALL, command);
    case KVM_S390_PV_INFO:
        return info(vm, command);
    case KVM_S390_PV_DUMP:
        return sim_s390_pv_dump(vm, command);
    case KVM_S390_PV_ASYNC_CLEANUP_PREPARE:
        return cleanup_prepare(vm, command);
    case KVM_S390_PV_ASYNC_CLEANUP_PERFORM:
        return cleanup_perform(vm, command);
    default:
        return -ENOTTY;
    }
}

int sim_s390_pv_command(SimVm *vm, unsigned long arg)
{
    const SimS390 *s390 = vm->target_host;
    SimS390Vm *s390_vm = vm->arch;
    KvmS390PvCommand command;
    int ret;

    g_atomic_int_set(&s390_vm->user_cpu_state, true);
    if (!s390->uv) {
        return -EINVAL;
    }
    if (sim_copy_from_user(&command, arg, sizeof(command)) < 0) {
        return -EFAULT;
    }
    if (command.flags) {
        return -EINVAL;
    }
    ret = carry_out(vm, &command);
    return sim_copy_to_user(arg, &command, sizeof(command)) < 0 ? -EFAULT : ret;
}
