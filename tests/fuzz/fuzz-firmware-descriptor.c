/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Fuzzes descriptors of firmware: either there is an image or a reason why not.
 */
#include "hw/firmware-descriptor.h"
#include "qapi/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const FirmwareNeeds needs = { .architecture = "x86_64",
                                  .machine = "pc-q35-10.0",
                                  .feature = "amd-sev-snp" };
    g_autofree char *text = g_strndup((const char *)data, size), *reason = NULL;
    g_autoptr(json_object) descriptor = json_parse_within(text, FIRMWARE_DESCRIPTOR_LARGEST, 16, NULL);
    const char *image;

    if (!descriptor) {
        return 0;
    }
    image = firmware_descriptor_image(descriptor, &needs, &reason);
    g_assert_true(!image == (reason != NULL));
    return 0;
}
