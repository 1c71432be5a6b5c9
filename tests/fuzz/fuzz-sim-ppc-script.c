/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Fuzzes scripts of simulated POWER guests: whatever the text, the steps keep to their limits or one is
 * named.
 */
#include <glib.h>
#include <string.h>
#include "target-ppc/sim-ppc-script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    g_autoptr(Error) error = NULL;
    g_autoptr(SimPpcScript) script = *text == '@' ? NULL : sim_ppc_script_parse(text, &error);

    if (!script) {
        g_assert_true(error || *text == '@');
        return 0;
    }
    g_assert_null(error);
    for (guint i = 0; i < script->steps->len; i++) {
        const SimPpcStep *step = g_ptr_array_index(script->steps, i);

        g_assert_cmpuint(step->n_args, <=, SIM_PPC_MAX_ARGS);
        g_assert_true(!step->bytes || (g_bytes_get_size(step->bytes) >= 1 &&
                                       g_bytes_get_size(step->bytes) <= SIM_PPC_MAX_BYTES));
    }
    return 0;
}
