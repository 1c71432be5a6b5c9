/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the line that shows progress: when it is there, what it says, and that nothing is left of it.
 */
#include "tools/progress-line.h"
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#define ERASE "\r\x1b[K"

typedef struct Fixture {
    char *text; /* that went to the terminal */
    size_t size;
    size_t seen; /* of it by the test */
    ProgressLine line;
} Fixture;

static void fixture_init(Fixture *f, G_GNUC_UNUSED const void *data)
{
    f->line = (ProgressLine){ .terminal = open_memstream(&f->text, &f->size) };
}

static void fixture_clear(Fixture *f, G_GNUC_UNUSED const void *data)
{
    fclose(f->line.terminal);
    free(f->text);
}

/* What was written since the last time. */
static void assert_written(Fixture *f, const char *expected)
{
    fflush(f->line.terminal);
    g_assert_cmpstr(f->text + f->seen, ==, expected);
    f->seen = f->size;
}

static void test_fast(Fixture *f, G_GNUC_UNUSED const void *data)
{
    progress_line_report_at(&f->line, 100.0, "reading", 0, 200);
    progress_line_report_at(&f->line, 100.2, "reading", 100, 200);
    progress_line_report_at(&f->line, 100.4, "reading", 200, 200);
    progress_line_report_at(&f->line, 100.4, "hashing", 0, 200);
    progress_line_report_at(&f->line, 100.8, "hashing", 100, 200); /* a step of its own, and fast too */
    progress_line_erase(&f->line);
    assert_written(f, "");
}

static void test_slow(Fixture *f, G_GNUC_UNUSED const void *data)
{
    progress_line_report_at(&f->line, 100.0, "reading", 0, 200);
    progress_line_report_at(&f->line, 100.6, "reading", 50, 200);
    assert_written(f, ERASE "cgvm: reading: 25 %");
    progress_line_report_at(&f->line, 100.7, "reading", 199, 200);
    assert_written(f, ERASE "cgvm: reading: 99 %");
    progress_line_report_at(&f->line, 100.8, "reading", 200, 200);
    assert_written(f, ERASE);
    progress_line_erase(&f->line);
    assert_written(f, "");
}

/* A step that fails is not continued; whoever says why erases the line first. */
static void test_failed(Fixture *f, G_GNUC_UNUSED const void *data)
{
    progress_line_report_at(&f->line, 1.0, "reading", 0, UINT64_MAX);
    progress_line_report_at(&f->line, 2.0, "reading", UINT64_MAX / 2, UINT64_MAX);
    assert_written(f, ERASE "cgvm: reading: 50 %");
    progress_line_erase(&f->line);
    progress_line_erase(&f->line);
    assert_written(f, ERASE);
}

static void test_next_step(Fixture *f, G_GNUC_UNUSED const void *data)
{
    progress_line_report_at(&f->line, 1.0, "reading", 0, 2);
    progress_line_report_at(&f->line, 2.0, "reading", 1, 2);
    assert_written(f, ERASE "cgvm: reading: 50 %");
    progress_line_report_at(&f->line, 3.0, "hashing", 0, 0);
    assert_written(f, ERASE);
}

/* One line of a terminal, whatever a file is called. */
static void test_names(Fixture *f, G_GNUC_UNUSED const void *data)
{
    progress_line_report_at(&f->line, 1.0, "a", 0, 2);
    progress_line_report_at(&f->line, 2.0, "reading 'a\n\x1b[2J\x9b\xc3\xbc'", 1, 2);
    assert_written(f, ERASE "cgvm: reading 'a?"
                            "?[2J?"
                            "?"
                            "?': 50 %");
    progress_line_report_at(&f->line, 2.0,
                            "0123456789012345678901234567890123456789012345678901234567890123456789", 1, 2);
    assert_written(f, ERASE "cgvm: 012345678901234567890123456789012345678901234567890123456789: 50 %");
}

static void test_no_terminal(void)
{
    ProgressLine line;
    FILE *file = tmpfile();

    progress_line_init(&line, file);
    g_assert_null(line.terminal);
    progress_line_report_at(&line, 1.0, "a", 0, 2);
    progress_line_report_at(&line, 2.0, "a", 1, 2);
    progress_line_report(&line, "a", 1, 2);
    progress_line_erase(&line);
    g_assert_cmpint(fseek(file, 0, SEEK_END), ==, 0);
    g_assert_cmpint(ftell(file), ==, 0);
    fclose(file);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, test) g_test_add("/progress-line/" name, Fixture, NULL, fixture_init, test, fixture_clear)
    ADD("fast", test_fast);
    ADD("slow", test_slow);
    ADD("failed", test_failed);
    ADD("next-step", test_next_step);
    ADD("names", test_names);
    g_test_add_func("/progress-line/no-terminal", test_no_terminal);
    return g_test_run();
}
