/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-s390x/pv-image.h"
#include <inttypes.h>
#include <string.h>
#include "confidential/crypto-sha512.h"

/* How many pages, and from where, are looked at for the header of an image that does not say where it is. */
#define SEARCH_FROM  UINT64_C(0x10000)
#define SEARCH_PAGES 64

/* ---- the header ---- */

static bool check_sizes(const PvHeaderFacts *facts, Error **errp)
{
    /* All of them are below 8192 here, but the number of slots. */
    if (!facts->n_key_slots) {
        return error_setg(errp, "the header has no key slots: it was made for no host at all");
    }
    if (facts->n_key_slots > PV_HEADER_LARGEST / sizeof(PvKeySlot) ||
        facts->encrypted_size > PV_HEADER_LARGEST ||
        sizeof(PvHeader) + facts->n_key_slots * sizeof(PvKeySlot) + facts->encrypted_size + PV_TAG_SIZE !=
            facts->size) {
        return error_setg(errp,
                          "the header says that it has %u bytes, but its parts (%" PRIu64
                          " key slots, %" PRIu64 " encrypted bytes) do not add up to that",
                          facts->size, facts->n_key_slots, facts->encrypted_size);
    }
    if (facts->encrypted_size < sizeof(PvSecrets)) {
        return error_setg(errp, "the encrypted part of the header has %" PRIu64 " bytes, and needs %zu",
                          facts->encrypted_size, sizeof(PvSecrets));
    }
    return true;
}

bool pv_header_parse(const void *data, size_t size, PvHeaderFacts *facts, Error **errp)
{
    const PvHeader *header = data;
    const uint8_t *bytes = data;

    if (size < sizeof(*header)) {
        return error_setg(errp, "the header has only %zu bytes, and needs more than %zu", size,
                          sizeof(*header));
    }
    *facts = (PvHeaderFacts){
        .version = GUINT32_FROM_BE(header->version),
        .size = GUINT32_FROM_BE(header->size),
        .n_key_slots = GUINT64_FROM_BE(header->n_key_slots),
        .encrypted_size = GUINT64_FROM_BE(header->encrypted_size),
        .n_pages = GUINT64_FROM_BE(header->n_pages),
        .plaintext_flags = GUINT64_FROM_BE(header->plaintext_flags),
        .bytes = header,
        .key_slots = (const PvKeySlot *)(bytes + sizeof(*header)),
    };
    if (memcmp(header->magic, PV_HEADER_MAGIC, sizeof(header->magic)) != 0) {
        return error_setg(errp, "the header does not start with " PV_HEADER_MAGIC);
    }
    if (facts->version != PV_HEADER_VERSION) {
        return error_setg(errp, "the header has version 0x%x; only 0x%x is known", facts->version,
                          PV_HEADER_VERSION);
    }
    if (facts->size > size || facts->size > PV_HEADER_LARGEST) {
        return error_setg(errp, "the header says that it has %u bytes, but there are %zu, and at most %d",
                          facts->size, size, PV_HEADER_LARGEST);
    }
    if (!check_sizes(facts, errp)) {
        return false;
    }
    facts->tag = bytes + facts->size - PV_TAG_SIZE;
    return true;
}

/* ---- where the parts are ---- */

static bool starts_with(const uint8_t *data, size_t size, uint64_t offset, const char *magic)
{
    return offset < size && size - offset >= strlen(magic) &&
           memcmp(data + offset, magic, strlen(magic)) == 0;
}

/* 0 if there is none. */
static uint64_t search_header(const uint8_t *data, size_t size)
{
    for (uint64_t page = 0; page < SEARCH_PAGES; page++) {
        uint64_t offset = SEARCH_FROM + page * PV_PAGE_SIZE;
        if (starts_with(data, size, offset, PV_HEADER_MAGIC)) {
            return offset;
        }
    }
    return 0;
}

bool pv_image_is(GBytes *file)
{
    size_t size;
    const uint8_t *data = g_bytes_get_data(file, &size);

    return starts_with(data, size, PV_METADATA_ADDRESS, PV_METADATA_MAGIC) || search_header(data, size);
}

/* The block of an image that does not say where it is: that on a page of its own which names this header.
 * Some loaders fill in the header's address when they run. */
static bool search_ipib(const uint8_t *data, size_t size, PvImage *image, Error **errp)
{
    for (uint64_t offset = SEARCH_FROM; offset < size && size - offset >= PV_IPIB_SMALLEST;
         offset += PV_PAGE_SIZE) {
        uint32_t block_size;
        g_autoptr(Error) ignored = NULL;

        if (data[offset + offsetof(PvIpib, type)] != PV_IPIB_TYPE ||
            !pv_ipib_size(data + offset, &block_size, &ignored) || block_size > size - offset) {
            continue;
        }
        if (pv_ipib_parse(data + offset, block_size, &image->block, &ignored) &&
            (image->block.header_gpa == image->header_gpa || !image->block.header_gpa)) {
            image->ipib_gpa = offset;
            return true;
        }
    }
    return error_setg(errp, "it has a header at 0x%" PRIx64 ", but no IPL parameter block that names it",
                      image->header_gpa);
}

static bool read_ipib(const uint8_t *data, size_t size, PvImage *image, Error **errp)
{
    uint32_t block_size;

    if (image->ipib_gpa >= size || size - image->ipib_gpa < PV_IPIB_SMALLEST) {
        return error_setg(errp, "its IPL parameter block would be at 0x%" PRIx64 ", behind its end",
                          image->ipib_gpa);
    }
    if (!pv_ipib_size(data + image->ipib_gpa, &block_size, errp)) {
        return false;
    }
    if (block_size > size - image->ipib_gpa) {
        return error_setg(errp, "its IPL parameter block of %u bytes at 0x%" PRIx64 " ends behind its end",
                          block_size, image->ipib_gpa);
    }
    return pv_ipib_parse(data + image->ipib_gpa, block_size, &image->block, errp);
}

/* Where they are, if the image says so; else they are looked for. */
static bool locate(const uint8_t *data, size_t size, PvImage *image, Error **errp)
{
    PvMetadata metadata;

    if (!starts_with(data, size, PV_METADATA_ADDRESS, PV_METADATA_MAGIC) ||
        size - PV_METADATA_ADDRESS < sizeof(metadata)) {
        image->header_gpa = search_header(data, size);
        return image->header_gpa ? search_ipib(data, size, image, errp)
                                 : error_setg(errp, "it is no Secure Execution image: it has no header");
    }
    memcpy(&metadata, data + PV_METADATA_ADDRESS, sizeof(metadata));
    if (GUINT32_FROM_BE(metadata.version) != PV_METADATA_VERSION) {
        return error_setg(errp, "it is of version %u; only %d is known", GUINT32_FROM_BE(metadata.version),
                          PV_METADATA_VERSION);
    }
    image->header_gpa = GUINT64_FROM_BE(metadata.header_addr);
    image->ipib_gpa = GUINT64_FROM_BE(metadata.ipib_addr);
    return read_ipib(data, size, image, errp);
}

static bool read_header(const uint8_t *data, size_t size, PvImage *image, Error **errp)
{
    const uint64_t gpa = image->header_gpa;

    if (gpa % 8 || gpa >= size) {
        return error_setg(
            errp, "its header would be at 0x%" PRIx64 ", which is not aligned, or behind its end", gpa);
    }
    if (!pv_header_parse(data + gpa, MIN(size - gpa, PV_HEADER_LARGEST), &image->header, errp)) {
        return false;
    }
    if (image->block.header_gpa && image->block.header_gpa != gpa) {
        return error_setg(errp,
                          "its header is at 0x%" PRIx64 ", but its IPL parameter block names one at "
                          "0x%" PRIx64,
                          gpa, image->block.header_gpa);
    }
    image->block.header_gpa = gpa;
    if (image->block.header_size != image->header.size) {
        return error_setg(errp, "its header has %u bytes, but its IPL parameter block names one of %" PRIu64,
                          image->header.size, image->block.header_size);
    }
    return true;
}

static bool check_components(const PvImage *image, size_t size, Error **errp)
{
    for (size_t i = 0; i < image->block.n_components; i++) {
        const PvComponent *component = &image->block.components[i];
        if (component->gpa >= size || component->size > size - component->gpa) {
            return error_setg(errp,
                              "its component %zu (%s) of 0x%" PRIx64 " bytes at 0x%" PRIx64
                              " ends behind its end, 0x%zx",
                              i, pv_component_kind(component), component->size, component->gpa, size);
        }
    }
    return true;
}

bool pv_image_parse(GBytes *file, PvImage *image, Error **errp)
{
    size_t size;
    const uint8_t *data = g_bytes_get_data(file, &size);

    *image = (PvImage){ .file = g_bytes_ref(file) };
    return locate(data, size, image, errp) && read_header(data, size, image, errp) &&
           check_components(image, size, errp);
}

void pv_image_clear(PvImage *image)
{
    g_clear_pointer(&image->file, g_bytes_unref);
    *image = (PvImage){ .file = NULL };
}

/* ---- the hashes ---- */

static void hash_places(const PvComponent *component, CryptoSha512 *addresses, CryptoSha512 *tweaks)
{
    for (uint64_t offset = 0; offset < component->size; offset += PV_PAGE_SIZE) {
        const uint64_t address = GUINT64_TO_BE(component->gpa + offset);
        const uint64_t tweak[2] = { GUINT64_TO_BE(component->tweak), GUINT64_TO_BE(offset) };

        crypto_sha512_update(addresses, &address, sizeof(address));
        crypto_sha512_update(tweaks, tweak, sizeof(tweak));
    }
}

void pv_image_hash(const uint8_t *file, const PvBlock *block, const ProgressSink *sink, PvHashes *hashes)
{
    g_autoptr(CryptoSha512) pages = crypto_sha512_new();
    g_autoptr(CryptoSha512) addresses = crypto_sha512_new();
    g_autoptr(CryptoSha512) tweaks = crypto_sha512_new();
    Progress progress = progress_begin(sink, "hashing components", pv_block_pages(block) * PV_PAGE_SIZE);

    for (size_t i = 0; i < block->n_components; i++) {
        const PvComponent *component = &block->components[i];
        const uint64_t step = UINT64_C(4) << 20;

        for (uint64_t done = 0; done < component->size; done += step) {
            uint64_t part = MIN(step, component->size - done);
            crypto_sha512_update(pages, file + component->gpa + done, part);
            progress_add(&progress, part);
        }
        hash_places(component, addresses, tweaks);
    }
    crypto_sha512_finish(pages, hashes->pages);
    crypto_sha512_finish(addresses, hashes->addresses);
    crypto_sha512_finish(tweaks, hashes->tweaks);
}

static void note(GString *text, bool differs, const char *what)
{
    if (differs) {
        g_string_append_printf(text, "%s%s", text->len ? ", " : "", what);
    }
}

bool pv_image_verify(const PvImage *image, const ProgressSink *progress, Error **errp)
{
    const PvHeader *header = image->header.bytes;
    g_autoptr(GString) text = g_string_new(NULL);
    PvHashes hashes;

    pv_image_hash(g_bytes_get_data(image->file, NULL), &image->block, progress, &hashes);
    note(text, pv_block_pages(&image->block) != image->header.n_pages, "their number");
    note(text, memcmp(hashes.pages, header->page_hash, PV_HASH_SIZE) != 0, "their contents");
    note(text, memcmp(hashes.addresses, header->address_hash, PV_HASH_SIZE) != 0, "their addresses");
    note(text, memcmp(hashes.tweaks, header->tweak_hash, PV_HASH_SIZE) != 0, "their tweaks");
    return !text->len ||
           error_set(errp, CGVM_ERROR_MISMATCH,
                     "the pages are not those that the header was made for, by %s; the image was "
                     "damaged or changed, so make or fetch it anew",
                     text->str);
}

/* ---- flags ---- */

char *pv_flags_text(uint64_t flags)
{
    static const struct {
        uint64_t flag;
        const char *text;
    } known[] = {
        { PV_FLAG_ALLOW_DUMP, "dump by the host" },
        { PV_FLAG_NO_ENCRYPTION, "components are not encrypted" },
        { PV_FLAG_PCKMO_DEA, "PCKMO with DEA" },
        { PV_FLAG_PCKMO_AES, "PCKMO with AES" },
        { PV_FLAG_PCKMO_ECC, "PCKMO with ECC" },
        { PV_FLAG_PCKMO_HMAC, "PCKMO with HMAC" },
        { PV_FLAG_BACKUP_KEYS, "backup host keys" },
    };
    GString *text = g_string_new(NULL);

    for (size_t i = 0; i < G_N_ELEMENTS(known); i++) {
        note(text, flags & known[i].flag, known[i].text);
        flags &= ~known[i].flag;
    }
    if (flags) {
        g_string_append_printf(text, "%sunknown flags 0x%" PRIx64, text->len ? ", " : "", flags);
    }
    return g_string_free(text->len ? text : g_string_append(text, "none"), FALSE);
}
