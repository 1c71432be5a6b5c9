/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of tables of secrets: their bytes, as drivers/virt/coco/efi_secret of Linux documents them, and what
 * is refused.
 */
#include "target-i386/secret-table.h"
#include <string.h>
#include "tests/unit/hex.h"

#define OTHER "00010203-0405-0607-0809-0a0b0c0d0e0f"
#define TABLE "1e74f542-71dd-4d66-963e-ef4287ff173b"

static void add(SecretTable *table, const char *guid, const char *text, size_t size)
{
    g_autoptr(Error) error = NULL;

    g_assert_true(secret_table_add(table, guid, text, size, &error));
}

static void test_bytes(void)
{
    g_autoptr(SecretTable) table = secret_table_new();
    const uint8_t *bytes;
    size_t size;

    add(table, SECRET_DISK_PASSPHRASE, "open", 5);
    add(table, OTHER, "\xff", 1);
    bytes = secret_table_bytes(table, &size);
    assert_hex(bytes, size,
               "42f5741edd71664d963eef4287ff173b"
               "42000000e5696873f084734992ec0687"
               "9ce3da0b190000006f70656e00030201"
               "0005040706"
               "08090a0b0c0d0e0f15000000ff"
               "0000000000000000000000000000");
}

static void test_parse(void)
{
    g_autoptr(SecretTable) table = secret_table_new(), parsed = NULL, empty = NULL;
    g_autofree uint8_t *copy = NULL;
    const uint8_t *bytes;
    SecretEntry entry;
    size_t size;

    bytes = secret_table_bytes(table, &size);
    empty = secret_table_parse(bytes, size, NULL);
    g_assert_cmpuint(secret_table_count(empty), ==, 0);
    add(table, SECRET_DISK_PASSPHRASE, "open", 5);
    add(table, OTHER, "0123456789", 10);
    bytes = secret_table_bytes(table, &size);
    copy = g_memdup2(bytes, size);
    parsed = secret_table_parse(copy, size, NULL);
    g_assert_cmpuint(secret_table_count(parsed), ==, 2);
    entry = secret_table_entry(parsed, 0);
    g_assert_cmpstr(secret_table_name(entry.guid), ==, "passphrase of a disk");
    g_assert_cmpmem(entry.data, entry.size, "open", 5);
    entry = secret_table_entry(parsed, 1);
    g_assert_null(secret_table_name(entry.guid));
    g_assert_cmpmem(entry.data, entry.size, "0123456789", 10);
    /* Some tools count the padding in the length of the table. */
    copy[16] = (uint8_t)size;
    g_clear_pointer(&parsed, secret_table_free);
    parsed = secret_table_parse(copy, size, NULL);
    g_assert_cmpuint(secret_table_count(parsed), ==, 2);
}

static void assert_add_refused(SecretTable *table, const char *guid, size_t size, const char *message)
{
    g_autofree char *data = g_malloc0(size);
    g_autoptr(Error) error = NULL;

    g_assert_false(secret_table_add(table, guid, data, size, &error));
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_INVALID);
    g_assert_cmpstr(cgvm_error_message(error), ==, message);
}

static void test_add_refused(void)
{
    g_autoptr(SecretTable) table = secret_table_new(), full = secret_table_new();

    add(table, OTHER, "x", 1);
    assert_add_refused(table, "x", 1, "'x' is no GUID; one looks like 736869e5-84f0-4973-92ec-06879ce3da0b");
    assert_add_refused(table, OTHER, 1,
                       "the secret " OTHER " is given twice; a guest finds only one of them");
    assert_add_refused(table, TABLE, 1, TABLE " is not a GUID of a secret; it is that of the table");
    assert_add_refused(
        table, "00000000-0000-0000-0000-000000000000", 1,
        "00000000-0000-0000-0000-000000000000 is not a GUID of a secret; it means one that was "
        "deleted");
    assert_add_refused(table, SECRET_DISK_PASSPHRASE, 0,
                       "the secret " SECRET_DISK_PASSPHRASE " is empty; give it at least one byte");
    assert_add_refused(full, OTHER, SECRET_TABLE_MAX - 39,
                       "the secret " OTHER
                       " has 16345 bytes, but a packet holds 16384 of all secrets, of which "
                       "16344 are left; make it smaller");
    g_assert_cmpuint(secret_table_count(table), ==, 1);
    g_assert_cmpuint(secret_table_count(full), ==, 0);
}

static void test_full(void)
{
    g_autoptr(SecretTable) table = secret_table_new(), many = secret_table_new();
    g_autofree char *data = g_malloc0(SECRET_TABLE_MAX);
    size_t size;

    add(table, OTHER, data, SECRET_TABLE_MAX - 40);
    secret_table_bytes(table, &size);
    g_assert_cmpuint(size, ==, SECRET_TABLE_MAX);
    assert_add_refused(table, SECRET_DISK_PASSPHRASE, 1,
                       "the secret " SECRET_DISK_PASSPHRASE " has 1 bytes, but a packet holds 16384 of all "
                       "secrets, of which 0 are left; make it smaller");
    for (int i = 0; i < SECRET_TABLE_ENTRIES; i++) {
        g_autofree char *guid = g_strdup_printf("%08x-0405-0607-0809-0a0b0c0d0e0f", i + 1);

        add(many, guid, "x", 1);
    }
    assert_add_refused(
        many, OTHER, 1,
        "there are more than 64 secrets, and Linux shows no more to its guests; put some together");
}

static void assert_parse_refused(const char *hex, const char *message)
{
    size_t size = strlen(hex) / 2;
    g_autofree uint8_t *bytes = g_malloc(size);
    g_autoptr(Error) error = NULL;

    from_hex(hex, bytes, size);
    g_assert_null(secret_table_parse(bytes, size, &error));
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_INVALID);
    g_assert_cmpstr(cgvm_error_message(error), ==, message);
}

#define HEADER(length) "42f5741edd71664d963eef4287ff173b" length "000000"
#define ENTRY(length)  "030201000504070608090a0b0c0d0e0f" length

static void test_parse_refused(void)
{
    static const uint8_t large[SECRET_TABLE_MAX + 16];
    static const char none[] =
        "the packet holds no table of secrets; it was made by another tool, or opened with the wrong keys";
    g_autoptr(Error) error = NULL;

    assert_parse_refused("", none);
    assert_parse_refused("42f5741edd71664d963eef4287ff173b140000", none);
    assert_parse_refused(ENTRY("14000000"), none);
    assert_parse_refused(HEADER("13"),
                         "the table of secrets claims a length of 19 bytes; it must be from 20 to the "
                         "20 of the packet");
    assert_parse_refused(HEADER("15"),
                         "the table of secrets claims a length of 21 bytes; it must be from 20 to the "
                         "20 of the packet");
    assert_parse_refused(
        HEADER("28") ENTRY("13000000"),
        "the secret at offset 20 claims a length of 19 bytes; it must be from 20 to the 20 that are "
        "left of the table");
    assert_parse_refused(
        HEADER("28") ENTRY("15000000"),
        "the secret at offset 20 claims a length of 21 bytes; it must be from 20 to the 20 that are "
        "left of the table");
    assert_parse_refused(
        HEADER("28") ENTRY("ffffffff"),
        "the secret at offset 20 claims a length of 4294967295 bytes; it must be from 20 to the 20 "
        "that are left of the table");
    assert_parse_refused(HEADER("14") "01", "there is something else behind the last secret, at offset 20");
    g_assert_null(secret_table_parse(large, sizeof(large), &error));
    g_assert_cmpstr(cgvm_error_message(error), ==, "a table of secrets has at most 16384 bytes, not 16400");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/secret-table/bytes", test_bytes);
    g_test_add_func("/secret-table/parse", test_parse);
    g_test_add_func("/secret-table/add-refused", test_add_refused);
    g_test_add_func("/secret-table/full", test_full);
    g_test_add_func("/secret-table/parse-refused", test_parse_refused);
    return g_test_run();
}
