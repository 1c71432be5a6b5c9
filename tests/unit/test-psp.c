/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The secure processor without a kernel: states, statuses, the launch digest against known answers, ID blocks
 * that were signed with the openssl command, the CPUID page, faults.
 */
#include <glib.h>
#include <string.h>
#include "cgvm/error.h"
#include "target-i386/psp.h"
#include "tests/unit/id-block.h"

#define PAGE   4096
#define POLICY ID_POLICY
#define ASID   7

/* Chain of a NORMAL page of zeros at 0, a ZERO page at 0x1000; then a VMSA of zeros. */
#define DIGEST_2                                                                                             \
    "3bb77aec4f0d90c147b6b7884b6bd5741994d2575305f89639c95186690d949261186702ef51f2fa7c0dd4c90f03ebfd"
#define DIGEST_3 ID_DIGEST

typedef struct Fixture {
    Psp *psp;
    uint8_t *context;
    uint8_t *pages[4];
} Fixture;

static void set_up(Fixture *fixture, gconstpointer fault)
{
    fixture->psp = psp_new(sim_model_find(NULL), fault, NULL);
    g_assert_nonnull(fixture->psp);
    fixture->context = g_aligned_alloc0(1, PAGE, PAGE);
    for (size_t i = 0; i < G_N_ELEMENTS(fixture->pages); i++) {
        fixture->pages[i] = g_aligned_alloc0(1, PAGE, PAGE);
    }
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
    (void)data;
    psp_free(fixture->psp);
    g_aligned_free(fixture->context);
    for (size_t i = 0; i < G_N_ELEMENTS(fixture->pages); i++) {
        g_aligned_free(fixture->pages[i]);
    }
}

static uint64_t address(const void *page)
{
    return (uintptr_t)page;
}

static uint32_t create(Fixture *fixture)
{
    PspContext context = { .gctx = address(fixture->context) };

    return psp_command(fixture->psp, PSP_GCTX_CREATE, &context);
}

static uint32_t start(Fixture *fixture, uint64_t policy)
{
    PspLaunchStart launch = { .gctx = address(fixture->context), .policy = policy, .gosvw = { 0xaa } };

    return psp_command(fixture->psp, PSP_SNP_LAUNCH_START, &launch);
}

static uint32_t activate(Fixture *fixture, uint32_t asid)
{
    PspActivate activation = { .gctx = address(fixture->context), .asid = asid };

    return psp_command(fixture->psp, PSP_SNP_ACTIVATE, &activation);
}

static uint32_t update(Fixture *fixture, const uint8_t *page, uint8_t type)
{
    PspLaunchUpdate launch = { .gctx = address(fixture->context), .page = address(page), .page_type = type };

    return psp_command(fixture->psp, PSP_SNP_LAUNCH_UPDATE, &launch);
}

static uint32_t assign_and_update(Fixture *fixture, uint8_t *page, uint64_t gpa, uint8_t type)
{
    g_assert_true(psp_rmp_assign(fixture->psp, address(page), gpa, ASID, true));
    return update(fixture, page, type);
}

static uint32_t finish(Fixture *fixture)
{
    PspLaunchFinish launch = { .gctx = address(fixture->context) };

    return psp_command(fixture->psp, PSP_SNP_LAUNCH_FINISH, &launch);
}

static uint32_t decommission(Fixture *fixture)
{
    PspContext context = { .gctx = address(fixture->context) };

    return psp_command(fixture->psp, PSP_SNP_DECOMMISSION, &context);
}

static uint32_t reclaim(Fixture *fixture, const void *page)
{
    PspPageReclaim request = { .page = address(page) };

    return psp_command(fixture->psp, PSP_SNP_PAGE_RECLAIM, &request);
}

/* Up to a guest that is in its launch and active. */
static void begin(Fixture *fixture)
{
    g_assert_cmphex(psp_command(fixture->psp, PSP_SNP_INIT, NULL), ==, SEV_STATUS_SUCCESS);
    g_assert_true(psp_rmp_assign(fixture->psp, address(fixture->context), 0, 0, true));
    g_assert_cmphex(create(fixture), ==, SEV_STATUS_SUCCESS);
    g_assert_cmphex(start(fixture, POLICY), ==, SEV_STATUS_SUCCESS);
    g_assert_cmphex(activate(fixture, ASID), ==, SEV_STATUS_SUCCESS);
}

static void check_digest(Fixture *fixture, const char *expected)
{
    uint8_t digest[PSP_DIGEST_SIZE];
    g_autoptr(GString) text = g_string_new(NULL);

    g_assert_true(psp_guest_digest(fixture->psp, address(fixture->context), digest));
    for (size_t i = 0; i < sizeof(digest); i++) {
        g_string_append_printf(text, "%02x", digest[i]);
    }
    g_assert_cmpstr(text->str, ==, expected);
}

static void test_platform(Fixture *fixture, gconstpointer data)
{
    SevPlatformStatus sev;
    SnpPlatformStatus snp;

    (void)data;
    g_assert_cmphex(psp_command(fixture->psp, PSP_SNP_PLATFORM_STATUS, &snp), ==, SEV_STATUS_SUCCESS);
    g_assert_cmpint(snp.state, ==, 0);
    g_assert_cmphex(create(fixture), ==, SEV_STATUS_INVALID_PLATFORM_STATE);
    g_assert_cmphex(psp_command(fixture->psp, PSP_SNP_DF_FLUSH, NULL), ==, SEV_STATUS_INVALID_PLATFORM_STATE);
    begin(fixture);
    g_assert_cmphex(psp_command(fixture->psp, PSP_SNP_INIT, NULL), ==, SEV_STATUS_INVALID_PLATFORM_STATE);
    g_assert_cmphex(psp_command(fixture->psp, PSP_SNP_PLATFORM_STATUS, &snp), ==, SEV_STATUS_SUCCESS);
    g_assert_cmpint(snp.state, ==, 1);
    g_assert_cmpint(snp.rmp_initialized, ==, 1);
    g_assert_cmpint(snp.guest_count, ==, 1);
    g_assert_cmpint(snp.api_major, ==, 1);
    g_assert_cmpint(snp.api_minor, ==, 55);
    g_assert_cmphex(psp_command(fixture->psp, PSP_PLATFORM_STATUS, &sev), ==, SEV_STATUS_SUCCESS);
    g_assert_cmpint(sev.state, ==, 0);
    g_assert_cmphex(psp_command(fixture->psp, PSP_INIT, NULL), ==, SEV_STATUS_SUCCESS);
    g_assert_cmphex(psp_command(fixture->psp, PSP_INIT, NULL), ==, SEV_STATUS_INVALID_PLATFORM_STATE);
    g_assert_cmphex(psp_command(fixture->psp, PSP_PLATFORM_STATUS, &sev), ==, SEV_STATUS_SUCCESS);
    g_assert_cmpint(sev.state, ==, 1);
    g_assert_cmphex(sev.flags, ==, 0x100);
    g_assert_cmphex(psp_command(fixture->psp, (PspCommand)0x99, NULL), ==, SEV_STATUS_INVALID_COMMAND);
}

static void test_without_snp(void)
{
    Psp *psp = psp_new(sim_model_find("EPYC-Rome"), NULL, NULL);
    SnpPlatformStatus status;

    g_assert_cmphex(psp_command(psp, PSP_SNP_INIT, NULL), ==, SEV_STATUS_INVALID_COMMAND);
    g_assert_cmphex(psp_command(psp, PSP_SNP_PLATFORM_STATUS, &status), ==, SEV_STATUS_INVALID_COMMAND);
    psp_free(psp);
}

static void test_contexts(Fixture *fixture, gconstpointer data)
{
    PspContext odd = { .gctx = address(fixture->context) + 1 };

    (void)data;
    g_assert_cmphex(psp_command(fixture->psp, PSP_SNP_INIT, NULL), ==, SEV_STATUS_SUCCESS);
    g_assert_cmphex(psp_command(fixture->psp, PSP_GCTX_CREATE, &odd), ==, SEV_STATUS_INVALID_ADDRESS);
    g_assert_cmphex(create(fixture), ==, SEV_STATUS_INVALID_PAGE_STATE);
    g_assert_cmphex(start(fixture, POLICY), ==, SEV_STATUS_INVALID_GUEST);
    g_assert_cmphex(decommission(fixture), ==, SEV_STATUS_INVALID_GUEST);
    g_assert_true(psp_rmp_assign(fixture->psp, address(fixture->context), 0, 0, true));
    g_assert_cmphex(create(fixture), ==, SEV_STATUS_SUCCESS);
    g_assert_cmphex(create(fixture), ==, SEV_STATUS_INVALID_PAGE_STATE);
    g_assert_cmphex(reclaim(fixture, fixture->context), ==, SEV_STATUS_INVALID_PAGE_STATE);
    g_assert_false(psp_rmp_share(fixture->psp, address(fixture->context)));
    g_assert_cmphex(decommission(fixture), ==, SEV_STATUS_SUCCESS);
    g_assert_false(psp_rmp_share(fixture->psp, address(fixture->context)));
    g_assert_cmphex(reclaim(fixture, fixture->context + 1), ==, SEV_STATUS_INVALID_ADDRESS);
    g_assert_cmphex(reclaim(fixture, fixture->context), ==, SEV_STATUS_SUCCESS);
    g_assert_true(psp_rmp_share(fixture->psp, address(fixture->context)));
    g_assert_false(psp_rmp_is_assigned(fixture->psp, address(fixture->context)));
}

static void test_policy(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_assert_cmphex(psp_command(fixture->psp, PSP_SNP_INIT, NULL), ==, SEV_STATUS_SUCCESS);
    g_assert_true(psp_rmp_assign(fixture->psp, address(fixture->context), 0, 0, true));
    g_assert_cmphex(create(fixture), ==, SEV_STATUS_SUCCESS);
    g_assert_cmphex(activate(fixture, ASID), ==, SEV_STATUS_INVALID_GUEST_STATE);
    g_assert_cmphex(start(fixture, SNP_POLICY_SMT), ==, SEV_STATUS_INVALID_PARAM);
    g_assert_cmphex(start(fixture, SNP_POLICY_ONE), ==, SEV_STATUS_POLICY_FAILURE);
    g_assert_cmphex(start(fixture, POLICY | 0x0138), ==, SEV_STATUS_POLICY_FAILURE);
    g_assert_cmphex(start(fixture, POLICY | 0x0200), ==, SEV_STATUS_POLICY_FAILURE);
    g_assert_cmphex(start(fixture, POLICY | 0x0137), ==, SEV_STATUS_SUCCESS);
    g_assert_cmphex(start(fixture, POLICY), ==, SEV_STATUS_INVALID_GUEST_STATE);
}

static void test_asids(Fixture *fixture, gconstpointer data)
{
    PspContext second = { .gctx = address(fixture->pages[0]) };
    PspLaunchStart launch = { .gctx = second.gctx, .policy = POLICY };
    PspActivate activation = { .gctx = second.gctx, .asid = ASID };

    (void)data;
    begin(fixture);
    g_assert_cmphex(activate(fixture, ASID + 1), ==, SEV_STATUS_ACTIVE);
    g_assert_true(psp_rmp_assign(fixture->psp, second.gctx, 0, 0, true));
    g_assert_cmphex(psp_command(fixture->psp, PSP_GCTX_CREATE, &second), ==, SEV_STATUS_SUCCESS);
    g_assert_cmphex(psp_command(fixture->psp, PSP_SNP_LAUNCH_START, &launch), ==, SEV_STATUS_SUCCESS);
    g_assert_cmphex(psp_command(fixture->psp, PSP_SNP_ACTIVATE, &activation), ==, SEV_STATUS_ASID_OWNED);
    g_assert_cmphex(decommission(fixture), ==, SEV_STATUS_SUCCESS);
    g_assert_cmphex(psp_command(fixture->psp, PSP_SNP_ACTIVATE, &activation), ==,
                    SEV_STATUS_DFFLUSH_REQUIRED);
    g_assert_cmphex(psp_command(fixture->psp, PSP_SNP_DF_FLUSH, NULL), ==, SEV_STATUS_SUCCESS);
    activation.asid = 0;
    g_assert_cmphex(psp_command(fixture->psp, PSP_SNP_ACTIVATE, &activation), ==, SEV_STATUS_INVALID_ASID);
    activation.asid = 100;
    g_assert_cmphex(psp_command(fixture->psp, PSP_SNP_ACTIVATE, &activation), ==, SEV_STATUS_INVALID_ASID);
    activation.asid = ASID;
    g_assert_cmphex(psp_command(fixture->psp, PSP_SNP_ACTIVATE, &activation), ==, SEV_STATUS_SUCCESS);
}

static void test_known_answers(Fixture *fixture, gconstpointer data)
{
    uint8_t digest[PSP_DIGEST_SIZE];

    (void)data;
    begin(fixture);
    g_assert_cmphex(assign_and_update(fixture, fixture->pages[0], 0, SNP_PAGE_TYPE_NORMAL), ==, 0);
    memset(fixture->pages[1], 0xff, PAGE);
    g_assert_cmphex(assign_and_update(fixture, fixture->pages[1], 0x1000, SNP_PAGE_TYPE_ZERO), ==, 0);
    g_assert_cmpint(fixture->pages[1][17], ==, 0);
    g_assert_false(psp_guest_digest(fixture->psp, address(fixture->context), digest));
    g_assert_cmphex(assign_and_update(fixture, fixture->pages[2], SNP_VMSA_GPA, SNP_PAGE_TYPE_VMSA), ==, 0);
    g_assert_cmphex(finish(fixture), ==, SEV_STATUS_SUCCESS);
    check_digest(fixture, DIGEST_3);
    g_assert_cmphex(finish(fixture), ==, SEV_STATUS_INVALID_GUEST_STATE);
    g_assert_true(psp_rmp_assign(fixture->psp, address(fixture->pages[3]), 0, ASID, true));
    g_assert_cmphex(update(fixture, fixture->pages[3], SNP_PAGE_TYPE_NORMAL), ==,
                    SEV_STATUS_INVALID_GUEST_STATE);
}

/* An empty launch has a digest of zeros: that is what the chain starts with. */
static void test_empty_launch(Fixture *fixture, gconstpointer data)
{
    g_autofree char *zeros = g_strnfill(2 * PSP_DIGEST_SIZE, '0');

    (void)data;
    begin(fixture);
    g_assert_cmphex(finish(fixture), ==, SEV_STATUS_SUCCESS);
    check_digest(fixture, zeros);
}

static void test_page_states(Fixture *fixture, gconstpointer data)
{
    uint8_t *page = fixture->pages[0];

    (void)data;
    begin(fixture);
    g_assert_cmphex(update(fixture, page, SNP_PAGE_TYPE_NORMAL), ==, SEV_STATUS_INVALID_PAGE_STATE);
    g_assert_cmphex(update(fixture, page, 0), ==, SEV_STATUS_INVALID_PARAM);
    g_assert_cmphex(update(fixture, page, 7), ==, SEV_STATUS_INVALID_PARAM);
    g_assert_cmphex(update(fixture, page + 1, SNP_PAGE_TYPE_NORMAL), ==, SEV_STATUS_INVALID_ADDRESS);
    g_assert_true(psp_rmp_assign(fixture->psp, address(page), 0, ASID + 1, true));
    g_assert_cmphex(update(fixture, page, SNP_PAGE_TYPE_NORMAL), ==, SEV_STATUS_INVALID_PAGE_OWNER);
    g_assert_false(psp_rmp_assign(fixture->psp, address(page), 0, ASID, true));
    g_assert_false(psp_rmp_share(fixture->psp, address(page)));
    g_assert_cmphex(reclaim(fixture, page), ==, SEV_STATUS_SUCCESS);
    g_assert_true(psp_rmp_share(fixture->psp, address(page)));
    /* A page that is not immutable could still be changed by the host. */
    g_assert_true(psp_rmp_assign(fixture->psp, address(page), 0, ASID, false));
    g_assert_cmphex(update(fixture, page, SNP_PAGE_TYPE_NORMAL), ==, SEV_STATUS_INVALID_PAGE_STATE);
    g_assert_true(psp_rmp_share(fixture->psp, address(page)));
    g_assert_cmphex(assign_and_update(fixture, page, 0, SNP_PAGE_TYPE_NORMAL), ==, SEV_STATUS_SUCCESS);
    g_assert_cmphex(update(fixture, page, SNP_PAGE_TYPE_NORMAL), ==, SEV_STATUS_INVALID_PAGE_STATE);
    /* A launched page goes back to the host without the firmware's help. */
    g_assert_cmphex(reclaim(fixture, page), ==, SEV_STATUS_INVALID_PAGE_STATE);
    g_assert_true(psp_rmp_share(fixture->psp, address(page)));
    g_assert_false(psp_rmp_is_assigned(fixture->psp, address(page)));
}

static void test_inactive(Fixture *fixture, gconstpointer data)
{
    (void)data;
    g_assert_cmphex(psp_command(fixture->psp, PSP_SNP_INIT, NULL), ==, SEV_STATUS_SUCCESS);
    g_assert_true(psp_rmp_assign(fixture->psp, address(fixture->context), 0, 0, true));
    g_assert_cmphex(create(fixture), ==, SEV_STATUS_SUCCESS);
    g_assert_cmphex(finish(fixture), ==, SEV_STATUS_INVALID_GUEST_STATE);
    g_assert_cmphex(start(fixture, POLICY), ==, SEV_STATUS_SUCCESS);
    g_assert_cmphex(update(fixture, fixture->pages[0], SNP_PAGE_TYPE_NORMAL), ==, SEV_STATUS_INACTIVE);
}

static void test_secrets(Fixture *fixture, gconstpointer data)
{
    static const uint8_t zeros[32];
    const uint8_t *page = fixture->pages[0];

    (void)data;
    begin(fixture);
    memset(fixture->pages[0], 0xee, PAGE);
    g_assert_cmphex(assign_and_update(fixture, fixture->pages[0], 0x2000, SNP_PAGE_TYPE_SECRETS), ==, 0);
    g_assert_cmpint(page[0], ==, 3);
    g_assert_cmpint(page[0x10], ==, 0xaa);
    g_assert_cmpint(memcmp(page + 0x20, page + 0x40, 32), !=, 0);
    g_assert_cmpint(memcmp(page + 0x80, zeros, 32), !=, 0);
    g_assert_cmpint(memcmp(page + 0xa0, zeros, 32), ==, 0);
}

/** A CPUID page with one entry, and what is right instead. */
typedef struct CpuidRow {
    uint32_t count, reserved;
    SnpCpuidEntry entry, right;
    uint32_t status;
} CpuidRow;

#define REFUSED SEV_STATUS_INVALID_PARAM

static const CpuidRow cpuid_rows[] = {
    { .count = 0 },
    { .count = 65, .status = REFUSED },
    { .count = 0, .reserved = 1, .status = REFUSED },
    { .count = 1, .entry = { .eax_in = 1, .ecx = 0xfefa3203, .edx = 0x178bfbff } },
    { .count = 1, .entry = { .eax_in = 7, .ebx = 0x219c97a9 } },
    { 1, 0, { .eax_in = 7, .reserved = 1 }, { .eax_in = 7 }, REFUSED },
    { 1, 0, { .eax_in = 7, .ecx_in = 1, .eax = 0x20 }, { .eax_in = 7, .ecx_in = 1 }, REFUSED },
    /* TSC deadline; TSC_ADJUST; SPEC_CTRL; VIRT_SSBD: KVM emulates what the processor has not. */
    { 1, 0, { .eax_in = 1, .ecx = 0x01000001 }, { .eax_in = 1, .ecx = 1 }, REFUSED },
    { 1, 0, { .eax_in = 7, .ebx = 0x3 }, { .eax_in = 7, .ebx = 0x1 }, REFUSED },
    { 1, 0, { .eax_in = 7, .edx = 0x04000010 }, { .eax_in = 7, .edx = 0x10 }, REFUSED },
    { 1, 0, { .eax_in = 0x80000008, .ebx = 0x02000001 }, { .eax_in = 0x80000008, .ebx = 1 }, REFUSED },
};

static void put_cpuid(uint8_t *page, const CpuidRow *row, const SnpCpuidEntry *entry, uint32_t reserved)
{
    SnpCpuidPage table = { .count = GUINT32_TO_LE(row->count), .reserved1 = GUINT32_TO_LE(reserved) };

    table.entries[0] = (SnpCpuidEntry){
        .eax_in = GUINT32_TO_LE(entry->eax_in),
        .ecx_in = GUINT32_TO_LE(entry->ecx_in),
        .eax = GUINT32_TO_LE(entry->eax),
        .ebx = GUINT32_TO_LE(entry->ebx),
        .ecx = GUINT32_TO_LE(entry->ecx),
        .edx = GUINT32_TO_LE(entry->edx),
        .reserved = GUINT64_TO_LE(entry->reserved),
    };
    memset(page, 0, PAGE);
    memcpy(page, &table, sizeof(table));
}

static void test_cpuid(Fixture *fixture, gconstpointer data)
{
    uint8_t *page = fixture->pages[0], *expected = fixture->pages[1];

    (void)data;
    begin(fixture);
    for (size_t i = 0; i < G_N_ELEMENTS(cpuid_rows); i++) {
        const CpuidRow *row = &cpuid_rows[i];
        uint32_t status;

        put_cpuid(page, row, &row->entry, row->reserved);
        put_cpuid(expected, row, row->status ? &row->right : &row->entry, 0);
        status = assign_and_update(fixture, page, 0x3000, SNP_PAGE_TYPE_CPUID);
        if (status != row->status) {
            g_error("row %zu: status 0x%x", i, status);
        }
        g_assert_cmpmem(page, PAGE, expected, PAGE);
        g_assert_true(status == 0 || reclaim(fixture, page) == 0);
        g_assert_true(psp_rmp_share(fixture->psp, address(page)));
    }
}

/** A change of a good ID block or its authentication: a byte that is flipped. */
typedef struct IdRow {
    const char *what;
    bool in_auth;
    size_t offset;
    bool with_author_key;
    uint32_t status;
} IdRow;

static const IdRow id_rows[] = {
    { "ID key algorithm", true, 0x000, false, SEV_STATUS_INVALID_PARAM },
    { "author key algorithm", true, 0x004, true, SEV_STATUS_INVALID_PARAM },
    { "version", false, 80, false, SEV_STATUS_INVALID_PARAM },
    { "digest", false, 0, false, SEV_STATUS_BAD_SIGNATURE },
    { "guest SVN", false, 84, false, SEV_STATUS_BAD_SIGNATURE },
    { "curve", true, 0x240, false, SEV_STATUS_BAD_SIGNATURE },
    { "point of ID key", true, 0x244, false, SEV_STATUS_BAD_SIGNATURE },
    { "padding of ID key", true, 0x244 + 50, false, SEV_STATUS_BAD_SIGNATURE },
    { "signature of block", true, 0x40, false, SEV_STATUS_BAD_SIGNATURE },
    { "padding of signature", true, 0x40 + 71, false, SEV_STATUS_BAD_SIGNATURE },
    { "signature of ID key", true, 0x680, true, SEV_STATUS_BAD_SIGNATURE },
    { "author key", true, 0x884 + 72, true, SEV_STATUS_BAD_SIGNATURE },
};

static void launch_known_pages(Fixture *fixture)
{
    begin(fixture);
    g_assert_cmphex(assign_and_update(fixture, fixture->pages[0], 0, SNP_PAGE_TYPE_NORMAL), ==, 0);
    g_assert_cmphex(assign_and_update(fixture, fixture->pages[1], 0x1000, SNP_PAGE_TYPE_ZERO), ==, 0);
    g_assert_cmphex(assign_and_update(fixture, fixture->pages[2], SNP_VMSA_GPA, SNP_PAGE_TYPE_VMSA), ==, 0);
}

static void test_id_blocks(Fixture *fixture, gconstpointer data)
{
    uint8_t block[SNP_ID_BLOCK_SIZE];
    g_autofree uint8_t *auth = g_malloc(SNP_ID_AUTH_SIZE);
    PspLaunchFinish launch = {
        .gctx = address(fixture->context),
        .id_block = block,
        .id_auth = auth,
        .id_block_en = true,
    };

    (void)data;
    launch_known_pages(fixture);
    put_id_auth(auth, BLOCK_R, BLOCK_S);
    put_id_block(block, DIGEST_3, POLICY);
    for (size_t i = 0; i < G_N_ELEMENTS(id_rows); i++) {
        const IdRow *row = &id_rows[i];
        uint8_t *changed = row->in_auth ? &auth[row->offset] : &block[row->offset];
        uint32_t status;

        *changed ^= 0x10;
        launch.auth_key_en = row->with_author_key;
        status = psp_command(fixture->psp, PSP_SNP_LAUNCH_FINISH, &launch);
        *changed ^= 0x10;
        if (status != row->status) {
            g_error("%s: status 0x%x", row->what, status);
        }
    }
    put_id_auth(auth, OTHER_DIGEST_R, OTHER_DIGEST_S);
    put_id_block(block, ID_DIGEST_OF_NOTHING, POLICY);
    g_assert_cmphex(psp_command(fixture->psp, PSP_SNP_LAUNCH_FINISH, &launch), ==,
                    SEV_STATUS_BAD_MEASUREMENT);
    put_id_auth(auth, OTHER_POLICY_R, OTHER_POLICY_S);
    put_id_block(block, DIGEST_3, POLICY + 1);
    g_assert_cmphex(psp_command(fixture->psp, PSP_SNP_LAUNCH_FINISH, &launch), ==, SEV_STATUS_POLICY_FAILURE);
    put_id_auth(auth, BLOCK_R, BLOCK_S);
    put_id_block(block, DIGEST_3, POLICY);
    g_assert_cmphex(psp_command(fixture->psp, PSP_SNP_LAUNCH_FINISH, &launch), ==, SEV_STATUS_SUCCESS);
    check_digest(fixture, DIGEST_3);
}

static void test_faults(Fixture *fixture, gconstpointer data)
{
    (void)data;
    begin(fixture);
    g_assert_cmphex(assign_and_update(fixture, fixture->pages[0], 0, SNP_PAGE_TYPE_NORMAL), ==, 0);
    g_assert_cmphex(assign_and_update(fixture, fixture->pages[1], 0x1000, SNP_PAGE_TYPE_ZERO), ==,
                    SEV_STATUS_RESOURCE_LIMIT);
    g_assert_cmphex(update(fixture, fixture->pages[1], SNP_PAGE_TYPE_SECRETS), ==, 0x1234);
    g_assert_cmphex(update(fixture, fixture->pages[1], SNP_PAGE_TYPE_SECRETS), ==, 0x1234);
    g_assert_cmphex(update(fixture, fixture->pages[1], SNP_PAGE_TYPE_ZERO), ==, SEV_STATUS_SUCCESS);
    g_assert_cmphex(finish(fixture), ==, SEV_STATUS_SUCCESS);
    check_digest(fixture, DIGEST_2);
}

/** A refused `fault=`, and a word that the message has to have. */
static const char *const bad_faults[][2] = {
    { "", "fault '' is not COMMAND" },
    { "SNP_LAUNCH_START", "COMMAND" },
    { "LAUNCH=1", "SNP_LAUNCH_FINISH" },
    { "SNP_LAUNCH_START=OUCH", "INVALID_PARAM" },
    { "SNP_LAUNCH_START=0", "0xffff" },
    { "SNP_LAUNCH_START=0x10000", "0xffff" },
    { "SNP_LAUNCH_START=-1", "0xffff" },
    { "SNP_LAUNCH_START:0=1", "from 1" },
    { "SNP_LAUNCH_START:x=1", "from 1" },
    { "SNP_LAUNCH_START/CPUID=1", "page type" },
    { "SNP_LAUNCH_UPDATE/TYPE=1", "UNMEASURED" },
    { "SNP_LAUNCH_START=1+", "COMMAND" },
};

static void test_bad_faults(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(bad_faults); i++) {
        CgvmError *error = NULL;

        g_assert_null(psp_new(sim_model_find(NULL), bad_faults[i][0], &error));
        g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_INVALID);
        if (!strstr(cgvm_error_message(error), bad_faults[i][1])) {
            g_error("'%s': %s", bad_faults[i][0], cgvm_error_message(error));
        }
        cgvm_error_free(error);
    }
}

static void add(const char *path, const char *fault, void (*test)(Fixture *fixture, gconstpointer data))
{
    g_test_add(path, Fixture, fault, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add("/psp/platform", NULL, test_platform);
    g_test_add_func("/psp/without-snp", test_without_snp);
    add("/psp/contexts", NULL, test_contexts);
    add("/psp/policy", NULL, test_policy);
    add("/psp/asids", NULL, test_asids);
    add("/psp/known-answers", NULL, test_known_answers);
    add("/psp/empty-launch", NULL, test_empty_launch);
    add("/psp/page-states", NULL, test_page_states);
    add("/psp/inactive", NULL, test_inactive);
    add("/psp/secrets", NULL, test_secrets);
    add("/psp/cpuid", NULL, test_cpuid);
    add("/psp/id-blocks", NULL, test_id_blocks);
    add("/psp/faults",
        "SNP_LAUNCH_UPDATE:2=RESOURCE_LIMIT+SNP_LAUNCH_UPDATE/SECRETS=0x1234+SNP_LAUNCH_FINISH:2=AEAD_OFLOW",
        test_faults);
    g_test_add_func("/psp/bad-faults", test_bad_faults);
    return g_test_run();
}
