/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/step.h"

typedef struct Log {
    GThread *home;
    GThread *worker;
    bool is_done;
    Error *error;
} Log;

static bool succeed(void *opaque, Error **errp G_GNUC_UNUSED)
{
    Log *log = opaque;

    log->worker = g_thread_self();
    return true;
}

static bool fail(void *opaque, Error **errp)
{
    return succeed(opaque, NULL) && error_setg(errp, "it failed");
}

static void done(void *opaque, Error *error)
{
    Log *log = opaque;

    g_assert_true(g_thread_self() == log->home);
    log->is_done = true;
    log->error = error;
}

static void run(StepWork *work, Log *log)
{
    g_autoptr(GMainContext) context = g_main_context_new();

    *log = (Log){ .home = g_thread_self() };
    step_start(context, "step", work, log, done, log);
    while (!log->is_done) {
        g_main_context_iteration(context, TRUE);
    }
    g_assert_true(log->worker && log->worker != log->home);
}

static void test_outcome(void)
{
    Log log;

    run(succeed, &log);
    g_assert_null(log.error);
    run(fail, &log);
    g_assert_cmpstr(cgvm_error_message(log.error), ==, "it failed");
    cgvm_error_free(log.error);
}

/* Whether it is still under way, or has ended and nobody has been told. */
static void test_abandon(void)
{
    g_autoptr(GMainContext) context = g_main_context_new();
    Log log = { .home = g_thread_self() };

    for (unsigned i = 0; i < 2; i++) {
        Step *step = step_start(context, "step", fail, &log, done, &log);

        g_usleep(i * 10000);
        step_abandon(step);
        while (g_main_context_iteration(context, FALSE)) {
        }
        g_assert_false(log.is_done);
    }
    step_abandon(NULL);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/step/outcome", test_outcome);
    g_test_add_func("/step/abandon", test_abandon);
    return g_test_run();
}
