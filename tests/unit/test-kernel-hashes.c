/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of measured direct boot: the bytes of the table, and how often a launch reads and hashes.
 *
 * Where the table goes, and what is refused, is the matter of tests/launch.
 */
#include <glib/gstdio.h>
#include "cgvm/vm.h"
#include "target-i386/kernel-hashes.h"
#include "tests/unit/linux-file.h"
#include "tests/unit/ovmf-image.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgvmVm, cgvm_vm_free)

/* Of nothing, and of a single NUL. */
#define SHA256_NOTHING "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define SHA256_NUL     "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"

/* Each part byte by byte as edk2's OvmfPkg/AmdSev looks for it; QEMU 10.0 writes the same. */
static void test_table(void)
{
    g_autofree char *expected = g_strconcat(
        "06d63894224fc94cb479a793d411fd21", "a800",                                     /* the header */
        "d82dd09720bd944caa78e7714d36ab2a", "3200", SHA256_NUL,                         /* command line */
        "31f7ba442f3ad74b9af141e29169781d", "3200", SHA256_NOTHING,                     /* initrd */
        "3794e74dd2ab7f42b835d5b172d2045b", "3200", SHA256_NOTHING, "0000000000000000", /* kernel */
        NULL);
    uint8_t table[KERNEL_HASHES_SIZE];
    g_autofree char *hex = NULL;
    LinuxDigests digests;

    crypto_sha256(NULL, 0, digests.kernel);
    crypto_sha256(NULL, 0, digests.initrd);
    crypto_sha256("", 1, digests.cmdline);
    memset(table, 0xa5, sizeof(table));
    kernel_hashes_table(&digests, table);
    hex = crypto_hex(table, sizeof(table));
    g_assert_cmpstr(hex, ==, expected);
}

/* ---- how often ---- */

static char *write_file(const char *directory, const char *name, const void *data, size_t size)
{
    char *path = g_build_filename(directory, name, NULL);

    g_assert_true(g_file_set_contents(path, data, size, NULL));
    return path;
}

/* An image with an area for the table, in the page that the metadata has for it. */
static char *write_firmware(const char *directory)
{
    const OvmfSection sections[] = {
        { 0x80d000, 0x1000, OVMF_SECTION_SECRETS },
        { 0x80e000, 0x1000, OVMF_SECTION_CPUID },
        { 0x810000, 0x1000, OVMF_SECTION_KERNEL_HASHES },
    };
    uint8_t image[GUEST_PAGE_SIZE] = { 0 };
    Builder builder;

    builder_init(&builder);
    builder_entry1(&builder, RESET_BLOCK_GUID, 0x80b004);
    builder_entry2(&builder, HASHES_GUID, 0x810c00, 0x400);
    builder_metadata(&builder, G_N_ELEMENTS(sections), sections);
    memcpy(image + sizeof(image) - IMAGE_SIZE, builder.bytes, IMAGE_SIZE);
    return write_file(directory, "firmware.fd", image, sizeof(image));
}

static void count_step(void *opaque, const char *what, uint64_t done, uint64_t total G_GNUC_UNUSED)
{
    if (done == 0) {
        g_string_append_printf(opaque, "%s\n", what);
    }
}

static void add(CgvmVm *vm, const char *name, const char *text)
{
    g_autoptr(Error) error = NULL;
    bool added = cgvm_vm_add_option(vm, name, text, &error);

    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
    g_assert_true(added);
}

/* A plan is made before the host is opened and another one with it, here one even before, and one by a reset.
 */
static void test_read_and_hashed_once(const void *object)
{
    g_autofree char *directory = g_dir_make_tmp("test-kernel-hashes-XXXXXX", NULL);
    g_autofree char *firmware = write_firmware(directory);
    g_autofree char *kernel = NULL, *initrd = write_file(directory, "initrd.img", "initrd", 6);
    g_autoptr(CgvmVm) vm = cgvm_vm_new();
    g_autoptr(GString) steps = g_string_new(NULL);
    g_autofree uint8_t *contents = NULL;
    g_autoptr(Error) error = NULL;
    size_t size;
    bool launched;

    contents = linux_file(1, 64, &size);
    kernel = write_file(directory, "bzImage", contents, size);
    add(vm, "object", object);
    add(vm, "machine", "confidential-guest-support=sev0");
    add(vm, "accel", "sim,run=off");
    add(vm, "cpu", "EPYC-Milan");
    add(vm, "bios", firmware);
    add(vm, "kernel", kernel);
    add(vm, "initrd", initrd);
    cgvm_vm_set_progress(vm, count_step, steps);
    cgvm_string_free(cgvm_vm_plan(vm, CGVM_PLAN_TEXT, NULL));
    launched = cgvm_vm_launch(vm, &error);
    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
    g_assert_true(launched);
    g_assert_cmpstr(steps->str, ==,
                    "reading the firmware 'firmware.fd'\n"
                    "reading the kernel 'bzImage'\n"
                    "reading the initrd 'initrd.img'\n"
                    "hashing the kernel 'bzImage'\n"
                    "hashing the initrd 'initrd.img'\n"
                    "launching memory\n");
    g_string_truncate(steps, 0);
    g_assert_true(cgvm_vm_reset(vm, NULL));
    g_assert_cmpstr(steps->str, ==, "launching memory\n");
    g_unlink(firmware);
    g_unlink(kernel);
    g_unlink(initrd);
    g_assert_cmpint(g_rmdir(directory), ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/kernel-hashes/table", test_table);
    g_test_add_data_func("/kernel-hashes/once/sev", "sev-guest,id=sev0,kernel-hashes=on",
                         test_read_and_hashed_once);
    g_test_add_data_func("/kernel-hashes/once/sev-es", "sev-guest,id=sev0,policy=5,kernel-hashes=on",
                         test_read_and_hashed_once);
    g_test_add_data_func("/kernel-hashes/once/snp", "sev-snp-guest,id=sev0,kernel-hashes=on",
                         test_read_and_hashed_once);
    return g_test_run();
}
