/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-s390x/sclp.h"
#include <string.h>

#define MIB UINT64_C(0x100000)

/* Types of events. */
#define EVENT_MESSAGE     2  /* lines of text in EBCDIC */
#define EVENT_ASCII       26 /* a terminal's bytes */
#define EVENT_QUIESCE     29 /* signal quiesce: the guest should end */
#define TYPE_BIT(type)    (1u << (32 - (type)))
#define GUEST_SENDS       (TYPE_BIT(EVENT_MESSAGE) | TYPE_BIT(EVENT_ASCII))
#define GUEST_RECEIVES    (TYPE_BIT(EVENT_ASCII) | TYPE_BIT(EVENT_QUIESCE))

#define EVENT_HEADER_SIZE 6 /* length (2), type, flags, reserved (2) */
#define EVENT_ACCEPTED    0x80
#define QUIESCE_SIZE      9 /* time-out (2) and its unit (1), which are 0: there is none */

/* Of a message: its block "MDB " with objects in it; those of type 4 are text. */
#define MDB_HEADER_SIZE         12
#define OBJECT_TEXT             4
#define TEXT_HEADER_SIZE        10

#define CPU_ENTRY_SIZE          16
#define CPU_INFO_ENTRIES        16
#define SCP_INFO_ENTRIES        144
#define FACILITY_CPU_INFO       UINT64_C(0x0800000000000000)
#define LARGEST_INCREMENT_COUNT 0xffff

static uint16_t get16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static void put16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
    put16(at, (uint16_t)(value >> 16));
    put16(at + 2, (uint16_t)value);
}

static void put64(uint8_t *at, uint64_t value)
{
    put32(at, (uint32_t)(value >> 32));
    put32(at + 4, (uint32_t)value);
}

void sclp_refuse(uint8_t sccb[SCLP_HEADER_SIZE], uint16_t code)
{
    put16(sccb + 6, code);
}

void sclp_init(Sclp *sclp, SerialSink *sink, void *opaque)
{
    *sclp = (Sclp){ .sink = sink, .opaque = opaque };
    g_mutex_init(&sclp->lock);
}

void sclp_clear(Sclp *sclp)
{
    g_mutex_clear(&sclp->lock);
}

void sclp_reset(Sclp *sclp)
{
    g_mutex_lock(&sclp->lock);
    sclp->wanted = 0;
    sclp->n_input = 0;
    sclp->is_quiesce_pending = false;
    g_mutex_unlock(&sclp->lock);
}

/* ---- what machine it is ---- */

static void put_cpus(const Sclp *sclp, uint8_t *at)
{
    for (unsigned i = 0; i < sclp->n_cpus; i++) {
        at[i * CPU_ENTRY_SIZE] = (uint8_t)i;
    }
}

static uint16_t read_cpu_info(const Sclp *sclp, uint8_t *sccb, size_t size)
{
    const size_t needed = CPU_INFO_ENTRIES + sclp->n_cpus * CPU_ENTRY_SIZE;

    if (size < needed) {
        return SCLP_RC_TOO_SHORT;
    }
    memset(sccb + SCLP_HEADER_SIZE, 0, size - SCLP_HEADER_SIZE);
    put16(sccb + 8, (uint16_t)sclp->n_cpus);
    put16(sccb + 10, CPU_INFO_ENTRIES);
    put16(sccb + 14, (uint16_t)needed); /* where those that are on standby would be */
    put_cpus(sclp, sccb + CPU_INFO_ENTRIES);
    return SCLP_RC_READ;
}

/* Memory is told in increments, of which there are only so many. */
static uint64_t increment_size(uint64_t memory_size)
{
    uint64_t size = MIB;

    while (memory_size / size > LARGEST_INCREMENT_COUNT) {
        size <<= 1;
    }
    return size;
}

static uint16_t read_scp_info(const Sclp *sclp, uint8_t *sccb, size_t size)
{
    const size_t needed = SCP_INFO_ENTRIES + sclp->n_cpus * CPU_ENTRY_SIZE;
    const uint64_t increment = increment_size(sclp->memory_size);

    if (size < needed) {
        return SCLP_RC_TOO_SHORT;
    }
    memset(sccb + SCLP_HEADER_SIZE, 0, size - SCLP_HEADER_SIZE);
    put16(sccb + 8, (uint16_t)(sclp->memory_size / increment));
    sccb[10] = (uint8_t)MIN(increment / MIB, 255);
    put16(sccb + 16, (uint16_t)sclp->n_cpus);
    put16(sccb + 18, SCP_INFO_ENTRIES);
    memset(sccb + 24, 0x40, 8); /* a load parameter of blanks */
    put64(sccb + 48, FACILITY_CPU_INFO);
    put32(sccb + 100, increment / MIB > 255 ? (uint32_t)(increment / MIB) : 0);
    put64(sccb + 104, sclp->memory_size / increment);
    put16(sccb + 120, (uint16_t)sclp->highest_cpu);
    put_cpus(sclp, sccb + SCP_INFO_ENTRIES);
    return SCLP_RC_READ;
}

/* ---- output ---- */

static void put_byte(const Sclp *sclp, uint8_t byte)
{
    if (sclp->sink) {
        sclp->sink(sclp->opaque, byte);
    }
}

/* The characters of code page 037 that ASCII has, too; all others are shown as dots. */
static uint8_t from_ebcdic(uint8_t c)
{
    static const struct {
        uint8_t ebcdic;
        char ascii[12];
    } runs[] = {
        { 0x40, " " },          { 0x4b, ".<(+|&" },   { 0x5a, "!$*);" },     { 0x60, "-/" },
        { 0x6b, ",%_>?" },      { 0x79, "`:#@'=\"" }, { 0x81, "abcdefghi" }, { 0x91, "jklmnopqr" },
        { 0xa1, "~stuvwxyz" },  { 0xb0, "^" },        { 0xba, "[]" },        { 0xc0, "{ABCDEFGHI" },
        { 0xd0, "}JKLMNOPQR" }, { 0xe0, "\\" },       { 0xe2, "STUVWXYZ" },  { 0xf0, "0123456789" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(runs); i++) {
        if (c >= runs[i].ebcdic && (size_t)(c - runs[i].ebcdic) < strlen(runs[i].ascii)) {
            return (uint8_t)runs[i].ascii[c - runs[i].ebcdic];
        }
    }
    return '.';
}

static uint16_t write_ascii(const Sclp *sclp, const uint8_t *event, size_t length)
{
    for (size_t i = EVENT_HEADER_SIZE; i < length; i++) {
        put_byte(sclp, event[i]);
    }
    return SCLP_RC_DONE;
}

static uint16_t write_message(const Sclp *sclp, const uint8_t *event, size_t length)
{
    for (size_t at = EVENT_HEADER_SIZE + MDB_HEADER_SIZE; at < length;) {
        size_t object_length;

        if (length - at < 4) {
            return SCLP_RC_EVENT_SYNTAX;
        }
        object_length = get16(event + at);
        if (object_length < 4 || object_length > length - at) {
            return SCLP_RC_EVENT_SYNTAX;
        }
        if (get16(event + at + 2) == OBJECT_TEXT && object_length >= TEXT_HEADER_SIZE) {
            for (size_t i = TEXT_HEADER_SIZE; i < object_length; i++) {
                put_byte(sclp, from_ebcdic(event[at + i]));
            }
            put_byte(sclp, '\n');
        }
        at += object_length;
    }
    return SCLP_RC_DONE;
}

/* One event of @length bytes, which is at least its header. */
static uint16_t write_event(const Sclp *sclp, uint8_t *event, size_t length)
{
    uint16_t code;

    switch (event[2]) {
    case EVENT_ASCII:
        code = write_ascii(sclp, event, length);
        break;
    case EVENT_MESSAGE:
        code = write_message(sclp, event, length);
        break;
    default:
        return SCLP_RC_INVALID_FUNCTION;
    }
    if (code == SCLP_RC_DONE) {
        event[3] |= EVENT_ACCEPTED;
    }
    return code;
}

static uint16_t write_event_data(const Sclp *sclp, uint8_t *sccb, size_t size)
{
    size_t at = SCLP_HEADER_SIZE;

    if (size == SCLP_HEADER_SIZE) {
        return SCLP_RC_NO_EVENT;
    }
    while (at < size) {
        size_t length = size - at < EVENT_HEADER_SIZE ? 0 : get16(sccb + at);
        uint16_t code;

        if (length < EVENT_HEADER_SIZE || length > size - at) {
            return SCLP_RC_INCONSISTENT;
        }
        code = write_event(sclp, sccb + at, length);
        if (code != SCLP_RC_DONE) {
            return code;
        }
        at += length;
    }
    return SCLP_RC_DONE;
}

/* ---- input, and other events ---- */

static bool has_quiesce(const Sclp *sclp)
{
    return sclp->is_quiesce_pending && sclp->wanted & TYPE_BIT(EVENT_QUIESCE);
}

static bool has_input(const Sclp *sclp)
{
    return sclp->n_input && sclp->wanted & TYPE_BIT(EVENT_ASCII);
}

static bool has_event(const Sclp *sclp)
{
    return has_quiesce(sclp) || has_input(sclp);
}

static uint16_t read_quiesce(Sclp *sclp, uint8_t *sccb, size_t size)
{
    uint8_t *event = sccb + SCLP_HEADER_SIZE;

    if (size < SCLP_HEADER_SIZE + QUIESCE_SIZE) {
        return SCLP_RC_TOO_SHORT;
    }
    memset(event, 0, QUIESCE_SIZE);
    put16(event, QUIESCE_SIZE);
    event[2] = EVENT_QUIESCE;
    put16(sccb, SCLP_HEADER_SIZE + QUIESCE_SIZE);
    sclp->is_quiesce_pending = false;
    return SCLP_RC_DONE;
}

static uint16_t read_input(Sclp *sclp, uint8_t *sccb, size_t size)
{
    const size_t before = SCLP_HEADER_SIZE + EVENT_HEADER_SIZE + 1; /* a zero says that ASCII follows */
    uint8_t *event = sccb + SCLP_HEADER_SIZE;
    size_t count;

    if (size <= before) {
        return SCLP_RC_TOO_SHORT;
    }
    count = MIN(sclp->n_input, size - before);
    memset(event, 0, EVENT_HEADER_SIZE + 1);
    put16(event, (uint16_t)(EVENT_HEADER_SIZE + 1 + count));
    event[2] = EVENT_ASCII;
    memcpy(event + EVENT_HEADER_SIZE + 1, sclp->input, count);
    memmove(sclp->input, sclp->input + count, sclp->n_input - count);
    sclp->n_input -= count;
    put16(sccb, (uint16_t)(before + count));
    return SCLP_RC_DONE;
}

/* One event at a time: the interrupt that follows says whether there is another one. */
static uint16_t read_event_data(Sclp *sclp, uint8_t *sccb, size_t size)
{
    if (has_quiesce(sclp)) {
        return read_quiesce(sclp, sccb, size);
    }
    return has_input(sclp) ? read_input(sclp, sccb, size) : SCLP_RC_NO_EVENT;
}

/* A mask of @length bytes as the 32 bits of the types that we know. */
static uint32_t read_mask(const uint8_t *at, size_t length)
{
    uint32_t mask = 0;

    for (size_t i = 0; i < 4; i++) {
        mask = mask << 8 | (i < length ? at[i] : 0);
    }
    return mask;
}

static void write_mask(uint8_t *at, size_t length, uint32_t mask)
{
    for (size_t i = 0; i < length; i++) {
        at[i] = i < 4 ? (uint8_t)(mask >> (24 - 8 * i)) : 0;
    }
}

static uint16_t write_event_mask(Sclp *sclp, uint8_t *sccb, size_t size)
{
    uint8_t *masks = sccb + 12;
    size_t length;

    if (size < 12) {
        return SCLP_RC_TOO_SHORT;
    }
    length = get16(sccb + 10);
    if (!length || length > (size - 12) / 4) {
        return SCLP_RC_MASK_LENGTH;
    }
    sclp->wanted = read_mask(masks, length) & GUEST_RECEIVES;
    write_mask(masks + 2 * length, length, GUEST_SENDS);
    write_mask(masks + 3 * length, length, GUEST_RECEIVES);
    return SCLP_RC_DONE;
}

/* ---- all of it ---- */

static uint16_t execute(Sclp *sclp, uint32_t command, uint8_t *sccb, size_t size)
{
    switch (command) {
    case SCLP_READ_CPU_INFO:
        return read_cpu_info(sclp, sccb, size);
    case SCLP_READ_SCP_INFO:
    case SCLP_READ_SCP_INFO_FORCED:
        return read_scp_info(sclp, sccb, size);
    case SCLP_WRITE_EVENT_DATA:
        return write_event_data(sclp, sccb, size);
    case SCLP_READ_EVENT_DATA:
        return read_event_data(sclp, sccb, size);
    case SCLP_WRITE_EVENT_MASK:
        return write_event_mask(sclp, sccb, size);
    default:
        return SCLP_RC_INVALID_COMMAND;
    }
}

void sclp_execute(Sclp *sclp, uint32_t command, uint8_t *sccb, size_t size)
{
    uint16_t code;

    g_mutex_lock(&sclp->lock);
    code = execute(sclp, command, sccb, size);
    g_mutex_unlock(&sclp->lock);
    sclp_refuse(sccb, code);
}

bool sclp_has_event(Sclp *sclp)
{
    bool result;

    g_mutex_lock(&sclp->lock);
    result = has_event(sclp);
    g_mutex_unlock(&sclp->lock);
    return result;
}

bool sclp_quiesce(Sclp *sclp)
{
    bool is_taken;

    g_mutex_lock(&sclp->lock);
    is_taken = sclp->wanted & TYPE_BIT(EVENT_QUIESCE);
    sclp->is_quiesce_pending |= is_taken;
    g_mutex_unlock(&sclp->lock);
    return is_taken;
}

size_t sclp_receive(Sclp *sclp, const uint8_t *bytes, size_t size)
{
    size_t count = 0;

    g_mutex_lock(&sclp->lock);
    if (sclp->wanted & TYPE_BIT(EVENT_ASCII)) {
        count = MIN(size, sizeof(sclp->input) - sclp->n_input);
        memcpy(sclp->input + sclp->n_input, bytes, count);
        sclp->n_input += count;
    }
    g_mutex_unlock(&sclp->lock);
    return count;
}
