/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The owner of an SEV guest and its launch: the certificate of the simulated platform, a session made for it,
 * both in files as sev-guest takes them; and the firmware's refusal of a session that is not this guest's.
 */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include "confidential/confidential-guest-support.h"
#include "hw/simhost.h"
#include "qapi-builtins.h"
#include "qom/user-creatable.h"
#include "target-i386/sim-x86.h"
#include "tests/unit/guest-owner.h"

#define FIRMWARE_SIZE 0x4000

typedef struct Fixture {
    char *directory, *firmware, *cert, *session;
    GuestOwner owner;
} Fixture;

/* The key of the platform follows from its model, so any simulated host of that model will do. */
static void export_pdh(uint8_t pdh[SEV_CERT_SIZE])
{
    KvmDoor *door = simhost_door_new(&x86_sim_target, NULL, NULL);
    uint8_t chain[3 * SEV_CERT_SIZE];
    SevPdhCertExport export = {
        .pdh_cert_address = (uintptr_t)pdh,
        .pdh_cert_len = SEV_CERT_SIZE,
        .cert_chain_address = (uintptr_t)chain,
        .cert_chain_len = sizeof(chain),
    };
    SevIssueCommand command = { .cmd = SEV_PDH_CERT_EXPORT, .data = (uintptr_t) & export };
    int fd = door->ops->open(door->host, "/dev/sev", 2);

    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(door->ops->ioctl(door->host, fd, SEV_ISSUE_CMD_IOCTL, (uintptr_t)&command), ==, 0);
    g_assert_cmpint(door->ops->close(door->host, fd), ==, 0);
    kvm_door_free(door);
}

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
    uint8_t pdh[SEV_CERT_SIZE];

    fixture->directory = g_dir_make_tmp("cgvm-session-XXXXXX", NULL);
    fixture->firmware = g_build_filename(fixture->directory, "firmware", NULL);
    fixture->cert = g_build_filename(fixture->directory, "cert", NULL);
    fixture->session = g_build_filename(fixture->directory, "session", NULL);
    g_assert_true(g_file_set_contents(fixture->firmware, zeros, sizeof(zeros), NULL));
    export_pdh(pdh);
    owner_open(&fixture->owner, pdh, SEV_POLICY_NODBG | SEV_POLICY_ES);
}

static void tear_down(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    g_unlink(fixture->firmware);
    g_unlink(fixture->cert);
    g_unlink(fixture->session);
    g_rmdir(fixture->directory);
    g_free(fixture->directory);
    g_free(fixture->firmware);
    g_free(fixture->cert);
    g_free(fixture->session);
}

static bool launch(Fixture *fixture, uint32_t policy, Error **errp)
{
    g_autoptr(Object) root = object_new(TYPE_CONTAINER), machine = object_new("microvm-machine");
    g_autoptr(Object) accel = object_new("sim-accel");
    g_autoptr(json_object) properties = json_object_new_object();
    Object *guest;
    bool done;

    write_blob(fixture->cert, fixture->owner.cert, sizeof(fixture->owner.cert));
    write_blob(fixture->session, &fixture->owner.session, sizeof(fixture->owner.session));
    json_object_object_add(properties, "policy", json_object_new_int64(policy));
    json_object_object_add(properties, "dh-cert-file", json_object_new_string(fixture->cert));
    json_object_object_add(properties, "session-file", json_object_new_string(fixture->session));
    guest = user_creatable_add(root, "sev-guest", "sev0", properties, true, NULL);
    g_assert_nonnull(guest);
    object_property_add_child(root, "machine", machine);
    g_assert_true(object_property_parse(machine, "firmware", fixture->firmware, NULL));
    g_assert_true(object_property_parse(machine, "confidential-guest-support", "sev0", NULL));
    done = machine_start(MACHINE(machine), ACCEL(accel), errp);
    if (done) {
        g_assert_nonnull(confidential_guest_measurement(CONFIDENTIAL_GUEST_SUPPORT(guest)));
    }
    machine_stop(MACHINE(machine));
    return done;
}

static void test_right(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    g_autoptr(Error) error = NULL;

    if (!launch(fixture, SEV_POLICY_NODBG | SEV_POLICY_ES, &error)) {
        g_error("%s", cgvm_error_message(error));
    }
}

static void assert_refused(Fixture *fixture, uint32_t policy, uint32_t status)
{
    g_autoptr(Error) error = NULL;

    g_assert_false(launch(fixture, policy, &error));
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

static void test_no_certificate(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    memset(fixture->owner.cert, 0, sizeof(fixture->owner.cert));
    assert_refused(fixture, SEV_POLICY_NODBG | SEV_POLICY_ES, SEV_STATUS_INVALID_CERTIFICATE);
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
    add("/sev-session/no-certificate", test_no_certificate);
    return g_test_run();
}
