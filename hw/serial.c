/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hw/serial.h"
#include <string.h>

/* Registers by offset (NS16550A data sheet); the first two are the divisor while LCR.DLAB is set. */
enum { DATA = 0, IER = 1, IIR = 2, LCR = 3, MCR = 4, LSR = 5, MSR = 6, SCR = 7 };

#define IER_DATA    0x01 /* received */
#define IER_EMPTY   0x02 /* transmitter */
#define IER_ALL     0x0f /* the others do not exist: drivers tell chips apart by that */
#define LCR_DLAB    0x80
#define MCR_OUT2    0x08 /* lets interrupts out, on PCs */
#define MCR_LOOP    0x10
#define MCR_ALL     0x1f
#define FCR_ENABLE  0x01 /* of the FIFOs; written where IIR is read */
#define FCR_CLEAR   0x02 /* what was received */
#define IIR_NONE    0x01
#define IIR_EMPTY   0x02
#define IIR_DATA    0x04
#define IIR_FIFOS   0xc0
#define LSR_DATA    0x01
#define LSR_EMPTY   0x60 /* both transmitter registers */
#define MSR_PRESENT 0xb0 /* carrier, data set ready, clear to send */

/* ---- interrupts ---- */

/* The most important interrupt that is pending, as IIR shows it. */
static uint8_t pending(const Serial *serial)
{
    uint8_t enabled = serial->registers[IER];

    if (enabled & IER_DATA && serial->count) {
        return IIR_DATA;
    }
    return enabled & IER_EMPTY && serial->empty_pending ? IIR_EMPTY : IIR_NONE;
}

static void update_irq(Serial *serial)
{
    bool is_out = (serial->registers[MCR] & (MCR_OUT2 | MCR_LOOP)) == MCR_OUT2;
    bool level = is_out && pending(serial) != IIR_NONE;

    if (serial->irq && level != serial->level) {
        serial->level = level;
        serial->irq(serial->irq_opaque, level);
    }
}

/* Reading tells that the transmitter is empty, once. */
static uint8_t read_iir(Serial *serial)
{
    uint8_t reason = pending(serial);

    if (reason == IIR_EMPTY) {
        serial->empty_pending = false;
    }
    return serial->registers[IIR] & FCR_ENABLE ? reason | IIR_FIFOS : reason;
}

/* ---- data ---- */

static bool push(Serial *serial, uint8_t byte)
{
    unsigned room = serial->registers[IIR] & FCR_ENABLE ? SERIAL_FIFO : 1;

    if (serial->count >= room) {
        return false;
    }
    serial->fifo[(serial->first + serial->count++) % SERIAL_FIFO] = byte;
    return true;
}

static uint8_t pop(Serial *serial)
{
    uint8_t byte = serial->fifo[serial->first];

    if (!serial->count) {
        return 0;
    }
    serial->first = (serial->first + 1) % SERIAL_FIFO;
    serial->count--;
    return byte;
}

static void transmit(Serial *serial, uint8_t byte)
{
    if (serial->registers[MCR] & MCR_LOOP) {
        push(serial, byte); /* or it is lost, as on a line that nobody listens to */
    } else if (serial->sink) {
        serial->sink(serial->opaque, byte);
    }
    serial->empty_pending = true;
}

/* ---- registers ---- */

/* In loopback, DTR, RTS, OUT1 and OUT2 come back as data set ready, clear to send, ring and carrier. */
static uint8_t modem_status(const Serial *serial)
{
    uint8_t mcr = serial->registers[MCR];

    return mcr & MCR_LOOP ? (uint8_t)((mcr & 1) << 5 | (mcr & 2) << 3 | (mcr & 0x0c) << 4) : MSR_PRESENT;
}

static uint8_t read_register(Serial *serial, unsigned offset)
{
    if (offset <= IER && serial->registers[LCR] & LCR_DLAB) {
        return serial->divisor[offset];
    }
    switch (offset) {
    case DATA:
        return pop(serial);
    case IIR:
        return read_iir(serial);
    case LSR:
        return serial->count ? LSR_EMPTY | LSR_DATA : LSR_EMPTY;
    case MSR:
        return modem_status(serial);
    default:
        return serial->registers[offset];
    }
}

static void write_register(Serial *serial, unsigned offset, uint8_t value)
{
    if (offset <= IER && serial->registers[LCR] & LCR_DLAB) {
        serial->divisor[offset] = value;
        return;
    }
    switch (offset) {
    case DATA:
        transmit(serial, value);
        return;
    case IER:
        value &= IER_ALL;
        serial->empty_pending |= value & ~serial->registers[IER] & IER_EMPTY;
        break;
    case IIR:
        if (value & FCR_CLEAR || (value ^ serial->registers[IIR]) & FCR_ENABLE) {
            serial->count = 0;
        }
        break;
    case MCR:
        value &= MCR_ALL;
        break;
    default:
        break;
    }
    serial->registers[offset] = value;
}

static uint8_t serial_read(void *device, unsigned offset)
{
    Serial *serial = device;
    uint8_t value = read_register(serial, offset);

    update_irq(serial);
    return value;
}

static void serial_write(void *device, unsigned offset, uint8_t value)
{
    Serial *serial = device;

    write_register(serial, offset, value);
    update_irq(serial);
}

/* ---- outside ---- */

size_t serial_receive(Serial *serial, const uint8_t *bytes, size_t size)
{
    size_t done = 0;

    g_mutex_lock(&serial->bus->lock);
    if (!(serial->registers[MCR] & MCR_LOOP)) {
        while (done < size && push(serial, bytes[done])) {
            done++;
        }
        update_irq(serial);
    }
    g_mutex_unlock(&serial->bus->lock);
    return done;
}

void serial_init(Serial *serial, IoBus *bus, uint16_t port, SerialSink *sink, void *opaque)
{
    static const IoPortOps ops = { .read = serial_read, .write = serial_write };

    *serial = (Serial){ .bus = bus, .sink = sink, .opaque = opaque };
    io_bus_add(bus, port, SERIAL_PORTS, &ops, serial);
}

void serial_connect_irq(Serial *serial, SerialIrq *irq, void *opaque)
{
    serial->irq = irq;
    serial->irq_opaque = opaque;
}

void serial_reset(Serial *serial)
{
    memset(serial->registers, 0, sizeof(serial->registers));
    memset(serial->divisor, 0, sizeof(serial->divisor));
    serial->first = serial->count = 0;
    serial->empty_pending = serial->level = false;
}
