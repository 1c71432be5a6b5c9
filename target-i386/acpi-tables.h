/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The ACPI tables of a machine that has no firmware to make them (ACPI specification 6.3).
 *
 * They tell of the vCPUs and the interrupt controllers (MADT), of the registers by which the guest turns the
 * machine off, resets it and learns of its power button (FADT, see acpi-power.h), and of COM1 and the
 * real-time clock (DSDT). There is no other device to find.
 */
#ifndef TARGET_I386_ACPI_TABLES_H
#define TARGET_I386_ACPI_TABLES_H

#include <glib.h>
#include "hw/smp.h"

/** What acpi_tables_new() returns has at most so many bytes. */
#define ACPI_TABLES_LARGEST 8192

/**
 * The tables for a machine of @p smp, whose vCPUs that are there have the first APIC ids, as they are to lie
 * at guest address @p gpa: below 4 GiB, a multiple of 4096. They begin with the RSDP.
 */
GBytes *acpi_tables_new(uint32_t gpa, const SmpTopology *smp);

#endif
