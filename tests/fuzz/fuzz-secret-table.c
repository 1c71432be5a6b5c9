/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Fuzzes the reader of tables of secrets: what it accepts lies inside of the table, and can be built again
 * unless no builder would make it.
 */
#include <string.h>
#include "target-i386/secret-table.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Adds all entries of @table to another one, as far as they are what it takes. */
static void build_again(const SecretTable *table)
{
    g_autoptr(SecretTable) other = secret_table_new(), parsed = NULL;
    const uint8_t *bytes;
    size_t size;

    for (size_t i = 0; i < secret_table_count(table); i++) {
        const SecretEntry entry = secret_table_entry(table, i);
        g_autofree char *guid = guid_to_text(entry.guid);
        g_autoptr(Error) error = NULL;

        if (!secret_table_add(other, guid, entry.data, entry.size, &error)) {
            g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_INVALID);
        }
    }
    bytes = secret_table_bytes(other, &size);
    g_assert_cmpuint(size % 16, ==, 0);
    parsed = secret_table_parse(bytes, size, NULL);
    g_assert_cmpuint(secret_table_count(parsed), ==, secret_table_count(other));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(Error) error = NULL;
    g_autoptr(SecretTable) table = secret_table_parse(data, size, &error);
    size_t total = 0;

    g_assert_true((table != NULL) == (error == NULL));
    if (!table) {
        g_assert_null(strchr(cgvm_error_message(error), '\n'));
        return 0;
    }
    g_assert_cmpuint(secret_table_count(table), <=, SECRET_TABLE_ENTRIES);
    for (size_t i = 0; i < secret_table_count(table); i++) {
        total += 20 + secret_table_entry(table, i).size;
    }
    g_assert_cmpuint(total + 20, <=, size);
    build_again(table);
    return 0;
}
