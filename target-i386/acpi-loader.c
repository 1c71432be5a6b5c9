/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-i386/acpi-loader.h"
#include <string.h>

#define TABLES_FILE      "etc/acpi/tables"
#define RSDP_FILE        "etc/acpi/rsdp"
#define SCRIPT_FILE      "etc/table-loader"

#define RSDP_SIZE        36
#define RSDP_SIZE_1      20
#define RSDP_SUM_1       8
#define RSDP_XSDT        24
#define RSDP_SUM         32
#define HEADER_SIZE      36 /* of all other tables */
#define HEADER_LENGTH    4
#define HEADER_SUM       9

#define TABLES_ALIGNMENT 64 /* the FACS wants it */
#define RSDP_ALIGNMENT   16

#define ALLOCATE         1
#define ADD_POINTER      2
#define ADD_CHECKSUM     3
#define ZONE_HIGH        1 /* wherever there is room */
#define ZONE_BIOS        2 /* where a BIOS would be searched for it */

/* The script, and the tables whose checksums are cleared. */
typedef struct AcpiLoader {
    GByteArray *script;
    GByteArray *tables;
    uint8_t rsdp[RSDP_SIZE];
} AcpiLoader;

static uint64_t load(const uint8_t *bytes, unsigned size)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < size; i++) {
        value |= (uint64_t)bytes[i] << 8 * i;
    }
    return value;
}

/* ---- commands ---- */

typedef struct __attribute__((packed)) LoaderCommand {
    uint32_t command;
    union {
        struct {
            char file[56];
            uint32_t alignment;
            uint8_t zone;
        } __attribute__((packed)) allocate;
        struct {
            char file[56], target[56]; /* where the pointer is, and what it points into */
            uint32_t offset;
            uint8_t size;
        } __attribute__((packed)) pointer;
        struct {
            char file[56];
            uint32_t offset, start, length; /* of the checksum, and of what it is about */
        } __attribute__((packed)) checksum;
        uint8_t bytes[ACPI_LOADER_COMMAND - 4];
    };
} LoaderCommand;
_Static_assert(sizeof(LoaderCommand) == ACPI_LOADER_COMMAND, "commands have 128 bytes");

static void add_command(AcpiLoader *loader, LoaderCommand command)
{
    g_byte_array_append(loader->script, (const uint8_t *)&command, sizeof(command));
}

static void allocate(AcpiLoader *loader, const char *file, uint32_t alignment, uint8_t zone)
{
    LoaderCommand command = { .command = GUINT32_TO_LE(ALLOCATE) };

    g_strlcpy(command.allocate.file, file, sizeof(command.allocate.file));
    command.allocate.alignment = GUINT32_TO_LE(alignment);
    command.allocate.zone = zone;
    add_command(loader, command);
}

/* All point into the tables. */
static void add_pointer(AcpiLoader *loader, const char *file, uint32_t offset, uint8_t size)
{
    LoaderCommand command = { .command = GUINT32_TO_LE(ADD_POINTER) };

    g_strlcpy(command.pointer.file, file, sizeof(command.pointer.file));
    g_strlcpy(command.pointer.target, TABLES_FILE, sizeof(command.pointer.target));
    command.pointer.offset = GUINT32_TO_LE(offset);
    command.pointer.size = size;
    add_command(loader, command);
}

/* @bytes are those of the file. */
static void add_checksum(AcpiLoader *loader, const char *file, uint8_t *bytes, uint32_t sum, uint32_t start,
                         uint32_t length)
{
    LoaderCommand command = { .command = GUINT32_TO_LE(ADD_CHECKSUM) };

    bytes[sum] = 0;
    g_strlcpy(command.checksum.file, file, sizeof(command.checksum.file));
    command.checksum.offset = GUINT32_TO_LE(sum);
    command.checksum.start = GUINT32_TO_LE(start);
    command.checksum.length = GUINT32_TO_LE(length);
    add_command(loader, command);
}

/* ---- tables ---- */

static uint32_t table_length(const AcpiLoader *loader, uint32_t start)
{
    return (uint32_t)load(loader->tables->data + start + HEADER_LENGTH, 4);
}

static void end_table(AcpiLoader *loader, uint32_t start)
{
    add_checksum(loader, TABLES_FILE, loader->tables->data, start + HEADER_SUM, start,
                 table_length(loader, start));
}

/* The FADT's fields that point: the FACS, and the DSDT twice. */
static void add_fadt_pointers(AcpiLoader *loader, uint32_t start)
{
    static const struct {
        uint32_t offset;
        uint8_t size;
    } fields[] = { { 36, 4 }, { 40, 4 }, { 140, 8 } };

    end_table(loader, (uint32_t)load(loader->tables->data + start + fields[1].offset, fields[1].size));
    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++) {
        add_pointer(loader, TABLES_FILE, start + fields[i].offset, fields[i].size);
    }
}

static void add_xsdt(AcpiLoader *loader, uint32_t start)
{
    uint32_t length = table_length(loader, start);

    for (uint32_t offset = HEADER_SIZE; offset < length; offset += 8) {
        uint32_t table = (uint32_t)load(loader->tables->data + start + offset, 8);

        if (memcmp(loader->tables->data + table, "FACP", 4) == 0) {
            add_fadt_pointers(loader, table);
        }
        end_table(loader, table);
        add_pointer(loader, TABLES_FILE, start + offset, 8);
    }
    end_table(loader, start);
}

static void add_rsdp(AcpiLoader *loader)
{
    add_pointer(loader, RSDP_FILE, RSDP_XSDT, 8);
    add_checksum(loader, RSDP_FILE, loader->rsdp, RSDP_SUM_1, 0, RSDP_SIZE_1);
    add_checksum(loader, RSDP_FILE, loader->rsdp, RSDP_SUM, 0, RSDP_SIZE);
}

static void add_file(FwCfg *fw_cfg, const char *name, const void *data, gsize size)
{
    g_autoptr(GBytes) bytes = g_bytes_new(data, size);

    fw_cfg_add_file(fw_cfg, name, bytes);
}

void acpi_loader_offer(FwCfg *fw_cfg, GBytes *tables)
{
    g_autoptr(GByteArray) script = g_byte_array_new(), copy = g_byte_array_new();
    AcpiLoader loader = { .script = script, .tables = copy };
    gsize size;
    const uint8_t *bytes = g_bytes_get_data(tables, &size);

    g_byte_array_append(copy, bytes, (guint)size);
    memcpy(loader.rsdp, bytes, RSDP_SIZE);
    memset(copy->data, 0, RSDP_SIZE); /* there is one, and it is elsewhere */
    allocate(&loader, TABLES_FILE, TABLES_ALIGNMENT, ZONE_HIGH);
    allocate(&loader, RSDP_FILE, RSDP_ALIGNMENT, ZONE_BIOS);
    add_xsdt(&loader, (uint32_t)load(loader.rsdp + RSDP_XSDT, 8));
    add_rsdp(&loader);
    add_file(fw_cfg, TABLES_FILE, copy->data, copy->len);
    add_file(fw_cfg, RSDP_FILE, loader.rsdp, sizeof(loader.rsdp));
    add_file(fw_cfg, SCRIPT_FILE, script->data, script->len);
}
