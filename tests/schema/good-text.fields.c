/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Generated from the schema by qapi/generate.py: change the schema, not this file. */
#include "qapi-types.h"

static const Field Text_members[] = {
    {
        .name = "quotes",
        .type = "str",
        .description = "\"quotes\", a \\ backslash and a ?\?= trigraph ?\?\?=",
        .kind = FIELD_STR,
        .mandatory = true,
        .offset = offsetof(Text, quotes),
        .has_offset = FIELD_NO_OFFSET,
        .count_offset = FIELD_NO_OFFSET,
    },
    {
        .name = "comment",
        .type = "str",
        .description = "/* what starts or ends */ a comment",
        .kind = FIELD_STR,
        .mandatory = true,
        .offset = offsetof(Text, comment),
        .has_offset = FIELD_NO_OFFSET,
        .count_offset = FIELD_NO_OFFSET,
    },
    {
        .name = "utf-8",
        .type = "str",
        .description = "„größer“",
        .kind = FIELD_STR,
        .mandatory = true,
        .offset = offsetof(Text, utf_8),
        .has_offset = FIELD_NO_OFFSET,
        .count_offset = FIELD_NO_OFFSET,
    },
    {
        .name = "two-paragraphs",
        .type = "str",
        .description = "a text that is too long for a comment that stands behind the member is for the description of the field only and so is its second paragraph",
        .kind = FIELD_STR,
        .mandatory = true,
        .offset = offsetof(Text, two_paragraphs),
        .has_offset = FIELD_NO_OFFSET,
        .count_offset = FIELD_NO_OFFSET,
    },
};

const FieldTable Text_fields = {
    .name = "Text",
    .struct_size = sizeof(Text),
    .fields = Text_members,
    .n_fields = 4,
};
