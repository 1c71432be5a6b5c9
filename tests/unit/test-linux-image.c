/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of Linux kernels as files: where a bzImage is divided, and what everything else is called.
 */
#include "target-i386/linux-image.h"
#include "tests/unit/linux-file.h"

/* From a buffer of its own, so that the address sanitizer sees a read behind the file. */
static bool parse(const void *data, size_t size, LinuxImage *image, Error **errp)
{
    g_autofree uint8_t *copy = size ? g_memdup2(data, size) : g_malloc(1);

    return linux_image_parse(copy, size, "vmlinuz", image, errp);
}

static void assert_parsed(const void *data, size_t size, uint16_t protocol, uint32_t setup_size)
{
    g_autoptr(Error) error = NULL;
    LinuxImage image;
    bool parsed = parse(data, size, &image, &error);

    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
    g_assert_true(parsed);
    g_assert_cmphex(image.protocol, ==, protocol);
    g_assert_cmpuint(image.setup_size, ==, setup_size);
}

static void assert_refused(const void *data, size_t size, CgvmErrorCode code, const char *message)
{
    g_autoptr(Error) error = NULL;
    LinuxImage image;

    g_assert_false(parse(data, size, &image, &error));
    g_assert_cmpstr(cgvm_error_message(error), ==, message);
    g_assert_cmpint(cgvm_error_code(error), ==, code);
    g_assert_false(parse(data, size, &image, NULL));
}

static void test_parts(void)
{
    size_t size;
    g_autofree uint8_t *small = linux_file(1, 16, &size);

    assert_parsed(small, size, 0x020f, 1024);
    g_free(g_steal_pointer(&small));
    small = linux_file(27, 4096, &size);
    assert_parsed(small, size, 0x020f, 28 * 512);
    g_free(g_steal_pointer(&small));
    small = linux_file(255, 4096, &size);
    assert_parsed(small, size, 0x020f, 256 * 512);
}

/* Kernels that are older than the field have four sectors of setup code. */
static void test_no_setup_sectors(void)
{
    size_t size;
    g_autofree uint8_t *data = linux_file(4, 64, &size);

    data[LINUX_SETUP_SECTS] = 0;
    assert_parsed(data, size, 0x020f, 5 * 512);
}

static void test_protocols(void)
{
    size_t size;
    g_autofree uint8_t *data = linux_file(1, 64, &size);

    data[LINUX_VERSION] = 0;
    assert_parsed(data, size, 0x0200, 1024);
    data[LINUX_VERSION] = 0xff;
    data[LINUX_VERSION + 1] = 1;
    assert_refused(
        data, size, CGVM_ERROR_UNSUPPORTED,
        "'vmlinuz' has boot protocol 1.255, and only those from 2.00 have a header that says where "
        "the kernel is; give a newer kernel");
}

static void test_cut_short(void)
{
    size_t size;
    g_autofree uint8_t *data = linux_file(1, 4096, &size);

    assert_parsed(data, size, 0x020f, 1024);
    for (size_t cut = 0x208; cut < size; cut += 97) {
        g_autofree char *message = g_strdup_printf("'vmlinuz' is cut short: it has %zu bytes, but its header "
                                                   "tells of 1024 bytes of setup and at least "
                                                   "4096 of kernel; copy it again",
                                                   cut);
        assert_refused(data, cut, CGVM_ERROR_INVALID, message);
    }
    /* Before 2.04 the size of the kernel had 16 bits, so that nothing but its existence can be told. */
    data[LINUX_VERSION] = 3;
    assert_parsed(data, 1025, 0x0203, 1024);
    assert_refused(
        data, 1024, CGVM_ERROR_INVALID,
        "'vmlinuz' is cut short: it has 1024 bytes, but its header tells of 1024 bytes of setup and "
        "at least 1 of kernel; copy it again");
}

/* Signatures and the like follow the kernel, and are a part of what is hashed. */
static void test_longer_than_it_says(void)
{
    size_t size;
    g_autofree uint8_t *data = linux_file(1, 4096, &size);

    memset(data + LINUX_SYSSIZE, 0, 4);
    assert_parsed(data, size, 0x020f, 1024);
    memset(data + LINUX_SYSSIZE, 0xff, 4);
    assert_refused(
        data, size, CGVM_ERROR_INVALID,
        "'vmlinuz' is cut short: it has 5120 bytes, but its header tells of 1024 bytes of setup and "
        "at least 68719476720 of kernel; copy it again");
}

static void assert_other(const char *start, size_t length, const char *what)
{
    uint8_t data[2048] = { 0 };
    g_autofree char *message = g_strdup_printf("'vmlinuz' is %s", what);

    memcpy(data, start, length);
    assert_refused(data, sizeof(data), CGVM_ERROR_UNSUPPORTED, message);
}

static void test_other_files(void)
{
    static const char multiboot[] = "\x02\xb0\xad\x1b\x03\0\0\0\xfb\x4f\x52\xe4";
    static const char nothing[] =
        "a file without a boot header ('HdrS' at offset 0x202), not a bzImage; give a "
        "bzImage";

#define DECOMPRESS ", not a bzImage; decompress it, and give the bzImage that was in it"
    assert_other(
        "\177ELF", 4,
        "an ELF file, such as vmlinux or a PVH kernel, not a bzImage; give the bzImage that was built "
        "with it");
    assert_other("\x1f\x8b\x08", 3, "compressed with gzip" DECOMPRESS);
    assert_other("\3757zXZ\0", 6, "compressed with xz" DECOMPRESS);
    assert_other("\x28\xb5\x2f\xfd", 4, "compressed with zstd" DECOMPRESS);
    assert_other("\x02\x21\x4c\x18", 4, "compressed with lz4" DECOMPRESS);
    assert_other("\x04\x22\x4d\x18", 4, "compressed with lz4" DECOMPRESS);
    assert_other("\x89LZO", 4, "compressed with lzop" DECOMPRESS);
    assert_other("BZh9", 4, "compressed with bzip2" DECOMPRESS);
    assert_other(
        "MZ", 2,
        "an EFI program, such as a unified kernel image, not a bzImage; give the kernel, the initrd and "
        "the command line that are in it one by one");
    assert_other(multiboot, 12,
                 "a multiboot kernel, not a bzImage; only Linux can be started, from a bzImage");
    assert_other("text", 4, nothing);
    assert_other("\x02\xb0\xad\x1b\x03\0\0\0\xfc\x4f\x52\xe4", 12, nothing); /* they do not add up */
}

/* Most of them are ELF files. */
static void test_multiboot_in_elf(void)
{
    uint8_t data[9000] = "\177ELF";

    memcpy(data + 8180, "\x02\xb0\xad\x1b\0\0\0\0\xfe\x4f\x52\xe4", 12);
    assert_refused(
        data, sizeof(data), CGVM_ERROR_UNSUPPORTED,
        "'vmlinuz' is a multiboot kernel, not a bzImage; only Linux can be started, from a bzImage");
    memmove(data + 8184, data + 8180, 12);
    memset(data + 8180, 0, 4);
    assert_refused(
        data, sizeof(data), CGVM_ERROR_UNSUPPORTED,
        "'vmlinuz' is an ELF file, such as vmlinux or a PVH kernel, not a bzImage; give the bzImage "
        "that was built with it");
}

static void test_tiny_files(void)
{
    size_t full;
    g_autofree uint8_t *data = linux_file(1, 16, &full);

    data[0] = 'x';
    for (size_t size = 0; size < 0x208; size++) {
        assert_refused(data, size, CGVM_ERROR_UNSUPPORTED,
                       "'vmlinuz' is a file without a boot header ('HdrS' at offset 0x202), not a bzImage; "
                       "give a bzImage");
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/linux-image/parts", test_parts);
    g_test_add_func("/linux-image/no-setup-sectors", test_no_setup_sectors);
    g_test_add_func("/linux-image/protocols", test_protocols);
    g_test_add_func("/linux-image/cut-short", test_cut_short);
    g_test_add_func("/linux-image/longer", test_longer_than_it_says);
    g_test_add_func("/linux-image/other-files", test_other_files);
    g_test_add_func("/linux-image/multiboot-in-elf", test_multiboot_in_elf);
    g_test_add_func("/linux-image/tiny", test_tiny_files);
    return g_test_run();
}
