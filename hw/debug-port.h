/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * QEMU's debug console: a port to which firmware writes what it has to say, byte by byte (QEMU,
 * hw/char/debugcon.c; OVMF, OvmfPkg/Library/PlatformDebugLibIoPort). Reading tells firmware that it is there.
 * The last lines are kept, for whoever explains the end of a guest.
 */
#ifndef HW_DEBUG_PORT_H
#define HW_DEBUG_PORT_H

#include "hw/serial.h"

#define DEBUG_PORT      0x402 /* where OVMF writes */
#define DEBUG_PORT_LINE 120   /* bytes of a line that are kept */

typedef struct DebugPort {
    char lines[2][DEBUG_PORT_LINE + 1]; /* the last complete ones that are not empty, the newest first */
    char line[DEBUG_PORT_LINE + 1];     /* the one that is being written */
    unsigned length;
    SerialSink *sink;
    void *opaque;
} DebugPort;

/** Puts @p debug at DEBUG_PORT of @p bus. @p sink may be NULL. */
void debug_port_init(DebugPort *debug, IoBus *bus, SerialSink *sink, void *opaque);

/** Forgets all lines. */
void debug_port_reset(DebugPort *debug);

/**
 * The last lines that the firmware has written, joined with " / ", in plain ASCII; to be freed. NULL if it
 * has written none. The guest must not run.
 */
char *debug_port_last_lines(const DebugPort *debug);

#endif
