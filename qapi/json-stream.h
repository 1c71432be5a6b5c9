/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * JSON values out of a stream of bytes that arrives in arbitrary pieces, one after the other.
 *
 * What is a value is what json_parse() takes, and besides, as in QEMU, strings in single quotes and the
 * escape
 * `\'`. A list, an object or a string is complete with its last byte; any other value with the byte after it.
 *
 * After an error the stream finds its way back, so that later values are read as if nothing had been:
 *
 * - a byte that can be nowhere in JSON (most control characters, 0xff, `%`, a line break in a string) ends
 *   what was begun, and all is skipped up to the next bracket, comma, colon or control character, or 0xfe or
 *   0xff, so that a client who has lost its way gets a fresh start with 0xff;
 * - a bracket that closes what is not open ends what was begun, and the next byte starts anew;
 * - a complete text that is no value is dropped as a whole;
 * - a value that is too large is skipped to its end.
 *
 * Each of them is one error.
 */
#ifndef QAPI_JSON_STREAM_H
#define QAPI_JSON_STREAM_H

#include "qapi/json.h"

/** The longest value, in bytes; how deep it may be nested; how many values may be in it, names included. */
#define JSON_STREAM_MAX_LENGTH (1024 * 1024)
#define JSON_STREAM_MAX_DEPTH  1024
#define JSON_STREAM_MAX_VALUES (64 * 1024)

typedef struct JsonStream JsonStream;

/** What reading has led to. */
typedef enum JsonStreamResult {
    JSON_STREAM_MORE,  /* all bytes are used up, and no value is complete */
    JSON_STREAM_VALUE, /* a value */
    JSON_STREAM_ERROR, /* an error */
} JsonStreamResult;

JsonStream *json_stream_new(void);
/** Frees @p stream with what was begun in it; NULL is allowed. */
void json_stream_free(JsonStream *stream);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JsonStream, json_stream_free)

/**
 * Reads some of the @p length bytes at @p bytes, and moves both behind what was used: up to the first value,
 * which is new JSON in @p ret_value, or the first error (CGVM_ERROR_INVALID) in @p errp, or all of them.
 */
JsonStreamResult json_stream_read(JsonStream *stream, const char **bytes, size_t *length,
                                  json_object **ret_value, Error **errp);

#endif
