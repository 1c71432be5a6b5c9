/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The page with which the first vCPU of an SEV-SNP guest starts is what its source is assembled to, with the
 * memory that it validates: all that was not launched.
 *
 *     test-snp-start snp-start.bin
 */
#include <string.h>
#include "target-i386/snp-start.h"

#define TABLE 0x100

/* The source has this kernel. */
#define KERNEL_ENTRY 0x1000200u

static const char *assembled_path;

static SnpMemory load_range(const uint8_t *page, unsigned index)
{
    SnpMemory range;

    memcpy(&range, page + TABLE + index * sizeof(range), sizeof(range));
    return (SnpMemory){ GUINT64_FROM_LE(range.start), GUINT64_FROM_LE(range.end) };
}

static void test_source(void)
{
    const SnpMemory memory[] = { { 0x1000, 0x2000 }, { UINT64_C(1) << 32, UINT64_C(5) << 30 } };
    g_autoptr(GBytes) page = snp_start_new(KERNEL_ENTRY, memory, G_N_ELEMENTS(memory));
    g_autofree char *assembled = NULL;
    gsize page_size, size;
    const uint8_t *bytes = g_bytes_get_data(page, &page_size);

    g_assert_true(g_file_get_contents(assembled_path, &assembled, &size, NULL));
    g_assert_cmpuint(page_size, ==, GUEST_PAGE_SIZE);
    g_assert_cmpuint(size, <=, TABLE);
    g_assert_cmpmem(bytes, size, assembled, size);
    for (gsize i = size; i < TABLE; i++) {
        g_assert_cmphex(bytes[i], ==, 0);
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(memory); i++) {
        g_assert_cmphex(load_range(bytes, i).start, ==, memory[i].start);
        g_assert_cmphex(load_range(bytes, i).end, ==, memory[i].end);
    }
    g_assert_cmphex(load_range(bytes, G_N_ELEMENTS(memory)).end, ==, 0);
}

static void test_entry(void)
{
    g_autoptr(GBytes) one = snp_start_new(0x1000200, NULL, 0), other = snp_start_new(0xfedcba98, NULL, 0);
    const uint8_t *a = g_bytes_get_data(one, NULL), *b = g_bytes_get_data(other, NULL);
    gsize first = 0;

    while (first < GUEST_PAGE_SIZE && a[first] == b[first]) {
        first++;
    }
    g_assert_cmpuint(first, <, GUEST_PAGE_SIZE - 4);
    g_assert_cmpmem(b + first, 4, ((const uint8_t[]){ 0x98, 0xba, 0xdc, 0xfe }), 4);
    g_assert_cmpmem(b + first + 4, GUEST_PAGE_SIZE - first - 4, a + first + 4, GUEST_PAGE_SIZE - first - 4);
}

/* As many ranges as there is room for end with one that is empty. */
static void test_full(void)
{
    SnpMemory memory[SNP_START_RANGES];
    g_autoptr(GBytes) page = NULL;

    for (unsigned i = 0; i < SNP_START_RANGES; i++) {
        memory[i] = (SnpMemory){ i * UINT64_C(0x10000), i * UINT64_C(0x10000) + 0x1000 };
    }
    page = snp_start_new(KERNEL_ENTRY, memory, SNP_START_RANGES);
    g_assert_cmphex(load_range(g_bytes_get_data(page, NULL), SNP_START_RANGES - 1).end, ==,
                    memory[SNP_START_RANGES - 1].end);
    g_assert_cmphex(load_range(g_bytes_get_data(page, NULL), SNP_START_RANGES).end, ==, 0);
}

static void test_blob(void)
{
    g_autoptr(GBytes) node = snp_start_blob_new();
    static const uint8_t expected[] = {
        0,    0,    0, 0, 0, 0,    0,   0, 7,    0,    0,    0,
        48,   0,    0, 0,                                          /* no next, SETUP_CC_BLOB, 48 bytes */
        0x18, 0,    3, 0, 0, 0,    0,   0, 0x41, 0x4d, 0x44, 0x45, /* 0x30018: "AMDE" */
        1,    0,    0, 0, 0, 0x30, 0xe, 0, 0,    0,    0,    0,
        0,    0x10, 0, 0, /* version 1; secrets: 0xe3000, 4096 */
        0,    0,    0, 0, 0, 0x40, 0xe, 0, 0,    0,    0,    0,
        0,    0x10, 0, 0, /* CPUID: 0xe4000, 4096 */
        0,    0,    0, 0,
    };
    gsize size;
    const void *bytes = g_bytes_get_data(node, &size);

    g_assert_cmpmem(bytes, size, expected, sizeof(expected));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_assert_cmpint(argc, ==, 2);
    assembled_path = argv[1];
    g_test_add_func("/snp-start/source", test_source);
    g_test_add_func("/snp-start/entry", test_entry);
    g_test_add_func("/snp-start/full", test_full);
    g_test_add_func("/snp-start/blob", test_blob);
    return g_test_run();
}
