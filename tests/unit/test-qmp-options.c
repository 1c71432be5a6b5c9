/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <sys/socket.h>
#include <unistd.h>
#include "lib/qmp-options.h"
#include "qapi/unix-socket.h"
#include "qmp-talk.h"
#include "temporary-folder.h"

static void add(QmpOptions *options, const char *name, const char *text)
{
    g_autoptr(Error) error = NULL;
    const bool done = qmp_options_add(options, name, text, &error);

    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
    g_assert_true(done);
}

static void assert_endpoint(const QmpEndpoint *endpoint, const char *path, int fd, bool server, bool wait)
{
    g_assert_cmpstr(endpoint->path, ==, path);
    g_assert_cmpint(endpoint->fd, ==, fd);
    g_assert_cmpint(endpoint->server, ==, server);
    g_assert_cmpint(endpoint->wait, ==, wait);
    g_assert_true(endpoint->is_monitor);
}

static void test_taken(void)
{
    QmpOptions options;

    qmp_options_init(&options);
    add(&options, "qmp", "stdio");
    add(&options, "qmp", "unix:/a,,b,server=on,wait=off");
    add(&options, "qmp", "unix:/a,server=on");
    add(&options, "qmp", "unix:a");
    /* -mon may come before what it names. */
    add(&options, "mon", "chardev=charmonitor,id=monitor,mode=control");
    add(&options, "mon", "other,mode=control,pretty=off");
    add(&options, "chardev", "socket,id=charmonitor,fd=35,server=on,wait=off");
    add(&options, "chardev", "socket,path=/x,id=other,server=off");
    add(&options, "chardev", "stdio,id=unused");
    g_assert_true(qmp_options_check(&options, NULL));
    g_assert_cmpuint(options.endpoints->len, ==, 7);
    assert_endpoint(options.endpoints->pdata[0], NULL, -1, false, false);
    assert_endpoint(options.endpoints->pdata[1], "/a,b", -1, true, false);
    assert_endpoint(options.endpoints->pdata[2], "/a", -1, true, true);
    assert_endpoint(options.endpoints->pdata[3], "a", -1, false, false);
    assert_endpoint(options.endpoints->pdata[4], NULL, 35, true, false);
    assert_endpoint(options.endpoints->pdata[5], "/x", -1, false, false);
    g_assert_false(((QmpEndpoint *)options.endpoints->pdata[6])->is_monitor);
    qmp_options_clear(&options);
}

static void test_refused(void)
{
    static const struct {
        const char *name, *text, *message;
    } refused[] = {
        { "qmp", "", "a monitor is at 'stdio' or 'unix:PATH,server=on,wait=off', not at ''" },
        { "qmp", "tcp:localhost:1,server=on",
          "a monitor is at 'stdio' or 'unix:PATH,server=on,wait=off', not at 'tcp:localhost:1,server=on'" },
        { "qmp", "unix:/a,server=yes", "'server' is on or off, not 'yes'" },
        { "qmp", "unix:/a,server=on,wait=1", "'wait' is on or off, not '1'" },
        { "qmp", "unix:/a,wait=off", "'wait' is for a socket with server=on; there is nobody to wait for" },
        { "qmp", "unix:/a,reconnect=1", "a socket has no 'reconnect'; leave it out" },
        { "qmp", "unix:/a,fd=1", "a socket needs either 'path' or 'fd'" },
        { "qmp", "unix:/a,server.x=on", "'server' of a socket is one value" },
        { "chardev", "socket,path=/a", "a chardev needs an id, by which -mon names it" },
        { "chardev", "socket,id=1,path=/a",
          "'1' cannot be an id; use letters, digits, '-', '.' and '_', starting with a letter" },
        { "chardev", "socket,id=first,path=/a",
          "there already is a chardev with the id 'first'; ids must be unique" },
        { "chardev", "socket,id=a", "a socket needs either 'path' or 'fd'" },
        { "chardev", "socket,id=a,fd=-1", "'fd' is the number of an inherited descriptor, not '-1'" },
        { "chardev", "socket,id=a,fd=2147483648",
          "'fd' is the number of an inherited descriptor, not '2147483648'" },
        { "chardev", "stdio,id=a,path=/a", "stdio has no 'path'; leave it out" },
        { "chardev", "pty,id=a", "there is no chardev 'pty'; use 'socket' or 'stdio'" },
        { "chardev", "id=a", "there is no chardev ''; use 'socket' or 'stdio'" },
        { "mon", "mode=control", "a monitor needs 'chardev', the id of a -chardev" },
        { "mon", "first", "a monitor speaks QMP only; give it mode=control" },
        { "mon", "first,mode=readline", "a monitor speaks QMP only; give it mode=control" },
        { "mon", "first,mode=control,pretty=on",
          "a monitor does not indent what it sends; leave 'pretty' out" },
        { "mon", "first,mode=control,x=1", "a monitor has no 'x'; leave it out" },
    };
    QmpOptions options;

    qmp_options_init(&options);
    add(&options, "chardev", "socket,id=first,path=/a");
    for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
        g_autoptr(Error) error = NULL;

        g_assert_false(qmp_options_add(&options, refused[i].name, refused[i].text, &error));
        g_assert_cmpstr(cgvm_error_message(error), ==, refused[i].message);
        g_assert_false(qmp_options_add(&options, refused[i].name, refused[i].text, NULL));
    }
    g_assert_cmpuint(options.endpoints->len, ==, 1);
    g_assert_cmpuint(options.monitors->len, ==, 0);
    qmp_options_clear(&options);
}

/* @p texts are names and texts of options, up to a NULL. */
static void check_refused(const char *const *texts, const char *message)
{
    g_autoptr(Error) error = NULL;
    QmpOptions options;

    qmp_options_init(&options);
    for (; *texts; texts += 2) {
        add(&options, texts[0], texts[1]);
    }
    g_assert_false(qmp_options_check(&options, &error));
    g_assert_cmpstr(cgvm_error_message(error), ==, message);
    qmp_options_clear(&options);
}

static void test_check(void)
{
    check_refused((const char *const[]){ "mon", "a,mode=control", NULL },
                  "there is no chardev 'a'; add -chardev socket,id=a,...");
    check_refused((const char *const[]){ "chardev", "stdio,id=a", "mon", "a,mode=control", "mon",
                                         "a,mode=control", NULL },
                  "two monitors are on the chardev 'a'; give one of them its own");
    check_refused(
        (const char *const[]){ "qmp", "stdio", "chardev", "stdio,id=a", "mon", "a,mode=control", NULL },
        "2 monitors are on stdio; only one can be");
}

static void test_open(void)
{
    static const QmpService service = { .schema = &talk_schema };
    char *folder = folder_new();
    g_autofree char *path = g_build_filename(folder, "qmp", NULL);
    g_autofree char *listen = g_strdup_printf("unix:%s,server=on,wait=off", path);
    g_autofree char *connect = g_strdup_printf("unix:%s", path);
    g_autoptr(GMainContext) context = g_main_context_new();
    g_autoptr(QmpServer) server = qmp_server_new(&service, context);
    g_autoptr(Error) error = NULL;
    g_autofree char *inherited = NULL;
    QmpOptions options;
    int fds[2];

    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), ==, 0);
    inherited = g_strdup_printf("socket,id=b,fd=%d", fds[1]);
    qmp_options_init(&options);
    add(&options, "qmp", listen);
    add(&options, "qmp", connect);
    add(&options, "chardev", inherited);
    add(&options, "mon", "b,mode=control");
    add(&options, "chardev", "socket,id=c,fd=9999");
    add(&options, "mon", "c,mode=control");
    g_assert_true(qmp_options_check(&options, NULL));
    g_assert_false(qmp_options_open(&options, server, &error));
    g_assert_cmpstr(cgvm_error_message(error), ==,
                    "there is no inherited descriptor 9999: Bad file descriptor");
    g_assert_cmpuint(qmp_server_n_clients(server), ==, 2);
    qmp_options_clear(&options);
    g_clear_pointer(&server, qmp_server_free);
    close(fds[0]);
    folder_remove(folder);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/qmp-options/taken", test_taken);
    g_test_add_func("/qmp-options/refused", test_refused);
    g_test_add_func("/qmp-options/check", test_check);
    g_test_add_func("/qmp-options/open", test_open);
    return g_test_run();
}
