/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of options that come as data, with a structure of the schema.
 */
#include "lib/option-fields.h"
#include "qapi-types.h"
#include <string.h>

static void test_parse(void)
{
    SnpIdBlockOptions options;

    g_assert_true(option_fields_parse(&SnpIdBlockOptions_fields, &options,
                                      "digest=12,svn=0x10,family-id=a,,b \n", NULL));
    g_assert_cmpstr(options.digest, ==, "12");
    g_assert_cmpstr(options.policy, ==, "0x30000");
    g_assert_cmpuint(options.svn, ==, 16);
    g_assert_cmpstr(options.family_id, ==, "a,b \n");
    g_assert_null(options.image_id);
    fields_clear(&SnpIdBlockOptions_fields, &options);
}

static void test_nothing(void)
{
    SnpIdBlockExpectations expectations;

    memset(&expectations, 0xa5, sizeof(expectations));
    g_assert_true(option_fields_parse(&SnpIdBlockExpectations_fields, &expectations, NULL, NULL));
    g_assert_null(expectations.digest);
    g_assert_false(expectations.has_svn);
}

static void test_refused(void)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        { "svn=1", "'digest' is missing" },
        { "", "'digest' is missing" },
        { "digest=12,svn=-1", "'svn' expects an integer from 0 to 4294967295, not \"-1\"" },
        { "digest=12,svn=4294967296", "'svn' must be from 0 to 4294967295, not 4294967296" },
        { "digest=12,svn.x=1", "'svn' is a single value and has no members: write 'svn='" },
        { "digest=12,plicy=1",
          "there is no option 'plicy'; did you mean 'policy'?; there are digest, policy, svn, family-id, "
          "image-id" },
        { "digest", "'digest' has no value, write KEY=VALUE; a comma inside a value is written twice" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(Error) error = NULL;
        SnpIdBlockOptions options;

        g_assert_false(option_fields_parse(&SnpIdBlockOptions_fields, &options, cases[i].text, &error));
        g_assert_cmpstr(cgvm_error_message(error), ==, cases[i].message);
        g_assert_null(options.policy);
    }
}

static void assert_blob(const void *data, size_t size, const char *message)
{
    g_autoptr(Error) error = NULL;
    g_autofree void *copy = g_memdup2(data, size);
    g_autofree uint8_t *blob = option_blob_read("the blob", (CgvmBytes){ copy, size }, 6, &error);

    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, message);
    if (!message) {
        g_assert_cmpmem(blob, 6, "\x00\x10\x20\x30\xff\xfe", 6);
    }
}

static void test_blob(void)
{
    static const char large[1000];

    assert_blob("\x00\x10\x20\x30\xff\xfe", 6, NULL);
    assert_blob("ABAgMP/+", 8, NULL);
    assert_blob("ABAg\nMP/+\n", 10, NULL);
    assert_blob("ABAgMP/", 7, "the blob has 7 bytes; it is 6 bytes, or their base64");
    assert_blob("ABAgMP/+\0", 9, "the blob has 9 bytes; it is 6 bytes, or their base64");
    assert_blob("", 0, "the blob has 0 bytes; it is 6 bytes, or their base64");
    assert_blob(large, sizeof(large), "the blob has 1000 bytes; it is 6 bytes, or their base64");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/option-fields/parse", test_parse);
    g_test_add_func("/option-fields/nothing", test_nothing);
    g_test_add_func("/option-fields/refused", test_refused);
    g_test_add_func("/option-fields/blob", test_blob);
    return g_test_run();
}
