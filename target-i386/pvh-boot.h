/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The start of a kernel that is an ELF file, such as Linux's vmlinux, by the protocol of Xen's PVH guests
 * (Xen, docs/misc/pvh.pandoc and xen/include/public/arch-x86/hvm/start_info.h): 32-bit code without paging,
 * and a structure that tells of memory, modules and the command line. The kernel has a note with its entry.
 *
 *   0x1000   descriptor table              0xe0000   ACPI tables
 *   0x10000  start info                    segments of the kernel where the file wants them, above 1 MiB;
 *   0x20000  command line                  initrd, the only module, as high as it may be below 4 GiB
 */
#ifndef TARGET_I386_PVH_BOOT_H
#define TARGET_I386_PVH_BOOT_H

#include "hw/ram.h"
#include "target-i386/linux-boot.h"

/** Bytes for guest memory, and zeros behind them. */
typedef struct PvhPart {
    uint64_t gpa;
    GBytes *bytes;
    uint64_t memory_size; /* at least that of the bytes */
    const char *name;     /* for messages */
} PvhPart;

#define PVH_PARTS (ELF_MAX_SEGMENTS + 5)

/** Zeroed: there is no kernel that is started like this. */
typedef struct PvhBoot {
    PvhPart parts[PVH_PARTS]; /* no two overlap */
    unsigned n_parts;
    uint32_t entry;
} PvhBoot;

/**
 * Makes in @p pvh, which is zeroed, all that the kernel @p boot, an ELF file, needs in the memory @p ram,
 * which is laid out, on a machine of @p smp.
 *
 * Fails with CGVM_ERROR_UNSUPPORTED for a kernel of another processor or without an entry for PVH; with
 * CGVM_ERROR_INVALID for one whose entry is not in it, whose segments lie where the guest has no memory for
 * them, or if initrd or command line are larger than there is room for. After a failure @p pvh is to be
 * cleared.
 */
bool pvh_boot_prepare(PvhBoot *pvh, const LinuxBoot *boot, const GuestRam *ram, const SmpTopology *smp,
                      Error **errp);

/** Frees what pvh_boot_prepare() has made, and zeroes @p pvh. */
void pvh_boot_clear(PvhBoot *pvh);

/** Copies all parts into @p ram, which is allocated. */
bool pvh_boot_fill(const PvhBoot *pvh, const GuestRam *ram, Error **errp);

/** Changes the reset state @p registers to that in which the kernel is entered. */
void pvh_boot_registers(const PvhBoot *pvh, X86Registers *registers);

#endif
