/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * explain: which change of options gives a launch digest that somebody else has seen.
 *
 * What people confuse is tried: CPU model and number of vCPUs, SEV_FEATURES, the type of an SEV-ES guest's
 * VM, whose VMM it is, the command line with and without a newline or none at all, an initrd that was left
 * out, kernel hashes that were off, and other firmware images (*.fd) in the folder of the one that is named.
 */
#ifndef TARGET_I386_SEV_MEASURE_EXPLAIN_H
#define TARGET_I386_SEV_MEASURE_EXPLAIN_H

#include "target-i386/sev-measure.h"

/** The most vCPUs that are tried, unless more are given. */
#define SEV_MEASURE_TRIED_VCPUS 512

/**
 * The variant of @p measure with the fewest changes that has the digest @p digest, in hexadecimal or base64:
 * its changes as text for people, separated by "; ", or "" if there are none. To be freed. NULL with
 * CGVM_ERROR_INVALID if @p digest is no digest of this kind, and with CGVM_ERROR_MISMATCH if no variant has
 * it.
 */
char *sev_measure_explain(const SevMeasure *measure, const char *digest, Error **errp);

#endif
