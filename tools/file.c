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

/* ---- where it goes ---- */

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* The folder of what @path names, or false with errno. */
static bool stat_folder(const char *path, struct stat *st)
{
    const char *base = base_name(path);
    char *folder = strndup(path, (size_t)(base - path));
    bool done;

    if (!folder) {
        abort();
    }
    done = stat(*folder ? folder : ".", st) == 0;
    free(folder);
    return done;
}

/* What a rename replaces: the file itself, where the name is that of a symbolic link. */
static bool find_target(FileOutput *output)
{
    struct stat st;
    bool is_link = lstat(output->path, &st) == 0 && S_ISLNK(st.st_mode);

    if (stat(output->path, &st) == 0 && !S_ISREG(st.st_mode)) {
        cgctl_say("'%s' is not a regular file, and is not replaced; name another file", output->path);
        return false;
    }
    output->target = is_link ? realpath(output->path, NULL) : strdup(output->path);
    if (!output->target) {
        cgctl_say("'%s' is a symbolic link that cannot be followed (%s); name another file", output->path,
                  strerror(errno));
        return false;
    }
    if (!stat_folder(output->target, &st)) {
        cgctl_say("cannot create '%s': %s", output->path, strerror(errno));
        return false;
    }
    output->device = st.st_dev;
    output->folder = st.st_ino;
    return true;
}

static bool have_one_target(const FileOutput *a, const FileOutput *b)
{
    return a->device == b->device && a->folder == b->folder &&
           strcmp(base_name(a->target), base_name(b->target)) == 0;
}

/* Finds the target of the last of @n_outputs, which has to be another than those of the ones before. */
static bool find_own_target(FileOutput *outputs, size_t n_outputs)
{
    FileOutput *last = &outputs[n_outputs - 1];

    if (!last->path) {
        return true;
    }
    if (!find_target(last)) {
        return false;
    }
    for (FileOutput *other = outputs; other < last; other++) {
        if (other->path && have_one_target(other, last)) {
            cgctl_say("'%s' is named for two files that are written; give each a name of its own",
                      last->path);
            return false;
        }
    }
    return true;
}

/* ---- writing ---- */

/* What a new file of this kind gets from the system. */
static mode_t mode_of(const FileOutput *output)
{
    mode_t mask = umask(0);

    umask(mask);
    return (output->privacy == FILE_PRIVATE ? 0600 : 0644) & ~mask;
}

/* A new file beside the one that it is going to replace. */
static int create_beside(FileOutput *output)
{
    char *path = NULL;
    int fd;

    if (asprintf(&path, "%s.XXXXXX", output->target) < 0) {
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
    if (strcmp(output->created, output->path) != 0 && rename(output->created, output->target) < 0) {
        cgctl_say("cannot replace '%s': %s", output->path, strerror(errno));
        return false;
    }
    free(output->created);
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
        free(output->created);
    }
    free(output->target);
}

bool files_write(FileOutput *outputs, size_t n_outputs, bool force)
{
    bool (*const steps[])(FileOutput *) = { write_out, put_in_place };
    bool done = true;

    for (size_t i = 0; i < n_outputs; i++) {
        outputs[i].created = outputs[i].target = NULL;
        outputs[i].fd = -1;
    }
    for (size_t i = 0; i < n_outputs && done; i++) {
        done = find_own_target(outputs, i + 1);
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
