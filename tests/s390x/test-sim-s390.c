/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of the s390x side of the simulated host: capabilities, attributes, registers, states, memory
 * operations, interrupts and dumps. Each errno is that of Linux 6.12.
 */
#include "tests/s390x/se-images.h"
#include "tests/s390x/secure-vm.h"

#define IO_SET_INITIAL_PSW 0x4010ae96UL
#define IO_GET_ONE_REG     0x4010aeabUL
#define IO_SET_ONE_REG     0x4010aeacUL

static const SimHostOptions z15 = { .model = "z15" };
static const SimHostOptions z14 = { .model = "z14" };

/* ---- the host ---- */

static void test_options(void)
{
    const struct {
        SimHostOptions options;
        const char *message;
    } rows[] = {
        { { .model = "z17" }, "no simulated host is called 'z17'; there are z16, z15, z14" },
        { { .model = "z14", .fault = "VERIFY_IMG=2" }, "the simulated z14 has no ultravisor" },
        { { .no_snp = true }, "'no-snp' is for simulated AMD hosts" },
        { { .script = "x" }, "there is no such step" },
        { { .report = "/nowhere/report" }, "cannot append to the simulated host's report '/nowhere/report'" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        Error *error = NULL;

        g_assert_null(simhost_door_new(&s390_sim_target, &rows[i].options, &error));
        g_assert_nonnull(strstr(cgvm_error_message(error), rows[i].message));
        g_clear_pointer(&error, cgvm_error_free);
    }
}

/** What KVM_CHECK_EXTENSION says on z14, z15 and z16. */
typedef struct ExtensionRow {
    unsigned long extension;
    int z14, z15, z16;
} ExtensionRow;

static const ExtensionRow extension_rows[] = {
    { KVMCAP_USER_MEMORY, 1, 1, 1 },
    { KVMCAP_USER_MEMORY2, 1, 1, 1 },
    { KVMCAP_READONLY_MEM, 0, 0, 0 },
    { KVMCAP_MEMORY_ATTRIBUTES, 0, 0, 0 },
    { KVMCAP_GUEST_MEMFD, 0, 0, 0 },
    { 118 /* MULTI_ADDRESS_SPACE */, 0, 0, 0 },
    { KVMCAP_IRQCHIP, 0, 0, 0 },
    { KVMCAP_NR_VCPUS, 64, 64, 64 },
    { KVMCAP_MAX_VCPUS, 248, 248, 248 },
    { 107 /* vector registers */, 1, 1, 1 },
    { 103 /* runtime instrumentation */, 1, 1, 1 },
    { 140 /* guarded storage */, 1, 1, 1 },
    { 152 /* branch prediction */, 1, 1, 1 },
    { KVMCAP_SYNC_REGS, 1, 1, 1 },
    { KVMCAP_MP_STATE, 1, 1, 1 },
    { KVMCAP_S390_USER_SIGP, 1, 1, 1 },
    { KVMCAP_S390_USER_STSI, 1, 1, 1 },
    { KVMCAP_S390_VCPU_RESETS, 1, 1, 1 },
    { KVMCAP_S390_MEM_OP, 65536, 65536, 65536 },
    { KVMCAP_S390_MEM_OP_EXTENSION, 3, 3, 3 },
    { KVMCAP_S390_HPAGE_1M, 0, 0, 0 },
    { KVMCAP_S390_PROTECTED, 0, 1, 1 },
    { KVMCAP_S390_PROTECTED_ASYNC_DISABLE, 0, 1, 1 },
    { KVMCAP_S390_PROTECTED_DUMP, 0, 0, 1 },
    { 9999, 0, 0, 0 },
};

static void test_extensions(Vm *vm, gconstpointer data)
{
    const SimHostOptions *options = data;

    for (size_t i = 0; i < G_N_ELEMENTS(extension_rows); i++) {
        const ExtensionRow *row = &extension_rows[i];
        int expected = options == &z14 ? row->z14 : options == &z15 ? row->z15 : row->z16;

        g_assert_cmpint(call(vm, vm->kvm, KVMIO_CHECK_EXTENSION, row->extension), ==, expected);
        g_assert_cmpint(call(vm, vm->vm, KVMIO_CHECK_EXTENSION, row->extension), ==, expected);
    }
}

static void test_descriptors(Vm *vm, gconstpointer data)
{
    KvmCreateGuestMemfd memfd = { .size = MIB };

    (void)data;
    g_assert_cmpstr(vm->door->name, ==, "simulated z16 host");
    g_assert_cmpint(call(vm, vm->kvm, KVMIO_CREATE_VM, 1), ==, -EINVAL);
    g_assert_cmpint(call(vm, vm->kvm, KVMIO_GET_VCPU_MMAP_SIZE, 0), ==, RUN_SIZE);
    g_assert_cmpint(call(vm, vm->kvm, 0xae77, 0), ==, -EINVAL);
    g_assert_cmpint(call(vm, vm->vm, 0xae77, 0), ==, -ENOTTY);
    g_assert_cmpint(call(vm, vm->vcpus[0], 0xae77, 0), ==, -ENOTTY);
    g_assert_cmpint(call_with(vm, vm->vm, KVMIO_CREATE_GUEST_MEMFD, &memfd), ==, -ENOTTY);
    g_assert_cmpint(call(vm, vm->vm, KVMIO_CREATE_VCPU, 248), ==, -EINVAL);
    g_assert_cmpint(call(vm, vm->vm, KVMIO_CREATE_VCPU, 1), ==, -EEXIST);
}

/* ---- attributes ---- */

static int attr(Vm *vm, unsigned long request, uint32_t group, uint64_t number, void *value)
{
    const KvmDeviceAttr argument = { .group = group, .attr = number, .addr = (uintptr_t)value };

    return call_with(vm, vm->vm, request, &argument);
}

static bool has_facility(const uint64_t *list, unsigned facility)
{
    return list[facility / 64] >> (63 - facility % 64) & 1;
}

static void test_cpu_model(Vm *vm, gconstpointer data)
{
    const uint32_t group = KVM_S390_GROUP_CPU_MODEL;
    g_autofree KvmS390Machine *machine = g_new0(KvmS390Machine, 1);
    KvmS390Processor processor = { .cpuid = 0 };

    (void)data;
    g_assert_cmpint(attr(vm, KVMIO_HAS_DEVICE_ATTR, group, KVM_S390_CPU_MACHINE, NULL), ==, 0);
    g_assert_cmpint(attr(vm, KVMIO_HAS_DEVICE_ATTR, group, 99, NULL), ==, -ENXIO);
    g_assert_cmpint(attr(vm, KVMIO_HAS_DEVICE_ATTR, 99, 0, NULL), ==, -ENXIO);
    g_assert_cmpint(attr(vm, KVMIO_GET_DEVICE_ATTR, group, KVM_S390_CPU_MACHINE, machine), ==, 0);
    g_assert_cmphex(machine->cpuid >> 56, ==, 0xff);
    g_assert_cmphex(machine->cpuid >> 16 & 0xffff, ==, 0x3931);
    g_assert_true(has_facility(machine->fac_mask, 1));
    g_assert_true(has_facility(machine->fac_mask, 193));
    g_assert_true(has_facility(machine->fac_list, 158)); /* the host can call the ultravisor, ... */
    g_assert_false(has_facility(machine->fac_list, 11) && has_facility(machine->fac_mask, 11));
    g_assert_cmpint(attr(vm, KVMIO_GET_DEVICE_ATTR, group, KVM_S390_CPU_PROCESSOR, &processor), ==, 0);
    g_assert_false(has_facility(processor.fac_list, 193)); /* ... only CPU models give this one to guests */
    processor.fac_list[KVM_S390_FACILITY_UNPACK / 64] |= UINT64_C(1) << (63 - KVM_S390_FACILITY_UNPACK % 64);
    processor.ibc = 0xfff;
    g_assert_cmpint(attr(vm, KVMIO_SET_DEVICE_ATTR, group, KVM_S390_CPU_PROCESSOR, &processor), ==, 0);
    memset(&processor, 0, sizeof(processor));
    g_assert_cmpint(attr(vm, KVMIO_GET_DEVICE_ATTR, group, KVM_S390_CPU_PROCESSOR, &processor), ==, 0);
    g_assert_true(has_facility(processor.fac_list, KVM_S390_FACILITY_UNPACK));
    g_assert_cmphex(processor.ibc, ==, 0x310);
    g_assert_cmpint(attr(vm, KVMIO_SET_DEVICE_ATTR, group, KVM_S390_CPU_MACHINE, machine), ==, -ENXIO);
    g_assert_cmpint(attr(vm, KVMIO_GET_DEVICE_ATTR, group, KVM_S390_CPU_MACHINE, (void *)BAD), ==, -EFAULT);
    g_assert_cmpint(attr(vm, KVMIO_SET_DEVICE_ATTR, group, KVM_S390_CPU_PROCESSOR, (void *)BAD), ==, -EFAULT);
    add_vcpus(vm);
    g_assert_cmpint(attr(vm, KVMIO_SET_DEVICE_ATTR, group, KVM_S390_CPU_PROCESSOR, &processor), ==, -EBUSY);
    g_assert_cmpint(call(vm, vm->vm, KVMIO_GET_DEVICE_ATTR, BAD), ==, -EFAULT);
}

static void test_features(Vm *vm, gconstpointer data)
{
    const uint32_t group = KVM_S390_GROUP_CPU_MODEL;
    uint64_t features[16] = { 0 }, uv = 1;

    (void)data;
    g_assert_cmpint(attr(vm, KVMIO_GET_DEVICE_ATTR, group, 3, features), ==, 0);
    g_assert_cmphex(features[0] >> 63, ==, 1);
    g_assert_cmpint(attr(vm, KVMIO_SET_DEVICE_ATTR, group, 2, features), ==, 0);
    features[1] = 1;
    g_assert_cmpint(attr(vm, KVMIO_SET_DEVICE_ATTR, group, 2, features), ==, -EINVAL);
    g_assert_cmpint(attr(vm, KVMIO_GET_DEVICE_ATTR, group, 7, &uv), ==, 0);
    g_assert_cmphex(uv, ==, 0);
    g_assert_cmpint(attr(vm, KVMIO_SET_DEVICE_ATTR, group, 6, &uv), ==, 0);
    uv = UINT64_C(1) << 59;
    g_assert_cmpint(attr(vm, KVMIO_SET_DEVICE_ATTR, group, 6, &uv), ==, -EINVAL);
}

static void test_memory_attributes(Vm *vm, gconstpointer data)
{
    const uint32_t group = KVM_S390_GROUP_MEMORY;
    uint64_t limit = 0, old = 0;

    (void)data;
    g_assert_cmpint(attr(vm, KVMIO_GET_DEVICE_ATTR, group, KVM_S390_MEMORY_LIMIT, &old), ==, 0);
    g_assert_cmpint(attr(vm, KVMIO_SET_DEVICE_ATTR, group, KVM_S390_MEMORY_LIMIT, &limit), ==, -EINVAL);
    limit = old + 1;
    g_assert_cmpint(attr(vm, KVMIO_SET_DEVICE_ATTR, group, KVM_S390_MEMORY_LIMIT, &limit), ==, -E2BIG);
    g_assert_cmpint(attr(vm, KVMIO_SET_DEVICE_ATTR, group, KVM_S390_MEMORY_LIMIT, (void *)BAD), ==, -EFAULT);
    limit = RAM;
    g_assert_cmpint(attr(vm, KVMIO_SET_DEVICE_ATTR, group, KVM_S390_MEMORY_LIMIT, &limit), ==, 0);
    g_assert_cmpint(attr(vm, KVMIO_SET_DEVICE_ATTR, group, KVM_S390_MEMORY_CLEAR_CMMA, NULL), ==, -EINVAL);
    g_assert_cmpint(attr(vm, KVMIO_SET_DEVICE_ATTR, group, KVM_S390_MEMORY_ENABLE_CMMA, NULL), ==, 0);
    g_assert_cmpint(attr(vm, KVMIO_SET_DEVICE_ATTR, group, KVM_S390_MEMORY_CLEAR_CMMA, NULL), ==, 0);
    add_vcpus(vm);
    g_assert_cmpint(attr(vm, KVMIO_SET_DEVICE_ATTR, group, KVM_S390_MEMORY_LIMIT, &limit), ==, -EBUSY);
    g_assert_cmpint(attr(vm, KVMIO_SET_DEVICE_ATTR, group, KVM_S390_MEMORY_ENABLE_CMMA, NULL), ==, -EBUSY);
}

static void test_capabilities(Vm *vm, gconstpointer data)
{
    KvmEnableCap cap = { .cap = KVMCAP_S390_USER_SIGP };

    (void)data;
    g_assert_cmpint(call_with(vm, vm->vm, KVMIO_ENABLE_CAP, &cap), ==, 0);
    cap.flags = 1;
    g_assert_cmpint(call_with(vm, vm->vm, KVMIO_ENABLE_CAP, &cap), ==, -EINVAL);
    cap = (KvmEnableCap){ .cap = 107 }; /* vector registers */
    g_assert_cmpint(call_with(vm, vm->vm, KVMIO_ENABLE_CAP, &cap), ==, 0);
    cap.cap = KVMCAP_S390_HPAGE_1M;
    g_assert_cmpint(call_with(vm, vm->vm, KVMIO_ENABLE_CAP, &cap), ==, -EINVAL);
    cap.cap = KVMCAP_S390_PROTECTED; /* is not for being enabled */
    g_assert_cmpint(call_with(vm, vm->vm, KVMIO_ENABLE_CAP, &cap), ==, -EINVAL);
    add_vcpus(vm);
    cap.cap = 107;
    g_assert_cmpint(call_with(vm, vm->vm, KVMIO_ENABLE_CAP, &cap), ==, -EBUSY);
}

/* ---- vCPUs ---- */

static int one_reg(Vm *vm, unsigned long request, uint64_t id, void *value)
{
    const uint64_t reg[2] = { id, (uintptr_t)value };

    return call_with(vm, vm->vcpus[0], request, reg);
}

static void test_registers(Vm *vm, gconstpointer data)
{
    KvmS390Regs regs = { { 1, 2, 3 } };
    KvmS390Sregs sregs = { .acrs = { 4 }, .crs = { 5 } };
    uint64_t timer = 6, psw[2] = { 7, 8 };
    uint32_t todpr = 9;

    (void)data;
    g_assert_cmpint(call_with(vm, vm->vcpus[0], KVMIO_SET_REGS_S390, &regs), ==, 0);
    g_assert_cmpuint(vm->runs[0]->regs.gprs[2], ==, 3);
    g_assert_cmpint(call_with(vm, vm->vcpus[0], KVMIO_SET_SREGS_S390, &sregs), ==, 0);
    g_assert_cmpint(call_with(vm, vm->vcpus[0], KVMIO_GET_SREGS_S390, &sregs), ==, 0);
    g_assert_cmpuint(sregs.crs[0], ==, 5);
    g_assert_cmpuint(sregs.acrs[0], ==, 4);
    g_assert_cmpint(one_reg(vm, IO_SET_ONE_REG, UINT64_C(0x5030000000000003), &timer), ==, 0);
    timer = 0;
    g_assert_cmpint(one_reg(vm, IO_GET_ONE_REG, UINT64_C(0x5030000000000003), &timer), ==, 0);
    g_assert_cmpuint(timer, ==, 6);
    g_assert_cmpint(one_reg(vm, IO_SET_ONE_REG, UINT64_C(0x5020000000000001), &todpr), ==, 0);
    g_assert_cmpint(one_reg(vm, IO_GET_ONE_REG, UINT64_C(0x503000000000000a), &timer), ==, -EINVAL);
    g_assert_cmpint(one_reg(vm, IO_GET_ONE_REG, UINT64_C(0x5030000000000002), (void *)BAD), ==, -EFAULT);
    g_assert_cmpint(call_with(vm, vm->vcpus[0], IO_SET_INITIAL_PSW, psw), ==, 0);
    g_assert_cmpuint(vm->runs[0]->psw_addr, ==, 8);
    g_assert_cmpint(call(vm, vm->vcpus[0], KVMIO_S390_CLEAR_RESET, 0), ==, 0);
    g_assert_cmpuint(vm->runs[0]->psw_addr, ==, 0);
    g_assert_cmpuint(vm->runs[0]->regs.gprs[2], ==, 0);
    g_assert_cmphex(vm->runs[0]->regs.crs[0], ==, 0xe0);
    g_assert_cmphex(vm->runs[0]->regs.crs[14], ==, 0xc2000000);
    pv_done(vm, KVM_S390_PV_ENABLE, NULL);
    g_assert_cmpint(one_reg(vm, IO_GET_ONE_REG, UINT64_C(0x5030000000000003), &timer), ==, -EINVAL);
    g_assert_cmpint(call_with(vm, vm->vcpus[0], KVMIO_GET_REGS_S390, &regs), ==, 0);
}

/* What a VMM writes into the shared page is taken, if it says so; the PSW always is. */
static void test_shared_registers(Vm *vm, gconstpointer data)
{
    KvmS390Run *run = vm->runs[0];
    KvmS390Sregs sregs;

    (void)data;
    run->psw_mask = 1;
    run->psw_addr = 2;
    run->regs.prefix = 0xffffffff;
    run->regs.crs[3] = 4;
    run->regs.ckc = 5;
    run->regs.pp = 6;
    run->regs.pfs = 7;
    g_assert_cmpint(call(vm, vm->vcpus[0], KVMIO_RUN, 0), ==, -ENOSYS);
    g_assert_cmpuint(run->psw_addr, ==, 2);
    g_assert_cmpuint(run->regs.prefix, ==, 0);
    g_assert_cmpuint(run->regs.crs[3] + run->regs.ckc + run->regs.pp + run->regs.pfs, ==, 0);
    run->regs.prefix = 0xffffffff;
    run->regs.crs[3] = 4;
    run->regs.ckc = 5;
    run->regs.pp = 6;
    run->regs.pfs = 7;
    run->dirty_regs = KVM_S390_SYNC_PREFIX | KVM_S390_SYNC_CRS | 1 << 4 | 1 << 5;
    g_assert_cmpint(call(vm, vm->vcpus[0], KVMIO_RUN, 0), ==, -ENOSYS);
    g_assert_cmpuint(run->dirty_regs, ==, 0);
    g_assert_cmphex(run->regs.prefix, ==, 0x7fffe000);
    g_assert_cmpuint(run->regs.ckc, ==, 5);
    g_assert_cmpuint(run->regs.pp, ==, 6);
    g_assert_cmpuint(run->regs.pfs, ==, 7);
    g_assert_cmpint(call_with(vm, vm->vcpus[0], KVMIO_GET_SREGS_S390, &sregs), ==, 0);
    g_assert_cmpuint(sregs.crs[3], ==, 4);
}

/* Of a protected vCPU, the PSW is not for the VMM to set, but for the condition code. */
static void test_secure_psw(Vm *vm, gconstpointer data)
{
    (void)data;
    launch(vm, &image_z16);
    set_mp_state(vm, 0, KVM_MP_STATE_LOAD_S390);
    set_mp_state(vm, 0, KVM_MP_STATE_OPERATING_S390);
    vm->runs[0]->psw_mask = UINT64_MAX;
    vm->runs[0]->psw_addr = 0x1234;
    g_assert_cmpint(call(vm, vm->vcpus[0], KVMIO_RUN, 0), ==, -ENOSYS);
    g_assert_cmphex(vm->runs[0]->psw_mask, ==, UINT64_C(3) << 44);
    g_assert_cmphex(vm->runs[0]->psw_addr, ==, 0);
}

static int mp_state(Vm *vm, uint32_t state)
{
    const KvmMpState argument = { state };

    return call_with(vm, vm->vcpus[0], KVMIO_SET_MP_STATE, &argument);
}

static uint32_t get_mp_state(Vm *vm)
{
    KvmMpState state = { 0 };

    g_assert_cmpint(call_with(vm, vm->vcpus[0], KVMIO_GET_MP_STATE, &state), ==, 0);
    return state.mp_state;
}

/* Once the VMM has said that it cares, it has to start vCPUs itself. */
static void test_states(Vm *vm, gconstpointer data)
{
    (void)data;
    g_assert_cmpuint(get_mp_state(vm), ==, KVM_MP_STATE_STOPPED_S390);
    g_assert_cmpint(call(vm, vm->vcpus[0], KVMIO_RUN, 0), ==, -ENOSYS);
    g_assert_cmpuint(get_mp_state(vm), ==, KVM_MP_STATE_OPERATING_S390);
    g_assert_cmpint(mp_state(vm, KVM_MP_STATE_STOPPED_S390), ==, 0);
    g_assert_cmpint(call(vm, vm->vcpus[0], KVMIO_RUN, 0), ==, -EINVAL);
    g_assert_cmpint(mp_state(vm, KVM_MP_STATE_LOAD_S390), ==, -ENXIO);
    g_assert_cmpint(mp_state(vm, KVM_MP_STATE_CHECK_STOP), ==, -ENXIO);
    g_assert_cmpint(mp_state(vm, 0), ==, -ENXIO);
    g_assert_cmpint(mp_state(vm, KVM_MP_STATE_OPERATING_S390), ==, 0);
    g_assert_cmpint(call(vm, vm->vcpus[0], KVMIO_RUN, 0), ==, -ENOSYS);
    vm->runs[0]->dirty_regs = UINT64_C(1) << 20;
    g_assert_cmpint(call(vm, vm->vcpus[0], KVMIO_RUN, 0), ==, -EINVAL);
    vm->runs[0]->dirty_regs = 0;
    vm->runs[0]->immediate_exit = 1;
    g_assert_cmpint(call(vm, vm->vcpus[0], KVMIO_RUN, 0), ==, -EINTR);
}

static void test_secure_states(Vm *vm, gconstpointer data)
{
    (void)data;
    load_components(vm, &image_z16);
    start(vm, &image_z16);
    g_assert_cmpint(mp_state(vm, KVM_MP_STATE_LOAD_S390), ==, -EINVAL); /* it is not verified */
    unpack_all(vm, &image_z16);
    pv_done(vm, KVM_S390_PV_VERIFY, NULL);
    g_assert_cmpint(mp_state(vm, KVM_MP_STATE_OPERATING_S390), ==, -EINVAL); /* nor loaded */
    g_assert_cmpint(mp_state(vm, KVM_MP_STATE_LOAD_S390), ==, 0);
    g_assert_cmpuint(get_mp_state(vm), ==, KVM_MP_STATE_STOPPED_S390); /* KVM's own idea */
    g_assert_cmpint(call(vm, vm->vcpus[0], KVMIO_RUN, 0), ==, -EINVAL);
    g_assert_cmpint(mp_state(vm, KVM_MP_STATE_OPERATING_S390), ==, 0);
    g_assert_cmpint(call(vm, vm->vcpus[0], KVMIO_RUN, 0), ==, -ENOSYS);
    /* A reset without preparation is refused by the ultravisor. */
    g_assert_cmpint(call(vm, vm->vcpus[0], KVMIO_S390_CLEAR_RESET, 0), ==, -EINVAL);
    g_assert_cmpint(mp_state(vm, KVM_MP_STATE_STOPPED_S390), ==, 0);
    pv_done(vm, KVM_S390_PV_UNSHARE_ALL, NULL);
    pv_done(vm, KVM_S390_PV_PREP_RESET, NULL);
    g_assert_cmpint(call(vm, vm->vcpus[0], KVMIO_S390_CLEAR_RESET, 0), ==, 0);
    g_assert_cmpint(call(vm, vm->vcpus[1], KVMIO_S390_INITIAL_RESET, 0), ==, 0);
    g_assert_cmpint(call(vm, vm->vcpus[1], KVMIO_S390_NORMAL_RESET, 0), ==, 0);
    g_assert_cmpint(mp_state(vm, KVM_MP_STATE_OPERATING_S390), ==, -EINVAL);
    g_assert_cmpint(mp_state(vm, KVM_MP_STATE_LOAD_S390), ==, 0);
    g_assert_cmpint(mp_state(vm, KVM_MP_STATE_OPERATING_S390), ==, 0);
}

/* A vCPU that ran before the switch, and was not stopped for it, cannot run before it is loaded. */
static void test_running_switch(Vm *vm, gconstpointer data)
{
    (void)data;
    g_assert_cmpint(mp_state(vm, KVM_MP_STATE_OPERATING_S390), ==, 0);
    launch(vm, &image_z16);
    g_assert_cmpint(call(vm, vm->vcpus[0], KVMIO_RUN, 0), ==, -EINVAL);
    g_assert_cmpint(mp_state(vm, KVM_MP_STATE_LOAD_S390), ==, 0);
    g_assert_cmpint(call(vm, vm->vcpus[0], KVMIO_RUN, 0), ==, -ENOSYS);
}

/* ---- memory operations ---- */

static int mem_op(Vm *vm, int fd, uint32_t number, uint64_t gaddr, void *buffer, uint32_t size,
                  uint64_t flags)
{
    const KvmS390MemOp op = {
        .op = number, .gaddr = gaddr, .buf = (uintptr_t)buffer, .size = size, .flags = flags
    };

    return call_with(vm, fd, KVMIO_S390_MEM_OP, &op);
}

static void test_mem_op(Vm *vm, gconstpointer data)
{
    uint8_t bytes[16] = "0123456789abcde", back[16];
    const int vcpu = vm->vcpus[0];

    (void)data;
    g_assert_cmpint(mem_op(vm, vm->vm, KVM_S390_MEMOP_OP_ABSOLUTE_WRITE, 0xff8, bytes, 16, 0), ==, 0);
    g_assert_cmpmem(vm->memory + 0xff8, 16, bytes, 16);
    g_assert_cmpint(mem_op(vm, vcpu, KVM_S390_MEMOP_OP_LOGICAL_READ, 0xff8, back, 16, 0), ==, 0);
    g_assert_cmpmem(back, 16, bytes, 16);
    g_assert_cmpint(mem_op(vm, vcpu, KVM_S390_MEMOP_OP_LOGICAL_WRITE, RAM - 8, bytes, 16, 0), ==, 5);
    g_assert_cmpint(mem_op(vm, vm->vm, KVM_S390_MEMOP_OP_ABSOLUTE_READ, RAM, bytes, 16, 0), ==, 5);
    g_assert_cmpint(mem_op(vm, vm->vm, KVM_S390_MEMOP_OP_ABSOLUTE_READ, UINT64_MAX - 7, bytes, 16, 0), ==, 5);
    g_assert_cmpint(mem_op(vm, vm->vm, KVM_S390_MEMOP_OP_ABSOLUTE_READ, 0, bytes, 0, 0), ==, -EINVAL);
    g_assert_cmpint(mem_op(vm, vm->vm, KVM_S390_MEMOP_OP_ABSOLUTE_READ, 0, bytes, 65537, 0), ==, -E2BIG);
    g_assert_cmpint(mem_op(vm, vm->vm, KVM_S390_MEMOP_OP_ABSOLUTE_READ, 0, (void *)BAD, 16, 0), ==, -EFAULT);
    g_assert_cmpint(mem_op(vm, vm->vm, KVM_S390_MEMOP_OP_ABSOLUTE_READ, 0, NULL, 16, 1), ==, 0); /* a check */
    g_assert_cmpint(mem_op(vm, vm->vm, KVM_S390_MEMOP_OP_ABSOLUTE_READ, 0, bytes, 16, 2), ==, -EINVAL);
    g_assert_cmpint(mem_op(vm, vm->vm, KVM_S390_MEMOP_OP_LOGICAL_READ, 0, bytes, 16, 0), ==, -EINVAL);
    g_assert_cmpint(mem_op(vm, vcpu, KVM_S390_MEMOP_OP_ABSOLUTE_READ, 0, bytes, 16, 0), ==, -EINVAL);
    g_assert_cmpint(mem_op(vm, vcpu, KVM_S390_MEMOP_OP_SIDA_READ, 0, bytes, 16, 0), ==, -EINVAL);
    g_assert_cmpint(call(vm, vm->vm, KVMIO_S390_MEM_OP, BAD), ==, -EFAULT);
}

static void test_secure_mem_op(Vm *vm, gconstpointer data)
{
    uint8_t bytes[16] = "0123456789abcde", back[16];
    const int vcpu = vm->vcpus[0];
    KvmS390MemOp op = { .op = KVM_S390_MEMOP_OP_SIDA_READ,
                        .buf = (uintptr_t)back,
                        .size = 16,
                        .sida_offset = KVM_S390_SIDA_SIZE - 15 };

    (void)data;
    launch(vm, &image_z16);
    g_assert_cmpint(mem_op(vm, vm->vm, KVM_S390_MEMOP_OP_ABSOLUTE_READ, 0, bytes, 16, 0), ==, -EINVAL);
    g_assert_cmpint(mem_op(vm, vcpu, KVM_S390_MEMOP_OP_LOGICAL_READ, 0, bytes, 16, 0), ==, -EINVAL);
    g_assert_cmpint(mem_op(vm, vcpu, KVM_S390_MEMOP_OP_SIDA_WRITE, 0, bytes, 16, 0), ==, 0);
    g_assert_cmpint(mem_op(vm, vcpu, KVM_S390_MEMOP_OP_SIDA_READ, 0, back, 16, 0), ==, 0);
    g_assert_cmpmem(back, 16, bytes, 16);
    g_assert_cmpint(mem_op(vm, vcpu, KVM_S390_MEMOP_OP_SIDA_READ, 0, back, 16, 1), ==, -EINVAL);
    g_assert_cmpint(mem_op(vm, vcpu, KVM_S390_MEMOP_OP_SIDA_READ, 0, back, 0, 0), ==, -EINVAL);
    g_assert_cmpint(mem_op(vm, vcpu, KVM_S390_MEMOP_OP_SIDA_READ, 0, (void *)BAD, 16, 0), ==, -EFAULT);
    g_assert_cmpint(call_with(vm, vcpu, KVMIO_S390_MEM_OP, &op), ==, -E2BIG);
    op.sida_offset = UINT32_MAX;
    g_assert_cmpint(call_with(vm, vcpu, KVMIO_S390_MEM_OP, &op), ==, -EINVAL);
}

/* ---- interrupts ---- */

static void test_interrupts(Vm *vm, gconstpointer data)
{
    KvmS390Interrupt interrupt = { .type = KVM_S390_IRQ_SERVICE, .parm = 0x7000 };
    uint64_t irq[9] = { KVM_S390_IRQ_RESTART };

    (void)data;
    g_assert_cmpint(call_with(vm, vm->vm, KVMIO_S390_INTERRUPT, &interrupt), ==, 0);
    interrupt.type = 0xffff1004; /* a clock comparator is a vCPU's */
    g_assert_cmpint(call_with(vm, vm->vm, KVMIO_S390_INTERRUPT, &interrupt), ==, -EINVAL);
    g_assert_cmpint(call_with(vm, vm->vcpus[0], KVMIO_S390_INTERRUPT, &interrupt), ==, 0);
    interrupt = (KvmS390Interrupt){ KVM_S390_IRQ_PROGRAM, 0x10000, 0 };
    g_assert_cmpint(call_with(vm, vm->vcpus[0], KVMIO_S390_INTERRUPT, &interrupt), ==, -EINVAL);
    interrupt = (KvmS390Interrupt){ 1, 0, 0 };
    g_assert_cmpint(call_with(vm, vm->vm, KVMIO_S390_INTERRUPT, &interrupt), ==, 0); /* of a subchannel */
    g_assert_cmpint(call_with(vm, vm->vcpus[0], KVMIO_S390_INTERRUPT, &interrupt), ==, -EINVAL);
    g_assert_cmpint(call_with(vm, vm->vcpus[0], KVMIO_S390_IRQ, irq), ==, 0);
    g_assert_cmpint(call(vm, vm->vcpus[0], KVMIO_S390_IRQ, BAD), ==, -EFAULT);
    g_assert_cmpint(call(vm, vm->vm, KVMIO_S390_INTERRUPT, BAD), ==, -EFAULT);
}

/* ---- dumps ---- */

static int cpu_command(Vm *vm, const KvmS390PvDump *dump)
{
    KvmS390PvCommand command = { .cmd = KVM_S390_PV_DUMP, .data = (uintptr_t)dump };
    int ret = call_with(vm, vm->vcpus[0], KVMIO_S390_PV_CPU_COMMAND, &command);

    g_assert_cmpuint(command.cmd, ==, KVM_S390_PV_DUMP);
    vm->rc = command.rc;
    return ret;
}

static void test_dump(Vm *vm, gconstpointer data)
{
    g_autofree uint8_t *buffer = g_malloc0(0x8000);
    KvmS390PvDump dump = { .subcmd = KVM_S390_PV_DUMP_COMPLETE,
                           .buff_addr = (uintptr_t)buffer,
                           .buff_len = 0x1000 };

    (void)data;
    launch(vm, &image_z16);
    set_mp_state(vm, 0, KVM_MP_STATE_LOAD_S390);
    set_mp_state(vm, 0, KVM_MP_STATE_OPERATING_S390);
    pv_fails(vm, KVM_S390_PV_DUMP, &dump, EINVAL, 0, 0);
    g_assert_cmpint(cpu_command(vm, &dump), ==, -EINVAL);
    dump.subcmd = 9;
    pv_fails(vm, KVM_S390_PV_DUMP, &dump, ENOTTY, 0, 0);
    dump.subcmd = KVM_S390_PV_DUMP_INIT;
    pv_fails(vm, KVM_S390_PV_DUMP, (void *)BAD, EFAULT, 0, 0);
    pv_done(vm, KVM_S390_PV_DUMP, &dump);
    pv_fails(vm, KVM_S390_PV_DUMP, &dump, EINVAL, 0, 0);
    g_assert_cmpint(call(vm, vm->vcpus[0], KVMIO_RUN, 0), ==, -EINVAL);
    dump.subcmd = KVM_S390_PV_DUMP_CONFIG_STOR_STATE;
    dump.buff_len = 0x1800;
    pv_fails(vm, KVM_S390_PV_DUMP, &dump, EINVAL, 0, 0); /* not a multiple of what a megabyte needs */
    dump.buff_len = 0x4000;
    dump.gaddr = 1;
    pv_fails(vm, KVM_S390_PV_DUMP, &dump, EINVAL, 0, 0);
    dump.gaddr = 0;
    dump.buff_addr = BAD;
    pv_fails(vm, KVM_S390_PV_DUMP, &dump, EFAULT, UV_RC_EXECUTED, 0);
    dump.buff_addr = (uintptr_t)buffer;
    pv_done(vm, KVM_S390_PV_DUMP, &dump);
    g_assert_cmpuint(dump.gaddr, ==, 0);
    g_assert_cmpuint(buffer[0x10 * 16 + 15], !=, 0);
    dump.gaddr = RAM - MIB; /* the second is not there */
    pv_fails(vm, KVM_S390_PV_DUMP, &dump, EINVAL, 0x103, 0);
    dump =
        (KvmS390PvDump){ .subcmd = KVM_S390_PV_DUMP_CPU, .buff_addr = (uintptr_t)buffer, .buff_len = 0xfff };
    g_assert_cmpint(cpu_command(vm, &dump), ==, -EINVAL);
    dump.buff_len = 0x1000;
    dump.buff_addr = BAD;
    g_assert_cmpint(cpu_command(vm, &dump), ==, -EFAULT);
    dump.buff_addr = (uintptr_t)buffer;
    g_assert_cmpint(cpu_command(vm, &dump), ==, 0);
    g_assert_cmphex(vm->rc, ==, UV_RC_EXECUTED);
    dump = (KvmS390PvDump){ .subcmd = KVM_S390_PV_DUMP_COMPLETE,
                            .buff_addr = (uintptr_t)buffer,
                            .buff_len = 0xfff };
    pv_fails(vm, KVM_S390_PV_DUMP, &dump, EINVAL, 0, 0);
    dump.buff_len = 0x1000;
    pv_done(vm, KVM_S390_PV_DUMP, &dump);
    g_assert_cmpint(call(vm, vm->vcpus[0], KVMIO_RUN, 0), ==, -ENOSYS);
}

/* The image does not allow it. */
static void test_no_dump(Vm *vm, gconstpointer data)
{
    KvmS390PvDump dump = { .subcmd = KVM_S390_PV_DUMP_INIT };

    (void)data;
    launch(vm, &image_clear);
    pv_fails(vm, KVM_S390_PV_DUMP, &dump, EINVAL, 0x103, 0);
}

static void test_report(void)
{
    g_autofree char *path = NULL, *text = NULL;
    int fd = g_file_open_tmp("report-XXXXXX", &path, NULL);
    const SimHostOptions options = { .report = path };
    Vm vm = { .n_open = 0 };

    g_assert_cmpint(fd, >=, 0);
    set_up(&vm, &options);
    launch(&vm, &image_z16);
    tear_down(&vm, NULL);
    g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_assert_true(g_str_has_prefix(text, "s390-pv "));
    g_assert_true(g_str_has_suffix(text, " simulated\n"));
    g_assert_cmpuint(strlen(text), ==, strlen("s390-pv ") + 128 + strlen(" simulated\n"));
    unlink(path);
    close(fd);
}

#define ADD(name, options, set_up_fn, fn) g_test_add("/sim-s390/" name, Vm, options, set_up_fn, fn, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim-s390/options", test_options);
    ADD("extensions/z14", &z14, set_up, test_extensions);
    ADD("extensions/z15", &z15, set_up, test_extensions);
    ADD("extensions/z16", NULL, set_up, test_extensions);
    ADD("descriptors", NULL, set_up, test_descriptors);
    ADD("cpu-model", NULL, set_up_bare, test_cpu_model);
    ADD("features", NULL, set_up_bare, test_features);
    ADD("memory-attributes", NULL, set_up_bare, test_memory_attributes);
    ADD("capabilities", NULL, set_up_bare, test_capabilities);
    ADD("registers", NULL, set_up, test_registers);
    ADD("shared-registers", NULL, set_up, test_shared_registers);
    ADD("secure-psw", NULL, set_up, test_secure_psw);
    ADD("states", NULL, set_up, test_states);
    ADD("secure-states", NULL, set_up, test_secure_states);
    ADD("running-switch", NULL, set_up, test_running_switch);
    ADD("mem-op", NULL, set_up, test_mem_op);
    ADD("secure-mem-op", NULL, set_up, test_secure_mem_op);
    ADD("interrupts", NULL, set_up, test_interrupts);
    ADD("dump", NULL, set_up, test_dump);
    ADD("no-dump", NULL, set_up, test_no_dump);
    g_test_add_func("/sim-s390/report", test_report);
    return g_test_run();
}
