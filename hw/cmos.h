/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The battery-backed memory of PCs and the real-time clock in it, as software sees an MC146818 (Motorola,
 * "MC146818A Real-Time Clock Plus RAM", 1988): an index at one port, the byte at that index at the next.
 *
 * The clock runs by that of the host, and a guest that sets it changes the distance. It never interrupts:
 * alarms are only stored, and what has been enabled in register B changes nothing. Its registers can be read
 * in BCD or binary, in 12 or 24 hours. All other bytes are memory, which a machine fills for its firmware.
 */
#ifndef HW_CMOS_H
#define HW_CMOS_H

#include <stdbool.h>
#include "hw/io-bus.h"
#include "qapi/error.h"

#define CMOS_PORT    0x70 /* index; bit 7, which masks NMIs on PCs, has no effect */
#define CMOS_PORTS   2
#define CMOS_SIZE    128
#define CMOS_CENTURY 0x32 /* of the year, where ACPI says that it is */

typedef struct Cmos {
    uint8_t bytes[CMOS_SIZE];
    uint8_t index;
    int64_t offset;  /* seconds from the host's clock (UTC) to the guest's */
    int64_t updated; /* the guest's second for which it was told last that time has passed */
} Cmos;

/**
 * Reads when the clock begins, as QEMU's -rtc base= has it: "utc" and "localtime" are the host's, in UTC or
 * in its time zone; "YYYY-MM-DD" and "YYYY-MM-DDThh:mm:ss" are a fixed date, from now on. @p ret_offset is
 * set to what cmos_init() takes. Fails with CGVM_ERROR_INVALID for other text and for dates that do not
 * exist.
 */
bool cmos_clock_offset(const char *base, int64_t *ret_offset, Error **errp);

/**
 * Starts @p cmos with a clock that is @p offset seconds ahead of the host's and with memory that is zero, and
 * puts it at its ports of @p bus.
 */
void cmos_init(Cmos *cmos, IoBus *bus, int64_t offset);

/** Sets the byte of memory at @p index: not one of the clock's, which are below 0x0e. Before the guest runs.
 */
void cmos_set(Cmos *cmos, unsigned index, uint8_t value);

/** What a reset changes: what was enabled is not any more. Time, alarm and memory stay. */
void cmos_reset(Cmos *cmos);

#endif
