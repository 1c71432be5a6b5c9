/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the public API for machines: what a launch that fails, and one on a simulated host, leave behind.
 *
 * Whole launches, call by call, are the matter of tests/launch.
 */
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include "tests/unit/toy-vm.h"

#define NO_KVM "kvm,device=/nonexistent/kvm"

/* ---- launch ---- */

static void test_launch_without_kvm(void)
{
    g_autoptr(CgvmVm) vm = snp_vm();
    g_autoptr(CgvmError) error = NULL;

    add(vm, "accel", NO_KVM);
    g_assert_false(cgvm_vm_launch(vm, &error));
    assert_error(error, CGVM_ERROR_KERNEL, "cannot open '/nonexistent/kvm': No such file or directory; *");
    g_assert_cmpint(cgvm_error_errno(error), ==, ENOENT);
    g_assert_null(cgvm_vm_guest_id(vm));
    g_assert_null(cgvm_vm_measurement(vm));
    g_assert_false(cgvm_vm_is_simulated(vm));
}

static void test_failed_launch_leaves_no_descriptors(void)
{
    unsigned before = count_descriptors();
    g_autoptr(CgvmVm) vm = snp_vm();

    add(vm, "accel", NO_KVM);
    g_assert_false(cgvm_vm_launch(vm, NULL));
    g_assert_cmpuint(count_descriptors(), ==, before);
}

static void test_failed_launch_can_be_planned(void)
{
    g_autoptr(CgvmVm) vm = snp_vm();

    add(vm, "accel", NO_KVM);
    g_assert_false(cgvm_vm_launch(vm, NULL));
    assert_planned_digest(vm, TOY_DIGEST_1);
    assert_launch_refused(vm, CGVM_ERROR_KERNEL, "cannot open '/nonexistent/kvm'*");
}

static void test_run_without_launch(void)
{
    g_autoptr(CgvmVm) vm = snp_vm();
    g_autoptr(CgvmError) error = NULL;
    uint8_t value = 0;

    g_assert_cmpint(cgvm_vm_run(vm, &value, &error), ==, CGVM_RUN_FAILED);
    assert_error(error, CGVM_ERROR_STATE, "the machine must be launched before it can run");
}

/* A launch on a simulated host, which cannot run guests. */
static CgvmVm *launched_vm(void)
{
    CgvmVm *vm = snp_vm();
    g_autoptr(CgvmError) error = NULL;
    bool launched;

    add(vm, "accel", "sim,run=off,device=/nonexistent/kvm");
    launched = cgvm_vm_launch(vm, &error);
    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
    g_assert_true(launched);
    return vm;
}

static void test_launch(void)
{
    g_autoptr(CgvmVm) vm = launched_vm();

    g_assert_cmpstr(cgvm_vm_guest_id(vm), ==, "sev0");
    g_assert_cmpstr(cgvm_vm_measurement(vm), ==, TOY_DIGEST_1);
    g_assert_true(cgvm_vm_is_simulated(vm));
    g_assert_false(cgvm_vm_wants_run(vm));
}

/* Nobody listens before the launch; after it the port has room for one byte, without its FIFO. */
static void test_send_console(void)
{
    g_autoptr(CgvmVm) before = cgvm_vm_new();
    g_autoptr(CgvmVm) vm = launched_vm();

    g_assert_cmpuint(cgvm_vm_send_console(before, "ab", 2), ==, 0);
    g_assert_cmpuint(cgvm_vm_send_console(vm, "ab", 2), ==, 1);
    g_assert_cmpuint(cgvm_vm_send_console(vm, "b", 1), ==, 0);
    g_assert_true(cgvm_vm_reset(vm, NULL));
    g_assert_cmpuint(cgvm_vm_send_console(vm, "b", 1), ==, 1);
}

static void test_run_twice(void)
{
    g_autoptr(CgvmVm) vm = launched_vm();
    g_autoptr(CgvmError) error = NULL;
    uint8_t value = 0;

    g_assert_cmpint(cgvm_vm_run(vm, &value, NULL), ==, CGVM_RUN_NO_ENGINE);
    g_assert_cmpint(cgvm_vm_run(vm, &value, &error), ==, CGVM_RUN_FAILED);
    assert_error(error, CGVM_ERROR_STATE,
                 "the machine has run already; reset it, or make and launch another one");
    g_assert_cmpstr(cgvm_vm_measurement(vm), ==, TOY_DIGEST_1);
}

static void test_launch_twice(void)
{
    g_autoptr(CgvmVm) vm = launched_vm();

    assert_launch_refused(vm, CGVM_ERROR_STATE, "the machine was launched already");
    g_assert_cmpstr(cgvm_vm_measurement(vm), ==, TOY_DIGEST_1);
}

static void test_plan_after_the_launch(void)
{
    g_autoptr(CgvmVm) vm = launched_vm();

    assert_planned_digest(vm, TOY_DIGEST_1);
    g_assert_cmpstr(cgvm_vm_measurement(vm), ==, TOY_DIGEST_1);
    assert_launch_refused(vm, CGVM_ERROR_STATE, "the machine was launched already");
}

static void test_launch_after_the_plan(void)
{
    g_autoptr(CgvmVm) vm = snp_vm();

    add(vm, "accel", "sim");
    assert_planned_digest(vm, TOY_DIGEST_1);
    g_assert_true(cgvm_vm_launch(vm, NULL));
    g_assert_true(cgvm_vm_wants_run(vm));
}

/* ---- a run that somebody else holds or ends ---- */

/* A guest of two vCPUs that never ends by itself. */
static CgvmVm *endless_vm(void)
{
    CgvmVm *vm = snp_vm();

    add(vm, "smp", "2");
    add(vm, "accel", "sim,script=halt");
    g_assert_true(cgvm_vm_launch(vm, NULL));
    return vm;
}

static gpointer run(gpointer vm)
{
    return GINT_TO_POINTER(cgvm_vm_run(vm, NULL, NULL));
}

static void assert_stopped(GThread *thread)
{
    g_assert_cmpint(GPOINTER_TO_INT(g_thread_join(thread)), ==, CGVM_RUN_STOPPED);
}

static void test_stop(void)
{
    g_autoptr(CgvmVm) vm = endless_vm();

    for (int i = 0; i < 20; i++) {
        GThread *thread = g_thread_new("run", run, vm);

        g_usleep((gulong)i * 100);
        cgvm_vm_stop(vm);
        cgvm_vm_stop(vm);
        assert_stopped(thread);
        cgvm_vm_stop(vm);
        g_assert_true(cgvm_vm_reset(vm, NULL));
    }
    cgvm_vm_stop(vm);
    g_assert_cmpint(cgvm_vm_run(vm, NULL, NULL), ==, CGVM_RUN_STOPPED);
}

/* While it is held, nothing of the guest happens. */
static void test_pause(void)
{
    g_autoptr(CgvmVm) vm = snp_vm();
    GThread *thread;

    add(vm, "accel", "sim,script=out:0xf4:0");
    g_assert_true(cgvm_vm_launch(vm, NULL));
    cgvm_vm_pause(vm);
    thread = g_thread_new("run", run, vm);
    g_usleep(20 * 1000);
    cgvm_vm_pause(vm);
    cgvm_vm_stop(vm);
    assert_stopped(thread);
    g_assert_true(cgvm_vm_reset(vm, NULL));
    cgvm_vm_pause(vm);
    thread = g_thread_new("run", run, vm);
    cgvm_vm_resume(vm);
    g_assert_cmpint(GPOINTER_TO_INT(g_thread_join(thread)), ==, CGVM_RUN_EXITED);
}

static void test_pause_while_it_runs(void)
{
    g_autoptr(CgvmVm) vm = endless_vm();
    GThread *thread = g_thread_new("run", run, vm);

    for (int i = 0; i < 20; i++) {
        cgvm_vm_pause(vm);
        cgvm_vm_resume(vm);
    }
    cgvm_vm_stop(vm);
    assert_stopped(thread);
}

static void test_nothing_to_hold(void)
{
    g_autoptr(CgvmVm) vm = snp_vm();

    cgvm_vm_pause(vm);
    cgvm_vm_resume(vm);
    cgvm_vm_stop(vm);
    add(vm, "accel", "sim,script=out:0xf4:0");
    g_assert_true(cgvm_vm_launch(vm, NULL));
    g_assert_cmpint(cgvm_vm_run(vm, NULL, NULL), ==, CGVM_RUN_EXITED);
}

/* ---- what is written beside the guest ---- */

/* Until the next call with SIZE_MAX, no file of this process grows beyond @size bytes. */
static void limit_files(gsize size)
{
    struct rlimit limit;

    g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &limit), ==, 0);
    limit.rlim_cur = size == G_MAXSIZE ? limit.rlim_max : size;
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &limit), ==, 0);
}

static CgvmVm *vm_that_writes(const char *property, const char *path)
{
    g_autofree char *accel = g_strdup_printf("sim,run=off,%s=%s", property, path);
    CgvmVm *vm = snp_vm();

    add(vm, "accel", accel);
    return vm;
}

static void test_close(void)
{
    g_autofree char *path = g_build_filename(toy_directory, "odd.fd", NULL), *trace = NULL;
    g_autoptr(CgvmVm) vm = vm_that_writes("trace", path);
    const unsigned before = count_descriptors();

    g_assert_true(cgvm_vm_close(vm, NULL));
    for (int i = 0; i < 2; i++) {
        g_assert_true(cgvm_vm_launch(vm, NULL));
        g_assert_true(cgvm_vm_close(vm, NULL));
        g_assert_null(cgvm_vm_measurement(vm));
        g_assert_cmpuint(count_descriptors(), ==, before);
    }
    g_assert_true(cgvm_vm_close(vm, NULL));
    g_assert_true(g_file_get_contents(path, &trace, NULL, NULL));
    g_assert_true(g_str_has_suffix(trace, "\nclose kvm = 0\n"));
}

/* There is room for the launch and not for its end. */
static void test_trace_is_cut(void)
{
    g_autofree char *path = g_build_filename(toy_directory, "odd.fd", NULL);
    g_autoptr(CgvmVm) vm = vm_that_writes("trace", path);
    g_autoptr(CgvmError) error = NULL;
    GStatBuf info;
    bool closed;

    g_assert_true(cgvm_vm_launch(vm, NULL));
    g_assert_cmpint(g_stat(path, &info), ==, 0);
    limit_files((gsize)info.st_size + 3);
    closed = cgvm_vm_close(vm, &error);
    limit_files(G_MAXSIZE);
    g_assert_false(closed);
    assert_error(error, CGVM_ERROR_IO,
                 "cannot write the trace '*': File too large; calls are missing at its end");
    g_assert_cmpint(cgvm_error_errno(error), ==, EFBIG);
    g_assert_true(cgvm_vm_close(vm, NULL));
}

static void assert_writes_refused(const char *property, const char *message)
{
    g_autoptr(CgvmVm) vm = vm_that_writes(property, "/dev/full");
    g_autoptr(CgvmError) error = NULL;
    const unsigned before = count_descriptors();

    g_assert_false(cgvm_vm_launch(vm, &error));
    assert_error(error, CGVM_ERROR_IO, message);
    g_assert_cmpint(cgvm_error_errno(error), ==, ENOSPC);
    g_assert_null(cgvm_vm_guest_id(vm));
    g_assert_cmpuint(count_descriptors(), ==, before);
}

static void test_no_room(void)
{
    assert_writes_refused("report", "cannot append to the simulated host's report '/dev/full': No space left "
                                    "on device");
    assert_writes_refused("trace", "cannot write the trace '/dev/full': No space left on device; calls are "
                                   "missing at its end");
}

/* ---- prepared, and reset ---- */

static void assert_no_measurement(CgvmVm *vm, CgvmErrorCode code, const char *message)
{
    const CgvmBytes nothing = { NULL, 0 };
    g_autoptr(CgvmError) measure = NULL, inject = NULL;
    size_t size;

    g_assert_null(cgvm_vm_launch_measurement(vm, &size, &measure));
    assert_error(measure, code, message);
    g_assert_false(cgvm_vm_inject_secret(vm, nothing, nothing, NULL, &inject));
    g_assert_cmpint(cgvm_error_code(inject), ==, code);
}

static void test_prepare(void)
{
    g_autoptr(CgvmVm) vm = snp_vm();
    g_autoptr(CgvmError) error = NULL;

    add(vm, "accel", "sim,run=off");
    assert_no_measurement(vm, CGVM_ERROR_STATE,
                          "the machine is not on a host yet; prepare or launch it first");
    g_assert_true(cgvm_vm_prepare(vm, NULL));
    g_assert_null(cgvm_vm_measurement(vm));
    assert_planned_digest(vm, TOY_DIGEST_1);
    g_assert_false(cgvm_vm_prepare(vm, &error));
    assert_error(error, CGVM_ERROR_STATE, "the machine was prepared already");
    g_assert_true(cgvm_vm_launch(vm, NULL));
    g_assert_cmpstr(cgvm_vm_measurement(vm), ==, TOY_DIGEST_1);
    assert_launch_refused(vm, CGVM_ERROR_STATE, "the machine was launched already");
}

/* The firmware of SEV-SNP has no such measurement, nor takes it secrets. */
static void test_no_measurement(void)
{
    g_autoptr(CgvmVm) vm = launched_vm();

    assert_no_measurement(
        vm, CGVM_ERROR_UNSUPPORTED,
        "sev-snp-guest 'sev0': the firmware returns no measurement of its launch; verify an "
        "attestation report of the running guest instead");
}

static void test_prepared_is_undone(void)
{
    unsigned before = count_descriptors();
    CgvmVm *vm = snp_vm();

    add(vm, "accel", "sim");
    g_assert_true(cgvm_vm_prepare(vm, NULL));
    cgvm_vm_free(vm);
    g_assert_cmpuint(count_descriptors(), ==, before);
}

static void test_finish_fails(void)
{
    unsigned before = count_descriptors();
    g_autoptr(CgvmVm) vm = snp_vm();

    add(vm, "accel", "sim,fault=SNP_LAUNCH_FINISH=BAD_MEASUREMENT");
    g_assert_true(cgvm_vm_prepare(vm, NULL));
    assert_launch_refused(vm, CGVM_ERROR_FIRMWARE,
                          "sev-snp-guest 'sev0': SNP_LAUNCH_FINISH failed while finishing the launch: *");
    g_assert_cmpuint(count_descriptors(), ==, before);
    assert_no_measurement(vm, CGVM_ERROR_STATE,
                          "the machine is not on a host yet; prepare or launch it first");
}

static void test_reset(void)
{
    g_autoptr(CgvmVm) vm = launched_vm();
    unsigned before = count_descriptors();
    uint8_t value = 0;

    for (unsigned i = 0; i < 3; i++) {
        g_assert_cmpint(cgvm_vm_run(vm, &value, NULL), ==, CGVM_RUN_NO_ENGINE);
        g_assert_true(cgvm_vm_reset(vm, NULL));
        g_assert_cmpstr(cgvm_vm_measurement(vm), ==, TOY_DIGEST_1);
        g_assert_cmpuint(count_descriptors(), ==, before);
    }
}

static void test_reset_without_launch(void)
{
    g_autoptr(CgvmVm) vm = snp_vm();
    g_autoptr(CgvmError) error = NULL;

    g_assert_false(cgvm_vm_reset(vm, &error));
    assert_error(error, CGVM_ERROR_STATE, "the machine must be launched before it can be reset");
}

static void test_reset_fails(void)
{
    unsigned before = count_descriptors();
    g_autoptr(CgvmVm) vm = snp_vm();
    g_autoptr(CgvmError) error = NULL;

    add(vm, "accel", "sim,fault=SNP_LAUNCH_START:2=RESOURCE_LIMIT");
    g_assert_true(cgvm_vm_launch(vm, NULL));
    g_assert_false(cgvm_vm_reset(vm, &error));
    assert_error(error, CGVM_ERROR_FIRMWARE,
                 "sev-snp-guest 'sev0': SNP_LAUNCH_START failed *RESOURCE_LIMIT*");
    g_assert_null(cgvm_vm_measurement(vm));
    g_assert_cmpuint(count_descriptors(), ==, before);
}

static void test_two_launches(void)
{
    CgvmVm *one = launched_vm();
    g_autoptr(CgvmVm) two = launched_vm();

    cgvm_vm_free(one);
    g_assert_cmpstr(cgvm_vm_measurement(two), ==, TOY_DIGEST_1);
}

static void test_launch_is_undone(void)
{
    unsigned before = count_descriptors();

    cgvm_vm_free(launched_vm());
    g_assert_cmpuint(count_descriptors(), ==, before);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    /* A file that is too large is an error then, and no end of the program. */
    signal(SIGXFSZ, SIG_IGN);
    g_test_add_func("/vm/launch/no-kvm", test_launch_without_kvm);
    g_test_add_func("/vm/launch/no-descriptors", test_failed_launch_leaves_no_descriptors);
    g_test_add_func("/vm/launch/then-planned", test_failed_launch_can_be_planned);
    g_test_add_func("/vm/launch/run-without", test_run_without_launch);
    g_test_add_func("/vm/launch/simulated", test_launch);
    g_test_add_func("/vm/launch/send-console", test_send_console);
    g_test_add_func("/vm/launch/run-twice", test_run_twice);
    g_test_add_func("/vm/launch/twice", test_launch_twice);
    g_test_add_func("/vm/launch/plan-afterwards", test_plan_after_the_launch);
    g_test_add_func("/vm/launch/plan-before", test_launch_after_the_plan);
    g_test_add_func("/vm/launch/stop", test_stop);
    g_test_add_func("/vm/launch/pause", test_pause);
    g_test_add_func("/vm/launch/pause-while-it-runs", test_pause_while_it_runs);
    g_test_add_func("/vm/launch/nothing-to-hold", test_nothing_to_hold);
    g_test_add_func("/vm/launch/close", test_close);
    g_test_add_func("/vm/launch/trace-is-cut", test_trace_is_cut);
    g_test_add_func("/vm/launch/no-room", test_no_room);
    g_test_add_func("/vm/launch/prepare", test_prepare);
    g_test_add_func("/vm/launch/no-measurement", test_no_measurement);
    g_test_add_func("/vm/launch/prepared-undone", test_prepared_is_undone);
    g_test_add_func("/vm/launch/finish-fails", test_finish_fails);
    g_test_add_func("/vm/launch/reset", test_reset);
    g_test_add_func("/vm/launch/reset-without", test_reset_without_launch);
    g_test_add_func("/vm/launch/reset-fails", test_reset_fails);
    g_test_add_func("/vm/launch/two", test_two_launches);
    g_test_add_func("/vm/launch/undone", test_launch_is_undone);
    return toy_run_tests();
}
