/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-s390x/pv-image-make.h"
#include <inttypes.h>
#include <string.h>
#include "confidential/crypto-aes256.h"
#include "confidential/crypto-key.h"
#include "confidential/crypto-p521-secret.h"
#include "confidential/crypto.h"
#include "target-s390x/s390-kernel.h"

#define KIND_SHIFT  48
#define KIND_RANDOM ((UINT64_C(1) << KIND_SHIFT) - 1)
#define MOST_HOST_KEYS                                                                                       \
    ((PV_HEADER_LARGEST - sizeof(PvHeader) - sizeof(PvSecrets) - PV_TAG_SIZE) / sizeof(PvKeySlot))

/* The short form of a program status word, as IPL reads it from address 0: 31-bit addressing. */
#define SHORT_PSW_MASK 0x00080000u
#define SHORT_PSW_31   0x80000000u

/*
 * The loader, in z/Architecture's 64-bit mode:
 *     lgfi  %r2,BLOCK        its address, filled in
 *     lghi  %r4,8
 *     diag  %r2,%r4,0x308    set the block; %r3 has the return code
 *     cghi  %r3,1
 *     jne   stop
 *     lghi  %r2,0
 *     lghi  %r4,10
 *     diag  %r2,%r4,0x308    start: returns only if it was refused
 * stop:
 *     larl  %r5,psw
 *     lpswe 0(%r5)           a disabled wait
 *     .balign 8
 * psw: .quad 0x0002000180000000, 0x308
 */
static const uint8_t loader[64] = {
    0xc0, 0x21, 0x00, 0x00, 0x00, 0x00, 0xa7, 0x49, 0x00, 0x08, 0x83, 0x24, 0x03, 0x08, 0xa7, 0x3f,
    0x00, 0x01, 0xa7, 0x74, 0x00, 0x08, 0xa7, 0x29, 0x00, 0x00, 0xa7, 0x49, 0x00, 0x0a, 0x83, 0x24,
    0x03, 0x08, 0xc0, 0x50, 0x00, 0x00, 0x00, 0x07, 0xb2, 0xb2, 0x50, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x02, 0x00, 0x01, 0x80, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x08,
};
#define LOADER_BLOCK 2 /* where the block's address is in there */

/* What an image is made of, in guest addresses. */
typedef struct Layout {
    PvBlock block;
    uint64_t ipib_gpa;
    uint64_t size;
} Layout;

/* Everything that is cleared at the end. */
typedef struct Keys {
    uint8_t header[PV_KEY_SIZE];
    PvSecrets secrets;
} Keys;

static uint64_t round_up(uint64_t value)
{
    return (value + PV_PAGE_SIZE - 1) & ~(uint64_t)(PV_PAGE_SIZE - 1);
}

static void add_component(PvBlock *block, uint64_t kind, uint64_t gpa, uint64_t size)
{
    uint64_t random;

    crypto_random(&random, sizeof(random));
    block->components[block->n_components++] = (PvComponent){
        .tweak = kind << KIND_SHIFT | (random & KIND_RANDOM),
        .gpa = gpa,
        .size = round_up(size),
    };
}

static void lay_out(const PvImageParts *parts, Layout *layout)
{
    PvBlock *block = &layout->block;
    uint64_t next = round_up(g_bytes_get_size(parts->kernel));

    *layout = (Layout){ .ipib_gpa = 0 };
    add_component(block, PV_KIND_KERNEL, S390_KERNEL_ENTRY, next - S390_KERNEL_ENTRY);
    if (parts->initrd) {
        add_component(block, PV_KIND_INITRD, next, g_bytes_get_size(parts->initrd));
        next += block->components[1].size;
    }
    block->header_gpa = next;
    block->header_size =
        sizeof(PvHeader) + parts->n_host_keys * sizeof(PvKeySlot) + sizeof(PvSecrets) + PV_TAG_SIZE;
    layout->ipib_gpa = next + round_up(block->header_size);
    layout->size = layout->ipib_gpa + PV_PAGE_SIZE;
}

/* ---- the parts ---- */

static void put_start(uint8_t *image, const Layout *layout)
{
    const uint32_t psw[2] = { GUINT32_TO_BE(SHORT_PSW_MASK),
                              GUINT32_TO_BE(SHORT_PSW_31 | PV_LOADER_ADDRESS) };
    const uint32_t block = GUINT32_TO_BE((uint32_t)layout->ipib_gpa);
    PvMetadata metadata = {
        .header_addr = GUINT64_TO_BE(layout->block.header_gpa),
        .version = GUINT32_TO_BE(PV_METADATA_VERSION),
        .ipib_addr = GUINT64_TO_BE(layout->ipib_gpa),
    };

    memcpy(metadata.magic, PV_METADATA_MAGIC, sizeof(metadata.magic));
    memcpy(image, psw, sizeof(psw));
    memcpy(image + PV_LOADER_ADDRESS, loader, sizeof(loader));
    memcpy(image + PV_LOADER_ADDRESS + LOADER_BLOCK, &block, sizeof(block));
    memcpy(image + PV_METADATA_ADDRESS, &metadata, sizeof(metadata));
}

static void encrypt_components(uint8_t *image, const PvBlock *block, const uint8_t xts_key[PV_XTS_KEY_SIZE])
{
    for (size_t i = 0; i < block->n_components; i++) {
        const PvComponent *component = &block->components[i];

        for (uint64_t offset = 0; offset < component->size; offset += PV_PAGE_SIZE) {
            const uint64_t tweak[2] = { GUINT64_TO_BE(component->tweak), GUINT64_TO_BE(offset) };
            uint8_t *page = image + component->gpa + offset;

            if (!crypto_aes256_xts(xts_key, (const uint8_t *)tweak, true, page, PV_PAGE_SIZE, page)) {
                g_assert_not_reached();
            }
        }
    }
}

/* The key that @secret and the host share wraps the header's. False if @host is no point of the curve. */
static bool fill_slot(const CryptoP521Secret *secret, const CryptoP521Point *host, const Keys *keys,
                      PvKeySlot *slot)
{
    static const uint8_t iv[CRYPTO_GCM_IV_SIZE];
    const CryptoGcmHeader header = { .iv = iv };
    struct {
        uint8_t z[CRYPTO_P521_SIZE];
        uint8_t counter[4];
    } shared = { .counter = { 0, 0, 0, 1 } };
    uint8_t key[CRYPTO_SHA256_SIZE];
    bool is_done = crypto_p521_secret_agree(secret, host, shared.z);

    if (is_done) {
        crypto_sha256(&shared, sizeof(shared), key);
        crypto_sha256(host, sizeof(*host), slot->phkh);
        crypto_aes256_gcm_encrypt(key, &header, keys->header, sizeof(keys->header), slot->wrapped_key,
                                  slot->tag);
    }
    crypto_clear(&shared, sizeof(shared));
    crypto_clear(key, sizeof(key));
    return is_done;
}

static bool fill_slots(const PvImageParts *parts, const Keys *keys, PvHeader *header, PvKeySlot *slots,
                       Error **errp)
{
    g_autoptr(CryptoP521Secret) secret = crypto_p521_secret_new();
    CryptoP521Point point;

    crypto_p521_secret_public(secret, &point);
    memcpy(&header->customer_key, &point, sizeof(point));
    for (size_t i = 0; i < parts->n_host_keys; i++) {
        if (!fill_slot(secret, &parts->host_keys[i], keys, &slots[i])) {
            return error_setg(errp, "host key %zu is no point of the curve P-521", i);
        }
    }
    return true;
}

static bool put_header(uint8_t *image, const Layout *layout, const PvImageParts *parts, const Keys *keys,
                       Error **errp)
{
    PvHeader *header = (PvHeader *)(image + layout->block.header_gpa);
    PvKeySlot *slots = (PvKeySlot *)(header + 1);
    uint8_t *secrets = (uint8_t *)(slots + parts->n_host_keys);
    CryptoGcmHeader gcm = { .aad = header, .aad_size = (size_t)(secrets - (uint8_t *)header) };
    PvHashes hashes;

    memcpy(header->magic, PV_HEADER_MAGIC, sizeof(header->magic));
    header->version = GUINT32_TO_BE(PV_HEADER_VERSION);
    header->size = GUINT32_TO_BE((uint32_t)layout->block.header_size);
    crypto_random(header->iv, sizeof(header->iv));
    header->n_key_slots = GUINT64_TO_BE(parts->n_host_keys);
    header->encrypted_size = GUINT64_TO_BE(sizeof(PvSecrets));
    header->n_pages = GUINT64_TO_BE(pv_block_pages(&layout->block));
    header->plaintext_flags = GUINT64_TO_BE(parts->plaintext_flags);
    pv_image_hash(image, &layout->block, NULL, &hashes);
    memcpy(header->page_hash, hashes.pages, sizeof(hashes.pages));
    memcpy(header->address_hash, hashes.addresses, sizeof(hashes.addresses));
    memcpy(header->tweak_hash, hashes.tweaks, sizeof(hashes.tweaks));
    if (!fill_slots(parts, keys, header, slots, errp)) {
        return false;
    }
    gcm.iv = header->iv;
    crypto_aes256_gcm_encrypt(keys->header, &gcm, &keys->secrets, sizeof(keys->secrets), secrets,
                              secrets + sizeof(PvSecrets));
    return true;
}

/* ---- all of it ---- */

static void make_keys(const PvImageParts *parts, Keys *keys)
{
    *keys = (Keys){
        .secrets = { .psw_mask = GUINT64_TO_BE(PV_PSW_MASK), .psw_addr = GUINT64_TO_BE(S390_KERNEL_ENTRY) },
    };
    crypto_random(keys->header, sizeof(keys->header));
    crypto_random(keys->secrets.xts_key, sizeof(keys->secrets.xts_key));
    if (parts->communication_key) {
        memcpy(keys->secrets.customer_communication_key, parts->communication_key, PV_KEY_SIZE);
    } else {
        crypto_random(keys->secrets.customer_communication_key, PV_KEY_SIZE);
    }
}

static bool check_parts(const PvImageParts *parts, Error **errp)
{
    size_t size;
    const uint8_t *kernel = g_bytes_get_data(parts->kernel, &size);

    if (!s390_kernel_check(kernel, size, errp)) {
        return error_prepend(errp, "the kernel: ");
    }
    if (size > S390_KERNEL_LARGEST ||
        (parts->initrd && g_bytes_get_size(parts->initrd) > S390_KERNEL_LARGEST - size)) {
        return error_setg(errp, "kernel and initrd are larger than 1 GiB together");
    }
    if (parts->initrd && !g_bytes_get_size(parts->initrd)) {
        return error_setg(errp, "the initrd is empty; leave it out");
    }
    if (!parts->n_host_keys || parts->n_host_keys > MOST_HOST_KEYS) {
        return error_setg(errp,
                          "there are %zu host keys; an image is made for at least one host, and at most %zu",
                          parts->n_host_keys, MOST_HOST_KEYS);
    }
    return true;
}

/* The plain parts at their places. */
static bool put_plain(uint8_t *image, const Layout *layout, const PvImageParts *parts, Error **errp)
{
    const PvComponent *initrd = parts->initrd ? &layout->block.components[1] : NULL;
    size_t size;
    const void *data = g_bytes_get_data(parts->kernel, &size);

    memcpy(image, data, size);
    if (!s390_kernel_patch(image, size, parts->append ? parts->append : "", initrd ? initrd->gpa : 0,
                           parts->initrd ? g_bytes_get_size(parts->initrd) : 0, errp)) {
        return false;
    }
    /* What is before the entry serves other ways to start a kernel, and nothing of it would be secret. */
    memset(image, 0, S390_KERNEL_ENTRY);
    if (initrd) {
        memcpy(image + initrd->gpa, g_bytes_get_data(parts->initrd, NULL), g_bytes_get_size(parts->initrd));
    }
    return true;
}

GBytes *pv_image_make(const PvImageParts *parts, Error **errp)
{
    g_autoptr(GBytes) ipib = NULL;
    g_autofree uint8_t *image = NULL;
    Layout layout;
    Keys keys;
    bool is_done;

    if (!check_parts(parts, errp)) {
        return NULL;
    }
    lay_out(parts, &layout);
    image = g_malloc0(layout.size);
    if (!put_plain(image, &layout, parts, errp)) {
        crypto_clear(image, layout.size);
        return NULL;
    }
    make_keys(parts, &keys);
    if (!(parts->plaintext_flags & PV_FLAG_NO_ENCRYPTION)) {
        encrypt_components(image, &layout.block, keys.secrets.xts_key);
    }
    put_start(image, &layout);
    ipib = pv_ipib_make(&layout.block);
    memcpy(image + layout.ipib_gpa, g_bytes_get_data(ipib, NULL), g_bytes_get_size(ipib));
    is_done = put_header(image, &layout, parts, &keys, errp);
    crypto_clear(&keys, sizeof(keys));
    return is_done ? g_bytes_new_take(g_steal_pointer(&image), layout.size) : NULL;
}
