/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The table of CPU models.
 */
#include <string.h>
#include "target-i386/cpu-models.h"

static const X86CpuModel models[] = {
    { "EPYC", "AMD EPYC 7001 (Naples)", 23, 1, 2, 5 },
    { "EPYC-IBPB", "another name of EPYC-v2", 23, 1, 2, 0 },
    { "EPYC-Rome", "AMD EPYC 7002 (Rome)", 23, 49, 0, 5 },
    { "EPYC-Milan", "AMD EPYC 7003 (Milan)", 25, 1, 1, 3 },
    { "EPYC-Genoa", "AMD EPYC 9004 (Genoa)", 25, 17, 0, 2 },
    { "EPYC-Turin", "AMD EPYC 9005 (Turin)", 26, 0, 0, 1 },
};

const X86CpuModel *x86_cpu_models(size_t *count)
{
    *count = sizeof(models) / sizeof(models[0]);
    return models;
}

/* Whether @p suffix is "-v1" to "-v@p versions". No model has ten versions. */
static bool is_version(const char *suffix, unsigned versions)
{
    return strncmp(suffix, "-v", 2) == 0 && suffix[2] >= '1' && suffix[2] <= '9' && suffix[3] == '\0' &&
           (unsigned)(suffix[2] - '0') <= versions;
}

const X86CpuModel *x86_cpu_model_find(const char *name)
{
    size_t count;
    const X86CpuModel *all = x86_cpu_models(&count);

    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(all[i].name);

        if (strncmp(name, all[i].name, length) == 0 &&
            (name[length] == '\0' || is_version(name + length, all[i].versions))) {
            return &all[i];
        }
    }
    return NULL;
}

uint32_t x86_cpu_signature(unsigned family, unsigned model, unsigned stepping)
{
    unsigned extended_family = family > 15 ? (family - 15) & 0xff : 0;
    unsigned base_family = family > 15 ? 15 : family;

    return extended_family << 20 | (model >> 4 & 0xf) << 16 | base_family << 8 | (model & 0xf) << 4 |
           (stepping & 0xf);
}
