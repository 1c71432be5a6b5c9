/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of a kernel's start as ranges of a plan: that they are whole pages, hold every byte and say whence.
 */
#include "target-i386/linux-launch.h"
#include "qapi-builtins.h"
#include "tests/unit/linux-file-64.h"

#define MEMORY (64u << 20)

typedef struct Fixture {
    LinuxBoot boot;
    GuestRam ram;
    LinuxDirect direct;
    LaunchPlan *plan;
} Fixture;

static void fixture_fill(Fixture *f, gsize initrd_size, bool has_jump_table)
{
    const SmpTopology two = { .cpus = 2, .max_cpus = 2, .sockets = 2, .dies = 1, .cores = 1, .threads = 1 };

    *f = (Fixture){ .boot = linux_boot_64("quiet", initrd_size), .plan = launch_plan_new() };
    guest_ram_init(&f->ram);
    g_assert_nonnull(guest_ram_add_main(&f->ram, "RAM", 0, MEMORY, NULL));
    g_assert_true(linux_direct_prepare(&f->direct, &f->boot, &f->ram, &two, NULL));
    linux_direct_encrypt(&f->direct, 51, has_jump_table);
    linux_launch_plan(&f->direct, f->plan);
}

static void fixture_clear(Fixture *f)
{
    launch_plan_free(f->plan);
    linux_direct_clear(&f->direct);
    guest_ram_clear(&f->ram, NULL);
    linux_boot_clear(&f->boot);
}

static char *origins(const Fixture *f)
{
    GString *text = g_string_new(NULL);

    for (size_t i = 0; i < f->plan->n_ranges; i++) {
        g_autofree char *label = launch_range_label(&f->plan->ranges[i]);

        g_string_append_printf(text, "%s\n", label);
    }
    return g_string_free(text, FALSE);
}

/* The kernel has 12 pages and 848 bytes behind 4 sectors of setup. */
#define BEFORE_INITRD                                                                                        \
    "0x0-0xfff (BIOS data area, zeros)\n"                                                                    \
    "0x1000-0x1fff (descriptor table)\n"                                                                     \
    "0x2000-0x7fff (page tables with the C-bit at 51)\n"                                                     \
    "0x10000-0x10fff (boot parameters)\n"                                                                    \
    "0x20000-0x20fff (command line)\n"                                                                       \
    "0xe0000-0xe0fff (ACPI tables)\n"                                                                        \
    "0x1000000-0x100bfff (bzImage+0x800, kernel)\n"                                                          \
    "0x100c000-0x100cfff (bzImage+0xc800, kernel up to its end)\n"

static void test_origins(void)
{
    const struct {
        gsize initrd_size;
        const char *initrd;
    } cases[] = {
        { 0, "" },
        { 1, "0x3fff000-0x3ffffff (initrd.img+0x0, initrd up to its end)\n" },
        { 4096, "0x3fff000-0x3ffffff (initrd.img+0x0, initrd)\n" },
        { 4097, "0x3ffe000-0x3ffefff (initrd.img+0x0, initrd)\n"
                "0x3fff000-0x3ffffff (initrd.img+0x1000, initrd up to its end)\n" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = NULL, *expected = g_strconcat(BEFORE_INITRD, cases[i].initrd, NULL);
        Fixture f;

        fixture_fill(&f, cases[i].initrd_size, false);
        text = origins(&f);
        g_assert_cmpstr(text, ==, expected);
        g_assert_true(launch_plan_check(f.plan, &f.ram, GUEST_PAGE_SIZE, NULL));
        fixture_clear(&f);
    }
}

static void test_jump_table(void)
{
    g_autofree char *text = NULL;
    Fixture f;

    fixture_fill(&f, 4096, true);
    text = origins(&f);
    g_assert_nonnull(strstr(text, "0x2000-0x8fff (page tables with the C-bit at 51)\n"));
    g_assert_true(g_str_has_suffix(text, "0xe2000-0xe2fff (start of the vCPUs)\n"));
    g_assert_true(launch_plan_check(f.plan, &f.ram, GUEST_PAGE_SIZE, NULL));
    /* The GHCB is everybody's. */
    g_assert_null(strstr(text, "0xe3000"));
    fixture_clear(&f);
}

/* What is launched is what a plain guest would find, and zeros up to the end of each page. */
static void test_contents(void)
{
    uint8_t *memory;
    Fixture f;

    fixture_fill(&f, 5000, true);
    g_assert_true(guest_ram_allocate(&f.ram, NULL, NULL));
    g_assert_true(linux_direct_fill(&f.direct, &f.ram, NULL));
    memory = guest_ram_pointer(&f.ram, 0, MEMORY, NULL);
    for (size_t i = 0; i < f.plan->n_ranges; i++) {
        const LaunchRange *range = &f.plan->ranges[i];
        gsize size;
        const void *contents = g_bytes_get_data(range->contents, &size);

        g_assert_cmpint(range->page_type, ==, LAUNCH_PAGE_TYPE_NORMAL);
        g_assert_cmpuint(size, ==, range->size);
        g_assert_cmpmem(contents, size, memory + range->gpa, size);
        memset(memory + range->gpa, 0, size);
    }
    /* Nothing is left. */
    for (gsize i = 0; i < MEMORY; i += 8) {
        g_assert_cmphex(linux_file_get(memory + i, 8), ==, 0);
    }
    fixture_clear(&f);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/linux-launch/origins", test_origins);
    g_test_add_func("/linux-launch/jump-table", test_jump_table);
    g_test_add_func("/linux-launch/contents", test_contents);
    return g_test_run();
}
