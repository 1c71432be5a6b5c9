/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of how the simulated host reaches its caller's memory: what is not mapped, or may not be written, is
 * an errno, as it is from a kernel, also where a sandbox forbids process_vm_readv() and process_vm_writev().
 */
#include <errno.h>
#include <glib.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#include "hw/sim-target.h"

#define PAGE    SIM_PAGE_SIZE
#define N_PAGES UINT64_C(600) /* of each kind: more than are looked at in one go */

/* Pages that can be written, pages that can be read, and a hole. */
typedef struct Memory {
    uint8_t *writable, *readable, *hole;
} Memory;

static void memory_map(Memory *memory)
{
    const size_t size = N_PAGES * PAGE;
    uint8_t *start = mmap(NULL, 3 * size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    g_assert_true(start != MAP_FAILED);
    memory->writable = start;
    memory->readable = start + size;
    memory->hole = start + 2 * size;
    for (size_t i = 0; i < 2 * size; i++) {
        start[i] = (uint8_t)(i % 251);
    }
    g_assert_cmpint(mprotect(memory->readable, size, PROT_READ), ==, 0);
    g_assert_cmpint(mprotect(memory->hole, size, PROT_NONE), ==, 0);
}

static void memory_unmap(Memory *memory)
{
    g_assert_cmpint(munmap(memory->writable, 3 * N_PAGES * PAGE), ==, 0);
}

static uint64_t address(const uint8_t *byte, int64_t offset)
{
    return (uintptr_t)byte + (uint64_t)offset;
}

static void check_copies(const Memory *memory)
{
    const size_t size = 3 * PAGE + 7;
    g_autofree uint8_t *bytes = g_malloc0(size);

    g_assert_cmpint(sim_copy_from_user(bytes, address(memory->writable, 5), size), ==, 0);
    g_assert_cmpmem(bytes, size, memory->writable + 5, size);
    g_assert_cmpint(sim_copy_from_user(bytes, address(memory->hole, -9), 9), ==, 0);
    g_assert_cmpmem(bytes, 9, memory->hole - 9, 9);
    g_assert_cmpint(sim_copy_from_user(bytes, 0, 0), ==, 0);
    g_assert_cmpint(sim_copy_from_user(bytes, 16, 1), ==, -EFAULT);
    g_assert_cmpint(sim_copy_from_user(bytes, address(memory->hole, 0), 1), ==, -EFAULT);
    g_assert_cmpint(sim_copy_from_user(bytes, address(memory->hole, -9), 10), ==, -EFAULT);
    g_assert_cmpint(sim_copy_from_user(bytes, address(memory->hole, -2 * (int64_t)PAGE), size), ==, -EFAULT);
    g_assert_cmpint(sim_copy_from_user(bytes, UINT64_MAX - 3, 8), ==, -EFAULT);

    memset(bytes, 0xee, size);
    g_assert_cmpint(sim_copy_to_user(address(memory->writable, 5), bytes, size), ==, 0);
    g_assert_cmpmem(memory->writable + 5, size, bytes, size);
    g_assert_cmpint(sim_copy_to_user(address(memory->readable, -4), bytes, 4), ==, 0);
    g_assert_cmpint(sim_copy_to_user(address(memory->readable, 0), bytes, 1), ==, -EFAULT);
    g_assert_cmpint(sim_copy_to_user(address(memory->hole, 0), bytes, 1), ==, -EFAULT);
    g_assert_cmpint(sim_copy_to_user(16, bytes, 1), ==, -EFAULT);
}

static void check_pins(const Memory *memory)
{
    const uint64_t size = N_PAGES * PAGE;
    const uint8_t before = memory->writable[PAGE];

    g_assert_cmpint(sim_pin_user(address(memory->writable, 0), 0, false), ==, -EINVAL);
    g_assert_cmpint(sim_pin_user(UINT64_MAX, 2, false), ==, -EINVAL);
    g_assert_cmpint(sim_pin_user(16, 1, false), ==, -ENOMEM);
    g_assert_cmpint(sim_pin_user(address(memory->writable, 100), size - 100, true), ==, 0);
    g_assert_cmpuint(memory->writable[PAGE], ==, before);
    g_assert_cmpint(sim_pin_user(address(memory->writable, 100), size - 100 + 1, true), ==, -ENOMEM);
    g_assert_cmpint(sim_pin_user(address(memory->writable, 0), 2 * size, false), ==, 0);
    g_assert_cmpint(sim_pin_user(address(memory->writable, 0), 2 * size + 1, false), ==, -ENOMEM);
    g_assert_cmpint(sim_pin_user(address(memory->hole, -1), 1, false), ==, 0);
    g_assert_cmpint(sim_pin_user(address(memory->hole, -1), 2, false), ==, -ENOMEM);
    g_assert_cmpint(sim_pin_user(address(memory->readable, -1), 1, true), ==, 0);
    g_assert_cmpint(sim_pin_user(address(memory->readable, -1), 2, true), ==, -ENOMEM);
}

static void check_all(void)
{
    Memory memory;

    memory_map(&memory);
    check_copies(&memory);
    check_pins(&memory);
    memory_unmap(&memory);
}

static void test_by_the_kernel(void)
{
    check_all();
}

/* The calls of this thread, which cannot have them back. Whether there are such filters. */
static bool forbid_transfers(int error)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_process_vm_readv, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_process_vm_writev, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = { .len = G_N_ELEMENTS(filter), .filter = filter };

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

static void *check_in_sandbox(void *error)
{
    struct iovec nothing = { .iov_len = 0 };

    if (!forbid_transfers(GPOINTER_TO_INT(error))) {
        return GINT_TO_POINTER(false);
    }
    g_assert_cmpint(process_vm_readv(getpid(), &nothing, 1, &nothing, 1, 0), ==, -1);
    g_assert_cmpint(errno, ==, GPOINTER_TO_INT(error));
    check_all();
    return GINT_TO_POINTER(true);
}

static void test_in_sandbox(gconstpointer error)
{
    GThread *thread = g_thread_new("sandbox", check_in_sandbox, (void *)(uintptr_t)error);

    if (!GPOINTER_TO_INT(g_thread_join(thread))) {
        g_test_skip("system calls cannot be filtered here (seccomp)");
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/simhost-user/by-the-kernel", test_by_the_kernel);
    g_test_add_data_func("/simhost-user/sandbox/eperm", GINT_TO_POINTER(EPERM), test_in_sandbox);
    g_test_add_data_func("/simhost-user/sandbox/enosys", GINT_TO_POINTER(ENOSYS), test_in_sandbox);
    return g_test_run();
}
