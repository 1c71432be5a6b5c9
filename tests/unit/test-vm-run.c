/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the run of a machine: which state follows which, what is told of it and in which order, and what
 * is refused. Whole launches through a monitor are the matter of tests/qmp.
 */
#include "lib/vm-run.h"
#include "tests/unit/toy-vm.h"

/** A run with a log of what it has told. */
typedef struct Watched {
    CgvmVm *vm;
    GMainContext *context;
    VmRun *run;
    GString *log;
    Error *error; /* of the last step that took long */
    bool is_done;
} Watched;

static void log_word(void *opaque, const char *word)
{
    Watched *watched = opaque;

    g_string_append_printf(watched->log, "%s%s", watched->log->len ? " " : "", word);
}

static void stopped(void *opaque)
{
    log_word(opaque, "stopped");
}

static void resumed(void *opaque)
{
    log_word(opaque, "resumed");
}

static void was_reset(void *opaque, ShutdownCause cause)
{
    log_word(opaque, cause == SHUTDOWN_CAUSE_GUEST_RESET ? "guest-reset" : "reset");
}

static void shut_down(void *opaque, ShutdownCause cause)
{
    log_word(opaque, cause == SHUTDOWN_CAUSE_GUEST_SHUTDOWN ? "guest-shutdown" : "shutdown");
}

static void failed(void *opaque, const Error *error)
{
    g_assert_cmpstr(cgvm_error_message(error), !=, "");
    log_word(opaque, "failed");
}

static void launched(void *opaque, bool again)
{
    log_word(opaque, again ? "launched-again" : "launched");
}

static void asked_to_end(void *opaque)
{
    log_word(opaque, "asked-to-end");
}

static void guest_state(void *opaque, const VmGuestState *state)
{
    const Watched *watched = opaque;

    /* Who asks then is told the same. */
    g_assert_true(vm_run_guest_state(watched->run) == state || !watched->run);
}

static const VmRunHooks hooks = {
    .stopped = stopped,
    .resumed = resumed,
    .reset = was_reset,
    .shut_down = shut_down,
    .failed = failed,
    .launched = launched,
    .asked_to_end = asked_to_end,
    .guest_state = guest_state,
};

static void watched_init(Watched *watched, const char *accel)
{
    Error *error = NULL;

    *watched = (Watched){ .vm = snp_vm(), .context = g_main_context_new(), .log = g_string_new(NULL) };
    add(watched->vm, "accel", accel);
    if (!vm_make(watched->vm, &error)) {
        g_error("%s", cgvm_error_message(error));
    }
    watched->run = vm_run_new(watched->vm, watched->context, &hooks, watched);
}

static void watched_clear(Watched *watched)
{
    vm_run_free(watched->run);
    cgvm_vm_free(watched->vm);
    g_main_context_unref(watched->context);
    g_string_free(watched->log, TRUE);
    g_clear_pointer(&watched->error, cgvm_error_free);
}

static void done(void *opaque, Error *error)
{
    Watched *watched = opaque;

    watched->is_done = true;
    g_clear_pointer(&watched->error, cgvm_error_free);
    watched->error = error;
}

static void wait_for(Watched *watched, const bool *flag)
{
    while (!*flag) {
        g_main_context_iteration(watched->context, TRUE);
    }
}

static void wait_for_state(Watched *watched, RunState state)
{
    while (vm_run_state(watched->run) != state) {
        g_main_context_iteration(watched->context, TRUE);
    }
}

/* What has been told since the last time. */
static void told(Watched *watched, const char *expected)
{
    g_assert_cmpstr(watched->log->str, ==, expected);
    g_string_truncate(watched->log, 0);
}

typedef bool Request(VmRun *run, StepDone *done, void *opaque, bool *ret_pending, Error **errp);

static void request(Watched *watched, Request *function, bool takes_long)
{
    Error *error = NULL;
    bool pending;

    watched->is_done = false;
    if (!function(watched->run, done, watched, &pending, &error)) {
        g_error("%s", cgvm_error_message(error));
    }
    g_assert_cmpint(pending, ==, takes_long);
    if (pending) {
        g_assert_nonnull(vm_run_busy(watched->run));
        wait_for(watched, &watched->is_done);
    }
    g_assert_null(vm_run_busy(watched->run));
}

static void refused(Watched *watched, Request *function, const char *message)
{
    g_autoptr(Error) error = NULL;
    bool pending;

    g_assert_false(function(watched->run, done, watched, &pending, &error));
    g_assert_false(pending);
    assert_error(error, CGVM_ERROR_STATE, message);
}

static void start(Watched *watched, const VmRunOptions *options)
{
    Error *error = NULL;

    refused(watched, vm_run_cont, "the machine is not launched yet; try again when it is");
    refused(watched, vm_run_reset, "the machine is not launched yet; try again when it is");
    if (!vm_run_launch(watched->run, options, &error)) {
        g_error("%s", cgvm_error_message(error));
    }
    g_assert_cmpint(vm_run_state(watched->run), ==, RUN_STATE_PRELAUNCH);
    vm_run_begin(watched->run);
}

static void stop(Watched *watched)
{
    const bool stopped_now = vm_run_stop(watched->run, NULL);

    g_assert_true(stopped_now);
}

/* ---- tests ---- */

static void test_states(void)
{
    static const VmRunOptions options = { .paused = true, .stays = true };
    Watched watched;

    watched_init(&watched, "sim,script=halt");
    start(&watched, &options);
    g_assert_cmpint(vm_run_state(watched.run), ==, RUN_STATE_PRELAUNCH);
    g_assert_cmpint(vm_run_guest_state(watched.run)->state, ==, LAUNCH_STATE_PAUSED);
    stop(&watched);
    told(&watched, "");
    request(&watched, vm_run_cont, true);
    told(&watched, "launched resumed");
    g_assert_cmpint(vm_run_guest_state(watched.run)->state, ==, LAUNCH_STATE_RUNNING);
    request(&watched, vm_run_cont, false);
    told(&watched, "");
    stop(&watched);
    stop(&watched);
    told(&watched, "stopped");
    g_assert_cmpint(vm_run_state(watched.run), ==, RUN_STATE_PAUSED);
    request(&watched, vm_run_cont, false);
    told(&watched, "resumed");
    request(&watched, vm_run_reset, true);
    told(&watched, "reset launched-again");
    g_assert_cmpint(vm_run_state(watched.run), ==, RUN_STATE_RUNNING);
    stop(&watched);
    request(&watched, vm_run_reset, true);
    told(&watched, "stopped reset");
    g_assert_cmpint(vm_run_state(watched.run), ==, RUN_STATE_PRELAUNCH);
    g_assert_cmpint(vm_run_guest_state(watched.run)->state, ==, LAUNCH_STATE_PAUSED);
    g_assert_null(vm_run_end(watched.run));
    watched_clear(&watched);
}

static void test_guest_ends(void)
{
    static const VmRunOptions keep = { .stays = true, .no_shutdown = true };
    static const VmRunOptions let_go = { .stays = true };
    Watched watched;

    watched_init(&watched, "sim,script=out:0xf4:3");
    start(&watched, &keep);
    wait_for_state(&watched, RUN_STATE_SHUTDOWN);
    told(&watched, "launched guest-shutdown stopped");
    refused(&watched, vm_run_cont, "the guest has ended; 'system_reset' launches it anew");
    request(&watched, vm_run_reset, true);
    told(&watched, "reset");
    watched_clear(&watched);

    watched_init(&watched, "sim,script=out:0xf4:3");
    start(&watched, &let_go);
    while (!vm_run_end(watched.run)) {
        g_main_context_iteration(watched.context, TRUE);
    }
    told(&watched, "launched guest-shutdown");
    g_assert_cmpint(vm_run_end(watched.run)->result, ==, CGVM_RUN_EXITED);
    g_assert_cmpint(vm_run_end(watched.run)->value, ==, 3);
    refused(&watched, vm_run_cont, "the machine is at its end already");
    watched_clear(&watched);
}

static void test_guest_fails(void)
{
    static const VmRunOptions options = { .stays = true }, alone = { .stays = false };
    g_autoptr(Error) error = NULL;
    Watched watched;

    watched_init(&watched, "sim,script=shutdown");
    start(&watched, &options);
    wait_for_state(&watched, RUN_STATE_INTERNAL_ERROR);
    told(&watched, "launched failed stopped");
    refused(&watched, vm_run_cont, "the guest cannot run on; 'system_reset' launches it anew");
    watched_clear(&watched);

    watched_init(&watched, "sim,script=shutdown");
    start(&watched, &alone);
    while (!vm_run_end(watched.run)) {
        g_main_context_iteration(watched.context, TRUE);
    }
    g_assert_cmpint(vm_run_end(watched.run)->result, ==, CGVM_RUN_FAILED);
    error = vm_run_take_error(watched.run);
    assert_error(error, CGVM_ERROR_GUEST, "*vCPU 0: the guest shut itself down*");
    watched_clear(&watched);
}

static void test_launch_fails(void)
{
    static const VmRunOptions options = { .paused = true, .stays = true };
    Watched watched;

    watched_init(&watched, "sim,script=halt,fault=SNP_LAUNCH_FINISH=0x0c");
    start(&watched, &options);
    request(&watched, vm_run_cont, true);
    assert_error(watched.error, CGVM_ERROR_FIRMWARE, "*SNP_LAUNCH_FINISH failed*");
    told(&watched, "");
    g_assert_cmpint(vm_run_state(watched.run), ==, RUN_STATE_INTERNAL_ERROR);
    g_assert_cmpint(vm_run_guest_state(watched.run)->state, ==, LAUNCH_STATE_NEW);
    g_assert_null(vm_run_guest_state(watched.run)->digest);
    refused(&watched, vm_run_cont, "the guest cannot run on; 'system_reset' launches it anew");
    request(&watched, vm_run_reset, true);
    g_assert_null(watched.error);
    g_assert_cmpint(vm_run_state(watched.run), ==, RUN_STATE_PRELAUNCH);
    watched_clear(&watched);
}

static bool wait_to_be_let_go(void *opaque, Error **errp)
{
    g_mutex_lock(opaque);
    g_mutex_unlock(opaque);
    return error_setg(errp, "the work is done");
}

static void power_down_refused(Watched *watched, CgvmErrorCode code, const char *message)
{
    g_autoptr(Error) error = NULL;

    g_assert_false(vm_run_power_down(watched->run, &error));
    assert_error(error, code, message);
}

/* Only a guest that is there and listens can be asked. */
static void test_power_down(void)
{
    static const VmRunOptions options = { .paused = true, .stays = true, .no_shutdown = true };
    const char *const does_not_listen =
        "the guest has not enabled its power button, so it would not notice;*";
    Watched watched;

    watched_init(&watched, "sim,script=halt");
    power_down_refused(&watched, CGVM_ERROR_STATE, "the machine is not launched yet; try again when it is");
    start(&watched, &options);
    power_down_refused(&watched, CGVM_ERROR_STATE, "the guest has not been started, so it cannot notice*");
    request(&watched, vm_run_cont, true);
    power_down_refused(&watched, CGVM_ERROR_STATE, does_not_listen);
    stop(&watched);
    power_down_refused(&watched, CGVM_ERROR_STATE, does_not_listen);
    told(&watched, "launched resumed stopped");
    vm_run_quit(watched.run, SHUTDOWN_CAUSE_HOST_SIGNAL);
    power_down_refused(&watched, CGVM_ERROR_STATE, "the machine is at its end already");
    watched_clear(&watched);

    watched_init(&watched, "sim,script=out:0xf4:3");
    start(&watched, &options);
    request(&watched, vm_run_cont, true);
    wait_for_state(&watched, RUN_STATE_SHUTDOWN);
    power_down_refused(&watched, CGVM_ERROR_STATE, "the guest has ended; 'system_reset' launches it anew");
    watched_clear(&watched);
}

/* While something is done that takes long, all else is refused, and an end waits for it. */
static void test_busy(void)
{
    static const VmRunOptions options = { .stays = true };
    g_autoptr(Error) error = NULL;
    Watched watched;
    GMutex mutex;
    bool begun;

    watched_init(&watched, "sim,script=out:0xf4:3");
    g_mutex_init(&mutex);
    g_mutex_lock(&mutex);
    start(&watched, &options);
    begun = vm_run_work(watched.run, "work is done", wait_to_be_let_go, &mutex, done, &watched, NULL);
    g_assert_true(begun);
    refused(&watched, vm_run_cont, "work is done; try again when that has ended");
    refused(&watched, vm_run_reset, "work is done; try again when that has ended");
    g_assert_false(vm_run_stop(watched.run, &error));
    assert_error(error, CGVM_ERROR_STATE, "work is done; try again when that has ended");
    /* The guest ends meanwhile, which is not told before. */
    for (unsigned i = 0; i < 100; i++) {
        g_main_context_iteration(watched.context, FALSE);
        g_usleep(1000);
    }
    told(&watched, "launched");
    vm_run_quit(watched.run, SHUTDOWN_CAUSE_HOST_SIGNAL);
    g_assert_null(vm_run_end(watched.run));
    g_mutex_unlock(&mutex);
    while (!vm_run_end(watched.run)) {
        g_main_context_iteration(watched.context, TRUE);
    }
    g_assert_true(watched.is_done);
    assert_error(watched.error, CGVM_ERROR_INVALID, "the work is done");
    told(&watched, "shutdown");
    watched_clear(&watched);
    g_mutex_clear(&mutex);
}

static bool is_paused(void *opaque, Error **errp G_GNUC_UNUSED)
{
    const Watched *watched = opaque;

    return vm_run_state(watched->run) == RUN_STATE_PAUSED && vm_run_busy(watched->run) != NULL;
}

/* Work for which the vCPUs wait: they run on if they did before; an end comes at once when it is done. */
static void test_work_paused(void)
{
    static const VmRunOptions options = { .stays = true };
    Watched watched;
    GMutex mutex;
    bool begun;

    watched_init(&watched, "sim,script=halt");
    start(&watched, &options);
    told(&watched, "launched");
    for (unsigned i = 0; i < 2; i++) {
        watched.is_done = false;
        begun = vm_run_work_paused(watched.run, "work is done", is_paused, &watched, done, &watched, NULL);
        g_assert_true(begun);
        told(&watched, i == 0 ? "stopped" : "");
        refused(&watched, vm_run_cont, "work is done; try again when that has ended");
        while (!watched.is_done) {
            g_main_context_iteration(watched.context, TRUE);
        }
        g_assert_null(watched.error);
        told(&watched, i == 0 ? "resumed" : "");
        g_assert_cmpint(vm_run_state(watched.run), ==, i == 0 ? RUN_STATE_RUNNING : RUN_STATE_PAUSED);
        if (i == 0) {
            stop(&watched);
            told(&watched, "stopped");
        }
    }
    request(&watched, vm_run_cont, false);
    told(&watched, "resumed");
    g_mutex_init(&mutex);
    g_mutex_lock(&mutex);
    begun = vm_run_work_paused(watched.run, "work is done", wait_to_be_let_go, &mutex, done, &watched, NULL);
    g_assert_true(begun);
    vm_run_quit(watched.run, SHUTDOWN_CAUSE_HOST_SIGNAL);
    g_mutex_unlock(&mutex);
    while (!vm_run_end(watched.run)) {
        g_main_context_iteration(watched.context, TRUE);
    }
    told(&watched, "stopped shutdown");
    watched_clear(&watched);
    g_mutex_clear(&mutex);
}

static void test_quit(void)
{
    static const VmRunOptions paused = { .paused = true }, running = { .paused = false };
    Watched watched;

    for (unsigned i = 0; i < 3; i++) {
        watched_init(&watched, "sim,script=halt");
        start(&watched, i == 0 ? &paused : &running);
        if (i == 2) {
            stop(&watched);
        }
        vm_run_quit(watched.run, SHUTDOWN_CAUSE_HOST_SIGNAL);
        vm_run_quit(watched.run, SHUTDOWN_CAUSE_HOST_SIGNAL);
        while (!vm_run_end(watched.run)) {
            g_main_context_iteration(watched.context, TRUE);
        }
        g_assert_cmpint(vm_run_end(watched.run)->result, ==, CGVM_RUN_STOPPED);
        told(&watched, i == 0 ? "shutdown" : i == 1 ? "launched shutdown" : "launched stopped shutdown");
        watched_clear(&watched);
    }
}

/* Who has asked for a reset is answered when there is an end instead. */
static void test_quit_before_reset(void)
{
    static const VmRunOptions running = { .paused = false };
    Watched watched;
    bool pending, begun;

    watched_init(&watched, "sim,script=halt");
    start(&watched, &running);
    begun = vm_run_reset(watched.run, done, &watched, &pending, NULL);
    g_assert_true(begun && pending);
    vm_run_quit(watched.run, SHUTDOWN_CAUSE_HOST_SIGNAL);
    while (!vm_run_end(watched.run)) {
        g_main_context_iteration(watched.context, TRUE);
    }
    g_assert_true(watched.is_done);
    assert_error(watched.error, CGVM_ERROR_STATE, "the machine has come to its end before that was done");
    told(&watched, "launched shutdown");
    watched_clear(&watched);
}

/* Freed in the middle of everything. */
static void test_free(void)
{
    static const VmRunOptions paused = { .paused = true }, running = { .paused = false };
    Watched watched;
    bool pending, begun;

    watched_init(&watched, "sim");
    watched_clear(&watched);
    watched_init(&watched, "sim,script=halt");
    start(&watched, &running);
    watched_clear(&watched);
    watched_init(&watched, "sim,script=halt");
    start(&watched, &paused);
    begun = vm_run_cont(watched.run, done, &watched, &pending, NULL);
    g_assert_true(begun && pending);
    vm_run_free(g_steal_pointer(&watched.run));
    assert_error(watched.error, CGVM_ERROR_STATE, "the machine has come to its end before that was done");
    watched_clear(&watched);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/vm-run/states", test_states);
    g_test_add_func("/vm-run/guest-ends", test_guest_ends);
    g_test_add_func("/vm-run/guest-fails", test_guest_fails);
    g_test_add_func("/vm-run/launch-fails", test_launch_fails);
    g_test_add_func("/vm-run/power-down", test_power_down);
    g_test_add_func("/vm-run/busy", test_busy);
    g_test_add_func("/vm-run/work-paused", test_work_paused);
    g_test_add_func("/vm-run/quit", test_quit);
    g_test_add_func("/vm-run/quit-before-reset", test_quit_before_reset);
    g_test_add_func("/vm-run/free", test_free);
    return toy_run_tests();
}
