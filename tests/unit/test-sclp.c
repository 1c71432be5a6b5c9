/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the service processor: what it tells about the machine, the two kinds of console output, input,
 * the event that asks the guest to end, and blocks whose lengths do not fit.
 */
#include "target-s390x/sclp.h"
#include <string.h>

#define EVENT 8 /* where the first event of a block is */

typedef struct Fixture {
    Sclp sclp;
    GString *console;
    uint8_t block[SCLP_SCCB_LARGEST];
} Fixture;

static void take_byte(void *opaque, uint8_t byte)
{
    g_string_append_c(opaque, (char)byte);
}

static void set_up(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    f->console = g_string_new(NULL);
    sclp_init(&f->sclp, take_byte, f->console);
    f->sclp.n_cpus = 3;
    f->sclp.highest_cpu = 7;
    f->sclp.memory_size = UINT64_C(512) << 20;
    memset(f->block, 0, sizeof(f->block));
}

static void tear_down(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    sclp_clear(&f->sclp);
    g_string_free(f->console, TRUE);
}

/* Carries out @command on the first @size bytes of the block. Returns the response code. */
static unsigned execute(Fixture *f, uint32_t command, size_t size)
{
    f->block[0] = (uint8_t)(size >> 8);
    f->block[1] = (uint8_t)size;
    sclp_execute(&f->sclp, command, f->block, size);
    return (unsigned)f->block[6] << 8 | f->block[7];
}

/* Puts an event of @size bytes behind its header, and returns the size of the block. */
static size_t put_event(Fixture *f, uint8_t type, const void *data, size_t size)
{
    memset(f->block, 0, sizeof(f->block));
    f->block[EVENT + 1] = (uint8_t)(6 + size);
    f->block[EVENT + 2] = type;
    memcpy(f->block + EVENT + 6, data, size);
    return EVENT + 6 + size;
}

static void test_scp_info(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    g_assert_cmphex(execute(f, SCLP_READ_SCP_INFO, 4096), ==, SCLP_RC_READ);
    g_assert_cmpuint(f->block[8] << 8 | f->block[9], ==, 512); /* increments ... */
    g_assert_cmpuint(f->block[10], ==, 1);                     /* ... of 1 MiB */
    g_assert_cmpuint(f->block[17], ==, 3);
    g_assert_cmpuint(f->block[19], ==, 144);
    g_assert_cmpuint(f->block[144 + 32], ==, 2); /* the address of the last vCPU */
    g_assert_cmpuint(f->block[121], ==, 7);
    g_assert_cmphex(execute(f, SCLP_READ_SCP_INFO_FORCED, 144 + 48), ==, SCLP_RC_READ);
    g_assert_cmphex(execute(f, SCLP_READ_SCP_INFO, 144 + 47), ==, SCLP_RC_TOO_SHORT);
}

/* More memory than there can be increments of 1 MiB. */
static void test_large_memory(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    f->sclp.memory_size = UINT64_C(1) << 40;
    g_assert_cmphex(execute(f, SCLP_READ_SCP_INFO, 4096), ==, SCLP_RC_READ);
    g_assert_cmpuint((unsigned)(f->block[8] << 8 | f->block[9]) * f->block[10], ==, 1 << 20);
}

static void test_cpu_info(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    g_assert_cmphex(execute(f, SCLP_READ_CPU_INFO, 64), ==, SCLP_RC_READ);
    g_assert_cmpuint(f->block[9], ==, 3);
    g_assert_cmpuint(f->block[11], ==, 16);
    g_assert_cmpuint(f->block[16 + 16], ==, 1);
    g_assert_cmphex(execute(f, SCLP_READ_CPU_INFO, 63), ==, SCLP_RC_TOO_SHORT);
}

static void test_ascii(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    g_assert_cmphex(execute(f, SCLP_WRITE_EVENT_DATA, put_event(f, 26, "a\r\n", 3)), ==, SCLP_RC_DONE);
    g_assert_cmpstr(f->console->str, ==, "a\r\n");
    g_assert_cmphex(f->block[EVENT + 3], ==, 0x80); /* accepted */
}

/* A message block "MDB " with one line: Hello, in EBCDIC. */
static const uint8_t message[] = {
    0,    27,   0,    1,    0xd4, 0xc4, 0xc2, 0x40, 0, 0, 0, 1, /* its header */
    0,    17,   0,    4,    0,    0,    0,    0,    0, 0,       /* a text */
    0xc8, 0x85, 0x93, 0x93, 0x96, 0x6b, 0x00,
};

static void test_message(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    g_assert_cmphex(execute(f, SCLP_WRITE_EVENT_DATA, put_event(f, 2, message, sizeof(message))), ==,
                    SCLP_RC_DONE);
    g_assert_cmpstr(f->console->str, ==, "Hello,.\n");
}

static void test_bad_messages(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    uint8_t bytes[sizeof(message)];

    for (int length = 0; length < 256; length++) {
        unsigned code;

        memcpy(bytes, message, sizeof(message));
        bytes[13] = (uint8_t)length;
        g_string_truncate(f->console, 0);
        code = execute(f, SCLP_WRITE_EVENT_DATA, put_event(f, 2, bytes, sizeof(bytes)));
        /* Zero, or more than is there; or so little that what is behind it is no object. */
        if (length == 17) {
            g_assert_cmphex(code, ==, SCLP_RC_DONE);
        } else if (length < 4 || length > 17) {
            g_assert_cmphex(code, ==, SCLP_RC_EVENT_SYNTAX);
        }
        g_assert_cmpuint(f->console->len, <=, 8);
    }
}

static void test_event_lengths(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    size_t size = put_event(f, 26, "x", 1);

    f->block[EVENT + 1] = 5;
    g_assert_cmphex(execute(f, SCLP_WRITE_EVENT_DATA, size), ==, SCLP_RC_INCONSISTENT);
    f->block[EVENT + 1] = 8;
    g_assert_cmphex(execute(f, SCLP_WRITE_EVENT_DATA, size), ==, SCLP_RC_INCONSISTENT);
    g_assert_cmphex(execute(f, SCLP_WRITE_EVENT_DATA, EVENT + 3), ==, SCLP_RC_INCONSISTENT);
    g_assert_cmphex(execute(f, SCLP_WRITE_EVENT_DATA, EVENT), ==, SCLP_RC_NO_EVENT);
    g_assert_cmphex(execute(f, SCLP_WRITE_EVENT_DATA, put_event(f, 5, "x", 1)), ==, SCLP_RC_INVALID_FUNCTION);
    g_assert_cmphex(execute(f, 0x00990005, EVENT), ==, SCLP_RC_INVALID_COMMAND);
    g_assert_cmpstr(f->console->str, ==, "");
}

static unsigned set_mask(Fixture *f, uint8_t length, uint8_t wanted)
{
    memset(f->block, 0, 64);
    f->block[11] = length;
    f->block[12 + 3] = wanted;
    return execute(f, SCLP_WRITE_EVENT_MASK, 12 + 16);
}

static void test_input(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    g_autofree uint8_t *much = g_malloc0(5000);

    g_assert_cmpuint(sclp_receive(&f->sclp, much, 1), ==, 0);
    g_assert_cmphex(set_mask(f, 4, 0x40), ==, SCLP_RC_DONE);
    g_assert_cmphex(f->block[12 + 8], ==, 0x40);  /* it takes messages ... */
    g_assert_cmphex(f->block[12 + 11], ==, 0x40); /* ... and ASCII, ... */
    g_assert_cmphex(f->block[12 + 15], ==, 0x48); /* and sends ASCII, and the signal to end */
    g_assert_false(sclp_has_event(&f->sclp));
    g_assert_cmpuint(sclp_receive(&f->sclp, (const uint8_t *)"hello", 5), ==, 5);
    g_assert_true(sclp_has_event(&f->sclp));
    g_assert_cmphex(execute(f, SCLP_READ_EVENT_DATA, EVENT + 7), ==, SCLP_RC_TOO_SHORT);
    g_assert_cmphex(execute(f, SCLP_READ_EVENT_DATA, EVENT + 7 + 3), ==, SCLP_RC_DONE);
    g_assert_cmpmem(f->block + EVENT + 6, 4, "\0hel", 4);
    g_assert_cmphex(execute(f, SCLP_READ_EVENT_DATA, 64), ==, SCLP_RC_DONE);
    g_assert_cmpmem(f->block + EVENT + 6, 3, "\0lo", 3);
    g_assert_cmpuint(f->block[1], ==, EVENT + 7 + 2); /* the block is as long as what is in it */
    g_assert_cmphex(execute(f, SCLP_READ_EVENT_DATA, 64), ==, SCLP_RC_NO_EVENT);
    /* There is an end to what it keeps. */
    g_assert_cmpuint(sclp_receive(&f->sclp, much, 5000), ==, 1024);
    g_assert_cmpuint(sclp_receive(&f->sclp, much, 1), ==, 0);
    sclp_reset(&f->sclp);
    g_assert_false(sclp_has_event(&f->sclp));
}

static void quiesce(Fixture *f, bool is_taken)
{
    bool taken = sclp_quiesce(&f->sclp);

    g_assert_true(taken == is_taken);
    g_assert_true(sclp_has_event(&f->sclp) == is_taken);
}

/* Once for any number of signals, and before what was typed. */
static void test_quiesce(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    quiesce(f, false);
    g_assert_cmphex(set_mask(f, 4, 0x40), ==, SCLP_RC_DONE);
    quiesce(f, false);
    g_assert_cmphex(set_mask(f, 4, 0x48), ==, SCLP_RC_DONE);
    g_assert_false(sclp_has_event(&f->sclp)); /* what came before is forgotten */
    quiesce(f, true);
    quiesce(f, true);
    g_assert_cmpuint(sclp_receive(&f->sclp, (const uint8_t *)"x", 1), ==, 1);
    g_assert_cmphex(execute(f, SCLP_READ_EVENT_DATA, EVENT + 8), ==, SCLP_RC_TOO_SHORT);
    g_assert_cmphex(execute(f, SCLP_READ_EVENT_DATA, EVENT + 9), ==, SCLP_RC_DONE);
    g_assert_cmpmem(f->block + EVENT, 9, "\0\x09\x1d\0\0\0\0\0\0", 9);
    g_assert_cmpuint(f->block[1], ==, EVENT + 9);
    g_assert_true(sclp_has_event(&f->sclp));
    g_assert_cmphex(execute(f, SCLP_READ_EVENT_DATA, 64), ==, SCLP_RC_DONE);
    g_assert_cmpuint(f->block[EVENT + 2], ==, 26);
    g_assert_cmphex(execute(f, SCLP_READ_EVENT_DATA, 64), ==, SCLP_RC_NO_EVENT);
    /* Who does not want it any more is not told; a reset ends it. */
    quiesce(f, true);
    g_assert_cmphex(set_mask(f, 4, 0x40), ==, SCLP_RC_DONE);
    g_assert_false(sclp_has_event(&f->sclp));
    g_assert_cmphex(set_mask(f, 4, 8), ==, SCLP_RC_DONE);
    g_assert_true(sclp_has_event(&f->sclp));
    sclp_reset(&f->sclp);
    g_assert_cmphex(set_mask(f, 4, 8), ==, SCLP_RC_DONE);
    g_assert_false(sclp_has_event(&f->sclp));
}

static void test_masks(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    g_assert_cmphex(set_mask(f, 0, 0), ==, SCLP_RC_MASK_LENGTH);
    g_assert_cmphex(set_mask(f, 5, 0), ==, SCLP_RC_MASK_LENGTH);
    g_assert_cmphex(set_mask(f, 1, 0), ==, SCLP_RC_DONE);
    g_assert_cmphex(execute(f, SCLP_WRITE_EVENT_MASK, 11), ==, SCLP_RC_TOO_SHORT);
}

static void add(const char *path, void (*test)(Fixture *f, gconstpointer data))
{
    g_test_add(path, Fixture, NULL, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add("/sclp/scp-info", test_scp_info);
    add("/sclp/large-memory", test_large_memory);
    add("/sclp/cpu-info", test_cpu_info);
    add("/sclp/ascii", test_ascii);
    add("/sclp/message", test_message);
    add("/sclp/bad-messages", test_bad_messages);
    add("/sclp/event-lengths", test_event_lengths);
    add("/sclp/input", test_input);
    add("/sclp/quiesce", test_quiesce);
    add("/sclp/masks", test_masks);
    return g_test_run();
}
