/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of port I/O: which device answers, and how wide accesses are taken apart.
 */
#include "hw/io-bus.h"

#define PORTS 4

/* Keeps what is written, and the offsets of its accesses. */
typedef struct Recorder {
    uint8_t bytes[PORTS];
    GString *log;
} Recorder;

static uint8_t recorder_read(void *device, unsigned offset)
{
    Recorder *recorder = device;

    g_assert_cmpuint(offset, <, PORTS);
    g_string_append_printf(recorder->log, "r%u ", offset);
    return recorder->bytes[offset];
}

static void recorder_write(void *device, unsigned offset, uint8_t value)
{
    Recorder *recorder = device;

    g_assert_cmpuint(offset, <, PORTS);
    g_string_append_printf(recorder->log, "w%u=%02x ", offset, value);
    recorder->bytes[offset] = value;
}

static const IoPortOps recorder_ops = { .read = recorder_read, .write = recorder_write };

typedef struct Fixture {
    IoBus bus;
    Recorder one;   /* at 0x100 */
    Recorder other; /* behind it, at 0x104 */
} Fixture;

static void fixture_init(Fixture *f, G_GNUC_UNUSED const void *data)
{
    io_bus_init(&f->bus);
    f->one = (Recorder){ .bytes = { 0x10, 0x11, 0x12, 0x13 }, .log = g_string_new(NULL) };
    f->other = (Recorder){ .bytes = { 0x20, 0x21, 0x22, 0x23 }, .log = g_string_new(NULL) };
    io_bus_add(&f->bus, 0x100, PORTS, &recorder_ops, &f->one);
    io_bus_add(&f->bus, 0x104, PORTS, &recorder_ops, &f->other);
}

static void fixture_clear(Fixture *f, G_GNUC_UNUSED const void *data)
{
    io_bus_clear(&f->bus);
    g_string_free(f->one.log, TRUE);
    g_string_free(f->other.log, TRUE);
}

/* Reads @p size bytes as the little-endian number they are. */
static uint32_t bus_read(IoBus *bus, uint16_t port, unsigned size)
{
    uint8_t data[4] = { 0 };

    io_bus_read(bus, port, data, size);
    return data[0] | data[1] << 8 | data[2] << 16 | (uint32_t)data[3] << 24;
}

static void bus_write(IoBus *bus, uint16_t port, unsigned size, uint32_t value)
{
    const uint8_t data[4] = { (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
                              (uint8_t)(value >> 24) };

    io_bus_write(bus, port, data, size);
}

static void test_offset_counts_from_the_first_port(Fixture *f, G_GNUC_UNUSED const void *data)
{
    bus_write(&f->bus, 0x102, 1, 0xab);
    g_assert_cmphex(bus_read(&f->bus, 0x102, 1), ==, 0xab);
    g_assert_cmpstr(f->one.log->str, ==, "w2=ab r2 ");
    g_assert_cmpstr(f->other.log->str, ==, "");
}

static void test_wide_accesses_are_little_endian(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_assert_cmphex(bus_read(&f->bus, 0x100, 2), ==, 0x1110);
    g_assert_cmphex(bus_read(&f->bus, 0x100, 4), ==, 0x13121110);
    bus_write(&f->bus, 0x104, 4, 0xd3d2d1d0);
    g_assert_cmpstr(f->one.log->str, ==, "r0 r1 r0 r1 r2 r3 ");
    g_assert_cmpstr(f->other.log->str, ==, "w0=d0 w1=d1 w2=d2 w3=d3 ");
}

static void test_access_that_reaches_the_next_device(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_assert_cmphex(bus_read(&f->bus, 0x102, 4), ==, 0x21201312);
    bus_write(&f->bus, 0x103, 2, 0xbbaa);
    g_assert_cmpstr(f->one.log->str, ==, "r2 r3 w3=aa ");
    g_assert_cmpstr(f->other.log->str, ==, "r0 r1 w0=bb ");
}

static void test_nothing_there(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_assert_cmphex(bus_read(&f->bus, 0x200, 4), ==, 0xffffffff);
    g_assert_cmphex(bus_read(&f->bus, 0xff, 1), ==, 0xff);
    g_assert_cmphex(bus_read(&f->bus, 0x108, 1), ==, 0xff);
    bus_write(&f->bus, 0x200, 4, 0);
    bus_write(&f->bus, 0xff, 1, 0);
    bus_write(&f->bus, 0x108, 1, 0);
    g_assert_cmpstr(f->one.log->str, ==, "");
    g_assert_cmpstr(f->other.log->str, ==, "");
}

static void test_access_that_ends_beyond_a_device(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_assert_cmphex(bus_read(&f->bus, 0x106, 4), ==, 0xffff2322);
    g_assert_cmphex(bus_read(&f->bus, 0xfe, 4), ==, 0x1110ffff);
}

static void test_read_leaves_the_rest_of_the_buffer(Fixture *f, G_GNUC_UNUSED const void *data)
{
    uint8_t buffer[3] = { 1, 2, 3 };

    io_bus_read(&f->bus, 0x100, buffer, 2);
    g_assert_cmphex(buffer[2], ==, 3);
}

/* A guest may access ports that do not exist; the offset must never leave a device. */
static void test_access_beyond_the_last_port(Fixture *f, G_GNUC_UNUSED const void *data)
{
    Recorder first = { .bytes = { 0x30, 0x31, 0x32, 0x33 }, .log = g_string_new(NULL) };

    io_bus_add(&f->bus, 0, PORTS, &recorder_ops, &first);
    g_assert_cmphex(bus_read(&f->bus, 0xfffe, 4), ==, 0xffffffff);
    bus_write(&f->bus, 0xfffe, 4, 0);
    g_assert_cmpstr(first.log->str, ==, "");
    g_string_free(first.log, TRUE);
}

static void test_device_at_the_last_ports(Fixture *f, G_GNUC_UNUSED const void *data)
{
    Recorder last = { .bytes = { 0x30, 0x31, 0x32, 0x33 }, .log = g_string_new(NULL) };

    io_bus_add(&f->bus, 0xfffc, PORTS, &recorder_ops, &last);
    g_assert_cmphex(bus_read(&f->bus, 0xfffc, 4), ==, 0x33323130);
    g_string_free(last.log, TRUE);
}

static void test_empty_bus(void)
{
    IoBus bus;

    io_bus_init(&bus);
    g_assert_cmphex(bus_read(&bus, 0, 2), ==, 0xffff);
    bus_write(&bus, 0, 2, 0);
    io_bus_clear(&bus);
    io_bus_clear(&bus);
}

static void add_test(const char *path, void (*test)(Fixture *f, const void *data))
{
    g_test_add(path, Fixture, NULL, fixture_init, test, fixture_clear);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add_test("/io-bus/offset", test_offset_counts_from_the_first_port);
    add_test("/io-bus/wide", test_wide_accesses_are_little_endian);
    add_test("/io-bus/next-device", test_access_that_reaches_the_next_device);
    add_test("/io-bus/nothing-there", test_nothing_there);
    add_test("/io-bus/beyond-a-device", test_access_that_ends_beyond_a_device);
    add_test("/io-bus/rest-of-the-buffer", test_read_leaves_the_rest_of_the_buffer);
    add_test("/io-bus/beyond-the-last-port", test_access_beyond_the_last_port);
    add_test("/io-bus/last-ports", test_device_at_the_last_ports);
    g_test_add_func("/io-bus/empty", test_empty_bus);
    return g_test_run();
}
