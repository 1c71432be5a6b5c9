/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Reads the boot header of Linux kernels, and recognises what else may be called a kernel.
 */
#include "target-i386/linux-image.h"
#include <glib.h>
#include <string.h>

#define SECTOR          512
#define SETUP_SECTS     0x1f1 /* u8: sectors of setup code after the boot sector */
#define SYSSIZE         0x1f4 /* u32: size of the protected-mode kernel in units of 16 bytes */
#define MAGIC           0x202 /* "HdrS" */
#define VERSION         0x206 /* u16: boot protocol */
#define HEADER_END      0x208

#define DEFAULT_SECTS   4      /* what 0 stands for, from kernels that were older than the field */
#define PROTOCOL_2_04   0x0204 /* before it, SYSSIZE had 16 bits, too few for most kernels */

#define MULTIBOOT_MAGIC 0x1badb002u
#define MULTIBOOT_AREA  8192

static uint16_t read_le16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static uint32_t read_le32(const uint8_t *bytes)
{
    return read_le16(bytes) | (uint32_t)read_le16(bytes + 2) << 16;
}

#define DECOMPRESS "decompress it, and give the bzImage that was in it"
#define BUILD      "give the bzImage that was built with it"

/* How other files start. */
static const struct {
    const char *start;
    uint8_t length;
    const char *what;
    const char *advice;
} others[] = {
    { "\177ELF", 4, "an ELF file, such as vmlinux or a PVH kernel", BUILD },
    { "\x1f\x8b", 2, "compressed with gzip", DECOMPRESS },
    { "\3757zXZ", 5, "compressed with xz", DECOMPRESS },
    { "\x28\xb5\x2f\xfd", 4, "compressed with zstd", DECOMPRESS },
    { "\x02\x21\x4c\x18", 4, "compressed with lz4", DECOMPRESS },
    { "\x04\x22\x4d\x18", 4, "compressed with lz4", DECOMPRESS },
    { "\x89LZO", 4, "compressed with lzop", DECOMPRESS },
    { "BZh", 3, "compressed with bzip2", DECOMPRESS },
    { "MZ", 2, "an EFI program, such as a unified kernel image",
      "give the kernel, the initrd and the command line that are in it one by one" },
};

/* Multiboot 1: a header of three numbers that add up to 0, anywhere near the start. */
static bool is_multiboot(const uint8_t *data, size_t size)
{
    for (size_t at = 0; at + 12 <= MIN(size, MULTIBOOT_AREA); at += 4) {
        const uint8_t *header = data + at;

        if (read_le32(header) == MULTIBOOT_MAGIC &&
            read_le32(header) + read_le32(header + 4) + read_le32(header + 8) == 0) {
            return true;
        }
    }
    return false;
}

static bool refuse_other(const uint8_t *data, size_t size, const char *name, Error **errp)
{
    const char *what = "a file without a boot header ('HdrS' at offset 0x202)", *advice = "give a bzImage";

    for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
        if (size >= others[i].length && memcmp(data, others[i].start, others[i].length) == 0) {
            what = others[i].what;
            advice = others[i].advice;
        }
    }
    if (is_multiboot(data, size)) {
        what = "a multiboot kernel";
        advice = "only Linux can be started, from a bzImage";
    }
    return error_set(errp, CGVM_ERROR_UNSUPPORTED, "'%s' is %s, not a bzImage; %s", name, what, advice);
}

/* Whether the file has all that its header says it has. More is allowed: signatures follow the kernel. */
static bool check_size(const uint8_t *data, size_t size, const char *name, const LinuxImage *image,
                       Error **errp)
{
    uint64_t system = image->protocol >= PROTOCOL_2_04 ? (uint64_t)read_le32(data + SYSSIZE) * 16 : 1;
    uint64_t needed = image->setup_size + MAX(system, 1);

    return size >= needed ||
           error_setg(errp,
                      "'%s' is cut short: it has %zu bytes, but its header tells of %u bytes of setup and at "
                      "least %" G_GUINT64_FORMAT " of kernel; copy it again",
                      name, size, image->setup_size, MAX(system, 1));
}

bool linux_image_parse(const uint8_t *data, size_t size, const char *name, LinuxImage *image, Error **errp)
{
    unsigned sectors;

    *image = (LinuxImage){ .protocol = 0 };
    if (size < HEADER_END || memcmp(data + MAGIC, "HdrS", 4) != 0) {
        return refuse_other(data, size, name, errp);
    }
    image->protocol = read_le16(data + VERSION);
    if (image->protocol < LINUX_PROTOCOL_MIN) {
        return error_set(errp, CGVM_ERROR_UNSUPPORTED,
                         "'%s' has boot protocol %u.%02u, and only those from 2.00 have a header that says "
                         "where the kernel is; give a newer kernel",
                         name, image->protocol >> 8, image->protocol & 0xff);
    }
    sectors = data[SETUP_SECTS] ? data[SETUP_SECTS] : DEFAULT_SECTS;
    image->setup_size = (1 + sectors) * SECTOR;
    return check_size(data, size, name, image, errp);
}
