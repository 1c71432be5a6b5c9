/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Fuzzes the reader of ELF programs: whatever the file, what it yields is what elf-image.h promises.
 */
#include <glib.h>
#include <string.h>
#include "hw/elf-image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_segment(const ElfImage *image, unsigned index)
{
    const ElfSegment *segment = &image->segments[index];
    uint64_t first = segment->physical_address, last = first + (segment->memory_size - 1), physical;

    g_assert_cmpuint(segment->memory_size, >, 0);
    g_assert_cmpuint(segment->file_size, <=, segment->memory_size);
    g_assert_cmpuint(segment->file_offset, <=, image->size);
    g_assert_cmpuint(segment->file_size, <=, image->size - segment->file_offset);
    g_assert_cmpuint(first, <=, last);
    g_assert_true(elf_image_to_physical(image, segment->virtual_address, &physical));
    for (unsigned i = 0; i < index; i++) {
        const ElfSegment *other = &image->segments[i];

        g_assert_true(other->physical_address > last ||
                      other->physical_address + (other->memory_size - 1) < first);
    }
}

static void check_success(const ElfImage *image)
{
    uint64_t start, end;
    ElfNote note;

    g_assert_cmpuint(image->n_segments, >=, 1);
    g_assert_cmpuint(image->n_segments, <=, ELF_MAX_SEGMENTS);
    for (unsigned i = 0; i < image->n_segments; i++) {
        check_segment(image, i);
    }
    elf_image_extent(image, &start, &end);
    g_assert_cmpuint(start, <, end);
    if (elf_image_find_note(image, "Xen", 18, &note)) {
        g_assert_true(note.data >= image->data && note.data <= image->data + image->size);
        g_assert_cmpuint(note.size, <=, image->data + image->size - note.data);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(Error) error = NULL;
    ElfImage image;

    if (elf_image_parse(data, size, "file", &image, &error)) {
        g_assert_null(error);
        check_success(&image);
    } else {
        g_assert_nonnull(error);
        g_assert_nonnull(strstr(cgvm_error_message(error), "'file'"));
    }
    return 0;
}
