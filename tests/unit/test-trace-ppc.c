/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of how a trace writes the ioctls of powerpc. Golden traces of launches are in tests/launch/traces.
 */
#include "target-ppc/trace-ppc.h"
#include <string.h>
#include "target-ppc/kvm-ppc-abi.h"

static const char *descriptor_name(const TraceContext *context G_GNUC_UNUSED, int fd)
{
    return fd == 7 ? "device0" : "fd?";
}

static const TraceContext context = { descriptor_name };

static const TraceIoctl *find(unsigned long request)
{
    for (size_t i = 0; i < ppc_trace_table.n_ioctls; i++) {
        if (ppc_trace_table.ioctls[i].request == request) {
            return &ppc_trace_table.ioctls[i];
        }
    }
    g_assert_not_reached();
}

static void assert_argument(unsigned long request, const void *arg, const char *expected)
{
    g_autoptr(GString) text = g_string_new(NULL);

    find(request)->argument(&context, (uintptr_t)arg, text);
    g_assert_cmpstr(text->str, ==, expected);
}

static void test_caps(void)
{
    const KvmEnableCap xics = { .cap = KVMCAP_IRQ_XICS, .args = { 7, 3 } };
    const KvmEnableCap hcall = { .cap = KVMCAP_PPC_ENABLE_HCALL, .flags = 2, .args = { H_SET_MODE, 0 } };
    const KvmEnableCap secure = { .cap = KVMCAP_PPC_SECURE_GUEST, .args = { 1 } };
    const KvmEnableCap papr = { .cap = KVMCAP_PPC_PAPR }, other = { .cap = 9999, .args = { 5 } };

    assert_argument(KVMIO_CHECK_EXTENSION, (void *)KVMCAP_PPC_MMU_RADIX, "PPC_MMU_RADIX");
    assert_argument(KVMIO_CHECK_EXTENSION, (void *)KVMCAP_MAX_VCPUS, "MAX_VCPUS");
    assert_argument(KVMIO_ENABLE_CAP, &xics, "IRQ_XICS device0 server=3");
    assert_argument(KVMIO_ENABLE_CAP, &hcall, "PPC_ENABLE_HCALL flags=0x2 hcall=0x31c off");
    assert_argument(KVMIO_ENABLE_CAP, &secure, "PPC_SECURE_GUEST 1");
    assert_argument(KVMIO_ENABLE_CAP, &papr, "PPC_PAPR");
    assert_argument(KVMIO_ENABLE_CAP, &other, "9999 args={0x5}");
}

static void test_registers(void)
{
    const KvmPpcRegs regs = { .pc = 0x100, .msr = 1, .gpr = { [3] = 5, [31] = 6 } };
    uint64_t lpcr = 0x2000000;
    uint32_t compat = 0x0f000005;
    const KvmOneReg reg = { .id = KVM_REG_PPC_LPCR, .addr = (uintptr_t)&lpcr };
    const KvmOneReg other = { .id = KVM_REG_PPC_ARCH_COMPAT, .addr = (uintptr_t)&compat };
    const KvmOneReg unknown = { .id = 0x1234, .addr = 16 }, nowhere = { .id = KVM_REG_PPC_LPCR };

    assert_argument(KVMIO_SET_REGS, &regs, "pc=0x100 msr=0x1 r3=0x5 r31=0x6");
    assert_argument(KVMIO_SET_ONE_REG, &reg, "LPCR=0x2000000");
    assert_argument(KVMIO_GET_ONE_REG, &reg, "LPCR");
    assert_argument(KVMIO_SET_ONE_REG, &other, "ARCH_COMPAT=0xf000005");
    assert_argument(KVMIO_SET_ONE_REG, &unknown, "0x1234");
    assert_argument(KVMIO_SET_ONE_REG, &nowhere, "LPCR");
}

static void test_vm(void)
{
    const KvmRtasToken token = { .name = "ibm,int-on", .token = 8 };
    const KvmMmuV3 radix = { .flags = 3, .process_table = 0x10 }, hash = { .flags = 0 };

    assert_argument(KVMIO_PPC_RTAS_DEFINE_TOKEN, &token, "ibm,int-on token=0x8");
    assert_argument(KVMIO_PPC_CONFIGURE_V3_MMU, &radix, "RADIX|GTSE process_table=0x10");
    assert_argument(KVMIO_PPC_CONFIGURE_V3_MMU, &hash, "HASH process_table=0");
}

/* A caller may pass what the kernel refuses. */
static void test_null(void)
{
    for (size_t i = 0; i < ppc_trace_table.n_ioctls; i++) {
        const TraceIoctl *ioctl = &ppc_trace_table.ioctls[i];
        g_autoptr(GString) text = g_string_new(NULL);

        if (ioctl->argument) {
            ioctl->argument(&context, 0, text);
        }
        if (ioctl->outcome) {
            ioctl->outcome(&context, 0, 0, text);
            ioctl->outcome(&context, 0, -22, text);
        }
        g_assert_cmpstr(text->str, ==, ioctl->request == KVMIO_CHECK_EXTENSION ? "IRQCHIP" : "");
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/trace-ppc/caps", test_caps);
    g_test_add_func("/trace-ppc/registers", test_registers);
    g_test_add_func("/trace-ppc/vm", test_vm);
    g_test_add_func("/trace-ppc/null", test_null);
    return g_test_run();
}
