/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the registers of ACPI: only the right write turns the machine off, the power button is told of to
 * who wants to know, and the timer counts.
 */
#include "target-i386/acpi-power.h"

typedef struct Fixture {
    IoBus bus;
    AcpiPower power;
    unsigned offs;
    bool level;
    unsigned changes; /* of the level */
} Fixture;

static void count(void *opaque)
{
    (*(unsigned *)opaque)++;
}

static void set_level(void *opaque, bool level)
{
    Fixture *f = opaque;

    g_assert_true(level != f->level);
    f->level = level;
    f->changes++;
}

static void fixture_init(Fixture *f, G_GNUC_UNUSED const void *data)
{
    io_bus_init(&f->bus);
    f->offs = 0;
    f->level = false;
    f->changes = 0;
    acpi_power_init(&f->power, &f->bus, count, &f->offs);
    acpi_power_connect_sci(&f->power, set_level, f);
}

static void fixture_clear(Fixture *f, G_GNUC_UNUSED const void *data)
{
    io_bus_clear(&f->bus);
}

static uint32_t in(Fixture *f, uint16_t port, unsigned size)
{
    uint8_t bytes[4] = { 0 };

    io_bus_read(&f->bus, port, bytes, size);
    return bytes[0] | bytes[1] << 8 | bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void out(Fixture *f, uint16_t port, uint16_t value)
{
    const uint8_t bytes[] = { (uint8_t)value, (uint8_t)(value >> 8) };

    io_bus_write(&f->bus, port, bytes, 2);
}

static void test_off(Fixture *f, G_GNUC_UNUSED const void *data)
{
    out(f, 0x604, 5 << 10); /* says how, but not that */
    for (unsigned type = 0; type < 8; type++) {
        if (type != 5 && type != 0) {
            out(f, 0x604, (uint16_t)(type << 10 | 1 << 13));
        }
    }
    g_assert_cmpuint(f->offs, ==, 0);
    out(f, 0x604, 0x3401);
    g_assert_cmpuint(f->offs, ==, 1);
    out(f, 0x604, 0x2001); /* a firmware that has read no tables */
    g_assert_cmpuint(f->offs, ==, 2);
}

static void test_place(Fixture *f, G_GNUC_UNUSED const void *data)
{
    acpi_power_place(&f->power, 0xb000, true);
    g_assert_cmphex(in(f, 0x604, 2), ==, 0xffff);
    g_assert_cmphex(in(f, 0xb004, 2), ==, 1);
    out(f, 0xb004, 0x3401);
    g_assert_cmpuint(f->offs, ==, 1);
    acpi_power_place(&f->power, 0xb000, false);
    g_assert_cmphex(in(f, 0xb004, 2), ==, 0xffff);
}

static void test_acpi_is_on(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_assert_cmphex(in(f, 0x604, 2), ==, 1);
    out(f, 0x604, 0x2000); /* SLP_EN is not kept, and SCI_EN cannot be cleared */
    g_assert_cmphex(in(f, 0x604, 2), ==, 1);
}

static void press(Fixture *f, bool is_told)
{
    bool told = acpi_power_press(&f->power);

    g_assert_true(told == is_told);
}

/* Other events can be enabled, and never happen. */
static void test_events(Fixture *f, G_GNUC_UNUSED const void *data)
{
    press(f, false);
    out(f, 0x602, 0xfeff);
    press(f, false);
    g_assert_cmphex(in(f, 0x600, 4), ==, 0xfeff0000);
    out(f, 0x600, 0xffff);
    g_assert_cmphex(in(f, 0x600, 4), ==, 0xfeff0000);
    out(f, 0x602, 0x0521);
    g_assert_cmphex(in(f, 0x600, 4), ==, 0x05210000);
    g_assert_cmpuint(f->changes, ==, 0); /* what was pressed before is forgotten */
    press(f, true);
    acpi_power_reset(&f->power);
    g_assert_cmphex(in(f, 0x600, 4), ==, 0);
    f->level = false;
    press(f, false);
    g_assert_cmpuint(f->changes, ==, 1);
}

/* The interrupt stays until the guest has cleared the status, by a one, or does not want it any more. */
static void test_button(Fixture *f, G_GNUC_UNUSED const void *data)
{
    out(f, 0x602, 0x100);
    press(f, true);
    press(f, true);
    g_assert_true(f->level && f->changes == 1);
    g_assert_cmphex(in(f, 0x600, 4), ==, 0x01000100);
    out(f, 0x600, 0xfeff);
    out(f, 0x600, 0);
    g_assert_true(f->level && f->changes == 1);
    out(f, 0x602, 0);
    g_assert_true(!f->level && in(f, 0x600, 2) == 0x100);
    out(f, 0x602, 0x100);
    g_assert_true(f->level && f->changes == 3);
    out(f, 0x600, 0x100);
    g_assert_true(!f->level && f->changes == 4 && in(f, 0x600, 2) == 0);
    press(f, true);
    g_assert_true(f->level && f->changes == 5);
}

/* 3.579545 MHz, and no byte of one reading is mixed with those of another. */
static void test_timer(Fixture *f, G_GNUC_UNUSED const void *data)
{
    gint64 start = g_get_monotonic_time();
    uint32_t first = in(f, 0x608, 4), last = first;
    double ticks, seconds;

    do {
        uint32_t next = in(f, 0x608, 4);
        g_assert_cmpuint(next - last, <, ACPI_TIMER_HZ * 60u);
        last = next;
    } while (last - first < ACPI_TIMER_HZ / 50);
    seconds = (double)(g_get_monotonic_time() - start) / 1e6;
    ticks = last - first;
    g_assert_cmpfloat(ticks / ACPI_TIMER_HZ, <=, seconds + 1e-5);
    g_assert_cmpfloat(ticks / ACPI_TIMER_HZ, >, 0.0199);
    g_assert_cmphex(in(f, 0x60c, 1), ==, 0xff);
}

static void add_test(const char *path, void (*test)(Fixture *f, const void *data))
{
    g_test_add(path, Fixture, NULL, fixture_init, test, fixture_clear);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add_test("/acpi-power/off", test_off);
    add_test("/acpi-power/on", test_acpi_is_on);
    add_test("/acpi-power/events", test_events);
    add_test("/acpi-power/button", test_button);
    add_test("/acpi-power/timer", test_timer);
    add_test("/acpi-power/place", test_place);
    return g_test_run();
}
