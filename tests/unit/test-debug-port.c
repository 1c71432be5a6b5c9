/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the debug port: who listens gets every byte, and the last lines are kept.
 */
#include "hw/debug-port.h"
#include <string.h>

typedef struct Fixture {
    IoBus bus;
    DebugPort debug;
    GString *heard;
} Fixture;

static void hear(void *opaque, uint8_t byte)
{
    g_string_append_c(opaque, (char)byte);
}

static void fixture_init(Fixture *f, G_GNUC_UNUSED const void *data)
{
    io_bus_init(&f->bus);
    f->heard = g_string_new(NULL);
    debug_port_init(&f->debug, &f->bus, hear, f->heard);
}

static void fixture_clear(Fixture *f, G_GNUC_UNUSED const void *data)
{
    io_bus_clear(&f->bus);
    g_string_free(f->heard, TRUE);
}

static void say(Fixture *f, const char *text)
{
    for (; *text; text++) {
        io_bus_write(&f->bus, 0x402, (const uint8_t *)text, 1);
    }
}

static void assert_last(Fixture *f, const char *expected)
{
    g_autofree char *lines = debug_port_last_lines(&f->debug);

    g_assert_cmpstr(lines, ==, expected);
}

static void test_is_there(Fixture *f, G_GNUC_UNUSED const void *data)
{
    uint8_t byte = 0;

    io_bus_read(&f->bus, 0x402, &byte, 1);
    g_assert_cmphex(byte, ==, 0xe9);
}

static void test_lines(Fixture *f, G_GNUC_UNUSED const void *data)
{
    assert_last(f, NULL);
    say(f, "\r\n\n");
    assert_last(f, NULL);
    say(f, "SecCoreStartup\r\n");
    assert_last(f, "SecCoreStartup");
    say(f, "one\n\ntwo  \n");
    assert_last(f, "one / two");
    say(f, "ASSERT");
    assert_last(f, "one / two / ASSERT");
    g_assert_cmpstr(f->heard->str, ==, "\r\n\nSecCoreStartup\r\none\n\ntwo  \nASSERT");
    debug_port_reset(&f->debug);
    assert_last(f, NULL);
    say(f, "again");
    assert_last(f, "again");
}

/* A guest may write anything, and as much of it as it likes; a terminal is not told what to do. */
static void test_hostile(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_autofree char *expected = g_strnfill(DEBUG_PORT_LINE, 'x');

    say(f, "\033[2J\x80\xff\aend\n");
    assert_last(f, " [2J   end");
    debug_port_reset(&f->debug);
    for (unsigned i = 0; i < 1000; i++) {
        say(f, "x");
    }
    assert_last(f, expected);
    say(f, "\n");
    assert_last(f, expected);
}

static void test_nobody_listens(void)
{
    IoBus bus;
    DebugPort debug;
    g_autofree char *lines = NULL;

    io_bus_init(&bus);
    debug_port_init(&debug, &bus, NULL, NULL);
    io_bus_write(&bus, 0x402, (const uint8_t *)"a", 1);
    lines = debug_port_last_lines(&debug);
    g_assert_cmpstr(lines, ==, "a");
    io_bus_clear(&bus);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, test) g_test_add("/debug-port/" name, Fixture, NULL, fixture_init, test, fixture_clear)
    ADD("there", test_is_there);
    ADD("lines", test_lines);
    ADD("hostile", test_hostile);
    g_test_add_func("/debug-port/nobody-listens", test_nobody_listens);
    return g_test_run();
}
