/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Generated from the schema by qapi/generate.py: change the schema, not this file. */
#ifndef QAPI_TYPES_H
#define QAPI_TYPES_H

#include "qapi/fields.h"

/** Names with capitals, digits and hyphens. */
typedef enum CpuIDLevel {
    CPU_ID_LEVEL_NONE, /* nothing */
    CPU_ID_LEVEL_4K_PAGES, /* a digit first */
    CPU_ID_LEVEL_X86_64_V2, /* digits and hyphens */
} CpuIDLevel;

#define CPU_ID_LEVEL__COUNT 3

extern const EnumLookup CpuIDLevel_lookup;

/** One line is enough. */
typedef enum X86Mode {
    X86_MODE_REAL, /* 16 bits */
} X86Mode;

#define X86_MODE__COUNT 1

extern const EnumLookup X86Mode_lookup;

#endif
