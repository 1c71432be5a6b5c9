/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the start of kernels that are ELF files: what lies where, what they are told, and what is refused.
 */
#include "target-i386/pvh-boot.h"
#include <string.h>
#include "qapi-builtins.h"
#include "tests/unit/elf-file.h"

#define KERNEL  0x100000
#define ENTRY   (KERNEL + 16)
#define CODE_AT 0x200
#define NOTE_AT 0x300

typedef struct Fixture {
    LinuxBoot boot;
    GuestRam ram;
    PvhBoot pvh;
} Fixture;

typedef struct Kernel {
    uint64_t entry; /* in its note; 0: it has none */
    uint64_t start, memory_size;
    uint16_t machine;
} Kernel;

static const Kernel right = {
    .entry = ENTRY, .start = KERNEL, .memory_size = 0x3000, .machine = ELF_MACHINE_X86_64
};

static GBytes *kernel_new(const Kernel *kernel)
{
    ElfFile file = elf_file_new(true, false, kernel->machine, kernel->start);

    elf_file_add_header(&file, (ElfFileHeader){ .type = 1,
                                                .offset = CODE_AT,
                                                .physical_address = kernel->start,
                                                .file_size = 64,
                                                .memory_size = kernel->memory_size });
    elf_file_add_header(&file,
                        (ElfFileHeader){ .type = 4, .offset = NOTE_AT, .file_size = 20, .memory_size = 20 });
    elf_file_put(&file, CODE_AT, 4, 0x12345678);
    elf_file_put(&file, CODE_AT + 63, 1, 0xf4);
    elf_file_put(&file, NOTE_AT, 4, 4);
    elf_file_put(&file, NOTE_AT + 4, 4, 4);
    elf_file_put(&file, NOTE_AT + 8, 4, kernel->entry ? 18 : 17);
    elf_file_put(&file, NOTE_AT + 12, 4, 0x006e6558); /* "Xen" */
    elf_file_put(&file, NOTE_AT + 16, 4, kernel->entry);
    return g_byte_array_free_to_bytes(file.bytes);
}

static void fixture_load(Fixture *f, const Kernel *kernel, uint64_t memory)
{
    gsize size;
    const uint8_t *data;

    *f = (Fixture){ .boot.kernel = kernel_new(kernel) };
    data = g_bytes_get_data(f->boot.kernel, &size);
    f->boot.kernel_name = g_strdup("vmlinux");
    f->boot.cmdline = g_bytes_new("quiet", 6);
    f->boot.initrd_name = g_strdup("initrd.img");
    f->boot.elf = g_new0(ElfImage, 1);
    g_assert_true(elf_image_parse(data, size, "vmlinux", f->boot.elf, NULL));
    guest_ram_init(&f->ram);
    g_assert_nonnull(guest_ram_add_main(&f->ram, "RAM", 0, memory, NULL));
}

static void fixture_clear(Fixture *f)
{
    pvh_boot_clear(&f->pvh);
    linux_boot_clear(&f->boot);
    guest_ram_clear(&f->ram, NULL);
}

static bool prepare(Fixture *f, Error **errp)
{
    const SmpTopology smp = { .cpus = 1, .max_cpus = 1, .sockets = 1, .dies = 1, .cores = 1, .threads = 1 };

    return pvh_boot_prepare(&f->pvh, &f->boot, &f->ram, &smp, errp);
}

static uint64_t get(const Fixture *f, uint64_t gpa, unsigned size)
{
    const uint8_t *bytes = guest_ram_pointer(&f->ram, gpa, size, NULL);
    uint64_t value = 0;

    for (unsigned i = 0; i < size; i++) {
        value |= (uint64_t)bytes[i] << 8 * i;
    }
    return value;
}

static void test_start(void)
{
    X86Registers registers = { .cr0 = 0x60000010, .rip = 0xfff0 };
    uint64_t modules, map;
    Fixture f;

    fixture_load(&f, &right, 4 << 20);
    f.boot.initrd = g_bytes_new_static("an initrd", 9);
    g_assert_true(prepare(&f, NULL));
    g_assert_true(guest_ram_allocate(&f.ram, NULL, NULL));
    memset(guest_ram_pointer(&f.ram, KERNEL, 0x3000, NULL), 0xff, 0x3000);
    g_assert_true(pvh_boot_fill(&f.pvh, &f.ram, NULL));
    pvh_boot_registers(&f.pvh, &registers);
    g_assert_cmphex(registers.rip, ==, ENTRY);
    g_assert_cmphex(registers.cr0, ==, 0x60000011);
    g_assert_cmphex(registers.cs.attributes, ==, 0xc9b);
    g_assert_cmphex(registers.tr.attributes, ==, 0x8b);
    g_assert_cmphex(get(&f, registers.rbx, 4), ==, 0x336ec578);
    g_assert_cmpuint(get(&f, registers.rbx + 4, 4), ==, 1);
    g_assert_cmpuint(get(&f, registers.rbx + 12, 4), ==, 1);
    modules = get(&f, registers.rbx + 16, 8);
    g_assert_cmphex(get(&f, modules, 8), ==, (4 << 20) - 4096);
    g_assert_cmpuint(get(&f, modules + 8, 8), ==, 9);
    g_assert_cmpmem(guest_ram_pointer(&f.ram, get(&f, modules, 8), 9, NULL), 9, "an initrd", 9);
    g_assert_cmpmem(guest_ram_pointer(&f.ram, get(&f, registers.rbx + 24, 8), 6, NULL), 6, "quiet", 6);
    g_assert_cmpmem(guest_ram_pointer(&f.ram, get(&f, registers.rbx + 32, 8), 8, NULL), 8, "RSD PTR ", 8);
    map = get(&f, registers.rbx + 40, 8);
    g_assert_cmpuint(get(&f, registers.rbx + 48, 4), ==, 4);
    g_assert_cmphex(get(&f, map + 8, 8), ==, 0xa0000);
    g_assert_cmphex(get(&f, map + 24, 8), ==, 0xa0000);
    g_assert_cmpuint(get(&f, map + 24 + 16, 4), ==, 2);
    g_assert_cmphex(get(&f, map + 48, 8), ==, 0xe0000);
    g_assert_cmpuint(get(&f, map + 48 + 16, 4), ==, 3);
    g_assert_cmphex(get(&f, map + 72 + 8, 8), ==, 3 << 20);
    g_assert_cmphex(get(&f, KERNEL, 4), ==, 0x12345678);
    g_assert_cmphex(get(&f, KERNEL + 63, 2), ==, 0xf4); /* and zeros where the file has nothing */
    g_assert_cmphex(get(&f, KERNEL + 0x2ff8, 8), ==, 0);
    guest_ram_release(&f.ram, NULL);
    fixture_clear(&f);
}

static void test_refused(void)
{
    static const struct {
        Kernel kernel;
        uint64_t initrd_size;
        CgvmErrorCode code;
        const char *word;
    } cases[] = {
        { { 0, KERNEL, 64, ELF_MACHINE_X86_64 }, 0, CGVM_ERROR_UNSUPPORTED, "CONFIG_PVH" },
        { { ENTRY, KERNEL, 64, ELF_MACHINE_PPC64 }, 0, CGVM_ERROR_UNSUPPORTED, "not for x86" },
        { { KERNEL + 64, KERNEL, 4096, ELF_MACHINE_X86_64 }, 0, CGVM_ERROR_INVALID, "no code" },
        { { 0x9000, 0x9000, 64, ELF_MACHINE_X86_64 }, 0, CGVM_ERROR_INVALID, "-m" },
        { { ENTRY, KERNEL, 4 << 20, ELF_MACHINE_X86_64 }, 0, CGVM_ERROR_INVALID, "-m" },
        { { ENTRY, KERNEL, 64, ELF_MACHINE_X86_64 }, 4 << 20, CGVM_ERROR_INVALID, "initrd.img" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Error) error = NULL;
        Fixture f;

        fixture_load(&f, &cases[i].kernel, 4 << 20);
        f.boot.initrd = g_bytes_new_take(g_malloc0(cases[i].initrd_size + 1), cases[i].initrd_size);
        g_assert_false(prepare(&f, &error));
        g_assert_cmpint(cgvm_error_code(error), ==, cases[i].code);
        g_assert_nonnull(strstr(cgvm_error_message(error), cases[i].word));
        fixture_clear(&f);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/pvh-boot/start", test_start);
    g_test_add_func("/pvh-boot/refused", test_refused);
    return g_test_run();
}
