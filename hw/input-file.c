/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hw/input-file.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Large enough to cost nothing, small enough that progress shows. */
#define READ_SIZE ((size_t)4 << 20)
#define HUGE_PAGE ((size_t)2 << 20)

/* Returns 0 or an errno. */
static int read_all(int fd, uint8_t *data, size_t size, Progress *progress)
{
    for (size_t done = 0; done < size;) {
        ssize_t part = read(fd, data + done, MIN(size - done, READ_SIZE));

        if (part < 0 && errno == EINTR) {
            continue;
        }
        if (part <= 0) {
            return part ? errno : ENODATA;
        }
        done += part;
        progress_add(progress, part);
    }
    return 0;
}

static GBytes *cannot(const char *verb, const InputFileKind *kind, const char *path, int os_error,
                      Error **errp)
{
    return error_set_errno_null(errp, CGVM_ERROR_IO, os_error, "cannot %s the %s '%s': %s", verb, kind->name,
                                path, g_strerror(os_error));
}

static bool check_file(const struct stat *st, const InputFileKind *kind, const char *path, Error **errp)
{
    uint64_t size = st->st_size;

    if (!S_ISREG(st->st_mode)) {
        return error_setg(errp, "the %s '%s' is not a regular file; name one that is", kind->name, path);
    }
    if (size < kind->smallest || size > kind->largest || size % kind->granule) {
        return error_setg(errp, "the %s '%s' has %" PRIu64 " bytes; %s", kind->name, path, size,
                          kind->expects);
    }
    return true;
}

/* Memory of at least @size bytes, or NULL. In small pages, taking a kernel's or an image's pages from the
 * system costs as much as hashing them. */
static void *allocate(size_t size)
{
    void *data = NULL;

    if (size < HUGE_PAGE) {
        return malloc(MAX(size, 1));
    }
    if (posix_memalign(&data, HUGE_PAGE, size) != 0) {
        return NULL;
    }
    madvise(data, size, MADV_HUGEPAGE);
    return data;
}

static GBytes *read_open(int fd, const char *path, const InputFileKind *kind, const ProgressSink *sink,
                         Error **errp)
{
    g_autofree char *name = g_path_get_basename(path);
    g_autofree char *what = g_strdup_printf("reading the %s '%s'", kind->name, name);
    uint8_t *data;
    Progress progress;
    struct stat st;
    int os_error;

    if (fstat(fd, &st) < 0) {
        return cannot("read", kind, path, errno, errp);
    }
    if (!check_file(&st, kind, path, errp)) {
        return NULL;
    }
    data = allocate(st.st_size);
    if (!data) {
        return cannot("read", kind, path, ENOMEM, errp);
    }
    progress = progress_begin(sink, what, st.st_size);
    os_error = read_all(fd, data, st.st_size, &progress);
    if (os_error) {
        free(data);
        return cannot("read", kind, path, os_error, errp);
    }
    return g_bytes_new_with_free_func(data, st.st_size, free, data);
}

GBytes *input_file_read(const char *path, const InputFileKind *kind, const ProgressSink *progress,
                        Error **errp)
{
    /* A FIFO must not keep us waiting until somebody writes to it. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    GBytes *bytes;

    if (fd < 0) {
        return cannot("open", kind, path, errno, errp);
    }
    bytes = read_open(fd, path, kind, progress, errp);
    close(fd);
    return bytes;
}
