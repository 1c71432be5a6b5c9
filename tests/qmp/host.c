/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * A program with nothing but a QMP server: cgvm's commands that need no machine, on a tree with a machine
 * that is not started. It takes -qmp, -chardev and -mon, and ends when the last client has gone.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../unit/qmp-tree.h"
#include "lib/qmp-options.h"

static void fail(const Error *error)
{
    fprintf(stderr, "host: %s\n", cgvm_error_message(error));
    exit(EXIT_FAILURE);
}

static void options_read(QmpOptions *options, int argc, char **argv)
{
    g_autoptr(Error) error = NULL;

    for (int i = 1; i + 1 < argc; i += 2) {
        if (!qmp_options_add(options, argv[i] + 1, argv[i + 1], &error)) {
            fail(error);
        }
    }
    if (!qmp_options_check(options, &error)) {
        fail(error);
    }
}

int main(int argc, char **argv)
{
    g_autoptr(GMainContext) context = g_main_context_new();
    g_autoptr(QmpServer) server = NULL;
    g_autoptr(Error) error = NULL;
    QmpOptions options;
    QmpTree tree;

    signal(SIGPIPE, SIG_IGN);
    qmp_options_init(&options);
    options_read(&options, argc, argv);
    qmp_tree_start(&tree);
    server = qmp_server_new(&tree.service, context);
    if (!qmp_options_open(&options, server, &error)) {
        fail(error);
    }
    qmp_server_wait(server);
    while (qmp_server_n_clients(server)) {
        g_main_context_iteration(context, TRUE);
    }
    g_clear_pointer(&server, qmp_server_free);
    qmp_options_clear(&options);
    qmp_tree_end(&tree);
    return EXIT_SUCCESS;
}
