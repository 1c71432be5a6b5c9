/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Above the door: the registers with which the VMMs of the field start their vCPUs, as far as SEV-ES and
 * SEV-SNP measure them. For predicting what another VMM's launch measures; cgvm itself starts vCPUs as QEMU
 * does.
 *
 * The values are facts about those VMMs that no specification has: QEMU sets the state of a processor after a
 * reset; Amazon EC2 leaves what KVM resets a vCPU to, changed a little by being read and written back; Google
 * Compute Engine is like QEMU but for a few registers; an SVSM image is entered in 32-bit protected mode.
 */
#ifndef TARGET_I386_VMM_REGISTERS_H
#define TARGET_I386_VMM_REGISTERS_H

#include "qapi-types.h"

/** What a vCPU starts with, besides its VMM. */
typedef struct VmmVcpu {
    bool is_ap;         /* not the first one */
    uint32_t signature; /* CPUID function 1, EAX; EC2 and GCE do not pass it on */
    uint32_t entry;     /* physical address */
} VmmVcpu;

/** The registers of @p vcpu under @p vmm. Other than with QEMU, the x87 and SSE control registers of EC2 and
 * GCE are 0 in a VMSA. */
void vmm_registers(MeasureVmm vmm, const VmmVcpu *vcpu, X86Registers *registers);

/** The registers of each vCPU of a guest that starts in an SVSM image at @p vcpu->entry, under QEMU. */
void vmm_svsm_registers(const VmmVcpu *vcpu, X86Registers *registers);

#endif
