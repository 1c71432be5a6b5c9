/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hw/debug-port.h"
#include <stdbool.h>
#include <string.h>

#define PRESENT 0xe9 /* what QEMU's reads as, too */

static uint8_t debug_read(void *device G_GNUC_UNUSED, unsigned offset G_GNUC_UNUSED)
{
    return PRESENT;
}

static void end_line(DebugPort *debug)
{
    g_strchomp(debug->line);
    if (*debug->line) {
        memcpy(debug->lines[1], debug->lines[0], sizeof(debug->lines[0]));
        memcpy(debug->lines[0], debug->line, sizeof(debug->line));
    }
    memset(debug->line, 0, sizeof(debug->line));
    debug->length = 0;
}

static void debug_write(void *device, unsigned offset G_GNUC_UNUSED, uint8_t value)
{
    DebugPort *debug = device;

    if (value == '\n') {
        end_line(debug);
    } else if (value != '\r' && debug->length < DEBUG_PORT_LINE) {
        /* A terminal must not be told what to do by a guest. */
        debug->line[debug->length++] = g_ascii_isprint((char)value) ? (char)value : ' ';
    }
    if (debug->sink) {
        debug->sink(debug->opaque, value);
    }
}

void debug_port_init(DebugPort *debug, IoBus *bus, SerialSink *sink, void *opaque)
{
    static const IoPortOps ops = { .read = debug_read, .write = debug_write };

    *debug = (DebugPort){ .sink = sink, .opaque = opaque };
    io_bus_add(bus, DEBUG_PORT, 1, &ops, debug);
}

void debug_port_reset(DebugPort *debug)
{
    memset(debug->lines, 0, sizeof(debug->lines));
    memset(debug->line, 0, sizeof(debug->line));
    debug->length = 0;
}

char *debug_port_last_lines(const DebugPort *debug)
{
    const char *const kept[] = { debug->lines[1], debug->lines[0], debug->line };
    g_autoptr(GString) text = g_string_new(NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(kept); i++) {
        if (*kept[i]) {
            g_string_append_printf(text, "%s%s", text->len ? " / " : "", kept[i]);
        }
    }
    return text->len ? g_string_free(g_steal_pointer(&text), FALSE) : NULL;
}
