/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Describes ID blocks.
 */
#include "target-i386/snp-id-info.h"
#include <inttypes.h>
#include <string.h>
#include "qapi/fields.h"
#include "target-i386/sev-abi.h"
#include "target-i386/sev-policy.h"
#include "target-i386/snp-id-block.h"

#define JSON_STYLE (JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE)

static char *key_digest(const SnpIdBlockBlobs *blobs, void (*compute)(const uint8_t *, uint8_t *))
{
    uint8_t digest[CRYPTO_SHA384_SIZE];

    compute(blobs->id_auth.data, digest);
    return crypto_hex(digest, sizeof(digest));
}

/* What it takes from @blobs stays theirs. */
static SnpIdBlockInfo get_info(const SnpIdBlockBlobs *blobs)
{
    SnpIdBlock block;
    SnpIdAuth auth;

    memcpy(&block, blobs->id_block.data, sizeof(block));
    memcpy(&auth, blobs->id_auth.data, sizeof(auth));
    return (SnpIdBlockInfo){
        .version = GUINT32_FROM_LE(block.version),
        .digest = crypto_hex(block.launch_digest, sizeof(block.launch_digest)),
        .family_id = crypto_hex(block.family_id, sizeof(block.family_id)),
        .image_id = crypto_hex(block.image_id, sizeof(block.image_id)),
        .svn = GUINT32_FROM_LE(block.guest_svn),
        .policy = GUINT64_FROM_LE(block.policy),
        .policy_words = snp_policy_words(GUINT64_FROM_LE(block.policy)),
        .id_key_algorithm = GUINT32_FROM_LE(auth.id_key_algorithm),
        .id_key_digest = key_digest(blobs, snp_id_key_digest),
        .author_key_enabled = blobs->author_key_enabled,
        .has_author_key_algorithm = blobs->author_key_enabled,
        .author_key_algorithm = GUINT32_FROM_LE(auth.author_key_algorithm),
        .author_key_digest = blobs->author_key_enabled ? key_digest(blobs, snp_id_author_key_digest) : NULL,
        .id_block = blobs->id_block,
        .id_auth = blobs->id_auth,
    };
}

static void clear_info(SnpIdBlockInfo *info)
{
    info->id_block = info->id_auth = (Blob){ .data = NULL };
    fields_clear(&SnpIdBlockInfo_fields, info);
}

char *snp_id_to_json(const SnpIdBlockBlobs *blobs)
{
    SnpIdBlockInfo info = get_info(blobs);
    g_autoptr(json_object) json = fields_to_json(&SnpIdBlockInfo_fields, &info);

    clear_info(&info);
    return g_strconcat(json_object_to_json_string_ext(json, JSON_STYLE), "\n", NULL);
}

/* An id, with the text that it is if it is one: printable, then zeros. */
static void append_id(GString *text, const char *name, const char *hex, const uint8_t id[16])
{
    size_t length = 0;

    while (length < 16 && g_ascii_isprint((char)id[length])) {
        length++;
    }
    g_string_append_printf(text, "  %-14s %s", name, hex);
    for (size_t i = length; i < 16; i++) {
        length = id[i] ? 0 : length;
    }
    if (length) {
        g_string_append_printf(text, " (\"%.*s\")", (int)length, (const char *)id);
    }
    g_string_append_c(text, '\n');
}

static void append_key(GString *text, const char *name, uint32_t algorithm, const char *digest)
{
    g_string_append_printf(text, "\n%s\n  %-14s %u (%s)\n  %-14s %s\n", name, "algorithm", algorithm,
                           algorithm == SNP_ID_ALGORITHM_ECDSA_P384_SHA384 ? "ECDSA on P-384 with SHA-384"
                                                                           : "not known",
                           "digest", digest);
}

char *snp_id_to_text(const SnpIdBlockBlobs *blobs)
{
    SnpIdBlockInfo info = get_info(blobs);
    GString *text = g_string_new("ID block\n");

    g_string_append_printf(text, "  %-14s %u\n  %-14s %s\n", "version", info.version, "launch digest",
                           info.digest);
    append_id(text, "family id", info.family_id, blobs->id_block.data + offsetof(SnpIdBlock, family_id));
    append_id(text, "image id", info.image_id, blobs->id_block.data + offsetof(SnpIdBlock, image_id));
    g_string_append_printf(text, "  %-14s %u\n  %-14s 0x%" PRIx64 " (%s)\n", "guest SVN", info.svn, "policy",
                           info.policy, info.policy_words);
    append_key(text, "ID key", info.id_key_algorithm, info.id_key_digest);
    if (info.author_key_enabled) {
        append_key(text, "author key", info.author_key_algorithm, info.author_key_digest);
    } else {
        g_string_append(text, "\nno author key\n");
    }
    clear_info(&info);
    return g_string_free(text, FALSE);
}

char *snp_id_to_options(const SnpIdBlockBlobs *blobs)
{
    g_autofree char *block = g_base64_encode(blobs->id_block.data, blobs->id_block.size);
    g_autofree char *auth = g_base64_encode(blobs->id_auth.data, blobs->id_auth.size);

    return g_strconcat("id-block=", block, ",id-auth=", auth,
                       blobs->author_key_enabled ? ",author-key-enabled=on" : "", NULL);
}
