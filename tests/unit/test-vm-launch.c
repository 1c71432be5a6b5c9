/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the public API for machines: what a launch that fails, and one on a simulated host, leave behind.
 *
 * Whole launches, call by call, are the matter of tests/launch.
 */
#include <errno.h>
#include "tests/unit/toy-vm.h"

#define NO_KVM "kvm,device=/nonexistent/kvm"

/* ---- launch ---- */

static void test_launch_without_kvm(void)
{
    g_autoptr(CgvmVm) vm = snp_vm();
    g_autoptr(CgvmError) error = NULL;

    add(vm, "accel", NO_KVM);
    g_assert_false(cgvm_vm_launch(vm, &error));
    assert_error(error, CGVM_ERROR_KERNEL, "cannot open '/nonexistent/kvm': No such file or directory; *");
    g_assert_cmpint(cgvm_error_errno(error), ==, ENOENT);
    g_assert_null(cgvm_vm_guest_id(vm));
    g_assert_null(cgvm_vm_measurement(vm));
    g_assert_false(cgvm_vm_is_simulated(vm));
}

static void test_failed_launch_leaves_no_descriptors(void)
{
    unsigned before = count_descriptors();
    g_autoptr(CgvmVm) vm = snp_vm();

    add(vm, "accel", NO_KVM);
    g_assert_false(cgvm_vm_launch(vm, NULL));
    g_assert_cmpuint(count_descriptors(), ==, before);
}

static void test_failed_launch_can_be_planned(void)
{
    g_autoptr(CgvmVm) vm = snp_vm();

    add(vm, "accel", NO_KVM);
    g_assert_false(cgvm_vm_launch(vm, NULL));
    assert_planned_digest(vm, TOY_DIGEST_1);
    assert_launch_refused(vm, CGVM_ERROR_KERNEL, "cannot open '/nonexistent/kvm'*");
}

static void test_run_without_launch(void)
{
    g_autoptr(CgvmVm) vm = snp_vm();
    g_autoptr(CgvmError) error = NULL;
    uint8_t value = 0;

    g_assert_cmpint(cgvm_vm_run(vm, &value, &error), ==, CGVM_RUN_FAILED);
    assert_error(error, CGVM_ERROR_STATE, "the machine must be launched before it can run");
}

/* A launch on a simulated host, which cannot run guests. */
static CgvmVm *launched_vm(void)
{
    CgvmVm *vm = snp_vm();
    g_autoptr(CgvmError) error = NULL;
    bool launched;

    add(vm, "accel", "sim,run=off");
    launched = cgvm_vm_launch(vm, &error);
    g_assert_cmpstr(error ? cgvm_error_message(error) : NULL, ==, NULL);
    g_assert_true(launched);
    return vm;
}

static void test_launch(void)
{
    g_autoptr(CgvmVm) vm = launched_vm();

    g_assert_cmpstr(cgvm_vm_guest_id(vm), ==, "sev0");
    g_assert_cmpstr(cgvm_vm_measurement(vm), ==, TOY_DIGEST_1);
    g_assert_true(cgvm_vm_is_simulated(vm));
    g_assert_false(cgvm_vm_wants_run(vm));
}

static void test_run_twice(void)
{
    g_autoptr(CgvmVm) vm = launched_vm();
    g_autoptr(CgvmError) error = NULL;
    uint8_t value = 0;

    g_assert_cmpint(cgvm_vm_run(vm, &value, NULL), ==, CGVM_RUN_NO_ENGINE);
    g_assert_cmpint(cgvm_vm_run(vm, &value, &error), ==, CGVM_RUN_FAILED);
    assert_error(error, CGVM_ERROR_STATE, "the machine has run already; *");
    g_assert_cmpstr(cgvm_vm_measurement(vm), ==, TOY_DIGEST_1);
}

static void test_launch_twice(void)
{
    g_autoptr(CgvmVm) vm = launched_vm();

    assert_launch_refused(vm, CGVM_ERROR_STATE, "the machine was launched already");
    g_assert_cmpstr(cgvm_vm_measurement(vm), ==, TOY_DIGEST_1);
}

static void test_plan_after_the_launch(void)
{
    g_autoptr(CgvmVm) vm = launched_vm();

    assert_planned_digest(vm, TOY_DIGEST_1);
    g_assert_cmpstr(cgvm_vm_measurement(vm), ==, TOY_DIGEST_1);
    assert_launch_refused(vm, CGVM_ERROR_STATE, "the machine was launched already");
}

static void test_launch_after_the_plan(void)
{
    g_autoptr(CgvmVm) vm = snp_vm();

    add(vm, "accel", "sim");
    assert_planned_digest(vm, TOY_DIGEST_1);
    g_assert_true(cgvm_vm_launch(vm, NULL));
    g_assert_true(cgvm_vm_wants_run(vm));
}

static void test_two_launches(void)
{
    CgvmVm *one = launched_vm();
    g_autoptr(CgvmVm) two = launched_vm();

    cgvm_vm_free(one);
    g_assert_cmpstr(cgvm_vm_measurement(two), ==, TOY_DIGEST_1);
}

static void test_launch_is_undone(void)
{
    unsigned before = count_descriptors();

    cgvm_vm_free(launched_vm());
    g_assert_cmpuint(count_descriptors(), ==, before);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/vm/launch/no-kvm", test_launch_without_kvm);
    g_test_add_func("/vm/launch/no-descriptors", test_failed_launch_leaves_no_descriptors);
    g_test_add_func("/vm/launch/then-planned", test_failed_launch_can_be_planned);
    g_test_add_func("/vm/launch/run-without", test_run_without_launch);
    g_test_add_func("/vm/launch/simulated", test_launch);
    g_test_add_func("/vm/launch/run-twice", test_run_twice);
    g_test_add_func("/vm/launch/twice", test_launch_twice);
    g_test_add_func("/vm/launch/plan-afterwards", test_plan_after_the_launch);
    g_test_add_func("/vm/launch/plan-before", test_launch_after_the_plan);
    g_test_add_func("/vm/launch/two", test_two_launches);
    g_test_add_func("/vm/launch/undone", test_launch_is_undone);
    return toy_run_tests();
}
