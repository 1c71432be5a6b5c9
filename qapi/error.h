/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Error: how a function inside cgvm reports that it failed.
 *
 * A function that can fail takes `Error **errp` last and returns false, NULL or -1 after it has set it. The
 * setters return that failure value themselves and must be used, so that setting an error and leaving the
 * function are one statement:
 *
 *     if (size % PAGE_SIZE) {
 *         return error_setg(errp, "'%s' is %zu bytes long; it must be a multiple of 4096", path, size);
 *     }
 *
 * A message is a phrase: it names the thing, says what is wrong with it and then what to do about it. It has
 * no capital at its start, no full stop, no newline and no function name. Setting an error that is already
 * set is a bug. @p errp may be NULL, then the message is not built.
 */
#ifndef QAPI_ERROR_H
#define QAPI_ERROR_H

#include <glib.h>
#include <stdbool.h>
#include "cgvm/error.h"

/** The same structure as the library's CgvmError. */
typedef CgvmError Error;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Error, cgvm_error_free)

/** Sets an error of kind CGVM_ERROR_INVALID. Returns false. */
bool error_setg(Error **errp, const char *format, ...) G_GNUC_PRINTF(2, 3) G_GNUC_WARN_UNUSED_RESULT;
/** The same for a function that returns a pointer. Returns NULL. */
void *error_setg_null(Error **errp, const char *format, ...) G_GNUC_PRINTF(2, 3) G_GNUC_WARN_UNUSED_RESULT;
/** The same for a function that returns a descriptor or a count. Returns -1. */
int error_setg_fd(Error **errp, const char *format, ...) G_GNUC_PRINTF(2, 3) G_GNUC_WARN_UNUSED_RESULT;

/** Sets an error of kind @p code. Returns false. */
bool error_set(Error **errp, CgvmErrorCode code, const char *format, ...)
    G_GNUC_PRINTF(3, 4) G_GNUC_WARN_UNUSED_RESULT;
/** The same for a function that returns a pointer. Returns NULL. */
void *error_set_null(Error **errp, CgvmErrorCode code, const char *format, ...)
    G_GNUC_PRINTF(3, 4) G_GNUC_WARN_UNUSED_RESULT;
/** The same for a function that returns a descriptor or a count. Returns -1. */
int error_set_fd(Error **errp, CgvmErrorCode code, const char *format, ...)
    G_GNUC_PRINTF(3, 4) G_GNUC_WARN_UNUSED_RESULT;

/**
 * Sets an error that carries the positive errno @p os_error, whose text is not added to the message. Returns
 * false.
 * @p code is CGVM_ERROR_IO or CGVM_ERROR_KERNEL.
 */
bool error_set_errno(Error **errp, CgvmErrorCode code, int os_error, const char *format, ...)
    G_GNUC_PRINTF(4, 5) G_GNUC_WARN_UNUSED_RESULT;
/** The same for a function that returns a pointer. Returns NULL. */
void *error_set_errno_null(Error **errp, CgvmErrorCode code, int os_error, const char *format, ...)
    G_GNUC_PRINTF(4, 5) G_GNUC_WARN_UNUSED_RESULT;
/** The same for a function that returns a descriptor or a count. Returns -1. */
int error_set_errno_fd(Error **errp, CgvmErrorCode code, int os_error, const char *format, ...)
    G_GNUC_PRINTF(4, 5) G_GNUC_WARN_UNUSED_RESULT;
/** Sets an error of kind CGVM_ERROR_FIRMWARE that carries @p os_error and the firmware's status. Returns
 * false. */
bool error_set_firmware(Error **errp, int os_error, uint32_t firmware_code, const char *format, ...)
    G_GNUC_PRINTF(4, 5) G_GNUC_WARN_UNUSED_RESULT;

/** A new error of kind @p code with the positive errno @p os_error or 0, for who has no errp to set. */
Error *error_new(CgvmErrorCode code, int os_error, const char *format, ...)
    G_GNUC_PRINTF(3, 4) G_GNUC_WARN_UNUSED_RESULT;

/**
 * Puts the formatted text before the message of the error in @p errp, which must be set unless @p errp is
 * NULL: for a caller that knows better what the failing thing was for. Returns false.
 */
bool error_prepend(Error **errp, const char *format, ...) G_GNUC_PRINTF(2, 3) G_GNUC_WARN_UNUSED_RESULT;
/** The same for a function that returns a pointer. Returns NULL. */
void *error_prepend_null(Error **errp, const char *format, ...) G_GNUC_PRINTF(2, 3) G_GNUC_WARN_UNUSED_RESULT;

/** Puts the formatted text behind the message of @p error: what else may help with it. */
void error_append(Error *error, const char *format, ...) G_GNUC_PRINTF(2, 3);

/** Hands @p error, which is set, to @p errp, or frees it if @p errp is NULL. Returns false. */
bool error_propagate(Error **errp, Error *error) G_GNUC_WARN_UNUSED_RESULT;

#endif
