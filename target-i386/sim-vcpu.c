/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The registers of a simulated vCPU, and KVM_RUN as far as it goes; the vCPU ioctls of arch/x86/kvm/x86.c and
 * the segments of arch/x86/kvm/svm/svm.c in Linux 6.12.
 *
 * Once a VMSA is encrypted, the registers of a VM whose type has protected state are out of reach (-EINVAL),
 * except for the FPU of an SNP guest: KVM forgets to lock that, and hands out what it had. Where the type of
 * the VM has none (KVM_SEV_ES_INIT), the same ioctls succeed with what KVM has left.
 */
#include <errno.h>
#include <string.h>
#include "target-i386/sim-engine.h"

#define CR0_PE             UINT64_C(0x00000001)
#define CR0_NW             UINT64_C(0x20000000)
#define CR0_CD             UINT64_C(0x40000000)
#define CR0_PG             UINT64_C(0x80000000)

#define CR4_PAE            UINT64_C(0x20)
#define CR4_VALID          UINT64_C(0x10771fff) /* without SMXE, VMXE and what is reserved */

#define EFER_LME           UINT64_C(0x100)
#define EFER_LMA           UINT64_C(0x400)

#define RFLAGS_FIXED       UINT64_C(2)

#define APIC_BASE_DEFAULT  UINT64_C(0xfee00800)
#define APIC_BASE_BSP      UINT64_C(0x100)
#define APIC_BASE_RESERVED UINT64_C(0x2ff)
#define APIC_BASE_BITS     52

#define XCR0_X87           UINT64_C(1)
#define XCR0_SSE           UINT64_C(2)
#define XCR0_AVX           UINT64_C(4)

/* A segment's attributes in a save area. */
#define ATTRIBUTE_S       (1u << 4)
#define ATTRIBUTE_DPL     5
#define ATTRIBUTE_PRESENT (1u << 7)
#define ATTRIBUTE_AVL     (1u << 8)
#define ATTRIBUTE_L       (1u << 9)
#define ATTRIBUTE_DB      (1u << 10)
#define ATTRIBUTE_G       (1u << 11)

#define TYPE_ACCESSED     1
#define TYPE_BUSY         2

/* KVM_RUN of a vCPU that the processor refuses to enter: SVM_EXIT_ERR. */
#define FAIL_ENTRY_REASON 0xffffffffu

static void reset_segments(SimX86Vcpu *state)
{
    const SimSegment data = { .attributes = 0x92, .limit = 0xffff };

    state->es = state->ss = state->ds = state->fs = state->gs = data;
    state->cs = (SimSegment){ .selector = 0xf000, .attributes = 0x9a, .limit = 0xffff, .base = 0xffff0000 };
    state->gdtr = state->idtr = (SimSegment){ .limit = 0xffff };
    state->ldtr = (SimSegment){ .attributes = 0x82, .limit = 0xffff };
    state->tr = (SimSegment){ .attributes = 0x83, .limit = 0xffff };
}

/* KVM's own reset state, which is not that of QEMU. */
static void reset(SimX86Vcpu *state, bool is_boot_processor)
{
    reset_segments(state);
    state->regs = (KvmRegs){ .rdx = 0x600, .rip = 0xfff0, .rflags = RFLAGS_FIXED };
    state->cr0 = 0x60000010;
    state->apic_base = APIC_BASE_DEFAULT | (is_boot_processor ? APIC_BASE_BSP : 0);
    state->dr6 = 0xffff0ff0;
    state->dr7 = 0x400;
    state->fpu.fcw = 0x37f;
    state->mxcsr = 0x1f80;
    state->xcr0 = XCR0_X87;
    sim_msrs_reset(state);
}

int sim_x86_vcpu_create(SimVcpu *vcpu)
{
    SimX86 *x86 = vcpu->vm->target_host;
    const SimX86Vm *x86_vm = vcpu->vm->arch;
    SimX86Vcpu *state = g_new0(SimX86Vcpu, 1);

    reset(state, vcpu->id == 0);
    state->tsc_khz = x86_vm->tsc_khz;
    state->start.event = -1;
    state->start.is_held = vcpu->id != 0;
    state->guest.next = (unsigned)g_atomic_int_get(&x86->script_next);
    if (x86_vm->sev.es_active) {
        state->vmsa = g_aligned_alloc0(1, SIM_PAGE_SIZE, SIM_PAGE_SIZE);
    }
    vcpu->arch = state;
    return vcpu->vm->engine ? sim_engine_add_vcpu(vcpu) : 0;
}

void sim_x86_vcpu_free(SimVcpu *vcpu)
{
    SimX86 *x86 = vcpu->vm->target_host;
    SimX86Vcpu *state = vcpu->arch;

    if (state->vmsa && psp_rmp_is_assigned(x86->psp, (uintptr_t)state->vmsa) &&
        !psp_rmp_share(x86->psp, (uintptr_t)state->vmsa)) {
        sim_ccp_firmware_page_free(x86, g_steal_pointer(&state->vmsa));
    }
    if (state->vmsa) {
        g_aligned_free(state->vmsa);
    }
    sim_engine_free_start(state);
    g_free(state->cpuid);
    g_free(state);
}

/* svm_get_segment(); @type_bits are those that a register of this kind always has. */
static KvmSegment get_segment(const SimSegment *segment, uint8_t type_bits)
{
    uint16_t attributes = segment->attributes;
    KvmSegment out = {
        .base = segment->base,
        .limit = segment->limit,
        .selector = segment->selector,
        .type = attributes & 0xf,
        .present = (attributes & ATTRIBUTE_PRESENT) != 0,
        .dpl = attributes >> ATTRIBUTE_DPL & 3,
        .db = (attributes & ATTRIBUTE_DB) != 0,
        .s = (attributes & ATTRIBUTE_S) != 0,
        .l = (attributes & ATTRIBUTE_L) != 0,
        .g = segment->limit > 0xfffff,
        .avl = (attributes & ATTRIBUTE_AVL) != 0,
    };

    out.unusable = !out.present;
    if (!out.unusable || type_bits != TYPE_ACCESSED) {
        out.type |= type_bits;
    }
    return out;
}

/* svm_set_segment() */
static SimSegment set_segment(const KvmSegment *segment)
{
    uint32_t attributes = (segment->type & 0xf) | (segment->s & 1 ? ATTRIBUTE_S : 0) |
                          (segment->dpl & 3u) << ATTRIBUTE_DPL |
                          ((segment->present & 1) && !segment->unusable ? ATTRIBUTE_PRESENT : 0) |
                          (segment->avl & 1 ? ATTRIBUTE_AVL : 0) | (segment->l & 1 ? ATTRIBUTE_L : 0) |
                          (segment->db & 1 ? ATTRIBUTE_DB : 0) | (segment->g & 1 ? ATTRIBUTE_G : 0);

    return (SimSegment){
        .selector = segment->selector,
        .attributes = (uint16_t)attributes,
        .limit = segment->limit,
        .base = segment->base,
    };
}

/* What KVM itself knows of them when the rest is encrypted. */
static int get_stale_sregs(const SimX86Vcpu *state, unsigned long arg)
{
    KvmSregs sregs = {
        .cr0 = state->cr0,
        .cr4 = state->cr4,
        .cr8 = state->cr8,
        .efer = state->efer,
        .apic_base = state->apic_base,
    };

    return sim_copy_to_user(arg, &sregs, sizeof(sregs));
}

void sim_vcpu_get_sregs(const SimX86Vcpu *state, KvmSregs *sregs)
{
    *sregs = (KvmSregs){
        .cs = get_segment(&state->cs, 0),
        .ds = get_segment(&state->ds, TYPE_ACCESSED),
        .es = get_segment(&state->es, TYPE_ACCESSED),
        .fs = get_segment(&state->fs, TYPE_ACCESSED),
        .gs = get_segment(&state->gs, TYPE_ACCESSED),
        .ss = get_segment(&state->ss, 0),
        .tr = get_segment(&state->tr, TYPE_BUSY),
        .ldt = get_segment(&state->ldtr, 0),
        .gdt = { .base = state->gdtr.base, .limit = (uint16_t)state->gdtr.limit },
        .idt = { .base = state->idtr.base, .limit = (uint16_t)state->idtr.limit },
        .cr0 = state->cr0,
        .cr2 = state->cr2,
        .cr3 = state->cr3,
        .cr4 = state->cr4,
        .cr8 = state->cr8,
        .efer = state->efer,
        .apic_base = state->apic_base,
    };

    if (sregs->ss.unusable) {
        sregs->ss.db = 0;
    }
    sregs->ss.dpl = state->cpl;
}

static int get_sregs(const SimX86Vcpu *state, unsigned long arg)
{
    KvmSregs sregs;

    sim_vcpu_get_sregs(state, &sregs);
    return sim_copy_to_user(arg, &sregs, sizeof(sregs));
}

/* kvm_is_valid_sregs(), then the checks of kvm_set_apic_base(). */
static bool sregs_are_valid(const KvmSregs *sregs)
{
    if ((sregs->efer & EFER_LME) && (sregs->cr0 & CR0_PG)) {
        if (!(sregs->cr4 & CR4_PAE) || !(sregs->efer & EFER_LMA)) {
            return false;
        }
    } else if ((sregs->efer & EFER_LMA) || sregs->cs.l) {
        return false;
    }
    if ((sregs->cr4 & ~CR4_VALID) || sregs->cr0 >> 32 || ((sregs->cr0 & CR0_NW) && !(sregs->cr0 & CR0_CD)) ||
        ((sregs->cr0 & CR0_PG) && !(sregs->cr0 & CR0_PE))) {
        return false;
    }
    return !(sregs->apic_base & APIC_BASE_RESERVED) && sregs->apic_base >> APIC_BASE_BITS == 0;
}

static int set_sregs(SimX86Vcpu *state, SimAccess access, unsigned long arg)
{
    KvmSregs sregs;
    int ret = sim_copy_from_user(&sregs, arg, sizeof(sregs));

    if (ret < 0) {
        return ret;
    }
    if (!sregs_are_valid(&sregs)) {
        return -EINVAL;
    }
    state->apic_base = sregs.apic_base;
    if (access == SIM_ACCESS_STALE) {
        return 0;
    }
    state->cs = set_segment(&sregs.cs);
    state->ds = set_segment(&sregs.ds);
    state->es = set_segment(&sregs.es);
    state->fs = set_segment(&sregs.fs);
    state->gs = set_segment(&sregs.gs);
    state->ss = set_segment(&sregs.ss);
    state->tr = set_segment(&sregs.tr);
    state->ldtr = set_segment(&sregs.ldt);
    state->gdtr.base = sregs.gdt.base;
    state->gdtr.limit = sregs.gdt.limit;
    state->idtr.base = sregs.idt.base;
    state->idtr.limit = sregs.idt.limit;
    state->cpl = sregs.ss.dpl & 3;
    state->cr0 = sregs.cr0;
    state->cr2 = sregs.cr2;
    state->cr3 = sregs.cr3;
    state->cr4 = sregs.cr4;
    state->cr8 = sregs.cr8;
    state->efer = sregs.efer;
    return 0;
}

static int set_regs(SimX86Vcpu *state, unsigned long arg)
{
    KvmRegs regs;
    int ret = sim_copy_from_user(&regs, arg, sizeof(regs));

    if (ret < 0) {
        return ret;
    }
    regs.rflags |= RFLAGS_FIXED;
    state->regs = regs;
    return 0;
}

static int get_fpu(const SimX86Vcpu *state, bool is_confidential, unsigned long arg)
{
    const KvmFpu nothing = { .fcw = 0 };

    return sim_copy_to_user(arg, is_confidential ? &nothing : &state->fpu, sizeof(nothing));
}

/* KVM leaves MXCSR alone here: it neither returns nor takes it. */
static int set_fpu(SimX86Vcpu *state, bool is_confidential, unsigned long arg)
{
    KvmFpu fpu;
    int ret = sim_copy_from_user(&fpu, arg, sizeof(fpu));

    if (ret < 0) {
        return ret;
    }
    fpu.mxcsr = 0;
    fpu.pad1 = 0;
    fpu.pad2 = 0;
    if (!is_confidential) {
        state->fpu = fpu;
    }
    return 0;
}

static int get_xcrs(const SimX86Vcpu *state, unsigned long arg)
{
    KvmXcrs xcrs = { .nr_xcrs = 1, .xcrs = { { .xcr = 0, .value = state->xcr0 } } };

    return sim_copy_to_user(arg, &xcrs, sizeof(xcrs));
}

/* What CPUID allows in XCR0; only x87 before KVM_SET_CPUID2. */
static uint64_t allowed_xcr0(const SimX86Vcpu *state, const SimModel *model)
{
    const KvmCpuidEntry *entry = sim_vcpu_find_cpuid(state, 0xd, 0);

    return XCR0_X87 | (entry ? ((uint64_t)entry->edx << 32 | entry->eax) & model->xcr0 : 0);
}

static int set_xcrs(SimX86Vcpu *state, const SimModel *model, unsigned long arg)
{
    KvmXcrs xcrs;
    int ret = sim_copy_from_user(&xcrs, arg, sizeof(xcrs));

    if (ret < 0) {
        return ret;
    }
    if (xcrs.nr_xcrs > G_N_ELEMENTS(xcrs.xcrs) || xcrs.flags) {
        return -EINVAL;
    }
    for (uint32_t i = 0; i < xcrs.nr_xcrs; i++) {
        uint64_t value = xcrs.xcrs[i].value;

        if (xcrs.xcrs[i].xcr != 0) {
            continue;
        }
        if (!(value & XCR0_X87) || ((value & XCR0_AVX) && !(value & XCR0_SSE)) ||
            (value & ~allowed_xcr0(state, model))) {
            return -EINVAL;
        }
        state->xcr0 = value;
        return 0;
    }
    return 0;
}

/* The registers that end up in a VMSA, and are the guest's alone once it is encrypted. KVM does not mark the
 * FPU of an SNP guest as confidential. */
static bool is_locked_by_vmsa(unsigned long request, bool is_fpu_confidential)
{
    switch (request) {
    case KVMIO_GET_REGS:
    case KVMIO_SET_REGS:
    case KVMIO_GET_SREGS:
    case KVMIO_SET_SREGS:
    case KVMIO_GET_XCRS:
    case KVMIO_SET_XCRS:
        return true;
    case KVMIO_GET_FPU:
    case KVMIO_SET_FPU:
        return is_fpu_confidential;
    default:
        return false;
    }
}

static SimAccess get_access(const SimVcpu *vcpu)
{
    const SimX86Vcpu *state = vcpu->arch;

    if (!g_atomic_int_get(&state->is_state_protected)) {
        return SIM_ACCESS_FULL;
    }
    return vcpu->vm->has_protected_state ? SIM_ACCESS_LOCKED : SIM_ACCESS_STALE;
}

int sim_x86_vcpu_ioctl(SimVcpu *vcpu, unsigned long request, unsigned long arg)
{
    const SimX86 *x86 = vcpu->vm->target_host;
    SimX86Vcpu *state = vcpu->arch;
    SimAccess access = get_access(vcpu);
    bool is_confidential = access != SIM_ACCESS_FULL && !vcpu->vm->has_private_memory;

    if (access == SIM_ACCESS_LOCKED && is_locked_by_vmsa(request, is_confidential)) {
        return -EINVAL;
    }
    /* The registers are where the guest runs. Its CPUID there is another matter. */
    if (access == SIM_ACCESS_FULL && sim_engine_is_attached(vcpu) && request != KVMIO_GET_CPUID2) {
        return sim_engine_vcpu_ioctl(vcpu, request, (const void *)arg);
    }
    switch (request) {
    case KVMIO_GET_REGS:
        return sim_copy_to_user(arg, &state->regs, sizeof(state->regs));
    case KVMIO_SET_REGS:
        return set_regs(state, arg);
    case KVMIO_GET_SREGS:
        return access == SIM_ACCESS_STALE ? get_stale_sregs(state, arg) : get_sregs(state, arg);
    case KVMIO_SET_SREGS:
        return set_sregs(state, access, arg);
    case KVMIO_GET_FPU:
        return get_fpu(state, is_confidential, arg);
    case KVMIO_SET_FPU:
        return set_fpu(state, is_confidential, arg);
    case KVMIO_GET_XCRS:
        return get_xcrs(state, arg);
    case KVMIO_SET_XCRS:
        return set_xcrs(state, &x86->model, arg);
    case KVMIO_GET_MSRS:
        return sim_msrs_get(state, access, arg);
    case KVMIO_SET_MSRS:
        return sim_msrs_set(state, access, arg);
    case KVMIO_SET_CPUID2:
        return sim_vcpu_set_cpuid(state, arg);
    case KVMIO_GET_CPUID2:
        return sim_vcpu_get_cpuid(state, arg);
    case KVMIO_SET_TSC_KHZ:
        state->tsc_khz = arg ? (uint32_t)arg : SIM_TSC_KHZ;
        return 0;
    default:
        return -EINVAL;
    }
}

/*
 * svm_vcpu_pre_run(), then what the processor says to a VMSA that is not ready.
 */
int sim_x86_vcpu_run(SimVcpu *vcpu)
{
    const SimX86 *x86 = vcpu->vm->target_host;
    const SimX86Vm *x86_vm = vcpu->vm->arch;
    const SimX86Vcpu *state = vcpu->arch;

    if (g_atomic_int_get(&x86_vm->sev.need_init)) {
        return -EINVAL;
    }
    if (x86_vm->sev.active && (!g_atomic_int_get(&x86_vm->sev.is_launched) ||
                               (state->vmsa && !g_atomic_int_get(&state->is_state_protected)))) {
        vcpu->run->exit_reason = KVMEXIT_FAIL_ENTRY;
        vcpu->run->fail_entry.hardware_entry_failure_reason = FAIL_ENTRY_REASON;
        vcpu->run->fail_entry.cpu = 0;
        return 0;
    }
    return x86->script ? sim_guest_run(vcpu) : sim_engine_run(vcpu);
}
