/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the CMOS memory and its clock, read and set as drivers do that.
 */
#include "hw/cmos.h"
#include <string.h>
#include <time.h>
#include "target-i386/x86-cmos.h"

typedef struct Fixture {
    IoBus bus;
    Cmos cmos;
} Fixture;

static int64_t offset_of(const char *base)
{
    g_autoptr(Error) err = NULL;
    int64_t offset = 0;
    bool done = cmos_clock_offset(base, &offset, &err);

    g_assert_null(err);
    g_assert_true(done);
    return offset;
}

static void fixture_init(Fixture *f, const void *base)
{
    io_bus_init(&f->bus);
    cmos_init(&f->cmos, &f->bus, offset_of(base));
}

static void fixture_clear(Fixture *f, G_GNUC_UNUSED const void *base)
{
    io_bus_clear(&f->bus);
}

static uint8_t in(Fixture *f, uint8_t index)
{
    uint8_t value = 0;

    io_bus_write(&f->bus, 0x70, &index, 1);
    io_bus_read(&f->bus, 0x71, &value, 1);
    return value;
}

static void out(Fixture *f, uint8_t index, uint8_t value)
{
    io_bus_write(&f->bus, 0x70, &index, 1);
    io_bus_write(&f->bus, 0x71, &value, 1);
}

/* ---- the clock ---- */

/* As drivers read it: while no update is near, and until the second is the same before and after. */
static void read_clock(Fixture *f, uint8_t *fields)
{
    static const uint8_t indices[] = { 0x32, 9, 8, 7, 6, 4, 2, 0 };

    do {
        while (in(f, 10) & 0x80) {
        }
        for (unsigned i = 0; i < sizeof(indices); i++) {
            fields[i] = in(f, indices[i]);
        }
    } while (fields[7] != in(f, 0));
}

/* The hour in which the test runs may end, but not the day that was given. */
static void expect_clock(Fixture *f, const uint8_t *century_to_hours)
{
    uint8_t fields[8];

    read_clock(f, fields);
    g_assert_cmpmem(fields, 6, century_to_hours, 6);
    g_assert_cmphex(fields[6], ==, 0);
}

static void test_date(Fixture *f, G_GNUC_UNUSED const void *base)
{
    expect_clock(f, (const uint8_t[]){ 0x20, 0x28, 0x02, 0x29, 0x03, 0x23 });
}

static void test_formats(Fixture *f, G_GNUC_UNUSED const void *base)
{
    out(f, 11, 0x06); /* binary */
    expect_clock(f, (const uint8_t[]){ 20, 28, 2, 29, 3, 23 });
    out(f, 11, 0x00); /* BCD, 12 hours */
    expect_clock(f, (const uint8_t[]){ 0x20, 0x28, 0x02, 0x29, 0x03, 0x91 });
    out(f, 11, 0x04);
    expect_clock(f, (const uint8_t[]){ 20, 28, 2, 29, 3, 0x80 | 11 });
}

/* Midnight and noon are 12 in the morning and in the afternoon. */
static void test_twelve(void)
{
    static const struct {
        const char *base;
        uint8_t hours;
    } cases[] = { { "2026-01-31", 0x12 }, { "2026-01-31T12:00:00", 0x92 }, { "2026-01-31T13:00:00", 0x81 } };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture f;

        fixture_init(&f, cases[i].base);
        out(&f, 11, 0x00);
        g_assert_cmphex(in(&f, 4), ==, cases[i].hours);
        out(&f, 4, cases[i].hours);
        g_assert_cmphex(in(&f, 4), ==, cases[i].hours);
        g_assert_cmphex(in(&f, 7), ==, 0x31);
        fixture_clear(&f, NULL);
    }
}

static void test_host(void)
{
    time_t before = time(NULL), seconds;
    uint8_t fields[8];
    struct tm date = { .tm_sec = 0 };
    Fixture f;

    fixture_init(&f, "utc");
    out(&f, 11, 0x06);
    read_clock(&f, fields);
    date = (struct tm){ .tm_year = fields[0] * 100 + fields[1] - 1900, .tm_mon = fields[2] - 1 };
    date.tm_mday = fields[3];
    date.tm_hour = fields[5];
    date.tm_min = fields[6];
    date.tm_sec = fields[7];
    seconds = timegm(&date);
    g_assert_cmpint(seconds, >=, before);
    g_assert_cmpint(seconds, <=, time(NULL));
    g_assert_cmpint(fields[4], ==, date.tm_wday + 1);
    fixture_clear(&f, NULL);
}

/* The registers stand while they are set, and then the clock goes on from there. */
static void test_set(Fixture *f, G_GNUC_UNUSED const void *base)
{
    static const uint8_t set[][2] = { { 0x32, 0x19 }, { 9, 0x99 }, { 8, 0x12 }, { 7, 0x31 },
                                      { 4, 0x23 },    { 2, 0x59 }, { 0, 0x59 } };
    uint8_t fields[8];

    out(f, 11, 0x82);
    for (size_t i = 0; i < G_N_ELEMENTS(set); i++) {
        out(f, set[i][0], set[i][1]);
    }
    g_usleep(G_USEC_PER_SEC + G_USEC_PER_SEC / 10);
    g_assert_cmphex(in(f, 0), ==, 0x59);
    g_assert_cmphex(in(f, 10) & 0x80, ==, 0);
    out(f, 11, 0x02);
    in(f, 12);
    while (!(in(f, 12) & 0x10)) {
        g_usleep(1000);
    }
    read_clock(f, fields);
    g_assert_cmpmem(fields, 7, ((const uint8_t[]){ 0x20, 0x00, 0x01, 0x01, 0x07, 0x00, 0x00 }), 7);
    out(f, 9, 0x33); /* without stopping it */
    g_assert_cmphex(in(f, 9), ==, 0x33);
    g_assert_cmphex(in(f, 8), ==, 0x01);
}

/* What is no date is one nevertheless, and all can be read. */
static void test_nonsense(Fixture *f, G_GNUC_UNUSED const void *base)
{
    for (unsigned format = 0; format < 8; format += 2) {
        for (unsigned value = 0; value < 256; value += 17) {
            out(f, 11, (uint8_t)format);
            for (uint8_t i = 0; i < 10; i++) {
                out(f, i, (uint8_t)value);
            }
            out(f, 0x32, (uint8_t)value);
            for (uint8_t i = 0; i < 14; i++) {
                in(f, i);
            }
        }
    }
    g_assert_cmphex(in(f, 13), ==, 0x80);
}

static void test_bases(void)
{
    static const char *const wrong[] = { "",
                                         "now",
                                         "2026-02-30",
                                         "2026-1-31",
                                         "2026-01-31T",
                                         "UTC",
                                         "2026-01-31T24:00:00",
                                         "2026-01-31T00:00",
                                         "0000-01-01",
                                         "2026-01-31 ",
                                         "2026-01-31T00:00:00Z" };
    int64_t offset;

    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(Error) err = NULL;

        g_assert_false(cmos_clock_offset(wrong[i], &offset, &err));
        g_assert_cmpint(cgvm_error_code(err), ==, CGVM_ERROR_INVALID);
        g_assert_nonnull(strstr(cgvm_error_message(err), "2026-01-31T23:59:00"));
    }
    g_assert_cmpint(offset_of("utc"), ==, 0);
    g_setenv("TZ", "NST-03:30", TRUE);
    tzset();
    g_assert_cmpint(offset_of("localtime"), ==, 3 * 3600 + 1800);
    g_unsetenv("TZ");
}

/* ---- memory ---- */

static void test_memory(Fixture *f, G_GNUC_UNUSED const void *base)
{
    cmos_set(&f->cmos, 0x34, 0x5a);
    g_assert_cmphex(in(f, 0x34), ==, 0x5a);
    g_assert_cmphex(in(f, 0xb4), ==, 0x5a); /* with NMIs off */
    out(f, 0x0f, 0xfe);
    out(f, 0x7f, 0xff);
    out(f, 11, 0x7a);
    out(f, 5, 0x12); /* an alarm */
    cmos_reset(&f->cmos);
    g_assert_cmphex(in(f, 0x0f), ==, 0xfe);
    g_assert_cmphex(in(f, 0x7f), ==, 0xff);
    g_assert_cmphex(in(f, 11), ==, 0x02);
    g_assert_cmphex(in(f, 5), ==, 0x12);
    g_assert_cmphex(in(f, 9), ==, 0x28);
    out(f, 13, 0);
    g_assert_cmphex(in(f, 13), ==, 0x80);
}

static unsigned number(Fixture *f, uint8_t index)
{
    return in(f, index) | (unsigned)in(f, index + 1) << 8;
}

static void test_sizes(void)
{
    static const struct {
        X86MemorySizes sizes;
        unsigned base, extended, above_16m, above_4g;
    } cases[] = {
        { { 4096, 0 }, 4, 0, 0, 0 },
        { { 2 << 20, 0 }, 640, 1024, 0, 0 },
        { { 128 << 20, 0 }, 640, 65535, 112 * 16, 0 },
        { { UINT64_C(3) << 30, UINT64_C(5) << 30 }, 640, 65535, (3072 - 16) * 16, 5 * 1024 * 16 },
        { { UINT64_C(3) << 30, UINT64_C(1) << 40 }, 640, 65535, (3072 - 16) * 16, 0xffffff },
    };
    const RtcConfiguration clock = { .base = NULL };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Fixture f;

        io_bus_init(&f.bus);
        g_assert_true(x86_cmos_init(&f.cmos, &f.bus, &clock, cases[i].sizes, NULL));
        g_assert_cmpuint(number(&f, 0x15), ==, cases[i].base);
        g_assert_cmpuint(number(&f, 0x17), ==, cases[i].extended);
        g_assert_cmpuint(number(&f, 0x30), ==, cases[i].extended);
        g_assert_cmpuint(number(&f, 0x34), ==, cases[i].above_16m);
        g_assert_cmpuint(number(&f, 0x5b) | (unsigned)in(&f, 0x5d) << 16, ==, cases[i].above_4g);
        io_bus_clear(&f.bus);
    }
}

#define DATE "2028-02-29T23:00:00" /* a Tuesday */

static void add_test(const char *path, void (*test)(Fixture *f, const void *base))
{
    g_test_add(path, Fixture, DATE, fixture_init, test, fixture_clear);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add_test("/cmos/date", test_date);
    add_test("/cmos/formats", test_formats);
    g_test_add_func("/cmos/twelve", test_twelve);
    g_test_add_func("/cmos/host", test_host);
    add_test("/cmos/set", test_set);
    add_test("/cmos/nonsense", test_nonsense);
    g_test_add_func("/cmos/bases", test_bases);
    add_test("/cmos/memory", test_memory);
    g_test_add_func("/cmos/sizes", test_sizes);
    return g_test_run();
}
