/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the serial port: what comes out of it, and goes into it, when it interrupts, and that drivers
 * find the 16550A that they look for.
 */
#include "hw/serial.h"

/* Registers by offset, and bits, of the 16550A. */
#define DATA     0
#define IER      1
#define IIR      2
#define FCR      2
#define LCR      3
#define MCR      4
#define LSR      5
#define MSR      6
#define SCR      7

#define LCR_DLAB 0x80
#define MCR_OUT2 0x08
#define MCR_LOOP 0x10

typedef struct Fixture {
    IoBus bus;
    Serial serial;
    GString *output;
    bool level; /* of the interrupt line */
    unsigned changes;
} Fixture;

static void collect(void *opaque, uint8_t byte)
{
    g_string_append_c(opaque, (char)byte);
}

static void set_line(void *opaque, bool level)
{
    Fixture *f = opaque;

    g_assert_true(level != f->level);
    f->level = level;
    f->changes++;
}

static void fixture_init(Fixture *f, G_GNUC_UNUSED const void *data)
{
    io_bus_init(&f->bus);
    f->output = g_string_new(NULL);
    serial_init(&f->serial, &f->bus, SERIAL_COM1_PORT, collect, f->output);
    serial_connect_irq(&f->serial, set_line, f);
}

static void fixture_clear(Fixture *f, G_GNUC_UNUSED const void *data)
{
    io_bus_clear(&f->bus);
    g_string_free(f->output, TRUE);
}

static void out(Fixture *f, unsigned offset, uint8_t value)
{
    io_bus_write(&f->bus, SERIAL_COM1_PORT + offset, &value, 1);
}

static uint8_t in(Fixture *f, unsigned offset)
{
    uint8_t value;

    io_bus_read(&f->bus, SERIAL_COM1_PORT + offset, &value, 1);
    return value;
}

static void test_output(Fixture *f, G_GNUC_UNUSED const void *data)
{
    for (const char *p = "hello\n"; *p; p++) {
        out(f, DATA, (uint8_t)*p);
    }
    g_assert_cmpstr(f->output->str, ==, "hello\n");
}

static void test_every_byte(Fixture *f, G_GNUC_UNUSED const void *data)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        out(f, DATA, (uint8_t)byte);
    }
    g_assert_cmpuint(f->output->len, ==, 256);
    for (unsigned byte = 0; byte < 256; byte++) {
        g_assert_cmphex((uint8_t)f->output->str[byte], ==, byte);
    }
}

static void test_without_a_sink(void)
{
    g_autoptr(GString) unused = g_string_new(NULL);
    Fixture f = { .output = unused };

    io_bus_init(&f.bus);
    serial_init(&f.serial, &f.bus, SERIAL_COM1_PORT, NULL, NULL);
    out(&f, DATA, 'x');
    io_bus_clear(&f.bus);
}

static void test_always_ready_and_nothing_received(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_assert_cmphex(in(f, LSR), ==, 0x60);
    out(f, DATA, 'x');
    g_assert_cmphex(in(f, LSR), ==, 0x60);
    g_assert_cmphex(in(f, DATA), ==, 0);
}

static void test_divisor_is_not_output(Fixture *f, G_GNUC_UNUSED const void *data)
{
    out(f, IER, 0x05);
    out(f, LCR, LCR_DLAB | 0x03);
    out(f, DATA, 0x0c);
    out(f, IER, 0x01);
    g_assert_cmphex(in(f, DATA), ==, 0x0c);
    g_assert_cmphex(in(f, IER), ==, 0x01);
    g_assert_cmpstr(f->output->str, ==, "");
    out(f, LCR, 0x03);
    g_assert_cmphex(in(f, IER), ==, 0x05);
    out(f, DATA, 'x');
    g_assert_cmpstr(f->output->str, ==, "x");
}

static void test_registers_keep_what_is_written(Fixture *f, G_GNUC_UNUSED const void *data)
{
    static const unsigned registers[] = { IER, LCR, MCR, SCR };

    for (size_t i = 0; i < G_N_ELEMENTS(registers); i++) {
        g_assert_cmphex(in(f, registers[i]), ==, 0);
        out(f, registers[i], 0x0a);
        g_assert_cmphex(in(f, registers[i]), ==, 0x0a);
    }
}

static void test_status_cannot_be_written(Fixture *f, G_GNUC_UNUSED const void *data)
{
    out(f, LSR, 0);
    out(f, MSR, 0);
    g_assert_cmphex(in(f, LSR), ==, 0x60);
    g_assert_cmphex(in(f, MSR), ==, 0xb0);
}

/* Told when it is enabled and after every byte, and each time once. */
static void test_transmitter_interrupt(Fixture *f, G_GNUC_UNUSED const void *data)
{
    out(f, MCR, MCR_OUT2);
    g_assert_cmphex(in(f, IIR), ==, 0x01);
    g_assert_false(f->level);
    out(f, IER, 0x02);
    g_assert_true(f->level);
    g_assert_cmphex(in(f, IIR), ==, 0x02);
    g_assert_false(f->level);
    g_assert_cmphex(in(f, IIR), ==, 0x01);
    out(f, DATA, 'x');
    g_assert_true(f->level);
    out(f, IER, 0x00);
    g_assert_false(f->level);
    out(f, IER, 0x02);
    g_assert_true(f->level);
    out(f, IER, 0x02); /* no second time */
    g_assert_cmphex(in(f, IIR), ==, 0x02);
    out(f, IER, 0x02);
    g_assert_false(f->level);
}

static void test_receive(Fixture *f, G_GNUC_UNUSED const void *data)
{
    out(f, FCR, 0x01);
    out(f, MCR, MCR_OUT2);
    out(f, IER, 0x03);
    g_assert_cmpuint(serial_receive(&f->serial, (const uint8_t *)"abc", 3), ==, 3);
    g_assert_cmphex(in(f, LSR), ==, 0x61);
    g_assert_cmphex(in(f, IIR), ==, 0xc4); /* before the empty transmitter */
    g_assert_cmphex(in(f, DATA), ==, 'a');
    g_assert_cmphex(in(f, DATA), ==, 'b');
    g_assert_true(f->level);
    g_assert_cmphex(in(f, DATA), ==, 'c');
    g_assert_cmphex(in(f, LSR), ==, 0x60);
    g_assert_cmphex(in(f, IIR), ==, 0xc2);
    g_assert_false(f->level);
    g_assert_cmphex(in(f, DATA), ==, 0);
}

static void test_receive_is_bounded(Fixture *f, G_GNUC_UNUSED const void *data)
{
    const uint8_t bytes[40] = "0123456789abcdefghij";

    g_assert_cmpuint(serial_receive(&f->serial, bytes, 2), ==, 1); /* without FIFOs */
    out(f, FCR, 0x01);                                             /* which empties them, too */
    for (unsigned round = 0; round < 100; round++) {
        g_assert_cmpuint(serial_receive(&f->serial, bytes, sizeof(bytes)), ==, 16);
        g_assert_cmpuint(serial_receive(&f->serial, bytes, sizeof(bytes)), ==, 0);
        g_assert_cmphex(in(f, DATA), ==, '0');
        g_assert_cmpuint(serial_receive(&f->serial, bytes + 16, 5), ==, 1);
        for (unsigned i = 1; i <= 16; i++) {
            g_assert_cmphex(in(f, DATA), ==, bytes[i]);
        }
    }
    g_assert_cmpuint(serial_receive(&f->serial, bytes, 3), ==, 3);
    out(f, FCR, 0x03);
    g_assert_cmphex(in(f, LSR), ==, 0x60);
    g_assert_cmpuint(f->changes, ==, 0);
}

/* OUT2 is what connects the line on PCs; a reset lets go of it. */
static void test_line_is_gated(Fixture *f, G_GNUC_UNUSED const void *data)
{
    out(f, IER, 0x02);
    g_assert_false(f->level);
    out(f, MCR, MCR_OUT2);
    g_assert_true(f->level);
    out(f, MCR, MCR_OUT2 | MCR_LOOP);
    g_assert_false(f->level);
    out(f, MCR, MCR_OUT2);
    g_assert_true(f->level);
    serial_reset(&f->serial);
    f->level = false;
    out(f, SCR, 1);
    g_assert_cmpuint(f->changes, ==, 3);
}

/* What Linux looks at before it believes in the port. */
static void test_loopback(Fixture *f, G_GNUC_UNUSED const void *data)
{
    out(f, MCR, MCR_LOOP | 0x0a);
    g_assert_cmphex(in(f, MSR), ==, 0x90);
    out(f, MCR, MCR_LOOP | 0x05);
    g_assert_cmphex(in(f, MSR), ==, 0x60);
    g_assert_cmpuint(serial_receive(&f->serial, (const uint8_t *)"y", 1), ==, 0);
    out(f, DATA, 'x');
    out(f, DATA, 'z'); /* lost */
    g_assert_cmphex(in(f, DATA), ==, 'x');
    g_assert_cmphex(in(f, LSR), ==, 0x60);
    out(f, IER, 0xff); /* an XScale would keep bit 6 */
    g_assert_cmphex(in(f, IER), ==, 0x0f);
}

/* How drivers tell a 16550A from an 8250: it has FIFOs once they are turned on. */
static void test_fifos(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_assert_cmphex(in(f, IIR) >> 6, ==, 0);
    out(f, FCR, 0x01);
    g_assert_cmphex(in(f, IIR) >> 6, ==, 3);
    out(f, FCR, 0x00);
    g_assert_cmphex(in(f, IIR) >> 6, ==, 0);
}

static void test_loopback_is_not_output(Fixture *f, G_GNUC_UNUSED const void *data)
{
    out(f, MCR, MCR_LOOP);
    out(f, DATA, 'x');
    g_assert_cmpstr(f->output->str, ==, "");
    out(f, MCR, 0);
    out(f, DATA, 'y');
    g_assert_cmpstr(f->output->str, ==, "y");
}

static void test_port(Fixture *f, G_GNUC_UNUSED const void *data)
{
    const uint8_t byte = 'x';

    io_bus_write(&f->bus, SERIAL_COM1_PORT - 1, &byte, 1);
    io_bus_write(&f->bus, SERIAL_COM1_PORT + SERIAL_PORTS, &byte, 1);
    g_assert_cmpstr(f->output->str, ==, "");
    io_bus_write(&f->bus, 0x3f8, &byte, 1);
    g_assert_cmpstr(f->output->str, ==, "x");
}

static void test_init_is_a_reset(Fixture *f, G_GNUC_UNUSED const void *data)
{
    out(f, LCR, LCR_DLAB);
    out(f, SCR, 0x55);
    io_bus_clear(&f->bus);
    io_bus_init(&f->bus);
    serial_init(&f->serial, &f->bus, SERIAL_COM1_PORT, collect, f->output);
    g_assert_cmphex(in(f, SCR), ==, 0);
    out(f, DATA, 'x');
    g_assert_cmpstr(f->output->str, ==, "x");
}

static void add_test(const char *path, void (*test)(Fixture *f, const void *data))
{
    g_test_add(path, Fixture, NULL, fixture_init, test, fixture_clear);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add_test("/serial/output", test_output);
    add_test("/serial/every-byte", test_every_byte);
    g_test_add_func("/serial/without-a-sink", test_without_a_sink);
    add_test("/serial/ready", test_always_ready_and_nothing_received);
    add_test("/serial/divisor", test_divisor_is_not_output);
    add_test("/serial/registers", test_registers_keep_what_is_written);
    add_test("/serial/status", test_status_cannot_be_written);
    add_test("/serial/transmitter-interrupt", test_transmitter_interrupt);
    add_test("/serial/receive", test_receive);
    add_test("/serial/receive-bounded", test_receive_is_bounded);
    add_test("/serial/line", test_line_is_gated);
    add_test("/serial/loopback-status", test_loopback);
    add_test("/serial/fifos", test_fifos);
    add_test("/serial/loopback", test_loopback_is_not_output);
    add_test("/serial/port", test_port);
    add_test("/serial/reset", test_init_is_a_reset);
    return g_test_run();
}
