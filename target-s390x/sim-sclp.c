/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-s390x/sim-sclp.h"
#include <glib.h>
#include <string.h>

#define EVENT_HEADER 6
#define EVENT_ASCII  0x1a /* data for an ASCII console (VT220) */

#define MOST_TEXT    (SIM_SCLP_SIZE - SIM_SCLP_HEADER - EVENT_HEADER - 1)

static void put16(uint8_t *to, size_t value)
{
    to[0] = (uint8_t)(value >> 8);
    to[1] = (uint8_t)value;
}

/* Header: length (2), function code (1), control mask (3), response (2); then the event: length (2), type
 * (1), flags (1), reserved (2), data. */
size_t sim_sclp_write(const char *text, uint8_t sccb[SIM_SCLP_SIZE])
{
    size_t length = MIN(strlen(text), MOST_TEXT), size = SIM_SCLP_HEADER + EVENT_HEADER + length + 1;
    uint8_t *event = sccb + SIM_SCLP_HEADER;

    memset(sccb, 0, SIM_SCLP_SIZE);
    put16(sccb, size);
    put16(event, size - SIM_SCLP_HEADER);
    event[2] = EVENT_ASCII;
    memcpy(event + EVENT_HEADER, text, length);
    event[EVENT_HEADER + length] = '\n';
    return size;
}

uint16_t sim_sclp_response(const uint8_t header[SIM_SCLP_HEADER])
{
    return (uint16_t)(header[6] << 8 | header[7]);
}
