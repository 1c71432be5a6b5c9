/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The fixed hardware of ACPI, as far as this machine has it (ACPI specification 6.3, chapter 4.8): a control
 * register that turns the machine off, status and enable bits without an event behind them, and a timer.
 * acpi-tables.h tells guests where it is. ACPI is always on, so that there is no command for that.
 */
#ifndef TARGET_I386_ACPI_POWER_H
#define TARGET_I386_ACPI_POWER_H

#include "hw/io-bus.h"

#define ACPI_POWER_PORT   0x600 /* status, and enable bits behind it */
#define ACPI_CONTROL_PORT 0x604
#define ACPI_TIMER_PORT   0x608
#define ACPI_POWER_PORTS  12

#define ACPI_SCI_IRQ      9 /* that would tell of an event */
#define ACPI_SLEEP_OFF    5 /* the kind of sleep (SLP_TYP) that is the end */
#define ACPI_TIMER_HZ     3579545

/** How a guest resets the machine: a port of microvm.c's, and what is written there. */
#define ACPI_RESET_PORT  0xcf9
#define ACPI_RESET_VALUE 0x06

typedef struct AcpiPower {
    uint8_t enabled[2]; /* events; none of them ever happens */
    uint8_t control[2];
    uint8_t timer[4]; /* as it was when its first byte was read */
    void (*power_off)(void *opaque);
    void *opaque;
} AcpiPower;

/**
 * Starts @p power as after a reset and puts it at its ports of @p bus. @p power_off is called on the thread
 * of the vCPU that turns the machine off, perhaps more than once.
 */
void acpi_power_init(AcpiPower *power, IoBus *bus, void (*power_off)(void *opaque), void *opaque);

/** Puts its registers into the state after a reset. */
void acpi_power_reset(AcpiPower *power);

#endif
