/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * A Linux kernel, its initrd and its command line, as an x86 machine offers them to the firmware.
 *
 * The files are read once. What is hashed is what was read, and what is handed over; nothing is patched into
 * the kernel's header, as boot loaders do, since the guest hashes what it gets.
 */
#ifndef TARGET_I386_LINUX_BOOT_H
#define TARGET_I386_LINUX_BOOT_H

#include "confidential/crypto.h"
#include "hw/elf-image.h"
#include "hw/fw-cfg.h"
#include "hw/machine.h"
#include "target-i386/linux-image.h"

/** SHA-256 of each part. */
typedef struct LinuxDigests {
    uint8_t kernel[CRYPTO_SHA256_SIZE];  /* of the whole file */
    uint8_t initrd[CRYPTO_SHA256_SIZE];  /* of nothing, if there is none */
    uint8_t cmdline[CRYPTO_SHA256_SIZE]; /* with its NUL */
} LinuxDigests;

typedef struct LinuxBoot {
    GBytes *kernel;  /* NULL: there is none, and nothing else either */
    GBytes *initrd;  /* NULL: there is none */
    GBytes *cmdline; /* with its NUL */
    LinuxImage image;
    ElfImage *elf;     /* the kernel is an ELF file, and not a bzImage; NULL: the other way round */
    char *kernel_name; /* of the files, without their folders, for messages */
    char *initrd_name; /* NULL: there is none */
    bool has_digests;
    LinuxDigests digests; /* see linux_boot_digests() */
} LinuxBoot;

/**
 * Reads what the properties kernel, initrd and append of @p machine name into @p boot, which is zeroed; if
 * they name no kernel, it stays so. The kernel must be a bzImage (see linux_image_parse()), or with @p
 * takes_elf an ELF file; it must fit the guest's memory together with the initrd, and each of them has less
 * than 4 GiB. After a failure @p boot is to be cleared.
 */
bool linux_boot_load(LinuxBoot *boot, const MachineState *machine, bool takes_elf, Error **errp);

/** Frees what linux_boot_load() has made, and zeroes @p boot. */
void linux_boot_clear(LinuxBoot *boot);

/**
 * The digests of the parts, all of which is hashed when they are asked for first. There must be a kernel.
 * Valid until linux_boot_clear().
 */
const LinuxDigests *linux_boot_digests(LinuxBoot *boot, const ProgressSink *progress);

/** Adds the items by which a firmware finds the parts to @p fw_cfg. There must be a kernel. */
void linux_boot_offer(const LinuxBoot *boot, FwCfg *fw_cfg);

#endif
