/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Error: the structure behind CgvmError, its setters and what the library shows of it.
 */
#include <string.h>
#include "qapi/error.h"

struct CgvmError {
    CgvmErrorCode code;
    int os_errno;
    uint32_t firmware_code;
    char *message;
};

/* A message quotes what users and files said: it must not be able to break a line or to steer a terminal. */
static char *message_clean(char *raw)
{
    g_autofree char *text = raw;
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    g_autoptr(GString) clean = g_string_sized_new(strlen(valid));

    for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);

        g_string_append_unichar(clean, g_unichar_iscntrl(c) ? ' ' : c);
    }
    return g_string_free(g_steal_pointer(&clean), FALSE);
}

static void error_vset(Error **errp, CgvmErrorCode code, int os_errno, uint32_t firmware_code,
                       const char *format, va_list ap) G_GNUC_PRINTF(5, 0);
static void error_vset(Error **errp, CgvmErrorCode code, int os_errno, uint32_t firmware_code,
                       const char *format, va_list ap)
{
    g_autofree char *message = NULL;

    if (!errp || *errp) {
        return;
    }
    message = message_clean(g_strdup_vprintf(format, ap));
    *errp = g_new(Error, 1);
    **errp = (Error){
        .code = code,
        .os_errno = os_errno,
        .firmware_code = firmware_code,
        .message = g_steal_pointer(&message),
    };
}

static void error_vprepend(Error **errp, const char *format, va_list ap) G_GNUC_PRINTF(2, 0);
static void error_vprepend(Error **errp, const char *format, va_list ap)
{
    g_autofree char *prefix = NULL;
    g_autofree char *rest = NULL;

    if (!errp) {
        return;
    }
    g_return_if_fail(*errp);
    prefix = message_clean(g_strdup_vprintf(format, ap));
    rest = (*errp)->message;
    (*errp)->message = g_strconcat(prefix, rest, NULL);
}

bool error_setg(Error **errp, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    error_vset(errp, CGVM_ERROR_INVALID, 0, 0, format, ap);
    va_end(ap);
    return false;
}

void *error_setg_null(Error **errp, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    error_vset(errp, CGVM_ERROR_INVALID, 0, 0, format, ap);
    va_end(ap);
    return NULL;
}

int error_setg_fd(Error **errp, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    error_vset(errp, CGVM_ERROR_INVALID, 0, 0, format, ap);
    va_end(ap);
    return -1;
}

bool error_set(Error **errp, CgvmErrorCode code, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    error_vset(errp, code, 0, 0, format, ap);
    va_end(ap);
    return false;
}

void *error_set_null(Error **errp, CgvmErrorCode code, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    error_vset(errp, code, 0, 0, format, ap);
    va_end(ap);
    return NULL;
}

int error_set_fd(Error **errp, CgvmErrorCode code, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    error_vset(errp, code, 0, 0, format, ap);
    va_end(ap);
    return -1;
}

bool error_set_errno(Error **errp, CgvmErrorCode code, int os_error, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    error_vset(errp, code, os_error, 0, format, ap);
    va_end(ap);
    return false;
}

void *error_set_errno_null(Error **errp, CgvmErrorCode code, int os_error, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    error_vset(errp, code, os_error, 0, format, ap);
    va_end(ap);
    return NULL;
}

int error_set_errno_fd(Error **errp, CgvmErrorCode code, int os_error, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    error_vset(errp, code, os_error, 0, format, ap);
    va_end(ap);
    return -1;
}

bool error_set_firmware(Error **errp, int os_error, uint32_t firmware_code, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    error_vset(errp, CGVM_ERROR_FIRMWARE, os_error, firmware_code, format, ap);
    va_end(ap);
    return false;
}

Error *error_new(CgvmErrorCode code, int os_error, const char *format, ...)
{
    Error *error = NULL;
    va_list ap;

    va_start(ap, format);
    error_vset(&error, code, os_error, 0, format, ap);
    va_end(ap);
    return error;
}

bool error_prepend(Error **errp, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    error_vprepend(errp, format, ap);
    va_end(ap);
    return false;
}

void *error_prepend_null(Error **errp, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    error_vprepend(errp, format, ap);
    va_end(ap);
    return NULL;
}

void error_append(Error *error, const char *format, ...)
{
    g_autofree char *more = NULL, *message = error->message;
    va_list ap;

    va_start(ap, format);
    more = g_strdup_vprintf(format, ap);
    va_end(ap);
    error->message = g_strconcat(message, more, NULL);
}

bool error_propagate(Error **errp, Error *error)
{
    g_return_val_if_fail(error, false);
    if (!errp || *errp) {
        cgvm_error_free(error);
    } else {
        *errp = error;
    }
    return false;
}

CgvmErrorCode cgvm_error_code(const CgvmError *error)
{
    return error ? error->code : (CgvmErrorCode)0;
}

const char *cgvm_error_message(const CgvmError *error)
{
    return error ? error->message : "no error";
}

int cgvm_error_errno(const CgvmError *error)
{
    return error ? error->os_errno : 0;
}

uint32_t cgvm_error_firmware_code(const CgvmError *error)
{
    return error ? error->firmware_code : 0;
}

void cgvm_error_free(CgvmError *error)
{
    if (error) {
        g_free(error->message);
        g_free(error);
    }
}
