/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hw/serial.h"
#include <string.h>

/* Registers by offset (NS16550A data sheet); the first two are the divisor while LCR.DLAB is set. */
enum { DATA = 0, IER = 1, IIR = 2, LCR = 3, MCR = 4, LSR = 5, MSR = 6, SCR = 7 };

#define LCR_DLAB    0x80
#define MCR_LOOP    0x10
#define FCR_ENABLE  0x01 /* of the FIFOs; written where IIR is read */
#define IIR_NONE    0x01
#define IIR_FIFOS   0xc0
#define LSR_EMPTY   0x60 /* both transmitter registers */
#define MSR_PRESENT 0xb0 /* carrier, data set ready, clear to send */

static uint8_t serial_read(void *device, unsigned offset)
{
    Serial *serial = device;

    if (offset <= IER && serial->registers[LCR] & LCR_DLAB) {
        return serial->divisor[offset];
    }
    switch (offset) {
    case DATA:
        return 0;
    case IIR:
        return serial->registers[IIR] & FCR_ENABLE ? IIR_NONE | IIR_FIFOS : IIR_NONE;
    case LSR:
        return LSR_EMPTY;
    case MSR:
        return MSR_PRESENT;
    default:
        return serial->registers[offset];
    }
}

static void serial_write(void *device, unsigned offset, uint8_t value)
{
    Serial *serial = device;

    if (offset <= IER && serial->registers[LCR] & LCR_DLAB) {
        serial->divisor[offset] = value;
        return;
    }
    if (offset == DATA) {
        if (serial->sink && !(serial->registers[MCR] & MCR_LOOP)) {
            serial->sink(serial->opaque, value);
        }
        return;
    }
    serial->registers[offset] = value;
}

void serial_init(Serial *serial, IoBus *bus, uint16_t port, SerialSink *sink, void *opaque)
{
    static const IoPortOps ops = { .read = serial_read, .write = serial_write };

    *serial = (Serial){ .sink = sink, .opaque = opaque };
    io_bus_add(bus, port, SERIAL_PORTS, &ops, serial);
}

void serial_reset(Serial *serial)
{
    memset(serial->registers, 0, sizeof(serial->registers));
    memset(serial->divisor, 0, sizeof(serial->divisor));
}
