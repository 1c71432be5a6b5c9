/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the rules for firmware images, word for word, and of what describes them.
 */
#include <glib.h>
#include "target-i386/firmware-fit.h"
#include "target-i386/firmware-info.h"
#include "tests/unit/ovmf-image.h"

#define AMDSEV  "; for kernel hashes use OVMF.amdsev.fd of Debian's package ovmf-amdsev (from forky on)"
#define PACKAGE "OVMF.fd of Debian's package ovmf"

static const uint8_t code[16] = { 0x90 };

static OvmfSection section = { 0x810000, 0x1000, OVMF_SECTION_KERNEL_HASHES };
static const OvmfSection page = { 0x810000, 0x1000, OVMF_SECTION_KERNEL_HASHES };

static void assert_message(bool fits, Error *error, const char *expected)
{
    g_assert_cmpint(fits, ==, expected == NULL);
    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, expected);
    cgvm_error_free(error);
}

static void test_size(void)
{
    static const struct {
        uint64_t size;
        const char *message;
    } cases[] = {
        { 4096, NULL },
        { 16 << 20, NULL },
        { 0, "the firmware 'x' has 0 bytes; an image has a multiple of 4096 bytes, at most 16 MiB" },
        { 4097, "the firmware 'x' has 4097 bytes; an image has a multiple of 4096 bytes, at most 16 MiB" },
        { (16 << 20) + 4096,
          "the firmware 'x' has 16781312 bytes; an image has a multiple of 4096 bytes, at most 16 MiB" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        Error *error = NULL;
        bool fits = firmware_fit_size("x", cases[i].size, &error);

        assert_message(fits, error, cases[i].message);
    }
}

/* What a rule says about an image of 4096 bytes with @info. */
static void check(bool (*rule)(const FirmwareImage *, Error **), const OvmfInfo *info, const char *message)
{
    g_autofree uint8_t *data = g_malloc0(4096);
    const FirmwareImage image = { .name = "x", .data = data, .size = 4096, .info = info };
    Error *error = NULL;
    bool fits = rule(&image, &error);

    assert_message(fits, error, message);
}

static bool fit_two_vcpus(const FirmwareImage *image, Error **errp)
{
    return firmware_fit_vcpus(image, 2, errp);
}

static bool fit_hashes(const FirmwareImage *image, Error **errp)
{
    return firmware_fit_hashes(image, 16, errp);
}

static void test_start(void)
{
    g_autofree uint8_t *data = g_malloc(4096);
    const FirmwareImage image = { .name = "x", .data = data, .size = 4096 };
    Error *error = NULL;
    bool fits;

    memset(data, 0xff, 4096);
    fits = firmware_fit_start(&image, &error);
    assert_message(fits, error,
                   "the firmware 'x' has no code where a vCPU starts (its last 16 bytes are all 0xff), as a "
                   "store for variables (OVMF_VARS) has none; use " PACKAGE);
    memcpy(data + 4096 - sizeof(code), code, sizeof(code));
    g_assert_true(firmware_fit_start(&image, NULL));
}

static void test_vcpus(void)
{
    const OvmfInfo without = { .has_table = true }, with = { .has_reset_address = true };
    const FirmwareImage image = { .name = "x", .info = &without };

    check(fit_two_vcpus, &with, NULL);
    check(fit_two_vcpus, &without,
          "the firmware 'x' does not say where further vCPUs start (SEV-ES reset block); use -smp 1");
    g_assert_true(firmware_fit_vcpus(&image, 1, NULL));
}

static void check_section(uint32_t gpa, uint32_t size, uint32_t type, const char *message)
{
    const OvmfInfo info = { .has_metadata = true, .sections = &section, .n_sections = 1 };

    section = (OvmfSection){ .gpa = gpa, .size = size, .type = type };
    check(firmware_fit_snp, &info, message);
}

static void test_snp(void)
{
    const OvmfInfo nothing = { .has_table = true };

    check(firmware_fit_snp, &nothing,
          "the firmware 'x' has no SEV metadata, so it cannot start an SNP guest; use " PACKAGE
          ", not one of the split OVMF_CODE images without it");
    check_section(0x800000, 0x2000, OVMF_SECTION_SEC_MEMORY, NULL);
    check_section(0xbffff000, 0x1000, OVMF_SECTION_SVSM_CAA, NULL);
    check_section(0x800000, 0x1000, OVMF_SECTION_SECRETS, NULL);
    check_section(0x800000, 0x1000, OVMF_SECTION_CPUID, NULL);
    check_section(
        0x800000, 0x1000, 5,
        "the firmware 'x' asks for a section of type 5 at 0x800000, which this version of cgvm does "
        "not know; use another image or a newer version");
    check_section(0x800000, 0x2000, OVMF_SECTION_SECRETS,
                  "the firmware 'x' asks for an SNP secrets page of 8192 bytes at 0x800000; there can only "
                  "be one page of 4096");
    check_section(
        0xbffff000, 0x2000, OVMF_SECTION_SEC_MEMORY,
        "the firmware 'x' asks for the section 0xbffff000-0xc0000fff (memory of the SEC phase), but "
        "RAM below 4 GiB ends at 0xc0000000: no guest has memory for 0xbffff000; use another "
        "image");
    check_section(0xffffe000, 0x2000, OVMF_SECTION_SEC_MEMORY,
                  "the firmware 'x' asks for the section 0xffffe000-0xffffffff (memory of the SEC phase), "
                  "which overlaps the image itself at 0xfffff000; each page can be launched only once: use "
                  "another image");
}

static void check_area(uint32_t gpa, uint32_t size, const char *message)
{
    const OvmfInfo info = { .has_hashes = true, .hashes = { gpa, size } };

    check(fit_hashes, &info, message);
}

static void test_hashes(void)
{
    const OvmfInfo nothing = { .has_table = true };

    check(fit_hashes, &nothing, "the firmware 'x' has no area for kernel hashes in its table" AMDSEV);
    check_area(0x810c00, 0x400, NULL);
    check_area(0x810c00, 176, NULL);
    check_area(0, 0x400,
               "the firmware 'x' has an area of 0x400 bytes at 0x0 for kernel hashes, whose table takes "
               "0xb0" AMDSEV);
    check_area(0x810c00, 175,
               "the firmware 'x' has an area of 0xaf bytes at 0x810c00 for kernel hashes, whose table takes "
               "0xb0" AMDSEV);
    check_area(
        0x810c08, 0x100,
        "the firmware 'x' has its area for kernel hashes at 0x810c08, which is no multiple of 16" AMDSEV);
    check_area(0xffffef80, 0x100,
               "the firmware 'x' has its area for kernel hashes, 0x100 bytes at 0xffffef80, not below itself "
               "(0xfffff000)" AMDSEV);
    check_area(
        0xbfffff80, 0x100,
        "the firmware 'x' has its area for kernel hashes, 0x100 bytes at 0xbfffff80, where no guest has "
        "memory: RAM below 4 GiB ends at 0xc0000000" AMDSEV);
}

static void check_pages(uint32_t area, const OvmfSection *sections, size_t n_sections, const char *message)
{
    const OvmfInfo info = {
        .has_metadata = true,
        .hashes = { area, 0x400 },
        .sections = (OvmfSection *)sections,
        .n_sections = n_sections,
    };

    check(firmware_fit_hashes_page, &info, message);
}

static void test_hashes_page(void)
{
    const OvmfSection two[] = { page, { 0x820000, 0x1000, OVMF_SECTION_KERNEL_HASHES } };
    const OvmfSection large = { 0x810000, 0x2000, OVMF_SECTION_KERNEL_HASHES };
    const OvmfSection other = { 0x810000, 0x1000, OVMF_SECTION_SEC_MEMORY };

    check_pages(0x810c00, &page, 1, NULL);
    check_pages(0x810000, &page, 1, NULL);
    check_pages(0x810f50, &page, 1, NULL);
    check_pages(0x810c00, &other, 1,
                "the firmware 'x' has no page for kernel hashes in its SEV metadata (a section of type "
                "16)" AMDSEV);
    check_pages(0x810c00, two, 2,
                "the firmware 'x' has two pages for kernel hashes, at 0x810000 and 0x820000" AMDSEV);
    check_pages(0x810c00, &large, 1,
                "the firmware 'x' has a section of 0x2000 bytes at 0x810000 for kernel hashes instead of a "
                "page" AMDSEV);
    check_pages(0x810f51, &page, 1,
                "the firmware 'x' has its area for kernel hashes at 0x810f51, and their table does not fit "
                "the page at 0x810000" AMDSEV);
    check_pages(0x80ffff, &page, 1,
                "the firmware 'x' has its area for kernel hashes at 0x80ffff, and their table does not fit "
                "the page at 0x810000" AMDSEV);
}

/* ---- described ---- */

static void assert_verdict(const FirmwareInfo *info, FirmwareUse use, bool usable, uint32_t most_vcpus)
{
    const FirmwareVerdict *verdict = &info->verdicts[use];

    g_assert_cmpint(verdict->use, ==, use);
    g_assert_cmpint(verdict->usable, ==, usable);
    g_assert_cmpint(verdict->has_most_vcpus, ==, most_vcpus > 0);
    g_assert_cmpint(verdict->most_vcpus, ==, most_vcpus);
    g_assert_cmpint(verdict->problem == NULL, ==, usable && !most_vcpus);
    g_assert_cmpint(firmware_info_check(info, use, NULL), ==, usable && !most_vcpus);
}

static void read_builder(const Builder *builder, FirmwareInfo *info)
{
    g_autofree uint8_t *data = g_malloc0(4096);
    g_autoptr(Error) error = NULL;
    bool done;

    memcpy(data + 4096 - IMAGE_SIZE, builder->bytes, IMAGE_SIZE);
    done = firmware_info_read(data, 4096, "x", info, &error);
    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
    g_assert_true(done);
}

static void test_info(void)
{
    g_autofree char *text = NULL;
    g_autofree char *json = NULL;
    FirmwareInfo info;
    Builder builder;

    builder_init_typical(&builder);
    builder_entry1(&builder, UNKNOWN_GUID, 7);
    read_builder(&builder, &info);
    g_assert_cmpuint(info.gpa, ==, 0xfffff000);
    g_assert_cmpuint(info.n_entries, ==, 3);
    g_assert_cmpstr(info.entries[0].guid, ==, RESET_BLOCK_GUID);
    g_assert_cmpstr(info.entries[0].name, ==, "SEV-ES reset block");
    g_assert_cmpstr(info.entries[2].guid, ==, UNKNOWN_GUID);
    g_assert_null(info.entries[2].name);
    g_assert_cmpuint(info.n_sections, ==, 5);
    g_assert_cmpuint(info.least_memory, ==, 0x820000);
    g_assert_false(info.has_hashes);
    assert_verdict(&info, FIRMWARE_USE_SEV, true, 0);
    assert_verdict(&info, FIRMWARE_USE_SEV_ES, true, 0);
    assert_verdict(&info, FIRMWARE_USE_SNP, true, 0);
    assert_verdict(&info, FIRMWARE_USE_SNP_HASHES, false, 0);
    text = firmware_info_to_text(&info);
    json = firmware_info_to_json(&info);
    g_assert_nonnull(strstr(text, "  " UNKNOWN_GUID "  not known to cgvm\n"));
    g_assert_nonnull(strstr(text, "\nmemory of an SEV-SNP guest: at least 9M\n"));
    g_assert_nonnull(strstr(json, "\"least-memory\": 8519680,"));
    firmware_info_clear(&info);
    g_assert_null(info.entries);
}

static void test_info_without_table(void)
{
    FirmwareInfo info;
    Builder builder;

    builder_init(&builder);
    memset(builder.bytes, 0x90, sizeof(builder.bytes));
    read_builder(&builder, &info);
    assert_verdict(&info, FIRMWARE_USE_SEV, true, 0);
    assert_verdict(&info, FIRMWARE_USE_SEV_ES, true, 1);
    assert_verdict(&info, FIRMWARE_USE_SNP, false, 0);
    g_assert_false(info.has_least_memory);
    firmware_info_clear(&info);
}

static void test_info_refused(void)
{
    g_autofree uint8_t *data = g_malloc0(4096);
    g_autoptr(Error) size = NULL, table = NULL;
    FirmwareInfo info;
    Builder builder;

    g_assert_false(firmware_info_read(data, 100, "x", &info, &size));
    g_assert_cmpstr(cgvm_error_message(size), ==,
                    "the firmware 'x' has 100 bytes; an image has a multiple of 4096 bytes, at most 16 MiB");
    builder_init(&builder);
    put16(&builder, FOOTER, 17);
    memcpy(data + 4096 - IMAGE_SIZE, builder.bytes, IMAGE_SIZE);
    g_assert_false(firmware_info_read(data, 4096, "x", &info, &table));
    g_assert_cmpstr(cgvm_error_message(table), ==,
                    "the firmware 'x': the table of GUIDed entries claims a length of 17 bytes at offset "
                    "0xfce; it must be from 18 to the 4064 up to its end");
    g_assert_null(info.name);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/firmware-fit/size", test_size);
    g_test_add_func("/firmware-fit/start", test_start);
    g_test_add_func("/firmware-fit/vcpus", test_vcpus);
    g_test_add_func("/firmware-fit/snp", test_snp);
    g_test_add_func("/firmware-fit/hashes", test_hashes);
    g_test_add_func("/firmware-fit/hashes-page", test_hashes_page);
    g_test_add_func("/firmware-info/typical", test_info);
    g_test_add_func("/firmware-info/without-table", test_info_without_table);
    g_test_add_func("/firmware-info/refused", test_info_refused);
    return g_test_run();
}
