/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of how a trace writes the ioctls of s390x. Golden traces of launches are in tests/launch/traces.
 */
#include "target-s390x/trace-s390.h"
#include <errno.h>
#include <string.h>
#include "target-s390x/kvm-s390-abi.h"

static const char *descriptor_name(const TraceContext *context G_GNUC_UNUSED, int fd G_GNUC_UNUSED)
{
    return "fd?";
}

static const TraceContext context = { descriptor_name };

static const TraceIoctl *find(unsigned long request)
{
    for (size_t i = 0; i < s390_trace_table.n_ioctls; i++) {
        if (s390_trace_table.ioctls[i].request == request) {
            return &s390_trace_table.ioctls[i];
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

static void assert_outcome(unsigned long request, const void *arg, int result, const char *expected)
{
    g_autoptr(GString) text = g_string_new(NULL);

    find(request)->outcome(&context, (uintptr_t)arg, result, text);
    g_assert_cmpstr(text->str, ==, expected);
}

/* ---- capabilities and attributes ---- */

static void test_caps(void)
{
    assert_argument(KVMIO_CHECK_EXTENSION, (void *)KVMCAP_S390_PROTECTED, "S390_PROTECTED");
    assert_argument(KVMIO_CHECK_EXTENSION, (void *)KVMCAP_S390_PROTECTED_DUMP, "S390_PROTECTED_DUMP");
    assert_argument(KVMIO_CHECK_EXTENSION, (void *)KVMCAP_S390_PROTECTED_ASYNC_DISABLE,
                    "S390_PROTECTED_ASYNC_DISABLE");
    assert_argument(KVMIO_CHECK_EXTENSION, (void *)KVMCAP_S390_VCPU_RESETS, "S390_VCPU_RESETS");
    assert_argument(KVMIO_CHECK_EXTENSION, (void *)KVMCAP_SYNC_REGS, "SYNC_REGS");
    /* One that is the same everywhere, and one that nobody knows. */
    assert_argument(KVMIO_CHECK_EXTENSION, (void *)KVMCAP_MAX_VCPUS, "MAX_VCPUS");
    assert_argument(KVMIO_CHECK_EXTENSION, (void *)9999ul, "9999");
}

static void test_cpu_model(void)
{
    KvmS390Processor processor = { .cpuid = 1 };
    const KvmDeviceAttr of_processor = { .group = KVM_S390_GROUP_CPU_MODEL,
                                         .attr = KVM_S390_CPU_PROCESSOR,
                                         .addr = (uintptr_t)&processor };
    const KvmDeviceAttr of_machine = { .group = KVM_S390_GROUP_CPU_MODEL, .attr = KVM_S390_CPU_MACHINE };
    const KvmDeviceAttr other = { .group = KVM_S390_GROUP_CPU_MODEL, .attr = 2 };

    assert_argument(KVMIO_SET_DEVICE_ATTR, &of_processor, "CPU_MODEL PROCESSOR unpack=0");
    processor.fac_list[2] = UINT64_C(1) << (63 - 33); /* facility 161 */
    assert_argument(KVMIO_SET_DEVICE_ATTR, &of_processor, "CPU_MODEL PROCESSOR unpack=1");
    assert_argument(KVMIO_GET_DEVICE_ATTR, &of_processor, "CPU_MODEL PROCESSOR");
    assert_outcome(KVMIO_GET_DEVICE_ATTR, &of_processor, 0, " unpack=1");
    assert_outcome(KVMIO_GET_DEVICE_ATTR, &of_processor, -EFAULT, "");
    processor.fac_list[2] = ~processor.fac_list[2];
    assert_outcome(KVMIO_GET_DEVICE_ATTR, &of_processor, 0, " unpack=0");
    assert_argument(KVMIO_GET_DEVICE_ATTR, &of_machine, "CPU_MODEL MACHINE");
    assert_outcome(KVMIO_GET_DEVICE_ATTR, &of_machine, 0, "");
    assert_argument(KVMIO_SET_DEVICE_ATTR, &other, "group=3 attr=2");
}

static void test_memory_limit(void)
{
    const uint64_t limit = UINT64_C(3) << 30;
    KvmDeviceAttr attr = { .group = KVM_S390_GROUP_MEMORY,
                           .attr = KVM_S390_MEMORY_LIMIT,
                           .addr = (uintptr_t)&limit };

    assert_argument(KVMIO_SET_DEVICE_ATTR, &attr, "MEM_CTRL LIMIT_SIZE limit=0xc0000000");
    assert_argument(KVMIO_GET_DEVICE_ATTR, &attr, "MEM_CTRL LIMIT_SIZE");
    attr.addr = 0;
    assert_argument(KVMIO_SET_DEVICE_ATTR, &attr, "MEM_CTRL LIMIT_SIZE");
    attr.attr = KVM_S390_MEMORY_ENABLE_CMMA;
    assert_argument(KVMIO_SET_DEVICE_ATTR, &attr, "group=0 attr=0");
    attr.group = UINT32_MAX;
    attr.attr = UINT64_MAX;
    assert_argument(KVMIO_SET_DEVICE_ATTR, &attr, "group=4294967295 attr=18446744073709551615");
}

/* ---- vCPUs ---- */

static void test_mp_states(void)
{
    static const struct {
        uint32_t state;
        const char *text;
    } rows[] = {
        { KVM_MP_STATE_STOPPED_S390, "STOPPED" },
        { KVM_MP_STATE_CHECK_STOP, "CHECK_STOP" },
        { KVM_MP_STATE_OPERATING_S390, "OPERATING" },
        { KVM_MP_STATE_LOAD_S390, "LOAD" },
        { 0, "0" },
        { KVM_MP_STATE_LOAD_S390 + 1, "9" },
        { UINT32_MAX, "4294967295" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const KvmMpState state = { .mp_state = rows[i].state };

        assert_argument(KVMIO_SET_MP_STATE, &state, rows[i].text);
    }
}

static void test_interrupts(void)
{
    static const struct {
        KvmS390Interrupt interrupt;
        const char *text;
    } rows[] = {
        { { .type = KVM_S390_IRQ_PROGRAM, .parm = 6 }, "PROGRAM code=0x6" },
        { { .type = KVM_S390_IRQ_SERVICE, .parm = 0x8001 }, "SERVICE parm=0x8001" },
        { { .type = KVM_S390_IRQ_RESTART, .parm = 1 }, "RESTART" },
        { { .type = KVM_S390_IRQ_STOP, .parm = 1 }, "type=0xfffe0000 parm=0x1" },
        { { .type = 0 }, "type=0 parm=0" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        assert_argument(KVMIO_S390_INTERRUPT, &rows[i].interrupt, rows[i].text);
    }
}

/* What is in the buffers is never shown: it can be a secure guest's. */
static void test_memory_operations(void)
{
    KvmS390MemOp operation = { .gaddr = 0x1000, .size = 64, .op = KVM_S390_MEMOP_OP_LOGICAL_READ, .buf = 1 };

    assert_argument(KVMIO_S390_MEM_OP, &operation, "LOGICAL_READ gaddr=0x1000 size=0x40");
    operation.op = KVM_S390_MEMOP_OP_ABSOLUTE_WRITE;
    assert_argument(KVMIO_S390_MEM_OP, &operation, "ABSOLUTE_WRITE gaddr=0x1000 size=0x40");
    operation.sida_offset = 0xff8;
    operation.op = KVM_S390_MEMOP_OP_SIDA_READ;
    assert_argument(KVMIO_S390_MEM_OP, &operation, "SIDA_READ offset=0xff8 size=0x40");
    operation.op = KVM_S390_MEMOP_OP_SIDA_WRITE;
    assert_argument(KVMIO_S390_MEM_OP, &operation, "SIDA_WRITE offset=0xff8 size=0x40");
    operation.op = KVM_S390_MEMOP_OP_ABSOLUTE_WRITE + 1;
    assert_argument(KVMIO_S390_MEM_OP, &operation, "op=6 gaddr=0x1000 size=0x40");
    operation.op = UINT32_MAX;
    assert_argument(KVMIO_S390_MEM_OP, &operation, "op=4294967295 gaddr=0x1000 size=0x40");
}

/* ---- protected virtualization ---- */

static void assert_command(uint32_t number, const void *data, const char *expected)
{
    const KvmS390PvCommand command = { .cmd = number, .data = (uintptr_t)data };

    assert_argument(KVMIO_S390_PV_COMMAND, &command, expected);
    assert_argument(KVMIO_S390_PV_CPU_COMMAND, &command, expected);
}

static void test_commands(void)
{
    const KvmS390PvSecParm parameters = { .origin = 0x1234, .length = 640 };
    const KvmS390PvUnpack unpack = { 0x10000, 0x3000, UINT64_C(0x0028123456789abc) };
    const KvmS390PvInfo info = { .header = { .id = KVM_S390_PV_INFO_DUMP, .len_max = 40 } };

    assert_command(KVM_S390_PV_ENABLE, NULL, "ENABLE");
    assert_command(KVM_S390_PV_DISABLE, NULL, "DISABLE");
    assert_command(KVM_S390_PV_VERIFY, NULL, "VERIFY");
    assert_command(KVM_S390_PV_PREP_RESET, NULL, "PREP_RESET");
    assert_command(KVM_S390_PV_UNSHARE_ALL, NULL, "UNSHARE_ALL");
    assert_command(KVM_S390_PV_ASYNC_CLEANUP_PREPARE, NULL, "ASYNC_CLEANUP_PREPARE");
    assert_command(KVM_S390_PV_ASYNC_CLEANUP_PERFORM, NULL, "ASYNC_CLEANUP_PERFORM");
    assert_command(KVM_S390_PV_SET_SEC_PARMS, &parameters, "SET_SEC_PARMS length=640");
    /* The random part of a tweak would make every trace another one. */
    assert_command(KVM_S390_PV_UNPACK, &unpack, "UNPACK addr=0x10000 size=0x3000 kind=40");
    assert_command(KVM_S390_PV_INFO, &info, "INFO id=1 len_max=40");
    /* A number that is no command, with data that nobody knows how to read. */
    assert_command(KVM_S390_PV_ASYNC_CLEANUP_PERFORM + 1, (void *)16, "COMMAND");
    assert_command(UINT32_MAX, (void *)16, "COMMAND");
}

/* Data that is not there is the kernel's to refuse. */
static void test_commands_without_data(void)
{
    assert_command(KVM_S390_PV_SET_SEC_PARMS, NULL, "SET_SEC_PARMS");
    assert_command(KVM_S390_PV_UNPACK, NULL, "UNPACK");
    assert_command(KVM_S390_PV_INFO, NULL, "INFO");
    assert_command(KVM_S390_PV_DUMP, NULL, "DUMP");
}

/* The codes are what a refusal is explained by, so they are shown of what failed, too. */
static void test_codes(void)
{
    const KvmS390PvCommand command = { .cmd = KVM_S390_PV_VERIFY, .rc = 0x102, .rrc = 0x1b };

    assert_outcome(KVMIO_S390_PV_COMMAND, &command, -EINVAL, "rc=0x102 rrc=0x1b");
    assert_outcome(KVMIO_S390_PV_CPU_COMMAND, &command, 0, "rc=0x102 rrc=0x1b");
}

/* A caller may pass what the kernel refuses. */
static void test_null(void)
{
    for (size_t i = 0; i < s390_trace_table.n_ioctls; i++) {
        const TraceIoctl *ioctl = &s390_trace_table.ioctls[i];
        g_autoptr(GString) text = g_string_new(NULL);

        if (ioctl->argument) {
            ioctl->argument(&context, 0, text);
        }
        if (ioctl->outcome) {
            ioctl->outcome(&context, 0, 0, text);
            ioctl->outcome(&context, 0, -EFAULT, text);
        }
        g_assert_cmpstr(text->str, ==, ioctl->request == KVMIO_CHECK_EXTENSION ? "IRQCHIP" : "");
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/trace-s390/caps", test_caps);
    g_test_add_func("/trace-s390/cpu-model", test_cpu_model);
    g_test_add_func("/trace-s390/memory-limit", test_memory_limit);
    g_test_add_func("/trace-s390/mp-states", test_mp_states);
    g_test_add_func("/trace-s390/interrupts", test_interrupts);
    g_test_add_func("/trace-s390/memory-operations", test_memory_operations);
    g_test_add_func("/trace-s390/commands", test_commands);
    g_test_add_func("/trace-s390/commands/no-data", test_commands_without_data);
    g_test_add_func("/trace-s390/codes", test_codes);
    g_test_add_func("/trace-s390/null", test_null);
    return g_test_run();
}
