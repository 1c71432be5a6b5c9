/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hw/cmos.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { SECONDS = 0, MINUTES = 2, HOURS = 4, WEEKDAY = 6, DAY = 7, MONTH = 8, YEAR = 9 };
enum { A = 10, B = 11, C = 12, D = 13, MEMORY = 14 };

#define A_UPDATE   0x80 /* in progress */
#define A_RUNNING  0x26 /* 32768 Hz; a rate of 1024 Hz */
#define B_24_HOURS 0x02
#define B_BINARY   0x04
#define B_ENABLED  0x78 /* interrupts, and the square wave */
#define B_SET      0x80 /* the clock stands while it is being set */
#define C_UPDATED  0x10
#define D_VALID    0x80 /* the battery has not failed */
#define HOURS_PM   0x80

/* For so long before the next second the time is not to be read (data sheet, "Update cycle"). */
#define UPDATE_NANOSECONDS 244000
#define SECOND_NANOSECONDS 1000000000

/* ---- time ---- */

static struct timespec host_time(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return now;
}

static uint8_t to_register(const Cmos *cmos, unsigned value)
{
    return (uint8_t)(cmos->bytes[B] & B_BINARY ? value : value / 10 << 4 | value % 10);
}

/* Of what a guest has written, which may be no number at all. */
static int from_register(const Cmos *cmos, uint8_t value)
{
    return cmos->bytes[B] & B_BINARY ? value : (value >> 4) * 10 + (value & 15);
}

static uint8_t hours_to_register(const Cmos *cmos, unsigned hours)
{
    if (cmos->bytes[B] & B_24_HOURS) {
        return to_register(cmos, hours);
    }
    return to_register(cmos, hours % 12 ? hours % 12 : 12) | (hours >= 12 ? HOURS_PM : 0);
}

static int hours_from_register(const Cmos *cmos, uint8_t value)
{
    if (cmos->bytes[B] & B_24_HOURS) {
        return from_register(cmos, value);
    }
    return from_register(cmos, value & ~HOURS_PM) % 12 + (value & HOURS_PM ? 12 : 0);
}

static bool is_time(unsigned index)
{
    return index == SECONDS || index == MINUTES || index == HOURS || (index >= WEEKDAY && index <= YEAR) ||
           index == CMOS_CENTURY;
}

/* Sets the registers to the time that it is now, unless the guest is setting them. */
static void load_time(Cmos *cmos)
{
    time_t seconds = host_time().tv_sec + cmos->offset;
    struct tm date;
    unsigned year;

    if (cmos->bytes[B] & B_SET || !gmtime_r(&seconds, &date)) {
        return;
    }
    year = (unsigned)date.tm_year + 1900;
    cmos->bytes[SECONDS] = to_register(cmos, (unsigned)date.tm_sec);
    cmos->bytes[MINUTES] = to_register(cmos, (unsigned)date.tm_min);
    cmos->bytes[HOURS] = hours_to_register(cmos, (unsigned)date.tm_hour);
    cmos->bytes[WEEKDAY] = to_register(cmos, (unsigned)date.tm_wday + 1);
    cmos->bytes[DAY] = to_register(cmos, (unsigned)date.tm_mday);
    cmos->bytes[MONTH] = to_register(cmos, (unsigned)date.tm_mon + 1);
    cmos->bytes[YEAR] = to_register(cmos, year % 100);
    cmos->bytes[CMOS_CENTURY] = to_register(cmos, year / 100);
}

/* The time is what the registers say. Those that are no date are the one that they add up to. */
static void store_time(Cmos *cmos)
{
    const uint8_t *bytes = cmos->bytes;
    int year = from_register(cmos, bytes[CMOS_CENTURY]) * 100 + from_register(cmos, bytes[YEAR]);
    struct tm date = {
        .tm_sec = from_register(cmos, bytes[SECONDS]),
        .tm_min = from_register(cmos, bytes[MINUTES]),
        .tm_hour = hours_from_register(cmos, bytes[HOURS]),
        .tm_mday = from_register(cmos, bytes[DAY]),
        .tm_mon = from_register(cmos, bytes[MONTH]) - 1,
        .tm_year = year - 1900,
    };

    cmos->offset = timegm(&date) - host_time().tv_sec;
    cmos->updated = host_time().tv_sec + cmos->offset;
}

static uint8_t read_a(const Cmos *cmos)
{
    bool is_updating =
        !(cmos->bytes[B] & B_SET) && host_time().tv_nsec >= SECOND_NANOSECONDS - UPDATE_NANOSECONDS;

    return cmos->bytes[A] | (is_updating ? A_UPDATE : 0);
}

/* Whether the time has changed since this was read last. */
static uint8_t read_c(Cmos *cmos)
{
    int64_t now = host_time().tv_sec + cmos->offset;
    bool has_changed = !(cmos->bytes[B] & B_SET) && now != cmos->updated;

    cmos->updated = now;
    return has_changed ? C_UPDATED : 0;
}

/* ---- registers ---- */

/* What is being set is taken for numbers of the format in which it was begun. */
static void write_b(Cmos *cmos, uint8_t value)
{
    if (value & B_SET) {
        load_time(cmos);
    } else if (cmos->bytes[B] & B_SET) {
        store_time(cmos);
    }
    cmos->bytes[B] = value;
}

static uint8_t read_byte(Cmos *cmos)
{
    switch (cmos->index) {
    case A:
        return read_a(cmos);
    case C:
        return read_c(cmos);
    case D:
        return D_VALID;
    default:
        if (is_time(cmos->index)) {
            load_time(cmos);
        }
        return cmos->bytes[cmos->index];
    }
}

static void write_byte(Cmos *cmos, uint8_t value)
{
    switch (cmos->index) {
    case A:
        cmos->bytes[A] = value & ~A_UPDATE;
        break;
    case B:
        write_b(cmos, value);
        break;
    case C:
    case D: /* they can only be read */
        break;
    default:
        if (!is_time(cmos->index)) {
            cmos->bytes[cmos->index] = value;
            break;
        }
        load_time(cmos);
        cmos->bytes[cmos->index] = value;
        if (!(cmos->bytes[B] & B_SET)) {
            store_time(cmos);
        }
        break;
    }
}

static uint8_t cmos_read(void *device, unsigned offset)
{
    return offset ? read_byte(device) : 0xff; /* the index cannot be read */
}

static void cmos_write(void *device, unsigned offset, uint8_t value)
{
    Cmos *cmos = device;

    if (offset) {
        write_byte(cmos, value);
    } else {
        cmos->index = value % CMOS_SIZE;
    }
}

/* ---- outside ---- */

/* Seconds since 1970 of a date as GLib reads it, but for the form, which is one of two. */
static bool parse_date(const char *text, int64_t *ret_seconds)
{
    static const char *const forms[] = { "dddd-dd-dd", "dddd-dd-ddTdd:dd:dd" };
    int fields[6] = { 0 };
    bool fits = false;
    g_autoptr(GDateTime) date = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(forms) && !fits; i++) {
        size_t at = 0;

        while (text[at] && forms[i][at] &&
               (forms[i][at] == 'd' ? g_ascii_isdigit(text[at]) : text[at] == forms[i][at])) {
            at++;
        }
        fits = !text[at] && !forms[i][at];
    }
    if (!fits) {
        return false;
    }
    sscanf(text, "%d-%d-%dT%d:%d:%d", &fields[0], &fields[1], &fields[2], &fields[3], &fields[4], &fields[5]);
    date = g_date_time_new_utc(fields[0], fields[1], fields[2], fields[3], fields[4], fields[5]);
    if (!date) {
        return false;
    }
    *ret_seconds = g_date_time_to_unix(date);
    return true;
}

bool cmos_clock_offset(const char *base, int64_t *ret_offset, Error **errp)
{
    time_t now = host_time().tv_sec;
    int64_t then = now;
    struct tm local;

    if (strcmp(base, "localtime") == 0) {
        localtime_r(&now, &local);
        then = now + local.tm_gmtoff;
    } else if (strcmp(base, "utc") != 0 && !parse_date(base, &then)) {
        return error_setg(errp,
                          "'%s' is no date; write utc, localtime, or a date such as 2026-01-31 or "
                          "2026-01-31T23:59:00",
                          base);
    }
    *ret_offset = then - now;
    return true;
}

void cmos_init(Cmos *cmos, IoBus *bus, int64_t offset)
{
    static const IoPortOps ops = { .read = cmos_read, .write = cmos_write };

    *cmos = (Cmos){ .offset = offset, .updated = host_time().tv_sec + offset };
    cmos->bytes[A] = A_RUNNING;
    cmos->bytes[B] = B_24_HOURS;
    cmos->bytes[DAY] = 1;
    io_bus_add(bus, CMOS_PORT, CMOS_PORTS, &ops, cmos);
}

void cmos_set(Cmos *cmos, unsigned index, uint8_t value)
{
    g_assert(index >= MEMORY && index < CMOS_SIZE && index != CMOS_CENTURY);
    cmos->bytes[index] = value;
}

void cmos_reset(Cmos *cmos)
{
    cmos->bytes[B] &= ~B_ENABLED;
}
