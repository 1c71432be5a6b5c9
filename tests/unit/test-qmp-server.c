/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "qapi/qmp-server.h"
#include "qapi/unix-socket.h"
#include "qmp-talk.h"
#include "temporary-folder.h"

#define READY TALK_GREETING TALK_READY

/* A server with a socket, and what it needs. The test is its clients, and runs its context. */
typedef struct Host {
    TalkContext talk;
    QmpService service;
    GMainContext *context;
    QmpServer *server;
    char *folder;
    char *path;
} Host;

static void host_start(Host *host)
{
    *host =
        (Host){ .talk.calls = g_ptr_array_new(), .context = g_main_context_new(), .folder = folder_new() };
    host->path = g_build_filename(host->folder, "qmp", NULL);
    host->service = (QmpService){ .schema = &talk_schema,
                                  .context = &host->talk,
                                  .version = json_tokener_parse("{\"a\":1}") };
    host->server = qmp_server_new(&host->service, host->context);
    g_assert_true(qmp_server_listen(host->server, host->path, false, NULL));
}

static void host_end(Host *host)
{
    qmp_server_free(host->server);
    g_main_context_unref(host->context);
    json_object_put(host->service.version);
    g_ptr_array_unref(host->talk.calls);
    g_free(host->path);
    folder_remove(host->folder);
}

static int client_new(const Host *host)
{
    int fd = unix_socket_connect(host->path, NULL);

    g_assert_cmpint(fd, >=, 0);
    return fd;
}

static void client_send(int fd, const char *text)
{
    g_assert_cmpint(write(fd, text, strlen(text)), ==, strlen(text));
}

/* Serves until the client at @p fd has got @p expected, and nothing else. */
static void client_expect(const Host *host, int fd, const char *expected)
{
    g_autoptr(GString) got = g_string_new(NULL);
    char bytes[4096];

    while (got->len < strlen(expected)) {
        const ssize_t length = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);

        if (length < 0) {
            g_assert_cmpint(errno, ==, EAGAIN);
            g_main_context_iteration(host->context, TRUE);
        } else {
            g_assert_cmpint(length, >, 0);
            g_string_append_len(got, bytes, length);
        }
    }
    g_assert_cmpstr(got->str, ==, expected);
}

static int client_ready(const Host *host)
{
    int fd = client_new(host);

    client_send(fd, "{'execute':'qmp_capabilities'}");
    client_expect(host, fd, READY);
    return fd;
}

static void wait_for_clients(const Host *host, size_t n_clients)
{
    while (qmp_server_n_clients(host->server) != n_clients) {
        g_main_context_iteration(host->context, TRUE);
    }
}

static void test_clients(void)
{
    int first, second;
    Host host;

    host_start(&host);
    first = client_ready(&host);
    second = client_new(&host);
    client_expect(&host, second, TALK_GREETING);
    /* Each negotiates for itself. */
    client_send(second, "{'execute':'nothing'}");
    client_expect(&host, second,
                  "{\"error\":{\"class\":\"CommandNotFound\",\"desc\":\"before any other command, the "
                  "negotiation must end "
                  "with 'qmp_capabilities'\"}}\r\n");
    client_send(first, "{'execute':'nothing','id':1}");
    client_expect(&host, first, "{\"return\":{},\"id\":1}\r\n");
    close(first);
    wait_for_clients(&host, 1);
    client_send(second, "{'execute':'qmp_capabilities'}");
    client_expect(&host, second, TALK_READY);
    close(second);
    wait_for_clients(&host, 0);
    host_end(&host);
    qmp_server_free(NULL);
}

/* A client that only sends and closes its side, as a shell's pipe does, gets its replies. */
static void test_half_closed(void)
{
    char byte;
    int fd;
    Host host;

    host_start(&host);
    fd = client_new(&host);
    client_send(fd, "{'execute':'qmp_capabilities'}{'execute':'slow'}{'execute':'nothing','id':1}");
    g_assert_cmpint(shutdown(fd, SHUT_WR), ==, 0);
    client_expect(&host, fd, READY);
    while (host.talk.calls->len == 0) {
        g_main_context_iteration(host.context, TRUE);
    }
    qmp_call_complete(host.talk.calls->pdata[0], NULL, NULL);
    client_expect(&host, fd, "{\"return\":{}}\r\n{\"return\":{},\"id\":1}\r\n");
    wait_for_clients(&host, 0);
    g_assert_cmpint(recv(fd, &byte, 1, 0), ==, 0);
    close(fd);
    host_end(&host);
}

static void on_shout(void *opaque)
{
    qmp_server_emit(opaque, &talk_events[0], NULL);
}

/* The line that the client gets next, without its timestamp. */
static char *client_line(const Host *host, int fd)
{
    g_autoptr(GString) line = g_string_new(NULL);
    g_autoptr(json_object) object = NULL;
    char byte;

    while (!g_str_has_suffix(line->str, "\r\n")) {
        if (recv(fd, &byte, 1, MSG_DONTWAIT) == 1) {
            g_string_append_c(line, byte);
        } else {
            g_main_context_iteration(host->context, TRUE);
        }
    }
    object = json_tokener_parse(line->str);
    json_object_object_del(object, "timestamp");
    return g_strdup(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN));
}

static void expect_line(const Host *host, int fd, const char *expected)
{
    g_autofree char *line = client_line(host, fd);

    g_assert_cmpstr(line, ==, expected);
}

static void test_events(void)
{
    int first, second, silent;
    EchoArguments data = { .text = (char *)"a", .times = 1 };
    Host host;

    host_start(&host);
    host.talk.on_shout = on_shout;
    host.talk.opaque = host.server;
    first = client_ready(&host);
    second = client_ready(&host);
    silent = client_new(&host);
    client_expect(&host, silent, TALK_GREETING);
    client_send(first, "{'execute':'shout'}");
    expect_line(&host, first, "{\"event\":\"SHOUT\"}");
    expect_line(&host, first, "{\"return\":{}}");
    expect_line(&host, second, "{\"event\":\"SHOUT\"}");
    qmp_server_emit(host.server, &talk_events[1], &data);
    expect_line(&host, second, "{\"event\":\"ECHO\",\"data\":{\"text\":\"a\",\"times\":1}}");
    /* Before its negotiation, a client gets none. */
    client_send(silent, "{'execute':'qmp_capabilities'}");
    client_expect(&host, silent, TALK_READY);
    close(first);
    close(second);
    close(silent);
    host_end(&host);
}

/* A hundred clients send half a command and vanish, while one keeps working. */
static void test_vanishing(void)
{
    int worker;
    Host host;

    host_start(&host);
    worker = client_ready(&host);
    for (int i = 0; i < 100; i++) {
        int fd = client_new(&host);

        client_send(fd, i % 2 ? "{'execute':'qmp_capabilities'}{'execute':'slow'}{'execute':'ec" : "{'exec");
        if (i % 3 == 0) {
            close(fd);
        }
        client_send(worker, "{'execute':'nothing'}");
        client_expect(&host, worker, TALK_READY);
        if (i % 3) {
            close(fd);
        }
    }
    /* Those with a slow command stay until it has ended. */
    while (qmp_server_n_clients(host.server) > 1 + host.talk.calls->len || host.talk.calls->len < 50) {
        g_main_context_iteration(host.context, TRUE);
    }
    for (guint i = 0; i < host.talk.calls->len; i++) {
        qmp_call_complete(host.talk.calls->pdata[i], NULL, NULL);
    }
    wait_for_clients(&host, 1);
    client_send(worker, "{'execute':'nothing'}");
    client_expect(&host, worker, TALK_READY);
    close(worker);
    host_end(&host);
}

/* One client sends requests without reading, another gets events without reading; a third does not notice. */
static void test_deaf(void)
{
    int flooder, deaf, worker;
    Host host;

    host_start(&host);
    flooder = client_ready(&host);
    deaf = client_ready(&host);
    worker = client_ready(&host);
    while (send(flooder, "{'execute':'long'}", 18, MSG_DONTWAIT) == 18) {
        g_main_context_iteration(host.context, FALSE);
    }
    client_send(worker, "{'execute':'nothing'}");
    client_expect(&host, worker, TALK_READY);
    g_assert_cmpuint(qmp_server_n_clients(host.server), ==, 3);
    for (int i = 0; qmp_server_n_clients(host.server) > 1; i++) {
        g_assert_cmpint(i, <, 100000);
        qmp_server_emit(host.server, &talk_events[0], NULL);
        expect_line(&host, worker, "{\"event\":\"SHOUT\"}");
    }
    client_send(worker, "{'execute':'nothing'}");
    client_expect(&host, worker, TALK_READY);
    close(flooder);
    close(deaf);
    close(worker);
    host_end(&host);
}

/* A step that takes long: it is done on a thread of its own, and ends the command in the main context. */
typedef struct LongStep {
    GMainContext *context;
    QmpCall *call;
    GMutex may_end; /* held by the test for as long as the step is to take */
} LongStep;

static gboolean long_step_end(void *opaque)
{
    qmp_call_complete(((LongStep *)opaque)->call, json_object_new_string("done"), NULL);
    return G_SOURCE_REMOVE;
}

static void *long_step(void *opaque)
{
    LongStep *step = opaque;
    GSource *source = g_idle_source_new();

    g_mutex_lock(&step->may_end);
    g_mutex_unlock(&step->may_end);
    g_source_set_callback(source, long_step_end, step, NULL);
    g_source_attach(source, step->context);
    g_source_unref(source);
    return NULL;
}

/* While it is under way, its own client is answered, too. */
static void test_long_step(void)
{
    LongStep step;
    GThread *thread;
    int fd, other;
    Host host;

    host_start(&host);
    fd = client_ready(&host);
    other = client_ready(&host);
    client_send(fd, "{'execute':'slow','id':1}");
    while (host.talk.calls->len == 0) {
        g_main_context_iteration(host.context, TRUE);
    }
    step = (LongStep){ .context = host.context, .call = host.talk.calls->pdata[0] };
    g_mutex_init(&step.may_end);
    g_mutex_lock(&step.may_end);
    thread = g_thread_new("long step", long_step, &step);
    client_send(fd, "{'execute':'nothing','id':2}");
    client_expect(&host, fd, "{\"return\":{},\"id\":2}\r\n");
    client_send(other, "{'execute':'nothing'}");
    client_expect(&host, other, TALK_READY);
    g_mutex_unlock(&step.may_end);
    client_expect(&host, fd, "{\"return\":\"done\",\"id\":1}\r\n");
    g_thread_join(thread);
    g_mutex_clear(&step.may_end);
    close(fd);
    close(other);
    host_end(&host);
}

static void test_too_many(void)
{
    int fds[QMP_MAX_CLIENTS + 1];
    Host host;

    host_start(&host);
    for (int i = 0; i < QMP_MAX_CLIENTS; i++) {
        fds[i] = client_new(&host);
        client_expect(&host, fds[i], TALK_GREETING);
    }
    fds[QMP_MAX_CLIENTS] = client_new(&host);
    for (int i = 0; i < 10; i++) {
        g_main_context_iteration(host.context, FALSE);
    }
    g_assert_cmpuint(qmp_server_n_clients(host.server), ==, QMP_MAX_CLIENTS);
    close(fds[0]);
    client_expect(&host, fds[QMP_MAX_CLIENTS], TALK_GREETING);
    for (int i = 1; i <= QMP_MAX_CLIENTS; i++) {
        close(fds[i]);
    }
    host_end(&host);
}

static void *connect_soon(void *opaque)
{
    g_usleep(20000);
    return GINT_TO_POINTER(unix_socket_connect(opaque, NULL));
}

static void test_wait(void)
{
    g_autofree char *path = NULL;
    GThread *thread;
    Host host;

    host_start(&host);
    path = g_build_filename(host.folder, "awaited", NULL);
    qmp_server_wait(host.server);
    g_assert_true(qmp_server_listen(host.server, path, true, NULL));
    thread = g_thread_new("client", connect_soon, path);
    qmp_server_wait(host.server);
    g_assert_cmpuint(qmp_server_n_clients(host.server), ==, 1);
    close(GPOINTER_TO_INT(g_thread_join(thread)));
    host_end(&host);
}

/* A client that listens, a socket that is inherited, and a pair of pipes. */
static void test_other_ways(void)
{
    g_autofree char *path = NULL;
    g_autoptr(Error) error = NULL;
    UnixListener listener;
    int fd, pipes[2][2];
    char bytes[200] = "";
    Host host;

    host_start(&host);
    path = g_build_filename(host.folder, "client", NULL);
    g_assert_true(unix_listener_open(&listener, path, NULL));
    g_assert_true(qmp_server_connect(host.server, path, NULL));
    fd = accept(listener.fd, NULL, NULL);
    client_expect(&host, fd, TALK_GREETING);
    close(fd);
    wait_for_clients(&host, 0);

    g_assert_true(qmp_server_listen_fd(host.server, dup(listener.fd), false, NULL));
    fd = unix_socket_connect(path, NULL);
    client_expect(&host, fd, TALK_GREETING);
    close(fd);
    wait_for_clients(&host, 0);
    unix_listener_close(&listener);
    g_assert_false(qmp_server_connect(host.server, path, NULL));
    g_assert_false(qmp_server_listen_fd(host.server, -1, false, &error));
    g_assert_cmpstr(cgvm_error_message(error), ==,
                    "the inherited descriptor -1 is no socket: Bad file descriptor");

    g_assert_cmpint(pipe2(pipes[0], O_CLOEXEC), ==, 0);
    g_assert_cmpint(pipe2(pipes[1], O_CLOEXEC), ==, 0);
    qmp_server_add(host.server, pipes[0][0], pipes[1][1]);
    client_send(pipes[0][1], "{'execute':'qmp_capabilities'}");
    close(pipes[0][1]);
    wait_for_clients(&host, 0);
    g_assert_cmpint(read(pipes[1][0], bytes, sizeof(bytes) - 1), ==, strlen(READY));
    g_assert_cmpstr(bytes, ==, READY);
    close(pipes[1][0]);
    host_end(&host);
}

static void test_drain(void)
{
    int fd;
    Host host;
    gint64 start;

    host_start(&host);
    fd = client_ready(&host);
    qmp_server_emit(host.server, &talk_events[0], NULL);
    qmp_server_drain(host.server, 60000);
    g_clear_pointer(&host.server, qmp_server_free);
    expect_line(&host, fd, "{\"event\":\"SHOUT\"}");
    close(fd);

    /* One that does not read delays the end for the time that was given only. */
    host.server = qmp_server_new(&host.service, host.context);
    g_assert_true(qmp_server_listen(host.server, host.path, false, NULL));
    fd = client_ready(&host);
    for (int i = 0; i < 20000; i++) {
        qmp_server_emit(host.server, &talk_events[0], NULL);
    }
    start = g_get_monotonic_time();
    qmp_server_drain(host.server, 20);
    g_assert_cmpint(g_get_monotonic_time() - start, >=, 20000);
    close(fd);
    host_end(&host);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qmp-server/clients", test_clients);
    g_test_add_func("/qmp-server/half-closed", test_half_closed);
    g_test_add_func("/qmp-server/events", test_events);
    g_test_add_func("/qmp-server/vanishing", test_vanishing);
    g_test_add_func("/qmp-server/deaf", test_deaf);
    g_test_add_func("/qmp-server/long-step", test_long_step);
    g_test_add_func("/qmp-server/too-many", test_too_many);
    g_test_add_func("/qmp-server/wait", test_wait);
    g_test_add_func("/qmp-server/other-ways", test_other_ways);
    g_test_add_func("/qmp-server/drain", test_drain);
    return g_test_run();
}
