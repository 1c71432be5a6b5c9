/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Generated from the schema by qapi/generate.py: change the schema, not this file. */
#ifndef QAPI_TYPES_H
#define QAPI_TYPES_H

#include "qapi/fields.h"

/** A parent that has a parent. */
typedef struct SevCommonProperties {
    bool has_cbitpos;
    uint32_t cbitpos; /* a number that may be absent */
} SevCommonProperties;

extern const FieldTable sev_common_fields;

/** A type before its parent, with members of its own. */
typedef struct SevGuestProperties {
    uint32_t policy; /* a number */
} SevGuestProperties;

extern const FieldTable sev_guest_fields;

#endif
