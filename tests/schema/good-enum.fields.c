/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Generated from the schema by qapi/generate.py: change the schema, not this file. */
#include "qapi-types.h"

static const char *const CpuIDLevel_names[CPU_ID_LEVEL__COUNT] = {
    [CPU_ID_LEVEL_NONE] = "none",
    [CPU_ID_LEVEL_4K_PAGES] = "4k-pages",
    [CPU_ID_LEVEL_X86_64_V2] = "x86-64-v2",
};

const EnumLookup CpuIDLevel_lookup = {
    .name = "CpuIDLevel",
    .names = CpuIDLevel_names,
    .count = CPU_ID_LEVEL__COUNT,
};

static const char *const X86Mode_names[X86_MODE__COUNT] = {
    [X86_MODE_REAL] = "real",
};

const EnumLookup X86Mode_lookup = {
    .name = "X86Mode",
    .names = X86Mode_names,
    .count = X86_MODE__COUNT,
};
