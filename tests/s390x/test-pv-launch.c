/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whole launches of secure guests on the simulated host: what the ultravisor unpacks is what was sealed, byte
 * by byte; every call of a launch, a switch, a reset and an end fails once, with a message that names it.
 */
#include "tests/s390x/pv-guest.h"

static GBytes *image;
static char *image_path;
static char *script_run; /* switches, says something, and shuts down */

/* ---- what becomes of the guest ---- */

/* What the guest has at @gpa, whether the host can read it or not. */
static void assert_guest_has(const PvGuest *guest, uint64_t gpa, const void *expected, size_t size)
{
    const FaultAccel *accel = (const FaultAccel *)guest->accel;
    g_autofree uint8_t *bytes = g_malloc(size);

    g_assert_true(
        sim_s390_read_guest(accel->plain_door, MACHINE(guest->machine)->kvm->vm_fd, gpa, bytes, size));
    g_assert_cmpmem(bytes, size, expected, size);
}

/* The kernel as it is started: with its command line and where its initrd is. */
static void expect_kernel(uint8_t kernel[KERNEL_SIZE])
{
    const uint64_t numbers[2] = { GUINT64_TO_BE(0x13000), GUINT64_TO_BE(INITRD_SIZE) };

    memcpy(kernel, plain_kernel, KERNEL_SIZE);
    memcpy(kernel + 0x10408, numbers, sizeof(numbers));
    memcpy(kernel + 0x10480, APPEND, sizeof(APPEND));
}

static void assert_unpacked(const PvGuest *guest)
{
    static uint8_t kernel[KERNEL_SIZE];

    expect_kernel(kernel);
    assert_guest_has(guest, 0x10000, kernel + 0x10000, KERNEL_SIZE - 0x10000);
    assert_guest_has(guest, 0x13000, plain_initrd, INITRD_SIZE);
}

static void check_launch(bool guarded)
{
    g_auto(PvGuest) guest;
    const uint8_t *memory;

    guest_init(&guest, image_path, script_run, guarded);
    guest_start(&guest);
    g_assert_cmpint(guest_run(&guest), ==, MACHINE_EXIT_POWERED_OFF);
    g_assert_cmpstr(guest.console->str, ==, "I am secure\n");
    assert_note(&guest, guarded ? "pv0 has become a secure one: 2 components, 5 pages"
                                : "the guest has become a secure one: 2 components, 5 pages");
    assert_unpacked(&guest);
    /* The host sees something else there. */
    memory = guest_ram_pointer(&MACHINE(guest.machine)->ram, 0x13000, INITRD_SIZE, NULL);
    g_assert_cmpint(memcmp(memory, plain_initrd, INITRD_SIZE), !=, 0);
}

static void test_launch(void)
{
    check_launch(true);
}

/* As in QEMU, the object is not what makes a guest secure: what its vCPUs can do is. */
static void test_without_object(void)
{
    check_launch(false);
}

static void test_no_unpack(void)
{
    g_auto(PvGuest) guest;

    guest_init(&guest, image_path, "diag308:8:0x20000:pgm6+diag308:10:0:pgm6+shutdown", false);
    set_property(guest.machine, "cpu-type", "host,unpack=off");
    guest_start(&guest);
    g_assert_cmpint(guest_run(&guest), ==, MACHINE_EXIT_POWERED_OFF);
    g_assert_cmpstr(guest.notes->str, ==, "");
}

/* ---- resets ---- */

static void check_reset(const char *subcode, int expected)
{
    g_autofree char *rest = g_strconcat("diag308:", subcode, "+sclp:again+shutdown", NULL);
    g_autofree char *script = script_for(image, rest);
    g_auto(PvGuest) guest;

    guest_init(&guest, image_path, script, true);
    guest_start(&guest);
    g_assert_cmpint(guest_run(&guest), ==, expected);
    if (expected == MACHINE_EXIT_RESET) {
        g_autoptr(Error) error = NULL;
        const int vm_fd = MACHINE(guest.machine)->kvm->vm_fd;

        assert_unpacked(&guest);
        g_assert_true(machine_reset(MACHINE(guest.machine), &error));
        /* It is a plain one again, in the same VM, and what was secret is gone. */
        g_assert_cmpint(MACHINE(guest.machine)->kvm->vm_fd, ==, vm_fd);
        g_assert_false(s390_pv_is_secure(&S390_MACHINE(guest.machine)->pv));
        g_assert_cmpmem(guest_ram_pointer(&MACHINE(guest.machine)->ram, 0, 0x14000, NULL), 0x14000,
                        g_bytes_get_data(image, NULL), 0x14000);
        g_assert_cmpint(guest_run(&guest), ==, MACHINE_EXIT_POWERED_OFF);
    } else {
        assert_unpacked(&guest);
    }
    g_assert_cmpstr(guest.console->str, ==, "again\n");
}

static void test_reset_in_place(void)
{
    check_reset("1", MACHINE_EXIT_POWERED_OFF);
    check_reset("0", MACHINE_EXIT_POWERED_OFF);
}

static void test_reset(void)
{
    check_reset("3", MACHINE_EXIT_RESET);
}

/* A plain guest may be started anew without that its memory is cleared; a secure one gets an exception for
 * it, and for what would make it what it is. */
static void test_subcodes(void)
{
    static const uint64_t denied[] = { DIAG308_LOAD_NORMAL_DUMP, DIAG308_LOAD_NORMAL, DIAG308_PV_SET,
                                       DIAG308_PV_STORE, DIAG308_PV_START };
    g_autofree char *script = script_for(image, "halt");
    g_auto(PvGuest) guest;

    guest_init(&guest, image_path, script, true);
    guest_start(&guest);
    enter_secure(&guest, image);
    for (size_t i = 0; i < G_N_ELEMENTS(denied); i++) {
        g_assert_cmphex(diag308(&guest, denied[i], ipib_gpa(image)), ==, NO_ANSWER);
        g_assert_false(MACHINE(guest.machine)->stopping);
    }
    /* There is no device to start from, and none was set. */
    g_assert_cmphex(diag308(&guest, DIAG308_SET, 0), ==, DIAG308_RC_INVALID);
    g_assert_cmphex(diag308(&guest, DIAG308_STORE, 0), ==, DIAG308_RC_NO_CONF);
    g_assert_true(s390_pv_is_secure(&S390_MACHINE(guest.machine)->pv));
    diag308(&guest, DIAG308_LOAD_CLEAR, 0);
    g_assert_true(MACHINE(guest.machine)->stopping);
}

/* Above 2 GiB the memory is given back in the background. */
static void test_reset_large(void)
{
    g_autofree char *script = script_for(image, "diag308:3+shutdown");
    g_auto(PvGuest) guest;

    guest_init(&guest, image_path, script, true);
    MACHINE(guest.machine)->props.memory.size = UINT64_C(3) << 30;
    guest_start(&guest);
    g_assert_cmpint(guest_run(&guest), ==, MACHINE_EXIT_RESET);
    g_assert_true(machine_reset(MACHINE(guest.machine), NULL));
    g_assert_nonnull(S390_MACHINE(guest.machine)->pv.cleanup);
    g_assert_cmpint(guest_run(&guest), ==, MACHINE_EXIT_POWERED_OFF);
}

/* ---- another image than was planned ---- */

static void test_difference(void)
{
    g_autofree char *script = script_for(image, "shutdown");
    g_autoptr(GBytes) other = make_image(NULL);
    g_auto(PvGuest) guest;
    uint8_t *memory;

    guest_init(&guest, image_path, script, true);
    guest_start(&guest);
    memory = guest_ram_pointer(&MACHINE(guest.machine)->ram, 0, g_bytes_get_size(other), NULL);
    memcpy(memory, g_bytes_get_data(other, NULL), g_bytes_get_size(other));
    g_assert_cmpint(guest_run(&guest), ==, MACHINE_EXIT_POWERED_OFF);
    assert_note(&guest,
                "s390-pv-guest 'pv0': the guest asks to be started as something else than was planned: "
                "another header");
    assert_note(&guest, "has become a secure one");
}

/* ---- the ultravisor refuses ---- */

typedef struct Refusal {
    const char *name, *fault;
    const char *step; /* what its note names */
    uint64_t answer;  /* what the guest is told */
} Refusal;

static const Refusal refusals[] = {
    { "enable", "CREATE_SEC_CONF=0x102", "KVM_PV_ENABLE failed while making the VM a secure one",
      0x0000000001020a02 },
    { "header", "SET_SEC_CONF_PARAMS=0x108/0x5",
      "KVM_PV_SET_SEC_PARMS failed while setting the image's header: the ultravisor answered rc 0x0108, rrc "
      "0x0005: "
      "the image was not made for this host",
      0x0002000501080a02 },
    { "unpack", "UNPACK_IMG:5=0x10b/0x3",
      "KVM_PV_UNPACK failed while unpacking component 1 (initrd) at 0x13000-0x14fff: the ultravisor answered "
      "rc "
      "0x010b, rrc 0x0003",
      0x00030003010b0a02 },
    { "verify", "VERIFY_IMG=0x102/0x1b",
      "KVM_PV_VERIFY failed while verifying the unpacked components: the ultravisor answered rc 0x0102, rrc "
      "0x001b: "
      "the contents of the pages",
      0x0004001b01020a02 },
};

static void test_refusal(const void *opaque)
{
    const Refusal *refusal = opaque;
    g_auto(PvGuest) guest;

    guest_init(&guest, image_path, NULL, true);
    ((FaultAccel *)guest.accel)->sim_fault = refusal->fault;
    guest_start(&guest);
    g_assert_cmphex(diag308(&guest, DIAG308_PV_START, 0), ==, DIAG308_RC_NO_PV_CONF);
    g_assert_cmphex(diag308(&guest, DIAG308_PV_STORE, 0x100000), ==, DIAG308_RC_NO_PV_CONF);
    g_assert_cmphex(diag308(&guest, DIAG308_PV_SET, ipib_gpa(image)), ==, DIAG308_RC_OK);
    g_assert_cmphex(diag308(&guest, DIAG308_PV_START, 0), ==, refusal->answer);
    assert_note(&guest, refusal->step);
    g_assert_false(s390_pv_is_secure(&S390_MACHINE(guest.machine)->pv));
    /* What was set is still there. */
    g_assert_cmphex(diag308(&guest, DIAG308_PV_STORE, 0x100000), ==, DIAG308_RC_OK);
    g_assert_cmpmem(guest_ram_pointer(&MACHINE(guest.machine)->ram, 0x100000, 184, NULL), 184,
                    (const uint8_t *)g_bytes_get_data(image, NULL) + ipib_gpa(image), 184);
}

/* ---- calls that fail ---- */

static bool is_command(unsigned long arg, unsigned long value)
{
    return ((const KvmS390PvCommand *)arg)->cmd == value;
}

static bool is_interrupt(unsigned long arg, unsigned long value)
{
    return ((const KvmS390Interrupt *)arg)->type == value;
}

static bool is_state(unsigned long arg, unsigned long value)
{
    return ((const KvmMpState *)arg)->mp_state == value;
}

typedef struct Step {
    const char *name; /* in the message */
    KvmFault fault;
    int errors[4];
} Step;

#define IOCTL(word)                                                                                          \
    "KVM_" #word,                                                                                            \
    {                                                                                                        \
        .call = KVM_CALL_IOCTL, .request = KVMIO_##word                                                      \
    }
#define COMMAND(word)                                                                                        \
    "KVM_PV_" #word,                                                                                         \
    {                                                                                                        \
        .call = KVM_CALL_IOCTL, .request = KVMIO_S390_PV_COMMAND, .matches = is_command,                     \
        .value = KVM_S390_PV_##word                                                                          \
    }

/* Of the start: the host refuses, and nothing is left. */
static const Step starting[] = {
    { "/dev/kvm", { .call = KVM_CALL_OPEN, .path = "/dev/kvm" }, { ENOENT, EACCES } },
    { IOCTL(GET_API_VERSION), { EINVAL } },
    { IOCTL(GET_VCPU_MMAP_SIZE), { EINVAL } },
    { IOCTL(CREATE_VM), { EINVAL, ENOMEM } },
    { IOCTL(SET_DEVICE_ATTR), { EINVAL, EFAULT, EBUSY } },
    { IOCTL(GET_DEVICE_ATTR), { ENXIO, EFAULT } },
    { IOCTL(CREATE_VCPU), { EINVAL, ENOMEM } },
    { "vCPU", { .call = KVM_CALL_MMAP }, { ENOMEM } },
    { IOCTL(SET_USER_MEMORY_REGION), { EINVAL, ENOMEM } },
    { IOCTL(S390_CLEAR_RESET), { EINVAL, EIO } },
    { IOCTL(SET_MP_STATE), { EINVAL, ENXIO } },
};

static const unsigned never = 1000000;

static bool start_with(const Step *step, unsigned nth, int os_error, unsigned *ret_matches, Error **errp)
{
    g_auto(PvGuest) guest;
    FaultAccel *accel;
    bool done;

    guest_init(&guest, image_path, NULL, true);
    accel = (FaultAccel *)guest.accel;
    accel->fault = step->fault;
    accel->fault.nth = nth;
    accel->fault.error = os_error;
    done = machine_start(MACHINE(guest.machine), ACCEL(guest.accel), errp);
    if (done && ret_matches) {
        *ret_matches = kvm_fault_door_matches(accel->door);
    }
    return done;
}

static void test_starting(const void *opaque)
{
    const Step *step = opaque;
    unsigned calls = 0;

    g_assert_true(start_with(step, never, EINVAL, &calls, NULL));
    g_assert_cmpuint(calls, >, 0);
    for (unsigned nth = 1; nth <= calls; nth++) {
        for (size_t i = 0; i < G_N_ELEMENTS(step->errors) && step->errors[i]; i++) {
            g_autoptr(Error) error = NULL;

            g_assert_false(start_with(step, nth, step->errors[i], NULL, &error));
            g_test_message("%s", cgvm_error_message(error));
            g_assert_nonnull(strstr(cgvm_error_message(error), step->name));
            g_assert_nonnull(strstr(cgvm_error_message(error), g_strerror(step->errors[i])));
            g_assert_cmpint(cgvm_error_errno(error), ==, step->errors[i]);
        }
    }
}

/* Of what comes later: what a guest asks for. */
typedef struct LateStep {
    Step step;
    const char *script; /* behind the switch; the name stands in the notes afterwards */
    bool at_the_switch; /* the guest is told, and goes on */
} LateStep;

static const LateStep late[] = {
    { { COMMAND(ENABLE), { EINVAL, EIO, ENOMEM } }, "", true },
    { { COMMAND(INFO), { EINVAL } }, "", true },
    { { COMMAND(SET_SEC_PARMS), { EINVAL, EFAULT } }, "", true },
    { { COMMAND(UNPACK), { EINVAL, EFAULT } }, "", true },
    { { COMMAND(VERIFY), { EINVAL } }, "", true },
    { { IOCTL(S390_NORMAL_RESET), { EINVAL } }, "", true },
    { { "vCPU 0: KVM_SET_MP_STATE",
        { .call = KVM_CALL_IOCTL,
          .request = KVMIO_SET_MP_STATE,
          .matches = is_state,
          .value = KVM_MP_STATE_LOAD_S390 },
        { EINVAL, ENXIO } },
      "",
      false },
    { { COMMAND(UNSHARE_ALL), { EINVAL } }, "diag308:1+shutdown", false },
    { { COMMAND(PREP_RESET), { EINVAL } }, "diag308:0+shutdown", false },
    { { IOCTL(S390_INITIAL_RESET), { EINVAL } }, "diag308:1+shutdown", false },
    { { IOCTL(S390_INTERRUPT), { EINVAL } }, "sclp:nobody hears+shutdown", false },
    { { "vCPU 0: KVM_S390_INTERRUPT",
        { .call = KVM_CALL_IOCTL,
          .request = KVMIO_S390_INTERRUPT,
          .matches = is_interrupt,
          .value = KVM_S390_IRQ_RESTART },
        { EINVAL } },
      "sigp:6:0+shutdown",
      false },
};

/* The guest's own steps: the switch, once more if it was refused, and what follows. */
static char *late_script(const LateStep *test, bool is_refused)
{
    g_autofree char *set = script_for(image, "");
    g_autofree char *block = g_strconcat("diag308:8:", strchr(set, ':') + 1, NULL);

    return is_refused ? g_strdup_printf("%s+diag308:10:0:0xa02+shutdown", block)
                      : g_strdup_printf("%s+diag308:10%s%s", block, *test->script ? "+" : "",
                                        *test->script ? test->script : "+shutdown");
}

static void check_late(const LateStep *test, unsigned nth, int os_error)
{
    g_autofree char *script = late_script(test, test->at_the_switch);
    g_auto(PvGuest) guest;
    FaultAccel *accel;
    int kind;

    guest_init(&guest, image_path, script, true);
    accel = (FaultAccel *)guest.accel;
    accel->fault = test->step.fault;
    accel->fault.nth = nth;
    accel->fault.error = os_error;
    guest_start(&guest);
    kind = guest_run(&guest);
    g_test_message("%s", guest.notes->str);
    g_assert_cmpint(kind, ==, test->at_the_switch ? MACHINE_EXIT_POWERED_OFF : MACHINE_EXIT_ERROR);
    assert_note(&guest, test->step.name);
    assert_note(&guest, g_strerror(os_error));
    g_assert_null(strstr(guest.notes->str, "vCPU 0: vCPU"));
}

static void test_late(const void *opaque)
{
    const LateStep *test = opaque;
    /* Of the calls that a launch makes more than once: a page of each component, and the first. */
    const unsigned calls = strcmp(test->step.name, "KVM_PV_UNPACK") == 0 ? 2 : 1;

    for (unsigned nth = 1; nth <= calls; nth++) {
        for (size_t i = 0; i < G_N_ELEMENTS(test->step.errors) && test->step.errors[i]; i++) {
            check_late(test, nth, test->step.errors[i]);
        }
    }
}

/* If what was begun cannot be undone, the guest does not go on. */
static void test_stuck(void)
{
    g_autofree char *script = script_for(image, "shutdown");
    g_auto(PvGuest) guest;
    FaultAccel *accel;

    guest_init(&guest, image_path, script, true);
    accel = (FaultAccel *)guest.accel;
    accel->sim_fault = "VERIFY_IMG=0x102/0x1a";
    accel->fault = (KvmFault){ .call = KVM_CALL_IOCTL,
                               .request = KVMIO_S390_PV_COMMAND,
                               .matches = is_command,
                               .value = KVM_S390_PV_DISABLE,
                               .nth = 1,
                               .error = EIO };
    guest_start(&guest);
    g_assert_cmpint(guest_run(&guest), ==, MACHINE_EXIT_ERROR);
    assert_note(&guest, "KVM_PV_DISABLE failed, too");
    assert_note(&guest, "KVM_PV_VERIFY failed");
}

/* The last call of all is not worth ending with an error, but with a word. */
static void test_disable_fails(void)
{
    PvGuest guest;
    FaultAccel *accel;

    guest_init(&guest, image_path, script_run, true);
    accel = (FaultAccel *)guest.accel;
    accel->fault = (KvmFault){ .call = KVM_CALL_IOCTL,
                               .request = KVMIO_S390_PV_COMMAND,
                               .matches = is_command,
                               .value = KVM_S390_PV_DISABLE,
                               .nth = 1,
                               .error = EIO };
    guest_start(&guest);
    g_assert_cmpint(guest_run(&guest), ==, MACHINE_EXIT_POWERED_OFF);
    machine_stop(MACHINE(guest.machine));
    assert_note(
        &guest,
        "the ultravisor may keep memory of the guest that has ended from this host: KVM_PV_DISABLE failed "
        "while making the guest a plain one");
    guest_clear(&guest);
}

/* ---- QEMU's weaknesses ---- */

typedef struct Flipper {
    volatile uint8_t *size; /* of a block in guest memory */
    gint stop;
} Flipper;

/* Another vCPU, in the midst of it: the block becomes larger and smaller. */
static void *flip_size(void *opaque)
{
    Flipper *flipper = opaque;

    while (!g_atomic_int_get(&flipper->stop)) {
        flipper->size[3] ^= 0x40; /* both lengths are right */
    }
    return NULL;
}

/* 7: a block is read twice, its length checked the first time and used the second. */
static void test_weakness_7_block_is_read_once(void)
{
    g_auto(PvGuest) guest;
    Flipper flipper = { .stop = 0 };
    GThread *thread;
    const uint64_t gpa = ipib_gpa(image);
    const gsize length = sizeof(PvIpib) + 2 * sizeof(PvIpibComponent);
    const gint64 deadline = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
    unsigned n = 0, n_long = 0;

    guest_init(&guest, image_path, NULL, true);
    guest_start(&guest);
    flipper.size = guest_ram_pointer(&MACHINE(guest.machine)->ram, gpa, 4096, NULL);
    thread = g_thread_new("flip", flip_size, &flipper);
    /* On a busy machine the other thread may come late. */
    for (; n < 20000 || ((!n_long || n_long == n) && g_get_monotonic_time() < deadline); n++) {
        const S390Request *request = &S390_MACHINE(guest.machine)->request;
        gsize size;
        const uint8_t *bytes;

        /* Whichever length is read: what is checked and kept is one block, which has the length that it says.
         */
        g_assert_cmphex(diag308(&guest, DIAG308_PV_SET, gpa), ==, DIAG308_RC_OK);
        bytes = g_bytes_get_data(request->bytes, &size);
        g_assert_cmpuint(size, ==, (gsize)bytes[2] << 8 | bytes[3]);
        n_long += size > length;
    }
    g_atomic_int_set(&flipper.stop, 1);
    g_thread_join(thread);
    /* Else nothing has changed meanwhile. */
    g_assert_cmpuint(n_long, >, 0);
    g_assert_cmpuint(n_long, <, n);
}

/* 8: a switch that fails before the ultravisor was asked hands the guest what was on the stack. */
static void test_weakness_8_answer_is_initialised(void)
{
    static const KvmFault fault = {
        .call = KVM_CALL_IOCTL,
        .request = KVMIO_S390_NORMAL_RESET,
        .nth = 0,
        .error = EINVAL,
    };
    g_auto(PvGuest) guest;

    guest_init(&guest, image_path, NULL, true);
    ((FaultAccel *)guest.accel)->fault = fault;
    guest_start(&guest);
    g_assert_cmphex(diag308(&guest, DIAG308_PV_SET, ipib_gpa(image)), ==, DIAG308_RC_OK);
    g_assert_cmphex(diag308(&guest, DIAG308_PV_START, 0), ==, DIAG308_RC_INVALID_FOR_PV);
}

/* ---- all of them ---- */

int main(int argc, char **argv)
{
    int status;

    pv_tests_init(&argc, &argv);
    image = make_image(NULL);
    image_path = write_image(image);
    script_run = script_for(image, "sclp:I am secure+shutdown");
    g_test_add_func("/pv-launch/launch", test_launch);
    g_test_add_func("/pv-launch/without-object", test_without_object);
    g_test_add_func("/pv-launch/no-unpack", test_no_unpack);
    g_test_add_func("/pv-launch/reset-in-place", test_reset_in_place);
    g_test_add_func("/pv-launch/reset", test_reset);
    g_test_add_func("/pv-launch/subcodes", test_subcodes);
    g_test_add_func("/pv-launch/reset-large", test_reset_large);
    g_test_add_func("/pv-launch/difference", test_difference);
    for (size_t i = 0; i < G_N_ELEMENTS(refusals); i++) {
        g_autofree char *path = g_strconcat("/pv-launch/refused/", refusals[i].name, NULL);
        g_test_add_data_func(path, &refusals[i], test_refusal);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(starting); i++) {
        g_autofree char *path = g_strdup_printf("/pv-launch/start-fails/%zu", i);
        g_test_add_data_func(path, &starting[i], test_starting);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(late); i++) {
        g_autofree char *path = g_strdup_printf("/pv-launch/call-fails/%zu", i);
        g_test_add_data_func(path, &late[i], test_late);
    }
    g_test_add_func("/pv-launch/stuck", test_stuck);
    g_test_add_func("/pv-launch/disable-fails", test_disable_fails);
    g_test_add_func("/pv-launch/weakness-7", test_weakness_7_block_is_read_once);
    g_test_add_func("/pv-launch/weakness-8", test_weakness_8_answer_is_initialised);
    status = g_test_run();
    g_unlink(image_path);
    g_free(image_path);
    g_free(script_run);
    g_bytes_unref(image);
    return status;
}
