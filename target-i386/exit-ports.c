/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-i386/exit-ports.h"

#define DEBUG_EXIT_PORT 0xf4
#define KEYBOARD_PORT   0x64
#define KEYBOARD_RESET  0xfe
#define RESET_CPU       0x04 /* bit 1 alone says which kind of reset it will be */

/* Nothing waits in any of them: a keyboard controller that is ready to take a command reads as 0. */
static uint8_t read_nothing(void *device G_GNUC_UNUSED, unsigned offset G_GNUC_UNUSED)
{
    return 0;
}

static void debug_exit_write(void *device, unsigned offset G_GNUC_UNUSED, uint8_t value)
{
    machine_request_exit(device, (MachineExit){ .kind = MACHINE_EXIT_DEBUG, .value = value });
}

static void keyboard_write(void *device, unsigned offset G_GNUC_UNUSED, uint8_t value)
{
    if (value == KEYBOARD_RESET) {
        machine_request_exit(device, (MachineExit){ .kind = MACHINE_EXIT_RESET });
    }
}

static void reset_write(void *device, unsigned offset G_GNUC_UNUSED, uint8_t value)
{
    if (value & RESET_CPU) {
        machine_request_exit(device, (MachineExit){ .kind = MACHINE_EXIT_RESET });
    }
}

void exit_ports_add(MachineState *machine)
{
    static const IoPortOps debug_exit = { .read = read_nothing, .write = debug_exit_write };
    static const IoPortOps reset = { .read = read_nothing, .write = reset_write };

    io_bus_add(&machine->io, DEBUG_EXIT_PORT, 1, &debug_exit, machine);
    io_bus_add(&machine->io, EXIT_RESET_PORT, 1, &reset, machine);
}

void exit_ports_add_keyboard(MachineState *machine)
{
    static const IoPortOps keyboard = { .read = read_nothing, .write = keyboard_write };

    io_bus_add(&machine->io, KEYBOARD_PORT, 1, &keyboard, machine);
}
