/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The machine "microvm": RAM from 0 to 3 GiB and the rest from 4 GiB, firmware that ends at 4 GiB, COM1, a
 * real-time clock, the debug port of firmware, and the ports that end or reset it (exit-ports.h); with a
 * kernel also fw_cfg, by which the firmware finds it. Without a firmware the machine starts a kernel itself,
 * and has the registers that ACPI tells of (acpi-power.h) and the timer of PCs. A plain guest with a firmware
 * sees the end of the firmware below 1 MiB, too, as PCs do; an encrypted one does not, since the same bytes
 * cannot be private at two addresses.
 */
#include <inttypes.h>
#include "qapi-builtins.h"
#include "target-i386/exit-ports.h"
#include "target-i386/kernel-hashes.h"
#include "target-i386/x86-machine.h"

#define LOW_MEMORY_END    UINT64_C(0xc0000000)
#define HIGH_MEMORY_START UINT64_C(0x100000000)
#define BIOS_END          UINT64_C(0x100000)
#define LARGEST_BIOS      UINT64_C(0x20000)

static uint64_t bios_size(const MachineState *machine)
{
    return MIN(g_bytes_get_size(machine->firmware), LARGEST_BIOS);
}

static bool lay_out_memory(MachineState *machine, Error **errp)
{
    uint64_t low = MIN(machine->memory_size, LOW_MEMORY_END), high = machine->memory_size - low;
    bool has_alias = machine->firmware && !machine->guard;
    uint64_t hole = has_alias ? MIN(low, BIOS_END - bios_size(machine)) : low;

    if (!guest_ram_add_main(&machine->ram, "RAM", 0, hole, errp)) {
        return false;
    }
    if (low > BIOS_END && hole < low &&
        !guest_ram_add_main(&machine->ram, "RAM above 1 MiB", BIOS_END, low - BIOS_END, errp)) {
        return false;
    }
    return !high || guest_ram_add_main(&machine->ram, "RAM above 4 GiB", HIGH_MEMORY_START, high, errp);
}

static bool microvm_load(MachineState *machine, Error **errp)
{
    uint64_t low = MIN(machine->memory_size, LOW_MEMORY_END);
    X86MemorySizes sizes = { .below_4g = low, .above_4g = machine->memory_size - low };

    if (!x86_machine_load_firmware(machine, errp) || !lay_out_memory(machine, errp) ||
        !x86_machine_load_kernel(machine, errp) || !kernel_hashes_check_plain(machine, errp) ||
        !x86_cmos_init(&X86_MACHINE(machine)->cmos, &machine->io, &machine->props.clock, sizes, errp)) {
        return false;
    }
    serial_init(&machine->serial, &machine->io, SERIAL_COM1_PORT, machine->console, machine->console_opaque);
    serial_connect_irq(&machine->serial, x86_machine_com1_irq, machine);
    debug_port_init(&X86_MACHINE(machine)->debug, &machine->io, machine->debug, machine->debug_opaque);
    exit_ports_add(machine);
    exit_ports_add_keyboard(machine);
    return true;
}

static void microvm_reset_devices(MachineState *machine)
{
    X86MachineState *x86 = X86_MACHINE(machine);

    serial_reset(&machine->serial);
    fw_cfg_reset(&x86->fw_cfg);
    acpi_power_reset(&x86->power);
    debug_port_reset(&x86->debug);
    cmos_reset(&x86->cmos);
}

static bool fill_firmware(MachineState *machine, Error **errp)
{
    size_t size;
    const void *data = g_bytes_get_data(machine->firmware, &size);
    uint8_t *memory = guest_ram_pointer(&machine->ram, machine->firmware_gpa, size, errp);
    RamBlock *firmware;

    if (!memory) {
        return false;
    }
    memcpy(memory, data, size);
    firmware = g_ptr_array_index(machine->ram.blocks, 0);
    return guest_ram_add_alias(&machine->ram, "firmware below 1 MiB", BIOS_END - bios_size(machine),
                               bios_size(machine), firmware, errp);
}

static bool microvm_fill_memory(MachineState *machine, Error **errp)
{
    return machine->firmware ? fill_firmware(machine, errp) && kernel_hashes_fill(machine, errp)
                             : x86_machine_fill_kernel(machine, errp);
}

static void class_init(ObjectClass *oc, const void *data G_GNUC_UNUSED)
{
    MachineClass *mc = MACHINE_CLASS(oc);

    mc->name = "microvm";
    mc->description = "minimal x86 machine: RAM, firmware, a serial port and a debug exit";
    mc->load = microvm_load;
    mc->fill_memory = microvm_fill_memory;
    mc->reset_devices = microvm_reset_devices;
}

const TypeInfo microvm_machine_type = {
    .name = "microvm-machine",
    .parent = TYPE_X86_MACHINE,
    .class_init = class_init,
};
