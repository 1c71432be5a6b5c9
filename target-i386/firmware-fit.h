/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * For which guests a firmware image can be used: the rules that a launch refuses images by, and that
 * `cgctl firmware` tells in advance.
 *
 * A message names the image by its file, and says which file of which Debian package to use instead. All fail
 * with CGVM_ERROR_INVALID unless they say something else.
 */
#ifndef TARGET_I386_FIRMWARE_FIT_H
#define TARGET_I386_FIRMWARE_FIT_H

#include "qapi/error.h"
#include "target-i386/ovmf.h"

/** The sizes that an image can have: whole pages of 4096 bytes, up to 16 MiB. */
#define FIRMWARE_GRANULE 4096
#define FIRMWARE_LARGEST (16u << 20)
#define FIRMWARE_SIZES   "an image has a multiple of 4096 bytes, at most 16 MiB"

/** The least size of the area for the table of kernel hashes. */
#define FIRMWARE_HASHES_SIZE 176

/** An image that was read and parsed; all is borrowed. */
typedef struct FirmwareImage {
    const char *name; /* for messages: the file's name */
    const uint8_t *data;
    uint64_t size;
    const OvmfInfo *info; /* by ovmf_parse() */
} FirmwareImage;

/** The guest address of the first byte of @p image, which ends at 4 GiB. */
uint64_t firmware_gpa(const FirmwareImage *image);

/** Whether an image can have @p size bytes; @p path is what the message calls it. */
bool firmware_fit_size(const char *path, uint64_t size, Error **errp);

/** Whether an encrypted guest can start at all: there must be code at the reset vector. */
bool firmware_fit_start(const FirmwareImage *image, Error **errp);

/** Whether the further ones of @p n_vcpus vCPUs have a place to start at, if their registers are encrypted.
 */
bool firmware_fit_vcpus(const FirmwareImage *image, unsigned n_vcpus, Error **errp);

/**
 * Whether @p image can start an SEV-SNP guest that has memory wherever a guest can have it: its SEV metadata
 * must be there, and ask for nothing that a launch cannot provide. Fails with CGVM_ERROR_UNSUPPORTED for a
 * kind of section that this version does not know.
 */
bool firmware_fit_snp(const FirmwareImage *image, Error **errp);

/** Whether the table of kernel hashes has an area, at a multiple of @p alignment, below the image. */
bool firmware_fit_hashes(const FirmwareImage *image, uint32_t alignment, Error **errp);

/** After firmware_fit_hashes(), for SEV-SNP: whether the metadata has one page, and just one, around it. */
bool firmware_fit_hashes_page(const FirmwareImage *image, Error **errp);

#endif
