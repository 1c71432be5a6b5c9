/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every call that a launch makes fails once with every errno that it can give.
 *
 * The calls are not listed here but counted: a launch through a fault door tells how many calls of a kind it
 * makes, and then each of them fails in a launch of its own. A failed launch must say which step failed, be
 * of kind KERNEL with that errno, and leave no descriptor behind; EINTR and EAGAIN must not be noticed at
 * all.
 */
#include <dirent.h>
#include <errno.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <unistd.h>
#include <string.h>
#include "confidential/confidential-guest-support.h"
#include "hw/kvm-fault.h"
#include "hw/simhost.h"
#include "qapi-builtins.h"
#include "qom/user-creatable.h"
#include "target-i386/kvm-x86-abi.h"
#include "target-i386/sev-abi.h"
#include "tests/unit/linux-file-64.h"

/* ---- an accelerator with a fault ---- */

typedef struct FaultAccel {
    Accel parent;
    KvmFault fault; /* call -1: none */
    unsigned matches;
    const KvmDoor *door;
} FaultAccel;

static const char *fault_accel_device(const Accel *accel G_GNUC_UNUSED)
{
    return "/dev/kvm";
}

static KvmDoor *fault_accel_door(const Accel *accel, const TargetInfo *target, Error **errp)
{
    FaultAccel *self = (FaultAccel *)accel;
    KvmDoor *door = simhost_door_new(target->sim, NULL, errp);

    g_assert_nonnull(door);
    self->door = kvm_fault_door_new(door, &self->fault);
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

/* ---- a small firmware ---- */

static const uint8_t footer_guid[] = { 0xde, 0x82, 0xb5, 0x96, 0xb2, 0x1f, 0xf7, 0x45,
                                       0xba, 0xea, 0xa3, 0x66, 0xc5, 0x5a, 0x08, 0x2d };
static const uint8_t metadata_guid[] = { 0x66, 0x65, 0x88, 0xdc, 0x4a, 0x98, 0x98, 0x47,
                                         0xa7, 0x5e, 0x55, 0x85, 0xa7, 0xbf, 0x67, 0xcc };
static const uint8_t reset_guid[] = { 0xde, 0x71, 0xf7, 0x00, 0x7e, 0x1a, 0xcb, 0x4f,
                                      0x89, 0x0e, 0x68, 0xc7, 0x7e, 0x2f, 0xb4, 0x4e };

#define FIRMWARE_SIZE   0x4000
#define METADATA_OFFSET 0x200 /* from the end */

static void put(GByteArray *bytes, const void *data, guint size)
{
    g_byte_array_append(bytes, data, size);
}

static void put16(GByteArray *bytes, uint16_t value)
{
    value = GUINT16_TO_LE(value);
    put(bytes, &value, sizeof(value));
}

static void put32(GByteArray *bytes, uint32_t value)
{
    value = GUINT32_TO_LE(value);
    put(bytes, &value, sizeof(value));
}

static void put_entry(GByteArray *table, uint32_t value, const uint8_t guid[16])
{
    put32(table, value);
    put16(table, sizeof(value) + 18);
    put(table, guid, 16);
}

static char *make_file(const void *bytes, size_t size)
{
    char *path = NULL;
    int fd = g_file_open_tmp("cgvm-faults-XXXXXX", &path, NULL);

    g_assert_cmpint(fd, >=, 0);
    close(fd);
    g_assert_true(g_file_set_contents(path, bytes, (gssize)size, NULL));
    return path;
}

/* Pages that are zeroed, secrets, CPUID: one of each kind of launch call. */
static char *make_firmware(void)
{
    g_autoptr(GByteArray) metadata = g_byte_array_new(), table = g_byte_array_new();
    g_autofree uint8_t *image = g_malloc0(FIRMWARE_SIZE);
    const uint32_t sections[][3] = { { 0x100000, 0x2000, 1 },
                                     { 0x102000, 0x1000, 2 },
                                     { 0x103000, 0x1000, 3 } };

    put(metadata, "ASEV", 4);
    put32(metadata, 16 + sizeof(sections));
    put32(metadata, 1);
    put32(metadata, G_N_ELEMENTS(sections));
    for (size_t i = 0; i < G_N_ELEMENTS(sections); i++) {
        for (size_t j = 0; j < G_N_ELEMENTS(sections[i]); j++) {
            put32(metadata, sections[i][j]);
        }
    }
    put_entry(table, METADATA_OFFSET, metadata_guid);
    put_entry(table, 0xfffff000, reset_guid);
    put16(table, (uint16_t)(table->len + 18));
    put(table, footer_guid, sizeof(footer_guid));
    memcpy(image + FIRMWARE_SIZE - METADATA_OFFSET, metadata->data, metadata->len);
    memcpy(image + FIRMWARE_SIZE - 32 - table->len, table->data, table->len);
    return make_file(image, FIRMWARE_SIZE);
}

/* A kernel of which one range is whole pages, and one is not. */
static char *make_kernel(void)
{
    LinuxBoot boot = linux_boot_64("", 0);
    char *path = make_file(g_bytes_get_data(boot.kernel, NULL), g_bytes_get_size(boot.kernel));

    linux_boot_clear(&boot);
    return path;
}

static char *firmware_path, *kernel_path;

/* ---- a launch ---- */

static unsigned count_descriptors(void)
{
    DIR *dir = opendir("/proc/self/fd");
    unsigned count = 0;

    while (readdir(dir)) {
        count++;
    }
    closedir(dir);
    return count;
}

/** A guest to launch. All kinds of launch have most calls in common. */
typedef struct Guest {
    const char *name, *type, *properties;
    bool is_kernel; /* it has no firmware */
} Guest;

static const Guest snp = { "snp", "sev-snp-guest", "{}", false };
static const Guest sev_es = { "sev-es", "sev-guest", "{ \"policy\": 5 }", false };
static const Guest direct = { "direct", "sev-guest", "{ \"policy\": 5, \"legacy-vm-type\": \"off\" }", true };
static const Guest *const guests[] = { &snp, &sev_es, &direct };

/** Which launches make a call; several are added up. */
enum { SNP = 1 << 0, SEV_ES = 1 << 1, DIRECT = 1 << 2, SEV = SEV_ES | DIRECT, ALL = SNP | SEV };

static bool launch(const Guest *guest, const KvmFault *fault, unsigned *ret_matches, Error **errp)
{
    g_autoptr(Object) root = object_new(TYPE_CONTAINER);
    g_autoptr(Object) machine = object_new("microvm-machine");
    g_autoptr(Object) accel = object_new("fault-accel");
    g_autoptr(json_object) properties = json_tokener_parse(guest->properties);
    g_autoptr(json_object) two_cpus = json_tokener_parse("{ \"smp\": { \"cpus\": \"2\" } }");
    unsigned before = count_descriptors();
    bool done;

    ((FaultAccel *)accel)->fault = *fault;
    g_assert_nonnull(user_creatable_add(root, guest->type, "sev0", properties, true, NULL));
    object_property_add_child(root, "machine", machine);
    g_assert_true(object_property_parse(machine, guest->is_kernel ? "kernel" : "firmware",
                                        guest->is_kernel ? kernel_path : firmware_path, NULL));
    g_assert_true(object_set_properties_from_keyval(machine, two_cpus, false, NULL));
    g_assert_true(object_property_parse(machine, "cpu-type", "EPYC", NULL));
    g_assert_true(object_property_parse(machine, "confidential-guest-support", "sev0", NULL));
    done = machine_start(MACHINE(machine), ACCEL(accel), errp);
    if (done && ret_matches) {
        *ret_matches = kvm_fault_door_matches(((FaultAccel *)accel)->door);
    }
    machine_stop(MACHINE(machine));
    g_assert_cmpuint(count_descriptors(), ==, before);
    return done;
}

static const unsigned never = 1000000;

static unsigned count_calls(const Guest *guest, KvmFault fault)
{
    unsigned matches = 0;

    fault.nth = never;
    fault.error = EINVAL;
    g_assert_true(launch(guest, &fault, &matches, NULL));
    return matches;
}

static bool is_command(unsigned long arg, unsigned long value)
{
    return ((const SevCommand *)arg)->id == value;
}

/* ---- tests ---- */

/** A step of the launch: the call, what its message must name, and the errnos that it can give (kvm-abi). */
typedef struct Step {
    const char *name; /* of the test, and in the message */
    KvmFault fault;   /* but for which of the calls fails, and how */
    unsigned whose;   /* launches make this call */
    int errors[8];
} Step;

#define OPENING(device)                                                                                      \
    device,                                                                                                  \
    {                                                                                                        \
        .call = KVM_CALL_OPEN, .path = (device)                                                              \
    }
#define IOCTL(word)                                                                                          \
    "KVM_" #word,                                                                                            \
    {                                                                                                        \
        .call = KVM_CALL_IOCTL, .request = KVMIO_##word                                                      \
    }
#define COMMAND(word)                                                                                        \
#word,                                                                                                   \
    {                                                                                                        \
        .call = KVM_CALL_IOCTL, .request = KVMIO_MEMORY_ENCRYPT_OP, .matches = is_command,                   \
        .value = SEVCMD_##word                                                                               \
    }

static const Step steps[] = {
    { OPENING("/dev/kvm"), ALL, { ENOENT, ENXIO, EACCES, EPERM, ENODEV, EMFILE, ENFILE } },
    { OPENING("/dev/sev"), ALL, { ENOENT, ENXIO, EACCES, EPERM, ENODEV, EMFILE, ENFILE } },
    { IOCTL(GET_API_VERSION), ALL, { EINVAL, ENOTTY, EBADF } },
    { IOCTL(GET_VCPU_MMAP_SIZE), ALL, { EINVAL, ENOTTY, EBADF } },
    { IOCTL(GET_SUPPORTED_CPUID), ALL, { EFAULT, ENOMEM, EINVAL } },
    { IOCTL(CREATE_VM), ALL, { EINVAL, ENOMEM, EMFILE, EBUSY, ENOTTY } },
    { "PLATFORM_STATUS",
      { .call = KVM_CALL_IOCTL, .request = SEV_ISSUE_CMD_IOCTL },
      ALL,
      { EINVAL, EFAULT, ENODEV, EBUSY, ETIMEDOUT, EIO } },
    { COMMAND(INIT2), SNP | DIRECT, { ENOTTY, EFAULT, EINVAL, EBUSY, EIO, ENOMEM, EPERM, EBADF } },
    { COMMAND(ES_INIT), SEV_ES, { ENOTTY, EFAULT, EINVAL, EBUSY, EIO, ENOMEM, EBADF } },
    { IOCTL(ENABLE_CAP), SNP, { EINVAL, ENOTTY } },
    { COMMAND(SNP_LAUNCH_START), SNP, { ENOTTY, EFAULT, EINVAL, EIO, EBADF, ENODEV, EBUSY, ETIMEDOUT } },
    { COMMAND(LAUNCH_START), SEV, { ENOTTY, EFAULT, EINVAL, EIO, EBADF, ENODEV, EBUSY, ETIMEDOUT } },
    { IOCTL(SET_IDENTITY_MAP_ADDR), ALL, { EINVAL, EFAULT } },
    { IOCTL(SET_TSS_ADDR), ALL, { EINVAL } },
    { IOCTL(CREATE_IRQCHIP), ALL, { EEXIST, EINVAL, ENOMEM } },
    { IOCTL(CREATE_PIT2), DIRECT, { EEXIST, ENOMEM, EFAULT } },
    { IOCTL(CREATE_GUEST_MEMFD), SNP, { EINVAL, ENOMEM, EMFILE, ENFILE, ENOTTY } },
    { IOCTL(MEMORY_ENCRYPT_REG_REGION), SEV, { ENOTTY, EFAULT, EINVAL, ENOMEM, EIO } },
    { IOCTL(CREATE_VCPU), ALL, { EINVAL, EEXIST, ENOMEM, EMFILE, EIO } },
    { "vCPU", { .call = KVM_CALL_MMAP }, ALL, { ENOMEM, EINVAL, EBADF } },
    { IOCTL(SET_CPUID2), ALL, { EINVAL, E2BIG, ENOMEM, EFAULT } },
    { IOCTL(SET_USER_MEMORY_REGION2), SNP, { EINVAL, EEXIST, EBADF, ENOMEM, EFAULT, EIO } },
    { IOCTL(SET_USER_MEMORY_REGION), SEV, { EINVAL, EEXIST, EBADF, ENOMEM, EFAULT, EIO } },
    { IOCTL(SET_MEMORY_ATTRIBUTES), SNP, { EINVAL, ENOMEM, EFAULT, EIO } },
    { IOCTL(GET_SREGS), ALL, { EINVAL, ENOMEM, EIO } },
    { IOCTL(SET_SREGS), ALL, { EINVAL, ENOMEM, EIO } },
    { IOCTL(SET_REGS), ALL, { EINVAL, ENOMEM, EIO } },
    { IOCTL(SET_FPU), ALL, { EINVAL, ENOMEM, EIO } },
    { IOCTL(SET_MSRS), ALL, { EINVAL, ENOMEM, E2BIG, EIO } },
    { IOCTL(SET_XCRS), ALL, { EINVAL, ENOMEM, EIO } },
    { COMMAND(SNP_LAUNCH_UPDATE), SNP, { EINVAL, EFAULT, EIO, ENOTTY, EBADF } },
    { IOCTL(GET_CPUID2), SNP, { EFAULT, EINVAL, ENOMEM } },
    { COMMAND(SNP_LAUNCH_FINISH), SNP, { ENOTTY, EINVAL, EFAULT, EBUSY, EIO, EBADF } },
    { COMMAND(LAUNCH_UPDATE_DATA), SEV, { ENOTTY, EFAULT, EINVAL, ENOMEM, EIO, EBADF } },
    { COMMAND(LAUNCH_UPDATE_VMSA), SEV, { ENOTTY, EINVAL, EBUSY, EIO, EBADF } },
    { COMMAND(LAUNCH_MEASURE), SEV, { ENOTTY, EFAULT, EINVAL, EIO, EBADF, ENOMEM } },
    { COMMAND(LAUNCH_FINISH), SEV, { ENOTTY, EIO, EBADF, EBUSY, ETIMEDOUT } },
};

static KvmFault step_fault(const Step *step, unsigned nth, int error)
{
    KvmFault fault = step->fault;

    fault.nth = nth;
    fault.error = error;
    return fault;
}

static void check_refusal(const Guest *guest, const Step *step, unsigned nth, int os_error)
{
    KvmFault fault = step_fault(step, nth, os_error);
    g_autoptr(Error) error = NULL;

    g_assert_false(launch(guest, &fault, NULL, &error));
    g_assert_nonnull(error);
    g_test_message("%s", cgvm_error_message(error));
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_KERNEL);
    g_assert_cmpint(cgvm_error_errno(error), ==, os_error);
    g_assert_nonnull(strstr(cgvm_error_message(error), step->name));
    g_assert_nonnull(strstr(cgvm_error_message(error), g_strerror(os_error)));
    g_assert_null(strchr(cgvm_error_message(error), '\n'));
}

/** A step of the launch of one of the guests. */
typedef struct Run {
    const Guest *guest;
    const Step *step;
} Run;

static void test_refusals(const void *opaque)
{
    const Run *run = opaque;
    const Step *step = run->step;
    unsigned calls = count_calls(run->guest, step_fault(step, 0, 0));

    g_assert_cmpuint(calls, >, 0);
    for (unsigned nth = 1; nth <= calls; nth++) {
        for (const int *error = step->errors; error < step->errors + G_N_ELEMENTS(step->errors) && *error;
             error++) {
            check_refusal(run->guest, step, nth, *error);
        }
    }
}

static void test_retries(const void *opaque)
{
    const Run *run = opaque;
    const Step *step = run->step;
    unsigned calls = count_calls(run->guest, step_fault(step, 0, 0));

    for (unsigned nth = 1; nth <= calls; nth++) {
        for (const int *error = (const int[]){ EINTR, EAGAIN, 0 }; *error; error++) {
            KvmFault fault = step_fault(step, nth, *error);
            g_autoptr(Error) refusal = NULL;
            bool done = launch(run->guest, &fault, NULL, &refusal);

            if (!done) {
                g_error("call %u of %s was not made again after %s: %s", nth, step->name, g_strerror(*error),
                        cgvm_error_message(refusal));
            }
        }
    }
}

/* A call that is always interrupted must end, too. */
static void test_endless_interruption(void)
{
    KvmFault fault = { .call = KVM_CALL_IOCTL, .request = KVMIO_CREATE_VM, .nth = 0, .error = EINTR };
    g_autoptr(Error) error = NULL;

    g_assert_false(launch(&snp, &fault, NULL, &error));
    g_assert_cmpint(cgvm_error_errno(error), ==, EINTR);
}

/* What only asks whether something exists has an answer when it fails: no. */
static void test_probes_fall_back(const void *opaque)
{
    unsigned long request = GPOINTER_TO_SIZE(opaque);
    KvmFault fault = { .call = KVM_CALL_IOCTL, .request = request };
    unsigned calls = count_calls(&snp, fault), refused = 0;

    g_assert_cmpuint(calls, >, 0);
    for (unsigned nth = 1; nth <= calls; nth++) {
        g_autoptr(Error) error = NULL;

        fault.nth = nth;
        fault.error = EINVAL;
        /* Without VM types there is no SNP, and that is said. */
        if (!launch(&snp, &fault, NULL, &error)) {
            g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_UNSUPPORTED);
            g_assert_nonnull(strstr(cgvm_error_message(error), "KVM_CAP_VM_TYPES is 0x0"));
            refused++;
        }
    }
    g_assert_cmpuint(refused, ==, request == KVMIO_CHECK_EXTENSION ? 1 : 0);
}

/* That the steps above are all there are: no ioctl of the launch fails without a row of the table. */
static void test_every_call_has_a_row(const void *opaque)
{
    const Guest *guest = opaque;
    unsigned total = count_calls(guest, (KvmFault){ .call = KVM_CALL_IOCTL }), listed = 0;
    static const unsigned long probes[] = { KVMIO_CHECK_EXTENSION, KVMIO_HAS_DEVICE_ATTR,
                                            KVMIO_GET_DEVICE_ATTR };

    for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
        if (steps[i].fault.call == KVM_CALL_IOCTL) {
            listed += count_calls(guest, step_fault(&steps[i], 0, 0));
        }
    }
    for (size_t i = 0; i < G_N_ELEMENTS(probes); i++) {
        listed += count_calls(guest, (KvmFault){ .call = KVM_CALL_IOCTL, .request = probes[i] });
    }
    g_assert_cmpuint(listed, ==, total);
}

static void add_step(const char *prefix, const Guest *guest, const Step *step, void (*test)(const void *))
{
    g_autofree char *word = g_strdelimit(g_strdup(step->name), "/", '-');
    g_autofree char *name = g_strdup_printf("/faults/%s/%s/%s", guest->name, prefix, word);
    Run *run = g_new(Run, 1);

    *run = (Run){ guest, step };
    g_test_add_data_func_full(name, run, (GTestDataFunc)test, g_free);
}

static void add_steps(const char *prefix, void (*test)(const void *))
{
    for (size_t i = 0; i < G_N_ELEMENTS(guests); i++) {
        for (size_t j = 0; j < G_N_ELEMENTS(steps); j++) {
            if (steps[j].whose & 1u << i) {
                add_step(prefix, guests[i], &steps[j], test);
            }
        }
    }
}

int main(int argc, char **argv)
{
    static const TypeInfo *const types[] = { QAPI_BUILTIN_TYPES, &fault_accel_type };
    int status;

    g_test_init(&argc, &argv, NULL);
    type_register_all(types, G_N_ELEMENTS(types));
    confidential_guest_extend_machines();
    firmware_path = make_firmware();
    kernel_path = make_kernel();
    add_steps("refused", test_refusals);
    add_steps("interrupted", test_retries);
    g_test_add_func("/faults/interrupted/for-ever", test_endless_interruption);
    g_test_add_data_func("/faults/probe/check-extension", GSIZE_TO_POINTER(KVMIO_CHECK_EXTENSION),
                         test_probes_fall_back);
    g_test_add_data_func("/faults/probe/has-device-attr", GSIZE_TO_POINTER(KVMIO_HAS_DEVICE_ATTR),
                         test_probes_fall_back);
    g_test_add_data_func("/faults/probe/get-device-attr", GSIZE_TO_POINTER(KVMIO_GET_DEVICE_ATTR),
                         test_probes_fall_back);
    g_test_add_data_func("/faults/snp/every-call-has-a-row", &snp, test_every_call_has_a_row);
    g_test_add_data_func("/faults/sev-es/every-call-has-a-row", &sev_es, test_every_call_has_a_row);
    g_test_add_data_func("/faults/direct/every-call-has-a-row", &direct, test_every_call_has_a_row);
    status = g_test_run();
    g_unlink(firmware_path);
    g_free(firmware_path);
    return status;
}
