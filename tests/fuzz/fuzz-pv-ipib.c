/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Fuzzes the reader of IPL parameter blocks, which come from guests: what it takes can be written and read
 * again.
 */
#include <glib.h>
#include <string.h>
#include "target-s390x/pv-ipib.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(const PvBlock *block)
{
    g_autoptr(GBytes) bytes = pv_ipib_make(block);
    g_autoptr(Error) error = NULL;
    g_autofree PvBlock *again = g_new(PvBlock, 1);
    uint64_t pages = 0;

    g_assert_true(pv_ipib_parse(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), again, &error));
    g_assert_cmpuint(again->n_components, ==, block->n_components);
    g_assert_cmpmem(again->components, sizeof(block->components), block->components,
                    sizeof(block->components));
    for (size_t i = 0; i < block->n_components; i++) {
        g_assert_cmpuint(block->components[i].gpa + block->components[i].size, >, block->components[i].gpa);
        pages += block->components[i].size / PV_PAGE_SIZE;
        g_assert_nonnull(pv_component_kind(&block->components[i]));
    }
    g_assert_cmpuint(pages, ==, pv_block_pages(block));
    g_assert_cmpuint(strlen(block->loadparm), ==, 8);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree PvBlock *block = g_new(PvBlock, 1);
    g_autoptr(Error) error = NULL;

    if (pv_ipib_parse(data, size, block, &error)) {
        g_assert_null(error);
        g_assert_cmpuint(size, <=, PV_IPIB_LARGEST);
        g_assert_cmpuint(block->n_components, <=, (size - sizeof(PvIpib)) / sizeof(PvIpibComponent));
        check_again(block);
    } else {
        g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_INVALID);
        g_assert_nonnull(strstr(cgvm_error_message(error), "IPL parameter block"));
    }
    return 0;
}
