/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * What went wrong, in words for the person who has to act on it.
 *
 * Every function of this library that can fail takes a `CgvmError **` as its last argument. When it fails and
 * that pointer is not NULL, it stores an error which the caller owns and frees with cgvm_error_free(); when
 * it succeeds it stores nothing. Pass NULL if only the result matters. An error is immutable and may be read
 * from any thread.
 *
 * What the pointer points to must be NULL on entry: after freeing an error, set its pointer to NULL before it
 * is used again. Anything else is a mistake of the program, which no function looks for: its result is right,
 * but what it has to say is lost, or added to the error that is there.
 *
 * Strings must be given where their description does not allow NULL: a function that takes a `CgvmError **`
 * fails with CGVM_ERROR_INVALID without one. Handles of this library must be valid.
 */
#ifndef CGVM_ERROR_H
#define CGVM_ERROR_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif
#ifdef __GNUC__
#pragma GCC visibility push(default)
#endif

/** One failure: a kind, a message and, where a kernel or a firmware refused, their codes. Opaque. */
typedef struct CgvmError CgvmError;

/** The kind of a failure, for programs; people read the message. */
typedef enum CgvmErrorCode {
    CGVM_ERROR_INVALID = 1, /**< what was asked for is malformed or contradicts itself */
    CGVM_ERROR_NOT_FOUND,   /**< a name refers to nothing */
    CGVM_ERROR_UNSUPPORTED, /**< well-formed, but neither this build nor this host offers it */
    CGVM_ERROR_STATE,       /**< allowed, but not at this moment */
    CGVM_ERROR_IO,          /**< a file or the operating system failed */
    CGVM_ERROR_KERNEL,      /**< KVM refused a call; see cgvm_error_errno() */
    CGVM_ERROR_FIRMWARE,    /**< the security firmware refused; see cgvm_error_firmware_code() */
    CGVM_ERROR_MISMATCH,    /**< a measurement is not the one that was expected */
    CGVM_ERROR_GUEST,       /**< the guest itself has ended in failure: it crashed, or gave up */
} CgvmErrorCode;

/** The kind of @p error; 0, which is none of them, for NULL. */
CgvmErrorCode cgvm_error_code(const CgvmError *error);

/** The message: one line of UTF-8 without a newline. Owned by @p error. "no error" for NULL. */
const char *cgvm_error_message(const CgvmError *error);

/** The positive errno that the kernel or the operating system returned, or 0 if none is known, as
 * for NULL. */
int cgvm_error_errno(const CgvmError *error);

/** The status that the security firmware returned, or 0 unless the kind is CGVM_ERROR_FIRMWARE; 0
 * for NULL. */
uint32_t cgvm_error_firmware_code(const CgvmError *error);

/** Frees @p error; NULL is allowed. */
void cgvm_error_free(CgvmError *error);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif

#endif
