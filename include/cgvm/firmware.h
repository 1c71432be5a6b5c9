/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Firmware images for x86 guests: what they say about themselves, and for which guests a launch accepts them.
 *
 * An image is passed as its bytes, with the name of its file for messages. Any bytes may be given. The kinds
 * of guests are the names of the schema's FirmwareUse: "sev", "sev-es", "snp", and "snp-hashes" for an
 * SEV-SNP guest whose kernel, initrd and command line are measured.
 */
#ifndef CGVM_FIRMWARE_H
#define CGVM_FIRMWARE_H

#include <stdbool.h>
#include "cgvm/bytes.h"
#include "cgvm/error.h"

#ifdef __cplusplus
extern "C" {
#endif
#ifdef __GNUC__
#pragma GCC visibility push(default)
#endif

/**
 * Describes the image as CGVM_FORMAT_TEXT or CGVM_FORMAT_JSON (the schema's FirmwareInfo): its place, its
 * table of GUIDed entries, its SEV metadata, where it looks for hashes and secrets, and for each kind of
 * guest whether it can be used, or what to use instead. To be freed with cgvm_string_free(). NULL with
 * CGVM_ERROR_INVALID if no launch would accept the image, because its size, its table or its metadata is
 * wrong; or if the format is another one.
 */
char *cgvm_firmware_describe(CgvmBytes image, const char *name, CgvmFormat format, CgvmError **error);

/**
 * Whether the image can be used for guests of the kind @p use, with one vCPU and with more. Fails with
 * CGVM_ERROR_INVALID and what a launch would say, and with CGVM_ERROR_NOT_FOUND for an unknown kind.
 */
bool cgvm_firmware_check(CgvmBytes image, const char *name, const char *use, CgvmError **error);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif

#endif
