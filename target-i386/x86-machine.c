/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-i386/x86-machine.h"
#include <string.h>
#include "confidential/confidential-guest-support.h"
#include "hw/firmware-descriptor.h"
#include "hw/input-file.h"
#include "qapi-builtins.h"
#include "target-i386/cpuid-select.h"
#include "target-i386/sim-x86.h"
#include "target-i386/trace-x86.h"
#include "target-i386/vmsa.h"

/* Below it lie the local APICs at 0xfee00000. */
#define QEMU_MACHINE    "pc-q35-10.0" /* which descriptors of firmware for PCs know, and no other of ours */
#define LARGEST_APIC_ID 254u          /* of an xAPIC; 255 is all of them */
#define FOUR_GIB        (UINT64_C(1) << 32)

/* MTRRdefType */
#define MTRR_ENABLED    (UINT64_C(1) << 11)
#define MTRR_WRITE_BACK UINT64_C(6)

/* Where Intel's real-mode emulation keeps three pages: below the largest firmware. */
#define IDENTITY_MAP_ADDRESS UINT64_C(0xfeffc000)
#define TSS_ADDRESS          UINT64_C(0xfeffd000)

/* ---- CPU and firmware ---- */

static bool resolve_cpu(X86MachineState *machine, Error **errp)
{
    const MachineState *parent = &machine->parent;

    if (x86_apic_id(&parent->smp, parent->smp.max_cpus - 1) > LARGEST_APIC_ID) {
        return error_set(
            errp, CGVM_ERROR_UNSUPPORTED,
            "-smp: this arrangement needs APIC ids above %u, which take x2APIC; use fewer or other sockets",
            LARGEST_APIC_ID);
    }
    x86_cpu_clear(&machine->cpu);
    if (!x86_cpu_parse(parent->props.cpu_type, &machine->cpu, errp)) {
        return false;
    }
    machine->signature = machine->cpu.signature;
    return true;
}

static const InputFileKind firmware_kind = {
    .name = "firmware",
    .smallest = FIRMWARE_GRANULE,
    .largest = FIRMWARE_LARGEST,
    .granule = FIRMWARE_GRANULE,
    .expects = FIRMWARE_SIZES,
};

static const char *firmware_feature(const MachineState *machine)
{
    const ConfidentialGuestSupport *cgs;
    const char *(*feature)(const ConfidentialGuestSupport *);

    if (!machine->guard) {
        return NULL;
    }
    cgs = CONFIDENTIAL_GUEST_SUPPORT(machine->guard);
    feature = CONFIDENTIAL_GUEST_SUPPORT_GET_CLASS(cgs)->firmware_feature;
    return feature ? feature(cgs) : NULL;
}

/* What the property firmware means: a file, or else what a distribution calls by that name. NULL if it is set
 * and there is none. */
static char *find_firmware(const MachineState *machine, Error **errp)
{
    const char *name = machine->props.firmware;
    const FirmwareNeeds needs = {
        .architecture = "x86_64",
        .machine = QEMU_MACHINE,
        .feature = firmware_feature(machine),
    };
    g_auto(GStrv) folders = NULL;

    if (strchr(name, G_DIR_SEPARATOR) || g_file_test(name, G_FILE_TEST_EXISTS)) {
        return g_strdup(name);
    }
    folders = firmware_folders();
    return firmware_find(name, &needs, folders, errp);
}

bool x86_machine_load_firmware(MachineState *machine, Error **errp)
{
    X86MachineState *x86 = X86_MACHINE(machine);
    const char *given = machine->props.firmware;
    g_autofree char *path = NULL;
    size_t size;

    if (!resolve_cpu(x86, errp)) {
        return false;
    }
    if (!given && machine->props.kernel) {
        return true;
    }
    if (!given) {
        return error_setg(errp, "no firmware is given; name an image with -bios, for example "
                                "/usr/share/ovmf/OVMF.fd of Debian's package ovmf");
    }
    path = find_firmware(machine, errp);
    if (!path) {
        return error_prepend(errp, "-bios: ");
    }
    machine->firmware = input_file_read(path, &firmware_kind, &machine->progress, errp);
    if (!machine->firmware) {
        return false;
    }
    g_free(x86->firmware_name);
    x86->firmware_name = g_path_get_basename(path);
    size = g_bytes_get_size(machine->firmware);
    machine->firmware_gpa = FOUR_GIB - size;
    if (!ovmf_parse(g_bytes_get_data(machine->firmware, NULL), size, x86->firmware_name, &x86->firmware_info,
                    errp)) {
        return error_prepend(errp, "the firmware ");
    }
    return guest_ram_add(&machine->ram, "firmware", machine->firmware_gpa, size, !machine->guard, errp);
}

/* The line goes to KVM's interrupt controllers, which refuse only what is no line. */
static void set_irq(MachineState *machine, uint32_t irq, bool level)
{
    const Kvm *kvm = machine->kvm;
    const KvmIrqLevel line = { .irq = irq, .level = level };

    kvm_try(kvm, kvm->vm_fd, KVMIO_IRQ_LINE, &line);
}

void x86_machine_com1_irq(void *machine, bool level)
{
    set_irq(machine, SERIAL_COM1_IRQ, level);
}

static void power_off(void *machine)
{
    machine_request_exit(machine, (MachineExit){ .kind = MACHINE_EXIT_POWERED_OFF });
}

static void set_sci(void *machine, bool level)
{
    set_irq(machine, ACPI_SCI_IRQ, level);
}

void x86_machine_add_power(MachineState *machine)
{
    AcpiPower *power = &X86_MACHINE(machine)->power;

    acpi_power_init(power, &machine->io, power_off, machine);
    acpi_power_connect_sci(power, set_sci, machine);
}

static bool press_power_button(MachineState *machine, Error **errp)
{
    AcpiPower *power = &X86_MACHINE(machine)->power;

    if (!power->bus) {
        return error_set(errp, CGVM_ERROR_UNSUPPORTED,
                         "the machine '%s' has no power button beside a firmware (-bios); '-machine q35' has",
                         machine_name(machine));
    }
    return acpi_power_press(power) ||
           error_set(
               errp, CGVM_ERROR_STATE,
               "the guest has not enabled its power button, so it would not notice; firmware never does, "
               "and Linux when its driver 'button' is loaded: try again then");
}

bool x86_machine_takes_elf(const MachineState *machine)
{
    return !machine->firmware && !machine->guard;
}

bool x86_machine_prepare_kernel(MachineState *machine, Error **errp)
{
    X86MachineState *x86 = X86_MACHINE(machine);

    return x86->boot.elf ? pvh_boot_prepare(&x86->pvh, &x86->boot, &machine->ram, &machine->smp, errp)
                         : linux_direct_prepare(&x86->direct, &x86->boot, &machine->ram, &machine->smp, errp);
}

bool x86_machine_load_kernel(MachineState *machine, Error **errp)
{
    X86MachineState *x86 = X86_MACHINE(machine);

    if (!linux_boot_load(&x86->boot, machine, x86_machine_takes_elf(machine), errp)) {
        return false;
    }
    if (!machine->firmware) {
        x86_machine_add_power(machine);
        return x86_machine_prepare_kernel(machine, errp);
    }
    if (x86->boot.kernel) {
        fw_cfg_init(&x86->fw_cfg, &machine->io, &machine->ram);
        fw_cfg_add_u64(&x86->fw_cfg, FW_CFG_RAM_SIZE, machine->memory_size);
        fw_cfg_add_u16(&x86->fw_cfg, FW_CFG_NB_CPUS, (uint16_t)machine->smp.cpus);
        fw_cfg_add_u16(&x86->fw_cfg, FW_CFG_MAX_CPUS, (uint16_t)machine->smp.max_cpus);
        linux_boot_offer(&x86->boot, &x86->fw_cfg);
    }
    return true;
}

bool x86_machine_fill_kernel(MachineState *machine, Error **errp)
{
    const X86MachineState *x86 = X86_MACHINE(machine);

    return x86->boot.elf ? pvh_boot_fill(&x86->pvh, &machine->ram, errp)
                         : linux_direct_fill(&x86->direct, &machine->ram, errp);
}

FirmwareImage x86_machine_firmware(const MachineState *machine)
{
    const X86MachineState *x86 = X86_MACHINE(machine);

    return (FirmwareImage){
        .name = x86->firmware_name,
        .data = g_bytes_get_data(machine->firmware, NULL),
        .size = g_bytes_get_size(machine->firmware),
        .info = &x86->firmware_info,
    };
}

/* ---- vCPUs ---- */

void x86_machine_registers(const X86MachineState *machine, unsigned index, X86Registers *registers)
{
    bool is_ap = index > 0 && machine->has_ap_entry;

    x86_reset_registers(registers, machine->signature, is_ap ? machine->ap_entry : X86_RESET_ADDRESS);
    if (index == 0 && machine->direct.n_parts) {
        linux_direct_registers(&machine->direct, registers);
    }
    if (index == 0 && machine->boot.elf) {
        pvh_boot_registers(&machine->pvh, registers);
    }
}

static bool probe(MachineState *machine, Error **errp)
{
    X86MachineState *x86 = X86_MACHINE(machine);
    const KvmCpuidEntry *features;
    X86Features supported;

    g_free(x86->supported);
    x86->supported = x86_cpuid_supported(machine->kvm, errp);
    if (!x86->supported) {
        return false;
    }
    features = x86_cpuid_find(x86->supported, CPUID_LEAF_FEATURES, 0);
    if (!features) {
        return error_set(errp, CGVM_ERROR_KERNEL,
                         "KVM_GET_SUPPORTED_CPUID does not tell the processor's signature");
    }
    if (!x86->signature) {
        x86->signature = x86_cpu_signature_on(&x86->cpu, features->eax);
    }
    supported = x86_cpuid_features(x86->supported);
    return x86_cpu_offer(&x86->cpu, &supported, &x86->features, errp);
}

/* A firmware does without the timer of PCs; Linux may measure its other clocks by it. */
static bool create_irqchip(const MachineState *machine, Error **errp)
{
    const Kvm *kvm = machine->kvm;
    const KvmPitConfig pit = { .flags = KVM_PIT_SPEAKER_DUMMY };

    return KVM_CALL(kvm, kvm->vm_fd, CREATE_IRQCHIP, NULL, errp) >= 0 &&
           ((machine->firmware && !X86_MACHINE(machine)->wants_pit) ||
            KVM_CALL(kvm, kvm->vm_fd, CREATE_PIT2, &pit, errp) >= 0);
}

static bool init_vm(MachineState *machine, Error **errp)
{
    const Kvm *kvm = machine->kvm;
    uint64_t identity_map = IDENTITY_MAP_ADDRESS;

    if (kvm_check_extension(kvm, KVMCAP_SET_IDENTITY_MAP_ADDR) &&
        KVM_CALL(kvm, kvm->vm_fd, SET_IDENTITY_MAP_ADDR, &identity_map, errp) < 0) {
        return false;
    }
    if (kvm_check_extension(kvm, KVMCAP_SET_TSS_ADDR) &&
        KVM_CALL(kvm, kvm->vm_fd, SET_TSS_ADDR, TSS_ADDRESS, errp) < 0) {
        return false;
    }
    return create_irqchip(machine, errp);
}

static unsigned vcpu_id(const MachineState *machine, unsigned index)
{
    return x86_apic_id(&machine->smp, index);
}

static bool init_vcpu(MachineState *machine, Vcpu *vcpu, Error **errp)
{
    X86MachineState *x86 = X86_MACHINE(machine);
    X86CpuIdentity identity = { .signature = x86->signature, .smp = machine->smp };
    X86Features hidden = x86_features_without(&x86->hidden, &x86->cpu.on);
    X86Features features = x86_features_without(&x86->features, &hidden);
    g_autofree KvmCpuid *cpuid = x86_cpuid_select(x86->supported, &features);

    x86_cpuid_specialize(cpuid, &identity, vcpu->index);
    if (machine->guard && x86->adjust_cpuid) {
        x86->adjust_cpuid(machine->guard, cpuid);
    } else {
        KvmCpuidEntry *entry = x86_cpuid_find(cpuid, CPUID_LEAF_ENCRYPTION, 0);
        *entry = (KvmCpuidEntry){ .function = CPUID_LEAF_ENCRYPTION };
    }
    return VCPU_CALL(vcpu, SET_CPUID2, cpuid, errp) >= 0;
}

static KvmSegment kvm_segment(const X86Segment *segment)
{
    unsigned attributes = segment->attributes;

    return (KvmSegment){
        .base = segment->base,
        .limit = segment->limit,
        .selector = segment->selector,
        .type = attributes & 15,
        .s = attributes >> 4 & 1,
        .dpl = attributes >> 5 & 3,
        .present = attributes >> 7 & 1,
        .avl = attributes >> 8 & 1,
        .l = attributes >> 9 & 1,
        .db = attributes >> 10 & 1,
        .g = attributes >> 11 & 1,
    };
}

static bool set_sregs(Vcpu *vcpu, const X86Registers *registers, Error **errp)
{
    KvmSregs sregs = { .apic_base = 0 };

    /* The APIC's base is KVM's; everything else is written. */
    if (VCPU_CALL(vcpu, GET_SREGS, &sregs, errp) < 0) {
        return false;
    }
    sregs = (KvmSregs){
        .cs = kvm_segment(&registers->cs),
        .ds = kvm_segment(&registers->ds),
        .es = kvm_segment(&registers->es),
        .fs = kvm_segment(&registers->fs),
        .gs = kvm_segment(&registers->gs),
        .ss = kvm_segment(&registers->ss),
        .tr = kvm_segment(&registers->tr),
        .ldt = kvm_segment(&registers->ldtr),
        .gdt = { .base = registers->gdtr.base, .limit = registers->gdtr.limit },
        .idt = { .base = registers->idtr.base, .limit = registers->idtr.limit },
        .cr0 = registers->cr0,
        .cr3 = registers->cr3,
        .cr4 = registers->cr4,
        .efer = registers->efer,
        .apic_base = sregs.apic_base,
    };
    return VCPU_CALL(vcpu, SET_SREGS, &sregs, errp) >= 0;
}

/* A firmware turns the memory type ranges on, and a kernel that is started without one finds them so. */
static bool set_msrs(const X86MachineState *machine, Vcpu *vcpu, const X86Registers *registers, Error **errp)
{
    static const char *const names[] = { "the page attribute table", "the default memory type" };
    const KvmMsrEntry entries[] = {
        { .index = MSR_PAT, .data = registers->pat },
        { .index = MSR_MTRR_DEF_TYPE, .data = MTRR_ENABLED | MTRR_WRITE_BACK },
    };
    g_autofree KvmMsrs *msrs = g_malloc0(sizeof(*msrs) + sizeof(entries));
    int done;

    msrs->nmsrs = machine->direct.n_parts || machine->pvh.n_parts ? G_N_ELEMENTS(entries) : 1;
    memcpy(msrs->entries, entries, sizeof(entries));
    done = VCPU_CALL(vcpu, SET_MSRS, msrs, errp);
    if (done >= 0 && (unsigned)done < msrs->nmsrs) {
        return error_set(errp, CGVM_ERROR_KERNEL, "vCPU %u: KVM_SET_MSRS refused %s", vcpu->index,
                         names[done]);
    }
    return done >= 0;
}

static bool reset_vcpu(MachineState *machine, Vcpu *vcpu, Error **errp)
{
    X86Registers registers;
    KvmRegs regs;
    KvmFpu fpu;
    KvmXcrs xcrs;

    x86_machine_registers(X86_MACHINE(machine), vcpu->index, &registers);
    regs = (KvmRegs){
        .rdx = registers.rdx,
        .rbx = registers.rbx,
        .rsi = registers.rsi,
        .rip = registers.rip,
        .rflags = registers.rflags,
    };
    fpu = (KvmFpu){ .fcw = registers.fcw, .mxcsr = registers.mxcsr };
    xcrs = (KvmXcrs){ .nr_xcrs = 1, .xcrs = { { .value = registers.xcr0 } } };
    if (!set_sregs(vcpu, &registers, errp) || VCPU_CALL(vcpu, SET_REGS, &regs, errp) < 0 ||
        VCPU_CALL(vcpu, SET_FPU, &fpu, errp) < 0 || !set_msrs(X86_MACHINE(machine), vcpu, &registers, errp)) {
        return false;
    }
    return !kvm_check_extension(machine->kvm, KVMCAP_XCRS) || VCPU_CALL(vcpu, SET_XCRS, &xcrs, errp) >= 0;
}

/* ---- type ---- */

static const TraceTable *const x86_trace_tables[] = { &x86_trace_table, &sev_trace_table, NULL };

const TargetInfo x86_target = {
    .name = "i386",
    .sim = &x86_sim_target,
    .trace = x86_trace_tables,
};

static char *x86_machine_last_words(const MachineState *machine)
{
    return debug_port_last_lines(&X86_MACHINE(machine)->debug);
}

static void x86_machine_stopped(MachineState *machine)
{
    X86MachineState *x86 = X86_MACHINE(machine);

    g_clear_pointer(&x86->supported, g_free);
    g_clear_pointer(&x86->firmware_name, g_free);
    ovmf_info_clear(&x86->firmware_info);
    fw_cfg_clear(&x86->fw_cfg);
    linux_direct_clear(&x86->direct);
    pvh_boot_clear(&x86->pvh);
    linux_boot_clear(&x86->boot);
    x86_cpu_clear(&x86->cpu);
    x86->power = (AcpiPower){ .bus = NULL };
    x86->hidden = (X86Features){ { 0 } };
    x86->has_ap_entry = false;
    x86->adjust_cpuid = NULL;
}

static void class_init(ObjectClass *oc, const void *data G_GNUC_UNUSED)
{
    MachineClass *mc = MACHINE_CLASS(oc);

    object_class_add_fields(oc, &x86_machine_fields, offsetof(X86MachineState, props));
    mc->target = &x86_target;
    mc->max_cpus = 255;
    mc->cpu_help = x86_cpu_help;
    mc->probe = probe;
    mc->init_vm = init_vm;
    mc->vcpu_id = vcpu_id;
    mc->init_vcpu = init_vcpu;
    mc->reset_vcpu = reset_vcpu;
    mc->power_down = press_power_button;
    mc->last_words = x86_machine_last_words;
    mc->stopped = x86_machine_stopped;
}

const TypeInfo x86_machine_type = {
    .name = TYPE_X86_MACHINE,
    .parent = TYPE_MACHINE,
    .abstract = true,
    .instance_size = sizeof(X86MachineState),
    .class_init = class_init,
};
