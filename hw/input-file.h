/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Files that become a part of the guest: firmware, kernel, initrd, and the like.
 *
 * They are read into memory once, and never mapped: what is measured must be what the guest gets, whatever
 * happens to the file in between.
 */
#ifndef HW_INPUT_FILE_H
#define HW_INPUT_FILE_H

#include "hw/progress.h"
#include "qapi/error.h"

/** What is read, and which sizes it may have. */
typedef struct InputFileKind {
    const char *name;    /* how messages call it: "firmware" */
    uint64_t smallest;   /* bytes */
    uint64_t largest;    /* bytes */
    uint64_t granule;    /* the size is a multiple of this; not 0 */
    const char *expects; /* the end of the message about a wrong size: which ones there are, what to do */
} InputFileKind;

/**
 * The contents of the regular file @p path, reported to @p progress (or NULL) while they are read. Fails with
 * CGVM_ERROR_INVALID if it is no regular file or its size does not fit @p kind, which is found out before
 * anything is read or allocated, and with CGVM_ERROR_IO and the errno if it cannot be read, or shrinks
 * meanwhile.
 */
GBytes *input_file_read(const char *path, const InputFileKind *kind, const ProgressSink *progress,
                        Error **errp);

#endif
