/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-i386/acpi-power.h"
#include <string.h>
#include <time.h>

enum { STATUS = 0, ENABLE = 2, CONTROL = 4, TIMER = 8 };

#define POWER_BUTTON       0x01 /* high byte of status and of enable */
#define CONTROL_SCI_EN     0x01 /* low byte: events come as interrupts, which is to say that ACPI is on */
#define CONTROL_SLEEP_BITS 0x1c /* high byte */
#define CONTROL_SLEEP_TYPE 2    /* where they begin */
#define CONTROL_SLEEP_GO   0x20

static uint32_t timer_value(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)((uint64_t)now.tv_sec * ACPI_TIMER_HZ +
                      (uint64_t)now.tv_nsec * ACPI_TIMER_HZ / UINT64_C(1000000000));
}

/* Accesses come byte by byte, and the four bytes belong together. */
static uint8_t read_timer(AcpiPower *power, unsigned byte)
{
    if (byte == 0) {
        uint32_t value = timer_value();

        for (unsigned i = 0; i < sizeof(power->timer); i++) {
            power->timer[i] = (uint8_t)(value >> 8 * i);
        }
    }
    return power->timer[byte];
}

/* ---- events ---- */

static void update_sci(AcpiPower *power)
{
    bool level = power->status[1] & power->enabled[1] & POWER_BUTTON;

    if (power->sci && level != power->level) {
        power->level = level;
        power->sci(power->sci_opaque, level);
    }
}

bool acpi_power_press(AcpiPower *power)
{
    bool is_enabled;

    g_mutex_lock(&power->bus->lock);
    is_enabled = power->enabled[1] & POWER_BUTTON;
    if (is_enabled) {
        power->status[1] |= POWER_BUTTON;
        update_sci(power);
    }
    g_mutex_unlock(&power->bus->lock);
    return is_enabled;
}

/* ---- registers ---- */

static uint8_t power_read(void *device, unsigned offset)
{
    AcpiPower *power = device;

    if (offset >= TIMER) {
        return read_timer(power, offset - TIMER);
    }
    switch (offset) {
    case STATUS:
    case STATUS + 1:
        return power->status[offset - STATUS];
    case ENABLE:
    case ENABLE + 1:
        return power->enabled[offset - ENABLE];
    case CONTROL:
        return power->control[0] | CONTROL_SCI_EN;
    case CONTROL + 1:
        return power->control[1];
    default:
        return 0;
    }
}

static bool is_off(unsigned sleep_type)
{
    return sleep_type == ACPI_SLEEP_OFF || sleep_type == ACPI_SLEEP_PLAIN;
}

static void write_control_high(AcpiPower *power, uint8_t value)
{
    /* SLP_EN is never read back. */
    power->control[1] = value & ~CONTROL_SLEEP_GO;
    if (value & CONTROL_SLEEP_GO && is_off((value & CONTROL_SLEEP_BITS) >> CONTROL_SLEEP_TYPE)) {
        power->power_off(power->opaque);
    }
}

static void power_write(void *device, unsigned offset, uint8_t value)
{
    AcpiPower *power = device;

    switch (offset) {
    case STATUS:
    case STATUS + 1:
        power->status[offset - STATUS] &= ~value;
        update_sci(power);
        break;
    case ENABLE:
    case ENABLE + 1:
        power->enabled[offset - ENABLE] = value;
        update_sci(power);
        break;
    case CONTROL:
        power->control[0] = value;
        break;
    case CONTROL + 1:
        write_control_high(power, value);
        break;
    default: /* the timer cannot be set */
        break;
    }
}

void acpi_power_init(AcpiPower *power, IoBus *bus, void (*power_off)(void *opaque), void *opaque)
{
    static const IoPortOps ops = { .read = power_read, .write = power_write };

    *power = (AcpiPower){ .bus = bus, .power_off = power_off, .opaque = opaque };
    power->ports = io_bus_add(bus, ACPI_POWER_PORT, ACPI_POWER_PORTS, &ops, power);
}

void acpi_power_connect_sci(AcpiPower *power, AcpiSci *sci, void *opaque)
{
    power->sci = sci;
    power->sci_opaque = opaque;
}

void acpi_power_place(AcpiPower *power, uint16_t first, bool is_on)
{
    io_bus_move(power->bus, power->ports, first, is_on ? ACPI_POWER_PORTS : 0);
}

void acpi_power_reset(AcpiPower *power)
{
    memset(power->status, 0, sizeof(power->status));
    memset(power->enabled, 0, sizeof(power->enabled));
    memset(power->control, 0, sizeof(power->control));
    memset(power->timer, 0, sizeof(power->timer));
    power->level = false;
}
