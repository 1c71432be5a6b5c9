/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-i386/linux-direct.h"
#include <inttypes.h>
#include <string.h>
#include "qapi-builtins.h"
#include "target-i386/acpi-tables.h"
#include "target-i386/es-start.h"
#include "target-i386/linux-params.h"
#include "target-i386/snp-start.h"

#define GDT_GPA      UINT64_C(0x1000)
#define CMDLINE_GPA  UINT64_C(0x20000)
#define CMDLINE_ROOM UINT64_C(0x10000)
#define FOUR_GIB     (UINT64_C(1) << 32)

#define ENTRY_64     0x200 /* from where the kernel is loaded */

/* What the boot protocol wants in the descriptor table, by selector. */
#define CODE_SELECTOR   0x10
#define DATA_SELECTOR   0x18
#define CODE_ATTRIBUTES 0xa9b /* 64 bits, execute, read */
#define DATA_ATTRIBUTES 0xc93 /* 32 bits, read, write */
#define CODE_DESCRIPTOR UINT64_C(0x00af9b000000ffff)
#define DATA_DESCRIPTOR UINT64_C(0x00cf93000000ffff)
#define FLAT_LIMIT      0xffffffffu

#define CR0_PE          (UINT64_C(1) << 0)
#define CR0_PG          (UINT64_C(1) << 31)
#define CR4_PAE         (UINT64_C(1) << 5)
#define EFER_LME        (UINT64_C(1) << 8)
#define EFER_LMA        (UINT64_C(1) << 10)

/* Page-table entries: the first 4 GiB in pages of 2 MiB, by one table of each of the two upper levels. */
#define ENTRIES          512
#define ENTRY_TABLE      UINT64_C(0x3) /* present, writable */
#define ENTRY_SMALL_PAGE UINT64_C(0x3)
#define ENTRY_LARGE_PAGE UINT64_C(0x83)
#define LARGE_PAGE       (UINT64_C(2) << 20)
#define HUGE_PAGE        (UINT64_C(1) << 30) /* all processors with SEV-SNP have them */
#define DIRECTORIES      4
#define TABLES           (2 + DIRECTORIES)

/* ---- tables ---- */

static GBytes *descriptor_table_new(void)
{
    const uint64_t table[] = {
        [CODE_SELECTOR / 8] = GUINT64_TO_LE(CODE_DESCRIPTOR),
        [DATA_SELECTOR / 8] = GUINT64_TO_LE(DATA_DESCRIPTOR),
    };

    return g_bytes_new(table, sizeof(table));
}

/* Another table maps the first of the large pages in small ones, so that one of them can be shared. */
static void share_page(uint64_t *directory, uint64_t *small, uint64_t mask, uint64_t gpa)
{
    for (unsigned i = 0; i < ENTRIES; i++) {
        small[i] = GUINT64_TO_LE(i * GUEST_PAGE_SIZE | ENTRY_SMALL_PAGE | mask);
    }
    small[gpa / GUEST_PAGE_SIZE] = GUINT64_TO_LE(gpa | ENTRY_SMALL_PAGE);
    directory[0] = GUINT64_TO_LE((LINUX_PAGE_TABLES_GPA + TABLES * GUEST_PAGE_SIZE) | ENTRY_TABLE | mask);
}

/* @mask is set in every entry, but for that of a GHCB. */
static GBytes *page_tables_new(uint64_t mask, LinuxStart start)
{
    const uint64_t table = ENTRY_TABLE | mask, page = ENTRY_LARGE_PAGE | mask;
    bool has_ghcb = start == LINUX_START_JUMP_TABLE;
    unsigned tables = TABLES + has_ghcb;
    uint64_t *entries = g_new0(uint64_t, tables * ENTRIES);
    uint64_t *pointers = entries + ENTRIES, *directories = pointers + ENTRIES;

    entries[0] = GUINT64_TO_LE((LINUX_PAGE_TABLES_GPA + GUEST_PAGE_SIZE) | table);
    for (unsigned i = 0; i < DIRECTORIES; i++) {
        pointers[i] = GUINT64_TO_LE((LINUX_PAGE_TABLES_GPA + (2 + i) * GUEST_PAGE_SIZE) | table);
    }
    for (unsigned i = DIRECTORIES; start == LINUX_START_VALIDATION && i < ENTRIES; i++) {
        pointers[i] = GUINT64_TO_LE(i * HUGE_PAGE | page);
    }
    for (unsigned i = 0; i < DIRECTORIES * ENTRIES; i++) {
        directories[i] = GUINT64_TO_LE(i * LARGE_PAGE | page);
    }
    if (has_ghcb) {
        share_page(directories, directories + DIRECTORIES * ENTRIES, mask, ES_START_GHCB_GPA);
    }
    return g_bytes_new_take(entries, tables * ENTRIES * sizeof(*entries));
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

static bool place_kernel(const LinuxBoot *boot, const LinuxSetup *setup, uint64_t memory_end, Error **errp)
{
    uint64_t size = g_bytes_get_size(boot->kernel) - boot->image.setup_size;
    uint64_t start = setup->preferred_gpa;

    if (start < LINUX_RESERVED_END || start >= FOUR_GIB || start % GUEST_PAGE_SIZE) {
        return error_setg(errp,
                          "the header of the kernel '%s' wants it to be loaded at 0x%" PRIx64
                          ", which is no page between 1 MiB and 4 GiB; build it again with another "
                          "CONFIG_PHYSICAL_START",
                          boot->kernel_name, start);
    }
    size = MAX(size, setup->init_size);
    return start + size <= memory_end ||
           error_setg(errp,
                      "the kernel '%s' needs memory from 0x%" PRIx64 " to 0x%" PRIx64
                      ", but the guest's ends at 0x%" PRIx64 "; give it more (-m)",
                      boot->kernel_name, start, start + size, memory_end);
}

/* As high as it may be, so that the kernel has room to unpack itself and whatever comes first. */
static bool place_initrd(const LinuxBoot *boot, const LinuxSetup *setup, uint64_t memory_end,
                         LinuxPlaces *places, Error **errp)
{
    uint64_t kernel_size = MAX(g_bytes_get_size(boot->kernel) - boot->image.setup_size, setup->init_size);
    uint64_t start = places->kernel_gpa + kernel_size;
    uint64_t end = MIN(memory_end, (uint64_t)setup->initrd_last + 1);

    places->initrd_size = boot->initrd ? g_bytes_get_size(boot->initrd) : 0;
    if (!places->initrd_size) {
        return true;
    }
    if (end < start || end - start < places->initrd_size + GUEST_PAGE_SIZE) {
        return error_setg(errp,
                          "the initrd '%s' has %" PRIu64
                          " bytes, and there is no room for it between the end of the kernel at 0x%" PRIx64
                          " and 0x%" PRIx64 "; give the guest more memory (-m) or a smaller initrd",
                          boot->initrd_name, places->initrd_size, start, end);
    }
    places->initrd_gpa = (end - places->initrd_size) & -(uint64_t)GUEST_PAGE_SIZE;
    return true;
}

static bool check_cmdline(const LinuxBoot *boot, const LinuxSetup *setup, Error **errp)
{
    uint64_t length = g_bytes_get_size(boot->cmdline) - 1;
    uint64_t largest = MIN(setup->cmdline_largest, CMDLINE_ROOM - 1);

    return length <= largest ||
           error_setg(errp,
                      "-append has %" PRIu64 " bytes, and the kernel '%s' takes at most %" PRIu64
                      "; make it shorter",
                      length, boot->kernel_name, largest);
}

/* ---- parts ---- */

static LinuxPart *find_part(LinuxDirect *direct, uint64_t gpa)
{
    for (unsigned i = 0; i < direct->n_parts; i++) {
        if (direct->parts[i].gpa == gpa) {
            return &direct->parts[i];
        }
    }
    return NULL;
}

/* Takes @bytes. */
static LinuxPart *add_part(LinuxDirect *direct, uint64_t gpa, const char *name, GBytes *bytes)
{
    LinuxPart *part = &direct->parts[direct->n_parts++];

    g_assert(direct->n_parts <= LINUX_PARTS);
    *part = (LinuxPart){ .gpa = gpa, .bytes = bytes, .name = name };
    return part;
}

/* Adds what the file @bytes, called @file, has from @offset on. */
static void add_file(LinuxDirect *direct, uint64_t gpa, const char *name, GBytes *bytes, const char *file,
                     gsize offset)
{
    GBytes *rest = g_bytes_new_from_bytes(bytes, offset, g_bytes_get_size(bytes) - offset);
    LinuxPart *part = add_part(direct, gpa, name, rest);

    part->file = file;
    part->file_offset = offset;
}

bool linux_direct_prepare(LinuxDirect *direct, const LinuxBoot *boot, const GuestRam *ram,
                          const SmpTopology *smp, Error **errp)
{
    uint64_t memory_end = low_memory_end(ram);
    LinuxPlaces places = { .cmdline_gpa = CMDLINE_GPA, .acpi_gpa = LINUX_ACPI_GPA };
    LinuxSetup setup;

    if (!linux_setup_read(boot, &setup, errp) || !place_kernel(boot, &setup, memory_end, errp)) {
        return false;
    }
    places.kernel_gpa = direct->kernel_gpa = setup.preferred_gpa;
    if (!place_initrd(boot, &setup, memory_end, &places, errp) || !check_cmdline(boot, &setup, errp)) {
        return false;
    }
    add_part(direct, GDT_GPA, "descriptor table", descriptor_table_new());
    add_part(direct, LINUX_PAGE_TABLES_GPA, "page tables", page_tables_new(0, LINUX_START_KERNEL));
    add_part(direct, LINUX_BOOT_PARAMS_GPA, "boot parameters", linux_params_new(boot, &places, ram));
    add_part(direct, CMDLINE_GPA, "command line", g_bytes_ref(boot->cmdline));
    add_part(direct, LINUX_ACPI_GPA, "ACPI tables", acpi_tables_new(LINUX_ACPI_GPA, smp));
    add_file(direct, places.kernel_gpa, "kernel", boot->kernel, boot->kernel_name, boot->image.setup_size);
    if (places.initrd_size) {
        add_file(direct, places.initrd_gpa, "initrd", boot->initrd, boot->initrd_name, 0);
    }
    return true;
}

static uint64_t cbit(const LinuxDirect *direct)
{
    return direct->cbitpos ? UINT64_C(1) << direct->cbitpos : 0;
}

uint64_t linux_direct_entry(const LinuxDirect *direct)
{
    return direct->kernel_gpa + ENTRY_64;
}

void linux_direct_set_part(LinuxDirect *direct, uint64_t gpa, const char *name, GBytes *bytes)
{
    LinuxPart *part = find_part(direct, gpa);

    if (part) {
        g_bytes_unref(part->bytes);
        part->bytes = bytes;
    } else {
        add_part(direct, gpa, name, bytes);
    }
}

void linux_direct_set_data(LinuxDirect *direct, uint64_t gpa, const char *name, GBytes *bytes)
{
    LinuxPart *params = find_part(direct, LINUX_BOOT_PARAMS_GPA);
    GBytes *changed = linux_params_with_data(params->bytes, gpa);

    g_bytes_unref(params->bytes);
    params->bytes = changed;
    linux_direct_set_part(direct, gpa, name, bytes);
}

void linux_direct_encrypt(LinuxDirect *direct, unsigned cbitpos, LinuxStart start)
{
    direct->cbitpos = cbitpos;
    direct->start = start;
    linux_direct_set_part(direct, LINUX_PAGE_TABLES_GPA, "page tables", page_tables_new(cbit(direct), start));
    if (start == LINUX_START_JUMP_TABLE) {
        linux_direct_set_part(direct, ES_START_GPA, "start of the vCPUs",
                              es_start_new((uint32_t)linux_direct_entry(direct)));
    }
}

void linux_direct_clear(LinuxDirect *direct)
{
    for (unsigned i = 0; i < direct->n_parts; i++) {
        g_bytes_unref(direct->parts[i].bytes);
    }
    *direct = (LinuxDirect){ .n_parts = 0 };
}

bool linux_direct_fill(const LinuxDirect *direct, const GuestRam *ram, Error **errp)
{
    for (unsigned i = 0; i < direct->n_parts; i++) {
        const LinuxPart *part = &direct->parts[i];
        gsize size;
        const void *bytes = g_bytes_get_data(part->bytes, &size);
        uint8_t *memory = guest_ram_pointer(ram, part->gpa, size, errp);

        if (!memory) {
            return error_prepend(errp, "%s: ", part->name);
        }
        memcpy(memory, bytes, size);
    }
    return true;
}

static uint64_t start_address(const LinuxDirect *direct)
{
    switch (direct->start) {
    case LINUX_START_JUMP_TABLE:
        return ES_START_BSP;
    case LINUX_START_VALIDATION:
        return SNP_START_GPA;
    case LINUX_START_KERNEL:
    default:
        return linux_direct_entry(direct);
    }
}

void linux_direct_registers(const LinuxDirect *direct, X86Registers *registers)
{
    const X86Segment data = { .selector = DATA_SELECTOR, .attributes = DATA_ATTRIBUTES, .limit = FLAT_LIMIT };

    registers->cs =
        (X86Segment){ .selector = CODE_SELECTOR, .attributes = CODE_ATTRIBUTES, .limit = FLAT_LIMIT };
    registers->ds = registers->es = registers->fs = registers->gs = registers->ss = data;
    registers->gdtr = (X86Segment){ .base = GDT_GPA, .limit = DATA_SELECTOR + 7 };
    registers->idtr = (X86Segment){ .limit = 0 };
    registers->cr0 |= CR0_PE | CR0_PG;
    registers->cr3 = LINUX_PAGE_TABLES_GPA | cbit(direct);
    registers->cr4 |= CR4_PAE;
    registers->efer |= EFER_LME | EFER_LMA;
    registers->rip = start_address(direct);
    registers->rsi = LINUX_BOOT_PARAMS_GPA;
}
