/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the script by which a firmware places the ACPI tables: carried out as the firmware does, it must
 * give what acpi_tables_new() makes for the address that was chosen.
 */
#include "target-i386/acpi-loader.h"
#include <string.h>
#include "target-i386/acpi-tables.h"

#define TABLES_GPA UINT64_C(0x7fb7e000)
#define RSDP_GPA   UINT64_C(0xf5a40)

typedef struct File {
    uint8_t *bytes;
    uint32_t size;
    uint64_t gpa; /* once it has one */
} File;

static uint8_t *read_file(IoBus *bus, const char *name, uint32_t *ret_size)
{
    uint8_t selector[2] = { FW_CFG_FILE_DIR, 0 }, entry[64];
    uint32_t count = 0;

    io_bus_write(bus, FW_CFG_PORT, selector, 2);
    for (unsigned i = 0; i < 4; i++) {
        io_bus_read(bus, FW_CFG_PORT + 1, entry, 1);
        count = count << 8 | entry[0];
    }
    for (uint32_t i = 0; i < count; i++) {
        for (unsigned j = 0; j < sizeof(entry); j++) {
            io_bus_read(bus, FW_CFG_PORT + 1, entry + j, 1);
        }
        if (strcmp((const char *)entry + 8, name) == 0) {
            uint8_t *bytes;

            *ret_size = (uint32_t)entry[0] << 24 | entry[1] << 16 | entry[2] << 8 | entry[3];
            bytes = g_malloc(*ret_size);
            selector[0] = entry[5];
            selector[1] = entry[4];
            io_bus_write(bus, FW_CFG_PORT, selector, 2);
            for (uint32_t j = 0; j < *ret_size; j++) {
                io_bus_read(bus, FW_CFG_PORT + 1, bytes + j, 1);
            }
            return bytes;
        }
    }
    g_assert_not_reached();
}

static uint64_t get(const uint8_t *bytes, unsigned size)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < size; i++) {
        value |= (uint64_t)bytes[i] << 8 * i;
    }
    return value;
}

static File *named(File files[2], const uint8_t *name)
{
    g_assert_true(memchr(name, 0, 56) != NULL);
    return strcmp((const char *)name, "etc/acpi/tables") == 0 ? &files[0]
           : strcmp((const char *)name, "etc/acpi/rsdp") == 0 ? &files[1]
                                                              : NULL;
}

static void add_pointer(File *file, const File *target, const uint8_t *arguments)
{
    uint32_t offset = (uint32_t)get(arguments, 4);
    unsigned size = arguments[4];
    uint64_t value;

    g_assert_cmpuint(offset + size, <=, file->size);
    value = get(file->bytes + offset, size);
    g_assert_cmpuint(value, <, target->size);
    value += target->gpa;
    for (unsigned i = 0; i < size; i++) {
        file->bytes[offset + i] = (uint8_t)(value >> 8 * i);
    }
}

static void add_checksum(File *file, const uint8_t *arguments)
{
    uint32_t offset = (uint32_t)get(arguments, 4), start = (uint32_t)get(arguments + 4, 4);
    uint32_t length = (uint32_t)get(arguments + 8, 4);
    uint8_t sum = 0;

    g_assert_cmpuint(start + length, <=, file->size);
    g_assert_cmpuint(offset - start, <, length);
    g_assert_cmphex(file->bytes[offset], ==, 0);
    for (uint32_t i = 0; i < length; i++) {
        sum += file->bytes[start + i];
    }
    file->bytes[offset] = (uint8_t)-sum;
}

static void run(const uint8_t *script, uint32_t size, File files[2])
{
    g_assert_cmpuint(size % 128, ==, 0);
    for (const uint8_t *command = script; command < script + size; command += 128) {
        File *file = named(files, command + 4);

        g_assert_nonnull(file);
        switch (get(command, 4)) {
        case 1:
            g_assert_cmpuint(file->gpa, ==, 0);
            file->gpa = file == &files[0] ? TABLES_GPA : RSDP_GPA;
            g_assert_cmpuint(file->gpa % get(command + 60, 4), ==, 0);
            g_assert_cmpuint(command[64], ==, file == &files[0] ? 1 : 2);
            break;
        case 2:
            add_pointer(file, named(files, command + 60), command + 116);
            break;
        case 3:
            add_checksum(file, command + 60);
            break;
        default:
            g_assert_not_reached();
        }
    }
}

static void test_script(const void *opaque)
{
    unsigned cpus = GPOINTER_TO_UINT(opaque);
    const SmpTopology smp = {
        .cpus = cpus, .max_cpus = cpus, .sockets = cpus, .dies = 1, .cores = 1, .threads = 1
    };
    g_autoptr(GBytes) tables = acpi_tables_new(0, &smp), expected = acpi_tables_new(TABLES_GPA, &smp);
    const uint8_t *wanted = g_bytes_get_data(expected, NULL);
    File files[2] = { { .bytes = NULL }, { .bytes = NULL } };
    uint32_t script_size;
    g_autofree uint8_t *script = NULL;
    IoBus bus;
    FwCfg fw_cfg;

    io_bus_init(&bus);
    fw_cfg_init(&fw_cfg, &bus, NULL);
    acpi_loader_offer(&fw_cfg, tables);
    script = read_file(&bus, "etc/table-loader", &script_size);
    files[0].bytes = read_file(&bus, "etc/acpi/tables", &files[0].size);
    files[1].bytes = read_file(&bus, "etc/acpi/rsdp", &files[1].size);
    run(script, script_size, files);
    g_assert_cmpmem(files[1].bytes, files[1].size, wanted, 36);
    g_assert_cmpuint(files[0].size, ==, g_bytes_get_size(expected));
    g_assert_cmpmem(files[0].bytes + 36, files[0].size - 36, wanted + 36, files[0].size - 36);
    g_free(files[0].bytes);
    g_free(files[1].bytes);
    io_bus_clear(&bus);
    fw_cfg_clear(&fw_cfg);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/acpi-loader/one", GUINT_TO_POINTER(1), test_script);
    g_test_add_data_func("/acpi-loader/many", GUINT_TO_POINTER(250), test_script);
    return g_test_run();
}
