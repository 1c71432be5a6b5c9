/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * What lies in a pseries guest's memory when it starts: kernel, RTAS, initrd and device tree, clear of each
 * other.
 *
 * Without a firmware nothing moves the kernel: it lies where its ELF file says, which for Linux is from 0 on.
 * The others follow behind its last byte (its zeroed data counts), each from a multiple of 64 KiB.
 */
#ifndef TARGET_PPC_BOOT_PARTS_H
#define TARGET_PPC_BOOT_PARTS_H

#include "hw/elf-image.h"
#include "hw/machine.h"

/** A run of bytes of memory. */
typedef struct BootPart {
    uint64_t gpa;
    GBytes *contents;
    char *origin; /* for people */
} BootPart;

typedef struct BootParts {
    GBytes *kernel; /* the file */
    char *kernel_name;
    ElfImage image;
    uint64_t entry; /* where the first vCPU starts */
    GBytes *initrd; /* NULL: none */
    char *initrd_name;
    uint64_t kernel_end, rtas_gpa, initrd_gpa, tree_gpa;
    GArray *parts; /* of BootPart, by address */
} BootParts;

/**
 * Reads -kernel and -initrd of @p machine, and says where everything is but the device tree's size. Fails
 * with CGVM_ERROR_INVALID or CGVM_ERROR_UNSUPPORTED if the kernel is none for POWER or has no place in
 * memory, and as input_file_read().
 */
bool boot_parts_load(BootParts *boot, MachineState *machine, Error **errp);

/** Adds the device tree, of which @p boot takes a reference, and completes the list of parts. Fails with
 * CGVM_ERROR_INVALID if memory ends before it does. */
bool boot_parts_complete(BootParts *boot, const MachineState *machine, GBytes *tree, Error **errp);

/** Copies all parts into memory, which is empty. */
bool boot_parts_fill(const BootParts *boot, const GuestRam *ram, Error **errp);

/** Frees what it holds. The all-zero one is fine. */
void boot_parts_clear(BootParts *boot);

/** Bytes of RTAS, which is a call to the hypervisor and a return. */
#define PAPR_RTAS_SIZE 20

#endif
