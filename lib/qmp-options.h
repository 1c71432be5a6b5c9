/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The options that say where a QMP monitor is reached: -qmp, -chardev and -mon, as QEMU has them.
 *
 *     -qmp stdio
 *     -qmp unix:PATH,server=on,wait=off
 *     -chardev socket,id=ID,path=PATH,server=on,wait=off  -mon chardev=ID,mode=control
 *     -chardev socket,id=ID,fd=N,server=on,wait=off       -mon chardev=ID,mode=control
 *
 * With server=on clients connect; without, this program connects to a client that listens, or takes an
 * inherited descriptor for such a connection. wait=on, which is the default, waits for the first client
 * before all else.
 */
#ifndef LIB_QMP_OPTIONS_H
#define LIB_QMP_OPTIONS_H

#include "qapi/qmp-server.h"

/** What a monitor, or a -chardev that is none yet, is connected to. */
typedef struct QmpEndpoint {
    char *id;   /* NULL: given by -qmp */
    char *path; /* of a Unix socket, or NULL */
    int fd;     /* inherited, or -1; without a path as well, it is standard input and output */
    bool server;
    bool wait;
    bool is_monitor;
} QmpEndpoint;

/** What options have been given. */
typedef struct QmpOptions {
    GPtrArray *endpoints; /* QmpEndpoint * */
    GPtrArray *monitors;  /* char *: what each -mon names */
} QmpOptions;

void qmp_options_init(QmpOptions *options);
void qmp_options_clear(QmpOptions *options);

/**
 * Adds one option: @p name is "qmp", "chardev" or "mon", @p text what follows it. Nothing is opened. Fails
 * with CGVM_ERROR_INVALID for text that is malformed, with CGVM_ERROR_UNSUPPORTED for what only QEMU has.
 */
bool qmp_options_add(QmpOptions *options, const char *name, const char *text, Error **errp);

/**
 * Checks what can only be checked when all options are known, in whatever order they came: that each -mon
 * names a -chardev, which no other one does, and that only one monitor is on standard input and output.
 */
bool qmp_options_check(QmpOptions *options, Error **errp);

/** How many monitors there are. */
unsigned qmp_options_n_monitors(const QmpOptions *options);
/** Whether one of them is on standard input and output. Both are known after that check, and in part before.
 */
bool qmp_options_use_stdio(const QmpOptions *options);

/** Opens all monitors, after that check. Stops at the first that fails; the others stay with @p server. */
bool qmp_options_open(const QmpOptions *options, QmpServer *server, Error **errp);

#endif
