/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Reads OVMF's table of GUIDed entries and its SEV metadata.
 */
#include <stdlib.h>
#include <string.h>
#include "target-i386/guid.h"
#include "target-i386/ovmf.h"

#define GUEST_PAGE_SIZE      4096
#define GIB                  (UINT64_C(1) << 30)

#define ENTRY_HEADER_SIZE    (2 + GUID_SIZE) /* length and GUID; an entry's data lies before them */
#define AFTER_TABLE          32              /* the reset vector */

#define METADATA_HEADER_SIZE 16
#define METADATA_VERSION     1
#define SECTION_SIZE         12

static const uint8_t table_guid[GUID_SIZE] =
    GUID(0x96b582de, 0x1fb2, 0x45f7, 0xba, 0xea, 0xa3, 0x66, 0xc5, 0x5a, 0x08, 0x2d);

typedef enum KnownEntry {
    ENTRY_RESET_BLOCK,
    ENTRY_HASHES,
    ENTRY_METADATA,
    ENTRY_SECRET,
    ENTRY__COUNT
} KnownEntry;

static const struct {
    const char *name;
    uint8_t guid[GUID_SIZE];
    uint8_t data_size;
} known_entries[ENTRY__COUNT] = {
    [ENTRY_RESET_BLOCK] = {
        "SEV-ES reset block",
        GUID(0x00f771de, 0x1a7e, 0x4fcb, 0x89, 0x0e, 0x68, 0xc7, 0x7e, 0x2f, 0xb4, 0x4e),
        4,
    },
    [ENTRY_HASHES] = {
        "kernel hashes area",
        GUID(0x7255371f, 0x3a3b, 0x4b04, 0x92, 0x7b, 0x1d, 0xa6, 0xef, 0xa8, 0xd4, 0x54),
        8,
    },
    [ENTRY_METADATA] = {
        "SEV metadata offset",
        GUID(0xdc886566, 0x984a, 0x4798, 0xa7, 0x5e, 0x55, 0x85, 0xa7, 0xbf, 0x67, 0xcc),
        4,
    },
    [ENTRY_SECRET] = {
        "launch secret area",
        GUID(0x4c2eb361, 0x7d9b, 0x4cc3, 0x80, 0x81, 0x12, 0x7c, 0x90, 0xd3, 0xd2, 0x94),
        8,
    },
};

/* Entries that only have a name here. */
static const struct {
    const char *name;
    uint8_t guid[GUID_SIZE];
} named_entries[] = {
    { "SVSM info", GUID(0xa789a612, 0x0597, 0x4c4b, 0xa4, 0x9f, 0xcb, 0xb1, 0xfe, 0x9d, 0x1d, 0xdd) },
    { "TDX metadata offset",
      GUID(0xe47a6535, 0x984a, 0x4798, 0x86, 0x5e, 0x46, 0x85, 0xa7, 0xbf, 0x8e, 0xc2) },
};

typedef struct Image {
    const uint8_t *data;
    size_t size;
    const char *name;
    const uint8_t *found[ENTRY__COUNT]; /* data of the known entries, or NULL */
    GArray *entries;                    /* of OvmfEntry: all of them */
} Image;

static uint16_t read_le16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static uint32_t read_le32(const uint8_t *bytes)
{
    return read_le16(bytes) | (uint32_t)read_le16(bytes + 2) << 16;
}

static bool entry_remember(Image *image, size_t header, size_t data_size, Error **errp)
{
    const uint8_t *guid = image->data + header + 2;
    OvmfEntry entry = { .offset = (uint32_t)(header - data_size), .size = (uint32_t)data_size };

    memcpy(entry.guid, guid, GUID_SIZE);
    g_array_append_val(image->entries, entry);
    for (int i = 0; i < ENTRY__COUNT; i++) {
        if (memcmp(guid, known_entries[i].guid, GUID_SIZE) != 0) {
            continue;
        }
        if (data_size != known_entries[i].data_size) {
            return error_setg(
                errp, "'%s': the table entry at offset 0x%zx (%s) holds %zu bytes instead of %u", image->name,
                header, known_entries[i].name, data_size, known_entries[i].data_size);
        }
        /* Of two alike the last counts, as for QEMU. */
        if (!image->found[i]) {
            image->found[i] = image->data + header - data_size;
        }
        return true;
    }
    return true;
}

/* Reads the entry that ends at @p *end, no earlier than @p start, and moves @p *end to where it starts. */
static bool entry_read(Image *image, size_t start, size_t *end, Error **errp)
{
    size_t room = *end - start;
    size_t header;
    size_t length;

    if (room < ENTRY_HEADER_SIZE) {
        return error_setg(errp,
                          "'%s': the table of GUIDed entries has a rest of length %zu at offset 0x%zx, too "
                          "short for an entry",
                          image->name, room, start);
    }
    header = *end - ENTRY_HEADER_SIZE;
    length = read_le16(image->data + header);
    if (length < ENTRY_HEADER_SIZE || length > room) {
        return error_setg(errp,
                          "'%s': the table entry at offset 0x%zx claims a length of %zu bytes; it must be "
                          "from %d to the %zu that are left of the table",
                          image->name, header, length, ENTRY_HEADER_SIZE, room);
    }
    *end -= length;
    return entry_remember(image, header, length - ENTRY_HEADER_SIZE, errp);
}

static bool table_read(Image *image, size_t end, Error **errp)
{
    size_t footer = end - ENTRY_HEADER_SIZE;
    size_t length = read_le16(image->data + footer);
    size_t start;

    if (length < ENTRY_HEADER_SIZE || length > end) {
        return error_setg(errp,
                          "'%s': the table of GUIDed entries claims a length of %zu bytes at offset 0x%zx; "
                          "it must be from %d to the %zu up to its end",
                          image->name, length, footer, ENTRY_HEADER_SIZE, end);
    }
    start = end - length;
    end = footer;
    while (end > start) {
        if (!entry_read(image, start, &end, errp)) {
            return false;
        }
    }
    return true;
}

static bool entries_read(Image *image, OvmfInfo *info, Error **errp)
{
    const uint8_t *guid;
    size_t end;

    if (image->size < AFTER_TABLE + ENTRY_HEADER_SIZE) {
        return true;
    }
    end = image->size - AFTER_TABLE;
    guid = image->data + end - GUID_SIZE;
    if (memcmp(guid, table_guid, GUID_SIZE) == 0) {
        info->has_table = true;
        return table_read(image, end, errp);
    }
    /* The first images for SEV-ES had no table but the reset block alone in its place. */
    if (memcmp(guid, known_entries[ENTRY_RESET_BLOCK].guid, GUID_SIZE) == 0) {
        return entry_read(image, 0, &end, errp);
    }
    return true;
}

static bool section_read(const Image *image, size_t offset, OvmfSection *section, Error **errp)
{
    const uint8_t *bytes = image->data + offset;

    section->gpa = read_le32(bytes);
    section->size = read_le32(bytes + 4);
    section->type = read_le32(bytes + 8);
    if (section->size == 0) {
        return error_setg(errp, "'%s': the SEV metadata section at offset 0x%zx is empty", image->name,
                          offset);
    }
    if (section->gpa % GUEST_PAGE_SIZE || section->size % GUEST_PAGE_SIZE) {
        return error_setg(errp,
                          "'%s': the SEV metadata section at offset 0x%zx covers 0x%x bytes from guest "
                          "address 0x%x; both must be multiples of 4096",
                          image->name, offset, section->size, section->gpa);
    }
    if ((uint64_t)section->gpa + section->size > 4 * GIB) {
        return error_setg(errp,
                          "'%s': the SEV metadata section at offset 0x%zx covers 0x%x bytes from guest "
                          "address 0x%x, which goes beyond 4 GiB",
                          image->name, offset, section->size, section->gpa);
    }
    return true;
}

static int compare_sections(const void *left, const void *right)
{
    const OvmfSection *a = *(const OvmfSection *const *)left;
    const OvmfSection *b = *(const OvmfSection *const *)right;

    return a->gpa < b->gpa ? -1 : a->gpa > b->gpa;
}

static size_t section_offset(const OvmfInfo *info, const OvmfSection *section)
{
    return info->metadata_offset + METADATA_HEADER_SIZE + (size_t)(section - info->sections) * SECTION_SIZE;
}

static bool sections_check_overlap(const Image *image, const OvmfInfo *info, Error **errp)
{
    g_autofree const OvmfSection **sorted = g_new(const OvmfSection *, info->n_sections);

    for (size_t i = 0; i < info->n_sections; i++) {
        sorted[i] = &info->sections[i];
    }
    qsort(sorted, info->n_sections, sizeof(sorted[0]), compare_sections);
    for (size_t i = 1; i < info->n_sections; i++) {
        const OvmfSection *a = sorted[i - 1];
        const OvmfSection *b = sorted[i];

        if (b->gpa - a->gpa < a->size) {
            size_t first = section_offset(info, MIN(a, b));
            size_t second = section_offset(info, MAX(a, b));

            return error_setg(
                errp,
                "'%s': the SEV metadata sections at offsets 0x%zx and 0x%zx overlap at guest address 0x%x",
                image->name, first, second, b->gpa);
        }
    }
    return true;
}

static bool sections_read(const Image *image, OvmfInfo *info, Error **errp)
{
    info->sections = g_new(OvmfSection, info->n_sections);
    for (size_t i = 0; i < info->n_sections; i++) {
        size_t offset = section_offset(info, &info->sections[i]);

        if (!section_read(image, offset, &info->sections[i], errp)) {
            return false;
        }
    }
    return sections_check_overlap(image, info, errp);
}

static bool metadata_read(const Image *image, OvmfInfo *info, Error **errp)
{
    const uint8_t *entry = image->found[ENTRY_METADATA];
    uint32_t from_end = read_le32(entry);
    const uint8_t *header;
    uint32_t version;
    uint32_t length;
    uint32_t count;
    uint32_t fit;

    if (from_end < METADATA_HEADER_SIZE || from_end > image->size) {
        return error_setg(errp,
                          "'%s': the table at offset 0x%zx places the SEV metadata %u bytes before the end; "
                          "it must be from %d to the %zu of the file",
                          image->name, (size_t)(entry - image->data), from_end, METADATA_HEADER_SIZE,
                          image->size);
    }
    header = image->data + image->size - from_end;
    version = read_le32(header + 8);
    length = read_le32(header + 4);
    count = read_le32(header + 12);
    info->has_metadata = true;
    info->metadata_offset = (uint32_t)(image->size - from_end);

    if (memcmp(header, "ASEV", 4) != 0) {
        return error_setg(
            errp, "'%s': the SEV metadata at offset 0x%x starts with %02x %02x %02x %02x instead of 'ASEV'",
            image->name, info->metadata_offset, header[0], header[1], header[2], header[3]);
    }
    if (version != METADATA_VERSION) {
        return error_setg(errp,
                          "'%s': the SEV metadata at offset 0x%x has version %u; only version %d is known",
                          image->name, info->metadata_offset, version, METADATA_VERSION);
    }
    if (length < METADATA_HEADER_SIZE || length > from_end) {
        return error_setg(errp,
                          "'%s': the SEV metadata at offset 0x%x claims a length of %u bytes; it must be "
                          "from %d to the %u that are left of the file",
                          image->name, info->metadata_offset, length, METADATA_HEADER_SIZE, from_end);
    }
    fit = (length - METADATA_HEADER_SIZE) / SECTION_SIZE;
    if (count > fit) {
        return error_setg(errp,
                          "'%s': the SEV metadata at offset 0x%x claims %u sections, but only %u fit its "
                          "length of %u bytes",
                          image->name, info->metadata_offset, count, fit, length);
    }
    info->n_sections = count;
    return count == 0 || sections_read(image, info, errp);
}

static OvmfArea area_read(const uint8_t *data)
{
    return (OvmfArea){ .gpa = read_le32(data), .size = read_le32(data + 4) };
}

static bool image_read(Image *image, OvmfInfo *info, Error **errp)
{
    if (image->size > 4 * GIB) {
        return error_setg(errp, "'%s' is %zu bytes long and does not fit below 4 GiB", image->name,
                          image->size);
    }
    if (!entries_read(image, info, errp)) {
        return false;
    }
    if (image->found[ENTRY_RESET_BLOCK]) {
        info->has_reset_address = true;
        info->reset_address = read_le32(image->found[ENTRY_RESET_BLOCK]);
    }
    if (image->found[ENTRY_HASHES]) {
        info->has_hashes = true;
        info->hashes = area_read(image->found[ENTRY_HASHES]);
    }
    if (image->found[ENTRY_SECRET]) {
        info->has_secret = true;
        info->secret = area_read(image->found[ENTRY_SECRET]);
    }
    return !image->found[ENTRY_METADATA] || metadata_read(image, info, errp);
}

bool ovmf_parse(const uint8_t *data, size_t size, const char *name, OvmfInfo *info, Error **errp)
{
    g_autoptr(GArray) entries = g_array_new(FALSE, FALSE, sizeof(OvmfEntry));
    Image image = { .data = data, .size = size, .name = name, .entries = entries };

    memset(info, 0, sizeof(*info));
    if (!image_read(&image, info, errp)) {
        ovmf_info_clear(info);
        return false;
    }
    info->n_entries = entries->len;
    info->entries = (OvmfEntry *)g_array_free(g_steal_pointer(&entries), entries->len == 0);
    return true;
}

void ovmf_info_clear(OvmfInfo *info)
{
    g_free(info->sections);
    g_free(info->entries);
    memset(info, 0, sizeof(*info));
}

const char *ovmf_section_name(uint32_t type)
{
    switch (type) {
    case OVMF_SECTION_SEC_MEMORY:
        return "memory of the SEC phase";
    case OVMF_SECTION_SECRETS:
        return "SNP secrets page";
    case OVMF_SECTION_CPUID:
        return "SNP CPUID page";
    case OVMF_SECTION_SVSM_CAA:
        return "SVSM calling area";
    case OVMF_SECTION_KERNEL_HASHES:
        return "kernel hashes page";
    default:
        return NULL;
    }
}

const char *ovmf_entry_name(const uint8_t guid[GUID_SIZE])
{
    for (size_t i = 0; i < G_N_ELEMENTS(known_entries); i++) {
        if (memcmp(guid, known_entries[i].guid, GUID_SIZE) == 0) {
            return known_entries[i].name;
        }
    }
    for (size_t i = 0; i < G_N_ELEMENTS(named_entries); i++) {
        if (memcmp(guid, named_entries[i].guid, GUID_SIZE) == 0) {
            return named_entries[i].name;
        }
    }
    return NULL;
}
