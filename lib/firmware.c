/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cgvm/firmware.h"
#include "lib/argument.h"
#include "qapi/fields.h"
#include "target-i386/firmware-info.h"

char *cgvm_firmware_describe(CgvmBytes image, const char *name, CgvmFormat format, CgvmError **error)
{
    FirmwareInfo info;
    char *text;

    if (!argument_given(name, "name", error)) {
        return NULL;
    }
    if (format != CGVM_FORMAT_TEXT && format != CGVM_FORMAT_JSON) {
        return error_setg_null(error, "a firmware image is described as text or JSON, not in format %d",
                               format);
    }
    if (!firmware_info_read(image.data, image.size, name, &info, error)) {
        return NULL;
    }
    text = format == CGVM_FORMAT_JSON ? firmware_info_to_json(&info) : firmware_info_to_text(&info);
    firmware_info_clear(&info);
    return text;
}

bool cgvm_firmware_check(CgvmBytes image, const char *name, const char *use, CgvmError **error)
{
    FirmwareInfo info;
    bool fits;
    int value;

    if (!argument_given(name, "name", error) || !argument_given(use, "use", error)) {
        return false;
    }
    value = enum_value(&FirmwareUse_lookup, use);
    if (value < 0) {
        return error_set(error, CGVM_ERROR_NOT_FOUND,
                         "there is no kind of guest '%s'; there are sev, sev-es, snp and snp-hashes", use);
    }
    if (!firmware_info_read(image.data, image.size, name, &info, error)) {
        return false;
    }
    fits = firmware_info_check(&info, value, error);
    firmware_info_clear(&info);
    return fits;
}
