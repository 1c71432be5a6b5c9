/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/qmp-options.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>
#include "qapi/keyval.h"
#include "qom/user-creatable.h"

static void endpoint_free(void *opaque)
{
    QmpEndpoint *endpoint = opaque;

    g_free(endpoint->id);
    g_free(endpoint->path);
    g_free(endpoint);
}

void qmp_options_init(QmpOptions *options)
{
    options->endpoints = g_ptr_array_new_with_free_func(endpoint_free);
    options->monitors = g_ptr_array_new_with_free_func(g_free);
}

void qmp_options_clear(QmpOptions *options)
{
    g_ptr_array_unref(options->endpoints);
    g_ptr_array_unref(options->monitors);
}

/* ---- values ---- */

/* The text that @p keyval has for @p key, or NULL. */
static const char *text_at(json_object *keyval, const char *key)
{
    json_object *value;

    return json_object_object_get_ex(keyval, key, &value) ? json_object_get_string(value) : NULL;
}

static bool switch_get(json_object *keyval, const char *key, bool *ret, Error **errp)
{
    const char *text = text_at(keyval, key);

    if (text && strcmp(text, "on") != 0 && strcmp(text, "off") != 0) {
        return error_setg(errp, "'%s' is on or off, not '%.60s'", key, text);
    }
    *ret = text ? strcmp(text, "on") == 0 : *ret;
    return true;
}

static bool fd_get(json_object *keyval, int *ret_fd, Error **errp)
{
    const char *text = text_at(keyval, "fd");
    guint64 fd;

    if (!text) {
        return true;
    }
    if (!g_ascii_string_to_unsigned(text, 10, 0, INT_MAX, &fd, NULL)) {
        return error_setg(errp, "'fd' is the number of an inherited descriptor, not '%.60s'", text);
    }
    *ret_fd = (int)fd;
    return true;
}

/* Refuses a key that is not in @p known, which ends with NULL. */
static bool keys_check(json_object *keyval, const char *const *known, const char *what, Error **errp)
{
    json_object_object_foreach (keyval, key, value) {
        if (!g_strv_contains(known, key)) {
            return error_set(errp, CGVM_ERROR_UNSUPPORTED, "%s has no '%.60s'; leave it out", what, key);
        }
        if (!json_object_is_type(value, json_type_string)) {
            return error_setg(errp, "'%s' of %s is one value", key, what);
        }
    }
    return true;
}

static bool id_check(const char *id, Error **errp)
{
    return id_wellformed(id) || error_setg(errp,
                                           "'%.60s' cannot be an id; use letters, digits, '-', '.' and '_', "
                                           "starting with a letter",
                                           id);
}

/* ---- -chardev and -qmp ---- */

static bool socket_set(QmpEndpoint *endpoint, json_object *keyval, Error **errp)
{
    static const char *const known[] = { "backend", "id", "path", "fd", "server", "wait", NULL };

    if (!keys_check(keyval, known, "a socket", errp) || !fd_get(keyval, &endpoint->fd, errp) ||
        !switch_get(keyval, "server", &endpoint->server, errp)) {
        return false;
    }
    endpoint->path = g_strdup(text_at(keyval, "path"));
    if (!endpoint->path == (endpoint->fd < 0)) {
        return error_setg(errp, "a socket needs either 'path' or 'fd'");
    }
    if (text_at(keyval, "wait") && !endpoint->server) {
        return error_setg(errp, "'wait' is for a socket with server=on; there is nobody to wait for");
    }
    endpoint->wait = endpoint->server;
    return switch_get(keyval, "wait", &endpoint->wait, errp);
}

/* What @p keyval describes; NULL with an error. */
static QmpEndpoint *endpoint_new(json_object *keyval, Error **errp)
{
    static const char *const stdio_keys[] = { "backend", "id", NULL };
    const char *backend = text_at(keyval, "backend");
    QmpEndpoint *endpoint = g_new0(QmpEndpoint, 1);
    bool done;

    endpoint->fd = -1;
    endpoint->id = g_strdup(text_at(keyval, "id"));
    if (g_strcmp0(backend, "socket") == 0) {
        done = socket_set(endpoint, keyval, errp);
    } else if (g_strcmp0(backend, "stdio") == 0) {
        done = keys_check(keyval, stdio_keys, "stdio", errp);
    } else {
        done = error_set(errp, CGVM_ERROR_UNSUPPORTED, "there is no chardev '%.60s'; use 'socket' or 'stdio'",
                         backend ? backend : "");
    }
    if (!done) {
        endpoint_free(endpoint);
        return NULL;
    }
    return endpoint;
}

static bool add_chardev(QmpOptions *options, const char *text, Error **errp)
{
    g_autoptr(json_object) keyval = keyval_parse(text, "backend", NULL, errp);
    const char *id = keyval ? text_at(keyval, "id") : NULL;
    QmpEndpoint *endpoint;

    if (!keyval) {
        return false;
    }
    if (!id) {
        return error_setg(errp, "a chardev needs an id, by which -mon names it");
    }
    if (!id_check(id, errp)) {
        return false;
    }
    for (guint i = 0; i < options->endpoints->len; i++) {
        if (g_strcmp0(((QmpEndpoint *)options->endpoints->pdata[i])->id, id) == 0) {
            return error_setg(errp, "there already is a chardev with the id '%s'; ids must be unique", id);
        }
    }
    endpoint = endpoint_new(keyval, errp);
    if (!endpoint) {
        return false;
    }
    g_ptr_array_add(options->endpoints, endpoint);
    return true;
}

static bool add_qmp(QmpOptions *options, const char *text, Error **errp)
{
    const bool is_unix = g_str_has_prefix(text, "unix:");
    g_autofree char *as_chardev =
        is_unix ? g_strconcat("socket,path=", text + strlen("unix:"), NULL) : g_strdup(text);
    g_autoptr(json_object) keyval = NULL;
    QmpEndpoint *endpoint;

    if (!is_unix && strcmp(text, "stdio") != 0) {
        return error_set(errp, CGVM_ERROR_UNSUPPORTED,
                         "a monitor is at 'stdio' or 'unix:PATH,server=on,wait=off', not at '%.60s'", text);
    }
    keyval = keyval_parse(as_chardev, "backend", NULL, errp);
    endpoint = keyval ? endpoint_new(keyval, errp) : NULL;
    if (!endpoint) {
        return false;
    }
    /* The text is no place for an id: it would be a chardev's. */
    g_clear_pointer(&endpoint->id, g_free);
    endpoint->is_monitor = true;
    g_ptr_array_add(options->endpoints, endpoint);
    return true;
}

/* ---- -mon ---- */

static bool add_mon(QmpOptions *options, const char *text, Error **errp)
{
    static const char *const known[] = { "chardev", "id", "mode", "pretty", NULL };
    g_autoptr(json_object) keyval = keyval_parse(text, "chardev", NULL, errp);
    const char *chardev = keyval ? text_at(keyval, "chardev") : NULL;
    bool is_pretty = false;

    if (!keyval || !keys_check(keyval, known, "a monitor", errp) ||
        !switch_get(keyval, "pretty", &is_pretty, errp)) {
        return false;
    }
    if (!chardev) {
        return error_setg(errp, "a monitor needs 'chardev', the id of a -chardev");
    }
    if (g_strcmp0(text_at(keyval, "mode"), "control") != 0) {
        return error_set(errp, CGVM_ERROR_UNSUPPORTED, "a monitor speaks QMP only; give it mode=control");
    }
    if (is_pretty) {
        return error_set(errp, CGVM_ERROR_UNSUPPORTED,
                         "a monitor does not indent what it sends; leave 'pretty' out");
    }
    g_ptr_array_add(options->monitors, g_strdup(chardev));
    return true;
}

bool qmp_options_add(QmpOptions *options, const char *name, const char *text, Error **errp)
{
    if (strcmp(name, "qmp") == 0) {
        return add_qmp(options, text, errp);
    }
    return strcmp(name, "chardev") == 0 ? add_chardev(options, text, errp) : add_mon(options, text, errp);
}

/* ---- all together ---- */

/* Makes the chardev called @p id a monitor. */
static bool monitor_set(QmpOptions *options, const char *id, Error **errp)
{
    for (guint i = 0; i < options->endpoints->len; i++) {
        QmpEndpoint *endpoint = options->endpoints->pdata[i];

        if (g_strcmp0(endpoint->id, id) != 0) {
            continue;
        }
        if (endpoint->is_monitor) {
            return error_setg(errp, "two monitors are on the chardev '%s'; give one of them its own", id);
        }
        endpoint->is_monitor = true;
        return true;
    }
    return error_set(errp, CGVM_ERROR_NOT_FOUND,
                     "there is no chardev '%.60s'; add -chardev socket,id=%.60s,...", id, id);
}

static bool is_stdio(const QmpEndpoint *endpoint)
{
    return !endpoint->path && endpoint->fd < 0;
}

bool qmp_options_check(QmpOptions *options, Error **errp)
{
    int n_stdio = 0;

    for (guint i = 0; i < options->monitors->len; i++) {
        if (!monitor_set(options, options->monitors->pdata[i], errp)) {
            return false;
        }
    }
    for (guint i = 0; i < options->endpoints->len; i++) {
        const QmpEndpoint *endpoint = options->endpoints->pdata[i];
        n_stdio += endpoint->is_monitor && is_stdio(endpoint);
    }
    return n_stdio <= 1 || error_setg(errp, "%d monitors are on stdio; only one can be", n_stdio);
}

unsigned qmp_options_n_monitors(const QmpOptions *options)
{
    unsigned n_monitors = 0;

    for (guint i = 0; i < options->endpoints->len; i++) {
        n_monitors += ((const QmpEndpoint *)options->endpoints->pdata[i])->is_monitor;
    }
    return n_monitors;
}

bool qmp_options_use_stdio(const QmpOptions *options)
{
    bool is_used = false;

    for (guint i = 0; i < options->endpoints->len; i++) {
        const QmpEndpoint *endpoint = options->endpoints->pdata[i];
        is_used |= endpoint->is_monitor && is_stdio(endpoint);
    }
    return is_used;
}

/* Copies, since a connection closes what it has, and the numbers must not be given to something else. */
static bool open_stdio(QmpServer *server, Error **errp)
{
    const int in_fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
    const int out_fd = in_fd < 0 ? -1 : fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
    const int code = errno;

    if (out_fd < 0) {
        if (in_fd >= 0) {
            close(in_fd);
        }
        return error_set_errno(errp, CGVM_ERROR_IO, code, "the monitor cannot use stdio: %s",
                               g_strerror(code));
    }
    qmp_server_add(server, in_fd, out_fd);
    return true;
}

static bool open_fd(const QmpEndpoint *endpoint, QmpServer *server, Error **errp)
{
    if (endpoint->server) {
        return qmp_server_listen_fd(server, endpoint->fd, endpoint->wait, errp);
    }
    if (fcntl(endpoint->fd, F_SETFD, FD_CLOEXEC) < 0) {
        return error_set_errno(errp, CGVM_ERROR_IO, errno, "there is no inherited descriptor %d: %s",
                               endpoint->fd, g_strerror(errno));
    }
    qmp_server_add(server, endpoint->fd, endpoint->fd);
    return true;
}

static bool endpoint_open(const QmpEndpoint *endpoint, QmpServer *server, Error **errp)
{
    if (is_stdio(endpoint)) {
        return open_stdio(server, errp);
    }
    if (!endpoint->path) {
        return open_fd(endpoint, server, errp);
    }
    return endpoint->server ? qmp_server_listen(server, endpoint->path, endpoint->wait, errp)
                            : qmp_server_connect(server, endpoint->path, errp);
}

bool qmp_options_open(const QmpOptions *options, QmpServer *server, Error **errp)
{
    for (guint i = 0; i < options->endpoints->len; i++) {
        const QmpEndpoint *endpoint = options->endpoints->pdata[i];

        if (endpoint->is_monitor && !endpoint_open(endpoint, server, errp)) {
            return false;
        }
    }
    return true;
}
