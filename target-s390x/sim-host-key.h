/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Documents of the host keys of simulated machines, as those of real ones come from IBM: certified by a
 * signer that is no authority itself, and whose certificate leads to a root. All keys follow from published
 * words, so what such a document certifies is no secret to anybody.
 */
#ifndef TARGET_S390X_SIM_HOST_KEY_H
#define TARGET_S390X_SIM_HOST_KEY_H

#include "qapi/error.h"

/** The document of the machine @p model, NULL for the default, in PEM. To be freed with g_free(). NULL with
 * CGVM_ERROR_NOT_FOUND if there is no such model, or it has no ultravisor. */
char *sim_host_key_document(const char *model, Error **errp);

/** The certificates that verify such documents: the signer's and the root's. In PEM, to be freed with
 * g_free(). */
char *sim_host_key_chain(void);

#endif
