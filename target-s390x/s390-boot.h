/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * What a machine of IBM Z starts: a kernel or a Secure Execution image, from files. There is no disk to start
 * from. As in QEMU, files lie in memory as they are on disk, from address 0 on.
 */
#ifndef TARGET_S390X_S390_BOOT_H
#define TARGET_S390X_S390_BOOT_H

#include "hw/machine.h"
#include "target-s390x/pv-image.h"

typedef struct S390Boot {
    char *name; /* of the file, without its folder */
    GBytes *kernel;
    GBytes *initrd; /* NULL: none */
    const char *append;
    bool is_secure; /* it is an image: the following describes it */
    PvImage image;
    bool is_verified;    /* its pages are those that its header was made for */
    uint64_t entry;      /* where the first vCPU starts */
    uint64_t initrd_gpa; /* with an initrd */
} S390Boot;

/**
 * Reads what @p machine's properties name; its memory is laid out. Fails with CGVM_ERROR_INVALID for files
 * that are nothing that could be started or do not fit memory, and for options without effect, with
 * CGVM_ERROR_UNSUPPORTED if there is nothing to start from but a disk, and as input_file_read().
 */
bool s390_boot_load(S390Boot *boot, const MachineState *machine, Error **errp);

/** Puts it into guest memory, which is allocated. */
bool s390_boot_fill(const S390Boot *boot, const GuestRam *ram, Error **errp);

/** Frees what s390_boot_load() has read; @p boot may be zeroed. */
void s390_boot_clear(S390Boot *boot);

#endif
