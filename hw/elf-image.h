/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * ELF programs that start on bare metal: kernels and firmware. 32 and 64 bits, of both byte orders.
 *
 * What is read is what a loader needs: the entry, the segments with memory (PT_LOAD) and notes (PT_NOTE).
 * Sections, symbols and relocations are not looked at. Nothing of the file is trusted: after
 * elf_image_parse() every segment's bytes are inside the file, no address wraps around, and no two segments
 * overlap in physical memory. Whether they fit into a guest's memory is the caller's question.
 *
 * Follows the System V ABI, "Object Files" and "Program Loading" (gabi 4.1).
 */
#ifndef HW_ELF_IMAGE_H
#define HW_ELF_IMAGE_H

#include <stdbool.h>
#include <stdint.h>
#include "qapi/error.h"

/** More segments than this are refused; Linux has up to six. */
#define ELF_MAX_SEGMENTS 32

/* ElfImage.machine: those that somebody here asks for. */
#define ELF_MACHINE_386    3
#define ELF_MACHINE_PPC    20
#define ELF_MACHINE_PPC64  21
#define ELF_MACHINE_S390   22
#define ELF_MACHINE_X86_64 62

/* ElfImage.type */
#define ELF_TYPE_EXECUTABLE 2
#define ELF_TYPE_SHARED     3 /* it can run at any address */

/** A segment with memory: memory_size bytes (not 0), of which the first file_size come from the file. The
 * others are zero. */
typedef struct ElfSegment {
    uint64_t file_offset;
    uint64_t file_size;
    uint64_t memory_size;
    uint64_t virtual_address;
    uint64_t physical_address;
} ElfSegment;

typedef struct ElfImage {
    const uint8_t *data; /* the file, borrowed: it must outlive this */
    size_t size;
    bool is_64;
    bool is_big_endian;
    uint16_t type;
    uint16_t machine;
    uint32_t flags; /* e_flags; what they mean is the machine's */
    uint64_t entry; /* a virtual address */
    unsigned n_segments;
    ElfSegment segments[ELF_MAX_SEGMENTS]; /* in the file's order */
} ElfImage;

/** What a note holds. */
typedef struct ElfNote {
    const uint8_t *data; /* in the file */
    size_t size;
} ElfNote;

/** Whether the @p size bytes at @p data start as an ELF file does. */
bool elf_image_is_elf(const uint8_t *data, size_t size);

/**
 * Reads the program that the @p size bytes at @p data are; @p name is how messages call the file. The result
 * needs no cleaning up. Fails with CGVM_ERROR_UNSUPPORTED if it is no ELF file or none that is run
 * (executable or shared), CGVM_ERROR_INVALID if it contradicts itself or is cut short.
 */
bool elf_image_parse(const uint8_t *data, size_t size, const char *name, ElfImage *image, Error **errp);

/** "64-bit little-endian ELF file for machine 21": how messages call it. To be freed. */
char *elf_image_describe(const ElfImage *image);

/** The physical address of virtual address @p address, if it lies in a segment. */
bool elf_image_to_physical(const ElfImage *image, uint64_t address, uint64_t *ret_physical);

/** The first physical address of the image, and the one behind its last. */
void elf_image_extent(const ElfImage *image, uint64_t *ret_start, uint64_t *ret_end);

/** The first note of type @p type whose name is @p owner ("Xen"). False if there is none; notes behind a
 * broken one are not found. */
bool elf_image_find_note(const ElfImage *image, const char *owner, uint32_t type, ElfNote *note);

/** A 16-, 32- or 64-bit number of the file, at @p bytes, in the file's byte order. */
uint16_t elf_image_read16(const ElfImage *image, const uint8_t *bytes);
uint32_t elf_image_read32(const ElfImage *image, const uint8_t *bytes);
uint64_t elf_image_read64(const ElfImage *image, const uint8_t *bytes);

#endif
