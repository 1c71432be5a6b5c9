/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The owner of an SEV guest and its launch: the certificate of the simulated platform, a session made for it,
 * both in files as sev-guest takes them; the measurement of the paused launch, verified under the owner's
 * key; and a secret that ends up in guest memory. And what is refused on the way: by the firmware what is not
 * meant for this launch, before it what cannot be right.
 */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include "confidential/confidential-guest-support.h"
#include "qapi-builtins.h"
#include "qom/user-creatable.h"
#include "target-i386/x86-machine.h"
#include "tests/unit/guest-owner.h"
#include "tests/unit/linux-file-64.h"
#include "tests/unit/sev-machine.h"

#define FIRMWARE_SIZE 0x4000
#define MEMORY_SIZE   (UINT64_C(128) << 20)
#define SECRET_GPA    UINT64_C(0x10000)

/* The platform of the default model, as it is measured (target-i386/sim-model.c). */
static const uint8_t platform_api[3] = { 1, 55, 21 };

static const char secret_text[64] = "the disk's key, which nobody but the guest can read";

typedef struct Fixture {
    char *directory, *firmware, *cert, *session;
    char *kernel;               /* NULL: the firmware is launched */
    uint8_t pdh[SEV_CERT_SIZE]; /* of the platform */
    GuestOwner owner;
    Object *root;
    MachineState *machine;
    ConfidentialGuestSupport *guest;
} Fixture;

/* As base64 of coreutils writes it, with lines. */
static void write_blob(const char *path, const void *data, size_t size)
{
    g_autofree char *text = g_base64_encode(data, size);
    g_autoptr(GString) lines = g_string_new(NULL);

    for (size_t i = 0; i < strlen(text); i += 76) {
        g_string_append_printf(lines, "%.76s\n", text + i);
    }
    g_assert_true(g_file_set_contents(path, lines->str, lines->len, NULL));
}

static void set_up(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    const char zeros[FIRMWARE_SIZE] = { 0 };
    uint8_t chain[3 * SEV_CERT_SIZE];

    fixture->directory = g_dir_make_tmp("cgvm-session-XXXXXX", NULL);
    fixture->firmware = g_build_filename(fixture->directory, "firmware", NULL);
    fixture->cert = g_build_filename(fixture->directory, "cert", NULL);
    fixture->session = g_build_filename(fixture->directory, "session", NULL);
    g_assert_true(g_file_set_contents(fixture->firmware, zeros, sizeof(zeros), NULL));
    export_certs(fixture->pdh, chain);
    owner_open(&fixture->owner, fixture->pdh, SEV_POLICY_NODBG | SEV_POLICY_ES);
}

static void tear_down(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    if (fixture->machine) {
        machine_stop(fixture->machine);
    }
    g_clear_pointer(&fixture->root, object_unref);
    g_unlink(fixture->firmware);
    g_unlink(fixture->cert);
    g_unlink(fixture->session);
    g_rmdir(fixture->directory);
    g_free(fixture->directory);
    g_free(fixture->firmware);
    g_free(fixture->cert);
    g_free(fixture->session);
    g_free(fixture->kernel);
}

/* Makes the machine and launches it but for the last step. */
static bool prepare(Fixture *fixture, uint32_t policy, Error **errp)
{
    g_autoptr(Object) machine = object_new("microvm-machine"), accel = object_new("sim-accel");
    g_autoptr(json_object) properties = json_object_new_object();
    Object *guest;

    write_blob(fixture->cert, fixture->owner.cert, sizeof(fixture->owner.cert));
    write_blob(fixture->session, &fixture->owner.session, sizeof(fixture->owner.session));
    json_object_object_add(properties, "policy", json_object_new_int64(policy));
    json_object_object_add(properties, "dh-cert-file", json_object_new_string(fixture->cert));
    json_object_object_add(properties, "session-file", json_object_new_string(fixture->session));
    fixture->root = object_new(TYPE_CONTAINER);
    guest = user_creatable_add(fixture->root, "sev-guest", "sev0", properties, true, NULL);
    g_assert_nonnull(guest);
    object_property_add_child(fixture->root, "machine", machine);
    object_property_add_child(fixture->root, "accel", accel);
    g_assert_true(object_property_parse(machine, fixture->kernel ? "kernel" : "firmware",
                                        fixture->kernel ? fixture->kernel : fixture->firmware, NULL));
    g_assert_true(object_property_parse(machine, "confidential-guest-support", "sev0", NULL));
    fixture->machine = MACHINE(machine);
    fixture->guest = CONFIDENTIAL_GUEST_SUPPORT(guest);
    return machine_prepare(fixture->machine, ACCEL(accel), errp);
}

static void assert_no_error(const Error *error)
{
    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
}

static void prepare_with(Fixture *fixture, uint32_t policy)
{
    g_autoptr(Error) error = NULL;
    bool done;

    owner_open(&fixture->owner, fixture->pdh, policy);
    done = prepare(fixture, policy, &error);
    assert_no_error(error);
    g_assert_true(done);
}

static void finish(Fixture *fixture)
{
    g_autoptr(Error) error = NULL;
    bool done = machine_finish(fixture->machine, &error);

    assert_no_error(error);
    g_assert_true(done);
}

/* ---- the session ---- */

static void test_right(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    prepare_with(fixture, SEV_POLICY_NODBG | SEV_POLICY_ES);
    g_assert_null(confidential_guest_measurement(fixture->guest));
    finish(fixture);
    g_assert_nonnull(confidential_guest_measurement(fixture->guest));
}

static void assert_refused(Fixture *fixture, uint32_t policy, uint32_t status)
{
    g_autoptr(Error) error = NULL;

    g_assert_false(prepare(fixture, policy, &error));
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_FIRMWARE);
    g_assert_cmphex(cgvm_error_firmware_code(error), ==, status);
    g_assert_nonnull(strstr(cgvm_error_message(error), "LAUNCH_START failed while starting the launch"));
}

/* The session belongs to a policy, which the host must not weaken. */
static void test_other_policy(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    assert_refused(fixture, SEV_POLICY_ES, SEV_STATUS_BAD_MEASUREMENT);
}

static void test_damaged(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    fixture->owner.session.wrap_tk[5] ^= 1;
    assert_refused(fixture, SEV_POLICY_NODBG | SEV_POLICY_ES, SEV_STATUS_BAD_MEASUREMENT);
}

static void test_other_nonce(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    fixture->owner.session.nonce[0] ^= 1;
    assert_refused(fixture, SEV_POLICY_NODBG | SEV_POLICY_ES, SEV_STATUS_BAD_MEASUREMENT);
}

static void test_other_wrap_mac(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    fixture->owner.session.wrap_mac[31] ^= 0x80;
    assert_refused(fixture, SEV_POLICY_NODBG | SEV_POLICY_ES, SEV_STATUS_BAD_MEASUREMENT);
}

static void test_no_certificate(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    memset(fixture->owner.cert, 0, sizeof(fixture->owner.cert));
    assert_refused(fixture, SEV_POLICY_NODBG | SEV_POLICY_ES, SEV_STATUS_INVALID_CERTIFICATE);
}

/* ---- the measurement ---- */

/* What the firmware says about a launch that the owner knows by its digest. */
static void get_measurement(Fixture *fixture, SevMeasurement *measurement)
{
    g_autoptr(Error) error = NULL;
    g_autoptr(GBytes) bytes = confidential_guest_launch_measurement(fixture->guest, &error);

    assert_no_error(error);
    g_assert_cmpuint(g_bytes_get_size(bytes), ==, sizeof(*measurement));
    memcpy(measurement, g_bytes_get_data(bytes, NULL), sizeof(*measurement));
}

static void verify(Fixture *fixture, uint32_t policy)
{
    SevMeasurement measurement;
    uint8_t digest[32], mac[32];

    get_measurement(fixture, &measurement);
    from_hex(fixture->guest->plan->digest, digest, sizeof(digest));
    owner_measure(&fixture->owner, platform_api, policy, digest, measurement.mnonce, mac);
    g_assert_cmpmem(measurement.measure, sizeof(measurement.measure), mac, sizeof(mac));
}

static void test_measurement(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    prepare_with(fixture, SEV_POLICY_NODBG | SEV_POLICY_ES);
    verify(fixture, SEV_POLICY_NODBG | SEV_POLICY_ES);
    finish(fixture);
    verify(fixture, SEV_POLICY_NODBG | SEV_POLICY_ES);
}

/* ---- the secret ---- */

typedef struct Sealed {
    uint8_t header[sizeof(SevSecretHeader)];
    uint8_t packet[sizeof(secret_text)];
} Sealed;

static void seal(Fixture *fixture, Sealed *sealed)
{
    SevMeasurement measurement;

    get_measurement(fixture, &measurement);
    owner_seal(&fixture->owner, measurement.measure, secret_text, sizeof(secret_text), sealed->header,
               sealed->packet);
}

static bool inject_sizes(Fixture *fixture, const Sealed *sealed, size_t header_size, size_t packet_size,
                         const uint64_t *gpa, Error **errp)
{
    g_autofree uint8_t *packet = g_malloc0(MAX(packet_size, sizeof(sealed->packet)));
    g_autoptr(GBytes) header_bytes = g_bytes_new(sealed->header, header_size), packet_bytes = NULL;
    LaunchSecret secret = { .header = header_bytes, .has_gpa = gpa != NULL, .gpa = gpa ? *gpa : 0 };

    memcpy(packet, sealed->packet, sizeof(sealed->packet));
    secret.packet = packet_bytes = g_bytes_new(packet, packet_size);
    return confidential_guest_inject_secret(fixture->guest, fixture->machine, &secret, errp);
}

static bool inject(Fixture *fixture, const Sealed *sealed, uint64_t gpa, Error **errp)
{
    return inject_sizes(fixture, sealed, sizeof(sealed->header), sizeof(sealed->packet), &gpa, errp);
}

static void inject_well(Fixture *fixture, uint64_t gpa)
{
    g_autoptr(Error) error = NULL;
    Sealed sealed;
    bool done;

    seal(fixture, &sealed);
    done = inject(fixture, &sealed, gpa, &error);
    assert_no_error(error);
    g_assert_true(done);
}

static void test_secret(Fixture *fixture, gconstpointer data)
{
    uint32_t policy = GPOINTER_TO_UINT(data);

    prepare_with(fixture, policy);
    verify(fixture, policy);
    inject_well(fixture, SECRET_GPA);
    inject_well(fixture, MEMORY_SIZE - sizeof(secret_text));
    finish(fixture);
    assert_guest_sees(fixture->machine, SECRET_GPA, secret_text, sizeof(secret_text));
    assert_guest_sees(fixture->machine, MEMORY_SIZE - sizeof(secret_text), secret_text, sizeof(secret_text));
}

/* ---- resets ---- */

/* A reset is another launch, with a nonce of its own, of the same guest. */
static void test_reset(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    g_autofree char *digest = NULL;
    SevMeasurement before, after;
    g_autoptr(Error) error = NULL;

    prepare_with(fixture, 0);
    get_measurement(fixture, &before);
    finish(fixture);
    digest = g_strdup(confidential_guest_measurement(fixture->guest));
    g_assert_true(machine_reset(fixture->machine, &error));
    get_measurement(fixture, &after);
    g_assert_cmpint(memcmp(before.mnonce, after.mnonce, sizeof(before.mnonce)), !=, 0);
    g_assert_cmpstr(confidential_guest_measurement(fixture->guest), ==, digest);
    verify(fixture, 0);
}

/* A host on which the guest would be another one: its vCPUs, whose registers are measured, differ. */
static void test_reset_to_another(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(Error) error = NULL;
    g_autofree char *pattern = NULL;

    prepare_with(fixture, SEV_POLICY_ES);
    finish(fixture);
    pattern =
        g_strdup_printf("sev-guest 'sev0': after its reset the guest would be measured as *, but it was "
                        "launched as %s; the host has changed meanwhile: launch the guest anew",
                        confidential_guest_measurement(fixture->guest));
    X86_MACHINE(fixture->machine)->signature ^= 1;
    g_assert_false(machine_reset(fixture->machine, &error));
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_MISMATCH);
    g_assert_true(g_pattern_match_simple(pattern, cgvm_error_message(error)));
    g_assert_null(fixture->machine->kvm);
    g_assert_null(confidential_guest_measurement(fixture->guest));
}

/* ---- secrets that are refused ---- */

typedef struct Damage {
    size_t offset; /* in Sealed */
    uint32_t status;
} Damage;

static const Damage damages[] = {
    { offsetof(Sealed, header) + 4, SEV_STATUS_BAD_MEASUREMENT },  /* IV */
    { offsetof(Sealed, header) + 20, SEV_STATUS_BAD_MEASUREMENT }, /* MAC */
    { offsetof(Sealed, packet), SEV_STATUS_BAD_MEASUREMENT },
    { offsetof(Sealed, packet) + sizeof(secret_text) - 1, SEV_STATUS_BAD_MEASUREMENT },
    { offsetof(Sealed, header), SEV_STATUS_UNSUPPORTED }, /* the flag of a compressed packet */
};

/* The firmware refuses, memory stays as it was, and the right packet is still taken. */
static void test_damaged_secret(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    static const uint8_t zeros[sizeof(secret_text)];

    prepare_with(fixture, SEV_POLICY_NODBG);
    for (size_t i = 0; i < G_N_ELEMENTS(damages); i++) {
        g_autoptr(Error) error = NULL;
        Sealed sealed;

        seal(fixture, &sealed);
        ((uint8_t *)&sealed)[damages[i].offset] ^= 1;
        g_assert_false(inject(fixture, &sealed, SECRET_GPA, &error));
        g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_FIRMWARE);
        g_assert_cmphex(cgvm_error_firmware_code(error), ==, damages[i].status);
        g_assert_true(
            g_str_has_prefix(cgvm_error_message(error),
                             "sev-guest 'sev0': LAUNCH_SECRET failed while injecting a secret of 64 "
                             "bytes at 0x10000: the firmware answered "));
        g_assert_cmpmem(guest_ram_pointer(&fixture->machine->ram, SECRET_GPA, sizeof(zeros), NULL),
                        sizeof(zeros), zeros, sizeof(zeros));
    }
    inject_well(fixture, SECRET_GPA);
    finish(fixture);
}

static void test_foreign_secret(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(Error) error = NULL;
    Sealed sealed;

    prepare_with(fixture, 0);
    fixture->owner.tik[0] ^= 1;
    seal(fixture, &sealed);
    g_assert_false(inject(fixture, &sealed, SECRET_GPA, &error));
    g_assert_cmphex(cgvm_error_firmware_code(error), ==, SEV_STATUS_BAD_MEASUREMENT);
}

static void assert_invalid(const Error *error, const char *message)
{
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_INVALID);
    g_assert_cmpstr(cgvm_error_message(error), ==, message);
}

static void test_secret_sizes(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    static const struct {
        size_t header, packet;
        const char *message;
    } bad[] = {
        { 51, 64,
          "sev-guest 'sev0': the secret's header has 51 bytes, not 52; pass header and packet as the guest's "
          "owner has made them" },
        { 52, 0,
          "sev-guest 'sev0': the secret's packet has 0 bytes; the firmware takes a multiple of 16 up to "
          "16384: "
          "have the guest's owner pad or split the secret" },
        { 52, 40,
          "sev-guest 'sev0': the secret's packet has 40 bytes; the firmware takes a multiple of 16 up to "
          "16384: have the guest's owner pad or split the secret" },
        { 52, 16400,
          "sev-guest 'sev0': the secret's packet has 16400 bytes; the firmware takes a multiple of 16 up to "
          "16384: have the guest's owner pad or split the secret" },
    };
    const uint64_t gpa = SECRET_GPA;
    Sealed sealed;

    prepare_with(fixture, 0);
    seal(fixture, &sealed);
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(Error) error = NULL;

        g_assert_false(inject_sizes(fixture, &sealed, bad[i].header, bad[i].packet, &gpa, &error));
        assert_invalid(error, bad[i].message);
    }
}

static void test_secret_places(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    static const struct {
        uint64_t gpa;
        const char *message;
    } bad[] = {
        { SECRET_GPA + 8,
          "sev-guest 'sev0': the secret cannot go to 0x10008; the firmware takes an address that "
          "is a multiple of 16" },
        { MEMORY_SIZE - 48,
          "sev-guest 'sev0': the secret has no place: the guest has no memory for 64 bytes at "
          "0x7ffffd0" },
        { UINT64_MAX - 15,
          "sev-guest 'sev0': the secret has no place: the guest has no memory for 64 bytes at "
          "0xfffffffffffffff0" },
        { 0xffffc000, "sev-guest 'sev0': the secret at 0xffffc000-0xffffc03f would overwrite "
                      "0xffffc000-0xffffffff (firmware+0x0), which is measured; choose another place" },
    };
    g_autoptr(Error) without = NULL;
    Sealed sealed;

    prepare_with(fixture, 0);
    seal(fixture, &sealed);
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(Error) error = NULL;

        g_assert_false(inject(fixture, &sealed, bad[i].gpa, &error));
        assert_invalid(error, bad[i].message);
    }
    g_assert_false(
        inject_sizes(fixture, &sealed, sizeof(sealed.header), sizeof(sealed.packet), NULL, &without));
    assert_invalid(without,
                   "sev-guest 'sev0': the firmware 'firmware' has no area for a launch secret; say where "
                   "it goes in guest memory, or use an image with one (an AmdSev build of OVMF)");
}

/* The place that the firmware image names, which the launch has parsed. */
static void test_secret_area(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(Error) error = NULL;
    OvmfArea *area;
    Sealed sealed;
    bool done;

    prepare_with(fixture, 0);
    area = &X86_MACHINE(fixture->machine)->firmware_info.secret;
    *area = (OvmfArea){ .gpa = 0x80c000, .size = sizeof(secret_text) - 1 };
    seal(fixture, &sealed);
    g_assert_false(
        inject_sizes(fixture, &sealed, sizeof(sealed.header), sizeof(sealed.packet), NULL, &error));
    assert_invalid(error, "sev-guest 'sev0': the secret's packet has 64 bytes, but the secret area of the "
                          "firmware 'firmware' at 0x80c000 has 63; make the secret smaller");
    g_clear_pointer(&error, cgvm_error_free);
    area->size++;
    done = inject_sizes(fixture, &sealed, sizeof(sealed.header), sizeof(sealed.packet), NULL, &error);
    assert_no_error(error);
    g_assert_true(done);
    finish(fixture);
    assert_guest_sees(fixture->machine, 0x80c000, secret_text, sizeof(secret_text));
}

/* A kernel without a firmware has no area, but it has memory that is not measured. */
static void test_secret_without_firmware(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    LinuxBoot boot = linux_boot_64("", 0);
    g_autoptr(Error) without = NULL, measured = NULL;
    Sealed sealed;

    fixture->kernel = g_build_filename(fixture->directory, "bzImage", NULL);
    g_assert_true(g_file_set_contents(fixture->kernel, (char *)linux_boot_bytes(&boot),
                                      (gssize)g_bytes_get_size(boot.kernel), NULL));
    prepare_with(fixture, SEV_POLICY_ES);
    seal(fixture, &sealed);
    g_assert_false(
        inject_sizes(fixture, &sealed, sizeof(sealed.header), sizeof(sealed.packet), NULL, &without));
    assert_invalid(without,
                   "sev-guest 'sev0': there is no firmware with an area for a launch secret; say where "
                   "it goes in guest memory");
    g_assert_false(inject(fixture, &sealed, LINUX_FILE_GPA, &measured));
    assert_invalid(measured, "sev-guest 'sev0': the secret at 0x1000000-0x100003f would overwrite "
                             "0x1000000-0x100bfff (bzImage+0x800, kernel), which is measured; choose another "
                             "place");
    inject_well(fixture, 4 * SECRET_GPA);
    finish(fixture);
    assert_guest_sees(fixture->machine, 4 * SECRET_GPA, secret_text, sizeof(secret_text));
    g_unlink(fixture->kernel);
    linux_boot_clear(&boot);
}

static void test_secret_too_late(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(Error) error = NULL;
    Sealed sealed;

    prepare_with(fixture, 0);
    seal(fixture, &sealed);
    finish(fixture);
    g_assert_false(inject(fixture, &sealed, SECRET_GPA, &error));
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_STATE);
    g_assert_cmpstr(cgvm_error_message(error), ==,
                    "sev-guest 'sev0': a secret can only be injected while the launch is paused, after it is "
                    "measured and before the guest runs; launch the guest anew, paused");
}

static void add(const char *path, void (*test)(Fixture *, gconstpointer))
{
    g_test_add(path, Fixture, NULL, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
    static const TypeInfo *const types[] = { QAPI_BUILTIN_TYPES };

    g_test_init(&argc, &argv, NULL);
    type_register_all(types, G_N_ELEMENTS(types));
    confidential_guest_extend_machines();
    add("/sev-session/right", test_right);
    add("/sev-session/other-policy", test_other_policy);
    add("/sev-session/damaged", test_damaged);
    add("/sev-session/other-nonce", test_other_nonce);
    add("/sev-session/other-wrap-mac", test_other_wrap_mac);
    add("/sev-session/no-certificate", test_no_certificate);
    add("/sev-session/measurement", test_measurement);
    g_test_add("/sev-session/secret/sev", Fixture, GUINT_TO_POINTER(0), set_up, test_secret, tear_down);
    g_test_add("/sev-session/secret/sev-es", Fixture, GUINT_TO_POINTER(SEV_POLICY_ES), set_up, test_secret,
               tear_down);
    add("/sev-session/reset", test_reset);
    add("/sev-session/reset-to-another", test_reset_to_another);
    add("/sev-session/secret/area", test_secret_area);
    add("/sev-session/secret/damaged", test_damaged_secret);
    add("/sev-session/secret/foreign", test_foreign_secret);
    add("/sev-session/secret/sizes", test_secret_sizes);
    add("/sev-session/secret/places", test_secret_places);
    add("/sev-session/secret/without-firmware", test_secret_without_firmware);
    add("/sev-session/secret/too-late", test_secret_too_late);
    return g_test_run();
}
