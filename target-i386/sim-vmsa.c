/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The VMSA that the simulated kernel makes of a vCPU's registers; sev_es_sync_vmsa() of
 * arch/x86/kvm/svm/sev.c. Layout: struct sev_es_save_area in
 * arch/x86/include/asm/svm.h.
 *
 * KVM copies the processor's save area, so what SVM needs in it is in the VMSA as well: EFER.SVME, CR4.MCE,
 * and CR0 with caching on.
 */
#include <errno.h>
#include <string.h>
#include "target-i386/sim-state.h"

#define CR0_NW       (UINT64_C(1) << 29)
#define CR0_CD       (UINT64_C(1) << 30)

#define CR4_MCE      (UINT64_C(1) << 6)
#define EFER_SVME    (UINT64_C(1) << 12)

#define DR7_FIXED    UINT64_C(0x400)

#define VMSA_FPU_ST  0x420
#define VMSA_FPU_XMM 0x470

static void put16(uint8_t *vmsa, size_t offset, uint16_t value)
{
    value = GUINT16_TO_LE(value);
    memcpy(vmsa + offset, &value, sizeof(value));
}

static void put32(uint8_t *vmsa, size_t offset, uint32_t value)
{
    value = GUINT32_TO_LE(value);
    memcpy(vmsa + offset, &value, sizeof(value));
}

static void put64(uint8_t *vmsa, size_t offset, uint64_t value)
{
    value = GUINT64_TO_LE(value);
    memcpy(vmsa + offset, &value, sizeof(value));
}

static void put_segment(uint8_t *vmsa, size_t offset, const SimSegment *segment)
{
    put16(vmsa, offset, segment->selector);
    put16(vmsa, offset + 2, segment->attributes);
    put32(vmsa, offset + 4, segment->limit);
    put64(vmsa, offset + 8, segment->base);
}

static void put_save_area(uint8_t *vmsa, const SimX86Vcpu *state)
{
    put_segment(vmsa, 0x000, &state->es);
    put_segment(vmsa, 0x010, &state->cs);
    put_segment(vmsa, 0x020, &state->ss);
    put_segment(vmsa, 0x030, &state->ds);
    put_segment(vmsa, 0x040, &state->fs);
    put_segment(vmsa, 0x050, &state->gs);
    put_segment(vmsa, 0x060, &state->gdtr);
    put_segment(vmsa, 0x070, &state->ldtr);
    put_segment(vmsa, 0x080, &state->idtr);
    put_segment(vmsa, 0x090, &state->tr);
    vmsa[0x0cb] = state->cpl;
    put64(vmsa, 0x0d0, state->efer | EFER_SVME);
    put64(vmsa, 0x148, state->cr4 | CR4_MCE);
    put64(vmsa, 0x150, state->cr3);
    put64(vmsa, 0x158, state->cr0 & ~(CR0_CD | CR0_NW));
    put64(vmsa, 0x160, state->dr7);
    put64(vmsa, 0x168, state->dr6);
    put64(vmsa, 0x170, state->regs.rflags);
    put64(vmsa, 0x178, state->regs.rip);
    put64(vmsa, 0x1d8, state->regs.rsp);
    put64(vmsa, 0x1f8, state->regs.rax);
    put64(vmsa, 0x240, state->cr2);
}

static void put_general_registers(uint8_t *vmsa, const KvmRegs *regs)
{
    put64(vmsa, 0x308, regs->rcx);
    put64(vmsa, 0x310, regs->rdx);
    put64(vmsa, 0x318, regs->rbx);
    put64(vmsa, 0x328, regs->rbp);
    put64(vmsa, 0x330, regs->rsi);
    put64(vmsa, 0x338, regs->rdi);
    put64(vmsa, 0x340, regs->r8);
    put64(vmsa, 0x348, regs->r9);
    put64(vmsa, 0x350, regs->r10);
    put64(vmsa, 0x358, regs->r11);
    put64(vmsa, 0x360, regs->r12);
    put64(vmsa, 0x368, regs->r13);
    put64(vmsa, 0x370, regs->r14);
    put64(vmsa, 0x378, regs->r15);
}

/* The x87 registers are split: eight times the low 8 bytes, then eight times the high 2. */
static void put_fpu(uint8_t *vmsa, const SimX86Vcpu *state)
{
    const KvmFpu *fpu = &state->fpu;

    put64(vmsa, 0x400, fpu->last_dp);
    put32(vmsa, 0x408, state->mxcsr);
    put16(vmsa, 0x40c, fpu->ftwx);
    put16(vmsa, 0x40e, fpu->fsw);
    put16(vmsa, 0x410, fpu->fcw);
    put16(vmsa, 0x412, fpu->last_opcode);
    put64(vmsa, 0x418, fpu->last_ip);
    for (size_t i = 0; i < G_N_ELEMENTS(fpu->fpr); i++) {
        memcpy(vmsa + VMSA_FPU_ST + i * 8, fpu->fpr[i], 8);
        memcpy(vmsa + VMSA_FPU_ST + 64 + i * 2, fpu->fpr[i] + 8, 2);
    }
    memcpy(vmsa + VMSA_FPU_XMM, fpu->xmm, sizeof(fpu->xmm));
}

int sim_vmsa_sync(SimVcpu *vcpu)
{
    const SimX86Vm *x86_vm = vcpu->vm->arch;
    const SimX86Vcpu *state = vcpu->arch;
    uint8_t *vmsa = state->vmsa;

    if (g_atomic_int_get(&state->is_state_protected) || (state->dr7 & ~DR7_FIXED)) {
        return -EINVAL;
    }
    memset(vmsa, 0, SIM_PAGE_SIZE);
    put_save_area(vmsa, state);
    sim_msrs_store(state, vmsa);
    put_general_registers(vmsa, &state->regs);
    put32(vmsa, 0x2e8, state->pkru);
    put64(vmsa, 0x3b0, x86_vm->sev.vmsa_features);
    put64(vmsa, 0x3e8, state->xcr0);
    /* The digest of guests of the old kind must stay what it always was. */
    if (vcpu->vm->type != KVM_VM_TYPE_DEFAULT) {
        put_fpu(vmsa, state);
    }
    return 0;
}
