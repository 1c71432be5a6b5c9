/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Above the door: secrets sealed by the owner of an SEV or SEV-ES guest, for LAUNCH_SECRET (AMD publication
 * 55766). A packet is encrypted with the session's TEK, and its MAC, under the TIK, covers the measurement of
 * the launch that may have it.
 */
#ifndef TARGET_I386_SEV_SEALED_H
#define TARGET_I386_SEV_SEALED_H

#include "target-i386/secret-table.h"
#include "target-i386/sev-owner.h"

/** A sealed packet; nothing in it is secret. */
typedef struct SevSealed {
    SevSecretHeader header;
    uint8_t *packet; /* owned */
    size_t size;     /* of the packet: a multiple of 16, at most SECRET_TABLE_MAX */
} SevSealed;

/**
 * Seals @p size bytes of @p plain, a multiple of 16 up to SECRET_TABLE_MAX, with @p iv, for the launch with
 * @p measure (of SevMeasurement). An IV must not be used twice with the same owner.
 */
void sev_seal(const SevOwner *owner, const uint8_t measure[32], const uint8_t iv[CRYPTO_AES_BLOCK_SIZE],
              const uint8_t *plain, size_t size, SevSealed *sealed);

/** The same for the bytes of @p table, with an IV of the system's randomness. */
void sev_seal_table(const SevOwner *owner, const uint8_t measure[32], const SecretTable *table,
                    SevSealed *sealed);

/**
 * Opens a packet that holds a table. Unless @p measure is NULL, it must be sealed for the launch with that.
 * NULL with CGVM_ERROR_MISMATCH if its MAC is another, CGVM_ERROR_UNSUPPORTED if it is compressed, and
 * CGVM_ERROR_INVALID for what secret_table_parse() refuses.
 */
SecretTable *sev_open(const SevOwner *owner, const uint8_t *measure, const SevSealed *sealed, Error **errp);

/** Frees what @p sealed owns and zeroes it. */
void sev_sealed_clear(SevSealed *sealed);

/**
 * The header of @p sealed, and the entries of @p table unless that is NULL, as the schema's SevSecretInfo in
 * JSON or as text; with @p show_data the secrets too. To be freed.
 */
char *sev_sealed_to_json(const SevSealed *sealed, const SecretTable *table, bool show_data);
char *sev_sealed_to_text(const SevSealed *sealed, const SecretTable *table, bool show_data);

#endif
