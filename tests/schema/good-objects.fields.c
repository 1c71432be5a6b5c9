/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Generated from the schema by qapi/generate.py: change the schema, not this file. */
#include "qapi-types.h"

static const Field SevCommonProperties_members[] = {
    {
        .name = "cbitpos",
        .type = "uint32",
        .description = "a number that may be absent",
        .kind = FIELD_UINT32,
        .offset = offsetof(SevCommonProperties, cbitpos),
        .has_offset = offsetof(SevCommonProperties, has_cbitpos),
        .count_offset = FIELD_NO_OFFSET,
        .min = 0,
        .max = 63,
    },
};

const FieldTable sev_common_fields = {
    .name = "sev-common",
    .struct_size = sizeof(SevCommonProperties),
    .fields = SevCommonProperties_members,
    .n_fields = 1,
};

static const Field SevGuestProperties_members[] = {
    {
        .name = "policy",
        .type = "uint32",
        .description = "a number",
        .kind = FIELD_UINT32,
        .offset = offsetof(SevGuestProperties, policy),
        .has_offset = FIELD_NO_OFFSET,
        .count_offset = FIELD_NO_OFFSET,
        .min = 0,
        .max = UINT32_MAX,
        .default_text = "0x1",
    },
};

const FieldTable sev_guest_fields = {
    .name = "sev-guest",
    .struct_size = sizeof(SevGuestProperties),
    .fields = SevGuestProperties_members,
    .n_fields = 1,
};
