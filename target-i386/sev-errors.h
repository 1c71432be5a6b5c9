/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Why a launch failed: the status codes of the AMD security firmware, and what KVM's errnos mean for each SEV
 * command.
 */
#ifndef TARGET_I386_SEV_ERRORS_H
#define TARGET_I386_SEV_ERRORS_H

#include <stdint.h>
#include "qapi/error.h"

/** The name of firmware status @p status as the specification writes it ("INVALID_PARAM"), or "unknown
 * status". */
const char *sev_status_name(uint32_t status);

/** What firmware status @p status means, as a phrase; never NULL. */
const char *sev_status_meaning(uint32_t status);

/** The same for status @p status of KVM_MEMORY_ENCRYPT_OP command @p command: the older ones, of SEV and
 * SEV-ES, have another policy and another specification. */
const char *sev_command_status_meaning(uint32_t command, uint32_t status);

/**
 * What the errno @p os_error (positive) of KVM_MEMORY_ENCRYPT_OP command @p command most likely means when
 * the firmware was not reached, and what to do about it, as a phrase; NULL if nothing is known.
 */
const char *sev_kernel_refusal(uint32_t command, int os_error);

/**
 * Sets the error of kind CGVM_ERROR_KERNEL for the errno @p os_error of KVM_MEMORY_ENCRYPT_REG_REGION, which
 * was to pin the memory @p name. @p locked: how many bytes this process would have locked with it. Returns
 * false.
 */
bool sev_set_region_error(Error **errp, int os_error, const char *name,
                          uint64_t locked) G_GNUC_WARN_UNUSED_RESULT;

/** The same for KVM_MEMORY_ENCRYPT_REG_REGION. */
const char *sev_region_refusal(int os_error);

/** The name of KVM_MEMORY_ENCRYPT_OP command @p command ("SNP_LAUNCH_UPDATE"), or NULL. */
const char *sev_command_name(uint32_t command);

/**
 * Sets the error of a failed SEV command: kind CGVM_ERROR_FIRMWARE if @p status is not 0, else
 * CGVM_ERROR_KERNEL.
 * @p what names the step and its subject ("launching 0xffe00000-0xffffffff (OVMF.fd)"). Returns false.
 */
bool sev_set_error(Error **errp, uint32_t command, int os_error, uint32_t status,
                   const char *what) G_GNUC_WARN_UNUSED_RESULT;

/**
 * Sets the error of a command to the secure processor's device @p device, called @p name, that failed with @p
 * os_error and the firmware's @p status, if it was reached. Returns false.
 */
bool sev_set_platform_error(Error **errp, const char *name, const char *device, int os_error,
                            uint32_t status) G_GNUC_WARN_UNUSED_RESULT;

#endif
