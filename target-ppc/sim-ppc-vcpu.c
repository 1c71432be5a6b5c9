/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The registers of a simulated POWER vCPU, and KVM_RUN as far as it goes; the vCPU ioctls of
 * arch/powerpc/kvm/powerpc.c, book3s.c and book3s_hv.c in Linux 6.12.
 */
#include <errno.h>
#include <string.h>
#include "target-ppc/sim-ppc-state.h"

/* Bits of the LPCR that a VMM may change (kvmppc_set_lpcr()), of which the model knows these. */
#define LPCR_VMM (LPCR_ILE | LPCR_AIL)

int sim_ppc_vcpu_create(SimVcpu *vcpu)
{
    SimPpc *ppc = vcpu->vm->target_host;
    const SimPpcVm *ppc_vm = vcpu->vm->arch;
    SimPpcVcpu *state = g_new0(SimPpcVcpu, 1);

    state->lpcr = ppc_vm->lpcr;
    state->guest.next = (unsigned)g_atomic_int_get(&ppc->script_next);
    vcpu->arch = state;
    return 0;
}

void sim_ppc_vcpu_free(SimVcpu *vcpu)
{
    SimPpcVcpu *state = vcpu->arch;

    sim_ppc_guest_clear(&state->guest);
    g_free(state);
}

/* ---- capabilities ---- */

static int connect_xics(SimVcpu *vcpu, const KvmEnableCap *cap)
{
    SimPpcVcpu *state = vcpu->arch;
    int64_t type = sim_host_device_type(vcpu->vm->host, (int)cap->args[0], vcpu->vm);

    if (type < 0) {
        return -EBADF;
    }
    if (type != KVM_DEVICE_XICS) {
        return -EPERM;
    }
    if (state->has_interrupts) {
        return -EBUSY;
    }
    if (cap->args[1] != vcpu->id) {
        return -EINVAL;
    }
    state->has_interrupts = true;
    return 0;
}

/* kvm_vcpu_ioctl_enable_cap() */
static int enable_cap(SimVcpu *vcpu, unsigned long arg)
{
    SimPpcVcpu *state = vcpu->arch;
    const SimPpcVm *ppc_vm = vcpu->vm->arch;
    KvmEnableCap cap;
    int ret = sim_copy_from_user(&cap, arg, sizeof(cap));

    if (ret < 0) {
        return ret;
    }
    if (cap.flags) {
        return -EINVAL;
    }
    switch (cap.cap) {
    case KVMCAP_PPC_PAPR:
        state->is_papr = true;
        ret = 0;
        break;
    case KVMCAP_IRQ_XICS:
        ret = connect_xics(vcpu, &cap);
        break;
    default:
        return -EINVAL;
    }
    /* kvmppc_sanity_check() */
    return ret == 0 && ppc_vm->is_hv && !state->is_papr ? -EINVAL : ret;
}

/* ---- registers ---- */

/* kvmppc_set_arch_compat() */
static int set_arch_compat(SimVcpu *vcpu, uint32_t logical)
{
    const SimPpc *ppc = vcpu->vm->target_host;
    SimPpcVcpu *state = vcpu->arch;
    unsigned architecture = 0;

    switch (logical) {
    case 0:
    case 0x0f000002: /* 2.05, 2.06, 2.06+, 2.07 */
    case 0x0f000003:
    case 0x0f100003:
    case 0x0f000004:
        break;
    case PVR_POWER9_LOGICAL:
        architecture = 30;
        break;
    case PVR_POWER10_LOGICAL:
        architecture = 31;
        break;
    default:
        return -EINVAL;
    }
    if (architecture > ppc->model->architecture) {
        return -EINVAL;
    }
    state->arch_compat = logical;
    return 0;
}

static int get_one_reg(SimVcpu *vcpu, unsigned long arg)
{
    const SimPpcVcpu *state = vcpu->arch;
    KvmOneReg reg;
    int ret = sim_copy_from_user(&reg, arg, sizeof(reg));

    if (ret < 0) {
        return ret;
    }
    switch (reg.id) {
    case KVM_REG_PPC_LPCR:
        return sim_copy_to_user(reg.addr, &state->lpcr, sizeof(state->lpcr));
    case KVM_REG_PPC_ARCH_COMPAT:
        return sim_copy_to_user(reg.addr, &state->arch_compat, sizeof(state->arch_compat));
    default:
        return -EINVAL;
    }
}

static int set_one_reg(SimVcpu *vcpu, unsigned long arg)
{
    SimPpcVcpu *state = vcpu->arch;
    KvmOneReg reg;
    uint64_t lpcr;
    uint32_t logical;
    int ret = sim_copy_from_user(&reg, arg, sizeof(reg));

    if (ret < 0) {
        return ret;
    }
    switch (reg.id) {
    case KVM_REG_PPC_LPCR:
        ret = sim_copy_from_user(&lpcr, reg.addr, sizeof(lpcr));
        state->lpcr = ret < 0 ? state->lpcr : (state->lpcr & ~LPCR_VMM) | (lpcr & LPCR_VMM);
        return ret;
    case KVM_REG_PPC_ARCH_COMPAT:
        ret = sim_copy_from_user(&logical, reg.addr, sizeof(logical));
        return ret < 0 ? ret : set_arch_compat(vcpu, logical);
    default:
        return -EINVAL;
    }
}

/* kvm_arch_vcpu_ioctl_get_sregs_hv(): a guest with radix trees has no segments. */
static int get_sregs(SimVcpu *vcpu, unsigned long arg)
{
    const SimPpc *ppc = vcpu->vm->target_host;
    const KvmPpcSregs sregs = { .pvr = ppc->model->pvr };

    return sim_copy_to_user(arg, &sregs, sizeof(sregs));
}

/* kvm_arch_vcpu_ioctl_set_sregs_hv() */
static int set_sregs(SimVcpu *vcpu, unsigned long arg)
{
    const SimPpc *ppc = vcpu->vm->target_host;
    KvmPpcSregs sregs;
    int ret = sim_copy_from_user(&sregs, arg, sizeof(sregs));

    return ret < 0 ? ret : sregs.pvr == ppc->model->pvr ? 0 : -EINVAL;
}

int sim_ppc_vcpu_ioctl(SimVcpu *vcpu, unsigned long request, unsigned long arg)
{
    SimPpcVcpu *state = vcpu->arch;

    switch (request) {
    case KVMIO_ENABLE_CAP:
        return enable_cap(vcpu, arg);
    case KVMIO_GET_REGS:
        return sim_copy_to_user(arg, &state->regs, sizeof(state->regs));
    case KVMIO_SET_REGS:
        return sim_copy_from_user(&state->regs, arg, sizeof(state->regs));
    case KVMIO_GET_SREGS:
        return get_sregs(vcpu, arg);
    case KVMIO_SET_SREGS:
        return set_sregs(vcpu, arg);
    case KVMIO_GET_ONE_REG:
        return get_one_reg(vcpu, arg);
    case KVMIO_SET_ONE_REG:
        return set_one_reg(vcpu, arg);
    default:
        return -EINVAL;
    }
}

/* ---- KVM_RUN ---- */

/* kvmppc_vcpu_run_hv() */
int sim_ppc_vcpu_run(SimVcpu *vcpu)
{
    SimPpcVcpu *state = vcpu->arch;
    SimPpcVm *ppc_vm = vcpu->vm->arch;
    int ret;

    if (ppc_vm->is_hv && !state->is_papr) {
        vcpu->run->exit_reason = KVMEXIT_INTERNAL_ERROR;
        return -EINVAL;
    }
    g_atomic_int_inc(&ppc_vm->vcpus_running);
    ret = sim_ppc_guest_run(vcpu);
    g_atomic_int_add(&ppc_vm->vcpus_running, -1);
    return ret;
}
