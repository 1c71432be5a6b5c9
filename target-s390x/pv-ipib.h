/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The IPL parameter block of type 5: which components a guest wants to be started as, and under which header.
 * It comes from a guest, or from an image; anything may be in it. Whoever reads one from guest memory copies
 * it first: what is checked and what is used must be the same bytes.
 */
#ifndef TARGET_S390X_PV_IPIB_H
#define TARGET_S390X_PV_IPIB_H

#include <glib.h>
#include <stdbool.h>
#include "qapi/error.h"
#include "target-s390x/pv-header-abi.h"

#define PV_IPIB_MOST_COMPONENTS ((PV_IPIB_LARGEST - sizeof(PvIpib)) / sizeof(PvIpibComponent))

/** A component, in the byte order of the host. */
typedef struct PvComponent {
    uint64_t tweak; /* of its first page; that of page N has N * 4096 besides */
    uint64_t gpa;   /* a multiple of 4096 */
    uint64_t size;  /* the same, and not 0 */
} PvComponent;

/** A block, checked. */
typedef struct PvBlock {
    bool has_loadparm;
    char loadparm[9]; /* as text, dots for what is none */
    uint64_t header_gpa;
    uint64_t header_size;
    size_t n_components;
    PvComponent components[PV_IPIB_MOST_COMPONENTS]; /* in the order in which they are unpacked */
} PvBlock;

/**
 * The size that a block says it has, from the first 4 bytes of it at @p start. Fails with CGVM_ERROR_INVALID
 * if there cannot be such a block: it is smaller than one with a component would be, or larger than a page.
 */
bool pv_ipib_size(const uint8_t start[4], uint32_t *ret_size, Error **errp);

/**
 * Reads the block of @p size bytes, which are those that it says it has. Fails with CGVM_ERROR_INVALID,
 * naming the field: another type or version, a header larger than any, no components or more than fit, one
 * that is not aligned, empty (sizes are rounded up to pages), wraps around or overlaps another, or tweaks
 * that do not increase.
 */
bool pv_ipib_parse(const void *data, size_t size, PvBlock *block, Error **errp);

/** Writes a block with @p block's components. To be unreferenced. */
GBytes *pv_ipib_make(const PvBlock *block);

/** How many pages all components have. */
uint64_t pv_block_pages(const PvBlock *block);

/** What the tweak of a component says it is, in images by IBM's tools and ours: "kernel"; else "component".
 */
const char *pv_component_kind(const PvComponent *component);

/* The kinds of components that we make: the first 16 bits of their tweaks. */
#define PV_KIND_KERNEL 40
#define PV_KIND_INITRD 50

#endif
