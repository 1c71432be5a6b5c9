/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Makes Secure Execution images: seals a kernel for the hosts whose keys are named.
 *
 * | guest address | what                                                                     |
 * | ------------- | ------------------------------------------------------------------------ |
 * | 0             | the program status word by which the loader is started                   |
 * | 0x2000        | a loader of 64 bytes: sets the block, asks for secure mode, else stops    |
 * | 0xc000        | where header and block are                                               |
 * | 0x10000       | component: the kernel from its entry on, with command line and initrd set |
 * | behind it     | component: the initrd                                                    |
 * | behind it     | header; on the next page the IPL parameter block                         |
 *
 * The ultravisor unpacks components where they lie, and starts the guest at the kernel's entry: unlike the
 * images of IBM's tools, these need no second stage that moves a kernel to its place.
 */
#ifndef TARGET_S390X_PV_IMAGE_MAKE_H
#define TARGET_S390X_PV_IMAGE_MAKE_H

#include "confidential/crypto-p521.h"
#include "target-s390x/pv-image.h"

typedef struct PvImageParts {
    GBytes *kernel;
    GBytes *initrd;     /* NULL: none */
    const char *append; /* the command line; NULL: none */
    const CryptoP521Point *host_keys;
    size_t n_host_keys;
    uint64_t plaintext_flags;
    const uint8_t *communication_key; /* PV_KEY_SIZE bytes, the owner's; NULL: one that nobody knows */
} PvImageParts;

#define PV_LOADER_ADDRESS 0x2000

/**
 * An image. Every key in it is new, so no two are alike. Fails with CGVM_ERROR_INVALID for a kernel that is
 * none, a command line that is too long, no host keys or more than fit a header, or one that is not on the
 * curve.
 */
GBytes *pv_image_make(const PvImageParts *parts, Error **errp);

#endif
