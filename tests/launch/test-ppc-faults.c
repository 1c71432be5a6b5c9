/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Every call that the launch of a pef-guest makes fails once with every errno that it can give, as
 * test-faults.c does for SEV: the message must name the call and its errno and leave nothing open. Then the
 * same for the reset.
 */
#include <dirent.h>
#include <errno.h>
#include "hw/kvm-fault.h"
#include "hw/simhost.h"
#include "target-ppc/kvm-ppc-abi.h"
#include "tests/unit/ppc-machine.h"

/* ---- an accelerator with a fault ---- */

typedef struct FaultAccel {
    Accel parent;
    KvmFault fault;
    const KvmDoor *door;
} FaultAccel;

static const char *fault_accel_device(const Accel *accel G_GNUC_UNUSED)
{
    return "/dev/kvm";
}

static KvmDoor *fault_accel_door(const Accel *accel, const TargetInfo *target, Error **errp)
{
    FaultAccel *self = (FaultAccel *)accel;
    KvmDoor *door = kvm_fault_door_new(simhost_door_new(target->sim, NULL, errp), &self->fault);

    self->door = door;
    return door;
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

/* ---- launches ---- */

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

/* Launches a guest with two vCPUs, and resets it if @resets. */
static bool launch(const KvmFault *fault, bool resets, unsigned *ret_matches, Error **errp)
{
    unsigned before = count_descriptors();
    bool done;

    {
        g_auto(PpcGuest) guest = ppc_guest_new(true);
        g_autoptr(Object) accel = object_new("fault-accel");

        ((FaultAccel *)accel)->fault = *fault;
        ppc_guest_set_cpus(&guest, "2");
        done = machine_start(guest.machine, ACCEL(accel), errp) &&
               (!resets || machine_reset(guest.machine, errp));
        if (done && ret_matches) {
            *ret_matches = kvm_fault_door_matches(((FaultAccel *)accel)->door);
        }
        machine_stop(guest.machine);
    }
    g_assert_cmpuint(count_descriptors(), ==, before);
    return done;
}

static unsigned count_calls(KvmFault fault)
{
    unsigned matches = 0;

    fault.nth = 1000000;
    fault.error = EINVAL;
    g_assert_true(launch(&fault, false, &matches, NULL));
    return matches;
}

/** A step of the launch: the call, a word of its message besides its name, and the errnos that it can give.
 */
typedef struct Step {
    const char *name;
    KvmFault fault;
    int errors[7];
} Step;

#define IOCTL(word)                                                                                          \
    "KVM_" #word,                                                                                            \
    {                                                                                                        \
        .call = KVM_CALL_IOCTL, .request = KVMIO_##word                                                      \
    }

static const Step steps[] = {
    { "/dev/kvm",
      { .call = KVM_CALL_OPEN, .path = "/dev/kvm" },
      { ENOENT, ENXIO, EACCES, EPERM, ENODEV, EMFILE, ENFILE } },
    { IOCTL(GET_API_VERSION), { EINVAL, ENOTTY, EBADF } },
    { IOCTL(GET_VCPU_MMAP_SIZE), { EINVAL, ENOTTY, EBADF } },
    { IOCTL(CREATE_VM), { EINVAL, ENOMEM, EMFILE, ENOENT } },
    { IOCTL(ENABLE_CAP), { EINVAL, EBADF, EPERM, EBUSY, ENOMEM } },
    { IOCTL(CREATE_DEVICE), { ENODEV, EEXIST, ENOMEM, EMFILE } },
    { IOCTL(SET_DEVICE_ATTR), { ENOENT, ENOMEM, EFAULT, ENXIO } },
    { IOCTL(PPC_RTAS_DEFINE_TOKEN), { ENOENT, EEXIST, ENOMEM, ENOTTY } },
    { IOCTL(CREATE_VCPU), { EINVAL, EEXIST, ENOMEM, EMFILE } },
    { "vCPU", { .call = KVM_CALL_MMAP }, { ENOMEM, EINVAL, EBADF } },
    { IOCTL(GET_SREGS), { EINVAL, ENOMEM, EIO } },
    { IOCTL(SET_ONE_REG), { EINVAL, EFAULT, ENOTTY } },
    { IOCTL(SET_USER_MEMORY_REGION), { EINVAL, EEXIST, ENOMEM } },
    { IOCTL(SET_REGS), { EINVAL, ENOMEM, EIO } },
};

static void check_refusal(const Step *step, unsigned nth, int os_error)
{
    KvmFault fault = step->fault;
    g_autoptr(Error) error = NULL;

    fault.nth = nth;
    fault.error = os_error;
    g_assert_false(launch(&fault, false, NULL, &error));
    g_assert_nonnull(error);
    g_test_message("%s", cgvm_error_message(error));
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_KERNEL);
    g_assert_cmpint(cgvm_error_errno(error), ==, os_error);
    g_assert_nonnull(strstr(cgvm_error_message(error), step->name));
    g_assert_nonnull(strstr(cgvm_error_message(error), g_strerror(os_error)));
    g_assert_null(strchr(cgvm_error_message(error), '\n'));
}

static void test_refusals(const void *opaque)
{
    const Step *step = opaque;
    unsigned calls = count_calls(step->fault);

    g_assert_cmpuint(calls, >, 0);
    for (unsigned nth = 1; nth <= calls; nth++) {
        for (const int *error = step->errors; error < step->errors + G_N_ELEMENTS(step->errors) && *error;
             error++) {
            check_refusal(step, nth, *error);
        }
    }
}

static void test_retries(const void *opaque)
{
    const Step *step = opaque;
    unsigned calls = count_calls(step->fault);

    for (unsigned nth = 1; nth <= calls; nth++) {
        KvmFault fault = step->fault;

        fault.nth = nth;
        fault.error = EINTR;
        g_assert_true(launch(&fault, false, NULL, NULL));
    }
}

/* That the steps above are all there are. */
static void test_every_call_has_a_row(void)
{
    unsigned total = count_calls((KvmFault){ .call = KVM_CALL_IOCTL });
    unsigned listed = count_calls((KvmFault){ .call = KVM_CALL_IOCTL, .request = KVMIO_CHECK_EXTENSION });

    for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
        listed += steps[i].fault.call == KVM_CALL_IOCTL ? count_calls(steps[i].fault) : 0;
    }
    g_assert_cmpuint(listed, ==, total);
}

/* ---- what is missing ---- */

static bool is_cap(unsigned long arg, unsigned long value)
{
    return arg == value;
}

/* A capability that cannot be asked for is not there, and the message says what to do about it. */
static void test_missing_capability(void)
{
    static const struct {
        unsigned long cap;
        const char *words;
    } cases[] = {
        { KVMCAP_PPC_PAPR, "KVM_CAP_PPC_PAPR" },
        { KVMCAP_PPC_MMU_RADIX, "disable_radix" },
        { KVMCAP_PPC_SECURE_GUEST, "CONFIG_PPC_UV" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const KvmFault fault = { .call = KVM_CALL_IOCTL,
                                 .request = KVMIO_CHECK_EXTENSION,
                                 .matches = is_cap,
                                 .value = cases[i].cap,
                                 .nth = 1,
                                 .error = EINVAL };
        g_autoptr(Error) error = NULL;

        g_assert_false(launch(&fault, false, NULL, &error));
        g_test_message("%s", cgvm_error_message(error));
        g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_UNSUPPORTED);
        g_assert_nonnull(strstr(cgvm_error_message(error), cases[i].words));
    }
}

/* ---- the reset ---- */

static void test_reset(void)
{
    static const struct {
        int os_error;
        const char *words; /* NULL: the reset goes on */
    } cases[] = {
        { EBUSY, "a vCPU still runs" },
        { EINVAL, "the ultravisor refused to end the secure guest" },
        { ENOMEM, "no memory for the pages that the guest leaves" },
        { EIO, "KVM_PPC_SVM_OFF failed: " },
        { ENOTTY, NULL },
        { EINTR, NULL },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        const KvmFault fault = {
            .call = KVM_CALL_IOCTL, .request = KVMIO_PPC_SVM_OFF, .nth = 1, .error = cases[i].os_error
        };
        g_autoptr(Error) error = NULL;
        bool done = launch(&fault, true, NULL, &error);

        g_assert_true(done == !cases[i].words);
        if (!done) {
            g_test_message("%s", cgvm_error_message(error));
            g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_KERNEL);
            g_assert_cmpint(cgvm_error_errno(error), ==, cases[i].os_error);
            g_assert_true(
                g_str_has_prefix(cgvm_error_message(error), "pef-guest 'pef0': cannot take the guest out "));
            g_assert_nonnull(strstr(cgvm_error_message(error), cases[i].words));
        }
    }
}

static void add_step(const char *prefix, const Step *step, void (*test)(const void *))
{
    g_autofree char *word = g_strdelimit(g_strdup(step->name), "/", '-');
    g_autofree char *name = g_strdup_printf("/ppc-faults/%s/%s", prefix, word);

    g_test_add_data_func(name, step, test);
}

int main(int argc, char **argv)
{
    static const TypeInfo *const types[] = { QAPI_BUILTIN_TYPES, &fault_accel_type };

    g_test_init(&argc, &argv, NULL);
    type_register_all(types, G_N_ELEMENTS(types));
    confidential_guest_extend_machines();
    for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
        add_step("refused", &steps[i], test_refusals);
        add_step("interrupted", &steps[i], test_retries);
    }
    g_test_add_func("/ppc-faults/every-call-has-a-row", test_every_call_has_a_row);
    g_test_add_func("/ppc-faults/missing-capability", test_missing_capability);
    g_test_add_func("/ppc-faults/reset", test_reset);
    return g_test_run();
}
