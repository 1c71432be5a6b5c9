/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hw/elf-image.h"
#include <glib.h>
#include <inttypes.h>
#include <string.h>

/* e_ident */
#define IDENT_SIZE    16
#define IDENT_CLASS   4
#define IDENT_DATA    5
#define IDENT_VERSION 6
#define CLASS_32      1
#define CLASS_64      2
#define DATA_LITTLE   1
#define DATA_BIG      2
#define VERSION       1

#define SEGMENT_LOAD  1
#define SEGMENT_NOTE  4

/* Where the fields are, by class. Those before e_entry are the same in both. */
#define E_TYPE    16
#define E_MACHINE 18
#define E_VERSION 20
#define E_ENTRY   24

typedef struct Layout {
    uint8_t e_phoff, e_flags, e_phentsize, e_phnum, header_size;
    uint8_t p_offset, p_vaddr, p_paddr, p_filesz, p_memsz, p_align, entry_size;
} Layout;

static const Layout layout_32 = {
    .e_phoff = 28,
    .e_flags = 36,
    .e_phentsize = 42,
    .e_phnum = 44,
    .header_size = 52,
    .p_offset = 4,
    .p_vaddr = 8,
    .p_paddr = 12,
    .p_filesz = 16,
    .p_memsz = 20,
    .p_align = 28,
    .entry_size = 32,
};

static const Layout layout_64 = {
    .e_phoff = 32,
    .e_flags = 48,
    .e_phentsize = 54,
    .e_phnum = 56,
    .header_size = 64,
    .p_offset = 8,
    .p_vaddr = 16,
    .p_paddr = 24,
    .p_filesz = 32,
    .p_memsz = 40,
    .p_align = 48,
    .entry_size = 56,
};

/* ---- numbers ---- */

/* An unsigned number of @size bytes. */
static uint64_t read_number(const ElfImage *image, const uint8_t *bytes, unsigned size)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < size; i++) {
        value = value << 8 | bytes[image->is_big_endian ? i : size - 1 - i];
    }
    return value;
}

uint16_t elf_image_read16(const ElfImage *image, const uint8_t *bytes)
{
    return read_number(image, bytes, 2);
}

uint32_t elf_image_read32(const ElfImage *image, const uint8_t *bytes)
{
    return read_number(image, bytes, 4);
}

uint64_t elf_image_read64(const ElfImage *image, const uint8_t *bytes)
{
    return read_number(image, bytes, 8);
}

/* An address, offset or size, which the class makes 4 or 8 bytes long. */
static uint64_t read_word(const ElfImage *image, const uint8_t *bytes)
{
    return read_number(image, bytes, image->is_64 ? 8 : 4);
}

static const Layout *layout_of(const ElfImage *image)
{
    return image->is_64 ? &layout_64 : &layout_32;
}

/* ---- the header ---- */

bool elf_image_is_elf(const uint8_t *data, size_t size)
{
    return size >= 4 && memcmp(data, "\177ELF", 4) == 0;
}

static bool parse_ident(ElfImage *image, const char *name, Error **errp)
{
    const uint8_t *ident = image->data;

    if (!elf_image_is_elf(image->data, image->size)) {
        return error_set(errp, CGVM_ERROR_UNSUPPORTED, "'%s' is not an ELF file; give a vmlinux", name);
    }
    if (image->size < IDENT_SIZE) {
        return error_setg(errp, "'%s' is cut short: it has %zu bytes, too few for an ELF file; copy it again",
                          name, image->size);
    }
    if ((ident[IDENT_CLASS] != CLASS_32 && ident[IDENT_CLASS] != CLASS_64) ||
        (ident[IDENT_DATA] != DATA_LITTLE && ident[IDENT_DATA] != DATA_BIG) ||
        ident[IDENT_VERSION] != VERSION) {
        return error_setg(errp,
                          "'%s' says of itself that it is an ELF file of class %u, byte order %u and version "
                          "%u; there are classes 1 and 2, orders 1 and 2, and version 1",
                          name, ident[IDENT_CLASS], ident[IDENT_DATA], ident[IDENT_VERSION]);
    }
    image->is_64 = ident[IDENT_CLASS] == CLASS_64;
    image->is_big_endian = ident[IDENT_DATA] == DATA_BIG;
    return true;
}

static bool parse_header(ElfImage *image, const char *name, Error **errp)
{
    const Layout *layout = layout_of(image);

    if (image->size < layout->header_size) {
        return error_setg(errp, "'%s' is cut short: it has %zu bytes, and an ELF header %u; copy it again",
                          name, image->size, layout->header_size);
    }
    image->type = elf_image_read16(image, image->data + E_TYPE);
    image->machine = elf_image_read16(image, image->data + E_MACHINE);
    image->entry = read_word(image, image->data + E_ENTRY);
    image->flags = elf_image_read32(image, image->data + layout->e_flags);
    if (elf_image_read32(image, image->data + E_VERSION) != VERSION) {
        return error_setg(errp, "'%s' is of ELF version %u; there is only version 1", name,
                          elf_image_read32(image, image->data + E_VERSION));
    }
    if (image->type != ELF_TYPE_EXECUTABLE && image->type != ELF_TYPE_SHARED) {
        return error_set(errp, CGVM_ERROR_UNSUPPORTED,
                         "'%s' is an ELF file of type %u, which is not for running; give the linked kernel "
                         "(type 2 or 3)",
                         name, image->type);
    }
    return true;
}

/* ---- segments ---- */

/* Whether @size bytes at @at are in the file. */
static bool in_file(const ElfImage *image, uint64_t at, uint64_t size)
{
    return at <= image->size && size <= image->size - at;
}

/* The table of program headers: *ret_count entries of the layout's size. */
static bool find_table(const ElfImage *image, const char *name, const uint8_t **ret_table,
                       unsigned *ret_count, Error **errp)
{
    const Layout *layout = layout_of(image);
    uint64_t at = read_word(image, image->data + layout->e_phoff);
    unsigned entry_size = elf_image_read16(image, image->data + layout->e_phentsize);
    unsigned count = elf_image_read16(image, image->data + layout->e_phnum);

    if (count && entry_size != layout->entry_size) {
        return error_setg(errp, "'%s' has program headers of %u bytes; this class of ELF has %u", name,
                          entry_size, layout->entry_size);
    }
    if (!in_file(image, at, (uint64_t)count * layout->entry_size)) {
        return error_setg(errp,
                          "'%s' is cut short: its %u program headers at 0x%" PRIx64
                          " are not inside its %zu bytes; copy it again",
                          name, count, at, image->size);
    }
    *ret_table = image->data + at;
    *ret_count = count;
    return true;
}

static ElfSegment read_segment(const ElfImage *image, const uint8_t *header)
{
    const Layout *layout = layout_of(image);

    return (ElfSegment){
        .file_offset = read_word(image, header + layout->p_offset),
        .file_size = read_word(image, header + layout->p_filesz),
        .memory_size = read_word(image, header + layout->p_memsz),
        .virtual_address = read_word(image, header + layout->p_vaddr),
        .physical_address = read_word(image, header + layout->p_paddr),
    };
}

static bool wraps_around(const ElfImage *image, uint64_t address, uint64_t size)
{
    uint64_t end = image->is_64 ? UINT64_MAX : (uint64_t)UINT32_MAX + 1;

    return address > end || size > end - address;
}

static bool overlap(const ElfSegment *a, const ElfSegment *b)
{
    return a->physical_address <= b->physical_address + (b->memory_size - 1) &&
           b->physical_address <= a->physical_address + (a->memory_size - 1);
}

static bool check_segment(const ElfImage *image, const ElfSegment *segment, const char *name, Error **errp)
{
    unsigned number = image->n_segments;

    if (segment->file_size > segment->memory_size) {
        return error_setg(errp,
                          "segment %u of '%s' has 0x%" PRIx64 " bytes in the file, more than the 0x%" PRIx64
                          " that it has in memory",
                          number, name, segment->file_size, segment->memory_size);
    }
    if (!in_file(image, segment->file_offset, segment->file_size)) {
        return error_setg(errp,
                          "'%s' is cut short: the 0x%" PRIx64 " bytes of segment %u at 0x%" PRIx64
                          " are not inside its %zu bytes; copy it again",
                          name, segment->file_size, number, segment->file_offset, image->size);
    }
    if (wraps_around(image, segment->physical_address, segment->memory_size) ||
        wraps_around(image, segment->virtual_address, segment->memory_size)) {
        return error_setg(errp,
                          "segment %u of '%s' has 0x%" PRIx64 " bytes at 0x%" PRIx64 " (virtual 0x%" PRIx64
                          "), which go beyond the last address",
                          number, name, segment->memory_size, segment->physical_address,
                          segment->virtual_address);
    }
    for (unsigned i = 0; i < image->n_segments; i++) {
        if (overlap(segment, &image->segments[i])) {
            return error_setg(errp, "segments %u and %u of '%s' overlap in memory at 0x%" PRIx64, i, number,
                              name, MAX(segment->physical_address, image->segments[i].physical_address));
        }
    }
    return true;
}

static bool parse_segments(ElfImage *image, const char *name, Error **errp)
{
    const Layout *layout = layout_of(image);
    const uint8_t *table;
    unsigned count;

    if (!find_table(image, name, &table, &count, errp)) {
        return false;
    }
    for (unsigned i = 0; i < count; i++) {
        const uint8_t *header = table + (size_t)i * layout->entry_size;
        ElfSegment segment = read_segment(image, header);

        if (elf_image_read32(image, header) != SEGMENT_LOAD ||
            (segment.memory_size == 0 && segment.file_size == 0)) {
            continue;
        }
        if (image->n_segments == ELF_MAX_SEGMENTS) {
            return error_set(errp, CGVM_ERROR_UNSUPPORTED,
                             "'%s' has more than %u segments with memory; no kernel has", name,
                             ELF_MAX_SEGMENTS);
        }
        if (!check_segment(image, &segment, name, errp)) {
            return false;
        }
        image->segments[image->n_segments++] = segment;
    }
    return image->n_segments ||
           error_setg(errp, "'%s' has no segment that is loaded into memory; give the linked kernel", name);
}

bool elf_image_parse(const uint8_t *data, size_t size, const char *name, ElfImage *image, Error **errp)
{
    *image = (ElfImage){ .data = data, .size = size };
    return parse_ident(image, name, errp) && parse_header(image, name, errp) &&
           parse_segments(image, name, errp);
}

/* ---- questions ---- */

char *elf_image_describe(const ElfImage *image)
{
    return g_strdup_printf("%u-bit %s-endian ELF file for machine %u", image->is_64 ? 64 : 32,
                           image->is_big_endian ? "big" : "little", image->machine);
}

bool elf_image_to_physical(const ElfImage *image, uint64_t address, uint64_t *ret_physical)
{
    for (unsigned i = 0; i < image->n_segments; i++) {
        const ElfSegment *segment = &image->segments[i];

        if (address >= segment->virtual_address &&
            address - segment->virtual_address < segment->memory_size) {
            *ret_physical = segment->physical_address + (address - segment->virtual_address);
            return true;
        }
    }
    return false;
}

void elf_image_extent(const ElfImage *image, uint64_t *ret_start, uint64_t *ret_end)
{
    *ret_start = UINT64_MAX;
    *ret_end = 0;
    for (unsigned i = 0; i < image->n_segments; i++) {
        const ElfSegment *segment = &image->segments[i];

        *ret_start = MIN(*ret_start, segment->physical_address);
        *ret_end = MAX(*ret_end, segment->physical_address + segment->memory_size);
    }
}

/* ---- notes ---- */

/* Notes are padded to 4 bytes; those of a segment that is aligned to 8, to 8. */
static size_t padded(size_t size, uint64_t align)
{
    size_t granule = align == 8 ? 8 : 4;

    return (size + granule - 1) / granule * granule;
}

static bool find_note_in(const ElfImage *image, const ElfSegment *segment, uint64_t align, const char *owner,
                         uint32_t type, ElfNote *note)
{
    const uint8_t *at = image->data + segment->file_offset;
    size_t left = segment->file_size, owner_size = strlen(owner) + 1;

    while (left >= 12) {
        uint32_t name_size = elf_image_read32(image, at), size = elf_image_read32(image, at + 4);
        size_t name_room = padded((size_t)12 + name_size, align) - 12, room = padded(size, align);

        if (name_size > left - 12 || name_room > left - 12 || size > left - 12 - name_room) {
            return false;
        }
        if (elf_image_read32(image, at + 8) == type && name_size == owner_size &&
            memcmp(at + 12, owner, owner_size) == 0) {
            *note = (ElfNote){ .data = at + 12 + name_room, .size = size };
            return true;
        }
        if (room > left - 12 - name_room) {
            return false; /* the last one need not be padded */
        }
        at += 12 + name_room + room;
        left -= 12 + name_room + room;
    }
    return false;
}

bool elf_image_find_note(const ElfImage *image, const char *owner, uint32_t type, ElfNote *note)
{
    const Layout *layout = layout_of(image);
    const uint8_t *table;
    unsigned count;
    g_autoptr(Error) ignored = NULL;

    if (!find_table(image, "", &table, &count, &ignored)) {
        return false;
    }
    for (unsigned i = 0; i < count; i++) {
        const uint8_t *header = table + (size_t)i * layout->entry_size;
        ElfSegment segment = read_segment(image, header);
        uint64_t align = read_word(image, header + layout->p_align);

        if (elf_image_read32(image, header) == SEGMENT_NOTE &&
            in_file(image, segment.file_offset, segment.file_size) &&
            find_note_in(image, &segment, align, owner, type, note)) {
            return true;
        }
    }
    return false;
}
