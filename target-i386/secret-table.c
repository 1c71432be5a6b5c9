/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Builds and reads tables of secrets.
 */
#include "target-i386/secret-table.h"
#include <string.h>
#include "confidential/crypto.h"

#define HEADER_SIZE (GUID_SIZE + 4) /* of the table, and of each entry */
#define ALIGNMENT   16

static const uint8_t table_guid[GUID_SIZE] =
    GUID(0x1e74f542, 0x71dd, 0x4d66, 0x96, 0x3e, 0xef, 0x42, 0x87, 0xff, 0x17, 0x3b);
static const uint8_t deleted_guid[GUID_SIZE];

/** One buffer from the start: one that grows would leave copies behind. */
struct SecretTable {
    size_t size; /* without padding */
    size_t n_entries;
    size_t offsets[SECRET_TABLE_ENTRIES];
    uint8_t bytes[SECRET_TABLE_MAX]; /* behind `size`, zeros */
};

static uint32_t get_le32(const uint8_t *bytes)
{
    uint32_t value;

    memcpy(&value, bytes, sizeof(value));
    return GUINT32_FROM_LE(value);
}

static void put_le32(uint8_t *bytes, uint32_t value)
{
    value = GUINT32_TO_LE(value);
    memcpy(bytes, &value, sizeof(value));
}

static size_t padded(size_t size)
{
    return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static void put_header(uint8_t *bytes, const uint8_t guid[GUID_SIZE], size_t size)
{
    memcpy(bytes, guid, GUID_SIZE);
    put_le32(bytes + GUID_SIZE, (uint32_t)size);
}

SecretTable *secret_table_new(void)
{
    SecretTable *table = g_new0(SecretTable, 1);

    table->size = HEADER_SIZE;
    put_header(table->bytes, table_guid, table->size);
    return table;
}

void secret_table_free(SecretTable *table)
{
    if (table) {
        crypto_clear(table, sizeof(*table));
    }
    g_free(table);
}

size_t secret_table_count(const SecretTable *table)
{
    return table->n_entries;
}

SecretEntry secret_table_entry(const SecretTable *table, size_t index)
{
    const uint8_t *bytes = table->bytes + table->offsets[index];
    SecretEntry entry = {
        .data = bytes + HEADER_SIZE,
        .size = get_le32(bytes + GUID_SIZE) - HEADER_SIZE,
    };

    memcpy(entry.guid, bytes, GUID_SIZE);
    return entry;
}

static bool has_guid(const SecretTable *table, const uint8_t guid[GUID_SIZE])
{
    for (size_t i = 0; i < table->n_entries; i++) {
        if (memcmp(table->bytes + table->offsets[i], guid, GUID_SIZE) == 0) {
            return true;
        }
    }
    return false;
}

/* ---- building ---- */

static bool check_entry(const SecretTable *table, const char *text, const uint8_t guid[GUID_SIZE],
                        size_t size, Error **errp)
{
    const size_t room = SECRET_TABLE_MAX - table->size;

    if (memcmp(guid, table_guid, GUID_SIZE) == 0 || memcmp(guid, deleted_guid, GUID_SIZE) == 0) {
        return error_setg(errp, "%s is not a GUID of a secret; %s", text,
                          guid[0] ? "it is that of the table" : "it means one that was deleted");
    }
    if (has_guid(table, guid)) {
        return error_setg(errp, "the secret %s is given twice; a guest finds only one of them", text);
    }
    if (table->n_entries == SECRET_TABLE_ENTRIES) {
        return error_setg(errp,
                          "there are more than %d secrets, and Linux shows no more to its guests; put some "
                          "together",
                          SECRET_TABLE_ENTRIES);
    }
    if (size == 0) {
        return error_setg(errp, "the secret %s is empty; give it at least one byte", text);
    }
    return (size <= room && HEADER_SIZE <= room - size) ||
           error_setg(errp,
                      "the secret %s has %zu bytes, but a packet holds %d of all secrets, of which %zu are "
                      "left; make "
                      "it smaller",
                      text, size, SECRET_TABLE_MAX, room > HEADER_SIZE ? room - HEADER_SIZE : 0);
}

bool secret_table_add(SecretTable *table, const char *text, const void *data, size_t size, Error **errp)
{
    uint8_t guid[GUID_SIZE];

    if (!guid_from_text(text, guid)) {
        return error_setg(errp, "'%s' is no GUID; one looks like " SECRET_DISK_PASSPHRASE, text);
    }
    if (!check_entry(table, text, guid, size, errp)) {
        return false;
    }
    put_header(table->bytes + table->size, guid, HEADER_SIZE + size);
    memcpy(table->bytes + table->size + HEADER_SIZE, data, size);
    table->offsets[table->n_entries++] = table->size;
    table->size += HEADER_SIZE + size;
    put_header(table->bytes, table_guid, table->size);
    return true;
}

const uint8_t *secret_table_bytes(const SecretTable *table, size_t *ret_size)
{
    *ret_size = padded(table->size);
    return table->bytes;
}

/* ---- reading ---- */

static bool has_only_zeros(const uint8_t *bytes, size_t size)
{
    while (size > 0 && bytes[size - 1] == 0) {
        size--;
    }
    return size == 0;
}

static bool parse_entry(SecretTable *table, size_t *offset, Error **errp)
{
    const size_t room = table->size - *offset;
    const uint32_t size = get_le32(table->bytes + *offset + GUID_SIZE);

    if (size < HEADER_SIZE || size > room) {
        return error_setg(
            errp,
            "the secret at offset %zu claims a length of %u bytes; it must be from %d to the %zu that "
            "are left of the table",
            *offset, size, HEADER_SIZE, room);
    }
    if (table->n_entries == SECRET_TABLE_ENTRIES) {
        return error_setg(errp, "the table has more than %d secrets", SECRET_TABLE_ENTRIES);
    }
    table->offsets[table->n_entries++] = *offset;
    *offset += size;
    return true;
}

static bool parse(SecretTable *table, size_t size, Error **errp)
{
    size_t offset = HEADER_SIZE;

    if (size < HEADER_SIZE || memcmp(table->bytes, table_guid, GUID_SIZE) != 0) {
        return error_setg(errp,
                          "the packet holds no table of secrets; it was made by another tool, or opened with "
                          "the wrong keys");
    }
    table->size = get_le32(table->bytes + GUID_SIZE);
    if (table->size < HEADER_SIZE || table->size > size) {
        return error_setg(
            errp,
            "the table of secrets claims a length of %zu bytes; it must be from %d to the %zu of the "
            "packet",
            table->size, HEADER_SIZE, size);
    }
    /* As in Linux, what is too short for an entry is padding, which some tools count. */
    while (table->size - offset >= HEADER_SIZE) {
        if (!parse_entry(table, &offset, errp)) {
            return false;
        }
    }
    return has_only_zeros(table->bytes + offset, size - offset) ||
           error_setg(errp, "there is something else behind the last secret, at offset %zu", offset);
}

SecretTable *secret_table_parse(const uint8_t *bytes, size_t size, Error **errp)
{
    g_autoptr(SecretTable) table = secret_table_new();

    if (size > SECRET_TABLE_MAX) {
        return error_setg_null(errp, "a table of secrets has at most %d bytes, not %zu", SECRET_TABLE_MAX,
                               size);
    }
    memset(table->bytes, 0, HEADER_SIZE);
    if (size > 0) {
        memcpy(table->bytes, bytes, size);
    }
    return parse(table, size, errp) ? g_steal_pointer(&table) : NULL;
}

const char *secret_table_name(const uint8_t guid[GUID_SIZE])
{
    static const uint8_t disk_passphrase[GUID_SIZE] =
        GUID(0x736869e5, 0x84f0, 0x4973, 0x92, 0xec, 0x06, 0x87, 0x9c, 0xe3, 0xda, 0x0b);

    return memcmp(guid, disk_passphrase, GUID_SIZE) == 0 ? "passphrase of a disk" : NULL;
}
