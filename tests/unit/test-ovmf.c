/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the parser of firmware images: synthetic images, everything that is refused, and Debian 12's OVMF.
 */
#include "ovmf-image.h"

static void test_no_table(void)
{
    const uint8_t bytes[100] = { 0 };
    OvmfInfo info;

    for (size_t size = 0; size <= sizeof(bytes); size++) {
        g_assert_true(parse(bytes, size, &info, NULL));
        g_assert_false(info.has_table);
        g_assert_false(info.has_reset_address);
        g_assert_false(info.has_metadata);
        g_assert_cmpuint(info.n_sections, ==, 0);
        ovmf_info_clear(&info);
    }
    g_assert_true(ovmf_parse(NULL, 0, "empty", &info, NULL));
}

static void test_empty_table(void)
{
    Builder builder;
    OvmfInfo info;

    builder_init(&builder);
    assert_parsed(&builder, &info);
    g_assert_true(info.has_table);
    g_assert_false(info.has_reset_address);
    g_assert_false(info.has_metadata);
    g_assert_cmpuint(info.hashes.gpa, ==, 0);
    g_assert_cmpuint(info.secret.gpa, ==, 0);
    ovmf_info_clear(&info);
}

static void test_image_that_is_only_a_table(void)
{
    Builder builder;
    OvmfInfo info;
    size_t start;

    builder_init(&builder);
    g_assert_true(parse(builder.bytes + FOOTER, IMAGE_SIZE - FOOTER, &info, NULL));
    g_assert_true(info.has_table);
    ovmf_info_clear(&info);
    builder_entry1(&builder, RESET_BLOCK_GUID, 0x12345678);
    start = builder.table;
    g_assert_true(parse(builder.bytes + start, IMAGE_SIZE - start, &info, NULL));
    g_assert_cmphex(info.reset_address, ==, 0x12345678);
    ovmf_info_clear(&info);
    g_assert_false(parse(builder.bytes + start + 1, IMAGE_SIZE - start - 1, &info, NULL));
}

static void test_entries(void)
{
    Builder builder;
    OvmfInfo info;

    builder_init(&builder);
    builder_entry1(&builder, RESET_BLOCK_GUID, 0x80b004);
    builder_entry2(&builder, UNKNOWN_GUID, 1, 2);
    builder_entry2(&builder, HASHES_GUID, 0x810c00, 0x400);
    builder_entry2(&builder, SECRET_GUID, 0x80f000, 0xc00);
    builder_entry(&builder, UNKNOWN_GUID, 0, NULL);
    assert_parsed(&builder, &info);
    g_assert_true(info.has_table);
    g_assert_true(info.has_reset_address);
    g_assert_cmphex(info.reset_address, ==, 0x80b004);
    g_assert_cmphex(info.hashes.gpa, ==, 0x810c00);
    g_assert_cmphex(info.hashes.size, ==, 0x400);
    g_assert_cmphex(info.secret.gpa, ==, 0x80f000);
    g_assert_cmphex(info.secret.size, ==, 0xc00);
    g_assert_false(info.has_metadata);
    ovmf_info_clear(&info);
}

static void test_last_of_two_alike_counts(void)
{
    Builder builder;
    OvmfInfo info;

    builder_init(&builder);
    builder_entry1(&builder, RESET_BLOCK_GUID, 0x2);
    builder_entry1(&builder, RESET_BLOCK_GUID, 0x1);
    assert_parsed(&builder, &info);
    g_assert_cmphex(info.reset_address, ==, 0x2);
    ovmf_info_clear(&info);
}

/* The first images for SEV-ES: the reset block stands where others have the table's footer. */
static void test_old_layout(void)
{
    Builder builder;
    OvmfInfo info;

    builder_init(&builder);
    put_guid(&builder, FOOTER + 2, RESET_BLOCK_GUID);
    put16(&builder, FOOTER, 22);
    put32(&builder, FOOTER - 4, 0xfffcf004);
    assert_parsed(&builder, &info);
    g_assert_false(info.has_table);
    g_assert_true(info.has_reset_address);
    g_assert_cmphex(info.reset_address, ==, 0xfffcf004);
    ovmf_info_clear(&info);

    put16(&builder, FOOTER, 26);
    assert_refused(&builder,
                   "'OVMF.fd': the table entry at offset 0x3ce (SEV-ES reset block) holds 8 bytes instead "
                   "of 4");
    put16(&builder, FOOTER, 0xffff);
    assert_refused(&builder,
                   "'OVMF.fd': the table entry at offset 0x3ce claims a length of 65535 bytes; it must be "
                   "from 18 to the 992 that are left of the table");
}

static void test_typical(void)
{
    Builder builder;
    OvmfInfo info;

    builder_init_typical(&builder);
    assert_parsed(&builder, &info);
    g_assert_true(info.has_metadata);
    g_assert_cmpuint(info.metadata_offset, ==, METADATA);
    g_assert_cmpuint(info.n_sections, ==, 5);
    assert_section(&info.sections[0], 0x800000, 0x9000, 1);
    assert_section(&info.sections[1], 0x80a000, 0x3000, 1);
    assert_section(&info.sections[2], 0x80d000, 0x1000, 2);
    assert_section(&info.sections[3], 0x80e000, 0x1000, 3);
    assert_section(&info.sections[4], 0x80f000, 0x11000, 1);
    ovmf_info_clear(&info);
    g_assert_null(info.sections);
    g_assert_cmpuint(info.n_sections, ==, 0);
    ovmf_info_clear(&info);
}

static void test_sections_that_are_allowed(void)
{
    const OvmfSection sections[] = {
        { 0xfffff000, 0x1000, 0x77 }, /* ends at 4 GiB; an unknown type */
        { 0x2000, 0x1000, 1 },        /* not in ascending order; neighbours touch */
        { 0x1000, 0x1000, 1 },
        { 0, 0x1000, 1 },
    };
    Builder builder;
    OvmfInfo info;

    builder_init(&builder);
    builder_metadata(&builder, G_N_ELEMENTS(sections), sections);
    assert_parsed(&builder, &info);
    g_assert_cmpuint(info.n_sections, ==, G_N_ELEMENTS(sections));
    for (size_t i = 0; i < G_N_ELEMENTS(sections); i++) {
        assert_section(&info.sections[i], sections[i].gpa, sections[i].size, sections[i].type);
    }
    ovmf_info_clear(&info);
}

static void test_whole_address_space(void)
{
    const OvmfSection sections[] = {
        { 0, 0xfffff000, 1 },
        { 0xfffff000, 0x1000, 1 },
    };
    Builder builder;
    OvmfInfo info;

    builder_init(&builder);
    builder_metadata(&builder, G_N_ELEMENTS(sections), sections);
    assert_parsed(&builder, &info);
    ovmf_info_clear(&info);
}

static void test_metadata_without_sections(void)
{
    Builder builder;
    OvmfInfo info;

    builder_init(&builder);
    builder_metadata(&builder, 0, NULL);
    assert_parsed(&builder, &info);
    g_assert_true(info.has_metadata);
    g_assert_cmpuint(info.n_sections, ==, 0);
    ovmf_info_clear(&info);
}

static void assert_metadata_found(Builder *builder, size_t offset)
{
    OvmfInfo info;

    memcpy(builder->bytes + offset, builder->bytes + METADATA, 16);
    builder_init_table(builder);
    builder_entry1(builder, METADATA_GUID, (uint32_t)(IMAGE_SIZE - offset));
    assert_parsed(builder, &info);
    g_assert_true(info.has_metadata);
    g_assert_cmpuint(info.metadata_offset, ==, offset);
    ovmf_info_clear(&info);
}

static void test_metadata_at_the_ends(void)
{
    Builder builder;

    builder_init(&builder);
    builder_metadata(&builder, 0, NULL);
    assert_metadata_found(&builder, 0);
    assert_metadata_found(&builder, IMAGE_SIZE - 16);
}

static void test_metadata_with_room_to_spare(void)
{
    Builder builder;
    OvmfInfo info;

    builder_init_typical(&builder);
    put32(&builder, METADATA + 4, IMAGE_SIZE - METADATA);
    assert_parsed(&builder, &info);
    g_assert_cmpuint(info.n_sections, ==, 5);
    ovmf_info_clear(&info);
}

static void test_image_beyond_4_gib(void)
{
    g_autoptr(Error) error = NULL;
    const uint8_t bytes[1] = { 0 };
    OvmfInfo info;

    /* The size is refused before anything is read. */
    g_assert_false(ovmf_parse(bytes, (size_t)4294967297, "big.fd", &info, &error));
    g_assert_cmpstr(cgvm_error_message(error), ==,
                    "'big.fd' is 4294967297 bytes long and does not fit below 4 GiB");
}

static void test_table_length(void)
{
    Builder builder;

    builder_init(&builder);
    put16(&builder, FOOTER, 17);
    assert_refused(&builder,
                   "'OVMF.fd': the table of GUIDed entries claims a length of 17 bytes at offset 0x3ce; it "
                   "must be from 18 to the 992 up to its end");
    put16(&builder, FOOTER, TABLE_END + 1);
    assert_refused(&builder,
                   "'OVMF.fd': the table of GUIDed entries claims a length of 993 bytes at offset 0x3ce; it "
                   "must be from 18 to the 992 up to its end");
}

static void test_entry_length(void)
{
    const uint32_t values[5] = { 0 };
    Builder builder;
    size_t header;

    builder_init(&builder);
    header = builder_entry2(&builder, UNKNOWN_GUID, 1, 2);
    g_assert_cmphex(header, ==, 0x3bc);
    put16(&builder, header, 17);
    assert_refused(&builder,
                   "'OVMF.fd': the table entry at offset 0x3bc claims a length of 17 bytes; it must be from "
                   "18 to the 26 that are left of the table");
    put16(&builder, header, 0);
    assert_refused(&builder,
                   "'OVMF.fd': the table entry at offset 0x3bc claims a length of 0 bytes; it must be from "
                   "18 to the 26 that are left of the table");
    put16(&builder, header, 27);
    assert_refused(&builder,
                   "'OVMF.fd': the table entry at offset 0x3bc claims a length of 27 bytes; it must be from "
                   "18 to the 26 that are left of the table");
    put16(&builder, header, 25);
    assert_refused(&builder, "'OVMF.fd': the table of GUIDed entries has a rest of length 1 at offset 0x3b4, "
                             "too short for an entry");

    builder_init(&builder);
    header = builder_entry(&builder, UNKNOWN_GUID, 5, values);
    put16(&builder, header, 21);
    assert_refused(&builder, "'OVMF.fd': the table of GUIDed entries has a rest of length 17 at offset "
                             "0x3a8, too short for an entry");
}

static void test_entry_of_wrong_size(void)
{
    static const struct {
        const char *guid;
        const char *message;
        size_t n_values;
    } cases[] = {
        { RESET_BLOCK_GUID,
          "'OVMF.fd': the table entry at offset 0x3bc (SEV-ES reset block) holds 8 bytes instead of 4", 2 },
        { RESET_BLOCK_GUID,
          "'OVMF.fd': the table entry at offset 0x3bc (SEV-ES reset block) holds 0 bytes instead of 4", 0 },
        { METADATA_GUID,
          "'OVMF.fd': the table entry at offset 0x3bc (SEV metadata offset) holds 8 bytes instead of 4", 2 },
        { HASHES_GUID,
          "'OVMF.fd': the table entry at offset 0x3bc (kernel hashes area) holds 4 bytes instead of 8", 1 },
        { SECRET_GUID,
          "'OVMF.fd': the table entry at offset 0x3bc (launch secret area) holds 12 bytes instead of 8", 3 },
    };
    const uint32_t values[3] = { 0 };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Builder builder;

        builder_init(&builder);
        builder_entry(&builder, cases[i].guid, cases[i].n_values, values);
        assert_refused(&builder, cases[i].message);
    }
}

static void assert_metadata_place_refused(uint32_t from_end, const char *expected)
{
    Builder builder;

    builder_init(&builder);
    builder_entry1(&builder, METADATA_GUID, from_end);
    assert_refused(&builder, expected);
}

static void test_metadata_outside_the_image(void)
{
    assert_metadata_place_refused(
        0, "'OVMF.fd': the table at offset 0x3b8 places the SEV metadata 0 bytes before the "
           "end; it must be from 16 to the 1024 of the file");
    assert_metadata_place_refused(
        15, "'OVMF.fd': the table at offset 0x3b8 places the SEV metadata 15 bytes before "
            "the end; it must be from 16 to the 1024 of the file");
    assert_metadata_place_refused(
        IMAGE_SIZE + 1, "'OVMF.fd': the table at offset 0x3b8 places the SEV metadata 1025 bytes before the "
                        "end; it must be from 16 to the 1024 of the file");
    assert_metadata_place_refused(
        UINT32_MAX, "'OVMF.fd': the table at offset 0x3b8 places the SEV metadata 4294967295 bytes before "
                    "the end; it must be from 16 to the 1024 of the file");
}

static void test_metadata_signature(void)
{
    Builder builder;

    builder_init_typical(&builder);
    builder.bytes[METADATA] = 'B';
    assert_refused(&builder,
                   "'OVMF.fd': the SEV metadata at offset 0x100 starts with 42 53 45 56 instead of 'ASEV'");
}

static void test_metadata_version(void)
{
    Builder builder;

    builder_init_typical(&builder);
    put32(&builder, METADATA + 8, 2);
    assert_refused(&builder,
                   "'OVMF.fd': the SEV metadata at offset 0x100 has version 2; only version 1 is known");
}

static void test_metadata_length(void)
{
    Builder builder;

    builder_init_typical(&builder);
    put32(&builder, METADATA + 4, 15);
    assert_refused(&builder,
                   "'OVMF.fd': the SEV metadata at offset 0x100 claims a length of 15 bytes; it must be from "
                   "16 to the 768 that are left of the file");
    put32(&builder, METADATA + 4, 769);
    assert_refused(&builder,
                   "'OVMF.fd': the SEV metadata at offset 0x100 claims a length of 769 bytes; it must be "
                   "from 16 to the 768 that are left of the file");
}

static void test_too_many_sections(void)
{
    Builder builder;

    builder_init_typical(&builder);
    put32(&builder, METADATA + 12, 6);
    assert_refused(&builder,
                   "'OVMF.fd': the SEV metadata at offset 0x100 claims 6 sections, but only 5 fit its length "
                   "of 76 bytes");
    put32(&builder, METADATA + 12, UINT32_MAX);
    assert_refused(&builder,
                   "'OVMF.fd': the SEV metadata at offset 0x100 claims 4294967295 sections, but only 5 fit "
                   "its length of 76 bytes");
    put32(&builder, METADATA + 12, 5);
    put32(&builder, METADATA + 4, 75);
    assert_refused(&builder,
                   "'OVMF.fd': the SEV metadata at offset 0x100 claims 5 sections, but only 4 fit its length "
                   "of 75 bytes");
}

static void test_bad_sections(void)
{
    const OvmfSection empty[] = { { 0x800000, 0x1000, 1 }, { 0x801000, 0, 1 } };
    const OvmfSection unaligned_gpa[] = { { 0x800800, 0x1000, 1 } };
    const OvmfSection unaligned_size[] = { { 0x800000, 0x1001, 1 } };
    const OvmfSection wrapping[] = { { 0xfffff000, 0x2000, 1 } };

    assert_sections_refused(empty, 2, "'OVMF.fd': the SEV metadata section at offset 0x11c is empty");
    assert_sections_refused(
        unaligned_gpa, 1,
        "'OVMF.fd': the SEV metadata section at offset 0x110 covers 0x1000 bytes from guest address "
        "0x800800; both must be multiples of 4096");
    assert_sections_refused(
        unaligned_size, 1,
        "'OVMF.fd': the SEV metadata section at offset 0x110 covers 0x1001 bytes from guest address "
        "0x800000; both must be multiples of 4096");
    assert_sections_refused(
        wrapping, 1,
        "'OVMF.fd': the SEV metadata section at offset 0x110 covers 0x2000 bytes from guest address "
        "0xfffff000, which goes beyond 4 GiB");
}

static void test_overlapping_sections(void)
{
    const OvmfSection equal[] = { { 0x800000, 0x1000, 1 }, { 0x800000, 0x1000, 2 } };
    const OvmfSection ascending[] = { { 0x800000, 0x2000, 1 },
                                      { 0x900000, 0x1000, 1 },
                                      { 0x801000, 0x1000, 1 } };
    const OvmfSection descending[] = { { 0x801000, 0x1000, 1 }, { 0x800000, 0x2000, 1 } };
    const OvmfSection shuffled[] = {
        { 0x4000, 0x1000, 1 }, { 0x1000, 0x1000, 1 }, { 0x6000, 0x1000, 1 },
        { 0x3000, 0x2000, 1 }, { 0x5000, 0x1000, 1 }, { 0x2000, 0x1000, 1 },
    };
    const OvmfSection containing[] = { { 0x0, 0xfffff000, 1 }, { 0xffffe000, 0x1000, 1 } };

    assert_sections_refused(
        equal, 2,
        "'OVMF.fd': the SEV metadata sections at offsets 0x110 and 0x11c overlap at guest address "
        "0x800000");
    assert_sections_refused(
        ascending, 3,
        "'OVMF.fd': the SEV metadata sections at offsets 0x110 and 0x128 overlap at guest address "
        "0x801000");
    assert_sections_refused(
        descending, 2,
        "'OVMF.fd': the SEV metadata sections at offsets 0x110 and 0x11c overlap at guest address "
        "0x801000");
    assert_sections_refused(
        shuffled, 6,
        "'OVMF.fd': the SEV metadata sections at offsets 0x110 and 0x134 overlap at guest address 0x4000");
    assert_sections_refused(
        containing, 2,
        "'OVMF.fd': the SEV metadata sections at offsets 0x110 and 0x11c overlap at guest address "
        "0xffffe000");
}

/* No image that was cut off anywhere may be read beyond its ends. */
static void test_truncated(void)
{
    Builder builder;

    builder_init_typical(&builder);
    for (size_t start = 0; start < IMAGE_SIZE; start++) {
        OvmfInfo info;

        parse(builder.bytes + start, IMAGE_SIZE - start, &info, NULL);
        ovmf_info_clear(&info);
        parse(builder.bytes, start, &info, NULL);
        ovmf_info_clear(&info);
    }
}

static void test_section_names(void)
{
    g_assert_cmpstr(ovmf_section_name(OVMF_SECTION_SEC_MEMORY), ==, "memory of the SEC phase");
    g_assert_cmpstr(ovmf_section_name(OVMF_SECTION_SECRETS), ==, "SNP secrets page");
    g_assert_cmpstr(ovmf_section_name(OVMF_SECTION_CPUID), ==, "SNP CPUID page");
    g_assert_cmpstr(ovmf_section_name(OVMF_SECTION_SVSM_CAA), ==, "SVSM calling area");
    g_assert_cmpstr(ovmf_section_name(OVMF_SECTION_KERNEL_HASHES), ==, "kernel hashes page");
    g_assert_null(ovmf_section_name(0));
    g_assert_null(ovmf_section_name(5));
    g_assert_null(ovmf_section_name(UINT32_MAX));
}

static void test_debian_12(void)
{
    g_autofree char *contents = NULL;
    g_autofree char *sha256 = NULL;
    g_autoptr(Error) error = NULL;
    gsize size;
    OvmfInfo info;

    if (!g_file_get_contents(DEBIAN_12_OVMF, &contents, &size, NULL)) {
        g_test_skip(DEBIAN_12_OVMF " cannot be read");
        return;
    }
    sha256 = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)contents, size);
    if (!g_str_equal(sha256, DEBIAN_12_SHA256)) {
        g_test_skip(DEBIAN_12_OVMF " is not Debian 12's");
        return;
    }
    g_assert_true(parse(contents, size, &info, &error));
    g_assert_true(info.has_table);
    g_assert_true(info.has_reset_address);
    g_assert_cmphex(info.reset_address, ==, 0x80b004);
    g_assert_cmphex(info.hashes.gpa, ==, 0);
    g_assert_cmphex(info.secret.gpa, ==, 0);
    g_assert_true(info.has_metadata);
    g_assert_cmphex(info.metadata_offset, ==, 0x1ffad4);
    g_assert_cmpuint(info.n_sections, ==, 5);
    assert_section(&info.sections[0], 0x800000, 0x9000, OVMF_SECTION_SEC_MEMORY);
    assert_section(&info.sections[1], 0x80a000, 0x3000, OVMF_SECTION_SEC_MEMORY);
    assert_section(&info.sections[2], 0x80d000, 0x1000, OVMF_SECTION_SECRETS);
    assert_section(&info.sections[3], 0x80e000, 0x1000, OVMF_SECTION_CPUID);
    assert_section(&info.sections[4], 0x80f000, 0x11000, OVMF_SECTION_SEC_MEMORY);
    ovmf_info_clear(&info);

    contents[0x1ffad4 + 12] = 0x0f;
    contents[0x1ffad4 + 13] = 0x27;
    g_assert_false(parse(contents, size, &info, &error));
    g_assert_cmpstr(
        cgvm_error_message(error), ==,
        "'OVMF.fd': the SEV metadata at offset 0x1ffad4 claims 9999 sections, but only 5 fit its length of "
        "76 bytes");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ovmf/no-table", test_no_table);
    g_test_add_func("/ovmf/empty-table", test_empty_table);
    g_test_add_func("/ovmf/only-a-table", test_image_that_is_only_a_table);
    g_test_add_func("/ovmf/entries", test_entries);
    g_test_add_func("/ovmf/last-of-two-alike-counts", test_last_of_two_alike_counts);
    g_test_add_func("/ovmf/old-layout", test_old_layout);
    g_test_add_func("/ovmf/typical", test_typical);
    g_test_add_func("/ovmf/sections-that-are-allowed", test_sections_that_are_allowed);
    g_test_add_func("/ovmf/whole-address-space", test_whole_address_space);
    g_test_add_func("/ovmf/metadata-without-sections", test_metadata_without_sections);
    g_test_add_func("/ovmf/metadata-at-the-ends", test_metadata_at_the_ends);
    g_test_add_func("/ovmf/metadata-with-room-to-spare", test_metadata_with_room_to_spare);
    g_test_add_func("/ovmf/image-beyond-4-gib", test_image_beyond_4_gib);
    g_test_add_func("/ovmf/table-length", test_table_length);
    g_test_add_func("/ovmf/entry-length", test_entry_length);
    g_test_add_func("/ovmf/entry-of-wrong-size", test_entry_of_wrong_size);
    g_test_add_func("/ovmf/metadata-outside-the-image", test_metadata_outside_the_image);
    g_test_add_func("/ovmf/metadata-signature", test_metadata_signature);
    g_test_add_func("/ovmf/metadata-version", test_metadata_version);
    g_test_add_func("/ovmf/metadata-length", test_metadata_length);
    g_test_add_func("/ovmf/too-many-sections", test_too_many_sections);
    g_test_add_func("/ovmf/bad-sections", test_bad_sections);
    g_test_add_func("/ovmf/overlapping-sections", test_overlapping_sections);
    g_test_add_func("/ovmf/truncated", test_truncated);
    g_test_add_func("/ovmf/section-names", test_section_names);
    g_test_add_func("/ovmf/debian-12", test_debian_12);
    return g_test_run();
}
