/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of sev-policy: names to numbers and back to words, what is refused and in which words, and whether
 * the help of the properties knows all names.
 */
#include <errno.h>
#include <glib.h>
#include <string.h>
#include "qapi-types.h"
#include "target-i386/sev-abi.h"
#include "target-i386/sev-policy.h"

typedef bool FromNames(const char *property, const char *text, uint64_t *ret_policy, Error **errp);

/** A policy as a user writes it and as messages show it. */
typedef struct Row {
    const char *names;
    uint64_t policy;
    const char *words;
} Row;

static const Row snp_rows[] = {
    { "smt", 0x30000, "smt" },
    { "migrate-ma", 0x60000, "migrate-ma" },
    { "debug", 0xa0000, "debug" },
    { "single-socket", 0x120000, "single-socket" },
    { "cxl-allow", 0x220000, "cxl-allow" },
    { "mem-aes-256-xts", 0x420000, "mem-aes-256-xts" },
    { "rapl-dis", 0x820000, "rapl-dis" },
    { "ciphertext-hiding", 0x1020000, "ciphertext-hiding" },
    { "page-swap-disable", 0x2020000, "page-swap-disable" },
    { "abi=1.51", 0x20133, "ABI 1.51" },
    { "abi=255.255", 0x2ffff, "ABI 255.255" },
    { "abi=0.0", 0x20000, "none" },
    { "abi=0.1", 0x20001, "ABI 0.1" },
    { "debug+smt", 0xb0000, "smt, debug" },
    { "abi=1.51+smt", 0x30133, "smt, ABI 1.51" },
};

static const Row sev_rows[] = {
    { "nodbg", 0x1, "nodbg" },
    { "noks", 0x2, "noks, host may read its memory" },
    { "es", 0x4, "es, host may read its memory" },
    { "nosend", 0x8, "nosend, host may read its memory" },
    { "domain", 0x10, "domain, host may read its memory" },
    { "sev", 0x20, "sev, host may read its memory" },
    { "abi=1.51", 0x33010000, "ABI 1.51, host may read its memory" },
    { "abi=0.0", 0, "host may read its memory" },
    { "nodbg+es", 0x5, "nodbg, es" },
    { "sev+abi=0.17+domain+nosend+es+noks+nodbg", 0x1100003f,
      "nodbg, noks, es, nosend, domain, sev, ABI 0.17" },
};

static uint64_t from_names(FromNames *function, const char *names)
{
    g_autoptr(Error) error = NULL;
    uint64_t policy = 0;

    if (!function("policy", names, &policy, &error)) {
        g_error("%s: %s", names, cgvm_error_message(error));
    }
    return policy;
}

static void test_snp_names(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(snp_rows); i++) {
        g_autofree char *words = snp_policy_words(snp_rows[i].policy);

        g_assert_cmphex(from_names(snp_policy_from_names, snp_rows[i].names), ==, snp_rows[i].policy);
        g_assert_cmpstr(words, ==, snp_rows[i].words);
    }
}

static void test_sev_names(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(sev_rows); i++) {
        g_autofree char *words = sev_policy_words((uint32_t)sev_rows[i].policy);

        g_assert_cmphex(from_names(sev_policy_from_names, sev_rows[i].names), ==, sev_rows[i].policy);
        g_assert_cmpstr(words, ==, sev_rows[i].words);
    }
}

static void assert_error(const Error *error, CgvmErrorCode code, const char *message)
{
    g_assert_nonnull(error);
    g_assert_cmpstr(cgvm_error_message(error), ==, message);
    g_assert_cmpint(cgvm_error_code(error), ==, code);
}

static void assert_refused(FromNames *function, const char *names, const char *message)
{
    g_autoptr(Error) error = NULL;
    uint64_t policy = 42;

    g_assert_false(function("policy", names, &policy, &error));
    assert_error(error, CGVM_ERROR_INVALID, message);
    g_assert_cmpuint(policy, ==, 42);
}

#define SNP_FLAGS                                                                                            \
    "; its flags are smt, migrate-ma, debug, single-socket, cxl-allow, mem-aes-256-xts, rapl-dis, "          \
    "ciphertext-hiding, page-swap-disable, and abi=MAJOR.MINOR"
#define SEV_FLAGS "; its flags are nodbg, noks, es, nosend, domain, sev, and abi=MAJOR.MINOR"
#define NO_VERSION(text)                                                                                     \
    "'policy' has abi=" text "; a version of the firmware's interface is written abi=MAJOR.MINOR, each "     \
    "from 0 to 255, like abi=1.51"

static void test_refused(void)
{
    static const struct {
        FromNames *function;
        const char *names, *message;
    } cases[] = {
        { snp_policy_from_names, "xyzzy", "'policy' has no flag 'xyzzy'" SNP_FLAGS },
        { snp_policy_from_names, "smt+debg",
          "'policy' has no flag 'debg'" SNP_FLAGS "; did you mean 'debug'?" },
        { snp_policy_from_names, "SMT", "'policy' has no flag 'SMT'" SNP_FLAGS "; did you mean 'smt'?" },
        { snp_policy_from_names, "smt=on",
          "'policy' has no flag 'smt=on'" SNP_FLAGS "; did you mean 'smt'?" },
        { snp_policy_from_names, "api=1.51",
          "'policy' has no flag 'api=1.51'" SNP_FLAGS "; did you mean 'abi'?" },
        { snp_policy_from_names, "smt +debug",
          "'policy' has no flag 'smt '" SNP_FLAGS "; did you mean 'smt'?" },
        { snp_policy_from_names, "nodbg", "'policy' has no flag 'nodbg'" SNP_FLAGS },
        { snp_policy_from_names, "smt+0x10000", "'policy' has no flag '0x10000'" SNP_FLAGS },
        { snp_policy_from_names, "none", "'policy' has no flag 'none'" SNP_FLAGS },
        { snp_policy_from_names, "smt+debug+smt", "'policy' has 'smt' twice; name it once" },
        { snp_policy_from_names, "abi=0.0+abi=0.0", "'policy' has 'abi' twice; name it once" },
        { snp_policy_from_names, "smt++debug",
          "'policy' has an empty name in \"smt++debug\"; write one '+' between two names" },
        { snp_policy_from_names, "smt+",
          "'policy' has an empty name in \"smt+\"; write one '+' between two names" },
        { snp_policy_from_names, "abi", NO_VERSION("") },
        { snp_policy_from_names, "abi=", NO_VERSION("") },
        { snp_policy_from_names, "abi=1", NO_VERSION("1") },
        { snp_policy_from_names, "abi=1.", NO_VERSION("1.") },
        { snp_policy_from_names, "abi=.1", NO_VERSION(".1") },
        { snp_policy_from_names, "abi=1.2.3", NO_VERSION("1.2.3") },
        { snp_policy_from_names, "abi=256.0", NO_VERSION("256.0") },
        { snp_policy_from_names, "abi=1.256", NO_VERSION("1.256") },
        { snp_policy_from_names, "abi=1.99999999999999999999", NO_VERSION("1.99999999999999999999") },
        { snp_policy_from_names, "abi=-1.0", NO_VERSION("-1.0") },
        { snp_policy_from_names, "abi=01.0", NO_VERSION("01.0") },
        { snp_policy_from_names, "abi=0x1.0", NO_VERSION("0x1.0") },
        { sev_policy_from_names, "nodebug",
          "'policy' has no flag 'nodebug'" SEV_FLAGS "; did you mean 'nodbg'?" },
        { sev_policy_from_names, "smt", "'policy' has no flag 'smt'" SEV_FLAGS },
        { sev_policy_from_names, "es+es", "'policy' has 'es' twice; name it once" },
        { sev_policy_from_names, "es+abi=1.2.3", NO_VERSION("1.2.3") },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        assert_refused(cases[i].function, cases[i].names, cases[i].message);
    }
}

/* A message shows the beginning of what is longer than any name. */
static void test_long_names(void)
{
    g_autofree char *sixty = g_strnfill(60, 'x');
    g_autofree char *name = g_strnfill(100000, 'x');
    g_autofree char *message = g_strconcat("'policy' has no flag '", sixty, "...'" SNP_FLAGS, NULL);

    assert_refused(snp_policy_from_names, name, message);
}

static void test_words_of_unnamed_bits(void)
{
    g_autofree char *snp = snp_policy_words(UINT64_C(1) << 63 | UINT64_C(1) << 26);
    g_autofree char *sev = sev_policy_words(0x8041);
    g_autofree char *nothing = snp_policy_words(0);

    g_assert_cmpstr(snp, ==, "bit 26, bit 63");
    g_assert_cmpstr(sev, ==, "nodbg, bit 6, bit 15");
    g_assert_cmpstr(nothing, ==, "none");
}

static void test_api(void)
{
    g_assert_cmpuint(snp_policy_api(0x30137).major, ==, 1);
    g_assert_cmpuint(snp_policy_api(0x30137).minor, ==, 0x37);
    g_assert_cmpuint(sev_policy_api(0x37010005).major, ==, 1);
    g_assert_cmpuint(sev_policy_api(0x37010005).minor, ==, 0x37);
}

static void test_check(void)
{
    static const struct {
        bool is_snp;
        uint64_t policy;
        const char *message;
    } cases[] = {
        { true, 0x10000, "'policy' is 0x10000, but bit 17 of every SNP policy must be one; use 0x30000" },
        { true, 0,
          "'policy' is 0x0, but bit 17 of every SNP policy must be one; use 0x30000, which allows SMT "
          "too, as KVM of Linux 6.12 wants it" },
        { true, 0x4030000, "'policy' is 0x4030000, but its bits 63:26 are reserved and must be zero" },
        { true, UINT64_C(1) << 63 | 0x30000,
          "'policy' is 0x8000000000030000, but its bits 63:26 are reserved and must be zero" },
        { false, 0x41, "'policy' is 0x41, but its bits 15:6 are reserved and must be zero" },
        { false, 0x8000, "'policy' is 0x8000, but its bits 15:6 are reserved and must be zero" },
    };

    g_assert_true(snp_policy_check(0x3ffffff, NULL));
    g_assert_true(snp_policy_check(0x20000, NULL));
    g_assert_true(sev_policy_check(0xffff003f, NULL));
    g_assert_true(sev_policy_check(0, NULL));
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Error) error = NULL;

        g_assert_false(cases[i].is_snp ? snp_policy_check(cases[i].policy, &error)
                                       : sev_policy_check((uint32_t)cases[i].policy, &error));
        assert_error(error, CGVM_ERROR_INVALID, cases[i].message);
    }
}

static void test_start_error(void)
{
    static const struct {
        uint64_t policy;
        const char *message;
    } cases[] = {
        { 0x20000, "SNP_LAUNCH_START failed while starting: the kernel refused it (Invalid argument): KVM of "
                   "Linux 6.12 takes no policy with bit 16 (smt) off, and 'policy' is 0x20000; change it, or "
                   "use a newer kernel; the firmware was not reached" },
        { 0x370000,
          "SNP_LAUNCH_START failed while starting: the kernel refused it (Invalid argument): KVM of "
          "Linux 6.12 takes no policy with bit 18 (migrate-ma) on, bit 20 (single-socket) on, bit "
          "21 (cxl-allow) on, and 'policy' is 0x370000; change it, or use a newer kernel; the "
          "firmware was not reached" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Error) error = NULL;

        g_assert_false(snp_policy_set_start_error(&error, cases[i].policy, EINVAL, 0, "starting"));
        assert_error(error, CGVM_ERROR_KERNEL, cases[i].message);
        g_assert_cmpint(cgvm_error_errno(error), ==, EINVAL);
    }
}

/* What Linux 6.12 takes, and what is not about the policy, is explained as before. */
static void test_other_start_errors(void)
{
    g_autoptr(Error) error = NULL;

    g_assert_false(snp_policy_set_start_error(&error, 0xbffff, EINVAL, 0, "starting"));
    g_assert_null(strstr(cgvm_error_message(error), "'policy' is"));
    g_clear_pointer(&error, cgvm_error_free);
    g_assert_false(snp_policy_set_start_error(&error, 0x20000, EBADF, 0, "starting"));
    g_assert_null(strstr(cgvm_error_message(error), "'policy' is"));
    g_clear_pointer(&error, cgvm_error_free);
    g_assert_false(snp_policy_set_start_error(&error, 0x20000, EIO, SEV_STATUS_POLICY_FAILURE, "starting"));
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_FIRMWARE);
    g_assert_cmphex(cgvm_error_firmware_code(error), ==, SEV_STATUS_POLICY_FAILURE);
}

static void assert_described(const FieldTable *table, char *(*words_of)(unsigned bit), unsigned n_bits)
{
    const char *help = field_table_find(table, "policy")->description;

    g_assert_nonnull(strstr(help, "abi=MAJOR.MINOR"));
    for (unsigned bit = 0; bit < n_bits; bit++) {
        g_autofree char *name = words_of(bit);

        if (!strchr(name, ' ') && strcmp(name, "none") != 0) {
            g_autofree char *described = g_strconcat(" ", name, " (", NULL);
            g_assert_nonnull(strstr(help, described));
        }
    }
}

static char *sev_bit(unsigned bit)
{
    g_autofree char *words = sev_policy_words(UINT32_C(1) << bit);

    return g_strndup(words, strcspn(words, ","));
}

static char *snp_bit(unsigned bit)
{
    return snp_policy_words(UINT64_C(1) << bit);
}

static void test_help(void)
{
    assert_described(&sev_guest_fields, sev_bit, 32);
    assert_described(&sev_snp_guest_fields, snp_bit, 64);
}

/* As command lines have a policy: names, or a number. */
static void test_from_text(void)
{
    g_autoptr(Error) large = NULL, malformed = NULL, unknown = NULL;
    uint32_t sev;
    uint64_t snp;

    g_assert_true(sev_policy_from_text("policy", "0x5", &sev, NULL));
    g_assert_cmphex(sev, ==, 5);
    g_assert_true(sev_policy_from_text("policy", "nodbg+es", &sev, NULL));
    g_assert_cmphex(sev, ==, 5);
    g_assert_true(snp_policy_from_text("policy", "196608", &snp, NULL));
    g_assert_cmphex(snp, ==, 0x30000);
    g_assert_true(snp_policy_from_text("policy", "debug", &snp, NULL));
    g_assert_cmphex(snp, ==, 0xa0000);
    g_assert_false(sev_policy_from_text("policy", "4294967296", &sev, &large));
    g_assert_cmpstr(cgvm_error_message(large), ==, "'policy' must be from 0 to 4294967295, not 4294967296");
    g_assert_false(sev_policy_from_text("policy", "", &sev, &malformed));
    g_assert_cmpstr(cgvm_error_message(malformed), ==,
                    "'policy' expects an integer from 0 to 4294967295, not \"\"");
    g_assert_false(snp_policy_from_text("policy", "es", &snp, &unknown));
    g_assert_true(g_str_has_prefix(cgvm_error_message(unknown), "'policy' has no flag 'es'; "));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sev-policy/snp-names", test_snp_names);
    g_test_add_func("/sev-policy/sev-names", test_sev_names);
    g_test_add_func("/sev-policy/refused", test_refused);
    g_test_add_func("/sev-policy/long-names", test_long_names);
    g_test_add_func("/sev-policy/words-of-unnamed-bits", test_words_of_unnamed_bits);
    g_test_add_func("/sev-policy/api", test_api);
    g_test_add_func("/sev-policy/check", test_check);
    g_test_add_func("/sev-policy/start-error", test_start_error);
    g_test_add_func("/sev-policy/other-start-errors", test_other_start_errors);
    g_test_add_func("/sev-policy/help", test_help);
    g_test_add_func("/sev-policy/from-text", test_from_text);
    return g_test_run();
}
