/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * For tests of the public API: the smallest firmware that an SNP guest can be launched from, and a machine
 * with it.
 *
 * Includes the public headers alone, as an embedder does.
 */
#ifndef TESTS_UNIT_TOY_VM_H
#define TESTS_UNIT_TOY_VM_H

#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include "cgvm/vm.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgvmVm, cgvm_vm_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CgvmError, cgvm_error_free)

/* The launch digests with it of 1 and 2 vCPUs EPYC-Milan, computed by tests/launch/snp_digest.py. */
#define TOY_DIGEST_1                                                                                         \
    "848d4eb7991fbce980ab02f38254eded51d8137cae0259b222aa3e57e88121b89790a37e4dc7b245c6add9c79ded8190"
#define TOY_DIGEST_2                                                                                         \
    "460b5c09f48f645e1d19927d79c4486b6ba2d74e18d909c59c975df35deaeaad0492b8ae0a7a04db7b03113db022b571"

#define TOY_SIZE          4096
#define TOY_METADATA      256             /* offset of the SEV metadata */
#define TOY_TABLE_END     (TOY_SIZE - 32) /* behind it is the reset vector */
#define TOY_GUID_FOOTER   "\xde\x82\xb5\x96\xb2\x1f\xf7\x45\xba\xea\xa3\x66\xc5\x5a\x08\x2d"
#define TOY_GUID_METADATA "\x66\x65\x88\xdc\x4a\x98\x98\x47\xa7\x5e\x55\x85\xa7\xbf\x67\xcc"
#define TOY_GUID_ES_RESET "\xde\x71\xf7\x00\x7e\x1a\xcb\x4f\x89\x0e\x68\xc7\x7e\x2f\xb4\x4e"

static char *toy_directory; /* for the files of a test run */
static char *toy_firmware;  /* path of the image */

static inline void toy_append32(GByteArray *bytes, uint32_t value)
{
    const uint8_t data[] = { (uint8_t)value, (uint8_t)(value >> 8), (uint8_t)(value >> 16),
                             (uint8_t)(value >> 24) };

    g_byte_array_append(bytes, data, sizeof(data));
}

/* Ends an entry of the table: data, then the length of it all, then the GUID. */
static inline void toy_append_entry_end(GByteArray *bytes, unsigned length, const char *guid)
{
    const uint8_t data[] = { (uint8_t)length, (uint8_t)(length >> 8) };

    g_byte_array_append(bytes, data, sizeof(data));
    g_byte_array_append(bytes, (const uint8_t *)guid, 16);
}

static inline void toy_append_metadata(GByteArray *bytes)
{
    static const uint32_t sections[][3] = {
        /* Address, size, and type: memory, secrets, CPUID. */
        { 0x800000, 0x9000, 1 },
        { 0x80d000, 0x1000, 2 },
        { 0x80e000, 0x1000, 3 },
    };

    g_byte_array_append(bytes, (const uint8_t *)"ASEV", 4);
    toy_append32(bytes, 16 + sizeof(sections));
    toy_append32(bytes, 1);
    toy_append32(bytes, G_N_ELEMENTS(sections));
    for (size_t i = 0; i < G_N_ELEMENTS(sections); i++) {
        toy_append32(bytes, sections[i][0]);
        toy_append32(bytes, sections[i][1]);
        toy_append32(bytes, sections[i][2]);
    }
}

/* Writes the image, which starts an SNP guest only with SEV metadata. Returns its path, to be freed. */
static inline char *toy_make_firmware(const char *name, bool with_metadata)
{
    g_autoptr(GByteArray) table = g_byte_array_new();
    g_autoptr(GByteArray) metadata = g_byte_array_new();
    uint8_t image[TOY_SIZE] = { 0 };
    char *path = g_build_filename(toy_directory, name, NULL);

    if (with_metadata) {
        toy_append32(table, TOY_SIZE - TOY_METADATA);
        toy_append_entry_end(table, 22, TOY_GUID_METADATA);
    }
    toy_append_metadata(metadata);
    toy_append32(table, 0x80b004);
    toy_append_entry_end(table, 22, TOY_GUID_ES_RESET);
    toy_append_entry_end(table, table->len + 18, TOY_GUID_FOOTER);
    memcpy(image + TOY_TABLE_END - table->len, table->data, table->len);
    memcpy(image + TOY_METADATA, metadata->data, metadata->len);
    g_assert_true(g_file_set_contents(path, (const char *)image, sizeof(image), NULL));
    return path;
}

static inline void add(CgvmVm *vm, const char *name, const char *text)
{
    g_autoptr(CgvmError) error = NULL;
    bool added = cgvm_vm_add_option(vm, name, text, &error);

    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
    g_assert_true(added);
}

/* A machine with all that planning a guest takes that @p object, with the id sev0, protects. */
static inline CgvmVm *vm_with(const char *object)
{
    CgvmVm *vm = cgvm_vm_new();

    add(vm, "object", object);
    add(vm, "machine", "confidential-guest-support=sev0");
    add(vm, "cpu", "EPYC-Milan");
    add(vm, "bios", toy_firmware);
    return vm;
}

static inline CgvmVm *snp_vm(void)
{
    return vm_with("sev-snp-guest,id=sev0");
}

/* The message matches @p pattern, which may have `*` and `?`. */
static inline void assert_error(const CgvmError *error, CgvmErrorCode code, const char *pattern)
{
    g_assert_nonnull(error);
    if (!g_pattern_match_simple(pattern, cgvm_error_message(error))) {
        g_assert_cmpstr(cgvm_error_message(error), ==, pattern);
    }
    g_assert_cmpint(cgvm_error_code(error), ==, code);
}

static inline void assert_plan_refused(CgvmVm *vm, CgvmErrorCode code, const char *pattern)
{
    g_autoptr(CgvmError) error = NULL;

    g_assert_null(cgvm_vm_plan(vm, CGVM_PLAN_TEXT, &error));
    assert_error(error, code, pattern);
}

static inline void assert_launch_refused(CgvmVm *vm, CgvmErrorCode code, const char *pattern)
{
    g_autoptr(CgvmError) error = NULL;

    g_assert_false(cgvm_vm_launch(vm, &error));
    assert_error(error, code, pattern);
}

static inline char *plan(CgvmVm *vm, CgvmPlanFormat format)
{
    g_autoptr(CgvmError) error = NULL;
    char *text = cgvm_vm_plan(vm, format, &error);

    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
    g_assert_nonnull(text);
    return text;
}

static inline void assert_planned_digest(CgvmVm *vm, const char *digest)
{
    char *text = plan(vm, CGVM_PLAN_TEXT);
    g_autofree char *line = g_strdup_printf("\nlaunch digest %s\n", digest);

    if (!strstr(text, line)) {
        g_test_message("%s", text);
    }
    g_assert_nonnull(strstr(text, line));
    cgvm_string_free(text);
}

static inline unsigned count_descriptors(void)
{
    g_autoptr(GDir) dir = g_dir_open("/proc/self/fd", 0, NULL);
    unsigned count = 0;

    while (dir && g_dir_read_name(dir)) {
        count++;
    }
    return count;
}

/* g_test_run() with the files in place. */
static inline int toy_run_tests(void)
{
    int status;

    toy_directory = g_dir_make_tmp("test-vm-XXXXXX", NULL);
    g_assert_nonnull(toy_directory);
    toy_firmware = toy_make_firmware("toy.fd", true);
    status = g_test_run();
    for (const char *const *name = (const char *const[]){ "toy.fd", "plain.fd", "odd.fd", NULL }; *name;
         name++) {
        g_autofree char *path = g_build_filename(toy_directory, *name, NULL);
        g_unlink(path);
    }
    g_rmdir(toy_directory);
    g_free(toy_directory);
    g_free(toy_firmware);
    return status;
}

#endif
