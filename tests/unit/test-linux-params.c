/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the setup header's reading and of the boot parameters, by offsets of Linux' documentation.
 */
#include "target-i386/linux-params.h"
#include "tests/unit/linux-file-64.h"

static const LinuxPlaces places = {
    .kernel_gpa = 0x1000000,
    .initrd_gpa = 0x7f00000,
    .initrd_size = 0x12345,
    .cmdline_gpa = 0x20000,
    .acpi_gpa = 0xe0000,
};

static void test_setup(void)
{
    LinuxBoot boot = linux_boot_64("", 0);
    LinuxSetup setup;

    g_assert_true(linux_setup_read(&boot, &setup, NULL));
    g_assert_cmphex(setup.preferred_gpa, ==, LINUX_FILE_GPA);
    g_assert_cmphex(setup.init_size, ==, LINUX_FILE_INIT_SIZE);
    g_assert_cmphex(setup.initrd_last, ==, 0x7fffffff);
    g_assert_cmpuint(setup.cmdline_largest, ==, 2047);
    linux_boot_clear(&boot);
}

static void test_no_64_bit_entry(void)
{
    for (unsigned i = 0; i < 3; i++) {
        LinuxBoot boot = linux_boot_64("", 0);
        uint8_t *kernel = linux_boot_bytes(&boot);
        g_autoptr(Error) error = NULL;
        LinuxSetup setup;

        if (i == 0) {
            kernel[0x236] &= ~1;
        } else if (i == 1) {
            kernel[0x201] = 0x61; /* INIT_SIZE would not belong to the header */
        } else {
            boot.image.protocol = 0x020b;
        }
        g_assert_false(linux_setup_read(&boot, &setup, &error));
        g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_UNSUPPORTED);
        g_assert_cmpstr(
            cgvm_error_message(error), ==,
            "the kernel 'bzImage' has no entry for 64-bit boot loaders, and nothing else can start "
            "it without a firmware; give a 64-bit kernel of Linux 3.8 or later, or a firmware "
            "(-bios) that starts it");
        linux_boot_clear(&boot);
    }
}

static void assert_e820(const uint8_t *params, unsigned index, uint64_t start, uint64_t size, uint32_t type)
{
    const uint8_t *entry = params + 0x2d0 + 20 * index;

    g_assert_cmphex(linux_file_get(entry, 8), ==, start);
    g_assert_cmphex(linux_file_get(entry + 8, 8), ==, size);
    g_assert_cmpuint(linux_file_get(entry + 16, 4), ==, type);
}

static void test_params(void)
{
    LinuxBoot boot = linux_boot_64("quiet", 0);
    g_autoptr(GBytes) bytes = NULL;
    GuestRam ram;
    const uint8_t *params;

    guest_ram_init(&ram);
    g_assert_nonnull(guest_ram_add_main(&ram, "RAM", 0, 0x8000000, NULL));
    g_assert_nonnull(guest_ram_add(&ram, "something else", 0xfffff000, 0x1000, true, NULL));
    g_assert_nonnull(guest_ram_add_main(&ram, "high", 0x100000000, 0x40000000, NULL));
    bytes = linux_params_new(&boot, &places, &ram);
    g_assert_cmpuint(g_bytes_get_size(bytes), ==, 4096);
    params = g_bytes_get_data(bytes, NULL);
    g_assert_cmpuint(params[0x1e8], ==, 5);
    assert_e820(params, 0, 0, 0xa0000, 1);
    assert_e820(params, 1, 0xa0000, 0x40000, 2);
    assert_e820(params, 2, 0xe0000, 0x20000, 3);
    assert_e820(params, 3, 0x100000, 0x7f00000, 1);
    assert_e820(params, 4, 0x100000000, 0x40000000, 1);
    g_assert_cmpmem(params + 0x202, 4, "HdrS", 4);
    g_assert_cmphex(linux_file_get(params + 0x1fa, 2), ==, 0xffff);
    g_assert_cmphex(params[0x210], ==, 0xff);
    g_assert_cmphex(params[0x211] & 1, ==, 1);
    g_assert_cmphex(linux_file_get(params + 0x214, 4), ==, 0x1000000);
    g_assert_cmphex(linux_file_get(params + 0x218, 4), ==, 0x7f00000);
    g_assert_cmphex(linux_file_get(params + 0x21c, 4), ==, 0x12345);
    g_assert_cmphex(linux_file_get(params + 0x228, 4), ==, 0x20000);
    g_assert_cmphex(linux_file_get(params + 0x070, 8), ==, 0xe0000);
    g_assert_cmphex(linux_file_get(params + 0x1ef, 2) & 0xff, ==, 0); /* the sentinel */
    guest_ram_clear(&ram, NULL);
    linux_boot_clear(&boot);
}

/* A header that claims to be longer than any must not reach into what comes behind it. */
static void test_long_header(void)
{
    LinuxBoot boot = linux_boot_64("", 0);
    g_autoptr(GBytes) bytes = NULL;
    GuestRam ram;
    const uint8_t *params;

    guest_ram_init(&ram);
    linux_boot_bytes(&boot)[0x201] = 0xff;
    memset(linux_boot_bytes(&boot) + 0x290, 0x55, 0x100);
    bytes = linux_params_new(&boot, &places, &ram);
    params = g_bytes_get_data(bytes, NULL);
    for (unsigned i = 0x290; i < 4096; i++) {
        g_assert_cmphex(params[i], ==, 0);
    }
    guest_ram_clear(&ram, NULL);
    linux_boot_clear(&boot);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/linux-params/setup", test_setup);
    g_test_add_func("/linux-params/no-64-bit-entry", test_no_64_bit_entry);
    g_test_add_func("/linux-params/params", test_params);
    g_test_add_func("/linux-params/long-header", test_long_header);
    return g_test_run();
}
