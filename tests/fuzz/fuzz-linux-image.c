/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Fuzzes the reader of Linux kernels: whatever the file, what it yields is what linux-image.h promises.
 */
#include <glib.h>
#include <string.h>
#include "target-i386/linux-image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_failure(const uint8_t *data, size_t size, const CgvmError *error)
{
    bool has_header = size >= 0x208 && memcmp(data + 0x202, "HdrS", 4) == 0;

    g_assert_nonnull(error);
    g_assert_true(g_str_has_prefix(cgvm_error_message(error), "'file' "));
    if (cgvm_error_code(error) == CGVM_ERROR_INVALID) {
        g_assert_true(has_header);
    } else {
        g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_UNSUPPORTED);
        g_assert_true(!has_header || data[0x207] < 2);
    }
}

static void check_success(const LinuxImage *image, size_t size, const CgvmError *error)
{
    g_assert_null(error);
    g_assert_cmpuint(image->protocol, >=, LINUX_PROTOCOL_MIN);
    g_assert_cmpuint(image->setup_size % 512, ==, 0);
    g_assert_cmpuint(image->setup_size, >=, 2 * 512);
    g_assert_cmpuint(image->setup_size, <=, 256 * 512);
    g_assert_cmpuint(image->setup_size, <, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(Error) error = NULL;
    LinuxImage image;

    if (linux_image_parse(data, size, "file", &image, &error)) {
        check_success(&image, size, error);
    } else {
        check_failure(data, size, error);
    }
    return 0;
}
