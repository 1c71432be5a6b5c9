/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the POWER side of the simulated host: KVM's rules and errnos, by its door.
 */
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <string.h>
#include <sys/mman.h>
#include "target-ppc/kvm-ppc-abi.h"
#include "target-ppc/sim-ppc.h"

#define MIB UINT64_C(0x100000)

typedef struct Fixture {
    KvmDoor *door;
    int kvm, vm;
} Fixture;

static int call(const Fixture *f, int fd, unsigned long request, unsigned long arg)
{
    return f->door->ops->ioctl(f->door->host, fd, request, arg);
}

static int call_with(const Fixture *f, int fd, unsigned long request, const void *arg)
{
    return call(f, fd, request, (uintptr_t)arg);
}

static Fixture open_host(const char *model)
{
    const SimHostOptions options = { .model = model };
    Error *error = NULL;
    Fixture f = { .door = simhost_door_new(&ppc_sim_target, &options, &error) };

    g_assert_null(error);
    f.kvm = f.door->ops->open(f.door->host, "/dev/kvm", O_RDWR | O_CLOEXEC);
    g_assert_cmpint(f.kvm, >=, 0);
    f.vm = call(&f, f.kvm, KVMIO_CREATE_VM, KVM_VM_TYPE_PPC_AUTO);
    g_assert_cmpint(f.vm, >=, 0);
    return f;
}

static void close_host(Fixture *f)
{
    kvm_door_free(f->door);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Fixture, close_host)

static int enable(const Fixture *f, int fd, uint32_t cap, uint64_t first, uint64_t second)
{
    const KvmEnableCap enable = { .cap = cap, .args = { first, second } };

    return call_with(f, fd, KVMIO_ENABLE_CAP, &enable);
}

/* ---- what hosts have ---- */

static void test_capabilities(void)
{
    static const struct {
        const char *model;
        int hv, pr, radix, secure; /* hv, pr: what KVM_CREATE_VM gives for that type */
    } hosts[] = {
        { "POWER9-ultravisor", 1, 0, 1, 1 }, { "POWER9", 1, 0, 1, 0 },  { "POWER9-hash", 1, 0, 0, 0 },
        { "POWER9-PR", 0, 1, 0, 0 },         { "POWER10", 1, 0, 1, 0 },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(hosts); i++) {
        g_auto(Fixture) f = open_host(hosts[i].model);
        const int fds[] = { f.kvm, f.vm };

        for (size_t j = 0; j < G_N_ELEMENTS(fds); j++) {
            g_assert_cmpint(call(&f, fds[j], KVMIO_CHECK_EXTENSION, KVMCAP_PPC_PAPR), ==, 1);
            g_assert_cmpint(call(&f, fds[j], KVMIO_CHECK_EXTENSION, KVMCAP_PPC_MMU_RADIX), ==,
                            hosts[i].radix);
            g_assert_cmpint(call(&f, fds[j], KVMIO_CHECK_EXTENSION, KVMCAP_PPC_SECURE_GUEST), ==,
                            hosts[i].secure);
            g_assert_cmpint(call(&f, fds[j], KVMIO_CHECK_EXTENSION, KVMCAP_PPC_GET_PVINFO), ==, hosts[i].pr);
            g_assert_cmpint(call(&f, fds[j], KVMIO_CHECK_EXTENSION, KVMCAP_EXIT_HYPERCALL), ==, 0);
        }
        g_assert_true((call(&f, f.kvm, KVMIO_CREATE_VM, KVM_VM_TYPE_PPC_HV) >= 0) == hosts[i].hv);
        g_assert_true((call(&f, f.kvm, KVMIO_CREATE_VM, KVM_VM_TYPE_PPC_PR) >= 0) == hosts[i].pr);
        g_assert_cmpint(call(&f, f.kvm, KVMIO_CREATE_VM, 3), ==, -EINVAL);
        g_assert_cmpint(enable(&f, f.vm, KVMCAP_PPC_SECURE_GUEST, 1, 0), ==, hosts[i].secure ? 0 : -EINVAL);
        g_assert_cmpint(call(&f, f.vm, KVMIO_PPC_SVM_OFF, 0), ==, 0);
    }
}

/* ---- VMs ---- */

static void test_hcalls(void)
{
    g_auto(Fixture) f = open_host(NULL);
    const KvmEnableCap with_flags = { .cap = KVMCAP_PPC_ENABLE_HCALL, .flags = 1, .args = { H_SET_MODE, 1 } };

    g_assert_cmpint(enable(&f, f.vm, KVMCAP_PPC_ENABLE_HCALL, H_SET_MODE, 1), ==, 0);
    g_assert_cmpint(enable(&f, f.vm, KVMCAP_PPC_ENABLE_HCALL, H_SET_MODE, 0), ==, 0);
    g_assert_cmpint(enable(&f, f.vm, KVMCAP_PPC_ENABLE_HCALL, H_SET_MODE, 2), ==, -EINVAL);
    g_assert_cmpint(enable(&f, f.vm, KVMCAP_PPC_ENABLE_HCALL, H_SET_MODE + 1, 1), ==, -EINVAL);
    g_assert_cmpint(enable(&f, f.vm, KVMCAP_PPC_ENABLE_HCALL, H_RTAS, 1), ==, -EINVAL);
    g_assert_cmpint(enable(&f, f.vm, KVMCAP_PPC_ENABLE_HCALL, H_PUT_TERM_CHAR, 1), ==, -EINVAL);
    g_assert_cmpint(call_with(&f, f.vm, KVMIO_ENABLE_CAP, &with_flags), ==, -EINVAL);
    g_assert_cmpint(call(&f, f.vm, KVMIO_ENABLE_CAP, 16), ==, -EFAULT);
    g_assert_cmpint(enable(&f, f.vm, KVMCAP_PPC_PAPR, 0, 0), ==, -EINVAL); /* of vCPUs */
}

static int configure(const Fixture *f, uint64_t flags, uint64_t process_table)
{
    const KvmMmuV3 configuration = { flags, process_table };

    return call_with(f, f->vm, KVMIO_PPC_CONFIGURE_V3_MMU, &configuration);
}

static void test_mmu(void)
{
    g_auto(Fixture) f = open_host(NULL);
    g_auto(Fixture) hash = open_host("POWER9-hash");
    const uint64_t table = PROCESS_TABLE_RADIX | 0x10000;

    g_assert_cmpint(configure(&f, KVM_MMU_V3_RADIX | KVM_MMU_V3_GTSE, table | 4), ==, 0);
    g_assert_cmpint(configure(&f, KVM_MMU_V3_RADIX, table | 24), ==, 0);
    g_assert_cmpint(configure(&f, KVM_MMU_V3_RADIX, table | 25), ==, -EINVAL);
    g_assert_cmpint(configure(&f, KVM_MMU_V3_RADIX | 4, table), ==, -EINVAL);
    g_assert_cmpint(configure(&f, 0, table), ==, -EINVAL);
    g_assert_cmpint(configure(&f, KVM_MMU_V3_RADIX, 0x10000), ==, -EINVAL);
    g_assert_cmpint(configure(&f, 0, 0), ==, 0);
    g_assert_cmpint(configure(&hash, KVM_MMU_V3_RADIX, table), ==, -EINVAL);
    g_assert_cmpint(configure(&hash, 0, 0), ==, 0);
}

static int define(const Fixture *f, const char *name, uint64_t token)
{
    KvmRtasToken define = { .token = token };

    g_strlcpy(define.name, name, sizeof(define.name));
    return call_with(f, f->vm, KVMIO_PPC_RTAS_DEFINE_TOKEN, &define);
}

static void test_rtas_tokens(void)
{
    g_auto(Fixture) f = open_host(NULL);

    g_assert_cmpint(define(&f, "ibm,set-xive", 7), ==, 0);
    g_assert_cmpint(define(&f, "ibm,get-xive", 7), ==, -EEXIST);
    g_assert_cmpint(define(&f, "ibm,get-xive", 8), ==, 0);
    g_assert_cmpint(define(&f, "power-off", 9), ==, -ENOENT);
    g_assert_cmpint(define(&f, "ibm,set-xive", 0), ==, 0);
    g_assert_cmpint(define(&f, "ibm,get-xive", 7), ==, 0);
    g_assert_cmpint(define(&f, "power-off", 0), ==, 0);
}

/* ---- devices ---- */

static void test_devices(void)
{
    g_auto(Fixture) f = open_host(NULL);
    KvmCreateDevice create = { .type = KVM_DEVICE_XICS, .flags = KVM_CREATE_DEVICE_TEST };
    KvmDeviceAttr attr = { .group = 1 };
    int vcpu = call(&f, f.vm, KVMIO_CREATE_VCPU, 0), xics;

    g_assert_cmpint(call_with(&f, f.vm, KVMIO_CREATE_DEVICE, &create), ==, 0);
    create.flags = 0;
    g_assert_cmpint(call_with(&f, f.vm, KVMIO_CREATE_DEVICE, &create), ==, 0);
    xics = (int)create.fd;
    g_assert_cmpint(call_with(&f, f.vm, KVMIO_CREATE_DEVICE, &create), ==, -EEXIST);
    create.type = 99;
    g_assert_cmpint(call_with(&f, f.vm, KVMIO_CREATE_DEVICE, &create), ==, -ENODEV);
    g_assert_cmpint(call(&f, f.vm, KVMIO_CREATE_DEVICE, 16), ==, -EFAULT);
    g_assert_cmpint(call_with(&f, xics, KVMIO_HAS_DEVICE_ATTR, &attr), ==, -ENXIO);
    g_assert_cmpint(call_with(&f, xics, KVMIO_ENABLE_CAP, &attr), ==, -ENOTTY);

    g_assert_cmpint(enable(&f, vcpu, KVMCAP_IRQ_XICS, (uint64_t)f.vm, 0), ==, -EBADF);
    g_assert_cmpint(enable(&f, vcpu, KVMCAP_IRQ_XICS, (uint64_t)xics, 1), ==, -EINVAL);
    /* It is connected, but a vCPU of KVM-HV that is not for PAPR is none that can run. */
    g_assert_cmpint(enable(&f, vcpu, KVMCAP_IRQ_XICS, (uint64_t)xics, 0), ==, -EINVAL);
    g_assert_cmpint(enable(&f, vcpu, KVMCAP_PPC_PAPR, 0, 0), ==, 0);
    g_assert_cmpint(enable(&f, vcpu, KVMCAP_IRQ_XICS, (uint64_t)xics, 0), ==, -EBUSY);
    g_assert_cmpint(f.door->ops->close(f.door->host, xics), ==, 0);
    g_assert_cmpint(enable(&f, vcpu, KVMCAP_IRQ_XICS, (uint64_t)xics, 0), ==, -EBADF);
}

static int source_attr(const Fixture *f, int xics, unsigned long request, uint64_t number, uint64_t *value)
{
    const KvmDeviceAttr attr = { .group = KVM_XICS_SOURCES, .attr = number, .addr = (uintptr_t)value };

    return call_with(f, xics, request, &attr);
}

/* Sources are made by writing to them; a level of 0 is nothing to one that is edge-triggered. */
static void test_interrupts(void)
{
    g_auto(Fixture) f = open_host(NULL);
    KvmCreateDevice create = { .type = KVM_DEVICE_XICS };
    KvmIrqLevel line = { .irq = 0x1000, .level = 1 };
    uint64_t value = KVM_XICS_MASKED | UINT64_C(0x7f00000003);
    int xics;

    g_assert_cmpint(call_with(&f, f.vm, KVMIO_IRQ_LINE, &line), ==, -ENODEV);
    g_assert_cmpint(call_with(&f, f.vm, KVMIO_CREATE_DEVICE, &create), ==, 0);
    xics = (int)create.fd;
    g_assert_cmpint(call_with(&f, f.vm, KVMIO_IRQ_LINE, &line), ==, -EINVAL);
    g_assert_cmpint(call(&f, f.vm, KVMIO_IRQ_LINE, 16), ==, -EFAULT);
    g_assert_cmpint(source_attr(&f, xics, KVMIO_GET_DEVICE_ATTR, 0x1000, &value), ==, -ENOENT);
    g_assert_cmpint(source_attr(&f, xics, KVMIO_SET_DEVICE_ATTR, 15, &value), ==, -ENOENT);
    g_assert_cmpint(source_attr(&f, xics, KVMIO_SET_DEVICE_ATTR, 1 << 20, &value), ==, -ENOENT);
    g_assert_cmpint(source_attr(&f, xics, KVMIO_HAS_DEVICE_ATTR, 15, NULL), ==, -ENXIO);
    g_assert_cmpint(source_attr(&f, xics, KVMIO_HAS_DEVICE_ATTR, 0x1000, NULL), ==, 0);
    g_assert_cmpint(source_attr(&f, xics, KVMIO_SET_DEVICE_ATTR, 0x1000, NULL), ==, -EFAULT);
    g_assert_cmpint(source_attr(&f, xics, KVMIO_SET_DEVICE_ATTR, 0x1000, &value), ==, 0);
    line.level = 0;
    g_assert_cmpint(call_with(&f, f.vm, KVMIO_IRQ_LINE, &line), ==, 0);
    value = 0;
    g_assert_cmpint(source_attr(&f, xics, KVMIO_GET_DEVICE_ATTR, 0x1000, &value), ==, 0);
    g_assert_cmphex(value, ==, KVM_XICS_MASKED | UINT64_C(0x7f00000003));
    line.level = 1;
    g_assert_cmpint(call_with(&f, f.vm, KVMIO_IRQ_LINE, &line), ==, 0);
    g_assert_cmpint(source_attr(&f, xics, KVMIO_GET_DEVICE_ATTR, 0x1000, &value), ==, 0);
    g_assert_cmphex(value, ==, KVM_XICS_PENDING | KVM_XICS_MASKED | UINT64_C(0x7f00000003));
    g_assert_cmpint(f.door->ops->close(f.door->host, xics), ==, 0);
}

/* ---- vCPUs ---- */

static int set_compat(const Fixture *f, int vcpu, uint32_t logical)
{
    const KvmOneReg reg = { .id = KVM_REG_PPC_ARCH_COMPAT, .addr = (uintptr_t)&logical };

    return call_with(f, vcpu, KVMIO_SET_ONE_REG, &reg);
}

static void test_registers(void)
{
    g_auto(Fixture) f = open_host(NULL);
    g_auto(Fixture) newer = open_host("POWER10");
    int vcpu = call(&f, f.vm, KVMIO_CREATE_VCPU, 8), other = call(&newer, newer.vm, KVMIO_CREATE_VCPU, 0);
    KvmPpcRegs regs = { .pc = 0x1234, .gpr = { [31] = 7 } }, got = { .pc = 0 };
    KvmPpcSregs sregs;
    uint64_t lpcr = UINT64_MAX;
    KvmOneReg reg = { .id = KVM_REG_PPC_LPCR, .addr = (uintptr_t)&lpcr };

    g_assert_cmpint(call_with(&f, vcpu, KVMIO_SET_REGS, &regs), ==, 0);
    g_assert_cmpint(call_with(&f, vcpu, KVMIO_GET_REGS, &got), ==, 0);
    g_assert_cmpmem(&regs, sizeof(regs), &got, sizeof(got));
    g_assert_cmpint(call_with(&f, vcpu, KVMIO_GET_SREGS, &sregs), ==, 0);
    g_assert_cmphex(sregs.pvr, ==, 0x004e1202);
    g_assert_cmpint(call_with(&f, vcpu, KVMIO_SET_SREGS, &sregs), ==, 0);
    sregs.pvr++;
    g_assert_cmpint(call_with(&f, vcpu, KVMIO_SET_SREGS, &sregs), ==, -EINVAL);

    g_assert_cmpint(call_with(&f, vcpu, KVMIO_SET_ONE_REG, &reg), ==, 0);
    g_assert_cmpint(call_with(&f, vcpu, KVMIO_GET_ONE_REG, &reg), ==, 0);
    g_assert_cmphex(lpcr, ==, LPCR_ILE | LPCR_AIL);
    reg.id++;
    g_assert_cmpint(call_with(&f, vcpu, KVMIO_GET_ONE_REG, &reg), ==, -EINVAL);
    g_assert_cmpint(call_with(&f, vcpu, KVMIO_SET_ONE_REG, &reg), ==, -EINVAL);
    reg = (KvmOneReg){ .id = KVM_REG_PPC_LPCR, .addr = 16 };
    g_assert_cmpint(call_with(&f, vcpu, KVMIO_SET_ONE_REG, &reg), ==, -EFAULT);

    g_assert_cmpint(set_compat(&f, vcpu, PVR_POWER9_LOGICAL), ==, 0);
    g_assert_cmpint(set_compat(&f, vcpu, PVR_POWER10_LOGICAL), ==, -EINVAL);
    g_assert_cmpint(set_compat(&f, vcpu, 0x0f000004), ==, 0);
    g_assert_cmpint(set_compat(&f, vcpu, 0x004e1202), ==, -EINVAL);
    g_assert_cmpint(set_compat(&newer, other, PVR_POWER9_LOGICAL), ==, 0);
    g_assert_cmpint(set_compat(&newer, other, PVR_POWER10_LOGICAL), ==, 0);
}

static void test_run(void)
{
    g_auto(Fixture) f = open_host(NULL);
    g_auto(Fixture) pr = open_host("POWER9-PR");
    int vcpu = call(&f, f.vm, KVMIO_CREATE_VCPU, 0), other = call(&pr, pr.vm, KVMIO_CREATE_VCPU, 0);

    g_assert_cmpint(call(&f, vcpu, KVMIO_RUN, 0), ==, -EINVAL);
    g_assert_cmpint(enable(&f, vcpu, KVMCAP_PPC_PAPR, 0, 0), ==, 0);
    g_assert_cmpint(call(&f, vcpu, KVMIO_RUN, 0), ==, -ENOSYS);
    g_assert_cmpint(call(&pr, other, KVMIO_RUN, 0), ==, -ENOSYS);
    g_assert_cmpint(call(&f, f.vm, KVMIO_CREATE_VCPU, 0), ==, -EEXIST);
    g_assert_cmpint(call(&f, f.vm, KVMIO_CREATE_VCPU, 16384), ==, -EINVAL);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim-ppc/capabilities", test_capabilities);
    g_test_add_func("/sim-ppc/hcalls", test_hcalls);
    g_test_add_func("/sim-ppc/mmu", test_mmu);
    g_test_add_func("/sim-ppc/rtas-tokens", test_rtas_tokens);
    g_test_add_func("/sim-ppc/devices", test_devices);
    g_test_add_func("/sim-ppc/interrupts", test_interrupts);
    g_test_add_func("/sim-ppc/registers", test_registers);
    g_test_add_func("/sim-ppc/run", test_run);
    return g_test_run();
}
