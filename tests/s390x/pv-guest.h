/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * A machine with a Secure Execution image on a simulated host, for tests of whole launches: the image is made
 * for that host, of parts that the test knows.
 */
#ifndef TESTS_S390X_PV_GUEST_H
#define TESTS_S390X_PV_GUEST_H

#include <dirent.h>
#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>
#include "confidential/confidential-guest-support.h"
#include "hw/kvm-fault.h"
#include "hw/simhost.h"
#include "qapi-builtins.h"
#include "qom/user-creatable.h"
#include "target-s390x/kvm-s390-abi.h"
#include "target-s390x/pv-image-make.h"
#include "target-s390x/s390-machine.h"
#include "target-s390x/sim-s390.h"

#define KERNEL_SIZE 0x12345
#define INITRD_SIZE 5000
#define APPEND      "console=ttysclp0 root=/dev/nowhere"

/* ---- parts ---- */

static uint8_t plain_kernel[KERNEL_SIZE], plain_initrd[INITRD_SIZE];

static inline void make_parts(void)
{
    for (size_t i = 0; i < KERNEL_SIZE; i++) {
        plain_kernel[i] = (uint8_t)(i * 7 + i / 256);
    }
    memcpy(plain_kernel + 0x10008, "S390EP", 6);
    memset(plain_kernel + 0x10400, 0, 0x480);
    for (size_t i = 0; i < INITRD_SIZE; i++) {
        plain_initrd[i] = (uint8_t)(i * 3 + 1);
    }
}

static inline CryptoP521Point host_key(const char *model)
{
    PvPublicKey key;
    CryptoP521Point point;

    g_assert_true(sim_s390_host_key(model, &key));
    memcpy(&point, &key, sizeof(point));
    return point;
}

/* An image for the simulated host @model, with the flags @flags of its header. */
static inline GBytes *make_image_with(const char *model, uint64_t flags)
{
    const CryptoP521Point point = host_key(model);
    g_autoptr(GBytes) kernel = g_bytes_new_static(plain_kernel, KERNEL_SIZE);
    g_autoptr(GBytes) initrd = g_bytes_new_static(plain_initrd, INITRD_SIZE);
    const PvImageParts parts = {
        .kernel = kernel,
        .initrd = initrd,
        .append = APPEND,
        .host_keys = &point,
        .n_host_keys = 1,
        .plaintext_flags = flags,
    };
    g_autoptr(Error) error = NULL;
    GBytes *image = pv_image_make(&parts, &error);

    g_assert_null(error);
    g_assert_nonnull(image);
    return image;
}

static inline GBytes *make_image(const char *model)
{
    return make_image_with(model, 0);
}

static inline char *write_file(const void *data, size_t size)
{
    char *path = NULL;
    int fd = g_file_open_tmp("cgvm-pv-XXXXXX", &path, NULL);

    g_assert_cmpint(fd, >=, 0);
    close(fd);
    g_assert_true(g_file_set_contents(path, data, (gssize)size, NULL));
    return path;
}

static inline char *write_image(GBytes *image)
{
    return write_file(g_bytes_get_data(image, NULL), g_bytes_get_size(image));
}

/* ---- an accelerator with a fault ---- */

typedef struct FaultAccel {
    Accel parent;
    KvmFault fault; /* request 0: none */
    const char *script, *sim_fault, *model;
    KvmDoor *(*wrap)(KvmDoor *door); /* puts something before the host; NULL: nothing */
    const KvmDoor *door, *plain_door;
} FaultAccel;

static const char *fault_accel_device(const Accel *accel G_GNUC_UNUSED)
{
    return "/dev/kvm";
}

static KvmDoor *fault_accel_door(const Accel *accel, const TargetInfo *target, Error **errp)
{
    FaultAccel *self = (FaultAccel *)accel;
    const SimHostOptions options = {
        .model = self->model,
        .script = self->script,
        .fault = self->sim_fault,
    };
    KvmDoor *door = simhost_door_new(target->sim, &options, errp);

    g_assert_nonnull(door);
    self->plain_door = door;
    self->door = self->wrap ? self->wrap(door) : door;
    if (self->fault.error) {
        self->door = kvm_fault_door_new((KvmDoor *)self->door, &self->fault);
    }
    return (KvmDoor *)self->door;
}

static void fault_accel_class_init(ObjectClass *oc, const void *data G_GNUC_UNUSED)
{
    AccelClass *ac = OBJECT_CLASS_CHECK(AccelClass, oc, TYPE_ACCEL);

    ac->device = fault_accel_device;
    ac->door = fault_accel_door;
}

static const TypeInfo fault_accel_type = {
    .name = "fault-accel",
    .parent = TYPE_ACCEL,
    .instance_size = sizeof(FaultAccel),
    .class_init = fault_accel_class_init,
};

/* ---- a guest ---- */

typedef struct PvGuest {
    Object *root, *machine, *accel;
    GString *notes; /* a line for each */
    GString *console;
    unsigned n_open; /* descriptors before it */
} PvGuest;

static inline unsigned count_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    unsigned count = 0;

    while (readdir(dir)) {
        count++;
    }
    closedir(dir);
    return count;
}

static void take_note(void *opaque, const char *text)
{
    g_string_append_printf(opaque, "%s\n", text);
}

static void take_byte(void *opaque, uint8_t byte)
{
    g_string_append_c(opaque, (char)byte);
}

static inline void set_property(Object *obj, const char *name, const char *value)
{
    g_autoptr(Error) error = NULL;
    bool done = object_property_parse(obj, name, value, &error);

    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
    g_assert_true(done);
}

/* A guest of the image @path with one vCPU; with @guarded it has its object. */
static inline void guest_init(PvGuest *guest, const char *path, const char *script, bool guarded)
{
    g_autoptr(json_object) properties = json_object_new_object();

    *guest = (PvGuest){ .n_open = count_descriptors() };
    guest->root = object_new(TYPE_CONTAINER);
    guest->machine = object_new(TYPE_S390_MACHINE);
    guest->accel = object_new("fault-accel");
    guest->notes = g_string_new(NULL);
    guest->console = g_string_new(NULL);
    ((FaultAccel *)guest->accel)->script = script;
    object_property_add_child(guest->root, "machine", guest->machine);
    set_property(guest->machine, "kernel", path);
    if (guarded) {
        g_assert_nonnull(user_creatable_add(guest->root, "s390-pv-guest", "pv0", properties, true, NULL));
        set_property(guest->machine, "confidential-guest-support", "pv0");
    }
    MACHINE(guest->machine)->props.memory = (MemoryConfiguration){ .has_size = true, .size = 16 << 20 };
    MACHINE(guest->machine)->notes = (NoteSink){ take_note, guest->notes };
    MACHINE(guest->machine)->console = take_byte;
    MACHINE(guest->machine)->console_opaque = guest->console;
}

static inline void guest_clear(PvGuest *guest)
{
    machine_stop(MACHINE(guest->machine));
    g_assert_cmpuint(count_descriptors(), ==, guest->n_open);
    object_unref(guest->accel);
    object_unref(guest->machine);
    object_unref(guest->root);
    g_string_free(guest->notes, TRUE);
    g_string_free(guest->console, TRUE);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PvGuest, guest_clear)

static inline void guest_start(PvGuest *guest)
{
    g_autoptr(Error) error = NULL;
    bool done = machine_start(MACHINE(guest->machine), ACCEL(guest->accel), &error);

    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
    g_assert_true(done);
}

/* Runs it to its end, whose kind is returned; an error is put into the notes. */
static inline int guest_run(PvGuest *guest)
{
    MachineExit exit;

    machine_run(MACHINE(guest->machine), &exit);
    if (exit.error) {
        g_string_append_printf(guest->notes, "%s\n", cgvm_error_message(exit.error));
        cgvm_error_free(exit.error);
    }
    return exit.kind;
}

static inline void assert_note(const PvGuest *guest, const char *text)
{
    if (!strstr(guest->notes->str, text)) {
        g_error("no note has \"%s\":\n%s", text, guest->notes->str);
    }
}

/* Where @image has its block. */
static inline uint64_t ipib_gpa(GBytes *image)
{
    PvImage parsed;
    uint64_t gpa;

    g_assert_true(pv_image_parse(image, &parsed, NULL));
    gpa = parsed.ipib_gpa;
    pv_image_clear(&parsed);
    return gpa;
}

/* Its script with the address of the image's block filled in. To be freed. */
static inline char *script_for(GBytes *image, const char *rest)
{
    return g_strdup_printf("stage3a:0x%" G_GINT64_MODIFIER "x%s%s", ipib_gpa(image), *rest ? "+" : "", rest);
}

/* ---- what a guest asks for, without that its vCPU runs ---- */

/* Diagnose 308 of the first vCPU. Returns the answer; NO_ANSWER if there was none. */
#define NO_ANSWER UINT64_C(0xdeadbeefdeadbeef)

static inline uint64_t diag308(PvGuest *guest, uint64_t subcode, uint64_t gpa)
{
    Vcpu *vcpu = g_ptr_array_index(MACHINE(guest->machine)->vcpus, 0);
    KvmS390Run *run = s390_run(vcpu);

    run->regs.gprs[2] = gpa;
    run->regs.gprs[3] = NO_ANSWER;
    run->regs.gprs[4] = subcode;
    s390_machine_diag308(MACHINE(guest->machine), vcpu, 2, 4);
    return run->regs.gprs[3];
}

/* It becomes a secure one. */
static inline void enter_secure(PvGuest *guest, GBytes *image)
{
    g_assert_cmphex(diag308(guest, DIAG308_PV_SET, ipib_gpa(image)), ==, DIAG308_RC_OK);
    diag308(guest, DIAG308_PV_START, 0);
    g_assert_true(s390_pv_is_secure(&S390_MACHINE(guest->machine)->pv));
}

static inline void pv_tests_init(int *argc, char ***argv)
{
    static const TypeInfo *const types[] = { QAPI_BUILTIN_TYPES, &fault_accel_type };

    g_test_init(argc, argv, NULL);
    type_register_all(types, G_N_ELEMENTS(types));
    confidential_guest_extend_machines();
    make_parts();
}

#endif
