/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tools/cgctl.h"

/* ---- reading ---- */

static bool check_privacy(int fd, const char *path)
{
    struct stat st;

    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_mode & 077) {
        cgctl_say("'%s' holds a secret, but others than its owner have a right to it (mode %04o); chmod 600 "
                  "it",
                  path, st.st_mode & 07777);
        return false;
    }
    return true;
}

/* One buffer from the start: one that grows would leave copies of a secret behind. */
static bool read_all(File *file, int fd, const char *path, size_t limit)
{
    file->room = limit + 1;
    file->data = calloc(1, file->room);
    if (!file->data) {
        abort();
    }
    for (ssize_t part = 1; part != 0 && file->size <= limit;) {
        part = read(fd, file->data + file->size, limit + 1 - file->size);
        if (part < 0 && errno != EINTR) {
            cgctl_say("cannot read '%s': %s", path, strerror(errno));
            return false;
        }
        file->size += part > 0 ? (size_t)part : 0;
    }
    if (file->size > limit) {
        cgctl_say("'%s' has more than %zu bytes; it is not what is asked for here", path, limit);
        return false;
    }
    return true;
}

bool file_read(File *file, const char *path, size_t limit, FilePrivacy privacy)
{
    bool is_stdin = strcmp(path, "-") == 0, done;
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);

    *file = (File){ .data = NULL };
    if (fd < 0) {
        cgctl_say("cannot open '%s': %s", path, strerror(errno));
        return false;
    }
    done = (privacy != FILE_PRIVATE || check_privacy(fd, path)) && read_all(file, fd, path, limit);
    if (!is_stdin) {
        close(fd);
    }
    if (!done) {
        file_clear(file);
    }
    return done;
}

CgvmBytes file_bytes(const File *file)
{
    return (CgvmBytes){ .data = file->data, .size = file->size };
}

void file_clear(File *file)
{
    if (file->data) {
        explicit_bzero(file->data, file->room);
    }
    free(file->data);
    *file = (File){ .data = NULL };
}

/* ---- writing ---- */

static mode_t mode_of(const FileOutput *output)
{
    return output->privacy == FILE_PRIVATE ? 0600 : 0644;
}

/* A new file beside the one that it is going to replace. */
static int create_beside(FileOutput *output)
{
    char *path = NULL;
    int fd;

    if (asprintf(&path, "%s.XXXXXX", output->path) < 0) {
        abort();
    }
    fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0 || fchmod(fd, mode_of(output)) < 0) {
        int os_error = errno;

        if (fd >= 0) {
            close(fd);
            unlink(path);
        }
        free(path);
        errno = os_error;
        return -1;
    }
    output->created = path;
    return fd;
}

static int create_new(FileOutput *output)
{
    int fd = open(output->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode_of(output));

    if (fd >= 0) {
        output->created = strdup(output->path);
        if (!output->created) {
            abort();
        }
    }
    return fd;
}

static bool create(FileOutput *output, bool force)
{
    output->fd = force ? create_beside(output) : create_new(output);
    if (output->fd < 0) {
        if (errno == EEXIST) {
            cgctl_say("'%s' exists already; name another file, or overwrite it with --force", output->path);
        } else {
            cgctl_say("cannot create '%s': %s", output->path, strerror(errno));
        }
    }
    return output->fd >= 0;
}

static bool write_out(FileOutput *output)
{
    const char *data = output->bytes.data;
    size_t done = 0;

    while (done < output->bytes.size) {
        ssize_t part = write(output->fd, data + done, output->bytes.size - done);

        if (part < 0 && errno != EINTR) {
            break;
        }
        done += part > 0 ? (size_t)part : 0;
    }
    if (done < output->bytes.size || fsync(output->fd) < 0) {
        cgctl_say("cannot write '%s': %s", output->path, strerror(errno));
        return false;
    }
    return true;
}

static bool put_in_place(FileOutput *output)
{
    if (strcmp(output->created, output->path) != 0 && rename(output->created, output->path) < 0) {
        cgctl_say("cannot replace '%s': %s", output->path, strerror(errno));
        return false;
    }
    free((char *)output->created);
    output->created = NULL;
    return true;
}

static void close_output(FileOutput *output)
{
    if (output->fd >= 0) {
        close(output->fd);
    }
    if (output->created) {
        unlink(output->created);
        free((char *)output->created);
    }
}

bool files_write(FileOutput *outputs, size_t n_outputs, bool force)
{
    bool (*const steps[])(FileOutput *) = { write_out, put_in_place };
    bool done = true;

    for (size_t i = 0; i < n_outputs; i++) {
        outputs[i].created = NULL;
        outputs[i].fd = -1;
    }
    for (size_t i = 0; i < n_outputs && done; i++) {
        done = !outputs[i].path || create(&outputs[i], force);
    }
    for (size_t step = 0; step < sizeof(steps) / sizeof(steps[0]); step++) {
        for (size_t i = 0; i < n_outputs && done; i++) {
            done = !outputs[i].path || steps[step](&outputs[i]);
        }
    }
    for (size_t i = 0; i < n_outputs; i++) {
        close_output(&outputs[i]);
    }
    return done;
}
