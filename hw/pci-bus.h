/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * PCI bus 0 as software finds it (PCI Local Bus 3.0, chapters 3.2.2.3 and 6; PCI Express 4.0, chapter 7.2):
 * the configuration space of each function, by the ports 0xcf8 and 0xcfc and by a window of guest addresses
 * (ECAM) that has 4 KiB for each. Other buses and functions that do not exist read as all ones.
 *
 * All of it is called with the I/O bus locked, or before the guest runs.
 */
#ifndef HW_PCI_BUS_H
#define HW_PCI_BUS_H

#include <stdbool.h>
#include "hw/io-bus.h"

#define PCI_ADDRESS_PORT 0xcf8 /* which register: bit 31, bus, device, function, offset */
#define PCI_DATA_PORT    0xcfc
#define PCI_CONFIG_SIZE  256

/** The number of a function on its bus. */
#define PCI_DEVFN(device, function) ((device) << 3 | (function))
#define PCI_DEVFNS                  256

/* Registers that every function has. */
enum {
    PCI_VENDOR_ID = 0x00,
    PCI_DEVICE_ID = 0x02,
    PCI_COMMAND = 0x04,
    PCI_REVISION = 0x08,
    PCI_CLASS = 0x0a, /* subclass, and class behind it */
};

typedef struct PciFunction {
    uint8_t config[PCI_CONFIG_SIZE];
    uint8_t writable[PCI_CONFIG_SIZE]; /* the bits that the guest can change */
    /** The guest has written the byte @p offset of `config`. NULL: nobody needs to know. */
    void (*written)(void *opaque, unsigned offset);
    void *opaque;
} PciFunction;

typedef struct PciBus {
    IoBus *io;
    PciFunction *functions[PCI_DEVFNS]; /* NULL: there is none */
    uint32_t address;                   /* as it was written last */
    unsigned window;                    /* the number of ECAM on `io` */
} PciBus;

/** Puts a bus without functions at its ports of @p io. ECAM is nowhere. */
void pci_bus_init(PciBus *bus, IoBus *io);

/** Clears the address register, as a reset does. */
void pci_bus_reset(PciBus *bus);

/** Adds @p function, which must outlive the bus, as @p devfn, which is free. */
void pci_bus_add(PciBus *bus, unsigned devfn, PciFunction *function);

/** Puts ECAM at @p size bytes from @p gpa; 0: nowhere. Where there is memory, that is seen instead. */
void pci_bus_place_window(PciBus *bus, uint64_t gpa, uint64_t size);

/** Fills in what is never changed, and makes what is written to the command register stay. */
void pci_function_init(PciFunction *function, uint16_t vendor, uint16_t device, uint16_t class_code);

/** A number of @p size bytes (1 to 8), little endian, in `config` or `writable`. */
uint64_t pci_load(const uint8_t *bytes, unsigned offset, unsigned size);
void pci_store(uint8_t *bytes, unsigned offset, unsigned size, uint64_t value);

#endif
