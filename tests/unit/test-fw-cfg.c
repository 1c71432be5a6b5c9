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

#define DMA      0x514
#define PAGE     UINT64_C(4096)
#define ROM      (4 * PAGE)

typedef struct Fixture {
    IoBus bus;
    GuestRam ram; /* two blocks of two pages from 0, and a page of ROM behind them */
    FwCfg fw_cfg;
} Fixture;

static void fixture_init(Fixture *f, G_GNUC_UNUSED const void *data)
{
    io_bus_init(&f->bus);
    guest_ram_init(&f->ram);
    g_assert_nonnull(guest_ram_add(&f->ram, "low", 0, 2 * PAGE, false, NULL));
    g_assert_nonnull(guest_ram_add(&f->ram, "high", 2 * PAGE, 2 * PAGE, false, NULL));
    g_assert_nonnull(guest_ram_add(&f->ram, "ROM", ROM, PAGE, true, NULL));
    g_assert_true(guest_ram_allocate(&f->ram, NULL, NULL));
    fw_cfg_init(&f->fw_cfg, &f->bus, &f->ram);
}

static void fixture_clear(Fixture *f, G_GNUC_UNUSED const void *data)
{
    io_bus_clear(&f->bus);
    guest_ram_clear(&f->ram, NULL);
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
    assert_item(f, 0x01, "\3\0\0\0", 4);
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
    assert_next(f, "\3\0\0\0", 4);
    assert_item(f, FW_CFG_SIGNATURE, "QEMU", 4);
}

static void test_reset(Fixture *f, G_GNUC_UNUSED const void *data)
{
    const uint8_t low = 0x01;
    FwCfg none = { .items = NULL };

    select_item(f, FW_CFG_ID);
    assert_next(f, "\3\0", 2);
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
                if (port + j >= DMA) {
                    g_assert_cmphex(bytes[j], ==, "QEMU CFG"[port + j - DMA]);
                } else {
                    g_assert_cmphex(bytes[j], ==, !ours ? 0xff : next < size ? selected[next] : 0);
                }
                next += ours && next < size;
            }
        }
    }
    g_assert_cmpuint(g_bytes_get_size(f->fw_cfg.selected), ==, size);
    assert_item(f, FW_CFG_SIGNATURE, "QEMU", 4);
    assert_item(f, 0x11, contents, 64);
}

/* ---- files ---- */

static void test_files(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_autoptr(GBytes) one = g_bytes_new("one", 3), other = g_bytes_new("other", 5);
    uint8_t directory[4 + 2 * 64] = { 0, 0, 0, 2, 0, 0, 0, 3, 0, 0x20 };
    const uint8_t second[] = { 0, 0, 0, 5, 0, 0x21 };

    fw_cfg_add_file(&f->fw_cfg, "etc/one", one);
    fw_cfg_add_u32(&f->fw_cfg, FW_CFG_INITRD_SIZE, 1);
    fw_cfg_add_file(&f->fw_cfg, "a name that has as many bytes as one can have, and no m", other);
    memcpy(directory + 4 + 8, "etc/one", 7);
    memcpy(directory + 68, second, sizeof(second));
    memcpy(directory + 68 + 8, "a name that has as many bytes as one can have, and no m", 55);
    assert_item(f, FW_CFG_FILE_DIR, directory, sizeof(directory));
    assert_item(f, 0x20, "one", 3);
    assert_item(f, 0x21, "other", 5);
}

/* ---- DMA ---- */

#define REQUEST (PAGE + 8) /* where the tests put the structure */

static void put_request(Fixture *f, uint64_t gpa, uint32_t control, uint32_t length, uint64_t address)
{
    const uint32_t halves[] = { GUINT32_TO_BE(control), GUINT32_TO_BE(length) };
    const uint64_t target = GUINT64_TO_BE(address);
    uint8_t *memory = guest_ram_pointer(&f->ram, gpa, FW_CFG_DMA_SIZE, NULL);

    memcpy(memory, halves, sizeof(halves));
    memcpy(memory + sizeof(halves), &target, sizeof(target));
}

static void start(Fixture *f, uint64_t gpa)
{
    const uint64_t address = GUINT64_TO_BE(gpa);
    const uint8_t *bytes = (const uint8_t *)&address;

    io_bus_write(&f->bus, DMA, bytes, 4);
    io_bus_write(&f->bus, DMA + 4, bytes + 4, 4);
}

/* What the device answers. */
static uint32_t dma(Fixture *f, uint32_t control, uint32_t length, uint64_t address)
{
    uint32_t answer;

    put_request(f, REQUEST, control, length, address);
    start(f, REQUEST);
    memcpy(&answer, guest_ram_pointer(&f->ram, REQUEST, 4, NULL), sizeof(answer));
    return GUINT32_FROM_BE(answer);
}

static void assert_memory(Fixture *f, uint64_t gpa, const void *expected, size_t size)
{
    g_autofree uint8_t *bytes = g_malloc(size);

    g_assert_true(guest_ram_read(&f->ram, gpa, bytes, size));
    g_assert_cmpmem(bytes, size, expected, size);
}

static void test_dma_signature(Fixture *f, G_GNUC_UNUSED const void *data)
{
    uint8_t bytes[8];

    io_bus_read(&f->bus, DMA, bytes, 4);
    io_bus_read(&f->bus, DMA + 4, bytes + 4, 4);
    g_assert_cmpmem(bytes, 8, "QEMU CFG", 8);
}

static void test_dma_read(Fixture *f, G_GNUC_UNUSED const void *data)
{
    add_item(f, FW_CFG_CMDLINE_DATA, "abcdefgh", 8);
    memset(guest_ram_pointer(&f->ram, 0, 64, NULL), 0xee, 64);
    g_assert_cmphex(dma(f, FW_CFG_CMDLINE_DATA << 16 | FW_CFG_DMA_SELECT | FW_CFG_DMA_READ, 3, 1), ==, 0);
    assert_memory(f, 0,
                  "\xee"
                  "abc\xee",
                  5);
    /* It goes on where it was, for both interfaces, and beyond the end there are zeros. */
    g_assert_cmphex(dma(f, FW_CFG_DMA_SKIP, 1, 1), ==, 0);
    assert_next(f, "e", 1);
    g_assert_cmphex(dma(f, FW_CFG_DMA_READ, 5, 10), ==, 0);
    assert_memory(f, 9,
                  "\xee"
                  "fgh\0\0\xee",
                  7);
    g_assert_cmphex(dma(f, FW_CFG_DMA_READ, 2, 20), ==, 0);
    assert_memory(f, 19, "\xee\0\0\xee", 4);
    assert_next(f, "\0", 1);
    /* Of an item that does not exist, too. */
    g_assert_cmphex(dma(f, 0x7777u << 16 | FW_CFG_DMA_SELECT | FW_CFG_DMA_READ, 2, 30), ==, 0);
    assert_memory(f, 29, "\xee\0\0\xee", 4);
    g_assert_cmphex(dma(f, 0, 2, 40), ==, 0);
    assert_memory(f, 40, "\xee\xee", 2);
}

static void test_dma_across_blocks(Fixture *f, G_GNUC_UNUSED const void *data)
{
    add_item(f, FW_CFG_CMDLINE_DATA, "abcdefgh", 8);
    g_assert_cmphex(dma(f, FW_CFG_CMDLINE_DATA << 16 | FW_CFG_DMA_SELECT | FW_CFG_DMA_READ, 12, 2 * PAGE - 4),
                    ==, 0);
    assert_memory(f, 2 * PAGE - 5, "\0abcdefgh\0", 10);
}

static void test_dma_refused(Fixture *f, G_GNUC_UNUSED const void *data)
{
    static const struct {
        uint32_t length;
        uint64_t address;
    } bad[] = {
        { 1, ROM },        { 2, ROM - 1 },        { UINT32_MAX, 0 },
        { 1, ROM + PAGE }, { 4, UINT64_MAX - 1 }, { 1, UINT64_MAX },
    };

    add_item(f, FW_CFG_CMDLINE_DATA, "abcdefgh", 8);
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        uint32_t control = FW_CFG_CMDLINE_DATA << 16 | FW_CFG_DMA_SELECT | FW_CFG_DMA_READ;

        g_assert_cmphex(dma(f, control, bad[i].length, bad[i].address), ==, FW_CFG_DMA_ERROR);
    }
    g_assert_cmphex(dma(f, FW_CFG_DMA_WRITE, 1, 0), ==, FW_CFG_DMA_ERROR);
    assert_memory(f, ROM - 1, "\0\0", 2);
    assert_item(f, FW_CFG_CMDLINE_DATA, "abcdefgh", 8);
}

/* A structure that is no memory, in parts or at all, or in ROM, where there is no answer. */
static void test_dma_structure(Fixture *f, G_GNUC_UNUSED const void *data)
{
    uint8_t *rom = guest_ram_pointer(&f->ram, ROM, PAGE, NULL);

    start(f, ROM + PAGE);
    start(f, ROM + PAGE - 8);
    start(f, UINT64_MAX);
    put_request(f, ROM, FW_CFG_DMA_READ, 4, 100);
    start(f, ROM);
    g_assert_cmphex(rom[3], ==, FW_CFG_DMA_READ);
    assert_memory(f, 100, "QEMU", 4);
    /* It may lie across blocks, and overwrite itself. */
    put_request(f, 0, 0, 0, 0);
    g_assert_true(guest_ram_write(&f->ram, 2 * PAGE - 8, "\0\1\0\12\0\0\0\20\0\0\0\0\0\0\37\370", 16));
    start(f, 2 * PAGE - 8);
    assert_memory(f, 2 * PAGE - 8, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
}

/* The upper half of the address is forgotten with each access, and with a reset. */
static void test_dma_address(Fixture *f, G_GNUC_UNUSED const void *data)
{
    const uint8_t ones[4] = { 0xff, 0xff, 0xff, 0xff }, low[4] = { 0, 0, PAGE >> 8, 8 };

    start(f, UINT64_MAX);
    put_request(f, REQUEST, FW_CFG_DMA_READ, 4, 0);
    io_bus_write(&f->bus, DMA + 4, low, 4);
    assert_memory(f, 0, "QEMU", 4);
    io_bus_write(&f->bus, DMA, ones, 4);
    fw_cfg_reset(&f->fw_cfg);
    put_request(f, REQUEST, FW_CFG_DMA_READ, 4, 8);
    io_bus_write(&f->bus, DMA + 4, low, 4);
    assert_memory(f, 8, "QEMU", 4);
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
    ADD("files", test_files);
    ADD("dma-signature", test_dma_signature);
    ADD("dma-read", test_dma_read);
    ADD("dma-across-blocks", test_dma_across_blocks);
    ADD("dma-refused", test_dma_refused);
    ADD("dma-structure", test_dma_structure);
    ADD("dma-address", test_dma_address);
    return g_test_run();
}
