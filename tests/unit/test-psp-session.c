/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The secure processor and the owner of a guest: certificates, sessions, the measurement, secrets,
 * attestation reports.
 */
#include <glib.h>
#include <string.h>
#include "target-i386/psp.h"
#include "tests/unit/guest-owner.h"

#define PAGE   4096
#define POLICY (SEV_POLICY_ES | SEV_POLICY_NOKS)
#define ASID   7

typedef struct Fixture {
    Psp *psp;
    uint8_t pdh[SEV_CERT_SIZE];
    uint8_t chain[3 * SEV_CERT_SIZE];
    GuestOwner owner;
    uint8_t *page;
} Fixture;

static uint32_t export(Fixture *fixture, uint32_t pdh_length, uint32_t chain_length)
{
    PspPdhCertExport request = {
        .pdh = { fixture->pdh, pdh_length },
        .chain = { fixture->chain, chain_length },
    };
    uint32_t status = psp_command(fixture->psp, PSP_PDH_CERT_EXPORT, &request);

    if (status == SEV_STATUS_SUCCESS || status == SEV_STATUS_INVALID_LEN) {
        g_assert_cmpuint(request.pdh.length, ==, SEV_CERT_SIZE);
        g_assert_cmpuint(request.chain.length, ==, 3 * SEV_CERT_SIZE);
    }
    return status;
}

static void set_up(Fixture *fixture, gconstpointer data)
{
    (void)data;
    fixture->psp = psp_new(sim_model_find(NULL), NULL, NULL);
    g_assert_cmphex(export(fixture, SEV_CERT_SIZE, 3 * SEV_CERT_SIZE), ==, SEV_STATUS_INVALID_PLATFORM_STATE);
    g_assert_cmphex(psp_command(fixture->psp, PSP_INIT, NULL), ==, SEV_STATUS_SUCCESS);
    g_assert_cmphex(export(fixture, SEV_CERT_SIZE, 3 * SEV_CERT_SIZE), ==, SEV_STATUS_SUCCESS);
    owner_open(&fixture->owner, fixture->pdh, POLICY);
    fixture->page = g_aligned_alloc0(1, PAGE, PAGE);
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
    (void)data;
    psp_free(fixture->psp);
    g_aligned_free(fixture->page);
}

/* Whether the signature in @slot of @cert is by the key of @signer, and says so. */
static bool is_signed_by(const uint8_t *cert, size_t slot, const uint8_t *signer)
{
    const uint8_t *signature = cert + (slot ? 0x61c : 0x414);

    return get_le32(signature) == get_le32(signer + 8) && get_le32(signature + 4) == 2 &&
           crypto_ecdsa_p384_sha256_verify(signer + 0x14, signer + 0x5c, cert, 0x414, signature + 8,
                                           signature + 8 + 72);
}

static void test_certificates(Fixture *fixture, gconstpointer data)
{
    const uint8_t *pek = fixture->chain, *oca = pek + SEV_CERT_SIZE, *cek = oca + SEV_CERT_SIZE;
    const uint8_t *all[] = { fixture->pdh, pek, oca, cek };
    const uint32_t usages[] = { 0x1003, 0x1002, 0x1001, 0x1004 };

    (void)data;
    g_assert_cmphex(export(fixture, SEV_CERT_SIZE - 1, sizeof(fixture->chain)), ==, SEV_STATUS_INVALID_LEN);
    g_assert_cmphex(export(fixture, SEV_CERT_SIZE, 0), ==, SEV_STATUS_INVALID_LEN);
    for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
        g_assert_cmpuint(get_le32(all[i]), ==, 1);
        g_assert_cmphex(get_le32(all[i] + 8), ==, usages[i]);
        g_assert_cmpuint(get_le32(all[i] + 0x10), ==, 2);
        g_assert_cmpstr((const char *)all[i] + 0x414 - sizeof("simulated"), ==, "simulated");
    }
    g_assert_true(is_signed_by(fixture->pdh, 0, pek));
    g_assert_true(is_signed_by(pek, 0, cek));
    g_assert_true(is_signed_by(pek, 1, oca));
    g_assert_true(is_signed_by(oca, 0, oca));
    g_assert_false(is_signed_by(oca, 0, pek));
    g_assert_cmphex(get_le32(cek + 0x414), ==, 0x1000);
}

static void test_chip_id(Fixture *fixture, gconstpointer data)
{
    char id[64];
    PspBuffer buffer = { NULL, 0 };

    (void)data;
    g_assert_cmphex(psp_command(fixture->psp, PSP_GET_ID, &buffer), ==, SEV_STATUS_INVALID_LEN);
    g_assert_cmpuint(buffer.length, ==, sizeof(id));
    buffer.address = id;
    g_assert_cmphex(psp_command(fixture->psp, PSP_GET_ID, &buffer), ==, SEV_STATUS_SUCCESS);
    g_assert_cmpstr(id, ==, "simulated EPYC-Milan");
}

static uint32_t start(Fixture *fixture, uint32_t policy, uint32_t cert_length, uint32_t session_length,
                      uint32_t *handle)
{
    PspSevStart request = {
        .policy = policy,
        .dh_cert = fixture->owner.cert,
        .dh_cert_length = cert_length,
        .session = &fixture->owner.session,
        .session_length = session_length,
    };
    uint32_t status = psp_command(fixture->psp, PSP_LAUNCH_START, &request);

    if (handle) {
        *handle = request.handle;
    }
    return status;
}

/** A byte that is changed in what the owner sent, and what the firmware says. */
typedef struct ChangeRow {
    const char *what;
    size_t offset; /* in the GuestOwner */
    uint32_t status;
} ChangeRow;

#define CERT(offset)    (offsetof(GuestOwner, cert) + (offset))
#define SESSION(member) (offsetof(GuestOwner, session) + offsetof(SevSession, member))

static const ChangeRow change_rows[] = {
    { "version", CERT(0x00), SEV_STATUS_INVALID_CERTIFICATE },
    { "usage", CERT(0x08), SEV_STATUS_INVALID_CERTIFICATE },
    { "algorithm", CERT(0x0c), SEV_STATUS_INVALID_CERTIFICATE },
    { "curve", CERT(0x10), SEV_STATUS_INVALID_CERTIFICATE },
    { "point", CERT(0x14), SEV_STATUS_INVALID_CERTIFICATE },
    { "nonce", SESSION(nonce), SEV_STATUS_BAD_MEASUREMENT },
    { "keys", SESSION(wrap_tk), SEV_STATUS_BAD_MEASUREMENT },
    { "IV", SESSION(wrap_iv), SEV_STATUS_BAD_MEASUREMENT },
    { "MAC of keys", SESSION(wrap_mac) + 31, SEV_STATUS_BAD_MEASUREMENT },
    { "MAC of policy", SESSION(policy_mac) + 31, SEV_STATUS_BAD_MEASUREMENT },
};

static void test_sessions(Fixture *fixture, gconstpointer data)
{
    uint8_t *bytes = (uint8_t *)&fixture->owner;
    SevPlatformStatus platform;
    /* The owner's certificate is not signed, and nobody cares. */
    const uint32_t cert = SEV_CERT_SIZE, session = sizeof(SevSession);

    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(change_rows); i++) {
        uint32_t status;

        bytes[change_rows[i].offset] ^= 0x10;
        status = start(fixture, POLICY, cert, session, NULL);
        bytes[change_rows[i].offset] ^= 0x10;
        if (status != change_rows[i].status) {
            g_error("%s: status 0x%x", change_rows[i].what, status);
        }
    }
    g_assert_cmphex(start(fixture, POLICY, cert - 1, session, NULL), ==, SEV_STATUS_INVALID_LEN);
    g_assert_cmphex(start(fixture, POLICY, cert, session + 1, NULL), ==, SEV_STATUS_INVALID_LEN);
    g_assert_cmphex(start(fixture, POLICY | SEV_POLICY_NODBG, cert, session, NULL), ==,
                    SEV_STATUS_BAD_MEASUREMENT);
    g_assert_cmphex(start(fixture, POLICY | 2u << SEV_POLICY_API_MAJOR_SHIFT, cert, session, NULL), ==,
                    SEV_STATUS_POLICY_FAILURE);
    g_assert_cmphex(psp_command(fixture->psp, PSP_PLATFORM_STATUS, &platform), ==, SEV_STATUS_SUCCESS);
    g_assert_cmpuint(platform.guest_count, ==, 0);
    g_assert_cmpuint(platform.state, ==, 1);
    g_assert_cmphex(start(fixture, POLICY, cert, session, NULL), ==, SEV_STATUS_SUCCESS);
    g_assert_cmphex(psp_command(fixture->psp, PSP_PLATFORM_STATUS, &platform), ==, SEV_STATUS_SUCCESS);
    g_assert_cmpuint(platform.guest_count, ==, 1);
    g_assert_cmpuint(platform.state, ==, 2);
}

/* A guest with a page of zeros, measured. */
static uint32_t measured_guest(Fixture *fixture, SevMeasurement *measurement)
{
    PspSevActivate activate = { .asid = ASID };
    PspSevMemory memory = { .address = (uintptr_t)fixture->page, .length = PAGE };
    PspSevMeasure measure = { .result = { measurement, sizeof(*measurement) } };
    uint32_t handle;

    g_assert_cmphex(start(fixture, POLICY, SEV_CERT_SIZE, sizeof(SevSession), &handle), ==,
                    SEV_STATUS_SUCCESS);
    activate.handle = memory.handle = measure.handle = handle;
    g_assert_cmphex(psp_command(fixture->psp, PSP_ACTIVATE, &activate), ==, SEV_STATUS_SUCCESS);
    g_assert_cmphex(psp_command(fixture->psp, PSP_LAUNCH_UPDATE_DATA, &memory), ==, SEV_STATUS_SUCCESS);
    g_assert_cmphex(psp_command(fixture->psp, PSP_LAUNCH_MEASURE, &measure), ==, SEV_STATUS_SUCCESS);
    return handle;
}

static void test_measurement(Fixture *fixture, gconstpointer data)
{
    const uint8_t zeros[PAGE] = { 0 };
    /* That of the model. */
    const uint8_t api[3] = { 1, 55, 21 };
    uint8_t digest[32], expected[32];
    SevMeasurement measurement;
    uint32_t handle = measured_guest(fixture, &measurement);

    (void)data;
    crypto_sha256(zeros, sizeof(zeros), expected);
    g_assert_true(psp_sev_digest(fixture->psp, handle, digest));
    g_assert_cmpmem(digest, sizeof(digest), expected, sizeof(expected));
    owner_measure(&fixture->owner, api, POLICY, digest, measurement.mnonce, expected);
    g_assert_cmpmem(measurement.measure, sizeof(measurement.measure), expected, sizeof(expected));
}

static void test_secrets(Fixture *fixture, gconstpointer data)
{
    char secret[32] = "what only the guest may know";
    uint8_t header[52], packet[32], plain[32];
    SevMeasurement measurement;
    uint32_t handle = measured_guest(fixture, &measurement);
    PspSevSecret request = {
        .handle = handle,
        .header = header,
        .header_length = sizeof(header),
        .guest_address = (uintptr_t)fixture->page + 64,
        .guest_length = sizeof(secret),
        .packet = packet,
        .packet_length = sizeof(packet),
    };
    PspSevDbg debug = {
        .handle = handle,
        .source = (uintptr_t)fixture->page + 64,
        .destination = (uintptr_t)fixture->page + 256,
        .length = sizeof(plain),
    };

    (void)data;
    owner_seal(&fixture->owner, measurement.measure, secret, sizeof(secret), header, packet);
    packet[0] ^= 1;
    g_assert_cmphex(psp_command(fixture->psp, PSP_LAUNCH_UPDATE_SECRET, &request), ==,
                    SEV_STATUS_BAD_MEASUREMENT);
    packet[0] ^= 1;
    header[0] = 1;
    g_assert_cmphex(psp_command(fixture->psp, PSP_LAUNCH_UPDATE_SECRET, &request), ==,
                    SEV_STATUS_UNSUPPORTED);
    header[0] = 0;
    request.header_length--;
    g_assert_cmphex(psp_command(fixture->psp, PSP_LAUNCH_UPDATE_SECRET, &request), ==,
                    SEV_STATUS_INVALID_LEN);
    request.header_length++;
    request.packet_length -= 16;
    g_assert_cmphex(psp_command(fixture->psp, PSP_LAUNCH_UPDATE_SECRET, &request), ==,
                    SEV_STATUS_INVALID_LEN);
    request.packet_length += 16;
    request.guest_address += 8;
    g_assert_cmphex(psp_command(fixture->psp, PSP_LAUNCH_UPDATE_SECRET, &request), ==,
                    SEV_STATUS_INVALID_ADDRESS);
    request.guest_address -= 8;
    request.guest_length = 8;
    g_assert_cmphex(psp_command(fixture->psp, PSP_LAUNCH_UPDATE_SECRET, &request), ==,
                    SEV_STATUS_INVALID_LEN);
    request.guest_length = sizeof(secret);
    g_assert_cmphex(psp_command(fixture->psp, PSP_LAUNCH_UPDATE_SECRET, &request), ==, SEV_STATUS_SUCCESS);
    g_assert_cmpint(memcmp(fixture->page + 64, secret, sizeof(secret)), !=, 0);
    g_assert_cmphex(psp_command(fixture->psp, PSP_DBG_DECRYPT, &debug), ==, SEV_STATUS_SUCCESS);
    g_assert_cmpmem(fixture->page + 256, sizeof(secret), secret, sizeof(secret));
}

static void test_attestation(Fixture *fixture, gconstpointer data)
{
    uint8_t report[SEV_ATTESTATION_REPORT_SIZE], digest[32];
    SevMeasurement measurement;
    uint32_t handle = measured_guest(fixture, &measurement);
    PspSevMeasure request = { .handle = handle, .mnonce = { 1, 2, 3 } };
    const uint8_t *pek = fixture->chain;

    (void)data;
    g_assert_cmphex(psp_command(fixture->psp, PSP_ATTESTATION, &request), ==, SEV_STATUS_INVALID_LEN);
    g_assert_cmpuint(request.result.length, ==, sizeof(report));
    request.result.address = report;
    g_assert_cmphex(psp_command(fixture->psp, PSP_ATTESTATION, &request), ==, SEV_STATUS_SUCCESS);
    g_assert_true(psp_sev_digest(fixture->psp, handle, digest));
    g_assert_cmpmem(report, 16, request.mnonce, 16);
    g_assert_cmpmem(report + 16, 32, digest, 32);
    g_assert_cmphex(get_le32(report + 48), ==, POLICY);
    g_assert_cmphex(get_le32(report + 52), ==, 0x1002);
    g_assert_cmphex(get_le32(report + 56), ==, 2);
    g_assert_true(
        crypto_ecdsa_p384_sha256_verify(pek + 0x14, pek + 0x5c, report, 52, report + 64, report + 64 + 72));
}

static void add(const char *path, void (*test)(Fixture *fixture, gconstpointer data))
{
    g_test_add(path, Fixture, NULL, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add("/psp-session/certificates", test_certificates);
    add("/psp-session/chip-id", test_chip_id);
    add("/psp-session/sessions", test_sessions);
    add("/psp-session/measurement", test_measurement);
    add("/psp-session/secrets", test_secrets);
    add("/psp-session/attestation", test_attestation);
    return g_test_run();
}
