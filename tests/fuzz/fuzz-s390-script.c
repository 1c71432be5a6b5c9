/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Fuzz target: any text as the script of a simulated guest of IBM Z.
 */
#include <string.h>
#include "target-s390x/sim-script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_error(const CgvmError *error)
{
    g_assert_nonnull(error);
    g_assert_true(g_utf8_validate(cgvm_error_message(error), -1, NULL));
    g_assert_null(strchr(cgvm_error_message(error), '\n'));
}

/* What the runner relies on. */
static void check_step(const S390Step *step)
{
    bool is_access = step->kind == S390_STEP_WRITE || step->kind == S390_STEP_CHECK;

    g_assert_nonnull(step->text);
    g_assert_nonnull(step->place);
    g_assert_true(is_access == (step->pattern != NULL));
    if (is_access) {
        g_assert_cmpuint(g_bytes_get_size(step->pattern), >, 0);
        g_assert_cmpuint(step->size, >=, g_bytes_get_size(step->pattern));
        g_assert_cmpuint(step->size, <=, S390_SCRIPT_MAX_BYTES);
        g_assert_cmpuint(step->gpa + step->size - 1, >=, step->gpa);
    }
    g_assert_true((step->kind == S390_STEP_SCLP) == (step->line != NULL));
    g_assert_true(!step->line || strlen(step->line) <= S390_SCRIPT_MAX_TEXT);
    g_assert_true((step->kind != S390_STEP_SHARE && step->kind != S390_STEP_UNSHARE) ||
                  step->gpa % 4096 == 0);
    g_assert_cmpuint(step->answer, <=, UINT16_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autoptr(Error) error = NULL;
    g_autoptr(S390Script) script = NULL;

    /* Files are read as they are named, which is not for a fuzzer to choose. */
    if (*text == '@') {
        return 0;
    }
    script = s390_script_parse(text, &error);
    if (!script) {
        check_error(error);
        return 0;
    }
    g_assert_null(error);
    g_assert_cmpuint(script->steps->len, >, 0);
    for (guint i = 0; i < script->steps->len; i++) {
        check_step(g_ptr_array_index(script->steps, i));
    }
    return 0;
}
