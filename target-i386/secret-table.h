/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The table of secrets that OVMF hands to the boot loader and to Linux (its driver efi_secret): a header,
 * then entries of a GUID, a length that counts both, and the secret. Lengths are little-endian numbers of 32
 * bits.
 *
 * A table is cleared when it is freed.
 */
#ifndef TARGET_I386_SECRET_TABLE_H
#define TARGET_I386_SECRET_TABLE_H

#include <glib.h>
#include "qapi/error.h"
#include "target-i386/guid.h"

/** The most that LAUNCH_SECRET takes, and the most entries that Linux shows. */
#define SECRET_TABLE_MAX     16384
#define SECRET_TABLE_ENTRIES 64

/** The GUID of the passphrase of a disk, for GRUB in OVMF's AmdSev build: text that ends in a zero byte. */
#define SECRET_DISK_PASSPHRASE "736869e5-84f0-4973-92ec-06879ce3da0b"

typedef struct SecretTable SecretTable;

/** An entry; borrowed from its table. */
typedef struct SecretEntry {
    uint8_t guid[GUID_SIZE];
    const uint8_t *data;
    uint32_t size;
} SecretEntry;

SecretTable *secret_table_new(void);

/** NULL is allowed. */
void secret_table_free(SecretTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SecretTable, secret_table_free)

/**
 * Adds @p size bytes of @p data as the secret @p guid. Fails with CGVM_ERROR_INVALID: text that is no GUID,
 * one that is in the table already or means no secret, no data, more than the table holds.
 */
bool secret_table_add(SecretTable *table, const char *guid, const void *data, size_t size, Error **errp);

/**
 * The table as it is sent, padded with zeros to a multiple of 16 bytes. Owned by @p table, until the next
 * entry is added.
 */
const uint8_t *secret_table_bytes(const SecretTable *table, size_t *ret_size);

/**
 * Reads the table at the start of @p size bytes; what is behind it must be zero. NULL with CGVM_ERROR_INVALID
 * for a table that is malformed.
 */
SecretTable *secret_table_parse(const uint8_t *bytes, size_t size, Error **errp);

/** How many entries there are. */
size_t secret_table_count(const SecretTable *table);

/** Entry number @p index, which must exist. */
SecretEntry secret_table_entry(const SecretTable *table, size_t index);

/** What a secret with @p guid is for, or NULL if that is not known. */
const char *secret_table_name(const uint8_t guid[GUID_SIZE]);

#endif
