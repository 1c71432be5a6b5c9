/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The session of an SEV or SEV-ES guest's owner with the platform that is going to launch the guest: keys
 * that only this platform can unwrap, and the launch measurement that is verified with them (AMD publication
 * 55766). All of this happens on the owner's machine; nothing here talks to a host.
 *
 *     CgvmSession *session = cgvm_session_new("policy=nodbg+es", pdh, chain, &error);
 *     // to the host: cgvm_session_dh_cert(), cgvm_session_blob(); kept in private: cgvm_session_state()
 *     // from the host, which has launched but not started the guest: its measurement
 *     cgvm_session_verify(session, measurement, "digest=…,api=1.55,build=21", &error);
 *     // and then secrets: cgvm/secret.h
 *
 * Certificates and blobs are taken as they are or in base64. Options are text, "NAME=VALUE,…"; their names
 * are those of structures in docs/objects.md.
 */
#ifndef CGVM_SESSION_H
#define CGVM_SESSION_H

#include <stdbool.h>
#include "cgvm/bytes.h"
#include "cgvm/error.h"

#ifdef __cplusplus
extern "C" {
#endif
#ifdef __GNUC__
#pragma GCC visibility push(default)
#endif

/** A session. Immutable, opaque, and cleared when it is freed. */
typedef struct CgvmSession CgvmSession;

/**
 * Opens a session for the platform with the PDH certificate @p pdh (2084 bytes). @p options are those of the
 * schema's SevSessionOptions. @p chain, unless it is empty, must certify @p pdh: its PEK, OCA and CEK, 6252
 * bytes, as the platform exports them. Whether AMD has made the CEK is not in there, and not verified: who
 * has to rely on that verifies AMD's certificates of it besides.
 *
 * NULL with CGVM_ERROR_INVALID for wrong options and certificates, and with CGVM_ERROR_MISMATCH if a
 * signature of the chain is missing or wrong.
 */
CgvmSession *cgvm_session_new(const char *options, CgvmBytes pdh, CgvmBytes chain, CgvmError **error);

/**
 * A session as it was kept by cgvm_session_state(). It has no certificate and no blob any more. NULL with
 * CGVM_ERROR_INVALID for anything else.
 */
CgvmSession *cgvm_session_load(CgvmBytes state, CgvmError **error);

/** Clears and frees @p session; NULL is allowed. */
void cgvm_session_free(CgvmSession *session);

/** The certificate of the owner's Diffie-Hellman key, for dh-cert-file of sev-guest. Owned by @p session. */
CgvmBytes cgvm_session_dh_cert(const CgvmSession *session);

/** The wrapped keys, for session-file of sev-guest. Owned by @p session. */
CgvmBytes cgvm_session_blob(const CgvmSession *session);

/** What the owner keeps in private until secrets were handed in: 64 bytes. Owned by @p session. */
CgvmBytes cgvm_session_state(const CgvmSession *session);

/** The policy of the guest. */
uint32_t cgvm_session_policy(const CgvmSession *session);

/**
 * Whether @p measurement, the 48 bytes that LAUNCH_MEASURE returns, is of the launch that @p expected says
 * (options of the schema's SevLaunchExpectations), in the session. Fails with CGVM_ERROR_MISMATCH if it is
 * not, and with CGVM_ERROR_INVALID for a measurement of another size or wrong options.
 */
bool cgvm_session_verify(const CgvmSession *session, CgvmBytes measurement, const char *expected,
                         CgvmError **error);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif

#endif
