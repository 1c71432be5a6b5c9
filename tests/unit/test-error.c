/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of Error: what the setters store and return, and what happens to what nobody takes.
 */
#include <errno.h>
#include <string.h>
#include "qapi/error.h"

static void test_setg(void)
{
    g_autoptr(Error) error = NULL;

    g_assert_false(error_setg(&error, "'%s' is %d", "memory", 7));
    g_assert_cmpstr(cgvm_error_message(error), ==, "'memory' is 7");
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_INVALID);
    g_assert_cmpint(cgvm_error_errno(error), ==, 0);
    g_assert_cmpint(cgvm_error_firmware_code(error), ==, 0);
}

static void test_set(void)
{
    g_autoptr(Error) error = NULL;

    g_assert_false(error_set(&error, CGVM_ERROR_STATE, "the guest runs"));
    g_assert_cmpstr(cgvm_error_message(error), ==, "the guest runs");
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_STATE);
}

static void test_setters_for_pointers(void)
{
    g_autoptr(Error) invalid = NULL;
    g_autoptr(Error) missing = NULL;

    g_assert_null(error_setg_null(&invalid, "a %s", "b"));
    g_assert_cmpint(cgvm_error_code(invalid), ==, CGVM_ERROR_INVALID);
    g_assert_cmpstr(cgvm_error_message(invalid), ==, "a b");
    g_assert_null(error_set_null(&missing, CGVM_ERROR_NOT_FOUND, "c %s", "d"));
    g_assert_cmpint(cgvm_error_code(missing), ==, CGVM_ERROR_NOT_FOUND);
    g_assert_cmpstr(cgvm_error_message(missing), ==, "c d");
}

static void test_setters_for_descriptors(void)
{
    g_autoptr(Error) invalid = NULL;
    g_autoptr(Error) unsupported = NULL;

    g_assert_cmpint(error_setg_fd(&invalid, "a %s", "b"), ==, -1);
    g_assert_cmpint(cgvm_error_code(invalid), ==, CGVM_ERROR_INVALID);
    g_assert_cmpstr(cgvm_error_message(invalid), ==, "a b");
    g_assert_cmpint(error_set_fd(&unsupported, CGVM_ERROR_UNSUPPORTED, "c %s", "d"), ==, -1);
    g_assert_cmpint(cgvm_error_code(unsupported), ==, CGVM_ERROR_UNSUPPORTED);
    g_assert_cmpstr(cgvm_error_message(unsupported), ==, "c d");
}

static void test_errno(void)
{
    g_autoptr(Error) error = NULL;

    g_assert_false(error_set_errno(&error, CGVM_ERROR_KERNEL, EBUSY, "KVM is %s", "busy"));
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_KERNEL);
    g_assert_cmpint(cgvm_error_errno(error), ==, EBUSY);
    g_assert_cmpint(cgvm_error_firmware_code(error), ==, 0);
    g_assert_cmpstr(cgvm_error_message(error), ==, "KVM is busy");
}

static void test_errno_for_pointers_and_descriptors(void)
{
    g_autoptr(Error) kernel = NULL;
    g_autoptr(Error) io = NULL;

    g_assert_null(error_set_errno_null(&kernel, CGVM_ERROR_KERNEL, ENOMEM, "a %s", "b"));
    g_assert_cmpint(cgvm_error_code(kernel), ==, CGVM_ERROR_KERNEL);
    g_assert_cmpint(cgvm_error_errno(kernel), ==, ENOMEM);
    g_assert_cmpstr(cgvm_error_message(kernel), ==, "a b");
    g_assert_cmpint(error_set_errno_fd(&io, CGVM_ERROR_IO, ENOENT, "c %s", "d"), ==, -1);
    g_assert_cmpint(cgvm_error_code(io), ==, CGVM_ERROR_IO);
    g_assert_cmpint(cgvm_error_errno(io), ==, ENOENT);
    g_assert_cmpstr(cgvm_error_message(io), ==, "c d");
}

static void test_firmware(void)
{
    g_autoptr(Error) error = NULL;

    g_assert_false(error_set_firmware(&error, EIO, 0x80000016, "refused by %s", "the firmware"));
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_FIRMWARE);
    g_assert_cmpint(cgvm_error_errno(error), ==, EIO);
    g_assert_cmphex(cgvm_error_firmware_code(error), ==, 0x80000016);
    g_assert_cmpstr(cgvm_error_message(error), ==, "refused by the firmware");
}

static void test_new(void)
{
    g_autoptr(Error) error = error_new(CGVM_ERROR_IO, EPIPE, "'%s'\n", "console");

    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_IO);
    g_assert_cmpint(cgvm_error_errno(error), ==, EPIPE);
    g_assert_cmpint(cgvm_error_firmware_code(error), ==, 0);
    g_assert_cmpstr(cgvm_error_message(error), ==, "'console' ");
}

static void test_nobody_asks(void)
{
    g_assert_false(error_setg(NULL, "a"));
    g_assert_null(error_setg_null(NULL, "a"));
    g_assert_cmpint(error_setg_fd(NULL, "a"), ==, -1);
    g_assert_false(error_set(NULL, CGVM_ERROR_IO, "a"));
    g_assert_null(error_set_null(NULL, CGVM_ERROR_IO, "a"));
    g_assert_cmpint(error_set_fd(NULL, CGVM_ERROR_IO, "a"), ==, -1);
    g_assert_false(error_set_errno(NULL, CGVM_ERROR_IO, ENOENT, "a"));
    g_assert_false(error_set_firmware(NULL, EIO, 1, "a"));
    g_assert_null(error_set_errno_null(NULL, CGVM_ERROR_IO, ENOENT, "a"));
    g_assert_cmpint(error_set_errno_fd(NULL, CGVM_ERROR_IO, ENOENT, "a"), ==, -1);
    g_assert_false(error_prepend(NULL, "a"));
    g_assert_null(error_prepend_null(NULL, "a"));
}

static void test_message_is_one_line(void)
{
    g_autoptr(Error) error = NULL;

    g_assert_false(error_setg(&error, "'%s' is wrong", "a\nb\x1b[1m\tc"));
    g_assert_cmpstr(cgvm_error_message(error), ==, "'a b [1m c' is wrong");
    g_assert_false(error_prepend(&error, "%s: ", "x\r\ny"));
    g_assert_cmpstr(cgvm_error_message(error), ==, "x  y: 'a b [1m c' is wrong");
}

static void test_message_is_utf8(void)
{
    g_autoptr(Error) error = NULL;

    g_assert_false(error_setg(&error, "'%s' is wrong", "gr\xc3\xbcn \xff\xc3"));
    g_assert_true(g_utf8_validate(cgvm_error_message(error), -1, NULL));
    g_assert_true(g_str_has_prefix(cgvm_error_message(error), "'gr\xc3\xbcn "));
    g_assert_true(g_str_has_suffix(cgvm_error_message(error), "' is wrong"));
}

static void test_prepend(void)
{
    g_autoptr(Error) error = NULL;

    g_assert_false(error_set_firmware(&error, EIO, 7, "policy refused"));
    g_assert_false(error_prepend(&error, "guest %s: ", "sev0"));
    g_assert_cmpstr(cgvm_error_message(error), ==, "guest sev0: policy refused");
    g_assert_null(error_prepend_null(&error, "launch of "));
    g_assert_cmpstr(cgvm_error_message(error), ==, "launch of guest sev0: policy refused");
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_FIRMWARE);
    g_assert_cmpint(cgvm_error_errno(error), ==, EIO);
    g_assert_cmpint(cgvm_error_firmware_code(error), ==, 7);
}

static void test_propagate_hands_over(void)
{
    g_autoptr(Error) error = NULL;
    Error *inner = NULL;

    g_assert_false(error_setg(&inner, "inner"));
    g_assert_false(error_propagate(&error, inner));
    g_assert_true(error == inner);
}

/* The leak checker is what fails here. */
static void test_propagate_to_nobody_frees(void)
{
    Error *inner = NULL;

    g_assert_false(error_setg(&inner, "inner"));
    g_assert_false(error_propagate(NULL, inner));
}

static void test_free_null(void)
{
    cgvm_error_free(NULL);
}

/* As a library prints nothing, and what is there may be a pointer that was never set. */
static void test_set_twice(void)
{
    g_autoptr(Error) error = NULL;
    Error *second = NULL, *wild = (Error *)(uintptr_t)8;

    g_assert_false(error_set(&error, CGVM_ERROR_IO, "first"));
    g_assert_false(error_setg(&error, "second"));
    g_assert_false(error_setg(&second, "second"));
    g_assert_false(error_propagate(&error, second));
    g_assert_cmpstr(cgvm_error_message(error), ==, "first");
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_IO);
    g_assert_false(error_setg(&wild, "second"));
    g_assert_true(wild == (Error *)(uintptr_t)8);
}

static void test_no_error(void)
{
    g_assert_cmpstr(cgvm_error_message(NULL), ==, "no error");
    g_assert_cmpint((int)cgvm_error_code(NULL), ==, 0);
    g_assert_cmpint(cgvm_error_errno(NULL), ==, 0);
    g_assert_cmpuint(cgvm_error_firmware_code(NULL), ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/error/setg", test_setg);
    g_test_add_func("/error/set", test_set);
    g_test_add_func("/error/setters-for-pointers", test_setters_for_pointers);
    g_test_add_func("/error/setters-for-descriptors", test_setters_for_descriptors);
    g_test_add_func("/error/errno", test_errno);
    g_test_add_func("/error/errno-for-pointers-and-descriptors", test_errno_for_pointers_and_descriptors);
    g_test_add_func("/error/firmware", test_firmware);
    g_test_add_func("/error/new", test_new);
    g_test_add_func("/error/nobody-asks", test_nobody_asks);
    g_test_add_func("/error/message-is-one-line", test_message_is_one_line);
    g_test_add_func("/error/message-is-utf8", test_message_is_utf8);
    g_test_add_func("/error/prepend", test_prepend);
    g_test_add_func("/error/propagate-hands-over", test_propagate_hands_over);
    g_test_add_func("/error/propagate-to-nobody-frees", test_propagate_to_nobody_frees);
    g_test_add_func("/error/free-null", test_free_null);
    g_test_add_func("/error/set-twice-is-a-bug", test_set_twice);
    g_test_add_func("/error/none", test_no_error);
    return g_test_run();
}
