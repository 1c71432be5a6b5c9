/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * For tests that need files: a folder of their own, and the paths in it.
 */
#ifndef TESTS_UNIT_TEMPORARY_FOLDER_H
#define TESTS_UNIT_TEMPORARY_FOLDER_H

#include <glib.h>
#include <glib/gstdio.h>

/* A new folder; to be handed to folder_remove(). */
static inline char *folder_new(void)
{
    g_autoptr(GError) error = NULL;
    char *folder = g_dir_make_tmp("cgvm-XXXXXX", &error);

    g_assert_no_error(error);
    return folder;
}

/* Removes @p folder, in which nothing must be left, and frees its name. */
static inline void folder_remove(char *folder)
{
    g_assert_cmpint(g_rmdir(folder), ==, 0);
    g_free(folder);
}

#endif
