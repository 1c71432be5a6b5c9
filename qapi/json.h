/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * json-c, with g_autoptr(json_object), and a parser that is stricter than json-c's.
 */
#ifndef QAPI_JSON_H
#define QAPI_JSON_H

#include <glib.h>
#include <json-c/json.h>
#include "qapi/error.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(json_object, json_object_put)

/** The longest text, in bytes, and how deep lists and objects may lie in each other: `[1]` is 1 deep. */
#define JSON_MAX_LENGTH (64 * 1024)
#define JSON_MAX_DEPTH  32

/**
 * Parses @p text, which is one JSON value with nothing but white space around it, into new JSON. The result
 * is never NULL without an error: a text that is just `null` is refused, while `null` inside of a list or an
 * object is a NULL json_object, as json-c has it.
 *
 * Fails with CGVM_ERROR_INVALID and a message that says what is wrong in which line and column, counted from
 * 1 in characters: all that RFC 8259 does not allow, and besides
 *
 * - a member that an object has twice (json-c keeps the last);
 * - an integer that neither int64_t nor uint64_t holds (json-c takes the nearest that does), and any other
 *   number that is too large for a double;
 * - the escape `\u0000` and halves of surrogate pairs, since strings are C strings in UTF-8;
 * - text that is too long or nested too deep.
 */
json_object *json_parse(const char *text, Error **errp);

/** The same with limits of the caller's own. Parsing takes time and memory in proportion to the text. */
json_object *json_parse_within(const char *text, size_t max_length, int max_depth, Error **errp);

/** @p json for people to read: indented lines, each with its newline. To be freed with g_free(). */
char *json_to_lines(json_object *json);

#endif
