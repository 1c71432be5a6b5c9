/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Fuzz target: any bytes from a QMP client, before and after the negotiation, with a machine that cannot be
 * launched. Each line that it gets is a greeting, a reply or an error with a class, and it is served to the
 * end.
 */
#include <string.h>
#include "../unit/qmp-tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void no_notify(void *opaque G_GNUC_UNUSED)
{
}

static void check_line(const char *line)
{
    g_autoptr(json_object) object = json_tokener_parse(line);
    json_object *error, *value;

    g_assert_true(g_utf8_validate(line, -1, NULL));
    if (json_object_object_get_ex(object, "QMP", NULL) || json_object_object_get_ex(object, "return", NULL)) {
        return;
    }
    g_assert_true(json_object_object_get_ex(object, "error", &error));
    g_assert_true(json_object_object_get_ex(error, "class", NULL));
    g_assert_true(json_object_object_get_ex(error, "desc", &value));
    g_assert_null(strchr(json_object_get_string(value), '\n'));
}

/* Reads all, also what commands that take long have to say, and checks it line by line. */
static void output_check(QmpTree *tree, QmpSession *session)
{
    size_t length;
    const char *bytes;

    qmp_tree_settle(tree);
    while ((bytes = qmp_session_output(session, &length)), length > 0) {
        g_autofree char *text = g_strndup(bytes, length);
        g_auto(GStrv) lines = g_strsplit(text, "\r\n", -1);

        for (char **line = lines; **line; line++) {
            check_line(*line);
        }
        qmp_session_sent(session, length);
        qmp_tree_settle(tree);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char last[] = "\xff\n{'execute':'query-target','id':'last'}";
    QmpSession *session;
    QmpTree tree;

    qmp_tree_start(&tree);
    session = qmp_session_new(&tree.service, no_notify, NULL);
    if (size && data[0] != '!') {
        qmp_session_input(session, "{'execute':'qmp_capabilities'}", 30);
    }
    qmp_session_input(session, (const char *)data, size);
    output_check(&tree, session);
    qmp_session_input(session, last, strlen(last));
    g_assert_true(qmp_session_wants_input(session));
    output_check(&tree, session);
    g_assert_true(qmp_session_is_idle(session));
    qmp_session_free(session);
    qmp_tree_end(&tree);
    return 0;
}
