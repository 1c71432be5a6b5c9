/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of KVM_S390_PV_COMMAND on the simulated host: each errno is that of Linux 6.12, each code of the
 * ultravisor one that the header names or public sources tell.
 */
#include "confidential/crypto.h"
#include "tests/s390x/se-images.h"
#include "tests/s390x/secure-vm.h"
#include "tests/unit/hex.h"

#define UNKNOWN 0xffff

/* ---- a launch ---- */

static void test_launch(Vm *vm, gconstpointer data)
{
    uint8_t digest[PV_HASH_SIZE] = { 0 };
    uint64_t byte = 1;

    (void)data;
    launch(vm, &image_z16);
    g_assert_true(has_plain(vm, &image_z16));
    g_assert_true(sim_s390_digest(vm->door, vm->vm, digest));
    g_assert_cmpmem(digest, sizeof(digest), ((const PvHeader *)(const void *)image_z16.header)->page_hash,
                    PV_HASH_SIZE);
    /* Memory that is not of the image is zero, whatever the host has put there. */
    memset(vm->memory + 0x30000, 0x5a, PAGE);
    g_assert_true(sim_s390_read_guest(vm->door, vm->vm, 0x30008, &byte, sizeof(byte)));
    g_assert_cmphex(byte, ==, 0);
    g_assert_false(sim_s390_read_guest(vm->door, vm->vm, RAM, &byte, sizeof(byte)));
    g_assert_false(sim_s390_read_guest(vm->door, vm->vm, RAM - 4, &byte, sizeof(byte)));
}

/* Neither the text nor the image's ciphertext is where it was. */
static void test_memory_is_secure(Vm *vm, gconstpointer data)
{
    (void)data;
    launch(vm, &image_z16);
    for (int i = 0; i < N_COMPONENTS; i++) {
        const SeComponent *component = &image_z16.components[i];

        for (size_t offset = 0; offset < component->size; offset += PAGE) {
            const uint8_t *page = vm->memory + component->address + offset;

            g_assert_cmpint(memcmp(page, component->plain + offset, PAGE), !=, 0);
            g_assert_cmpint(memcmp(page, component->encrypted + offset, PAGE), !=, 0);
        }
    }
}

static void test_clear_image(Vm *vm, gconstpointer data)
{
    (void)data;
    load_components(vm, &image_clear);
    g_assert_cmpmem(image_clear.components[0].plain, PAGE, image_clear.components[0].encrypted, PAGE);
    start(vm, &image_clear);
    unpack_all(vm, &image_clear);
    pv_done(vm, KVM_S390_PV_VERIFY, NULL);
    g_assert_true(has_plain(vm, &image_clear));
}

static void test_states(Vm *vm, gconstpointer data)
{
    const KvmS390PvUnpack unpack = unpack_of(&image_z16.components[0]);
    const KvmS390PvSecParm parm = { (uintptr_t)image_z16.header, image_z16.header_size };

    (void)data;
    for (uint32_t cmd = KVM_S390_PV_DISABLE; cmd <= KVM_S390_PV_ASYNC_CLEANUP_PERFORM; cmd++) {
        if (cmd != KVM_S390_PV_INFO) {
            pv_fails(vm, cmd, &parm, EINVAL, 0, 0);
        }
    }
    load_components(vm, &image_z16);
    pv_done(vm, KVM_S390_PV_ENABLE, NULL);
    pv_fails(vm, KVM_S390_PV_ENABLE, NULL, EINVAL, 0, 0);
    pv_fails(vm, KVM_S390_PV_UNPACK, &unpack, EINVAL, UV_RC_INV_STATE, 0);
    pv_fails(vm, KVM_S390_PV_VERIFY, NULL, EINVAL, UV_RC_INV_STATE, 0);
    pv_fails(vm, KVM_S390_PV_PREP_RESET, NULL, EINVAL, UV_RC_INV_STATE, 0);
    pv_fails(vm, KVM_S390_PV_UNSHARE_ALL, NULL, EINVAL, UV_RC_INV_STATE, 0);
    pv_done(vm, KVM_S390_PV_SET_SEC_PARMS, &parm);
    pv_fails(vm, KVM_S390_PV_SET_SEC_PARMS, &parm, EINVAL, UV_RC_INV_STATE, 0);
    unpack_all(vm, &image_z16);
    pv_done(vm, KVM_S390_PV_VERIFY, NULL);
    pv_fails(vm, KVM_S390_PV_VERIFY, NULL, EINVAL, UV_RC_INV_STATE, 0);
    pv_fails(vm, KVM_S390_PV_UNPACK, &unpack, EINVAL, UV_RC_INV_STATE, 0);
    pv_fails(vm, KVM_S390_PV_SET_SEC_PARMS, &parm, EINVAL, UV_RC_INV_STATE, 0);
    pv_done(vm, KVM_S390_PV_UNSHARE_ALL, NULL);
    pv_done(vm, KVM_S390_PV_PREP_RESET, NULL);
    pv_done(vm, KVM_S390_PV_DISABLE, NULL);
    pv_fails(vm, KVM_S390_PV_DISABLE, NULL, EINVAL, 0, 0);
}

/* The structure comes back whatever happens, unless nobody looked at it. */
static void test_structure(Vm *vm, gconstpointer data)
{
    KvmS390PvCommand command = { .cmd = KVM_S390_PV_ENABLE, .rc = UNKNOWN, .rrc = UNKNOWN, .flags = 1 };

    (void)data;
    g_assert_cmpint(call_with(vm, vm->vm, KVMIO_S390_PV_COMMAND, &command), ==, -EINVAL);
    g_assert_cmphex(command.rc, ==, UNKNOWN);
    g_assert_cmpint(call(vm, vm->vm, KVMIO_S390_PV_COMMAND, BAD), ==, -EFAULT);
    command.flags = 0;
    command.cmd = 11;
    g_assert_cmpint(call_with(vm, vm->vm, KVMIO_S390_PV_COMMAND, &command), ==, -ENOTTY);
    command.reserved[0] = 5;
    command.cmd = KVM_S390_PV_ENABLE;
    g_assert_cmpint(call_with(vm, vm->vm, KVMIO_S390_PV_COMMAND, &command), ==, 0);
    g_assert_cmphex(command.rc, ==, UV_RC_EXECUTED);
    g_assert_cmphex(command.rrc, ==, 0);
}

static void test_no_ultravisor(Vm *vm, gconstpointer data)
{
    KvmS390PvCommand command = { .cmd = KVM_S390_PV_ENABLE };

    (void)data;
    g_assert_cmpint(call_with(vm, vm->vm, KVMIO_S390_PV_COMMAND, &command), ==, -EINVAL);
    g_assert_cmpint(call(vm, vm->vm, KVMIO_S390_PV_COMMAND, BAD), ==, -EINVAL);
    g_assert_cmpint(call_with(vm, vm->vcpus[0], KVMIO_S390_PV_CPU_COMMAND, &command), ==, -EINVAL);
    g_assert_cmpint(call(vm, vm->vm, KVMIO_CHECK_EXTENSION, KVMCAP_S390_PROTECTED), ==, 0);
}

/* ---- arguments ---- */

static void test_sec_parms(Vm *vm, gconstpointer data)
{
    KvmS390PvSecParm parm = { (uintptr_t)image_z16.header, KVM_S390_PV_LARGEST_HEADER + 1 };

    (void)data;
    pv_done(vm, KVM_S390_PV_ENABLE, NULL);
    pv_fails(vm, KVM_S390_PV_SET_SEC_PARMS, (void *)BAD, EFAULT, 0, 0);
    pv_fails(vm, KVM_S390_PV_SET_SEC_PARMS, &parm, EINVAL, 0, 0);
    parm.length = 0;
    pv_fails(vm, KVM_S390_PV_SET_SEC_PARMS, &parm, ENOMEM, 0, 0);
    parm = (KvmS390PvSecParm){ BAD, 640 };
    pv_fails(vm, KVM_S390_PV_SET_SEC_PARMS, &parm, EFAULT, 0, 0);
    parm = (KvmS390PvSecParm){ (uintptr_t)image_z16.header, image_z16.header_size - 1 };
    pv_fails(vm, KVM_S390_PV_SET_SEC_PARMS, &parm, EINVAL, UV_RC_HEADER_CORRUPT, UV_RRC_HEADER_SIZE);
    parm.length++;
    pv_done(vm, KVM_S390_PV_SET_SEC_PARMS, &parm);
}

static void test_unpack(Vm *vm, gconstpointer data)
{
    KvmS390PvUnpack unpack = unpack_of(&image_z16.components[0]);

    (void)data;
    load_components(vm, &image_z16);
    start(vm, &image_z16);
    pv_fails(vm, KVM_S390_PV_UNPACK, (void *)BAD, EFAULT, 0, 0);
    unpack.addr++;
    pv_fails(vm, KVM_S390_PV_UNPACK, &unpack, EINVAL, 0, 0);
    unpack = (KvmS390PvUnpack){ 0x10000, 0, 0 };
    pv_fails(vm, KVM_S390_PV_UNPACK, &unpack, EINVAL, 0, 0);
    unpack.size = PAGE + 16;
    pv_fails(vm, KVM_S390_PV_UNPACK, &unpack, EINVAL, 0, 0);
    /* Beyond the end, the pages before are unpacked. */
    unpack = (KvmS390PvUnpack){ RAM - PAGE, 2 * PAGE, 0 };
    pv_fails(vm, KVM_S390_PV_UNPACK, &unpack, EFAULT, 0, 0);
    unpack.size = PAGE;
    pv_fails(vm, KVM_S390_PV_UNPACK, &unpack, EINVAL, 0x104, 0);
    if (!can_probe()) {
        g_test_message("what the process cannot write is not tried: the kernel does not tell");
        return;
    }
    /* What the host cannot write cannot become secure. */
    g_assert_cmpint(mprotect(vm->memory + 0x10000, PAGE, PROT_READ), ==, 0);
    unpack = unpack_of(&image_z16.components[0]);
    pv_fails(vm, KVM_S390_PV_UNPACK, &unpack, EFAULT, 0, 0);
}

/* Huge pages cannot become secure. */
static void test_huge_pages(Vm *vm, gconstpointer data)
{
    const SeComponent *component = &image_z16.components[0];
    const KvmS390PvUnpack unpack = { 2 * MIB + component->address, component->size, component->tweak };
    uint8_t *memory =
        mmap(NULL, 2 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1, 0);
    KvmRegion region = { .slot = 1, .guest_phys_addr = RAM, .memory_size = 2 * MIB };

    (void)data;
    if (memory == MAP_FAILED) {
        g_test_skip("there are no huge pages (/proc/sys/vm/nr_hugepages)");
        return;
    }
    region.userspace_addr = (uintptr_t)memory;
    g_assert_cmpint(call_with(vm, vm->vm, KVMIO_SET_USER_MEMORY_REGION, &region), ==, 0);
    memory[0] = 1;
    start(vm, &image_z16);
    pv_fails(vm, KVM_S390_PV_UNPACK, &(KvmS390PvUnpack){ RAM, PAGE, 0 }, EFAULT, 0, 0);
    pv_done(vm, KVM_S390_PV_UNPACK, &unpack);
    munmap(memory, 2 * MIB);
}

static void test_enable_without_memory(Vm *vm, gconstpointer data)
{
    int empty = call(vm, vm->kvm, KVMIO_CREATE_VM, 0);
    KvmS390PvCommand command = { .cmd = KVM_S390_PV_ENABLE };

    (void)data;
    g_assert_cmpint(call_with(vm, empty, KVMIO_S390_PV_COMMAND, &command), ==, -EIO);
    g_assert_cmphex(command.rc, ==, 0x102);
    g_assert_cmpint(vm->door->ops->close(vm->door->host, empty), ==, 0);
}

static void test_info(Vm *vm, gconstpointer data)
{
    KvmS390PvInfo info = { .header = { .id = KVM_S390_PV_INFO_VM, .len_max = sizeof(info) } };

    (void)data;
    g_assert_cmpint(pv(vm, KVM_S390_PV_INFO, &info), ==, 0);
    g_assert_cmpuint(info.header.len_written, ==, KVM_S390_PV_INFO_VM_SIZE);
    g_assert_cmpuint(info.vm.max_cpus, ==, 248);
    g_assert_cmphex(info.vm.inst_calls_list[0] >> 63, ==, 1);
    info =
        (KvmS390PvInfo){ .header = { .id = KVM_S390_PV_INFO_DUMP, .len_max = KVM_S390_PV_INFO_DUMP_SIZE } };
    info.vm.max_guests = UNKNOWN;
    g_assert_cmpint(pv(vm, KVM_S390_PV_INFO, &info), ==, 0);
    g_assert_cmpuint(info.header.len_written, ==, KVM_S390_PV_INFO_DUMP_SIZE);
    g_assert_cmphex(info.dump.dump_config_finalize_len, ==, 0x1000);
    g_assert_cmphex(info.vm.max_guests, ==, UNKNOWN); /* behind what was written */
    info.header.len_max--;
    g_assert_cmpint(pv(vm, KVM_S390_PV_INFO, &info), ==, -EINVAL);
    info.header = (typeof(info.header)){ .id = 2, .len_max = sizeof(info) };
    g_assert_cmpint(pv(vm, KVM_S390_PV_INFO, &info), ==, -EINVAL);
    info.header = (typeof(info.header)){ .len_max = 15 };
    g_assert_cmpint(pv(vm, KVM_S390_PV_INFO, &info), ==, -EINVAL);
    g_assert_cmpint(pv(vm, KVM_S390_PV_INFO, (void *)BAD), ==, -EFAULT);
}

/* ---- slots and vCPUs ---- */

static void test_slots(Vm *vm, gconstpointer data)
{
    KvmRegion region = { .slot = 1, .guest_phys_addr = RAM, .memory_size = MIB };

    (void)data;
    region.userspace_addr = (uintptr_t)vm->memory + PAGE;
    g_assert_cmpint(call_with(vm, vm->vm, KVMIO_SET_USER_MEMORY_REGION, &region), ==, -EINVAL);
    region.userspace_addr = (uintptr_t)vm->memory;
    region.memory_size = MIB - PAGE;
    g_assert_cmpint(call_with(vm, vm->vm, KVMIO_SET_USER_MEMORY_REGION, &region), ==, -EINVAL);
    region.memory_size = MIB;
    region.flags = KVM_REGION_READONLY;
    g_assert_cmpint(call_with(vm, vm->vm, KVMIO_SET_USER_MEMORY_REGION, &region), ==, -EINVAL);
    region.flags = 0;
    pv_done(vm, KVM_S390_PV_ENABLE, NULL);
    g_assert_cmpint(call_with(vm, vm->vm, KVMIO_SET_USER_MEMORY_REGION, &region), ==, -EINVAL);
    region = (KvmRegion){ .slot = 0 };
    g_assert_cmpint(call_with(vm, vm->vm, KVMIO_SET_USER_MEMORY_REGION, &region), ==, -EINVAL);
    pv_done(vm, KVM_S390_PV_DISABLE, NULL);
    g_assert_cmpint(call_with(vm, vm->vm, KVMIO_SET_USER_MEMORY_REGION, &region), ==, 0);
}

/* A vCPU that comes later is protected, too. */
static void test_late_vcpu(Vm *vm, gconstpointer data)
{
    uint8_t byte = 0;
    KvmS390MemOp op = { .op = KVM_S390_MEMOP_OP_SIDA_READ, .size = 1, .buf = (uintptr_t)&byte };
    int vcpu;

    (void)data;
    pv_done(vm, KVM_S390_PV_ENABLE, NULL);
    vcpu = call(vm, vm->vm, KVMIO_CREATE_VCPU, 7);
    g_assert_cmpint(vcpu, >=, 0);
    g_assert_cmpint(call_with(vm, vcpu, KVMIO_S390_MEM_OP, &op), ==, 0);
    pv_done(vm, KVM_S390_PV_DISABLE, NULL);
    g_assert_cmpint(call_with(vm, vcpu, KVMIO_S390_MEM_OP, &op), ==, -EINVAL);
}

/* ---- ends ---- */

static bool is_zero(const uint8_t *page)
{
    for (size_t i = 0; i < PAGE; i++) {
        if (page[i]) {
            return false;
        }
    }
    return true;
}

/* What was secure is zero afterwards; the VM can be switched again. */
static void test_disable(Vm *vm, gconstpointer data)
{
    (void)data;
    memset(vm->memory + 0x30000, 0x5a, PAGE);
    launch(vm, &image_z16);
    pv_done(vm, KVM_S390_PV_DISABLE, NULL);
    g_assert_true(is_zero(vm->memory + 0x10000));
    g_assert_true(is_zero(vm->memory + 0x20000));
    g_assert_cmphex(vm->memory[0x30000], ==, 0x5a);
    g_assert_false(sim_s390_digest(vm->door, vm->vm, (uint8_t[PV_HASH_SIZE]){ 0 }));
    launch(vm, &image_z16);
    g_assert_true(has_plain(vm, &image_z16));
}

static void test_cleanup(Vm *vm, gconstpointer data)
{
    (void)data;
    launch(vm, &image_z16);
    pv_done(vm, KVM_S390_PV_ASYNC_CLEANUP_PREPARE, NULL);
    g_assert_cmpuint(vm->rrc, ==, 42);
    pv_fails(vm, KVM_S390_PV_ASYNC_CLEANUP_PREPARE, NULL, EINVAL, 0, 0);
    g_assert_true(is_zero(vm->memory + 0x10000));
    /* Meanwhile there is another one, which stays. */
    launch(vm, &image_z16);
    pv_fails(vm, KVM_S390_PV_ASYNC_CLEANUP_PREPARE, NULL, EINVAL, 0, 0);
    g_assert_cmpint(pv(vm, KVM_S390_PV_ASYNC_CLEANUP_PERFORM, NULL), ==, 0);
    pv_fails(vm, KVM_S390_PV_ASYNC_CLEANUP_PERFORM, NULL, EINVAL, 0, 0);
    g_assert_true(has_plain(vm, &image_z16));
}

/* A machine that cannot destroy guests fast keeps the one that is set aside until the end, be it that of the
 * VM. */
static void test_slow_cleanup(Vm *vm, gconstpointer data)
{
    (void)data;
    launch(vm, &image_z15);
    pv_done(vm, KVM_S390_PV_ASYNC_CLEANUP_PREPARE, NULL);
    pv_done(vm, KVM_S390_PV_ASYNC_CLEANUP_PERFORM, NULL);
    launch(vm, &image_z15);
    pv_done(vm, KVM_S390_PV_ASYNC_CLEANUP_PREPARE, NULL);
    launch(vm, &image_z15);
    pv_done(vm, KVM_S390_PV_DISABLE, NULL); /* of both */
    pv_fails(vm, KVM_S390_PV_ASYNC_CLEANUP_PERFORM, NULL, EINVAL, 0, 0);
    launch(vm, &image_z15);
    pv_done(vm, KVM_S390_PV_ASYNC_CLEANUP_PREPARE, NULL);
}

/* DISABLE destroys the VM, but not the one that was set aside: the first error is told. */
static void test_slow_cleanup_fails(Vm *vm, gconstpointer data)
{
    (void)data;
    launch(vm, &image_z15);
    pv_done(vm, KVM_S390_PV_ASYNC_CLEANUP_PREPARE, NULL);
    pv_done(vm, KVM_S390_PV_ENABLE, NULL);
    pv_fails(vm, KVM_S390_PV_DISABLE, NULL, EIO, 7, 3);
}

static void test_cleanup_of_small_guests(Vm *vm, gconstpointer data)
{
    const uint64_t limit = UINT64_C(1) << 31;
    const KvmDeviceAttr attr = { .group = KVM_S390_GROUP_MEMORY,
                                 .attr = KVM_S390_MEMORY_LIMIT,
                                 .addr = (uintptr_t)&limit };

    (void)data;
    g_assert_cmpint(call_with(vm, vm->vm, KVMIO_SET_DEVICE_ATTR, &attr), ==, 0);
    launch(vm, &image_z16);
    pv_fails(vm, KVM_S390_PV_ASYNC_CLEANUP_PREPARE, NULL, EINVAL, 0, 0);
    pv_done(vm, KVM_S390_PV_DISABLE, NULL);
}

/* ---- faults ---- */

/** A call that fails, and what becomes of the launch. */
typedef struct FaultRow {
    const char *name;
    SimHostOptions options;
    uint32_t cmd;
    int error;
    unsigned rc, rrc;
} FaultRow;

static const FaultRow fault_rows[] = {
    { "conf", { .fault = "CREATE_SEC_CONF=0x8108/2" }, KVM_S390_PV_ENABLE, EIO, 0x8108, 2 },
    { "cpu", { .fault = "CREATE_SEC_CPU:2=0x105" }, KVM_S390_PV_ENABLE, EIO, 0x105, 0 },
    { "params", { .fault = "SET_SEC_CONF_PARAMS=264/5" }, KVM_S390_PV_SET_SEC_PARMS, EINVAL, 0x108, 5 },
    { "unpack",
      { .fault = "UNPACK_IMG:4=7+UNPACK_IMG:3=0x30/0x31" },
      KVM_S390_PV_UNPACK,
      EINVAL,
      0x30,
      0x31 },
    { "verify", { .fault = "VERIFY_IMG=0x102/0x1a" }, KVM_S390_PV_VERIFY, EINVAL, 0x102, 0x1a },
    { "destroy", { .fault = "DESTROY_SEC_CONF=7" }, KVM_S390_PV_DISABLE, EIO, 7, 0 },
    { "destroy-cpu", { .fault = "DESTROY_SEC_CPU:1=9" }, KVM_S390_PV_DISABLE, EIO, 9, 0 },
    { "reset", { .fault = "PREPARE_RESET=9/1" }, KVM_S390_PV_PREP_RESET, EINVAL, 9, 1 },
    { "unshare", { .fault = "SET_UNSHARE_ALL=9" }, KVM_S390_PV_UNSHARE_ALL, EINVAL, 9, 0 },
    { "fast", { .fault = "DESTROY_SEC_CONF_FAST=0x104" }, KVM_S390_PV_ASYNC_CLEANUP_PREPARE, EIO, 0x104, 0 },
};

/* The steps of a launch and of its end, until the one that fails. */
static void test_fault(Vm *vm, gconstpointer data)
{
    const FaultRow *row = data;
    const KvmS390PvSecParm parm = { (uintptr_t)image_z16.header, image_z16.header_size };
    const KvmS390PvUnpack unpacks[] = { unpack_of(&image_z16.components[0]),
                                        unpack_of(&image_z16.components[1]),
                                        unpack_of(&image_z16.components[2]) };
    const struct {
        uint32_t cmd;
        const void *data;
    } steps[] = {
        { KVM_S390_PV_ENABLE, NULL },
        { KVM_S390_PV_SET_SEC_PARMS, &parm },
        { KVM_S390_PV_UNPACK, &unpacks[0] },
        { KVM_S390_PV_UNPACK, &unpacks[1] },
        { KVM_S390_PV_UNPACK, &unpacks[2] },
        { KVM_S390_PV_VERIFY, NULL },
        { KVM_S390_PV_UNSHARE_ALL, NULL },
        { KVM_S390_PV_PREP_RESET, NULL },
        { KVM_S390_PV_ASYNC_CLEANUP_PREPARE, NULL },
    };

    set_up(vm, &row->options);
    load_components(vm, &image_z16);
    for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
        uint32_t cmd = steps[i].cmd;

        if (cmd == KVM_S390_PV_ASYNC_CLEANUP_PREPARE && row->cmd == KVM_S390_PV_DISABLE) {
            cmd = KVM_S390_PV_DISABLE;
        }
        if (pv(vm, cmd, steps[i].data) < 0) {
            g_assert_cmpuint(cmd, ==, row->cmd);
            g_assert_cmphex(vm->rc, ==, row->rc);
            g_assert_cmphex(vm->rrc, ==, row->rrc);
            return;
        }
    }
    g_assert_not_reached();
}

static void test_bad_faults(void)
{
    const char *const rows[][2] = {
        { "", "fault '' is not COMMAND" },
        { "VERIFY", "is not COMMAND[:NTH]=RC[/RRC]" },
        { "VERIFY=3", "no call of the ultravisor is called 'VERIFY'" },
        { "VERIFY_IMG=1", "the RC is '1', not a number from 2" },
        { "VERIFY_IMG=0x10000", "the RC is" },
        { "VERIFY_IMG=3/x", "the RRC is 'x'" },
        { "VERIFY_IMG:0=3", "'0' says which of the calls" },
        { "VERIFY_IMG=3+", "is not COMMAND" },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        const SimHostOptions options = { .fault = rows[i][0] };
        Error *error = NULL;

        g_assert_null(simhost_door_new(&s390_sim_target, &options, &error));
        g_assert_nonnull(strstr(cgvm_error_message(error), rows[i][1]));
        g_clear_pointer(&error, cgvm_error_free);
    }
}

#define ADD(name, options, set_up_fn, fn) g_test_add("/pv-sim/" name, Vm, options, set_up_fn, fn, tear_down)

int main(int argc, char **argv)
{
    static const SimHostOptions z14 = { .model = "z14" };
    static const SimHostOptions z15 = { .model = "z15" };
    static const SimHostOptions z15_fails = { .model = "z15", .fault = "DESTROY_SEC_CONF:2=7/3" };

    g_test_init(&argc, &argv, NULL);
    ADD("launch", NULL, set_up, test_launch);
    ADD("memory-is-secure", NULL, set_up, test_memory_is_secure);
    ADD("clear-image", NULL, set_up, test_clear_image);
    ADD("states", NULL, set_up, test_states);
    ADD("structure", NULL, set_up, test_structure);
    ADD("no-ultravisor", &z14, set_up, test_no_ultravisor);
    ADD("sec-parms", NULL, set_up, test_sec_parms);
    ADD("unpack", NULL, set_up, test_unpack);
    ADD("huge-pages", NULL, set_up, test_huge_pages);
    ADD("enable-without-memory", NULL, set_up, test_enable_without_memory);
    ADD("info", NULL, set_up, test_info);
    ADD("slots", NULL, set_up, test_slots);
    ADD("late-vcpu", NULL, set_up, test_late_vcpu);
    ADD("disable", NULL, set_up, test_disable);
    ADD("cleanup", NULL, set_up, test_cleanup);
    ADD("slow-cleanup", &z15, set_up, test_slow_cleanup);
    ADD("slow-cleanup-fails", &z15_fails, set_up, test_slow_cleanup_fails);
    ADD("cleanup-of-small-guests", NULL, set_up_bare, test_cleanup_of_small_guests);
    for (size_t i = 0; i < G_N_ELEMENTS(fault_rows); i++) {
        g_autofree char *path = g_strdup_printf("/pv-sim/fault/%s", fault_rows[i].name);

        g_test_add(path, Vm, &fault_rows[i], NULL, test_fault, tear_down);
    }
    g_test_add_func("/pv-sim/bad-faults", test_bad_faults);
    return g_test_run();
}
