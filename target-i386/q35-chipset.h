/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * As much of Intel's Q35 and ICH9 as firmware looks for: the host bridge, in which it chooses where ECAM is,
 * and the LPC bridge, in which it chooses where the ACPI registers are and turns them on (Intel 3 Series
 * Express Chipset Family data sheet, chapter 5.1; ICH9 data sheet, chapter 13.1).
 *
 * A guest can move both to where memory or another device is; it then no longer reaches one of the two.
 */
#ifndef TARGET_I386_Q35_CHIPSET_H
#define TARGET_I386_Q35_CHIPSET_H

#include "hw/pci-bus.h"
#include "target-i386/acpi-power.h"

typedef struct Q35Chipset {
    PciBus bus;
    PciFunction host_bridge; /* 00:00.0 */
    PciFunction lpc_bridge;  /* 00:1f.0 */
    AcpiPower *power;
    bool is_set_up;
} Q35Chipset;

/**
 * Puts the chipset on @p io, with @p power, which is there already, and which it moves. If it @p is_set_up,
 * the ACPI registers start where acpi-power.h says, as a firmware leaves them: for a machine that has none.
 */
void q35_chipset_init(Q35Chipset *chipset, IoBus *io, AcpiPower *power, bool is_set_up);

/** Puts all registers, but those of the ACPI registers themselves, into the state after a reset. */
void q35_chipset_reset(Q35Chipset *chipset);

#endif
