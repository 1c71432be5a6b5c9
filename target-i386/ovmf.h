/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * What a firmware image says about itself: OVMF's table of GUIDed entries and its SEV metadata.
 *
 * The table lies at the end of an image (edk2, OvmfPkg/ResetVector/Ia16/ResetVectorVtf0.asm) and tells a VMM
 * where vCPUs start, where hashes and secrets go, and which pages a launch has to provide. Any image may be
 * given; all lengths and offsets are checked.
 */
#ifndef TARGET_I386_OVMF_H
#define TARGET_I386_OVMF_H

#include <stdint.h>
#include "qapi/error.h"
#include "target-i386/guid.h"

/* OvmfSection.type */
enum {
    OVMF_SECTION_SEC_MEMORY = 1,      /* RAM that the firmware uses before it validates any itself */
    OVMF_SECTION_SECRETS = 2,         /* SNP secrets page */
    OVMF_SECTION_CPUID = 3,           /* SNP CPUID page */
    OVMF_SECTION_SVSM_CAA = 4,        /* calling area of an SVSM */
    OVMF_SECTION_KERNEL_HASHES = 0x10 /* page with the table of kernel hashes */
};

/** One item of the SEV metadata: guest memory that an SNP launch has to provide. */
typedef struct OvmfSection {
    uint32_t gpa;  /* page aligned */
    uint32_t size; /* bytes, a multiple of 4096 and not 0 */
    uint32_t type; /* OVMF_SECTION_*, or one that this version does not know */
} OvmfSection;

/** An area of guest memory that a table entry names. */
typedef struct OvmfArea {
    uint32_t gpa;  /* 0: the firmware has none */
    uint32_t size; /* bytes */
} OvmfArea;

/** An entry of the table, whatever it is. */
typedef struct OvmfEntry {
    uint8_t guid[GUID_SIZE];
    uint32_t offset; /* of its data from the start of the image */
    uint32_t size;   /* bytes of data */
} OvmfEntry;

typedef struct OvmfInfo {
    bool has_table;         /* the image ends in a table of GUIDed entries */
    bool has_reset_address; /* of the SEV-ES reset block, where APs start */
    uint32_t reset_address;
    bool has_hashes;          /* the table has an entry for the next */
    OvmfArea hashes;          /* for the table of kernel hashes */
    bool has_secret;          /* the table has an entry for the next */
    OvmfArea secret;          /* for a launch secret (SEV, SEV-ES) */
    bool has_metadata;        /* SEV metadata: without it no SNP launch is possible */
    uint32_t metadata_offset; /* of the metadata header from the start of the image */
    OvmfSection *sections;    /* in the order of the image, which is launch order; owned */
    size_t n_sections;
    OvmfEntry *entries; /* from the end of the image on; owned */
    size_t n_entries;
} OvmfInfo;

/**
 * Reads what the image @p data of @p size bytes says about itself into @p info (which it overwrites). @p name
 * is the file's name for messages.
 *
 * An image without a table, or without metadata, is not an error here. Errors (CGVM_ERROR_INVALID), each with
 * the offset in the file: a table or an entry that does not fit the image; an entry of a known GUID with a
 * wrong length; metadata outside the image, with a wrong signature, version or length, or with more sections
 * than fit; a section that is empty, not page aligned, wraps around 4 GiB, or overlaps another one.
 */
bool ovmf_parse(const uint8_t *data, size_t size, const char *name, OvmfInfo *info, Error **errp);

/** Frees what @p info owns and zeroes it. */
void ovmf_info_clear(OvmfInfo *info);

/** What a section of type @p type is for ("SNP secrets page"), or NULL for an unknown type. */
const char *ovmf_section_name(uint32_t type);

/** What a table entry with @p guid holds ("SEV metadata offset"), or NULL for an unknown one. */
const char *ovmf_entry_name(const uint8_t guid[GUID_SIZE]);

#endif
