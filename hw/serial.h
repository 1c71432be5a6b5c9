/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * A serial port as software sees a 16550A. What the guest sends goes to a sink at once, so that the
 * transmitter is always empty; what it is sent waits in the FIFO. Of the interrupts there are those for
 * received data and for the empty transmitter; lines never break and modems never change.
 */
#ifndef HW_SERIAL_H
#define HW_SERIAL_H

#include <stdbool.h>
#include "hw/io-bus.h"

#define SERIAL_COM1_PORT 0x3f8
#define SERIAL_COM1_IRQ  4
#define SERIAL_PORTS     8
#define SERIAL_FIFO      16

/** Takes what the guest sends, byte by byte, on the thread of the vCPU that sent it. */
typedef void SerialSink(void *opaque, uint8_t byte);

/** Sets the level of the port's interrupt line when it changes; the bus is locked. */
typedef void SerialIrq(void *opaque, bool level);

typedef struct Serial {
    uint8_t registers[SERIAL_PORTS];
    uint8_t divisor[2];
    uint8_t fifo[SERIAL_FIFO]; /* received, a ring */
    unsigned first, count;
    bool empty_pending; /* nobody has been told yet that the transmitter is empty */
    bool level;         /* of the interrupt line */
    IoBus *bus;
    SerialSink *sink;
    void *opaque;
    SerialIrq *irq;
    void *irq_opaque;
} Serial;

/** Starts @p serial as after a reset and puts it at @p port of @p bus. @p sink may be NULL: output is
 * dropped. */
void serial_init(Serial *serial, IoBus *bus, uint16_t port, SerialSink *sink, void *opaque);

/** Connects the interrupt line, which is low. Without this, nobody is interrupted. */
void serial_connect_irq(Serial *serial, SerialIrq *irq, void *opaque);

/**
 * Sends the guest up to @p size bytes. Returns how many the port had room for; the others are to be sent
 * again later. From any thread, as long as the bus lives.
 */
size_t serial_receive(Serial *serial, const uint8_t *bytes, size_t size);

/** Puts its registers into the state after a reset. What was received is lost. The line is taken to be low.
 */
void serial_reset(Serial *serial);

#endif
