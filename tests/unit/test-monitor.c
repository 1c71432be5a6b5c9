/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the public API for monitors, as an embedder sees it.
 */
#include "cgvm/monitor.h"
#include <errno.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "tests/unit/toy-vm.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgvmMonitor, cgvm_monitor_free)

static void set(CgvmMonitor *monitor, const char *name, const char *text)
{
    CgvmError *error = NULL;

    if (!cgvm_monitor_add_option(monitor, name, text, &error)) {
        g_error("-%s: %s", name, cgvm_error_message(error));
    }
}

static void start(CgvmMonitor *monitor)
{
    CgvmError *error = NULL;

    if (!cgvm_monitor_open(monitor, &error) || !cgvm_monitor_launch(monitor, &error)) {
        g_error("%s", cgvm_error_message(error));
    }
}

static void option_refused(CgvmMonitor *monitor, const char *name, const char *text, CgvmErrorCode code,
                           const char *message)
{
    g_autoptr(CgvmError) error = NULL;

    g_assert_false(cgvm_monitor_add_option(monitor, name, text, &error));
    assert_error(error, code, message);
}

static void test_options(void)
{
    g_autoptr(CgvmVm) vm = snp_vm();
    g_autoptr(CgvmMonitor) monitor = cgvm_monitor_new(vm);
    g_autoptr(CgvmError) error = NULL;

    option_refused(monitor, "nope", "x", CGVM_ERROR_NOT_FOUND, "a monitor has no option 'nope'");
    option_refused(monitor, "S", "off", CGVM_ERROR_INVALID, "-S: it is an option without a value");
    option_refused(monitor, "chardev", "socket", CGVM_ERROR_INVALID, "*");
    g_assert_false(cgvm_monitor_is_used(monitor));
    g_assert_false(cgvm_monitor_uses_stdio(monitor));
    set(monitor, "name", "first");
    set(monitor, "name", "guest");
    set(monitor, "mon", "nobody,mode=control");
    g_assert_false(cgvm_monitor_open(monitor, &error));
    assert_error(error, CGVM_ERROR_NOT_FOUND, "*'nobody'*");
}

static void test_stdio(void)
{
    g_autoptr(CgvmVm) vm = snp_vm();
    g_autoptr(CgvmMonitor) monitor = cgvm_monitor_new(vm);

    set(monitor, "qmp", "stdio");
    g_assert_true(cgvm_monitor_is_used(monitor));
    g_assert_true(cgvm_monitor_uses_stdio(monitor));
    cgvm_monitor_free(NULL);
}

static void count_launches(void *opaque, bool again)
{
    unsigned *counts = opaque;

    counts[again]++;
}

/* Without a place for clients, it is run as cgvm_vm_run() would. */
static void test_alone(void)
{
    const unsigned before = count_descriptors();
    CgvmVm *vm = snp_vm();
    CgvmMonitor *monitor = cgvm_monitor_new(vm);
    g_autoptr(CgvmError) error = NULL;
    unsigned counts[2] = { 0, 0 };
    uint8_t value = 0;

    add(vm, "accel", "sim,script=out:0xcf9:6+out:0xf4:3");
    cgvm_monitor_set_launched(monitor, count_launches, counts);
    start(monitor);
    g_assert_cmpint(cgvm_monitor_serve(monitor, &value, &error), ==, CGVM_RUN_EXITED);
    g_assert_null(error);
    g_assert_cmpuint(value, ==, 3);
    /* The guest has asked for a reset in between. */
    g_assert_cmpuint(counts[false], ==, 1);
    g_assert_cmpuint(counts[true], ==, 1);
    cgvm_monitor_free(monitor);
    cgvm_vm_free(vm);
    g_assert_cmpuint(count_descriptors(), ==, before);
}

static void test_alone_fails(void)
{
    g_autoptr(CgvmVm) vm = snp_vm();
    g_autoptr(CgvmMonitor) monitor = cgvm_monitor_new(vm);
    g_autoptr(CgvmError) error = NULL;
    uint8_t value = 0;

    add(vm, "accel", "sim,script=shutdown");
    start(monitor);
    g_assert_cmpint(cgvm_monitor_serve(monitor, &value, &error), ==, CGVM_RUN_FAILED);
    assert_error(error, CGVM_ERROR_GUEST, "*vCPU 0: the guest shut itself down*");
}

static gpointer stop_soon(gpointer vm)
{
    g_usleep(20 * 1000);
    cgvm_vm_stop(vm);
    return NULL;
}

static void test_stopped(void)
{
    g_autoptr(CgvmVm) vm = snp_vm();
    g_autoptr(CgvmMonitor) monitor = cgvm_monitor_new(vm);
    GThread *thread;

    add(vm, "accel", "sim,script=halt");
    start(monitor);
    thread = g_thread_new("stop", stop_soon, vm);
    g_assert_cmpint(cgvm_monitor_serve(monitor, NULL, NULL), ==, CGVM_RUN_STOPPED);
    g_thread_join(thread);
}

static void test_no_reboot(void)
{
    g_autoptr(CgvmVm) vm = snp_vm();
    g_autoptr(CgvmMonitor) monitor = cgvm_monitor_new(vm);
    uint8_t value = 0;

    add(vm, "accel", "sim,script=out:0xcf9:6+out:0xf4:3");
    set(monitor, "no-reboot", "on");
    start(monitor);
    g_assert_cmpint(cgvm_monitor_serve(monitor, &value, NULL), ==, CGVM_RUN_RESET);
}

static void test_launch_fails(void)
{
    g_autoptr(CgvmVm) vm = snp_vm();
    g_autoptr(CgvmMonitor) monitor = cgvm_monitor_new(vm);
    g_autoptr(CgvmError) error = NULL;

    add(vm, "accel", "sim,fault=SNP_LAUNCH_FINISH=0x0c");
    if (!cgvm_monitor_open(monitor, &error)) {
        g_error("%s", cgvm_error_message(error));
    }
    g_assert_false(cgvm_monitor_launch(monitor, &error));
    assert_error(error, CGVM_ERROR_FIRMWARE, "*SNP_LAUNCH_FINISH failed*");
}

static void *kill_soon(void *opaque G_GNUC_UNUSED)
{
    g_usleep(20000);
    kill(getpid(), SIGTERM);
    return NULL;
}

static void test_signal(void)
{
    g_autoptr(CgvmVm) vm = snp_vm();
    g_autoptr(CgvmMonitor) monitor = cgvm_monitor_new(vm);
    GThread *thread;
    uint8_t value = 0;

    add(vm, "accel", "sim,script=halt");
    start(monitor);
    cgvm_monitor_end_on_signals(monitor);
    thread = g_thread_new("kill", kill_soon, NULL);
    g_assert_cmpint(cgvm_monitor_serve(monitor, &value, NULL), ==, CGVM_RUN_STOPPED);
    g_thread_join(thread);
}

/* What a client at @path reads up to the answer of quit. */
static void *quit(void *path)
{
    static const char text[] = "{'execute':'qmp_capabilities'}{'execute':'query-name'}{'execute':'quit'}";
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    GString *read_text = g_string_new(NULL);
    char buffer[4096];
    ssize_t length;

    g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
    g_assert_cmpint(connect(fd, (struct sockaddr *)&address, sizeof(address)), ==, 0);
    g_assert_cmpint(write(fd, text, strlen(text)), ==, strlen(text));
    while ((length = read(fd, buffer, sizeof(buffer))) > 0) {
        g_string_append_len(read_text, buffer, length);
    }
    close(fd);
    return g_string_free(read_text, FALSE);
}

static void test_client(void)
{
    CgvmVm *vm = snp_vm();
    CgvmMonitor *monitor = cgvm_monitor_new(vm);
    g_autofree char *path = g_build_filename(toy_directory, "qmp", NULL);
    g_autofree char *option = g_strdup_printf("unix:%s,server=on,wait=off", path), *text = NULL;
    GThread *thread;
    uint8_t value = 0;

    add(vm, "accel", "sim,script=halt");
    set(monitor, "qmp", option);
    set(monitor, "name", "guest");
    set(monitor, "S", "on");
    start(monitor);
    thread = g_thread_new("client", quit, path);
    g_assert_cmpint(cgvm_monitor_serve(monitor, &value, NULL), ==, CGVM_RUN_STOPPED);
    cgvm_monitor_free(monitor);
    cgvm_vm_free(vm);
    text = g_thread_join(thread);
    g_assert_nonnull(strstr(text, "{\"return\":{\"name\":\"guest\"}}"));
    g_assert_nonnull(strstr(text, "\"reason\":\"host-qmp-quit\""));
    g_assert_true(g_str_has_suffix(text, "{\"return\":{}}\r\n"));
    g_assert_cmpint(access(path, F_OK), ==, -1);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/monitor/options", test_options);
    g_test_add_func("/monitor/stdio", test_stdio);
    g_test_add_func("/monitor/alone", test_alone);
    g_test_add_func("/monitor/alone-fails", test_alone_fails);
    g_test_add_func("/monitor/stopped", test_stopped);
    g_test_add_func("/monitor/no-reboot", test_no_reboot);
    g_test_add_func("/monitor/launch-fails", test_launch_fails);
    g_test_add_func("/monitor/signal", test_signal);
    g_test_add_func("/monitor/client", test_client);
    return toy_run_tests();
}
