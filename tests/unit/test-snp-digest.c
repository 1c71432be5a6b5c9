/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the SEV-SNP launch digest: known answers for single pages and for whole launches.
 */
#include <glib.h>
#include <string.h>
#include "target-i386/cpu-models.h"
#include "target-i386/ovmf.h"
#include "target-i386/sev-abi.h"
#include "target-i386/snp-digest.h"
#include "target-i386/vmsa.h"

#define PAGE             4096
#define DEBIAN_12_OVMF   "/usr/share/ovmf/OVMF.fd"
#define DEBIAN_12_SHA256 "7b456907dd0786d415999e801a1ac4637b8ed4d7cf5378cfc6edbe5e574dd773"

static void assert_digest(const SnpDigest *digest, uint64_t pages, const char *expected)
{
    g_autoptr(GString) hex = g_string_new(NULL);

    for (size_t i = 0; i < sizeof(digest->value); i++) {
        g_string_append_printf(hex, "%02x", digest->value[i]);
    }
    g_assert_cmpstr(hex->str, ==, expected);
    g_assert_cmpuint(digest->pages, ==, pages);
}

static void assert_equal(const SnpDigest *a, const SnpDigest *b)
{
    g_assert_cmpmem(a->value, sizeof(a->value), b->value, sizeof(b->value));
    g_assert_cmpuint(a->pages, ==, b->pages);
}

static void test_nothing(void)
{
    SnpDigest digest = { 0 };

    snp_digest_update(&digest, LAUNCH_PAGE_TYPE_NORMAL, 0, NULL, 0);
    snp_digest_update(&digest, LAUNCH_PAGE_TYPE_ZERO, 0, NULL, 0);
    assert_digest(&digest, 0,
                  "000000000000000000000000000000000000000000000000"
                  "000000000000000000000000000000000000000000000000");
}

static void test_known_answers(void)
{
    static const uint8_t zeros[PAGE];
    SnpDigest digest = { 0 };

    snp_digest_update(&digest, LAUNCH_PAGE_TYPE_NORMAL, 0, zeros, PAGE);
    assert_digest(&digest, 1,
                  "9d13634b6014bb21cf059b2dc694e7bff01a8a7137041100"
                  "cd2b695f3d10fb687267b97808b27f8f471d943bc6f53a20");
    snp_digest_update(&digest, LAUNCH_PAGE_TYPE_ZERO, 0x1000, NULL, PAGE);
    assert_digest(&digest, 2,
                  "3bb77aec4f0d90c147b6b7884b6bd5741994d2575305f896"
                  "39c95186690d949261186702ef51f2fa7c0dd4c90f03ebfd");
    snp_digest_update(&digest, LAUNCH_PAGE_TYPE_VMSA, SNP_VMSA_GPA, zeros, PAGE);
    assert_digest(&digest, 3,
                  "80f93591b0f8b0b4dabd85bdf793571cbf5a8aef4659f2d3"
                  "3bb367211da3cceba145766d7308b8d86bb3b1f9f4fc44cc");
}

/* However the pages follow each other, a range gives what its pages give one by one. */
static void test_range_is_its_pages(void)
{
    static const char patterns[] = "AABBACCCAFF\xff\xff\0\0A";
    const size_t n_pages = sizeof(patterns) - 1;
    g_autofree uint8_t *contents = g_malloc(n_pages * PAGE);
    SnpDigest range = { 0 };
    SnpDigest pages = { 0 };

    for (size_t i = 0; i < n_pages; i++) {
        memset(contents + i * PAGE, patterns[i], PAGE);
    }
    contents[2 * PAGE - 1] ^= 1; /* the second A differs in its last byte */
    snp_digest_update(&range, LAUNCH_PAGE_TYPE_NORMAL, 0xffff0000, contents, n_pages * PAGE);
    for (size_t i = 0; i < n_pages; i++) {
        g_autofree uint8_t *page = g_memdup2(contents + i * PAGE, PAGE);

        snp_digest_update(&pages, LAUNCH_PAGE_TYPE_NORMAL, 0xffff0000 + i * PAGE, page, PAGE);
    }
    assert_equal(&range, &pages);
}

static void test_contents_that_are_not_covered(void)
{
    static const LaunchPageType types[] = {
        LAUNCH_PAGE_TYPE_ZERO,
        LAUNCH_PAGE_TYPE_UNMEASURED,
        LAUNCH_PAGE_TYPE_SECRETS,
        LAUNCH_PAGE_TYPE_CPUID,
    };
    g_autofree uint8_t *contents = g_malloc(3 * PAGE);

    memset(contents, 0x5a, 3 * PAGE);
    for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
        SnpDigest with = { 0 };
        SnpDigest without = { 0 };

        snp_digest_update(&with, types[i], 0x800000, contents, 3 * PAGE);
        snp_digest_update(&without, types[i], 0x800000, NULL, 3 * PAGE);
        assert_equal(&with, &without);
        g_assert_cmpuint(with.pages, ==, 3);
    }
}

/* Those that SNP has; the last is CPUID. */
#define N_TYPES (LAUNCH_PAGE_TYPE_CPUID + 1)

static void test_type_and_place_are_covered(void)
{
    static const uint8_t zeros[PAGE];
    SnpDigest digests[N_TYPES + 2] = { 0 };

    for (size_t i = 0; i < N_TYPES; i++) {
        snp_digest_update(&digests[i], (LaunchPageType)i, 0x1000, zeros, PAGE);
    }
    snp_digest_update(&digests[N_TYPES], LAUNCH_PAGE_TYPE_ZERO, 0x2000, NULL, PAGE);
    snp_digest_update(&digests[N_TYPES + 1], LAUNCH_PAGE_TYPE_ZERO, UINT64_C(0x100001000), NULL, PAGE);
    for (size_t i = 0; i < G_N_ELEMENTS(digests); i++) {
        for (size_t j = 0; j < i; j++) {
            g_assert_cmpint(memcmp(digests[i].value, digests[j].value, sizeof(digests[i].value)), !=, 0);
        }
    }
}

/* The launch that QEMU makes of an OVMF image without kernel hashes. */
static void launch(SnpDigest *digest, const uint8_t *image, size_t size, const OvmfInfo *info, unsigned vcpus,
                   const char *cpu)
{
    const X86CpuModel *model = x86_cpu_model_find(cpu);
    const uint32_t signature = x86_cpu_signature(model->family, model->model, model->stepping);
    const VmsaProfile profile = { .sev_features = SEV_FEATURE_SNP_ACTIVE, .has_fpu = true };

    snp_digest_update(digest, LAUNCH_PAGE_TYPE_NORMAL, (UINT64_C(1) << 32) - size, image, size);
    for (size_t i = 0; i < info->n_sections; i++) {
        const OvmfSection *section = &info->sections[i];
        LaunchPageType type = section->type == OVMF_SECTION_SECRETS ? LAUNCH_PAGE_TYPE_SECRETS
                              : section->type == OVMF_SECTION_CPUID ? LAUNCH_PAGE_TYPE_CPUID
                                                                    : LAUNCH_PAGE_TYPE_ZERO;

        snp_digest_update(digest, type, section->gpa, NULL, section->size);
    }
    for (unsigned i = 0; i < vcpus; i++) {
        X86Registers registers;
        uint8_t page[VMSA_SIZE];

        x86_reset_registers(&registers, signature, i == 0 ? X86_RESET_ADDRESS : info->reset_address);
        vmsa_predict(&registers, &profile, page);
        snp_digest_update(digest, LAUNCH_PAGE_TYPE_VMSA, SNP_VMSA_GPA, page, sizeof(page));
    }
}

static void test_debian_12(void)
{
    g_autofree char *contents = NULL;
    g_autofree char *sha256 = NULL;
    const uint8_t *image;
    gsize size;
    OvmfInfo info;
    SnpDigest one = { 0 };
    SnpDigest three = { 0 };

    if (!g_file_get_contents(DEBIAN_12_OVMF, &contents, &size, NULL)) {
        g_test_skip(DEBIAN_12_OVMF " cannot be read");
        return;
    }
    image = (const uint8_t *)contents;
    sha256 = g_compute_checksum_for_data(G_CHECKSUM_SHA256, image, size);
    if (!g_str_equal(sha256, DEBIAN_12_SHA256)) {
        g_test_skip(DEBIAN_12_OVMF " is not Debian 12's");
        return;
    }
    g_assert_true(ovmf_parse(image, size, DEBIAN_12_OVMF, &info, NULL));
    launch(&one, image, size, &info, 1, "EPYC");
    assert_digest(&one, 512 + 31 + 1,
                  "11570979c77a0adb515761a702527c8b9e11554e73055262"
                  "1d950988613a3a75c6ff1703f540bd22a9beede8fe7a97e3");
    launch(&three, image, size, &info, 3, "EPYC-Genoa");
    assert_digest(&three, 512 + 31 + 3,
                  "701acdbbb66506d0ea9e56a70dcca699a0dba57506ba2b7e"
                  "65cc9746bf072077222bf5c2a87a4e99a8fce86df915305f");
    ovmf_info_clear(&info);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/snp-digest/nothing", test_nothing);
    g_test_add_func("/snp-digest/known-answers", test_known_answers);
    g_test_add_func("/snp-digest/range-is-its-pages", test_range_is_its_pages);
    g_test_add_func("/snp-digest/contents-that-are-not-covered", test_contents_that_are_not_covered);
    g_test_add_func("/snp-digest/type-and-place-are-covered", test_type_and_place_are_covered);
    g_test_add_func("/snp-digest/debian-12", test_debian_12);
    return g_test_run();
}
