/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The VM underneath: how it is made when a vCPU enters its guest for the first time, and KVM_RUN.
 *
 * The VMM has described its VM piece by piece before, in an order that KVM may have opinions about; here it
 * is made in the one order that all KVMs take.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include "target-i386/sim-engine.h"

#define N_IRQ_LINES     24

#define LOWEST_CBIT     32
#define HIGHEST_CBIT    51

#define MSR_SEV_ES_GHCB 0xc0010130
#define N_SEV_MSRS      2 /* it and SEV_STATUS */

/* ---- the VM ---- */

static bool set(const SimVm *vm, unsigned long request, const char *what, const void *arg, Error **errp)
{
    int result = sim_engine_ioctl(vm->engine, request, arg);

    return result >= 0 || error_set_errno(errp, CGVM_ERROR_KERNEL, -result,
                                          "the KVM underneath refuses %s: %s", what, g_strerror(-result));
}

static bool enable_cap(const SimVm *vm, uint32_t number, uint64_t arg, const char *what, Error **errp)
{
    const KvmEnableCap cap = { .cap = number, .args = { arg } };

    return set(vm, KVMIO_ENABLE_CAP, what, &cap, errp);
}

/* The highest that the KVM underneath maps is what the user wants to know if it is not this one. */
static bool check_cbit(const SimVm *vm, Error **errp)
{
    const SimX86 *x86 = vm->target_host;
    unsigned cbit = x86->model.cbit, highest = HIGHEST_CBIT;

    for (guint i = 0; i < vm->slots->len; i++) {
        const SimSlot *slot = &g_array_index(vm->slots, SimSlot, i);

        if ((slot->gpa + slot->size - 1) >> cbit) {
            return error_set(errp, CGVM_ERROR_UNSUPPORTED,
                             "memory at 0x%" PRIx64 "-0x%" PRIx64
                             " is beyond the C-bit, bit %u; give the guest less",
                             slot->gpa, slot->gpa + slot->size - 1, cbit);
        }
    }
    if (sim_engine_can_map(vm->engine, UINT64_C(1) << cbit)) {
        return true;
    }
    while (highest >= LOWEST_CBIT && !sim_engine_can_map(vm->engine, UINT64_C(1) << highest)) {
        highest--;
    }
    if (highest < LOWEST_CBIT) {
        return error_set(
            errp, CGVM_ERROR_UNSUPPORTED,
            "the KVM underneath cannot map the C-bit, bit %u of an address, nor any other that could be it",
            cbit);
    }
    return error_set(
        errp, CGVM_ERROR_UNSUPPORTED,
        "the KVM underneath cannot map the C-bit, bit %u of an address; the highest possible is %u, so use "
        "-accel sim,cbitpos=%u",
        cbit, highest, highest);
}

/* The MSRs by which such a guest learns what it is, and speaks to its hypervisor, are the simulated host's.
 */
static bool filter_msrs(const SimVm *vm, Error **errp)
{
    static const uint8_t none_allowed = 0;
    const KvmMsrFilter filter = {
        .ranges = { {
            .flags = KVM_MSR_FILTER_READ | KVM_MSR_FILTER_WRITE,
            .nmsrs = N_SEV_MSRS,
            .base = MSR_SEV_ES_GHCB,
            .bitmap = (uintptr_t)&none_allowed,
        } },
    };

    if (!sim_engine_check(vm->engine, KVMCAP_X86_USER_SPACE_MSR) ||
        !sim_engine_check(vm->engine, KVMCAP_X86_MSR_FILTER)) {
        return error_set(
            errp, CGVM_ERROR_UNSUPPORTED,
            "the KVM underneath does not hand out accesses to MSRs, as Linux does since 5.10, and so cannot "
            "run an encrypted guest");
    }
    return enable_cap(vm, KVMCAP_X86_USER_SPACE_MSR, KVM_MSR_EXIT_FILTER, "to hand out accesses to MSRs",
                      errp) &&
           set(vm, KVMIO_X86_SET_MSR_FILTER, "a filter of MSRs", &filter, errp);
}

static bool set_up_encryption(SimVm *vm, Error **errp)
{
    const SevVm *sev = sim_sev_guest(vm);

    if (!sev) {
        return true;
    }
    if (!check_cbit(vm, errp) || !filter_msrs(vm, errp)) {
        return false;
    }
    if (sev->snp_active) {
        sim_engine_guard_memory(vm);
        return true;
    }
    return sim_engine_make_mirrors(vm, errp);
}

static bool set_up_interrupts(const SimVm *vm, Error **errp)
{
    const SimX86Vm *x86_vm = vm->arch;

    if (x86_vm->has_irqchip && !set(vm, KVMIO_CREATE_IRQCHIP, "interrupt controllers", NULL, errp)) {
        return false;
    }
    if (x86_vm->has_pit && !set(vm, KVMIO_CREATE_PIT2, "a timer", &x86_vm->pit, errp)) {
        return false;
    }
    for (uint32_t irq = 0; irq < N_IRQ_LINES; irq++) {
        const KvmIrqLevel line = { .irq = irq, .level = 1 };

        if (x86_vm->irq_levels >> irq & 1 && !set(vm, KVMIO_IRQ_LINE, "an interrupt", &line, errp)) {
            return false;
        }
    }
    return true;
}

static bool set_up(SimVm *vm, Error **errp)
{
    const SimX86Vm *x86_vm = vm->arch;
    bool exits = sim_engine_check(vm->engine, KVMCAP_EXIT_HYPERCALL);

    if ((sim_engine_check(vm->engine, KVMCAP_SET_IDENTITY_MAP_ADDR) &&
         !set(vm, KVMIO_SET_IDENTITY_MAP_ADDR, "a place for its page tables", &x86_vm->identity_map_address,
              errp)) ||
        (x86_vm->has_tss && !set(vm, KVMIO_SET_TSS_ADDR, "a place for its task",
                                 (const void *)(uintptr_t)x86_vm->tss_address, errp)) ||
        (x86_vm->has_tsc_khz &&
         !set(vm, KVMIO_SET_TSC_KHZ, "the clock rate", (const void *)(uintptr_t)x86_vm->tsc_khz, errp)) ||
        (exits && x86_vm->hypercall_exits &&
         !enable_cap(vm, KVMCAP_EXIT_HYPERCALL, x86_vm->hypercall_exits, "exits for hypercalls", errp))) {
        return false;
    }
    if (!set_up_interrupts(vm, errp) || !set_up_encryption(vm, errp) || !sim_engine_map_slots(vm, errp)) {
        return false;
    }
    for (guint i = 0; i < vm->vcpus->len; i++) {
        if (!sim_engine_create_vcpu(vm->engine, g_ptr_array_index(vm->vcpus, i), errp)) {
            return false;
        }
    }
    return true;
}

/* The VM's lock is held. */
static bool make_engine(SimVm *vm, Error **errp)
{
    SimX86Vm *x86_vm = vm->arch;

    vm->engine = sim_engine_new(vm, errp);
    if (vm->engine && set_up(vm, errp)) {
        return true;
    }
    for (guint i = 0; i < vm->vcpus->len; i++) {
        sim_engine_vcpu_close(g_ptr_array_index(vm->vcpus, i));
    }
    g_clear_pointer(&vm->engine, sim_engine_free);
    sim_engine_vm_free(x86_vm);
    x86_vm->engine.has_failed = true;
    return false;
}

void sim_engine_vm_free(SimX86Vm *x86_vm)
{
    g_clear_pointer(&x86_vm->engine.mirrors, sim_mirrors_free);
    g_clear_pointer(&x86_vm->engine.shared, g_array_unref);
}

int sim_engine_slots_changed(SimVm *vm)
{
    Error *error = NULL;
    int os_error;

    if (sim_engine_map_slots(vm, &error)) {
        return 0;
    }
    os_error = cgvm_error_errno(error);
    cgvm_error_free(error);
    return os_error ? -os_error : -EINVAL;
}

int sim_engine_add_vcpu(SimVcpu *vcpu)
{
    Error *error = NULL;

    if (sim_engine_create_vcpu(vcpu->vm->engine, vcpu, &error)) {
        return 0;
    }
    cgvm_error_free(error);
    return -EINVAL;
}

/* ---- a vCPU ---- */

/* Makes sure that there is a vCPU underneath to run. False if there cannot be, and the host knows why. */
static bool get_ready(SimVcpu *vcpu)
{
    SimVm *vm = vcpu->vm;
    const SimX86Vm *x86_vm = vm->arch;
    Error *error = NULL;
    bool is_ready;

    sim_vcpu_lock_vm(vcpu);
    is_ready = vm->engine || (!x86_vm->engine.has_failed && make_engine(vm, &error));
    if (error) {
        /* Under the lock: a vCPU that finds that it has failed must find the reason, too. */
        sim_host_set_no_engine(vm->host, g_steal_pointer(&error));
    }
    g_mutex_unlock(&vm->lock);
    if (is_ready && !sim_engine_is_attached(vcpu)) {
        is_ready = sim_engine_set_cpuid(vcpu, &error) && sim_engine_set_state(vcpu, &error) &&
                   sim_engine_attach(vcpu, &error);
        if (is_ready && x86_vm->sev.snp_active) {
            sim_engine_replace_first_insns(vcpu);
        }
    }
    if (error) {
        sim_host_set_no_engine(vm->host, error);
    }
    return is_ready;
}

/* Whether the exit is that of an instruction which is carried out here, and the guest goes on. */
static bool is_insn_done(SimVcpu *vcpu)
{
    SimInsn insn = sim_engine_insn(vcpu);

    if (insn != SIM_INSN_PVALIDATE && sim_sev_guest(vcpu->vm)->snp_active) {
        sim_vcpu_lock_vm(vcpu);
        sim_engine_close_memory(vcpu->vm);
        g_mutex_unlock(&vcpu->vm->lock);
    }
    switch (insn) {
    case SIM_INSN_VMGEXIT:
        return sim_engine_vmgexit(vcpu);
    case SIM_INSN_PVALIDATE:
        return sim_engine_pvalidate(vcpu);
    case SIM_INSN_RMPADJUST:
        return sim_engine_rmpadjust(vcpu);
    case SIM_INSN_ENTER_KERNEL:
        return sim_engine_enter_kernel(vcpu);
    case SIM_INSN_NONE:
    default:
        return false;
    }
}

/* An exit that the VMM of a real host does not see is dealt with here. Whether the guest goes on. */
static bool is_handled(SimVcpu *vcpu)
{
    const SimX86 *x86 = vcpu->vm->target_host;
    KvmRun *run = vcpu->run;

    switch (run->exit_reason) {
    case KVMEXIT_RDMSR:
        return sim_engine_read_msr(vcpu);
    case KVMEXIT_WRMSR:
        return sim_engine_write_msr(vcpu);
    case KVMEXIT_IO:
        return is_insn_done(vcpu);
    case KVMEXIT_MMIO:
        if (sim_engine_is_apic(vcpu)) {
            return true;
        }
        run->mmio.phys_addr &= ~(UINT64_C(1) << x86->model.cbit);
        return false;
    default:
        return false;
    }
}

/* What was begun before the VMM was asked goes on. Whether the guest does. */
static bool resume(SimVcpu *vcpu)
{
    const SimX86Vcpu *state = vcpu->arch;

    if (state->ghcb.is_over) {
        return sim_engine_terminate(vcpu);
    }
    if (state->is_pvalidate_pending) {
        return sim_engine_pvalidate(vcpu);
    }
    return !state->ghcb.io || sim_engine_finish_vmgexit(vcpu);
}

/*
 * What the KVM underneath says to an access of the guest to memory that it cannot reach. It may be shared
 * since the last look; else it has not been validated.
 */
static int get_over_fault(SimVcpu *vcpu)
{
    SimX86Vm *x86_vm = vcpu->vm->arch;
    KvmRegs regs = { .rip = 0 };
    Error *error = NULL;
    bool is_new;

    sim_vcpu_lock_vm(vcpu);
    is_new = x86_vm->engine.is_map_stale;
    if (is_new) {
        (void)sim_engine_map_slots(vcpu->vm, &error);
    }
    g_mutex_unlock(&vcpu->vm->lock);
    if (!is_new) {
        (void)sim_engine_vcpu_ioctl(vcpu, KVMIO_GET_REGS, &regs);
        sim_host_set_no_engine(
            vcpu->vm->host,
            error_new(
                CGVM_ERROR_UNSUPPORTED, 0,
                "the code at RIP 0x%llx accesses private memory that the guest has not validated; on "
                "hardware that is an exception (#VC with PAGE_NOT_VALIDATED), which guests do not survive",
                (unsigned long long)regs.rip));
        /* Newer KVMs say more of it, about the VM underneath. */
        vcpu->run->exit_reason = KVMEXIT_UNKNOWN;
        return -EFAULT;
    }
    if (error) {
        sim_host_set_no_engine(vcpu->vm->host, error);
        return -ENOSYS;
    }
    return 0;
}

/* One entry of the guest, and what KVM itself does then. Clears *goes_on if the VMM is to see it. */
static int run_once(SimVcpu *vcpu, bool *goes_on)
{
    const SimX86Vcpu *state = vcpu->arch;
    bool is_snp = sim_sev_guest(vcpu->vm)->snp_active;
    int result = is_snp && state->start.is_held ? sim_engine_wait_for_start(vcpu) : 0;
    Error *error = NULL;

    if (result < 0) {
        return result;
    }
    result = sim_engine_vcpu_ioctl(vcpu, KVMIO_RUN, NULL);
    if (result < 0) {
        return is_snp && result == -EFAULT ? get_over_fault(vcpu) : result;
    }
    *goes_on = is_handled(vcpu);
    if (!sim_engine_look_for_shared(vcpu, &error)) {
        sim_host_set_no_engine(vcpu->vm->host, error);
        return -ENOSYS;
    }
    return 0;
}

int sim_engine_run(SimVcpu *vcpu)
{
    const SimX86Vcpu *state = vcpu->arch;
    bool goes_on;
    int result = 0;

    if (!sim_engine_is_attached(vcpu) && !get_ready(vcpu)) {
        return -ENOSYS;
    }
    if (!sim_sev_guest(vcpu->vm)) {
        return sim_engine_vcpu_ioctl(vcpu, KVMIO_RUN, NULL);
    }
    goes_on = resume(vcpu);
    while (goes_on && result == 0) {
        result = run_once(vcpu, &goes_on);
    }
    /* KVM hands out a memory fault with an error. */
    return result == 0 && state->is_pvalidate_pending ? -EFAULT : result;
}
