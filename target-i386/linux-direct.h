/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The start of a Linux kernel without a firmware, by the 64-bit boot protocol (Linux,
 * Documentation/arch/x86/boot.rst): what has to lie in guest memory, and the registers of the first vCPU.
 *
 *   0x1000   descriptor table              0x20000   command line; behind it setup data (snp-start.h)
 *   0x2000   page tables, 6 or 7 pages     0xe0000   ACPI tables; behind them es-start.h or snp-start.h
 *   0x10000  boot parameters               preferred address of the kernel; initrd as high as it may be
 *
 * Nothing else is put at addresses from 0xa0000 to 1 MiB, where the memory map has no RAM.
 * All of it lies below 4 GiB, and the page tables map that, each address to itself; more only if all memory
 * has to be validated before.
 */
#ifndef TARGET_I386_LINUX_DIRECT_H
#define TARGET_I386_LINUX_DIRECT_H

#include "hw/ram.h"
#include "target-i386/linux-boot.h"
#include "target-i386/linux-params.h"

#define LINUX_BIOS_DATA_GPA   UINT64_C(0) /* a page of zeros */
#define LINUX_PAGE_TABLES_GPA UINT64_C(0x2000)
#define LINUX_BOOT_PARAMS_GPA UINT64_C(0x10000)

/** Bytes for guest memory. */
typedef struct LinuxPart {
    uint64_t gpa;
    GBytes *bytes;
    const char *name;     /* for messages */
    const char *file;     /* from which it was read, of the LinuxBoot; NULL: it was made here */
    uint64_t file_offset; /* of its first byte */
} LinuxPart;

#define LINUX_PARTS 9

/** Where the first vCPU starts, and what for. */
typedef enum LinuxStart {
    LINUX_START_KERNEL,     /* in the kernel */
    LINUX_START_JUMP_TABLE, /* in es-start.h, to announce where the others start */
    LINUX_START_VALIDATION, /* in snp-start.h, to take the guest's memory into use */
} LinuxStart;

/** Zeroed: there is no kernel that is started like this. */
typedef struct LinuxDirect {
    LinuxPart parts[LINUX_PARTS]; /* no two overlap */
    unsigned n_parts;
    uint64_t kernel_gpa;
    unsigned cbitpos; /* of the C-bit in page tables and CR3; 0: memory is not encrypted */
    LinuxStart start;
} LinuxDirect;

/**
 * Makes in @p direct, which is zeroed, all that the kernel @p boot needs in the memory @p ram, which is laid
 * out, on a machine of @p smp.
 *
 * Fails with CGVM_ERROR_UNSUPPORTED if the kernel has no 64-bit entry; with CGVM_ERROR_INVALID if its header
 * contradicts itself, or if kernel, initrd or command line are larger than there is room for. After a failure
 * @p direct is to be cleared. @p boot has to stay as long as @p direct.
 */
bool linux_direct_prepare(LinuxDirect *direct, const LinuxBoot *boot, const GuestRam *ram,
                          const SmpTopology *smp, Error **errp);

/**
 * After linux_direct_prepare(): the kernel is entered with all of its memory encrypted, by bit @p cbitpos of
 * page-table entries, which is from 32 to 51, and as @p start says. With LINUX_START_JUMP_TABLE there is one
 * page that is not encrypted; with LINUX_START_VALIDATION the page tables map 512 GiB, and its code is the
 * caller's to add. May be called again with other values.
 */
void linux_direct_encrypt(LinuxDirect *direct, unsigned cbitpos, LinuxStart start);

/** Adds @p bytes, which it takes, in place of the part at @p gpa if there is one. @p name is a constant. */
void linux_direct_set_part(LinuxDirect *direct, uint64_t gpa, const char *name, GBytes *bytes);

/** The same, for a node of the kernel's setup data: the boot parameters point to it. */
void linux_direct_set_data(LinuxDirect *direct, uint64_t gpa, const char *name, GBytes *bytes);

/** The kernel's 64-bit entry, below 4 GiB. */
uint64_t linux_direct_entry(const LinuxDirect *direct);

/** Frees what linux_direct_prepare() has made, and zeroes @p direct. */
void linux_direct_clear(LinuxDirect *direct);

/** Copies all parts into @p ram, which is allocated. */
bool linux_direct_fill(const LinuxDirect *direct, const GuestRam *ram, Error **errp);

/** Changes the reset state @p registers to that in which a kernel is entered. */
void linux_direct_registers(const LinuxDirect *direct, X86Registers *registers);

#endif
