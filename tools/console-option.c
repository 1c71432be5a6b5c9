/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "tools/console-option.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tools/pairs.h"

/* What follows @prefix in @text, or NULL. */
static const char *after(const char *text, const char *prefix)
{
    size_t length = strlen(prefix);

    return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

static bool fail(char *message, size_t size, const char *format, const char *shown)
{
    snprintf(message, size, format, shown);
    return false;
}

static bool set_path(ConsoleOption *option, const char *path, char *message, size_t size)
{
    if (!*path) {
        return fail(message, size, "there is no path%s", "");
    }
    free(option->path);
    option->path = strdup(path);
    if (!option->path) {
        abort();
    }
    return true;
}

/* Sets @result and returns true if @pair is KEY=on, KEY=off or KEY alone. */
static bool take_switch(const char *pair, const char *key, bool *result)
{
    const char *value = pair_value(pair, key);
    bool is_on = strcmp(pair, key) == 0 || (value && strcmp(value, "on") == 0);

    if (!is_on && (!value || strcmp(value, "off") != 0)) {
        return false;
    }
    *result = is_on;
    return true;
}

/* ---- pairs ---- */

static bool add_file_pair(ConsoleOption *option, const char *pair, char *message, size_t size)
{
    const char *path = pair_value(pair, "path");

    if (path) {
        return set_path(option, path, message, size);
    }
    return take_switch(pair, "append", &option->appends) ||
           fail(message, size, "'%.60s' is neither path=FILE nor append=on|off", pair);
}

static bool add_socket_pair(ConsoleOption *option, const char *pair, char *message, size_t size)
{
    const char *path = pair_value(pair, "path");

    if (path) {
        return set_path(option, path, message, size);
    }
    return take_switch(pair, "server", &option->is_server) || take_switch(pair, "wait", &option->waits) ||
           fail(message, size, "'%.60s' is none of path=PATH, server=on|off and wait=on|off", pair);
}

static bool add_no_pair(ConsoleOption *option, const char *pair, char *message, size_t size)
{
    (void)option;
    return fail(message, size, "it has no '%.60s'; leave it out", pair);
}

typedef struct Backend {
    const char *name; /* of -chardev */
    ConsoleKind kind;
    bool (*add)(ConsoleOption *option, const char *pair, char *message, size_t size);
    bool has_path;
} Backend;

static const Backend backends[] = {
    { "file", CONSOLE_FILE, add_file_pair, true },  { "socket", CONSOLE_UNIX, add_socket_pair, true },
    { "stdio", CONSOLE_STDIO, add_no_pair, false }, { "pty", CONSOLE_PTY, add_no_pair, false },
    { "null", CONSOLE_NULL, add_no_pair, false },
};

static const Backend *backend_find(const char *name)
{
    for (size_t i = 0; i < sizeof(backends) / sizeof(backends[0]); i++) {
        if (strcmp(name, backends[i].name) == 0) {
            return &backends[i];
        }
    }
    return NULL;
}

/* Reads the pairs of @text, of which those that every backend has are left out. */
static bool add_pairs(ConsoleOption *option, const Backend *backend, char *rest, char *message, size_t size)
{
    option->kind = backend->kind;
    option->waits = true;
    for (char *pair = pairs_cut(&rest); pair; pair = pairs_cut(&rest)) {
        if (!pair_value(pair, "id") && !backend->add(option, pair, message, size)) {
            return false;
        }
    }
    if (backend->has_path && !option->path) {
        return fail(message, size, "there is no path%s", "");
    }
    return true;
}

/* `unix:PATH,server=on`: the path is the first of the pairs, and has no key. */
static bool parse_unix(ConsoleOption *option, const char *text, char *message, size_t size)
{
    char *copy = strdup(text), *rest = copy, *path = pairs_cut(&rest);
    bool done = set_path(option, path ? path : "", message, size) &&
                add_pairs(option, backend_find("socket"), rest, message, size);

    free(copy);
    return done;
}

/* ---- outside ---- */

bool console_option_parse(ConsoleOption *option, const char *text, char *message, size_t size)
{
    const Backend *backend = backend_find(text);
    const char *file = after(text, "file:"), *path = after(text, "unix:");

    option->is_given = true;
    option->text = text;
    option->chardev = after(text, "chardev:");
    option->has_escapes = strcmp(text, "mon:stdio") == 0;
    if (option->has_escapes) {
        backend = backend_find("stdio");
    }
    if (file) {
        option->kind = CONSOLE_FILE;
        return set_path(option, file, message, size);
    }
    if (path) {
        return parse_unix(option, path, message, size);
    }
    if (option->chardev) {
        return true;
    }
    if (!backend || backend->has_path) {
        return fail(message, size,
                    "the guest's console goes to stdio, mon:stdio, null, pty, file:PATH, "
                    "unix:PATH,server=on or chardev:ID%s",
                    "");
    }
    option->kind = backend->kind;
    return true;
}

bool console_option_is_chardev(const char *text, const char *id)
{
    char *copy = strdup(text), *rest = copy;
    bool found = false;

    for (char *pair = pairs_cut(&rest); pair; pair = pairs_cut(&rest)) {
        const char *value = pair_value(pair, "id");

        found |= value && strcmp(value, id) == 0;
    }
    free(copy);
    return found;
}

bool console_option_set_chardev(ConsoleOption *option, const char *text, char *message, size_t size)
{
    char *copy = strdup(text), *rest = copy, *name = pairs_cut(&rest);
    const Backend *backend = name ? backend_find(name) : NULL;
    bool done = backend
                    ? add_pairs(option, backend, rest, message, size)
                    : fail(message, size,
                           "there is no chardev '%.60s' for a console; use file, socket, stdio, pty or null",
                           name ? name : "");

    free(copy);
    return done;
}

void console_option_clear(ConsoleOption *option)
{
    free(option->path);
    *option = (ConsoleOption){ .is_given = false };
}
