/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the conversion of guest memory: what the host is asked for, what is given back, and what a failure
 * leaves behind.
 */
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "hw/ram.h"
#include "tests/unit/emulated.h"
#include "tests/unit/fake-door.h"

#define PAGE    UINT64_C(4096)

#define N_PAGES 16
#define LOW     0x0     /* the first block, ... */
#define HIGH    0x20000 /* ... the second, which has a hole of 64 KiB before it, ... */
#define SHARED  0x30000 /* ... and one of a single page without a private side */

/* Guest memory of two blocks, with descriptors 102 and 103, and a VM with 100 and 101. */
typedef struct Fixture {
    FakeHost host;
    Kvm *kvm;
    GuestRam ram;
    RamBlock *low, *high;
} Fixture;

static void fixture_init(Fixture *f, G_GNUC_UNUSED const void *data)
{
    fake_host_init(&f->host);
    f->kvm = kvm_open(&f->host.door, "/dev/kvm", NULL);
    g_assert_true(kvm_create_vm(f->kvm, 0, NULL));
    guest_ram_init(&f->ram);
    f->low = guest_ram_add_main(&f->ram, "low", LOW, N_PAGES * PAGE, NULL);
    f->high = guest_ram_add_main(&f->ram, "high", HIGH, N_PAGES * PAGE, NULL);
    g_assert_true(guest_ram_create_memfds(&f->ram, f->kvm, NULL));
    g_assert_nonnull(guest_ram_add(&f->ram, "shared", SHARED, PAGE, false, NULL));
    g_string_truncate(f->host.log, 0);
}

static void fixture_clear(Fixture *f, G_GNUC_UNUSED const void *data)
{
    guest_ram_clear(&f->ram, f->kvm);
    kvm_close(f->kvm);
    fake_host_clear(&f->host);
}

static void allocate(Fixture *f)
{
    g_assert_true(guest_ram_allocate(&f->ram, NULL, NULL));
    memset(f->low->host, 0x5a, N_PAGES * PAGE);
    memset(f->high->host, 0x5a, N_PAGES * PAGE);
}

static bool convert(Fixture *f, uint64_t gpa, uint64_t size, bool private)
{
    return guest_ram_convert(&f->ram, f->kvm, gpa, size, private, NULL);
}

static void assert_refused(Fixture *f, uint64_t gpa, uint64_t size, bool private, CgvmErrorCode code,
                           const char *message)
{
    g_autoptr(Error) error = NULL;

    g_assert_false(guest_ram_convert(&f->ram, f->kvm, gpa, size, private, &error));
    g_assert_cmpstr(cgvm_error_message(error), ==, message);
    g_assert_cmpint(cgvm_error_code(error), ==, code);
}

/* ---- what is asked for ---- */

static void test_to_shared(Fixture *f, G_GNUC_UNUSED const void *data)
{
    allocate(f);
    g_assert_true(convert(f, 0x2000, 2 * PAGE, false));
    fake_assert_log(&f->host, "ATTRIBUTES 0x0 0x2000+0x2000\n"
                              "fallocate 102: mode 3 0x2000+0x2000\n");
    g_assert_cmphex(f->low->host[0x2000], ==, 0x5a);
}

static void test_to_private(Fixture *f, G_GNUC_UNUSED const void *data)
{
    allocate(f);
    g_assert_true(convert(f, HIGH + 0x1000, PAGE, true));
    fake_assert_log(&f->host, "ATTRIBUTES 0x8 0x21000+0x1000\n");
    g_assert_cmphex(f->high->host[0xfff], ==, 0x5a);
    g_assert_cmphex(f->high->host[0x1000], ==, 0);
    g_assert_cmphex(f->high->host[0x1fff], ==, 0);
    g_assert_cmphex(f->high->host[0x2000], ==, 0x5a);
}

/* All that lies in the range and has two sides; the offset counts from the start of its block. */
static void test_to_shared_across_blocks(Fixture *f, G_GNUC_UNUSED const void *data)
{
    allocate(f);
    g_assert_true(convert(f, LOW + 15 * PAGE, 0x40000, false));
    fake_assert_log(&f->host, "ATTRIBUTES 0x0 0xf000+0x1000\n"
                              "fallocate 102: mode 3 0xf000+0x1000\n"
                              "ATTRIBUTES 0x0 0x20000+0x10000\n"
                              "fallocate 103: mode 3 0x0+0x10000\n");
    g_assert_true(convert(f, 0, UINT64_MAX - PAGE + 1, false));
    fake_assert_log(&f->host, "ATTRIBUTES 0x0 0x0+0x10000\n"
                              "fallocate 102: mode 3 0x0+0x10000\n"
                              "ATTRIBUTES 0x0 0x20000+0x10000\n"
                              "fallocate 103: mode 3 0x0+0x10000\n");
}

static void test_to_private_across_blocks(G_GNUC_UNUSED Fixture *f, G_GNUC_UNUSED const void *data)
{
    FakeHost *host = &f->host;
    RamBlock *middle = guest_ram_add_main(&f->ram, "middle", 0x10000, 0x10000, NULL);

    middle->guest_memfd = fake_new_fd(host);
    allocate(f);
    g_assert_true(convert(f, 0xf000, 0x12000, true));
    fake_assert_log(host, "ATTRIBUTES 0x8 0xf000+0x1000\n"
                          "ATTRIBUTES 0x8 0x20000+0x1000\n"
                          "ATTRIBUTES 0x8 0x10000+0x10000\n");
}

static void test_what_is_no_memory(Fixture *f, G_GNUC_UNUSED const void *data)
{
    allocate(f);
    g_assert_true(convert(f, 0x10000, PAGE, false));
    g_assert_true(convert(f, SHARED, PAGE, false));
    g_assert_true(convert(f, 0xfffffffffffff000, PAGE, false));
    assert_refused(f, 0x10000, PAGE, true, CGVM_ERROR_INVALID,
                   "the guest has no memory at 0x10000-0x10fff that could be private");
    assert_refused(f, SHARED, PAGE, true, CGVM_ERROR_INVALID,
                   "the guest has no memory at 0x30000-0x30fff that could be private");
    assert_refused(f, 0xf000, 2 * PAGE, true, CGVM_ERROR_INVALID,
                   "the guest has no memory at 0xf000-0x10fff that could be private");
    assert_refused(f, 0, UINT64_MAX - PAGE + 1, true, CGVM_ERROR_INVALID,
                   "the guest has no memory at 0x0-0xffffffffffffefff that could be private");
    fake_assert_log(&f->host, "");
    g_assert_cmphex(f->low->host[0xf000], ==, 0x5a);
}

static void test_bad_ranges(Fixture *f, G_GNUC_UNUSED const void *data)
{
    static const struct {
        uint64_t gpa, size;
    } ranges[] = {
        { 0, 0 }, { 0x1000, 1 }, { 0x1001, 4096 }, { 0x1000, 4097 }, { 0xfffffffffffff000, 8192 },
    };

    allocate(f);
    for (size_t i = 0; i < G_N_ELEMENTS(ranges); i++) {
        g_autofree char *message =
            g_strdup_printf("cannot convert %" PRIu64 " bytes at 0x%" PRIx64
                            "; address and size must be multiples of 4096 and fit the address space",
                            ranges[i].size, ranges[i].gpa);

        assert_refused(f, ranges[i].gpa, ranges[i].size, false, CGVM_ERROR_INVALID, message);
        assert_refused(f, ranges[i].gpa, ranges[i].size, true, CGVM_ERROR_INVALID, message);
    }
    fake_assert_log(&f->host, "");
}

/* ---- what is given back ---- */

static uint64_t resident_pages(uint8_t *memory, uint64_t size)
{
    g_autofree unsigned char *pages = g_malloc(size / PAGE);
    uint64_t n = 0;

    g_assert_cmpint(mincore(memory, size, pages), ==, 0);
    for (uint64_t i = 0; i < size / PAGE; i++) {
        n += pages[i] & 1;
    }
    return n;
}

static void test_anonymous_memory(Fixture *f, G_GNUC_UNUSED const void *data)
{
    allocate(f);
    g_assert_cmpuint(resident_pages(f->low->host, N_PAGES * PAGE), ==, N_PAGES);
    g_assert_true(convert(f, LOW, 5 * PAGE, true));
    g_assert_cmpuint(resident_pages(f->low->host, N_PAGES * PAGE), ==, N_PAGES - 5);
}

/* RAM that a backend provides: a file of both blocks. */
static uint8_t *map_file(int flags, int *fd)
{
    uint8_t *memory;

    *fd = memfd_create("test-ram-convert", MFD_CLOEXEC);
    g_assert_cmpint(ftruncate(*fd, 2 * N_PAGES * PAGE), ==, 0);
    memory = mmap(NULL, 2 * N_PAGES * PAGE, PROT_READ | PROT_WRITE, flags, *fd, 0);
    g_assert_true(memory != MAP_FAILED);
    memset(memory, 0x5a, 2 * N_PAGES * PAGE);
    return memory;
}

static uint64_t file_pages(int fd)
{
    struct stat st;

    g_assert_cmpint(fstat(fd, &st), ==, 0);
    return (uint64_t)st.st_blocks * 512 / PAGE;
}

static void check_backend(Fixture *f, int flags, RamReclaim reclaim, uint64_t n_reclaimed)
{
    int fd;
    uint8_t *memory = map_file(flags, &fd);

    f->ram.main_reclaim = reclaim;
    g_assert_true(guest_ram_allocate(&f->ram, memory, NULL));
    g_assert_true(convert(f, HIGH, 3 * PAGE, true));
    if (flags & MAP_SHARED) {
        g_assert_cmpuint(file_pages(fd), ==, 2 * N_PAGES - n_reclaimed);
    }
    g_assert_cmphex(memory[N_PAGES * PAGE], ==, n_reclaimed ? 0 : 0x5a);
    g_assert_cmphex(memory[(N_PAGES + 3) * PAGE], ==, 0x5a);
    guest_ram_clear(&f->ram, f->kvm);
    munmap(memory, 2 * N_PAGES * PAGE);
    close(fd);
}

static void test_shared_file(Fixture *f, G_GNUC_UNUSED const void *data)
{
    if (skip_emulated("QEMU keeps a file's pages that are given back")) {
        return;
    }
    check_backend(f, MAP_SHARED, RAM_RECLAIM_REMOVE, 3);
}

static void test_private_file(Fixture *f, G_GNUC_UNUSED const void *data)
{
    check_backend(f, MAP_PRIVATE, RAM_RECLAIM_DROP, 3);
}

static void test_huge_pages(Fixture *f, G_GNUC_UNUSED const void *data)
{
    check_backend(f, MAP_SHARED, RAM_RECLAIM_NEVER, 0);
}

/* ---- failures ---- */

static void test_attributes_fail(Fixture *f, G_GNUC_UNUSED const void *data)
{
    allocate(f);
    fake_refuse(&f->host, KVMIO_SET_MEMORY_ATTRIBUTES, 1, ENOMEM);
    assert_refused(f, LOW, PAGE, true, CGVM_ERROR_KERNEL,
                   "'low': cannot make 0x0-0xfff private: KVM_SET_MEMORY_ATTRIBUTES failed: Cannot allocate "
                   "memory; the kernel ran out of memory or of what its limits allow (RLIMIT_MEMLOCK, "
                   "cgroups)");
    g_assert_cmphex(f->low->host[0], ==, 0x5a);
    fake_assert_log(&f->host, "refused\n");
}

/* The blocks before the one that failed stay converted. */
static void test_second_block_fails(Fixture *f, G_GNUC_UNUSED const void *data)
{
    allocate(f);
    fake_refuse(&f->host, FAKE_FALLOCATE, 1, EIO);
    f->host.n_passes = 1;
    assert_refused(f, LOW, 0x31000, false, CGVM_ERROR_KERNEL,
                   "'high': cannot give the private pages at 0x20000-0x2ffff back to the host: Input/output "
                   "error");
    fake_assert_log(&f->host, "ATTRIBUTES 0x0 0x0+0x10000\n"
                              "fallocate 102: mode 3 0x0+0x10000\n"
                              "ATTRIBUTES 0x0 0x20000+0x10000\n"
                              "fallocate 103: mode 3 0x0+0x10000\n");
}

static void test_interrupted(Fixture *f, G_GNUC_UNUSED const void *data)
{
    allocate(f);
    fake_refuse(&f->host, FAKE_FALLOCATE, 3, EINTR);
    g_assert_true(convert(f, LOW, PAGE, false));
    g_assert_cmpuint(fake_count_calls(&f->host), ==, 5);
    fake_refuse(&f->host, FAKE_FALLOCATE, KVM_RETRIES, EINTR);
    assert_refused(f, LOW, PAGE, false, CGVM_ERROR_KERNEL,
                   "'low': cannot give the private pages at 0x0-0xfff back to the host: Interrupted system "
                   "call");
    g_string_truncate(f->host.log, 0);
}

/* ---- threads ---- */

#define N_THREADS     4
#define N_CONVERSIONS 500

static void *convert_often(void *data)
{
    Fixture *f = data;

    for (int i = 0; i < N_CONVERSIONS; i++) {
        g_assert_true(convert(f, LOW + (uint64_t)(i % N_PAGES) * PAGE, PAGE, false));
        g_thread_yield();
    }
    return NULL;
}

/* Attributes and pages of a conversion change without another between them. */
static void test_threads(Fixture *f, G_GNUC_UNUSED const void *data)
{
    GThread *threads[N_THREADS];
    g_auto(GStrv) lines = NULL;

    allocate(f);
    for (int i = 0; i < N_THREADS; i++) {
        threads[i] = g_thread_new("converter", convert_often, f);
    }
    for (int i = 0; i < N_THREADS; i++) {
        g_thread_join(threads[i]);
    }
    lines = g_strsplit(f->host.log->str, "\n", -1);
    g_assert_cmpuint(g_strv_length(lines), ==, 2 * N_THREADS * N_CONVERSIONS + 1);
    for (int i = 0; i < N_THREADS * N_CONVERSIONS; i++) {
        const char *attributes = strrchr(lines[2 * i], ' '), *pages = strrchr(lines[2 * i + 1], ' ');

        g_assert_true(g_str_has_prefix(lines[2 * i], "ATTRIBUTES 0x0 "));
        g_assert_cmpstr(attributes, ==, pages);
    }
    g_string_truncate(f->host.log, 0);
}

static void add_test(const char *path, void (*test)(Fixture *f, const void *data))
{
    g_test_add(path, Fixture, NULL, fixture_init, test, fixture_clear);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add_test("/ram-convert/to-shared", test_to_shared);
    add_test("/ram-convert/to-private", test_to_private);
    add_test("/ram-convert/to-shared/across-blocks", test_to_shared_across_blocks);
    add_test("/ram-convert/to-private/across-blocks", test_to_private_across_blocks);
    add_test("/ram-convert/no-memory", test_what_is_no_memory);
    add_test("/ram-convert/bad-ranges", test_bad_ranges);
    add_test("/ram-convert/given-back/anonymous", test_anonymous_memory);
    add_test("/ram-convert/given-back/shared-file", test_shared_file);
    add_test("/ram-convert/given-back/private-file", test_private_file);
    add_test("/ram-convert/given-back/huge-pages", test_huge_pages);
    add_test("/ram-convert/fails/attributes", test_attributes_fail);
    add_test("/ram-convert/fails/second-block", test_second_block_fails);
    add_test("/ram-convert/interrupted", test_interrupted);
    add_test("/ram-convert/threads", test_threads);
    return g_test_run();
}
