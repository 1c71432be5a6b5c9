/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-s390x/s390-machine.h"
#include <inttypes.h>
#include <string.h>
#include "qapi-builtins.h"
#include "target-s390x/sim-s390.h"
#include "target-s390x/trace-s390.h"

#define MIB         UINT64_C(0x100000)
#define MAX_CPUS    248                          /* as many entries of the SCLP's list as QEMU has */
#define PSW_DEFAULT UINT64_C(0x0000000180000000) /* 64-bit addressing, no interrupts */

/* Registers that come and go with KVM_RUN. */
#define SYNC_NEEDED (KVM_S390_SYNC_PREFIX | KVM_S390_SYNC_GPRS | KVM_S390_SYNC_CRS)

KvmS390Run *s390_run(const Vcpu *vcpu)
{
    return (KvmS390Run *)vcpu->run;
}

/* ---- before there is a host ---- */

static bool lay_out_memory(MachineState *machine, Error **errp)
{
    if (machine->memory_size % KVM_S390_SLOT_ALIGNMENT) {
        return error_setg(errp, "the guest's memory (-m) must be a multiple of 1 MiB, not %" PRIu64 " KiB",
                          machine->memory_size >> 10);
    }
    machine->ram.alignment = KVM_S390_SLOT_ALIGNMENT;
    return guest_ram_add_main(&machine->ram, "RAM", 0, machine->memory_size, errp) != NULL;
}

static bool load(MachineState *machine, Error **errp)
{
    S390MachineState *s390 = S390_MACHINE(machine);

    sclp_init(&s390->sclp, machine->console, machine->console_opaque);
    s390->has_sclp = true;
    s390->sclp.n_cpus = machine->smp.cpus;
    s390->sclp.highest_cpu = machine->smp.max_cpus - 1;
    s390->sclp.memory_size = machine->memory_size;
    return s390_cpu_parse(machine->props.cpu_type, &s390->cpu, errp) && lay_out_memory(machine, errp) &&
           s390_boot_load(&s390->boot, machine, errp);
}

/* ---- on a host ---- */

static bool probe(MachineState *machine, Error **errp)
{
    S390MachineState *s390 = S390_MACHINE(machine);

    if (machine->kvm->run_size < sizeof(KvmS390Run)) {
        return error_set(
            errp, CGVM_ERROR_UNSUPPORTED,
            "KVM shares %zu bytes about a vCPU, which are too few for one of s390x; this host has "
            "another processor: use -machine microvm, or -accel sim",
            machine->kvm->run_size);
    }
    if (kvm_check_extension(machine->kvm, KVMCAP_SYNC_REGS) <= 0) {
        return error_set(
            errp, CGVM_ERROR_UNSUPPORTED,
            "KVM does not share the registers of vCPUs (KVM_CAP_SYNC_REGS); it takes Linux 3.3 or later");
    }
    return s390_cpu_probe(&s390->cpu, machine->kvm, &s390->has_unpack, errp);
}

static bool init_vm(MachineState *machine, Error **errp)
{
    const Kvm *kvm = machine->kvm;
    const uint64_t limit = machine->memory_size;
    const KvmDeviceAttr attribute = {
        .group = KVM_S390_GROUP_MEMORY,
        .attr = KVM_S390_MEMORY_LIMIT,
        .addr = (uintptr_t)&limit,
    };

    if (KVM_CALL(kvm, kvm->vm_fd, SET_DEVICE_ATTR, &attribute, errp) < 0) {
        return error_prepend(errp, "cannot limit the VM to %" PRIu64 " MiB of memory: ", limit / MIB);
    }
    return s390_cpu_define(kvm, S390_MACHINE(machine)->has_unpack, errp);
}

static bool init_vcpu(MachineState *machine G_GNUC_UNUSED, Vcpu *vcpu G_GNUC_UNUSED,
                      Error **errp G_GNUC_UNUSED)
{
    return true;
}

bool s390_machine_fill_memory(MachineState *machine, Error **errp)
{
    return s390_boot_fill(&S390_MACHINE(machine)->boot, &machine->ram, errp);
}

bool s390_machine_set_state(MachineState *machine, Vcpu *vcpu, uint32_t mp_state, Error **errp)
{
    const KvmMpState state = { .mp_state = mp_state };

    if (VCPU_CALL(vcpu, SET_MP_STATE, &state, errp) < 0) {
        return false;
    }
    machine_set_halted(machine, vcpu, mp_state == KVM_MP_STATE_STOPPED_S390);
    return true;
}

static bool reset_vcpu(MachineState *machine, Vcpu *vcpu, Error **errp)
{
    const bool is_first = vcpu->index == 0;
    KvmS390Run *run = s390_run(vcpu);
    /* A kernel before Linux 5.6 has only this one. */
    const bool can_clear = kvm_check_extension(machine->kvm, KVMCAP_S390_VCPU_RESETS) > 0;

    if ((can_clear ? VCPU_CALL(vcpu, S390_CLEAR_RESET, NULL, errp)
                   : VCPU_CALL(vcpu, S390_INITIAL_RESET, NULL, errp)) < 0) {
        return false;
    }
    run->psw_mask = is_first ? PSW_DEFAULT : 0;
    run->psw_addr = is_first ? S390_MACHINE(machine)->boot.entry : 0;
    return s390_machine_set_state(machine, vcpu,
                                  is_first ? KVM_MP_STATE_OPERATING_S390 : KVM_MP_STATE_STOPPED_S390, errp);
}

/* ---- events ---- */

static void tell_of_event(const MachineState *machine)
{
    const KvmS390Interrupt interrupt = { .type = KVM_S390_IRQ_SERVICE, .parm = 1 /* there is an event */ };

    kvm_try(machine->kvm, machine->kvm->vm_fd, KVMIO_S390_INTERRUPT, &interrupt);
}

static size_t receive_console(MachineState *machine, const uint8_t *bytes, size_t size)
{
    size_t count = sclp_receive(&S390_MACHINE(machine)->sclp, bytes, size);

    if (count) {
        tell_of_event(machine);
    }
    return count;
}

static bool power_down(MachineState *machine, Error **errp)
{
    if (!sclp_quiesce(&S390_MACHINE(machine)->sclp)) {
        return error_set(
            errp, CGVM_ERROR_STATE,
            "the guest does not take the event that asks it to end (signal quiesce of the SCLP), so it "
            "would not notice; Linux does when it is up: try again then");
    }
    tell_of_event(machine);
    return true;
}

/* ---- resets, and the end ---- */

static void drop_request(S390MachineState *s390)
{
    g_clear_pointer(&s390->request.bytes, g_bytes_unref);
}

static void reset_devices(MachineState *machine)
{
    S390MachineState *s390 = S390_MACHINE(machine);

    sclp_reset(&s390->sclp);
    drop_request(s390);
}

static bool reset_vm(MachineState *machine, Error **errp)
{
    if (!s390_pv_leave(&S390_MACHINE(machine)->pv, machine->kvm, machine->memory_size, errp)) {
        return false;
    }
    guest_ram_empty(&machine->ram);
    return true;
}

/* What goes wrong here is at its end anyway: the kernel tries once more when the VM is closed. */
static void leave_vm(MachineState *machine)
{
    S390MachineState *s390 = S390_MACHINE(machine);
    g_autoptr(Error) ignored = NULL;

    if (!s390_pv_leave(&s390->pv, machine->kvm, 0, &ignored)) {
        machine_note(machine,
                     "the ultravisor may keep memory of the guest that has ended from this host: %s; the "
                     "kernel tries once more, and writes to its log if that fails, too: only a restart of "
                     "the host then gives the memory back",
                     cgvm_error_message(ignored));
    }
    s390_pv_wait(&s390->pv);
    s390->pv = (S390Pv){ .is_secure = false };
}

static void stopped(MachineState *machine)
{
    S390MachineState *s390 = S390_MACHINE(machine);

    drop_request(s390);
    s390_boot_clear(&s390->boot);
    if (s390->has_sclp) {
        sclp_clear(&s390->sclp);
        s390->has_sclp = false;
    }
    s390->check_request = NULL;
}

/* ---- type ---- */

static const TraceTable *const trace_tables[] = { &s390_trace_table, NULL };

const TargetInfo s390_target = {
    .name = "s390x",
    .sim = &s390_sim_target,
    .trace = trace_tables,
};

static void instance_init(Object *obj)
{
    g_mutex_init(&S390_MACHINE(obj)->request_lock);
}

static void instance_finalize(Object *obj)
{
    /* The parent stops the machine, which needs no lock any more. */
    g_mutex_clear(&S390_MACHINE(obj)->request_lock);
}

static void class_init(ObjectClass *oc, const void *data G_GNUC_UNUSED)
{
    MachineClass *mc = MACHINE_CLASS(oc);

    mc->name = "s390-ccw-virtio";
    mc->description = "IBM Z machine: RAM, vCPUs and an SCLP console; no channel devices yet";
    mc->target = &s390_target;
    mc->max_cpus = MAX_CPUS;
    mc->cpu_help = s390_cpu_help;
    mc->load = load;
    mc->probe = probe;
    mc->init_vm = init_vm;
    mc->init_vcpu = init_vcpu;
    mc->fill_memory = s390_machine_fill_memory;
    mc->reset_vcpu = reset_vcpu;
    mc->exit = s390_machine_exit;
    mc->receive_console = receive_console;
    mc->power_down = power_down;
    mc->reset_devices = reset_devices;
    mc->reset_vm = reset_vm;
    mc->leave_vm = leave_vm;
    mc->dump = s390_machine_dump;
    mc->stopped = stopped;
}

const TypeInfo s390_ccw_virtio_machine_type = {
    .name = TYPE_S390_MACHINE,
    .parent = TYPE_MACHINE,
    .instance_size = sizeof(S390MachineState),
    .instance_init = instance_init,
    .instance_finalize = instance_finalize,
    .class_init = class_init,
};
