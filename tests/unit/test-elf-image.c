/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the reader of ELF programs: both classes, both byte orders, and every way to be broken.
 */
#include "hw/elf-image.h"
#include "tests/unit/elf-file.h"

#define ENTRY UINT64_C(0xc0001040)
#define TEXT  "machine code"

/* From a buffer of its own, so that the address sanitizer sees a read behind the file. */
static bool parse(const ElfFile *file, size_t size, uint8_t **ret_copy, ElfImage *image, Error **errp)
{
    *ret_copy = size ? g_memdup2(file->bytes->data, size) : g_malloc(1);
    return elf_image_parse(*ret_copy, size, "vmlinux", image, errp);
}

static void assert_refused(const ElfFile *file, CgvmErrorCode code, const char *message)
{
    g_autoptr(Error) error = NULL;
    g_autofree uint8_t *copy = NULL;
    ElfImage image;

    g_assert_false(parse(file, file->bytes->len, &copy, &image, &error));
    g_assert_cmpstr(cgvm_error_message(error), ==, message);
    g_assert_cmpint(cgvm_error_code(error), ==, code);
    g_assert_false(elf_image_parse(copy, file->bytes->len, "vmlinux", &image, NULL));
}

static ElfFile kernel(bool is_64, bool is_big)
{
    ElfFile file = elf_file_new(is_64, is_big, ELF_MACHINE_PPC64, ENTRY);

    elf_file_add_segment(&file, 0x200, 0xc0001000, 0x1000, TEXT, sizeof(TEXT), 0x1000);
    elf_file_add_segment(&file, 0x240, 0xc0010000, 0x20000, "data", 4, 0);
    return file;
}

static void test_both_kinds(gconstpointer opaque)
{
    unsigned kind = GPOINTER_TO_UINT(opaque);
    bool is_64 = kind & 1, is_big = kind & 2;
    g_auto(ElfFile) file = kernel(is_64, is_big);
    g_autoptr(Error) error = NULL;
    g_autofree uint8_t *copy = NULL;
    g_autofree char *text = NULL, *expected = NULL;
    ElfImage image;
    uint64_t physical, end;

    g_assert_true(parse(&file, file.bytes->len, &copy, &image, &error));
    g_assert_null(error);
    g_assert_true(image.is_64 == is_64 && image.is_big_endian == is_big);
    g_assert_cmpuint(image.type, ==, ELF_TYPE_EXECUTABLE);
    g_assert_cmpuint(image.machine, ==, ELF_MACHINE_PPC64);
    g_assert_cmphex(image.entry, ==, ENTRY);
    g_assert_cmpuint(image.n_segments, ==, 2);
    g_assert_cmphex(image.segments[0].physical_address, ==, 0x1000);
    g_assert_cmphex(image.segments[0].virtual_address, ==, 0xc0001000);
    g_assert_cmphex(image.segments[0].memory_size, ==, sizeof(TEXT) + 0x1000);
    g_assert_cmpmem(image.data + image.segments[0].file_offset, image.segments[0].file_size, TEXT,
                    sizeof(TEXT));
    elf_image_extent(&image, &physical, &end);
    g_assert_cmphex(physical, ==, 0x1000);
    g_assert_cmphex(end, ==, 0x20004);
    g_assert_true(elf_image_to_physical(&image, image.entry, &physical));
    g_assert_cmphex(physical, ==, 0x1040);
    g_assert_true(elf_image_to_physical(&image, 0xc0010003, &physical));
    g_assert_cmphex(physical, ==, 0x20003);
    g_assert_false(elf_image_to_physical(&image, 0xc0010004, &physical));
    g_assert_false(elf_image_to_physical(&image, 0xc0000fff, &physical));
    text = elf_image_describe(&image);
    expected = g_strdup_printf("%s-bit %s-endian ELF file for machine 21", is_64 ? "64" : "32",
                               is_big ? "big" : "little");
    g_assert_cmpstr(text, ==, expected);
}

/* However much is missing, it is noticed. */
static void test_cut_short(void)
{
    for (unsigned kind = 0; kind < 4; kind++) {
        g_auto(ElfFile) file = kernel(kind & 1, kind & 2);

        for (size_t size = 0; size < file.bytes->len; size++) {
            g_autoptr(Error) error = NULL;
            g_autofree uint8_t *copy = NULL;
            ElfImage image;

            g_assert_false(parse(&file, size, &copy, &image, &error));
            g_assert_cmpint(cgvm_error_code(error), ==,
                            size < 4 ? CGVM_ERROR_UNSUPPORTED : CGVM_ERROR_INVALID);
            g_assert_true(size < 4 || strstr(cgvm_error_message(error), "'vmlinux' is cut short: "));
        }
    }
}

static void test_bad_header(void)
{
    g_auto(ElfFile) file = kernel(true, false);

    elf_file_put(&file, 16, 2, 1);
    assert_refused(&file, CGVM_ERROR_UNSUPPORTED,
                   "'vmlinux' is an ELF file of type 1, which is not for running; give the linked kernel "
                   "(type 2 or 3)");
    elf_file_put(&file, 16, 2, 3);
    elf_file_put(&file, 20, 4, 2);
    assert_refused(&file, CGVM_ERROR_INVALID, "'vmlinux' is of ELF version 2; there is only version 1");
    elf_file_put(&file, 20, 4, 1);
    elf_file_put(&file, 54, 2, 64);
    assert_refused(&file, CGVM_ERROR_INVALID,
                   "'vmlinux' has program headers of 64 bytes; this class of ELF has 56");
    elf_file_put(&file, 54, 2, 56);
    elf_file_put(&file, 32, 8, UINT64_MAX - 8);
    assert_refused(&file, CGVM_ERROR_INVALID,
                   "'vmlinux' is cut short: its 2 program headers at 0xfffffffffffffff7 are not inside its "
                   "580 bytes; copy it again");
    elf_file_put(&file, 5, 1, 3);
    assert_refused(&file, CGVM_ERROR_INVALID,
                   "'vmlinux' says of itself that it is an ELF file of class 2, byte order 3 and version 1; "
                   "there are classes 1 and 2, orders 1 and 2, and version 1");
    elf_file_put(&file, 0, 1, 0);
    assert_refused(&file, CGVM_ERROR_UNSUPPORTED, "'vmlinux' is not an ELF file; give a vmlinux");
}

static ElfFile one_segment(bool is_64, uint64_t offset, uint64_t address, uint64_t file_size,
                           uint64_t memory_size)
{
    ElfFile file = elf_file_new(is_64, false, ELF_MACHINE_PPC64, 0);

    elf_file_add_header(&file, (ElfFileHeader){ .type = 1,
                                                .offset = offset,
                                                .virtual_address = address,
                                                .physical_address = address,
                                                .file_size = file_size,
                                                .memory_size = memory_size });
    return file;
}

static void test_bad_segments(void)
{
    g_auto(ElfFile) none = elf_file_new(true, false, ELF_MACHINE_PPC64, 0);
    g_auto(ElfFile) empty = one_segment(true, 0, 0, 0, 0);
    g_auto(ElfFile) small = one_segment(true, 0, 0, 0x10, 8);
    g_auto(ElfFile) outside = one_segment(true, UINT64_MAX, 0, 2, 2);
    g_auto(ElfFile) wraps = one_segment(true, 0, UINT64_MAX - 1, 0, 2);
    g_auto(ElfFile) wraps_32 = one_segment(false, 0, 0xffffffff, 0, 2);
    g_auto(ElfFile) overlap = kernel(true, true);

    assert_refused(&none, CGVM_ERROR_INVALID,
                   "'vmlinux' has no segment that is loaded into memory; give the linked kernel");
    assert_refused(&empty, CGVM_ERROR_INVALID,
                   "'vmlinux' has no segment that is loaded into memory; give the linked kernel");
    assert_refused(
        &small, CGVM_ERROR_INVALID,
        "segment 0 of 'vmlinux' has 0x10 bytes in the file, more than the 0x8 that it has in memory");
    assert_refused(&outside, CGVM_ERROR_INVALID,
                   "'vmlinux' is cut short: the 0x2 bytes of segment 0 at 0xffffffffffffffff are not inside "
                   "its 120 bytes; copy it again");
    assert_refused(&wraps, CGVM_ERROR_INVALID,
                   "segment 0 of 'vmlinux' has 0x2 bytes at 0xfffffffffffffffe (virtual 0xfffffffffffffffe), "
                   "which go beyond the last address");
    assert_refused(&wraps_32, CGVM_ERROR_INVALID,
                   "segment 0 of 'vmlinux' has 0x2 bytes at 0xffffffff (virtual 0xffffffff), which go beyond "
                   "the last address");
    elf_file_add_segment(&overlap, 0x240, 0, 0x20003, NULL, 0, 1);
    assert_refused(&overlap, CGVM_ERROR_INVALID,
                   "segments 1 and 2 of 'vmlinux' overlap in memory at 0x20003");
}

static void test_last_address(void)
{
    g_auto(ElfFile) file = one_segment(false, 0, 0xfffff000, 0, 0x1000);
    g_autofree uint8_t *copy = NULL;
    ElfImage image;
    uint64_t start, end;

    g_assert_true(parse(&file, file.bytes->len, &copy, &image, NULL));
    elf_image_extent(&image, &start, &end);
    g_assert_cmphex(end, ==, UINT64_C(0x100000000));
}

static void test_many_segments(void)
{
    g_auto(ElfFile) file = elf_file_new(true, true, ELF_MACHINE_PPC64, 0);
    g_autoptr(Error) error = NULL;

    for (unsigned i = 0; i < ELF_MAX_SEGMENTS; i++) {
        elf_file_add_segment(&file, 0x100, i * 16, i * 16, NULL, 0, 16);
    }
    {
        g_autofree uint8_t *copy = NULL;
        ElfImage image;

        g_assert_true(parse(&file, file.bytes->len, &copy, &image, &error));
        g_assert_cmpuint(image.n_segments, ==, ELF_MAX_SEGMENTS);
    }
    elf_file_add_segment(&file, 0x100, 0x10000, 0x10000, NULL, 0, 16);
    assert_refused(&file, CGVM_ERROR_UNSUPPORTED,
                   "'vmlinux' has more than 32 segments with memory; no kernel has");
}

/* Appends a note to the file, padded to @align. */
static void add_note(ElfFile *file, size_t *at, unsigned align, const char *owner, uint32_t type,
                     const void *data, uint32_t size)
{
    size_t name_size = strlen(owner) + 1, start = *at;
    size_t data_at = (start + 12 + name_size + align - 1) / align * align;

    elf_file_put(file, start, 4, name_size);
    elf_file_put(file, start + 4, 4, size);
    elf_file_put(file, start + 8, 4, type);
    elf_file_put(file, data_at + size, 1, 0);
    memcpy(file->bytes->data + start + 12, owner, name_size);
    memcpy(file->bytes->data + data_at, data, size);
    *at = (data_at + size + align - 1) / align * align;
}

static void test_notes(gconstpointer opaque)
{
    unsigned align = GPOINTER_TO_UINT(opaque);
    g_auto(ElfFile) file = kernel(true, true);
    size_t at = 0x300;
    g_autofree uint8_t *copy = NULL;
    ElfImage image;
    ElfNote note;

    add_note(&file, &at, align, "Linux", 18, "other", 5);
    add_note(&file, &at, align, "Xen", 5, "xen-3.0", 8);
    add_note(&file, &at, align, "Xen", 18, "\0\0\x10\x40", 4);
    elf_file_add_header(
        &file, (ElfFileHeader){ .type = 4, .offset = 0x300, .file_size = at - 0x300, .align = align });
    elf_file_put(&file, at, 1, 0);
    g_assert_true(parse(&file, file.bytes->len, &copy, &image, NULL));
    g_assert_true(elf_image_find_note(&image, "Xen", 18, &note));
    g_assert_cmpuint(note.size, ==, 4);
    g_assert_cmphex(elf_image_read32(&image, note.data), ==, 0x1040);
    g_assert_true(elf_image_find_note(&image, "Xen", 5, &note));
    g_assert_cmpstr((const char *)note.data, ==, "xen-3.0");
    g_assert_false(elf_image_find_note(&image, "Xen", 19, &note));
    g_assert_false(elf_image_find_note(&image, "Xe", 18, &note));
}

/* Sizes that are not inside the segment, or a segment that is not inside the file: nothing is found. */
static void test_broken_notes(void)
{
    static const struct {
        uint32_t name_size, size;
        uint64_t segment;
    } cases[] = {
        { UINT32_MAX, 4, 32 }, { 4, UINT32_MAX, 32 }, { 4, 17, 32 }, { 4, 4, 11 },
        { 4, 4, 0 },           { 4, 4, UINT64_MAX },  { 21, 0, 32 },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_auto(ElfFile) file = kernel(true, false);
        g_autofree uint8_t *copy = NULL;
        ElfImage image;
        ElfNote note;

        elf_file_put(&file, 0x300, 4, cases[i].name_size);
        elf_file_put(&file, 0x304, 4, cases[i].size);
        elf_file_put(&file, 0x308, 4, 18);
        elf_file_put(&file, 0x30c, 4, 0x006e6558);
        elf_file_put(&file, 0x31c, 4, 0);
        elf_file_add_header(
            &file, (ElfFileHeader){ .type = 4, .offset = 0x300, .file_size = cases[i].segment, .align = 4 });
        g_assert_true(parse(&file, file.bytes->len, &copy, &image, NULL));
        g_assert_false(elf_image_find_note(&image, "Xen", 18, &note));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/elf-image/32-little", GUINT_TO_POINTER(0), test_both_kinds);
    g_test_add_data_func("/elf-image/64-little", GUINT_TO_POINTER(1), test_both_kinds);
    g_test_add_data_func("/elf-image/32-big", GUINT_TO_POINTER(2), test_both_kinds);
    g_test_add_data_func("/elf-image/64-big", GUINT_TO_POINTER(3), test_both_kinds);
    g_test_add_func("/elf-image/cut-short", test_cut_short);
    g_test_add_func("/elf-image/bad-header", test_bad_header);
    g_test_add_func("/elf-image/bad-segments", test_bad_segments);
    g_test_add_func("/elf-image/last-address", test_last_address);
    g_test_add_func("/elf-image/many-segments", test_many_segments);
    g_test_add_data_func("/elf-image/notes-4", GUINT_TO_POINTER(4), test_notes);
    g_test_add_data_func("/elf-image/notes-8", GUINT_TO_POINTER(8), test_notes);
    g_test_add_func("/elf-image/broken-notes", test_broken_notes);
    return g_test_run();
}
