/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of firmware by name: which descriptor counts, and why another one does not.
 */
#include "hw/firmware-descriptor.h"
#include <glib/gstdio.h>
#include <string.h>

#define MEMORY(path, features)                                                                               \
    "{\"description\":\"x\",\"mapping\":{\"device\":\"memory\",\"filename\":\"" path "\"},"                  \
    "\"targets\":[{\"architecture\":\"x86_64\",\"machines\":[\"pc-q35-*\"]}],\"features\":[" features "]}"
#define FLASH(path, format)                                                                                  \
    "{\"mapping\":{\"device\":\"flash\",\"executable\":{\"filename\":\"" path "\",\"format\":\"" format      \
    "\"}},\"targets\":[{\"architecture\":\"aarch64\",\"machines\":[\"virt-*\"]},"                            \
    "{\"architecture\":\"x86_64\",\"machines\":[\"pc-i440fx-*\",\"pc-q35-10.0\"]}],\"features\":[]}"

static const FirmwareNeeds plain = { .architecture = "x86_64", .machine = "pc-q35-10.0" };
static const FirmwareNeeds snp = { .architecture = "x86_64",
                                   .machine = "pc-q35-10.0",
                                   .feature = "amd-sev-snp" };

typedef struct Fixture {
    char *folders[4]; /* the first does not exist */
} Fixture;

static void fixture_init(Fixture *f, G_GNUC_UNUSED const void *data)
{
    f->folders[0] = g_strdup("/nonexistent/firmware");
    f->folders[1] = g_dir_make_tmp("cgvm-one-XXXXXX", NULL);
    f->folders[2] = g_dir_make_tmp("cgvm-two-XXXXXX", NULL);
    f->folders[3] = NULL;
}

static void fixture_clear(Fixture *f, G_GNUC_UNUSED const void *data)
{
    for (unsigned i = 0; f->folders[i]; i++) {
        GDir *folder = g_dir_open(f->folders[i], 0, NULL);
        const char *name;

        while (folder && (name = g_dir_read_name(folder))) {
            g_autofree char *path = g_build_filename(f->folders[i], name, NULL);
            g_remove(path);
        }
        g_clear_pointer(&folder, g_dir_close);
        g_remove(f->folders[i]);
        g_free(f->folders[i]);
    }
}

static void put(Fixture *f, unsigned folder, const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(f->folders[folder], name, NULL);

    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void assert_found(Fixture *f, const char *name, const FirmwareNeeds *needs, const char *expected)
{
    g_autoptr(Error) error = NULL;
    g_autofree char *path = firmware_find(name, needs, f->folders, &error);

    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
    g_assert_cmpstr(path, ==, expected);
}

static void assert_not_found(Fixture *f, const char *name, const FirmwareNeeds *needs, const char *words)
{
    g_autoptr(Error) error = NULL;

    g_assert_null(firmware_find(name, needs, f->folders, &error));
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_NOT_FOUND);
    if (!strstr(cgvm_error_message(error), words)) {
        g_assert_cmpstr(cgvm_error_message(error), ==, words);
    }
}

static void test_names(Fixture *f, G_GNUC_UNUSED const void *data)
{
    put(f, 2, "60-edk2-amdsev.json", MEMORY("/x/OVMF.special.fd", ""));
    put(f, 2, "README", "not a descriptor");
    assert_found(f, "ovmf", &plain, "/x/OVMF.special.fd");
    assert_found(f, "AMDSEV", &plain, "/x/OVMF.special.fd");
    assert_found(f, "special", &plain, "/x/OVMF.special.fd");
    assert_not_found(f, "ovm", &plain,
                     "there is no file 'ovm', and no firmware of that name for this guest;");
    assert_not_found(f, "x", &plain, "for this guest;"); /* the folder does not count */
    assert_not_found(f, "", &plain, "for this guest;");
}

static void test_order(Fixture *f, G_GNUC_UNUSED const void *data)
{
    put(f, 2, "50-edk2.json", MEMORY("/x/OVMF-50.fd", ""));
    put(f, 2, "60-edk2.json", MEMORY("/x/OVMF-60.fd", "\"amd-sev-snp\""));
    put(f, 1, "70-edk2.json", MEMORY("/x/OVMF-70.fd", "\"amd-sev-snp\""));
    assert_found(f, "ovmf", &plain, "/x/OVMF-50.fd");
    assert_found(f, "ovmf", &snp, "/x/OVMF-60.fd");
    put(f, 1, "60-edk2.json", MEMORY("/x/OVMF-other.fd", "\"amd-sev-snp\""));
    assert_found(f, "ovmf", &snp, "/x/OVMF-other.fd");
    put(f, 1, "60-edk2.json", "");
    assert_found(f, "ovmf", &snp, "/x/OVMF-70.fd");
}

static void test_flash(Fixture *f, G_GNUC_UNUSED const void *data)
{
    put(f, 1, "edk2.json", FLASH("/x/OVMF_CODE.fd", "raw"));
    assert_found(f, "ovmf", &plain, "/x/OVMF_CODE.fd");
    put(f, 1, "edk2.json", FLASH("/x/OVMF_CODE.fd", "qcow2"));
    assert_not_found(f, "edk2", &plain, "(edk2.json: it names no image that can be mapped as memory)");
}

static void test_reasons(Fixture *f, G_GNUC_UNUSED const void *data)
{
    const FirmwareNeeds arm = { .architecture = "aarch64", .machine = "virt-10.0" };
    const FirmwareNeeds wrong = { .architecture = "x86_64", .machine = "virt-10.0" };

    put(f, 1, "1-edk2.json", MEMORY("/x/OVMF.fd", "\"amd-sev\",\"requires-smm\""));
    put(f, 1, "2-edk2.json", MEMORY("/x/OVMF.fd", "\"amd-sev\",\"amd-sev-es\""));
    put(f, 1, "3-edk2.json", "{");
    put(f, 2, "4-edk2.json", "null");
    put(f, 2, "5-edk2.json", "[]");
    assert_not_found(f, "edk2", &snp,
                     "(1-edk2.json: '/x/OVMF.fd' needs system management mode, which no machine here has; "
                     "2-edk2.json: '/x/OVMF.fd' has no feature amd-sev-snp; 3-edk2.json: ");
    assert_not_found(f, "edk2", &snp, "; 4-edk2.json: the JSON text is just 'null'");
    assert_not_found(f, "edk2", &snp, "; 5-edk2.json: it names no image that can be mapped as memory)");
    assert_not_found(f, "edk2", &arm, "'/x/OVMF.fd' is not for machine virt-10.0 of aarch64");
    put(f, 1, "1-edk2.json", FLASH("/x/OVMF.fd", "raw"));
    assert_found(f, "edk2", &arm, "/x/OVMF.fd");
    assert_not_found(f, "edk2", &wrong, "'/x/OVMF.fd' is not for machine virt-10.0 of x86_64");
}

/* What others have written may be anything. */
static void test_shapes(Fixture *f, G_GNUC_UNUSED const void *data)
{
    static const char *const shapes[] = {
        "{\"mapping\":[]}",
        "{\"mapping\":{\"device\":1,\"filename\":\"x\"}}",
        "{\"mapping\":{\"device\":\"memory\",\"filename\":{}}}",
        "{\"mapping\":{\"device\":\"flash\",\"executable\":null}}",
        "{\"mapping\":{\"device\":\"kernel\",\"filename\":\"x\"}}",
        "{\"mapping\":{\"device\":\"memory\",\"filename\":\"x\"},\"targets\":{}}",
        "{\"mapping\":{\"device\":\"memory\",\"filename\":\"x\"},\"targets\":[null,1,{\"architecture\":[]}]}",
        "{\"mapping\":{\"device\":\"memory\",\"filename\":\"x\"},\"targets\":[{\"architecture\":\"x86_64\","
        "\"machines\":\"pc-q35-*\"}]}",
        "{\"mapping\":{\"device\":\"memory\",\"filename\":\"x\"},\"targets\":[{\"architecture\":\"x86_64\","
        "\"machines\":[1,null]}]}",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(shapes); i++) {
        put(f, 1, "edk2.json", shapes[i]);
        assert_not_found(f, "edk2", &plain, "(edk2.json: ");
    }
}

static void test_folders(void)
{
    g_auto(GStrv) folders = firmware_folders();

    g_assert_cmpuint(g_strv_length(folders), ==, 3);
    g_assert_true(g_str_has_suffix(folders[0], "/qemu/firmware"));
    g_assert_cmpstr(folders[1], ==, "/etc/qemu/firmware");
    g_assert_cmpstr(folders[2], ==, "/usr/share/qemu/firmware");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, test)                                                                                      \
    g_test_add("/firmware-descriptor/" name, Fixture, NULL, fixture_init, test, fixture_clear)
    ADD("names", test_names);
    ADD("order", test_order);
    ADD("flash", test_flash);
    ADD("reasons", test_reasons);
    ADD("shapes", test_shapes);
    g_test_add_func("/firmware-descriptor/folders", test_folders);
    return g_test_run();
}
