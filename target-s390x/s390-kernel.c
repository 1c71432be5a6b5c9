/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-s390x/s390-kernel.h"
#include <inttypes.h>
#include <string.h>

#define MAGIC            "S390EP"
#define MAGIC_OFFSET     0x10008
#define X86_MAGIC_OFFSET 0x202 /* Documentation/arch/x86/boot.rst: "header" */
#define INITRD_START     0x10408
#define INITRD_SIZE      0x10410
/* How long a line the kernel takes, with its zero; 0 if it is an older one. */
#define LINE_SIZE        0x10430
#define LINE             0x10480
#define LEGACY_LINE_SIZE 896
#define SMALLEST         (LINE + LEGACY_LINE_SIZE)

bool s390_kernel_is(const uint8_t *data, size_t size)
{
    return size >= SMALLEST && memcmp(data + MAGIC_OFFSET, MAGIC, strlen(MAGIC)) == 0;
}

bool s390_kernel_check(const uint8_t *data, size_t size, Error **errp)
{
    if (s390_kernel_is(data, size)) {
        return true;
    }
    if (size >= 4 && memcmp(data, "\177ELF", 4) == 0) {
        return error_setg(errp,
                          "it is an ELF file; name the kernel as it is booted, arch/s390/boot/bzImage or "
                          "what distributions have in /boot");
    }
    if (size >= X86_MAGIC_OFFSET + 4 && memcmp(data + X86_MAGIC_OFFSET, "HdrS", 4) == 0) {
        return error_setg(errp, "it is a Linux kernel for x86; name one for s390x");
    }
    return error_setg(errp, "it is no Linux kernel for s390x: there is no " MAGIC " at 0x%x", MAGIC_OFFSET);
}

static uint64_t read_number(const uint8_t *data)
{
    uint64_t value;

    memcpy(&value, data, sizeof(value));
    return GUINT64_FROM_BE(value);
}

static void write_number(uint8_t *data, uint64_t value)
{
    value = GUINT64_TO_BE(value);
    memcpy(data, &value, sizeof(value));
}

bool s390_kernel_check_line(const uint8_t *data, size_t size, const char *append, Error **errp)
{
    uint64_t room = read_number(data + LINE_SIZE);

    room = MIN(room ? room : LEGACY_LINE_SIZE, size - LINE);
    return !append || strlen(append) < room ||
           error_setg(errp, "the command line has %zu bytes, and this kernel takes %" PRIu64, strlen(append),
                      room - 1);
}

bool s390_kernel_patch(uint8_t *data, size_t size, const char *append, uint64_t initrd_gpa,
                       uint64_t initrd_size, Error **errp)
{
    if (!s390_kernel_check_line(data, size, append, errp)) {
        return false;
    }
    if (append) {
        memcpy(data + LINE, append, strlen(append) + 1);
    }
    if (initrd_size) {
        write_number(data + INITRD_START, initrd_gpa);
        write_number(data + INITRD_SIZE, initrd_size);
    }
    return true;
}
