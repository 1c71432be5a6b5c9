/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of options before a machine is made: what they add up to, and what is refused for its form.
 */
#include "lib/options.h"
#include <string.h>

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(VmOptions, vm_options_clear)

static void add(VmOptions *options, const char *name, const char *text)
{
    g_autoptr(Error) error = NULL;
    bool added = vm_options_add(options, name, text, &error);

    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
    g_assert_true(added);
}

static void assert_json(json_object *json, const char *expected)
{
    g_assert_cmpstr(json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN), ==, expected);
}

/* What one option alone makes of the machine. */
static void assert_machine(const char *name, const char *text, const char *expected)
{
    g_auto(VmOptions) options;

    vm_options_init(&options);
    add(&options, name, text);
    assert_json(options.machine, expected);
}

static void assert_refused(const char *name, const char *text, CgvmErrorCode code, const char *message)
{
    g_auto(VmOptions) options;
    g_autoptr(Error) error = NULL;

    vm_options_init(&options);
    g_assert_false(vm_options_add(&options, name, text, &error));
    g_assert_cmpstr(cgvm_error_message(error), ==, message);
    g_assert_cmpint(cgvm_error_code(error), ==, code);
    g_assert_false(vm_options_add(&options, name, text, NULL));
    g_assert_cmpuint(options.objects->len, ==, 0);
    assert_json(options.machine, "{}");
    g_assert_null(options.accel);
}

static void test_nothing(void)
{
    g_auto(VmOptions) options;

    vm_options_init(&options);
    g_assert_cmpuint(options.objects->len, ==, 0);
    assert_json(options.machine, "{}");
    g_assert_null(options.accel);
}

static void test_objects_in_order(void)
{
    g_auto(VmOptions) options;

    vm_options_init(&options);
    add(&options, "object", "sev-snp-guest,id=sev0,policy=0x30000");
    add(&options, "object", "qom-type=container,id=c");
    g_assert_cmpuint(options.objects->len, ==, 2);
    assert_json(g_ptr_array_index(options.objects, 0),
                "{\"qom-type\":\"sev-snp-guest\",\"id\":\"sev0\",\"policy\":\"0x30000\"}");
    assert_json(g_ptr_array_index(options.objects, 1), "{\"qom-type\":\"container\",\"id\":\"c\"}");
}

static void test_machine(void)
{
    assert_machine("machine", "microvm,smp=2", "{\"type\":\"microvm\",\"smp\":\"2\"}");
    assert_machine("machine", "type=microvm", "{\"type\":\"microvm\"}");
}

static void test_machine_adds_up(void)
{
    g_auto(VmOptions) options;

    vm_options_init(&options);
    add(&options, "machine", "microvm");
    add(&options, "machine", "confidential-guest-support=sev0");
    assert_json(options.machine, "{\"type\":\"microvm\",\"confidential-guest-support\":\"sev0\"}");
}

static void test_last_machine_counts(void)
{
    g_auto(VmOptions) options;

    vm_options_init(&options);
    add(&options, "machine", "one,smp=2");
    add(&options, "machine", "other");
    assert_json(options.machine, "{\"type\":\"other\",\"smp\":\"2\"}");
}

static void test_machine_takes_underscores(void)
{
    assert_machine("machine", "confidential_guest_support=sev_0",
                   "{\"confidential-guest-support\":\"sev_0\"}");
}

static void test_object_keeps_underscores(void)
{
    g_auto(VmOptions) options;

    vm_options_init(&options);
    add(&options, "object", "thing,id=a,some_key=1");
    assert_json(g_ptr_array_index(options.objects, 0),
                "{\"qom-type\":\"thing\",\"id\":\"a\",\"some_key\":\"1\"}");
}

static void test_accel(void)
{
    g_auto(VmOptions) options;

    vm_options_init(&options);
    add(&options, "accel", "sim,run=off");
    assert_json(options.accel, "{\"accel\":\"sim\",\"run\":\"off\"}");
}

static void test_last_accel_counts(void)
{
    g_auto(VmOptions) options;

    vm_options_init(&options);
    add(&options, "accel", "sim,run=off");
    add(&options, "accel", "kvm");
    assert_json(options.accel, "{\"accel\":\"kvm\"}");
}

static void test_memory(void)
{
    assert_machine("m", "512", "{\"memory\":\"512M\"}");
    assert_machine("m", "size=512", "{\"memory\":\"512M\"}");
    assert_machine("m", "2G", "{\"memory\":\"2G\"}");
    assert_machine("m", "1024K", "{\"memory\":\"1024K\"}");
    assert_machine("m", "much", "{\"memory\":\"much\"}");
}

static void test_cpus(void)
{
    assert_machine("smp", "4", "{\"smp\":\"4\"}");
    assert_machine("smp", "cpus=4", "{\"smp\":\"4\"}");
}

/* A file's name may hold anything, a CPU's too. */
static void test_texts_that_are_no_pairs(void)
{
    assert_machine("bios", "/tmp/a,b=c", "{\"firmware\":\"\\/tmp\\/a,b=c\"}");
    assert_machine("cpu", "EPYC-v4,+avx", "{\"cpu-type\":\"EPYC-v4,+avx\"}");
}

static void test_last_shorthand_counts(void)
{
    g_auto(VmOptions) options;

    vm_options_init(&options);
    add(&options, "smp", "4");
    add(&options, "machine", "smp=3");
    add(&options, "smp", "2");
    assert_json(options.machine, "{\"smp\":\"2\"}");
}

static void test_unknown(void)
{
    assert_refused("banana", "1", CGVM_ERROR_NOT_FOUND, "there is no option 'banana'");
}

static void test_mistyped(void)
{
    assert_refused("objects", "1", CGVM_ERROR_NOT_FOUND,
                   "there is no option 'objects'; did you mean 'object'?");
    assert_refused("boos", "1", CGVM_ERROR_NOT_FOUND, "there is no option 'boos'; did you mean 'bios'?");
}

static void test_malformed(void)
{
    assert_refused("object", "thing,id", CGVM_ERROR_INVALID,
                   "-object: 'id' has no value, write KEY=VALUE; a comma inside a value is written twice");
    assert_refused("machine", "a,=b", CGVM_ERROR_INVALID, "-machine: a key is missing before '='");
    assert_refused("accel", "sim,run=on,run=off", CGVM_ERROR_INVALID, "-accel: 'run' is given twice");
}

static void test_json_is_not_supported(void)
{
    assert_refused("object", "{\"qom-type\":\"thing\"}", CGVM_ERROR_UNSUPPORTED,
                   "-object: JSON is not supported; write TYPE,id=ID,PROPERTY=VALUE,...");
}

static void test_further_keys_of_a_shorthand(void)
{
    assert_refused("smp", "sockets=2", CGVM_ERROR_UNSUPPORTED,
                   "-smp: 'sockets' is not supported; give 'cpus' alone");
    assert_refused("m", "slots=2", CGVM_ERROR_UNSUPPORTED, "-m: 'slots' is not supported; give 'size' alone");
}

/* A refused option leaves nothing of itself. */
static void test_shorthand_is_all_or_nothing(void)
{
    assert_refused("m", "512,slots=2", CGVM_ERROR_UNSUPPORTED,
                   "-m: 'slots' is not supported; give 'size' alone");
}

static void test_utf8(void)
{
    assert_refused("bios", "\xff", CGVM_ERROR_INVALID, "-bios: the value is not valid UTF-8");
    assert_refused("object", "\xff", CGVM_ERROR_INVALID, "-object: the value is not valid UTF-8");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/options/nothing", test_nothing);
    g_test_add_func("/options/object/order", test_objects_in_order);
    g_test_add_func("/options/object/underscores", test_object_keeps_underscores);
    g_test_add_func("/options/object/json", test_json_is_not_supported);
    g_test_add_func("/options/machine", test_machine);
    g_test_add_func("/options/machine/adds-up", test_machine_adds_up);
    g_test_add_func("/options/machine/last-counts", test_last_machine_counts);
    g_test_add_func("/options/machine/underscores", test_machine_takes_underscores);
    g_test_add_func("/options/accel", test_accel);
    g_test_add_func("/options/accel/last-counts", test_last_accel_counts);
    g_test_add_func("/options/memory", test_memory);
    g_test_add_func("/options/cpus", test_cpus);
    g_test_add_func("/options/no-pairs", test_texts_that_are_no_pairs);
    g_test_add_func("/options/shorthand/last-counts", test_last_shorthand_counts);
    g_test_add_func("/options/shorthand/further-keys", test_further_keys_of_a_shorthand);
    g_test_add_func("/options/shorthand/all-or-nothing", test_shorthand_is_all_or_nothing);
    g_test_add_func("/options/unknown", test_unknown);
    g_test_add_func("/options/mistyped", test_mistyped);
    g_test_add_func("/options/malformed", test_malformed);
    g_test_add_func("/options/utf8", test_utf8);
    return g_test_run();
}
