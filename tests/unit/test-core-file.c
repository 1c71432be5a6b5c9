/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of files that get their name when they are whole: what is there before, meanwhile and afterwards.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include "hw/core-file.h"
#include "tests/unit/temporary-folder.h"

#define CHUNK 0x100000

static char *folder, *path;

static unsigned count_files(void)
{
    GDir *dir = g_dir_open(folder, 0, NULL);
    unsigned count = 0;

    while (g_dir_read_name(dir)) {
        count++;
    }
    g_dir_close(dir);
    return count;
}

static CoreFile *new_file(void)
{
    g_autoptr(Error) error = NULL;
    CoreFile *file = core_file_new(path, &error);

    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
    return file;
}

static void assert_contents(const char *expected)
{
    g_autofree char *contents = NULL;

    g_assert_true(g_file_get_contents(path, &contents, NULL, NULL));
    g_assert_cmpstr(contents, ==, expected);
}

static void test_whole(void)
{
    g_autoptr(CoreFile) file = new_file();
    struct stat about;

    g_assert_true(core_file_write(file, "one ", 4, NULL));
    g_assert_true(core_file_write(file, NULL, 0, NULL));
    g_assert_true(core_file_write_sparse(file, "two", 3, NULL));
    g_assert_cmpint(access(path, F_OK), ==, -1);
    g_assert_true(core_file_commit(file, NULL));
    assert_contents("one two");
    g_assert_cmpuint(count_files(), ==, 1);
    g_assert_cmpint(stat(path, &about), ==, 0);
    g_assert_cmphex(about.st_mode & 0777, ==, 0600);
    g_assert_cmpint(unlink(path), ==, 0);
}

/* What was there stays until another one is whole. */
static void test_replaced(void)
{
    g_autoptr(CoreFile) half = NULL, whole = NULL;

    g_assert_true(g_file_set_contents(path, "before", -1, NULL));
    half = new_file();
    g_assert_true(core_file_write(half, "half", 4, NULL));
    assert_contents("before");
    g_assert_cmpuint(count_files(), ==, 2);
    core_file_free(g_steal_pointer(&half));
    assert_contents("before");
    g_assert_cmpuint(count_files(), ==, 1);
    whole = new_file();
    g_assert_true(core_file_write(whole, "whole", 5, NULL));
    g_assert_true(core_file_commit(whole, NULL));
    assert_contents("whole");
    g_assert_cmpint(unlink(path), ==, 0);
}

/* Zeros take no room, also at the end, and are there. */
static void test_sparse(void)
{
    g_autofree uint8_t *chunk = g_malloc0(CHUNK);
    g_autofree char *contents = NULL;
    g_autoptr(CoreFile) file = new_file();
    struct stat about;
    gsize size;

    g_assert_true(core_file_write_sparse(file, chunk, CHUNK, NULL));
    chunk[CHUNK - 1] = 1;
    g_assert_true(core_file_write_sparse(file, chunk, CHUNK, NULL));
    chunk[CHUNK - 1] = 0;
    for (unsigned i = 0; i < 6; i++) {
        g_assert_true(core_file_write_sparse(file, chunk, CHUNK, NULL));
    }
    g_assert_true(core_file_commit(file, NULL));
    g_assert_cmpint(stat(path, &about), ==, 0);
    g_assert_cmpuint((guint64)about.st_size, ==, 8 * CHUNK);
    g_assert_cmpuint((guint64)about.st_blocks * 512, <, 4 * CHUNK);
    g_assert_true(g_file_get_contents(path, &contents, &size, NULL));
    for (size_t i = 0; i < size; i++) {
        g_assert_cmpint(contents[i], ==, i == 2 * CHUNK - 1);
    }
    g_assert_cmpint(unlink(path), ==, 0);
}

static void expect_refusal(const char *name, int code, const char *words)
{
    g_autofree char *refused = g_build_filename(folder, name, NULL);
    g_autoptr(Error) error = NULL;

    g_assert_null(core_file_new(refused, &error));
    g_test_message("%s", cgvm_error_message(error));
    g_assert_cmpint(cgvm_error_errno(error), ==, code);
    g_assert_nonnull(strstr(cgvm_error_message(error), words));
    g_assert_nonnull(strstr(cgvm_error_message(error), name));
}

static void test_refused(void)
{
    g_autofree char *pipe = g_build_filename(folder, "pipe", NULL);

    g_assert_cmpint(mkfifo(pipe, 0600), ==, 0);
    expect_refusal("pipe", 0, "no regular file");
    expect_refusal(".", 0, "no regular file");
    expect_refusal("nowhere/core", ENOENT, g_strerror(ENOENT));
    g_assert_cmpint(unlink(pipe), ==, 0);
    g_assert_cmpuint(count_files(), ==, 0);
}

/* There is no room: nothing is left. */
static void test_full(void)
{
    g_autofree uint8_t *chunk = g_malloc(CHUNK);
    const struct rlimit small = { CHUNK + 1, RLIM_INFINITY };
    struct rlimit before;
    g_autoptr(CoreFile) file = new_file();
    g_autoptr(Error) error = NULL;

    memset(chunk, 1, CHUNK);
    g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &before), ==, 0);
    signal(SIGXFSZ, SIG_IGN);
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &small), ==, 0);
    g_assert_true(core_file_write(file, chunk, CHUNK, NULL));
    g_assert_false(core_file_write(file, chunk, CHUNK, &error));
    g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &before), ==, 0);
    g_assert_cmpint(cgvm_error_errno(error), ==, EFBIG);
    g_assert_nonnull(strstr(cgvm_error_message(error), path));
    core_file_free(g_steal_pointer(&file));
    g_assert_cmpuint(count_files(), ==, 0);
}

/* The folder goes away, or a folder takes the name: it cannot get it. */
static void test_name_taken(void)
{
    g_autoptr(CoreFile) file = new_file();
    g_autoptr(Error) error = NULL;

    g_assert_cmpint(g_mkdir(path, 0700), ==, 0);
    g_assert_false(core_file_commit(file, &error));
    g_assert_cmpint(cgvm_error_errno(error), ==, EISDIR);
    core_file_free(g_steal_pointer(&file));
    g_assert_cmpint(g_rmdir(path), ==, 0);
    g_assert_cmpuint(count_files(), ==, 0);
}

int main(int argc, char **argv)
{
    int status;

    g_test_init(&argc, &argv, NULL);
    folder = folder_new();
    path = g_build_filename(folder, "core", NULL);
    g_test_add_func("/core-file/whole", test_whole);
    g_test_add_func("/core-file/replaced", test_replaced);
    g_test_add_func("/core-file/sparse", test_sparse);
    g_test_add_func("/core-file/refused", test_refused);
    g_test_add_func("/core-file/full", test_full);
    g_test_add_func("/core-file/name-taken", test_name_taken);
    status = g_test_run();
    g_free(path);
    folder_remove(folder);
    return status;
}
