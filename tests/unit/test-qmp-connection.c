/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>
#include "qapi/qmp-connection.h"
#include "qmp-talk.h"

/* A connection with a pipe for each direction, whose other ends are the client's. */
typedef struct Line {
    TalkContext talk;
    QmpService service;
    GMainContext *context;
    QmpConnection *connection;
    int send_fd, receive_fd;
    int n_closed;
} Line;

static void on_closed(QmpConnection *connection, void *opaque)
{
    Line *line = opaque;

    g_assert_true(connection == line->connection);
    line->n_closed++;
    g_clear_pointer(&line->connection, qmp_connection_free);
}

static void line_start(Line *line)
{
    int in[2], out[2];

    *line = (Line){ .talk.calls = g_ptr_array_new(), .context = g_main_context_new() };
    line->service = (QmpService){ .schema = &talk_schema,
                                  .context = &line->talk,
                                  .version = json_tokener_parse("{\"a\":1}") };
    g_assert_cmpint(pipe2(in, O_CLOEXEC), ==, 0);
    g_assert_cmpint(pipe2(out, O_CLOEXEC), ==, 0);
    line->send_fd = in[1];
    line->receive_fd = out[0];
    line->connection = qmp_connection_new(&line->service, line->context, in[0], out[1], on_closed, line);
}

static void line_end(Line *line)
{
    qmp_connection_free(line->connection);
    g_main_context_unref(line->context);
    json_object_put(line->service.version);
    g_ptr_array_unref(line->talk.calls);
    if (line->send_fd >= 0) {
        close(line->send_fd);
    }
    if (line->receive_fd >= 0) {
        close(line->receive_fd);
    }
}

static void line_send(const Line *line, const char *text)
{
    g_assert_cmpint(write(line->send_fd, text, strlen(text)), ==, strlen(text));
}

/* Serves until there is nothing left to do. */
static void line_serve(const Line *line)
{
    while (g_main_context_iteration(line->context, FALSE)) {
    }
}

/* Serves, and has then got @p expected. */
static void line_expect(const Line *line, const char *expected)
{
    char bytes[4096] = "";

    line_serve(line);
    g_assert_cmpint(read(line->receive_fd, bytes, sizeof(bytes) - 1), ==, strlen(expected));
    g_assert_cmpstr(bytes, ==, expected);
}

static void test_talk(void)
{
    g_autoptr(json_object) event = json_tokener_parse("{\"event\":\"SHOUT\"}");
    Line line;

    line_start(&line);
    g_assert_false(qmp_connection_is_drained(line.connection));
    line_expect(&line, TALK_GREETING);
    g_assert_true(qmp_connection_is_drained(line.connection));
    line_send(&line, "{'execute':'qmp_capa");
    line_serve(&line);
    line_send(&line, "bilities'}");
    line_expect(&line, TALK_READY);
    qmp_connection_event(line.connection, event);
    line_expect(&line, "{\"event\":\"SHOUT\"}\r\n");
    g_assert_cmpint(line.n_closed, ==, 0);
    line_end(&line);
    qmp_connection_free(NULL);
}

/* The client's descriptors are left as they were, since others may have them, too. */
static void test_flags(void)
{
    int fds[2];
    Line line;

    line_start(&line);
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
    qmp_connection_free(line.connection);
    line.connection = qmp_connection_new(&line.service, line.context, fds[0], fds[0], on_closed, &line);
    line_serve(&line);
    g_assert_cmpint(fcntl(fds[0], F_GETFL) & O_NONBLOCK, ==, 0);
    close(fds[1]);
    line_serve(&line);
    g_assert_cmpint(line.n_closed, ==, 1);
    line_end(&line);
}

/* The end of input: what was asked for is still answered, then the connection closes, once. */
static void test_end(void)
{
    Line line;

    line_start(&line);
    line_send(&line, "{'execute':'qmp_capabilities'}{'execute':'slow'}{'execute':'nothing','id':1}{'exec");
    close(line.send_fd);
    line.send_fd = -1;
    line_expect(&line, TALK_GREETING TALK_READY);
    g_assert_cmpint(line.n_closed, ==, 0);
    qmp_call_complete(line.talk.calls->pdata[0], NULL, NULL);
    line_expect(&line, "{\"return\":{}}\r\n{\"return\":{},\"id\":1}\r\n");
    g_assert_cmpint(line.n_closed, ==, 1);
    line_end(&line);
}

/* Nobody reads any more. */
static void test_reader_gone(void)
{
    Line line;

    line_start(&line);
    line_expect(&line, TALK_GREETING);
    close(line.receive_fd);
    line.receive_fd = -1;
    line_send(&line, "{'execute':'qmp_capabilities'}");
    line_serve(&line);
    g_assert_cmpint(line.n_closed, ==, 1);
    line_end(&line);
}

/* A pipe that is full does not block the server, and nothing is lost. */
static void test_slow_reader(void)
{
    const size_t length = 10 * (30000 + strlen("{\"return\":\"\"}\r\n"));
    size_t got = 0;
    char bytes[1000];
    Line line;

    line_start(&line);
    line_send(&line, "{'execute':'qmp_capabilities'}");
    line_expect(&line, TALK_GREETING TALK_READY);
    for (int i = 0; i < 10; i++) {
        line_send(&line, "{'execute':'long'}");
    }
    while (got < length) {
        line_serve(&line);
        got += read(line.receive_fd, bytes, sizeof(bytes));
    }
    g_assert_cmpuint(got, ==, length);
    line_end(&line);
}

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qmp-connection/talk", test_talk);
    g_test_add_func("/qmp-connection/flags", test_flags);
    g_test_add_func("/qmp-connection/end", test_end);
    g_test_add_func("/qmp-connection/reader-gone", test_reader_gone);
    g_test_add_func("/qmp-connection/slow-reader", test_slow_reader);
    return g_test_run();
}
