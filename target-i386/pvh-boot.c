/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-i386/pvh-boot.h"
#include <inttypes.h>
#include <string.h>
#include "qapi-builtins.h"
#include "target-i386/acpi-tables.h"
#include "target-i386/linux-direct.h"
#include "target-i386/linux-params.h"

#define GDT_GPA        UINT64_C(0x1000)
#define START_INFO_GPA UINT64_C(0x10000)
#define CMDLINE_GPA    UINT64_C(0x20000)
#define CMDLINE_ROOM   UINT64_C(0x10000)
#define FOUR_GIB       (UINT64_C(1) << 32)

#define NOTE_OWNER     "Xen"
#define NOTE_ENTRY     18 /* XEN_ELFNOTE_PHYS32_ENTRY */

/* Start info: offsets, and of the two lists in the same page. */
#define MAGIC           0x336ec578u
#define N_MODULES       12
#define MODULES         16
#define CMDLINE         24
#define RSDP            32
#define MEMORY_MAP      40
#define N_RANGES        48
#define MODULES_AT      0x100
#define MEMORY_MAP_AT   0x200
#define RANGE_SIZE      24
#define MOST_RANGES     ((GUEST_PAGE_SIZE - MEMORY_MAP_AT) / RANGE_SIZE)

#define CODE_SELECTOR   0x08
#define DATA_SELECTOR   0x10
#define TASK_SELECTOR   0x18
#define CODE_ATTRIBUTES 0xc9b /* 32 bits, execute, read */
#define DATA_ATTRIBUTES 0xc93 /* 32 bits, read, write */
#define TASK_ATTRIBUTES 0x08b /* 32 bits, busy */
#define FLAT_LIMIT      0xffffffffu
#define TASK_LIMIT      0x67u
#define CR0_PE          (UINT64_C(1) << 0)

static void store(uint8_t *bytes, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        bytes[i] = (uint8_t)(value >> 8 * i);
    }
}

/* ---- parts ---- */

/* Takes @bytes. */
static void add_part(PvhBoot *pvh, uint64_t gpa, const char *name, GBytes *bytes, uint64_t memory_size)
{
    g_assert(pvh->n_parts < PVH_PARTS);
    pvh->parts[pvh->n_parts++] =
        (PvhPart){ .gpa = gpa, .bytes = bytes, .memory_size = memory_size, .name = name };
}

static void add_bytes(PvhBoot *pvh, uint64_t gpa, const char *name, GBytes *bytes)
{
    add_part(pvh, gpa, name, bytes, g_bytes_get_size(bytes));
}

static GBytes *descriptor_table_new(void)
{
    const uint64_t table[] = {
        0,
        GUINT64_TO_LE(UINT64_C(0x00cf9b000000ffff)),
        GUINT64_TO_LE(UINT64_C(0x00cf93000000ffff)),
        GUINT64_TO_LE(UINT64_C(0x00008b0000000067)),
    };

    return g_bytes_new(table, sizeof(table));
}

static void add_range(void *opaque, uint64_t start, uint64_t end, uint32_t type)
{
    uint8_t *info = opaque;
    unsigned number = info[N_RANGES];
    uint8_t *range = info + MEMORY_MAP_AT + number * RANGE_SIZE;

    g_assert(number < MOST_RANGES);
    store(range, start, 8);
    store(range + 8, end - start, 8);
    store(range + 16, type, 4);
    info[N_RANGES] = (uint8_t)(number + 1);
}

static GBytes *start_info_new(const GuestRam *ram, uint64_t initrd_gpa, uint64_t initrd_size)
{
    uint8_t *info = g_malloc0(GUEST_PAGE_SIZE);

    store(info, MAGIC, 4);
    store(info + 4, 1, 4); /* the version that has a memory map */
    if (initrd_size) {
        store(info + N_MODULES, 1, 4);
        store(info + MODULES, START_INFO_GPA + MODULES_AT, 8);
        store(info + MODULES_AT, initrd_gpa, 8);
        store(info + MODULES_AT + 8, initrd_size, 8);
    }
    store(info + CMDLINE, CMDLINE_GPA, 8);
    store(info + RSDP, LINUX_ACPI_GPA, 8);
    store(info + MEMORY_MAP, START_INFO_GPA + MEMORY_MAP_AT, 8);
    linux_memory_map(ram, add_range, info);
    return g_bytes_new_take(info, GUEST_PAGE_SIZE);
}

/* ---- places ---- */

/* Where the memory ends that begins at 1 MiB. */
static uint64_t low_memory_end(const GuestRam *ram)
{
    uint64_t end = 0;

    for (guint i = 0; i < ram->blocks->len; i++) {
        const RamBlock *block = g_ptr_array_index(ram->blocks, i);

        if (block->main && block->gpa <= LINUX_RESERVED_END) {
            end = MAX(end, block->gpa + block->size);
        }
    }
    return MIN(end, FOUR_GIB);
}

/* The entry is a physical address, in 32 or 64 bits. */
static bool read_entry(PvhBoot *pvh, const LinuxBoot *boot, Error **errp)
{
    const ElfImage *elf = boot->elf;
    ElfNote note;
    uint64_t entry;

    if (elf->is_big_endian || (elf->machine != ELF_MACHINE_X86_64 && elf->machine != ELF_MACHINE_386)) {
        g_autofree char *what = elf_image_describe(elf);

        return error_set(errp, CGVM_ERROR_UNSUPPORTED, "the kernel '%s' is a %s, which is not for x86",
                         boot->kernel_name, what);
    }
    if (!elf_image_find_note(elf, NOTE_OWNER, NOTE_ENTRY, &note) || note.size < 4) {
        return error_set(errp, CGVM_ERROR_UNSUPPORTED,
                         "the kernel '%s' is an ELF file without an entry for PVH (note 18 of Xen); give its "
                         "bzImage, or build it with CONFIG_PVH",
                         boot->kernel_name);
    }
    entry = note.size < 8 ? elf_image_read32(elf, note.data) : elf_image_read64(elf, note.data);
    for (unsigned i = 0; i < elf->n_segments; i++) {
        const ElfSegment *segment = &elf->segments[i];

        if (entry >= segment->physical_address && entry - segment->physical_address < segment->file_size &&
            entry < FOUR_GIB) {
            pvh->entry = (uint32_t)entry;
            return true;
        }
    }
    return error_setg(errp, "the kernel '%s' has its entry for PVH at 0x%" PRIx64 ", where it has no code",
                      boot->kernel_name, entry);
}

static bool add_segments(PvhBoot *pvh, const LinuxBoot *boot, uint64_t memory_end, Error **errp)
{
    const ElfImage *elf = boot->elf;

    for (unsigned i = 0; i < elf->n_segments; i++) {
        const ElfSegment *segment = &elf->segments[i];
        uint64_t start = segment->physical_address;

        if (start < LINUX_RESERVED_END || start > memory_end || segment->memory_size > memory_end - start) {
            return error_setg(errp,
                              "the kernel '%s' needs memory at 0x%" PRIx64 "+0x%" PRIx64
                              ", and the guest's is from 1 MiB to 0x%" PRIx64 "; give it more (-m)",
                              boot->kernel_name, start, segment->memory_size, memory_end);
        }
        add_part(pvh, start, "kernel",
                 g_bytes_new_from_bytes(boot->kernel, segment->file_offset, segment->file_size),
                 segment->memory_size);
    }
    return true;
}

static bool add_initrd(PvhBoot *pvh, const LinuxBoot *boot, uint64_t memory_end, uint64_t *ret_gpa,
                       Error **errp)
{
    uint64_t size = boot->initrd ? g_bytes_get_size(boot->initrd) : 0, first, kernel_end;

    if (!size) {
        return true;
    }
    elf_image_extent(boot->elf, &first, &kernel_end);
    if (memory_end - kernel_end < size + GUEST_PAGE_SIZE) {
        return error_setg(errp,
                          "the initrd '%s' has %" PRIu64
                          " bytes, and there is no room for it between the end of the kernel at 0x%" PRIx64
                          " and 0x%" PRIx64 "; give the guest more memory (-m) or a smaller initrd",
                          boot->initrd_name, size, kernel_end, memory_end);
    }
    *ret_gpa = (memory_end - size) & -(uint64_t)GUEST_PAGE_SIZE;
    add_bytes(pvh, *ret_gpa, "initrd", g_bytes_ref(boot->initrd));
    return true;
}

bool pvh_boot_prepare(PvhBoot *pvh, const LinuxBoot *boot, const GuestRam *ram, const SmpTopology *smp,
                      Error **errp)
{
    uint64_t memory_end = low_memory_end(ram), initrd_gpa = 0;

    if (!read_entry(pvh, boot, errp) || !add_segments(pvh, boot, memory_end, errp) ||
        !add_initrd(pvh, boot, memory_end, &initrd_gpa, errp)) {
        return false;
    }
    if (g_bytes_get_size(boot->cmdline) > CMDLINE_ROOM) {
        return error_setg(errp, "-append has %zu bytes, and there is room for %" PRIu64 "; make it shorter",
                          g_bytes_get_size(boot->cmdline) - 1, CMDLINE_ROOM - 1);
    }
    add_bytes(pvh, GDT_GPA, "descriptor table", descriptor_table_new());
    add_bytes(pvh, START_INFO_GPA, "start info",
              start_info_new(ram, initrd_gpa, initrd_gpa ? g_bytes_get_size(boot->initrd) : 0));
    add_bytes(pvh, CMDLINE_GPA, "command line", g_bytes_ref(boot->cmdline));
    add_bytes(pvh, LINUX_ACPI_GPA, "ACPI tables", acpi_tables_new(LINUX_ACPI_GPA, smp));
    return true;
}

void pvh_boot_clear(PvhBoot *pvh)
{
    for (unsigned i = 0; i < pvh->n_parts; i++) {
        g_bytes_unref(pvh->parts[i].bytes);
    }
    *pvh = (PvhBoot){ .n_parts = 0 };
}

/* Memory of a backend may hold what was there before, where the kernel wants zeros. */
bool pvh_boot_fill(const PvhBoot *pvh, const GuestRam *ram, Error **errp)
{
    for (unsigned i = 0; i < pvh->n_parts; i++) {
        const PvhPart *part = &pvh->parts[i];
        gsize size;
        const void *bytes = g_bytes_get_data(part->bytes, &size);
        uint8_t *memory = guest_ram_pointer(ram, part->gpa, part->memory_size, errp);

        if (!memory) {
            return error_prepend(errp, "%s: ", part->name);
        }
        if (size) {
            memcpy(memory, bytes, size);
        }
        memset(memory + size, 0, part->memory_size - size);
    }
    return true;
}

void pvh_boot_registers(const PvhBoot *pvh, X86Registers *registers)
{
    const X86Segment data = { .selector = DATA_SELECTOR, .attributes = DATA_ATTRIBUTES, .limit = FLAT_LIMIT };

    registers->cs =
        (X86Segment){ .selector = CODE_SELECTOR, .attributes = CODE_ATTRIBUTES, .limit = FLAT_LIMIT };
    registers->ds = registers->es = registers->fs = registers->gs = registers->ss = data;
    registers->tr =
        (X86Segment){ .selector = TASK_SELECTOR, .attributes = TASK_ATTRIBUTES, .limit = TASK_LIMIT };
    registers->gdtr = (X86Segment){ .base = GDT_GPA, .limit = TASK_SELECTOR + 7 };
    registers->idtr = (X86Segment){ .limit = 0 };
    registers->cr0 |= CR0_PE;
    registers->rip = pvh->entry;
    registers->rbx = START_INFO_GPA;
}
