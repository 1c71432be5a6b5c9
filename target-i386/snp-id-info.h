/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * An ID block and what authenticates it, described. Nothing is verified; damaged ones are described too.
 */
#ifndef TARGET_I386_SNP_ID_INFO_H
#define TARGET_I386_SNP_ID_INFO_H

#include "qapi-types.h"

/** @p blobs, which have both parts, as the schema's SnpIdBlockInfo in JSON. To be freed. */
char *snp_id_to_json(const SnpIdBlockBlobs *blobs);

/** For people. To be freed. */
char *snp_id_to_text(const SnpIdBlockBlobs *blobs);

/** As properties of sev-snp-guest: "id-block=BASE64,id-auth=BASE64[,author-key-enabled=on]". To be freed. */
char *snp_id_to_options(const SnpIdBlockBlobs *blobs);

#endif
