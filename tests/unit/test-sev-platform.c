/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-i386/sev-platform.h"
#include "lib/vm.h"
#include "target-i386/sev-abi.h"
#include "target-i386/sev-cert.h"
#include "tests/unit/toy-vm.h"

/* The accelerator @option, of a machine that is never started. */
static Accel *accel_of(CgvmVm *vm, const char *option)
{
    Error *error = NULL;

    add(vm, "machine", "none");
    add(vm, "accel", option);
    if (!vm_make(vm, &error)) {
        g_error("%s", cgvm_error_message(error));
    }
    return vm->accel;
}

static void test_capabilities(void)
{
    g_autoptr(CgvmVm) vm = cgvm_vm_new();
    const Accel *accel = accel_of(vm, "sim");
    const unsigned before = count_descriptors();
    g_autoptr(Error) error = NULL;
    SevCapability capability, again;

    g_assert_true(sev_platform_capabilities(accel, &capability, &error));
    g_assert_cmpuint(capability.pdh.size, ==, SEV_CERT_SIZE);
    g_assert_cmpuint(capability.cert_chain.size, ==, 3 * SEV_CERT_SIZE);
    g_assert_cmpuint(capability.cpu0_id.size, >=, 64);
    g_assert_cmpuint(capability.cbitpos, ==, 51);
    g_assert_cmpuint(capability.reduced_phys_bits, ==, 1);
    /* A session for one process is good for the next: it is the same platform. */
    g_assert_true(sev_platform_capabilities(accel, &again, &error));
    g_assert_cmpmem(capability.pdh.data, capability.pdh.size, again.pdh.data, again.pdh.size);
    fields_clear(&SevCapability_fields, &capability);
    fields_clear(&SevCapability_fields, &again);
    g_assert_cmpuint(count_descriptors(), ==, before);
}

static void assert_refused(const char *option, CgvmErrorCode code, const char *message)
{
    g_autoptr(CgvmVm) vm = cgvm_vm_new();
    const Accel *accel = accel_of(vm, option);
    const unsigned before = count_descriptors();
    g_autoptr(Error) error = NULL;
    SevCapability capability;

    g_assert_false(sev_platform_capabilities(accel, &capability, &error));
    assert_error(error, code, message);
    g_assert_null(capability.pdh.data);
    g_assert_cmpuint(count_descriptors(), ==, before);
}

static void test_refused(void)
{
    assert_refused("kvm,device=/nonexistent/kvm", CGVM_ERROR_KERNEL, "cannot open '/nonexistent/kvm'*");
    assert_refused("sim,fault=PDH_CERT_EXPORT:2=0x0c", CGVM_ERROR_FIRMWARE,
                   "PDH_CERT_EXPORT of '/dev/sev' failed: the firmware answered *(0x0c)*");
    assert_refused("sim,fault=GET_ID:2=0x0c", CGVM_ERROR_FIRMWARE,
                   "GET_ID2 of '/dev/sev' failed: the firmware answered *(0x0c)*");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sev-platform/capabilities", test_capabilities);
    g_test_add_func("/sev-platform/refused", test_refused);
    return g_test_run();
}
