/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Bytes and strings that go into this library and come out of it.
 */
#ifndef CGVM_BYTES_H
#define CGVM_BYTES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#ifdef __GNUC__
#pragma GCC visibility push(default)
#endif

/** Bytes that belong to somebody else: the caller, or the object that has returned them. */
typedef struct CgvmBytes {
    const void *data; /**< may be NULL if there are none */
    size_t size;
} CgvmBytes;

/** How something is described. */
typedef enum CgvmFormat {
    CGVM_FORMAT_TEXT,    /**< for people: whole lines of UTF-8 */
    CGVM_FORMAT_JSON,    /**< a structure of the schema, as docs/objects.md lists them */
    CGVM_FORMAT_OPTIONS, /**< where that exists: properties of an object, "NAME=VALUE,…", without a newline */
} CgvmFormat;

/** @p bytes in base64, on one line without a newline. To be freed with cgvm_string_free(). */
char *cgvm_base64(CgvmBytes bytes);

/** Frees a string that a function of this library has returned; NULL is allowed. */
void cgvm_string_free(char *string);

/** Frees bytes that a function of this library has returned; NULL is allowed. */
void cgvm_bytes_free(uint8_t *bytes);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif

#endif
