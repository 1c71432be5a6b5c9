/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * For tests of direct boot: kernels as linux_file() makes them, with the header that 64-bit boot loaders
 * read.
 */
#ifndef TESTS_UNIT_LINUX_FILE_64_H
#define TESTS_UNIT_LINUX_FILE_64_H

#include "target-i386/linux-boot.h"
#include "tests/unit/linux-file.h"

#define LINUX_FILE_SIZE      50000 /* of the kernel without its setup */
#define LINUX_FILE_GPA       0x1000000
#define LINUX_FILE_INIT_SIZE 0x300000

static inline void linux_file_put(uint8_t *file, unsigned offset, uint64_t value, unsigned size)
{
    for (unsigned i = 0; i < size; i++) {
        file[offset + i] = (uint8_t)(value >> 8 * i);
    }
}

/* A kernel that was read; a test may change it before it uses it. To be cleared. */
static inline LinuxBoot linux_boot_64(const char *cmdline, gsize initrd_size)
{
    size_t size;
    uint8_t *file = linux_file(3, LINUX_FILE_SIZE, &size);
    LinuxBoot boot = { .kernel_name = g_strdup("bzImage"), .initrd_name = g_strdup("initrd.img") };

    file[0x201] = 0x6a;
    linux_file_put(file, 0x22c, 0x7fffffff, 4);
    linux_file_put(file, 0x236, 1, 2);
    linux_file_put(file, 0x238, 2047, 4);
    linux_file_put(file, 0x258, LINUX_FILE_GPA, 8);
    linux_file_put(file, 0x260, LINUX_FILE_INIT_SIZE, 4);
    g_assert_true(linux_image_parse(file, size, "bzImage", &boot.image, NULL));
    boot.kernel = g_bytes_new_take(file, size);
    boot.cmdline = g_bytes_new(cmdline, strlen(cmdline) + 1);
    boot.initrd = initrd_size ? g_bytes_new_take(g_malloc0(initrd_size), initrd_size) : NULL;
    return boot;
}

/* The kernel's bytes, to be changed. */
static inline uint8_t *linux_boot_bytes(LinuxBoot *boot)
{
    return (uint8_t *)g_bytes_get_data(boot->kernel, NULL);
}

static inline uint64_t linux_file_get(const uint8_t *bytes, unsigned size)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < size; i++) {
        value |= (uint64_t)bytes[i] << 8 * i;
    }
    return value;
}

#endif
