/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-ppc/papr-events.h"
#include <glib.h>
#include <string.h>

#define SYSTEM_SHUTDOWN 3 /* of the sensor */

/* Where the parts of an entry that change are. */
#define CREATED  (8 + 16 + 8)
#define ENTRY_ID (8 + 16 + 40)

#define ZEROS_4  "\x00\x00\x00\x00"
#define ZEROS_8  ZEROS_4 ZEROS_4

/* Numbers are big-endian. A section begins with its name, its length, and its version in a word. */
static const char shutdown_entry[] =
    /* Version 6; an event that was not recovered from, with an extension, whose length follows; of type EPOW.
     */
    "\x06\x34\x00\x40\x00\x00\x00\x6c"
    /* It is valid, new and big-endian; a platform's event, as IBM has them. */
    "\x86\x00\x8e\x00" ZEROS_8 "IBM\x00"
    /* The private header: when it was made, by the hypervisor, with three sections, and its number. */
    "PH\x00\x30" ZEROS_4 ZEROS_8 ZEROS_8 "H\x00\x00\x03" ZEROS_4 ZEROS_8 ZEROS_4 ZEROS_4
    /* The user header: about the environment, no error, a normal shutdown. */
    "UH\x00\x18" ZEROS_4 "\xa0\x00\x00\xd0" ZEROS_4 ZEROS_8
    /* What is to be done: shut the system down, for no bad reason, in this partition. */
    "EP\x00\x14\x02\x00\x00\x00\x03\x01\x01\x00" ZEROS_8;
G_STATIC_ASSERT(sizeof(shutdown_entry) == PAPR_EPOW_LOG + 1);

static uint8_t bcd(int number)
{
    return (uint8_t)(number / 10 % 10 << 4 | number % 10);
}

static void put_time(uint8_t *at, int64_t seconds)
{
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_utc(seconds);

    if (time) {
        const uint8_t created[] = {
            bcd(g_date_time_get_year(time) / 100), bcd(g_date_time_get_year(time)),
            bcd(g_date_time_get_month(time)),      bcd(g_date_time_get_day_of_month(time)),
            bcd(g_date_time_get_hour(time)),       bcd(g_date_time_get_minute(time)),
            bcd(g_date_time_get_second(time)),
        };
        memcpy(at, created, sizeof(created));
    }
}

void papr_events_reset(PaprEvents *events)
{
    events->is_shutdown_pending = false;
}

void papr_events_shut_down(PaprEvents *events)
{
    events->is_shutdown_pending = true;
}

uint32_t papr_events_sensor(const PaprEvents *events)
{
    return events->is_shutdown_pending ? SYSTEM_SHUTDOWN : 0;
}

bool papr_events_take(PaprEvents *events, uint32_t mask, int64_t seconds, uint8_t entry[PAPR_EPOW_LOG])
{
    if (!events->is_shutdown_pending || !(mask & PAPR_EVENTS_EPOW)) {
        return false;
    }
    events->is_shutdown_pending = false;
    events->n_entries++;
    memcpy(entry, shutdown_entry, PAPR_EPOW_LOG);
    put_time(entry + CREATED, seconds);
    for (unsigned i = 0; i < 4; i++) {
        entry[ENTRY_ID + i] = (uint8_t)(events->n_entries >> (24 - 8 * i));
    }
    return true;
}
