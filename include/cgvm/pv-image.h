/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Images for protected virtualization of IBM Z (Secure Execution for Linux): made for the hosts whose keys
 * are named, and looked at.
 *
 *     CgvmHostKeys *keys = cgvm_host_keys_new();
 *     if (!cgvm_host_keys_trust(keys, chain, &error) || !cgvm_host_keys_add(keys, document, true, &error)) …
 *     image = cgvm_pv_image_create(keys, &parts, &size, &error);
 *
 * Files are passed as their bytes; any bytes may be given. Certificates are X.509, in PEM or DER.
 */
#ifndef CGVM_PV_IMAGE_H
#define CGVM_PV_IMAGE_H

#include <stdbool.h>
#include <stdint.h>
#include "cgvm/bytes.h"
#include "cgvm/error.h"

#ifdef __cplusplus
extern "C" {
#endif
#ifdef __GNUC__
#pragma GCC visibility push(default)
#endif

/** Keys of hosts, and whom to believe that they are. Opaque. */
typedef struct CgvmHostKeys CgvmHostKeys;

/** No keys, and nobody is trusted. Free it with cgvm_host_keys_free(). */
CgvmHostKeys *cgvm_host_keys_new(void);

/** Frees @p keys; NULL is allowed. */
void cgvm_host_keys_free(CgvmHostKeys *keys);

/**
 * Takes the certificates in @p certificates for verifying: those that are signed by themselves are trusted,
 * the others lead from a document to them. Fails with CGVM_ERROR_INVALID if there is none in there.
 */
bool cgvm_host_keys_trust(CgvmHostKeys *keys, CgvmBytes certificates, CgvmError **error);

/**
 * Takes the list of revoked certificates @p crl. As soon as there is one, a document's issuer must have one
 * among them. Fails with CGVM_ERROR_INVALID if it is none.
 */
bool cgvm_host_keys_revoke(CgvmHostKeys *keys, CgvmBytes crl, CgvmError **error);

/**
 * Adds the host key that @p document certifies. With @p verify it must be valid now, not revoked, and signed
 * by a key whose certificate is among those that were taken and leads to a trusted one. Fails with
 * CGVM_ERROR_INVALID for something else than a document of a key on the curve P-521, and with
 * CGVM_ERROR_MISMATCH if it is not genuine as far as can be told.
 */
bool cgvm_host_keys_add(CgvmHostKeys *keys, CgvmBytes document, bool verify, CgvmError **error);

/** Describes key number @p index, from 0 on, as CGVM_FORMAT_TEXT or CGVM_FORMAT_JSON (the schema's
 * PvHostKeyInfo). To be freed with cgvm_string_free(). NULL if there is no such key. */
char *cgvm_host_keys_describe(const CgvmHostKeys *keys, size_t index, CgvmFormat format);

/**
 * The document of the host key of the simulated machine @p model (NULL: the default), in PEM, to make images
 * for
 * `-accel sim`. To be freed with cgvm_string_free(). NULL with CGVM_ERROR_NOT_FOUND if there is no such
 * machine.
 */
char *cgvm_simulated_host_key(const char *model, CgvmError **error);

/** The certificates that verify such documents, in PEM. To be freed with cgvm_string_free(). */
char *cgvm_simulated_host_key_chain(void);

/** What an image is made of. */
typedef struct CgvmPvImageParts {
    CgvmBytes kernel;            /**< a Linux kernel for s390x */
    CgvmBytes initrd;            /**< its initial RAM disk, or nothing */
    CgvmBytes communication_key; /**< 32 bytes of the owner's, by which dumps are encrypted and secrets are
                                      added, or nothing: then nobody can do that */
    const char *options;         /**< "NAME=VALUE,…", the schema's PvImageOptions; may be NULL */
} CgvmPvImageParts;

/**
 * Makes an image for the hosts of @p keys. @p ret_size is set to its size; to be freed with
 * cgvm_bytes_free(). Two images are never alike, as each has new keys. NULL with CGVM_ERROR_INVALID for parts
 * that are wrong, and with CGVM_ERROR_NOT_FOUND for an option that there is not.
 */
uint8_t *cgvm_pv_image_create(const CgvmHostKeys *keys, const CgvmPvImageParts *parts, size_t *ret_size,
                              CgvmError **error);

/**
 * Describes an image as CGVM_FORMAT_TEXT or CGVM_FORMAT_JSON (the schema's PvImageInfo). To be freed with
 * cgvm_string_free(). NULL with CGVM_ERROR_INVALID, naming what is wrong, if it is none.
 */
char *cgvm_pv_image_describe(CgvmBytes image, CgvmFormat format, CgvmError **error);

/**
 * Whether the pages of an image are those that its header was made for. Fails with CGVM_ERROR_MISMATCH,
 * naming what differs, and as cgvm_pv_image_describe(). That the header itself is genuine only a host can
 * tell for which it was made.
 */
bool cgvm_pv_image_verify(CgvmBytes image, CgvmError **error);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif

#endif
