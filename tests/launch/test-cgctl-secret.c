/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The owner of an SEV guest, with cgctl and nothing else, and the launch on a simulated host: a session, the
 * measurement of the paused launch, secrets that the firmware opens, and that the guest finds in its memory.
 * And whatever cgctl refuses on the way.
 *
 *     test-cgctl-secret CGCTL
 */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include "confidential/confidential-guest-support.h"
#include "qapi-builtins.h"
#include "qom/user-creatable.h"
#include "target-i386/x86-machine.h"
#include "tests/unit/hex.h"
#include "tests/unit/sev-machine.h"

#define SECRET_AREA 0x80c000
#define OTHER_GUID  "00010203-0405-0607-0809-0a0b0c0d0e0f"
#define API         "1.55"
#define BUILD       "21"

static char *cgctl; /* an absolute path */

typedef struct Fixture {
    char *directory;
    Object *root;
    MachineState *machine;
    ConfidentialGuestSupport *guest;
    char *properties;  /* of sev-guest, as cgctl has printed them */
    char *measurement; /* base64 */
    char *digest;
} Fixture;

/* ---- files ---- */

static char *path_of(const Fixture *fixture, const char *name)
{
    return g_build_filename(fixture->directory, name, NULL);
}

static void write_file(const Fixture *fixture, const char *name, const void *data, size_t size, int mode)
{
    g_autofree char *path = path_of(fixture, name);

    g_assert_true(g_file_set_contents(path, data, (gssize)size, NULL));
    g_assert_cmpint(g_chmod(path, mode), ==, 0);
}

static char *read_file(const Fixture *fixture, const char *name)
{
    g_autofree char *path = path_of(fixture, name);
    char *text;

    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    return text;
}

static void assert_mode(const Fixture *fixture, const char *name, unsigned mode)
{
    g_autofree char *path = path_of(fixture, name);
    struct stat st;

    g_assert_cmpint(stat(path, &st), ==, 0);
    g_assert_cmphex(st.st_mode & 07777, ==, mode);
}

static void set_up(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    static const char firmware[0x4000];
    uint8_t pdh[SEV_CERT_SIZE], chain[3 * SEV_CERT_SIZE];
    g_autofree char *text = NULL;

    fixture->directory = g_dir_make_tmp("cgctl-secret-XXXXXX", NULL);
    export_certs(pdh, chain);
    text = g_base64_encode(chain, sizeof(chain));
    write_file(fixture, "firmware", firmware, sizeof(firmware), 0644);
    write_file(fixture, "pdh", pdh, sizeof(pdh), 0644);
    write_file(fixture, "chain", text, strlen(text), 0644);
    write_file(fixture, "secret", "a secret", 8, 0600);
    write_file(fixture, "passphrase", "open sesame\n", 12, 0600);
}

static void tear_down(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(GDir) directory = g_dir_open(fixture->directory, 0, NULL);

    if (fixture->machine) {
        machine_stop(fixture->machine);
    }
    g_clear_pointer(&fixture->root, object_unref);
    for (const char *name = g_dir_read_name(directory); name; name = g_dir_read_name(directory)) {
        g_autofree char *path = path_of(fixture, name);

        g_unlink(path);
    }
    g_rmdir(fixture->directory);
    g_free(fixture->directory);
    g_free(fixture->properties);
    g_free(fixture->measurement);
    g_free(fixture->digest);
}

/* ---- cgctl ---- */

typedef struct Result {
    int status;
    char *out, *err;
} Result;

static void result_clear(Result *result)
{
    g_free(result->out);
    g_free(result->err);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Result, result_clear)

/* Runs `cgctl @group` with @words in the folder of the fixture; "" is left out. */
static Result run(const Fixture *fixture, const char *group, const char *const *words)
{
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    Result result;
    int status;

    g_ptr_array_add(argv, cgctl);
    g_ptr_array_add(argv, (char *)group);
    for (; *words; words++) {
        if (**words) {
            g_ptr_array_add(argv, (char *)*words);
        }
    }
    g_ptr_array_add(argv, NULL);
    g_assert_true(g_spawn_sync(fixture->directory, (char **)argv->pdata, NULL, G_SPAWN_DEFAULT, NULL, NULL,
                               &result.out, &result.err, &status, NULL));
    g_assert_true(WIFEXITED(status));
    g_assert_null(strstr(result.err, "Sanitizer"));
    g_assert_null(strstr(result.err, "runtime error"));
    result.status = WEXITSTATUS(status);
    return result;
}
#define RUN(fixture, ...)         run(fixture, "secret", (const char *const[]){ __VA_ARGS__, NULL })
#define RUN_MEASURE(fixture, ...) run(fixture, "measure", (const char *const[]){ __VA_ARGS__, NULL })

static void assert_result(const Result *result, int status, const char *err)
{
    g_assert_cmpstr(result->err, ==, err);
    g_assert_cmpint(result->status, ==, status);
    if (status != 0) {
        g_assert_cmpstr(result->out, ==, "");
    }
}

static void open_session(Fixture *fixture, const char *policy)
{
    g_auto(Result) result = RUN(fixture, "session", "--pdh", "pdh", "--cert-chain", "chain", "--policy",
                                policy, "--name", "guest");

    assert_result(&result, 0,
                  "cgctl: the certificates are right up to the CEK; that AMD has made the CEK was not "
                  "verified\n");
    fixture->properties = g_strdup(g_strchomp(result.out));
}

/* ---- the launch ---- */

/* The properties name files of the fixture's folder. */
static void add_guest(Fixture *fixture)
{
    g_autoptr(json_object) props = json_object_new_object();
    g_auto(GStrv) pairs = g_strsplit(fixture->properties, ",", -1);

    for (char **pair = pairs; *pair; pair++) {
        g_auto(GStrv) parts = g_strsplit(*pair, "=", 2);
        g_autofree char *path = path_of(fixture, parts[1]);
        bool is_file = g_str_has_suffix(parts[0], "-file");

        json_object_object_add(props, parts[0],
                               is_file ? json_object_new_string(path)
                                       : json_object_new_int64(g_ascii_strtoll(parts[1], NULL, 0)));
    }
    fixture->guest =
        CONFIDENTIAL_GUEST_SUPPORT(user_creatable_add(fixture->root, "sev-guest", "sev0", props, true, NULL));
}

static void prepare(Fixture *fixture, const char *policy)
{
    g_autoptr(Object) machine = object_new("microvm-machine"), accel = object_new("sim-accel");
    g_autofree char *firmware = path_of(fixture, "firmware");
    g_autoptr(GBytes) measurement = NULL;
    g_autoptr(Error) error = NULL;

    open_session(fixture, policy);
    fixture->root = object_new(TYPE_CONTAINER);
    add_guest(fixture);
    object_property_add_child(fixture->root, "machine", machine);
    object_property_add_child(fixture->root, "accel", accel);
    g_assert_true(object_property_parse(machine, "firmware", firmware, NULL));
    g_assert_true(object_property_parse(machine, "confidential-guest-support", "sev0", NULL));
    fixture->machine = MACHINE(machine);
    if (!machine_prepare(fixture->machine, ACCEL(accel), &error)) {
        g_error("%s", cgvm_error_message(error));
    }
    /* The image has no table of its own; the rest is as if it had one. */
    X86_MACHINE(machine)->firmware_info.secret = (OvmfArea){ .gpa = SECRET_AREA, .size = 0x400 };
    measurement = confidential_guest_launch_measurement(fixture->guest, NULL);
    fixture->measurement =
        g_base64_encode(g_bytes_get_data(measurement, NULL), g_bytes_get_size(measurement));
    fixture->digest = g_strdup(fixture->guest->plan->digest);
}

static bool inject(Fixture *fixture, Error **errp)
{
    g_autofree char *header = read_file(fixture, "header"), *packet = read_file(fixture, "packet");
    gsize header_size, packet_size;
    guchar *header_bytes = g_base64_decode(header, &header_size);
    guchar *packet_bytes = g_base64_decode(packet, &packet_size);
    g_autoptr(GBytes) header_blob = g_bytes_new_take(header_bytes, header_size);
    g_autoptr(GBytes) packet_blob = g_bytes_new_take(packet_bytes, packet_size);
    const LaunchSecret secret = { .header = header_blob, .packet = packet_blob };

    return confidential_guest_inject_secret(fixture->guest, fixture->machine, &secret, errp);
}

/* ---- the tests ---- */

static void test_whole(Fixture *fixture, gconstpointer policy)
{
    static const char table[] = "\x42\xf5\x74\x1e\xdd\x71\x66\x4d\x96\x3e\xef\x42\x87\xff\x17\x3b\x50\0\0\0"
                                "\xe5\x69\x68\x73\xf0\x84\x73\x49\x92\xec\x06\x87\x9c\xe3\xda\x0b\x20\0\0\0"
                                "open sesame\0"
                                "\x03\x02\x01\0\x05\x04\x07\x06\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x1c\0\0\0"
                                "a secret";
    g_autoptr(Error) error = NULL;
    g_auto(Result) verified = { 0 }, built = { 0 };
    g_autofree char *header = NULL, *packet = NULL, *expected = NULL;

    prepare(fixture, policy);
    assert_mode(fixture, "guest.state", 0600);
    assert_mode(fixture, "guest.session", 0644);
    verified = RUN(fixture, "verify", "--state", "guest.state", "--measurement", fixture->measurement,
                   "--digest", fixture->digest, "--api", API, "--build", BUILD);
    assert_result(&verified, 0, "");
    built = RUN(fixture, "build", "--state", "guest.state", "--measurement", fixture->measurement, "--digest",
                fixture->digest, "--api", API, "--build", BUILD, "--disk-passphrase", "passphrase",
                "--secret", OTHER_GUID ":secret", "--header", "header", "--packet", "packet");
    assert_result(&built, 0, "");
    header = read_file(fixture, "header");
    packet = read_file(fixture, "packet");
    expected = g_strdup_printf("{ \"packet-header\": \"%s\", \"secret\": \"%s\" }\n", header, packet);
    g_assert_cmpstr(built.out, ==, expected);
    if (!inject(fixture, &error) || !machine_finish(fixture->machine, &error)) {
        g_error("%s", cgvm_error_message(error));
    }
    G_STATIC_ASSERT(sizeof(table) - 1 == 0x50);
    assert_guest_sees(fixture->machine, SECRET_AREA, table, sizeof(table) - 1);
}

/* The firmware refuses a session for another policy, and a secret for another launch. */
static void test_firmware_refuses(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(Error) error = NULL;
    g_autofree char *other = NULL;
    g_auto(Result) built = { 0 };
    uint8_t *bytes;
    gsize size;

    prepare(fixture, "0");
    bytes = g_base64_decode(fixture->measurement, &size);
    bytes[0] ^= 1;
    other = g_base64_encode(bytes, size);
    g_free(bytes);
    built = RUN(fixture, "build", "--state", "guest.state", "--measurement", other, "--unverified",
                "--secret", OTHER_GUID ":secret", "--header", "header", "--packet", "packet");
    assert_result(&built, 0, "");
    g_assert_false(inject(fixture, &error));
    g_assert_cmphex(cgvm_error_firmware_code(error), ==, SEV_STATUS_BAD_MEASUREMENT);
}

#define OTHER_LAUNCH(build, policy)                                                                          \
    "cgctl: the measurement is not that of a launch with this digest, firmware " API " build " build         \
    " and policy " policy " in the session; do not hand in secrets, and compare firmware file, -smp, "       \
    "-cpu, the platform's version and the state file\n"

static void test_mismatch(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    g_auto(Result) digest = { 0 }, build = { 0 }, sealed = { 0 };
    g_autofree char *packet = path_of(fixture, "packet");

    prepare(fixture, "noks");
    digest = RUN(fixture, "verify", "--state", "guest.state", "--measurement", fixture->measurement,
                 "--digest", "0000000000000000000000000000000000000000000000000000000000000000", "--api", API,
                 "--build", BUILD);
    assert_result(&digest, 3, OTHER_LAUNCH(BUILD, "0x2 (noks, host may read its memory)"));
    build = RUN(fixture, "verify", "--state", "guest.state", "--measurement", fixture->measurement,
                "--digest", fixture->digest, "--api", API, "--build", "22");
    assert_result(&build, 3, OTHER_LAUNCH("22", "0x2 (noks, host may read its memory)"));
    /* And then nothing is sealed. */
    sealed = RUN(fixture, "build", "--state", "guest.state", "--measurement", fixture->measurement,
                 "--digest", fixture->digest, "--api", API, "--build", "22", "--secret", OTHER_GUID ":secret",
                 "--packet", "packet");
    assert_result(&sealed, 3, OTHER_LAUNCH("22", "0x2 (noks, host may read its memory)"));
    g_assert_false(g_file_test(packet, G_FILE_TEST_EXISTS));
}

static void test_inspect(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    g_auto(Result) built = { 0 }, closed = { 0 }, opened = { 0 }, shown = { 0 }, other = { 0 }, usage = { 0 };
    g_auto(Result) json = { 0 }, no_json = { 0 }, both = { 0 };
    g_autofree char *measurement = g_base64_encode((const guchar[48]){ 0 }, 48);
    g_autofree char *other_measurement = g_base64_encode((const guchar[48]){ 1 }, 48);

    open_session(fixture, "0");
    built = RUN(fixture, "build", "--state", "guest.state", "--measurement", measurement, "--unverified",
                "--secret", OTHER_GUID ":secret", "--header", "header", "--packet", "packet");
    assert_result(&built, 0, "");
    closed = RUN(fixture, "inspect", "--header", "header", "--packet", "packet");
    assert_result(&closed, 0, "");
    g_assert_true(g_str_has_prefix(closed.out, "packet of 48 bytes\n  flags  0x0\n"));
    g_assert_null(strstr(closed.out, OTHER_GUID));
    opened = RUN(fixture, "inspect", "--header", "header", "--packet", "packet", "--state", "guest.state",
                 "--measurement", measurement);
    assert_result(&opened, 0, "");
    g_assert_true(g_str_has_suffix(opened.out, "\nsecrets\n  " OTHER_GUID "      8 bytes\n"));
    shown = RUN(fixture, "inspect", "--header", "header", "--packet", "packet", "--state", "guest.state",
                "--show-secrets", "--json");
    assert_result(&shown, 0, "");
    g_assert_nonnull(strstr(shown.out, "\"data\": \"YSBzZWNyZXQ=\""));
    write_file(fixture, "inject.json", built.out, strlen(built.out), 0644);
    json = RUN(fixture, "inspect", "inject.json", "--state", "guest.state", "--measurement", measurement);
    assert_result(&json, 0, "");
    g_assert_cmpstr(json.out, ==, opened.out);
    no_json = RUN(fixture, "inspect", "header");
    g_assert_cmpint(no_json.status, ==, 1);
    g_assert_cmpstr(no_json.out, ==, "");
    both = RUN(fixture, "inspect", "inject.json", "--header", "header", "--packet", "packet");
    assert_result(
        &both, 2,
        "cgctl: a packet is named as FILE, or with both --header and --packet; cgctl secret inspect "
        "-help shows how it is called\n");
    other = RUN(fixture, "inspect", "--header", "header", "--packet", "packet", "--state", "guest.state",
                "--measurement", other_measurement);
    assert_result(&other, 3,
                  "cgctl: the packet was not sealed in the session for the launch with this "
                  "measurement, or it was changed since: its MAC is another\n");
    usage = RUN(fixture, "inspect", "--header", "header", "--packet", "packet", "--show-secrets");
    assert_result(&usage, 2,
                  "cgctl: --measurement and --show-secrets need --state FILE; cgctl secret inspect -help "
                  "shows how it is called\n");
}

static void test_certificates(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    g_auto(Result) unverified = { 0 }, mixed = { 0 }, small = { 0 }, damaged = { 0 };
    g_autofree char *path = path_of(fixture, "pdh"), *pdh = NULL, *text = NULL;
    gsize size;

    unverified = RUN(fixture, "session", "--pdh", "pdh", "--name", "unverified");
    assert_result(&unverified, 0,
                  "cgctl: whose the PDH is was not verified; --cert-chain does that, up to the CEK\n");
    g_assert_cmpstr(unverified.out, ==,
                    "policy=0x1,dh-cert-file=unverified.dh-cert,session-file=unverified.session\n");
    g_assert_true(g_file_get_contents(path, &pdh, &size, NULL));
    pdh[5] ^= 1;
    text = g_base64_encode((const guchar *)pdh, size);
    write_file(fixture, "other", text, strlen(text), 0644);
    mixed = RUN(fixture, "session", "--pdh", "other", "--cert-chain", "chain", "--name", "mixed");
    assert_result(&mixed, 3,
                  "cgctl: the PDH certificate has no good signature by the PEK; the certificates are not "
                  "of one platform, or damaged\n");
    small = RUN(fixture, "session", "--pdh", "secret", "--name", "small");
    assert_result(&small, 1, "cgctl: the PDH certificate has 8 bytes; it is 2084 bytes, or their base64\n");
    pdh[0x14] ^= 1;
    write_file(fixture, "damaged", pdh, size, 0644);
    damaged = RUN(fixture, "session", "--pdh", "damaged", "--name", "damaged");
    assert_result(&damaged, 1,
                  "cgctl: the PDH certificate has a key that is no point of P-384; it is damaged\n");
}

static void test_files(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    g_auto(Result) again = { 0 }, forced = { 0 }, readable = { 0 }, empty = { 0 }, no_state = { 0 };
    g_auto(Result) no_colon = { 0 }, twice = { 0 }, neither = { 0 };
    g_autofree char *before = NULL, *after = NULL, *state = path_of(fixture, "guest.state");
    g_autofree char *measurement = g_base64_encode((const guchar[48]){ 0 }, 48);

    open_session(fixture, "0");
    before = read_file(fixture, "guest.session");
    again = RUN(fixture, "session", "--pdh", "pdh", "--name", "guest");
    assert_result(&again, 1,
                  "cgctl: 'guest.dh-cert' exists already; name another file, or overwrite it with "
                  "--force\n");
    after = read_file(fixture, "guest.session");
    g_assert_cmpstr(before, ==, after);
    forced = RUN(fixture, "session", "--pdh", "pdh", "--name", "guest", "--force");
    g_assert_cmpint(forced.status, ==, 0);
    assert_mode(fixture, "guest.state", 0600);
    g_assert_cmpint(g_chmod(state, 0604), ==, 0);
    readable = RUN(fixture, "build", "--state", "guest.state", "--measurement", measurement, "--unverified",
                   "--secret", OTHER_GUID ":secret");
    assert_result(&readable, 1,
                  "cgctl: 'guest.state' holds a secret, but others than its owner have a right to it "
                  "(mode 0604); chmod 600 it\n");
    g_assert_cmpint(g_chmod(state, 0600), ==, 0);
    empty = RUN(fixture, "build", "--state", "guest.state", "--measurement", measurement, "--unverified");
    assert_result(&empty, 1, "cgctl: there is no secret to seal; add one\n");
    no_state = RUN(fixture, "build", "--state", "secret", "--measurement", measurement, "--unverified");
    assert_result(&no_state, 1,
                  "cgctl: the owner's state is not one that `cgctl secret session` has written; name "
                  "its file\n");
    no_colon = RUN(fixture, "build", "--state", "guest.state", "--measurement", measurement, "--unverified",
                   "--secret", "secret");
    assert_result(&no_colon, 2,
                  "cgctl: --secret is a GUID and a file with a colon between them, not 'secret'; cgctl "
                  "secret build -help shows how it is called\n");
    twice = RUN(fixture, "build", "--state", "guest.state", "--measurement", measurement, "--unverified",
                "--secret", OTHER_GUID ":secret", "--secret", OTHER_GUID ":passphrase");
    assert_result(&twice, 1,
                  "cgctl: the secret " OTHER_GUID " is given twice; a guest finds only one of them\n");
    neither = RUN(fixture, "build", "--state", "guest.state", "--measurement", measurement, "--secret",
                  OTHER_GUID ":secret");
    assert_result(&neither, 2,
                  "cgctl: --digest, --api and --build are needed to verify the measurement, or "
                  "--unverified if that was done; cgctl secret build -help shows how it is called\n");
}

/* The digest is computed from the files of the launch, instead of taken from somebody else. */
static void test_measure(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    g_auto(Result) right = { 0 }, other = { 0 };
    g_autofree char *line = NULL;

    prepare(fixture, "noks+es");
    right = RUN_MEASURE(fixture, "--mode", "seves", "--vcpus", "1", "--vcpu-type", "EPYC-Milan",
                        "--legacy-vm-type", "on", "--ovmf", "firmware", "--state", "guest.state",
                        "--measurement", fixture->measurement, "--api", API, "--build", BUILD);
    assert_result(&right, 0, "");
    line = g_strconcat(fixture->digest, "\n", NULL);
    g_assert_cmpstr(right.out, ==, line);
    other = RUN_MEASURE(fixture, "--mode", "seves", "--vcpus", "1", "--vcpu-type", "EPYC-Milan", "--ovmf",
                        "firmware", "--state", "guest.state", "--measurement", fixture->measurement, "--api",
                        API, "--build", BUILD);
    assert_result(&other, 3, OTHER_LAUNCH(BUILD, "0x6 (noks, es, host may read its memory)"));
}

static void add(const char *path, const char *policy, void (*test)(Fixture *, gconstpointer))
{
    g_test_add(path, Fixture, policy, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
    static const TypeInfo *const types[] = { QAPI_BUILTIN_TYPES };
    int status;

    g_test_init(&argc, &argv, NULL);
    g_assert_cmpint(argc, ==, 2);
    cgctl = g_canonicalize_filename(argv[1], NULL);
    type_register_all(types, G_N_ELEMENTS(types));
    confidential_guest_extend_machines();
    add("/cgctl-secret/sev", "0", test_whole);
    add("/cgctl-secret/sev-es", "es", test_whole);
    add("/cgctl-secret/firmware-refuses", NULL, test_firmware_refuses);
    add("/cgctl-secret/mismatch", NULL, test_mismatch);
    add("/cgctl-secret/measure", NULL, test_measure);
    add("/cgctl-secret/inspect", NULL, test_inspect);
    add("/cgctl-secret/certificates", NULL, test_certificates);
    add("/cgctl-secret/files", NULL, test_files);
    status = g_test_run();
    g_free(cgctl);
    return status;
}
