/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * For tests of measured direct boot: files with the boot header of a bzImage, and nothing to run.
 */
#ifndef TESTS_UNIT_LINUX_FILE_H
#define TESTS_UNIT_LINUX_FILE_H

#include <glib.h>
#include <stdint.h>
#include <string.h>

#define LINUX_SETUP_SECTS 0x1f1
#define LINUX_SYSSIZE     0x1f4
#define LINUX_MAGIC       0x202
#define LINUX_VERSION     0x206

/* The setup has @sects sectors behind the first one, and the kernel @size bytes. To be freed. */
static inline uint8_t *linux_file(unsigned sects, size_t size, size_t *ret_size)
{
    size_t total = (1 + sects) * 512 + size;
    uint8_t *data = g_malloc(total);

    for (size_t i = 0; i < total; i++) {
        data[i] = (uint8_t)(i * 7 + (i >> 8));
    }
    data[LINUX_SETUP_SECTS] = (uint8_t)sects;
    for (unsigned i = 0; i < 4; i++) {
        data[LINUX_SYSSIZE + i] = (uint8_t)(size / 16 >> 8 * i);
    }
    memcpy(data + LINUX_MAGIC, "HdrS", 4);
    data[LINUX_VERSION] = 15;
    data[LINUX_VERSION + 1] = 2;
    *ret_size = total;
    return data;
}

#endif
