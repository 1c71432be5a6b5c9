/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Fuzzes what a firmware talks to on a q35 from the guest's side: fw_cfg and its DMA, PCI configuration by
 * ports and by ECAM, the ACPI registers and the debug port, wherever the guest has moved them to.
 *
 * Each step has eight bytes: what to do and how wide, where, and a value. ROM, the contents of fw_cfg and the
 * chipset's ids must be what they were afterwards; the sanitizers see to the rest.
 */
#include <string.h>
#include "hw/debug-port.h"
#include "hw/fw-cfg.h"
#include "target-i386/q35-chipset.h"

#define PAGE    UINT64_C(4096)
#define RAM_GPA UINT64_C(0x10000)
#define ROM_GPA (RAM_GPA + 2 * PAGE)

enum { STEP = 8 };
enum {
    PORT_READ,
    PORT_WRITE,
    MEMORY_READ,
    MEMORY_WRITE,
    RAM_WRITE,
    DMA,
    RESET,
    CONFIG_WRITE,
    PRESS,
    ACTIONS
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct Guest {
    IoBus bus;
    GuestRam ram; /* two pages, a page of ROM, and nothing around them */
    FwCfg fw_cfg;
    AcpiPower power;
    Q35Chipset chipset;
    DebugPort debug;
    GBytes *file;
    bool sci;
    size_t offs;
} Guest;

static void count_off(void *opaque)
{
    ((Guest *)opaque)->offs++;
}

static void set_sci(void *opaque, bool level)
{
    Guest *guest = opaque;

    g_assert_true(level != guest->sci);
    guest->sci = level;
}

static void reset(Guest *guest)
{
    guest->sci = false; /* the interrupt controllers are new as well */
    fw_cfg_reset(&guest->fw_cfg);
    acpi_power_reset(&guest->power);
    q35_chipset_reset(&guest->chipset);
    debug_port_reset(&guest->debug);
}

static void guest_init(Guest *guest)
{
    io_bus_init(&guest->bus);
    guest_ram_init(&guest->ram);
    g_assert_true(guest_ram_add(&guest->ram, "RAM", RAM_GPA, PAGE, false, NULL) &&
                  guest_ram_add(&guest->ram, "more", RAM_GPA + PAGE, PAGE, false, NULL) &&
                  guest_ram_add(&guest->ram, "ROM", ROM_GPA, PAGE, true, NULL) &&
                  guest_ram_allocate(&guest->ram, NULL, NULL));
    fw_cfg_init(&guest->fw_cfg, &guest->bus, &guest->ram);
    guest->file = g_bytes_new_take(g_strnfill(5000, 'f'), 5000);
    fw_cfg_add_file(&guest->fw_cfg, "etc/file", guest->file);
    acpi_power_init(&guest->power, &guest->bus, count_off, guest);
    acpi_power_connect_sci(&guest->power, set_sci, guest);
    q35_chipset_init(&guest->chipset, &guest->bus, &guest->power, false);
    debug_port_init(&guest->debug, &guest->bus, NULL, NULL);
}

static void guest_check(Guest *guest)
{
    static const uint8_t zeros[PAGE];
    g_autofree char *lines = debug_port_last_lines(&guest->debug);
    gsize size;
    const char *file = g_bytes_get_data(guest->file, &size);

    g_assert_cmpmem(guest_ram_pointer(&guest->ram, ROM_GPA, PAGE, NULL), PAGE, zeros, PAGE);
    for (gsize i = 0; i < size; i++) {
        g_assert_true(file[i] == 'f');
    }
    g_assert_true(!lines || g_str_is_ascii(lines));
    g_assert_cmphex(pci_load(guest->chipset.host_bridge.config, 0, 4), ==, 0x29c08086);
    g_assert_cmphex(pci_load(guest->chipset.lpc_bridge.config, 0, 4), ==, 0x29188086);
}

static void guest_clear(Guest *guest)
{
    io_bus_clear(&guest->bus);
    guest_ram_clear(&guest->ram, NULL);
    fw_cfg_clear(&guest->fw_cfg);
    g_bytes_unref(guest->file);
}

static void write_port(Guest *guest, uint16_t port, unsigned size, uint32_t value)
{
    uint8_t bytes[4];

    pci_store(bytes, 0, 4, value);
    io_bus_write(&guest->bus, port, bytes, size);
}

/* The address is that of a structure in which the guest has put whatever it likes. */
static void start_dma(Guest *guest, uint32_t gpa)
{
    write_port(guest, FW_CFG_DMA_PORT, 4, 0);
    write_port(guest, FW_CFG_DMA_PORT + 4, 4, GUINT32_TO_BE(gpa));
}

static void take_step(Guest *guest, const uint8_t *step)
{
    uint16_t where = (uint16_t)pci_load(step, 2, 2);
    uint32_t value = (uint32_t)pci_load(step, 4, 4);
    unsigned size = 1u << (step[1] & 3);
    uint64_t gpa = (uint64_t)(step[1] >> 2) << 26 | (uint64_t)where << 4;
    uint8_t bytes[8];

    pci_store(bytes, 0, 8, value | (uint64_t)value << 32);
    switch (step[0] % ACTIONS) {
    case PORT_READ:
        io_bus_read(&guest->bus, where, bytes, MIN(size, 4));
        break;
    case PORT_WRITE:
        write_port(guest, where, MIN(size, 4), value);
        break;
    case MEMORY_READ:
        io_bus_read_memory(&guest->bus, gpa, bytes, size);
        break;
    case MEMORY_WRITE:
        io_bus_write_memory(&guest->bus, gpa, bytes, size);
        break;
    case RAM_WRITE:
        (void)guest_ram_write(&guest->ram, RAM_GPA + where % (2 * PAGE), bytes, size);
        break;
    case DMA:
        start_dma(guest, (uint32_t)RAM_GPA + where);
        break;
    case RESET:
        reset(guest);
        break;
    case CONFIG_WRITE:
        write_port(guest, PCI_ADDRESS_PORT, 4, 0x80000000u | (where & 0xfffc));
        write_port(guest, PCI_DATA_PORT, MIN(size, 4), value);
        break;
    case PRESS:
        g_assert_true(!acpi_power_press(&guest->power) || guest->sci);
        break;
    default:
        g_assert_not_reached();
    }
    g_assert_true(guest->sci == (guest->power.status[1] & guest->power.enabled[1] & 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Guest guest = { .offs = 0 };

    guest_init(&guest);
    for (size_t at = 0; at + STEP <= size; at += STEP) {
        take_step(&guest, data + at);
    }
    guest_check(&guest);
    g_assert_cmpuint(guest.offs, <=, size);
    guest_clear(&guest);
    return 0;
}
