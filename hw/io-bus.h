/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Where devices answer: at ports, and at guest addresses where there is no memory. What no device answers
 * reads as all ones, and ignores writes.
 *
 * Accesses may come from any thread; they reach the devices one at a time. A device may be moved, or taken
 * off the bus for a while, by the guest: that is done while the bus is locked, by the device itself.
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

/** A register of 32 bits at a port. */
typedef struct IoRegisterOps {
    uint32_t (*read)(void *device);
    void (*write)(void *device, uint32_t value);
} IoRegisterOps;

/** A device's addresses. `offset` counts from its first one; @p size is 1 to 8, and all of it the device's.
 */
typedef struct IoMemoryOps {
    uint64_t (*read)(void *device, uint64_t offset, unsigned size);
    void (*write)(void *device, uint64_t offset, unsigned size, uint64_t value);
} IoMemoryOps;

typedef struct IoBus {
    GMutex lock;
    GArray *devices; /* these are of types that io-bus.c knows */
    GArray *registers;
    GArray *memory;
} IoBus;

void io_bus_init(IoBus *bus);
void io_bus_clear(IoBus *bus);

/**
 * Puts @p device, which must outlive the bus, at @p count ports from @p first. Returns a number by which it
 * can be moved.
 */
unsigned io_bus_add(IoBus *bus, uint16_t first, uint16_t count, const IoPortOps *ops, void *device);

/** Moves what io_bus_add() has called @p number to @p count ports from @p first; 0: to none. The bus is
 * locked, or not in use yet. */
void io_bus_move(IoBus *bus, unsigned number, uint16_t first, uint16_t count);

/**
 * Puts a register of @p device at @p port. Only accesses of just its 32 bits reach it: those of fewer bits go
 * to the ports that others have there.
 */
void io_bus_add_register(IoBus *bus, uint16_t port, const IoRegisterOps *ops, void *device);

/** The same as io_bus_add() and io_bus_move() for @p size bytes of guest addresses from @p gpa. */
unsigned io_bus_add_memory(IoBus *bus, uint64_t gpa, uint64_t size, const IoMemoryOps *ops, void *device);
void io_bus_move_memory(IoBus *bus, unsigned number, uint64_t gpa, uint64_t size);

/** An access of @p size bytes (1, 2 or 4) at @p port, little endian. */
void io_bus_read(IoBus *bus, uint16_t port, uint8_t *data, unsigned size);
void io_bus_write(IoBus *bus, uint16_t port, const uint8_t *data, unsigned size);

/** An access of @p size bytes (1 to 8) at @p gpa, little endian. */
void io_bus_read_memory(IoBus *bus, uint64_t gpa, uint8_t *data, unsigned size);
void io_bus_write_memory(IoBus *bus, uint64_t gpa, const uint8_t *data, unsigned size);

#endif
