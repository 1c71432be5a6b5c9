/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The reset state of a vCPU and the VMSA page that KVM makes of its registers.
 */
#include <string.h>
#include "target-i386/vmsa.h"

#define CR0_ET    (UINT64_C(1) << 4)
#define CR0_NW    (UINT64_C(1) << 29)
#define CR0_CD    (UINT64_C(1) << 30)
#define CR4_MCE   (UINT64_C(1) << 6)
#define EFER_SVME (UINT64_C(1) << 12)

/* Attributes of segments: present, and accessed where the processor would set that. */
#define ATTRIBUTES_DATA 0x93 /* read, write */
#define ATTRIBUTES_CODE 0x9b /* execute, read */
#define ATTRIBUTES_LDT  0x82
#define ATTRIBUTES_TSS  0x8b /* 32 bits, busy */

/* AMD APM volume 2, table B-4. */
enum {
    VMSA_ES = 0x000,
    VMSA_CS = 0x010,
    VMSA_SS = 0x020,
    VMSA_DS = 0x030,
    VMSA_FS = 0x040,
    VMSA_GS = 0x050,
    VMSA_GDTR = 0x060,
    VMSA_LDTR = 0x070,
    VMSA_IDTR = 0x080,
    VMSA_TR = 0x090,
    VMSA_EFER = 0x0d0,
    VMSA_CR4 = 0x148,
    VMSA_CR3 = 0x150,
    VMSA_CR0 = 0x158,
    VMSA_DR7 = 0x160,
    VMSA_DR6 = 0x168,
    VMSA_RFLAGS = 0x170,
    VMSA_RIP = 0x178,
    VMSA_G_PAT = 0x268,
    VMSA_RDX = 0x310,
    VMSA_RBX = 0x318,
    VMSA_RSI = 0x330,
    VMSA_SEV_FEATURES = 0x3b0,
    VMSA_XCR0 = 0x3e8,
    VMSA_MXCSR = 0x408,
    VMSA_X87_FCW = 0x410,
};

void x86_reset_registers(X86Registers *registers, uint32_t signature, uint32_t entry)
{
    const X86Segment data = { .attributes = ATTRIBUTES_DATA, .limit = 0xffff };
    const X86Segment table = { .limit = 0xffff };
    const uint32_t code_base = entry & 0xffff0000;

    *registers = (X86Registers){
        .es = data,
        .cs = { .selector = 0xf000, .attributes = ATTRIBUTES_CODE, .limit = 0xffff, .base = code_base },
        .ss = data,
        .ds = data,
        .fs = data,
        .gs = data,
        .gdtr = table,
        .ldtr = { .attributes = ATTRIBUTES_LDT, .limit = 0xffff },
        .idtr = table,
        .tr = { .attributes = ATTRIBUTES_TSS, .limit = 0xffff },
        /*
         * A reset sets CD and NW too. KVM clears them for the guest unless its quirk for that is turned off;
         * left out, they cannot change the measurement.
         */
        .cr0 = CR0_ET,
        .dr6 = 0xffff0ff0,
        .dr7 = 0x400,
        .rflags = 0x2,
        .rip = entry & 0xffff,
        .rdx = signature,
        .pat = UINT64_C(0x0007040600070406),
        .xcr0 = 0x1,
        .mxcsr = 0x1f80,
        .fcw = 0x37f,
    };
}

static void store_le(uint8_t *bytes, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        bytes[i] = (uint8_t)(value >> 8 * i);
    }
}

static void store_segment(uint8_t *bytes, const X86Segment *segment)
{
    store_le(bytes, segment->selector, 2);
    store_le(bytes + 2, segment->attributes, 2);
    store_le(bytes + 4, segment->limit, 4);
    store_le(bytes + 8, segment->base, 8);
}

void vmsa_predict(const X86Registers *registers, const VmsaProfile *profile, uint8_t page[VMSA_SIZE])
{
    memset(page, 0, VMSA_SIZE);
    store_segment(page + VMSA_ES, &registers->es);
    store_segment(page + VMSA_CS, &registers->cs);
    store_segment(page + VMSA_SS, &registers->ss);
    store_segment(page + VMSA_DS, &registers->ds);
    store_segment(page + VMSA_FS, &registers->fs);
    store_segment(page + VMSA_GS, &registers->gs);
    store_segment(page + VMSA_GDTR, &registers->gdtr);
    store_segment(page + VMSA_LDTR, &registers->ldtr);
    store_segment(page + VMSA_IDTR, &registers->idtr);
    store_segment(page + VMSA_TR, &registers->tr);
    store_le(page + VMSA_EFER, registers->efer | EFER_SVME, 8);
    store_le(page + VMSA_CR4, registers->cr4 | CR4_MCE, 8);
    store_le(page + VMSA_CR3, registers->cr3, 8);
    store_le(page + VMSA_CR0, registers->cr0 & ~(CR0_CD | CR0_NW), 8);
    store_le(page + VMSA_DR7, registers->dr7, 8);
    store_le(page + VMSA_DR6, registers->dr6, 8);
    store_le(page + VMSA_RFLAGS, registers->rflags, 8);
    store_le(page + VMSA_RIP, registers->rip, 8);
    store_le(page + VMSA_G_PAT, registers->pat, 8);
    store_le(page + VMSA_RDX, registers->rdx, 8);
    store_le(page + VMSA_RBX, registers->rbx, 8);
    store_le(page + VMSA_RSI, registers->rsi, 8);
    store_le(page + VMSA_SEV_FEATURES, profile->sev_features, 8);
    store_le(page + VMSA_XCR0, registers->xcr0, 8);
    if (profile->has_fpu) {
        store_le(page + VMSA_MXCSR, registers->mxcsr, 4);
        store_le(page + VMSA_X87_FCW, registers->fcw, 2);
    }
}
