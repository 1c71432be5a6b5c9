/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Fuzzes what the owner of an SEV guest sends along with it: certificate and session.
 *
 * The first byte says what follows. 0: the text of dh-cert-file or session-file, which is either refused or a
 * blob of exactly the right size. 1: bytes that are XORed onto policy, session and certificate of a right
 * launch, with the two lengths before them; the simulated firmware starts a guest only of a session that is
 * as the owner has made it.
 */
#include <glib.h>
#include <string.h>
#include "qapi-types.h"
#include "target-i386/psp-state.h"
#include "target-i386/sev-cert-abi.h"
#include "tests/unit/guest-owner.h"

#define POLICY 1u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void fuzz_text(const uint8_t *data, size_t size)
{
    static const char *const names[] = { "dh-cert", "session" };
    g_autofree char *text = g_strndup((const char *)data, size);

    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        const Field *field = field_table_find(&SevLaunchParameters_fields, names[i]);
        g_autoptr(json_object) value = json_object_new_string(text);
        g_autoptr(Error) error = NULL;
        SevLaunchParameters launch = { .policy = 0 };

        fields_init(&SevLaunchParameters_fields, &launch);
        if (field_set(field, &launch, value, &error)) {
            g_assert_cmpuint(i ? launch.session.size : launch.dh_cert.size, ==,
                             i ? sizeof(SevSession) : SEV_CERT_SIZE);
        } else {
            g_assert_null(launch.dh_cert.data);
            g_assert_null(launch.session.data);
            g_assert_null(strchr(cgvm_error_message(error), '\n'));
        }
        fields_clear(&SevLaunchParameters_fields, &launch);
    }
}

/* A launch, as it is sent. */
typedef struct Launch {
    uint32_t policy;
    SevSession session;
    SevCert cert;
} Launch;

/* The platform and a launch that is meant for it; both last as long as the process. */
static Psp *make_platform(Launch *right)
{
    Psp *psp = psp_new(sim_model_find(NULL), NULL, NULL);
    PspPdhCertExport export = { .pdh = { .length = 0 } };
    SevCert pdh, chain[3];
    GuestOwner owner;

    g_assert_cmphex(psp_command(psp, PSP_INIT, NULL), ==, SEV_STATUS_SUCCESS);
    export.pdh = (PspBuffer){ .address = &pdh, .length = sizeof(pdh) };
    export.chain = (PspBuffer){ .address = chain, .length = sizeof(chain) };
    g_assert_cmphex(psp_command(psp, PSP_PDH_CERT_EXPORT, &export), ==, SEV_STATUS_SUCCESS);
    owner_open(&owner, (const uint8_t *)&pdh, POLICY);
    right->policy = POLICY;
    right->session = owner.session;
    memcpy(&right->cert, owner.cert, sizeof(right->cert));
    return psp;
}

static void xor_onto(Launch *launch, const uint8_t *data, size_t size)
{
    uint8_t *bytes = (uint8_t *)launch;

    for (size_t i = 0; i < MIN(size, sizeof(*launch)); i++) {
        bytes[i] ^= data[i];
    }
}

static void fuzz_launch(const uint8_t *data, size_t size)
{
    static Psp *psp;
    static Launch right;
    Launch launch;
    uint16_t lengths[2] = { sizeof(SevCert), sizeof(SevSession) };
    PspSevStart start = { .handle = 0 };
    uint32_t status;

    if (!psp) {
        psp = make_platform(&right);
    }
    launch = right;
    if (size >= G_N_ELEMENTS(lengths)) {
        lengths[0] -= MIN(lengths[0], data[0]);
        lengths[1] -= MIN(lengths[1], data[1]);
        data += G_N_ELEMENTS(lengths);
        size -= G_N_ELEMENTS(lengths);
    }
    xor_onto(&launch, data, size);
    start.policy = launch.policy;
    start.dh_cert = &launch.cert;
    start.dh_cert_length = lengths[0];
    start.session = &launch.session;
    start.session_length = lengths[1];
    status = psp_command(psp, PSP_LAUNCH_START, &start);
    if (status == SEV_STATUS_SUCCESS) {
        PspSevHandle named = { .handle = start.handle };

        g_assert_cmphex(launch.policy, ==, right.policy);
        g_assert_cmpmem(&launch.session, sizeof(launch.session), &right.session, sizeof(right.session));
        g_assert_cmpmem(&launch.cert.point, sizeof(launch.cert.point), &right.cert.point,
                        sizeof(right.cert.point));
        g_assert_cmpuint(lengths[0], ==, sizeof(SevCert));
        g_assert_cmpuint(lengths[1], ==, sizeof(SevSession));
        g_assert_cmphex(psp_command(psp, PSP_DECOMMISSION, &named), ==, SEV_STATUS_SUCCESS);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0 && data[0] == 0) {
        fuzz_text(data + 1, size - 1);
    } else if (size > 0) {
        fuzz_launch(data + 1, size - 1);
    }
    return 0;
}
