/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The images that tests/s390x/se_image.py makes: `z16_header`, `z16_ipib`, `z16_components` and so on.
 * `other` is another image for z16, `clear` one whose components are not encrypted, `z15` is for another
 * machine.
 */
#ifndef TESTS_S390X_SE_COMPONENT_H
#define TESTS_S390X_SE_COMPONENT_H

#include <stddef.h>
#include <stdint.h>

typedef struct SeComponent {
    uint64_t address, tweak;
    size_t size;
    const uint8_t *plain, *encrypted;
} SeComponent;

#define N_COMPONENTS 3
#define N_PAGES      4

#endif
