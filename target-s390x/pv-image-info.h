/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Secure Execution images described: the schema's PvImageInfo, for people and programs.
 */
#ifndef TARGET_S390X_PV_IMAGE_INFO_H
#define TARGET_S390X_PV_IMAGE_INFO_H

#include "qapi-types.h"
#include "target-s390x/pv-image.h"

/** Fills @p info, which pv_image_info_clear() frees. @p entry is where its loader starts. */
void pv_image_describe(const PvImage *image, uint64_t entry, PvImageInfo *info);
void pv_image_info_clear(PvImageInfo *info);

/** As JSON, indented, ending in a newline. To be freed. */
char *pv_image_info_to_json(const PvImageInfo *info);
/** For people. To be freed. */
char *pv_image_info_to_text(const PvImageInfo *info);

/** Where the loader of @p image starts, as its first bytes say: 0 if they do not. */
uint64_t pv_image_entry(const PvImage *image);

#endif
