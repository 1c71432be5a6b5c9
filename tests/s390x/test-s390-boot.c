/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a machine of IBM Z starts, from files: kernels, images, other things that say where they start, and
 * what is none of these; where all that lies in memory, up to the last byte of it.
 */
#include "target-s390x/s390-boot.h"
#include "target-s390x/s390-kernel.h"
#include "tests/s390x/pv-guest.h"
#include "tests/unit/temporary-folder.h"

#define MIB           UINT64_C(0x100000)
#define SMALL_KERNEL  (0x10480 + 896) /* the smallest that has a command line */
#define LINE_SIZE     0x10430
#define INITRD_PLACES 0x10408
#define LINE          0x10480

typedef struct Fixture {
    char *folder;
    MachineState *machine;
    S390Boot boot;
} Fixture;

static void set_up(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    f->folder = folder_new();
    f->machine = MACHINE(object_new(TYPE_S390_MACHINE));
    f->machine->memory_size = 16 * MIB;
    f->boot = (S390Boot){ .name = NULL };
}

static void tear_down(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    s390_boot_clear(&f->boot);
    s390_boot_clear(&f->boot); /* what is cleared may be cleared again */
    object_unref(OBJECT(f->machine));
    folder_remove(f->folder);
}

/* ---- files; each is gone once it was read ---- */

static char *write_sized(const Fixture *f, const char *name, const void *data, size_t data_size,
                         uint64_t size)
{
    char *path = g_build_filename(f->folder, name, NULL);

    g_assert_true(g_file_set_contents(path, data, (gssize)data_size, NULL));
    g_assert_cmpint(truncate(path, (off_t)size), ==, 0); /* longer ones are sparse */
    return path;
}

static bool load(Fixture *f, Error **errp)
{
    const MachineProperties *props = &f->machine->props;
    bool done;

    s390_boot_clear(&f->boot);
    done = s390_boot_load(&f->boot, f->machine, errp);
    for (int i = 0; i < 2; i++) {
        const char *path = i ? props->initrd : props->kernel;
        if (path && g_str_has_prefix(path, f->folder)) {
            g_unlink(path);
        }
    }
    return done;
}

static void name_file(Fixture *f, const char *property, const void *data, size_t data_size, uint64_t size)
{
    g_autofree char *path = write_sized(f, property, data, data_size, size);

    set_property(OBJECT(f->machine), property, path);
}

static void assert_loads(Fixture *f)
{
    g_autoptr(Error) error = NULL;
    bool done = load(f, &error);

    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
    g_assert_true(done);
}

static void assert_refused(Fixture *f, CgvmErrorCode code, const char *text)
{
    g_autoptr(Error) error = NULL;

    g_assert_false(load(f, &error));
    g_assert_cmpint(cgvm_error_code(error), ==, code);
    if (!strstr(cgvm_error_message(error), text)) {
        g_error("\"%s\" was expected: %s", text, cgvm_error_message(error));
    }
}

/* A kernel of @size bytes, of which only the start is more than zeroes. */
static void name_kernel(Fixture *f, uint64_t size)
{
    g_autofree uint8_t *start = g_malloc0(SMALL_KERNEL);

    memcpy(start + 0x10008, "S390EP", 6);
    name_file(f, "kernel", start, SMALL_KERNEL, size);
}

static void name_initrd(Fixture *f, uint64_t size)
{
    name_file(f, "initrd", "initrd", 6, size);
}

/* ---- what there is to start ---- */

static void test_nothing(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    g_autofree char *path = g_build_filename(f->folder, "not-there", NULL);

    assert_refused(f, CGVM_ERROR_UNSUPPORTED, "there is nothing to start");
    set_property(OBJECT(f->machine), "kernel", path);
    assert_refused(f, CGVM_ERROR_IO, "not-there");
    set_property(OBJECT(f->machine), "kernel", f->folder);
    assert_refused(f, CGVM_ERROR_INVALID, "kernel");
    set_property(OBJECT(f->machine), "firmware", path);
    assert_refused(f, CGVM_ERROR_UNSUPPORTED, "-bios: this machine starts what -kernel names itself");
}

static void test_sizes(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    f->machine->memory_size = 2048 * MIB;
    name_file(f, "kernel", "", 0, 0);
    assert_refused(f, CGVM_ERROR_INVALID, "a kernel or an image has 16 bytes to 1 GiB");
    name_file(f, "kernel", "", 0, 15);
    assert_refused(f, CGVM_ERROR_INVALID, "a kernel or an image has 16 bytes to 1 GiB");
    name_kernel(f, S390_KERNEL_LARGEST + 1);
    assert_refused(f, CGVM_ERROR_INVALID, "a kernel or an image has 16 bytes to 1 GiB");
    name_kernel(f, SMALL_KERNEL);
    name_initrd(f, 0);
    assert_refused(f, CGVM_ERROR_INVALID, "an initrd has 1 byte to 1 GiB");
    name_kernel(f, SMALL_KERNEL);
    name_initrd(f, S390_KERNEL_LARGEST + 1);
    assert_refused(f, CGVM_ERROR_INVALID, "an initrd has 1 byte to 1 GiB");
    name_kernel(f, SMALL_KERNEL);
    name_initrd(f, 1);
    assert_loads(f);
}

/* A file that is no kernel says by its first bytes where it starts: in it, and at an even address. */
typedef struct Psw {
    uint32_t words[2];
    uint64_t entry; /* 0: it is refused */
} Psw;

static void test_short_psw(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    static const Psw rows[] = {
        { { 0x00080000, 0x80000010 }, 0x10 },  { { 0x000c0000, 0x00000010 }, 0x10 },
        { { 0x00080000, 0x80000ffe }, 0xffe }, { { 0x00080000, 0x80001000 }, 0 }, /* just behind the end */
        { { 0x00080000, 0x80000011 }, 0 },     { { 0x00080000, 0xffffffff }, 0 },
        { { 0x00080000, 0xfffffffe }, 0 },     { { 0, 0x80000010 }, 0 },
        { { 0xfff7ffff, 0x80000010 }, 0 },     { { 0xffffffff, 0x80000010 }, 0x10 },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const uint32_t psw[2] = { GUINT32_TO_BE(rows[i].words[0]), GUINT32_TO_BE(rows[i].words[1]) };

        name_file(f, "kernel", psw, sizeof(psw), 0x1000);
        if (rows[i].entry) {
            assert_loads(f);
            g_assert_cmphex(f->boot.entry, ==, rows[i].entry);
            g_assert_false(f->boot.is_secure);
            g_assert_cmpstr(f->boot.name, ==, "kernel");
        } else {
            assert_refused(
                f, CGVM_ERROR_INVALID,
                "'kernel': it is no Linux kernel for s390x: there is no S390EP at 0x10008; nor does it "
                "start with a program status word that leads into it");
        }
    }
}

static void test_elf(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    name_file(f, "kernel", "\177ELF", 4, 0x20000);
    assert_refused(f, CGVM_ERROR_INVALID, "'kernel': it is an ELF file; name the kernel as it is booted");
}

static void test_kernel(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    name_kernel(f, SMALL_KERNEL - 1); /* no room for a command line */
    assert_refused(f, CGVM_ERROR_INVALID, "it is no Linux kernel");
    name_kernel(f, SMALL_KERNEL);
    assert_loads(f);
    g_assert_cmphex(f->boot.entry, ==, 0x10000);
    g_assert_null(f->boot.initrd);
    g_assert_cmphex(f->boot.initrd_gpa, ==, 0);
}

/* ---- the command line ---- */

static void check_line(Fixture *f, uint64_t line_size, uint64_t kernel_size, size_t most)
{
    g_autofree uint8_t *kernel = g_malloc0(SMALL_KERNEL);
    const uint64_t number = GUINT64_TO_BE(line_size);

    memcpy(kernel + 0x10008, "S390EP", 6);
    memcpy(kernel + LINE_SIZE, &number, sizeof(number));
    for (size_t size = most; size <= most + 1; size++) {
        g_autofree char *line = g_strnfill(size, 'x');

        set_property(OBJECT(f->machine), "append", line);
        name_file(f, "kernel", kernel, SMALL_KERNEL, kernel_size);
        if (size == most) {
            assert_loads(f);
            g_assert_cmpstr(f->boot.append, ==, line);
        } else {
            g_autofree char *text = g_strdup_printf(
                "-append: the command line has %zu bytes, and this kernel takes %zu", size, most);
            assert_refused(f, CGVM_ERROR_INVALID, text);
        }
    }
}

/* A kernel says how long a line it takes, and whatever it says, no more is written than it has room for. */
static void test_line(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    check_line(f, 0, 0x20000, 895);
    check_line(f, 4096, 0x20000, 4095);
    check_line(f, 1, 0x20000, 0);
    check_line(f, 4096, SMALL_KERNEL, 895);
    check_line(f, UINT64_MAX, SMALL_KERNEL + 10, 905);
}

/* ---- the initrd ---- */

typedef struct Place {
    uint64_t kernel_size, initrd_size, memory_size;
    uint64_t gpa; /* 0: it does not fit */
} Place;

static void test_initrd(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    static const Place rows[] = {
        { SMALL_KERNEL, 1, 16 * MIB, 8 * MIB },     { SMALL_KERNEL, 8 * MIB, 16 * MIB, 8 * MIB },
        { SMALL_KERNEL, 8 * MIB + 1, 16 * MIB, 0 }, { 7 * MIB, 1, 16 * MIB, 8 * MIB },
        { 7 * MIB + 1, 1, 16 * MIB, 9 * MIB },      { 10 * MIB, 5 * MIB, 16 * MIB, 11 * MIB },
        { 10 * MIB, 5 * MIB + 1, 16 * MIB, 0 },     { 16 * MIB, 1, 16 * MIB, 0 },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const Place *row = &rows[i];

        f->machine->memory_size = row->memory_size;
        name_kernel(f, row->kernel_size);
        name_initrd(f, row->initrd_size);
        if (row->gpa) {
            assert_loads(f);
            g_assert_cmphex(f->boot.initrd_gpa, ==, row->gpa);
        } else {
            assert_refused(f, CGVM_ERROR_INVALID, "does not fit behind the kernel into ");
        }
    }
}

/* What takes neither says so, instead of starting without. */
static void test_parameters(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    const uint32_t psw[2] = { GUINT32_TO_BE(0x00080000), GUINT32_TO_BE(0x80000010) };

    set_property(OBJECT(f->machine), "append", "x");
    name_file(f, "kernel", psw, sizeof(psw), 64);
    assert_refused(f, CGVM_ERROR_INVALID,
                   "-append has no effect: 'kernel' is no Linux kernel, which is what takes it");
    name_file(f, "kernel", psw, sizeof(psw), 64);
    name_initrd(f, 1);
    assert_refused(f, CGVM_ERROR_INVALID, "-initrd has no effect: 'kernel' is no Linux kernel");
}

static void test_memory(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    name_kernel(f, 16 * MIB);
    assert_loads(f);
    name_kernel(f, 16 * MIB + 1);
    assert_refused(f, CGVM_ERROR_INVALID,
                   "'kernel' has 16777217 bytes, and the guest 16 MiB of memory; give it more with -m");
}

/* ---- images ---- */

static void name_image(Fixture *f, GBytes *image)
{
    name_file(f, "kernel", g_bytes_get_data(image, NULL), g_bytes_get_size(image), g_bytes_get_size(image));
}

static void test_image(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(GBytes) image = make_image(NULL);

    name_image(f, image);
    assert_loads(f);
    g_assert_true(f->boot.is_secure);
    g_assert_false(f->boot.is_verified);
    g_assert_cmpuint(f->boot.image.block.n_components, ==, 2);
    g_assert_cmphex(f->boot.entry, ==, 0x2000);
    set_property(OBJECT(f->machine), "append", "x");
    name_image(f, image);
    assert_refused(f, CGVM_ERROR_INVALID, "-append has no effect: 'kernel' is a Secure Execution image");
    name_image(f, image);
    name_initrd(f, 1);
    assert_refused(f, CGVM_ERROR_INVALID, "-initrd has no effect: 'kernel' is a Secure Execution image");
}

/* What is meant to be an image is never started as something else. */
static void test_damaged_images(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(GBytes) image = make_image(NULL);
    gsize size;
    const uint8_t *whole = g_bytes_get_data(image, &size);
    g_autofree uint8_t *bytes = g_memdup2(whole, size);

    bytes[PV_METADATA_ADDRESS + offsetof(PvMetadata, version) + 3] = 2;
    name_file(f, "kernel", bytes, size, size);
    assert_refused(f, CGVM_ERROR_INVALID, "'kernel': it is of version 2; only 1 is known");
    memcpy(bytes, whole, size);
    memset(bytes, 0, 8); /* no program status word */
    name_file(f, "kernel", bytes, size, size);
    assert_refused(f, CGVM_ERROR_INVALID, "'kernel': it is no Linux kernel for s390x");
    name_file(f, "kernel", whole, size, PV_METADATA_ADDRESS + strlen(PV_METADATA_MAGIC));
    assert_refused(f, CGVM_ERROR_INVALID, "'kernel': it is no Secure Execution image: it has no header");
    name_file(f, "kernel", whole, size, ipib_gpa(image) + PV_IPIB_SMALLEST - 1);
    assert_refused(f, CGVM_ERROR_INVALID,
                   "'kernel': its IPL parameter block would be at 0x16000, behind its end");
    name_file(f, "kernel", whole, size, ipib_gpa(image) + PV_IPIB_SMALLEST);
    assert_refused(f, CGVM_ERROR_INVALID,
                   "'kernel': its IPL parameter block of 184 bytes at 0x16000 ends behind");
}

/* ---- memory ---- */

static void ram_init(GuestRam *ram, uint64_t size)
{
    guest_ram_init(ram);
    g_assert_nonnull(guest_ram_add_main(ram, "RAM", 0, size, NULL));
    g_assert_true(guest_ram_allocate(ram, NULL, NULL));
}

static void test_fill(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    const uint64_t places[2] = { GUINT64_TO_BE(UINT64_C(0x800000)), GUINT64_TO_BE(UINT64_C(0x800000)) };
    const uint8_t *memory;
    GuestRam ram;

    ram_init(&ram, 16 * MIB);
    set_property(OBJECT(f->machine), "append", "root=/dev/x");
    name_kernel(f, SMALL_KERNEL);
    name_initrd(f, 8 * MIB); /* to the last byte of memory */
    assert_loads(f);
    g_assert_true(s390_boot_fill(&f->boot, &ram, NULL));
    memory = guest_ram_pointer(&ram, 0, 16 * MIB, NULL);
    g_assert_cmpmem(memory + 0x10008, 6, "S390EP", 6);
    g_assert_cmpmem(memory + INITRD_PLACES, sizeof(places), places, sizeof(places));
    g_assert_cmpstr((const char *)memory + LINE, ==, "root=/dev/x");
    g_assert_cmpmem(memory + 8 * MIB, 6, "initrd", 6);
    /* The file is as it was: only its copy was changed. */
    g_assert_cmpint(((const char *)g_bytes_get_data(f->boot.kernel, NULL))[LINE], ==, 0);
    guest_ram_clear(&ram, NULL);
}

/* Memory that is not there is not written to. */
static void test_fill_fails(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    static const uint64_t sizes[] = { 16 * MIB - 4096, 8 * MIB, 0x10000 };

    name_kernel(f, SMALL_KERNEL);
    name_initrd(f, 8 * MIB);
    assert_loads(f);
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autoptr(Error) error = NULL;
        GuestRam ram;

        ram_init(&ram, sizes[i]);
        g_assert_false(s390_boot_fill(&f->boot, &ram, &error));
        g_assert_nonnull(error);
        guest_ram_clear(&ram, NULL);
    }
}

typedef void Test(Fixture *f, gconstpointer data);

static void add(const char *path, Test *test)
{
    g_test_add(path, Fixture, NULL, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
    pv_tests_init(&argc, &argv);
    add("/s390-boot/nothing", test_nothing);
    add("/s390-boot/sizes", test_sizes);
    add("/s390-boot/short-psw", test_short_psw);
    add("/s390-boot/elf", test_elf);
    add("/s390-boot/kernel", test_kernel);
    add("/s390-boot/line", test_line);
    add("/s390-boot/initrd", test_initrd);
    add("/s390-boot/parameters", test_parameters);
    add("/s390-boot/memory", test_memory);
    add("/s390-boot/image", test_image);
    add("/s390-boot/damaged-images", test_damaged_images);
    add("/s390-boot/fill", test_fill);
    add("/s390-boot/fill-fails", test_fill_fails);
    return g_test_run();
}
