/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the public functions for the owners of guests: sessions, secrets, ID blocks and firmware, used as
 * a program would use them, and in the wrong order.
 */
#include <glib.h>
#include <string.h>
#include "cgvm/firmware.h"
#include "cgvm/id-block.h"
#include "cgvm/secret.h"
#include "target-i386/sev-cert.h"

#define GUID "00010203-0405-0607-0809-0a0b0c0d0e0f"

static const CgvmBytes nothing = { NULL, 0 };

static void assert_error(CgvmError *error, CgvmErrorCode code, const char *message)
{
    g_assert_nonnull(error);
    g_assert_cmpstr(cgvm_error_message(error), ==, message);
    g_assert_cmpint(cgvm_error_code(error), ==, code);
    cgvm_error_free(error);
}

static CgvmSession *new_session(void)
{
    CryptoP384Key key;
    SevCert pdh;
    CgvmError *error = NULL;
    CgvmSession *session;

    crypto_p384_key("platform", 8, &key);
    sev_cert_init_pdh(&pdh, &key.point, 1, 55);
    session = cgvm_session_new("policy=nodbg+es", (CgvmBytes){ &pdh, sizeof(pdh) }, nothing, &error);
    g_assert_null(error);
    return session;
}

static void test_session(void)
{
    CgvmSession *session = new_session(), *again;
    CgvmError *options = NULL, *pdh = NULL, *chain = NULL, *state = NULL, *measurement = NULL;
    const uint8_t cert[SEV_CERT_SIZE] = { 0 };

    g_assert_cmphex(cgvm_session_policy(session), ==, 5);
    g_assert_cmpuint(cgvm_session_dh_cert(session).size, ==, 2084);
    g_assert_cmpuint(cgvm_session_blob(session).size, ==, 128);
    again = cgvm_session_load(cgvm_session_state(session), NULL);
    g_assert_cmphex(cgvm_session_policy(again), ==, 5);
    g_assert_cmpuint(cgvm_session_dh_cert(again).size, ==, 0);
    g_assert_cmpuint(cgvm_session_blob(again).size, ==, 0);
    g_assert_cmpmem(cgvm_session_state(session).data, 64, cgvm_session_state(again).data, 64);
    g_assert_null(cgvm_session_new("polcy=1", nothing, nothing, &options));
    assert_error(options, CGVM_ERROR_NOT_FOUND,
                 "there is no option 'polcy'; did you mean 'policy'?; there are policy");
    g_assert_null(cgvm_session_new(NULL, nothing, nothing, &pdh));
    assert_error(pdh, CGVM_ERROR_INVALID,
                 "the PDH certificate has 0 bytes; it is 2084 bytes, or their base64");
    g_assert_null(cgvm_session_new(NULL, (CgvmBytes){ cert, sizeof(cert) }, (CgvmBytes){ "x", 1 }, &chain));
    assert_error(chain, CGVM_ERROR_INVALID,
                 "the certificate chain has 1 bytes; it is 6252 bytes, or their base64");
    g_assert_null(cgvm_session_load(nothing, &state));
    assert_error(state, CGVM_ERROR_INVALID,
                 "the owner's state is not one that `cgctl secret session` has written; name its file");
    g_assert_false(cgvm_session_verify(session, nothing, "digest=00,api=1.55,build=1", &measurement));
    assert_error(measurement, CGVM_ERROR_INVALID,
                 "the measurement has 0 bytes; it is 48 bytes, or their base64");
    cgvm_session_free(session);
    cgvm_session_free(again);
    cgvm_session_free(NULL);
}

static void test_secret(void)
{
    const uint8_t measurement[48] = { 0 };
    const CgvmBytes measured = { measurement, sizeof(measurement) };
    CgvmSession *session = new_session();
    CgvmSecret *secret = cgvm_secret_new(), *opened;
    CgvmError *empty = NULL, *late = NULL, *twice = NULL, *size = NULL, *header = NULL;
    char *text;

    g_assert_null(cgvm_secret_describe(secret, CGVM_FORMAT_TEXT, true));
    g_assert_cmpuint(cgvm_secret_header(secret).size, ==, 0);
    g_assert_false(cgvm_secret_seal(secret, session, measured, &empty));
    assert_error(empty, CGVM_ERROR_INVALID, "there is no secret to seal; add one");
    g_assert_true(cgvm_secret_add(secret, GUID, (CgvmBytes){ "x", 1 }, NULL));
    g_assert_true(cgvm_secret_seal(secret, session, measured, NULL));
    g_assert_false(cgvm_secret_add(secret, GUID, (CgvmBytes){ "x", 1 }, &late));
    assert_error(late, CGVM_ERROR_STATE, "the secrets are sealed already; make a new table for others");
    g_assert_false(cgvm_secret_seal(secret, session, measured, &twice));
    assert_error(twice, CGVM_ERROR_STATE, "the secrets are sealed already; make a new table for others");
    opened =
        cgvm_secret_open(cgvm_secret_header(secret), cgvm_secret_packet(secret), session, measured, NULL);
    text = cgvm_secret_describe(opened, CGVM_FORMAT_JSON, true);
    g_assert_nonnull(strstr(text, "\"guid\": \"" GUID "\",\n      \"size\": 1,\n      \"data\": \"eA==\""));
    g_assert_null(cgvm_secret_open(cgvm_secret_header(secret), nothing, NULL, nothing, &size));
    assert_error(size, CGVM_ERROR_INVALID,
                 "the packet has 0 bytes; it has a multiple of 16, up to 16384, or their base64");
    g_assert_null(cgvm_secret_open(nothing, cgvm_secret_packet(secret), NULL, nothing, &header));
    assert_error(header, CGVM_ERROR_INVALID,
                 "the header of the packet has 0 bytes; it is 52 bytes, or their base64");
    cgvm_string_free(text);
    cgvm_secret_free(secret);
    cgvm_secret_free(opened);
    cgvm_secret_free(NULL);
    cgvm_session_free(session);
}

static void assert_unparsed(const char *json, size_t size, const char *message)
{
    CgvmError *error = NULL;

    g_assert_null(cgvm_secret_parse((CgvmBytes){ json, size }, NULL, nothing, &error));
    assert_error(error, CGVM_ERROR_INVALID, message);
}

/* What QMP takes, and what is something else. */
static void test_secret_json(void)
{
    g_autofree char *header = g_base64_encode((const guchar[52]){ 0 }, 52);
    g_autofree char *packet = g_base64_encode((const guchar[16]){ 0 }, 16);
    g_autofree char *json =
        g_strdup_printf("{ \"secret\": \"%s\", \"gpa\": 4096, \"packet-header\": \"%s\" }\n", packet, header);
    g_autofree char *short_one = g_strdup_printf("{ \"packet-header\": \"%s\", \"secret\": \"\" }", header);
    CgvmSecret *secret = cgvm_secret_parse((CgvmBytes){ json, strlen(json) }, NULL, nothing, NULL);

    g_assert_cmpuint(cgvm_secret_header(secret).size, ==, 52);
    g_assert_cmpuint(cgvm_secret_packet(secret).size, ==, 16);
    cgvm_secret_free(secret);
    assert_unparsed(json, strlen(json) + 1, "there is a zero byte in it; give JSON");
    assert_unparsed("[]", 2,
                    "there is no text 'packet-header' in it; give the JSON of sev-inject-launch-secret");
    assert_unparsed("{ \"packet-header\": \"\" }", 23,
                    "there is no text 'secret' in it; give the JSON of sev-inject-launch-secret");
    assert_unparsed("{ \"packet-header\": 1 }", 22,
                    "there is no text 'packet-header' in it; give the JSON of sev-inject-launch-secret");
    assert_unparsed(short_one, strlen(short_one),
                    "the packet has 0 bytes; it has a multiple of 16, up to 16384, or their base64");
}

static void test_id_block(void)
{
    static const char digest[] =
        "digest="
        "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a";
    CgvmError *missing = NULL, *malformed = NULL, *pem = NULL, *size = NULL;
    CgvmIdBlock *id = cgvm_id_block_create(digest, nothing, nothing, NULL), *parsed, *again;
    char *options = cgvm_id_block_describe(id, CGVM_FORMAT_OPTIONS), *base64;

    parsed = cgvm_id_block_parse(options, NULL);
    base64 = cgvm_base64(cgvm_id_block_auth(parsed));
    again =
        cgvm_id_block_new(cgvm_id_block_bytes(parsed), (CgvmBytes){ base64, strlen(base64) }, false, NULL);
    g_assert_cmpmem(cgvm_id_block_auth(id).data, 4096, cgvm_id_block_auth(again).data,
                    cgvm_id_block_auth(again).size);
    g_assert_true(cgvm_id_block_verify(again, NULL, NULL));
    g_assert_null(cgvm_id_block_key_digest(id, true));
    g_assert_null(cgvm_id_block_parse("id-block=AA==", &malformed));
    assert_error(malformed, CGVM_ERROR_INVALID, "'id-block' is 1 byte long, it must be exactly 96");
    g_assert_null(cgvm_id_block_parse("author-key-enabled=on", &missing));
    assert_error(missing, CGVM_ERROR_INVALID, "'id-block' is missing");
    g_assert_null(cgvm_id_block_create(digest, nothing, (CgvmBytes){ "x", 1 }, &pem));
    assert_error(
        pem, CGVM_ERROR_INVALID,
        "the file with the author key holds no private key in PEM; one is made by openssl genpkey -algorithm "
        "EC -pkeyopt ec_paramgen_curve:P-384");
    g_assert_null(cgvm_id_block_new(cgvm_id_block_bytes(id), nothing, false, &size));
    assert_error(size, CGVM_ERROR_INVALID,
                 "what authenticates the ID block has 0 bytes; it is 4096 bytes, or their base64");
    cgvm_string_free(options);
    cgvm_string_free(base64);
    cgvm_id_block_free(id);
    cgvm_id_block_free(parsed);
    cgvm_id_block_free(again);
    cgvm_id_block_free(NULL);
}

static void test_firmware(void)
{
    g_autofree char *data = g_malloc0(4096);
    const CgvmBytes image = { data, 4096 };
    CgvmError *format = NULL, *use = NULL, *metadata = NULL;
    char *text = cgvm_firmware_describe(image, "x", CGVM_FORMAT_TEXT, NULL);

    g_assert_true(g_str_has_prefix(text, "x: 4096 bytes at 0xfffff000-0xffffffff\n"));
    g_assert_true(cgvm_firmware_check(image, "x", "sev", NULL));
    g_assert_false(cgvm_firmware_check(image, "x", "snp", &metadata));
    assert_error(
        metadata, CGVM_ERROR_INVALID,
        "the firmware 'x' has no SEV metadata, so it cannot start an SNP guest; use OVMF.fd of Debian's "
        "package ovmf, not one of the split OVMF_CODE images without it");
    g_assert_false(cgvm_firmware_check(image, "x", "pef", &use));
    assert_error(use, CGVM_ERROR_NOT_FOUND,
                 "there is no kind of guest 'pef'; there are sev, sev-es, snp and snp-hashes");
    g_assert_null(cgvm_firmware_describe(image, "x", CGVM_FORMAT_OPTIONS, &format));
    assert_error(format, CGVM_ERROR_INVALID,
                 "a firmware image is described as text or JSON, not in format 2");
    cgvm_string_free(text);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/owner-api/session", test_session);
    g_test_add_func("/owner-api/secret", test_secret);
    g_test_add_func("/owner-api/secret-json", test_secret_json);
    g_test_add_func("/owner-api/id-block", test_id_block);
    g_test_add_func("/owner-api/firmware", test_firmware);
    return g_test_run();
}
