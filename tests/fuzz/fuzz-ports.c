/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Fuzzes the devices at the ports of a guest that is started without a firmware: any accesses, in any order,
 * with any input in between. Each step has three bytes: what, where, and a value.
 */
#include <string.h>
#include "hw/cmos.h"
#include "hw/serial.h"
#include "target-i386/acpi-power.h"

enum { STEP = 3, SIZE_BITS = 3, IS_WRITE = 4, IS_INPUT = 8, IS_RESET = 16, IS_PRESS = 32 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct Guest {
    IoBus bus;
    Serial serial;
    AcpiPower power;
    Cmos cmos;
    bool level; /* of the serial port's line */
    bool sci;
    size_t sent, offs;
} Guest;

static void count_byte(void *opaque, uint8_t byte G_GNUC_UNUSED)
{
    ((Guest *)opaque)->sent++;
}

static void count_off(void *opaque)
{
    ((Guest *)opaque)->offs++;
}

/* The line is only told about when it changes. */
static void set_level(void *opaque, bool level)
{
    Guest *guest = opaque;

    g_assert_true(level != guest->level);
    guest->level = level;
}

static void set_sci(void *opaque, bool level)
{
    Guest *guest = opaque;

    g_assert_true(level != guest->sci);
    guest->sci = level;
}

/* Who has not enabled the button is not told. */
static void press(Guest *guest)
{
    bool is_enabled = guest->power.enabled[1] & 1;
    bool is_told = acpi_power_press(&guest->power);

    g_assert_true(is_told == is_enabled && (!is_told || guest->sci));
}

static void reset(Guest *guest)
{
    serial_reset(&guest->serial);
    acpi_power_reset(&guest->power);
    cmos_reset(&guest->cmos);
    guest->level = guest->sci = false; /* the interrupt controllers are new as well */
}

static void take_step(Guest *guest, const uint8_t *step)
{
    static const uint16_t bases[] = { SERIAL_COM1_PORT - 4, ACPI_POWER_PORT, CMOS_PORT - 4 };
    uint16_t port = bases[MIN(step[1] / 16, 2)] + step[1] % 16;
    unsigned size = 1u << (step[0] & SIZE_BITS) % 3;
    uint8_t value[4];

    memset(value, step[2], sizeof(value));
    if (step[0] & IS_RESET) {
        reset(guest);
    } else if (step[0] & IS_PRESS) {
        press(guest);
    } else if (step[0] & IS_INPUT) {
        g_assert_cmpuint(serial_receive(&guest->serial, value, size), <=, size);
    } else if (step[0] & IS_WRITE) {
        io_bus_write(&guest->bus, port, value, size);
    } else {
        io_bus_read(&guest->bus, port, value, size);
    }
    g_assert_cmpuint(guest->serial.count, <=, SERIAL_FIFO);
    g_assert_true(guest->level == guest->serial.level);
    g_assert_true(guest->sci == (guest->power.status[1] & guest->power.enabled[1] & 1));
    g_assert_cmpuint(guest->cmos.index, <, CMOS_SIZE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Guest guest = { .level = false };

    io_bus_init(&guest.bus);
    serial_init(&guest.serial, &guest.bus, SERIAL_COM1_PORT, count_byte, &guest);
    serial_connect_irq(&guest.serial, set_level, &guest);
    acpi_power_init(&guest.power, &guest.bus, count_off, &guest);
    acpi_power_connect_sci(&guest.power, set_sci, &guest);
    cmos_init(&guest.cmos, &guest.bus, 0);
    for (size_t at = 0; at + STEP <= size; at += STEP) {
        take_step(&guest, data + at);
    }
    g_assert_cmpuint(guest.sent, <=, size);
    g_assert_cmpuint(guest.offs, <=, size);
    io_bus_clear(&guest.bus);
    return 0;
}
