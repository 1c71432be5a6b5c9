/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hw/firmware-descriptor.h"
#include <fnmatch.h>
#include <string.h>
#include "qapi/json.h"

#define SUFFIX    ".json"
#define MAX_DEPTH 16

/* A feature that no machine here has. */
#define NEEDS_SMM "requires-smm"

/* ---- a descriptor ---- */

static const char *text_at(json_object *object, const char *key)
{
    json_object *value;

    return json_object_object_get_ex(object, key, &value) && json_object_is_type(value, json_type_string)
               ? json_object_get_string(value)
               : NULL;
}

static size_t list_length(json_object *list)
{
    return json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
}

static json_object *list_at(json_object *object, const char *key)
{
    json_object *value = NULL;

    return json_object_object_get_ex(object, key, &value) ? value : NULL;
}

/* Whether the list has a text that matches @word, as a pattern or as it is. */
static bool list_has(json_object *list, const char *word, bool is_pattern)
{
    for (size_t i = 0; i < list_length(list); i++) {
        json_object *item = json_object_array_get_idx(list, i);
        const char *text = json_object_is_type(item, json_type_string) ? json_object_get_string(item) : NULL;

        if (text && (is_pattern ? fnmatch(text, word, 0) == 0 : strcmp(text, word) == 0)) {
            return true;
        }
    }
    return false;
}

static bool is_for_machine(json_object *descriptor, const FirmwareNeeds *needs)
{
    json_object *targets = list_at(descriptor, "targets");

    for (size_t i = 0; i < list_length(targets); i++) {
        json_object *target = json_object_array_get_idx(targets, i);
        const char *architecture = text_at(target, "architecture");

        if (architecture && strcmp(architecture, needs->architecture) == 0 &&
            list_has(list_at(target, "machines"), needs->machine, true)) {
            return true;
        }
    }
    return false;
}

/* What -bios is to name: the image as a whole, or of one for flash the part that is executed. */
static const char *image_of(json_object *descriptor)
{
    json_object *mapping = list_at(descriptor, "mapping"), *executable;
    const char *device = text_at(mapping, "device"), *format;

    if (!device) {
        return NULL;
    }
    if (strcmp(device, "memory") == 0) {
        return text_at(mapping, "filename");
    }
    executable = list_at(mapping, "executable");
    format = text_at(executable, "format");
    return strcmp(device, "flash") == 0 && format && strcmp(format, "raw") == 0
               ? text_at(executable, "filename")
               : NULL;
}

const char *firmware_descriptor_image(json_object *descriptor, const FirmwareNeeds *needs, char **ret_reason)
{
    json_object *features;
    const char *image = json_object_is_type(descriptor, json_type_object) ? image_of(descriptor) : NULL;

    *ret_reason = NULL;
    if (!image) {
        *ret_reason = g_strdup("it names no image that can be mapped as memory");
        return NULL;
    }
    features = list_at(descriptor, "features");
    if (!is_for_machine(descriptor, needs)) {
        *ret_reason =
            g_strdup_printf("'%s' is not for machine %s of %s", image, needs->machine, needs->architecture);
    } else if (list_has(features, NEEDS_SMM, false)) {
        *ret_reason = g_strdup_printf("'%s' needs system management mode, which no machine here has", image);
    } else if (needs->feature && !list_has(features, needs->feature, false)) {
        *ret_reason = g_strdup_printf("'%s' has no feature %s", image, needs->feature);
    }
    return *ret_reason ? NULL : image;
}

/* ---- names ---- */

static bool has_word(const char *path, const char *word)
{
    g_autofree char *base = g_path_get_basename(path);
    g_auto(GStrv) words = NULL;

    for (char *c = base; *c; c++) {
        *c = g_ascii_isalnum(*c) ? *c : ' ';
    }
    words = g_strsplit(base, " ", -1);
    for (char **one = words; *one; one++) {
        if (g_ascii_strcasecmp(*one, word) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_meant(const char *name, const char *file, json_object *descriptor)
{
    const char *image = json_object_is_type(descriptor, json_type_object) ? image_of(descriptor) : NULL;

    return has_word(file, name) || (image && has_word(image, name));
}

/* ---- folders ---- */

char **firmware_folders(void)
{
    char *user = g_build_filename(g_get_user_config_dir(), "qemu", "firmware", NULL);
    char *const folders[] = { user, "/etc/qemu/firmware", "/usr/share/qemu/firmware", NULL };
    char **copy = g_strdupv((char **)folders);

    g_free(user);
    return copy;
}

static int compare_names(const void *one, const void *other)
{
    return strcmp(*(char *const *)one, *(char *const *)other);
}

/* The names of all descriptors, sorted, each once. */
static GPtrArray *list_descriptors(char **folders)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

    for (; *folders; folders++) {
        g_autoptr(GDir) folder = g_dir_open(*folders, 0, NULL);
        const char *name;

        while (folder && (name = g_dir_read_name(folder))) {
            if (g_str_has_suffix(name, SUFFIX) && g_hash_table_add(seen, g_strdup(name))) {
                g_ptr_array_add(names, g_strdup(name));
            }
        }
    }
    qsort(names->pdata, names->len, sizeof(*names->pdata), compare_names);
    return names;
}

/* The descriptor @name of the first folder that has it. NULL with @ret_reason, or without one if it is empty.
 */
static json_object *read_descriptor(char **folders, const char *name, char **ret_reason)
{
    g_autofree char *path = NULL, *text = NULL;
    g_autoptr(GError) failure = NULL;
    g_autoptr(Error) error = NULL;
    json_object *descriptor;
    gsize size;

    do {
        g_free(path);
        path = g_build_filename(*folders++, name, NULL);
    } while (*folders && !g_file_test(path, G_FILE_TEST_EXISTS));
    *ret_reason = NULL;
    if (!g_file_test(path, G_FILE_TEST_IS_REGULAR) || !g_file_get_contents(path, &text, &size, &failure)) {
        *ret_reason = g_strdup(failure ? failure->message : "it is no regular file");
        return NULL;
    }
    if (!size) {
        return NULL;
    }
    if (strlen(text) != size) {
        *ret_reason = g_strdup("it has a NUL in it");
        return NULL;
    }
    descriptor = json_parse_within(text, FIRMWARE_DESCRIPTOR_LARGEST, MAX_DEPTH, &error);
    if (!descriptor) {
        *ret_reason = g_strdup(cgvm_error_message(error));
    }
    return descriptor;
}

char *firmware_find(const char *name, const FirmwareNeeds *needs, char **folders, Error **errp)
{
    g_autoptr(GPtrArray) files = list_descriptors(folders);
    g_autoptr(GString) reasons = g_string_new(NULL);

    for (guint i = 0; i < files->len; i++) {
        const char *file = g_ptr_array_index(files, i), *image = NULL;
        g_autofree char *reason = NULL;
        g_autoptr(json_object) descriptor = read_descriptor(folders, file, &reason);

        if (!descriptor && !reason) {
            continue;
        }
        if (descriptor && !is_meant(name, file, descriptor)) {
            continue;
        }
        if (descriptor) {
            image = firmware_descriptor_image(descriptor, needs, &reason);
        }
        if (image) {
            return g_strdup(image);
        }
        g_string_append_printf(reasons, "%s%s: %s", reasons->len ? "; " : " (", file, reason);
    }
    return error_set_null(
        errp, CGVM_ERROR_NOT_FOUND,
        "there is no file '%s', and no firmware of that name for this guest%s%s; install its "
        "package, for example Debian's ovmf or ovmf-amdsev, or give the image's path",
        name, reasons->str, reasons->len ? ")" : "");
}
