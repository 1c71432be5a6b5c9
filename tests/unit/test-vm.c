/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the public API for machines: from options to a plan, refusals, and help.
 */
#include "cgvm/firmware.h"
#include "cgvm/id-block.h"
#include "cgvm/monitor.h"
#include "cgvm/secret.h"
#include "tests/unit/toy-vm.h"

/* Debian 12's firmware, and the digest of 1 vCPU EPYC-Milan with it: tests/launch/snp_digest.py OVMF.fd 1
 * EPYC-Milan. */
#define DEBIAN_12_OVMF   "/usr/share/ovmf/OVMF.fd"
#define DEBIAN_12_SHA256 "7b456907dd0786d415999e801a1ac4637b8ed4d7cf5378cfc6edbe5e574dd773"
#define DEBIAN_12_DIGEST                                                                                     \
    "80479ca85a2b182c026f6a3a2f2b180ab968d84b17540dd30de39039e70b8c0c33ead2cae6d34e37750035fcff60bfc8"

/* ---- the basics ---- */

static void test_version(void)
{
    g_autofree char *headers =
        g_strdup_printf("%d.%d.%d", CGVM_VERSION_MAJOR, CGVM_VERSION_MINOR, CGVM_VERSION_PATCH);

    g_assert_cmpstr(cgvm_version(), ==, headers);
    g_assert_true(CGVM_VERSION_AT_LEAST(CGVM_VERSION_MAJOR, CGVM_VERSION_MINOR, CGVM_VERSION_PATCH));
    g_assert_true(CGVM_VERSION_AT_LEAST(0, 0, 99));
    g_assert_false(CGVM_VERSION_AT_LEAST(CGVM_VERSION_MAJOR, CGVM_VERSION_MINOR, CGVM_VERSION_PATCH + 1));
    g_assert_false(CGVM_VERSION_AT_LEAST(CGVM_VERSION_MAJOR, CGVM_VERSION_MINOR + 1, 0));
    g_assert_false(CGVM_VERSION_AT_LEAST(CGVM_VERSION_MAJOR + 1, 0, 0));
}

static void test_free_nothing(void)
{
    cgvm_vm_free(NULL);
    cgvm_string_free(NULL);
    cgvm_error_free(NULL);
}

static void test_machine_that_is_never_used(void)
{
    g_autoptr(CgvmVm) empty = cgvm_vm_new();
    g_autoptr(CgvmVm) full = snp_vm();

    g_assert_null(cgvm_vm_guest_id(empty));
    g_assert_null(cgvm_vm_measurement(full));
    g_assert_false(cgvm_vm_is_simulated(full));
}

static void test_wrong_option(void)
{
    g_autoptr(CgvmVm) vm = snp_vm();
    g_autoptr(CgvmError) unknown = NULL;
    g_autoptr(CgvmError) malformed = NULL;

    g_assert_false(cgvm_vm_add_option(vm, "objekt", "x", &unknown));
    assert_error(unknown, CGVM_ERROR_NOT_FOUND, "there is no option 'objekt'; did you mean 'object'?");
    g_assert_false(cgvm_vm_add_option(vm, "machine", "a,b", &malformed));
    assert_error(malformed, CGVM_ERROR_INVALID, "-machine: 'b' has no value, *");
    g_assert_false(cgvm_vm_add_option(vm, "machine", "a,b", NULL));
}

/* Strings that are missing are refused by every part of the API that takes one. */
static void test_no_string(void)
{
    const CgvmBytes bytes = { "x", 1 };
    g_autoptr(CgvmVm) vm = snp_vm();
    CgvmMonitor *monitor = cgvm_monitor_new(vm);
    CgvmSecret *secret = cgvm_secret_new();
    CgvmError *errors[10] = { NULL };
    CgvmError **error = errors;

    g_assert_null(cgvm_monitor_new(NULL));
    g_assert_false(cgvm_vm_add_option(vm, NULL, "x", error++));
    g_assert_false(cgvm_vm_add_option(vm, "bios", NULL, error++));
    g_assert_false(cgvm_vm_add_option(NULL, "bios", "x", error++));
    g_assert_null(cgvm_help(NULL, error++));
    g_assert_false(cgvm_monitor_add_option(monitor, NULL, "x", error++));
    g_assert_false(cgvm_monitor_add_option(monitor, "name", NULL, error++));
    g_assert_false(cgvm_firmware_check(bytes, "x", NULL, error++));
    g_assert_null(cgvm_firmware_describe(bytes, NULL, CGVM_FORMAT_TEXT, error++));
    g_assert_null(cgvm_id_block_parse(NULL, error++));
    g_assert_false(cgvm_secret_add(secret, NULL, bytes, error++));
    g_assert_true(error == errors + G_N_ELEMENTS(errors));
    for (size_t i = 0; i < G_N_ELEMENTS(errors); i++) {
        assert_error(errors[i], CGVM_ERROR_INVALID, "*the argument '*' is NULL; give one");
        cgvm_error_free(errors[i]);
    }
    cgvm_secret_free(secret);
    cgvm_monitor_free(monitor);
}

static void test_wrong_option_changes_nothing(void)
{
    g_autoptr(CgvmVm) vm = snp_vm();

    g_assert_false(cgvm_vm_add_option(vm, "machine", "other,b", NULL));
    g_assert_false(cgvm_vm_add_option(vm, "smp", "2,sockets", NULL));
    assert_planned_digest(vm, TOY_DIGEST_1);
}

static void test_option_after_the_plan(void)
{
    g_autoptr(CgvmVm) vm = snp_vm();
    g_autoptr(CgvmError) error = NULL;

    cgvm_string_free(plan(vm, CGVM_PLAN_TEXT));
    g_assert_false(cgvm_vm_add_option(vm, "smp", "2", &error));
    assert_error(error, CGVM_ERROR_STATE, "-smp comes too late, the machine was made already");
}

/* ---- plan ---- */

static void test_plan_as_text(void)
{
    g_autoptr(CgvmVm) vm = snp_vm();
    char *text = plan(vm, CGVM_PLAN_TEXT);

    g_assert_true(g_str_has_prefix(text, "sev-snp-guest 'sev0' on machine q35, VM type 4\n"));
    g_assert_nonnull(strstr(text, "  0x0fffff000-0x0ffffffff  normal      toy.fd+0x0\n"));
    g_assert_nonnull(strstr(text, "  0x00080d000-0x00080dfff  secrets     toy.fd+0x100, SEV metadata"));
    cgvm_string_free(text);
}

static void test_plan_as_json(void)
{
    g_autoptr(CgvmVm) vm = snp_vm();
    char *text = plan(vm, CGVM_PLAN_JSON);

    g_assert_true(g_str_has_prefix(text, "{\n"));
    g_assert_true(g_str_has_suffix(text, "}\n"));
    g_assert_nonnull(strstr(text, "\"digest\": \"" TOY_DIGEST_1 "\""));
    cgvm_string_free(text);
}

static void test_digest(void)
{
    g_autoptr(CgvmVm) one = snp_vm();
    g_autoptr(CgvmVm) two = snp_vm();

    add(two, "smp", "2");
    assert_planned_digest(one, TOY_DIGEST_1);
    assert_planned_digest(two, TOY_DIGEST_2);
}

static void test_digest_of_debians_firmware(void)
{
    g_autoptr(CgvmVm) vm = snp_vm();
    g_autofree char *image = NULL;
    g_autofree char *sha256 = NULL;
    size_t size;

    if (!g_file_get_contents(DEBIAN_12_OVMF, &image, &size, NULL)) {
        g_test_skip("there is no " DEBIAN_12_OVMF);
        return;
    }
    sha256 = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const uint8_t *)image, size);
    if (strcmp(sha256, DEBIAN_12_SHA256) != 0) {
        g_test_skip(DEBIAN_12_OVMF " is not Debian 12's");
        return;
    }
    add(vm, "bios", DEBIAN_12_OVMF);
    assert_planned_digest(vm, DEBIAN_12_DIGEST);
}

static void test_plan_twice(void)
{
    g_autoptr(CgvmVm) vm = snp_vm();
    char *first = plan(vm, CGVM_PLAN_JSON);
    char *second = plan(vm, CGVM_PLAN_JSON);

    g_assert_cmpstr(first, ==, second);
    cgvm_string_free(first);
    cgvm_string_free(second);
}

static void test_plan_names_the_machine(void)
{
    g_autoptr(CgvmVm) vm = snp_vm();

    add(vm, "machine", "microvm");
    assert_planned_digest(vm, TOY_DIGEST_1);
}

/* The older name of the link does the same. */
static void test_memory_encryption(void)
{
    g_autoptr(CgvmVm) vm = cgvm_vm_new();

    add(vm, "machine", "memory-encryption=sev0");
    add(vm, "object", "sev-snp-guest,id=sev0");
    add(vm, "cpu", "EPYC-Milan");
    add(vm, "bios", toy_firmware);
    assert_planned_digest(vm, TOY_DIGEST_1);
}

static void test_memory_encryption_differs(void)
{
    g_autoptr(CgvmVm) vm = snp_vm();

    add(vm, "object", "sev-snp-guest,id=sev1");
    add(vm, "machine", "memory-encryption=sev1");
    assert_plan_refused(vm, CGVM_ERROR_INVALID,
                        "-machine: 'confidential-guest-support' is 'sev0', but its older name "
                        "'memory-encryption' is 'sev1'; give one of them");
}

static void test_memory_backend(void)
{
    g_autoptr(CgvmVm) good = snp_vm(), bad = snp_vm();

    add(good, "machine", "memory-backend=ram0");
    add(good, "object", "memory-backend-memfd,id=ram0,size=512M,share=on");
    add(good, "m", "512");
    assert_planned_digest(good, TOY_DIGEST_1);
    add(bad, "machine", "memory-backend=ram0");
    add(bad, "object", "memory-backend-ram,id=ram0,size=512M");
    add(bad, "m", "1G");
    assert_plan_refused(bad, CGVM_ERROR_INVALID, "*'memory-backend' provides 536870912*");
}

static void test_json_object(void)
{
    g_autoptr(CgvmVm) vm =
        vm_with("{ \"qom-type\": \"sev-snp-guest\", \"id\": \"sev0\", \"policy\": 196608 }");

    assert_planned_digest(vm, TOY_DIGEST_1);
}

static void test_plan_of_a_plain_guest(void)
{
    g_autoptr(CgvmVm) vm = cgvm_vm_new();

    add(vm, "bios", toy_firmware);
    assert_plan_refused(vm, CGVM_ERROR_INVALID, "there is nothing to plan: *");
}

static void test_plan_without_firmware(void)
{
    g_autoptr(CgvmVm) vm = cgvm_vm_new();

    add(vm, "object", "sev-snp-guest,id=sev0");
    add(vm, "machine", "confidential-guest-support=sev0");
    assert_plan_refused(vm, CGVM_ERROR_INVALID, "*no firmware is given; name an image with -bios*");
}

static void test_plan_without_cpu(void)
{
    g_autoptr(CgvmVm) vm = cgvm_vm_new();

    add(vm, "object", "sev-snp-guest,id=sev0");
    add(vm, "machine", "confidential-guest-support=sev0");
    add(vm, "bios", toy_firmware);
    assert_plan_refused(vm, CGVM_ERROR_INVALID, "sev-snp-guest 'sev0': *-cpu EPYC-Milan*");
}

static void test_refused_plan_leaves_no_descriptors(void)
{
    unsigned before = count_descriptors();
    CgvmVm *vm = snp_vm();

    add(vm, "m", "1M");
    assert_plan_refused(vm, CGVM_ERROR_INVALID,
                        "sev-snp-guest 'sev0': the guest has no memory for 0x800000-*");
    cgvm_vm_free(vm);
    g_assert_cmpuint(count_descriptors(), ==, before);
}

static void test_expected_digest(void)
{
    g_autoptr(CgvmVm) good = vm_with("sev-snp-guest,id=sev0,expect-digest=" TOY_DIGEST_1);
    g_autoptr(CgvmVm) bad = vm_with("sev-snp-guest,id=sev0,expect-digest=" TOY_DIGEST_2);

    assert_planned_digest(good, TOY_DIGEST_1);
    assert_plan_refused(bad, CGVM_ERROR_MISMATCH, "sev-snp-guest 'sev0': *the launch digest would be *");
}

/* ---- refusals ---- */

/* A complete machine with one more option is refused. */
static void assert_option_refused(const char *name, const char *text, CgvmErrorCode code, const char *pattern)
{
    g_autoptr(CgvmVm) vm = snp_vm();

    add(vm, name, text);
    assert_plan_refused(vm, code, pattern);
    assert_plan_refused(vm, code, pattern);
}

static void test_wrong_object(void)
{
    assert_option_refused("object", "sev-snp-gest,id=a", CGVM_ERROR_NOT_FOUND,
                          "*there is no object type 'sev-snp-gest'; did you mean 'sev-snp-guest'*");
    assert_option_refused("object", "sev-snp-guest,id=sev0", CGVM_ERROR_INVALID,
                          "*there already is an object with the id 'sev0'*");
    assert_option_refused("object", "sev-snp-guest", CGVM_ERROR_INVALID, "*needs an id*");
    assert_option_refused("object", "sev-common,id=a", CGVM_ERROR_INVALID, "*'sev-common' is abstract*");
    assert_option_refused("object", "sev-snp-guest,id=a,polic=1", CGVM_ERROR_NOT_FOUND,
                          "*'a' has no property 'polic'; did you mean 'policy'*");
}

static void test_wrong_machine(void)
{
    assert_option_refused("machine", "mikrovm", CGVM_ERROR_NOT_FOUND,
                          "*there is no machine 'mikrovm'; did you mean 'microvm'*");
    assert_option_refused("machine", "x86", CGVM_ERROR_NOT_FOUND, "*there is no machine 'x86'*");
    assert_option_refused("machine", "confidential-guest-support=sev1", CGVM_ERROR_NOT_FOUND,
                          "*'sev1' that does not exist*");
    assert_option_refused("machine", "confidential-guest-support=/machine", CGVM_ERROR_INVALID,
                          "*needs an object of type confidential-guest-support*");
    assert_option_refused("smp", "0", CGVM_ERROR_INVALID, "-smp: *'smp.cpus' must be from 1 to 4096, not 0");
    assert_option_refused("smp", "256", CGVM_ERROR_INVALID, "*at most 255 vCPUs, not 256*");
    assert_option_refused("smp", "4,sockets=3", CGVM_ERROR_INVALID, "*sockets (3) * = 3, but *for 4 vCPUs*");
    assert_option_refused("smp", "4,maxcpus=2", CGVM_ERROR_INVALID, "*cpus (4) is larger than maxcpus (2)");
    assert_option_refused("smp", "4,socket=1", CGVM_ERROR_INVALID, "-smp: *did you mean 'smp.sockets'*");
    assert_option_refused("m", "1G,maxmem=2G", CGVM_ERROR_UNSUPPORTED, "*no memory hot-plug*");
    assert_option_refused("m", "1G,slots=2", CGVM_ERROR_UNSUPPORTED, "*no memory hot-plug*");
    assert_option_refused("machine", "smp=2", CGVM_ERROR_INVALID, "-machine: *write 'smp.cpus='*");
    assert_option_refused("m", "4097K", CGVM_ERROR_INVALID, "*");
    assert_option_refused("cpu", "EPYC-Milano", CGVM_ERROR_NOT_FOUND, "*did you mean 'EPYC-Milan'*");
}

static void test_wrong_accel(void)
{
    assert_option_refused("accel", "tcg", CGVM_ERROR_NOT_FOUND, "*there is no accelerator 'tcg'*");
    assert_option_refused("accel", "kvm,devise=x", CGVM_ERROR_NOT_FOUND, "*did you mean 'device'*");
}

static void test_wrong_firmware(void)
{
    g_autofree char *plain = toy_make_firmware("plain.fd", false);
    g_autofree char *odd = g_build_filename(toy_directory, "odd.fd", NULL);

    g_assert_true(g_file_set_contents(odd, "odd", 3, NULL));
    assert_option_refused("bios", "/nonexistent/OVMF.fd", CGVM_ERROR_IO,
                          "*cannot open the firmware '/nonexistent/OVMF.fd': No such file or directory*");
    assert_option_refused("bios", toy_directory, CGVM_ERROR_INVALID, "*is not a regular file*");
    assert_option_refused("bios", odd, CGVM_ERROR_INVALID, "*has 3 bytes; *");
    assert_option_refused("bios", plain, CGVM_ERROR_INVALID, "*'plain.fd' has no SEV metadata*");
}

/* What failed while objects were made can be mended by a further option. */
static void test_mended_by_an_option(void)
{
    g_autoptr(CgvmVm) vm = snp_vm();

    add(vm, "machine", "confidential-guest-support=sev1");
    assert_plan_refused(vm, CGVM_ERROR_NOT_FOUND, "*'sev1' that does not exist*");
    add(vm, "machine", "confidential-guest-support=sev0");
    assert_planned_digest(vm, TOY_DIGEST_1);
}

/* Wherever the second one stands, it may be the one that was meant. */
static void test_second_object(void)
{
    g_autoptr(CgvmVm) vm = snp_vm(), machine_none = snp_vm();
    g_autoptr(CgvmVm) first = cgvm_vm_new();

    add(vm, "object", "sev-guest,id=other");
    assert_plan_refused(vm, CGVM_ERROR_INVALID,
                        "sev-guest 'other' protects no guest, as the machine is linked to sev-snp-guest "
                        "'sev0'; leave one of the two out, or link other with -machine "
                        "confidential-guest-support=other");
    add(vm, "accel", "sim,run=off");
    assert_launch_refused(vm, CGVM_ERROR_INVALID, "sev-guest 'other' protects no guest, *");
    add(first, "object", "{\"qom-type\":\"sev-guest\",\"id\":\"other\"}");
    add(first, "object", "sev-snp-guest,id=sev0");
    add(first, "machine", "confidential-guest-support=sev0");
    add(first, "bios", toy_firmware);
    assert_plan_refused(first, CGVM_ERROR_INVALID, "sev-guest 'other' protects no guest, *");
    add(machine_none, "machine", "type=none,confidential-guest-support=");
    assert_plan_refused(machine_none, CGVM_ERROR_INVALID, "there is nothing to plan*");
}

/* ---- many machines ---- */

static void test_two_machines(void)
{
    g_autoptr(CgvmVm) one = snp_vm();
    CgvmVm *two = snp_vm();

    add(two, "smp", "2");
    assert_planned_digest(one, TOY_DIGEST_1);
    assert_planned_digest(two, TOY_DIGEST_2);
    cgvm_vm_free(two);
    assert_planned_digest(one, TOY_DIGEST_1);
}

static gpointer plan_often(gpointer digest)
{
    for (int i = 0; i < 10; i++) {
        g_autoptr(CgvmVm) vm = snp_vm();
        add(vm, "smp", strcmp(digest, TOY_DIGEST_2) == 0 ? "2" : "1");
        assert_planned_digest(vm, digest);
    }
    return NULL;
}

static void test_machines_on_threads(void)
{
    char one[] = TOY_DIGEST_1, two[] = TOY_DIGEST_2;
    GThread *first = g_thread_new("one", plan_often, one);
    GThread *second = g_thread_new("two", plan_often, two);

    g_thread_join(first);
    g_thread_join(second);
}

/* ---- help ---- */

static void assert_help(const char *topic, const char *part)
{
    g_autoptr(CgvmError) error = NULL;
    char *text = cgvm_help(topic, &error);

    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
    g_assert_nonnull(strstr(text, part));
    g_assert_true(g_str_has_suffix(text, "\n"));
    cgvm_string_free(text);
}

static void test_help(void)
{
    assert_help("object", "  sev-snp-guest\n");
    assert_help("object sev-snp-guest", "  policy=<uint64> ");
    assert_help("machine", "microvm ");
    assert_help("accel", "sim ");
    assert_help("cpu", "EPYC-Milan ");
}

static void assert_no_help(const char *topic, CgvmErrorCode code, const char *pattern)
{
    g_autoptr(CgvmError) error = NULL;

    g_assert_null(cgvm_help(topic, &error));
    assert_error(error, code, pattern);
}

static void test_no_help(void)
{
    assert_no_help("banana", CGVM_ERROR_NOT_FOUND, "there is no help for 'banana'*");
    assert_no_help("object sev-snp-gest", CGVM_ERROR_NOT_FOUND, "*did you mean 'sev-snp-guest'?");
    assert_no_help("object machine", CGVM_ERROR_INVALID, "object type 'machine' is abstract*");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/vm/version", test_version);
    g_test_add_func("/vm/free-nothing", test_free_nothing);
    g_test_add_func("/vm/never-used", test_machine_that_is_never_used);
    g_test_add_func("/vm/option/wrong", test_wrong_option);
    g_test_add_func("/vm/option/no-string", test_no_string);
    g_test_add_func("/vm/option/changes-nothing", test_wrong_option_changes_nothing);
    g_test_add_func("/vm/option/after-the-plan", test_option_after_the_plan);
    g_test_add_func("/vm/plan/text", test_plan_as_text);
    g_test_add_func("/vm/plan/json", test_plan_as_json);
    g_test_add_func("/vm/plan/digest", test_digest);
    g_test_add_func("/vm/plan/debian", test_digest_of_debians_firmware);
    g_test_add_func("/vm/plan/twice", test_plan_twice);
    g_test_add_func("/vm/plan/machine", test_plan_names_the_machine);
    g_test_add_func("/vm/plan/memory-encryption", test_memory_encryption);
    g_test_add_func("/vm/plan/memory-encryption-differs", test_memory_encryption_differs);
    g_test_add_func("/vm/plan/memory-backend", test_memory_backend);
    g_test_add_func("/vm/plan/json-object", test_json_object);
    g_test_add_func("/vm/plan/plain-guest", test_plan_of_a_plain_guest);
    g_test_add_func("/vm/plan/no-firmware", test_plan_without_firmware);
    g_test_add_func("/vm/plan/no-cpu", test_plan_without_cpu);
    g_test_add_func("/vm/plan/no-descriptors", test_refused_plan_leaves_no_descriptors);
    g_test_add_func("/vm/plan/expected-digest", test_expected_digest);
    g_test_add_func("/vm/wrong/object", test_wrong_object);
    g_test_add_func("/vm/wrong/machine", test_wrong_machine);
    g_test_add_func("/vm/wrong/accel", test_wrong_accel);
    g_test_add_func("/vm/wrong/firmware", test_wrong_firmware);
    g_test_add_func("/vm/wrong/mended", test_mended_by_an_option);
    g_test_add_func("/vm/wrong/second-object", test_second_object);
    g_test_add_func("/vm/many/two", test_two_machines);
    g_test_add_func("/vm/many/threads", test_machines_on_threads);
    g_test_add_func("/vm/help", test_help);
    g_test_add_func("/vm/help/none", test_no_help);
    return toy_run_tests();
}
