/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hw/sim-steps.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "qapi/near-miss.h"

bool sim_step_refuse(const char *text, const char *place, Error **errp, const char *format, ...)
{
    g_autofree char *what = NULL, *shown = g_strndup(text, 64);
    va_list args;

    va_start(args, format);
    what = g_strdup_vprintf(format, args);
    va_end(args);
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

bool sim_step_part(const char *text, const char *place, const char *name, const char *word, uint64_t max,
                   uint64_t *value, Error **errp)
{
    return sim_step_number(word, max, value) ||
           sim_step_refuse(text, place, errp, "%s is '%s', not a number from 0 to 0x%" G_GINT64_MODIFIER "x",
                           name, word, max);
}

static GBytes *hex_to_bytes(const char *digits, size_t length)
{
    g_autofree uint8_t *bytes = g_malloc(length / 2 + 1);

    for (size_t i = 0; i < length; i++) {
        int digit = g_ascii_xdigit_value(digits[i]);

        if (digit < 0) {
            return NULL;
        }
        bytes[i / 2] = (uint8_t)(i % 2 ? bytes[i / 2] << 4 | digit : digit);
    }
    return length == 0 || length % 2 ? NULL : g_bytes_new(bytes, length / 2);
}

GBytes *sim_step_bytes(const char *text, const char *place, const char *word, uint64_t gpa, uint32_t max,
                       uint32_t *size, Error **errp)
{
    const char *star = strchr(word, '*');
    size_t length = star ? (size_t)(star - word) : strlen(word);
    g_autoptr(GBytes) bytes = NULL;
    uint64_t count = 1, all;

    if (star && !sim_step_part(text, place, "COUNT", star + 1, max, &count, errp)) {
        return NULL;
    }
    all = length / 2 * count;
    if (length / 2 > max || all > max) {
        sim_step_refuse(text, place, errp, "these are more than %" PRIu32 " bytes; use several steps", max);
        return NULL;
    }
    bytes = hex_to_bytes(word, length);
    if (!bytes || all == 0) {
        sim_step_refuse(text, place, errp,
                        "BYTES are pairs of hexadecimal digits, and *COUNT to repeat them");
        return NULL;
    }
    if (gpa + all - 1 < gpa) {
        sim_step_refuse(text, place, errp, "the access would go beyond the end of the address space");
        return NULL;
    }
    *size = (uint32_t)all;
    return g_steal_pointer(&bytes);
}

/* ---- kinds ---- */

static const SimStepForm *form_at(const void *rows, size_t row_size, size_t number)
{
    return (const SimStepForm *)(const void *)((const uint8_t *)rows + number * row_size);
}

static void refuse_name(const char *text, const char *place, const char *name, const void *rows,
                        size_t n_rows, size_t row_size, Error **errp)
{
    g_autoptr(GString) names = g_string_new("; there are ");
    g_autofree char *suggestion = NULL;
    NearMiss search = { .word = name };

    for (size_t i = 0; i < n_rows; i++) {
        const SimStepForm *form = form_at(rows, row_size, i);

        near_miss_consider(&search, form->name);
        g_string_append_printf(names, "%s%s", i ? ", " : "", form->name);
    }
    suggestion = near_miss_text(&search);
    sim_step_refuse(text, place, errp, "there is no such step%s", *suggestion ? suggestion : names->str);
}

int sim_step_find(const char *text, const char *place, const void *rows, size_t n_rows, size_t row_size,
                  GStrv *parts, Error **errp)
{
    g_auto(GStrv) words = g_strsplit(text, ":", -1);
    const char *name = words[0] ? words[0] : "";
    unsigned n_parts = words[0] ? g_strv_length(words) - 1 : 0;

    for (size_t i = 0; i < n_rows; i++) {
        const SimStepForm *form = form_at(rows, row_size, i);

        if (strcmp(form->name, name) != 0) {
            continue;
        }
        if (n_parts < form->min || n_parts > form->max) {
            sim_step_refuse(text, place, errp, "write it as %s%s", form->name, form->usage);
            return -1;
        }
        *parts = g_strdupv(words + 1);
        return (int)i;
    }
    refuse_name(text, place, name, rows, n_rows, row_size, errp);
    return -1;
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

    bool has_step = false;

    if (!lines) {
        return false;
    }
    for (unsigned i = 0; lines[i]; i++) {
        if (!take_line(path, lines[i], i + 1, take, opaque, errp)) {
            return false;
        }
        /* It is stripped. */
        has_step = has_step || (*g_strchug(lines[i]) && *lines[i] != '#');
    }
    return has_step || error_setg(errp, "the script '%s' has no step; write one on each line", path);
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
