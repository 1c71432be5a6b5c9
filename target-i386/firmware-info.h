/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * A firmware image described: as the schema's FirmwareInfo, which is printed as JSON, and as text.
 */
#ifndef TARGET_I386_FIRMWARE_INFO_H
#define TARGET_I386_FIRMWARE_INFO_H

#include "qapi-types.h"
#include "qapi/error.h"

/**
 * Describes the image @p data of @p size bytes, whose file is called @p name, in @p info (which it
 * overwrites). Fails with CGVM_ERROR_INVALID and leaves it zeroed if no launch would accept the image: its
 * size, its table or its metadata is wrong.
 */
bool firmware_info_read(const uint8_t *data, size_t size, const char *name, FirmwareInfo *info, Error **errp);

/** Frees what @p info owns and zeroes it. */
void firmware_info_clear(FirmwareInfo *info);

/**
 * Whether the image that @p info describes can be used for guests of the kind @p use with any number of
 * vCPUs. Fails with CGVM_ERROR_INVALID.
 */
bool firmware_info_check(const FirmwareInfo *info, FirmwareUse use, Error **errp);

/** The same as JSON and for people: lines, each with its newline. To be freed. */
char *firmware_info_to_json(const FirmwareInfo *info);
char *firmware_info_to_text(const FirmwareInfo *info);

#endif
