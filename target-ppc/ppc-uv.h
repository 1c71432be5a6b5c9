/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The ultravisor of the simulated host: what has the pages of secure guests, and keeps them from the
 * hypervisor.
 *
 * It knows no KVM. Its calls are those of Documentation/arch/powerpc/ultravisor.rst in Linux 6.12, without
 * the UV_ that they are called with, and return the codes of hypercalls (U_SUCCESS is H_SUCCESS). A page in
 * secure memory is a copy here; what a hypervisor gets of it is ciphertext.
 *
 * What it does not do: verify an ESM blob, whose format is the ultravisor's own. The script says whether the
 * image is what the blob says.
 */
#ifndef TARGET_PPC_PPC_UV_H
#define TARGET_PPC_PPC_UV_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include "qapi/error.h"

/** The pages of a POWER host with radix trees. */
#define UV_PAGE_SIZE UINT64_C(0x10000)

typedef struct PpcUv PpcUv;

/**
 * A new one, without guests. @p fault says which of the hypervisor's calls fail, `CALL[:NTH]=CODE` joined
 * with `+`, or NULL. NULL with CGVM_ERROR_INVALID for anything else, naming what there is.
 */
PpcUv *ppc_uv_new(const char *fault, Error **errp);

/** NULL is allowed. */
void ppc_uv_free(PpcUv *uv);

/* What a hypervisor calls; @p lpid is its number of the guest. */

/** UV_REGISTER_MEM_SLOT: the guest has memory there. Its first slot makes the guest known. */
int64_t ppc_uv_register_mem_slot(PpcUv *uv, uint32_t lpid, uint64_t gpa, uint64_t size, uint32_t id);
/** UV_UNREGISTER_MEM_SLOT. */
int64_t ppc_uv_unregister_mem_slot(PpcUv *uv, uint32_t lpid, uint32_t id);
/** UV_PAGE_IN: the page at @p gpa becomes the guest's own, with the @p size bytes at @p bytes; NULL: with
 * zeros. */
int64_t ppc_uv_page_in(PpcUv *uv, uint32_t lpid, uint64_t gpa, const void *bytes, size_t size);
/** UV_PAGE_OUT: what a hypervisor may have of that page, which is not UV_PAGE_SECURE_ZERO. The guest keeps
 * it. */
int64_t ppc_uv_page_out(PpcUv *uv, uint32_t lpid, uint64_t gpa, void *bytes, size_t size);
/** UV_PAGE_INVAL: the page is not the guest's own any more. */
int64_t ppc_uv_page_inval(PpcUv *uv, uint32_t lpid, uint64_t gpa);
/** UV_SVM_TERMINATE: forgets the guest and its pages. */
int64_t ppc_uv_svm_terminate(PpcUv *uv, uint32_t lpid);

/** Where the page at an address is. */
typedef enum PpcUvPageKind {
    UV_PAGE_NORMAL,
    UV_PAGE_SECURE,
    UV_PAGE_SECURE_ZERO, /* and nobody has touched it since it came */
} PpcUvPageKind;

PpcUvPageKind ppc_uv_page_kind(PpcUv *uv, uint32_t lpid, uint64_t gpa);

/* What the guest's processor sees. */

/** The bytes at @p gpa in secure memory, up to the end of their page, or NULL: they are in normal memory.
 * Valid as long as the guest runs. */
uint8_t *ppc_uv_secure_memory(PpcUv *uv, uint32_t lpid, uint64_t gpa);

#endif
