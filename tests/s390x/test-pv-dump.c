/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Dumps on the simulated host, as the machine makes them: what is refused, by whom; every call of a dump that
 * fails once, and what becomes of the guest then; a kernel that tells sizes and addresses which cannot be.
 * What is in a dump is for tests/launch/test_pv_dump.py, which reads it with code of its own.
 */
#include <elf.h>
#include "target-s390x/s390-core.h"
#include "target-s390x/s390-pv-dump.h"
#include "tests/s390x/live-guest.h"
#include "tests/unit/temporary-folder.h"

static GBytes *image, *closed_image; /* the second allows no dump */
static char *image_path, *closed_path, *script;
static char *folder;

static void live_init_with(LiveGuest *live, GBytes *its_image, const char *path, char **ret_script)
{
    *live = (LiveGuest){ .is_secure = false };
    *ret_script = live_script(its_image);
    guest_init(&live->guest, path, *ret_script, true);
}

static FaultAccel *accel_of(LiveGuest *live)
{
    return (FaultAccel *)live->guest.accel;
}

static void live_init(LiveGuest *live)
{
    *live = (LiveGuest){ .is_secure = false };
    guest_init(&live->guest, image_path, script, true);
}

static char *core_path(void)
{
    return g_build_filename(folder, "core", NULL);
}

/* Dumps the guest to core_path(). */
static bool dump(LiveGuest *live, Error **errp)
{
    MachineState *machine = MACHINE(live->guest.machine);
    g_autofree char *path = core_path();
    g_autoptr(CoreFile) file = core_file_new(path, errp);

    return file && MACHINE_GET_CLASS(machine)->dump(machine, file, errp) && core_file_commit(file, errp);
}

/* Whether there is nothing in the folder but, if @core, the dump, which is removed. */
static void assert_left(bool core)
{
    g_autofree char *path = core_path();
    GDir *dir = g_dir_open(folder, 0, NULL);
    unsigned count = 0;

    while (g_dir_read_name(dir)) {
        count++;
    }
    g_dir_close(dir);
    g_assert_cmpuint(count, ==, core ? 1 : 0);
    g_assert_cmpint(unlink(path), ==, core ? 0 : -1);
}

static void dump_well(LiveGuest *live)
{
    g_autoptr(Error) error = NULL;
    const bool done = dump(live, &error);

    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
    g_assert_true(done);
    assert_left(true);
}

static void dump_fails(LiveGuest *live, const char *words)
{
    g_autoptr(Error) error = NULL;

    g_assert_false(dump(live, &error));
    g_test_message("%s", cgvm_error_message(error));
    if (!strstr(cgvm_error_message(error), words)) {
        g_error("\"%s\" is not in: %s", words, cgvm_error_message(error));
    }
    assert_left(false);
}

/* ---- what goes well ---- */

/* Twice, and the guest notices nothing. */
static void test_running(void)
{
    LiveGuest live;

    live_init(&live);
    live_begin(&live);
    dump_well(&live);
    dump_well(&live);
    g_assert_false(S390_MACHINE(live.guest.machine)->pv.dump.is_begun);
    live_end_well(&live);
    dump_well(&live); /* what is left of it */
    guest_clear(&live.guest);
}

/** What was reported of a step. */
typedef struct Reports {
    unsigned count;
    uint64_t done, total;
} Reports;

static void take_report(void *opaque, const char *what, uint64_t done, uint64_t total)
{
    Reports *reports = opaque;

    g_assert_cmpstr(what, ==, "dumping the guest");
    g_assert_cmpuint(done, >=, reports->done);
    g_assert_cmpuint(reports->count ? 0 : done, ==, 0);
    *reports = (Reports){ reports->count + 1, done, total };
}

/* Memory and the states of its pages are work that takes time. */
static void test_progress(void)
{
    LiveGuest live;
    Reports reports = { .count = 0 };

    live_init(&live);
    live_begin(&live);
    MACHINE(live.guest.machine)->progress = (ProgressSink){ take_report, &reports };
    dump_well(&live);
    MACHINE(live.guest.machine)->progress = (ProgressSink){ .report = NULL };
    g_assert_cmpuint(reports.count, >=, 2);
    g_assert_cmpuint(reports.done, ==, (16 << 20) + 16 * 0x1000);
    g_assert_cmpuint(reports.total, ==, reports.done);
    live_end_well(&live);
    guest_clear(&live.guest);
}

/* A guest that was never switched has its memory as it is. */
static void test_plain(void)
{
    LiveGuest live;
    g_autofree char *path = core_path();
    g_autofree char *contents = NULL;
    gsize size;

    live_init(&live);
    guest_start(&live.guest);
    g_assert_true(dump(&live, NULL));
    g_assert_true(g_file_get_contents(path, &contents, &size, NULL));
    g_assert_cmpuint(GUINT16_FROM_BE(((const Elf64_Ehdr *)contents)->e_shnum), ==, 2);
    g_assert_nonnull(memmem(contents, size, g_bytes_get_data(image, NULL), 0x15000));
    assert_left(true);
    guest_clear(&live.guest);
}

/* ---- what is refused ---- */

static void test_not_allowed(void)
{
    LiveGuest live;
    g_autofree char *own_script = NULL;

    live_init_with(&live, closed_image, closed_path, &own_script);
    live_begin(&live);
    dump_fails(&live, "the guest's image does not allow dumps: its header has bit 34");
    live_end_well(&live);
    guest_clear(&live.guest);
}

/* Dumps are an ability of a z16. */
static void test_host(void)
{
    g_autoptr(GBytes) other = make_image("z15");
    g_autofree char *path = write_image(other), *own_script = NULL;
    LiveGuest live;

    live_init_with(&live, other, path, &own_script);
    accel_of(&live)->model = "z15";
    live_begin(&live);
    dump_fails(&live, "this host cannot dump secure guests (KVM_CAP_S390_PROTECTED_DUMP is 0)");
    live_end_well(&live);
    guest_clear(&live.guest);
    unlink(path);
}

/* ---- a kernel with other answers ---- */

static struct {
    KvmOps ops;
    int (*ioctl)(void *host, int fd, unsigned long request, unsigned long arg);
    uint64_t cpu, storage, end; /* sizes; 0: as they are */
    bool moves;             /* addresses come back, in steps of a MiB: the rest of the buffer is not filled */
    uint64_t wrong_address; /* comes back, if it is not 0 */
} lies;

static void tell_sizes(KvmS390PvInfo *info)
{
    info->dump.dump_cpu_buffer_len = lies.cpu ? lies.cpu : info->dump.dump_cpu_buffer_len;
    info->dump.dump_config_mem_buffer_per_1m =
        lies.storage ? lies.storage : info->dump.dump_config_mem_buffer_per_1m;
    info->dump.dump_config_finalize_len = lies.end ? lies.end : info->dump.dump_config_finalize_len;
}

/* As the kernel's comment says it might be, and as no kernel does: one MiB, and where it ended. */
static int dump_states(void *host, int fd, KvmS390PvCommand *command, KvmS390PvDump *storage)
{
    const KvmS390PvDump whole = *storage;
    int result;

    if (lies.moves) {
        storage->buff_len = 0x1000;
    }
    result = lies.ioctl(host, fd, KVMIO_S390_PV_COMMAND, (uintptr_t)command);
    storage->buff_len = whole.buff_len;
    if (lies.moves) {
        storage->gaddr = whole.gaddr + S390_PV_DUMP_MIB;
    } else if (lies.wrong_address) {
        storage->gaddr = lies.wrong_address;
    }
    return result;
}

static int lying_ioctl(void *host, int fd, unsigned long request, unsigned long arg)
{
    KvmS390PvCommand *command = request == KVMIO_S390_PV_COMMAND ? (KvmS390PvCommand *)arg : NULL;
    KvmS390PvDump *data =
        command && command->cmd == KVM_S390_PV_DUMP ? (void *)(uintptr_t)command->data : NULL;
    int result;

    if (data && data->subcmd == KVM_S390_PV_DUMP_CONFIG_STOR_STATE) {
        return dump_states(host, fd, command, data);
    }
    result = lies.ioctl(host, fd, request, arg);
    if (command && command->cmd == KVM_S390_PV_INFO && result == 0) {
        tell_sizes((void *)(uintptr_t)command->data);
    }
    return result;
}

static KvmDoor *lying_door(KvmDoor *door)
{
    lies.ops = *door->ops;
    lies.ioctl = door->ops->ioctl;
    lies.ops.ioctl = lying_ioctl;
    door->ops = &lies.ops;
    return door;
}

static void lying_begin(LiveGuest *live)
{
    live_init(live);
    accel_of(live)->wrap = lying_door;
    live_begin(live);
}

typedef struct Size {
    const char *name;
    uint64_t cpu, storage, end;
    const char *words;
} Size;

static const Size sizes[] = {
    { "cpu-largest", UINT64_MAX, 0, 0,
      "18446744073709551615 bytes for a CPU, where 1 to 65536 are expected" },
    { "cpu-more", S390_PV_DUMP_LARGEST_CPU + 1, 0, 0, "65537 bytes for a CPU" },
    { "storage-largest", 0, UINT64_MAX, 0, "18446744073709551615 bytes for a MiB of memory" },
    { "storage-wraps", 0, UINT64_C(1) << 60, 0, "1152921504606846976 bytes for a MiB of memory" },
    { "end-largest", 0, 0, UINT64_MAX, "18446744073709551615 bytes at its end" },
    { "cpu-odd", 0xfff, 0, 0, "KVM_PV_DUMP_CPU failed while dumping vCPU 0: the kernel refused it" },
    { "end-odd", 0, 0, 0xfff,
      "KVM_PV_DUMP_COMPLETE failed while completing the dump: the kernel refused it" },
    { "storage-odd", 0, 0xfff, 0,
      "KVM_PV_DUMP_CONFIG_STOR_STATE failed while dumping the states of pages at 0x0-0xffffff: the kernel "
      "refused it" },
};

/* Sizes that cannot be are refused before anything is begun; those that KVM itself does not take, then. */
static void test_size(const void *opaque)
{
    const Size *size = opaque;
    LiveGuest live;

    memset(&lies, 0, sizeof(lies));
    lies.cpu = size->cpu;
    lies.storage = size->storage;
    lies.end = size->end;
    lying_begin(&live);
    dump_fails(&live, size->words);
    live_end_well(&live);
    guest_clear(&live.guest);
}

static void test_zero_size(void)
{
    LiveGuest live;

    live_init(&live);
    live_begin(&live);
    S390_MACHINE(live.guest.machine)->pv.dump.storage_size = 0;
    dump_fails(&live, "0 bytes for a MiB of memory");
    live_end_well(&live);
    guest_clear(&live.guest);
}

/* A kernel that stops early is asked for the rest: the states are the same. */
static void test_early_stops(void)
{
    LiveGuest live;
    g_autofree uint8_t *whole = g_malloc0(16 * 0x1000), *pieces = g_malloc0(16 * 0x1000);
    S390Pv *pv;
    const Kvm *kvm;

    memset(&lies, 0, sizeof(lies));
    lying_begin(&live);
    pv = &S390_MACHINE(live.guest.machine)->pv;
    kvm = MACHINE(live.guest.machine)->kvm;
    g_assert_true(s390_pv_dump_begin(pv, kvm, NULL));
    g_assert_true(s390_pv_dump_storage(pv, kvm, 0, 16 * S390_PV_DUMP_MIB, whole, NULL));
    lies.moves = true;
    g_assert_true(s390_pv_dump_storage(pv, kvm, 0, 16 * S390_PV_DUMP_MIB, pieces, NULL));
    g_assert_cmpmem(whole, 16 * 0x1000, pieces, 16 * 0x1000);
    g_assert_true(s390_pv_dump_abandon(pv, kvm, NULL));
    dump_well(&live);
    live_end_well(&live);
    guest_clear(&live.guest);
}

static void test_wrong_addresses(void)
{
    static const uint64_t wrong[] = { 1, S390_PV_DUMP_MIB - 1, 17 * S390_PV_DUMP_MIB, UINT64_MAX };

    for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
        LiveGuest live;

        memset(&lies, 0, sizeof(lies));
        lies.wrong_address = wrong[i];
        lying_begin(&live);
        dump_fails(&live, "KVM says that it came to 0x");
        live_end_well(&live);
        guest_clear(&live.guest);
    }
}

/* ---- calls that fail ---- */

static bool is_subcommand(unsigned long arg, unsigned long value)
{
    const KvmS390PvCommand *command = (const KvmS390PvCommand *)arg;

    return command->cmd == KVM_S390_PV_DUMP &&
           ((const KvmS390PvDump *)(uintptr_t)command->data)->subcmd == value;
}

typedef struct Failure {
    const char *name; /* in the message */
    unsigned long request, subcommand;
    const char *step;       /* the same */
    const char *ultravisor; /* the command of the ultravisor's behind it */
} Failure;

static const Failure failures[] = {
    { "KVM_PV_DUMP_INIT", KVMIO_S390_PV_COMMAND, KVM_S390_PV_DUMP_INIT, "beginning the dump", "DUMP_INIT" },
    { "KVM_PV_DUMP_CPU", KVMIO_S390_PV_CPU_COMMAND, KVM_S390_PV_DUMP_CPU, "dumping vCPU 0", "DUMP_CPU" },
    { "KVM_PV_DUMP_CONFIG_STOR_STATE", KVMIO_S390_PV_COMMAND, KVM_S390_PV_DUMP_CONFIG_STOR_STATE,
      "dumping the states of pages at 0x0-0xffffff", "DUMP_CONF_STOR_STATE" },
    { "KVM_PV_DUMP_COMPLETE", KVMIO_S390_PV_COMMAND, KVM_S390_PV_DUMP_COMPLETE, "completing the dump",
      "DUMP_COMPLETE" },
};

/* The dump is gone, another one succeeds, and the guest runs on. */
static void check_failure(LiveGuest *live, const char *words)
{
    live_begin(live);
    dump_fails(live, words);
    g_assert_false(S390_MACHINE(live->guest.machine)->pv.dump.is_begun);
    dump_well(live);
    live_end_well(live);
    guest_clear(&live->guest);
}

static void test_kernel(const void *opaque)
{
    static const int errors[] = { EINVAL, ENOTTY, EFAULT, ENOMEM, EIO };
    const Failure *failure = opaque;

    for (size_t i = 0; i < G_N_ELEMENTS(errors); i++) {
        g_autofree char *words =
            g_strdup_printf("%s failed while %s: the kernel refused it (%s): ", failure->name, failure->step,
                            g_strerror(errors[i]));
        LiveGuest live;

        live_init(&live);
        accel_of(&live)->fault = (KvmFault){ .call = KVM_CALL_IOCTL,
                                             .request = failure->request,
                                             .matches = is_subcommand,
                                             .value = failure->subcommand,
                                             .nth = 1,
                                             .error = errors[i] };
        check_failure(&live, words);
    }
}

static void test_ultravisor(const void *opaque)
{
    const Failure *failure = opaque;
    g_autofree char *fault = g_strconcat(failure->ultravisor, ":1=0x3/0x7", NULL);
    g_autofree char *words =
        g_strdup_printf("%s failed while %s: the ultravisor answered rc 0x0003, rrc 0x0007: "
                        "the guest is not in the state that this call needs",
                        failure->name, failure->step);
    LiveGuest live;

    live_init(&live);
    accel_of(&live)->sim_fault = fault;
    check_failure(&live, words);
}

/* A dump that cannot be ended: nobody can run the guest, who says so; a reset makes it anew. */
static void test_stuck(void)
{
    LiveGuest live;
    g_autoptr(Error) error = NULL;
    MachineState *machine;

    live_init(&live);
    accel_of(&live)->sim_fault = "DUMP_COMPLETE=0x3";
    live_begin(&live);
    machine = MACHINE(live.guest.machine);
    dump_fails(&live,
               "the dump has failed and could not be ended (KVM_PV_DUMP_COMPLETE failed while ending the "
               "dump: the ultravisor answered rc 0x0003");
    dump_fails(&live, "KVM_PV_DUMP_COMPLETE failed while ending the dump");
    g_assert_cmpint(live_end(&live), ==, MACHINE_EXIT_ERROR);
    assert_note(&live.guest, "a dump of the guest has failed and could not be ended");
    g_assert_true(machine->vm_is_spent);
    g_assert_true(machine_reset(machine, &error));
    g_assert_false(machine->vm_is_spent);
    g_assert_false(S390_MACHINE(machine)->pv.dump.is_begun);
    g_assert_cmpint(guest_run(&live.guest), ==, MACHINE_EXIT_POWERED_OFF);
    guest_clear(&live.guest);
}

/* ---- all of them ---- */

static void add_all(void)
{
    g_test_add_func("/pv-dump/running", test_running);
    g_test_add_func("/pv-dump/progress", test_progress);
    g_test_add_func("/pv-dump/plain", test_plain);
    g_test_add_func("/pv-dump/not-allowed", test_not_allowed);
    g_test_add_func("/pv-dump/host", test_host);
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        g_autofree char *path = g_strconcat("/pv-dump/size/", sizes[i].name, NULL);
        g_test_add_data_func(path, &sizes[i], test_size);
    }
    g_test_add_func("/pv-dump/size/zero", test_zero_size);
    g_test_add_func("/pv-dump/early-stops", test_early_stops);
    g_test_add_func("/pv-dump/wrong-addresses", test_wrong_addresses);
    for (size_t i = 0; i < G_N_ELEMENTS(failures); i++) {
        g_autofree char *kernel = g_strconcat("/pv-dump/kernel/", failures[i].name, NULL);
        g_autofree char *ultravisor = g_strconcat("/pv-dump/ultravisor/", failures[i].name, NULL);
        g_test_add_data_func(kernel, &failures[i], test_kernel);
        g_test_add_data_func(ultravisor, &failures[i], test_ultravisor);
    }
    g_test_add_func("/pv-dump/stuck", test_stuck);
}

int main(int argc, char **argv)
{
    int status;

    pv_tests_init(&argc, &argv);
    folder = folder_new();
    image = make_image_with(NULL, PV_FLAG_ALLOW_DUMP);
    closed_image = make_image(NULL);
    image_path = write_image(image);
    closed_path = write_image(closed_image);
    script = live_script(image);
    add_all();
    status = g_test_run();
    unlink(image_path);
    unlink(closed_path);
    folder_remove(folder);
    g_free(script);
    g_free(image_path);
    g_free(closed_path);
    g_bytes_unref(image);
    g_bytes_unref(closed_image);
    return status;
}
