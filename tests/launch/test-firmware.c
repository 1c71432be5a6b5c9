/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is said about a firmware image is what a launch says: a thousand images, each damaged somewhere in its
 * table, its metadata or its end, are described, and planned for every kind of guest.
 */
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include "cgvm/firmware.h"
#include "cgvm/vm.h"
#include "qapi/json.h"
#include "tests/unit/linux-file.h"
#include "tests/unit/ovmf-image.h"

#define N_IMAGES   1000
#define SIZE       8192
#define DAMAGEABLE 512 /* at the end: what is read of an image */

typedef struct Use {
    const char *name, *object, *vcpus;
    bool has_kernel;
} Use;

static const Use uses[] = {
    { "sev", "sev-guest,id=g", "1", false },
    { "sev", "sev-guest,id=g", "2", false },
    { "sev-es", "sev-guest,id=g,policy=0x5", "1", false },
    { "sev-es", "sev-guest,id=g,policy=0x5", "2", false },
    { "snp", "sev-snp-guest,id=g", "1", false },
    { "snp", "sev-snp-guest,id=g", "2", false },
    { "snp-hashes", "sev-snp-guest,id=g,kernel-hashes=on", "1", true },
    { "snp-hashes", "sev-snp-guest,id=g,kernel-hashes=on", "2", true },
};

typedef struct Files {
    char *directory, *image, *kernel;
} Files;

/* NULL, or why the image cannot be planned: the message, without whose it is. */
static char *plan_problem(const Files *files, const Use *use)
{
    CgvmVm *vm = cgvm_vm_new();
    const char *const options[][2] = {
        { "object", use->object },   { "machine", "microvm,confidential-guest-support=g" },
        { "bios", files->image },    { "smp", use->vcpus },
        { "cpu", "EPYC-Milan" },     { "m", "3G" },
        { "kernel", files->kernel },
    };
    const size_t n_options = G_N_ELEMENTS(options) - !use->has_kernel;
    CgvmError *error = NULL;
    char *text, *problem = NULL;

    for (size_t i = 0; i < n_options; i++) {
        g_assert_true(cgvm_vm_add_option(vm, options[i][0], options[i][1], &error));
    }
    text = cgvm_vm_plan(vm, CGVM_PLAN_JSON, &error);
    if (!text) {
        const char *message = cgvm_error_message(error), *firmware = strstr(message, "the firmware '");

        g_assert_nonnull(firmware);
        problem = g_strdup(firmware);
    }
    cgvm_string_free(text);
    cgvm_error_free(error);
    cgvm_vm_free(vm);
    return problem;
}

/* The same, of what was said about the image. */
static char *described_problem(json_object *info, const Use *use)
{
    json_object *verdicts, *problem, *most;

    g_assert_true(json_object_object_get_ex(info, "verdicts", &verdicts));
    for (size_t i = 0; i < json_object_array_length(verdicts); i++) {
        json_object *verdict = json_object_array_get_idx(verdicts, i);
        json_object *name;

        g_assert_true(json_object_object_get_ex(verdict, "use", &name));
        if (strcmp(json_object_get_string(name), use->name) != 0 ||
            !json_object_object_get_ex(verdict, "problem", &problem) ||
            (json_object_object_get_ex(verdict, "most-vcpus", &most) && strcmp(use->vcpus, "1") == 0)) {
            continue;
        }
        return g_strdup(json_object_get_string(problem));
    }
    return NULL;
}

static void compare(const Files *files, const uint8_t *image, size_t *n_usable)
{
    g_autofree char *name = g_path_get_basename(files->image);
    CgvmError *error = NULL;
    char *text = cgvm_firmware_describe((CgvmBytes){ image, SIZE }, name, CGVM_FORMAT_JSON, &error);
    g_autoptr(json_object) info = text ? json_parse(text, NULL) : NULL;

    g_assert_true((text != NULL) == (error == NULL));
    for (size_t i = 0; i < G_N_ELEMENTS(uses); i++) {
        g_autofree char *expected = plan_problem(files, &uses[i]);
        g_autofree char *said =
            info ? described_problem(info, &uses[i]) : g_strdup(cgvm_error_message(error));

        g_assert_cmpstr(said, ==, expected);
        *n_usable += said == NULL;
    }
    cgvm_string_free(text);
    cgvm_error_free(error);
}

static void damage(GRand *random, uint8_t *image)
{
    int n = g_rand_int_range(random, 1, 4);

    for (int i = 0; i < n; i++) {
        uint8_t *byte = image + SIZE - g_rand_int_range(random, 1, DAMAGEABLE + 1);

        *byte = g_rand_boolean(random) ? (uint8_t)(*byte ^ 1u << g_rand_int_range(random, 0, 8))
                                       : (uint8_t)g_rand_int_range(random, 0, 256);
    }
    if (g_rand_int_range(random, 0, 20) == 0) {
        memset(image + SIZE - 16, 0xff, 16);
    }
}

/* With the metadata close to the end, so that most damage hits something. */
static void build(uint8_t *image)
{
    const OvmfSection sections[] = {
        { 0x800000, 0x9000, OVMF_SECTION_SEC_MEMORY },    { 0x80d000, 0x1000, OVMF_SECTION_SECRETS },
        { 0x80e000, 0x1000, OVMF_SECTION_CPUID },         { 0x80f000, 0x1000, OVMF_SECTION_SVSM_CAA },
        { 0x810000, 0x1000, OVMF_SECTION_KERNEL_HASHES },
    };
    Builder builder;

    builder_init(&builder);
    builder_entry1(&builder, RESET_BLOCK_GUID, 0x80b004);
    builder_entry2(&builder, HASHES_GUID, 0x810c00, 0x400);
    builder_entry2(&builder, SECRET_GUID, 0x80c000, 0x400);
    builder_metadata(&builder, G_N_ELEMENTS(sections), sections);
    memmove(builder.bytes + 600, builder.bytes + METADATA, 16 + 12 * G_N_ELEMENTS(sections));
    put32(&builder, builder.table, IMAGE_SIZE - 600);
    memset(image, 0x90, SIZE);
    memcpy(image + SIZE - IMAGE_SIZE, builder.bytes, IMAGE_SIZE);
}

static void write_file(const char *path, const uint8_t *data, size_t size)
{
    g_assert_true(g_file_set_contents_full(path, (const char *)data, (gssize)size, G_FILE_SET_CONTENTS_NONE,
                                           0600, NULL));
}

static void files_init(Files *files)
{
    g_autofree uint8_t *kernel = NULL;
    size_t size;

    files->directory = g_dir_make_tmp("cgvm-firmware-XXXXXX", NULL);
    files->image = g_build_filename(files->directory, "image.fd", NULL);
    files->kernel = g_build_filename(files->directory, "bzImage", NULL);
    kernel = linux_file(4, 4096, &size);
    write_file(files->kernel, kernel, size);
}

static void files_clear(Files *files)
{
    g_unlink(files->image);
    g_unlink(files->kernel);
    g_rmdir(files->directory);
    g_free(files->directory);
    g_free(files->image);
    g_free(files->kernel);
}

static void test_damaged(void)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(20);
    uint8_t image[SIZE];
    size_t n_usable = 0;
    Files files;

    files_init(&files);
    build(image);
    write_file(files.image, image, SIZE);
    compare(&files, image, &n_usable);
    g_assert_cmpuint(n_usable, ==, G_N_ELEMENTS(uses));
    n_usable = 0;
    for (int i = 0; i < N_IMAGES; i++) {
        build(image);
        damage(random, image);
        write_file(files.image, image, SIZE);
        compare(&files, image, &n_usable);
    }
    /* Both happens often. */
    g_assert_cmpuint(n_usable, >, N_IMAGES);
    g_assert_cmpuint(n_usable, <, N_IMAGES * (G_N_ELEMENTS(uses) - 1));
    files_clear(&files);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/firmware/damaged", test_damaged);
    return g_test_run();
}
