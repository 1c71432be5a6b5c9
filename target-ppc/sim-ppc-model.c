/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-ppc/sim-ppc-model.h"
#include <glib.h>
#include <string.h>

/* The first is the default. */
static const SimPpcModel models[] = {
    { .name = "POWER9-ultravisor",
      .pvr = 0x004e1202,
      .architecture = 30,
      .has_hv = true,
      .has_radix = true,
      .has_ultravisor = true },
    { .name = "POWER9", .pvr = 0x004e1202, .architecture = 30, .has_hv = true, .has_radix = true },
    { .name = "POWER9-hash", .pvr = 0x004e1202, .architecture = 30, .has_hv = true },
    { .name = "POWER9-PR", .pvr = 0x004e1202, .architecture = 30 },
    { .name = "POWER10", .pvr = 0x00800200, .architecture = 31, .has_hv = true, .has_radix = true },
};

const SimPpcModel *sim_ppc_model_find(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(models); i++) {
        if (!name || strcmp(name, models[i].name) == 0) {
            return &models[i];
        }
    }
    return NULL;
}

char *sim_ppc_model_names(void)
{
    GString *names = g_string_new(models[0].name);

    for (size_t i = 1; i < G_N_ELEMENTS(models); i++) {
        g_string_append_printf(names, ", %s", models[i].name);
    }
    return g_string_free(names, FALSE);
}
