/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * A guest and the secure processor: the RMP's instructions, and messages as a guest's driver makes them
 * (drivers/virt/coco/sev-guest/sev-guest.c of Linux 6.12), with what the firmware says to wrong ones.
 */
#include <string.h>
#include "target-i386/psp-state.h"
#include "confidential/crypto-aes256.h"

#define PAGE   4096
#define POLICY UINT64_C(0x30000)
#define ASID   3
#define HEADER 0x60
#define AAD    0x30 /* where it begins in the header */
#define KEY_0  0x20 /* in the secrets page */

/* Of a message. */
#define NUMBER    0x20
#define ALGORITHM 0x30
#define TYPE      0x34
#define SIZE      0x36
#define VMPCK     0x3c

/* Of a report, behind the 32 bytes before it. */
#define REPORT           32
#define REPORT_SIZE      1184
#define REPORT_POLICY    0x08
#define REPORT_VMPL      0x30
#define REPORT_DATA      0x50
#define REPORT_DIGEST    0x90
#define REPORT_HOST_DATA 0xc0
#define REPORT_CHIP      0x1a0
#define REPORT_SIGNED    0x2a0

typedef struct Fixture {
    Psp *psp;
    uint8_t *context, *page, *secrets;
    uint64_t number; /* of the last message */
    uint8_t question[PAGE], answer[PAGE], payload[PAGE];
} Fixture;

static uint32_t command(Fixture *f, PspCommand number, void *data)
{
    return psp_command(f->psp, number, data);
}

static void launch_page(Fixture *f, uint8_t *page, uint64_t gpa, uint8_t type)
{
    PspLaunchUpdate update = { .gctx = (uintptr_t)f->context, .page = (uintptr_t)page, .page_type = type };

    g_assert_true(psp_rmp_assign(f->psp, (uintptr_t)page, gpa, ASID, true));
    g_assert_cmphex(command(f, PSP_SNP_LAUNCH_UPDATE, &update), ==, SEV_STATUS_SUCCESS);
}

static void set_up(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    PspContext context;
    PspLaunchStart start = { .policy = POLICY };
    PspActivate activate = { .asid = ASID };

    f->psp = psp_new(sim_model_find(NULL), NULL, NULL);
    f->context = g_aligned_alloc0(1, PAGE, PAGE);
    f->page = g_aligned_alloc0(1, PAGE, PAGE);
    f->secrets = g_aligned_alloc0(1, PAGE, PAGE);
    f->number = 0;
    context.gctx = start.gctx = activate.gctx = (uintptr_t)f->context;
    g_assert_cmphex(command(f, PSP_SNP_INIT, NULL), ==, SEV_STATUS_SUCCESS);
    g_assert_true(psp_rmp_assign(f->psp, (uintptr_t)f->context, 0, 0, true));
    g_assert_cmphex(command(f, PSP_GCTX_CREATE, &context), ==, SEV_STATUS_SUCCESS);
    g_assert_cmphex(command(f, PSP_SNP_LAUNCH_START, &start), ==, SEV_STATUS_SUCCESS);
    g_assert_cmphex(command(f, PSP_SNP_ACTIVATE, &activate), ==, SEV_STATUS_SUCCESS);
    launch_page(f, f->page, 0, SNP_PAGE_TYPE_NORMAL);
    launch_page(f, f->secrets, 0x1000, SNP_PAGE_TYPE_SECRETS);
}

static void tear_down(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    psp_free(f->psp);
    g_aligned_free(f->context);
    g_aligned_free(f->page);
    g_aligned_free(f->secrets);
}

static void finish(Fixture *f, bool vcek_disabled)
{
    PspLaunchFinish finish = { .gctx = (uintptr_t)f->context,
                               .vcek_disabled = vcek_disabled,
                               .host_data = { 0x77 } };

    g_assert_cmphex(command(f, PSP_SNP_LAUNCH_FINISH, &finish), ==, SEV_STATUS_SUCCESS);
}

static void put64(uint8_t *bytes, uint64_t value)
{
    value = GUINT64_TO_LE(value);
    memcpy(bytes, &value, sizeof(value));
}

static uint64_t get64(const uint8_t *bytes)
{
    uint64_t value;

    memcpy(&value, bytes, sizeof(value));
    return GUINT64_FROM_LE(value);
}

/* The message of @type with @size bytes of the payload, by the key @vmpck. */
static void seal(Fixture *f, uint8_t type, unsigned vmpck, size_t size)
{
    uint8_t *header = f->question;
    uint8_t iv[CRYPTO_GCM_IV_SIZE] = { 0 };
    const CryptoGcmHeader gcm = { .iv = iv, .aad = header + AAD, .aad_size = HEADER - AAD };

    memset(f->question, 0, sizeof(f->question));
    put64(header + NUMBER, f->number + 1);
    put64(iv, f->number + 1);
    header[ALGORITHM] = 1;
    header[ALGORITHM + 1] = 1;
    header[ALGORITHM + 2] = HEADER;
    header[TYPE] = type;
    header[TYPE + 1] = 1;
    header[SIZE] = (uint8_t)size;
    header[VMPCK] = (uint8_t)vmpck;
    crypto_aes256_gcm_encrypt(f->secrets + KEY_0 + 32 * vmpck, &gcm, f->payload, size, header + HEADER,
                              header);
}

static uint32_t send_message(Fixture *f)
{
    PspGuestRequest request = { .gctx = (uintptr_t)f->context,
                                .request = f->question,
                                .response = f->answer };

    memset(f->answer, 0, sizeof(f->answer));
    return command(f, PSP_SNP_GUEST_REQUEST, &request);
}

/* Opens the answer, of @size bytes, into the payload. */
static void take_answer(Fixture *f, uint8_t type, unsigned vmpck, size_t size)
{
    const uint8_t *header = f->answer;
    uint8_t iv[CRYPTO_GCM_IV_SIZE] = { 0 };
    const CryptoGcmHeader gcm = { .iv = iv, .aad = header + AAD, .aad_size = HEADER - AAD };

    f->number += 2;
    g_assert_cmpuint(get64(header + NUMBER), ==, f->number);
    g_assert_cmpuint(header[TYPE], ==, type);
    g_assert_cmpuint(header[VMPCK], ==, vmpck);
    g_assert_cmpuint(header[SIZE] | header[SIZE + 1] << 8, ==, size);
    put64(iv, f->number);
    g_assert_true(crypto_aes256_gcm_decrypt(f->secrets + KEY_0 + 32 * vmpck, &gcm, header + HEADER, size,
                                            f->payload, header));
}

static void ask_for_report(Fixture *f, unsigned vmpck, uint32_t vmpl)
{
    memset(f->payload, 0, 96);
    memset(f->payload, 0x5a, 64);
    f->payload[64] = (uint8_t)vmpl;
    seal(f, 5, vmpck, 96);
    g_assert_cmphex(send_message(f), ==, SEV_STATUS_SUCCESS);
    take_answer(f, 6, vmpck, REPORT + REPORT_SIZE);
}

static void test_report(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    const uint8_t *report = f->payload + REPORT;
    uint8_t digest[PSP_DIGEST_SIZE], asked[64];
    CryptoP384Signature signature;
    const CryptoP384Key *key;

    finish(f, false);
    memset(asked, 0x5a, sizeof(asked));
    ask_for_report(f, 0, 1);
    g_assert_cmpuint(f->payload[0], ==, 0);
    g_assert_cmpuint(f->payload[4] | f->payload[5] << 8, ==, REPORT_SIZE);
    g_assert_true(psp_guest_digest(f->psp, (uintptr_t)f->context, digest));
    g_assert_cmpmem(report + REPORT_DIGEST, sizeof(digest), digest, sizeof(digest));
    g_assert_cmpmem(report + REPORT_DATA, sizeof(asked), asked, sizeof(asked));
    g_assert_cmphex(get64(report + REPORT_POLICY), ==, POLICY);
    g_assert_cmpuint(report[REPORT_VMPL], ==, 1);
    g_assert_cmphex(report[REPORT_HOST_DATA], ==, 0x77);
    g_assert_true(g_str_has_prefix((const char *)report + REPORT_CHIP, "simulated "));
    memcpy(&signature, report + REPORT_SIGNED, sizeof(signature));
    key = &psp_platform_keys(f->psp)->vcek;
    g_assert_true(crypto_ecdsa_p384_verify(key->point.x, key->point.y, report, REPORT_SIGNED, signature.r,
                                           signature.s));
    /* The counter has gone on, and the next one is answered as well. */
    ask_for_report(f, 0, 0);
    g_assert_cmpuint(f->number, ==, 4);
}

/* A VMPL that is more privileged than the key's gets none, which the answer says. */
static void test_vmpl(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    finish(f, false);
    ask_for_report(f, 2, 1);
    g_assert_cmphex(f->payload[0], ==, 0x16);
    g_assert_cmpuint(f->payload[4], ==, 0);
    ask_for_report(f, 2, 4);
    g_assert_cmphex(f->payload[0], ==, 0x16);
    ask_for_report(f, 2, 3);
    g_assert_cmphex(f->payload[0], ==, 0);
}

static void test_unsigned(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    static const uint8_t none[2 * CRYPTO_ECDSA_FIELD_SIZE];

    finish(f, true);
    ask_for_report(f, 0, 0);
    g_assert_cmpmem(f->payload + REPORT + REPORT_SIGNED, sizeof(none), none, sizeof(none));
    g_assert_cmphex(f->payload[REPORT + 0x48], ==, 7 << 2);
}

static void ask_for_key(Fixture *f, uint8_t field_select, uint8_t key[32])
{
    memset(f->payload, 0, 32);
    f->payload[8] = field_select;
    seal(f, 3, 0, 32);
    g_assert_cmphex(send_message(f), ==, SEV_STATUS_SUCCESS);
    take_answer(f, 4, 0, 64);
    g_assert_cmphex(f->payload[0], ==, 0);
    memcpy(key, f->payload + 32, 32);
}

static void test_key(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    uint8_t one[32], again[32], other[32];

    finish(f, false);
    ask_for_key(f, 1, one);
    ask_for_key(f, 1, again);
    ask_for_key(f, 9, other);
    g_assert_cmpmem(one, sizeof(one), again, sizeof(again));
    g_assert_cmpint(memcmp(one, other, sizeof(one)), !=, 0);
}

/* Whatever the host changes, or sends twice, is refused, and the next right message still taken. */
static void test_hostile(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    static const struct {
        size_t offset;
        uint8_t bit;
        uint32_t status;
    } changes[] = {
        { 0, 1, SEV_STATUS_BAD_MEASUREMENT },           { NUMBER, 2, SEV_STATUS_BAD_MEASUREMENT },
        { TYPE, 1, SEV_STATUS_BAD_MEASUREMENT },        { VMPCK, 1, SEV_STATUS_BAD_MEASUREMENT },
        { HEADER - 1, 1, SEV_STATUS_BAD_MEASUREMENT },  { HEADER + 95, 128, SEV_STATUS_BAD_MEASUREMENT },
        { ALGORITHM, 2, SEV_STATUS_INVALID_PARAM },     { ALGORITHM + 1, 2, SEV_STATUS_INVALID_PARAM },
        { ALGORITHM + 2, 1, SEV_STATUS_INVALID_PARAM }, { TYPE + 1, 2, SEV_STATUS_INVALID_PARAM },
        { VMPCK, 4, SEV_STATUS_INVALID_PARAM },         { SIZE + 1, 16, SEV_STATUS_INVALID_PARAM },
    };

    seal(f, 5, 0, 96);
    g_assert_cmphex(send_message(f), ==, SEV_STATUS_INVALID_GUEST_STATE); /* in its launch */
    finish(f, false);
    for (size_t i = 0; i < G_N_ELEMENTS(changes); i++) {
        seal(f, 5, 0, 96);
        f->question[changes[i].offset] ^= changes[i].bit;
        g_assert_cmphex(send_message(f), ==, changes[i].status);
        g_assert_cmpuint(f->answer[TYPE], ==, 0);
    }
    seal(f, 5, 0, 95);
    g_assert_cmphex(send_message(f), ==, SEV_STATUS_INVALID_PARAM);
    seal(f, 9, 0, 96);
    g_assert_cmphex(send_message(f), ==, SEV_STATUS_INVALID_PARAM);
    ask_for_report(f, 0, 0);
    f->number -= 2;
    memset(f->payload, 0, 96);
    seal(f, 5, 0, 96); /* a number that was */
    g_assert_cmphex(send_message(f), ==, SEV_STATUS_BAD_MEASUREMENT);
    f->number += 2;
    ask_for_report(f, 0, 0);
}

static void test_rmp(Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
    uintptr_t page = (uintptr_t)f->page;
    bool changed = true;

    g_assert_true(psp_rmp_validate(f->psp, page, 0, ASID, true, &changed));
    g_assert_false(changed);
    g_assert_true(psp_rmp_validate(f->psp, page, 0, ASID, false, &changed));
    g_assert_true(changed);
    g_assert_false(psp_rmp_is_valid(f->psp, page, false));
    g_assert_false(psp_rmp_adjust(f->psp, page, 0, ASID, true)); /* only what is validated */
    g_assert_false(psp_rmp_validate(f->psp, page, 0x1000, ASID, true, &changed));
    g_assert_false(psp_rmp_validate(f->psp, page, 0, ASID + 1, true, &changed));
    g_assert_false(psp_rmp_validate(f->psp, (uintptr_t)f->context, 0, 0, true, &changed));
    g_assert_true(psp_rmp_validate(f->psp, page, 0, ASID, true, &changed));
    g_assert_true(psp_rmp_adjust(f->psp, page, 0, ASID, true));
    g_assert_true(psp_rmp_is_valid(f->psp, page, true));
    g_assert_false(psp_rmp_validate(f->psp, page, 0, ASID, false, &changed)); /* a VMSA */
    g_assert_true(psp_rmp_adjust(f->psp, page, 0, ASID, false));
    g_assert_false(psp_rmp_is_valid(f->psp, page, true));
}

#define ADD(name, function) g_test_add("/psp-message/" name, Fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("report", test_report);
    ADD("vmpl", test_vmpl);
    ADD("unsigned", test_unsigned);
    ADD("key", test_key);
    ADD("hostile", test_hostile);
    ADD("rmp", test_rmp);
    return g_test_run();
}
