/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The machine "q35": what UEFI firmware for QEMU's machine of that name needs to run and to start a kernel
 * (OVMF, OvmfPkg), and nothing else. RAM ends below the window of PCI configuration space, wherever a
 * firmware may put that, and goes on at 4 GiB; the firmware ends at 4 GiB; the chipset has no more than the
 * registers that firmware sets (q35-chipset.h). By fw_cfg the firmware gets to know memory, vCPUs, ACPI and
 * SMBIOS tables, and the kernel. There are COM1, a real-time clock, the debug port, and the ports that end or
 * reset the machine; the interrupt controllers and the timer are KVM's.
 *
 * Without a firmware the machine starts a kernel itself, as microvm does.
 */
#include <inttypes.h>
#include "qapi-builtins.h"
#include "target-i386/acpi-loader.h"
#include "target-i386/acpi-tables.h"
#include "target-i386/exit-ports.h"
#include "target-i386/kernel-hashes.h"
#include "target-i386/q35-machine.h"
#include "target-i386/smbios.h"

#define ECAM_LOWEST       UINT64_C(0xb0000000) /* where older firmware puts it; newer, at 0xe0000000 */
#define LOW_MEMORY_SPLIT  UINT64_C(0x80000000) /* where low memory ends if not all fits: at a whole GiB */
#define HIGH_MEMORY_START UINT64_C(0x100000000)

/* ---- what the firmware is told ---- */

#define E820_FILE "etc/e820"
#define E820_RAM  1

typedef struct __attribute__((packed)) E820Entry {
    uint64_t gpa, size;
    uint32_t type;
} E820Entry;

static void offer_memory(FwCfg *fw_cfg, const GuestRam *ram)
{
    g_autoptr(GByteArray) entries = g_byte_array_new();
    g_autoptr(GBytes) bytes = NULL;

    for (guint i = 0; i < ram->blocks->len; i++) {
        const RamBlock *block = g_ptr_array_index(ram->blocks, i);
        const E820Entry entry = {
            .gpa = GUINT64_TO_LE(block->gpa),
            .size = GUINT64_TO_LE(block->size),
            .type = GUINT32_TO_LE(E820_RAM),
        };

        if (block->main) {
            g_byte_array_append(entries, (const uint8_t *)&entry, sizeof(entry));
        }
    }
    bytes = g_bytes_new(entries->data, entries->len);
    fw_cfg_add_file(fw_cfg, E820_FILE, bytes);
}

static void offer_all(X86MachineState *x86)
{
    const MachineState *machine = &x86->parent;
    const SmbiosFacts facts = {
        .machine = machine_name(machine),
        .name = machine->props.guest_name,
        .uuid = machine->props.uuid,
    };
    g_autoptr(GBytes) tables = acpi_tables_new(0, &machine->smp);
    FwCfg *fw_cfg = &x86->fw_cfg;

    fw_cfg_add_u64(fw_cfg, FW_CFG_RAM_SIZE, machine->memory_size);
    fw_cfg_add_u16(fw_cfg, FW_CFG_NB_CPUS, (uint16_t)machine->smp.cpus);
    fw_cfg_add_u16(fw_cfg, FW_CFG_MAX_CPUS, (uint16_t)machine->smp.max_cpus);
    offer_memory(fw_cfg, &machine->ram);
    acpi_loader_offer(fw_cfg, tables);
    smbios_offer(fw_cfg, &facts);
    if (x86->boot.kernel) {
        linux_boot_offer(&x86->boot, fw_cfg);
    }
}

/* ---- hooks ---- */

static X86MemorySizes memory_sizes(const MachineState *machine)
{
    uint64_t size = machine->memory_size, low = size <= ECAM_LOWEST ? size : LOW_MEMORY_SPLIT;

    return (X86MemorySizes){ .below_4g = low, .above_4g = size - low };
}

static bool lay_out_memory(MachineState *machine, Error **errp)
{
    X86MemorySizes sizes = memory_sizes(machine);

    return guest_ram_add_main(&machine->ram, "RAM", 0, sizes.below_4g, errp) &&
           (!sizes.above_4g ||
            guest_ram_add_main(&machine->ram, "RAM above 4 GiB", HIGH_MEMORY_START, sizes.above_4g, errp));
}

static bool check_uuid(const MachineState *machine, Error **errp)
{
    uint8_t uuid[SMBIOS_UUID_SIZE];

    return !machine->props.uuid || smbios_parse_uuid(machine->props.uuid, uuid) ||
           error_setg(errp,
                      "'%s' is not a UUID (-uuid); write it as xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx, in "
                      "hexadecimal",
                      machine->props.uuid);
}

static bool load_kernel(MachineState *machine, Error **errp)
{
    X86MachineState *x86 = X86_MACHINE(machine);

    if (!linux_boot_load(&x86->boot, machine, x86_machine_takes_elf(machine), errp)) {
        return false;
    }
    if (!machine->firmware) {
        return x86_machine_prepare_kernel(machine, errp);
    }
    fw_cfg_init(&x86->fw_cfg, &machine->io, &machine->ram);
    offer_all(x86);
    return true;
}

static bool q35_load(MachineState *machine, Error **errp)
{
    X86MachineState *x86 = X86_MACHINE(machine);
    Q35MachineState *q35 = Q35_MACHINE(machine);

    if (!check_uuid(machine, errp) || !x86_machine_load_firmware(machine, errp) ||
        !lay_out_memory(machine, errp) || !load_kernel(machine, errp) ||
        !kernel_hashes_check_plain(machine, errp) ||
        !x86_cmos_init(&x86->cmos, &machine->io, &machine->props.clock, memory_sizes(machine), errp)) {
        return false;
    }
    x86->wants_pit = true;
    serial_init(&machine->serial, &machine->io, SERIAL_COM1_PORT, machine->console, machine->console_opaque);
    serial_connect_irq(&machine->serial, x86_machine_com1_irq, machine);
    debug_port_init(&x86->debug, &machine->io, machine->debug, machine->debug_opaque);
    exit_ports_add(machine);
    x86_machine_add_power(machine);
    q35_chipset_init(&q35->chipset, &machine->io, &x86->power, !machine->firmware);
    return true;
}

static void q35_reset_devices(MachineState *machine)
{
    X86MachineState *x86 = X86_MACHINE(machine);
    Q35MachineState *q35 = Q35_MACHINE(machine);

    serial_reset(&machine->serial);
    fw_cfg_reset(&x86->fw_cfg);
    acpi_power_reset(&x86->power);
    cmos_reset(&x86->cmos);
    q35_chipset_reset(&q35->chipset);
    debug_port_reset(&x86->debug);
}

static bool fill_firmware(MachineState *machine, Error **errp)
{
    size_t size;
    const void *data = g_bytes_get_data(machine->firmware, &size);
    uint8_t *memory = guest_ram_pointer(&machine->ram, machine->firmware_gpa, size, errp);

    if (!memory) {
        return false;
    }
    memcpy(memory, data, size);
    return true;
}

static bool q35_fill_memory(MachineState *machine, Error **errp)
{
    return machine->firmware ? fill_firmware(machine, errp) && kernel_hashes_fill(machine, errp)
                             : x86_machine_fill_kernel(machine, errp);
}

static void class_init(ObjectClass *oc, const void *data G_GNUC_UNUSED)
{
    MachineClass *mc = MACHINE_CLASS(oc);

    mc->name = "q35";
    mc->description = "x86 machine for UEFI firmware: what OVMF needs of QEMU's q35, and COM1";
    mc->load = q35_load;
    mc->fill_memory = q35_fill_memory;
    mc->reset_devices = q35_reset_devices;
}

const TypeInfo q35_machine_type = {
    .name = TYPE_Q35_MACHINE,
    .parent = TYPE_X86_MACHINE,
    .instance_size = sizeof(Q35MachineState),
    .class_init = class_init,
};
