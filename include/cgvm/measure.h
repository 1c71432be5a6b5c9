/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Launch digests of SEV, SEV-ES and SEV-SNP guests, computed beforehand from the files that are launched: of
 * cgvm's guests, and of those of QEMU, Amazon EC2 and Google Compute Engine.
 *
 *     CgvmMeasure *measure = cgvm_measure_new("mode=snp,vcpus=2,vcpu-type=EPYC-Milan,ovmf=OVMF.fd", &error);
 *
 * Options are text, "NAME=VALUE,…", with a comma in a value written twice; their names are those of the
 * schema's MeasureOptions (docs/objects.md). No host is asked, and nothing is launched; what a launch would
 * refuse gets no digest.
 */
#ifndef CGVM_MEASURE_H
#define CGVM_MEASURE_H

#include "cgvm/bytes.h"
#include "cgvm/error.h"

#ifdef __cplusplus
extern "C" {
#endif
#ifdef __GNUC__
#pragma GCC visibility push(default)
#endif

/** A launch and its digest. Immutable, and opaque. */
typedef struct CgvmMeasure CgvmMeasure;

/**
 * Computes a digest. NULL with CGVM_ERROR_INVALID for options that are wrong, contradict each other or leave
 * something out, and for files that a launch would refuse; CGVM_ERROR_NOT_FOUND for an unknown option or CPU
 * model; CGVM_ERROR_UNSUPPORTED for what no launch does; CGVM_ERROR_IO for a file that cannot be read.
 */
CgvmMeasure *cgvm_measure_new(const char *options, CgvmError **error);

/** Frees @p measure; NULL is allowed. */
void cgvm_measure_free(CgvmMeasure *measure);

/** The digest: 32 bytes for SEV and SEV-ES, 48 for SEV-SNP. Owned by @p measure. */
CgvmBytes cgvm_measure_digest(const CgvmMeasure *measure);

/** The same in lower-case hexadecimal. Owned by @p measure. */
const char *cgvm_measure_digest_hex(const CgvmMeasure *measure);

/**
 * The launch that has this digest: as text for people, or as the schema's MeasureResult. To be freed with
 * cgvm_string_free(). NULL for another format.
 */
char *cgvm_measure_describe(const CgvmMeasure *measure, CgvmFormat format);

/**
 * The register page (VMSA) of vCPU @p index as it is measured, 4096 bytes owned by @p measure; no bytes if
 * there is no such vCPU, or registers are not measured.
 */
CgvmBytes cgvm_measure_vcpu_page(const CgvmMeasure *measure, unsigned index);

/**
 * Which change of the options gives the digest @p digest, in hexadecimal or base64, that somebody else has
 * seen: text for people, "" if it is the digest that was computed. What people confuse is tried: CPU model
 * and number of vCPUs, features, VMM, the type of an SEV-ES guest's VM, command line, initrd, kernel hashes,
 * and other images in the firmware's folder. To be freed with cgvm_string_free(). NULL with
 * CGVM_ERROR_MISMATCH if nothing fits, and CGVM_ERROR_INVALID if it is no digest of this kind. Reads the
 * files anew.
 */
char *cgvm_measure_explain(const CgvmMeasure *measure, const char *digest, CgvmError **error);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif

#endif
