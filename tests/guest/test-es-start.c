/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The page with which SEV-ES vCPUs start is what its source is assembled to.
 *
 *     test-es-start es-start.bin
 */
#include <string.h>
#include "hw/ram.h"
#include "target-i386/es-start.h"

static const char *assembled_path;

/* The source has this kernel. */
#define KERNEL_ENTRY 0x1000200u

static void test_source(void)
{
    g_autoptr(GBytes) page = es_start_new(KERNEL_ENTRY);
    g_autofree char *assembled = NULL;
    gsize page_size, size;
    const uint8_t *bytes = g_bytes_get_data(page, &page_size);

    g_assert_true(g_file_get_contents(assembled_path, &assembled, &size, NULL));
    g_assert_cmpuint(page_size, ==, GUEST_PAGE_SIZE);
    g_assert_cmpuint(size, >, ES_START_BSP - ES_START_GPA);
    g_assert_cmpmem(bytes, size, assembled, size);
    for (gsize i = size; i < page_size; i++) {
        g_assert_cmphex(bytes[i], ==, 0);
    }
}

static void test_entry(void)
{
    g_autoptr(GBytes) one = es_start_new(0x1000200), other = es_start_new(0xfedcba98);
    const uint8_t *a = g_bytes_get_data(one, NULL), *b = g_bytes_get_data(other, NULL);
    gsize first = 0;

    while (first < GUEST_PAGE_SIZE && a[first] == b[first]) {
        first++;
    }
    g_assert_cmpuint(first, <, GUEST_PAGE_SIZE - 4);
    g_assert_cmpmem(b + first, 4, ((const uint8_t[]){ 0x98, 0xba, 0xdc, 0xfe }), 4);
    g_assert_cmpmem(b + first + 4, GUEST_PAGE_SIZE - first - 4, a + first + 4, GUEST_PAGE_SIZE - first - 4);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_assert_cmpint(argc, ==, 2);
    assembled_path = argv[1];
    g_test_add_func("/es-start/source", test_source);
    g_test_add_func("/es-start/entry", test_entry);
    return g_test_run();
}
