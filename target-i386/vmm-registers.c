/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-i386/vmm-registers.h"
#include "target-i386/vmsa.h"

/* What KVM has in RDX after a reset, whatever the CPU model. */
#define KVM_RESET_RDX 0x600

/* Segments as KVM resets them: not accessed, and a task that is not marked as 32 bits wide. */
#define KVM_CODE 0x9a
#define KVM_DATA 0x92
#define KVM_TASK 0x83

#define GCE_PAT  UINT64_C(0x0000000000070106)

/* SVSM: flat 32-bit segments with selectors of the image's own table. */
#define FLAT_LIMIT 0xffffffffu
#define FLAT_CODE  0xc9b
#define FLAT_DATA  0xc93
#define SVSM_CODE  0x08
#define SVSM_DATA  0x10
#define CR0_PE     UINT64_C(1)

static void clear_fpu(X86Registers *registers)
{
    registers->mxcsr = 0;
    registers->fcw = 0;
}

/* The accessed bit of ES, DS, FS and GS comes from reading the registers: KVM_GET_SREGS sets it. */
static void change_for_ec2(const VmmVcpu *vcpu, X86Registers *registers)
{
    registers->rdx = KVM_RESET_RDX;
    registers->ss.attributes = KVM_DATA;
    registers->tr.attributes = KVM_TASK;
    if (!vcpu->is_ap) {
        registers->cs.attributes = KVM_CODE;
    }
    clear_fpu(registers);
}

static void change_for_gce(X86Registers *registers)
{
    registers->rdx = KVM_RESET_RDX;
    registers->pat = GCE_PAT;
    clear_fpu(registers);
}

void vmm_registers(MeasureVmm vmm, const VmmVcpu *vcpu, X86Registers *registers)
{
    x86_reset_registers(registers, vcpu->signature, vcpu->entry);
    if (vmm == MEASURE_VMM_EC2) {
        change_for_ec2(vcpu, registers);
    } else if (vmm == MEASURE_VMM_GCE) {
        change_for_gce(registers);
    }
}

void vmm_svsm_registers(const VmmVcpu *vcpu, X86Registers *registers)
{
    const X86Segment data = { .selector = SVSM_DATA, .attributes = FLAT_DATA, .limit = FLAT_LIMIT };

    x86_reset_registers(registers, vcpu->signature, vcpu->entry);
    registers->cs = (X86Segment){ .selector = SVSM_CODE, .attributes = FLAT_CODE, .limit = FLAT_LIMIT };
    registers->es = registers->ss = registers->ds = registers->fs = data;
    registers->cr0 |= CR0_PE;
    registers->rip = vcpu->entry;
    /*
     * KVM starts a guest of INIT2 with 0x37f here. The tool that made the digests in the field leaves it 0,
     * by a slip in its table; a digest that is to be compared with them must do the same.
     */
    registers->fcw = 0;
}
