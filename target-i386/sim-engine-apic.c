/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The local APIC where the C-bit is set. Memory-mapped devices have no encryption: a processor's access to
 * one comes to KVM without the bit (kvm_mmu_page_fault() in arch/x86/kvm/mmu/mmu.c of Linux 6.12 gets the
 * address without it). Firmware relies on that, as it maps everything with the bit before it knows its
 * devices. The KVM underneath does not know the bit and hands the access out; here it is done by the state of
 * its local APIC, and by messages for what goes to others.
 *
 * A register is read and written by GET_LAPIC and SET_LAPIC, while the vCPU is outside of its guest. An
 * interrupt that another vCPU or a device sends in between is lost, and an end of interrupt says nothing to
 * the IOAPIC. Code that is as early as that has interrupts off.
 */
#include <string.h>
#include "target-i386/sim-engine.h"

#define APIC_SIZE   UINT64_C(0x1000)
#define BASE_ENABLE (UINT64_C(1) << 11)
#define BASE_X2APIC (UINT64_C(1) << 10)
#define BASE_MASK   UINT64_C(0xfffff000)

/* Registers, by their offset. */
#define REG_ID            0x020
#define REG_VERSION       0x030
#define REG_EOI           0x0b0
#define REG_ISR           0x100 /* eight, 0x10 apart, and the same of TMR and IRR behind them */
#define REG_IRR_END       0x280
#define REG_ICR           0x300
#define REG_ICR_HIGH      0x310
#define REG_TIMER_INITIAL 0x380
#define REG_TIMER_CURRENT 0x390
#define REG_STEP          0x10
#define N_ISR             8

/* The interrupt command register. A message has the same bits where it has them. */
#define ICR_VECTOR_AND_MODE UINT32_C(0x7ff)
#define ICR_MODE            UINT32_C(0x700)
#define ICR_MODE_INIT       UINT32_C(0x500)
#define ICR_LOGICAL         (UINT32_C(1) << 11)
#define ICR_PENDING         (UINT32_C(1) << 12)
#define ICR_LEVEL           (UINT32_C(1) << 14)
#define ICR_TRIGGER_LEVEL   (UINT32_C(1) << 15)
#define ICR_SHORTHAND(icr)  ((icr) >> 18 & 3)
#define TO_SELF             1
#define TO_ALL              2

#define MESSAGE             UINT32_C(0xfee00000)
#define MESSAGE_LOGICAL     (UINT32_C(1) << 2)
#define MESSAGE_TO_SHIFT    12

static uint32_t get_reg(const KvmLapic *apic, uint64_t offset)
{
    uint32_t value;

    memcpy(&value, apic->regs + offset, sizeof(value));
    return GUINT32_FROM_LE(value);
}

static void set_reg(KvmLapic *apic, uint64_t offset, uint32_t value)
{
    value = GUINT32_TO_LE(value);
    memcpy(apic->regs + offset, &value, sizeof(value));
}

/* One that is lost, as there is nobody, is lost on hardware as well. */
static void send_to(const SimVcpu *vcpu, uint32_t to, uint32_t icr)
{
    const KvmMsi message = {
        .address_lo = MESSAGE | (to & 0xff) << MESSAGE_TO_SHIFT | (icr & ICR_LOGICAL ? MESSAGE_LOGICAL : 0),
        .data = icr & ICR_VECTOR_AND_MODE,
    };

    (void)sim_engine_ioctl(vcpu->vm->engine, KVMIO_SIGNAL_MSI, &message);
}

static void send(SimVcpu *vcpu, const KvmLapic *apic, uint32_t icr)
{
    unsigned shorthand = ICR_SHORTHAND(icr);

    /* What ends an INIT is none. */
    if ((icr & ICR_MODE) == ICR_MODE_INIT && (icr & ICR_TRIGGER_LEVEL) && !(icr & ICR_LEVEL)) {
        return;
    }
    if (shorthand == 0) {
        send_to(vcpu, get_reg(apic, REG_ICR_HIGH) >> 24, icr);
        return;
    }
    sim_vcpu_lock_vm(vcpu);
    for (guint i = 0; i < vcpu->vm->vcpus->len; i++) {
        const SimVcpu *other = g_ptr_array_index(vcpu->vm->vcpus, i);

        if (other == vcpu ? shorthand == TO_SELF || shorthand == TO_ALL : shorthand != TO_SELF) {
            send_to(vcpu, (uint32_t)other->id, icr & ~ICR_LOGICAL);
        }
    }
    g_mutex_unlock(&vcpu->vm->lock);
}

static void end_interrupt(KvmLapic *apic)
{
    for (unsigned i = N_ISR; i-- > 0;) {
        uint32_t bits = get_reg(apic, REG_ISR + i * REG_STEP);

        if (bits) {
            set_reg(apic, REG_ISR + i * REG_STEP, bits & ~(UINT32_C(1) << (g_bit_storage(bits) - 1)));
            return;
        }
    }
}

static void write_reg(SimVcpu *vcpu, KvmLapic *apic, uint64_t offset, uint32_t value)
{
    switch (offset) {
    case REG_ID:
    case REG_VERSION:
    case REG_TIMER_CURRENT:
    case REG_ISR ... REG_IRR_END - 1:
        return;
    case REG_EOI:
        end_interrupt(apic);
        break;
    case REG_TIMER_INITIAL:
        set_reg(apic, REG_TIMER_CURRENT, value);
        set_reg(apic, offset, value);
        break;
    case REG_ICR:
        set_reg(apic, offset, value & ~ICR_PENDING);
        break;
    default:
        set_reg(apic, offset, value);
        break;
    }
    (void)sim_engine_vcpu_ioctl(vcpu, KVMIO_SET_LAPIC, apic);
    if (offset == REG_ICR) {
        send(vcpu, apic, value);
    }
}

bool sim_engine_is_apic(SimVcpu *vcpu)
{
    const SimX86 *x86 = vcpu->vm->target_host;
    const SimX86Vm *x86_vm = vcpu->vm->arch;
    KvmRun *run = vcpu->run;
    uint64_t gpa = run->mmio.phys_addr & ~(UINT64_C(1) << x86->model.cbit), offset, base;
    KvmSregs sregs = { .cr0 = 0 };
    KvmLapic apic;
    uint32_t value = 0;

    if (!x86_vm->has_irqchip || gpa == run->mmio.phys_addr ||
        sim_engine_vcpu_ioctl(vcpu, KVMIO_GET_SREGS, &sregs) < 0) {
        return false;
    }
    base = sregs.apic_base & BASE_MASK;
    offset = gpa - base;
    if ((sregs.apic_base & (BASE_ENABLE | BASE_X2APIC)) != BASE_ENABLE || gpa < base || offset >= APIC_SIZE ||
        sim_engine_vcpu_ioctl(vcpu, KVMIO_GET_LAPIC, &apic) < 0) {
        return false;
    }
    /* Others than whole registers do nothing. */
    if (offset % REG_STEP == 0 && offset < sizeof(apic.regs) && run->mmio.len == sizeof(value)) {
        if (run->mmio.is_write) {
            memcpy(&value, run->mmio.data, sizeof(value));
            write_reg(vcpu, &apic, offset, GUINT32_FROM_LE(value));
            return true;
        }
        value = GUINT32_TO_LE(get_reg(&apic, offset));
    }
    if (!run->mmio.is_write) {
        memset(run->mmio.data, 0, sizeof(run->mmio.data));
        memcpy(run->mmio.data, &value, sizeof(value));
    }
    return true;
}
