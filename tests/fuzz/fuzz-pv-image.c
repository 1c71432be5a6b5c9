/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Fuzzes the reader of Secure Execution images: whatever the file, what it yields is what pv-image.h
 * promises.
 *
 * The first byte of the input says what is mended, so that an input that is changed at random gets further:
 * where the parts are, what the header says about its size, and its hashes. With NOWHERE it is an image that
 * does not say where its parts are. The bytes behind it are what says so; the others lie from 0x1000 on, or
 * with NOWHERE from 0x10000 on.
 */
#include <glib.h>
#include <string.h>
#include "target-s390x/pv-image-info.h"

#define METADATA_SIZE sizeof(PvMetadata)
#define START         0x1000
#define START_NOWHERE 0x10000
#define MOST_NOWHERE  0x8000
#define BLOCK_OFFSET  0x1000 /* from the start */

/* Bits of the first byte. */
#define MEND_PLACES 1
#define MEND_SIZES  2
#define MEND_HASHES 4
#define NOWHERE     8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_components(const PvImage *image, size_t size)
{
    const PvBlock *block = &image->block;

    g_assert_cmpuint(block->n_components, >, 0);
    g_assert_cmpuint(block->n_components, <=, PV_IPIB_MOST_COMPONENTS);
    for (size_t i = 0; i < block->n_components; i++) {
        const PvComponent *component = &block->components[i];

        g_assert_cmpuint(component->gpa % PV_PAGE_SIZE, ==, 0);
        g_assert_cmpuint(component->size % PV_PAGE_SIZE, ==, 0);
        g_assert_cmpuint(component->size, >, 0);
        g_assert_cmpuint(component->gpa + component->size, <=, size);
        g_assert_true(!i || component->tweak > component[-1].tweak);
    }
}

static void check_image(const PvImage *image, size_t size)
{
    g_autoptr(Error) error = NULL;
    g_autofree char *text = NULL, *json = NULL;
    PvImageInfo info;

    check_components(image, size);
    g_assert_cmpuint(image->header.size, <=, PV_HEADER_LARGEST);
    g_assert_cmpuint(image->header_gpa + image->header.size, <=, size);
    pv_image_describe(image, pv_image_entry(image), &info);
    text = pv_image_info_to_text(&info);
    json = pv_image_info_to_json(&info);
    g_assert_cmpuint(info.n_components, ==, image->block.n_components);
    g_assert_true(g_str_is_ascii(text) && *json == '{');
    pv_image_info_clear(&info);
    g_assert_true(pv_image_verify(image, NULL, &error) || cgvm_error_code(error) == CGVM_ERROR_MISMATCH);
}

/* ---- mending ---- */

static void put_magic(uint8_t *place, const char *magic)
{
    memcpy(place, magic, strlen(magic));
}

static void mend_places(uint8_t *file, size_t start, size_t size)
{
    const PvMetadata metadata = {
        .header_addr = GUINT64_TO_BE(start),
        .version = GUINT32_TO_BE(PV_METADATA_VERSION),
        .ipib_addr = GUINT64_TO_BE(start + BLOCK_OFFSET),
    };

    if (start != START_NOWHERE) {
        memcpy(file + PV_METADATA_ADDRESS, &metadata, sizeof(metadata));
        put_magic(file + PV_METADATA_ADDRESS, PV_METADATA_MAGIC);
    }
    if (size >= start + BLOCK_OFFSET + sizeof(PvIpib)) {
        const uint64_t address = GUINT64_TO_BE(start);

        memcpy(file + start + BLOCK_OFFSET + offsetof(PvIpib, header_addr), &address, sizeof(address));
    }
}

/* The header and the block at their places have as many bytes as they say; slots and secrets may vary. */
static void mend_sizes(uint8_t *file, size_t start)
{
    PvHeader *header = (PvHeader *)(file + start);
    PvIpib *ipib = (PvIpib *)(file + start + BLOCK_OFFSET);
    const uint64_t n_slots = 1 + GUINT64_FROM_BE(header->n_key_slots) % 8;
    const uint64_t hidden = sizeof(PvSecrets) + GUINT64_FROM_BE(header->encrypted_size) % 512;
    const uint64_t length = sizeof(*header) + n_slots * sizeof(PvKeySlot) + hidden + PV_TAG_SIZE;
    const uint64_t count = 1 + GUINT32_FROM_BE(ipib->n_components) % 16;

    put_magic(header->magic, PV_HEADER_MAGIC);
    header->version = GUINT32_TO_BE(PV_HEADER_VERSION);
    header->size = GUINT32_TO_BE(length);
    header->n_key_slots = GUINT64_TO_BE(n_slots);
    header->encrypted_size = GUINT64_TO_BE(hidden);
    ipib->type = PV_IPIB_TYPE;
    ipib->size = GUINT32_TO_BE(sizeof(*ipib) + count * sizeof(PvIpibComponent));
    ipib->n_components = GUINT32_TO_BE(count);
    ipib->header_size = GUINT64_TO_BE(length);
}

/* Whether the header of @image is the one at @start, and no component has any of it. */
static bool is_apart(const PvImage *image, size_t start)
{
    for (size_t i = 0; i < image->block.n_components; i++) {
        const PvComponent *component = &image->block.components[i];

        if (component->gpa < start + sizeof(PvHeader) && component->gpa + component->size > start) {
            return false;
        }
    }
    return image->header_gpa == start;
}

/* Whether it was possible. */
static bool mend_hashes(uint8_t *file, size_t start, const PvImage *image)
{
    PvHeader *header = (PvHeader *)(file + start);
    PvHashes hashes;

    if (!is_apart(image, start)) {
        return false;
    }
    pv_image_hash(file, &image->block, NULL, &hashes);
    header->n_pages = GUINT64_TO_BE(pv_block_pages(&image->block));
    memcpy(header->page_hash, hashes.pages, PV_HASH_SIZE);
    memcpy(header->address_hash, hashes.addresses, PV_HASH_SIZE);
    memcpy(header->tweak_hash, hashes.tweaks, PV_HASH_SIZE);
    return true;
}

/* Of an image with the right hashes, every byte of every page counts. */
static void check_whole(uint8_t *file, GBytes *bytes)
{
    g_autoptr(Error) error = NULL, other = NULL;
    PvImage image;

    g_assert_true(pv_image_parse(bytes, &image, &error));
    g_assert_true(pv_image_verify(&image, NULL, &error));
    file[image.block.components[0].gpa] ^= 1;
    g_assert_false(pv_image_verify(&image, NULL, &other));
    g_assert_nonnull(strstr(cgvm_error_message(other), "their contents"));
    pv_image_clear(&image);
}

/* ---- one file ---- */

static void read_file(uint8_t mends, uint8_t *file, size_t start, size_t size)
{
    g_autoptr(GBytes) bytes = g_bytes_new_static(file, size);
    g_autoptr(Error) error = NULL;
    bool is_whole = false;
    PvImage image;

    if (pv_image_parse(bytes, &image, &error)) {
        g_assert_null(error);
        g_assert_true(pv_image_is(bytes));
        check_image(&image, size);
        is_whole = mends & MEND_HASHES && mend_hashes(file, start, &image);
    } else {
        g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_INVALID);
    }
    pv_image_clear(&image);
    if (is_whole) {
        check_whole(file, bytes);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t mends = size > 0 ? *data : 0;
    const size_t start = mends & NOWHERE ? START_NOWHERE : START;
    const size_t most = mends & NOWHERE ? MOST_NOWHERE : PV_METADATA_ADDRESS - START;
    const uint8_t *metadata = data + (size > 0);
    const size_t metadata_size = MIN(size - (size > 0), METADATA_SIZE);
    const uint8_t *rest = metadata + metadata_size;
    const size_t rest_size = MIN((size_t)(data + size - rest), most);
    const size_t whole = mends & NOWHERE ? start + rest_size : PV_METADATA_ADDRESS + metadata_size;
    g_autofree uint8_t *file = g_malloc0(whole);

    if (!(mends & NOWHERE)) {
        memcpy(file + PV_METADATA_ADDRESS, metadata, metadata_size);
    }
    memcpy(file + start, rest, rest_size);
    if (mends & MEND_PLACES && metadata_size == METADATA_SIZE) {
        mend_places(file, start, whole);
    }
    if (mends & MEND_SIZES && metadata_size == METADATA_SIZE &&
        whole >= start + BLOCK_OFFSET + sizeof(PvIpib)) {
        mend_sizes(file, start);
    }
    read_file(mends, file, start, whole);
    return 0;
}
