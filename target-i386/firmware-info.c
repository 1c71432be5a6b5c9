/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Describes firmware images.
 */
#include "target-i386/firmware-info.h"
#include <inttypes.h>
#include "confidential/crypto.h"
#include "qapi/fields.h"
#include "target-i386/firmware-fit.h"

#define MIB        (UINT64_C(1) << 20)

#define JSON_STYLE (JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE)

/* ---- what the image says ---- */

static void read_entries(const OvmfInfo *from, FirmwareInfo *info)
{
    info->n_entries = from->n_entries;
    info->entries = g_new0(FirmwareEntry, from->n_entries);
    for (size_t i = 0; i < from->n_entries; i++) {
        info->entries[i] = (FirmwareEntry){
            .guid = guid_to_text(from->entries[i].guid),
            .name = g_strdup(ovmf_entry_name(from->entries[i].guid)),
            .offset = from->entries[i].offset,
            .size = from->entries[i].size,
        };
    }
}

static void read_sections(const OvmfInfo *from, FirmwareInfo *info)
{
    info->has_metadata_offset = from->has_metadata;
    info->metadata_offset = from->metadata_offset;
    info->n_sections = from->n_sections;
    info->sections = g_new0(FirmwareSection, from->n_sections);
    for (size_t i = 0; i < from->n_sections; i++) {
        const OvmfSection *section = &from->sections[i];

        info->sections[i] = (FirmwareSection){
            .gpa = section->gpa,
            .size = section->size,
            .type = section->type,
            .name = g_strdup(ovmf_section_name(section->type)),
        };
        info->least_memory = MAX(info->least_memory, (uint64_t)section->gpa + section->size);
    }
}

static void read_areas(const OvmfInfo *from, FirmwareInfo *info)
{
    info->has_reset_address = from->has_reset_address;
    info->reset_address = from->reset_address;
    info->has_hashes = from->has_hashes;
    info->hashes = (FirmwareArea){ .gpa = from->hashes.gpa, .size = from->hashes.size };
    info->has_secret = from->has_secret;
    info->secret = (FirmwareArea){ .gpa = from->secret.gpa, .size = from->secret.size };
}

/* ---- for what it can be used ---- */

static bool has_many_vcpus(FirmwareUse use)
{
    return use != FIRMWARE_USE_SEV;
}

/* In the order of a launch, so that of two problems it is the same one that is told. */
static bool fits(const FirmwareImage *image, FirmwareUse use, Error **errp)
{
    const bool is_snp = use == FIRMWARE_USE_SNP || use == FIRMWARE_USE_SNP_HASHES;
    const bool has_hashes = use == FIRMWARE_USE_SNP_HASHES;

    return (!has_hashes || firmware_fit_hashes(image, 1, errp)) && firmware_fit_start(image, errp) &&
           (!is_snp || firmware_fit_snp(image, errp)) &&
           (!has_hashes || firmware_fit_hashes_page(image, errp));
}

static FirmwareVerdict judge(const FirmwareImage *image, FirmwareUse use)
{
    FirmwareVerdict verdict = { .use = use };
    g_autoptr(Error) error = NULL;

    verdict.usable = fits(image, use, &error);
    verdict.has_most_vcpus = verdict.usable && has_many_vcpus(use) && !firmware_fit_vcpus(image, 2, &error);
    verdict.most_vcpus = verdict.has_most_vcpus ? 1 : 0;
    verdict.problem = error ? g_strdup(cgvm_error_message(error)) : NULL;
    return verdict;
}

static void read_verdicts(const FirmwareImage *image, FirmwareInfo *info)
{
    info->n_verdicts = FIRMWARE_USE__COUNT;
    info->verdicts = g_new0(FirmwareVerdict, FIRMWARE_USE__COUNT);
    for (int use = 0; use < FIRMWARE_USE__COUNT; use++) {
        info->verdicts[use] = judge(image, use);
    }
    info->has_least_memory = info->verdicts[FIRMWARE_USE_SNP].usable;
    info->least_memory = info->has_least_memory ? info->least_memory : 0;
}

bool firmware_info_read(const uint8_t *data, size_t size, const char *name, FirmwareInfo *info, Error **errp)
{
    OvmfInfo parsed;
    FirmwareImage image = { .name = name, .data = data, .size = size, .info = &parsed };
    uint8_t digest[CRYPTO_SHA256_SIZE];

    *info = (FirmwareInfo){ .name = NULL };
    if (!firmware_fit_size(name, size, errp)) {
        return false;
    }
    if (!ovmf_parse(data, size, name, &parsed, errp)) {
        return error_prepend(errp, "the firmware ");
    }
    crypto_sha256(data, size, digest);
    info->name = g_strdup(name);
    info->size = size;
    info->gpa = firmware_gpa(&image);
    info->sha256 = crypto_hex(digest, sizeof(digest));
    read_entries(&parsed, info);
    read_areas(&parsed, info);
    read_sections(&parsed, info);
    read_verdicts(&image, info);
    ovmf_info_clear(&parsed);
    return true;
}

void firmware_info_clear(FirmwareInfo *info)
{
    fields_clear(&FirmwareInfo_fields, info);
}

bool firmware_info_check(const FirmwareInfo *info, FirmwareUse use, Error **errp)
{
    return !info->verdicts[use].problem || error_setg(errp, "%s", info->verdicts[use].problem);
}

/* ---- described ---- */

char *firmware_info_to_json(const FirmwareInfo *info)
{
    g_autoptr(json_object) json = fields_to_json(&FirmwareInfo_fields, info);

    return g_strconcat(json_object_to_json_string_ext(json, JSON_STYLE), "\n", NULL);
}

static void append_area(GString *text, const char *name, bool has_area, const FirmwareArea *area)
{
    if (has_area && area->gpa && area->size) {
        g_string_append_printf(text, "%s: 0x%x bytes at 0x%x\n", name, area->size, area->gpa);
    } else {
        g_string_append_printf(text, "%s: none\n", name);
    }
}

static void append_table(GString *text, const FirmwareInfo *info)
{
    g_string_append(text, info->n_entries ? "\ntable of GUIDed entries, from its end\n" : "\nno table\n");
    for (size_t i = 0; i < info->n_entries; i++) {
        const FirmwareEntry *entry = &info->entries[i];
        g_string_append_printf(text, "  +0x%06x  %5u bytes  %s  %s\n", entry->offset, entry->size,
                               entry->guid, entry->name ? entry->name : "not known to cgvm");
    }
}

static void append_metadata(GString *text, const FirmwareInfo *info)
{
    if (!info->has_metadata_offset) {
        g_string_append(text, "\nno SEV metadata\n");
        return;
    }
    g_string_append_printf(text, "\nSEV metadata at +0x%06x\n", info->metadata_offset);
    for (size_t i = 0; i < info->n_sections; i++) {
        const FirmwareSection *section = &info->sections[i];
        g_string_append_printf(text, "  0x%09x-0x%09" PRIx64 "  type %2u  %s\n", section->gpa,
                               (uint64_t)section->gpa + section->size - 1, section->type,
                               section->name ? section->name : "not known to cgvm");
    }
}

static void append_verdict(GString *text, const FirmwareVerdict *verdict)
{
    g_string_append_printf(text, "  %-10s  %s", enum_name(&FirmwareUse_lookup, verdict->use),
                           !verdict->usable          ? "no: "
                           : verdict->has_most_vcpus ? "with one vCPU: "
                                                     : "yes");
    g_string_append_printf(text, "%s\n", verdict->problem ? verdict->problem : "");
}

char *firmware_info_to_text(const FirmwareInfo *info)
{
    GString *text = g_string_new(NULL);

    g_string_append_printf(text, "%s: %" PRIu64 " bytes at 0x%" PRIx64 "-0xffffffff\nsha256 %s\n", info->name,
                           info->size, info->gpa, info->sha256);
    append_table(text, info);
    append_metadata(text, info);
    if (info->has_reset_address) {
        g_string_append_printf(text, "\nfurther vCPUs start at 0x%x (SEV-ES reset block)\n",
                               info->reset_address);
    } else {
        g_string_append(text, "\nno place where further vCPUs start\n");
    }
    append_area(text, "kernel hashes", info->has_hashes, &info->hashes);
    append_area(text, "launch secret", info->has_secret, &info->secret);
    if (info->has_least_memory) {
        g_string_append_printf(text, "memory of an SEV-SNP guest: at least %" PRIu64 "M\n",
                               (info->least_memory + MIB - 1) / MIB);
    }
    g_string_append(text, "\nusable for\n");
    for (size_t i = 0; i < info->n_verdicts; i++) {
        append_verdict(text, &info->verdicts[i]);
    }
    return g_string_free(text, FALSE);
}
