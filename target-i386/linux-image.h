/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Linux kernels as files: whether one is a bzImage, and where its parts are.
 *
 * A bzImage is a boot sector and the real-mode setup code, both of them "setup" here, and the protected-mode
 * kernel after them (Linux, Documentation/arch/x86/boot.rst). A firmware is handed the two parts one by one
 * and puts them together again to hash them, so that only a file with exactly this form can be measured.
 */
#ifndef TARGET_I386_LINUX_IMAGE_H
#define TARGET_I386_LINUX_IMAGE_H

#include <stddef.h>
#include <stdint.h>
#include "qapi/error.h"

/**
 * The oldest boot protocol: the first one with a header that says so. Whether its kernel is new enough is for
 * the firmware to say, which also knows the newer ones; OVMF asks for 2.05.
 */
#define LINUX_PROTOCOL_MIN 0x0200

typedef struct LinuxImage {
    uint16_t protocol;   /* of booting: 0x020f is 2.15 */
    uint32_t setup_size; /* bytes from the start of the file, a multiple of 512; all others follow */
} LinuxImage;

/**
 * Reads the header of the file @p data of @p size bytes, called @p name in messages, into @p image (which it
 * overwrites). Fails with CGVM_ERROR_UNSUPPORTED for a file that is something else, naming what it seems to
 * be, and for an older protocol; with CGVM_ERROR_INVALID for a bzImage that is cut short.
 */
bool linux_image_parse(const uint8_t *data, size_t size, const char *name, LinuxImage *image, Error **errp);

#endif
