/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-i386/acpi-tables.h"
#include <string.h>
#include "hw/cmos.h"
#include "target-i386/acpi-power.h"
#include "target-i386/exit-ports.h"
#include "target-i386/x86-cpuid.h"

#define RSDP_SIZE         36
#define RSDP_SIZE_1       20 /* what its first checksum covers */
#define FACS_SIZE         64
#define FADT_SIZE         276
#define HEADER_SIZE       36
#define HEADER_LENGTH     4 /* offsets in a header */
#define HEADER_SUM        9

#define LOCAL_APIC        0xfee00000u
#define IO_APIC           0xfec00000u
#define IO_APIC_ID        0

#define MADT_PICS         1 /* a pair of 8259s is there, too */
#define MADT_LOCAL_APIC   0
#define MADT_IO_APIC      1
#define MADT_OVERRIDE     2
#define MADT_ENABLED      1
#define ACTIVE_HIGH_LEVEL 0x0d

/* FADT: flags, and what a PC has that this machine has not. */
#define FADT_WBINVD       (1u << 0)
#define FADT_C1           (1u << 2)
#define FADT_NO_SLEEP_KEY (1u << 5)
#define FADT_NO_RTC_EVENT (1u << 6)
#define FADT_TIMER_32     (1u << 8)
#define FADT_RESET        (1u << 10)
#define FADT_FLAGS                                                                                           \
    (FADT_WBINVD | FADT_C1 | FADT_NO_SLEEP_KEY | FADT_NO_RTC_EVENT | FADT_TIMER_32 | FADT_RESET)
#define BOOT_LEGACY (1u << 0)
#define BOOT_NO_VGA (1u << 2)
#define NO_C2       0xfff /* microseconds: more than anybody waits */
#define NO_C3       0xfff
#define SPACE_IO    1

/* Definition blocks are AML (chapter 20), short enough to be written by hand. */
static const uint8_t dsdt_code[] = {
    /* Name (\_S5, Package () { 5, 5, 0, 0 }) */
    0x08, '_', 'S', '5', '_', 0x12, 8, 4, 0x0a, ACPI_SLEEP_OFF, 0x0a, ACPI_SLEEP_OFF, 0, 0,
    /* Scope (\_SB) { Device (COM1) { */
    0x10, 0x48, 5, '\\', '_', 'S', 'B', '_', 0x5b, 0x82, 43, 'C', 'O', 'M', '1',
    /* Name (_HID, EisaId ("PNP0501")) */
    0x08, '_', 'H', 'I', 'D', 0x0c, 0x41, 0xd0, 0x05, 0x01,
    /* Name (_UID, 1) */
    0x08, '_', 'U', 'I', 'D', 1,
    /* Name (_CRS, ResourceTemplate () { IO (Decode16, 0x3f8, 0x3f8, 1, 8) IRQNoFlags () { 4 } }) } */
    0x08, '_', 'C', 'R', 'S', 0x11, 16, 0x0a, 13, 0x47, 1, 0xf8, 0x03, 0xf8, 0x03, 1, 8, 0x22, 0x10, 0, 0x79,
    0,
    /* Device (RTC0) { Name (_HID, EisaId ("PNP0B00")) */
    0x5b, 0x82, 34, 'R', 'T', 'C', '0', 0x08, '_', 'H', 'I', 'D', 0x0c, 0x41, 0xd0, 0x0b, 0x00,
    /* Name (_CRS, ResourceTemplate () { IO (Decode16, 0x70, 0x70, 1, 2) }) } } */
    0x08, '_', 'C', 'R', 'S', 0x11, 13, 0x0a, 10, 0x47, 1, CMOS_PORT, 0, CMOS_PORT, 0, 1, CMOS_PORTS, 0x79, 0
};

/* ---- bytes ---- */

static void store(uint8_t *bytes, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        bytes[i] = (uint8_t)(value >> 8 * i);
    }
}

static void append(GByteArray *blob, uint64_t value, unsigned size)
{
    uint8_t bytes[8];

    store(bytes, value, size);
    g_byte_array_append(blob, bytes, size);
}

static void append_zeros(GByteArray *blob, unsigned size)
{
    guint start = blob->len;

    g_byte_array_set_size(blob, start + size);
    memset(blob->data + start, 0, size);
}

static void align(GByteArray *blob, unsigned alignment)
{
    append_zeros(blob, -blob->len % alignment);
}

/* Makes the sum of @size bytes 0 by the one at @sum. */
static void set_checksum(uint8_t *bytes, unsigned size, unsigned sum)
{
    uint8_t total = 0;

    bytes[sum] = 0;
    for (unsigned i = 0; i < size; i++) {
        total += bytes[i];
    }
    bytes[sum] = -total;
}

static guint begin_table(GByteArray *blob, const char *signature, uint8_t revision)
{
    guint start;

    align(blob, 16);
    start = blob->len;
    g_byte_array_append(blob, (const uint8_t *)signature, 4);
    append(blob, 0, 4); /* length */
    append(blob, revision, 1);
    append(blob, 0, 1); /* checksum */
    g_byte_array_append(blob, (const uint8_t *)"CGVM  MICROVM ", 14);
    append(blob, 1, 4);
    g_byte_array_append(blob, (const uint8_t *)"CGVM", 4);
    append(blob, 1, 4);
    return start;
}

static void end_table(GByteArray *blob, guint start)
{
    store(blob->data + start + HEADER_LENGTH, blob->len - start, 4);
    set_checksum(blob->data + start, blob->len - start, HEADER_SUM);
}

/* ---- tables ---- */

static guint append_facs(GByteArray *blob)
{
    guint start;

    align(blob, 64);
    start = blob->len;
    g_byte_array_append(blob, (const uint8_t *)"FACS", 4);
    append(blob, FACS_SIZE, 4);
    append_zeros(blob, FACS_SIZE - 8);
    blob->data[start + 32] = 2; /* version */
    return start;
}

static guint append_dsdt(GByteArray *blob)
{
    guint start = begin_table(blob, "DSDT", 2);

    g_byte_array_append(blob, dsdt_code, sizeof(dsdt_code));
    end_table(blob, start);
    return start;
}

/* A generic address structure: @size bytes at @port. */
static void store_port(uint8_t *bytes, uint16_t port, unsigned size)
{
    bytes[0] = SPACE_IO;
    bytes[1] = (uint8_t)(8 * size);
    bytes[3] = size == 1 ? 1 : size == 2 ? 2 : 3; /* the width of an access */
    store(bytes + 4, port, 8);
}

static void fill_fadt(uint8_t *fadt, uint32_t facs, uint32_t dsdt)
{
    store(fadt + 36, facs, 4);
    store(fadt + 40, dsdt, 4);
    store(fadt + 46, ACPI_SCI_IRQ, 2);
    store(fadt + 56, ACPI_POWER_PORT, 4);
    store(fadt + 64, ACPI_CONTROL_PORT, 4);
    store(fadt + 76, ACPI_TIMER_PORT, 4);
    fadt[88] = 4; /* bytes of status and enable bits together, */
    fadt[89] = 2; /* of the control register, */
    fadt[91] = 4; /* and of the timer */
    store(fadt + 96, NO_C2, 2);
    store(fadt + 98, NO_C3, 2);
    fadt[108] = CMOS_CENTURY;
    store(fadt + 109, BOOT_LEGACY | BOOT_NO_VGA, 2);
    store(fadt + 112, FADT_FLAGS, 4);
    store_port(fadt + 116, EXIT_RESET_PORT, 1);
    fadt[128] = EXIT_RESET_VALUE;
    fadt[131] = 3; /* 6.3 */
    store(fadt + 140, dsdt, 8);
    store_port(fadt + 148, ACPI_POWER_PORT, 4);
    store_port(fadt + 172, ACPI_CONTROL_PORT, 2);
    store_port(fadt + 208, ACPI_TIMER_PORT, 4);
}

static guint append_fadt(GByteArray *blob, uint32_t facs, uint32_t dsdt)
{
    guint start = begin_table(blob, "FACP", 6);

    append_zeros(blob, FADT_SIZE - HEADER_SIZE);
    fill_fadt(blob->data + start, facs, dsdt);
    end_table(blob, start);
    return start;
}

static guint append_madt(GByteArray *blob, const SmpTopology *smp)
{
    guint start = begin_table(blob, "APIC", 5);

    append(blob, LOCAL_APIC, 4);
    append(blob, MADT_PICS, 4);
    for (unsigned i = 0; i < smp->cpus; i++) {
        append(blob, MADT_LOCAL_APIC, 1);
        append(blob, 8, 1);
        append(blob, i, 1);
        append(blob, x86_apic_id(smp, i), 1);
        append(blob, MADT_ENABLED, 4);
    }
    append(blob, MADT_IO_APIC, 1);
    append(blob, 12, 1);
    append(blob, IO_APIC_ID, 2);
    append(blob, IO_APIC, 4);
    append(blob, 0, 4); /* its first interrupt */
    append(blob, MADT_OVERRIDE, 1);
    append(blob, 10, 1);
    append(blob, 0, 1); /* of the bus ISA */
    append(blob, ACPI_SCI_IRQ, 1);
    append(blob, ACPI_SCI_IRQ, 4);
    append(blob, ACTIVE_HIGH_LEVEL, 2);
    end_table(blob, start);
    return start;
}

static guint append_xsdt(GByteArray *blob, uint32_t fadt, uint32_t madt)
{
    guint start = begin_table(blob, "XSDT", 1);

    append(blob, fadt, 8);
    append(blob, madt, 8);
    end_table(blob, start);
    return start;
}

static void fill_rsdp(uint8_t *rsdp, uint32_t xsdt)
{
    memcpy(rsdp, "RSD PTR ", 8);
    memcpy(rsdp + 9, "CGVM  ", 6);
    rsdp[15] = 2; /* revision */
    store(rsdp + 20, RSDP_SIZE, 4);
    store(rsdp + 24, xsdt, 8);
    set_checksum(rsdp, RSDP_SIZE_1, 8);
    set_checksum(rsdp, RSDP_SIZE, 32);
}

GBytes *acpi_tables_new(uint32_t gpa, const SmpTopology *smp)
{
    GByteArray *blob = g_byte_array_new();
    guint facs, dsdt, fadt, madt, xsdt;

    append_zeros(blob, RSDP_SIZE);
    facs = append_facs(blob);
    dsdt = append_dsdt(blob);
    fadt = append_fadt(blob, gpa + facs, gpa + dsdt);
    madt = append_madt(blob, smp);
    xsdt = append_xsdt(blob, gpa + fadt, gpa + madt);
    fill_rsdp(blob->data, gpa + xsdt);
    g_assert(blob->len <= ACPI_TABLES_LARGEST);
    return g_byte_array_free_to_bytes(blob);
}
