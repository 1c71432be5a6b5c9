/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Firmware by name, found by the descriptors that distributions install with it (QEMU,
 * docs/interop/firmware.json): JSON files, each of which says where an image is, for which machines, and what
 * it can.
 *
 * They are read in the order of their names, in whatever folder they are; of several with the same name the
 * one in the first folder counts, and if that is empty, none does.
 */
#ifndef HW_FIRMWARE_DESCRIPTOR_H
#define HW_FIRMWARE_DESCRIPTOR_H

#include <json.h>
#include "qapi/error.h"

/** What a descriptor is no larger than. */
#define FIRMWARE_DESCRIPTOR_LARGEST 65536

/** What an image must be for. */
typedef struct FirmwareNeeds {
    const char *architecture; /* as QEMU calls it: "x86_64" */
    const char *machine;      /* QEMU's full name of it: "pc-q35-10.0" */
    const char *feature;      /* that it must have: "amd-sev-snp"; NULL: none */
} FirmwareNeeds;

/**
 * The folders for firmware_find(): the user's, the system's, the distribution's. NULL-terminated; to be freed
 * with g_strfreev().
 */
char **firmware_folders(void);

/**
 * The path of the first image that @p name means and that fits @p needs; to be freed. A name means an image
 * if it is, in upper or lower case, one of the words in the file name of the image or of its descriptor;
 * letters and digits make words. NULL with CGVM_ERROR_NOT_FOUND if there is none; the message says which
 * there are and why each of them is not it.
 */
char *firmware_find(const char *name, const FirmwareNeeds *needs, char **folders, Error **errp);

/**
 * The same for a single descriptor: the image's path if it is one for @p needs, borrowed from @p descriptor.
 * NULL otherwise; @p ret_reason is then set to why, a phrase to be freed.
 */
const char *firmware_descriptor_image(json_object *descriptor, const FirmwareNeeds *needs, char **ret_reason);

#endif
