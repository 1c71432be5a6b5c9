/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The life of a simulated SNP guest: its states, what becomes of a launch when the firmware fails, ASIDs. The
 * rules of the single commands are in test-snp-sim.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include "tests/unit/sim-guest.h"

/* These, and one vCPU that nobody has set a register of. */
#define DIGEST_VCPU                                                                                          \
    "01f2c33e13724ce7a12dcb7590c59979fa83fa893826094fd28bf5c9b5000ca17b36c1e04c48d2a0325859bca18bf559"

/* FINISH has taken the vCPUs before the firmware refuses, so that there is no second try. */
static void test_finish_failure(Fixture *fixture, gconstpointer data)
{
    int vcpu;
    KvmRegs regs;

    (void)data;
    launch_known_pages(fixture);
    vcpu = call(fixture, fixture->vm, KVMIO_CREATE_VCPU, 0);
    g_assert_cmpint(call_with(fixture, vcpu, KVMIO_GET_REGS, &regs), ==, 0);
    check(fixture, launch_finish(fixture), -EIO, SEV_STATUS_BAD_MEASUREMENT);
    g_assert_cmpint(call_with(fixture, vcpu, KVMIO_GET_REGS, &regs), ==, -EINVAL);
    check(fixture, launch_finish(fixture), -EINVAL, UNTOUCHED);
    g_assert_cmpint(call(fixture, vcpu, KVMIO_RUN, 0), ==, 0);
    close_fd(fixture, &vcpu);
}

/* The commands after START resolve the number of its descriptor again, UPDATE and the VMSAs' the one they are
 * given. */
static void test_descriptor_numbers(Fixture *fixture, gconstpointer data)
{
    int second = fixture->door->ops->open(fixture->door->host, "/dev/sev", O_RDONLY), vcpu;

    (void)data;
    launch_known_pages(fixture);
    vcpu = call(fixture, fixture->vm, KVMIO_CREATE_VCPU, 0);
    close_fd(fixture, &fixture->sev);
    check(fixture, launch_update(fixture, 2 * PAGE, PAGE, SNP_PAGE_TYPE_ZERO), -EIO, 0);
    check(fixture, launch_finish(fixture), -EBADF, UNTOUCHED);
    fixture->sev = second;
    check(fixture, launch_update(fixture, 2 * PAGE, PAGE, SNP_PAGE_TYPE_ZERO), 0, UNTOUCHED);
    check(fixture, launch_finish(fixture), -EBADF, 0);
    close_fd(fixture, &vcpu);
}

static int run_result(Fixture *fixture, int vcpu)
{
    void *address = NULL;
    KvmRun *run;
    int ret;

    g_assert_cmpint(fixture->door->ops->mmap(fixture->door->host, vcpu, RUN_SIZE, &address), ==, 0);
    run = address;
    ret = call(fixture, vcpu, KVMIO_RUN, 0);
    if (ret == 0) {
        g_assert_cmpint(run->exit_reason, ==, KVMEXIT_FAIL_ENTRY);
        g_assert_cmphex(run->fail_entry.hardware_entry_failure_reason, ==, 0xffffffff);
    }
    g_assert_cmpint(fixture->door->ops->munmap(fixture->door->host, address, RUN_SIZE), ==, 0);
    return ret;
}

/** The states of an SNP guest, and what becomes of each call in them. */
typedef struct StateRow {
    int init2, start, update, finish, run;
    uint32_t finish_error;
} StateRow;

enum { NEW, INITED, LAUNCH, RUNNING, N_STATES };

static const StateRow state_rows[N_STATES] = {
    [NEW] = { -EINVAL, -ENOTTY, -EINVAL, -ENOTTY, -EINVAL, UNTOUCHED },
    [INITED] = { -EPERM, 0, -EINVAL, -EINVAL, 0, UNTOUCHED },
    [LAUNCH] = { -EPERM, -EINVAL, 0, 0, 0, 0 },
    [RUNNING] = { -EPERM, -EINVAL, -EIO, -EINVAL, -ENOSYS, UNTOUCHED },
};

/* In each state, the calls that do not leave it, then FINISH. NEW has a vCPU here, so that INIT2 is too late.
 */
static void test_states(Fixture *fixture, gconstpointer data)
{
    (void)data;
    for (int state = NEW; state < N_STATES; state++) {
        const StateRow *row = &state_rows[state];
        int vm = fixture->vm, gmem = fixture->gmem, vcpu;

        fixture->vm = call(fixture, fixture->kvm, KVMIO_CREATE_VM, KVM_VM_TYPE_SNP);
        add_memory(fixture);
        g_assert_true(state < INITED || init2(fixture) == 0);
        vcpu = call(fixture, fixture->vm, KVMIO_CREATE_VCPU, 0);
        g_assert_true(state < LAUNCH || launch_start(fixture) == 0);
        g_assert_true(state < RUNNING || launch_finish(fixture) == 0);
        g_assert_cmpint(init2(fixture), ==, row->init2);
        g_assert_cmpint(launch_update(fixture, 0, PAGE, SNP_PAGE_TYPE_NORMAL), ==, row->update);
        g_assert_cmphex(fixture->error, ==, state == RUNNING ? SEV_STATUS_INVALID_GUEST_STATE : UNTOUCHED);
        g_assert_cmpint(run_result(fixture, vcpu), ==, row->run);
        check(fixture, launch_finish(fixture), row->finish, row->finish_error);
        g_assert_cmpint(launch_start(fixture), ==, row->start);
        close_fd(fixture, &vcpu);
        close_fd(fixture, &fixture->vm);
        close_fd(fixture, &fixture->gmem);
        fixture->vm = vm;
        fixture->gmem = gmem;
    }
}

/* Without vCPUs a second FINISH reaches the firmware; a vCPU that comes late has nothing to run. */
static void test_running(Fixture *fixture, gconstpointer data)
{
    int vcpu;

    (void)data;
    launch_known_pages(fixture);
    check(fixture, launch_finish(fixture), 0, 0);
    check(fixture, launch_finish(fixture), -EIO, SEV_STATUS_INVALID_GUEST_STATE);
    vcpu = call(fixture, fixture->vm, KVMIO_CREATE_VCPU, 0);
    g_assert_cmpint(run_result(fixture, vcpu), ==, 0);
    close_fd(fixture, &vcpu);
    check_digest(fixture, DIGEST_2);
}

static void test_vcpu(Fixture *fixture, gconstpointer data)
{
    int vcpu;

    (void)data;
    launch_known_pages(fixture);
    vcpu = call(fixture, fixture->vm, KVMIO_CREATE_VCPU, 0);
    check(fixture, launch_finish(fixture), 0, 0);
    check_digest(fixture, DIGEST_VCPU);
    g_assert_cmpint(run_result(fixture, vcpu), ==, -ENOSYS);
    close_fd(fixture, &vcpu);
}

/** A firmware command that fails, and what START, UPDATE and FINISH make of it. */
typedef struct FaultRow {
    SimHostOptions options;
    int start, update, finish;
    uint32_t start_error, update_error, finish_error;
} FaultRow;

static const FaultRow fault_rows[] = {
    { { .fault = "GCTX_CREATE:1=RESOURCE_LIMIT" }, -ENOTTY, -EINVAL, -EINVAL, 0x17, UNTOUCHED, UNTOUCHED },
    { { .fault = "SNP_LAUNCH_START=7" }, -EIO, -EINVAL, -EINVAL, 7, UNTOUCHED, UNTOUCHED },
    { { .fault = "SNP_ACTIVATE=ASID_OWNED" }, -EIO, -EINVAL, -EINVAL, 0xc, UNTOUCHED, UNTOUCHED },
    { { .fault = "SNP_LAUNCH_UPDATE=0x1a" }, 0, -EIO, -EIO, 0, 0x1a, 0x1a },
    { { .fault = "SNP_LAUNCH_UPDATE/VMSA=INVALID_PARAM" }, 0, 0, -EIO, 0, UNTOUCHED, 0x16 },
    { { .fault = "SNP_LAUNCH_FINISH=BAD_SVN" }, 0, 0, -EIO, 0, UNTOUCHED, 0x21 },
    { { .fault = "SNP_INIT=HWERROR_UNSAFE" }, -ENOTTY, -EINVAL, -EINVAL, 1, UNTOUCHED, UNTOUCHED },
    { { .fault = "SNP_DECOMMISSION=5+SNP_PAGE_RECLAIM=5+SNP_LAUNCH_UPDATE:1=6" }, 0, -EIO, 0, 0, 6, 0 },
};

static void test_faults(gconstpointer data)
{
    const FaultRow *row = data;
    Fixture fixture = { .door = NULL };
    int vcpu;

    set_up(&fixture, &row->options);
    check(&fixture, init2(&fixture), 0, UNTOUCHED);
    vcpu = call(&fixture, fixture.vm, KVMIO_CREATE_VCPU, 0);
    check(&fixture, launch_start(&fixture), row->start, row->start_error);
    check(&fixture, launch_update(&fixture, 0, PAGE, SNP_PAGE_TYPE_NORMAL), row->update, row->update_error);
    check(&fixture, launch_finish(&fixture), row->finish, row->finish_error);
    close_fd(&fixture, &vcpu);
    tear_down(&fixture, NULL);
}

static void test_platform_fault(void)
{
    const SimHostOptions options = { .fault = "INIT=SECURE_DATA_INVALID" };
    Fixture fixture = { .door = NULL };

    set_up(&fixture, &options);
    check(&fixture, init2(&fixture), -EIO, SEV_STATUS_SECURE_DATA_INVALID);
    check(&fixture, launch_start(&fixture), -ENOTTY, UNTOUCHED);
    tear_down(&fixture, NULL);
}

/* Guests with encrypted state share 99 ASIDs, which a flush makes usable again. */
static void test_asids(Fixture *fixture, gconstpointer data)
{
    int vms[99], first = fixture->vm;

    (void)data;
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < G_N_ELEMENTS(vms); i++) {
            vms[i] = fixture->vm = call(fixture, fixture->kvm, KVMIO_CREATE_VM, KVM_VM_TYPE_SNP);
            check(fixture, init2(fixture), 0, UNTOUCHED);
            check(fixture, launch_start(fixture), 0, 0);
        }
        fixture->vm = first;
        check(fixture, init2(fixture), -EBUSY, UNTOUCHED);
        for (size_t i = 0; i < G_N_ELEMENTS(vms); i++) {
            close_fd(fixture, &vms[i]);
        }
    }
    check(fixture, init2(fixture), 0, UNTOUCHED);
}

/** A thread that launches guests of its own on the shared host. */
static gpointer launch_guests(gpointer opaque)
{
    Fixture *shared = opaque;

    for (int i = 0; i < 20; i++) {
        Fixture own = *shared;
        int vcpu;

        own.vm = call(&own, own.kvm, KVMIO_CREATE_VM, KVM_VM_TYPE_SNP);
        add_memory(&own);
        launch_known_pages(&own);
        vcpu = call(&own, own.vm, KVMIO_CREATE_VCPU, 0);
        check(&own, launch_finish(&own), 0, 0);
        check_digest(&own, DIGEST_VCPU);
        g_assert_cmpint(run_result(&own, vcpu), ==, -ENOSYS);
        close_fd(&own, &vcpu);
        close_fd(&own, &own.vm);
        close_fd(&own, &own.gmem);
    }
    return NULL;
}

static void test_threads(Fixture *fixture, gconstpointer data)
{
    GThread *threads[4];

    (void)data;
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++) {
        threads[i] = g_thread_new("launch", launch_guests, fixture);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(threads); i++) {
        g_thread_join(threads[i]);
    }
}

static void test_speed(Fixture *fixture, gconstpointer data)
{
    const uint64_t size = UINT64_C(0x400000);
    gint64 begin, took;

    (void)data;
    for (uint64_t i = 0; i < size; i += PAGE) {
        memcpy(fixture->source + i, &i, sizeof(i));
    }
    check(fixture, init2(fixture), 0, UNTOUCHED);
    check(fixture, launch_start(fixture), 0, 0);
    begin = g_get_monotonic_time();
    check(fixture, launch_update(fixture, 0, size, SNP_PAGE_TYPE_NORMAL), 0, UNTOUCHED);
    took = g_get_monotonic_time() - begin;
    g_test_message("4 MiB took %" G_GINT64_FORMAT " us", took);
    g_assert_cmpint(took, <, 2000000);
}

static void add(const char *path, const SimHostOptions *options,
                void (*test)(Fixture *fixture, gconstpointer data))
{
    g_test_add(path, Fixture, options, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
    const SimHostOptions refused = { .fault = "SNP_LAUNCH_FINISH:1=BAD_MEASUREMENT" };

    g_test_init(&argc, &argv, NULL);
    add("/snp-states/finish-failure", &refused, test_finish_failure);
    add("/snp-states/descriptor-numbers", NULL, test_descriptor_numbers);
    add("/snp-states/states", NULL, test_states);
    add("/snp-states/running", NULL, test_running);
    add("/snp-states/vcpu", NULL, test_vcpu);
    for (size_t i = 0; i < G_N_ELEMENTS(fault_rows); i++) {
        g_autofree char *path = g_strdup_printf("/snp-states/fault/%zu", i);

        g_test_add_data_func(path, &fault_rows[i], test_faults);
    }
    g_test_add_func("/snp-states/platform-fault", test_platform_fault);
    add("/snp-states/asids", NULL, test_asids);
    add("/snp-states/threads", NULL, test_threads);
    add("/snp-states/speed", NULL, test_speed);
    return g_test_run();
}
