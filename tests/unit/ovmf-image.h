/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * For the tests of the firmware parser: a builder of images, and what is expected of the parser.
 */
#ifndef TESTS_UNIT_OVMF_IMAGE_H
#define TESTS_UNIT_OVMF_IMAGE_H

#include <stdio.h>
#include <string.h>
#include "target-i386/ovmf.h"

#define TABLE_GUID       "96b582de-1fb2-45f7-baea-a366c55a082d"
#define RESET_BLOCK_GUID "00f771de-1a7e-4fcb-890e-68c77e2fb44e"
#define HASHES_GUID      "7255371f-3a3b-4b04-927b-1da6efa8d454"
#define METADATA_GUID    "dc886566-984a-4798-a75e-5585a7bf67cc"
#define SECRET_GUID      "4c2eb361-7d9b-4cc3-8081-127c90d3d294"
#define UNKNOWN_GUID     "01234567-89ab-cdef-0123-456789abcdef"

#define IMAGE_SIZE       1024
#define METADATA         256 /* where builder_metadata() puts it */
#define TABLE_END        (IMAGE_SIZE - 32)
#define FOOTER           (TABLE_END - 18)

#define DEBIAN_12_OVMF   "/usr/share/ovmf/OVMF.fd"
#define DEBIAN_12_SHA256 "7b456907dd0786d415999e801a1ac4637b8ed4d7cf5378cfc6edbe5e574dd773"

/* An image under construction. */
typedef struct Builder {
    uint8_t bytes[IMAGE_SIZE];
    size_t table; /* where the table starts so far */
} Builder;

static inline void put16(Builder *builder, size_t offset, unsigned value)
{
    builder->bytes[offset] = (uint8_t)value;
    builder->bytes[offset + 1] = (uint8_t)(value >> 8);
}

static inline void put32(Builder *builder, size_t offset, uint32_t value)
{
    put16(builder, offset, value & 0xffff);
    put16(builder, offset + 2, value >> 16);
}

static inline void put_guid(Builder *builder, size_t offset, const char *text)
{
    unsigned a, b, c, d[8];

    g_assert_cmpint(sscanf(text, "%8x-%4x-%4x-%2x%2x-%2x%2x%2x%2x%2x%2x", &a, &b, &c, &d[0], &d[1], &d[2],
                           &d[3], &d[4], &d[5], &d[6], &d[7]),
                    ==, 11);
    put32(builder, offset, a);
    put16(builder, offset + 4, b);
    put16(builder, offset + 6, c);
    for (size_t i = 0; i < 8; i++) {
        builder->bytes[offset + 8 + i] = (uint8_t)d[i];
    }
}

/* Writes the footer anew, so that the table covers all that was added. */
static inline void put_footer(Builder *builder)
{
    put16(builder, FOOTER, (unsigned)(TABLE_END - builder->table));
    put_guid(builder, FOOTER + 2, TABLE_GUID);
}

/* Begins an empty table in place of the one that is there. */
static inline void builder_init_table(Builder *builder)
{
    builder->table = FOOTER;
    put_footer(builder);
}

static inline void builder_init(Builder *builder)
{
    memset(builder->bytes, 0x90, sizeof(builder->bytes));
    builder_init_table(builder);
}

/* Adds an entry before the others. Returns the offset of its length. */
static inline size_t builder_entry(Builder *builder, const char *guid, size_t n_values,
                                   const uint32_t *values)
{
    size_t header = builder->table - 18;
    size_t data = header - 4 * n_values;

    put16(builder, header, (unsigned)(18 + 4 * n_values));
    put_guid(builder, header + 2, guid);
    for (size_t i = 0; i < n_values; i++) {
        put32(builder, data + 4 * i, values[i]);
    }
    builder->table = data;
    put_footer(builder);
    return header;
}

static inline size_t builder_entry1(Builder *builder, const char *guid, uint32_t value)
{
    return builder_entry(builder, guid, 1, &value);
}

static inline size_t builder_entry2(Builder *builder, const char *guid, uint32_t first, uint32_t second)
{
    const uint32_t values[] = { first, second };

    return builder_entry(builder, guid, 2, values);
}

static inline void builder_metadata(Builder *builder, size_t n_sections, const OvmfSection *sections)
{
    memcpy(builder->bytes + METADATA, "ASEV", 4);
    put32(builder, METADATA + 4, (uint32_t)(16 + 12 * n_sections));
    put32(builder, METADATA + 8, 1);
    put32(builder, METADATA + 12, (uint32_t)n_sections);
    for (size_t i = 0; i < n_sections; i++) {
        size_t offset = METADATA + 16 + 12 * i;

        put32(builder, offset, sections[i].gpa);
        put32(builder, offset + 4, sections[i].size);
        put32(builder, offset + 8, sections[i].type);
    }
    builder_entry1(builder, METADATA_GUID, IMAGE_SIZE - METADATA);
}

/* The image with 5 sections that many tests spoil. */
static inline void builder_init_typical(Builder *builder)
{
    const OvmfSection sections[] = {
        { 0x800000, 0x9000, OVMF_SECTION_SEC_MEMORY },  { 0x80a000, 0x3000, OVMF_SECTION_SEC_MEMORY },
        { 0x80d000, 0x1000, OVMF_SECTION_SECRETS },     { 0x80e000, 0x1000, OVMF_SECTION_CPUID },
        { 0x80f000, 0x11000, OVMF_SECTION_SEC_MEMORY },
    };

    builder_init(builder);
    builder_entry1(builder, RESET_BLOCK_GUID, 0x80b004);
    builder_metadata(builder, G_N_ELEMENTS(sections), sections);
}

/* From a buffer of its own, so that the address sanitizer sees a read before or after the image. */
static inline bool parse(const void *data, size_t size, OvmfInfo *info, Error **errp)
{
    g_autofree uint8_t *copy = g_memdup2(data, size);

    return ovmf_parse(copy, size, "OVMF.fd", info, errp);
}

static inline void assert_parsed(const Builder *builder, OvmfInfo *info)
{
    g_autoptr(Error) error = NULL;
    bool parsed = parse(builder->bytes, IMAGE_SIZE, info, &error);

    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
    g_assert_true(parsed);
}

static inline void assert_refused(const Builder *builder, const char *expected)
{
    g_autoptr(Error) error = NULL;
    OvmfInfo info;
    const OvmfInfo nothing = { 0 };

    memset(&info, 0xa5, sizeof(info));
    g_assert_false(parse(builder->bytes, IMAGE_SIZE, &info, &error));
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_INVALID);
    g_assert_cmpstr(cgvm_error_message(error), ==, expected);
    g_assert_cmpmem(&info, sizeof(info), &nothing, sizeof(nothing));
    g_assert_false(parse(builder->bytes, IMAGE_SIZE, &info, NULL));
}

static inline void assert_sections_refused(const OvmfSection *sections, size_t n_sections,
                                           const char *expected)
{
    Builder builder;

    builder_init(&builder);
    builder_metadata(&builder, n_sections, sections);
    assert_refused(&builder, expected);
}

static inline void assert_section(const OvmfSection *section, uint32_t gpa, uint32_t size, uint32_t type)
{
    g_assert_cmphex(section->gpa, ==, gpa);
    g_assert_cmphex(section->size, ==, size);
    g_assert_cmphex(section->type, ==, type);
}

#endif
