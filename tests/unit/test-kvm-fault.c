/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* hw/kvm-fault.c, around a door that succeeds at everything. */
#include <errno.h>
#include <glib.h>
#include "hw/kvm-fault.h"

#define REQUEST       0xae01UL
#define OTHER_REQUEST 0xae03UL

G_DEFINE_AUTOPTR_CLEANUP_FUNC(KvmDoor, kvm_door_free)

/* The door behind: every call returns RESULT and is counted. */
#define RESULT 7

static gint calls;
static unsigned n_freed;

static int fake_open(G_GNUC_UNUSED void *host, G_GNUC_UNUSED const char *path, G_GNUC_UNUSED int flags)
{
    g_atomic_int_inc(&calls);
    return RESULT;
}

static int fake_ioctl(G_GNUC_UNUSED void *host, G_GNUC_UNUSED int fd, G_GNUC_UNUSED unsigned long request,
                      G_GNUC_UNUSED unsigned long arg)
{
    g_atomic_int_inc(&calls);
    return RESULT;
}

static int fake_mmap(G_GNUC_UNUSED void *host, G_GNUC_UNUSED int fd, G_GNUC_UNUSED size_t length,
                     G_GNUC_UNUSED void **ret_address)
{
    g_atomic_int_inc(&calls);
    return RESULT;
}

static int fake_munmap(G_GNUC_UNUSED void *host, G_GNUC_UNUSED void *address, G_GNUC_UNUSED size_t length)
{
    g_atomic_int_inc(&calls);
    return RESULT;
}

static int fake_fallocate(G_GNUC_UNUSED void *host, G_GNUC_UNUSED int fd, G_GNUC_UNUSED int mode,
                          G_GNUC_UNUSED off_t offset, G_GNUC_UNUSED off_t length)
{
    g_atomic_int_inc(&calls);
    return RESULT;
}

static int fake_close(G_GNUC_UNUSED void *host, G_GNUC_UNUSED int fd)
{
    g_atomic_int_inc(&calls);
    return RESULT;
}

static void fake_free(G_GNUC_UNUSED void *host)
{
    n_freed++;
}

static const KvmOps fake_ops = {
    .open = fake_open,
    .ioctl = fake_ioctl,
    .mmap = fake_mmap,
    .munmap = fake_munmap,
    .fallocate = fake_fallocate,
    .close = fake_close,
    .free = fake_free,
};

/* A door with @p fault around a new fake one. */
static KvmDoor *new_door(const KvmFault *fault)
{
    KvmDoor *door = g_new0(KvmDoor, 1);

    calls = 0;
    n_freed = 0;
    door->ops = &fake_ops;
    door->name = "fake";
    door->simulated = true;
    return kvm_fault_door_new(door, fault);
}

static int call_open(KvmDoor *door, const char *path)
{
    return door->ops->open(door->host, path, 0);
}

static int call_ioctl(KvmDoor *door, unsigned long request, unsigned long arg)
{
    return door->ops->ioctl(door->host, 3, request, arg);
}

static int call_mmap(KvmDoor *door)
{
    void *address;

    return door->ops->mmap(door->host, 3, 4096, &address);
}

static int call_fallocate(KvmDoor *door)
{
    return door->ops->fallocate(door->host, 3, 0, 0, 4096);
}

static bool is_twice(unsigned long arg, unsigned long value)
{
    return arg == 2 * value;
}

static void test_nth_call_fails(void)
{
    g_autoptr(KvmDoor) door =
        new_door(&(KvmFault){ .call = KVM_CALL_IOCTL, .request = REQUEST, .nth = 2, .error = EBUSY });

    g_assert_cmpint(call_ioctl(door, REQUEST, 0), ==, RESULT);
    g_assert_cmpint(call_ioctl(door, REQUEST, 0), ==, -EBUSY);
    g_assert_cmpint(call_ioctl(door, REQUEST, 0), ==, RESULT);
}

static void test_nth_zero_fails_always(void)
{
    g_autoptr(KvmDoor) door =
        new_door(&(KvmFault){ .call = KVM_CALL_IOCTL, .request = REQUEST, .nth = 0, .error = EIO });

    for (int i = 0; i < 5; i++) {
        g_assert_cmpint(call_ioctl(door, REQUEST, 0), ==, -EIO);
    }
}

static void test_failed_call_does_not_reach_the_door_behind(void)
{
    g_autoptr(KvmDoor) door = new_door(&(KvmFault){ .call = KVM_CALL_IOCTL, .nth = 2, .error = EIO });

    call_ioctl(door, REQUEST, 0);
    g_assert_cmpint(calls, ==, 1);
    call_ioctl(door, REQUEST, 0);
    g_assert_cmpint(calls, ==, 1);
}

static void test_other_request_does_not_count(void)
{
    g_autoptr(KvmDoor) door =
        new_door(&(KvmFault){ .call = KVM_CALL_IOCTL, .request = REQUEST, .nth = 1, .error = EIO });

    g_assert_cmpint(call_ioctl(door, OTHER_REQUEST, 0), ==, RESULT);
    g_assert_cmpuint(kvm_fault_door_matches(door), ==, 0);
    g_assert_cmpint(call_ioctl(door, REQUEST, 0), ==, -EIO);
}

static void test_request_zero_is_any(void)
{
    g_autoptr(KvmDoor) door = new_door(&(KvmFault){ .call = KVM_CALL_IOCTL, .nth = 2, .error = EIO });

    g_assert_cmpint(call_ioctl(door, REQUEST, 0), ==, RESULT);
    g_assert_cmpint(call_ioctl(door, OTHER_REQUEST, 0), ==, -EIO);
}

static void test_matches_decides_by_the_argument(void)
{
    g_autoptr(KvmDoor) door = new_door(&(KvmFault){
        .call = KVM_CALL_IOCTL, .request = REQUEST, .matches = is_twice, .value = 21, .error = EIO });

    g_assert_cmpint(call_ioctl(door, REQUEST, 21), ==, RESULT);
    g_assert_cmpint(call_ioctl(door, REQUEST, 42), ==, -EIO);
    g_assert_cmpint(call_ioctl(door, OTHER_REQUEST, 42), ==, RESULT);
    g_assert_cmpuint(kvm_fault_door_matches(door), ==, 1);
}

static void test_open_of_any_path_fails(void)
{
    g_autoptr(KvmDoor) door = new_door(&(KvmFault){ .call = KVM_CALL_OPEN, .error = EACCES });

    g_assert_cmpint(call_open(door, "/dev/kvm"), ==, -EACCES);
    g_assert_cmpint(call_open(door, "/dev/sev"), ==, -EACCES);
    g_assert_cmpint(calls, ==, 0);
}

static void test_open_of_one_path_fails(void)
{
    g_autoptr(KvmDoor) door =
        new_door(&(KvmFault){ .call = KVM_CALL_OPEN, .path = "/dev/sev", .error = ENOENT });

    g_assert_cmpint(call_open(door, "/dev/kvm"), ==, RESULT);
    g_assert_cmpint(call_open(door, "/dev/sev"), ==, -ENOENT);
}

static void test_path_is_copied(void)
{
    char path[] = "/dev/sev";
    g_autoptr(KvmDoor) door = new_door(&(KvmFault){ .call = KVM_CALL_OPEN, .path = path, .error = ENOENT });

    path[0] = 'x';
    g_assert_cmpint(call_open(door, "/dev/sev"), ==, -ENOENT);
}

static void test_mmap_fails(void)
{
    g_autoptr(KvmDoor) door = new_door(&(KvmFault){ .call = KVM_CALL_MMAP, .nth = 1, .error = ENOMEM });

    g_assert_cmpint(call_mmap(door), ==, -ENOMEM);
    g_assert_cmpint(call_mmap(door), ==, RESULT);
}

static void test_fallocate_fails(void)
{
    g_autoptr(KvmDoor) door = new_door(&(KvmFault){ .call = KVM_CALL_FALLOCATE, .nth = 1, .error = ENOSPC });

    g_assert_cmpint(call_fallocate(door), ==, -ENOSPC);
    g_assert_cmpint(call_fallocate(door), ==, RESULT);
}

static void test_other_kinds_of_call_go_through(void)
{
    g_autoptr(KvmDoor) door = new_door(&(KvmFault){ .call = KVM_CALL_IOCTL, .error = EIO });

    g_assert_cmpint(call_open(door, "/dev/kvm"), ==, RESULT);
    g_assert_cmpint(call_mmap(door), ==, RESULT);
    g_assert_cmpint(call_fallocate(door), ==, RESULT);
    g_assert_cmpint(door->ops->munmap(door->host, NULL, 4096), ==, RESULT);
    g_assert_cmpint(door->ops->close(door->host, 3), ==, RESULT);
    g_assert_cmpint(calls, ==, 5);
    g_assert_cmpuint(kvm_fault_door_matches(door), ==, 0);
}

static void test_matching_calls_are_counted(void)
{
    g_autoptr(KvmDoor) door = new_door(&(KvmFault){ .call = KVM_CALL_IOCTL, .nth = 9, .error = EIO });

    g_assert_cmpuint(kvm_fault_door_matches(door), ==, 0);
    call_ioctl(door, REQUEST, 0);
    call_ioctl(door, REQUEST, 0);
    g_assert_cmpuint(kvm_fault_door_matches(door), ==, 2);
}

static gpointer call_often(gpointer door)
{
    unsigned n_failed = 0;

    for (int i = 0; i < 1000; i++) {
        n_failed += call_ioctl(door, REQUEST, 0) < 0;
    }
    return GUINT_TO_POINTER(n_failed);
}

static void test_threads_see_one_failure(void)
{
    g_autoptr(KvmDoor) door = new_door(&(KvmFault){ .call = KVM_CALL_IOCTL, .nth = 1500, .error = EIO });
    GThread *threads[3];
    unsigned n_failed = 0;

    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++) {
        threads[i] = g_thread_new("caller", call_often, door);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++) {
        n_failed += GPOINTER_TO_UINT(g_thread_join(threads[i]));
    }
    g_assert_cmpuint(n_failed, ==, 1);
    g_assert_cmpint(calls, ==, 2999);
    g_assert_cmpuint(kvm_fault_door_matches(door), ==, 3000);
}

static void test_door_is_called_as_the_one_behind(void)
{
    g_autoptr(KvmDoor) door = new_door(&(KvmFault){ .call = KVM_CALL_OPEN, .error = EIO });

    g_assert_cmpstr(door->name, ==, "fake");
    g_assert_true(door->simulated);
}

static void test_free_frees_the_door_behind(void)
{
    KvmDoor *door = new_door(&(KvmFault){ .call = KVM_CALL_OPEN, .error = EIO });

    kvm_door_free(door);
    g_assert_cmpuint(n_freed, ==, 1);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/kvm-fault/nth/fails", test_nth_call_fails);
    g_test_add_func("/kvm-fault/nth/zero", test_nth_zero_fails_always);
    g_test_add_func("/kvm-fault/does-not-reach-the-door-behind",
                    test_failed_call_does_not_reach_the_door_behind);
    g_test_add_func("/kvm-fault/ioctl/other-request", test_other_request_does_not_count);
    g_test_add_func("/kvm-fault/ioctl/any-request", test_request_zero_is_any);
    g_test_add_func("/kvm-fault/ioctl/argument", test_matches_decides_by_the_argument);
    g_test_add_func("/kvm-fault/open/any-path", test_open_of_any_path_fails);
    g_test_add_func("/kvm-fault/open/one-path", test_open_of_one_path_fails);
    g_test_add_func("/kvm-fault/open/path-is-copied", test_path_is_copied);
    g_test_add_func("/kvm-fault/mmap", test_mmap_fails);
    g_test_add_func("/kvm-fault/fallocate", test_fallocate_fails);
    g_test_add_func("/kvm-fault/other-kinds", test_other_kinds_of_call_go_through);
    g_test_add_func("/kvm-fault/matches/counted", test_matching_calls_are_counted);
    g_test_add_func("/kvm-fault/matches/threads", test_threads_see_one_failure);
    g_test_add_func("/kvm-fault/name", test_door_is_called_as_the_one_behind);
    g_test_add_func("/kvm-fault/free", test_free_frees_the_door_behind);
    return g_test_run();
}
