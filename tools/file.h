/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Files that cgctl reads and writes: what they hold is cleared in memory, private ones belong to their owner
 * alone, and nothing is overwritten or left half written.
 */
#ifndef TOOLS_FILE_H
#define TOOLS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "cgvm/bytes.h"

/** The contents of a file. */
typedef struct File {
    uint8_t *data; /* a zero byte follows, which is not counted; NULL: nothing was read */
    size_t size;
    size_t room; /* what was allocated */
} File;

/** Who may read a file. */
typedef enum FilePrivacy {
    FILE_PUBLIC,
    FILE_PRIVATE, /* its owner alone: others have no right to it at all */
} FilePrivacy;

/**
 * Reads the file @p path, "-" for stdin, into @p file, which the caller clears. False, and the reason is
 * said, if it cannot be read, has more than @p limit bytes, or is a private regular file to which others have
 * a right. A pipe is not asked who may read it.
 */
bool file_read(File *file, const char *path, size_t limit, FilePrivacy privacy);

/** @p file as the library takes it; borrowed. */
CgvmBytes file_bytes(const File *file);

/** Overwrites and frees the contents of @p file, which may be zeroed. */
void file_clear(File *file);

/** A file to be written. */
typedef struct FileOutput {
    const char *path; /* NULL: nothing is written */
    CgvmBytes bytes;
    FilePrivacy privacy;
    /* for files_write() */
    char *target; /* what is created or replaced */
    dev_t device; /* of its folder */
    ino_t folder;
    char *created;
    int fd;
} FileOutput;

/**
 * Writes @p n_outputs files, or none of them: false, and the reason is said, if one exists already or cannot
 * be written, or if two are the same. With @p force those that exist are replaced, each by a new file in its
 * place, once all are written: regular files alone, and of a symbolic link the file that it leads to. A
 * device, a FIFO, a socket or a folder never is.
 */
bool files_write(FileOutput *outputs, size_t n_outputs, bool force);

#endif
