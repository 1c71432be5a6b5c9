/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the fw_cfg device: what a firmware reads there, and that nothing a guest does gets further.
 */
#include "hw/fw-cfg.h"
#include <stdbool.h>
#include <string.h>

#define SELECTOR 0x510
#define DATA     0x511

typedef struct Fixture {
    IoBus bus;
    FwCfg fw_cfg;
} Fixture;

static void fixture_init(Fixture *f, G_GNUC_UNUSED const void *data)
{
    io_bus_init(&f->bus);
    fw_cfg_init(&f->fw_cfg, &f->bus);
}

static void fixture_clear(Fixture *f, G_GNUC_UNUSED const void *data)
{
    io_bus_clear(&f->bus);
    fw_cfg_clear(&f->fw_cfg);
    fw_cfg_clear(&f->fw_cfg); /* it does not mind */
}

static void select_item(Fixture *f, uint16_t key)
{
    const uint8_t bytes[] = { (uint8_t)key, (uint8_t)(key >> 8) };

    io_bus_write(&f->bus, SELECTOR, bytes, 2);
}

static uint8_t read_byte(Fixture *f, uint16_t port)
{
    uint8_t byte = 0xa5;

    io_bus_read(&f->bus, port, &byte, 1);
    return byte;
}

/* The next bytes are @size bytes of @expected. */
static void assert_next(Fixture *f, const void *expected, size_t size)
{
    g_autofree uint8_t *bytes = g_malloc(size);

    for (size_t i = 0; i < size; i++) {
        bytes[i] = read_byte(f, DATA);
    }
    g_assert_cmpmem(bytes, size, expected, size);
}

static void assert_item(Fixture *f, uint16_t key, const void *expected, size_t size)
{
    select_item(f, key);
    assert_next(f, expected, size);
    assert_next(f, "\0\0\0\0\0\0\0", 7); /* and nothing more */
}

static void add_item(Fixture *f, uint16_t key, const void *data, size_t size)
{
    g_autoptr(GBytes) bytes = g_bytes_new(data, size);

    fw_cfg_add_bytes(&f->fw_cfg, key, bytes);
}

/* This is how a firmware finds out that there is one, and what it can. */
static void test_signature(Fixture *f, G_GNUC_UNUSED const void *data)
{
    assert_next(f, "QEMU", 4); /* without having selected anything */
    assert_item(f, 0x00, "QEMU", 4);
    assert_item(f, 0x01, "\1\0\0\0", 4);
    assert_item(f, 0x19, "\0\0\0\0", 4);
}

static void test_integers(Fixture *f, G_GNUC_UNUSED const void *data)
{
    fw_cfg_add_u16(&f->fw_cfg, FW_CFG_NB_CPUS, 0x0102);
    fw_cfg_add_u32(&f->fw_cfg, FW_CFG_KERNEL_SIZE, 0x01020304);
    fw_cfg_add_u64(&f->fw_cfg, FW_CFG_RAM_SIZE, UINT64_C(0x0102030405060708));
    assert_item(f, 0x05, "\2\1", 2);
    assert_item(f, 0x08, "\4\3\2\1", 4);
    assert_item(f, 0x03, "\10\7\6\5\4\3\2\1", 8);
}

static void test_bytes(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_autofree uint8_t *kernel = g_malloc(100000);

    for (size_t i = 0; i < 100000; i++) {
        kernel[i] = (uint8_t)(i ^ i >> 8);
    }
    add_item(f, FW_CFG_KERNEL_DATA, kernel, 100000);
    add_item(f, FW_CFG_INITRD_DATA, "", 0);
    add_item(f, FW_CFG_CMDLINE_DATA, "quiet", 6);
    assert_item(f, 0x11, kernel, 100000);
    assert_item(f, 0x12, "", 0);
    assert_item(f, 0x15, "quiet", 6);
    /* Selecting starts anew. */
    select_item(f, 0x15);
    assert_next(f, "qui", 3);
    select_item(f, 0x15);
    assert_next(f, "quiet", 6);
}

static void test_no_such_item(Fixture *f, G_GNUC_UNUSED const void *data)
{
    for (unsigned key = 0; key <= 0xffff; key += 0x101) {
        if (key & 0xbfff) {
            assert_item(f, (uint16_t)key, "\0\0\0\0", 4);
        }
    }
    assert_item(f, 0x8000, "\0\0\0\0", 4);
    /* The bit that asks for writing does not make it another item. */
    assert_item(f, 0x4000, "QEMU", 4);
}

/* The data port has the bytes of a wide access one after the other; the selector's port has data too. */
static void test_widths(Fixture *f, G_GNUC_UNUSED const void *data)
{
    uint8_t two[2];

    select_item(f, FW_CFG_SIGNATURE);
    g_assert_cmpint(read_byte(f, SELECTOR), ==, 'Q');
    io_bus_read(&f->bus, SELECTOR, two, 2);
    g_assert_cmpmem(two, 2, "EM", 2);
    io_bus_read(&f->bus, DATA, two, 2);
    g_assert_cmpmem(two, 2, "U\xff", 2); /* nothing is at 0x512 */
}

/* A write that is not a whole selector selects nothing, and data cannot be written. */
static void test_writes(Fixture *f, G_GNUC_UNUSED const void *data)
{
    const uint8_t bytes[4] = { 0x01, 0x00, 0x33, 0x44 };

    select_item(f, FW_CFG_SIGNATURE);
    io_bus_write(&f->bus, DATA, bytes, 1);
    io_bus_write(&f->bus, DATA, bytes, 4);
    io_bus_write(&f->bus, SELECTOR, bytes, 1);
    assert_next(f, "Q", 1);
    io_bus_write(&f->bus, DATA, bytes + 1, 1); /* the read in between has ended that selector */
    assert_next(f, "EMU", 3);
    io_bus_write(&f->bus, SELECTOR, bytes, 4);
    assert_next(f, "\1\0\0\0", 4);
    assert_item(f, FW_CFG_SIGNATURE, "QEMU", 4);
}

static void test_reset(Fixture *f, G_GNUC_UNUSED const void *data)
{
    const uint8_t low = 0x01;
    FwCfg none = { .items = NULL };

    select_item(f, FW_CFG_ID);
    assert_next(f, "\1\0", 2);
    io_bus_write(&f->bus, SELECTOR, &low, 1);
    fw_cfg_reset(&f->fw_cfg);
    io_bus_write(&f->bus, DATA, &low, 1); /* it has forgotten the half of a selector */
    assert_next(f, "QEMU", 4);
    fw_cfg_reset(&none);
    g_assert_null(none.selected);
}

/*
 * Whatever a guest does, it reads what a model of the device says: the item that was selected last, from its
 * start on.
 */
static void test_random_accesses(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_autofree uint8_t *contents = g_malloc(64);
    const uint8_t *selected = (const uint8_t *)"QEMU";
    size_t size = 4, next = 0;

    memset(contents, 0x5a, 64);
    add_item(f, 0x11, contents, 64);
    for (unsigned i = 0; i < 200000; i++) {
        uint16_t port = (uint16_t)g_test_rand_int_range(SELECTOR - 2, DATA + 3);
        unsigned width = 1u << g_test_rand_int_range(0, 3);
        uint8_t bytes[4];

        switch (g_test_rand_int_range(0, 4)) {
        case 0:
            select_item(f, 0x11);
            selected = contents;
            size = 64;
            next = 0;
            break;
        case 1:
            /* Never both ports at once, from the first one on: that would select. */
            if (port > SELECTOR || port + width <= DATA) {
                bytes[0] = bytes[1] = bytes[2] = bytes[3] = (uint8_t)g_test_rand_int();
                read_byte(f, DATA); /* and no selector is half written */
                next += next < size;
                io_bus_write(&f->bus, port, bytes, width);
            }
            break;
        default:
            io_bus_read(&f->bus, port, bytes, width);
            for (unsigned j = 0; j < width; j++) {
                bool ours = port + j == SELECTOR || port + j == DATA;
                g_assert_cmphex(bytes[j], ==, !ours ? 0xff : next < size ? selected[next] : 0);
                next += ours && next < size;
            }
        }
    }
    g_assert_cmpuint(g_bytes_get_size(f->fw_cfg.selected), ==, size);
    assert_item(f, FW_CFG_SIGNATURE, "QEMU", 4);
    assert_item(f, 0x11, contents, 64);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, test) g_test_add("/fw-cfg/" name, Fixture, NULL, fixture_init, test, fixture_clear)
    ADD("signature", test_signature);
    ADD("integers", test_integers);
    ADD("bytes", test_bytes);
    ADD("no-such-item", test_no_such_item);
    ADD("widths", test_widths);
    ADD("writes", test_writes);
    ADD("reset", test_reset);
    ADD("random", test_random_accesses);
    return g_test_run();
}
