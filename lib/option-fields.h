/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Options that come as data: text "NAME=VALUE,…" for a structure of the schema, and blobs in files.
 */
#ifndef LIB_OPTION_FIELDS_H
#define LIB_OPTION_FIELDS_H

#include "cgvm/bytes.h"
#include "qapi/fields.h"

/**
 * Sets the members of the structure @p base, which is overwritten, from @p text; those that it does not name
 * have their defaults. @p text may be NULL; blanks at its end are a part of the last value. To be freed with
 * fields_clear(). Fails with CGVM_ERROR_INVALID or CGVM_ERROR_NOT_FOUND and leaves @p base zeroed: malformed
 * text, a name that there is not, a value of the wrong form, and a member that must be given and is not.
 */
bool option_fields_parse(const FieldTable *table, void *base, const char *text, Error **errp);

/**
 * A copy of @p size bytes that are in @p input as they are or in base64, to be freed; NULL with
 * CGVM_ERROR_INVALID if there is something else. @p name is what the message calls them ("the PDH
 * certificate").
 */
uint8_t *option_blob_read(const char *name, CgvmBytes input, size_t size, Error **errp);

#endif
