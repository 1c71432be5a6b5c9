/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Fuzzes the parser of firmware images: whatever the image, what it yields is what ovmf.h promises.
 */
#include <string.h>
#include "target-i386/firmware-info.h"
#include "target-i386/ovmf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_failure(const OvmfInfo *info, const CgvmError *error)
{
    static const OvmfInfo nothing;

    g_assert_nonnull(error);
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_INVALID);
    g_assert_nonnull(strstr(cgvm_error_message(error), "'image'"));
    g_assert_cmpmem(info, sizeof(*info), &nothing, sizeof(nothing));
}

static void check_section(const OvmfInfo *info, size_t index)
{
    const OvmfSection *section = &info->sections[index];
    const uint64_t end = (uint64_t)section->gpa + section->size;
    const char *name = ovmf_section_name(section->type);

    g_assert_cmpuint(section->gpa % 4096, ==, 0);
    g_assert_cmpuint(section->size % 4096, ==, 0);
    g_assert_cmpuint(section->size, !=, 0);
    g_assert_cmpuint(end, <=, UINT64_C(1) << 32);
    g_assert_true(!name || name[0]);
    for (size_t i = 0; i < index; i++) {
        const OvmfSection *other = &info->sections[i];

        g_assert_true(end <= other->gpa || (uint64_t)other->gpa + other->size <= section->gpa);
    }
}

static void check_success(const OvmfInfo *info, size_t size, const CgvmError *error)
{
    g_assert_null(error);
    g_assert_true(info->has_table || !info->has_metadata);
    g_assert_true(info->has_table || (info->hashes.gpa == 0 && info->secret.gpa == 0));
    g_assert_true(info->has_reset_address || info->reset_address == 0);
    if (info->has_metadata) {
        g_assert_cmpuint(info->metadata_offset + 16 + 12 * info->n_sections, <=, size);
    } else {
        g_assert_cmpuint(info->n_sections, ==, 0);
    }
    for (size_t i = 0; i < info->n_sections; i++) {
        check_section(info, i);
    }
}

/* The same at the end of whole pages, as images come: described if it can be read, else refused. */
static void check_described(const uint8_t *data, size_t size)
{
    size_t room = MAX((size + 4095) / 4096, 1) * 4096;
    g_autofree uint8_t *image = g_malloc0(room);
    g_autoptr(Error) error = NULL;
    g_autofree char *text = NULL;
    g_autofree char *json = NULL;
    FirmwareInfo info;

    memcpy(image + room - size, data, size);
    if (!firmware_info_read(image, room, "image", &info, &error)) {
        g_assert_true(g_str_has_prefix(cgvm_error_message(error), "the firmware 'image'"));
        return;
    }
    text = firmware_info_to_text(&info);
    json = firmware_info_to_json(&info);
    g_assert_true(g_str_has_suffix(text, "\n") && g_str_has_suffix(json, "}\n"));
    for (int use = 0; use < FIRMWARE_USE__COUNT; use++) {
        g_assert_true(firmware_info_check(&info, use, NULL) || info.verdicts[use].problem);
    }
    firmware_info_clear(&info);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(Error) error = NULL;
    OvmfInfo info;

    if (size > 0) {
        check_described(data, size);
    }

    if (ovmf_parse(data, size, "image", &info, &error)) {
        check_success(&info, size, error);
    } else {
        check_failure(&info, error);
    }
    ovmf_info_clear(&info);
    g_assert_null(info.sections);
    g_assert_null(info.entries);
    return 0;
}
