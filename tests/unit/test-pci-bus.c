/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of PCI configuration space: by ports and by addresses, what exists and what does not.
 */
#include "hw/pci-bus.h"
#include <string.h>

#define WINDOW UINT64_C(0xb0000000)

typedef struct Fixture {
    IoBus io;
    PciBus bus;
    PciFunction function; /* 00:02.1 */
    GString *written;
} Fixture;

static void note(void *opaque, unsigned offset)
{
    g_string_append_printf(opaque, "%x ", offset);
}

static void fixture_init(Fixture *f, G_GNUC_UNUSED const void *data)
{
    io_bus_init(&f->io);
    pci_bus_init(&f->bus, &f->io);
    f->written = g_string_new(NULL);
    pci_function_init(&f->function, 0x1234, 0x5678, 0x0601);
    f->function.written = note;
    f->function.opaque = f->written;
    f->function.config[0xff] = 0xaa;
    f->function.writable[0x40] = 0x0f;
    pci_bus_add(&f->bus, PCI_DEVFN(2, 1), &f->function);
}

static void fixture_clear(Fixture *f, G_GNUC_UNUSED const void *data)
{
    io_bus_clear(&f->io);
    g_string_free(f->written, TRUE);
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

static uint32_t config(Fixture *f, uint32_t address)
{
    out(f, 0xcf8, 4, address);
    return in(f, 0xcfc, 4);
}

static void test_ports(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_assert_cmphex(config(f, 0x80001100), ==, 0x56781234);
    g_assert_cmphex(in(f, 0xcf8, 4), ==, 0x80001100);
    g_assert_cmphex(in(f, 0xcfe, 2), ==, 0x5678);
    g_assert_cmphex(in(f, 0xcfd, 1), ==, 0x12);
    g_assert_cmphex(config(f, 0x80001108), ==, 0x06010000);
    g_assert_cmphex(config(f, 0x800011fc), ==, 0xaa000000);
    g_assert_cmphex(config(f, 0x800011ff), ==, 0xaa000000); /* the lowest bits are always 0 */
    /* An access that is wider than what is left of the data port gets nothing more. */
    g_assert_cmphex(in(f, 0xcfe, 4), ==, 0xffffaa00);
}

static void test_nothing_there(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_assert_cmphex(config(f, 0x80000000), ==, 0xffffffff); /* no such function */
    g_assert_cmphex(config(f, 0x80001000), ==, 0xffffffff);
    g_assert_cmphex(config(f, 0x80011100), ==, 0xffffffff); /* no such bus */
    g_assert_cmphex(config(f, 0x00001100), ==, 0xffffffff); /* not enabled */
    out(f, 0xcfc, 4, 0);
    g_assert_cmpstr(f->written->str, ==, "");
}

/* The address is only written as a whole: at 0xcf9 there is another register. */
static void test_address(Fixture *f, G_GNUC_UNUSED const void *data)
{
    out(f, 0xcf8, 4, 0x80001100);
    out(f, 0xcf9, 1, 0x06);
    out(f, 0xcf8, 2, 0);
    out(f, 0xcfb, 1, 0);
    g_assert_cmphex(in(f, 0xcf8, 4), ==, 0x80001100);
    g_assert_cmphex(in(f, 0xcf8, 1), ==, 0xff);
    out(f, 0xcf8, 4, 0xffffffff);
    g_assert_cmphex(in(f, 0xcf8, 4), ==, 0x80fffffc);
    pci_bus_reset(&f->bus);
    g_assert_cmphex(in(f, 0xcf8, 4), ==, 0);
}

static void test_write(Fixture *f, G_GNUC_UNUSED const void *data)
{
    out(f, 0xcf8, 4, 0x80001140);
    out(f, 0xcfc, 4, 0xffffffff);
    g_assert_cmphex(in(f, 0xcfc, 4), ==, 0x0000000f);
    g_assert_cmpstr(f->written->str, ==, "40 41 42 43 ");
    out(f, 0xcfc, 1, 0x05);
    g_assert_cmphex(in(f, 0xcfc, 1), ==, 0x05);
    out(f, 0xcf8, 4, 0x80001100);
    out(f, 0xcfc, 4, 0);
    g_assert_cmphex(in(f, 0xcfc, 4), ==, 0x56781234);
}

static uint64_t read_window(Fixture *f, uint64_t offset, unsigned size)
{
    uint8_t bytes[8] = { 0 };

    io_bus_read_memory(&f->io, WINDOW + offset, bytes, size);
    return pci_load(bytes, 0, 8);
}

static void test_window(Fixture *f, G_GNUC_UNUSED const void *data)
{
    const uint8_t ones[8] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

    g_assert_cmphex(read_window(f, 0x11000, 4), ==, 0xffffffff);
    pci_bus_place_window(&f->bus, WINDOW, UINT64_C(256) << 20);
    g_assert_cmphex(read_window(f, 0x11000, 4), ==, 0x56781234);
    g_assert_cmphex(read_window(f, 0x11002, 2), ==, 0x5678);
    g_assert_cmphex(read_window(f, 0x110fc, 8), ==, 0xaa000000);
    g_assert_cmphex(read_window(f, 0x11ffc, 8), ==, 0); /* it stays in the function */
    g_assert_cmphex(read_window(f, 0x10000, 4), ==, 0xffffffff);
    g_assert_cmphex(read_window(f, 0x111000, 4), ==, 0xffffffff); /* bus 1 */
    g_assert_cmphex(read_window(f, (UINT64_C(256) << 20) - 2, 4), ==, 0xffffffff);
    io_bus_write_memory(&f->io, WINDOW + 0x11040, ones, 8);
    g_assert_cmphex(read_window(f, 0x11040, 1), ==, 0x0f);
    io_bus_write_memory(&f->io, WINDOW + 0x11ff8, ones, 8);
    io_bus_write_memory(&f->io, WINDOW + 0x10000, ones, 8);
    pci_bus_place_window(&f->bus, 0, 0);
    g_assert_cmphex(read_window(f, 0x11000, 4), ==, 0xffffffff);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, test) g_test_add("/pci-bus/" name, Fixture, NULL, fixture_init, test, fixture_clear)
    ADD("ports", test_ports);
    ADD("nothing-there", test_nothing_there);
    ADD("address", test_address);
    ADD("write", test_write);
    ADD("window", test_window);
    return g_test_run();
}
