/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Generated from the schema by qapi/generate.py: change the schema, not this file. */
#ifndef QAPI_TYPES_H
#define QAPI_TYPES_H

#include "qapi/fields.h"

/**
 * Text of two paragraphs becomes one line, which is wrapped at white space where it is a comment. It may hold
 * "quotes", a \ backslash, a ??= trigraph, a 'name', @at-signs and / * what starts or ends * / a comment in
 * C; and UTF-8: „größer“.
 */
typedef struct Text {
    char *quotes; /* "quotes", a \ backslash and a ??= trigraph ???= */
    char *comment; /* / * what starts or ends * / a comment */
    char *utf_8; /* „größer“ */
    char *two_paragraphs;
} Text;

extern const FieldTable Text_fields;

#endif
