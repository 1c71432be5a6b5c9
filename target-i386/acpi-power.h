/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The fixed hardware of ACPI, as far as this machine has it (ACPI specification 6.3, chapter 4.8): a control
 * register that turns the machine off, the power button with its status and enable bits, and a timer.
 * acpi-tables.h tells guests where it is. ACPI is always on, so that there is no command for that.
 *
 * Two kinds of sleep are the end: the one that the tables tell of, and the one by which firmware turns a PC
 * off whose tables it has not read (OVMF, OvmfPkg/Library/ResetSystemLib).
 */
#ifndef TARGET_I386_ACPI_POWER_H
#define TARGET_I386_ACPI_POWER_H

#include <stdbool.h>
#include "hw/io-bus.h"

#define ACPI_POWER_PORT   0x600 /* status, and enable bits behind it */
#define ACPI_CONTROL_PORT 0x604
#define ACPI_TIMER_PORT   0x608
#define ACPI_POWER_PORTS  12

#define ACPI_SCI_IRQ      9 /* that tells of the button; level-triggered */
#define ACPI_SLEEP_OFF    5 /* the kind of sleep (SLP_TYP) that is the end, as the tables have it */
#define ACPI_SLEEP_PLAIN  0 /* and as firmware has it */
#define ACPI_TIMER_HZ     3579545

/** Sets the level of the system control interrupt when it changes; the bus is locked. */
typedef void AcpiSci(void *opaque, bool level);

typedef struct AcpiPower {
    IoBus *bus;
    unsigned ports;    /* their number on it */
    uint8_t status[2]; /* of events, of which only the power button happens */
    uint8_t enabled[2];
    uint8_t control[2];
    uint8_t timer[4]; /* as it was when its first byte was read */
    bool level;       /* of the interrupt */
    void (*power_off)(void *opaque);
    void *opaque;
    AcpiSci *sci;
    void *sci_opaque;
} AcpiPower;

/**
 * Starts @p power as after a reset and puts it at its ports of @p bus. @p power_off is called on the thread
 * of the vCPU that turns the machine off, perhaps more than once.
 */
void acpi_power_init(AcpiPower *power, IoBus *bus, void (*power_off)(void *opaque), void *opaque);

/** Connects the interrupt, whose line is low. Without this, nobody is interrupted. */
void acpi_power_connect_sci(AcpiPower *power, AcpiSci *sci, void *opaque);

/**
 * Presses the power button. False if the guest has not enabled it, and then nothing has happened: who enables
 * it later is not told of what was before. From any thread, as long as the bus lives.
 */
bool acpi_power_press(AcpiPower *power);

/** Moves it to the ports from @p first, or if @p is_on is not set to none. The bus is locked, or not in use.
 */
void acpi_power_place(AcpiPower *power, uint16_t first, bool is_on);

/** Puts its registers into the state after a reset. It stays where it is. The line is taken to be low. */
void acpi_power_reset(AcpiPower *power);

#endif
