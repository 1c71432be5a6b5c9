/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of simulated guests: the exits and errnos that a script leads to, and where the bytes of each access
 * end up. What a VMM would do between two KVM_RUNs is done by hand here.
 */
#include <linux/falloc.h>
#include <pthread.h>
#include <signal.h>
#include "tests/unit/sim-sev-guest.h"

typedef struct Guest {
    Fixture fixture; /* the first member, so that its functions can be used */
    int vcpu, vcpu1;
    KvmRun *run, *run1;
} Guest;

static KvmRun *map_vcpu(Fixture *fixture, int vcpu)
{
    void *run;

    g_assert_cmpint(fixture->door->ops->mmap(fixture->door->host, vcpu, RUN_SIZE, &run), ==, 0);
    return run;
}

static void add_vcpus(Guest *guest)
{
    Fixture *fixture = &guest->fixture;

    guest->vcpu = call(fixture, fixture->vm, KVMIO_CREATE_VCPU, 0);
    guest->vcpu1 = call(fixture, fixture->vm, KVMIO_CREATE_VCPU, 1);
    guest->run = map_vcpu(fixture, guest->vcpu);
    guest->run1 = map_vcpu(fixture, guest->vcpu1);
}

/* An SNP guest whose script is @data, launched with DIGEST_2's pages: the first one is full of 0xc3. */
static void set_up_snp(Guest *guest, gconstpointer data)
{
    const SimHostOptions options = { .script = data };
    Fixture *fixture = &guest->fixture;
    KvmEnableCap cap = { .cap = KVMCAP_EXIT_HYPERCALL, .args = { 1 << KVM_HYPERCALL_MAP_GPA_RANGE } };

    set_up(fixture, &options);
    check(fixture, init2(fixture), 0, UNTOUCHED);
    g_assert_cmpint(call_with(fixture, fixture->vm, KVMIO_ENABLE_CAP, &cap), ==, 0);
    add_vcpus(guest);
    memset(fixture->source, 0xc3, PAGE);
    check(fixture, launch_start(fixture), 0, 0);
    check(fixture, launch_update(fixture, 0, PAGE, SNP_PAGE_TYPE_NORMAL), 0, UNTOUCHED);
    check(fixture, launch_update(fixture, PAGE, PAGE, SNP_PAGE_TYPE_ZERO), 0, UNTOUCHED);
    check(fixture, launch_finish(fixture), 0, 0);
}

static void tear_down_guest(Guest *guest, gconstpointer data)
{
    const KvmOps *ops = guest->fixture.door->ops;

    ops->munmap(guest->fixture.door->host, guest->run, RUN_SIZE);
    ops->munmap(guest->fixture.door->host, guest->run1, RUN_SIZE);
    close_fd(&guest->fixture, &guest->vcpu);
    close_fd(&guest->fixture, &guest->vcpu1);
    tear_down(&guest->fixture, data);
}

static int run(Guest *guest)
{
    guest->run->exit_reason = KVMEXIT_UNKNOWN;
    return call(&guest->fixture, guest->vcpu, KVMIO_RUN, 0);
}

static void check_exit(Guest *guest, uint32_t reason)
{
    g_assert_cmpint(run(guest), ==, 0);
    g_assert_cmpuint(guest->run->exit_reason, ==, reason);
}

static void check_fault(Guest *guest, uint64_t gpa, uint64_t flags)
{
    g_assert_cmpint(run(guest), ==, -EFAULT);
    g_assert_cmpuint(guest->run->exit_reason, ==, KVMEXIT_MEMORY_FAULT);
    g_assert_cmphex(guest->run->memory_fault.gpa, ==, gpa);
    g_assert_cmphex(guest->run->memory_fault.size, ==, PAGE);
    g_assert_cmphex(guest->run->memory_fault.flags, ==, flags);
}

static void check_over(Guest *guest)
{
    g_assert_cmpint(run(guest), ==, -ENOSYS);
    g_assert_cmpint(run(guest), ==, -ENOSYS);
}

/* The guest says @what on its serial port, writes to the debug exit and shuts down. */
static void check_complaint(Guest *guest, const char *what)
{
    const uint8_t *bytes = (const uint8_t *)guest->run + 4096;

    check_exit(guest, KVMEXIT_IO);
    g_assert_cmphex(guest->run->io.port, ==, 0x3f8);
    g_assert_cmpuint(guest->run->io.direction, ==, KVM_EXIT_IO_OUT);
    g_assert_cmpuint(guest->run->io.size, ==, 1);
    g_assert_cmpuint(guest->run->io.data_offset, ==, 4096);
    g_assert_cmpmem(bytes, guest->run->io.count, what, strlen(what));
    check_exit(guest, KVMEXIT_IO);
    g_assert_cmphex(guest->run->io.port, ==, 0xf4);
    g_assert_cmpuint(guest->run->io.count, ==, 1);
    g_assert_cmphex(bytes[0], ==, 0x7f);
    check_exit(guest, KVMEXIT_SHUTDOWN);
    check_exit(guest, KVMEXIT_SHUTDOWN);
}

static int punch(Fixture *fixture, uint64_t gpa, uint64_t size)
{
    return fixture->door->ops->fallocate(fixture->door->host, fixture->gmem,
                                         FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)gpa, (off_t)size);
}

/* ---- requests ---- */

static void check_request(Guest *guest, uint64_t gpa, uint64_t n_pages, uint64_t attributes)
{
    check_exit(guest, KVMEXIT_HYPERCALL);
    g_assert_cmpuint(guest->run->hypercall.nr, ==, 12);
    g_assert_cmphex(guest->run->hypercall.args[0], ==, gpa);
    g_assert_cmphex(guest->run->hypercall.args[1], ==, n_pages);
    g_assert_cmphex(guest->run->hypercall.args[2], ==, attributes);
}

static void test_requests(Guest *guest, gconstpointer data)
{
    (void)data;
    check_request(guest, 0x2000, 3, 0x10);
    guest->run->hypercall.ret = 0;
    check_request(guest, 1, 2, 3);
    guest->run->hypercall.ret = 22;
    check_over(guest);
}

static void test_request_fails(Guest *guest, gconstpointer data)
{
    (void)data;
    check_request(guest, 0x2000, 3, 0x10);
    guest->run->hypercall.ret = 1;
    check_complaint(guest, "simulated guest: step 1 'map:0x2000:0x3000:private': the request failed\n");
}

/* A VMM that says nothing has not answered. */
static void test_request_without_answer(Guest *guest, gconstpointer data)
{
    (void)data;
    check_request(guest, 0x2000, 3, 0x10);
    check_complaint(guest, "simulated guest: step 1 'map:0x2000:0x3000:private': the request failed\n");
}

static void test_request_should_fail(Guest *guest, gconstpointer data)
{
    (void)data;
    check_request(guest, 0, 1, 0);
    guest->run->hypercall.ret = 0;
    check_complaint(guest, "simulated guest: step 1 'request:0:1:0:fail': the request should have failed\n");
}

static void test_request_without_exit(Guest *guest, gconstpointer data)
{
    KvmEnableCap cap = { .cap = KVMCAP_EXIT_HYPERCALL };

    (void)data;
    g_assert_cmpint(call_with(&guest->fixture, guest->fixture.vm, KVMIO_ENABLE_CAP, &cap), ==, 0);
    check_over(guest);
}

/* ---- memory of SNP guests ---- */

static void test_launched_memory(Guest *guest, gconstpointer data)
{
    (void)data;
    check_over(guest);
}

/* The page is tried again, and found to be empty once it is what the guest takes it for. */
static void test_conversion(Guest *guest, gconstpointer data)
{
    Fixture *fixture = &guest->fixture;

    (void)data;
    check_fault(guest, 0, 0);
    check_fault(guest, 0, 0);
    g_assert_cmpint(set_private(fixture, 0, PAGE, false), ==, 0);
    g_assert_cmpint(punch(fixture, 0, PAGE), ==, 0);
    check_fault(guest, 0, KVM_MEMORY_FAULT_PRIVATE);
    g_assert_cmphex(fixture->memory[0xffe], ==, 0xaa);
    g_assert_cmphex(fixture->memory[0xfff], ==, 0xbb);
    g_assert_cmpint(set_private(fixture, 0, PAGE, true), ==, 0);
    check_over(guest);
    g_assert_cmphex(fixture->memory[0], ==, 0);
}

/* Without the hole, what was there before is back. */
static void test_conversion_without_hole(Guest *guest, gconstpointer data)
{
    Fixture *fixture = &guest->fixture;

    (void)data;
    check_fault(guest, 0, 0);
    g_assert_cmpint(set_private(fixture, 0, PAGE, false), ==, 0);
    check_fault(guest, 0, KVM_MEMORY_FAULT_PRIVATE);
    g_assert_cmpint(set_private(fixture, 0, PAGE, true), ==, 0);
    check_complaint(guest, "simulated guest: step 2 'check:0:private:00*4096': the byte at 0x0 is 0xc3, not "
                           "0x00\n");
}

/* Each page of an access is looked at by itself. */
static void test_access_across_pages(Guest *guest, gconstpointer data)
{
    Fixture *fixture = &guest->fixture;

    (void)data;
    g_assert_cmpint(set_private(fixture, 0x3000, PAGE, false), ==, 0);
    check_fault(guest, 0x3000, KVM_MEMORY_FAULT_PRIVATE);
    g_assert_cmpint(set_private(fixture, 0x3000, PAGE, true), ==, 0);
    check_over(guest);
}

static void test_closed_gmem(Guest *guest, gconstpointer data)
{
    (void)data;
    close_fd(&guest->fixture, &guest->fixture.gmem);
    check_fault(guest, 0x2000, KVM_MEMORY_FAULT_PRIVATE);
    check_fault(guest, 0x2000, KVM_MEMORY_FAULT_PRIVATE);
}

/* The page that the guest has used at one address is put to another one. */
static void test_moved_page(Guest *guest, gconstpointer data)
{
    Fixture *fixture = &guest->fixture;
    KvmRegion2 region = { .slot = 0, .flags = KVM_REGION_GUEST_MEMFD };

    (void)data;
    region.userspace_addr = (uintptr_t)fixture->memory;
    region.guest_memfd = (uint32_t)fixture->gmem;
    check_exit(guest, KVMEXIT_IO);
    g_assert_cmpint(call_with(fixture, fixture->vm, KVMIO_SET_USER_MEMORY_REGION2, &region), ==, 0);
    region.memory_size = RAM - PAGE;
    region.guest_memfd_offset = PAGE;
    g_assert_cmpint(call_with(fixture, fixture->vm, KVMIO_SET_USER_MEMORY_REGION2, &region), ==, 0);
    check_complaint(guest,
                    "simulated guest: step 3 'check:0x2000:private:5a': the page at 0x2000 is not this "
                    "guest's\n");
}

static void test_no_memory(Guest *guest, gconstpointer data)
{
    (void)data;
    check_complaint(guest, "simulated guest: step 1 'write:0x800000:shared:00': there is no memory at "
                           "0x800000\n");
}

static void test_memory_that_is_gone(Guest *guest, gconstpointer data)
{
    Fixture *fixture = &guest->fixture;

    (void)data;
    g_assert_cmpint(set_private(fixture, 0, PAGE, false), ==, 0);
    munmap(fixture->memory, RAM);
    g_assert_cmpint(run(guest), ==, -EFAULT);
    g_assert_cmpuint(guest->run->exit_reason, ==, KVMEXIT_UNKNOWN);
    fixture->memory = mmap(NULL, RAM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void test_explicit_faults(Guest *guest, gconstpointer data)
{
    (void)data;
    check_fault(guest, 0x5000, KVM_MEMORY_FAULT_PRIVATE);
    check_fault(guest, 0, 0x18);
    check_over(guest);
}

/* ---- other exits ---- */

static void test_ends(Guest *guest, gconstpointer data)
{
    (void)data;
    check_exit(guest, KVMEXIT_IO);
    g_assert_cmphex(guest->run->io.port, ==, 0x80);
    g_assert_cmphex(((const uint8_t *)guest->run)[4096], ==, 0x41);
    check_exit(guest, KVMEXIT_SYSTEM_EVENT);
    g_assert_cmpuint(guest->run->system_event.type, ==, 6);
    g_assert_cmpuint(guest->run->system_event.ndata, ==, 1);
    g_assert_cmphex(guest->run->system_event.data[0], ==, 0xab2100);
    check_exit(guest, KVMEXIT_SHUTDOWN);
    check_exit(guest, KVMEXIT_FAIL_ENTRY);
    g_assert_cmphex(guest->run->fail_entry.hardware_entry_failure_reason, ==, 0xffffffff);
    check_over(guest);
}

/* ---- waiting ---- */

static void test_immediate_exit(Guest *guest, gconstpointer data)
{
    (void)data;
    guest->run->immediate_exit = 1;
    g_assert_cmpint(run(guest), ==, -EINTR);
    guest->run->immediate_exit = 0;
    check_exit(guest, KVMEXIT_SHUTDOWN);
    guest->run1->immediate_exit = 1;
    g_assert_cmpint(call(&guest->fixture, guest->vcpu1, KVMIO_RUN, 0), ==, -EINTR);
}

static void ignore(int signal)
{
    (void)signal;
}

static gpointer run_second_vcpu(gpointer opaque)
{
    Guest *guest = opaque;

    return GINT_TO_POINTER(call(&guest->fixture, guest->vcpu1, KVMIO_RUN, 0));
}

/* However early the signal comes, it is not lost. */
static void test_kick(Guest *guest, gconstpointer data)
{
    struct sigaction action = { .sa_handler = ignore }, before;

    (void)data;
    sigaction(SIGUSR1, &action, &before);
    for (int i = 0; i < 200; i++) {
        pthread_t thread;
        void *result;

        __atomic_store_n(&guest->run1->immediate_exit, 0, __ATOMIC_SEQ_CST);
        g_assert_cmpint(pthread_create(&thread, NULL, run_second_vcpu, guest), ==, 0);
        if (i % 2) {
            g_usleep((gulong)i * 10);
        }
        __atomic_store_n(&guest->run1->immediate_exit, 1, __ATOMIC_SEQ_CST);
        pthread_kill(thread, SIGUSR1);
        pthread_join(thread, &result);
        g_assert_cmpint(GPOINTER_TO_INT(result), ==, -EINTR);
    }
    sigaction(SIGUSR1, &before, NULL);
}

/* ---- SEV and SEV-ES ---- */

static void start_sev(Guest *guest, const GuestKind *kind)
{
    Fixture *fixture = &guest->fixture;
    KvmRegion region = { .memory_size = RAM };

    set_up_sev(fixture, kind);
    check(fixture, sev_init(fixture, kind), 0, UNTOUCHED);
    add_vcpus(guest);
    region.userspace_addr = (uintptr_t)fixture->memory;
    g_assert_cmpint(call_with(fixture, fixture->vm, KVMIO_SET_USER_MEMORY_REGION, &region), ==, 0);
    memset(fixture->memory, 0xc3, PAGE);
    check(fixture, sev_start(fixture, kind->policy), 0, 0);
    check(fixture, sev_update(fixture, fixture->memory, PAGE), 0, 0);
    if (kind->policy & SEV_POLICY_ES) {
        check(fixture, sev_command(fixture, SEVCMD_LAUNCH_UPDATE_VMSA, NULL, -1), 0, 0);
    }
    check_measure(fixture, 0, 0);
    check(fixture, sev_command(fixture, SEVCMD_LAUNCH_FINISH, NULL, -1), 0, 0);
}

static void set_up_encrypted(Guest *guest, gconstpointer data)
{
    start_sev(guest, data);
}

/* Launched memory is plaintext with the C-bit alone, and what is written without it is what the VMM sees. */
static void test_encrypted_memory(Guest *guest, gconstpointer data)
{
    uint8_t plain[PAGE];

    (void)data;
    memset(plain, 0xc3, sizeof(plain));
    check_over(guest);
    g_assert_cmpint(memcmp(guest->fixture.memory, plain, 15), !=, 0);
    g_assert_cmphex(guest->fixture.memory[0x2000], ==, 0x77);
    g_assert_cmphex(guest->fixture.memory[0x2001], ==, 0x88);
}

static void test_ciphertext(Guest *guest, gconstpointer data)
{
    g_autofree char *what = NULL;

    (void)data;
    what =
        g_strdup_printf("simulated guest: step 1 'check:0:shared:c3': the byte at 0x0 is 0x%02x, not 0xc3\n",
                        guest->fixture.memory[0]);
    check_complaint(guest, what);
}

static void test_term_without_es(Guest *guest, gconstpointer data)
{
    (void)data;
    check_exit(guest, KVMEXIT_SHUTDOWN);
}

#define ENCRYPTED                                                                                            \
    "check:0:private:c3*4096+write:0x11:private:01020304*8+check:0x11:private:01020304*8+"                   \
    "check:0x10:private:c3+check:0x31:private:c3*4047+write:0x1ff5:private:a5*20+"                           \
    "check:0x1ff5:private:a5*20+write:0x2000:shared:7788+check:0x2000:shared:7788"

static const GuestKind kind_sev = { .options = { .script = ENCRYPTED }, KIND_SEV };
static const GuestKind kind_sev_es = { .options = { .script = ENCRYPTED }, KIND_SEV_ES };
static const GuestKind kind_init = { .options = { .script = ENCRYPTED }, KIND_INIT };
static const GuestKind kind_ciphertext = { .options = { .script = "check:0:shared:c3" }, KIND_SEV };
static const GuestKind kind_term = { .options = { .script = "sevterm:0:0" }, KIND_SEV };

static void add_snp(const char *path, const char *script, void (*test)(Guest *guest, gconstpointer data))
{
    g_test_add(path, Guest, script, set_up_snp, test, tear_down_guest);
}

static void add_sev(const char *path, const GuestKind *kind, void (*test)(Guest *guest, gconstpointer data))
{
    g_test_add(path, Guest, kind, set_up_encrypted, test, tear_down_guest);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add_snp("/sim-guest/request", "map:0x2000:0x3000:private+request:1:2:3:fail", test_requests);
    add_snp("/sim-guest/request/fails", "map:0x2000:0x3000:private", test_request_fails);
    add_snp("/sim-guest/request/without-answer", "map:0x2000:0x3000:private", test_request_without_answer);
    add_snp("/sim-guest/request/should-fail", "request:0:1:0:fail", test_request_should_fail);
    add_snp("/sim-guest/request/without-exit", "map:0:4096:shared:fail", test_request_without_exit);
    add_snp("/sim-guest/snp/launched", "check:0:private:c3*4096+check:0x1000:private:00*8192",
            test_launched_memory);
    add_snp("/sim-guest/snp/conversion", "write:0xffe:shared:aabb+check:0:private:00*4096", test_conversion);
    add_snp("/sim-guest/snp/conversion-without-hole", "check:0:shared:00+check:0:private:00*4096",
            test_conversion_without_hole);
    add_snp("/sim-guest/snp/across-pages", "write:0x2ffe:private:01020304+check:0x2ffd:private:0001020304",
            test_access_across_pages);
    add_snp("/sim-guest/snp/closed-gmem", "check:0x2000:private:00", test_closed_gmem);
    add_snp("/sim-guest/snp/moved-page", "write:0x3000:private:5a+out:0x80:0+check:0x2000:private:5a",
            test_moved_page);
    add_snp("/sim-guest/snp/no-memory", "write:0x800000:shared:00", test_no_memory);
    add_snp("/sim-guest/snp/memory-is-gone", "write:0:shared:00", test_memory_that_is_gone);
    add_snp("/sim-guest/snp/faults", "fault:0x5000:private+fault:0:0x18", test_explicit_faults);
    add_snp("/sim-guest/ends", "out:0x80:0x41+sevterm:2:0xab+shutdown+fail-entry", test_ends);
    add_snp("/sim-guest/immediate-exit", "shutdown", test_immediate_exit);
    add_snp("/sim-guest/kick", "shutdown", test_kick);
    add_sev("/sim-guest/sev/memory", &kind_sev, test_encrypted_memory);
    add_sev("/sim-guest/sev/memory/es", &kind_sev_es, test_encrypted_memory);
    add_sev("/sim-guest/sev/memory/init", &kind_init, test_encrypted_memory);
    add_sev("/sim-guest/sev/ciphertext", &kind_ciphertext, test_ciphertext);
    add_sev("/sim-guest/sev/term-without-es", &kind_term, test_term_without_es);
    return g_test_run();
}
