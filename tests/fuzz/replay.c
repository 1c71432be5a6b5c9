/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Runs a fuzz target once over each of the files, and the files of the directories, that are named as
 * arguments.
 *
 * Linked in place of the fuzzer's main function, so that seeds and past findings are replayed by every build.
 */
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int compare_names(gconstpointer a, gconstpointer b)
{
    return g_strcmp0(*(char *const *)a, *(char *const *)b);
}

static void files_add(GPtrArray *files, const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    if (!dir) {
        g_ptr_array_add(files, g_strdup(path));
        return;
    }
    while ((name = g_dir_read_name(dir))) {
        g_ptr_array_add(files, g_build_filename(path, name, NULL));
    }
}

static bool replay(const char *path)
{
    g_autofree char *data = NULL;
    g_autoptr(GError) error = NULL;
    size_t size;

    if (!g_file_get_contents(path, &data, &size, &error)) {
        printf("# %s\n", error->message);
        return false;
    }
    LLVMFuzzerTestOneInput((const uint8_t *)data, size);
    return true;
}

int main(int argc, char **argv)
{
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
    bool all_ok = true;

    for (int i = 1; i < argc; i++) {
        files_add(files, argv[i]);
    }
    g_ptr_array_sort(files, compare_names);
    if (files->len == 0) {
        printf("Bail out! no files to replay\n");
        return 1;
    }
    printf("1..%u\n", files->len);
    for (guint i = 0; i < files->len; i++) {
        const char *path = files->pdata[i];
        bool ok;

        /* A crash must leave behind which file it was. */
        printf("# %s\n", path);
        fflush(stdout);
        ok = replay(path);
        printf("%s %u - %s\n", ok ? "ok" : "not ok", i + 1, path);
        all_ok &= ok;
    }
    return all_ok ? 0 : 1;
}
