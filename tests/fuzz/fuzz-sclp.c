/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Fuzzes the service processor of IBM Z: the input is a number of calls, each of a command (4 bytes), a
 * length (2 bytes) and the block. A block may only change inside of its length, and always gets an answer.
 */
#include <glib.h>
#include <string.h>
#include "target-s390x/sclp.h"

#define CALL_SIZE 6
#define GUARD     0x5a

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void count_byte(void *opaque, uint8_t byte G_GNUC_UNUSED)
{
    (*(size_t *)opaque)++;
}

static void execute(Sclp *sclp, uint32_t command, const uint8_t *block, size_t size)
{
    /* So that a sanitizer sees what is behind it, too. */
    g_autofree uint8_t *sccb = g_malloc(size + 8);

    memcpy(sccb, block, size);
    memset(sccb + size, GUARD, 8);
    sccb[0] = (uint8_t)(size >> 8);
    sccb[1] = (uint8_t)size;
    sccb[6] = sccb[7] = 0;
    sclp_execute(sclp, command, sccb, size);
    g_assert_true(sccb[6] || sccb[7]);
    for (size_t i = 0; i < 8; i++) {
        g_assert_cmpuint(sccb[size + i], ==, GUARD);
    }
    g_assert_cmpuint((size_t)sccb[0] << 8 | sccb[1], <=, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t n_bytes = 0;
    Sclp sclp;

    sclp_init(&sclp, count_byte, &n_bytes);
    sclp.n_cpus = 3;
    sclp.highest_cpu = 247;
    sclp.memory_size = UINT64_C(5) << 40;
    while (size >= CALL_SIZE) {
        const uint32_t command =
            (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 | (uint32_t)data[2] << 8 | data[3];
        size_t length = (size_t)data[4] << 8 | data[5];

        data += CALL_SIZE;
        size -= CALL_SIZE;
        length = MIN(MIN(length, size), SCLP_SCCB_LARGEST);
        if (length >= SCLP_HEADER_SIZE) {
            execute(&sclp, command, data, length);
        }
        sclp_receive(&sclp, data, MIN(length, 5));
        if (length % 2) {
            g_assert_true(!sclp_quiesce(&sclp) || sclp_has_event(&sclp));
        }
        g_assert_true(!sclp_has_event(&sclp) || sclp.n_input <= sizeof(sclp.input));
        data += length;
        size -= length;
    }
    sclp_clear(&sclp);
    return 0;
}
