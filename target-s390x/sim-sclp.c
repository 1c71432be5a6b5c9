/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-s390x/sim-sclp.h"
#include <glib.h>
#include <string.h>

#define EVENT_HEADER  6
#define EVENT_ASCII   0x1a /* data for an ASCII console (VT220) */
#define EVENT_QUIESCE 0x1d

/* Masks of events begin with type 1. */
#define MASK_SIZE    4
#define MASKS        12 /* where they are: what the guest takes and sends, what the host takes and sends */
#define QUIESCE_BYTE ((EVENT_QUIESCE - 1) / 8)
#define QUIESCE_BIT  (0x80 >> (EVENT_QUIESCE - 1) % 8)
#define QUIESCE_SIZE 9

#define MOST_TEXT    (SIM_SCLP_SIZE - SIM_SCLP_HEADER - EVENT_HEADER - 1)

static void put16(uint8_t *to, size_t value)
{
    to[0] = (uint8_t)(value >> 8);
    to[1] = (uint8_t)value;
}

static uint16_t get16(const uint8_t *from)
{
    return (uint16_t)(from[0] << 8 | from[1]);
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

size_t sim_sclp_take_quiesce(uint8_t sccb[SIM_SCLP_SIZE])
{
    const size_t size = MASKS + 4 * MASK_SIZE;

    memset(sccb, 0, SIM_SCLP_SIZE);
    put16(sccb, size);
    put16(sccb + MASKS - 2, MASK_SIZE);
    sccb[MASKS + QUIESCE_BYTE] = QUIESCE_BIT;
    return size;
}

bool sim_sclp_has_quiesce(const uint8_t sccb[SIM_SCLP_SIZE])
{
    return sccb[MASKS + 3 * MASK_SIZE + QUIESCE_BYTE] & QUIESCE_BIT;
}

size_t sim_sclp_read(uint8_t sccb[SIM_SCLP_SIZE])
{
    memset(sccb, 0, SIM_SCLP_SIZE);
    put16(sccb, SIM_SCLP_SIZE);
    return SIM_SCLP_SIZE;
}

bool sim_sclp_is_quiesce(const uint8_t sccb[SIM_SCLP_SIZE])
{
    const uint8_t *event = sccb + SIM_SCLP_HEADER;

    return get16(sccb) == SIM_SCLP_HEADER + QUIESCE_SIZE && get16(event) == QUIESCE_SIZE &&
           event[2] == EVENT_QUIESCE;
}

uint16_t sim_sclp_response(const uint8_t header[SIM_SCLP_HEADER])
{
    return get16(header + 6);
}
