/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * What all x86 machines have in common: CPU model, CPUID, registers, and a firmware image that ends at 4 GiB
 * or a kernel that is started without one.
 */
#ifndef TARGET_I386_X86_MACHINE_H
#define TARGET_I386_X86_MACHINE_H

#include "hw/debug-port.h"
#include "hw/machine.h"
#include "qapi-types.h"
#include "target-i386/acpi-power.h"
#include "target-i386/firmware-fit.h"
#include "target-i386/linux-direct.h"
#include "target-i386/pvh-boot.h"
#include "target-i386/x86-cmos.h"
#include "target-i386/x86-cpu.h"
#include "target-i386/x86-cpuid.h"

#define TYPE_X86_MACHINE "x86-machine"

/** What this architecture hands to the rest. */
extern const TargetInfo x86_target;

typedef struct X86MachineState {
    MachineState parent;
    X86MachineProperties props;

    /* From machine_load() on. */
    X86Cpu cpu;
    uint32_t signature;     /* CPUID function 1, EAX; 0: the host's, before the machine is started */
    char *firmware_name;    /* without its folder, for messages */
    OvmfInfo firmware_info; /* what it says about itself */
    LinuxBoot boot;         /* what the firmware can start, or this machine itself */
    FwCfg fw_cfg;           /* how a firmware finds that, if there is a kernel */
    LinuxDirect direct;     /* without a firmware: what the kernel starts with */
    PvhBoot pvh;            /* instead of that, if it is an ELF file */
    AcpiPower power;        /* how the guest turns the machine off, and its power button; `bus` is NULL if
                               the machine has none */
    Cmos cmos;              /* sizes of memory, and the real-time clock; see x86_cmos_init() */
    DebugPort debug;        /* where a firmware says how far it is */
    bool wants_pit;         /* the interval timer is there with a firmware, too */

    /* Set by a mechanism, on a machine that is guarded. */
    bool has_ap_entry;
    uint32_t ap_entry;  /* where vCPUs other than the first start */
    X86Features hidden; /* features that vCPUs only show if -cpu asks for them by name */
    /** Last changes to what a vCPU says about itself; `cpuid` has an entry for CPUID_LEAF_ENCRYPTION. */
    void (*adjust_cpuid)(Object *guard, KvmCpuid *cpuid);

    /* While the machine is started. */
    KvmCpuid *supported;  /* by KVM on this host */
    X86Features features; /* that the vCPUs have there */
} X86MachineState;

#define X86_MACHINE(obj) OBJECT_CHECK(X86MachineState, obj, TYPE_X86_MACHINE)

/**
 * Resolves the CPU model and reads the firmware file, which must be named, unless a kernel is:
 * MachineState.firmware stays NULL then. For MachineClass.load. The firmware becomes the block "firmware" of
 * guest memory, which ends at 4 GiB.
 */
bool x86_machine_load_firmware(MachineState *machine, Error **errp);

/** Whether a kernel can be an ELF file, which is started by PVH: without a firmware, in a plain guest. The
 * firmware is loaded. */
bool x86_machine_takes_elf(const MachineState *machine);

/** Prepares to start the kernel that is loaded into `boot`, without a firmware. Memory must be laid out. */
bool x86_machine_prepare_kernel(MachineState *machine, Error **errp);

/**
 * Reads kernel and initrd, if they are named, and offers them with the command line to the firmware, if one
 * is loaded, by a fw_cfg device; else prepares to start the kernel itself. For MachineClass.load; memory must
 * be laid out.
 */
bool x86_machine_load_kernel(MachineState *machine, Error **errp);

/** Without a firmware: fills memory with the kernel and all that it starts with. */
bool x86_machine_fill_kernel(MachineState *machine, Error **errp);

/** Adds the registers of ACPI, which turn @p machine off, with their interrupt. For MachineClass.load. */
void x86_machine_add_power(MachineState *machine);

/** A SerialIrq of the machine's COM1, @p machine. The VM exists. */
void x86_machine_com1_irq(void *machine, bool level);

/** The firmware image of a machine that has loaded one; borrowed from @p machine. */
FirmwareImage x86_machine_firmware(const MachineState *machine);

/** The registers with which vCPU @p index starts. The signature must be known. */
void x86_machine_registers(const X86MachineState *machine, unsigned index, X86Registers *registers);

#endif
