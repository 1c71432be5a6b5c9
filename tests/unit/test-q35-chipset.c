/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the chipset: it moves ECAM and the ACPI registers to where the guest wants them, and no further.
 */
#include "target-i386/q35-chipset.h"
#include <string.h>

#define HOST_BRIDGE 0x80000000u
#define LPC_BRIDGE  0x8000f800u

typedef struct Fixture {
    IoBus io;
    AcpiPower power;
    Q35Chipset chipset;
} Fixture;

static void ignore(void *opaque G_GNUC_UNUSED)
{
}

static void start(Fixture *f, bool is_set_up)
{
    io_bus_init(&f->io);
    acpi_power_init(&f->power, &f->io, ignore, NULL);
    q35_chipset_init(&f->chipset, &f->io, &f->power, is_set_up);
}

static void fixture_init(Fixture *f, G_GNUC_UNUSED const void *data)
{
    start(f, false);
}

static void fixture_clear(Fixture *f, G_GNUC_UNUSED const void *data)
{
    io_bus_clear(&f->io);
}

static uint32_t in(Fixture *f, uint16_t port, unsigned size)
{
    uint8_t bytes[4] = { 0 };

    io_bus_read(&f->io, port, bytes, size);
    return (uint32_t)pci_load(bytes, 0, 4);
}

static void out(Fixture *f, uint16_t port, unsigned size, uint32_t value)
{
    uint8_t bytes[4];

    pci_store(bytes, 0, 4, value);
    io_bus_write(&f->io, port, bytes, size);
}

static uint32_t config_read(Fixture *f, uint32_t address, unsigned size)
{
    out(f, 0xcf8, 4, address);
    return in(f, 0xcfc + (address & 3), size);
}

static void config_write(Fixture *f, uint32_t address, unsigned size, uint32_t value)
{
    out(f, 0xcf8, 4, address);
    out(f, 0xcfc + (address & 3), size, value);
}

static uint32_t memory_read(Fixture *f, uint64_t gpa)
{
    uint8_t bytes[4];

    io_bus_read_memory(&f->io, gpa, bytes, 4);
    return (uint32_t)pci_load(bytes, 0, 4);
}

static void test_ids(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_assert_cmphex(config_read(f, HOST_BRIDGE, 4), ==, 0x29c08086);
    g_assert_cmphex(config_read(f, HOST_BRIDGE | 8, 4), ==, 0x06000000);
    g_assert_cmphex(config_read(f, LPC_BRIDGE, 4), ==, 0x29188086);
    g_assert_cmphex(config_read(f, LPC_BRIDGE | 8, 4), ==, 0x06010000);
    g_assert_cmphex(config_read(f, LPC_BRIDGE | 0x60, 4), ==, 0x80808080);
}

/* What OVMF of Debian 12 does, and that of Debian 13. */
static void test_window(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_assert_cmphex(memory_read(f, 0xb0000000), ==, 0xffffffff);
    config_write(f, HOST_BRIDGE | 0x64, 4, 0);
    config_write(f, HOST_BRIDGE | 0x60, 4, 0xb0000001);
    g_assert_cmphex(memory_read(f, 0xb0000000), ==, 0x29c08086);
    g_assert_cmphex(memory_read(f, 0xb00f8000), ==, 0x29188086);
    g_assert_cmphex(memory_read(f, 0xe0000000), ==, 0xffffffff);
    config_write(f, HOST_BRIDGE | 0x60, 4, 0xe0000001);
    g_assert_cmphex(memory_read(f, 0xb0000000), ==, 0xffffffff);
    g_assert_cmphex(memory_read(f, 0xe0000000), ==, 0x29c08086);
    config_write(f, HOST_BRIDGE | 0x60, 1, 0);
    g_assert_cmphex(memory_read(f, 0xe0000000), ==, 0xffffffff);
    /* Above 4 GiB, of 64 MiB, and of the reserved length. */
    config_write(f, HOST_BRIDGE | 0x64, 4, 0xffffffff);
    config_write(f, HOST_BRIDGE | 0x60, 4, 0xf4000005);
    g_assert_cmphex(config_read(f, HOST_BRIDGE | 0x64, 4), ==, 0xf);
    g_assert_cmphex(memory_read(f, UINT64_C(0xff4000000)), ==, 0x29c08086);
    g_assert_cmphex(memory_read(f, UINT64_C(0xff8000000)), ==, 0xffffffff);
    config_write(f, HOST_BRIDGE | 0x60, 1, 0x7);
    g_assert_cmphex(memory_read(f, UINT64_C(0xff4000000)), ==, 0xffffffff);
}

static void test_power(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_assert_cmphex(in(f, 0x604, 2), ==, 0xffff);
    g_assert_cmphex(config_read(f, LPC_BRIDGE | 0x40, 4), ==, 1);
    config_write(f, LPC_BRIDGE | 0x40, 4, 0xffff0601);
    g_assert_cmphex(config_read(f, LPC_BRIDGE | 0x40, 4), ==, 0x601);
    g_assert_cmphex(in(f, 0x604, 2), ==, 0xffff);
    config_write(f, LPC_BRIDGE | 0x44, 1, 0x80);
    g_assert_cmphex(in(f, 0x604, 2), ==, 1);
    config_write(f, LPC_BRIDGE | 0x40, 2, 0xffff);
    g_assert_cmphex(in(f, 0x604, 2), ==, 0xffff);
    g_assert_cmphex(in(f, 0xff84, 2), ==, 1);
    /* Over another device: who was there first stays. */
    config_write(f, LPC_BRIDGE | 0x40, 2, 0xc80);
    g_assert_cmphex(config_read(f, LPC_BRIDGE, 4), ==, 0x29188086);
    config_write(f, LPC_BRIDGE | 0x44, 1, 0);
    g_assert_cmphex(in(f, 0xc84, 2), ==, 0xffff);
}

static void test_reset(Fixture *f, G_GNUC_UNUSED const void *data)
{
    config_write(f, HOST_BRIDGE | 0x60, 4, 0xb0000001);
    config_write(f, LPC_BRIDGE | 0x40, 4, 0xb001);
    config_write(f, LPC_BRIDGE | 0x44, 1, 0x80);
    config_write(f, LPC_BRIDGE | 0x60, 4, 0x0a0a0a0a);
    config_write(f, LPC_BRIDGE | 4, 2, 7);
    q35_chipset_reset(&f->chipset);
    g_assert_cmphex(in(f, 0xcf8, 4), ==, 0);
    g_assert_cmphex(in(f, 0xb004, 2), ==, 0xffff);
    g_assert_cmphex(memory_read(f, 0xb0000000), ==, 0xffffffff);
    g_assert_cmphex(config_read(f, LPC_BRIDGE | 4, 2), ==, 0);
    test_ids(f, NULL);
}

/* Without a firmware, the kernel finds the ACPI registers where the tables say. */
static void test_set_up(Fixture *f, G_GNUC_UNUSED const void *data)
{
    io_bus_clear(&f->io);
    start(f, true);
    g_assert_cmphex(in(f, 0x604, 2), ==, 1);
    g_assert_cmphex(config_read(f, LPC_BRIDGE | 0x40, 4), ==, 0x601);
    config_write(f, LPC_BRIDGE | 0x44, 1, 0);
    g_assert_cmphex(in(f, 0x604, 2), ==, 0xffff);
    q35_chipset_reset(&f->chipset);
    g_assert_cmphex(in(f, 0x604, 2), ==, 1);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, test) g_test_add("/q35-chipset/" name, Fixture, NULL, fixture_init, test, fixture_clear)
    ADD("ids", test_ids);
    ADD("window", test_window);
    ADD("power", test_power);
    ADD("reset", test_reset);
    ADD("set-up", test_set_up);
    return g_test_run();
}
