/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Fuzz target: any text as the script of a simulated guest.
 */
#include <string.h>
#include "target-i386/sim-script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_error(const CgvmError *error)
{
    g_assert_nonnull(error);
    g_assert_true(g_utf8_validate(cgvm_error_message(error), -1, NULL));
    g_assert_null(strchr(cgvm_error_message(error), '\n'));
}

/* What the runner relies on. */
static void check_step(const SimStep *step)
{
    bool is_access = step->kind == SIM_STEP_WRITE || step->kind == SIM_STEP_CHECK;

    g_assert_nonnull(step->text);
    g_assert_nonnull(step->place);
    g_assert_true(is_access == (step->pattern != NULL));
    if (is_access) {
        g_assert_cmpuint(g_bytes_get_size(step->pattern), >, 0);
        g_assert_cmpuint(step->size, >=, g_bytes_get_size(step->pattern));
        g_assert_cmpuint(step->size, <=, SIM_SCRIPT_MAX_BYTES);
        g_assert_cmpuint(step->gpa + step->size - 1, >=, step->gpa);
    }
    g_assert_cmpuint(step->set, <=, 15);
    g_assert_true(step->kind != SIM_STEP_FAULT || step->gpa % 4096 == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autoptr(Error) error = NULL;
    g_autoptr(SimScript) script = NULL;

    /* Files are read as they are named, which is not for a fuzzer to choose. */
    if (*text == '@') {
        return 0;
    }
    script = sim_script_parse(text, &error);
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
