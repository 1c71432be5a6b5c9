/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-i386/x86-cmos.h"

#define KIB            UINT64_C(1024)
#define MIB            (1024 * KIB)
#define UNIT           (64 * KIB) /* of the larger sizes */

#define BASE_MEMORY    0x15 /* KiB, at most 640 */
#define EXTENDED       0x17 /* KiB above 1 MiB, twice */
#define EXTENDED_AGAIN 0x30
#define ABOVE_16M      0x34 /* units, below 4 GiB */
#define ABOVE_4G       0x5b /* units */

/* The number @value, or the largest that fits, in @size bytes from @index. */
static void set_number(Cmos *cmos, unsigned index, uint64_t value, unsigned size)
{
    value = MIN(value, (UINT64_C(1) << 8 * size) - 1);
    for (unsigned i = 0; i < size; i++) {
        cmos_set(cmos, index + i, (uint8_t)(value >> 8 * i));
    }
}

static uint64_t above(uint64_t size, uint64_t start)
{
    return size > start ? size - start : 0;
}

bool x86_cmos_init(Cmos *cmos, IoBus *bus, const RtcConfiguration *clock, X86MemorySizes memory, Error **errp)
{
    int64_t offset;

    if (!cmos_clock_offset(clock->base ? clock->base : "utc", &offset, errp)) {
        return error_prepend(errp, "the base of the clock (-rtc): ");
    }
    cmos_init(cmos, bus, offset);
    set_number(cmos, BASE_MEMORY, MIN(memory.below_4g / KIB, 640), 2);
    set_number(cmos, EXTENDED, above(memory.below_4g, MIB) / KIB, 2);
    set_number(cmos, EXTENDED_AGAIN, above(memory.below_4g, MIB) / KIB, 2);
    set_number(cmos, ABOVE_16M, above(memory.below_4g, 16 * MIB) / UNIT, 2);
    set_number(cmos, ABOVE_4G, memory.above_4g / UNIT, 3);
    return true;
}
