/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the ACPI tables, read as an operating system does: from the RSDP on, by offsets of the
 * specification, with every checksum.
 */
#include "target-i386/acpi-tables.h"
#include <string.h>

#define GPA 0xe0000u

typedef struct Fixture {
    GBytes *blob;
    const uint8_t *bytes;
    gsize size;
} Fixture;

static void fixture_fill(Fixture *f, const SmpTopology *smp)
{
    f->blob = acpi_tables_new(GPA, smp);
    f->bytes = g_bytes_get_data(f->blob, &f->size);
    g_assert_cmpuint(f->size, <=, ACPI_TABLES_LARGEST);
}

static void fixture_init(Fixture *f, G_GNUC_UNUSED const void *data)
{
    const SmpTopology smp = { .cpus = 2, .max_cpus = 4, .sockets = 1, .dies = 1, .cores = 2, .threads = 2 };

    fixture_fill(f, &smp);
}

static void fixture_clear(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_bytes_unref(f->blob);
}

static uint64_t get(const uint8_t *bytes, unsigned offset, unsigned size)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < size; i++) {
        value |= (uint64_t)bytes[offset + i] << 8 * i;
    }
    return value;
}

static unsigned sum(const uint8_t *bytes, unsigned size)
{
    uint8_t total = 0;

    for (unsigned i = 0; i < size; i++) {
        total += bytes[i];
    }
    return total;
}

/* The table at @gpa, which must have this signature, lie in the blob and add up to 0. */
static const uint8_t *table(const Fixture *f, uint64_t gpa, const char *signature)
{
    const uint8_t *start = f->bytes + (gpa - GPA);

    g_assert_cmpuint(gpa, >, GPA);
    g_assert_cmpuint(gpa - GPA + 36, <=, f->size);
    g_assert_cmpmem(start, 4, signature, 4);
    g_assert_cmpuint(gpa - GPA + get(start, 4, 4), <=, f->size);
    g_assert_cmpuint(sum(start, (unsigned)get(start, 4, 4)), ==, 0);
    return start;
}

static const uint8_t *listed(const Fixture *f, unsigned index, const char *signature)
{
    const uint8_t *xsdt = table(f, get(f->bytes, 24, 8), "XSDT");

    g_assert_cmpuint(get(xsdt, 4, 4), ==, 36 + 2 * 8);
    return table(f, get(xsdt, 36 + 8 * index, 8), signature);
}

static void test_root(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_assert_cmpmem(f->bytes, 8, "RSD PTR ", 8);
    g_assert_cmpuint(f->bytes[15], ==, 2);
    g_assert_cmpuint(get(f->bytes, 20, 4), ==, 36);
    g_assert_cmpuint(sum(f->bytes, 20), ==, 0);
    g_assert_cmpuint(sum(f->bytes, 36), ==, 0);
}

static void test_fixed(Fixture *f, G_GNUC_UNUSED const void *data)
{
    const uint8_t *fadt = listed(f, 0, "FACP");

    g_assert_cmpuint(get(fadt, 4, 4), ==, 276);
    g_assert_cmpuint(get(fadt, 46, 2), ==, 9);           /* SCI */
    g_assert_cmphex(get(fadt, 48, 4), ==, 0);            /* no command turns ACPI on */
    g_assert_cmphex(get(fadt, 112, 4) >> 20 & 1, ==, 0); /* not HW-reduced */
    g_assert_cmphex(get(fadt, 112, 4) >> 4 & 1, ==,
                    0); /* the power button is among the fixed hardware, ... */
    g_assert_cmphex(get(fadt, 112, 4) >> 5 & 1, ==, 1); /* and one for sleep is not */
    g_assert_cmphex(get(fadt, 112, 4) >> 10 & 1, ==, 1);
    g_assert_cmphex(fadt[116], ==, 1); /* the reset register is a port */
    g_assert_cmphex(get(fadt, 120, 8), ==, 0xcf9);
    g_assert_cmphex(fadt[128] & 4, ==, 4);
    g_assert_cmphex(get(fadt, 152, 8), ==, 0x600);
    g_assert_cmphex(get(fadt, 176, 8), ==, 0x604);
    g_assert_cmphex(get(fadt, 212, 8), ==, 0x608);
    g_assert_cmphex(get(fadt, 64, 4), ==, 0x604);
    g_assert_cmpmem(f->bytes + (get(fadt, 36, 4) - GPA), 4, "FACS", 4);
    g_assert_cmpuint((get(fadt, 36, 4)) % 64, ==, 0);
}

/* The length of the AML package at @code, which counts from there; @ret_first is where its contents begin. */
static unsigned package(const uint8_t *code, unsigned *ret_first)
{
    unsigned more = code[0] >> 6;

    *ret_first = 1 + more;
    return more == 0 ? code[0] & 0x3f : (code[0] & 15u) | (unsigned)(get(code, 1, more) << 4);
}

/* The end of the device @name that begins at @at. Its resources, at its end, are a buffer with an end tag. */
static unsigned device_end(const uint8_t *code, unsigned at, const char *name)
{
    unsigned first, length;

    g_assert_cmpmem(code + at, 2, "\x5b\x82", 2);
    length = package(code + at + 2, &first);
    g_assert_cmpmem(code + at + 2 + first, 4, name, 4);
    g_assert_cmphex(code[at + 2 + length - 2], ==, 0x79);
    return at + 2 + length;
}

/* Lengths of AML packages by hand: the scope ends where the table does, the last device where the scope does.
 */
static void test_definitions(Fixture *f, G_GNUC_UNUSED const void *data)
{
    const uint8_t *dsdt = table(f, get(listed(f, 0, "FACP"), 140, 8), "DSDT"), *code = dsdt + 36;
    unsigned size = (unsigned)get(dsdt, 4, 4) - 36, first, at;

    g_assert_cmpmem(code, 5, "\x08_S5_", 5);
    g_assert_cmpuint(6 + package(code + 6, &first), ==, 14); /* ends where the scope begins */
    g_assert_cmphex(code[9], ==, 5);
    g_assert_cmphex(code[14], ==, 0x10);
    g_assert_cmpuint(15 + package(code + 15, &first), ==, size);
    at = 15 + first;
    g_assert_cmpmem(code + at, 5, "\\_SB_", 5);
    at = device_end(code, at + 5, "COM1");
    at = device_end(code, at, "RTC0");
    g_assert_cmpuint(at, ==, size);
}

static void test_processors(Fixture *f, G_GNUC_UNUSED const void *data)
{
    const uint8_t *madt = listed(f, 1, "APIC");

    g_assert_cmphex(get(madt, 36, 4), ==, 0xfee00000);
    for (unsigned i = 0; i < 2; i++) {
        g_assert_cmpmem(madt + 44 + 8 * i, 2, "\0\x08", 2);
        g_assert_cmpuint(madt[44 + 8 * i + 3], ==, i);
        g_assert_cmpuint(get(madt, 44 + 8 * i + 4, 4), ==, 1);
    }
    g_assert_cmpmem(madt + 60, 2, "\x01\x0c", 2);
    g_assert_cmphex(get(madt, 64, 4), ==, 0xfec00000);
    g_assert_cmpmem(madt + 72, 10, "\x02\x0a\0\x09\x09\0\0\0\x0d\0", 10);
    g_assert_cmpuint(get(madt, 4, 4), ==, 82);
}

/* APIC ids have holes if cores are not a power of two; 255 vCPUs are the most. */
static void test_topologies(void)
{
    const SmpTopology odd = { .cpus = 6, .max_cpus = 6, .sockets = 2, .dies = 1, .cores = 3, .threads = 1 };
    const SmpTopology most = {
        .cpus = 255, .max_cpus = 255, .sockets = 255, .dies = 1, .cores = 1, .threads = 1
    };
    Fixture f;

    fixture_fill(&f, &odd);
    g_assert_cmpuint(listed(&f, 1, "APIC")[44 + 8 * 3 + 3], ==, 4);
    fixture_clear(&f, NULL);
    fixture_fill(&f, &most);
    g_assert_cmpuint(listed(&f, 1, "APIC")[44 + 8 * 254 + 3], ==, 254);
    fixture_clear(&f, NULL);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/acpi-tables/root", Fixture, NULL, fixture_init, test_root, fixture_clear);
    g_test_add("/acpi-tables/fixed", Fixture, NULL, fixture_init, test_fixed, fixture_clear);
    g_test_add("/acpi-tables/definitions", Fixture, NULL, fixture_init, test_definitions, fixture_clear);
    g_test_add("/acpi-tables/processors", Fixture, NULL, fixture_init, test_processors, fixture_clear);
    g_test_add_func("/acpi-tables/topologies", test_topologies);
    return g_test_run();
}
