/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Secrets that the owner of an SEV or SEV-ES guest hands in when its launch was measured: a table that the
 * guest's firmware passes on to boot loader and kernel, sealed so that only the launch with that measurement
 * can open it (AMD publication 55766, LAUNCH_SECRET).
 *
 *     CgvmSecret *secret = cgvm_secret_new();
 *     cgvm_secret_add(secret, "736869e5-84f0-4973-92ec-06879ce3da0b", passphrase, &error);
 *     cgvm_secret_seal(secret, session, measurement, &error);
 *     // to the host: cgvm_secret_header(), cgvm_secret_packet(), for cgvm_vm_inject_secret() or QMP
 *
 * Verify the measurement first (cgvm_session_verify()): sealing does not.
 */
#ifndef CGVM_SECRET_H
#define CGVM_SECRET_H

#include "cgvm/session.h"

#ifdef __cplusplus
extern "C" {
#endif
#ifdef __GNUC__
#pragma GCC visibility push(default)
#endif

/** A table of secrets, and once it was sealed its packet. Opaque, and cleared when it is freed. */
typedef struct CgvmSecret CgvmSecret;

/** A table without secrets. */
CgvmSecret *cgvm_secret_new(void);

/** Clears and frees @p secret; NULL is allowed. */
void cgvm_secret_free(CgvmSecret *secret);

/**
 * Adds a secret that is called @p guid. Its @p data is copied. Fails with CGVM_ERROR_INVALID: text that is no
 * GUID, one that was added already, no data, more than a packet holds (16384 bytes); and with
 * CGVM_ERROR_STATE once it was sealed.
 */
bool cgvm_secret_add(CgvmSecret *secret, const char *guid, CgvmBytes data, CgvmError **error);

/**
 * Seals the table for the launch with @p measurement (48 bytes of LAUNCH_MEASURE, or their base64). Fails
 * with CGVM_ERROR_INVALID for a measurement of another size or a table without secrets, and with
 * CGVM_ERROR_STATE if it was sealed already.
 */
bool cgvm_secret_seal(CgvmSecret *secret, const CgvmSession *session, CgvmBytes measurement,
                      CgvmError **error);

/**
 * A sealed packet from its header (52 bytes) and the packet itself, each as it is or in base64. With
 * @p session it is opened, and unless @p measurement is empty it must have been sealed for the launch with
 * that. NULL with CGVM_ERROR_INVALID for wrong sizes or what is no table, CGVM_ERROR_MISMATCH for a packet of
 * another session or launch, CGVM_ERROR_UNSUPPORTED for a compressed one.
 */
CgvmSecret *cgvm_secret_open(CgvmBytes header, CgvmBytes packet, const CgvmSession *session,
                             CgvmBytes measurement, CgvmError **error);

/**
 * The same from JSON, an object with both in base64, as its members packet-header and secret: the arguments
 * of QMP's sev-inject-launch-secret. Other members are left alone. NULL with CGVM_ERROR_INVALID for other
 * text, too.
 */
CgvmSecret *cgvm_secret_parse(CgvmBytes json, const CgvmSession *session, CgvmBytes measurement,
                              CgvmError **error);

/** The header and the packet, once it was sealed; else empty. Owned by @p secret. */
CgvmBytes cgvm_secret_header(const CgvmSecret *secret);
CgvmBytes cgvm_secret_packet(const CgvmSecret *secret);

/**
 * Describes a sealed packet as text or as the schema's SevSecretInfo: its header, and if it was opened or
 * sealed here its entries, with @p show_data the secrets themselves. To be freed with cgvm_string_free(),
 * which does not clear it. NULL before it was sealed.
 */
char *cgvm_secret_describe(const CgvmSecret *secret, CgvmFormat format, bool show_data);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif

#endif
