/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The setup header of a bzImage as its boot loader reads it, and the boot parameters ("zero page") that it
 * makes of that (Linux, Documentation/arch/x86/boot.rst and zero-page.rst).
 */
#ifndef TARGET_I386_LINUX_PARAMS_H
#define TARGET_I386_LINUX_PARAMS_H

#include "hw/ram.h"
#include "target-i386/linux-boot.h"

/** What a loader has to know. */
typedef struct LinuxSetup {
    uint64_t preferred_gpa;
    uint32_t init_size;       /* memory from there on that the kernel needs before it looks at the map */
    uint32_t initrd_last;     /* the highest address that the initrd may have */
    uint32_t cmdline_largest; /* without its NUL */
} LinuxSetup;

/** Where the parts that the parameters tell of are. */
typedef struct LinuxPlaces {
    uint64_t kernel_gpa;
    uint64_t initrd_gpa;
    uint64_t initrd_size; /* 0: there is none */
    uint32_t cmdline_gpa;
    uint32_t acpi_gpa; /* the RSDP */
} LinuxPlaces;

#define LINUX_PARAMS_SIZE 4096

/** Types of ranges in a memory map. */
#define LINUX_MAP_RAM      1
#define LINUX_MAP_RESERVED 2
#define LINUX_MAP_ACPI     3

/** Takes a range of the memory map, from @p start to before @p end. */
typedef void LinuxMapSink(void *opaque, uint64_t start, uint64_t end, uint32_t type);

/** Hands the memory map of @p ram's RAM proper to @p add, in order: at most four ranges for each block. */
void linux_memory_map(const GuestRam *ram, LinuxMapSink *add, void *opaque);

/** Addresses between these two are not for the kernel to use, although there is memory. */
#define LINUX_RESERVED_START UINT64_C(0xa0000)
#define LINUX_RESERVED_END   UINT64_C(0x100000)
/** Where the ACPI tables start; nothing but what goes with them comes from there to LINUX_RESERVED_END. */
#define LINUX_ACPI_GPA 0xe0000u

/**
 * Reads @p setup from the header of the kernel @p boot. Fails with CGVM_ERROR_UNSUPPORTED for a kernel
 * without an entry for 64-bit loaders, saying what to do instead.
 */
bool linux_setup_read(const LinuxBoot *boot, LinuxSetup *setup, Error **errp);

/** The boot parameters for the kernel @p boot, with the memory map of @p ram's RAM proper. */
GBytes *linux_params_new(const LinuxBoot *boot, const LinuxPlaces *places, const GuestRam *ram);

/** The parameters @p params with the kernel's setup data at @p gpa. */
GBytes *linux_params_with_data(GBytes *params, uint64_t gpa);

#endif
