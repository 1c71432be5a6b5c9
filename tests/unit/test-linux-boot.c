/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of kernel, initrd and command line: they are read and hashed once, and a firmware finds in fw_cfg
 * what was hashed.
 */
#include <glib/gstdio.h>
#include "lib/builtins.h"
#include "qapi-builtins.h"
#include "target-i386/x86-machine.h"
#include "tests/unit/linux-file.h"

#define INITRD_SIZE 300000
#define MEMORY      (64 << 20)

typedef struct Fixture {
    char *directory, *kernel_path, *initrd_path;
    uint8_t *kernel, *initrd;
    size_t kernel_size;
    MachineState *machine;
    LinuxBoot boot;
    GString *steps; /* that were begun */
} Fixture;

static void listen(void *opaque, const char *what, uint64_t done, uint64_t total G_GNUC_UNUSED)
{
    if (done == 0) {
        g_string_append_printf(opaque, "%s\n", what);
    }
}

static void fixture_init(Fixture *f, G_GNUC_UNUSED const void *data)
{
    f->directory = g_dir_make_tmp("test-linux-boot-XXXXXX", NULL);
    g_assert_nonnull(f->directory);
    f->kernel_path = g_build_filename(f->directory, "bzImage", NULL);
    f->initrd_path = g_build_filename(f->directory, "initrd.img", NULL);
    f->kernel = linux_file(3, 5000, &f->kernel_size);
    f->initrd = g_malloc(INITRD_SIZE);
    for (size_t i = 0; i < INITRD_SIZE; i++) {
        f->initrd[i] = (uint8_t)(i * 3 + (i >> 8));
    }
    g_assert_true(g_file_set_contents(f->kernel_path, (char *)f->kernel, f->kernel_size, NULL));
    g_assert_true(g_file_set_contents(f->initrd_path, (char *)f->initrd, INITRD_SIZE, NULL));
    f->steps = g_string_new(NULL);
    f->machine = MACHINE(object_new("microvm-machine"));
    f->machine->memory_size = MEMORY;
    f->machine->progress = (ProgressSink){ .report = listen, .opaque = f->steps };
    f->boot = (LinuxBoot){ .kernel = NULL };
}

static void fixture_clear(Fixture *f, G_GNUC_UNUSED const void *data)
{
    linux_boot_clear(&f->boot);
    g_assert_null(f->boot.kernel);
    object_unref(OBJECT(f->machine));
    g_string_free(f->steps, TRUE);
    g_unlink(f->kernel_path);
    g_unlink(f->initrd_path);
    g_rmdir(f->directory);
    g_free(f->directory);
    g_free(f->kernel_path);
    g_free(f->initrd_path);
    g_free(f->kernel);
    g_free(f->initrd);
}

static void load(Fixture *f, const char *initrd, const char *append)
{
    g_autoptr(Error) error = NULL;
    bool loaded;

    f->machine->props.kernel = g_strdup(f->kernel_path);
    f->machine->props.initrd = g_strdup(initrd);
    f->machine->props.append = g_strdup(append);
    loaded = linux_boot_load(&f->boot, f->machine, false, &error);
    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
    g_assert_true(loaded);
}

static void assert_digest(const uint8_t digest[CRYPTO_SHA256_SIZE], const void *data, size_t size)
{
    uint8_t expected[CRYPTO_SHA256_SIZE];

    crypto_sha256(data, size, expected);
    g_assert_cmpmem(digest, CRYPTO_SHA256_SIZE, expected, CRYPTO_SHA256_SIZE);
}

static void test_no_kernel(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_assert_true(linux_boot_load(&f->boot, f->machine, false, NULL));
    g_assert_null(f->boot.kernel);
    g_assert_null(f->boot.cmdline);
    g_assert_cmpstr(f->steps->str, ==, "");
}

static void test_digests(Fixture *f, G_GNUC_UNUSED const void *data)
{
    const LinuxDigests *digests;

    load(f, f->initrd_path, "quiet");
    digests = linux_boot_digests(&f->boot, NULL);
    assert_digest(digests->kernel, f->kernel, f->kernel_size);
    assert_digest(digests->initrd, f->initrd, INITRD_SIZE);
    assert_digest(digests->cmdline, "quiet", 6);
}

static void test_digests_of_little(Fixture *f, G_GNUC_UNUSED const void *data)
{
    const LinuxDigests *digests;

    load(f, NULL, NULL);
    digests = linux_boot_digests(&f->boot, NULL);
    assert_digest(digests->initrd, NULL, 0);
    assert_digest(digests->cmdline, "", 1);
}

/* Nothing is hashed before it has to be, and then once: a file that was changed since does not count. */
static void test_hashed_once(Fixture *f, G_GNUC_UNUSED const void *data)
{
    const LinuxDigests *digests;
    uint8_t *kernel;

    load(f, f->initrd_path, NULL);
    g_assert_cmpstr(f->steps->str, ==, "reading the kernel 'bzImage'\nreading the initrd 'initrd.img'\n");
    g_string_truncate(f->steps, 0);
    digests = linux_boot_digests(&f->boot, &f->machine->progress);
    g_assert_true(linux_boot_digests(&f->boot, &f->machine->progress) == digests);
    g_assert_cmpstr(f->steps->str, ==, "hashing the kernel 'bzImage'\nhashing the initrd 'initrd.img'\n");
    kernel = (uint8_t *)g_bytes_get_data(f->boot.kernel, NULL);
    kernel[0] ^= 1; /* seen only by who hashes again */
    linux_boot_digests(&f->boot, &f->machine->progress);
    kernel[0] ^= 1;
    assert_digest(digests->kernel, f->kernel, f->kernel_size);
}

static void read_item(IoBus *bus, uint16_t key, void *data, size_t size)
{
    const uint8_t selector[] = { (uint8_t)key, (uint8_t)(key >> 8) };

    io_bus_write(bus, FW_CFG_PORT, selector, 2);
    for (size_t i = 0; i < size; i++) {
        io_bus_read(bus, FW_CFG_PORT + 1, (uint8_t *)data + i, 1);
    }
}

static uint32_t read_size(IoBus *bus, uint16_t key)
{
    uint32_t size;

    read_item(bus, key, &size, sizeof(size));
    return GUINT32_FROM_LE(size);
}

static void assert_item(IoBus *bus, uint16_t key, const void *expected, size_t size)
{
    g_autofree uint8_t *data = g_malloc(size);

    read_item(bus, key, data, size);
    g_assert_cmpmem(data, size, expected, size);
}

/* What the firmware puts together again is the file: nothing in the header was changed. */
static void test_offered(Fixture *f, G_GNUC_UNUSED const void *data)
{
    FwCfg fw_cfg;
    IoBus bus;

    load(f, f->initrd_path, "root=/dev/vda ü");
    io_bus_init(&bus);
    fw_cfg_init(&fw_cfg, &bus, NULL);
    linux_boot_offer(&f->boot, &fw_cfg);
    g_assert_cmpuint(read_size(&bus, FW_CFG_SETUP_SIZE), ==, 4 * 512);
    g_assert_cmpuint(read_size(&bus, FW_CFG_KERNEL_SIZE), ==, f->kernel_size - 4 * 512);
    g_assert_cmpuint(read_size(&bus, FW_CFG_INITRD_SIZE), ==, INITRD_SIZE);
    g_assert_cmpuint(read_size(&bus, FW_CFG_CMDLINE_SIZE), ==, sizeof("root=/dev/vda ü"));
    assert_item(&bus, FW_CFG_SETUP_DATA, f->kernel, 4 * 512);
    assert_item(&bus, FW_CFG_KERNEL_DATA, f->kernel + 4 * 512, f->kernel_size - 4 * 512);
    assert_item(&bus, FW_CFG_INITRD_DATA, f->initrd, INITRD_SIZE);
    assert_item(&bus, FW_CFG_CMDLINE_DATA, "root=/dev/vda ü", sizeof("root=/dev/vda ü"));
    io_bus_clear(&bus);
    fw_cfg_clear(&fw_cfg);
}

static void test_offered_without_initrd(Fixture *f, G_GNUC_UNUSED const void *data)
{
    FwCfg fw_cfg;
    IoBus bus;

    load(f, NULL, NULL);
    io_bus_init(&bus);
    fw_cfg_init(&fw_cfg, &bus, NULL);
    linux_boot_offer(&f->boot, &fw_cfg);
    g_assert_cmpuint(read_size(&bus, FW_CFG_INITRD_SIZE), ==, 0);
    g_assert_cmpuint(read_size(&bus, FW_CFG_CMDLINE_SIZE), ==, 1);
    assert_item(&bus, FW_CFG_CMDLINE_DATA, "", 1);
    io_bus_clear(&bus);
    fw_cfg_clear(&fw_cfg);
}

/* A machine with a kernel has the device, and one without does not. */
static void test_machine(Fixture *f, const void *data)
{
    const bool has_kernel = data != NULL;
    g_autofree char *firmware = g_build_filename(f->directory, "firmware.fd", NULL);
    g_autofree uint8_t *image = g_malloc0(GUEST_PAGE_SIZE);
    g_autoptr(Error) error = NULL;
    uint16_t cpus;
    bool loaded;

    g_assert_true(g_file_set_contents(firmware, (char *)image, GUEST_PAGE_SIZE, NULL));
    f->machine->props.firmware = g_strdup(firmware);
    f->machine->props.kernel = has_kernel ? g_strdup(f->kernel_path) : NULL;
    f->machine->props.smp = (SmpConfiguration){ .has_cpus = true, .cpus = 3 };
    loaded = machine_load(f->machine, &error);
    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
    g_assert_true(loaded);
    if (has_kernel) {
        assert_item(&f->machine->io, FW_CFG_SIGNATURE, "QEMU", 4);
        assert_item(&f->machine->io, FW_CFG_RAM_SIZE, "\0\0\0\x08\0\0\0\0", 8); /* 128 MiB */
        read_item(&f->machine->io, FW_CFG_NB_CPUS, &cpus, sizeof(cpus));
        g_assert_cmpuint(GUINT16_FROM_LE(cpus), ==, 3);
        assert_item(&f->machine->io, FW_CFG_SETUP_DATA, f->kernel, 4 * 512);
    } else {
        assert_item(&f->machine->io, FW_CFG_SIGNATURE, "\xff\xff\xff\xff", 4);
    }
    machine_stop(f->machine);
    g_unlink(firmware);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    builtins_init();
#define ADD(name, data, test)                                                                                \
    g_test_add("/linux-boot/" name, Fixture, data, fixture_init, test, fixture_clear)
    ADD("no-kernel", NULL, test_no_kernel);
    ADD("digests", NULL, test_digests);
    ADD("digests-of-little", NULL, test_digests_of_little);
    ADD("hashed-once", NULL, test_hashed_once);
    ADD("offered", NULL, test_offered);
    ADD("offered-without-initrd", NULL, test_offered_without_initrd);
    ADD("machine", "with a kernel", test_machine);
    ADD("machine-without", NULL, test_machine);
    return g_test_run();
}
