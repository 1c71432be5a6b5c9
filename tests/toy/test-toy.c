/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tests of the toy mechanism: what every mechanism gets for its hooks. What the plan says is compared with
 * what a launch leaves in guest memory, hashed by code of this file: there is no firmware that would do it.
 */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>
#include "confidential/confidential-guest-support.h"
#include "qapi-builtins.h"
#include "qom/user-creatable.h"
#include "toy-builtins.h"

#define FIRMWARE_SIZE (16 * GUEST_PAGE_SIZE)
#define FIRMWARE_GPA  (UINT64_C(0x100000000) - FIRMWARE_SIZE)
#define NOTE_GPA      UINT64_C(0x1000)
#define NOTE          "all I know is what I was told"
#define SEED          UINT64_C(0x1122334455667788)

static char *firmware_path;
static uint8_t firmware[FIRMWARE_SIZE];

static void make_firmware(void)
{
    int fd = g_file_open_tmp("cgvm-toy-XXXXXX", &firmware_path, NULL);

    g_assert_cmpint(fd, >=, 0);
    close(fd);
    for (size_t i = 0; i < FIRMWARE_SIZE; i++) {
        firmware[i] = i * 31 + i / GUEST_PAGE_SIZE;
    }
    g_assert_true(g_file_set_contents(firmware_path, (char *)firmware, FIRMWARE_SIZE, NULL));
}

/* ---- a toy guest ---- */

typedef struct Toy {
    Object *root, *machine, *accel;
    ConfidentialGuestSupport *guest;
} Toy;

static void toy_init(Toy *toy, const char *note)
{
    g_autoptr(json_object) props = json_object_new_object();

    json_object_object_add(props, "seed", json_object_new_uint64(SEED));
    if (note) {
        json_object_object_add(props, "note", json_object_new_string(note));
    }
    toy->root = object_new(TYPE_CONTAINER);
    toy->machine = object_new("microvm-machine");
    toy->accel = object_new("sim-accel");
    g_assert_true(object_property_parse(toy->accel, "device", "/dev/null", NULL)); /* it is only launched */
    toy->guest =
        CONFIDENTIAL_GUEST_SUPPORT(user_creatable_add(toy->root, "toy-guest", "toy0", props, true, NULL));
    g_assert_true(object_property_try_add_child(toy->root, "machine", toy->machine, NULL));
    g_assert_true(object_property_parse(toy->machine, "firmware", firmware_path, NULL));
    g_assert_true(object_property_parse(toy->machine, "confidential-guest-support", "toy0", NULL));
}

static void toy_clear(Toy *toy)
{
    object_unref(toy->accel);
    object_unref(toy->machine);
    object_unref(toy->root);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Toy, toy_clear)

static bool toy_start(Toy *toy, Error **errp)
{
    return machine_start(MACHINE(toy->machine), ACCEL(toy->accel), errp);
}

/* ---- the other side ---- */

static void chain(uint8_t digest[32], uint64_t gpa, const uint8_t *page)
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    gsize size = 32;

    gpa = GUINT64_TO_LE(gpa);
    g_checksum_update(sum, digest, 32);
    g_checksum_update(sum, (const uint8_t *)&gpa, sizeof(gpa));
    g_checksum_update(sum, page, GUEST_PAGE_SIZE);
    g_checksum_get_digest(sum, digest, &size);
}

/* The digest of a firmware and a page for the note, which may be NULL. */
static char *measure(const uint8_t *image, const uint8_t *note)
{
    uint64_t seed = GUINT64_TO_LE(SEED);
    uint8_t digest[32] = { 0 };
    GString *hex = g_string_new(NULL);

    memcpy(digest, &seed, sizeof(seed));
    for (size_t offset = 0; offset < FIRMWARE_SIZE; offset += GUEST_PAGE_SIZE) {
        chain(digest, FIRMWARE_GPA + offset, image + offset);
    }
    if (note) {
        chain(digest, NOTE_GPA, note);
    }
    for (size_t i = 0; i < sizeof(digest); i++) {
        g_string_append_printf(hex, "%02x", digest[i]);
    }
    return g_string_free(hex, FALSE);
}

static const uint8_t *guest_memory(const Toy *toy, uint64_t gpa, uint64_t size)
{
    const uint8_t *memory = guest_ram_pointer(&MACHINE(toy->machine)->ram, gpa, size, NULL);

    g_assert_nonnull(memory);
    return memory;
}

/* ---- the tests ---- */

static void test_plan(void)
{
    g_auto(Toy) toy;
    g_autofree char *expected = measure(firmware, NULL), *text = NULL;
    LaunchPlan *plan;

    toy_init(&toy, NULL);
    plan = confidential_guest_plan(toy.guest, MACHINE(toy.machine), NULL);
    g_assert_nonnull(plan);
    g_assert_cmpstr(plan->digest, ==, expected);
    g_assert_cmpuint(plan->measured_pages, ==, FIRMWARE_SIZE / GUEST_PAGE_SIZE);
    text = launch_plan_to_text(plan);
    g_assert_nonnull(strstr(text, "toy-guest 'toy0' on machine microvm, VM type 0\n"));
    g_assert_nonnull(strstr(text, "  0x0ffff0000-0x0ffffffff  normal      firmware+0x0\n"));
    g_assert_nonnull(strstr(text, expected));
}

static void test_launch(void)
{
    static const uint8_t nothing[GUEST_PAGE_SIZE];
    g_auto(Toy) toy;
    g_autofree char *expected = NULL;
    g_autoptr(Error) error = NULL;
    MachineExit exit;

    toy_init(&toy, NOTE);
    g_assert_null(confidential_guest_measurement(toy.guest));
    g_assert_true(toy_start(&toy, &error));
    g_assert_cmpstr((const char *)guest_memory(&toy, NOTE_GPA, sizeof(NOTE)), ==, NOTE);
    g_assert_cmpmem(guest_memory(&toy, 0, sizeof(nothing)), sizeof(nothing), nothing, sizeof(nothing));
    expected = measure(guest_memory(&toy, FIRMWARE_GPA, FIRMWARE_SIZE),
                       guest_memory(&toy, NOTE_GPA, GUEST_PAGE_SIZE));
    g_assert_cmpstr(confidential_guest_measurement(toy.guest), ==, expected);
    machine_run(MACHINE(toy.machine), &exit);
    g_assert_cmpint(exit.kind, ==, MACHINE_EXIT_NO_ENGINE);
    cgvm_error_free(exit.error);
}

static void test_note_too_long(void)
{
    g_autofree char *note = g_strnfill(GUEST_PAGE_SIZE, 'x');
    g_auto(Toy) toy;
    g_autoptr(Error) error = NULL;

    toy_init(&toy, note);
    g_assert_false(toy_start(&toy, &error));
    g_assert_cmpstr(
        cgvm_error_message(error), ==,
        "toy-guest 'toy0': 'note' is 4096 bytes long, but has to fit one page; shorten it to 4095");
}

/* The hook does not look at memory: whoever checks plans does. */
static void test_no_memory_for_note(void)
{
    g_auto(Toy) toy;
    g_autoptr(Error) error = NULL;

    toy_init(&toy, NOTE);
    MACHINE(toy.machine)->props.memory = (MemoryConfiguration){ .has_size = true, .size = 4096 };
    g_assert_false(toy_start(&toy, &error));
    g_assert_cmpstr(
        cgvm_error_message(error), ==,
        "toy-guest 'toy0': the guest has no memory for 0x1000-0x1fff (note); give it more with -m");
}

static void test_frozen(void)
{
    g_auto(Toy) toy;
    g_autoptr(Error) deleting = NULL, setting = NULL;

    toy_init(&toy, NULL);
    g_assert_false(user_creatable_del(toy.root, "toy0", &deleting));
    g_assert_cmpint(cgvm_error_code(deleting), ==, CGVM_ERROR_STATE);
    g_assert_true(object_property_parse(OBJECT(toy.guest), "seed", "1", NULL));
    g_assert_nonnull(confidential_guest_plan(toy.guest, MACHINE(toy.machine), NULL));
    g_assert_false(object_property_parse(OBJECT(toy.guest), "seed", "2", &setting));
    g_assert_cmpint(cgvm_error_code(setting), ==, CGVM_ERROR_STATE);
}

static void test_help(void)
{
    g_autofree char *list = user_creatable_list_help();
    g_autofree char *help = user_creatable_class_help(user_creatable_class("toy-guest", NULL));

    g_assert_nonnull(strstr(list, "toy-guest"));
    g_assert_nonnull(strstr(help, "seed=<uint64>"));
    g_assert_nonnull(strstr(help, "number that the measurement starts from"));
}

int main(int argc, char **argv)
{
    static const TypeInfo *const types[] = { QAPI_BUILTIN_TYPES, TOY_BUILTIN_TYPES };
    int status;

    g_test_init(&argc, &argv, NULL);
    type_register_all(types, G_N_ELEMENTS(types));
    confidential_guest_extend_machines();
    make_firmware();
    g_test_add_func("/toy/plan", test_plan);
    g_test_add_func("/toy/launch", test_launch);
    g_test_add_func("/toy/note-too-long", test_note_too_long);
    g_test_add_func("/toy/no-memory-for-note", test_no_memory_for_note);
    g_test_add_func("/toy/frozen", test_frozen);
    g_test_add_func("/toy/help", test_help);
    status = g_test_run();
    g_unlink(firmware_path);
    g_free(firmware_path);
    return status;
}
