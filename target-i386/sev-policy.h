/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The policies of SEV and SEV-SNP guests: their bits by name, what they are in words, and which of them
 * cannot be right (AMD 55766 and 56860, "Guest Policy").
 *
 * As names, a policy is flags joined with '+' over the least policy that is legal, which is 0 for SEV and has
 * bit 17 for SEV-SNP; `abi=MAJOR.MINOR` among them asks for a version of the firmware's interface.
 */
#ifndef TARGET_I386_SEV_POLICY_H
#define TARGET_I386_SEV_POLICY_H

#include <stdbool.h>
#include <stdint.h>
#include "qapi/error.h"

/** A version of the firmware's interface. */
typedef struct SevApiVersion {
    uint8_t major, minor;
} SevApiVersion;

/** The lowest version that the policy accepts. */
SevApiVersion sev_policy_api(uint32_t policy);
SevApiVersion snp_policy_api(uint64_t policy);

/**
 * ObjectPropertyNames: the policy that the names @p text stand for ("smt+abi=1.51"). @p property is what
 * messages call it. Fails with CGVM_ERROR_INVALID for a name that is unknown (with those that are known), is
 * given twice or is empty, and for a version that is malformed.
 */
bool sev_policy_from_names(const char *property, const char *text, uint64_t *ret_policy, Error **errp);
bool snp_policy_from_names(const char *property, const char *text, uint64_t *ret_policy, Error **errp);

/**
 * The policy that @p text stands for: names if it starts with a letter, else a number in decimal or with 0x.
 * Fails with CGVM_ERROR_INVALID.
 */
bool sev_policy_from_text(const char *property, const char *text, uint32_t *ret_policy, Error **errp);
bool snp_policy_from_text(const char *property, const char *text, uint64_t *ret_policy, Error **errp);

/**
 * The policy in words: "smt, debug, ABI 1.51", or "none" if no bit says anything. Bits without a name are
 * called "bit 26". To be freed.
 */
char *sev_policy_words(uint32_t policy);
char *snp_policy_words(uint64_t policy);

/** Whether the bits that must be one or zero for every firmware are. Fails with CGVM_ERROR_INVALID. */
bool sev_policy_check(uint32_t policy, Error **errp);
bool snp_policy_check(uint64_t policy, Error **errp);

/**
 * Sets the error of a failed SNP_LAUNCH_START, as sev_set_error() does. If the kernel refused bits of
 * @p policy that are known to need a newer one than Linux 6.12, the message names them: a plan cannot tell
 * which kernel it will meet. Returns false.
 */
bool snp_policy_set_start_error(Error **errp, uint64_t policy, int os_error, uint32_t status,
                                const char *what) G_GNUC_WARN_UNUSED_RESULT;

#endif
