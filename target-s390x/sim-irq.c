/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Interrupts that a VMM injects: KVM_S390_INTERRUPT and KVM_S390_IRQ; arch/s390/kvm/interrupt.c of
 * Linux 6.12.
 *
 * A simulated guest takes notice of three: the service signal, program interrupts and restart. All others of
 * the kernel's are accepted and stay pending for ever.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include "target-s390x/sim-state.h"

/* KvmS390Irq.type, besides those that a VMM of this tree uses. */
#define IRQ_SET_PREFIX    0xfffe0002u
#define IRQ_PFAULT_INIT   0xfffe0004u
#define IRQ_PFAULT_DONE   0xfffe0005u
#define IRQ_MCHK          0xfffe1000u
#define IRQ_CLOCK_COMP    0xffff1004u
#define IRQ_CPU_TIMER     0xffff1005u
#define IRQ_EMERGENCY     0xffff1201u
#define IRQ_EXTERNAL_CALL 0xffff1202u
#define IRQ_IO_MAX        0xfffdffffu

#define PGM_OPERAND       0x15

/** Of KVM_S390_IRQ. */
typedef struct Irq {
    uint64_t type;
    union {
        uint16_t code; /* of emergency signal and external call */
        struct {
            uint64_t addresses[3];
            uint32_t data_exc_code;
            uint16_t code;
        } program;
        uint8_t reserved[64];
    };
} Irq;
ABI_ASSERT_SIZE(Irq, 72);

/* ---- floating interrupts ---- */

/* kvm_s390_inject_vm() */
int sim_s390_vm_interrupt(SimVm *vm, unsigned long arg)
{
    SimS390Vm *s390_vm = vm->arch;
    KvmS390Interrupt interrupt;

    if (sim_copy_from_user(&interrupt, arg, sizeof(interrupt)) < 0) {
        return -EFAULT;
    }
    switch (interrupt.type) {
    case KVM_S390_IRQ_SERVICE:
        g_mutex_lock(&s390_vm->irq_lock);
        s390_vm->has_service_irq = true;
        s390_vm->service_parm |= interrupt.parm;
        g_mutex_unlock(&s390_vm->irq_lock);
        return 0;
    case KVM_S390_IRQ_VIRTIO:
    case IRQ_PFAULT_DONE:
    case IRQ_MCHK:
        return 0;
    default:
        return interrupt.type <= IRQ_IO_MAX ? 0 : -EINVAL;
    }
}

bool sim_s390_take_service_irq(SimVm *vm, uint32_t *parm)
{
    SimS390Vm *s390_vm = vm->arch;
    bool is_taken;

    g_mutex_lock(&s390_vm->irq_lock);
    is_taken = s390_vm->has_service_irq && !s390_vm->masks_service_irq;
    if (is_taken) {
        *parm = s390_vm->service_parm;
        s390_vm->has_service_irq = false;
        s390_vm->service_parm = 0;
    }
    g_mutex_unlock(&s390_vm->irq_lock);
    return is_taken;
}

void sim_s390_mask_service_irq(SimVm *vm, bool mask)
{
    SimS390Vm *s390_vm = vm->arch;

    g_mutex_lock(&s390_vm->irq_lock);
    s390_vm->masks_service_irq = mask;
    g_mutex_unlock(&s390_vm->irq_lock);
}

/* ---- waiting ---- */

/* Signals are held back from before the look at the flag until the thread sleeps, so none is lost. */
static bool sleep_for(const SimVcpu *vcpu, const struct timespec *longest)
{
    sigset_t all, before;
    bool is_signalled = true;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (!__atomic_load_n(&vcpu->run->immediate_exit, __ATOMIC_ACQUIRE)) {
        is_signalled = ppoll(NULL, 0, longest, &before) < 0;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return is_signalled;
}

/* kvm_s390_handle_wait() */
int sim_s390_sleep(const SimVcpu *vcpu)
{
    sleep_for(vcpu, NULL);
    return -EINTR;
}

/* Nobody who injects an interrupt knows the thread, so that it has to look again and again. */
bool sim_s390_await_service_irq(const SimVcpu *vcpu, uint32_t *parm)
{
    static const struct timespec interval = { .tv_nsec = 5000000 };

    while (!sim_s390_take_service_irq(vcpu->vm, parm)) {
        if (sleep_for(vcpu, &interval)) {
            return false;
        }
    }
    return true;
}

/* ---- those of a vCPU ---- */

/* kvm_s390_inject_vcpu() */
static int inject(SimVcpu *vcpu, uint64_t type, uint16_t code)
{
    SimS390Vcpu *state = vcpu->arch;

    switch (type) {
    case KVM_S390_IRQ_PROGRAM:
        g_atomic_int_set(&state->program_irq, code);
        return 0;
    case KVM_S390_IRQ_RESTART:
        g_atomic_int_set(&state->restart_irq, true);
        return 0;
    case KVM_S390_IRQ_STOP:
    case IRQ_SET_PREFIX:
    case IRQ_PFAULT_INIT:
    case IRQ_MCHK:
    case IRQ_CLOCK_COMP:
    case IRQ_CPU_TIMER:
    case IRQ_EMERGENCY:
    case IRQ_EXTERNAL_CALL:
        return 0;
    default:
        return -EINVAL;
    }
}

bool sim_s390_can_deliver(const SimS390Vcpu *state)
{
    const int code = g_atomic_int_get(&state->program_irq);

    return !state->pv_handle || !code || code == SIM_PGM_SPECIFICATION || code == PGM_OPERAND;
}

static int inject_irq(SimVcpu *vcpu, unsigned long arg)
{
    Irq irq;

    if (sim_copy_from_user(&irq, arg, sizeof(irq)) < 0) {
        return -EFAULT;
    }
    return inject(vcpu, irq.type, irq.type == KVM_S390_IRQ_PROGRAM ? irq.program.code : irq.code);
}

/* s390int_to_s390irq() */
static int inject_interrupt(SimVcpu *vcpu, unsigned long arg)
{
    KvmS390Interrupt interrupt;

    if (sim_copy_from_user(&interrupt, arg, sizeof(interrupt)) < 0) {
        return -EFAULT;
    }
    if ((interrupt.type == KVM_S390_IRQ_PROGRAM || interrupt.type == IRQ_EXTERNAL_CALL ||
         interrupt.type == IRQ_EMERGENCY) &&
        interrupt.parm > UINT16_MAX) {
        return -EINVAL;
    }
    return inject(vcpu, interrupt.type, (uint16_t)interrupt.parm);
}

int sim_s390_vcpu_async_ioctl(SimVcpu *vcpu, unsigned long request, unsigned long arg)
{
    switch (request) {
    case KVMIO_S390_IRQ:
        return inject_irq(vcpu, arg);
    case KVMIO_S390_INTERRUPT:
        return inject_interrupt(vcpu, arg);
    default:
        return -ENOTTY;
    }
}
