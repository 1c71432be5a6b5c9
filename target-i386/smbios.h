/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * SMBIOS structures for a firmware (DMTF DSP0134, SMBIOS 3.0): the files "etc/smbios/smbios-anchor" and
 * "etc/smbios/smbios-tables" of fw_cfg. They tell the guest who it is. What describes the firmware is the
 * firmware's own.
 */
#ifndef TARGET_I386_SMBIOS_H
#define TARGET_I386_SMBIOS_H

#include "hw/fw-cfg.h"

#define SMBIOS_UUID_SIZE 16

/** What a guest is told. */
typedef struct SmbiosFacts {
    const char *machine; /* the system's product name */
    const char *name;    /* the asset tag of its chassis; NULL: none */
    const char *uuid;    /* in its usual form, 36 characters; NULL: none */
} SmbiosFacts;

/** Whether @p text is a UUID in its usual form; it is then stored as SMBIOS has it. */
bool smbios_parse_uuid(const char *text, uint8_t uuid[SMBIOS_UUID_SIZE]);

/** Adds both files to @p fw_cfg. A UUID must be one. */
void smbios_offer(FwCfg *fw_cfg, const SmbiosFacts *facts);

#endif
