/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * A fixed number of bytes as people and programs write them: hexadecimal digits, or base64.
 */
#ifndef QAPI_BYTES_TEXT_H
#define QAPI_BYTES_TEXT_H

#include <stddef.h>
#include "qapi/error.h"

/**
 * Reads @p size bytes from @p text, which is twice as many hexadecimal digits or their base64; line breaks
 * and blanks around base64 do not count. Fails with CGVM_ERROR_INVALID and stores nothing; @p name is what
 * the message calls the value ('digest').
 */
bool bytes_from_text(const char *name, const char *text, void *bytes, size_t size, Error **errp);

#endif
