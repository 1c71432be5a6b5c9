/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Seals and opens packets with secrets.
 */
#include "target-i386/sev-sealed.h"
#include <string.h>
#include "confidential/crypto-key.h"
#include "confidential/crypto-mac.h"
#include "confidential/crypto.h"
#include "qapi/fields.h"

#define CONTEXT_SECRET  0x01
#define FLAG_COMPRESSED 1u

/* ---- sealing ---- */

/* The MAC's input but for the packet and the measurement. */
typedef struct __attribute__((packed)) MacStart {
    uint8_t context;
    uint32_t flags;
    uint8_t iv[16];
    uint32_t guest_length, packet_length;
} MacStart;
ABI_ASSERT_SIZE(MacStart, 29);

static void compute_mac(const SevOwner *owner, const uint8_t measure[32], const SevSealed *sealed,
                        uint8_t mac[CRYPTO_MAC_SIZE])
{
    g_autoptr(GByteArray) input = g_byte_array_sized_new((guint)(sizeof(MacStart) + sealed->size + 32));
    MacStart start = {
        .context = CONTEXT_SECRET,
        .flags = sealed->header.flags,
        .guest_length = GUINT32_TO_LE((uint32_t)sealed->size),
        .packet_length = GUINT32_TO_LE((uint32_t)sealed->size),
    };

    memcpy(start.iv, sealed->header.iv, sizeof(start.iv));
    g_byte_array_append(input, (const guint8 *)&start, sizeof(start));
    g_byte_array_append(input, sealed->packet, (guint)sealed->size);
    g_byte_array_append(input, measure, 32);
    crypto_hmac_sha256(owner->tik, sizeof(owner->tik), input->data, input->len, mac);
}

void sev_seal(const SevOwner *owner, const uint8_t measure[32], const uint8_t iv[CRYPTO_AES_BLOCK_SIZE],
              const uint8_t *plain, size_t size, SevSealed *sealed)
{
    *sealed = (SevSealed){ .packet = g_malloc(size), .size = size };
    memcpy(sealed->header.iv, iv, sizeof(sealed->header.iv));
    crypto_aes128_ctr(owner->tek, iv, plain, size, sealed->packet);
    compute_mac(owner, measure, sealed, sealed->header.mac);
}

void sev_seal_table(const SevOwner *owner, const uint8_t measure[32], const SecretTable *table,
                    SevSealed *sealed)
{
    uint8_t iv[CRYPTO_AES_BLOCK_SIZE];
    size_t size;
    const uint8_t *bytes = secret_table_bytes(table, &size);

    crypto_random(iv, sizeof(iv));
    sev_seal(owner, measure, iv, bytes, size, sealed);
}

void sev_sealed_clear(SevSealed *sealed)
{
    g_free(sealed->packet);
    *sealed = (SevSealed){ .packet = NULL };
}

/* ---- opening ---- */

static bool check_mac(const SevOwner *owner, const uint8_t *measure, const SevSealed *sealed, Error **errp)
{
    uint8_t mac[CRYPTO_MAC_SIZE];

    compute_mac(owner, measure, sealed, mac);
    return crypto_equal(mac, sealed->header.mac, sizeof(mac)) ||
           error_set(
               errp, CGVM_ERROR_MISMATCH,
               "the packet was not sealed in the session for the launch with this measurement, or it was "
               "changed since: its MAC is another");
}

SecretTable *sev_open(const SevOwner *owner, const uint8_t *measure, const SevSealed *sealed, Error **errp)
{
    g_autofree uint8_t *plain = NULL;
    SecretTable *table;

    if (GUINT32_FROM_LE(sealed->header.flags) & FLAG_COMPRESSED) {
        return error_set_null(errp, CGVM_ERROR_UNSUPPORTED,
                              "the packet is compressed (flags 0x%x), which cgvm does not know how to open",
                              GUINT32_FROM_LE(sealed->header.flags));
    }
    if (measure && !check_mac(owner, measure, sealed, errp)) {
        return NULL;
    }
    plain = g_malloc(sealed->size);
    crypto_aes128_ctr(owner->tek, sealed->header.iv, sealed->packet, sealed->size, plain);
    table = secret_table_parse(plain, sealed->size, errp);
    crypto_clear(plain, sealed->size);
    return table;
}

/* ---- described ---- */

static SevSecretInfo get_info(const SevSealed *sealed, const SecretTable *table, bool show_data)
{
    SevSecretInfo info = {
        .flags = GUINT32_FROM_LE(sealed->header.flags),
        .iv = crypto_hex(sealed->header.iv, sizeof(sealed->header.iv)),
        .mac = crypto_hex(sealed->header.mac, sizeof(sealed->header.mac)),
        .size = (uint32_t)sealed->size,
        .n_entries = table ? secret_table_count(table) : 0,
    };

    info.entries = g_new0(SevSecretEntry, info.n_entries);
    for (size_t i = 0; i < info.n_entries; i++) {
        SecretEntry entry = secret_table_entry(table, i);

        info.entries[i] = (SevSecretEntry){
            .guid = guid_to_text(entry.guid),
            .name = g_strdup(secret_table_name(entry.guid)),
            .size = entry.size,
            .data = show_data ? g_base64_encode(entry.data, entry.size) : NULL,
        };
    }
    return info;
}

static void clear_info(SevSecretInfo *info)
{
    for (size_t i = 0; i < info->n_entries; i++) {
        if (info->entries[i].data) {
            crypto_clear(info->entries[i].data, strlen(info->entries[i].data));
        }
    }
    fields_clear(&SevSecretInfo_fields, info);
}

char *sev_sealed_to_json(const SevSealed *sealed, const SecretTable *table, bool show_data)
{
    SevSecretInfo info = get_info(sealed, table, show_data);
    g_autoptr(json_object) json = fields_to_json(&SevSecretInfo_fields, &info);

    clear_info(&info);
    return json_to_lines(json);
}

char *sev_sealed_to_text(const SevSealed *sealed, const SecretTable *table, bool show_data)
{
    SevSecretInfo info = get_info(sealed, table, show_data);
    GString *text = g_string_new(NULL);

    g_string_append_printf(text, "packet of %u bytes\n  flags  0x%x%s\n  IV     %s\n  MAC    %s\n", info.size,
                           info.flags, info.flags & FLAG_COMPRESSED ? " (compressed)" : "", info.iv,
                           info.mac);
    if (table) {
        g_string_append(text, info.n_entries ? "\nsecrets\n" : "\nno secrets\n");
    }
    for (size_t i = 0; i < info.n_entries; i++) {
        const SevSecretEntry *entry = &info.entries[i];

        g_string_append_printf(text, "  %s  %5u bytes%s%s%s%s\n", entry->guid, entry->size,
                               entry->name ? "  " : "", entry->name ? entry->name : "",
                               entry->data ? "  " : "", entry->data ? entry->data : "");
    }
    clear_info(&info);
    return g_string_free(text, FALSE);
}
