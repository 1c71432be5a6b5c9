/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * A dump of a guest while it is written: it gets its name when it is whole.
 *
 * Until then it is a file ".cgvm-dump-XXXXXX" in the same folder, which only its owner can read and which is
 * removed if the dump fails. What had the name before stays until then, and is replaced.
 */
#ifndef HW_CORE_FILE_H
#define HW_CORE_FILE_H

#include <stddef.h>
#include "qapi/error.h"

typedef struct CoreFile CoreFile;

/**
 * Begins the file that is going to be @p path, which is copied. Fails with CGVM_ERROR_INVALID if something
 * has that name that is no regular file, and with CGVM_ERROR_IO and the errno if none can be made in its
 * folder.
 */
CoreFile *core_file_new(const char *path, Error **errp);

/** Removes a file that core_file_commit() has not finished, and frees @p file. NULL is allowed. */
void core_file_free(CoreFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CoreFile, core_file_free)

/** Writes the next @p size bytes. Fails with CGVM_ERROR_IO and the errno; then the file is of no use. */
bool core_file_write(CoreFile *file, const void *data, size_t size, Error **errp);

/** The same for memory, of which much may be zero: such a piece becomes a hole, which takes no room. */
bool core_file_write_sparse(CoreFile *file, const void *data, size_t size, Error **errp);

/**
 * Gives a file that is whole its name, once it is on the disk. Once; afterwards only core_file_free() is
 * allowed. Fails with CGVM_ERROR_IO and the errno.
 */
bool core_file_commit(CoreFile *file, Error **errp);

#endif
