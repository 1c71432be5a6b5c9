/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Which firmware images fit which guests.
 */
#include "target-i386/firmware-fit.h"
#include <glib.h>
#include <inttypes.h>

#define GUEST_PAGE_SIZE   4096
#define FOUR_GIB          (UINT64_C(4) << 30)
#define RESET_VECTOR_SIZE 16

/* Where the RAM of all machines below 4 GiB ends at the latest. */
#define RAM_END        UINT64_C(0xc0000000)

#define OVMF_PACKAGE   "OVMF.fd of Debian's package ovmf"
#define AMDSEV_PACKAGE "OVMF.amdsev.fd of Debian's package ovmf-amdsev (from forky on)"

uint64_t firmware_gpa(const FirmwareImage *image)
{
    return FOUR_GIB - image->size;
}

bool firmware_fit_size(const char *path, uint64_t size, Error **errp)
{
    return (size > 0 && size % FIRMWARE_GRANULE == 0 && size <= FIRMWARE_LARGEST) ||
           error_setg(errp, "the firmware '%s' has %" PRIu64 " bytes; " FIRMWARE_SIZES, path, size);
}

bool firmware_fit_start(const FirmwareImage *image, Error **errp)
{
    const uint8_t *vector = image->data + image->size - RESET_VECTOR_SIZE;

    for (size_t i = 0; i < RESET_VECTOR_SIZE; i++) {
        if (vector[i] != 0xff) {
            return true;
        }
    }
    return error_setg(errp,
                      "the firmware '%s' has no code where a vCPU starts (its last 16 bytes are all 0xff), "
                      "as a store for variables (OVMF_VARS) has none; use " OVMF_PACKAGE,
                      image->name);
}

bool firmware_fit_vcpus(const FirmwareImage *image, unsigned n_vcpus, Error **errp)
{
    return n_vcpus <= 1 || image->info->has_reset_address ||
           error_setg(errp,
                      "the firmware '%s' does not say where further vCPUs start (SEV-ES reset block); use "
                      "-smp 1",
                      image->name);
}

static bool is_known(uint32_t type)
{
    return ovmf_section_name(type) != NULL;
}

static bool section_fit(const FirmwareImage *image, const OvmfSection *section, Error **errp)
{
    const uint64_t end = (uint64_t)section->gpa + section->size;

    if (!is_known(section->type)) {
        return error_set(errp, CGVM_ERROR_UNSUPPORTED,
                         "the firmware '%s' asks for a section of type %u at 0x%x, which this version of "
                         "cgvm does not know; use another image or a newer version",
                         image->name, section->type, section->gpa);
    }
    if ((section->type == OVMF_SECTION_SECRETS || section->type == OVMF_SECTION_CPUID) &&
        section->size != GUEST_PAGE_SIZE) {
        return error_setg(
            errp, "the firmware '%s' asks for an %s of %u bytes at 0x%x; there can only be one page of 4096",
            image->name, ovmf_section_name(section->type), section->size, section->gpa);
    }
    if (end > firmware_gpa(image)) {
        return error_setg(errp,
                          "the firmware '%s' asks for the section 0x%x-0x%" PRIx64
                          " (%s), which overlaps the image itself at 0x%" PRIx64
                          "; each page can be launched only once: use another image",
                          image->name, section->gpa, end - 1, ovmf_section_name(section->type),
                          firmware_gpa(image));
    }
    if (end > RAM_END) {
        return error_setg(errp,
                          "the firmware '%s' asks for the section 0x%x-0x%" PRIx64
                          " (%s), but RAM below 4 GiB ends at 0x%" PRIx64 ": no guest has "
                          "memory for 0x%x; use another image",
                          image->name, section->gpa, end - 1, ovmf_section_name(section->type), RAM_END,
                          section->gpa);
    }
    return true;
}

bool firmware_fit_snp(const FirmwareImage *image, Error **errp)
{
    const OvmfInfo *info = image->info;

    if (!info->has_metadata) {
        return error_setg(errp,
                          "the firmware '%s' has no SEV metadata, so it cannot start an SNP guest; use "
                          "" OVMF_PACKAGE ", not one of the split OVMF_CODE images without it",
                          image->name);
    }
    for (size_t i = 0; i < info->n_sections; i++) {
        if (!section_fit(image, &info->sections[i], errp)) {
            return false;
        }
    }
    return true;
}

/* What is wrong with the place for hashes, and what to do about it. */
static bool refuse_hashes(const FirmwareImage *image, Error **errp, const char *format, ...)
    G_GNUC_PRINTF(3, 4) G_GNUC_WARN_UNUSED_RESULT;
static bool refuse_hashes(const FirmwareImage *image, Error **errp, const char *format, ...)
{
    g_autofree char *problem = NULL;
    va_list ap;

    va_start(ap, format);
    problem = g_strdup_vprintf(format, ap);
    va_end(ap);
    return error_setg(errp, "the firmware '%s' %s; for kernel hashes use " AMDSEV_PACKAGE, image->name,
                      problem);
}

bool firmware_fit_hashes(const FirmwareImage *image, uint32_t alignment, Error **errp)
{
    const OvmfArea *area = &image->info->hashes;

    if (!image->info->has_hashes) {
        return refuse_hashes(image, errp, "has no area for kernel hashes in its table");
    }
    if (!area->gpa || area->size < FIRMWARE_HASHES_SIZE) {
        return refuse_hashes(image, errp,
                             "has an area of 0x%x bytes at 0x%x for kernel hashes, whose table takes 0x%x",
                             area->size, area->gpa, FIRMWARE_HASHES_SIZE);
    }
    if (area->gpa % alignment) {
        return refuse_hashes(image, errp,
                             "has its area for kernel hashes at 0x%x, which is no multiple of %u", area->gpa,
                             alignment);
    }
    if ((uint64_t)area->gpa + area->size > firmware_gpa(image)) {
        return refuse_hashes(
            image, errp,
            "has its area for kernel hashes, 0x%x bytes at 0x%x, not below itself (0x%" PRIx64 ")",
            area->size, area->gpa, firmware_gpa(image));
    }
    return (uint64_t)area->gpa + area->size <= RAM_END ||
           refuse_hashes(image, errp,
                         "has its area for kernel hashes, 0x%x bytes at 0x%x, where no guest has memory: RAM "
                         "below 4 GiB ends at 0x%" PRIx64,
                         area->size, area->gpa, RAM_END);
}

bool firmware_fit_hashes_page(const FirmwareImage *image, Error **errp)
{
    const OvmfInfo *info = image->info;
    const OvmfSection *page = NULL;

    for (size_t i = 0; i < info->n_sections; i++) {
        const OvmfSection *section = &info->sections[i];

        if (section->type != OVMF_SECTION_KERNEL_HASHES) {
            continue;
        }
        if (page) {
            return refuse_hashes(image, errp, "has two pages for kernel hashes, at 0x%x and 0x%x", page->gpa,
                                 section->gpa);
        }
        page = section;
    }
    if (!page) {
        return refuse_hashes(image, errp,
                             "has no page for kernel hashes in its SEV metadata (a section of type 16)");
    }
    if (page->size != GUEST_PAGE_SIZE) {
        return refuse_hashes(image, errp,
                             "has a section of 0x%x bytes at 0x%x for kernel hashes instead of a page",
                             page->size, page->gpa);
    }
    /* Unsigned: an area before the page is far beyond it. */
    return (uint64_t)info->hashes.gpa - page->gpa <= GUEST_PAGE_SIZE - FIRMWARE_HASHES_SIZE ||
           refuse_hashes(image, errp,
                         "has its area for kernel hashes at 0x%x, and their table does not fit the page at "
                         "0x%x",
                         info->hashes.gpa, page->gpa);
}
