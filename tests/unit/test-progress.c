/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of progress: what is reported of a step, and how often.
 */
#include "hw/progress.h"

typedef struct Listener {
    GString *log;
    unsigned count;
    uint64_t last;
} Listener;

static void listen(void *opaque, const char *what, uint64_t done, uint64_t total)
{
    Listener *listener = opaque;

    listener->count++;
    listener->last = done;
    g_string_append_printf(listener->log, "%s %u/%u ", what, (unsigned)done, (unsigned)total);
}

/* A sink whose step has @total bytes, of which @parts are done one after the other without a pause. */
static void assert_reports(uint64_t total, const uint64_t *parts, size_t n_parts, const char *expected)
{
    Listener listener = { .log = g_string_new(NULL) };
    ProgressSink sink = { .report = listen, .opaque = &listener };
    Progress progress = progress_begin(&sink, "work", total);

    for (size_t i = 0; i < n_parts; i++) {
        progress_add(&progress, parts[i]);
    }
    g_assert_cmpstr(listener.log->str, ==, expected);
    g_string_free(listener.log, TRUE);
}

static void test_begin_and_end(void)
{
    assert_reports(7, (const uint64_t[]){ 7 }, 1, "work 0/7 work 7/7 ");
    assert_reports(7, NULL, 0, "work 0/7 ");
    assert_reports(0, NULL, 0, "work 0/0 ");
    assert_reports(7, (const uint64_t[]){ 7, 0 }, 2, "work 0/7 work 7/7 ");
}

/* A million parts in much less than a second make few reports, and the last one is among them. */
static void test_not_too_often(void)
{
    Listener listener = { .log = g_string_new(NULL) };
    ProgressSink sink = { .report = listen, .opaque = &listener };
    Progress progress = progress_begin(&sink, "work", 1000000);
    gint64 start = g_get_monotonic_time(), seconds;

    for (unsigned i = 0; i < 1000000; i++) {
        progress_add(&progress, 1);
    }
    seconds = (g_get_monotonic_time() - start) / G_USEC_PER_SEC + 1;
    g_assert_cmpuint(listener.last, ==, 1000000);
    g_assert_cmpuint(listener.count, >=, 2);
    g_assert_cmpuint(listener.count, <=, 20 * seconds + 2);
    g_string_free(listener.log, TRUE);
}

/* Whoever waits long enough hears of it. */
static void test_when_due(void)
{
    Listener listener = { .log = g_string_new(NULL) };
    ProgressSink sink = { .report = listen, .opaque = &listener };
    Progress progress = progress_begin(&sink, "work", 10);

    g_usleep(G_USEC_PER_SEC / 20 + 1000);
    progress_add(&progress, 4);
    progress_add(&progress, 4);
    g_assert_cmpuint(listener.count, ==, 2);
    g_assert_cmpuint(listener.last, ==, 4);
    g_string_free(listener.log, TRUE);
}

static void test_nobody_listens(void)
{
    ProgressSink deaf = { .report = NULL };
    Progress progress = progress_begin(&deaf, "work", 2);

    progress_add(&progress, 2);
    g_assert_cmpuint(progress.done, ==, 2);
    progress = progress_begin(NULL, "work", 2);
    progress_add(&progress, 1);
    g_assert_cmpuint(progress.done, ==, 1);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/progress/begin-and-end", test_begin_and_end);
    g_test_add_func("/progress/not-too-often", test_not_too_often);
    g_test_add_func("/progress/when-due", test_when_due);
    g_test_add_func("/progress/nobody-listens", test_nobody_listens);
    return g_test_run();
}
