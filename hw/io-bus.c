/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hw/io-bus.h"
#include <stdbool.h>
#include <string.h>

typedef struct IoDevice {
    uint16_t first;
    uint16_t count;
    const IoPortOps *ops;
    void *device;
} IoDevice;

typedef struct IoRegister {
    uint16_t port;
    const IoRegisterOps *ops;
    void *device;
} IoRegister;

typedef struct IoMemory {
    uint64_t gpa, size;
    const IoMemoryOps *ops;
    void *device;
} IoMemory;

void io_bus_init(IoBus *bus)
{
    g_mutex_init(&bus->lock);
    bus->devices = g_array_new(FALSE, FALSE, sizeof(IoDevice));
    bus->registers = g_array_new(FALSE, FALSE, sizeof(IoRegister));
    bus->memory = g_array_new(FALSE, FALSE, sizeof(IoMemory));
}

void io_bus_clear(IoBus *bus)
{
    if (bus->devices) {
        g_mutex_clear(&bus->lock);
        g_clear_pointer(&bus->devices, g_array_unref);
        g_clear_pointer(&bus->registers, g_array_unref);
        g_clear_pointer(&bus->memory, g_array_unref);
    }
}

/* ---- devices ---- */

unsigned io_bus_add(IoBus *bus, uint16_t first, uint16_t count, const IoPortOps *ops, void *device)
{
    IoDevice entry = { first, count, ops, device };

    g_array_append_val(bus->devices, entry);
    return bus->devices->len - 1;
}

void io_bus_move(IoBus *bus, unsigned number, uint16_t first, uint16_t count)
{
    IoDevice *entry = &g_array_index(bus->devices, IoDevice, number);

    entry->first = first;
    entry->count = count;
}

void io_bus_add_register(IoBus *bus, uint16_t port, const IoRegisterOps *ops, void *device)
{
    IoRegister entry = { port, ops, device };

    g_array_append_val(bus->registers, entry);
}

unsigned io_bus_add_memory(IoBus *bus, uint64_t gpa, uint64_t size, const IoMemoryOps *ops, void *device)
{
    IoMemory entry = { gpa, size, ops, device };

    g_array_append_val(bus->memory, entry);
    return bus->memory->len - 1;
}

void io_bus_move_memory(IoBus *bus, unsigned number, uint64_t gpa, uint64_t size)
{
    IoMemory *entry = &g_array_index(bus->memory, IoMemory, number);

    entry->gpa = gpa;
    entry->size = size;
}

/* A wide access may reach beyond the last port, where there is nothing. */
static const IoDevice *find_device(const IoBus *bus, unsigned port)
{
    for (guint i = 0; i < bus->devices->len; i++) {
        const IoDevice *entry = &g_array_index(bus->devices, IoDevice, i);
        if (port >= entry->first && port - entry->first < entry->count) {
            return entry;
        }
    }
    return NULL;
}

static const IoRegister *find_register(const IoBus *bus, uint16_t port, unsigned size)
{
    for (guint i = 0; size == sizeof(uint32_t) && i < bus->registers->len; i++) {
        const IoRegister *entry = &g_array_index(bus->registers, IoRegister, i);
        if (port == entry->port) {
            return entry;
        }
    }
    return NULL;
}

static const IoMemory *find_memory(const IoBus *bus, uint64_t gpa, unsigned size)
{
    for (guint i = 0; i < bus->memory->len; i++) {
        const IoMemory *entry = &g_array_index(bus->memory, IoMemory, i);
        if (gpa >= entry->gpa && gpa - entry->gpa < entry->size && size <= entry->size - (gpa - entry->gpa)) {
            return entry;
        }
    }
    return NULL;
}

/* ---- accesses ---- */

static uint64_t load(const uint8_t *data, unsigned size)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < size; i++) {
        value |= (uint64_t)data[i] << 8 * i;
    }
    return value;
}

static void store(uint8_t *data, unsigned size, uint64_t value)
{
    for (unsigned i = 0; i < size; i++) {
        data[i] = (uint8_t)(value >> 8 * i);
    }
}

void io_bus_read(IoBus *bus, uint16_t port, uint8_t *data, unsigned size)
{
    const IoRegister *wide;

    g_mutex_lock(&bus->lock);
    wide = find_register(bus, port, size);
    if (wide) {
        store(data, size, wide->ops->read(wide->device));
    }
    for (unsigned i = 0; !wide && i < size; i++) {
        const IoDevice *entry = find_device(bus, port + i);
        data[i] = entry ? entry->ops->read(entry->device, port + i - entry->first) : 0xff;
    }
    g_mutex_unlock(&bus->lock);
}

void io_bus_write(IoBus *bus, uint16_t port, const uint8_t *data, unsigned size)
{
    const IoRegister *wide;

    g_mutex_lock(&bus->lock);
    wide = find_register(bus, port, size);
    if (wide) {
        wide->ops->write(wide->device, (uint32_t)load(data, size));
    }
    for (unsigned i = 0; !wide && i < size; i++) {
        const IoDevice *entry = find_device(bus, port + i);
        if (entry) {
            entry->ops->write(entry->device, port + i - entry->first, data[i]);
        }
    }
    g_mutex_unlock(&bus->lock);
}

void io_bus_read_memory(IoBus *bus, uint64_t gpa, uint8_t *data, unsigned size)
{
    const IoMemory *entry;

    g_mutex_lock(&bus->lock);
    entry = find_memory(bus, gpa, size);
    store(data, size, entry ? entry->ops->read(entry->device, gpa - entry->gpa, size) : UINT64_MAX);
    g_mutex_unlock(&bus->lock);
}

void io_bus_write_memory(IoBus *bus, uint64_t gpa, const uint8_t *data, unsigned size)
{
    const IoMemory *entry;

    g_mutex_lock(&bus->lock);
    entry = find_memory(bus, gpa, size);
    if (entry) {
        entry->ops->write(entry->device, gpa - entry->gpa, size, load(data, size));
    }
    g_mutex_unlock(&bus->lock);
}
