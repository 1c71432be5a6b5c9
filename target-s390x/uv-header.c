/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Set Secure Configuration Parameters: the header of an image is checked, the slot of this host opened, and
 * what the header hides decrypted.
 *
 * The order of checks is: what needs no key, the slots, the keys. Nothing is kept of a header that is
 * refused.
 */
#include <string.h>
#include "confidential/crypto.h"
#include "target-s390x/uv-state.h"

/* PvHeader.magic as a number, so that it is compared as such. */
#define MAGIC_SIZE sizeof(((PvHeader *)0)->magic)

/** A header whose sizes are those of its bytes. */
typedef struct Parsed {
    PvHeader header;       /* in the order of this process's bytes */
    const uint8_t *bytes;  /* all of it */
    const uint8_t *slots;  /* PvKeySlots */
    const uint8_t *hidden; /* encrypted_size bytes */
    const uint8_t *tag;
} Parsed;

/* The numbers of a header as they are in memory, made such of this process. */
static void header_from_be(PvHeader *header)
{
    header->version = GUINT32_FROM_BE(header->version);
    header->size = GUINT32_FROM_BE(header->size);
    header->reserved = GUINT32_FROM_BE(header->reserved);
    header->n_key_slots = GUINT64_FROM_BE(header->n_key_slots);
    header->encrypted_size = GUINT64_FROM_BE(header->encrypted_size);
    header->n_pages = GUINT64_FROM_BE(header->n_pages);
    header->plaintext_flags = GUINT64_FROM_BE(header->plaintext_flags);
}

static void secrets_from_be(PvSecrets *secrets)
{
    secrets->psw_mask = GUINT64_FROM_BE(secrets->psw_mask);
    secrets->psw_addr = GUINT64_FROM_BE(secrets->psw_addr);
    secrets->secret_flags = GUINT64_FROM_BE(secrets->secret_flags);
    secrets->n_items = GUINT32_FROM_BE(secrets->n_items);
    secrets->reserved = GUINT32_FROM_BE(secrets->reserved);
}

/* Magic, version and sizes. */
static bool parse(const UvSetParams *set, Parsed *parsed, UvBlock *block)
{
    PvHeader *header = &parsed->header;
    uint64_t fixed = sizeof(PvHeader) + PV_TAG_SIZE, slots_size;

    if (set->length < fixed || set->length > PV_HEADER_LARGEST) {
        return uv_answer(block, UV_RC_HEADER_CORRUPT, UV_RRC_HEADER_SIZE);
    }
    memcpy(header, set->header, sizeof(*header));
    header_from_be(header);
    if (memcmp(header->magic, PV_HEADER_MAGIC, MAGIC_SIZE) != 0) {
        return uv_answer(block, UV_RC_HEADER_CORRUPT, UV_RRC_OWN_MAGIC);
    }
    if (header->version != PV_HEADER_VERSION) {
        return uv_answer(block, UV_RC_HEADER_VERSION, UV_RRC_HEADER_VERSION);
    }
    if (header->size != set->length) {
        return uv_answer(block, UV_RC_HEADER_CORRUPT, UV_RRC_HEADER_SIZE);
    }
    if (header->n_key_slots == 0) {
        return uv_answer(block, UV_RC_HEADER_CORRUPT, UV_RRC_NO_KEY_SLOTS);
    }
    if (header->encrypted_size < sizeof(PvSecrets) || header->encrypted_size > header->size - fixed) {
        return uv_answer(block, UV_RC_HEADER_CORRUPT, UV_RRC_ENCRYPTED_SIZE);
    }
    slots_size = header->size - fixed - header->encrypted_size;
    if (slots_size % sizeof(PvKeySlot) != 0 || header->n_key_slots != slots_size / sizeof(PvKeySlot)) {
        return uv_answer(block, UV_RC_HEADER_CORRUPT, UV_RRC_HEADER_SIZE);
    }
    parsed->bytes = set->header;
    parsed->slots = parsed->bytes + sizeof(PvHeader);
    parsed->hidden = parsed->slots + slots_size;
    parsed->tag = parsed->hidden + header->encrypted_size;
    return true;
}

/* The slot of this host: hashes are no secret. */
static bool find_slot(const Uv *uv, const Parsed *parsed, PvKeySlot *slot, UvBlock *block)
{
    for (uint64_t i = 0; i < parsed->header.n_key_slots; i++) {
        memcpy(slot, parsed->slots + i * sizeof(*slot), sizeof(*slot));
        if (memcmp(slot->phkh, uv->phkh, sizeof(uv->phkh)) == 0) {
            return true;
        }
    }
    return uv_answer(block, UV_RC_HOST_KEY, UV_RRC_HOST_KEY);
}

/* The key that the host shares with whoever made the header; ANSI X9.63 with SHA-256, one round. */
static bool agree(const Uv *uv, const PvPublicKey *customer, uint8_t key[CRYPTO_AES256_KEY_SIZE])
{
    uint8_t secret[CRYPTO_P521_SIZE + 4] = { 0 };
    CryptoP521Point peer;
    bool is_point;

    memcpy(peer.x, customer->x, sizeof(peer.x));
    memcpy(peer.y, customer->y, sizeof(peer.y));
    is_point = crypto_p521_agree(&uv->host_key, &peer, secret);
    secret[sizeof(secret) - 1] = 1;
    crypto_sha256(secret, sizeof(secret), key);
    crypto_clear(secret, sizeof(secret));
    return is_point;
}

/* The key that protects the header. */
static bool unwrap_key(const Uv *uv, const Parsed *parsed, const PvKeySlot *slot,
                       uint8_t key[CRYPTO_AES256_KEY_SIZE], UvBlock *block)
{
    static const uint8_t iv[CRYPTO_GCM_IV_SIZE];
    const CryptoGcmHeader gcm = { iv, NULL, 0 };
    uint8_t shared[CRYPTO_AES256_KEY_SIZE];
    bool is_unwrapped;

    if (!agree(uv, &parsed->header.customer_key, shared)) {
        return uv_answer(block, UV_RC_HOST_KEY, UV_RRC_CUSTOMER_KEY);
    }
    is_unwrapped =
        crypto_aes256_gcm_decrypt(shared, &gcm, slot->wrapped_key, sizeof(slot->wrapped_key), key, slot->tag);
    crypto_clear(shared, sizeof(shared));
    return is_unwrapped || uv_answer(block, UV_RC_HEADER_CORRUPT, UV_RRC_OWN_KEY_SLOT);
}

/* What the header hides, if it and all before it are what its maker made. */
static bool open_header(const Parsed *parsed, const uint8_t *key, PvSecrets *secrets, UvBlock *block)
{
    uint8_t hidden[PV_HEADER_LARGEST];
    const CryptoGcmHeader gcm = { parsed->header.iv, parsed->bytes,
                                  (size_t)(parsed->hidden - parsed->bytes) };
    bool is_open = crypto_aes256_gcm_decrypt(key, &gcm, parsed->hidden, (size_t)parsed->header.encrypted_size,
                                             hidden, parsed->tag);

    memcpy(secrets, hidden, sizeof(*secrets));
    crypto_clear(hidden, sizeof(hidden));
    secrets_from_be(secrets);
    if (!is_open) {
        return uv_answer(block, UV_RC_HEADER_CORRUPT, UV_RRC_OWN_TAG);
    }
    if (secrets->n_items != 0 || parsed->header.encrypted_size != sizeof(*secrets)) {
        return uv_answer(block, UV_RC_HEADER_CORRUPT, UV_RRC_OWN_ITEMS);
    }
    if (secrets->secret_flags & ~(PV_SECRET_FLAG_ENFORCE_EXTENSION | PV_SECRET_FLAG_CCK_UPDATE)) {
        return uv_answer(block, UV_RC_SECRET_FLAGS, 0);
    }
    return true;
}

/* Opens the header of @set into @parsed and @secrets. */
static bool read_header(const Uv *uv, UvSetParams *set, Parsed *parsed, PvSecrets *secrets)
{
    uint8_t key[CRYPTO_AES256_KEY_SIZE];
    PvKeySlot slot;
    bool is_open;

    if (!set->header) {
        return uv_answer(&set->block, UV_RC_HEADER_NOT_THERE, 0);
    }
    if (!parse(set, parsed, &set->block)) {
        return false;
    }
    if (parsed->header.plaintext_flags & ~uv->info->header_flags) {
        return uv_answer(&set->block, UV_RC_PLAINTEXT_FLAGS, UV_RRC_PLAINTEXT_FLAGS);
    }
    is_open = find_slot(uv, parsed, &slot, &set->block) && unwrap_key(uv, parsed, &slot, key, &set->block) &&
              open_header(parsed, key, secrets, &set->block);
    crypto_clear(key, sizeof(key));
    return is_open;
}

bool uv_set_params(Uv *uv, void *block)
{
    UvSetParams *set = block;
    UvConf *conf = uv_find_conf(uv, set->conf, &set->block);
    Parsed parsed;
    PvSecrets secrets = { .n_items = 0 };

    if (!conf) {
        return false;
    }
    if (conf->state != UV_CONF_CREATED) {
        return uv_answer(&set->block, UV_RC_INV_STATE, 0);
    }
    if (!read_header(uv, set, &parsed, &secrets)) {
        crypto_clear(&secrets, sizeof(secrets));
        return false;
    }
    conf->header = parsed.header;
    conf->secrets = secrets;
    conf->state = UV_CONF_UNPACKING;
    crypto_clear(&secrets, sizeof(secrets));
    return uv_answer(&set->block, UV_RC_EXECUTED, 0);
}
