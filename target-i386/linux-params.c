/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-i386/linux-params.h"
#include <string.h>

/* Offsets that the setup header and the boot parameters have in common. */
enum {
    SETUP_START = 0x1f1,
    VIDEO_MODE = 0x1fa,
    JUMP_LENGTH = 0x201, /* u8: the header ends so many bytes behind the next one */
    JUMP_END = 0x202,
    LOADER_TYPE = 0x210,
    LOAD_FLAGS = 0x211,
    CODE32_START = 0x214,
    INITRD_ADDRESS = 0x218,
    INITRD_SIZE = 0x21c,
    CMDLINE_ADDRESS = 0x228,
    INITRD_LAST = 0x22c,
    XLOAD_FLAGS = 0x236,
    CMDLINE_LARGEST = 0x238,
    SETUP_DATA = 0x250,
    PREFERRED_ADDRESS = 0x258,
    INIT_SIZE = 0x260,
    INIT_SIZE_END = 0x264,
    SETUP_LARGEST_END = 0x290, /* where the boot parameters have something else */
};

/* Only in the boot parameters. */
enum { ACPI_RSDP = 0x070, E820_ENTRIES = 0x1e8, E820_TABLE = 0x2d0 };

#define E820_ENTRY        20
#define E820_LARGEST      128

#define PROTOCOL_2_12     0x020c /* the first with XLOAD_FLAGS */
#define XLOAD_KERNEL_64   0x01
#define LOAD_HIGH         0x01
#define LOADER_WITHOUT_ID 0xff
#define VIDEO_MODE_NORMAL 0xffff

static uint64_t load(const uint8_t *bytes, unsigned size)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < size; i++) {
        value |= (uint64_t)bytes[i] << 8 * i;
    }
    return value;
}

static void store(uint8_t *bytes, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        bytes[i] = (uint8_t)(value >> 8 * i);
    }
}

/* ---- header ---- */

/* Every kernel has two sectors of setup at least (linux_image_parse()), so that the jump can be read. */
static unsigned header_end(const uint8_t *kernel)
{
    return MIN(JUMP_END + kernel[JUMP_LENGTH], SETUP_LARGEST_END);
}

bool linux_setup_read(const LinuxBoot *boot, LinuxSetup *setup, Error **errp)
{
    const uint8_t *kernel = g_bytes_get_data(boot->kernel, NULL);

    if (boot->image.protocol < PROTOCOL_2_12 || header_end(kernel) < INIT_SIZE_END ||
        !(kernel[XLOAD_FLAGS] & XLOAD_KERNEL_64)) {
        return error_set(
            errp, CGVM_ERROR_UNSUPPORTED,
            "the kernel '%s' has no entry for 64-bit boot loaders, and nothing else can start it "
            "without a firmware; give a 64-bit kernel of Linux 3.8 or later, or a firmware "
            "(-bios) that starts it",
            boot->kernel_name);
    }
    *setup = (LinuxSetup){
        .preferred_gpa = load(kernel + PREFERRED_ADDRESS, 8),
        .init_size = (uint32_t)load(kernel + INIT_SIZE, 4),
        .initrd_last = (uint32_t)load(kernel + INITRD_LAST, 4),
        .cmdline_largest = (uint32_t)load(kernel + CMDLINE_LARGEST, 4),
    };
    return true;
}

/* ---- parameters ---- */

static void add_e820(void *opaque, uint64_t start, uint64_t end, uint32_t type)
{
    uint8_t *params = opaque;
    unsigned number = params[E820_ENTRIES];
    uint8_t *entry = params + E820_TABLE + number * E820_ENTRY;

    g_assert(number < E820_LARGEST);
    store(entry, start, 8);
    store(entry + 8, end - start, 8);
    store(entry + 16, type, 4);
    params[E820_ENTRIES] = (uint8_t)(number + 1);
}

static void map_range(LinuxMapSink *add, void *opaque, uint64_t start, uint64_t end, uint32_t type)
{
    if (start < end) {
        add(opaque, start, end, type);
    }
}

/* A guest with encrypted memory maps ACPI tables as private only where the map says that they are
 * (__ioremap_check_encrypted() in Linux, arch/x86/mm/ioremap.c). */
void linux_memory_map(const GuestRam *ram, LinuxMapSink *add, void *opaque)
{
    for (guint i = 0; i < ram->blocks->len; i++) {
        const RamBlock *block = g_ptr_array_index(ram->blocks, i);
        uint64_t start = block->gpa, end = block->gpa + block->size;

        if (block->main) {
            map_range(add, opaque, start, MIN(end, LINUX_RESERVED_START), LINUX_MAP_RAM);
            map_range(add, opaque, MAX(start, LINUX_RESERVED_START), MIN(end, LINUX_ACPI_GPA),
                      LINUX_MAP_RESERVED);
            map_range(add, opaque, MAX(start, LINUX_ACPI_GPA), MIN(end, LINUX_RESERVED_END), LINUX_MAP_ACPI);
            map_range(add, opaque, MAX(start, LINUX_RESERVED_END), end, LINUX_MAP_RAM);
        }
    }
}

GBytes *linux_params_new(const LinuxBoot *boot, const LinuxPlaces *places, const GuestRam *ram)
{
    const uint8_t *kernel = g_bytes_get_data(boot->kernel, NULL);
    uint8_t *params = g_malloc0(LINUX_PARAMS_SIZE);

    memcpy(params + SETUP_START, kernel + SETUP_START, header_end(kernel) - SETUP_START);
    store(params + VIDEO_MODE, VIDEO_MODE_NORMAL, 2);
    params[LOADER_TYPE] = LOADER_WITHOUT_ID;
    params[LOAD_FLAGS] |= LOAD_HIGH;
    store(params + CODE32_START, places->kernel_gpa, 4);
    store(params + INITRD_ADDRESS, places->initrd_gpa, 4);
    store(params + INITRD_SIZE, places->initrd_size, 4);
    store(params + CMDLINE_ADDRESS, places->cmdline_gpa, 4);
    store(params + ACPI_RSDP, places->acpi_gpa, 8);
    linux_memory_map(ram, add_e820, params);
    return g_bytes_new_take(params, LINUX_PARAMS_SIZE);
}

GBytes *linux_params_with_data(GBytes *params, uint64_t gpa)
{
    gsize size;
    const void *bytes = g_bytes_get_data(params, &size);
    uint8_t *changed = g_memdup2(bytes, size);

    store(changed + SETUP_DATA, gpa, 8);
    return g_bytes_new_take(changed, size);
}
