/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * ACPI tables for a firmware, which chooses where they are: the files "etc/acpi/tables" and "etc/acpi/rsdp"
 * of fw_cfg, and "etc/table-loader", a script that says what has to be added to which field then, and which
 * checksums to make (QEMU, hw/acpi/bios-linker-loader.c; OVMF, OvmfPkg/AcpiPlatformDxe).
 */
#ifndef TARGET_I386_ACPI_LOADER_H
#define TARGET_I386_ACPI_LOADER_H

#include "hw/fw-cfg.h"

/** The size of a command of the script. */
#define ACPI_LOADER_COMMAND 128

/** Adds the three files to @p fw_cfg. @p tables are what acpi_tables_new() makes for the address 0. */
void acpi_loader_offer(FwCfg *fw_cfg, GBytes *tables);

#endif
