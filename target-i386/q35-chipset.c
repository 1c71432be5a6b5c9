/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-i386/q35-chipset.h"
#include <string.h>

#define INTEL             0x8086
#define MCH               0x29c0 /* the host bridge; firmware knows the machine by it */
#define ICH9_LPC          0x2918
#define CLASS_HOST_BRIDGE 0x0600
#define CLASS_ISA_BRIDGE  0x0601

/* Registers of the host bridge. */
#define PCIEXBAR           0x60
#define PCIEXBAR_ENABLE    UINT64_C(0x1)
#define PCIEXBAR_LENGTH(v) ((v) >> 1 & 3)
#define PCIEXBAR_ADDRESS   UINT64_C(0xffc000000) /* of 36 bits, in steps of 64 MiB */
#define ECAM_LARGEST       (UINT64_C(256) << 20) /* for 256 buses; half of it, a quarter, and reserved */

/* Registers of the LPC bridge. */
#define PMBASE             0x40
#define PMBASE_IO          0x0001u /* always reads as 1 */
#define PMBASE_ADDRESS     0xff80u
#define ACPI_CNTL          0x44
#define ACPI_CNTL_ENABLE   0x80
#define ACPI_CNTL_WRITABLE 0x87
#define PIRQ_A             0x60
#define PIRQ_E             0x68
#define PIRQ_NONE          0x80
#define PIRQ_WRITABLE      0x8f
#define INTERRUPT_LINE     0x3c
#define RCBA               0xf0
#define RCBA_WRITABLE      0xffffc001u

/* ---- host bridge ---- */

static void place_window(Q35Chipset *chipset)
{
    uint64_t value = pci_load(chipset->host_bridge.config, PCIEXBAR, sizeof(value));
    uint64_t size = ECAM_LARGEST >> PCIEXBAR_LENGTH(value);
    bool is_on = value & PCIEXBAR_ENABLE && PCIEXBAR_LENGTH(value) < 3;

    pci_bus_place_window(&chipset->bus, value & PCIEXBAR_ADDRESS & -size, is_on ? size : 0);
}

static void host_bridge_written(void *opaque, unsigned offset)
{
    if (offset - PCIEXBAR < sizeof(uint64_t)) {
        place_window(opaque);
    }
}

static void host_bridge_init(Q35Chipset *chipset)
{
    PciFunction *function = &chipset->host_bridge;

    pci_function_init(function, INTEL, MCH, CLASS_HOST_BRIDGE);
    pci_store(function->writable, PCIEXBAR, 8, PCIEXBAR_ADDRESS | 7);
    function->written = host_bridge_written;
    function->opaque = chipset;
    pci_bus_add(&chipset->bus, PCI_DEVFN(0, 0), function);
}

/* ---- LPC bridge ---- */

static void place_power(Q35Chipset *chipset)
{
    const uint8_t *config = chipset->lpc_bridge.config;

    acpi_power_place(chipset->power, pci_load(config, PMBASE, 2) & PMBASE_ADDRESS,
                     config[ACPI_CNTL] & ACPI_CNTL_ENABLE);
}

static void lpc_bridge_written(void *opaque, unsigned offset)
{
    if (offset == PMBASE || offset == PMBASE + 1 || offset == ACPI_CNTL) {
        place_power(opaque);
    }
}

static void lpc_bridge_init(Q35Chipset *chipset)
{
    PciFunction *function = &chipset->lpc_bridge;

    pci_function_init(function, INTEL, ICH9_LPC, CLASS_ISA_BRIDGE);
    function->writable[INTERRUPT_LINE] = 0xff;
    pci_store(function->writable, PMBASE, 2, PMBASE_ADDRESS);
    function->writable[ACPI_CNTL] = ACPI_CNTL_WRITABLE;
    memset(function->writable + PIRQ_A, PIRQ_WRITABLE, 4);
    memset(function->writable + PIRQ_E, PIRQ_WRITABLE, 4);
    pci_store(function->writable, RCBA, 4, RCBA_WRITABLE);
    function->written = lpc_bridge_written;
    function->opaque = chipset;
    pci_bus_add(&chipset->bus, PCI_DEVFN(0x1f, 0), function);
}

/* ---- both ---- */

/* Everything that can be written is 0 after a reset, but for what is set here. */
static void clear_writable(PciFunction *function)
{
    for (unsigned i = 0; i < PCI_CONFIG_SIZE; i++) {
        function->config[i] &= ~function->writable[i];
    }
}

void q35_chipset_reset(Q35Chipset *chipset)
{
    uint8_t *lpc = chipset->lpc_bridge.config;

    pci_bus_reset(&chipset->bus);
    clear_writable(&chipset->host_bridge);
    clear_writable(&chipset->lpc_bridge);
    memset(lpc + PIRQ_A, PIRQ_NONE, 4);
    memset(lpc + PIRQ_E, PIRQ_NONE, 4);
    pci_store(lpc, PMBASE, 2, PMBASE_IO | (chipset->is_set_up ? ACPI_POWER_PORT : 0));
    lpc[ACPI_CNTL] = chipset->is_set_up ? ACPI_CNTL_ENABLE : 0;
    place_window(chipset);
    place_power(chipset);
}

void q35_chipset_init(Q35Chipset *chipset, IoBus *io, AcpiPower *power, bool is_set_up)
{
    *chipset = (Q35Chipset){ .power = power, .is_set_up = is_set_up };
    pci_bus_init(&chipset->bus, io);
    host_bridge_init(chipset);
    lpc_bridge_init(chipset);
    q35_chipset_reset(chipset);
}
