/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * ELF files for tests, made field by field. 32 and 64 bits, of both byte orders.
 */
#ifndef TESTS_UNIT_ELF_FILE_H
#define TESTS_UNIT_ELF_FILE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef struct ElfFile {
    GByteArray *bytes;
    bool is_64, is_big;
    unsigned n_headers;
} ElfFile;

/** A program header; the rest of it is 0. */
typedef struct ElfFileHeader {
    uint32_t type;
    uint64_t offset, virtual_address, physical_address, file_size, memory_size, align;
} ElfFileHeader;

static inline void elf_file_put(ElfFile *file, size_t at, unsigned size, uint64_t value)
{
    if (file->bytes->len < at + size) {
        guint before = file->bytes->len;

        g_byte_array_set_size(file->bytes, at + size);
        memset(file->bytes->data + before, 0, at + size - before);
    }
    for (unsigned i = 0; i < size; i++) {
        file->bytes->data[at + (file->is_big ? size - 1 - i : i)] = value >> (8 * i);
    }
}

/** An executable for @p machine that starts at @p entry, with program headers behind the ELF header. */
static inline ElfFile elf_file_new(bool is_64, bool is_big, uint16_t machine, uint64_t entry)
{
    ElfFile file = { .bytes = g_byte_array_new(), .is_64 = is_64, .is_big = is_big };
    unsigned word = is_64 ? 8 : 4, header = is_64 ? 64 : 52;
    const uint8_t ident[16] = { 0x7f, 'E', 'L', 'F', is_64 ? 2 : 1, is_big ? 2 : 1, 1 };

    g_byte_array_append(file.bytes, ident, sizeof(ident));
    elf_file_put(&file, 16, 2, 2);
    elf_file_put(&file, 18, 2, machine);
    elf_file_put(&file, 20, 4, 1);
    elf_file_put(&file, 24, word, entry);
    elf_file_put(&file, 24 + word, word, header);
    elf_file_put(&file, 24 + 3 * word, 4, 0);
    elf_file_put(&file, 28 + 3 * word, 2, header);
    elf_file_put(&file, 30 + 3 * word, 2, is_64 ? 56 : 32);
    elf_file_put(&file, header - 1, 1, 0);
    return file;
}

static inline void elf_file_add_header(ElfFile *file, ElfFileHeader header)
{
    unsigned word = file->is_64 ? 8 : 4;
    size_t at = (file->is_64 ? 64 : 52) + (size_t)file->n_headers++ * (file->is_64 ? 56 : 32);
    size_t fields = at + word; /* where p_offset is: p_flags of 64 bits is before it */

    elf_file_put(file, at, 4, header.type);
    elf_file_put(file, fields, word, header.offset);
    elf_file_put(file, fields + word, word, header.virtual_address);
    elf_file_put(file, fields + 2 * word, word, header.physical_address);
    elf_file_put(file, fields + 3 * word, word, header.file_size);
    elf_file_put(file, fields + 4 * word, word, header.memory_size);
    elf_file_put(file, file->is_64 ? at + 48 : at + 28, word, header.align);
    elf_file_put(file, 32 + 3 * word, 2, file->n_headers);
}

/** Adds a segment with @p size bytes at @p data, and @p more zero bytes in memory. The data follow behind
 * @p offset. */
static inline void elf_file_add_segment(ElfFile *file, uint64_t offset, uint64_t virtual_address,
                                        uint64_t physical_address, const void *data, size_t size,
                                        uint64_t more)
{
    elf_file_add_header(file, (ElfFileHeader){ .type = 1,
                                               .offset = offset,
                                               .virtual_address = virtual_address,
                                               .physical_address = physical_address,
                                               .file_size = size,
                                               .memory_size = size + more });
    if (size) {
        elf_file_put(file, offset + size - 1, 1, 0);
        memcpy(file->bytes->data + offset, data, size);
    }
}

static inline void elf_file_clear(ElfFile *file)
{
    g_byte_array_unref(file->bytes);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ElfFile, elf_file_clear)

#endif
