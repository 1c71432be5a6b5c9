/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hw/io-bus.h"

typedef struct IoDevice {
    uint16_t first;
    uint16_t count;
    const IoPortOps *ops;
    void *device;
} IoDevice;

void io_bus_init(IoBus *bus)
{
    g_mutex_init(&bus->lock);
    bus->devices = g_array_new(FALSE, FALSE, sizeof(IoDevice));
}

void io_bus_clear(IoBus *bus)
{
    if (bus->devices) {
        g_mutex_clear(&bus->lock);
        g_clear_pointer(&bus->devices, g_array_unref);
    }
}

void io_bus_add(IoBus *bus, uint16_t first, uint16_t count, const IoPortOps *ops, void *device)
{
    IoDevice entry = { first, count, ops, device };

    g_array_append_val(bus->devices, entry);
}

/* A wide access may reach beyond the last port, where there is nothing. */
static const IoDevice *io_bus_find(const IoBus *bus, unsigned port)
{
    for (guint i = 0; i < bus->devices->len; i++) {
        const IoDevice *entry = &g_array_index(bus->devices, IoDevice, i);
        if (port >= entry->first && port - entry->first < entry->count) {
            return entry;
        }
    }
    return NULL;
}

void io_bus_read(IoBus *bus, uint16_t port, uint8_t *data, unsigned size)
{
    g_mutex_lock(&bus->lock);
    for (unsigned i = 0; i < size; i++) {
        const IoDevice *entry = io_bus_find(bus, port + i);
        data[i] = entry ? entry->ops->read(entry->device, port + i - entry->first) : 0xff;
    }
    g_mutex_unlock(&bus->lock);
}

void io_bus_write(IoBus *bus, uint16_t port, const uint8_t *data, unsigned size)
{
    g_mutex_lock(&bus->lock);
    for (unsigned i = 0; i < size; i++) {
        const IoDevice *entry = io_bus_find(bus, port + i);
        if (entry) {
            entry->ops->write(entry->device, port + i - entry->first, data[i]);
        }
    }
    g_mutex_unlock(&bus->lock);
}
