/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * A serial port as software sees a 16550A, output only: what the guest sends goes to a sink at once, nothing
 * is ever received, and no interrupt is raised.
 */
#ifndef HW_SERIAL_H
#define HW_SERIAL_H

#include "hw/io-bus.h"

#define SERIAL_COM1_PORT 0x3f8
#define SERIAL_PORTS     8

/** Takes what the guest sends, byte by byte, on the thread of the vCPU that sent it. */
typedef void SerialSink(void *opaque, uint8_t byte);

typedef struct Serial {
    uint8_t registers[SERIAL_PORTS];
    uint8_t divisor[2];
    SerialSink *sink;
    void *opaque;
} Serial;

/** Starts @p serial as after a reset and puts it at @p port of @p bus. @p sink may be NULL: output is
 * dropped. */
void serial_init(Serial *serial, IoBus *bus, uint16_t port, SerialSink *sink, void *opaque);

/** Puts its registers into the state after a reset. */
void serial_reset(Serial *serial);

#endif
