/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The hypervisor's console of a pseries guest: a terminal that the guest writes and reads with hypercalls, up
 * to 16 bytes at a time (LoPAR 14.5.4.2, H_PUT_TERM_CHAR and H_GET_TERM_CHAR). Its interrupt is its owner's
 * to send.
 */
#ifndef TARGET_PPC_PAPR_VTY_H
#define TARGET_PPC_PAPR_VTY_H

#include <glib.h>
#include <stdint.h>
#include "hw/serial.h"

/** Bytes that wait for the guest, at most. */
#define PAPR_VTY_INPUT 256

typedef struct PaprVty {
    GMutex lock;
    uint8_t input[PAPR_VTY_INPUT]; /* a ring */
    unsigned first, count;
    SerialSink *sink;
    void *opaque;
} PaprVty;

/** Makes it empty. @p sink may be NULL: output is dropped. To be cleared. */
void papr_vty_init(PaprVty *vty, SerialSink *sink, void *opaque);
void papr_vty_clear(PaprVty *vty);

/** Drops what waits. */
void papr_vty_reset(PaprVty *vty);

/** Writes what the guest has sent. */
void papr_vty_put(PaprVty *vty, const uint8_t *bytes, size_t size);

/** Takes up to @p size bytes that wait for the guest. Returns how many. */
size_t papr_vty_get(PaprVty *vty, uint8_t *bytes, size_t size);

/** Sends the guest up to @p size bytes. Returns how many there was room for, and whether nothing waited for
 * the guest before. From any thread. */
size_t papr_vty_receive(PaprVty *vty, const uint8_t *bytes, size_t size, bool *ret_was_empty);

#endif
