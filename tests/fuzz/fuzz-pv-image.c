/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Fuzzes the reader of Secure Execution images: whatever the file, what it yields is what pv-image.h
 * promises. The first bytes of the input are what says where header and block are; the others lie from 0x1000
 * on.
 */
#include <glib.h>
#include <string.h>
#include "target-s390x/pv-image-info.h"

#define METADATA_SIZE sizeof(PvMetadata)
#define START         0x1000

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const size_t rest = size > METADATA_SIZE ? MIN(size - METADATA_SIZE, PV_METADATA_ADDRESS - START) : 0;
    const size_t whole = PV_METADATA_ADDRESS + MIN(size, METADATA_SIZE);
    uint8_t *bytes = g_malloc0(whole);
    g_autoptr(GBytes) file = g_bytes_new_take(bytes, whole);
    g_autoptr(Error) error = NULL;
    PvImage image;

    memcpy(bytes + PV_METADATA_ADDRESS, data, MIN(size, METADATA_SIZE));
    memcpy(bytes + START, data + MIN(size, METADATA_SIZE), rest);
    if (pv_image_parse(file, &image, &error)) {
        g_assert_null(error);
        check_image(&image, whole);
    } else {
        g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_INVALID);
    }
    pv_image_clear(&image);
    return 0;
}
