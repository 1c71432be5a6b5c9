/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the door that writes down every call, with a file that cannot be written.
 */
#include <stdio.h>
#include "fake-door.h"
#include "hw/kvm-trace.h"

/* Somewhere to write to, which is full soon. */
typedef struct SmallDisk {
    GString *text;
    gsize room;
    bool close_fails;
} SmallDisk;

static ssize_t disk_write(void *opaque, const char *bytes, size_t size)
{
    SmallDisk *disk = opaque;
    const gsize n = MIN(size, disk->room - disk->text->len);

    g_string_append_len(disk->text, bytes, (gssize)n);
    if (n < size) {
        errno = ENOSPC;
    }
    return (ssize_t)n;
}

static int disk_close(void *opaque)
{
    const SmallDisk *disk = opaque;

    errno = EDQUOT;
    return disk->close_fails ? -1 : 0;
}

/* What the door behind says of its own files. */
static bool own_written(void *opaque G_GNUC_UNUSED, bool last, Error **errp)
{
    return !last || error_set(errp, CGVM_ERROR_IO, "the file of the door behind");
}

/* The calls are two lines of 20 bytes, a further one, and one when the file is closed. */
static void check_disk(SmallDisk *disk, const char *message, int os_error, const char *lines)
{
    const cookie_io_functions_t functions = { .write = disk_write, .close = disk_close };
    const bool has_room = disk->room >= 40;
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(Error) error = NULL;
    FakeHost host;
    KvmDoor *door;
    int kvm, sev;

    fake_host_init(&host);
    disk->text = text;
    door = kvm_trace_door_new(g_memdup2(&host.door, sizeof(host.door)), NULL,
                              fopencookie(disk, "w", functions), "t.log");
    kvm = door->ops->open(door->host, "/dev/kvm", O_RDWR | O_CLOEXEC);
    sev = door->ops->open(door->host, "/dev/sev", O_RDWR | O_CLOEXEC);
    g_assert_true(kvm_door_written(door, false, NULL) == has_room);
    /* Too late: a trace has no gaps. */
    disk->room += 100;
    g_assert_cmpint(door->ops->close(door->host, kvm), ==, 0);
    g_assert_true(kvm_door_written(door, true, &error) == !message);
    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, message);
    g_assert_cmpint(error ? cgvm_error_errno(error) : 0, ==, os_error);
    g_assert_true(kvm_door_written(door, true, NULL) == !message);
    g_assert_cmpint(door->ops->close(door->host, sev), ==, 0);
    g_assert_cmpstr(text->str, ==, lines);
    kvm_door_free(door);
    fake_host_clear(&host);
}

#define ALL_LINES "open /dev/kvm = kvm\nopen /dev/sev = sev\nclose kvm = 0\n"

static void test_room(void)
{
    SmallDisk disk = { .room = 40 };

    check_disk(&disk, NULL, 0, ALL_LINES);
}

static void test_no_room(void)
{
    SmallDisk disk = { .room = 25 };

    check_disk(&disk, "cannot write the trace 't.log': No space left on device; calls are missing at its end",
               ENOSPC, "open /dev/kvm = kvm\nopen ");
}

static void test_close_fails(void)
{
    SmallDisk disk = { .room = 40, .close_fails = true };

    check_disk(&disk, "cannot write the trace 't.log': Disk quota exceeded; calls are missing at its end",
               EDQUOT, ALL_LINES);
}

static void test_the_door_behind(void)
{
    static const KvmOps ops = { .free = fake_free, .written = own_written };
    const KvmDoor behind = { .ops = &ops };
    g_autoptr(Error) error = NULL;
    KvmDoor *door = kvm_trace_door_new(g_memdup2(&behind, sizeof(behind)), NULL, stdout, NULL);

    g_assert_true(kvm_door_written(door, false, NULL));
    g_assert_false(kvm_door_written(door, true, &error));
    g_assert_cmpstr(cgvm_error_message(error), ==, "the file of the door behind");
    kvm_door_free(door);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/trace-file/room", test_room);
    g_test_add_func("/trace-file/no-room", test_no_room);
    g_test_add_func("/trace-file/close-fails", test_close_fails);
    g_test_add_func("/trace-file/door-behind", test_the_door_behind);
    return g_test_run();
}
