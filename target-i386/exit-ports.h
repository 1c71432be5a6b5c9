/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The ports by which a guest ends or resets its machine: QEMU's debug exit at 0xf4, and the two ways in which
 * PCs are reset: bit 2 of port 0xcf9 (Intel ICH9 data sheet, chapter 13.7.5), and the pulse on the reset line
 * that the keyboard controller's command 0xfe gives.
 */
#ifndef TARGET_I386_EXIT_PORTS_H
#define TARGET_I386_EXIT_PORTS_H

#include "hw/machine.h"

/** How a guest is told to reset the machine. */
#define EXIT_RESET_PORT  0xcf9
#define EXIT_RESET_VALUE 0x06

/** Puts the debug exit and the reset port on the bus of @p machine, which they end. */
void exit_ports_add(MachineState *machine);

/**
 * Adds as much of a keyboard controller as resets. It is always ready, so that whoever waits for that does
 * not wait; but whoever looks for a keyboard, as firmware does, waits for its answers.
 */
void exit_ports_add_keyboard(MachineState *machine);

#endif
