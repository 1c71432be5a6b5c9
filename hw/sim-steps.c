/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hw/sim-steps.h"
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool sim_step_refuse(const char *text, const char *place, Error **errp, const char *format, va_list args)
{
    g_autofree char *what = g_strdup_vprintf(format, args), *shown = g_strndup(text, 64);

    return error_setg(errp, "script, %s '%s%s': %s", place, shown, strlen(text) > 64 ? "..." : "", what);
}

bool sim_step_number(const char *word, uint64_t max, uint64_t *value)
{
    bool is_hex = g_str_has_prefix(word, "0x");
    guint64 number;

    if (!g_ascii_string_to_unsigned(word + (is_hex ? 2 : 0), is_hex ? 16 : 10, 0, max, &number, NULL)) {
        return false;
    }
    *value = number;
    return true;
}

/* ---- files ---- */

static bool read_all(int fd, char *text, size_t size)
{
    size_t length = 0;
    ssize_t part = 1;

    while (length < size && part != 0) {
        part = read(fd, text + length, size - length);
        if (part < 0 && errno != EINTR) {
            return false;
        }
        length += (size_t)MAX(part, 0);
    }
    text[length] = '\0';
    return true;
}

static char *read_text(const char *path, int fd, Error **errp)
{
    g_autofree char *text = NULL;
    struct stat st;

    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size > SIM_SCRIPT_MAX_FILE) {
        return error_setg_null(errp, "the script '%s' is not a regular file of at most 64 MiB", path);
    }
    text = g_malloc((size_t)st.st_size + 1);
    if (!read_all(fd, text, (size_t)st.st_size)) {
        return error_set_errno_null(errp, CGVM_ERROR_IO, errno, "cannot read the script '%s': %s", path,
                                    g_strerror(errno));
    }
    if (!g_str_is_ascii(text) || strlen(text) != (size_t)st.st_size) {
        return error_setg_null(errp, "the script '%s' is not plain text; write a step on each line", path);
    }
    return g_steal_pointer(&text);
}

static char *read_file(const char *path, Error **errp)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char *text;

    if (fd < 0) {
        return error_set_errno_null(errp, CGVM_ERROR_IO, errno, "cannot open the script '%s': %s", path,
                                    g_strerror(errno));
    }
    text = read_text(path, fd, errp);
    close(fd);
    return text;
}

/* ---- steps ---- */

static bool take_line(const char *path, char *line, unsigned number, SimStepTake *take, void *opaque,
                      Error **errp)
{
    g_autofree char *name = g_path_get_basename(path), *place = g_strdup_printf("%s:%u", name, number);
    const char *text = g_strstrip(line);

    return !*text || *text == '#' || take(opaque, text, place, errp);
}

static bool take_lines(const char *path, SimStepTake *take, void *opaque, Error **errp)
{
    g_autofree char *text = read_file(path, errp);
    g_auto(GStrv) lines = text ? g_strsplit(text, "\n", -1) : NULL;

    if (!lines) {
        return false;
    }
    for (unsigned i = 0; lines[i]; i++) {
        if (!take_line(path, lines[i], i + 1, take, opaque, errp)) {
            return false;
        }
    }
    return true;
}

bool sim_steps_read(const char *script, SimStepTake *take, void *opaque, Error **errp)
{
    g_auto(GStrv) items = NULL;

    if (!*script) {
        return error_setg(errp, "the script is empty; give steps that are joined with '+', or @FILE");
    }
    if (*script == '@') {
        return take_lines(script + 1, take, opaque, errp);
    }
    items = g_strsplit(script, "+", -1);
    for (unsigned i = 0; items[i]; i++) {
        g_autofree char *place = g_strdup_printf("step %u", i + 1);

        if (!take(opaque, items[i], place, errp)) {
            return false;
        }
    }
    return true;
}
