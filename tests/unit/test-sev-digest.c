/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the launch digest of SEV and SEV-ES: what it covers, in which order, and what not.
 */
#include <string.h>
#include "target-i386/sev-digest.h"

#define PAGE 4096

static GBytes *pages_of(char letter, size_t count)
{
    uint8_t *data = g_malloc(count * PAGE);

    memset(data, letter, count * PAGE);
    return g_bytes_new_take(data, count * PAGE);
}

static void add_range(LaunchPlan *plan, uint64_t gpa, char letter, size_t count)
{
    g_autoptr(GBytes) contents = pages_of(letter, count);

    launch_plan_add_range(plan, LAUNCH_PAGE_TYPE_NORMAL, gpa, count * PAGE, contents, "test");
}

static void add_vcpu(LaunchPlan *plan, char letter)
{
    g_autoptr(GBytes) page = letter ? pages_of(letter, 1) : NULL;

    launch_plan_add_vcpu(plan, "test", json_object_new_object(), page);
}

/* @letters: the pages that are measured, in order. */
static void assert_digest(const LaunchPlan *plan, const char *letters)
{
    const size_t count = strlen(letters);
    g_autofree uint8_t *data = g_malloc(count * PAGE + 1);
    uint8_t digest[CRYPTO_SHA256_SIZE], expected[CRYPTO_SHA256_SIZE];

    for (size_t i = 0; i < count; i++) {
        memset(data + i * PAGE, letters[i], PAGE);
    }
    crypto_sha256(data, count * PAGE, expected);
    g_assert_cmpuint(sev_digest(plan, digest), ==, count);
    g_assert_cmpmem(digest, sizeof(digest), expected, sizeof(expected));
}

static void test_nothing(void)
{
    g_autoptr(LaunchPlan) plan = launch_plan_new();
    uint8_t digest[CRYPTO_SHA256_SIZE];
    g_autofree char *hex = NULL;

    assert_digest(plan, "");
    g_assert_cmpuint(sev_digest(plan, digest), ==, 0);
    hex = crypto_hex(digest, sizeof(digest));
    g_assert_cmpstr(hex, ==, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void test_known_answer(void)
{
    g_autoptr(LaunchPlan) plan = launch_plan_new();
    uint8_t digest[CRYPTO_SHA256_SIZE];
    g_autofree char *hex = NULL;

    add_range(plan, 0xfffff000, 0, 1);
    g_assert_cmpuint(sev_digest(plan, digest), ==, 1);
    hex = crypto_hex(digest, sizeof(digest));
    g_assert_cmpstr(hex, ==, "ad7facb2586fc6e966c004d7d1d16b024f5805ff7cb47c7a85dabd8b48892ca7");
}

/* The order is that of the launch, whatever the addresses are. */
static void test_ranges(void)
{
    g_autoptr(LaunchPlan) plan = launch_plan_new(), moved = launch_plan_new();

    add_range(plan, 0xffff0000, 'a', 2);
    add_range(plan, 0x1000, 'b', 1);
    assert_digest(plan, "aab");
    add_range(moved, 0x1000, 'a', 2);
    add_range(moved, 0xffff0000, 'b', 1);
    assert_digest(moved, "aab");
}

/* Register pages follow; those of plain SEV are no part of it. */
static void test_vcpus(void)
{
    g_autoptr(LaunchPlan) plan = launch_plan_new(), plain = launch_plan_new();

    add_vcpu(plan, '0');
    add_vcpu(plan, '1');
    add_range(plan, 0xffff0000, 'a', 1);
    assert_digest(plan, "a01");
    add_vcpu(plain, 0);
    add_vcpu(plain, 0);
    add_range(plain, 0xffff0000, 'a', 1);
    assert_digest(plain, "a");
}

/* What is less than a page, a table of kernel hashes, is hashed as it is and counts as the page it is on. */
static void test_part_of_a_page(void)
{
    g_autoptr(LaunchPlan) plan = launch_plan_new();
    g_autofree char *data = g_strnfill(PAGE + 176, 'a');
    g_autoptr(GBytes) table = g_bytes_new(data, 176);
    uint8_t digest[CRYPTO_SHA256_SIZE], expected[CRYPTO_SHA256_SIZE];

    add_range(plan, 0xffff0000, 'a', 1);
    launch_plan_add_range(plan, LAUNCH_PAGE_TYPE_NORMAL, 0x1c00, 176, table, "test");
    crypto_sha256(data, PAGE + 176, expected);
    g_assert_cmpuint(sev_digest(plan, digest), ==, 2);
    g_assert_cmpmem(digest, sizeof(digest), expected, sizeof(expected));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sev-digest/nothing", test_nothing);
    g_test_add_func("/sev-digest/known-answer", test_known_answer);
    g_test_add_func("/sev-digest/ranges", test_ranges);
    g_test_add_func("/sev-digest/vcpus", test_vcpus);
    g_test_add_func("/sev-digest/part-of-a-page", test_part_of_a_page);
    return g_test_run();
}
