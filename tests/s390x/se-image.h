/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * An image that tests/s390x/se_image.py has made. It makes `image_z16` for the simulated z16, `image_other`,
 * which is another one, `image_clear`, whose components are not encrypted, and `image_z15` for another
 * machine.
 */
#ifndef TESTS_S390X_SE_IMAGE_H
#define TESTS_S390X_SE_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#define N_COMPONENTS 3
#define N_PAGES      4

typedef struct SeComponent {
    uint64_t address, tweak;
    size_t size;
    const uint8_t *plain, *encrypted;
} SeComponent;

typedef struct SeImage {
    const uint8_t *header;
    size_t header_size;
    const uint8_t *ipib; /* says that the header is at 0x8000 */
    size_t ipib_size;
    const uint8_t *cck; /* customer communication key, 32 bytes */
    uint64_t psw_mask, psw_addr;
    SeComponent components[N_COMPONENTS]; /* in order of address */
} SeImage;

#endif
