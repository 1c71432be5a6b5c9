/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Secure Execution images as files: where header and IPL parameter block are, and whether the pages are those
 * that the header was made for. Nothing here has a key, so nothing secret is read, and that the header itself
 * is genuine only the ultravisor can tell.
 */
#ifndef TARGET_S390X_PV_IMAGE_H
#define TARGET_S390X_PV_IMAGE_H

#include "hw/progress.h"
#include "target-s390x/pv-ipib.h"

/** What a header says in the clear, in the byte order of the host. */
typedef struct PvHeaderFacts {
    uint32_t version;
    uint32_t size;
    uint64_t n_key_slots;
    uint64_t encrypted_size;
    uint64_t n_pages;
    uint64_t plaintext_flags;
    const PvHeader *bytes;      /* what it was read from */
    const PvKeySlot *key_slots; /* in there */
    const uint8_t *tag;         /* the same: PV_TAG_SIZE bytes */
} PvHeaderFacts;

/** An image. */
typedef struct PvImage {
    GBytes *file;
    uint64_t header_gpa; /* which is its offset in the file */
    uint64_t ipib_gpa;   /* the same */
    PvHeaderFacts header;
    PvBlock block;
} PvImage;

/**
 * Reads the header of @p size bytes, which it borrows: they must be aligned to 8 bytes. Fails with
 * CGVM_ERROR_INVALID, naming the field: magic, version, sizes that do not add up, no key slots, an encrypted
 * part that is too small.
 */
bool pv_header_parse(const void *data, size_t size, PvHeaderFacts *facts, Error **errp);

/** Whether @p file is meant to be such an image, whatever is wrong with it. */
bool pv_image_is(GBytes *file);

/**
 * Reads the image @p file (a reference is taken). Fails with CGVM_ERROR_INVALID if it is none, or its header
 * or block are wrong, or a component is not in the file.
 */
bool pv_image_parse(GBytes *file, PvImage *image, Error **errp);

/** Frees what pv_image_parse() has made; it may have failed, or the image be zeroed. */
void pv_image_clear(PvImage *image);

/**
 * Whether number, contents, addresses and tweaks of the components' pages are those that the header was made
 * for. Fails with CGVM_ERROR_MISMATCH, naming which of them differ, as the ultravisor would at the end of
 * unpacking. @p progress may be NULL.
 */
bool pv_image_verify(const PvImage *image, const ProgressSink *progress, Error **errp);

/** The three hashes of the components in @p file that @p block names, which must be in the file. */
typedef struct PvHashes {
    uint8_t pages[PV_HASH_SIZE];
    uint8_t addresses[PV_HASH_SIZE];
    uint8_t tweaks[PV_HASH_SIZE];
} PvHashes;

void pv_image_hash(const uint8_t *file, const PvBlock *block, const ProgressSink *progress, PvHashes *hashes);

/** What @p flags, those of a header, allow: "dump, PCKMO with AES". To be freed. */
char *pv_flags_text(uint64_t flags);

#endif
