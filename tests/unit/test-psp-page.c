/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the firmware's check of a CPUID page, one entry at a time: what a guest may believe of its
 * processor. The default machine is a Milan.
 */
#include <glib.h>
#include "target-i386/psp-state.h"

/** An entry, and what is right instead. */
typedef struct Row {
    const char *name;
    SnpCpuidEntry entry;
    bool is_refused;
    SnpCpuidEntry right;
} Row;

static const Row rows[] = {
    { .name = "fewer-features", .entry = { .eax_in = 0x80000021, .eax = 0x41 } },
    { "more-features", { .eax_in = 0x80000021, .eax = 0x4f }, true, { .eax_in = 0x80000021, .eax = 0x4d } },
    { .name = "hypervisor-leaf", .entry = { .eax_in = 0x40000001, .eax = 0xffffffff } },
    { .name = "reset", .entry = { .eax_in = 0xd, .xcr0_in = 1, .eax = 7, .ebx = 0x240, .ecx = 0x988 } },
    { .name = "all-components", .entry = { .eax_in = 0xd, .xcr0_in = 0x207, .ebx = 0x988 } },
    { .name = "compacted-reset", .entry = { .eax_in = 0xd, .ecx_in = 1, .xcr0_in = 3, .ebx = 0x240 } },
    { .name = "compacted",
      .entry = { .eax_in = 0xd, .ecx_in = 1, .xcr0_in = 7, .xss_in = 0x200, .ebx = 0x348 } },
    { .name = "component", .entry = { .eax_in = 0xd, .ecx_in = 2, .eax = 0x100, .ebx = 0x240 } },
    { "too-small",
      { .eax_in = 0xd, .xcr0_in = 7, .ebx = 0x240 },
      true,
      { .eax_in = 0xd, .xcr0_in = 7, .ebx = 0x340 } },
    { "too-large-and-more-features",
      { .eax_in = 0xd, .ecx_in = 1, .xcr0_in = 1, .eax = 0x1f, .ebx = 0x988 },
      true,
      { .eax_in = 0xd, .ecx_in = 1, .xcr0_in = 1, .eax = 0xf, .ebx = 0x240 } },
};

static SnpCpuidEntry little_endian(const SnpCpuidEntry *entry)
{
    return (SnpCpuidEntry){
        .eax_in = GUINT32_TO_LE(entry->eax_in),
        .ecx_in = GUINT32_TO_LE(entry->ecx_in),
        .xcr0_in = GUINT64_TO_LE(entry->xcr0_in),
        .xss_in = GUINT64_TO_LE(entry->xss_in),
        .eax = GUINT32_TO_LE(entry->eax),
        .ebx = GUINT32_TO_LE(entry->ebx),
        .ecx = GUINT32_TO_LE(entry->ecx),
        .edx = GUINT32_TO_LE(entry->edx),
    };
}

static void test_row(const void *data)
{
    const Row *row = data;
    const SnpCpuidEntry right = little_endian(row->is_refused ? &row->right : &row->entry);
    g_autofree SnpCpuidPage *page = g_malloc0(PSP_PAGE_SIZE);
    uint32_t status = row->is_refused ? SEV_STATUS_INVALID_PARAM : SEV_STATUS_SUCCESS;

    page->count = GUINT32_TO_LE(1);
    page->entries[0] = little_endian(&row->entry);
    g_assert_cmphex(psp_page_check_cpuid(sim_model_find(NULL), (uint8_t *)page), ==, status);
    g_assert_cmpmem(&page->entries[0], sizeof(right), &right, sizeof(right));
    /* What was corrected is right. */
    g_assert_cmphex(psp_page_check_cpuid(sim_model_find(NULL), (uint8_t *)page), ==, SEV_STATUS_SUCCESS);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autofree char *name = g_strdup_printf("/psp-page/cpuid/%s", rows[i].name);
        g_test_add_data_func(name, &rows[i], test_row);
    }
    return g_test_run();
}
