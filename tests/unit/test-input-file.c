/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of reading files: which are taken, whole and unchanged, and how the others are refused.
 */
#include "hw/input-file.h"
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const InputFileKind kind = {
    .name = "thing",
    .smallest = 4,
    .largest = 1 << 30,
    .granule = 4,
    .expects = "a thing has from 4 bytes to 1 GiB",
};

typedef struct Fixture {
    char *directory;
    char *path;
} Fixture;

static void fixture_init(Fixture *f, G_GNUC_UNUSED const void *data)
{
    f->directory = g_dir_make_tmp("test-input-file-XXXXXX", NULL);
    g_assert_nonnull(f->directory);
    f->path = g_build_filename(f->directory, "thing.bin", NULL);
}

static void fixture_clear(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_unlink(f->path);
    g_assert_cmpint(g_rmdir(f->directory), ==, 0);
    g_free(f->path);
    g_free(f->directory);
}

static void write_file(const Fixture *f, const void *data, size_t size)
{
    g_assert_true(g_file_set_contents(f->path, data, size, NULL));
}

static void assert_refused(const char *path, CgvmErrorCode code, int os_error, const char *format)
{
    g_autofree char *message = g_strdup_printf(format, path);
    g_autoptr(Error) error = NULL;

    g_assert_null(input_file_read(path, &kind, NULL, &error));
    g_assert_cmpstr(cgvm_error_message(error), ==, message);
    g_assert_cmpint(cgvm_error_code(error), ==, code);
    g_assert_cmpint(cgvm_error_errno(error), ==, os_error);
    g_assert_null(input_file_read(path, &kind, NULL, NULL));
}

static void assert_contents(const Fixture *f, const void *data, size_t size, const ProgressSink *sink)
{
    g_autoptr(Error) error = NULL;
    g_autoptr(GBytes) bytes = input_file_read(f->path, &kind, sink, &error);

    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
    g_assert_cmpmem(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), data, size);
}

static void test_contents(Fixture *f, G_GNUC_UNUSED const void *data)
{
    write_file(f, "0123", 4);
    assert_contents(f, "0123", 4, NULL);
    write_file(f,
               "01\0"
               "34567",
               8);
    assert_contents(f,
                    "01\0"
                    "34567",
                    8, NULL);
}

/* What happens to the file afterwards does not change what was read. */
static void test_is_a_copy(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_autoptr(GBytes) bytes = NULL;

    write_file(f, "0123", 4);
    bytes = input_file_read(f->path, &kind, NULL, NULL);
    g_assert_cmpint(truncate(f->path, 0), ==, 0);
    g_assert_cmpmem(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), "0123", 4);
}

static void test_empty_where_that_is_allowed(Fixture *f, G_GNUC_UNUSED const void *data)
{
    static const InputFileKind any = { .name = "thing", .largest = 4, .granule = 1, .expects = "no" };
    g_autoptr(GBytes) bytes = NULL;

    write_file(f, "", 0);
    bytes = input_file_read(f->path, &any, NULL, NULL);
    g_assert_nonnull(bytes);
    g_assert_cmpuint(g_bytes_get_size(bytes), ==, 0);
}

static void test_sizes(Fixture *f, G_GNUC_UNUSED const void *data)
{
    write_file(f, "", 0);
    assert_refused(f->path, CGVM_ERROR_INVALID, 0,
                   "the thing '%s' has 0 bytes; a thing has from 4 bytes to 1 GiB");
    write_file(f, "012345", 6);
    assert_refused(f->path, CGVM_ERROR_INVALID, 0,
                   "the thing '%s' has 6 bytes; a thing has from 4 bytes to 1 GiB");
    /* With holes alone; nobody could read it in time. */
    g_assert_cmpint(truncate(f->path, INT64_C(1) << 42), ==, 0);
    assert_refused(f->path, CGVM_ERROR_INVALID, 0,
                   "the thing '%s' has 4398046511104 bytes; a thing has from 4 bytes to 1 GiB");
}

static void test_other_files(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_autofree char *below = NULL;

    assert_refused(f->path, CGVM_ERROR_IO, ENOENT, "cannot open the thing '%s': No such file or directory");
    assert_refused(f->directory, CGVM_ERROR_INVALID, 0,
                   "the thing '%s' is not a regular file; name one that is");
    assert_refused("/dev/zero", CGVM_ERROR_INVALID, 0,
                   "the thing '%s' is not a regular file; name one that is");
    g_assert_cmpint(mkfifo(f->path, 0600), ==, 0);
    assert_refused(f->path, CGVM_ERROR_INVALID, 0, "the thing '%s' is not a regular file; name one that is");
    below = g_build_filename(f->path, "below", NULL);
    assert_refused(below, CGVM_ERROR_IO, ENOTDIR, "cannot open the thing '%s': Not a directory");
}

typedef struct Listener {
    char *path; /* to be cut short when it is begun; or NULL */
    char *what;
    uint64_t done, total;
} Listener;

static void listen(void *opaque, const char *what, uint64_t done, uint64_t total)
{
    Listener *listener = opaque;

    g_assert_true(done == 0 || done >= listener->done);
    g_free(listener->what);
    listener->what = g_strdup(what);
    listener->done = done;
    listener->total = total;
    if (listener->path) {
        g_assert_cmpint(truncate(listener->path, 4), ==, 0);
    }
}

/* More than is read at once. */
static void test_progress(Fixture *f, G_GNUC_UNUSED const void *data)
{
    const size_t size = (9 << 20) + 4;
    g_autofree uint8_t *contents = g_malloc(size);
    Listener listener = { .path = NULL };
    ProgressSink sink = { .report = listen, .opaque = &listener };

    for (size_t i = 0; i < size; i++) {
        contents[i] = (uint8_t)(i >> 12 ^ i);
    }
    write_file(f, contents, size);
    assert_contents(f, contents, size, &sink);
    g_assert_cmpstr(listener.what, ==, "reading the thing 'thing.bin'");
    g_assert_cmpuint(listener.done, ==, size);
    g_assert_cmpuint(listener.total, ==, size);
    g_free(listener.what);
}

/* A file that shrinks after its size was asked for is no file of that size. */
static void test_shrinks(Fixture *f, G_GNUC_UNUSED const void *data)
{
    Listener listener = { .path = f->path };
    ProgressSink sink = { .report = listen, .opaque = &listener };
    g_autoptr(Error) error = NULL;

    write_file(f, "01234567", 8);
    g_assert_null(input_file_read(f->path, &kind, &sink, &error));
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_IO);
    g_assert_cmpint(cgvm_error_errno(error), ==, ENODATA);
    g_free(listener.what);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, test) g_test_add("/input-file/" name, Fixture, NULL, fixture_init, test, fixture_clear)
    ADD("contents", test_contents);
    ADD("is-a-copy", test_is_a_copy);
    ADD("empty", test_empty_where_that_is_allowed);
    ADD("sizes", test_sizes);
    ADD("other-files", test_other_files);
    ADD("progress", test_progress);
    ADD("shrinks", test_shrinks);
    return g_test_run();
}
