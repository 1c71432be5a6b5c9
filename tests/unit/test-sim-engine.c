/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Tests of guests that run on the simulated host, a few instructions in real mode each. What needs the KVM of
 * this machine is skipped where it has none.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include "target-i386/sim-engine.h"
#include "tests/unit/sim-sev-guest.h"

#define DEVICE    "/dev/kvm"
#define CODE      UINT64_C(0x100)
#define DATA      UINT64_C(0x1000)
#define PORT      0x10
#define PIO_PAGE  4096
#define HOLE      UINT64_C(0x9000)
#define SMALL_RAM UINT64_C(0x8000)

/* A C-bit that every KVM can map. */
#define ENGINE .options = { .engine_device = DEVICE, .cbit = 36 }

static const GuestKind plain = { ENGINE, .type = KVM_VM_TYPE_DEFAULT };
static const GuestKind sev = { ENGINE, KIND_SEV };
static const GuestKind sev_es = { ENGINE, KIND_SEV_ES };
static const GuestKind legacy_es = { ENGINE, KIND_ES_INIT };

/* ---- a guest ---- */

typedef struct Guest {
    Fixture fixture; /* the first member, so that its functions can be used */
    const GuestKind *kind;
    int vcpu;
    KvmRun *run;
} Guest;

static const char *kvm_missing(void)
{
    int fd = open(DEVICE, O_RDWR | O_CLOEXEC), vm = fd < 0 ? -1 : ioctl(fd, KVMIO_CREATE_VM, 0);

    if (vm >= 0) {
        close(vm);
    }
    if (fd >= 0) {
        close(fd);
    }
    return vm < 0 ? "this machine has no KVM" : NULL;
}

static bool is_encrypted(const Guest *guest)
{
    return guest->kind->init != 0;
}

static void add_slot(Guest *guest, uint32_t id, uint64_t gpa, uint64_t size)
{
    KvmRegion region = {
        .slot = id,
        .guest_phys_addr = gpa,
        .memory_size = size,
        .userspace_addr = (uintptr_t)guest->fixture.memory + gpa,
    };

    g_assert_cmpint(call_with(&guest->fixture, guest->fixture.vm, KVMIO_SET_USER_MEMORY_REGION, &region), ==,
                    0);
}

static void set_up_guest(Guest *guest, gconstpointer data)
{
    Fixture *fixture = &guest->fixture;
    void *run;

    guest->kind = data;
    set_up_sev(fixture, data);
    if (is_encrypted(guest)) {
        check(fixture, sev_init(fixture, guest->kind), 0, UNTOUCHED);
    }
    add_slot(guest, 0, 0, SMALL_RAM);
    guest->vcpu = call(fixture, fixture->vm, KVMIO_CREATE_VCPU, 0);
    g_assert_cmpint(fixture->door->ops->mmap(fixture->door->host, guest->vcpu, RUN_SIZE, &run), ==, 0);
    guest->run = run;
}

static void tear_down_guest(Guest *guest, gconstpointer data)
{
    guest->fixture.door->ops->munmap(guest->fixture.door->host, guest->run, RUN_SIZE);
    close_fd(&guest->fixture, &guest->vcpu);
    tear_down(&guest->fixture, data);
}

/* A vCPU that starts at CODE, in real mode with all bases 0. */
static void set_registers(Guest *guest)
{
    Fixture *fixture = &guest->fixture;
    KvmRegs regs = { .rip = CODE, .rflags = 2 };
    KvmSregs sregs;

    g_assert_cmpint(call_with(fixture, guest->vcpu, KVMIO_GET_SREGS, &sregs), ==, 0);
    sregs.cs.base = 0;
    sregs.cs.selector = 0;
    g_assert_cmpint(call_with(fixture, guest->vcpu, KVMIO_SET_SREGS, &sregs), ==, 0);
    g_assert_cmpint(call_with(fixture, guest->vcpu, KVMIO_SET_REGS, &regs), ==, 0);
}

static void set_cpuid(Guest *guest)
{
    g_autofree KvmCpuid *cpuid = g_malloc0(sizeof(*cpuid) + 256 * sizeof(KvmCpuidEntry));

    cpuid->nent = 256;
    g_assert_cmpint(call_with(&guest->fixture, guest->fixture.kvm, KVMIO_GET_SUPPORTED_CPUID, cpuid), ==, 0);
    g_assert_cmpint(call_with(&guest->fixture, guest->vcpu, KVMIO_SET_CPUID2, cpuid), ==, 0);
}

/* Launches @code, and a page of 0xc3 at DATA. */
static void launch(Guest *guest, const uint8_t *code, size_t size)
{
    Fixture *fixture = &guest->fixture;
    SevMeasurement measurement;
    uint32_t length = sizeof(measurement);

    memcpy(fixture->memory + CODE, code, size);
    memset(fixture->memory + DATA, 0xc3, PAGE);
    set_cpuid(guest);
    set_registers(guest);
    if (!is_encrypted(guest)) {
        return;
    }
    check(fixture, sev_start(fixture, guest->kind->policy), 0, 0);
    check(fixture, sev_update(fixture, fixture->memory, 2 * PAGE), 0, 0);
    if (guest->kind->policy & SEV_POLICY_ES) {
        check(fixture, sev_plain(fixture, SEVCMD_LAUNCH_UPDATE_VMSA), 0, 0);
    }
    check(fixture, sev_measure(fixture, &measurement, &length), 0, 0);
    check(fixture, sev_plain(fixture, SEVCMD_LAUNCH_FINISH), 0, 0);
}

#define LAUNCH(guest, ...)                                                                                   \
    do {                                                                                                     \
        static const uint8_t code_[] = { __VA_ARGS__ };                                                      \
        launch(guest, code_, sizeof(code_));                                                                 \
    } while (0)

static int run(Guest *guest)
{
    guest->run->exit_reason = KVMEXIT_UNKNOWN;
    return call(&guest->fixture, guest->vcpu, KVMIO_RUN, 0);
}

static uint8_t *io_data(Guest *guest, uint8_t direction, uint8_t size)
{
    g_assert_cmpint(run(guest), ==, 0);
    g_assert_cmpuint(guest->run->exit_reason, ==, KVMEXIT_IO);
    g_assert_cmpuint(guest->run->io.port, ==, PORT);
    g_assert_cmpuint(guest->run->io.direction, ==, direction);
    g_assert_cmpuint(guest->run->io.size, ==, size);
    g_assert_cmpuint(guest->run->io.count, ==, 1);
    g_assert_cmpuint(guest->run->io.data_offset, ==, PIO_PAGE);
    return (uint8_t *)guest->run + PIO_PAGE;
}

static uint16_t word_written(Guest *guest)
{
    uint16_t word;

    memcpy(&word, io_data(guest, KVM_EXIT_IO_OUT, 2), sizeof(word));
    return word;
}

/* ---- hosts on which nothing can run ---- */

static void check_no_engine(const char *device, const char *why)
{
    const GuestKind kind = { .options = { .engine_device = device }, .type = KVM_VM_TYPE_DEFAULT };
    g_autofree char *told = NULL;
    Guest guest;

    set_up_guest(&guest, &kind);
    set_registers(&guest);
    g_assert_null(kvm_door_why_not(guest.fixture.door));
    g_assert_cmpint(run(&guest), ==, -ENOSYS);
    g_assert_cmpint(run(&guest), ==, -ENOSYS);
    told = kvm_door_why_not(guest.fixture.door);
    g_assert_cmpstr(told, ==, why);
    tear_down_guest(&guest, NULL);
}

static void test_no_engine(void)
{
    check_no_engine(NULL, "the simulated host was told to have no KVM underneath");
    check_no_engine("/nothing",
                    "'/nothing' cannot be opened: No such file or directory; load the KVM module, or enable "
                    "virtualization in the machine's firmware");
    check_no_engine("/dev/null", "'/dev/null' is not KVM with ABI version 12");
}

/* ---- guests ---- */

/* in $PORT, %ax; inc %ax; out %ax, $PORT; hlt */
static void test_ports(Guest *guest, gconstpointer data)
{
    (void)data;
    LAUNCH(guest, 0xe5, PORT, 0x40, 0xe7, PORT, 0xf4);
    memcpy(io_data(guest, KVM_EXIT_IO_IN, 2), "\x34\x12", 2);
    g_assert_cmphex(word_written(guest), ==, 0x1235);
    g_assert_cmpint(run(guest), ==, 0);
    g_assert_cmpuint(guest->run->exit_reason, ==, KVMEXIT_HLT);
}

/* mov DATA, %ax; out %ax, $PORT; movw $0x7777, DATA; out %ax, $PORT; mov DATA, %ax; out %ax, $PORT; hlt */
#define READ_WRITE_READ                                                                                      \
    0xa1, 0x00, 0x10, 0xe7, PORT, 0xc7, 0x06, 0x00, 0x10, 0x77, 0x77, 0xe7, PORT, 0xa1, 0x00, 0x10, 0xe7,    \
        PORT, 0xf4

static void test_memory(Guest *guest, gconstpointer data)
{
    bool is_shared = data == &plain;
    uint8_t *memory = guest->fixture.memory + DATA;

    LAUNCH(guest, READ_WRITE_READ);
    g_assert_cmphex(word_written(guest), ==, 0xc3c3);
    memset(memory, 0x11, 2);
    g_assert_cmphex(word_written(guest), ==, 0xc3c3);
    g_assert_cmphex(memory[0], ==, is_shared ? 0x77 : 0x11);
    g_assert_cmphex(word_written(guest), ==, 0x7777);
}

/* What the host writes before the guest runs spoils it: mov DATA, %eax; out %eax, $PORT; hlt */
static void test_host_writes_first(Guest *guest, gconstpointer data)
{
    uint32_t word;

    (void)data;
    LAUNCH(guest, 0x66, 0xa1, 0x00, 0x10, 0x66, 0xe7, PORT, 0xf4);
    guest->fixture.memory[DATA + 8] ^= 1;
    memcpy(&word, io_data(guest, KVM_EXIT_IO_OUT, 4), sizeof(word));
    g_assert_cmphex(word, !=, 0xc3c3c3c3);
}

/* The registers of an SEV guest are the VMM's as well; those that are encrypted, with the type of VM for
 * that, are not. */
static void test_registers(Guest *guest, gconstpointer data)
{
    int expected = data == &sev_es ? -EINVAL : 0;
    KvmRegs regs = { .rip = 0 };
    KvmSregs sregs;

    LAUNCH(guest, 0xb8, 0x34, 0x12, 0xe7, PORT, 0xf4); /* mov $0x1234, %ax; out %ax, $PORT; hlt */
    g_assert_cmphex(word_written(guest), ==, 0x1234);
    g_assert_cmpint(call_with(&guest->fixture, guest->vcpu, KVMIO_GET_REGS, &regs), ==, expected);
    g_assert_cmpint(call_with(&guest->fixture, guest->vcpu, KVMIO_GET_SREGS, &sregs), ==, expected);
    g_assert_cmpint(call_with(&guest->fixture, guest->vcpu, KVMIO_SET_REGS, &regs), ==, expected);
    if (data == &plain || data == &sev) {
        g_assert_cmphex(regs.rax & 0xffff, ==, 0x1234);
    }
}

/* mov $0xc0010131, %ecx; rdmsr; out %ax, $PORT; hlt */
static void test_status(Guest *guest, gconstpointer data)
{
    LAUNCH(guest, 0x66, 0xb9, 0x31, 0x01, 0x01, 0xc0, 0x0f, 0x32, 0xe7, PORT, 0xf4);
    g_assert_cmphex(word_written(guest), ==, data == &sev ? 1 : 3);
}

/* mov HOLE, %al; out %al, $PORT; jmp to the start */
static void test_slots(Guest *guest, gconstpointer data)
{
    KvmRegion gone = { .slot = 1 };

    (void)data;
    LAUNCH(guest, 0xa0, 0x00, 0x90, 0xe6, PORT, 0xeb, 0xf9);
    for (unsigned i = 0; i < 3; i++) {
        g_assert_cmpint(run(guest), ==, 0);
        g_assert_cmpuint(guest->run->exit_reason, ==, KVMEXIT_MMIO);
        g_assert_cmphex(guest->run->mmio.phys_addr, ==, HOLE);
        guest->run->mmio.data[0] = 0x99;
        g_assert_cmphex(*io_data(guest, KVM_EXIT_IO_OUT, 1), ==, 0x99);
        guest->fixture.memory[HOLE] = (uint8_t)i;
        add_slot(guest, 1, HOLE, PAGE);
        g_assert_cmphex(*io_data(guest, KVM_EXIT_IO_OUT, 1), ==, i);
        g_assert_cmpint(call_with(&guest->fixture, guest->fixture.vm, KVMIO_SET_USER_MEMORY_REGION, &gone),
                        ==, 0);
    }
}

/* A debugger reads and writes the memory that the guest has, not what was launched. */
static void test_debug(Guest *guest, gconstpointer data)
{
    Fixture *fixture = &guest->fixture;
    uint8_t read[16] = { 0 };
    SevDbg out = { .src_uaddr = (uintptr_t)fixture->memory + DATA, .dst_uaddr = (uintptr_t)read, .len = 16 };
    SevDbg in = { .src_uaddr = (uintptr_t) "\x55\x55",
                  .dst_uaddr = (uintptr_t)fixture->memory + DATA,
                  .len = 2 };

    (void)data;
    LAUNCH(guest, READ_WRITE_READ);
    check(fixture, sev_command(fixture, SEVCMD_DBG_DECRYPT, &out, -1), 0, 0);
    g_assert_cmphex(read[0], ==, 0xc3);
    g_assert_cmphex(word_written(guest), ==, 0xc3c3);
    g_assert_cmphex(word_written(guest), ==, 0xc3c3);
    check(fixture, sev_command(fixture, SEVCMD_DBG_DECRYPT, &out, -1), 0, 0);
    g_assert_cmphex(read[0], ==, 0x77);
    g_assert_cmphex(read[1], ==, 0x77);
    g_assert_cmphex(read[2], ==, 0xc3);
    check(fixture, sev_command(fixture, SEVCMD_DBG_ENCRYPT, &in, -1), 0, 0);
    g_assert_cmphex(word_written(guest), ==, 0x5555);
}

/* ---- the VMM takes the vCPU out ---- */

static void kicked(int signal)
{
    (void)signal;
}

static void *run_in_thread(void *opaque)
{
    return GINT_TO_POINTER(run(opaque));
}

/* Whenever it is told to leave, before the guest runs for the first time and while it spins. */
static void test_kick(Guest *guest, gconstpointer data)
{
    struct sigaction action = { .sa_handler = kicked }, before;

    (void)data;
    LAUNCH(guest, 0xeb, 0xfe); /* jmp to itself */
    sigaction(SIGUSR1, &action, &before);
    for (unsigned i = 0; i < 30; i++) {
        pthread_t thread;
        void *result;

        g_assert_cmpint(pthread_create(&thread, NULL, run_in_thread, guest), ==, 0);
        g_usleep(i % 10 * 100);
        __atomic_store_n(&guest->run->immediate_exit, 1, __ATOMIC_SEQ_CST);
        pthread_kill(thread, SIGUSR1);
        pthread_join(thread, &result);
        g_assert_cmpint(GPOINTER_TO_INT(result), ==, -EINTR);
        __atomic_store_n(&guest->run->immediate_exit, 0, __ATOMIC_SEQ_CST);
    }
    sigaction(SIGUSR1, &before, NULL);
}

/* The first run is where the page that both write changes: each of these guests is kicked during that. */
static void test_kick_first(void)
{
    for (unsigned i = 0; i < 40; i++) {
        struct sigaction action = { .sa_handler = kicked }, before;
        pthread_t thread;
        void *result;
        Guest guest;

        set_up_guest(&guest, &plain);
        LAUNCH(&guest, 0xeb, 0xfe);
        sigaction(SIGUSR1, &action, &before);
        g_assert_cmpint(pthread_create(&thread, NULL, run_in_thread, &guest), ==, 0);
        g_usleep(i * 25);
        __atomic_store_n(&guest.run->immediate_exit, 1, __ATOMIC_SEQ_CST);
        pthread_kill(thread, SIGUSR1);
        pthread_join(thread, &result);
        g_assert_cmpint(GPOINTER_TO_INT(result), ==, -EINTR);
        sigaction(SIGUSR1, &before, NULL);
        tear_down_guest(&guest, NULL);
    }
}

/* ---- what is left ---- */

static unsigned count_mappings(void)
{
    g_autofree char *maps = NULL;
    unsigned n = 0;

    g_assert_true(g_file_get_contents("/proc/self/maps", &maps, NULL, NULL));
    for (const char *at = maps; (at = strstr(at, "(simulated)")); at++) {
        n++;
    }
    return n;
}

/* Descriptors are counted by tear_down(). */
/* ---- page tables ---- */

#define PAGE_TABLES UINT64_C(0x1000) /* four levels, a page each; the last one maps the first 2 MiB */
#define CBIT_MASK   (UINT64_C(1) << 36)
#define SHARED_PAGE UINT64_C(0x6000)
#define PRESENT     UINT64_C(1)

typedef struct Tables {
    Fixture fixture;
    int vcpu_fd;
    SimVm *vm;
} Tables;

static void set_entry(SimVm *vm, unsigned level, uint64_t index, uint64_t value)
{
    value = GUINT64_TO_LE(value);
    g_assert_true(sim_engine_write(vm, SIM_VIEW_PRIVATE, PAGE_TABLES + level * PAGE + index * 8, &value,
                                   sizeof(value)));
}

/* A guest whose page tables map the memory that it has at itself, with the C-bit; no KVM takes part. */
static void set_up_tables(Tables *tables)
{
    KvmRegion region = { .memory_size = SMALL_RAM };
    static const uint8_t zeros[4 * PAGE];

    set_up_sev(&tables->fixture, &sev);
    check(&tables->fixture, sev_init(&tables->fixture, &sev), 0, UNTOUCHED);
    region.userspace_addr = (uintptr_t)tables->fixture.memory;
    g_assert_cmpint(call_with(&tables->fixture, tables->fixture.vm, KVMIO_SET_USER_MEMORY_REGION, &region),
                    ==, 0);
    check(&tables->fixture, sev_start(&tables->fixture, sev.policy), 0, 0);
    tables->vcpu_fd = call(&tables->fixture, tables->fixture.vm, KVMIO_CREATE_VCPU, 0);
    tables->vm = sim_door_get_vm(tables->fixture.door, &x86_sim_target, tables->fixture.vm);
    g_mutex_lock(&tables->vm->lock);
    g_assert_true(sim_engine_make_mirrors(tables->vm, NULL));
    g_assert_true(sim_engine_write(tables->vm, SIM_VIEW_PRIVATE, PAGE_TABLES, zeros, sizeof(zeros)));
    for (unsigned level = 0; level < 3; level++) {
        set_entry(tables->vm, level, 0, (PAGE_TABLES + (level + 1) * PAGE) | CBIT_MASK | PRESENT);
    }
    for (uint64_t page = 0; page < SMALL_RAM / PAGE; page++) {
        set_entry(tables->vm, 3, page, page * PAGE | CBIT_MASK | PRESENT);
    }
    g_mutex_unlock(&tables->vm->lock);
}

static void tear_down_tables(Tables *tables)
{
    sim_vm_unref(tables->vm);
    close_fd(&tables->fixture, &tables->vcpu_fd);
    tear_down(&tables->fixture, NULL);
}

static bool finds_shared(const Tables *tables, uint64_t cr3)
{
    const KvmSregs sregs = { .cr0 = UINT64_C(1) << 31, .efer = UINT64_C(1) << 10, .cr3 = cr3 };

    return sim_engine_finds_shared(g_ptr_array_index(tables->vm->vcpus, 0), &sregs);
}

/* What the guest sees at @gpa without the C-bit. */
static uint8_t seen_at(const Tables *tables, uint64_t gpa)
{
    uint8_t byte;

    g_assert_true(sim_engine_read(tables->vm, SIM_VIEW_SHARED, gpa, &byte, sizeof(byte)));
    return byte;
}

/* Firmware, which has no C-bit in CR3, shares single pages, and takes them back. */
static void test_shared_pages(void)
{
    static const uint8_t mine = 0x5a, other = 0xa5;
    Tables tables = { .vcpu_fd = -1 };
    uint8_t *page;

    set_up_tables(&tables);
    page = tables.fixture.memory + SHARED_PAGE;
    g_mutex_lock(&tables.vm->lock);
    g_assert_true(sim_engine_write(tables.vm, SIM_VIEW_PRIVATE, SHARED_PAGE, &mine, sizeof(mine)));
    g_assert_true(sim_engine_write(tables.vm, SIM_VIEW_PRIVATE, SHARED_PAGE + PAGE, &other, sizeof(other)));
    *page = 0x11;
    g_assert_false(finds_shared(&tables, PAGE_TABLES));
    g_assert_cmphex(seen_at(&tables, SHARED_PAGE), ==, mine);

    set_entry(tables.vm, 3, SHARED_PAGE / PAGE, SHARED_PAGE | PRESENT);
    g_assert_true(finds_shared(&tables, PAGE_TABLES));
    g_assert_cmphex(*page, ==, mine); /* what it had written is the VMM's to see */
    *page = 0x22;
    g_assert_cmphex(seen_at(&tables, SHARED_PAGE), ==, 0x22);
    g_assert_cmphex(seen_at(&tables, SHARED_PAGE + PAGE), ==, other); /* the next one is as it was */
    g_assert_false(finds_shared(&tables, PAGE_TABLES));
    g_assert_cmphex(*page, ==, 0x22); /* and nothing is written a second time */

    set_entry(tables.vm, 3, SHARED_PAGE / PAGE, SHARED_PAGE | CBIT_MASK | PRESENT);
    g_assert_true(finds_shared(&tables, PAGE_TABLES));
    g_assert_cmphex(seen_at(&tables, SHARED_PAGE), ==, mine);
    g_mutex_unlock(&tables.vm->lock);
    tear_down_tables(&tables);
}

/* With the C-bit in CR3 all memory without it is the VMM's, and stays so. */
static void test_shared_all(void)
{
    static const uint8_t mine = 0x5a;
    Tables tables = { .vcpu_fd = -1 };

    set_up_tables(&tables);
    g_mutex_lock(&tables.vm->lock);
    g_assert_true(sim_engine_write(tables.vm, SIM_VIEW_PRIVATE, SHARED_PAGE + PAGE, &mine, sizeof(mine)));
    tables.fixture.memory[SHARED_PAGE + PAGE] = 0x33;
    set_entry(tables.vm, 3, SHARED_PAGE / PAGE, SHARED_PAGE | PRESENT);
    g_assert_true(finds_shared(&tables, PAGE_TABLES | CBIT_MASK));
    g_assert_cmphex(seen_at(&tables, SHARED_PAGE + PAGE), ==, 0x33);
    g_mutex_unlock(&tables.vm->lock);
    tear_down_tables(&tables);
}

/* Who knows nothing of a C-bit, and who maps what is no memory there, shares nothing. */
static void test_shared_nothing(void)
{
    Tables tables = { .vcpu_fd = -1 };

    set_up_tables(&tables);
    g_mutex_lock(&tables.vm->lock);
    /* 1 GiB at the C-bit's address, as entry 64 of the third level. */
    set_entry(tables.vm, 1, CBIT_MASK >> 30, PRESENT | 1 << 7);
    g_assert_false(finds_shared(&tables, PAGE_TABLES));
    for (uint64_t page = 0; page < SMALL_RAM / PAGE; page++) {
        set_entry(tables.vm, 3, page, page * PAGE | PRESENT);
    }
    g_assert_false(finds_shared(&tables, PAGE_TABLES));
    g_mutex_unlock(&tables.vm->lock);
    tear_down_tables(&tables);
}

static void test_many(void)
{
    unsigned before = count_mappings();

    for (unsigned i = 0; i < 200; i++) {
        Guest guest;

        set_up_guest(&guest, i % 2 ? &sev : &sev_es);
        LAUNCH(&guest, READ_WRITE_READ);
        g_assert_cmphex(word_written(&guest), ==, 0xc3c3);
        tear_down_guest(&guest, NULL);
    }
    g_assert_cmpuint(count_mappings(), ==, before);
}

/* ---- */

typedef void TestFn(Guest *guest, gconstpointer data);

static void add(const char *name, const GuestKind *kind, TestFn *test)
{
    g_test_add(name, Guest, kind, set_up_guest, test, tear_down_guest);
}

static void skip(void)
{
    g_test_skip(kvm_missing());
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sim-engine/none", test_no_engine);
    g_test_add_func("/sim-engine/shared/pages", test_shared_pages);
    g_test_add_func("/sim-engine/shared/all", test_shared_all);
    g_test_add_func("/sim-engine/shared/nothing", test_shared_nothing);
    if (kvm_missing()) {
        g_test_add_func("/sim-engine/guests", skip);
        return g_test_run();
    }
    add("/sim-engine/ports/plain", &plain, test_ports);
    add("/sim-engine/ports/sev", &sev, test_ports);
    add("/sim-engine/ports/sev-es", &sev_es, test_ports);
    add("/sim-engine/memory/plain", &plain, test_memory);
    add("/sim-engine/memory/sev", &sev, test_memory);
    add("/sim-engine/memory/sev-es", &sev_es, test_memory);
    add("/sim-engine/host-writes-first/sev", &sev, test_host_writes_first);
    add("/sim-engine/host-writes-first/sev-es", &sev_es, test_host_writes_first);
    add("/sim-engine/registers/plain", &plain, test_registers);
    add("/sim-engine/registers/sev", &sev, test_registers);
    add("/sim-engine/registers/sev-es", &sev_es, test_registers);
    add("/sim-engine/registers/legacy-es", &legacy_es, test_registers);
    add("/sim-engine/status/sev", &sev, test_status);
    add("/sim-engine/status/sev-es", &sev_es, test_status);
    add("/sim-engine/debug", &sev, test_debug);
    add("/sim-engine/slots", &plain, test_slots);
    add("/sim-engine/kick/plain", &plain, test_kick);
    add("/sim-engine/kick/sev", &sev, test_kick);
    g_test_add_func("/sim-engine/kick/first", test_kick_first);
    g_test_add_func("/sim-engine/many", test_many);
    return g_test_run();
}
