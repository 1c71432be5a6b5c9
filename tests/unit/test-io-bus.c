/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of I/O at ports and at addresses: which device answers, and how wide accesses are taken apart.
 */
#include "hw/io-bus.h"
#include <string.h>

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

/* ---- registers ---- */

static uint32_t register_read(void *device)
{
    return *(uint32_t *)device;
}

static void register_write(void *device, uint32_t value)
{
    *(uint32_t *)device = value;
}

/* A port of the same number belongs to somebody else, as 0xcf9 and 0xcf8 do on PCs. */
static void test_register_answers_only_whole(Fixture *f, G_GNUC_UNUSED const void *data)
{
    static const IoRegisterOps ops = { .read = register_read, .write = register_write };
    uint32_t value = 0x12345678;

    io_bus_add_register(&f->bus, 0x100, &ops, &value);
    g_assert_cmphex(bus_read(&f->bus, 0x100, 4), ==, 0x12345678);
    bus_write(&f->bus, 0x100, 4, 0xcafef00d);
    g_assert_cmphex(value, ==, 0xcafef00d);
    g_assert_cmpstr(f->one.log->str, ==, "");
    g_assert_cmphex(bus_read(&f->bus, 0x100, 2), ==, 0x1110);
    bus_write(&f->bus, 0x101, 1, 0xee);
    bus_write(&f->bus, 0x101, 4, 0);
    g_assert_cmphex(value, ==, 0xcafef00d);
    g_assert_cmpstr(f->one.log->str, ==, "r0 r1 w1=ee w1=00 w2=00 w3=00 ");
}

static void test_moved(Fixture *f, G_GNUC_UNUSED const void *data)
{
    Recorder third = { .bytes = { 0x30, 0x31, 0x32, 0x33 }, .log = g_string_new(NULL) };
    unsigned number = io_bus_add(&f->bus, 0x200, PORTS, &recorder_ops, &third);

    io_bus_move(&f->bus, number, 0x300, PORTS);
    g_assert_cmphex(bus_read(&f->bus, 0x200, 1), ==, 0xff);
    g_assert_cmphex(bus_read(&f->bus, 0x301, 1), ==, 0x31);
    io_bus_move(&f->bus, number, 0x102, PORTS); /* who was there first stays */
    g_assert_cmphex(bus_read(&f->bus, 0x102, 4), ==, 0x21201312);
    io_bus_move(&f->bus, number, 0x300, 0);
    g_assert_cmphex(bus_read(&f->bus, 0x300, 1), ==, 0xff);
    g_string_free(third.log, TRUE);
}

/* ---- memory ---- */

static uint64_t memory_read(void *device, uint64_t offset, unsigned size)
{
    g_string_append_printf(device, "r%x+%u ", (unsigned)offset, size);
    return UINT64_C(0x1122334455667788);
}

static void memory_write(void *device, uint64_t offset, unsigned size, uint64_t value)
{
    g_string_append_printf(device, "w%x+%u=%" G_GINT64_MODIFIER "x ", (unsigned)offset, size, value);
}

static uint64_t read_memory(Fixture *f, uint64_t gpa, unsigned size)
{
    uint8_t bytes[8] = { 0 };
    uint64_t value;

    io_bus_read_memory(&f->bus, gpa, bytes, size);
    memcpy(&value, bytes, sizeof(value));
    return GUINT64_FROM_LE(value);
}

static void test_memory(Fixture *f, G_GNUC_UNUSED const void *data)
{
    static const IoMemoryOps ops = { .read = memory_read, .write = memory_write };
    static const uint8_t bytes[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    g_autoptr(GString) log = g_string_new(NULL);
    unsigned number;

    g_assert_cmphex(read_memory(f, 0xe0000000, 4), ==, 0xffffffff);
    number = io_bus_add_memory(&f->bus, 0xe0000000, 0x1000, &ops, log);
    g_assert_cmphex(read_memory(f, 0xe0000000, 8), ==, UINT64_C(0x1122334455667788));
    g_assert_cmphex(read_memory(f, 0xe0000ffe, 2), ==, 0x7788);
    io_bus_write_memory(&f->bus, 0xe0000ffb, bytes, 5);
    io_bus_write_memory(&f->bus, 0xe0000010, bytes, 1);
    g_assert_cmpstr(log->str, ==, "r0+8 rffe+2 wffb+5=504030201 w10+1=1 ");
    /* An access that is not all the device's is nobody's. */
    g_string_truncate(log, 0);
    g_assert_cmphex(read_memory(f, 0xe0000fff, 2), ==, 0xffff);
    g_assert_cmphex(read_memory(f, 0xdfffffff, 2), ==, 0xffff);
    io_bus_write_memory(&f->bus, 0xe0000ffc, bytes, 8);
    io_bus_write_memory(&f->bus, UINT64_MAX, bytes, 8);
    g_assert_cmpstr(log->str, ==, "");
    io_bus_move_memory(&f->bus, number, UINT64_MAX - 7, 8);
    g_assert_cmphex(read_memory(f, UINT64_MAX - 3, 4), ==, 0x55667788);
    g_assert_cmphex(read_memory(f, UINT64_MAX, 8), ==, UINT64_MAX);
    g_assert_cmphex(read_memory(f, 0xe0000000, 1), ==, 0xff);
    io_bus_move_memory(&f->bus, number, 0, 0);
    g_assert_cmphex(read_memory(f, 0, 1), ==, 0xff);
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
    add_test("/io-bus/register", test_register_answers_only_whole);
    add_test("/io-bus/moved", test_moved);
    add_test("/io-bus/memory", test_memory);
    g_test_add_func("/io-bus/empty", test_empty_bus);
    return g_test_run();
}
