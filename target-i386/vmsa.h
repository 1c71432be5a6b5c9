/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Above the door: the registers that a vCPU is started with, and the VMSA page that KVM will make of them.
 *
 * The register values are those that QEMU gives a vCPU after a reset, so that both VMMs' launches measure
 * alike. The simulated kernel builds its VMSAs with code of its own from the registers it was given.
 */
#ifndef TARGET_I386_VMSA_H
#define TARGET_I386_VMSA_H

#include "qapi-types.h"

#define VMSA_SIZE 4096

/**
 * The reset state of a vCPU whose CPUID signature is @p signature and that starts at physical address @p
 * entry (its code segment's base is @p entry with the low 16 bits clear). The BSP starts at
 * X86_RESET_ADDRESS.
 */
void x86_reset_registers(X86Registers *registers, uint32_t signature, uint32_t entry);

#define X86_RESET_ADDRESS 0xfffffff0u

/** What a VMSA has besides the registers. It depends on how the VM was made a confidential one. */
typedef struct VmsaProfile {
    uint64_t sev_features; /* stored as they are */
    bool has_fpu;          /* x87 and SSE too; false for a VM that ES_INIT was for, where KVM leaves them 0 */
} VmsaProfile;

/**
 * Writes to @p page the VMSA (AMD APM volume 2, table B-4) that KVM builds from @p registers
 * (arch/x86/kvm/svm/sev.c, sev_es_sync_vmsa): KVM adds CR4.MCE and EFER.SVME.
 */
void vmsa_predict(const X86Registers *registers, const VmsaProfile *profile, uint8_t page[VMSA_SIZE]);

#endif
