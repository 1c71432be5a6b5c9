/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-ppc/ppc-cpu.h"
#include <glib.h>
#include "target-ppc/kvm-ppc-abi.h"

/* The first is the default. */
static const PpcCpuModel models[] = {
    { "POWER9", PVR_POWER9, PVR_POWER9_LOGICAL },
    { "POWER10", PVR_POWER10, PVR_POWER10_LOGICAL },
};

const PpcCpuModel *ppc_cpu_models(size_t *ret_count)
{
    *ret_count = G_N_ELEMENTS(models);
    return models;
}

const PpcCpuModel *ppc_cpu_find(const char *name, Error **errp)
{
    for (size_t i = 0; i < G_N_ELEMENTS(models); i++) {
        if (!name || g_ascii_strcasecmp(name, models[i].name) == 0) {
            return &models[i];
        }
    }
    return error_set_null(errp, CGVM_ERROR_NOT_FOUND,
                          "there is no CPU model '%s' of a pseries machine; there are POWER9 and POWER10",
                          name);
}

const char *ppc_cpu_name(uint32_t pvr)
{
    for (size_t i = 0; i < G_N_ELEMENTS(models); i++) {
        if ((pvr & PVR_FAMILY) == models[i].family) {
            return models[i].name;
        }
    }
    return NULL;
}

char *ppc_cpu_help(void)
{
    GString *text = g_string_new("Available CPUs of pseries machines:\n");

    for (size_t i = 0; i < G_N_ELEMENTS(models); i++) {
        g_string_append_printf(text, "  %-14s logical version 0x%08x%s\n", models[i].name,
                               models[i].logical_pvr, i ? "" : ", the default");
    }
    return g_string_free(text, FALSE);
}
