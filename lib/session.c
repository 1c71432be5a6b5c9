/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/session.h"
#include <string.h>
#include "confidential/crypto.h"
#include "lib/option-fields.h"
#include "target-i386/sev-cert.h"
#include "target-i386/sev-policy.h"

struct CgvmSession {
    SevOwner owner;
    uint8_t state[SEV_OWNER_STATE_SIZE]; /* the same as it is kept */
    bool has_blobs;                      /* it was opened here */
    SevCert dh_cert;
    SevSession blob;
};

static bool read_policy(const char *options, uint32_t *ret_policy, Error **errp)
{
    SevSessionOptions parsed;
    bool done;

    if (!option_fields_parse(&SevSessionOptions_fields, &parsed, options, errp)) {
        return false;
    }
    done = sev_policy_from_text("policy", parsed.policy, ret_policy, errp);
    fields_clear(&SevSessionOptions_fields, &parsed);
    return done;
}

static bool check_chain(const SevCert *pdh, CgvmBytes chain, Error **errp)
{
    g_autofree uint8_t *bytes = NULL;

    if (!chain.size) {
        return true;
    }
    bytes = option_blob_read("the certificate chain", chain, SEV_CERT_CHAIN_SIZE, errp);
    return bytes && sev_cert_check_chain(pdh, bytes, errp);
}

CgvmSession *cgvm_session_new(const char *options, CgvmBytes pdh, CgvmBytes chain, CgvmError **error)
{
    g_autofree uint8_t *bytes = NULL;
    CgvmSession *session;
    uint32_t policy;
    SevCert cert;

    if (!read_policy(options, &policy, error)) {
        return NULL;
    }
    bytes = option_blob_read("the PDH certificate", pdh, sizeof(cert), error);
    if (!bytes) {
        return NULL;
    }
    memcpy(&cert, bytes, sizeof(cert));
    session = g_new0(CgvmSession, 1);
    if (!check_chain(&cert, chain, error) ||
        !sev_owner_open(&session->owner, policy, &cert, &session->dh_cert, &session->blob, error)) {
        cgvm_session_free(session);
        return NULL;
    }
    sev_owner_save(&session->owner, session->state);
    session->has_blobs = true;
    return session;
}

CgvmSession *cgvm_session_load(CgvmBytes state, CgvmError **error)
{
    CgvmSession *session = g_new0(CgvmSession, 1);

    if (!sev_owner_load(&session->owner, state.data, state.size, error)) {
        cgvm_session_free(session);
        return NULL;
    }
    sev_owner_save(&session->owner, session->state);
    return session;
}

void cgvm_session_free(CgvmSession *session)
{
    if (session) {
        crypto_clear(session, sizeof(*session));
    }
    g_free(session);
}

CgvmBytes cgvm_session_dh_cert(const CgvmSession *session)
{
    return session->has_blobs ? (CgvmBytes){ &session->dh_cert, sizeof(session->dh_cert) }
                              : (CgvmBytes){ NULL, 0 };
}

CgvmBytes cgvm_session_blob(const CgvmSession *session)
{
    return session->has_blobs ? (CgvmBytes){ &session->blob, sizeof(session->blob) } : (CgvmBytes){ NULL, 0 };
}

CgvmBytes cgvm_session_state(const CgvmSession *session)
{
    return (CgvmBytes){ session->state, sizeof(session->state) };
}

uint32_t cgvm_session_policy(const CgvmSession *session)
{
    return session->owner.policy;
}

const SevOwner *session_owner(const CgvmSession *session)
{
    return &session->owner;
}

bool session_read_measurement(CgvmBytes input, SevMeasurement *measurement, Error **errp)
{
    g_autofree uint8_t *bytes = option_blob_read("the measurement", input, sizeof(*measurement), errp);

    if (bytes) {
        memcpy(measurement, bytes, sizeof(*measurement));
    }
    return bytes != NULL;
}

bool cgvm_session_verify(const CgvmSession *session, CgvmBytes measurement, const char *expected,
                         CgvmError **error)
{
    SevLaunchExpectations parsed;
    SevMeasurement bytes;
    bool done;

    if (!session_read_measurement(measurement, &bytes, error) ||
        !option_fields_parse(&SevLaunchExpectations_fields, &parsed, expected, error)) {
        return false;
    }
    done = sev_owner_verify(&session->owner, &bytes, &parsed, error);
    fields_clear(&SevLaunchExpectations_fields, &parsed);
    return done;
}
