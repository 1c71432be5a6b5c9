/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Weaknesses of QEMU's confidential guests that only show to a caller: what happens to a machine that is
 * prepared or launched, and to what it was launched from. Those of the command line are in
 * test_weaknesses.py, which has the list of all.
 */
#include <glib.h>
#include "confidential/confidential-guest-support.h"
#include "hw/memory-backend.h"
#include "qapi-builtins.h"
#include "qom/user-creatable.h"
#include "target-i386/sev-abi.h"
#include "tests/unit/toy-vm.h"

typedef struct Fixture {
    Object *root;
    Object *guest, *other;
    MachineState *machine;
    Accel *accel;
} Fixture;

static Object *make_guest(Fixture *fixture, const char *type, const char *id)
{
    g_autoptr(Error) error = NULL;
    g_autoptr(json_object) properties = json_object_new_object();
    Object *guest = user_creatable_add(fixture->root, type, id, properties, true, &error);

    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
    return guest;
}

/* A machine that is prepared, with the guest object @data, and another one of the same type. */
static void set_up(Fixture *fixture, gconstpointer data)
{
    g_autoptr(Object) machine = object_new("microvm-machine"), accel = object_new("sim-accel");
    g_autoptr(Error) error = NULL;
    bool done;

    fixture->root = object_new(TYPE_CONTAINER);
    fixture->guest = make_guest(fixture, data, "sev0");
    fixture->other = make_guest(fixture, data, "other");
    object_property_add_child(fixture->root, "machine", machine);
    object_property_add_child(fixture->root, "accel", accel);
    fixture->machine = MACHINE(machine);
    fixture->accel = ACCEL(accel);
    g_assert_true(object_property_parse(machine, "firmware", toy_firmware, NULL));
    g_assert_true(object_property_parse(machine, "confidential-guest-support", "sev0", NULL));
    done = machine_prepare(fixture->machine, fixture->accel, &error);
    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
    g_assert_true(done);
}

static void tear_down(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    machine_stop(fixture->machine);
    object_unref(fixture->root);
}

static void finish(Fixture *fixture)
{
    g_assert_true(machine_finish(fixture->machine, NULL));
}

static char *get_string(Object *obj, const char *name)
{
    g_autoptr(json_object) value = NULL;

    g_assert_true(object_property_get(obj, name, &value, NULL));
    return g_strdup(value ? json_object_get_string(value) : "");
}

/* 1: the link of a machine can be changed at any time, and what follows from that is a crash. */
static void test_link_is_frozen(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    for (unsigned i = 0; i < 2; i++) {
        static const char *const values[] = { "other", "" };

        for (size_t j = 0; j < G_N_ELEMENTS(values); j++) {
            g_autoptr(Error) error = NULL;

            g_assert_false(object_property_parse(OBJECT(fixture->machine), "confidential-guest-support",
                                                 values[j], &error));
            assert_error(error, CGVM_ERROR_STATE,
                         "microvm-machine 'machine': 'confidential-guest-support' cannot be changed any "
                         "more, the machine is built from it");
        }
        g_assert_true(fixture->machine->guard == fixture->guest);
        if (i == 0) {
            finish(fixture);
        }
    }
}

/* 13: launch inputs can be written after the launch, and change what is reported about it. */
static void test_inputs_are_frozen(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    static const char *const inputs[][2] = {
        { "policy", "0xb0000" },   { "kernel-hashes", "on" }, { "sev-device", "/dev/null" },
        { "expect-digest", "00" }, { "cbitpos", "1" },        { "reduced-phys-bits", "2" },
        { "debug-swap", "on" },
    };
    g_autofree char *policy = get_string(fixture->guest, "policy");

    finish(fixture);
    for (size_t i = 0; i < G_N_ELEMENTS(inputs); i++) {
        g_autoptr(Error) error = NULL;
        g_autofree char *after = NULL;

        g_assert_false(object_property_parse(fixture->guest, inputs[i][0], inputs[i][1], &error));
        g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_STATE);
        after = get_string(fixture->guest, "policy");
        g_assert_cmpstr(after, ==, policy);
    }
}

/* 14: base64 that was rejected is what the getter returns. */
static void test_rejected_blob_is_gone(Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
    static const char *const rejected[] = { "AAAA", "a=b", "AAA", "****" };
    g_autofree char *right = g_base64_encode((const guchar[32]){ 1 }, 32), *got = NULL;

    for (size_t i = 0; i < G_N_ELEMENTS(rejected); i++) {
        g_autofree char *after = NULL;

        g_assert_false(object_property_parse(fixture->other, "host-data", rejected[i], NULL));
        after = get_string(fixture->other, "host-data");
        g_assert_cmpstr(after, ==, "");
    }
    g_assert_true(object_property_parse(fixture->other, "host-data", right, NULL));
    g_assert_false(object_property_parse(fixture->other, "host-data", "AAAA", NULL));
    got = get_string(fixture->other, "host-data");
    g_assert_cmpstr(got, ==, right);
}

/* 15: the object that protects a machine can be deleted. */
static void test_object_in_use_stays(Fixture *fixture, gconstpointer data)
{
    g_autofree char *message = g_strdup_printf(
        "%s 'sev0' is in use by the machine's confidential-guest-support", (const char *)data);

    for (unsigned i = 0; i < 2; i++) {
        g_autoptr(Error) error = NULL;

        g_assert_false(user_creatable_del(fixture->root, "sev0", &error));
        assert_error(error, CGVM_ERROR_STATE, message);
        if (i == 0) {
            finish(fixture);
        }
    }
    g_assert_true(user_creatable_del(fixture->root, "other", NULL));
}

/* 30: what is global in QEMU, such as the parsed firmware, belongs to a machine here: two of a kind differ.
 */
static void test_two_machines(Fixture *fixture, gconstpointer data)
{
    g_autoptr(CgvmVm) plain = cgvm_vm_new();
    g_autofree char *options = g_strdup_printf("%s,id=sev0", (const char *)data);
    g_autofree char *firmware = toy_make_firmware("plain.fd", false);
    g_autoptr(CgvmError) error = NULL;

    add(plain, "object", options);
    add(plain, "machine", "confidential-guest-support=sev0");
    add(plain, "accel", "sim,run=off");
    add(plain, "bios", firmware);
    g_assert_true(cgvm_vm_launch(plain, &error) == (strcmp(data, "sev-guest") == 0));
    finish(fixture);
    g_assert_nonnull(confidential_guest_measurement(CONFIDENTIAL_GUEST_SUPPORT(fixture->guest)));
}

/* ---- launches that fail ---- */

/* 6, 17, 20: a step that fails ends the launch, with its name; nothing stays behind, and the caller lives. */
static void test_failure_is_an_answer(gconstpointer data)
{
    const char *const *words = data; /* object, fault, message */
    g_autofree char *accel = g_strdup_printf("sim,run=off,fault=%s", words[1]);
    unsigned before = count_descriptors();
    g_autoptr(CgvmVm) vm = cgvm_vm_new();

    add(vm, "object", words[0]);
    add(vm, "machine", "confidential-guest-support=sev0");
    add(vm, "accel", accel);
    add(vm, "cpu", "EPYC-Milan");
    add(vm, "bios", toy_firmware);
    assert_launch_refused(vm, CGVM_ERROR_FIRMWARE, words[2]);
    g_assert_cmpuint(count_descriptors(), ==, before);
    g_assert_null(cgvm_vm_measurement(vm));
    cgvm_string_free(plan(vm, CGVM_PLAN_JSON));
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*test)(Fixture *, gconstpointer);
        bool only_snp;
    } tests[] = {
        { "01-link", test_link_is_frozen, false },       { "13-inputs", test_inputs_are_frozen, false },
        { "14-blob", test_rejected_blob_is_gone, true }, { "15-object", test_object_in_use_stays, false },
        { "30-two", test_two_machines, false },
    };
    static const char *const types[] = { "sev-guest", "sev-snp-guest" };
    static const char *const failures[][3] = {
        { "sev-guest,id=sev0", "LAUNCH_MEASURE=INVALID_GUEST_STATE",
          "sev-guest 'sev0': LAUNCH_MEASURE failed while asking for the measurement: the firmware answered "
          "INVALID_GUEST_STATE (0x02): *" },
        { "sev-guest,id=sev0", "LAUNCH_FINISH=RESOURCE_LIMIT",
          "sev-guest 'sev0': LAUNCH_FINISH failed while finishing the launch: the firmware answered "
          "RESOURCE_LIMIT (0x17): *" },
        { "sev-snp-guest,id=sev0", "SNP_LAUNCH_UPDATE:1=INVALID_PAGE_STATE",
          "sev-snp-guest 'sev0': SNP_LAUNCH_UPDATE failed while launching 0x*: the firmware answered "
          "INVALID_PAGE_STATE (0x1a): *" },
    };

    g_test_init(&argc, &argv, NULL);
    cgvm_vm_free(cgvm_vm_new()); /* registers the types */
    for (size_t i = 0; i < G_N_ELEMENTS(tests); i++) {
        for (size_t j = tests[i].only_snp; j < G_N_ELEMENTS(types); j++) {
            g_autofree char *path = g_strdup_printf("/weaknesses/%s/%s", tests[i].name, types[j]);
            g_test_add(path, Fixture, types[j], set_up, tests[i].test, tear_down);
        }
    }
    for (size_t i = 0; i < G_N_ELEMENTS(failures); i++) {
        g_autofree char *path = g_strdup_printf("/weaknesses/17-20-failure/%zu", i);
        g_test_add_data_func(path, failures[i], test_failure_is_an_answer);
    }
    return toy_run_tests();
}
