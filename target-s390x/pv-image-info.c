/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-s390x/pv-image-info.h"
#include <inttypes.h>
#include <string.h>
#include "confidential/crypto.h"
#include "qapi/fields.h"

#define SHORT_PSW_BIT  0x00080000u
#define SHORT_PSW_ADDR 0x7fffffffu

uint64_t pv_image_entry(const PvImage *image)
{
    size_t size;
    const void *data = g_bytes_get_data(image->file, &size);
    uint32_t psw[2];

    if (size < sizeof(psw)) {
        return 0;
    }
    memcpy(psw, data, sizeof(psw));
    return GUINT32_FROM_BE(psw[0]) & SHORT_PSW_BIT ? GUINT32_FROM_BE(psw[1]) & SHORT_PSW_ADDR : 0;
}

static void describe_slots(const PvHeaderFacts *header, PvImageInfo *info)
{
    info->n_key_slots = header->n_key_slots;
    info->key_slots = g_new0(char *, header->n_key_slots);
    for (size_t i = 0; i < header->n_key_slots; i++) {
        info->key_slots[i] = crypto_hex(header->key_slots[i].phkh, PV_PHKH_SIZE);
    }
}

void pv_image_describe(const PvImage *image, uint64_t entry, PvImageInfo *info)
{
    const PvHeaderFacts *header = &image->header;

    *info = (PvImageInfo){
        .header_gpa = image->header_gpa,
        .header_size = header->size,
        .ipib_gpa = image->ipib_gpa,
        .version = header->version,
        .flags = header->plaintext_flags,
        .pages = header->n_pages,
        .page_hash = crypto_hex(header->bytes->page_hash, PV_HASH_SIZE),
        .address_hash = crypto_hex(header->bytes->address_hash, PV_HASH_SIZE),
        .tweak_hash = crypto_hex(header->bytes->tweak_hash, PV_HASH_SIZE),
        .tag = crypto_hex(header->tag, PV_TAG_SIZE),
        .entry = entry,
    };
    describe_slots(header, info);
    info->n_components = image->block.n_components;
    info->components = g_new0(PvComponentInfo, info->n_components);
    for (size_t i = 0; i < info->n_components; i++) {
        const PvComponent *component = &image->block.components[i];
        info->components[i] = (PvComponentInfo){
            .kind = g_strdup(pv_component_kind(component)),
            .gpa = component->gpa,
            .size = component->size,
            .tweak = component->tweak,
        };
    }
}

void pv_image_info_clear(PvImageInfo *info)
{
    fields_clear(&PvImageInfo_fields, info);
}

char *pv_image_info_to_json(const PvImageInfo *info)
{
    g_autoptr(json_object) json = fields_to_json(&PvImageInfo_fields, info);

    return json_to_lines(json);
}

char *pv_image_info_to_text(const PvImageInfo *info)
{
    g_autofree char *flags = pv_flags_text(info->flags);
    GString *text = g_string_new(NULL);

    g_string_append_printf(text,
                           "Secure Execution image\n"
                           "header     0x%" PRIx64 ", %" PRIu64 " bytes, version 0x%x\n"
                           "IPL block  0x%" PRIx64 "\n"
                           "loader     0x%" PRIx64 "\n"
                           "allows     %s\n"
                           "tag        %s\n",
                           info->header_gpa, info->header_size, info->version, info->ipib_gpa, info->entry,
                           flags, info->tag);
    g_string_append(text, "\nsealed for the host keys\n");
    for (size_t i = 0; i < info->n_key_slots; i++) {
        g_string_append_printf(text, "  %s\n", info->key_slots[i]);
    }
    g_string_append_printf(text, "\ncomponents, %" PRIu64 " pages\n", info->pages);
    for (size_t i = 0; i < info->n_components; i++) {
        const PvComponentInfo *component = &info->components[i];
        g_string_append_printf(text, "  0x%09" PRIx64 "-0x%09" PRIx64 "  %-16s tweak 0x%016" PRIx64 "\n",
                               component->gpa, component->gpa + component->size - 1, component->kind,
                               component->tweak);
    }
    g_string_append_printf(text,
                           "\nhashes\n"
                           "  pages     %s\n"
                           "  addresses %s\n"
                           "  tweaks    %s\n",
                           info->page_hash, info->address_hash, info->tweak_hash);
    return g_string_free(text, FALSE);
}
