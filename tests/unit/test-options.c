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
    assert_json(options.given_by, "{}");
    g_assert_null(options.accel);
}

static void assert_object(const VmOptions *options, guint index, bool from_json, const char *expected)
{
    const ObjectOption *option;

    g_assert_cmpuint(index, <, options->objects->len);
    option = g_ptr_array_index(options->objects, index);
    assert_json(option->props, expected);
    g_assert_cmpint(option->from_json, ==, from_json);
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
    assert_object(&options, 0, false,
                  "{\"qom-type\":\"sev-snp-guest\",\"id\":\"sev0\",\"policy\":\"0x30000\"}");
    assert_object(&options, 1, false, "{\"qom-type\":\"container\",\"id\":\"c\"}");
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
    assert_object(&options, 0, false, "{\"qom-type\":\"thing\",\"id\":\"a\",\"some_key\":\"1\"}");
}

static void test_machine_nests(void)
{
    assert_machine("machine", "microvm,smp.cpus=2,smp.max_cpus=4",
                   "{\"type\":\"microvm\",\"smp\":{\"cpus\":\"2\",\"max_cpus\":\"4\"}}");
}

static void test_short_name_of_machine(void)
{
    assert_machine("M", "microvm", "{\"type\":\"microvm\"}");
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

static void assert_second_refused(const char *first, const char *first_text, const char *second,
                                  const char *second_text, const char *message)
{
    g_auto(VmOptions) options;
    g_autoptr(Error) error = NULL;

    vm_options_init(&options);
    add(&options, first, first_text);
    g_assert_false(vm_options_add(&options, second, second_text, &error));
    g_assert_cmpstr(cgvm_error_message(error), ==, message);
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_INVALID);
}

static void test_accel_of_the_machine(void)
{
    g_auto(VmOptions) options;

    assert_machine("machine", "microvm,accel=kvm", "{\"type\":\"microvm\",\"accel\":\"kvm\"}");
    vm_options_init(&options);
    add(&options, "machine", "accel=sim");
    add(&options, "accel", "sim,run=off");
    assert_json(options.accel, "{\"accel\":\"sim\",\"run\":\"off\"}");
}

static void test_two_accels(void)
{
    assert_second_refused("machine", "accel=kvm", "accel", "sim",
                          "-accel: the accelerator is 'sim' here, but 'kvm' with -machine; give it once");
    assert_second_refused("accel", "sim", "machine", "accel=kvm",
                          "-machine: the accelerator is 'kvm' here, but 'sim' with -accel; give it once");
}

static void test_memory(void)
{
    assert_machine("m", "512", "{\"memory\":{\"size\":\"512M\"}}");
    assert_machine("m", "size=512", "{\"memory\":{\"size\":\"512M\"}}");
    assert_machine("m", "2G", "{\"memory\":{\"size\":\"2G\"}}");
    assert_machine("m", "1024K", "{\"memory\":{\"size\":\"1024K\"}}");
    assert_machine("m", "much", "{\"memory\":{\"size\":\"much\"}}");
}

static void test_cpus(void)
{
    assert_machine("smp", "4", "{\"smp\":{\"cpus\":\"4\"}}");
    assert_machine("smp", "cpus=4", "{\"smp\":{\"cpus\":\"4\"}}");
}

/* A file's name may hold anything, a CPU's too. */
static void test_texts_that_are_no_pairs(void)
{
    assert_machine("bios", "/tmp/a,b=c", "{\"firmware\":\"\\/tmp\\/a,b=c\"}");
    assert_machine("kernel", "a,b=c", "{\"kernel\":\"a,b=c\"}");
    assert_machine("initrd", "a,b", "{\"initrd\":\"a,b\"}");
    assert_machine("append", "a=b,c \xc3\xbc", "{\"append\":\"a=b,c \xc3\xbc\"}");
    assert_machine("cpu", "EPYC-v4,+avx", "{\"cpu-type\":\"EPYC-v4,+avx\"}");
}

static void test_last_shorthand_counts(void)
{
    g_auto(VmOptions) options;

    vm_options_init(&options);
    add(&options, "smp", "4");
    add(&options, "machine", "smp.cpus=3");
    add(&options, "smp", "2");
    assert_json(options.machine, "{\"smp\":{\"cpus\":\"2\"}}");
}

static void test_shorthands_merge(void)
{
    g_auto(VmOptions) options;

    vm_options_init(&options);
    add(&options, "smp", "4");
    add(&options, "machine", "smp.sockets=2,memory.size=1G");
    add(&options, "smp", "threads=2");
    add(&options, "m", "slots=0");
    assert_json(options.machine, "{\"smp\":{\"cpus\":\"4\",\"sockets\":\"2\",\"threads\":\"2\"},"
                                 "\"memory\":{\"size\":\"1G\",\"slots\":\"0\"}}");
}

static void test_given_by(void)
{
    g_auto(VmOptions) options;

    vm_options_init(&options);
    add(&options, "smp", "4");
    add(&options, "m", "1G");
    add(&options, "bios", "a");
    add(&options, "machine", "memory.slots=0");
    assert_json(options.given_by, "{\"smp\":\"smp\",\"memory\":\"machine\",\"firmware\":\"bios\"}");
}

/* What is a structure stays one. */
static void test_merge_that_contradicts(void)
{
    g_auto(VmOptions) options;
    g_autoptr(Error) error = NULL;

    vm_options_init(&options);
    add(&options, "smp", "4");
    g_assert_false(vm_options_add(&options, "machine", "one,smp=3", &error));
    g_assert_true(g_str_has_prefix(cgvm_error_message(error), "-machine: 'smp' "));
    assert_json(options.machine, "{\"smp\":{\"cpus\":\"4\"}}");
    assert_json(options.given_by, "{\"smp\":\"smp\"}");
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

static void test_json_object(void)
{
    g_auto(VmOptions) options;

    vm_options_init(&options);
    add(&options, "object",
        "{ \"qom-type\": \"thing\", \"id\": \"a\", \"size\": 4096, \"deep\": { \"on\": true } }");
    assert_object(&options, 0, true,
                  "{\"qom-type\":\"thing\",\"id\":\"a\",\"size\":4096,\"deep\":{\"on\":true}}");
}

static void test_malformed_json_object(void)
{
    g_auto(VmOptions) options;
    g_autoptr(Error) error = NULL;

    vm_options_init(&options);
    g_assert_false(vm_options_add(&options, "object", "{\"qom-type\":", &error));
    g_assert_true(g_str_has_prefix(cgvm_error_message(error), "-object: "));
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_INVALID);
    g_assert_cmpuint(options.objects->len, ==, 0);
}

static void test_nested_object(void)
{
    g_auto(VmOptions) options;

    vm_options_init(&options);
    add(&options, "object", "thing,id=a,list.0=x,list.1=y,deep.on=yes");
    assert_object(&options, 0, false,
                  "{\"qom-type\":\"thing\",\"id\":\"a\",\"list\":[\"x\",\"y\"],\"deep\":{\"on\":\"yes\"}}");
}

static void test_all_keys_of_smp(void)
{
    assert_machine(
        "smp", "8,sockets=1,dies=2,cores=2,threads=2,maxcpus=8",
        "{\"smp\":{\"cpus\":\"8\",\"sockets\":\"1\",\"dies\":\"2\",\"cores\":\"2\",\"threads\":\"2\","
        "\"maxcpus\":\"8\"}}");
    assert_machine("smp", "sockets=2", "{\"smp\":{\"sockets\":\"2\"}}");
}

/* A bare number means MiB, but not where it counts something else. */
static void test_all_keys_of_memory(void)
{
    assert_machine("m", "512,maxmem=512,slots=0",
                   "{\"memory\":{\"size\":\"512M\",\"max-size\":\"512M\",\"slots\":\"0\"}}");
    assert_machine("m", "maxmem=1G", "{\"memory\":{\"max-size\":\"1G\"}}");
}

/* Whether the machine has such a key shows when there is one. */
static void test_unknown_key_of_a_shorthand(void)
{
    assert_machine("smp", "2,sockets=1", "{\"smp\":{\"cpus\":\"2\",\"sockets\":\"1\"}}");
}

static void test_shorthand_is_all_or_nothing(void)
{
    assert_refused("m", "512,slots", CGVM_ERROR_INVALID,
                   "-m: 'slots' has no value, write KEY=VALUE; a comma inside a value is written twice");
}

static void test_empty(void)
{
    assert_refused("bios", "", CGVM_ERROR_INVALID, "-bios: the value is empty");
    assert_refused("object", "", CGVM_ERROR_INVALID, "-object: the value is empty");
    assert_refused("kernel", "", CGVM_ERROR_INVALID, "-kernel: the value is empty");
    assert_machine("append", "", "{\"append\":\"\"}");
}

static void test_file_of_options(void)
{
    g_auto(VmOptions) options;
    g_autoptr(Error) error = NULL;

    vm_options_init(&options);
    g_assert_false(vm_options_add(&options, "object", "@file", &error));
    g_assert_true(g_str_has_prefix(cgvm_error_message(error), "-object: "));
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_UNSUPPORTED);
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
    g_test_add_func("/options/object/json", test_json_object);
    g_test_add_func("/options/object/malformed-json", test_malformed_json_object);
    g_test_add_func("/options/object/nested", test_nested_object);
    g_test_add_func("/options/object/file", test_file_of_options);
    g_test_add_func("/options/machine", test_machine);
    g_test_add_func("/options/machine/adds-up", test_machine_adds_up);
    g_test_add_func("/options/machine/last-counts", test_last_machine_counts);
    g_test_add_func("/options/machine/underscores", test_machine_takes_underscores);
    g_test_add_func("/options/machine/nested", test_machine_nests);
    g_test_add_func("/options/machine/short", test_short_name_of_machine);
    g_test_add_func("/options/accel", test_accel);
    g_test_add_func("/options/accel/machine", test_accel_of_the_machine);
    g_test_add_func("/options/accel/two", test_two_accels);
    g_test_add_func("/options/accel/last-counts", test_last_accel_counts);
    g_test_add_func("/options/memory", test_memory);
    g_test_add_func("/options/cpus", test_cpus);
    g_test_add_func("/options/no-pairs", test_texts_that_are_no_pairs);
    g_test_add_func("/options/shorthand/last-counts", test_last_shorthand_counts);
    g_test_add_func("/options/shorthand/merge", test_shorthands_merge);
    g_test_add_func("/options/shorthand/given-by", test_given_by);
    g_test_add_func("/options/shorthand/contradiction", test_merge_that_contradicts);
    g_test_add_func("/options/shorthand/smp", test_all_keys_of_smp);
    g_test_add_func("/options/shorthand/memory", test_all_keys_of_memory);
    g_test_add_func("/options/shorthand/unknown-key", test_unknown_key_of_a_shorthand);
    g_test_add_func("/options/shorthand/all-or-nothing", test_shorthand_is_all_or_nothing);
    g_test_add_func("/options/unknown", test_unknown);
    g_test_add_func("/options/mistyped", test_mistyped);
    g_test_add_func("/options/malformed", test_malformed);
    g_test_add_func("/options/empty", test_empty);
    g_test_add_func("/options/utf8", test_utf8);
    return g_test_run();
}
