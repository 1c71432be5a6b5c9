/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hw/core-file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "qapi/fields.h"

#define TEMPORARY_NAME ".cgvm-dump-XXXXXX"

struct CoreFile {
    char *path;      /* that it is going to have */
    char *temporary; /* that it has; NULL: it has got the other one */
    int fd;
    uint64_t size; /* with holes at its end, of which the file does not know yet */
};

static bool write_failed(const CoreFile *file, int code, Error **errp)
{
    g_autofree char *shown = text_shown(file->path);

    return error_set_errno(errp, CGVM_ERROR_IO, code, "cannot write '%s': %s", shown, g_strerror(code));
}

/* A device or a pipe can neither be replaced nor have holes. */
static bool check_path(const char *path, Error **errp)
{
    g_autofree char *shown = text_shown(path);
    struct stat about;

    return stat(path, &about) < 0 || S_ISREG(about.st_mode) ||
           error_setg(errp, "cannot write '%s': it is there, and no regular file", shown);
}

CoreFile *core_file_new(const char *path, Error **errp)
{
    g_autofree char *folder = g_path_get_dirname(path);
    g_autoptr(CoreFile) file = NULL;

    if (!check_path(path, errp)) {
        return NULL;
    }
    file = g_new0(CoreFile, 1);
    file->path = g_strdup(path);
    file->temporary = g_build_filename(folder, TEMPORARY_NAME, NULL);
    file->fd = g_mkstemp_full(file->temporary, O_WRONLY | O_CLOEXEC, 0600);
    if (file->fd < 0) {
        const int code = errno;
        g_autofree char *shown = text_shown(path);

        g_clear_pointer(&file->temporary, g_free);
        return error_set_errno_null(errp, CGVM_ERROR_IO, code, "cannot write '%s': %s", shown,
                                    g_strerror(code));
    }
    return g_steal_pointer(&file);
}

void core_file_free(CoreFile *file)
{
    if (!file) {
        return;
    }
    if (file->fd >= 0) {
        close(file->fd);
    }
    if (file->temporary) {
        unlink(file->temporary);
    }
    g_free(file->temporary);
    g_free(file->path);
    g_free(file);
}

bool core_file_write(CoreFile *file, const void *data, size_t size, Error **errp)
{
    const uint8_t *bytes = data;

    for (size_t done = 0; done < size;) {
        const ssize_t count = pwrite(file->fd, bytes + done, size - done, (off_t)(file->size + done));

        if (count < 0 && errno != EINTR) {
            return write_failed(file, errno, errp);
        }
        done += count < 0 ? 0 : (size_t)count;
    }
    file->size += size;
    return true;
}

static bool is_zero(const uint8_t *data, size_t size)
{
    return size == 0 || (data[0] == 0 && memcmp(data, data + 1, size - 1) == 0);
}

bool core_file_write_sparse(CoreFile *file, const void *data, size_t size, Error **errp)
{
    if (!is_zero(data, size)) {
        return core_file_write(file, data, size, errp);
    }
    file->size += size;
    return true;
}

bool core_file_commit(CoreFile *file, Error **errp)
{
    int code = ftruncate(file->fd, (off_t)file->size) < 0 || fsync(file->fd) < 0 ? errno : 0;

    /* Some file systems only tell then that there is no room. */
    if (close(file->fd) < 0 && !code) {
        code = errno;
    }
    file->fd = -1;
    if (!code && rename(file->temporary, file->path) < 0) {
        code = errno;
    }
    if (code) {
        return write_failed(file, code, errp);
    }
    g_clear_pointer(&file->temporary, g_free);
    return true;
}
