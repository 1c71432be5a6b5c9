/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the launch plan: building it, what is refused beforehand, and how it is described.
 */
#include "confidential/plan.h"
#include <string.h>

#define PAGE GUEST_PAGE_SIZE

/* Guest memory at 1-3 MiB and, next to it, at 3-4 MiB. */
static void lay_out(GuestRam *ram)
{
    guest_ram_init(ram);
    g_assert_nonnull(guest_ram_add(ram, "RAM", 0x100000, 0x200000, false, NULL));
    g_assert_nonnull(guest_ram_add(ram, "more RAM", 0x300000, 0x100000, false, NULL));
}

static GBytes *page_of(uint8_t value)
{
    uint8_t *data = g_malloc(PAGE);

    memset(data, value, PAGE);
    return g_bytes_new_take(data, PAGE);
}

static void add_range(LaunchPlan *plan, uint64_t gpa, uint64_t size, const char *origin)
{
    launch_plan_add_range(plan, LAUNCH_PAGE_TYPE_ZERO, gpa, size, NULL, "%s", origin);
}

/* ---- building ---- */

static void test_new_plan_is_empty(void)
{
    g_autoptr(LaunchPlan) plan = launch_plan_new();

    g_assert_cmpuint(plan->n_ranges, ==, 0);
    g_assert_cmpuint(plan->n_vcpus, ==, 0);
    g_assert_cmpuint(plan->n_assumes, ==, 0);
    g_assert_null(plan->digest);
}

static void test_free_nothing(void)
{
    launch_plan_free(NULL);
}

static void test_add_range(void)
{
    g_autoptr(LaunchPlan) plan = launch_plan_new();
    GBytes *page = page_of(1);

    launch_plan_add_range(plan, LAUNCH_PAGE_TYPE_NORMAL, 0x1000, PAGE, page, "%s+0x%x", "OVMF.fd", 0x20);
    launch_plan_add_range(plan, LAUNCH_PAGE_TYPE_CPUID, 0x8000, 2 * PAGE, NULL, "CPUID");
    g_assert_cmpuint(plan->n_ranges, ==, 2);
    g_assert_cmphex(plan->ranges[0].gpa, ==, 0x1000);
    g_assert_cmphex(plan->ranges[0].size, ==, PAGE);
    g_assert_cmpint(plan->ranges[0].page_type, ==, LAUNCH_PAGE_TYPE_NORMAL);
    g_assert_cmpstr(plan->ranges[0].origin, ==, "OVMF.fd+0x20");
    g_assert_true(plan->ranges[0].contents == page);
    g_assert_null(plan->ranges[1].contents);
    g_assert_cmpint(plan->ranges[1].page_type, ==, LAUNCH_PAGE_TYPE_CPUID);
    g_bytes_unref(page);
}

static void test_plan_keeps_contents(void)
{
    g_autoptr(LaunchPlan) plan = launch_plan_new();
    GBytes *page = page_of(7);

    launch_plan_add_range(plan, LAUNCH_PAGE_TYPE_NORMAL, 0, PAGE, page, "page");
    g_bytes_unref(page);
    g_assert_cmpuint(((const uint8_t *)g_bytes_get_data(plan->ranges[0].contents, NULL))[PAGE - 1], ==, 7);
}

static void test_add_vcpu(void)
{
    g_autoptr(LaunchPlan) plan = launch_plan_new();
    g_autoptr(GBytes) page = page_of(1);

    launch_plan_add_vcpu(plan, "BSP", json_object_new_object(), page);
    launch_plan_add_vcpu(plan, "AP", json_object_new_object(), NULL);
    g_assert_cmpuint(plan->n_vcpus, ==, 2);
    g_assert_cmpuint(plan->vcpus[0].index, ==, 0);
    g_assert_cmpuint(plan->vcpus[1].index, ==, 1);
    g_assert_cmpstr(plan->vcpus[1].origin, ==, "AP");
    g_assert_true(plan->vcpus[0].page == page);
    g_assert_null(plan->vcpus[1].page);
}

static void test_assume(void)
{
    g_autoptr(LaunchPlan) plan = launch_plan_new();

    launch_plan_assume(plan, "the C-bit is at %d", 51);
    launch_plan_assume(plan, "all is well");
    g_assert_cmpuint(plan->n_assumes, ==, 2);
    g_assert_cmpstr(plan->assumes[0], ==, "the C-bit is at 51");
    g_assert_cmpstr(plan->assumes[1], ==, "all is well");
}

static void test_leave_out(void)
{
    g_autoptr(LaunchPlan) plan = launch_plan_new();

    launch_plan_leave_out(plan, "disk %d", 1);
    launch_plan_leave_out(plan, "all else");
    g_assert_cmpuint(plan->n_unmeasured, ==, 2);
    g_assert_cmpstr(plan->unmeasured[0], ==, "disk 1");
    g_assert_cmpstr(plan->unmeasured[1], ==, "all else");
}

static void test_range_label(void)
{
    LaunchRange range = { .gpa = 0xffe00000, .size = 0x200000, .origin = (char *)"OVMF.fd+0x0" };
    g_autofree char *label = launch_range_label(&range);

    g_assert_cmpstr(label, ==, "0xffe00000-0xffffffff (OVMF.fd+0x0)");
}

/* ---- check ---- */

typedef struct Fixture {
    GuestRam ram;
    LaunchPlan *plan;
} Fixture;

static void fixture_init(Fixture *f, G_GNUC_UNUSED const void *data)
{
    lay_out(&f->ram);
    f->plan = launch_plan_new();
}

static void fixture_clear(Fixture *f, G_GNUC_UNUSED const void *data)
{
    launch_plan_free(f->plan);
    guest_ram_clear(&f->ram, NULL);
}

static void assert_accepted(const Fixture *f)
{
    g_autoptr(Error) error = NULL;
    bool accepted = launch_plan_check(f->plan, &f->ram, GUEST_PAGE_SIZE, &error);

    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
    g_assert_true(accepted);
}

static void assert_refused(const Fixture *f, const char *message)
{
    g_autoptr(Error) error = NULL;

    g_assert_false(launch_plan_check(f->plan, &f->ram, GUEST_PAGE_SIZE, &error));
    g_assert_cmpstr(cgvm_error_message(error), ==, message);
    g_assert_cmpint(cgvm_error_code(error), ==, CGVM_ERROR_INVALID);
    g_assert_false(launch_plan_check(f->plan, &f->ram, GUEST_PAGE_SIZE, NULL));
}

static void test_check_empty_plan(Fixture *f, G_GNUC_UNUSED const void *data)
{
    assert_accepted(f);
}

static void test_check_neighbours(Fixture *f, G_GNUC_UNUSED const void *data)
{
    add_range(f->plan, 0x102000, PAGE, "third");
    add_range(f->plan, 0x100000, PAGE, "first");
    add_range(f->plan, 0x101000, PAGE, "second");
    add_range(f->plan, 0x2ff000, PAGE, "end of a block");
    add_range(f->plan, 0x300000, PAGE, "start of the next");
    assert_accepted(f);
}

static void test_check_keeps_the_order(Fixture *f, G_GNUC_UNUSED const void *data)
{
    add_range(f->plan, 0x102000, PAGE, "b");
    add_range(f->plan, 0x100000, PAGE, "a");
    assert_accepted(f);
    g_assert_cmpstr(f->plan->ranges[0].origin, ==, "b");
    g_assert_cmpstr(f->plan->ranges[1].origin, ==, "a");
}

static void test_check_empty_range(Fixture *f, G_GNUC_UNUSED const void *data)
{
    add_range(f->plan, 0x100000, 0, "nothing");
    assert_refused(f, "0 bytes at 0x100000 (nothing) are not whole pages of 4096 bytes");
}

static void test_check_unaligned_address(Fixture *f, G_GNUC_UNUSED const void *data)
{
    add_range(f->plan, 0x100000, PAGE, "good");
    add_range(f->plan, 0x110800, PAGE, "bad");
    assert_refused(f, "4096 bytes at 0x110800 (bad) are not whole pages of 4096 bytes");
}

static void test_check_unaligned_size(Fixture *f, G_GNUC_UNUSED const void *data)
{
    add_range(f->plan, 0x110000, 0x1800, "bad");
    assert_refused(f, "6144 bytes at 0x110000 (bad) are not whole pages of 4096 bytes");
}

/* A mechanism may launch less than a page, and then everything is counted in that. */
static void test_check_granule(Fixture *f, G_GNUC_UNUSED const void *data)
{
    g_autoptr(Error) error = NULL;

    add_range(f->plan, 0x110c10, 176, "table");
    add_range(f->plan, 0x110cc0, 16, "block after it");
    g_assert_true(launch_plan_check(f->plan, &f->ram, 16, NULL));
    add_range(f->plan, 0x110ca0, 32, "overlapping");
    g_assert_false(launch_plan_check(f->plan, &f->ram, 16, NULL));
    f->plan->ranges[2].gpa = 0x120008;
    g_assert_false(launch_plan_check(f->plan, &f->ram, 16, &error));
    g_assert_cmpstr(cgvm_error_message(error), ==,
                    "32 bytes at 0x120008 (overlapping) are not whole blocks of 16 bytes");
    assert_refused(f, "176 bytes at 0x110c10 (table) are not whole pages of 4096 bytes");
}

static void test_check_outside(Fixture *f, G_GNUC_UNUSED const void *data)
{
    add_range(f->plan, 0x400000, PAGE, "above");
    assert_refused(f, "the guest has no memory for 0x400000-0x400fff (above); give it more with -m");
}

static void test_check_below(Fixture *f, G_GNUC_UNUSED const void *data)
{
    add_range(f->plan, 0xff000, 2 * PAGE, "half below");
    assert_refused(f, "the guest has no memory for 0xff000-0x100fff (half below); give it more with -m");
}

static void test_check_two_blocks(Fixture *f, G_GNUC_UNUSED const void *data)
{
    add_range(f->plan, 0x2ff000, 2 * PAGE, "across");
    assert_refused(f, "the guest has no memory for 0x2ff000-0x300fff (across); give it more with -m");
}

static void test_check_wrapping(Fixture *f, G_GNUC_UNUSED const void *data)
{
    add_range(f->plan, 0x100000, UINT64_MAX - 0xfff, "huge");
    assert_refused(f, "the guest has no memory for 0x100000-0xfefff (huge); give it more with -m");
}

static void test_check_same_range_twice(Fixture *f, G_GNUC_UNUSED const void *data)
{
    add_range(f->plan, 0x100000, PAGE, "other");
    add_range(f->plan, 0x200000, PAGE, "CPUID");
    add_range(f->plan, 0x200000, PAGE, "secrets");
    g_assert_false(launch_plan_check(f->plan, &f->ram, GUEST_PAGE_SIZE, NULL));
}

static void test_check_overlap(Fixture *f, G_GNUC_UNUSED const void *data)
{
    add_range(f->plan, 0x201000, PAGE, "CPUID");
    add_range(f->plan, 0x110000, PAGE, "other");
    add_range(f->plan, 0x200000, 2 * PAGE, "SEC memory");
    assert_refused(f, "0x201000-0x201fff (CPUID) overlaps 0x200000-0x201fff (SEC memory); each page can be "
                      "launched only once");
}

static void test_check_range_inside_another(Fixture *f, G_GNUC_UNUSED const void *data)
{
    add_range(f->plan, 0x200000, 16 * PAGE, "SEC memory");
    add_range(f->plan, 0x20f000, PAGE, "last page");
    assert_refused(f, "0x20f000-0x20ffff (last page) overlaps 0x200000-0x20ffff (SEC memory); each page can "
                      "be launched only once");
}

/* ---- describe ---- */

/* SHA-256 of 4096 bytes of zero, and of one. */
#define SHA256_ZEROS "ad7facb2586fc6e966c004d7d1d16b024f5805ff7cb47c7a85dabd8b48892ca7"

static LaunchPlan *small_plan(void)
{
    LaunchPlan *plan = launch_plan_new();
    g_autoptr(GBytes) zeros = page_of(0);
    json_object *registers = json_object_new_object();

    plan->mechanism = g_strdup("toy-guest");
    plan->id = g_strdup("toy0");
    plan->machine = g_strdup("toybox");
    plan->vm_type = 4;
    plan->parameters = json_object_new_object();
    json_object_object_add(plan->parameters, "policy", json_object_new_uint64(0xf000000000030000));
    launch_plan_explain(plan, "policy", "four bits too many");
    json_object_object_add(plan->parameters, "debug", json_object_new_boolean(false));
    json_object_object_add(plan->parameters, "host-data", json_object_new_string("AAE/"));
    launch_plan_add_range(plan, LAUNCH_PAGE_TYPE_NORMAL, 0xfffff000, PAGE, zeros, "toy.fd+0x0");
    launch_plan_add_range(plan, LAUNCH_PAGE_TYPE_SECRETS, 0x80d000, PAGE, NULL, "toy.fd+0x1000, secrets");
    json_object_object_add(registers, "rip", json_object_new_uint64(0xfff0));
    launch_plan_add_vcpu(plan, "BSP, reset vector", registers, zeros);
    launch_plan_add_vcpu(plan, "AP", json_object_new_object(), NULL);
    launch_plan_assume(plan, "the toy is whole");
    launch_plan_leave_out(plan, "its box");
    plan->measured_pages = plan->firmware_time_ms = 3;
    plan->digest = g_strdup("c0ffee");
    return plan;
}

static void test_text(void)
{
    g_autoptr(LaunchPlan) plan = small_plan();
    g_autofree char *text = launch_plan_to_text(plan);

    g_assert_cmpstr(text, ==,
                    "toy-guest 'toy0' on machine toybox, VM type 4\n"
                    "\n"
                    "parameters\n"
                    "  policy                     0xf000000000030000 (four bits too many)\n"
                    "  debug                      false\n"
                    "  host-data                  AAE/\n"
                    "\n"
                    "memory, in launch order\n"
                    "  0x0fffff000-0x0ffffffff  normal      toy.fd+0x0\n"
                    "  0x00080d000-0x00080dfff  secrets     toy.fd+0x1000, secrets\n"
                    "\n"
                    "vCPUs, in launch order\n"
                    "  0    BSP, reset vector, register page sha256 " SHA256_ZEROS "\n"
                    "  1    AP\n"
                    "\n"
                    "3 pages measured, about 3 ms of a security processor's time\n"
                    "assumed: the toy is whole\n"
                    "not measured: its box\n"
                    "launch digest c0ffee\n");
}

/* Members of members are indented, and nothing in them can look like another line. */
static void test_text_of_members(void)
{
    g_autoptr(LaunchPlan) plan = small_plan();
    json_object *hashes = json_object_new_object();
    g_autofree char *text = NULL;

    json_object_object_add(hashes, "append", json_object_new_string("a\nlaunch digest 0\x1b[2J\u00fc"));
    json_object_object_add(hashes, "count", json_object_new_uint64(16));
    json_object_object_add(plan->parameters, "kernel-hashes", hashes);
    text = launch_plan_to_text(plan);
    g_assert_nonnull(strstr(text, "\n  kernel-hashes\n"
                                  "    append                     a launch digest 0 [2J\u00fc\n"
                                  "    count                      0x10\n"));
}

/* A mechanism without parameters of its own, before anything was measured. */
static void test_text_of_little(void)
{
    g_autoptr(LaunchPlan) plan = launch_plan_new();
    g_autofree char *text = NULL;

    plan->mechanism = g_strdup("toy-guest");
    plan->id = g_strdup("toy0");
    plan->machine = g_strdup("toybox");
    text = launch_plan_to_text(plan);
    g_assert_cmpstr(text, ==,
                    "toy-guest 'toy0' on machine toybox, VM type 0\n"
                    "\n"
                    "parameters\n"
                    "\n"
                    "memory, in launch order\n"
                    "\n"
                    "vCPUs, in launch order\n"
                    "\n"
                    "no launch digest: the host measures nothing\n");
}

static void test_json(void)
{
    g_autoptr(LaunchPlan) plan = small_plan();
    g_autofree char *text = launch_plan_to_json(plan);
    g_autoptr(json_object) json = json_tokener_parse(text);

    g_assert_true(g_str_has_suffix(text, "}\n"));
    g_assert_cmpstr(
        json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE), ==,
        "{\"mechanism\":\"toy-guest\",\"id\":\"toy0\",\"machine\":\"toybox\",\"vm-type\":4,"
        "\"parameters\":{\"policy\":17293822569102901248,\"debug\":false,\"host-data\":\"AAE/\"},"
        "\"meanings\":{\"policy\":\"four bits too many\"},"
        "\"ranges\":["
        "{\"gpa\":4294963200,\"size\":4096,\"page-type\":\"normal\",\"origin\":\"toy.fd+0x0\","
        "\"sha256\":\"" SHA256_ZEROS "\"},"
        "{\"gpa\":8441856,\"size\":4096,\"page-type\":\"secrets\",\"origin\":\"toy.fd+0x1000, secrets\"}],"
        "\"vcpus\":["
        "{\"index\":0,\"origin\":\"BSP, reset vector\",\"registers\":{\"rip\":65520},"
        "\"sha256\":\"" SHA256_ZEROS "\"},"
        "{\"index\":1,\"origin\":\"AP\",\"registers\":{}}],"
        "\"measured-pages\":3,\"firmware-time-ms\":3,\"digest\":\"c0ffee\","
        "\"assumes\":[\"the toy is whole\"],\"unmeasured\":[\"its box\"]}");
}

static void test_json_is_indented(void)
{
    g_autoptr(LaunchPlan) plan = small_plan();
    g_autofree char *text = launch_plan_to_json(plan);

    g_assert_nonnull(strstr(text, "\n  \"mechanism\""));
    g_assert_nonnull(strstr(text, "AAE/"));
}

static void test_described_twice(void)
{
    g_autoptr(LaunchPlan) plan = small_plan();
    g_autofree char *first = launch_plan_to_json(plan);
    g_autofree char *second = launch_plan_to_json(plan);

    g_assert_cmpstr(first, ==, second);
}

static void add_check(const char *path, void (*test)(Fixture *f, const void *data))
{
    g_test_add(path, Fixture, NULL, fixture_init, test, fixture_clear);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/plan/new", test_new_plan_is_empty);
    g_test_add_func("/plan/free-nothing", test_free_nothing);
    g_test_add_func("/plan/add-range", test_add_range);
    g_test_add_func("/plan/keeps-contents", test_plan_keeps_contents);
    g_test_add_func("/plan/add-vcpu", test_add_vcpu);
    g_test_add_func("/plan/assume", test_assume);
    g_test_add_func("/plan/leave-out", test_leave_out);
    g_test_add_func("/plan/label", test_range_label);
    add_check("/plan/check/empty-plan", test_check_empty_plan);
    add_check("/plan/check/neighbours", test_check_neighbours);
    add_check("/plan/check/order", test_check_keeps_the_order);
    add_check("/plan/check/empty-range", test_check_empty_range);
    add_check("/plan/check/unaligned-address", test_check_unaligned_address);
    add_check("/plan/check/unaligned-size", test_check_unaligned_size);
    add_check("/plan/check/granule", test_check_granule);
    add_check("/plan/check/outside", test_check_outside);
    add_check("/plan/check/below", test_check_below);
    add_check("/plan/check/two-blocks", test_check_two_blocks);
    add_check("/plan/check/wrapping", test_check_wrapping);
    add_check("/plan/check/twice", test_check_same_range_twice);
    add_check("/plan/check/overlap", test_check_overlap);
    add_check("/plan/check/inside", test_check_range_inside_another);
    g_test_add_func("/plan/text", test_text);
    g_test_add_func("/plan/text/members", test_text_of_members);
    g_test_add_func("/plan/text/little", test_text_of_little);
    g_test_add_func("/plan/json", test_json);
    g_test_add_func("/plan/json/indented", test_json_is_indented);
    g_test_add_func("/plan/json/twice", test_described_twice);
    return g_test_run();
}
