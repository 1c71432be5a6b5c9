/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The simulated kernel's rules for an SEV-SNP launch: every precondition, in every state, and what the
 * firmware's statuses become. Errnos and statuses are those of Linux 6.12; digests come from a script that
 * shares no code with this tree.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <linux/falloc.h>
#include "tests/unit/sim-guest.h"

static void test_dispatcher(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_assert_cmpint(call(fixture, fixture->vm, KVMIO_MEMORY_ENCRYPT_OP, 0), ==, 0);
    g_assert_cmpint(call(fixture, fixture->vm, KVMIO_MEMORY_ENCRYPT_OP, BAD), ==, -EFAULT);
    check(fixture, sev_command(fixture, 23, NULL, -1), -EINVAL, UNTOUCHED);
    check(fixture, sev_command(fixture, 99, NULL, -1), -EINVAL, UNTOUCHED);
    check(fixture, sev_command(fixture, 103, NULL, -1), -EINVAL, UNTOUCHED);
    check(fixture, sev_command(fixture, SEVCMD_INIT, NULL, -1), -EINVAL, UNTOUCHED);
    check(fixture, sev_command(fixture, SEVCMD_ES_INIT, NULL, -1), -EINVAL, UNTOUCHED);
    check(fixture, sev_command(fixture, SEVCMD_LAUNCH_START, NULL, -1), -ENOTTY, UNTOUCHED);
    check(fixture, sev_command(fixture, 16, NULL, -1), -ENOTTY, UNTOUCHED);
    check(fixture, sev_command(fixture, 10, NULL, -1), -EINVAL, UNTOUCHED);
    check(fixture, init2(fixture), 0, UNTOUCHED);
    /* From here on it is an SNP guest, for which no command of SEV exists. */
    for (uint32_t id = 0; id < 100; id++) {
        check(fixture, sev_command(fixture, id, NULL, -1), -EPERM, UNTOUCHED);
    }
    check(fixture, sev_command(fixture, 103, NULL, -1), -EINVAL, UNTOUCHED);
    g_assert_cmpint(call(fixture, fixture->vm, KVMIO_CHECK_EXTENSION, KVMCAP_X86_SMM), ==, 0);
}

/* A row of each table has one thing wrong; the rest is as it should be. */
static const SevInit2 bad_inits[] = {
    { .flags = 1 },
    { .vmsa_features = SEV_FEATURE_SNP_ACTIVE },
    { .vmsa_features = SEV_FEATURE_SECURE_TSC },
    { .vmsa_features = SEV_FEATURE_DEBUG_SWAP | 2 },
    { .ghcb_version = 3 },
};

static void test_init2(Fixture *fixture, gconstpointer data)
{
    SevInit2 init = { .vmsa_features = SEV_FEATURE_DEBUG_SWAP, .ghcb_version = 2, .pad1 = 1, .pad2 = { 1 } };
    int plain = call(fixture, fixture->kvm, KVMIO_CREATE_VM, KVM_VM_TYPE_DEFAULT), vm = fixture->vm;

    (void)data;
    check(fixture, sev_command(fixture, SEVCMD_INIT2, NULL, -1), -EFAULT, UNTOUCHED);
    for (size_t i = 0; i < G_N_ELEMENTS(bad_inits); i++) {
        check(fixture, sev_command(fixture, SEVCMD_INIT2, &bad_inits[i], -1), -EINVAL, UNTOUCHED);
    }
    check(fixture, sev_command(fixture, SEVCMD_INIT2, &init, -1), 0, UNTOUCHED);
    fixture->vm = plain;
    check(fixture, init2(fixture), -EINVAL, UNTOUCHED);
    check(fixture, sev_command(fixture, SEVCMD_INIT, NULL, -1), 0, UNTOUCHED);
    check(fixture, launch_start(fixture), -ENOTTY, UNTOUCHED);
    check(fixture, launch_update(fixture, 0, PAGE, 1), -EINVAL, UNTOUCHED);
    check(fixture, launch_finish(fixture), -ENOTTY, UNTOUCHED);
    fixture->vm = vm;
    close_fd(fixture, &plain);
}

static void test_init2_after_vcpu(Fixture *fixture, gconstpointer data)
{
    int vcpu = call(fixture, fixture->vm, KVMIO_CREATE_VCPU, 0);

    (void)data;
    check(fixture, init2(fixture), -EINVAL, UNTOUCHED);
    g_assert_cmpint(call(fixture, vcpu, KVMIO_RUN, 0), ==, -EINVAL);
    close_fd(fixture, &vcpu);
    check(fixture, init2(fixture), -EINVAL, UNTOUCHED);
}

static const SnpLaunchStart bad_starts[] = {
    { .policy = POLICY, .flags = 1 },
    { .policy = SNP_POLICY_ONE },
    { .policy = SNP_POLICY_SMT },
    { .policy = POLICY | SNP_POLICY_MIGRATE_MA },
    { .policy = POLICY | SNP_POLICY_SINGLE_SOCKET },
    { .policy = POLICY | UINT64_C(1) << 21 },
    { .policy = POLICY | UINT64_C(1) << 63 },
};

static void test_launch_start(Fixture *fixture, gconstpointer data)
{
    SnpLaunchStart start = { .policy = POLICY | 0xffff };

    (void)data;
    check(fixture, launch_start(fixture), -ENOTTY, UNTOUCHED);
    check(fixture, init2(fixture), 0, UNTOUCHED);
    check(fixture, sev_command(fixture, SEVCMD_SNP_LAUNCH_START, NULL, fixture->sev), -EFAULT, UNTOUCHED);
    for (size_t i = 0; i < G_N_ELEMENTS(bad_starts); i++) {
        check(fixture, sev_command(fixture, SEVCMD_SNP_LAUNCH_START, &bad_starts[i], fixture->sev), -EINVAL,
              UNTOUCHED);
    }
    /* Without /dev/sev not even a context is made, whose failure is ENOTTY whatever it was. */
    check(fixture, sev_command(fixture, SEVCMD_SNP_LAUNCH_START, &bad_starts[0], -1), -EINVAL, UNTOUCHED);
    start.policy = POLICY;
    check(fixture, sev_command(fixture, SEVCMD_SNP_LAUNCH_START, &start, -1), -ENOTTY, UNTOUCHED);
    check(fixture, sev_command(fixture, SEVCMD_SNP_LAUNCH_START, &start, fixture->vm), -ENOTTY, UNTOUCHED);
    start.policy = POLICY | 0xffff;
    check(fixture, sev_command(fixture, SEVCMD_SNP_LAUNCH_START, &start, fixture->sev), -EIO,
          SEV_STATUS_POLICY_FAILURE);
    /* A failed start may be repeated. */
    start.policy = POLICY | SNP_POLICY_DEBUG | 0x137;
    start.pad1[3] = 1;
    check(fixture, sev_command(fixture, SEVCMD_SNP_LAUNCH_START, &start, fixture->sev), 0, 0);
    check(fixture, launch_start(fixture), -EINVAL, UNTOUCHED);
}

/** A refused SNP_LAUNCH_UPDATE: of a page at 0 that could be launched, but for what the row says. */
typedef struct UpdateRow {
    const char *what;
    SnpLaunchUpdate update; /* uaddr 1: a good one */
    bool bad_fd;
    int result;
    uint32_t error;
} UpdateRow;

#define FRAME(number) .gfn_start = (number), .uaddr = 1, .len = 4096

static const UpdateRow update_rows[] = {
    { "length", { .uaddr = 1, .len = 4095, .type = 1 }, false, -EINVAL, UNTOUCHED },
    { "flags", { FRAME(0), .type = 1, .flags = 1 }, false, -EINVAL, UNTOUCHED },
    { "type 0", { FRAME(0), .type = 0 }, false, -EINVAL, UNTOUCHED },
    { "type VMSA", { FRAME(0), .type = 2 }, false, -EINVAL, UNTOUCHED },
    { "type 7", { FRAME(0), .type = 7 }, false, -EINVAL, UNTOUCHED },
    { "no slot", { FRAME(0x100000), .type = 1 }, false, -EINVAL, UNTOUCHED },
    { "no guest_memfd", { FRAME(0x10000), .type = 1 }, false, -EINVAL, UNTOUCHED },
    { "no such frame", { FRAME(UINT64_MAX), .type = 1 }, false, -EINVAL, UNTOUCHED },
    { "source NULL", { .uaddr = 0, .len = 4096, .type = 1 }, false, -EIO, 0 },
    { "source", { .uaddr = BAD, .len = 4096, .type = 1 }, false, -EIO, 0 },
    { "shared page", { FRAME(0x700), .type = 3 }, false, -EIO, 0 },
    { "descriptor", { FRAME(0), .type = 1 }, true, -EIO, 0 },
    { "nothing", { .uaddr = 1, .len = 0, .type = 1 }, false, 0, UNTOUCHED },
};

static void test_launch_update(Fixture *fixture, gconstpointer data)
{
    KvmRegion2 region = { .slot = 1, .guest_phys_addr = 0x10000000, .memory_size = PAGE };

    (void)data;
    region.userspace_addr = (uintptr_t)fixture->memory;
    g_assert_cmpint(call_with(fixture, fixture->vm, KVMIO_SET_USER_MEMORY_REGION2, &region), ==, 0);
    check(fixture, launch_update(fixture, 0, PAGE, SNP_PAGE_TYPE_ZERO), -EINVAL, UNTOUCHED);
    check(fixture, init2(fixture), 0, UNTOUCHED);
    check(fixture, launch_update(fixture, 0, PAGE, SNP_PAGE_TYPE_ZERO), -EINVAL, UNTOUCHED);
    check(fixture, launch_start(fixture), 0, 0);
    g_assert_cmpint(set_private(fixture, 0x700000, RAM - 0x700000, false), ==, 0);
    check(fixture, sev_command(fixture, SEVCMD_SNP_LAUNCH_UPDATE, NULL, fixture->sev), -EFAULT, UNTOUCHED);
    for (size_t i = 0; i < G_N_ELEMENTS(update_rows); i++) {
        const UpdateRow *row = &update_rows[i];
        SnpLaunchUpdate update = row->update;
        int ret;

        update.uaddr = update.uaddr == 1 ? (uintptr_t)fixture->source : update.uaddr;
        ret =
            sev_command(fixture, SEVCMD_SNP_LAUNCH_UPDATE, &update, row->bad_fd ? fixture->vm : fixture->sev);
        if (ret != row->result || fixture->error != row->error) {
            g_error("%s: %d, error 0x%x", row->what, ret, fixture->error);
        }
    }
    check(fixture, launch_update(fixture, 0, PAGE, SNP_PAGE_TYPE_NORMAL), 0, UNTOUCHED);
    check(fixture, launch_update(fixture, 0, PAGE, SNP_PAGE_TYPE_NORMAL), -EIO, 0);
    check(fixture, launch_finish(fixture), 0, 0);
    check_digest(fixture, DIGEST_1);
}

static void test_partial_progress(Fixture *fixture, gconstpointer data)
{
    SnpLaunchUpdate update = { .gfn_start = 2, .len = 4 * PAGE, .type = SNP_PAGE_TYPE_NORMAL };
    uint64_t source = (uintptr_t)fixture->source;

    (void)data;
    check(fixture, init2(fixture), 0, UNTOUCHED);
    check(fixture, launch_start(fixture), 0, 0);
    check(fixture, launch_update(fixture, 4 * PAGE, PAGE, SNP_PAGE_TYPE_ZERO), 0, UNTOUCHED);
    /* Two pages succeed; the third is in use, which the next call says. */
    update.uaddr = source;
    check(fixture, sev_command(fixture, SEVCMD_SNP_LAUNCH_UPDATE, &update, fixture->sev), 0, UNTOUCHED);
    g_assert_cmphex(update.gfn_start, ==, 4);
    g_assert_cmphex(update.uaddr, ==, source + 2 * PAGE);
    g_assert_cmphex(update.len, ==, 2 * PAGE);
    check(fixture, sev_command(fixture, SEVCMD_SNP_LAUNCH_UPDATE, &update, fixture->sev), -EIO, 0);
    g_assert_cmphex(update.gfn_start, ==, 4);
    /* No more than a slot in one call, and no source for zeros. */
    update = (SnpLaunchUpdate){ .gfn_start = RAM / PAGE - 3, .uaddr = 5, .len = 8 * PAGE, .type = 3 };
    check(fixture, sev_command(fixture, SEVCMD_SNP_LAUNCH_UPDATE, &update, fixture->sev), 0, UNTOUCHED);
    g_assert_cmphex(update.gfn_start, ==, RAM / PAGE);
    g_assert_cmphex(update.uaddr, ==, 5);
    g_assert_cmphex(update.len, ==, 5 * PAGE);
    check(fixture, sev_command(fixture, SEVCMD_SNP_LAUNCH_UPDATE, &update, fixture->sev), -EINVAL, UNTOUCHED);
}

/* A page that is given back can be launched again; a closed file cannot. */
static void test_given_back(Fixture *fixture, gconstpointer data)
{
    const KvmOps *ops = fixture->door->ops;

    (void)data;
    launch_known_pages(fixture);
    check(fixture, launch_update(fixture, 0, PAGE, SNP_PAGE_TYPE_NORMAL), -EIO, 0);
    g_assert_cmpint(ops->fallocate(fixture->door->host, fixture->gmem,
                                   FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, (off_t)PAGE),
                    ==, 0);
    check(fixture, launch_update(fixture, 0, PAGE, SNP_PAGE_TYPE_NORMAL), 0, UNTOUCHED);
    close_fd(fixture, &fixture->gmem);
    check(fixture, launch_update(fixture, 2 * PAGE, PAGE, SNP_PAGE_TYPE_NORMAL), -EIO, 0);
}

static void test_cpuid_page(Fixture *fixture, gconstpointer data)
{
    SnpCpuidPage *page = (SnpCpuidPage *)(void *)fixture->source;

    (void)data;
    check(fixture, init2(fixture), 0, UNTOUCHED);
    check(fixture, launch_start(fixture), 0, 0);
    page->count = GUINT32_TO_LE(1);
    page->entries[0].eax_in = GUINT32_TO_LE(7);
    page->entries[0].ebx = GUINT32_TO_LE(0x3);
    check(fixture, launch_update(fixture, 0x3000, PAGE, SNP_PAGE_TYPE_CPUID), -EIO, SEV_STATUS_INVALID_PARAM);
    /* The firmware's opinion has come back, and is accepted. */
    g_assert_cmphex(GUINT32_FROM_LE(page->entries[0].ebx), ==, 0x1);
    check(fixture, launch_update(fixture, 0x3000, PAGE, SNP_PAGE_TYPE_CPUID), 0, UNTOUCHED);
}

static void test_launch_finish(Fixture *fixture, gconstpointer data)
{
    SnpLaunchFinish finish = { .flags = 1 };
    g_autofree uint8_t *blob = g_malloc0(SNP_ID_AUTH_SIZE);

    (void)data;
    check(fixture, launch_finish(fixture), -ENOTTY, UNTOUCHED);
    check(fixture, init2(fixture), 0, UNTOUCHED);
    check(fixture, launch_finish(fixture), -EINVAL, UNTOUCHED);
    check(fixture, launch_start(fixture), 0, 0);
    check(fixture, sev_command(fixture, SEVCMD_SNP_LAUNCH_FINISH, NULL, fixture->sev), -EFAULT, UNTOUCHED);
    check(fixture, sev_command(fixture, SEVCMD_SNP_LAUNCH_FINISH, &finish, fixture->sev), -EINVAL, UNTOUCHED);
    finish.flags = 0;
    finish.id_block_en = 1;
    check(fixture, sev_command(fixture, SEVCMD_SNP_LAUNCH_FINISH, &finish, fixture->sev), -EINVAL, UNTOUCHED);
    finish.id_block_uaddr = (uintptr_t)blob;
    check(fixture, sev_command(fixture, SEVCMD_SNP_LAUNCH_FINISH, &finish, fixture->sev), -EINVAL, UNTOUCHED);
    finish.id_auth_uaddr = BAD;
    check(fixture, sev_command(fixture, SEVCMD_SNP_LAUNCH_FINISH, &finish, fixture->sev), -EFAULT, UNTOUCHED);
    finish.id_auth_uaddr = (uintptr_t)blob;
    check(fixture, sev_command(fixture, SEVCMD_SNP_LAUNCH_FINISH, &finish, fixture->sev), -EIO,
          SEV_STATUS_INVALID_PARAM);
    blob[0] = 1;
    blob[80] = 1;
    check(fixture, sev_command(fixture, SEVCMD_SNP_LAUNCH_FINISH, &finish, fixture->sev), -EIO,
          SEV_STATUS_BAD_SIGNATURE);
    finish.id_block_en = 0;
    finish.auth_key_en = 1;
    check_digest(fixture, "");
    check(fixture, sev_command(fixture, SEVCMD_SNP_LAUNCH_FINISH, &finish, fixture->sev), 0, 0);
}

static void test_known_answer(Fixture *fixture, gconstpointer data)
{
    const SimHostOptions *options = data;
    g_autofree char *report = NULL;

    launch_known_pages(fixture);
    check_digest(fixture, "");
    check(fixture, launch_finish(fixture), 0, 0);
    check_digest(fixture, DIGEST_2);
    g_assert_true(g_file_get_contents(options->report, &report, NULL, NULL));
    g_assert_cmpstr(report, ==, "sev-snp " DIGEST_2 " simulated\n");
    g_assert_cmpint(g_unlink(options->report), ==, 0);
}

static void add(const char *path, const SimHostOptions *options,
                void (*test)(Fixture *fixture, gconstpointer data))
{
    g_test_add(path, Fixture, options, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
    const SimHostOptions reported = { .model = "EPYC-Genoa", .report = "test-snp-sim.report" };

    g_test_init(&argc, &argv, NULL);
    add("/snp-sim/dispatcher", NULL, test_dispatcher);
    add("/snp-sim/init2", NULL, test_init2);
    add("/snp-sim/init2-after-vcpu", NULL, test_init2_after_vcpu);
    add("/snp-sim/launch-start", NULL, test_launch_start);
    add("/snp-sim/launch-update", NULL, test_launch_update);
    add("/snp-sim/partial-progress", NULL, test_partial_progress);
    add("/snp-sim/given-back", NULL, test_given_back);
    add("/snp-sim/cpuid-page", NULL, test_cpuid_page);
    add("/snp-sim/launch-finish", NULL, test_launch_finish);
    add("/snp-sim/known-answer", &reported, test_known_answer);
    return g_test_run();
}
