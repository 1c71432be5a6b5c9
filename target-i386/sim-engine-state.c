/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The registers that a vCPU enters its guest with: those that the VMM has set, or what the firmware has
 * encrypted of them. A processor loads the latter from the VMSA; here it is decrypted with the guest's key
 * (struct sev_es_save_area in arch/x86/include/asm/svm.h).
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include "target-i386/sim-engine.h"

#define EFER_SVME    (UINT64_C(1) << 12)

#define VMSA_FPU_ST  0x420
#define VMSA_FPU_XMM 0x470

static uint16_t get16(const uint8_t *vmsa, size_t offset)
{
    uint16_t value;

    memcpy(&value, vmsa + offset, sizeof(value));
    return GUINT16_FROM_LE(value);
}

static uint32_t get32(const uint8_t *vmsa, size_t offset)
{
    uint32_t value;

    memcpy(&value, vmsa + offset, sizeof(value));
    return GUINT32_FROM_LE(value);
}

static uint64_t get64(const uint8_t *vmsa, size_t offset)
{
    uint64_t value;

    memcpy(&value, vmsa + offset, sizeof(value));
    return GUINT64_FROM_LE(value);
}

static SimSegment load_segment(const uint8_t *vmsa, size_t offset)
{
    return (SimSegment){
        .selector = get16(vmsa, offset),
        .attributes = get16(vmsa, offset + 2),
        .limit = get32(vmsa, offset + 4),
        .base = get64(vmsa, offset + 8),
    };
}

static void load_general_registers(KvmRegs *regs, const uint8_t *vmsa)
{
    *regs = (KvmRegs){
        .rax = get64(vmsa, 0x1f8),
        .rcx = get64(vmsa, 0x308),
        .rdx = get64(vmsa, 0x310),
        .rbx = get64(vmsa, 0x318),
        .rsp = get64(vmsa, 0x1d8),
        .rbp = get64(vmsa, 0x328),
        .rsi = get64(vmsa, 0x330),
        .rdi = get64(vmsa, 0x338),
        .r8 = get64(vmsa, 0x340),
        .r9 = get64(vmsa, 0x348),
        .r10 = get64(vmsa, 0x350),
        .r11 = get64(vmsa, 0x358),
        .r12 = get64(vmsa, 0x360),
        .r13 = get64(vmsa, 0x368),
        .r14 = get64(vmsa, 0x370),
        .r15 = get64(vmsa, 0x378),
        .rip = get64(vmsa, 0x178),
        .rflags = get64(vmsa, 0x170),
    };
}

static void load_fpu(SimX86Vcpu *state, const uint8_t *vmsa)
{
    KvmFpu *fpu = &state->fpu;

    *fpu = (KvmFpu){
        .last_dp = get64(vmsa, 0x400),
        .ftwx = (uint8_t)get16(vmsa, 0x40c),
        .fsw = get16(vmsa, 0x40e),
        .fcw = get16(vmsa, 0x410),
        .last_opcode = get16(vmsa, 0x412),
        .last_ip = get64(vmsa, 0x418),
    };
    for (size_t i = 0; i < G_N_ELEMENTS(fpu->fpr); i++) {
        memcpy(fpu->fpr[i], vmsa + VMSA_FPU_ST + i * 8, 8);
        memcpy(fpu->fpr[i] + 8, vmsa + VMSA_FPU_ST + 64 + i * 2, 2);
    }
    memcpy(fpu->xmm, vmsa + VMSA_FPU_XMM, sizeof(fpu->xmm));
}

/* What is not in a VMSA stays as it is. */
static void load_vmsa(SimX86Vcpu *state, const uint8_t *vmsa)
{
    state->es = load_segment(vmsa, 0x000);
    state->cs = load_segment(vmsa, 0x010);
    state->ss = load_segment(vmsa, 0x020);
    state->ds = load_segment(vmsa, 0x030);
    state->fs = load_segment(vmsa, 0x040);
    state->gs = load_segment(vmsa, 0x050);
    state->gdtr = load_segment(vmsa, 0x060);
    state->ldtr = load_segment(vmsa, 0x070);
    state->idtr = load_segment(vmsa, 0x080);
    state->tr = load_segment(vmsa, 0x090);
    state->cpl = vmsa[0x0cb];
    state->efer = get64(vmsa, 0x0d0) & ~EFER_SVME;
    state->cr4 = get64(vmsa, 0x148);
    state->cr3 = get64(vmsa, 0x150);
    state->cr0 = get64(vmsa, 0x158);
    state->cr2 = get64(vmsa, 0x240);
    state->xcr0 = get64(vmsa, 0x3e8);
    sim_msrs_load(state, vmsa);
    load_general_registers(&state->regs, vmsa);
    load_fpu(state, vmsa);
}

static bool set(SimVcpu *vcpu, unsigned long request, const char *what, const void *arg, Error **errp)
{
    int result = sim_engine_vcpu_ioctl(vcpu, request, arg);

    return result >= 0 ||
           error_set_errno(errp, CGVM_ERROR_KERNEL, -result, "the KVM underneath refuses %s of vCPU %lu: %s",
                           what, vcpu->id, g_strerror(-result));
}

/* Those that are not as they are after a reset anyway. */
static bool set_msrs(SimVcpu *vcpu, const SimX86Vcpu *state, Error **errp)
{
    g_autofree KvmMsrs *msrs = g_malloc0(sizeof(*msrs) + SIM_N_MSRS * sizeof(KvmMsrEntry));
    int done;

    msrs->nmsrs = sim_msrs_changed(state, msrs->entries);
    done = sim_engine_vcpu_ioctl(vcpu, KVMIO_SET_MSRS, msrs);
    return done == (int)msrs->nmsrs ||
           error_set(errp, CGVM_ERROR_KERNEL, "the KVM underneath refuses MSR 0x%" PRIx32 " of vCPU %lu",
                     msrs->entries[MAX(done, 0)].index, vcpu->id);
}

static bool apply(SimVcpu *vcpu, const SimX86Vcpu *state, Error **errp)
{
    KvmXcrs xcrs = { .nr_xcrs = 1 };
    KvmSregs sregs;

    xcrs.xcrs[0].value = state->xcr0;
    sim_vcpu_get_sregs(state, &sregs);
    return set(vcpu, KVMIO_SET_SREGS, "the segments and control registers", &sregs, errp) &&
           set(vcpu, KVMIO_SET_REGS, "the registers", &state->regs, errp) &&
           set(vcpu, KVMIO_SET_FPU, "the FPU", &state->fpu, errp) &&
           (!sim_engine_check(vcpu->vm->engine, KVMCAP_XCRS) ||
            set(vcpu, KVMIO_SET_XCRS, "XCR0", &xcrs, errp)) &&
           set_msrs(vcpu, state, errp);
}

bool sim_engine_set_state(SimVcpu *vcpu, Error **errp)
{
    const SimX86 *x86 = vcpu->vm->target_host;
    const SevVm *sev = sim_sev_guest(vcpu->vm);
    SimX86Vcpu state = *(const SimX86Vcpu *)vcpu->arch;
    _Alignas(16) uint8_t vmsa[SIM_PAGE_SIZE];

    if (sev && state.vmsa) {
        memcpy(vmsa, state.vmsa, sizeof(vmsa));
        if (!sev->snp_active) {
            psp_sev_crypt(x86->psp, sev->handle, false, (uintptr_t)state.vmsa, vmsa, sizeof(vmsa));
        }
        load_vmsa(&state, vmsa);
    }
    return apply(vcpu, &state, errp);
}

bool sim_engine_start(SimVcpu *vcpu, const uint8_t *vmsa, Error **errp)
{
    const KvmMpState runnable = { .mp_state = KVM_MP_STATE_RUNNABLE };
    SimX86Vcpu state = *(const SimX86Vcpu *)vcpu->arch;

    load_vmsa(&state, vmsa);
    return apply(vcpu, &state, errp) && set(vcpu, KVMIO_SET_MP_STATE, "the start", &runnable, errp);
}
