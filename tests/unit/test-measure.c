/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The public API for launch digests. That they are right is the matter of tests/launch/test_cgctl_measure.py.
 */
#include "cgvm/measure.h"
#include "tests/unit/toy-vm.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgvmMeasure, cgvm_measure_free)

/* Of the toy firmware, with @more options. */
static CgvmMeasure *measure(const char *more, CgvmError **error)
{
    g_autofree char *options = g_strdup_printf("ovmf=%s,%s", toy_firmware, more);

    return cgvm_measure_new(options, error);
}

static CgvmMeasure *measure_well(const char *more)
{
    g_autoptr(CgvmError) error = NULL;
    CgvmMeasure *result = measure(more, &error);

    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
    return result;
}

static void assert_refused(const char *more, CgvmErrorCode code, const char *pattern)
{
    g_autoptr(CgvmError) error = NULL;

    g_assert_null(measure(more, &error));
    assert_error(error, code, pattern);
}

/* The machine's plan has the same digest. */
static void test_digest(void)
{
    g_autoptr(CgvmMeasure) snp = measure_well("mode=snp,vcpus=1,vcpu-type=EPYC-Milan");
    g_autoptr(CgvmVm) vm = snp_vm();
    CgvmBytes digest = cgvm_measure_digest(snp), planned;

    g_assert_cmpstr(cgvm_measure_digest_hex(snp), ==, TOY_DIGEST_1);
    g_assert_cmpstr(cgvm_vm_planned_digest(vm, &planned, NULL), ==, TOY_DIGEST_1);
    g_assert_cmpmem(digest.data, digest.size, planned.data, planned.size);
    g_assert_cmpuint(digest.size, ==, 48);
}

static void test_pages(void)
{
    g_autoptr(CgvmMeasure) snp = measure_well("mode=snp,vcpus=2,vcpu-type=EPYC-Milan");
    g_autoptr(CgvmMeasure) sev = measure_well("mode=sev");
    CgvmBytes first = cgvm_measure_vcpu_page(snp, 0), second = cgvm_measure_vcpu_page(snp, 1);

    g_assert_cmpuint(first.size, ==, 4096);
    g_assert_cmpuint(second.size, ==, 4096);
    g_assert_cmpint(memcmp(first.data, second.data, 4096), !=, 0);
    g_assert_null(cgvm_measure_vcpu_page(snp, 2).data);
    g_assert_null(cgvm_measure_vcpu_page(sev, 0).data);
    g_assert_cmpuint(cgvm_measure_digest(sev).size, ==, 32);
}

static void test_describe(void)
{
    g_autoptr(CgvmMeasure) snp = measure_well("mode=snp,vcpus=1,vcpu-type=EPYC-Milan");
    char *text = cgvm_measure_describe(snp, CGVM_FORMAT_TEXT),
         *json = cgvm_measure_describe(snp, CGVM_FORMAT_JSON);

    g_assert_nonnull(strstr(text, "launch digest " TOY_DIGEST_1 "\n"));
    g_assert_nonnull(strstr(json, "\"digest\": \"" TOY_DIGEST_1 "\""));
    g_assert_null(cgvm_measure_describe(snp, CGVM_FORMAT_OPTIONS));
    cgvm_string_free(text);
    cgvm_string_free(json);
}

static void test_explain(void)
{
    g_autoptr(CgvmMeasure) two = measure_well("mode=snp,vcpus=2,vcpu-type=EPYC-Milan");
    g_autoptr(CgvmError) mismatch = NULL, invalid = NULL;
    char *text = cgvm_measure_explain(two, TOY_DIGEST_1, NULL);
    char *same = cgvm_measure_explain(two, cgvm_measure_digest_hex(two), NULL);
    g_autofree char *zeros = g_strnfill(96, '0');

    g_assert_cmpstr(text, ==, "vcpus is 1 instead of 2");
    g_assert_cmpstr(same, ==, "");
    cgvm_string_free(text);
    cgvm_string_free(same);
    g_assert_null(cgvm_measure_explain(two, zeros, &mismatch));
    assert_error(mismatch, CGVM_ERROR_MISMATCH, "none of * variants has this digest; *");
    g_assert_null(cgvm_measure_explain(two, "12", &invalid));
    g_assert_cmpint(cgvm_error_code(invalid), ==, CGVM_ERROR_INVALID);
}

static void test_refusals(void)
{
    assert_refused("mode=snp", CGVM_ERROR_INVALID, "'vcpus' is missing: *");
    assert_refused("mode=snp,vcpus=1", CGVM_ERROR_INVALID, "the CPU is missing, *");
    assert_refused("mode=snp,vcpus=1,vcpu-type=Opteron", CGVM_ERROR_NOT_FOUND,
                   "there is no CPU model 'Opteron' *");
    assert_refused("mode=snp,vcpus=1,vcpu-type=EPYC,svsm=/none", CGVM_ERROR_INVALID,
                   "'svsm', *snp-svsm alone");
    assert_refused("mode=snp,vcpus=1,vcpu-type=EPYC,nonsense=1", CGVM_ERROR_NOT_FOUND, "*'nonsense'*");
    assert_refused("mode=snp,vcpus=1,vcpu-type=EPYC,kernel=/none", CGVM_ERROR_IO, "*'/none'*");
    g_assert_null(cgvm_measure_new("mode=sev", NULL));
    g_assert_null(cgvm_measure_new("", NULL));
    g_assert_null(cgvm_measure_new(NULL, NULL));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/measure/digest", test_digest);
    g_test_add_func("/measure/pages", test_pages);
    g_test_add_func("/measure/describe", test_describe);
    g_test_add_func("/measure/explain", test_explain);
    g_test_add_func("/measure/refusals", test_refusals);
    return toy_run_tests();
}
