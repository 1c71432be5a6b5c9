/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Port I/O: which device answers at which port. Ports without a device read as all ones and ignore writes.
 *
 * Accesses may come from any thread; they reach the devices one at a time.
 */
#ifndef HW_IO_BUS_H
#define HW_IO_BUS_H

#include <glib.h>
#include <stdint.h>

/** A device's ports. `offset` counts from its first port; accesses come byte by byte. */
typedef struct IoPortOps {
    uint8_t (*read)(void *device, unsigned offset);
    void (*write)(void *device, unsigned offset, uint8_t value);
} IoPortOps;

typedef struct IoBus {
    GMutex lock;
    GArray *devices;
} IoBus;

void io_bus_init(IoBus *bus);
void io_bus_clear(IoBus *bus);

/** Puts @p device, which must outlive the bus, at @p count ports from @p first. */
void io_bus_add(IoBus *bus, uint16_t first, uint16_t count, const IoPortOps *ops, void *device);

/** An access of @p size bytes (1, 2 or 4) at @p port, little endian. */
void io_bus_read(IoBus *bus, uint16_t port, uint8_t *data, unsigned size);
void io_bus_write(IoBus *bus, uint16_t port, const uint8_t *data, unsigned size);

#endif
