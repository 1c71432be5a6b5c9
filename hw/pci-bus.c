/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hw/pci-bus.h"

#define ADDRESS_ENABLE   (1u << 31)
#define ADDRESS_WRITABLE 0x80fffffcu
#define ADDRESS_BUS(a)   ((a) >> 16 & 0xff)
#define ADDRESS_DEVFN(a) ((a) >> 8 & 0xff)
#define ADDRESS_OFFSET   0xfcu

/* ECAM: the bus, the function and the register in an offset. */
#define ECAM_BUS(offset)      ((offset) >> 20)
#define ECAM_DEVFN(offset)    ((offset) >> 12 & 0xff)
#define ECAM_REGISTER(offset) ((offset)&0xfff)

#define COMMAND_WRITABLE      0x0547 /* I/O, memory, master, parity, SERR#, no INTx */
#define NOTHING               0xff

/* ---- configuration space ---- */

uint64_t pci_load(const uint8_t *bytes, unsigned offset, unsigned size)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < size; i++) {
        value |= (uint64_t)bytes[offset + i] << 8 * i;
    }
    return value;
}

void pci_store(uint8_t *bytes, unsigned offset, unsigned size, uint64_t value)
{
    for (unsigned i = 0; i < size; i++) {
        bytes[offset + i] = (uint8_t)(value >> 8 * i);
    }
}

/* Behind the first 256 bytes, where extended capabilities would be, nothing is. */
static uint8_t function_read(const PciFunction *function, unsigned offset)
{
    if (!function) {
        return NOTHING;
    }
    return offset < PCI_CONFIG_SIZE ? function->config[offset] : 0;
}

static void function_write(PciFunction *function, unsigned offset, uint8_t value)
{
    uint8_t mask;

    if (!function || offset >= PCI_CONFIG_SIZE) {
        return;
    }
    mask = function->writable[offset];
    function->config[offset] = (function->config[offset] & ~mask) | (value & mask);
    if (function->written) {
        function->written(function->opaque, offset);
    }
}

void pci_function_init(PciFunction *function, uint16_t vendor, uint16_t device, uint16_t class_code)
{
    pci_store(function->config, PCI_VENDOR_ID, 2, vendor);
    pci_store(function->config, PCI_DEVICE_ID, 2, device);
    pci_store(function->config, PCI_CLASS, 2, class_code);
    pci_store(function->writable, PCI_COMMAND, 2, COMMAND_WRITABLE);
}

/* ---- by ports ---- */

static uint32_t address_read(void *device)
{
    const PciBus *bus = device;

    return bus->address;
}

static void address_write(void *device, uint32_t value)
{
    PciBus *bus = device;

    bus->address = value & ADDRESS_WRITABLE;
}

static PciFunction *addressed(const PciBus *bus)
{
    bool is_here = bus->address & ADDRESS_ENABLE && ADDRESS_BUS(bus->address) == 0;

    return is_here ? bus->functions[ADDRESS_DEVFN(bus->address)] : NULL;
}

static uint8_t data_read(void *device, unsigned offset)
{
    const PciBus *bus = device;

    return function_read(addressed(bus), (bus->address & ADDRESS_OFFSET) + offset);
}

static void data_write(void *device, unsigned offset, uint8_t value)
{
    PciBus *bus = device;

    function_write(addressed(bus), (bus->address & ADDRESS_OFFSET) + offset, value);
}

/* ---- by addresses ---- */

static PciFunction *in_window(const PciBus *bus, uint64_t offset)
{
    return ECAM_BUS(offset) == 0 ? bus->functions[ECAM_DEVFN(offset)] : NULL;
}

/* An access that reaches from one function into the next does not exist on the real bus; here it stays. */
static uint64_t window_read(void *device, uint64_t offset, unsigned size)
{
    const PciBus *bus = device;
    const PciFunction *function = in_window(bus, offset);
    uint64_t value = 0;

    for (unsigned i = 0; i < size; i++) {
        value |= (uint64_t)function_read(function, ECAM_REGISTER(offset) + i) << 8 * i;
    }
    return value;
}

static void window_write(void *device, uint64_t offset, unsigned size, uint64_t value)
{
    const PciBus *bus = device;
    PciFunction *function = in_window(bus, offset);

    for (unsigned i = 0; i < size; i++) {
        function_write(function, ECAM_REGISTER(offset) + i, (uint8_t)(value >> 8 * i));
    }
}

/* ---- outside ---- */

void pci_bus_init(PciBus *bus, IoBus *io)
{
    static const IoRegisterOps address_ops = { .read = address_read, .write = address_write };
    static const IoPortOps data_ops = { .read = data_read, .write = data_write };
    static const IoMemoryOps window_ops = { .read = window_read, .write = window_write };

    *bus = (PciBus){ .io = io };
    io_bus_add_register(io, PCI_ADDRESS_PORT, &address_ops, bus);
    io_bus_add(io, PCI_DATA_PORT, sizeof(bus->address), &data_ops, bus);
    bus->window = io_bus_add_memory(io, 0, 0, &window_ops, bus);
}

void pci_bus_reset(PciBus *bus)
{
    bus->address = 0;
}

void pci_bus_add(PciBus *bus, unsigned devfn, PciFunction *function)
{
    g_assert(devfn < PCI_DEVFNS && !bus->functions[devfn]);
    bus->functions[devfn] = function;
}

void pci_bus_place_window(PciBus *bus, uint64_t gpa, uint64_t size)
{
    io_bus_move_memory(bus->io, bus->window, gpa, size);
}
