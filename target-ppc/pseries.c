/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-ppc/pseries.h"
#include <inttypes.h>
#include "qapi-builtins.h"
#include "target-ppc/device-tree.h"
#include "target-ppc/kvm-ppc-abi.h"
#include "target-ppc/papr-hcall.h"
#include "target-ppc/papr-rtas.h"
#include "target-ppc/sim-ppc.h"
#include "target-ppc/trace-ppc.h"

/* Linux handles memory in blocks of this size at least. */
#define MEMORY_GRANULE (UINT64_C(16) << 20)
#define DEFAULT_MEMORY (UINT64_C(512) << 20)

#define MAX_CPUS       1024

/* ---- loading ---- */

static bool resolve_options(PseriesMachineState *pseries, Error **errp)
{
    const MachineState *machine = &pseries->parent;

    pseries->cpu = ppc_cpu_find(machine->props.cpu_type, errp);
    if (!pseries->cpu) {
        return false;
    }
    if (machine->smp.threads > 1) {
        return error_set(errp, CGVM_ERROR_UNSUPPORTED,
                         "-smp: a pseries machine has one thread on each core, not %u; leave 'threads' out",
                         machine->smp.threads);
    }
    if (machine->memory_size % MEMORY_GRANULE) {
        return error_setg(
            errp, "-m: the memory of a pseries machine is a multiple of 16 MiB, not %" PRIu64 " bytes",
            machine->memory_size);
    }
    return true;
}

static bool make_tree(PseriesMachineState *pseries, Error **errp)
{
    const MachineState *machine = &pseries->parent;
    const BootParts *boot = &pseries->boot;
    const DeviceTreeFacts facts = {
        .cpu = pseries->cpu,
        .n_cpus = machine->smp.cpus,
        .memory_size = machine->memory_size,
        .rtas_gpa = boot->rtas_gpa,
        .rtas_size = PAPR_RTAS_SIZE,
        .nvram_size = PSERIES_NVRAM_SIZE,
        .epow_irq = PSERIES_EPOW_IRQ,
        .term_irq = PSERIES_TERM_IRQ,
        .bootargs = machine->props.append,
        .initrd_start = boot->initrd_gpa,
        .initrd_end = boot->initrd_gpa + (boot->initrd ? g_bytes_get_size(boot->initrd) : 0),
        .rtas_calls = papr_rtas_names(),
        .rtas_first_token = RTAS_FIRST_TOKEN,
    };
    g_autoptr(GBytes) tree = device_tree_new(&facts);

    return boot_parts_complete(&pseries->boot, machine, tree, errp);
}

static bool load(MachineState *machine, Error **errp)
{
    PseriesMachineState *pseries = PSERIES_MACHINE(machine);

    if (!resolve_options(pseries, errp) || !boot_parts_load(&pseries->boot, machine, errp) ||
        !make_tree(pseries, errp) ||
        !guest_ram_add_main(&machine->ram, "RAM", 0, machine->memory_size, errp)) {
        return false;
    }
    papr_vty_init(&pseries->vty, machine->console, machine->console_opaque);
    pseries->has_vty = true;
    papr_nvram_format(pseries);
    return true;
}

static bool fill_memory(MachineState *machine, Error **errp)
{
    return boot_parts_fill(&PSERIES_MACHINE(machine)->boot, &machine->ram, errp);
}

/* ---- the VM ---- */

static bool probe(MachineState *machine, Error **errp)
{
    const Kvm *kvm = machine->kvm;

    if (!kvm_check_extension(kvm, KVMCAP_PPC_PAPR)) {
        return error_set(
            errp, CGVM_ERROR_UNSUPPORTED,
            "this KVM runs no pseries guests (KVM_CAP_PPC_PAPR); it takes a POWER server's kernel");
    }
    if (!kvm_check_extension(kvm, KVMCAP_PPC_MMU_RADIX)) {
        return error_set(
            errp, CGVM_ERROR_UNSUPPORTED, "%s",
            kvm_check_extension(kvm, KVMCAP_PPC_GET_PVINFO)
                ? "the host's KVM is KVM-PR, which emulates the guest's privileged code and knows no "
                  "radix trees; load kvm_hv on a POWER9 or newer machine that is not a guest itself"
                : "this host gives guests no radix trees (KVM_CAP_PPC_MMU_RADIX); it takes a POWER9 or "
                  "newer processor, and a host kernel started without disable_radix");
    }
    return true;
}

/* The guest unmasks it. */
static bool create_source(const PseriesMachineState *pseries, uint32_t number, Error **errp)
{
    const uint64_t source = KVM_XICS_MASKED | UINT64_C(0xff) << KVM_XICS_PRIORITY_SHIFT;
    const KvmDeviceAttr attr = {
        .group = KVM_XICS_SOURCES,
        .attr = number,
        .addr = (uintptr_t)&source,
    };

    return KVM_CALL(pseries->parent.kvm, pseries->xics_fd, SET_DEVICE_ATTR, &attr, errp) >= 0 ||
           error_prepend(errp, "cannot make interrupt 0x%x: ", number);
}

static bool create_xics(PseriesMachineState *pseries, Error **errp)
{
    const Kvm *kvm = pseries->parent.kvm;
    KvmCreateDevice create = { .type = KVM_DEVICE_XICS };

    if (KVM_CALL(kvm, kvm->vm_fd, CREATE_DEVICE, &create, errp) < 0) {
        return error_prepend(errp, "KVM has no interrupt controller XICS (CONFIG_KVM_XICS): ");
    }
    pseries->xics_fd = (int)create.fd;
    return papr_rtas_define_tokens(kvm, errp) && create_source(pseries, PSERIES_EPOW_IRQ, errp) &&
           create_source(pseries, PSERIES_TERM_IRQ, errp);
}

/* KVM handles the breakpoints of H_SET_MODE, but only if it is told to; the rest of it comes to us. */
static bool enable_hcalls(const Kvm *kvm, Error **errp)
{
    const KvmEnableCap enable = { .cap = KVMCAP_PPC_ENABLE_HCALL, .args = { H_SET_MODE, 1 } };

    return KVM_CALL(kvm, kvm->vm_fd, ENABLE_CAP, &enable, errp) >= 0 ||
           error_prepend(errp, "cannot enable H_SET_MODE (KVM_CAP_PPC_ENABLE_HCALL): ");
}

static bool init_vm(MachineState *machine, Error **errp)
{
    return enable_hcalls(machine->kvm, errp) && create_xics(PSERIES_MACHINE(machine), errp);
}

/* ---- vCPUs ---- */

static bool enable_vcpu_cap(const Vcpu *vcpu, uint32_t cap, const char *name, uint64_t first, uint64_t second,
                            Error **errp)
{
    const KvmEnableCap enable = { .cap = cap, .args = { first, second } };

    return VCPU_CALL(vcpu, ENABLE_CAP, &enable, errp) >= 0 || error_prepend(errp, "cannot enable %s: ", name);
}

/* The guest gets the architecture of its model. KVM refuses one that is newer than the host's. */
static bool set_model(const PseriesMachineState *pseries, const Vcpu *vcpu, Error **errp)
{
    uint32_t logical = pseries->cpu->logical_pvr;
    const KvmOneReg reg = { .id = KVM_REG_PPC_ARCH_COMPAT, .addr = (uintptr_t)&logical };
    KvmPpcSregs sregs = { .pvr = 0 };
    const char *host;

    if (VCPU_CALL(vcpu, GET_SREGS, &sregs, errp) < 0) {
        return false;
    }
    if (VCPU_CALL(vcpu, SET_ONE_REG, &reg, errp) >= 0) {
        return true;
    }
    host = ppc_cpu_name(sregs.pvr);
    return error_prepend(errp, "-cpu %s: the host's processor (%s, version 0x%08x) cannot be one: ",
                         pseries->cpu->name, host ? host : "of another kind", sregs.pvr);
}

static bool init_vcpu(MachineState *machine, Vcpu *vcpu, Error **errp)
{
    const PseriesMachineState *pseries = PSERIES_MACHINE(machine);

    return enable_vcpu_cap(vcpu, KVMCAP_PPC_PAPR, "hypercalls (KVM_CAP_PPC_PAPR)", 0, 0, errp) &&
           set_model(pseries, vcpu, errp) &&
           enable_vcpu_cap(vcpu, KVMCAP_IRQ_XICS, "its interrupts (KVM_CAP_IRQ_XICS)",
                           (uint64_t)pseries->xics_fd, vcpu->index, errp);
}

/* The first vCPU starts the kernel, as a boot loader does: r3 is the device tree, r5 says that there is no
 * Open Firmware to talk to. The others wait until RTAS starts them. */
static KvmPpcRegs start_registers(const PseriesMachineState *machine, unsigned index)
{
    KvmPpcRegs regs = { .msr = MSR_SF | MSR_ME };

    if (index == 0) {
        regs.msr |= machine->boot.image.is_big_endian ? 0 : MSR_LE;
        regs.pc = machine->boot.entry;
        regs.gpr[3] = machine->boot.tree_gpa;
    }
    return regs;
}

json_object *pseries_registers(const PseriesMachineState *machine, unsigned index)
{
    const KvmPpcRegs regs = start_registers(machine, index);
    const PpcRegisters shown = { .pc = regs.pc, .msr = regs.msr, .r3 = regs.gpr[3], .stopped = index > 0 };

    return fields_to_json(&PpcRegisters_fields, &shown);
}

static bool reset_vcpu(MachineState *machine, Vcpu *vcpu, Error **errp)
{
    const KvmPpcRegs regs = start_registers(PSERIES_MACHINE(machine), vcpu->index);

    vcpu->halted = vcpu->index > 0;
    return VCPU_CALL(vcpu, SET_REGS, &regs, errp) >= 0;
}

static bool handle_exit(MachineState *machine, Vcpu *vcpu)
{
    KvmRun *run = vcpu->run;

    if (run->exit_reason != KVMEXIT_PAPR_HCALL) {
        return false;
    }
    run->papr_hcall.ret =
        (uint64_t)papr_hcall(PSERIES_MACHINE(machine), vcpu, run->papr_hcall.nr, run->papr_hcall.args);
    return true;
}

/* ---- from outside ---- */

/* KVM refuses only what is no interrupt. */
static void interrupt_guest(const MachineState *machine, uint32_t number)
{
    const KvmIrqLevel pulse = { .irq = number, .level = 1 };

    kvm_try(machine->kvm, machine->kvm->vm_fd, KVMIO_IRQ_LINE, &pulse);
}

/* A guest that is interrupted reads until there is nothing left. */
static size_t receive_console(MachineState *machine, const uint8_t *bytes, size_t size)
{
    bool was_empty;
    size_t done = papr_vty_receive(&PSERIES_MACHINE(machine)->vty, bytes, size, &was_empty);

    if (done && was_empty) {
        interrupt_guest(machine, PSERIES_TERM_IRQ);
    }
    return done;
}

/* Whether the guest takes the interrupt, as KVM's controller knows. */
static bool takes_interrupt(const PseriesMachineState *pseries, uint32_t number)
{
    const Kvm *kvm = pseries->parent.kvm;
    uint64_t source = KVM_XICS_MASKED;
    const KvmDeviceAttr attr = {
        .group = KVM_XICS_SOURCES,
        .attr = number,
        .addr = (uintptr_t)&source,
    };

    return kvm_try(kvm, pseries->xics_fd, KVMIO_GET_DEVICE_ATTR, &attr) >= 0 && !(source & KVM_XICS_MASKED);
}

static bool power_down(MachineState *machine, Error **errp)
{
    PseriesMachineState *pseries = PSERIES_MACHINE(machine);

    if (!takes_interrupt(pseries, PSERIES_EPOW_IRQ)) {
        return error_set(
            errp, CGVM_ERROR_STATE,
            "the guest does not take the interrupt of power warnings (EPOW), so it would not notice that "
            "it is asked to end; Linux does when it is up: try again then");
    }
    g_mutex_lock(&pseries->lock);
    papr_events_shut_down(&pseries->events);
    g_mutex_unlock(&pseries->lock);
    interrupt_guest(machine, PSERIES_EPOW_IRQ);
    return true;
}

static void reset_devices(MachineState *machine)
{
    papr_vty_reset(&PSERIES_MACHINE(machine)->vty);
    papr_events_reset(&PSERIES_MACHINE(machine)->events);
}

static void close_vm(MachineState *machine)
{
    PseriesMachineState *pseries = PSERIES_MACHINE(machine);

    if (pseries->xics_fd >= 0) {
        machine->door->ops->close(machine->door->host, pseries->xics_fd);
        pseries->xics_fd = -1;
    }
}

static void stopped(MachineState *machine)
{
    PseriesMachineState *pseries = PSERIES_MACHINE(machine);

    boot_parts_clear(&pseries->boot);
    if (pseries->has_vty) {
        papr_vty_clear(&pseries->vty);
    }
    pseries->has_vty = false;
    papr_events_reset(&pseries->events);
    pseries->clock_offset = 0;
}

/* ---- type ---- */

static const TraceTable *const trace_tables[] = { &ppc_trace_table, NULL };

const TargetInfo ppc_target = {
    .name = "ppc64",
    .sim = &ppc_sim_target,
    .trace = trace_tables,
};

static void instance_init(Object *obj)
{
    PseriesMachineState *pseries = PSERIES_MACHINE(obj);

    pseries->xics_fd = -1;
    g_mutex_init(&pseries->lock);
}

static void instance_finalize(Object *obj)
{
    /* Its parent's finalizer comes later, and needs none of this any more. */
    machine_stop(MACHINE(obj));
    g_mutex_clear(&PSERIES_MACHINE(obj)->lock);
}

static void class_init(ObjectClass *oc, const void *data G_GNUC_UNUSED)
{
    MachineClass *mc = MACHINE_CLASS(oc);

    mc->name = "pseries";
    mc->target = &ppc_target;
    mc->description = "logical partition of a POWER server (PAPR): RAM, a console, a kernel without firmware";
    mc->max_cpus = MAX_CPUS;
    mc->default_memory = DEFAULT_MEMORY;
    mc->cpu_help = ppc_cpu_help;
    mc->load = load;
    mc->probe = probe;
    mc->init_vm = init_vm;
    mc->init_vcpu = init_vcpu;
    mc->fill_memory = fill_memory;
    mc->reset_vcpu = reset_vcpu;
    mc->exit = handle_exit;
    mc->receive_console = receive_console;
    mc->power_down = power_down;
    mc->reset_devices = reset_devices;
    mc->close_vm = close_vm;
    mc->stopped = stopped;
}

const TypeInfo pseries_machine_type = {
    .name = TYPE_PSERIES_MACHINE,
    .parent = TYPE_MACHINE,
    .instance_size = sizeof(PseriesMachineState),
    .instance_init = instance_init,
    .instance_finalize = instance_finalize,
    .class_init = class_init,
};
