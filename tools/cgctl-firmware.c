/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * cgctl firmware: what a firmware image says about itself, and for which guests it can be used.
 */
#include <stdio.h>
#include <string.h>
#include "cgvm/firmware.h"
#include "tools/cgctl.h"
#include "tools/file.h"

/* More than any image has, so that the library can say what is wrong with a larger one. */
#define FIRMWARE_LIMIT ((16u << 20) + 4096)

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash && slash[1] ? slash + 1 : path;
}

static CgctlStatus describe(const CgctlLine *line, const File *file)
{
    CgvmFormat format = cgctl_value(line, "json") ? CGVM_FORMAT_JSON : CGVM_FORMAT_TEXT;
    const char *name = base_name(line->operand), *use = cgctl_value(line, "require");
    CgvmError *error = NULL;
    char *text = cgvm_firmware_describe(file_bytes(file), name, format, &error);

    if (!text) {
        return cgctl_fail(error);
    }
    fputs(text, stdout);
    cgvm_string_free(text);
    if (use && !cgvm_firmware_check(file_bytes(file), name, use, &error)) {
        return cgctl_fail(error);
    }
    return CGCTL_DONE;
}

static CgctlStatus inspect(const CgctlLine *line)
{
    CgctlStatus status = CGCTL_REFUSED;
    File file;

    if (file_read(&file, line->operand, FIRMWARE_LIMIT, FILE_PUBLIC)) {
        status = describe(line, &file);
        file_clear(&file);
    }
    return status;
}

static const CgctlOption inspect_options[] = {
    { .name = "json", .help = "as JSON, the schema's FirmwareInfo" },
    { .name = "require", .argument = "USE", .help = "status 1 unless it can be used for USE" },
    { .name = NULL },
};

const CgctlCommand cgctl_firmware_inspect = {
    .group = "firmware",
    .name = "inspect",
    .summary = "what a firmware image is, and for which guests it can be used",
    .text = "USE is sev, sev-es, snp, or snp-hashes: an SEV-SNP guest whose kernel, initrd and\n"
            "command line are measured. What is said is what a launch would say.\n",
    .operand = "FILE",
    .options = inspect_options,
    .run = inspect,
};
