/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a machine grants a secure guest and what it does not: how many vCPUs, which memory; that its pages are
 * given back at once or in the background, by how many there are; and what a guest achieves that changes its
 * block or its header while they are looked at.
 */
#include "hw/memory-backend.h"
#include "tests/s390x/pv-guest.h"

#define GIB UINT64_C(0x40000000)

static GBytes *image;
static char *image_path;

static const unsigned never = 1000000;

static bool is_command(unsigned long arg, unsigned long value)
{
    return ((const KvmS390PvCommand *)arg)->cmd == value;
}

static bool is_number(unsigned long arg, unsigned long value)
{
    return arg == value;
}

static bool start(PvGuest *guest, Error **errp)
{
    return machine_start(MACHINE(guest->machine), ACCEL(guest->accel), errp);
}

static bool is_secure(const PvGuest *guest)
{
    return s390_pv_is_secure(&S390_MACHINE(guest->machine)->pv);
}

/* ---- vCPUs ---- */

static void check_cpus(bool guarded, unsigned most, const char *message)
{
    for (unsigned n = most; n <= most + 1; n++) {
        g_autoptr(Error) error = NULL;
        g_auto(PvGuest) guest;

        guest_init(&guest, image_path, NULL, guarded);
        MACHINE(guest.machine)->props.smp =
            (SmpConfiguration){ .has_cpus = true, .cpus = 1, .has_maxcpus = true, .maxcpus = n };
        g_assert_true(start(&guest, &error) == (n == most));
        g_assert_true(n == most || strstr(cgvm_error_message(error), message));
    }
}

/* The list of vCPUs has to fit the page that the ultravisor shows. */
static void test_cpus(void)
{
    check_cpus(true, 247, "a secure guest has at most 247 vCPUs, not 248; use a smaller -smp");
    check_cpus(false, 248, "248");
}

/* ---- memory ---- */

/* A guest whose memory says that it has huge pages, which few machines have for a test. */
static void guest_init_huge(PvGuest *guest, bool guarded)
{
    g_autoptr(json_object) properties = json_object_new_object();
    MemoryBackend *backend;

    guest_init(guest, image_path, NULL, guarded);
    json_object_object_add(properties, "size", json_object_new_int64(16 << 20));
    backend =
        MEMORY_BACKEND(user_creatable_add(guest->root, "memory-backend-ram", "ram0", properties, true, NULL));
    set_property(guest->machine, "memory-backend", "ram0");
    g_assert_nonnull(memory_backend_map(backend, NULL));
    backend->reclaim = RAM_RECLAIM_NEVER;
}

static void test_huge_pages(void)
{
    g_autoptr(Error) error = NULL;
    g_auto(PvGuest) guest;

    guest_init_huge(&guest, true);
    g_assert_false(start(&guest, &error));
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_UNSUPPORTED);
    g_assert_nonnull(
        strstr(cgvm_error_message(error),
               "'memory-backend' has huge pages, and the memory of a secure guest cannot be backed by "
               "them; use memory-backend-ram or -memfd"));
}

/* A guest that nobody has announced may have them, and then cannot become a secure one: KVM is not asked. */
static void test_huge_pages_without_object(void)
{
    static const KvmFault enable = { .call = KVM_CALL_IOCTL,
                                     .request = KVMIO_S390_PV_COMMAND,
                                     .matches = is_command,
                                     .value = KVM_S390_PV_ENABLE,
                                     .nth = never,
                                     .error = EINVAL };
    g_auto(PvGuest) guest;

    guest_init_huge(&guest, false);
    ((FaultAccel *)guest.accel)->fault = enable;
    guest_start(&guest);
    g_assert_cmphex(diag308(&guest, DIAG308_PV_SET, ipib_gpa(image)), ==, DIAG308_RC_OK);
    g_assert_cmphex(diag308(&guest, DIAG308_PV_START, 0), ==, DIAG308_RC_INVALID_FOR_PV);
    assert_note(&guest, "the guest was refused secure mode: its memory is backed by huge pages");
    g_assert_cmpuint(kvm_fault_door_matches(((FaultAccel *)guest.accel)->door), ==, 0);
    g_assert_false(is_secure(&guest));
}

/* ---- clean-up ---- */

/* How often @command was given, of a guest of @size bytes that becomes secure and is reset. @fault may be
 * NULL. */
static unsigned count_in_reset(uint64_t size, uint32_t command, const KvmFault *fault)
{
    g_auto(PvGuest) guest;
    FaultAccel *accel;
    unsigned count;

    guest_init(&guest, image_path, NULL, true);
    accel = (FaultAccel *)guest.accel;
    accel->fault = fault ? *fault
                         : (KvmFault){ .call = KVM_CALL_IOCTL,
                                       .request = KVMIO_S390_PV_COMMAND,
                                       .matches = is_command,
                                       .value = command,
                                       .nth = never,
                                       .error = EINVAL };
    MACHINE(guest.machine)->props.memory.size = size;
    guest_start(&guest);
    enter_secure(&guest, image);
    g_assert_true(machine_reset(MACHINE(guest.machine), NULL));
    g_assert_false(is_secure(&guest));
    s390_pv_wait(&S390_MACHINE(guest.machine)->pv);
    count = kvm_fault_door_matches(accel->door);
    /* And again: what is left of the first one is in nobody's way. */
    enter_secure(&guest, image);
    return count;
}

/* Above 2 GiB, and only there: the kernel refuses it for less. */
static void test_in_background(void)
{
    g_assert_cmpuint(count_in_reset(2 * GIB, KVM_S390_PV_ASYNC_CLEANUP_PREPARE, NULL), ==, 0);
    g_assert_cmpuint(count_in_reset(2 * GIB, KVM_S390_PV_DISABLE, NULL), ==, 1);
    g_assert_cmpuint(count_in_reset(2 * GIB + (1 << 20), KVM_S390_PV_ASYNC_CLEANUP_PREPARE, NULL), ==, 1);
    g_assert_cmpuint(count_in_reset(2 * GIB + (1 << 20), KVM_S390_PV_ASYNC_CLEANUP_PERFORM, NULL), ==, 1);
    g_assert_cmpuint(count_in_reset(2 * GIB + (1 << 20), KVM_S390_PV_DISABLE, NULL), ==, 0);
}

/* Where it cannot be had, pages are given back at once; where it fails later, the kernel does it at the end.
 */
static void test_not_in_background(void)
{
    const KvmFault faults[] = {
        { .call = KVM_CALL_IOCTL,
          .request = KVMIO_CHECK_EXTENSION,
          .matches = is_number,
          .value = KVMCAP_S390_PROTECTED_ASYNC_DISABLE,
          .error = EINVAL },
        { .call = KVM_CALL_IOCTL,
          .request = KVMIO_S390_PV_COMMAND,
          .matches = is_command,
          .value = KVM_S390_PV_ASYNC_CLEANUP_PREPARE,
          .nth = 1,
          .error = EINVAL },
        { .call = KVM_CALL_IOCTL,
          .request = KVMIO_S390_PV_COMMAND,
          .matches = is_command,
          .value = KVM_S390_PV_ASYNC_CLEANUP_PERFORM,
          .nth = 1,
          .error = EIO },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(faults); i++) {
        g_assert_cmpuint(count_in_reset(3 * GIB, KVM_S390_PV_DISABLE, &faults[i]), ==, 1);
    }
}

/* A reset without a secure guest asks the ultravisor for nothing. */
static void test_plain_reset(void)
{
    g_auto(PvGuest) guest;

    guest_init(&guest, image_path, NULL, true);
    ((FaultAccel *)guest.accel)->fault =
        (KvmFault){ .call = KVM_CALL_IOCTL, .request = KVMIO_S390_PV_COMMAND, .nth = never, .error = EINVAL };
    guest_start(&guest);
    g_assert_true(machine_reset(MACHINE(guest.machine), NULL));
    g_assert_cmpuint(kvm_fault_door_matches(((FaultAccel *)guest.accel)->door), ==, 0);
}

/* ---- what nobody knows ---- */

/* KVM can give a secure guest hardly any program interruption, so it cannot be told. */
static void test_unknown_instruction(void)
{
    const char *text =
        "vCPU 0: the secure guest asks for something that cannot be done, and KVM cannot give it the "
        "program interruption 0x0001 for that";
    g_auto(PvGuest) guest;
    MachineState *machine;
    Vcpu *vcpu;

    guest_init(&guest, image_path, NULL, true);
    guest_start(&guest);
    enter_secure(&guest, image);
    machine = MACHINE(guest.machine);
    vcpu = g_ptr_array_index(machine->vcpus, 0);
    s390_run(vcpu)->exit_reason = KVMEXIT_S390_SIEIC;
    s390_run(vcpu)->sieic.icptcode = KVM_S390_ICPT_PV_INSTR;
    s390_run(vcpu)->sieic.ipa = 0xb2ff;
    g_assert_true(s390_machine_exit(machine, vcpu));
    g_assert_true(machine->stopping);
    g_assert_cmpstr(cgvm_error_message(machine->exit.error), ==, text);
    g_clear_pointer(&machine->exit.error, cgvm_error_free);
}

/* ---- what changes meanwhile ---- */

/* What a guest is started as is what it has passed, whatever it makes of its block afterwards. */
static void test_block_changes(void)
{
    const uint64_t gpa = ipib_gpa(image);
    const size_t size = sizeof(PvIpib) + 2 * sizeof(PvIpibComponent);
    g_auto(PvGuest) guest;
    uint8_t *block, *copy;

    guest_init(&guest, image_path, NULL, true);
    guest_start(&guest);
    block = guest_ram_pointer(&MACHINE(guest.machine)->ram, gpa, 4096, NULL);
    copy = guest_ram_pointer(&MACHINE(guest.machine)->ram, 0x100000, 4096, NULL);
    g_assert_cmphex(diag308(&guest, DIAG308_PV_SET, gpa), ==, DIAG308_RC_OK);
    memset(block, 0xff, 4096);
    memset(copy, 0x55, 4096);
    g_assert_cmphex(diag308(&guest, DIAG308_PV_STORE, 0x100000), ==, DIAG308_RC_OK);
    g_assert_cmpmem(copy, size, (const uint8_t *)g_bytes_get_data(image, NULL) + gpa, size);
    g_assert_cmphex(copy[size], ==, 0x55); /* no more than it has passed */
    /* One that is refused does not replace it. */
    g_assert_cmphex(diag308(&guest, DIAG308_PV_SET, gpa), ==, DIAG308_RC_INVALID);
    diag308(&guest, DIAG308_PV_START, 0);
    g_assert_true(is_secure(&guest));
}

/* Wherever a guest has its block, header and components: none is used beyond the end of memory. */
static void test_places(void)
{
    static const struct {
        size_t offset; /* of the number in the block */
        uint64_t value;
        const char *note;
    } rows[] = {
        { offsetof(PvIpib, header_addr), UINT64_C(16) << 20, "the header of 640 bytes at 0x1000000" },
        { offsetof(PvIpib, header_addr), (UINT64_C(16) << 20) - 639, "the header of 640 bytes at 0xfffd81" },
        { offsetof(PvIpib, header_addr), UINT64_MAX, "the header of 640 bytes at 0xffffffffffffffff" },
        { sizeof(PvIpib) + 8, UINT64_C(16) << 20, "component 0 (kernel) of 0x3000 bytes at 0x1000000" },
        { sizeof(PvIpib) + 8, (UINT64_C(16) << 20) - 0x2000,
          "component 0 (kernel) of 0x3000 bytes at 0xffe000" },
        { sizeof(PvIpib) + 24 + 16, UINT64_C(16) << 20,
          "component 1 (initrd) of 0x1000000 bytes at 0x13000" },
    };
    const uint64_t gpa = ipib_gpa(image);
    g_auto(PvGuest) guest;
    uint8_t *block;

    guest_init(&guest, image_path, NULL, true);
    guest_start(&guest);
    block = guest_ram_pointer(&MACHINE(guest.machine)->ram, gpa, 4096, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const uint64_t value = GUINT64_TO_BE(rows[i].value);
        uint64_t before;

        memcpy(&before, block + rows[i].offset, sizeof(before));
        memcpy(block + rows[i].offset, &value, sizeof(value));
        g_string_truncate(guest.notes, 0);
        g_assert_cmphex(diag308(&guest, DIAG308_PV_SET, gpa), ==, DIAG308_RC_INVALID);
        assert_note(&guest, "the guest has no memory for ");
        assert_note(&guest, rows[i].note);
        memcpy(block + rows[i].offset, &before, sizeof(before));
    }
    g_assert_cmphex(diag308(&guest, DIAG308_PV_START, 0), ==, DIAG308_RC_NO_PV_CONF);
    /* A block in the last page is one like others. */
    memcpy(guest_ram_pointer(&MACHINE(guest.machine)->ram, (16 << 20) - 4096, 4096, NULL), block, 4096);
    g_assert_cmphex(diag308(&guest, DIAG308_PV_SET, (16 << 20) - 4096), ==, DIAG308_RC_OK);
}

typedef struct Flipper {
    volatile uint8_t *byte;
    gint stop;
} Flipper;

/* Another vCPU. */
static void *flip(void *opaque)
{
    Flipper *flipper = opaque;

    while (!g_atomic_int_get(&flipper->stop)) {
        *flipper->byte ^= 1;
    }
    return NULL;
}

/* The header is copied once: what is compared with the plan is what the ultravisor gets. */
static void test_header_changes(void)
{
    const gint64 deadline = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
    unsigned n_right = 0, n_wrong = 0;
    Flipper flipper = { .stop = 0 };
    g_auto(PvGuest) guest;
    GThread *thread;
    PvImage parsed;

    guest_init(&guest, image_path, NULL, true);
    guest_start(&guest);
    g_assert_true(pv_image_parse(image, &parsed, NULL));
    flipper.byte = guest_ram_pointer(&MACHINE(guest.machine)->ram, parsed.header_gpa + 20, 1, NULL);
    g_assert_cmphex(diag308(&guest, DIAG308_PV_SET, parsed.ipib_gpa), ==, DIAG308_RC_OK);
    pv_image_clear(&parsed);
    thread = g_thread_new("flip", flip, &flipper);
    /* On a busy machine the other thread may come late. */
    for (unsigned n = 0; n < 50 || ((!n_right || !n_wrong) && g_get_monotonic_time() < deadline); n++) {
        bool is_another;

        g_string_truncate(guest.notes, 0);
        diag308(&guest, DIAG308_PV_START, 0);
        is_another = strstr(guest.notes->str, "something else than was planned: another header");
        g_assert_true(is_secure(&guest) == !is_another);
        if (is_secure(&guest)) {
            n_right++;
            g_assert_true(
                s390_pv_leave(&S390_MACHINE(guest.machine)->pv, MACHINE(guest.machine)->kvm, 0, NULL));
            memcpy(guest_ram_pointer(&MACHINE(guest.machine)->ram, 0x10000, 0x5000, NULL),
                   (const uint8_t *)g_bytes_get_data(image, NULL) + 0x10000, 0x5000);
        } else {
            n_wrong++;
        }
    }
    g_atomic_int_set(&flipper.stop, 1);
    g_thread_join(thread);
    /* Else nothing has changed meanwhile. */
    g_assert_cmpuint(n_right, >, 0);
    g_assert_cmpuint(n_wrong, >, 0);
}

int main(int argc, char **argv)
{
    int status;

    pv_tests_init(&argc, &argv);
    image = make_image(NULL);
    image_path = write_image(image);
    g_test_add_func("/pv-guest/cpus", test_cpus);
    g_test_add_func("/pv-guest/huge-pages", test_huge_pages);
    g_test_add_func("/pv-guest/huge-pages/without-object", test_huge_pages_without_object);
    g_test_add_func("/pv-guest/in-background", test_in_background);
    g_test_add_func("/pv-guest/not-in-background", test_not_in_background);
    g_test_add_func("/pv-guest/plain-reset", test_plain_reset);
    g_test_add_func("/pv-guest/unknown-instruction", test_unknown_instruction);
    g_test_add_func("/pv-guest/block-changes", test_block_changes);
    g_test_add_func("/pv-guest/header-changes", test_header_changes);
    g_test_add_func("/pv-guest/places", test_places);
    status = g_test_run();
    g_unlink(image_path);
    g_free(image_path);
    g_bytes_unref(image);
    return status;
}
